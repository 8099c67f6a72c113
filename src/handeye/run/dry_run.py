"""What a run would send and cost, without sending anything.

Everything here is an estimate and labelled so: image tokens by family
(:mod:`handeye.run.image_tokens`), text at four characters a token, answers at the length of the
gold answer. Hidden reasoning cannot be foreseen and is left out.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from handeye.errors import DataError
from handeye.rose.asking import Picture, prompt_parts
from handeye.rose.items import Item, ItemSet
from handeye.run.answers import Usage
from handeye.run.image_tokens import all_rules, image_rule
from handeye.run.journal import Key, read_journal
from handeye.run.lane import RunOptions, request_keys
from handeye.run.plan import check_plan
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
            f"{self.model}: {self.requests:,} requests about {self.scenes:,} scenes would be sent"
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


def dry_run(options: RunOptions) -> DryRun:
    """Estimate a run. Sends nothing, writes nothing.

    Raises:
        DataError, OptionError: the set, or the selection from it, cannot be used.
        RunError: the run folder holds another run.
    """
    items = options.load()
    check_plan(options.out, options.plan(items))
    keys = request_keys(items, options)
    done = {answer.key for answer in read_journal(options.out / "answers.jsonl")}
    open_items = [item for item in items if keys[item.item_id] not in done]
    return _estimate(options, items, open_items, keys)


def _estimate(
    options: RunOptions, items: ItemSet, open_items: list[Item], keys: Mapping[str, Key]
) -> DryRun:
    per_picture = Counter(items.image_path(item) for item in open_items)
    sizes = {path: _size(path) for path in per_picture}
    rule = image_rule(options.model)
    rules = [rule] if rule is not None else all_rules()
    text = sum(
        len(part) for item in open_items for part in prompt_parts(item, options.order) if part
    )
    answers = sum(len(item.ground_truth_formal_answer) for item in open_items)
    return DryRun(
        model=options.model,
        requests=len(open_items),
        answered=len(keys) - len(open_items),
        scenes=len({item.scene_id for item in open_items}),
        upload_bytes=sum(4 * -(-p.stat().st_size // 3) * n for p, n in per_picture.items()),
        image_tokens={
            r.name: sum(r.tokens(*sizes[p]) * n for p, n in per_picture.items()) for r in rules
        },
        text_tokens=round(text / _CHARACTERS_PER_TOKEN),
        answer_tokens=round(answers / _ANSWER_CHARACTERS_PER_TOKEN),
        price=options.price,
    )


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a picture in pixels, from its header."""
    picture = Picture.read(path)
    if picture.media_type == "image/png" and len(picture.data) >= 24:
        width, height = struct.unpack(">II", picture.data[16:24])
        return int(width), int(height)
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.size
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path}: not a readable picture: {error}") from None
