"""What picture tokens should tell, row by row: targets as a model's tokens show them, and batches.

Which part of a picture a token shows is found out by the model's own processor. Knows rows and
truths, and nothing of losses.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from handeye.errors import DataError
from handeye.rewards import facts as said
from handeye.training.examination import Words, prompts
from handeye.training.heads import batched, no_targets
from handeye.training.lesson import IGNORED
from handeye.training.rows import Material, Row
from handeye.training.targets import PictureTruth, Targets, Vocabulary, targets_of, view_of

if TYPE_CHECKING:
    from handeye.respondents.local.loading import LocalModel

TOLD = "perceptual"
"""The key under which a batch has what its pictures should tell."""


# ---- what tokens should tell


class Sights:
    """What the tokens of a model should tell of the pictures of a training.

    Attributes:
        vocabulary: what can be told, of all pictures together.
    """

    def __init__(self, loaded: LocalModel, material: Material) -> None:
        self._loaded = loaded
        self._truths = material.truths
        self.vocabulary = Vocabulary.of(material.truths[one] for one in sorted(material.truths))
        self._found: dict[str, Targets] = {}
        self._view = lru_cache(maxsize=256)(self._viewed)

    def truth(self, path: str) -> PictureTruth | None:
        """What is true of a picture; None where nothing is known."""
        return self._truths.get(path)

    def targets(self, path: str) -> Targets | None:
        """What its tokens should tell; None where nothing is known.

        Raises:
            DataError: the processor shows pictures of its size in a way that is not known.
        """
        truth = self._truths.get(path)
        if truth is None:
            return None
        if path not in self._found:
            self._found[path] = targets_of(truth, self._view(truth.size), self.vocabulary)
        return self._found[path]

    def grids(self, most: int = 20) -> dict[str, str]:
        """Rows and columns of tokens of the first sizes of pictures, ``128x128``: ``8x8``."""
        sizes = dict.fromkeys(one.size for one in self._truths.values())
        return {f"{w}x{h}": "x".join(map(str, self._view((w, h)).grid)) for w, h in [*sizes][:most]}

    def _viewed(self, size: tuple[int, int]) -> Any:
        return view_of(
            self._loaded.processor.image_processor, size, lambda h, w: self._grid(size, h, w)
        )

    def _grid(self, size: tuple[int, int], height: int, width: int) -> tuple[int, int]:
        """Rows and columns of tokens, from how many there are."""
        count = self.tokens(size)
        rows = round((count * height / width) ** 0.5)
        if not rows or count % rows:
            raise DataError(
                f"a picture of {size[0]} x {size[1]} takes {count} tokens of this model, which are "
                "no grid: what they show is not known"
            )
        return rows, count // rows

    def tokens(self, size: tuple[int, int]) -> int:
        """How many tokens a picture of some width and height takes."""
        blank = Row("", "", ({"role": "user", "content": "?"},), None, ("blank",), None)
        shown = types.SimpleNamespace(picture=lambda path: Image.new("RGB", size))
        ids = prompts(self._loaded, shown, [blank])["input_ids"][0]  # type: ignore[arg-type]
        return sum(int(one) in self._loaded.picture_ids for one in ids)

    def region(self, row: Row, targets: Targets) -> np.ndarray[Any, Any] | None:
        """Share of each token that shows what the question of a row names; None: nothing seen."""
        truth = self._truths[row.images[0]]
        if row.truth is None or not row.truth.program:
            return None
        fact = said.program(row.truth.program).fact
        places: set[int] = set()
        for thing in (fact.thing, fact.other):
            if thing is not None:
                told = {key: value for key, value in thing.said if key in self.vocabulary.labels}
                places |= set(truth.named(thing.name, **told))
        if not places:
            return None
        shares: np.ndarray[Any, Any] = targets.regions[sorted(places)].sum(0).clip(0, 1)
        return shares


# ---- batches


class Collator:
    """Rows -> a batch, with what its pictures should tell where a head learns it.

    Args:
        loaded: the model with its processor.
        material: rows that are named by their places, and pictures.
        sights: None: nothing is told of pictures.
        region: whether what a question names is asked for.
    """

    def __init__(
        self, loaded: LocalModel, material: Material, sights: Sights | None, *, region: bool = True
    ) -> None:
        self._material = material
        self._sights = sights
        self._region = region
        self._pieces = torch.tensor(sorted(loaded.picture_ids))
        self._words = Words(loaded, material)

    def __call__(self, places: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A batch of rows by their places, as a data set hands them on."""
        rows = [self._material.rows[one["row"]] for one in places]
        batch = self._words(rows)
        if self._sights is not None:
            batch[TOLD] = self._told(rows, batch)
        return batch

    def _told(self, rows: Sequence[Row], batch: Mapping[str, Any]) -> dict[str, Any]:
        """Where the tokens of pictures stand, what they should tell, and what is asked of them.

        ``rows`` (R,), ``places`` (R, n): of every picture of which something is known, padded with
        0; ``distinct`` (P,): of them those that the head learns from, each picture once;
        ``targets``: of these; ``asked`` (Q,): of them those whose row asks where something is, by
        the token at ``query`` (Q,); ``shares`` (Q, n): where it is, nan behind.
        """
        assert self._sights is not None
        seen = torch.isin(batch["input_ids"], self._pieces)
        first = (batch["labels"] != IGNORED).int().argmax(1)
        numbers: list[int] = []
        places: list[list[int]] = []
        own: list[Targets] = []
        distinct: list[tuple[int, Targets]] = []
        asked: list[tuple[int, int]] = []
        shares: list[np.ndarray[Any, Any]] = []
        known: set[str] = set()
        for number, row in enumerate(rows):
            at = torch.nonzero(seen[number])[:, 0].tolist()
            for path in row.images:
                targets = self._sights.targets(path)
                if targets is None:
                    # How many tokens it takes is not known either.
                    if len(row.images) > 1:
                        break
                    continue
                mine, at = at[: len(targets.owner)], at[len(targets.owner) :]
                if len(mine) < len(targets.owner):
                    raise DataError(
                        f"item {row.item_id}: picture {path} has {len(mine)} tokens in the prompt, "
                        f"not the {len(targets.owner)} of its grid"
                    )
                if path not in known:
                    distinct.append((len(numbers), targets))
                known.add(path)
                region = self._sights.region(row, targets) if self._asks(row) else None
                if region is not None:
                    asked.append((len(numbers), int(first[number]) - 1))
                    shares.append(region)
                numbers.append(number)
                places.append(mine)
                own.append(targets)
        length = max((len(one.owner) for one in own), default=0)
        return {
            "rows": torch.tensor(numbers, dtype=torch.long),
            "places": torch.tensor(
                [[*one, *[0] * (length - len(one))] for one in places], dtype=torch.long
            ).reshape(len(places), length),
            "distinct": torch.tensor([one for one, _ in distinct], dtype=torch.long),
            "targets": dict(
                batched([one for _, one in distinct])
                if distinct
                else no_targets(self._sights.vocabulary)
            ),
            "asked": torch.tensor([one for one, _ in asked], dtype=torch.long),
            "query": torch.tensor([one for _, one in asked], dtype=torch.long),
            "shares": torch.tensor(
                np.array(
                    [np.pad(one.astype(np.float32), (0, length - len(one)),
                            constant_values=np.nan) for one in shares]
                ).reshape(len(shares), length)
            ),
        }  # fmt: skip

    def _asks(self, row: Row) -> bool:
        return self._region and len(row.images) == 1
