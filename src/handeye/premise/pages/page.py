"""The report of the suite: from run folders to what its template reads, and to one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.errors import HandeyeError
from handeye.pages import frame
from handeye.pages.charts.share_chart import share_rows, shares
from handeye.pages.frame import Glance, Ground, Legend, Verdict, wide_and_narrow
from handeye.pages.people import People
from handeye.premise.diagnosis.diagnose import EVERYTHING, Findings, diagnose
from handeye.premise.diagnosis.verdict import carried, claims, verdict
from handeye.premise.pages import figures, judges
from handeye.premise.pages.cards import Card, make_gallery
from handeye.premise.pages.view import RunView, interval_words, views_of
from handeye.premise.scoring.published import REMARKS
from handeye.premise.scoring.reading import answer_kind
from handeye.premise.scoring.run_folder import Run
from handeye.premise.scoring.score import CELLS
from handeye.premise.scoring.tables import by_words_of_two
from handeye.scores.estimate import Estimate, plain

STATES_NOTE = (
    "Answered: the answer could be read strictly. Empty, refused, truncated, unreadable and error: "
    "it could not; such an item, if it has a right answer, counts as wrong in every figure over "
    "all items, and is left out of figures over answered items. It never gets a random letter. "
    "Missing: no prediction was given at all; such an item is in no figure."
)
TERMS = (
    (
        "Premise",
        "What a question takes for granted of the clip. It holds (standard) or does not "
        "(misleading); the words of the question are the same either way.",
    ),
    (
        "The six options",
        "Four contents, and two that reject: what is said of the picture is wrong, or what is said "
        "of the sound. Their letters change from prompt to prompt.",
    ),
    (
        "Std, Mis, Bal",
        "Right answers to true premises; false premises rejected for the right sense; the mean of "
        "the two. The senses weigh alike.",
    ),
    (
        "Action",
        "Accepting true premises and rejecting false ones, whatever content is chosen and whatever "
        "sense is named: the mean of the two shares, 50 for who does not look or listen.",
    ),
    (
        "S",
        "How far an answer leans to rejecting: log-probability of the two options that reject less "
        "that of the four contents, whichever letters stand for them, less what letters have for "
        "their position. From repeated answers it is the log of the odds of rejecting. Every "
        "figure says which of these it is.",
    ),
    (
        "Perception",
        "The same as action, with S and a threshold that was chosen on other families in the "
        "answer's place.",
    ),
    (
        "Family",
        "Four clips: a visual detail or its opposite, by a sound detail or its opposite. All else "
        "is the same. Intervals draw whole families again.",
    ),
    (
        "Interference",
        "How often accepting differs where only the other sense was changed, of which the question "
        "says nothing. Errors by lot differ as well: beside it stand how often they would, and how "
        "much more was found.",
    ),
    (
        "Two premises",
        "One string that names a visual and a sound detail, asked where both hold, where the "
        "visual one is false, and where the sound one is: the words alone are right in a third, of "
        "TRUE and FALSE in two thirds.",
    ),
    (
        "Always reject, accept and guess",
        "Answers that hang on nothing shown. The words tell which sense is asked about, so whoever "
        "always rejects for it has Std 0 and Mis 100.",
    ),
    (
        "Evidence",
        "In the gallery, where in the clip's sound the detail and what is asked are heard.",
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
    signs = [frozenset() if isinstance(one, str) else carried(one.data) for one in found]
    gallery, _ = make_gallery(views, signs, gallery_limit, picture_budget, folder, progress)
    context = {
        **_lay_out(views, found, people),
        "gallery": gallery,
        "glance": _glance(views, found, people),
        "title": title or frame.page_title([view.model for view in views], "IMAVB"),
    }
    return frame.write_page(
        out,
        "handeye.premise.pages",
        context,
        runs=runs,
        data=_data(views) | {"human": people.data() if people else None},
        sheets=["clips.css", "premise.css"],
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
    """The first screen: true premises answered rightly, and false ones rejected."""
    worst = min(range(len(views)), key=lambda k: (_bal(views[k]), k))
    reason, why = _commonest(views[worst], found[worst])
    two = figures.two_alone(views)
    return Glance(
        names=figures.NAMES_OF_TWO if two else figures.NAMES,
        signs=("and", "→"),
        meaning="Percent of questions that name two details. Rejected for the sight where that is "
        "false; for the sound where that is; decided rightly, with those of which both hold: "
        f"{' or '.join(_by_words(views))} by the words alone. In brackets: {interval_words(views)}."
        if two
        else "Percent. Std: right answers to true premises; Mis: false premises rejected for "
        f"the right sense; Bal: the mean of the two; the senses weigh alike. {_fixed(views)}In "
        f"brackets: {interval_words(views)}.",
        rows=figures.measured(views, people),
        published=[] if two else figures.published(),
        source="arXiv 2605.13737",
        verdicts=[_verdict(view, one) for view, one in zip(views, found, strict=True)],
        shown=worst,
        reason=reason,
        telling=_telling,
        why=why,
    )


def _fixed(views: Sequence[RunView]) -> str:
    """What Bal is worth, by how was asked."""
    kinds = {answer_kind(view.variant) for view in views}
    if all(view.summary.ablation == "swap" for view in views):
        return "Clips were swapped, so every premise is false: there is no Std and no Bal. "
    said = []
    if kinds & {"choice", "text"}:
        guess = ", and 12.5 for who accepts and guesses one of four contents" * ("choice" in kinds)
        said.append(f"Bal is 50 for who always rejects{guess}. ")
    if kinds & {"truth", "explained"}:
        said.append("Of TRUE and FALSE, Bal is 50 for who always says the same. ")
    if kinds - {"choice"}:
        said.append("The published models chose one of six options. ")
    return "".join(said)


def _telling(card: Card) -> tuple[bool, bool]:
    """What explains itself in a still picture comes before what must be heard, or seen to move."""
    return card.values["modality"] != "vision", card.values["kind"] in ("order", "flashes", "speed")


def _bal(view: RunView) -> float:
    value = view.headline["bal"].value if "bal" in view.headline else None
    return 2.0 if value is None else value


def _commonest(view: RunView, found: Findings | str) -> tuple[str, tuple[str, str]]:
    """The reason for which most items failed, and its words."""
    group = None if isinstance(found, str) else found.reasons.get(EVERYTHING)
    if group is None or not group.reasons:
        return "", ("One of the items that failed", "")
    most = max(group.reasons, key=lambda share: share.count)
    words = (
        f"{most.meaning} So failed {most.count:,} of the {group.n_failed:,} items that "
        f"{view.label} failed."
    )
    return most.key, (f"What goes wrong most: {most.label}", words)


def _verdict(view: RunView, found: Findings | str) -> Verdict:
    basis = f"Sent: {view.sent}; asked: {view.variant}"
    if isinstance(found, str):
        return Verdict(view, "", found, basis=basis, quote=view.sentence)
    tree = found.data
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
    return {
        "runs": views,
        "several": len(views) > 1,
        "states_note": STATES_NOTE,
        "intervals": interval_words(views),
        "terms": TERMS,
        "troubles": sorted({v.material.trouble for v in views if v.material.trouble}),
        "legend": frame.legend(views),
        "level_legend": [*frame.legend(views), Legend("chance", chance=True)],
        "two_alone": figures.two_alone(views),
        "uncrossed": [v.label for v in views if (v.run.scores()["prompt_id"] == "").all()],
        "headline_table": figures.headline_table(views, people),
        "cells_table": figures.cells_table(views, people),
        "premises_table": figures.premises_table(views, people),
        "decisions_table": figures.rows_table(
            views, "decisions", "What is decided, by cell, in percent of its items", CELLS
        ),
        "pairs_table": figures.rows_table(
            views, "pairs", "Questions that differ in one thing alone, in percent of pairs"
        ),
        "two_table": figures.rows_table(
            views,
            "two",
            "Questions that name two details, in percent; by the words alone "
            + " or ".join(_by_words(views)),
            chance=True,
        ),
        "gone_table": figures.rows_table(
            views,
            "without-gold",
            "What is answered where the media, as changed, leave no right answer, in percent",
            CELLS,
        ),
        "lenient_table": figures.rows_table(
            views, "lenient", "Right answers where other forms are read, too, in percent"
        ),
        "categories_table": figures.rows_table(
            views, "categories", "Accepting and rejecting by category, in percent"
        ),
        "reasons": wide_and_narrow(
            lambda narrow: shares(
                f"reasons-{narrow:d}", rows, "Items that failed, by reason, in percent of all",
                narrow=narrow,
            )
        )
        if rows
        else "",
        "kinds": figures.kind_panels(views),
        "kinds_table": figures.rows_table(
            views, "kinds", "Accepting and rejecting by kind of detail, in percent"
        ),
        "levels": figures.level_panels(views),
        "levels_table": figures.rows_table(
            views, "levels", "Accepting and rejecting by difference of the details, in percent"
        ),
        "letters": figures.letters_chart(views),
        "letter_legend": frame.legend(view for view in views if view.summary.letters),
        "letters_table": figures.rows_table(
            views, "letters", "Letters: percent of answers, and what each has for its position"
        ),
        "signals": figures.signal_panels(views),
        "signals_table": figures.rows_table(
            views, "signals", "What S tells, in percent; moved and by own in natural log units"
        ),
        "explained_table": judges.explained_table(views),
        "judges_table": judges.agreement_table(views),
        "planted_table": judges.calibration_table(views),
        "remarks": REMARKS,
    }  # fmt: skip


def _by_words(views: Sequence[RunView]) -> list[str]:
    """The most of the questions of two details that words alone decide, by how was asked."""
    found = {
        f"{100 * by_words_of_two(view.variant):.1f}"
        + " (with TRUE and FALSE)" * (answer_kind(view.variant) in ("truth", "explained"))
        for view in views
    }
    return sorted(found)


def _data(views: Sequence[RunView]) -> dict[str, Any]:
    """Headline and cells once more, for programs that read the page."""
    return {
        "suite": "premise",
        "runs": [
            {
                "label": view.label,
                "model": view.summary.model,
                "variant": view.variant,
                "ablation": view.summary.ablation,
                "signal": view.summary.signal,
                "n_items": view.summary.n_items,
                "partial": view.summary.partial,
                "headline": _plain(view.headline),
                "cells": _plain(view.summary.bases["all"].cells),
                "two": _plain(view.summary.two),
            }
            for view in views
        ],
    }


def _plain(found: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: plain(one) for name, one in found.items()}
