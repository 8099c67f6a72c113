"""The report of the suite: from run folders to what its template reads, and to one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import HandeyeError
from handeye.pages import frame
from handeye.pages.charts.share_chart import share_rows, shares
from handeye.pages.frame import Glance, Ground, Verdict, wide_and_narrow
from handeye.pages.people import People
from handeye.printing import noun
from handeye.scores.estimate import Estimate, plain
from handeye.stress.diagnosis.diagnose import EVERYTHING, Findings, diagnose
from handeye.stress.diagnosis.verdict import claims, verdict
from handeye.stress.pages import figures
from handeye.stress.pages.cards import Card, make_gallery
from handeye.stress.pages.console import ASKED
from handeye.stress.pages.view import RunView, interval_words, views_of
from handeye.stress.scoring.run_folder import Run
from handeye.stress.scoring.survival import survival_table

STATES_NOTE = (
    "Answered: the answer could be read strictly. Empty, refused, truncated, unreadable and error: "
    "it could not; such an item counts as wrong in every figure over all items, and is left out of "
    "figures over answered items. Missing: no prediction was given at all; such an item is in no "
    "figure."
)
TERMS = (
    (
        "Group",
        "Two pictures that differ by the smallest edit that turns the answer from value a to value "
        "b, one question, and the same words under every cue. Intervals draw whole groups again.",
    ),
    (
        "PST",
        "Pairs of one string of words under a cue, asked about both pictures: both answered "
        "rightly. Opposite answers are right of the two, so who only reads gets 0, whatever it "
        "has learned.",
    ),
    (
        "True cue, Misleading",
        "Right answers where the cue says what the picture shows, and where it says the contrary. "
        "One alone says nothing: who repeats the cue has 100 and 0, who always contradicts it 0 "
        "and 100. So they stand side by side everywhere.",
    ),
    (
        "Follows",
        "Misleading cues whose value is said.",
    ),
    (
        "Visual weight, cue weight",
        "What the log odds of saying value a change by as the picture turns, and as the cue does, "
        "within a group. On the diagonal of the plane they are the same. ≥ x: no larger weight is "
        "refuted, since such answers are (nearly) never different; cannot be told: nothing is.",
    ),
    (
        "Exchange",
        "The level, or the size in the picture, at which picture and cue weigh the same.",
    ),
    (
        "Threshold",
        "The size at which half the pairs without a cue are both told.",
    ),
    (
        "Said and drawn cues",
        "A cue is a form of words that claims one of the values, or something drawn in the picture "
        "(a label, or what goes with a value), which never touches what is asked about.",
    ),
    (
        "Another presupposition",
        "A question that takes something else for granted (the blue circle, where it is red); "
        "right is: no such. It is no cue for a value, and in no weight.",
    ),
    (
        "Readers of the words",
        "Respondents that look at nothing. They answer the same items, and say what words alone "
        "are worth in each figure.",
    ),
)


def write_page(
    runs: Sequence[Run],
    out: Path,
    *,
    title: str | None,
    human: Path | None,
    gallery_limit: int,
    picture_budget: int,
    resamples: int,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the page; the arguments are those of :func:`handeye.report.write_report`, runs opened.

    Raises:
        OptionError: ``out`` cannot be written.
        DataError: a file of a run or ``human`` cannot be read.
    """
    people = figures.read_human(human) if human is not None else None
    views = views_of(runs)
    found = [_diagnosed(view, resamples) for view in views]
    survives = survival_table(runs, [view.label for view in views], resamples=resamples)
    context = {
        **_lay_out(views, found, people),
        "survival_table": survives,
        "gallery": make_gallery(views, gallery_limit, picture_budget, folder, progress),
        "glance": _glance(views, found, people),
        "title": title
        or frame.page_title([view.model for view in views], "the Perception Stress Test"),
    }
    return frame.write_page(
        out,
        "handeye.stress.pages",
        context,
        runs=runs,
        data=_data(views) | {"human": people.data() if people else None},
        sheets=["clips.css", "stress.css"],
        folder=folder,
        progress=progress,
    )


def _diagnosed(view: RunView, resamples: int) -> Findings | str:
    """What the diagnosis found, or why there is none."""
    try:
        return diagnose(view.run, resamples=resamples).findings
    except HandeyeError as error:
        return str(error)


def _glance(
    views: Sequence[RunView], found: Sequence[Findings | str], people: People | None
) -> Glance:
    """The first screen: true and misleading cues side by side, and what neither habit has."""
    plain_alone = figures.plain_alone(views)
    worst = min(range(len(views)), key=lambda k: (_told(views[k]), k))
    reason, why = _commonest(views[worst], found[worst])
    return Glance(
        names=figures.NAMES_OF_PLAIN if plain_alone else figures.NAMES,
        signs=(";", "→") if plain_alone else ("and", "→"),
        meaning=(
            "Percent right without a cue, over all and over answered items; pairs: both pictures "
            "of one question, 0 for who only reads. "
            if plain_alone
            else "Percent right where the cue is true of the picture and where it is false, and "
            "PST: pairs of one prompt under a cue, right on both pictures. Who only reads has a "
            "PST of 0. "
        )
        + f"In brackets: {interval_words(views)}.",
        rows=figures.measured(views, people),
        published=[],
        source="",
        verdicts=[_verdict(view, one) for view, one in zip(views, found, strict=True)],
        shown=worst,
        reason=reason,
        telling=_telling,
        why=why,
    )


def _telling(card: Card) -> tuple[bool, int, str]:
    """What is plain to see comes before what is small."""
    return not card.worst.cue, int(card.values["level"] or 9), card.item_id


