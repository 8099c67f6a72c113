"""What the page shows of one run, as plain values, and the sentence that stands first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handeye.pages.state import State
from handeye.scores.estimate import NOTHING, Estimate, integer, rate_of
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.reading.reading import LOSSES

STATES = ("answered", "refused", "truncated", "unreadable", "empty", "error", "missing")
OVERALL = "overall"
_NBSP = "\N{NO-BREAK SPACE}"
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """Figures over one set of clips: ``classes`` maps a scenario or ``overall`` to its rates."""

    name: str
    n: int
    headline: Mapping[str, Estimate]
    classes: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, ready to be laid out.

    ``official`` is over all clips, ``answered`` over those with a readable answer; None where the
    two are the same. ``partial`` is empty for a whole run. ``warnings`` are sentences that a reader
    must know before any figure. ``set_hashes`` are those of the files that hold the clips.
    """

    label: str
    model: str
    style: int
    facts: tuple[tuple[str, str], ...]
    states: tuple[State, ...]
    summary: Tree
    official: Basis
    answered: Basis | None
    partial: str
    unusable: str
    warnings: tuple[str, ...]
    shown: str
    set_hashes: tuple[str, ...] = ()

    @property
    def n_clips(self) -> int:
        """Clips with a prediction."""
        return int(self.summary["n_clips"])

    @property
    def states_words(self) -> str:
        """States in one line, for readers that cannot see the bar."""
        return ", ".join(f"{state.count:,} {state.key}" for state in self.states)

    @property
    def partial_note(self) -> str:
        """What stands beside every figure of a partial run."""
        return f"partial run, n = {self.n_clips:,}" if self.partial else ""

    @property
    def threshold(self) -> float:
        """Least similarity of a match."""
        return float(self.summary["options"]["threshold"])

    @property
    def interval_words(self) -> str:
        """How the intervals were made."""
        return str(self.summary["interval"]["words"])

    @property
    def sentence(self) -> str:
        """The headline as one sentence to quote."""
        head = self.official.headline
        if head["f1"].value is None:
            return f"{self.label}: no clip of this run can be scored, so it has no F1."
        weighted = self.summary["options"]["headline"] == "weighted"
        found = (
            f"its weighted precision is {_told(head['precision'])}, its weighted recall "
            f"{_told(head['recall'])}"
            if weighted
            else f"{head['precision'].percent}{_NBSP}% of what it proposes is called for, and it "
            f"finds {head['recall'].percent}{_NBSP}% of what is"
        )
        return (
            f"{self.label} proposes the actions that a clip calls for with "
            f"{'a weighted' if weighted else 'an'} F1 of {_told(head['f1'])}: {found} "
            f"({self._basis_words()}; {interval_words([self])})."
        )

    def _basis_words(self) -> str:
        options = self.summary["options"]
        classes = len(self.summary["scenarios"])
        of = f"mean of {classes} classes" if classes > 1 else "one class"
        words = [f"VisualActBench, {integer(self.official.n)} clips, {of}"]
        if self.partial:
            words.append("partial run")
        if self.answered is not None:
            without = self.official.n - self.answered.n
            words.append(f"{without:,} without a readable answer, scored as nothing proposed")
        matcher = str(self.summary["matcher"])
        name = self.summary["embedder"].get("name", "?") if matcher == "embedding" else matcher
        words.append(f"matched by {name} at {comparison(options)} {self.threshold:.2f}")
        return "; ".join(words)


def interval_words(runs: Sequence[RunView]) -> str:
    """What the intervals of tables and charts are; says so where no run has any."""
    if any(run.summary["interval"]["resamples"] for run in runs):
        return "95 % bootstrap intervals over clips"
    return "no intervals were computed"


def _told(rate: Estimate) -> str:
    return f"{rate.percent}{_NBSP}% {rate.interval}".strip()


