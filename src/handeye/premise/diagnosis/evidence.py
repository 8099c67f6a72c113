"""What a run shows of its respondent: figures that a verdict needs and no table has.

All are over answers to questions about one detail that could be read; families are drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.premise.items import FALSE_OF, LETTERS, N_ROLES, VISION_FALSE
from handeye.premise.scoring.figures import SENSES, STRATUM, by_lot
from handeye.premise.scoring.score import SINGLE, ScoreRow, contents_of, families_of
from handeye.premise.scoring.siblings import Siblings
from handeye.stats.intervals import Samples, complement, difference, mean
from handeye.stats.sums import Sums, undefined

Floats = NDArray[np.float64]
EARLY, LATE = LETTERS[:2], LETTERS[-2:]
_ENDS = {"early": EARLY, "late": LATE}


class Evidence:
    """Columns of the readable answers, and the figures made of their sums."""

    def __init__(self, rows: Sequence[ScoreRow], seed: int, resamples: int) -> None:
        """Sum over families and resample.

        Args:
            rows: of a run, in the order of the set.
            seed: of the bootstrap.
            resamples: of families; 0 for the measured figures alone.
        """
        self.rows, self._resamples = rows, resamples
        numbers = families_of(rows)
        self._columns: dict[str, Floats] = {"rows": np.ones(len(rows))}
        self._pairs = Siblings(rows)
        self._read = self._where(
            lambda row: row.gold is not None and row.is_read and row.modality != "both"
        )
        self._add_decisions()
        self._add_letters()
        self._add_pairs()
        cluster = np.array([numbers[row.scene_id] for row in rows], np.int64)
        self._sums = Sums([STRATUM] * len(rows), self._columns, resamples, seed, cluster)

    def _where(self, holds: Callable[[ScoreRow], bool]) -> NDArray[np.bool_]:
        return np.array([holds(row) for row in self.rows], bool)

    def _add(self, name: str, inside: NDArray[np.bool_], values: Any) -> None:
        if inside.any():
            self._columns[f"{name}.n"] = inside.astype(np.float64)
            self._columns[name] = np.where(inside, values, 0.0)

    def _add_sums(self, name: str, at: Sequence[int], values: Sequence[float]) -> None:
        if at:
            places, n = np.array(at, np.int64), len(self.rows)
            self._columns[f"{name}.n"] = np.bincount(places, minlength=n).astype(np.float64)
            sums = np.bincount(places, np.array(values, np.float64), n)
            self._columns[name] = sums.astype(np.float64)

    def _add_decisions(self) -> None:
        asked = contents_of(self.rows)
        accepts = self._where(lambda row: row.decision == "accepts")
        rejects = self._where(lambda row: row.rejects)
        told = self._where(lambda row: row.told == 1)
        known = self._where(
            lambda row: row.decision == "accepts" and row.role is not None and row.prompt in asked
        )
        content = self._where(lambda row: row.role == asked.get(row.prompt))
        wrong = self._where(lambda row: row.decision not in (row.modality, "rejects"))
        false = self._where(lambda row: (row.gold or 0) >= VISION_FALSE)
        named = self._where(lambda row: row.decision in SENSES)
        self._add("accepts", self._read, accepts)
        self._add("wrong_sense", self._read & false & named, wrong)
        two = self._where(lambda row: row.gold is not None and row.modality == "both")
        for sense, gold in FALSE_OF.items():
            of = false & self._where(lambda row, gold=gold: row.gold == gold)  # type: ignore[misc]
            said = self._where(lambda row, sense=sense: row.decision == sense)  # type: ignore[misc]
            self._add(f"names.{sense}", self._read & false & named, said)
            self._add(f"wrong_sense.{sense}", self._read & of & named, wrong)
            self._add(f"two.{sense}", two & of & self._where(lambda row: row.is_read), rejects)
        other = self._where(lambda row: row.role != row.gold)
        self._add("wrong_sense.two", two & false & named, other)
        for sense in SENSES:
            of = self._read & self._where(lambda row, sense=sense: row.modality == sense)  # type: ignore[misc]
            self._add(f"accepts.{sense}", of, accepts)
            self._add(f"content.{sense}", of & known, content)
        for cell in SINGLE:
            of = self._read & self._where(lambda row, cell=cell: row.cell == cell)  # type: ignore[misc]
            self._add(f"told.{cell}", of, told)
            self._add(f"rejects.{cell}", of, rejects)
        self._kinds = {
            (row.modality, row.kind): None
            for row in self.rows
            if row.kind and row.modality in SENSES
        }
        cells, kinds = (
            np.array([getattr(row, name) for row in self.rows]) for name in ("cell", "kind")
        )
        for sense, kind in self._kinds:
            for cell in _cells_of(sense):
                of = self._read & (cells == cell) & (kinds == kind)
                self._add(f"told.{cell}.{kind}", of, told)

    def _add_letters(self) -> None:
        """Answers at the first and at the last two letters, and how often they would be there.

        What is chosen for its role stands at a letter as often as the role does in all prompts.
        """
        rows = self.rows
        said = self._read & self._where(lambda row: row.letter is not None)
        counts: dict[tuple[str, int], Floats] = {}
        for row in rows:
            for place, role in enumerate(row.order):
                held = counts.setdefault((row.modality, int(role)), np.zeros(N_ROLES))
                held[place] += 1
        shares = {key: held / held.sum() for key, held in counts.items()}
        for name, letters in _ENDS.items():
            places = [LETTERS.index(letter) for letter in letters]
            usual = [
                0.0 if row.role is None else float(shares[row.modality, row.role][places].sum())
                for row in rows
            ]
            at = self._where(lambda row, letters=letters: (row.letter or "-") in letters)  # type: ignore[misc]
            self._add(name, said, at)
            self._add(f"{name}.usual", said, np.array(usual))
        for k, answer in enumerate(self._answers()):
            self._add(f"said.{k}", self._read, answer)

    def _answers(self) -> list[NDArray[np.bool_]]:
        """By what can be said, the answers that say it: letters, else words, else decisions."""
        said = [row.letter or (row.role, row.decision) for row in self.rows]
        kinds = dict.fromkeys(one for one, read in zip(said, self._read, strict=True) if read)
        return [np.array([one == kind for one in said]) for kind in kinds]

    def _add_pairs(self) -> None:
        rows = self.rows
        said = [(row.decision, row.role) for row in rows]
        own = [p for p in self._pairs.repeated if self._read[p.first] and self._read[p.second]]
        same = [float(said[one] == said[other]) for one, other in own]
        self._add_sums("repeated", [pair.first for pair in own], same)
        for name, pairs in (("crossed ", self._pairs.crossed), ("siblings ", self._pairs.siblings)):
            own = [p for p in pairs if self._read[p.first] and self._read[p.second]]
            for what in ("", *SENSES, *SINGLE):
                of = [p for p in own if what in ("", rows[p.first].modality, rows[p.first].cell)]
                flips = [float(rows[one].rejects != rows[other].rejects) for one, other in of]
                other = [float(said[one] != said[other]) for one, other in of]
                self._add_sums(f"{name}{what}", [pair.first for pair in of], flips)
                self._add_sums(f"{name}{what} said", [pair.first for pair in of], other)

    # ---- figures

    def _share(self, name: str) -> Samples:
        if name not in self._columns:
            return undefined(self._resamples)
        return self._sums.share(name, f"{name}.n")

    def tree(self) -> dict[str, dict[str, Samples]]:
        """Every figure that was measured."""
        found = {
            "accepts": {"all": self._share("accepts")}
            | {sense: self._share(f"accepts.{sense}") for sense in SENSES},
            "content": {sense: self._share(f"content.{sense}") for sense in SENSES},
            "wrong_sense": {
                "all": self._share("wrong_sense"),
                "two": self._share("wrong_sense.two"),
            }
            | {sense: self._share(f"wrong_sense.{sense}") for sense in SENSES},
            "names": {sense: self._share(f"names.{sense}") for sense in SENSES},
            **{f"in_two_{sense}": self._in_two(sense) for sense in SENSES},
            "balanced": self._balanced(),
            **{
                f"kinds_{sense}": {
                    kind: self._told(sense, kind) for of, kind in self._kinds if of == sense
                }
                for sense in SENSES
            },
            **{name: self._ends(name) for name in _ENDS},
            "repeated": self._repeated(),
            "crossed": self._crossed(),
            "crossed_by": {
                sense: self._crossed(other)["excess"]
                for sense, other in zip(SENSES, SENSES[::-1], strict=True)
            },
            "told_apart": {sense: self._told_apart(sense) for sense in SENSES},
            "said_apart": {
                sense: difference(
                    self._share(f"siblings {sense} said"), self._share(f"crossed {sense} said")
                )
                for sense in SENSES
            },
        }
        return {
            name: {key: one for key, one in figures.items() if one.n}
            for name, figures in found.items()
        }

    def _balanced(self) -> dict[str, Samples]:
        """Accepting and rejecting told rightly, by sense, and how far the senses lie apart."""
        out = {sense: self._told(sense) for sense in SENSES}
        if all(one.n for one in out.values()):
            out["apart"] = difference(out["vision"], out["audio"])
        return out

    def _in_two(self, sense: str) -> dict[str, Samples]:
        """What is false of a sense and rejected, alone and where a question names two details."""
        alone, two = self._share(f"rejects.{_cells_of(sense)[1]}"), self._share(f"two.{sense}")
        if not (alone.n and two.n):
            return {}
        return {"alone": alone, "two": two, "less": difference(alone, two)}

    def _told(self, sense: str, *kind: str) -> Samples:
        """Premises about a sense, or about one kind of its details, that are taken rightly."""
        two = [self._share(".".join(("told", cell, *kind))) for cell in _cells_of(sense)]
        whole = all(one.n for one in two)
        return mean(two, shared=True) if whole else undefined(self._resamples)

    def _ends(self, name: str) -> dict[str, Samples]:
        seen, usual = self._share(name), self._share(f"{name}.usual")
        return {"seen": seen, "usual": usual, "excess": difference(seen, usual)}

    def _repeated(self) -> dict[str, Samples]:
        """The same answer to the same words, and how often any two answers are the same."""
        same = self._share("repeated")
        shares = [self._share(f"said.{k}") for k in range(len(self._answers()))]
        if not same.n or not shares:
            return {"same": same}
        alike = np.sum([one.values**2 for one in shares], axis=0)
        usual = Samples(alike, same.n, same.trials, sizes=same.sizes)
        return {"same": same, "usual": usual, "excess": difference(same, usual)}

    def _crossed(self, sense: str = "") -> dict[str, Samples]:
        """Decisions that change with the other sense, and how many would if errors were apart.

        That is the case by cell (:func:`handeye.premise.scoring.figures.by_lot`).

        Args:
            sense: that the questions are about; empty: either.
        """
        flips = self._share(f"crossed {sense}")
        cells = []
        for cell in SINGLE:
            pairs = self._columns.get(f"crossed {cell}.n")
            if pairs is not None and cell.endswith(sense[:1]):
                rejects = self._share(f"rejects.{cell}")
                cells.append((float(pairs.sum()), [rejects, complement(rejects)]))
        chance = by_lot(flips, cells)
        return {"flips": flips, "usual": chance, "excess": difference(flips, chance)}

    def _told_apart(self, sense: str) -> Samples:
        """Siblings that are decided differently, beyond what decisions apart from the clip explain.

        Above 0 also for who takes every premise the wrong way round.
        """
        share, accepts = self._share(f"siblings {sense}"), self._share(f"accepts.{sense}")
        return difference(share, _apart(accepts)) if share.n else share


def _cells_of(sense: str) -> list[str]:
    """The cells of true and of false premises about a sense."""
    return [cell for cell in SINGLE if cell.endswith(sense[0])]


def _apart(share: Samples) -> Samples:
    """How often two decisions differ that are taken apart from each other."""
    r = np.nan_to_num(share.values)
    return Samples(2 * r * (1 - r), share.n, share.trials, sizes=share.sizes)
