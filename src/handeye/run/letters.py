"""Log-probabilities of the options, read where an answer names one of them.

An option is a letter (``A`` to ``F``) or a word (``TRUE``). A token spells it where nothing but
white space, brackets and marks stands around it; the spellings of one option are kept apart. Knows
tokens and their log-probabilities, nothing of suites.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from typing import TYPE_CHECKING, Any, NamedTuple

from handeye.run.thoughts import parts_of

if TYPE_CHECKING:
    from inspect_ai.model import Logprob, ModelOutput

LEAST = -9999.0
"""What stands for a log-probability of minus infinity, as OpenAI writes it."""
ASKED_FOR = 20
"""Likeliest tokens that providers are asked for: the most that OpenAI gives."""
# Providers that give log-probabilities of the 20 likeliest tokens when they are asked for them.
_TELL = frozenset({"openai", "sglang", "vllm", "handeye/hf"})
# How tokenizers write a space and a line break, and what stands around an option.
_AROUND = " \t\r\n▁ĠĊ*_`\"'“”‘’()[]{}.:,;<>|="
# What may be said before an option, if nothing else is: no thoughts.
_LEAD = re.compile(
    r"\W*(?:(?:the|my)\W+)?(?:(?:final|correct|right|best)\W+)?"
    r"(?:(?:answer|option|choice|letter|statement)\W*)?(?:is\W*)?",
    re.IGNORECASE,
)


class Letters(NamedTuple):
    """What is known of the options at the place where an answer names one.

    Attributes:
        letters: natural log-probability by spelling, as the tokens are written.
        bound: a spelling that is not there has at most this; None where nothing is missing.
        post_thought: whether thoughts, hidden or said, came before that place.
    """

    letters: dict[str, float]
    bound: float | None = None
    post_thought: bool = False

    def as_metadata(self) -> dict[str, Any]:
        """As a respondent of ours hands it on with its answer (:func:`letters_of`)."""
        return {"letters": self._asdict()}


def tells_letters(model: str) -> bool:
    """Whether a model's provider is known to give log-probabilities when it is asked for them."""
    return model in _TELL or model.partition("/")[0] in _TELL


def option_of(token: str, options: Sequence[str]) -> str | None:
    """The option that a token spells, or, of an option of several letters, begins to spell."""
    said = token.strip(_AROUND)
    if said in options:
        return said
    begun = [one for one in options if len(one) > 1 and one.casefold().startswith(said.casefold())]
    return begun[0] if said and len(begun) == 1 else None


def by_option(letters: Mapping[str, float], options: Sequence[str]) -> list[float | None]:
    """Log-probability of each option, its spellings added up; None: none was returned."""
    found: dict[str, list[float]] = {name: [] for name in options}
    for spelling, log in letters.items():
        if (name := option_of(spelling, options)) is not None:
            found[name].append(log)
    return [together(logs) if logs else None for logs in found.values()]


def together(logs: Sequence[float]) -> float:
    """The log-probability of one of several things that exclude each other."""
    top = max(logs)
    return top if top == -math.inf else top + math.log(sum(math.exp(log - top) for log in logs))


def place_of(tokens: Sequence[str], options: Sequence[str]) -> tuple[int, bool] | None:
    """Where written tokens name an option, and whether thoughts came before.

    The first place, if nothing but a lead (``The answer is``) stands before it; else the last one.
    Thoughts between marks of their own are passed over. None where no option is named.
    """
    text = "".join(tokens)
    answer, thoughts, _ = parts_of(text, thoughts_only=True)
    start = max(0, text.rfind(answer)) if thoughts else 0
    places: list[int] = []
    before = ""
    at = 0
    for number, token in enumerate(tokens):
        behind = tokens[number + 1] if number + 1 < len(tokens) else ""
        if at + len(token) > start and _names(token, behind, options):
            if not places and not thoughts and _LEAD.fullmatch(before):
                return number, False
            places.append(number)
        at += len(token)
        before += token if len(before) < 200 else ""
    if not places:
        return None
    return places[-1], True


def letters_of(output: ModelOutput, options: Sequence[str]) -> Letters | None:
    """What a provider's output tells of the options; None where it tells nothing.

    Args:
        output: with log-probabilities of its tokens, or of a respondent of ours.
        options: what is asked for.
    """
    if not options or not output.choices:
        return None
    if isinstance(known := (output.metadata or {}).get("letters"), Mapping):
        return Letters(_finite(known["letters"].items()), known["bound"], known["post_thought"])
    told = output.choices[0].logprobs
    found = place_of([one.token for one in told.content], options) if told else None
    if told is None or found is None:
        return None
    place, thought = found
    content = output.choices[0].message.content
    hidden = not isinstance(content, str) and any(part.type == "reasoning" for part in content)
    used = output.usage.reasoning_tokens if output.usage else None
    letters, bound = _at(told.content[place], options)
    return Letters(letters, bound, thought or hidden or bool(used))


def _names(token: str, behind: str, options: Sequence[str]) -> bool:
    option = option_of(token, options)
    if option is None or len(option) > 1:
        return option is not None
    goes_on = behind[:1].isalnum() and token.rstrip(_AROUND) == token
    an_article = option == "A" and re.match(r"[ ▁Ġ][a-z]", behind) is not None
    return not goes_on and not an_article


def _at(written: Logprob, options: Sequence[str]) -> tuple[dict[str, float], float]:
    likeliest = [(one.token, one.logprob) for one in written.top_logprobs or ()]
    drawn = written.token not in {token for token, _ in likeliest}
    known = [*likeliest, *([(written.token, written.logprob)] if drawn else [])]
    letters = _finite((t, value) for t, value in known if option_of(t, options) is not None)
    if likeliest:
        # Who gives more than was asked for gives some that are not the likeliest (handeye/hf).
        asked = nlargest(ASKED_FOR, (value for _, value in likeliest))
        return letters, max(LEAST, asked[-1])
    rest = -math.expm1(min(0.0, written.logprob))
    return letters, math.log(rest) if rest > 0 else LEAST


def _finite(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Values by spelling, together where two tokens have one; what is no number is left out."""
    found: dict[str, float] = {}
    for spelling, value in values:
        if not math.isnan(value):
            before, now = found.get(spelling, -math.inf), min(0.0, max(LEAST, float(value)))
            larger = max(before, now)
            both = larger + math.log1p(math.exp(min(before, now) - larger))
            found[spelling] = min(0.0, both)
    return found
