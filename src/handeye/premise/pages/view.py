"""What the page shows of one run, and the sentence that stands first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

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
from handeye.premise.item_set import ItemSet
from handeye.premise.items import Item
from handeye.premise.loader import load
from handeye.premise.respondents.models import RESPONDENTS
from handeye.premise.scoring.predictions import Prediction, read_prediction
from handeye.premise.scoring.run_folder import Run
from handeye.premise.scoring.score import STATES
from handeye.premise.scoring.summary import Summary
from handeye.premise.scoring.tables import tables
from handeye.printing import noun
from handeye.respondents.conversation import about
from handeye.scores.estimate import Estimate, integer
from handeye.scores.join import answers_to
from handeye.scores.labels import run_labels
from handeye.scores.summary import remarks

_NBSP = "\N{NO-BREAK SPACE}"
SIGNAL_WORDS = {
    "letters": "S of the letters' log-probabilities at the start of the answer",
    "post-thought": "S of the letters behind the thoughts, which have decided by then",
    "samples": "S estimated from repeated answers",
}
"""What S is made of, in words."""
_ASKED = {
    "six": "with six options",
    "check-first": "with six options, to check the question first",
    "no-question": "with six options and no question",
    "true-false": "for TRUE or FALSE",
    "true-false-explained": "for TRUE or FALSE with a reason",
    "free": "for words",
}
SHORT_SIGNALS = {
    "letters": "S of letters",
    "post-thought": "S of letters, post-thought",
    "samples": "S of samples",
}


_WITHOUT = {"without-audio": "frames alone", "without-vision": "the sound alone"}
_CHANGED = {
    "blank-audio": ", silence in the place of the sound",
    "blank-vision": ", black in the place of the pictures",
    "blank-both": ", all of it black and silent",
    "swap": " of another family's clip",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(PageRun):
    """One run, ready to be laid out; ``variant`` is how was asked, ``sent`` what of a clip was."""

    run: Run
    model: str
    summary: Summary
    sent: str
    material: Material[Item, ItemSet]

    @property
    def headline(self) -> Mapping[str, Estimate]:
        """The headline over all items."""
        return self.summary.bases["all"].headline

    @property
    def variant(self) -> str:
        """How was asked."""
        return self.summary.variant

    @property
    def sentence(self) -> str:
        """The headline as one sentence to quote."""
        head = self.headline
        if not head and "decided" in self.summary.two:
            told = spoken(self.summary.two["decided"])
            return (
                f"{self.label} decides questions that name two details rightly in {told} "
                f"({self.interval_words})."
            )
        if "bal" not in head and "action" not in head:
            return f"{self.label}: no item of this run can be scored by its premise."
        clauses = [
            f"{words} {spoken(head[name])}"
            for name, words in (
                ("std", "answers true premises rightly in"),
                ("mis", "rejects false ones for the right sense in"),
                ("bal", "the mean of the two is"),
                ("action", "its answers tell true from false premises in"),
            )
            if name in head and head[name].value is not None
        ]
        if "perception" in head:
            clauses.append(f"its S tells them in {spoken(head['perception'])} (chance 50)")
        said = "; ".join(clauses)
        return f"{self.label} {said} ({self._basis_words()}; {self.interval_words})."

    def _basis_words(self) -> str:
        n, summary = self.counted["all"], self.summary
        words = [f"IMAVB, {integer(n)} {noun(n, 'items')} about one detail, {summary.variant}"]
        if summary.ablation:
            words.append(summary.ablation.replace("-", " "))
        if "perception" in self.headline:
            words.append(SHORT_SIGNALS[summary.signal])
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


def asked_words(variant: str) -> str:
    """How was asked, in words, behind ``asked``."""
    return _ASKED.get(variant, f"as {variant}")


def interval_words(views: Sequence[RunView]) -> str:
    """What the intervals of tables and charts are; says so where no run has any."""
    if any(view.summary.interval.resamples for view in views):
        drawn = dict.fromkeys(view.summary.drawn for view in views)
        return f"95 % bootstrap intervals over {' or '.join(drawn)}"
    return "no intervals were computed"


def views_of(runs: Sequence[Run]) -> list[RunView]:
    """What the page shows of each run, under a name of its own; sets are read once."""
    sets: dict[tuple[str, ...], Material[Item, ItemSet]] = {}
    labels = run_labels(runs, [_apart(run) for run in runs])
    return [
        _view(run, label, number, material_of(run, sets, _whole(run)))
        for number, (run, label) in enumerate(zip(runs, labels, strict=True))
    ]


def _whole(run: Run) -> Callable[[Path], ItemSet]:
    return partial(load, split=None, mapping=run.info.get("mapping"), media=False)


def _apart(run: Run) -> str:
    """What sets a run apart from others of its model."""
    info = run.info
    words = [
        "" if run.summary.variant == "six" else run.summary.variant,
        run.summary.ablation.replace("-", " "),
        {None: "", "set": ""}.get(info.get("option_order"), f"order {info.get('option_order')}"),
    ]
    return ", ".join(filter(None, words))


def _view(run: Run, label: str, number: int, material: Material[Item, ItemSet]) -> RunView:
    summary, looks = run.summary, run.looks()
    sent = sent_words(run)
    return RunView(
        label=label,
        style=number,
        facts=_facts(run, sent),
        states=states_of(summary.states, (*STATES, "missing")),
        n=summary.n_items,
        expected=summary.n_expected,
        counted=counted_of(summary.bases),
        tables={table.key: table for table in tables(summary)},
        interval_words=summary.interval.words,
        usable="readable",
        so_far=summary.so_far is True,
        remarks=(
            *first_remarks(looks, summary.model, RESPONDENTS),
            *remarks(summary.note),
        ),
        looks=looks,
        run=run,
        model=summary.named or run.path.resolve().name,
        summary=summary,
        sent=sent,
        material=material,
    )


def sent_words(run: Run) -> str:
    """What of a clip was sent, in words; says so where it is not known."""
    info = run.info
    route = info.get("media_input")
    if not route:
        return "not recorded in run.json"
    ablation = run.summary.ablation
    told = {"native": "the whole video", "frames+audio": "frames and sound", "audio": "sound"}
    words = _WITHOUT.get(ablation) or told.get(str(route), str(route))
    if info.get("stereo") is False and "sound" in words:
        words += " on one channel"
    return f"{words}{_CHANGED.get(ablation, '')}"


def _facts(run: Run, sent: str) -> Words:
    """Name and value pairs about a run, those a reader needs first in front."""
    info, summary = run.info, run.summary
    versions = {**(info.get("versions") or {}), **(info.get("engine") or {})}
    chosen = {**(info.get("scoring") or {}), **(info.get("selection") or {})}
    return fact_words(
        [
            ("model", summary.named),
            ("respondent", about(info.get("model"), RESPONDENTS)),
            ("asked", asked_words(summary.variant)),
            ("sent", sent),
            ("option order", info.get("option_order")),
            ("S", SIGNAL_WORDS.get(summary.signal, "none: no log-probabilities, no samples")),
            ("set", set_name(run, "premise_")),
            ("items", summary.n_items),
            ("clips", summary.n_clips),
            (summary.drawn, summary.n_scenes),
            *((name, chosen.get(name)) for name in ("split", "questions", "kinds")),
            ("prompts", info.get("prompt_version")),
            ("tokens", info.get("tokens")),
            ("cost", cost_words(info)),
            ("created", moment_words(info)),
            *((name, versions.get(name)) for name in ("handeye", "inspect_ai")),
        ]
    )
