"""What the page shows of one run, and the sentence that stands first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import Item
from handeye.contexts.loader import load
from handeye.contexts.respondents.models import RESPONDENTS
from handeye.contexts.scoring.predictions import Prediction, read_prediction
from handeye.contexts.scoring.run_folder import Run
from handeye.contexts.scoring.score import STATES
from handeye.contexts.scoring.summary import Summary
from handeye.contexts.scoring.tables import tables
from handeye.pages.frame import (
    Material,
    PageRun,
    Words,
    cost_words,
    counted_of,
    fact_words,
    first_remarks,
    material_of,
    moment_words,
    set_name,
    spoken,
    states_of,
)
from handeye.printing import noun
from handeye.respondents.conversation import about
from handeye.scores.estimate import Estimate, integer
from handeye.scores.join import answers_to
from handeye.scores.labels import run_labels
from handeye.scores.summary import remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(PageRun):
    """One run, ready to be laid out."""

    run: Run
    model: str
    summary: Summary
    material: Material[Item, ItemSet]

    @property
    def headline(self) -> Mapping[str, Estimate]:
        """The headline over all items."""
        return self.summary.bases["all"].headline

    @property
    def sentence(self) -> str:
        """The headline as one sentence to quote."""
        head = self.headline
        clauses = [
            f"{words} {spoken(head[name])}"
            for name, words in (
                ("sees", "answers what is to be seen rightly in"),
                ("does", "does what is to be done in"),
                ("given", "and where it saw all in"),
                ("consistent", "and gets every context of a scene right in"),
            )
            if name in head and head[name].value is not None
        ]
        if not clauses:
            return f"{self.label}: no item of this run can be scored."
        return f"{self.label} {', '.join(clauses)} ({self._basis_words()}; {self.interval_words})."

    def _basis_words(self) -> str:
        n, scenes = self.counted["all"], self.summary.n_scenes
        words = [
            f"Contexts, {integer(n)} {noun(n, 'items')} of {integer(scenes)} "
            f"{noun(scenes, 'scenes')}"
        ]
        if self.partial:
            words.append(self.partial_words)
        if "answered" in self.counted:
            without = n - self.counted["answered"]
            words.append(f"{without:,} without a readable answer, counted as wrong")
        return "; ".join(words)

    def answers(self, wanted: Collection[str]) -> dict[str, Prediction]:
        """The answers to chosen items.

        Raises:
            DataError: predictions.jsonl cannot be read.
        """
        return answers_to(self.run.predictions_path(), read_prediction, wanted)


def interval_words(views: Sequence[RunView]) -> str:
    """What the intervals are; says so where no run has any."""
    if any(view.summary.interval.resamples for view in views):
        return "95 % bootstrap intervals over scenes"
    return "no intervals were computed"


def views_of(runs: Sequence[Run]) -> list[RunView]:
    """What the page shows of each run, under a name of its own; sets are read once."""
    sets: dict[tuple[str, ...], Material[Item, ItemSet]] = {}
    labels = run_labels(runs, [_apart(run) for run in runs])
    return [
        _view(run, label, number, material_of(run, sets, _whole))
        for number, (run, label) in enumerate(zip(runs, labels, strict=True))
    ]


def _whole(file: Path) -> ItemSet:
    return load(file, split=None, media=False)


def _apart(run: Run) -> str:
    """What sets a run apart from others of its model."""
    order = run.info.get("option_order") or ""
    return "" if order in ("", "set") else f"option order {order}"


def _view(run: Run, label: str, number: int, material: Material[Item, ItemSet]) -> RunView:
    summary = run.summary
    return RunView(
        label=label,
        style=number,
        facts=_facts(run),
        states=states_of(summary.states, (*STATES, "missing")),
        n=summary.n_items,
        expected=summary.n_expected,
        counted=counted_of(summary.bases),
        tables={table.key: table for table in tables(summary)},
        interval_words=summary.interval.words,
        usable="readable",
        so_far=summary.so_far is True,
        remarks=(
            *first_remarks(run.looks(), summary.model, RESPONDENTS),
            *remarks(summary.note),
        ),
        looks=run.looks(),
        run=run,
        model=summary.named or run.path.resolve().name,
        summary=summary,
        material=material,
    )


def _facts(run: Run) -> Words:
    """Name and value pairs about a run, those a reader needs first in front."""
    info, summary = run.info, run.summary
    versions = {**(info.get("versions") or {}), **(info.get("engine") or {})}
    return fact_words(
        [
            ("model", summary.named),
            ("respondent", about(info.get("model"), RESPONDENTS)),
            ("option order", info.get("option_order")),
            ("set", set_name(run, "contexts.")),
            ("items", summary.n_items),
            ("scenes", summary.n_scenes),
            *((name, (info.get("selection") or {}).get(name)) for name in ("split", "scenes")),
            ("prompts", info.get("prompt_version")),
            ("tokens", info.get("tokens")),
            ("cost", cost_words(info)),
            ("created", moment_words(info)),
            *((name, versions.get(name)) for name in ("handeye", "inspect_ai")),
        ]
    )
