"""What the page shows of one run, and the sentence that stands first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handeye.pages.frame import (
    PageRun,
    Words,
    cost_words,
    fact_words,
    first_remarks,
    moment_words,
    set_name,
    spoken,
    states_of,
)
from handeye.printing import noun
from handeye.respondents.conversation import about
from handeye.scores.estimate import Estimate, integer
from handeye.scores.looks import Looks
from handeye.scores.summary import remarks
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.respondents.models import RESPONDENTS
from handeye.visualact.scoring.reading.reading import LOSSES
from handeye.visualact.scoring.summary import Summary
from handeye.visualact.scoring.tables import (
    count_words,
    idle_words,
    one_sided_words,
    tables,
    way_words,
)

STATES = ("answered", "refused", "truncated", "unreadable", "empty", "error", "missing")
_NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(PageRun):
    """One run, ready to be laid out.

    ``shown`` says what of a clip the model saw, ``set_hashes`` are those of the files that hold the
    clips.
    """

    model: str
    summary: Summary
    shown: str
    set_hashes: tuple[str, ...] = ()

    @property
    def headline(self) -> Mapping[str, Estimate]:
        """The headline over all clips."""
        return self.summary.bases["all"].headline

    @property
    def sentence(self) -> str:
        """The headline as one sentence to quote."""
        head = self.headline
        if head["f1"].value is None:
            return f"{self.label}: no clip of this run can be scored, so it has no F1."
        weighted = self.summary.options["headline"] == "weighted"
        f1 = f"its {'weighted ' * weighted}F1 {spoken(head['f1'])}"
        if weighted:
            precision, recall = spoken(head["precision"]), spoken(head["recall"])
            f1 = f"{f1} of a weighted precision of {precision} and a weighted recall of {recall}"
        rule = one_sided_words(self.summary.options)
        way = f"{way_words(self.summary.options)}{': ' if rule else ''}{rule}"
        return (
            f"{self.label} {count_words(self.summary)}; {f1}, {way} "
            f"({self._basis_words()}; {interval_words([self])})."
        )

    def _basis_words(self) -> str:
        options = self.summary.options
        classes = len(self.summary.scenarios)
        of = f"mean of {classes} classes" if classes > 1 else "one class"
        n = self.counted["all"]
        words = [f"VisualActBench, {integer(n)} {noun(n, 'clips')}, {of}"]
        if self.partial:
            words.append(self.partial_words)
        if "answered" in self.counted:
            without = self.counted["all"] - self.counted["answered"]
            words.append(f"{without:,} without a readable answer, scored as nothing proposed")
        matcher = self.summary.matcher
        name = self.summary.embedder.get("name", "?") if matcher == "embedding" else matcher
        words.append(
            f"matched by {name} at {comparison(options)} {float(options['threshold']):.2f}"
        )
        return "; ".join(words)


def interval_words(runs: Sequence[RunView]) -> str:
    """What the intervals of tables and charts are; says so where no run has any."""
    if any(run.summary.interval.resamples for run in runs):
        return "95 % bootstrap intervals over clips"
    return "no intervals were computed"


def averaging_words(runs: Sequence[RunView]) -> str:
    """How the figures of all classes are averaged in tables of several runs."""
    ways = {way_words(run.summary.options) for run in runs}
    return ways.pop() if len(ways) == 1 else "averaged as each run says"


def view_of(run: LoadedRun) -> RunView:
    """What the page shows of a run."""
    summary, looks = run.summary, run.run.looks()
    counted = {"all": summary.n_clips}
    answered = summary.states.get("answered", 0)
    if 0 < answered < summary.n_clips:
        counted["answered"] = answered
    return RunView(
        label=run.label,
        style=run.number,
        facts=_facts(run),
        states=states_of(summary.states, STATES),
        n=summary.n_clips,
        expected=summary.n_expected,
        counted=counted,
        tables={table.key: table for table in tables(summary)},
        interval_words=summary.interval.words,
        looks=looks,
        unit="clips",
        usable="readable",
        so_far=summary.so_far is True,
        model=run.model,
        summary=summary,
        remarks=_warnings(summary, looks),
        shown=shown_words(run),
        set_hashes=tuple(
            str(entry.get("sha256", ""))
            for entry in run.info.get("data") or ()
            if isinstance(entry, Mapping)
        ),
    )


def _warnings(summary: Summary, looks: Looks | None) -> tuple[str, ...]:
    out = [*first_remarks(looks, summary.model, RESPONDENTS)]
    if losses := {kind: n for kind, n in summary.losses.items() if n}:
        total = sum(losses.values())
        listed = "; ".join(f"{n:,} × {LOSSES.get(kind, kind)}" for kind, n in losses.items())
        out.append(f"Reading the answers took {total:,} concessions: {listed}.")
    if idle := idle_words(summary):
        out.append(f"{idle}.")
    out += remarks(summary.note)
    return tuple(out)


def shown_words(run: LoadedRun) -> str:
    """What the model was shown of every clip, in words; says so where it is not known."""
    if run.info.get("video_input") == "native":
        return "the video itself (native input)"
    choice = run.frames
    return choice.words() if choice is not None else "not recorded in run.json"


def _facts(run: LoadedRun) -> Words:
    """Name and value pairs about a run, those a reader needs first in front."""
    info, summary = run.info, run.summary
    options = summary.options
    structured = info.get("structured")
    found: list[tuple[str, object]] = [
        ("model", summary.named),
        ("respondent", about(info.get("model"), RESPONDENTS)),
        ("shown", shown_words(run)),
        ("protocol", info.get("protocol")),
        ("answers", None if structured is None else "structured" if structured else "free text"),
        ("matched by", _matcher(summary)),
        ("threshold", f"{comparison(options)} {options['threshold']:.2f}"),
        ("assignment", options["assignment"]),
        ("averaged over", "videos" if options["averaging"] == "video" else "actions of a class"),
        ("set", set_name(run.run)),
        ("clips", summary.n_clips),
        ("actions called for", summary.counts["truth"]),
        ("actions proposed", summary.counts["predicted"]),
        ("prompts", info.get("prompt_version")),
        ("selection", info.get("selection")),
        ("tokens", info.get("tokens")),
        ("cost", cost_words(info)),
        ("created", moment_words(info)),
        ("handeye", (info.get("versions") or {}).get("handeye")),
    ]
    return fact_words(found)


def _matcher(summary: Summary) -> str:
    if summary.matcher != "embedding":
        return summary.matcher
    embedder = summary.embedder
    digest = str(embedder.get("digest", ""))[:12]
    return f"{embedder.get('name', '?')}{f' ({digest})' if digest else ''}"


def comparison(options: Mapping[str, Any]) -> str:
    """How a similarity is compared with the threshold, as a sign."""
    return "≥" if options["comparison"] == ">=" else str(options["comparison"])
