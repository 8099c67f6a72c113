"""What a run would send and cost, without sending anything.

Everything here is an estimate and labelled so: image tokens by family
(:mod:`handeye.run.image_tokens`), text at four characters a token, answers at the length of the
gold answer. Hidden reasoning cannot be foreseen and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handeye.run.answers import Usage
from handeye.run.image_tokens import all_rules, image_rule
from handeye.run.options import RunOptions
from handeye.run.prices import Price

# Rules of thumb: English prose, and "CLICK(R3,C11); " which tokenizers cut into short pieces.
_CHARACTERS_PER_TOKEN = 4.0
_ANSWER_CHARACTERS_PER_TOKEN = 2.0


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be sent; tokens and dollars are estimates.

    ``image_tokens`` maps the name of a rule to tokens for all requests: one rule if the model's
    family is known, else one per family.
    """

    model: str
    requests: int
    answered: int
    scenes: int
    upload_bytes: int
    image_tokens: Mapping[str, int]
    text_tokens: int
    answer_tokens: int
    price: Price | None
    unit: str = "scenes"

    @property
    def input_tokens(self) -> Mapping[str, int]:
        """Image and text tokens together, by rule."""
        return {name: tokens + self.text_tokens for name, tokens in self.image_tokens.items()}

    @property
    def cost(self) -> Mapping[str, float]:
        """Dollars by rule; empty without a price."""
        if self.price is None:
            return {}
        return {
            name: self.price.cost(Usage(input=tokens, output=self.answer_tokens))
            for name, tokens in self.input_tokens.items()
        }

    def text(self) -> str:
        """The dry run as lines for a person."""
        lines = [
            f"{self.model}: {self.requests:,} requests about {self.scenes:,} {self.unit} "
            "would be sent"
            + (f" ({self.answered:,} more are answered already)" if self.answered else ""),
            f"upload: {self.upload_bytes / 1e6:,.1f} MB of pictures as base64",
            f"text: about {self.text_tokens:,} tokens; answers: about {self.answer_tokens:,} "
            "tokens, hidden reasoning not counted",
        ]
        for name, tokens in self.image_tokens.items():
            line = f"pictures: about {tokens:,} tokens ({name})"
            if name in self.cost:
                line += f"; about ${self.cost[name]:,.2f} in all"
            lines.append(line)
        if self.price is None:
            lines.append("cost: unknown; give --price IN:OUT (dollars per million tokens)")
        lines.append("All token counts are estimates by the providers' published rules.")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class PictureLoad:
    """One picture: width and height in pixels, bytes, and in how many requests it goes out."""

    size: tuple[int, int]
    n_bytes: int
    times: float


def estimate(
    options: RunOptions,
    *,
    requests: int,
    answered: int,
    scenes: int,
    pictures: Sequence[PictureLoad],
    characters: int,
    answer_characters: int,
    unit: str = "scenes",
) -> DryRun:
    """Tokens and dollars of requests.

    Args:
        options: of the run: model and price.
        requests: to be sent.
        answered: requests whose answer is there already.
        scenes: scenes or clips that the requests are about.
        pictures: what goes out as base64.
        characters: of all prompts.
        answer_characters: of all answers, if they are as long as the gold ones.
        unit: what the scenes are called.
    """
    rule = image_rule(options.model)
    rules = [rule] if rule is not None else all_rules()
    return DryRun(
        model=options.model,
        requests=requests,
        answered=answered,
        scenes=scenes,
        upload_bytes=round(sum(4 * -(-p.n_bytes // 3) * p.times for p in pictures)),
        image_tokens={
            r.name: round(sum(r.tokens(*p.size) * p.times for p in pictures)) for r in rules
        },
        text_tokens=round(characters / _CHARACTERS_PER_TOKEN),
        answer_tokens=round(answer_characters / _ANSWER_CHARACTERS_PER_TOKEN),
        price=options.price,
        unit=unit,
    )
