"""What a terminal says of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.premise.pages.judges import calibration_words, told_by
from handeye.premise.pages.view import SIGNAL_WORDS, asked_words
from handeye.premise.respondents.models import RESPONDENTS
from handeye.premise.scoring.run_folder import read_run
from handeye.premise.scoring.score import CELLS
from handeye.premise.scoring.summary import Summary
from handeye.premise.scoring.tables import (
    EXPLAINED_COLUMNS,
    HEADLINE_COLUMNS,
    by_words_of_two,
    explained_by_words,
    fixed_rows,
    tables,
)
from handeye.printing import noun, one_line
from handeye.respondents.conversation import about
from handeye.scores.estimate import NOTHING, rate_of
from handeye.scores.looks import Looks, chance_row, sentences
from handeye.scores.summary import so_far_words
from handeye.scores.tables import Column, Row, Table
from handeye.terminal.console import Console, styled
from handeye.terminal.tables import print_table, say

_CELLS = (
    Column("vision", name="v"),
    Column("audio", name="a"),
)
_GONE = {
    "without": "asked of a sense that was left out",
    "blank": "asked of a sense that was black or silent",
    "swap": "asked of two details and shown another family's clip",
}
"""What has no right answer, by what was done to the media."""
_LEGEND = (
    "Std: right answers to true premises; Mis: false ones rejected for the right sense; Bal: the "
    "mean of the two; action: accept or reject told rightly by the answers (chance 50); "
    "perception: the same by S; gap: perception minus action, in points"
)


def print_run(folder: Path, *, kept: bool = True) -> None:
    """Print what a scored run says, on one screen: states, the headline, the 2x2, two premises.

    Args:
        folder: of the scores.
        kept: whether they stay there.
    """
    run = read_run(folder)
    summary, looks = run.summary, run.looks()
    console = Console()
    known = run.scores().select("answer_state", "gold").iter_rows()
    _print_header(console, summary, Counter(state for state, gold in known if gold is not None))
    for clause in sentences(looks.groups if looks else {}):
        say(console, clause, "yellow")
    said = "; ".join(filter(None, (so_far_words(summary.note), summary.interval.words)))
    if summary.bases["all"].headline:
        _print_headline(console, summary, looks, said)
    elif summary.two:
        say(console, said, "dim")
    else:
        say(console, "no item of this run has a right answer: nothing is scored", "yellow")
    _print_more(console, summary)
    if summary.explained:
        print_table(console, _explained(summary))
        say(console, "explanations by the exact reader; 'handeye premise judge' asks others", "dim")
    if kept:
        say(console, f"written to {folder}: tables/ and the page of handeye report have the rest")


def _print_headline(console: Console, summary: Summary, looks: Looks | None, said: str) -> None:
    """The headline, ``said`` below it, and the 2x2, which are about questions of one detail."""
    known = {table.key: table for table in tables(summary)}
    headline = _beside(known["headline"].line("all"), HEADLINE_COLUMNS, summary, looks)
    print_table(console, headline, caption=said)
    say(console, _LEGEND, "dim")
    cells = known["cells"].line("all")
    names = {"std": "true premises", "mis": "false premises"}
    rows = tuple(
        Row(words, tuple(cells.get(f"{name}_{one.key}", NOTHING) for one in _CELLS))
        for name, words in names.items()
        if any(f"{name}_{one.key}" in cells for one in _CELLS)
    )
    print_table(console, Table("cells", "", _CELLS, rows, row_head="right, percent").measured)


def _print_header(console: Console, summary: Summary, states: Mapping[str, int]) -> None:
    """The run in a line, and what was not answered; ``states`` are of items with a gold."""
    name = one_line(summary.named or "unnamed model")
    told = (
        f": {summary.n_items:,} {noun(summary.n_items, 'items')} about {summary.n_clips:,} "
        f"{noun(summary.n_clips, 'clips')} of {summary.n_scenes:,} "
        f"{noun(summary.n_scenes, summary.drawn)}; asked {asked_words(summary.variant)}"
    )
    told += f", {summary.ablation.replace('-', ' ')}" if summary.ablation else ""
    console.print(styled((f"\n{name}", "bold"), (told, "")))
    if ours := about(summary.model, RESPONDENTS):
        say(console, ours)
    if summary.note:
        say(console, summary.note, "yellow")
    lost = [f"{states[name]:,} {name}" for name in summary.states
            if name != "answered" and states.get(name)]  # fmt: skip
    if lost:
        n = sum(states.values())
        of = f"of {n:,} {noun(n, 'items')} with a right answer"
        say(console, f"no readable answer: {', '.join(lost)} {of} (counted as wrong)", "yellow")
    if missing := summary.states.get("missing", 0):
        say(
            console, f"no prediction: {missing:,} {noun(missing, 'items')} (in no figure)", "yellow"
        )


def _beside(
    line: object, columns: Sequence[Column], summary: Summary, looks: Looks | None
) -> Table:
    """The headline, and beside it what answers score that hang on nothing shown."""
    figures = dict(line)  # type: ignore[call-overload]
    columns = [column for column in columns if figures.get(column.key, NOTHING).value is not None]
    n = summary.bases["all"].n
    rows = (
        Row(
            f"{n:,} {noun(n, 'items')} about one detail",
            tuple(figures[column.key] for column in columns),
        ),
        *chance_row(looks, "headline", columns),
        *fixed_rows(summary.variant, columns),
    )
    return Table("headline", "", tuple(columns), rows, row_head="percent").measured.turned(
        "percent"
    )


def _print_more(console: Console, summary: Summary) -> None:
    """Which S there is, the habits of the answers, and the questions that name two details."""
    senses = dict(summary.bases["all"].premises)
    mean = senses.pop("mean", {})
    chance = f"{100 * by_words_of_two(summary.variant):.1f}"
    for words, name in (
        ("true premises rejected", "rejects_true"),
        ("false premises accepted", "accepts_false"),
        ("false premises rejected for the other sense", "wrong_sense"),
        ("of true premises accepted, what is asked told rightly", "content"),
        (
            f"questions of two premises decided rightly (by the words alone at most {chance})",
            "decided",
        ),
    ):
        found = (summary.two if name == "decided" else mean).get(name, NOTHING)
        if found.value is None:
            continue
        by_sense = [f"{of[name].n:,} {sense}" for sense, of in senses.items() if name in of]
        of = f"n = {found.n:,}"
        if name in mean and len(by_sense) > 1:
            of = f"mean of the senses (n = {', '.join(by_sense)})"
        say(console, f"{words}: {found.text('line')}, {of}")
    signal = SIGNAL_WORDS.get(summary.signal)
    say(
        console,
        f"perception: {signal}"
        if signal
        else "perception and gap are left out: nearly all answers must have S, which comes of the "
        "letters' log-probabilities or of repeated answers",
    )
    for cell, decisions in summary.without_gold.items():
        accepts = decisions.get("accepts", NOTHING)
        if accepts.value is not None:
            what = f"{_GONE[summary.ablation.partition('-')[0]]}; in the set: {CELLS[cell]}"
            say(
                console,
                f"no right answer ({what}): {accepts.text('line')} accepted, n = {accepts.n:,}",
            )


def _explained(summary: Summary) -> Table:
    """Verdicts and explanations, all premises of every sense."""
    rows = [
        Row(sense, tuple(of["premises"].get(column.key, NOTHING) for column in EXPLAINED_COLUMNS))
        for sense, of in summary.explained.items()
        if "premises" in of
    ]
    rows += explained_by_words()
    return Table("explained", "", EXPLAINED_COLUMNS, tuple(rows), row_head="percent").turned(
        "percent"
    )


def print_judgement(found: dict[str, Any], run: Path) -> None:
    """Print what a judge says of explanations, beside the exact reader."""
    console = Console()
    say(console, f"\njudge {one_line(found['name'])}", "bold")
    states = ", ".join(f"{n:,} {name}" for name, n in found["states"].items() if n)
    say(console, f"explanations: {states}; {found['n_decided']:,} of {found['n']:,} decided")
    if asked := found.get("asked"):
        cost = "" if found["cost"] is None else f"; about ${found['cost']:,.4f}"
        say(
            console,
            f"requests: {asked['requests']:,} now, {asked['known']:,} judged before, "
            f"{asked['unreadable']:,} {noun(asked['unreadable'], 'answers')} that could not be "
            f"read; tokens: {found['usage'].get('input', 0):,} in, "
            f"{found['usage'].get('output', 0):,} out{cost}",
        )
    if found["n_decided"] < found["n"]:
        say(console, "what was not decided is in no figure below", "yellow")
    print_table(console, told_by([(found["name"], found["explained"])]).turned("percent"))
    for other, one in found["agreement"].items():
        said, kappa = rate_of(one["agreement"]), rate_of(one["kappa"])
        say(
            console,
            f"agrees with {one_line(other)}: {said.text('line')} %, Cohen's kappa "
            f"{kappa.text('line', 'plain')}, n = {one['n']:,}",
        )
    words, passed = calibration_words(found["calibration"])
    say(console, words, "" if passed else "yellow")
    for name, one in (found["calibration"] or {}).get("plants", {}).items():
        say(console, f"  {name}: {rate_of(one).text('line')} % told, n = {one['n']}")
    say(console, f"written to {run / 'judge.json'}")
