"""What a run would send and cost, without sending anything.

Everything here is an estimate and labelled so: image tokens by family
(:mod:`handeye.run.image_tokens`), text at four characters a token, answers at the length of the
gold answer. Hidden reasoning cannot be foreseen and is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.printing import noun
from handeye.run.answers import Usage
from handeye.run.image_tokens import all_rules, image_rule
from handeye.run.job import Job
from handeye.run.journal import ANSWERS, read_journal
from handeye.run.plan import check_plan
from handeye.run.prices import Price
from handeye.run.questions import PictureLoad, Question

# Rules of thumb: English prose, and "CLICK(R3,C11); " which tokenizers cut into short pieces.
_CHARACTERS_PER_TOKEN = 4.0
_ANSWER_CHARACTERS_PER_TOKEN = 2.0
# Questions that are written to learn what pictures weigh; the rest are taken to be like them.
_SAMPLE = 12


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be sent; tokens and dollars are estimates.

    ``image_tokens`` maps the name of a rule to tokens for all requests: one rule if the model's
    family is known, else one per family. ``media`` says in words what is uploaded.
    ``sound_seconds`` of sound go with all requests; they are in no count of tokens and in no cost.
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
    unit: str
    media: str = "pictures"
    sound_seconds: float = 0.0

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

    def as_dict(self) -> dict[str, Any]:
        """JSON form: all counts, and the dollars where a price is known."""
        names = [one.name for one in fields(self) if one.name not in ("price", "media")]
        known = {name: getattr(self, name) for name in names}
        return known | {"cost": self.cost}

    def text(self) -> str:
        """The dry run as lines for a person."""
        if not self.requests:
            return f"{self.model}: nothing would be sent ({self.answered:,} are answered already)"
        lines = [
            f"{self.model}: {self.requests:,} {noun(self.requests, 'requests')} about "
            f"{self.scenes:,} {noun(self.scenes, self.unit)} "
            "would be sent"
            + (f" ({self.answered:,} more are answered already)" if self.answered else ""),
            f"upload: {self.upload_bytes / 1e6:,.1f} MB of {self.media} as base64",
            f"text: about {self.text_tokens:,} tokens; answers: about {self.answer_tokens:,} "
            "tokens, hidden reasoning not counted",
        ]
        for name, tokens in self.image_tokens.items():
            line = f"pictures: about {tokens:,} tokens ({name})"
            if name in self.cost:
                line += f"; about ${self.cost[name]:,.2f} in all"
            lines.append(line)
        if self.sound_seconds:
            minutes = self.sound_seconds / 60
            lines.append(
                f"sound: about {minutes:,.1f} minutes in all requests, not counted in tokens or "
                "cost (providers have rates of their own for it)"
            )
        if self.price is None:
            lines.append("cost: unknown; give --price IN:OUT (dollars per million tokens)")
        lines.append("All token counts are estimates by the providers' published rules.")
        return "\n".join(lines)


def dry_run(job: Job) -> DryRun:
    """Estimate a run. Sends nothing, writes nothing.

    Where what is shown of a file has to be made first (frames of a video), a sample of the
    questions stands for all. A video that is sent whole counts as the frames that would be shown
    instead: providers count videos by rules of their own. Sound is counted in bytes and seconds,
    not in tokens.

    Raises:
        DataError: a picture cannot be read.
        RunError: the run folder holds another run.
    """
    options = job.options
    check_plan(options.out, job.plan, job.lacking, job.named)
    done = {answer.key for answer in read_journal(options.out / ANSWERS)}
    asked = [question for sample in job.samples for question in sample]
    rest = [question for question in asked if job.key(question) not in done]
    turns = [turn for question in rest for turn in question.likely]
    sent = [*_files(rest), *_made(rest)]
    pictures = [(one, times) for one, times in sent if one.width]
    sounds = round(sum(one.seconds * times for one, times in sent), 3)
    rule = image_rule(options.model)
    rules = [rule] if rule is not None else all_rules()
    return DryRun(
        model=options.model,
        requests=len(turns),
        answered=len(asked) - len(rest),
        scenes=len({question.scene_id for question in rest}),
        upload_bytes=round(sum(4 * -(-one.n_bytes // 3) * times for one, times in sent)),
        image_tokens={
            r.name: round(sum(r.tokens(one.width, one.height) * n for one, n in pictures))
            for r in rules
        },
        text_tokens=round(
            (sum(turn.asked for turn in turns) + _of_tools(rest)) / _CHARACTERS_PER_TOKEN
        ),
        answer_tokens=round(sum(turn.answered for turn in turns) / _ANSWER_CHARACTERS_PER_TOKEN),
        price=options.price,
        unit=job.unit,
        media="pictures and sound" if sounds or len(pictures) < len(sent) else "pictures",
        sound_seconds=sounds,
    )


def _of_tools(questions: Sequence[Question]) -> int:
    """Characters of the tools that are given natively, in all requests."""
    known: dict[int, int] = {}
    for tools in (question.tools for question in questions):
        known.setdefault(id(tools), len(msgspec.json.encode(tools)) if tools else 0)
    return sum(known[id(question.tools)] * len(question.likely) for question in questions)


def _files(questions: Sequence[Question]) -> Iterator[tuple[PictureLoad, float]]:
    """What goes out as it lies, and in how many requests."""
    times: Counter[tuple[Path, str]] = Counter()
    for question in questions:
        for media in question.media:
            if media.pictures is None:
                times[media.path, media.kind] += len(question.likely)
    for (path, kind), number in times.items():
        with suppress(DataError):  # as below
            yield _sound(path) if kind == "audio" else _picture(path), number


def _made(questions: Sequence[Question]) -> Iterator[tuple[PictureLoad, float]]:
    """Pictures of a sample of what is made when it is asked, each standing for others too."""
    made = [q for q in questions if any(media.pictures is not None for media in q.media)]
    sample = made[:: max(1, len(made) // _SAMPLE)]
    for question in sample:
        share = len(question.likely) * len(made) / len(sample)
        for media in question.media:
            # A file that cannot be used is told when the run comes to it.
            with suppress(DataError):
                for picture in media.pictures() if media.pictures is not None else ():
                    yield picture, share


def _sound(path: Path) -> PictureLoad:
    """A sound's size and length; it has no pixels."""
    from handeye.media.sound import RATE, read_sound
    from handeye.reading import read_bytes

    return PictureLoad(0, 0, len(read_bytes(path)), len(read_sound(path)) / RATE)


def _picture(path: Path) -> PictureLoad:
    """A picture's size, from its header."""
    from handeye.media.header import read_header
    from handeye.media.view import read_picture

    data = read_picture(path)
    return PictureLoad(*read_header(data, str(path)).size, len(data))