def view_of(run: LoadedRun, facts: tuple[tuple[str, str], ...], shown: str) -> RunView:
    """The values of a run; ``facts`` and ``shown`` come from :mod:`.facts`."""
    summary = run.summary
    answered = int(summary["states"].get("answered", 0))
    whole = answered == summary["n_clips"]
    return RunView(
        label=run.label,
        model=run.model,
        style=run.number,
        facts=facts,
        states=_states(summary),
        summary=summary,
        official=_basis(summary, "all", int(summary["n_clips"])),
        answered=None if whole or not answered else _basis(summary, "answered", answered),
        partial=_partial(summary),
        unusable=_unusable(summary),
        warnings=_warnings(summary),
        shown=shown,
        set_hashes=tuple(
            str(entry.get("sha256", ""))
            for entry in run.info.get("data") or ()
            if isinstance(entry, Mapping)
        ),
    )


def _basis(summary: Tree, name: str, n: int) -> Basis:
    found, options = summary["bases"][name], summary["options"]
    table = found[options["averaging"]]
    rates = {key: _rates(row) for key, row in table["by_scenario"].items()}
    overall = _rates(table["mean"])
    if options["overall_f1"] == "harmonic":
        for prefix in ("", "weighted_"):
            overall[f"{prefix}f1"] = overall.get(f"{prefix}f1_harmonic", NOTHING)
    return Basis(name, n, _rates(found["headline"]), {**rates, OVERALL: overall})


def _rates(row: Tree) -> dict[str, Estimate]:
    return {name: rate_of(found) for name, found in row.items()}


def _states(summary: Tree) -> tuple[State, ...]:
    counts: Mapping[str, int] = summary["states"]
    names = [*STATES, *sorted(set(counts) - set(STATES))]
    return tuple(State(name, int(counts.get(name, 0))) for name in names)


def _partial(summary: Tree) -> str:
    if not summary["partial"]:
        return ""
    n, expected = summary["n_clips"], summary["n_expected"]
    return (
        f"{integer(n)} of {integer(expected)} clips have a prediction; every figure is over those "
        f"{integer(n)} only."
    )


def _unusable(summary: Tree) -> str:
    """How many clips have no readable answer; empty where all have one."""
    states = _states(summary)
    found = [s for s in states if s.count and s.key not in ("answered", "missing")]
    if not found:
        return ""
    total, n = sum(state.count for state in found), int(summary["n_clips"])
    kinds = ", ".join(f"{state.count:,} {state.key}" for state in found)
    share = f"{100 * total / max(n, 1):.1f}{_NBSP}%"
    verb = "has" if total == 1 else "have"
    return f"{total:,} of {n:,} clips ({share}) {verb} no readable answer: {kinds}."


def _warnings(summary: Tree) -> tuple[str, ...]:
    out = []
    if losses := {kind: n for kind, n in summary["losses"].items() if n}:
        total = sum(losses.values())
        listed = "; ".join(f"{n:,} × {LOSSES.get(kind, kind)}" for kind, n in losses.items())
        out.append(f"Reading the answers took {total:,} concessions: {listed}.")
    if skipped := summary["outcomes"].get("both-empty", 0):
        counted = (
            "count as right"
            if summary["options"]["both_empty"] == "one"
            else "are in no precision, recall or F1"
        )
        clips = "1 clip that calls" if skipped == 1 else f"{skipped:,} clips that call"
        out.append(f"{clips} for nothing and got no proposals {counted}.")
    notes = [note for note in str(summary["note"]).split("; ") if note]
    out += [f"{note[:1].upper()}{note[1:]}." for note in notes if not note.startswith("partial")]
    return tuple(out)


def comparison(options: Tree) -> str:
    """How a similarity is compared with the threshold, as a sign."""
    return "≥" if options["comparison"] == ">=" else str(options["comparison"])


def scenario_words(key: str) -> str:
    """The title of a class, or Overall."""
    return SCENARIOS.get(key, "Overall" if key == OVERALL else key)