def _told(view: RunView) -> float:
    """What a run is ordered by: PST, or pairs where no cue was asked."""
    values = [view.headline[name].value for name in ("pst", "pairs") if name in view.headline]
    return next((value for value in values if value is not None), 2.0)


def _commonest(view: RunView, found: Findings | str) -> tuple[str, tuple[str, str]]:
    """The reason for which most items failed, and its words."""
    group = None if isinstance(found, str) else found.reasons.get(EVERYTHING)
    if group is None or not group.reasons:
        return "", ("One of the groups that failed", "")
    most = max(group.reasons, key=lambda share: share.count)
    words = (
        f"{most.meaning} So failed {most.count:,} of the {group.n_failed:,} "
        f"{noun(group.n_failed, 'items')} that {view.label} failed."
    )
    return most.key, (f"What goes wrong most: {most.label}", words)


def _verdict(view: RunView, found: Findings | str) -> Verdict:
    basis = f"Asked {ASKED[view.summary.form]}"
    if view.shown:
        basis += f", {view.shown}"
    if isinstance(found, str):
        return Verdict(view, "", found, basis=basis, quote=view.sentence)
    tree = msgspec.to_builtins(found)
    grounds = tuple(
        Ground(
            claim.words[:1].upper() + claim.words[1:],
            claim.why,
            tuple((one.label, one.shown) for one in claim.figures),
            claim.spoken,
        )
        for claim in claims(tree)
    )
    return Verdict(view, verdict(tree), "", grounds, basis, view.sentence)


def _lay_out(
    views: Sequence[RunView], found: Sequence[Findings | str], people: People | None
) -> dict[str, Any]:
    """Everything the template reads but for the first screen and the gallery."""
    known = [
        (view.label, view.style, one.reasons[EVERYTHING].reasons)
        for view, one in zip(views, found, strict=True)
        if not isinstance(one, str) and EVERYTHING in one.reasons
    ]
    rows = share_rows(known)
    table = figures.rows_table
    intervals = interval_words(views)
    return {
        "runs": views,
        "several": len(views) > 1,
        "states_note": STATES_NOTE,
        "intervals": intervals,
        "terms": TERMS,
        "troubles": sorted({v.material.trouble for v in views if v.material.trouble}),
        "legend": frame.legend(views),
        "changed": [view for view in views if view.shown],
        "headline_table": figures.headline_table(views, people),
        "planes": figures.weight_panels(views),
        "weights_table": table(views, "weights", "Weights in log odds by kind of cue, with 95 % "
                               "intervals; exchange in levels"),
        "weights_note": "; ".join(
            dict.fromkeys(filter(None, (view.tables["weights"].note for view in views)))
        ),
        "exchange_table": table(views, "exchange", "The size at which the picture weighs as much "
                                "as a worded cue, by family"),
        "pst_chart": figures.kind_chart(views, "pst", "PST by kind of cue, in percent of pairs"),
        "follow_chart": figures.kind_chart(
            views, "follow", "Misleading cues whose value is said, by kind, in percent"
        ),
        "kinds_table": table(views, "kinds", f"By kind of cue, in percent; {intervals}"),
        "published_tables": figures.published_tables(views),
        "staged_table": table(views, "staged", "Of what is right without the cue, in percent; "
                              f"{intervals}"),
        "families_table": table(
            views, "families", f"By family, in percent; {intervals}",
        ),
        "people_table": figures.people_table(people),
        "levels_table": table(views, "levels", f"By level, in percent; {intervals}"),
        "said_table": table(views, "said", f"What is said in each cell, in percent; {intervals}"),
        "groups_table": table(views, "groups", f"Whole groups, in percent; {intervals}"),
        "yes_table": table(views, "yes", f"Of questions of yes or no, in percent; {intervals}"),
        "lenient_table": table(views, "lenient", "Right answers where other forms are read, too, "
                               f"in percent; {intervals}"),
        "other_table": table(views, "other", "Of what is presupposed beside the question, in "
                             f"percent; {intervals}"),
        "curves": figures.curve_panels(views),
        "resizes": figures.resizes(views),
        "too_few": figures.too_few(views),
        "family_tables": [
            figures.family_table(views, "pst", f"PST by family, in percent of pairs; {intervals}"),
            figures.family_table(views, "pairs", "Pairs without a cue by family, both right, in "
                                 f"percent; {intervals}"),
        ],
        "reason_table": figures.reason_table(known),
        "curves_table": table(views, "curves", "The size at which half the pairs without a cue are "
                              "told, with 95 % intervals; slope in log odds by doubling"),
        "seen": figures.seen_panels(views),
        "seen_table": table(views, "seen", "What was stated to be seen, against what was answered, "
                            f"in percent; {intervals}"),
        "reasons": wide_and_narrow(
            lambda narrow: shares(
                f"reasons-{narrow:d}", rows, "Items that failed, by reason, in percent of all",
                narrow=narrow,
            )
        )
        if rows
        else "",
    }  # fmt: skip


def _data(views: Sequence[RunView]) -> dict[str, Any]:
    """Headline and weights once more, for programs that read the page."""
    return {
        "suite": "stress",
        "runs": [
            {
                "label": view.label,
                "model": view.summary.model,
                "form": view.summary.form,
                "ablation": view.summary.ablation,
                "n_items": view.summary.n_items,
                "partial": view.summary.partial,
                "headline": _plain(view.headline),
                "kinds": {name: _plain(one) for name, one in view.summary.kinds.items()},
                "weights": msgspec.to_builtins(view.summary.weights),
                "curves": msgspec.to_builtins(view.summary.curves),
            }
            for view in views
        ],
    }


def _plain(found: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: plain(one) for name, one in found.items()}
