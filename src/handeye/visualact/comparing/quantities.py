"""What runs are compared by: F1 and what it is made of, by class; actions found; over-acting.

Clips are drawn again within their classes. Only clips for which both runs have a figure are
compared in it: a clip that calls for nothing has an F1 only for a run that proposed something
there, so over-acting is a figure of its own. Whether a called-for action was found is also counted
action by action (exact McNemar), which takes the actions of a clip for independent; those p-values
stand beside the clustered ones and are not adjusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from handeye.errors import OptionError
from handeye.scores.quantity import (
    Family,
    Floats,
    Mask,
    Property,
    Quantities,
    Quantity,
    Units,
    Words,
    macro,
    pair_rows,
    pooled,
    rated,
)
from handeye.visualact.comparing.scored_runs import clips_of, labels_of
from handeye.visualact.diagnosis.reasons import WORDS as REASONS, find_reasons, pairs_by_clip
from handeye.visualact.records import SCENARIOS, Action, Clip
from handeye.visualact.scoring.measures import ANSWERED
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.priority import URGENT
from handeye.visualact.scoring.run_folder import Run
from handeye.visualact.scoring.tables import OVERALL, class_key

WORDS = Words(
    stratum="class",
    verb="scores",
    more="higher in",
    fewer="lower in",
    alike="match and miss exactly the same actions",
    tallied="actions and idle clips",
    right="better",
    wrong="worse",
    checked="classes and called-for actions",
    source="VisualActBench: arXiv 2512.09907.",
    terms=(
        (
            "F1, precision, recall",
            "Over the clips for which both runs have one, taken clip by clip; mean of the classes. "
            "A clip that calls for nothing has one only for a run that proposed something there, "
            "so acting there is a figure of its own.",
        ),
    ),
)
_FIGURES = {"f1": "F1", "precision": "precision", "recall": "recall", "weighted_f1": "weighted F1"}
_KINDS: Mapping[str, tuple[str, Callable[[Action], bool]]] = {
    "all": ("actions found", lambda action: True),
    "urgent": ("urgent ones (levels 3, 4)", lambda action: action.apl >= URGENT),
    "proactive": ("proactive ones", lambda action: action.proactive),
    "reactive": ("reactive ones", lambda action: not action.proactive),
}
_CHANCE = {
    "urgent": ("priority", "recall_of_urgent", ""),
    "proactive": ("proactive", "all clips as one", "recall"),
    "reactive": ("proactive", "all clips as one", "recall_reactive"),
}
_IDLE = "clips that call for nothing"


def quantities(runs: Sequence[Run], *, common: bool = False, reasons: bool = True) -> Quantities:
    """What runs over the same clips are compared by.

    Args:
        runs: in the order of the comparison.
        common: compare only the clips that all runs have.
        reasons: also compare what is wrong with answers.

    Raises:
        DataError: the runs are not about the same clips, their set has changed, or a file cannot
            be read.
        OptionError: they were scored in different ways.
    """
    _check_same_scoring(runs)
    labels = labels_of(runs)
    sets = [{clip.clip_id: clip for clip in clips_of(run)} for run in runs]
    frames = [
        frame.with_columns(
            pl.Series("actions", [repr(clips[name].actions) for name in frame["clip_id"]])
        )
        for frame, clips in zip((run.scores() for run in runs), sets, strict=True)
    ]
    places = pair_rows(
        frames,
        labels,
        item="clip_id",
        unit="clips",
        needed=("clip_id", "scenario"),
        same=("scenario", "actions"),
        common=common,
    )
    rows = [frame[place] for frame, place in zip(frames, places, strict=True)]
    paired = _Paired(runs, rows, [sets[0][name] for name in rows[0]["clip_id"]], reasons)
    families = (family for family in paired.families() if family.quantities)
    return Quantities(
        labels=tuple(labels),
        words=WORDS,
        ids=rows[0]["clip_id"].to_list(),
        cluster=np.arange(len(rows[0])),
        stratum=paired.stratum,
        families=tuple(families),
        units=tuple(paired.units()),
        score=paired.score(),
        properties=tuple(paired.properties()),
        about={"classes": [SCENARIOS[scenario] for scenario in paired.scenarios]},
        left_out=tuple(frame.height - len(rows[0]) for frame in frames),
    )


def _check_same_scoring(runs: Sequence[Run]) -> None:
    same: dict[str, Callable[[Run], Any]] = {
        "scoring options": lambda run: run.info.get("options"),
        "embedders": lambda run: run.summary["embedder"],
    }
    for run in runs[1:]:
        for what, of in same.items():
            if of(runs[0]) != of(run):
                raise OptionError(
                    f"{runs[0].path} and {run.path} were scored with different {what}; score one "
                    "of them again with `handeye visualact score`"
                )


class _Paired:
    """The same clips in every run."""

    def __init__(
        self,
        runs: Sequence[Run],
        rows: Sequence[pl.DataFrame],
        clips: Sequence[Clip],
        reasons: bool,
    ) -> None:
        self.rows = rows
        options = Options.of(runs[0].info["options"])
        # What the tables of a run are then, too.
        self.clip_by_clip = (options.averaging, options.overall_f1) == ("video", "mean-of-classes")
        present = {clip.scenario for clip in clips}
        self.scenarios = [scenario for scenario in SCENARIOS if scenario in present]
        self.scenario = [clip.scenario for clip in clips]
        self.stratum = np.array([self.scenarios.index(one) for one in self.scenario], np.int64)
        self.idle: Mask = np.array([not clip.actions for clip in clips])
        # A clip that was not answered shows no restraint: neither acted on nor left alone.
        self.answered: Mask = np.stack(
            [frame["answer_state"] == ANSWERED for frame in rows], axis=1
        )
        self.acted = np.where(self.answered, self._column("n_predicted") > 0, np.nan)
        self.actions = [(k, action) for k, clip in enumerate(clips) for action in clip.actions]
        self.found: Floats = np.stack([_found(run, clips) for run in runs], axis=1)
        self.reasons = [
            _reasons(run, frame, clips) for run, frame in zip(runs, rows, strict=True) if reasons
        ]

    def _column(self, name: str) -> Floats:
        """(clips, runs) a column of the scores; NaN where a run has no such figure."""
        return np.stack([frame[name].cast(pl.Float64).to_numpy() for frame in self.rows], axis=1)

    def families(self) -> Iterator[Family]:
        """Every family, also those without a quantity."""
        everything = np.ones(len(self.scenario), bool)
        yield Family(
            key="overall",
            title="Overall",
            meaning="Mean of the classes, on clips for which both runs have the figure.",
            quantities=tuple(
                self._figure(name, everything, (name, title), OVERALL)
                for name, title in _FIGURES.items()
            ),
            chart="F1 and what it is made of",
            overall="f1",
        )
        yield Family(
            key="classes",
            title="Classes",
            meaning="F1 in each class.",
            quantities=tuple(
                self._figure("f1", self.stratum == k, (scenario, SCENARIOS[scenario]), scenario)
                for k, scenario in enumerate(self.scenarios)
            ),
            chart="F1 and what it is made of",
            parts="classes",
        )
        yield Family(
            key="found",
            title="Actions found",
            meaning="Share of the called-for actions that were matched, all clips alike.",
            quantities=tuple(self._found_rates()),
            chart="Actions found",
        )
        yield Family(
            key="over_acting",
            title="Over-acting",
            meaning=f"Share of the {_IDLE}, answered by both runs, for which something was "
            "proposed.",
            quantities=tuple(
                self._shares("acted", "acted where nothing is called for", self.idle, self.acted)
            ),
            chart="What goes wrong",
        )
        yield Family(
            key="reasons",
            title="What is wrong",
            meaning="Share of the clips whose answer is worth a look for a reason.",
            quantities=tuple(
                quantity
                for key in REASONS.order
                for quantity in self._shares(
                    key, REASONS[key].label, everything, self._shown(key), "of the clips"
                )
            ),
            chart="What goes wrong",
            reason="reason",
            long=True,
        )

    def _figure(self, column: str, inside: Mask, called: tuple[str, str], of: str) -> Quantity:
        """The mean over classes of a figure that every clip may have; ``of`` is the class."""
        return rated(
            called,
            inside,
            self._column(column),
            macro,
            said="F1" if called[0] == "f1" else "",
            planned=called[1],
            chance=("classes", "all", class_key(of, column)) if self.clip_by_clip else (),
        )

    def _found_rates(self) -> Iterator[Quantity]:
        """Actions found by actions called for: a ratio of sums, of every kind that occurs."""
        clip = np.array([k for k, _ in self.actions], np.int64)
        count = len(self.scenario)
        for key, (label, _) in _KINDS.items():
            wanted = self._of_kind(key)
            if not wanted.any():
                continue
            called = np.bincount(clip[wanted], minlength=count).astype(np.float64)
            hits: Floats = np.zeros((count, len(self.rows)))
            np.add.at(hits, clip[wanted], self.found[wanted])
            yield Quantity(
                key=key,
                label=label,
                sense="pass",
                sums=_of_clips(called, hits),
                value=pooled,
                weights=(called > 0).astype(np.float64),
                outcomes=hits,
                chance=_CHANCE.get(key, ()),
            )

    def _of_kind(self, key: str) -> Mask:
        return np.array([_KINDS[key][1](action) for _, action in self.actions], bool)

    def _shares(
        self, key: str, label: str, inside: Mask, shown: Floats, group: str = ""
    ) -> Iterator[Quantity]:
        """How often something is so in every run; nothing where it never is."""
        if shown.size and (shown[inside] > 0).any():
            yield rated(
                (key, label), inside, shown, pooled, sense="share", one_per_scene=True, group=group
            )

    def _shown(self, key: str) -> Floats:
        """(clips, runs) where a run's answer has a reason."""
        columns = [[one == key for one in found] for found in self.reasons]
        return np.array(columns, np.float64).T

    def units(self) -> Iterator[Units]:
        """Who finds which action, and who leaves alone the idle clips that all answered."""
        for key, (label, _) in _KINDS.items():
            if (wanted := self._of_kind(key)).any():
                yield Units(key, label, self.found[wanted])
        told = self.idle & self.answered.all(axis=1)
        if told.any():
            yield Units("idle", f"{_IDLE}, left alone", 1.0 - self.acted[told])

    def score(self) -> Floats:
        """F1; of a clip that calls for nothing, whether it was answered with nothing."""
        right = np.where(self.idle[:, None], 1.0 - self.acted, self._column("f1"))
        return np.nan_to_num(right)

    def properties(self) -> Iterator[Property]:
        """What a gallery is chosen by."""
        yield Property("scenario", "Class", SCENARIOS, (self.scenario,))
        if self.reasons:
            labels = {key: REASONS[key].label for key in REASONS.order}
            yield Property("reason", "Reason", labels, tuple(self.reasons))


def _of_clips(called: Floats, hits: Floats) -> Callable[[int], Floats]:
    """Actions called for, and those found."""
    return lambda run: np.stack([called, hits[:, run]], axis=1)


def _found(run: Run, clips: Sequence[Clip]) -> Floats:
    """Whether each called-for action of the clips was found, clip by clip."""
    pairs = run.pairs().filter(pl.col("matched"))
    found = set(zip(pairs["clip_id"].to_list(), pairs["truth"].to_list(), strict=True))
    return np.array(
        [(clip.clip_id, place) in found for clip in clips for place in range(len(clip.actions))],
        np.float64,
    )


def _reasons(run: Run, rows: pl.DataFrame, clips: Sequence[Clip]) -> list[str | None]:
    """What is wrong with the answer to each clip."""
    found = find_reasons(
        list(rows.iter_rows(named=True)),
        pairs_by_clip(run),
        {clip.clip_id: clip for clip in clips},
        float(run.summary["options"]["threshold"]),
    )
    reasons = {one.clip_id: one.reason for one in found}
    return [reasons.get(clip.clip_id) for clip in clips]
