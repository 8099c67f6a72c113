"""Scores, judgements and rankings of visualact on the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.printing import noun, one_line
from handeye.respondents.conversation import about
from handeye.scores.estimate import NOTHING, number, rate_of
from handeye.scores.looks import BEST, Looks, scored, sentences
from handeye.scores.summary import so_far_words
from handeye.scores.tables import Column, Row, Table
from handeye.terminal.console import Console, styled
from handeye.terminal.tables import print_table, say
from handeye.visualact.pages.class_tables import SHORT
from handeye.visualact.respondents.models import RESPONDENTS
from handeye.visualact.scoring.motion_split import headline_f1
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.summary import Summary
from handeye.visualact.scoring.tables import (
    FIGURES,
    OVERALL,
    class_key,
    idle_words,
    one_sided_words,
    unstated_words,
    way_words,
)

Tree = Mapping[str, Any]

_COLUMNS = tuple(
    column for column in FIGURES if column.key not in ("weighted_precision", "weighted_recall")
)
_LEGEND = (
    "P: share of the proposed actions that are called for; R: share of the actions called for that "
    "were proposed; F1: of the two{rule}; weighted: by levels of urgency; scale: how near the "
    "levels of matched actions are"
)
# So many columns have room for their intervals at 80 characters.
_MOST_COUNTS = 5
_HEADS = {column.key: column.head for column in _COLUMNS}


def print_run(folder: Path, *, kept: bool = True) -> None:
    """Print what a scored run says, on one screen: states, the headline, F1 of classes, its basis.

    Args:
        folder: of the scores.
        kept: whether they stay there.
    """
    from handeye.visualact.scoring.run_folder import read_run

    run = read_run(folder)
    summary, looks = run.summary, run.looks()
    console = Console()
    _print_header(console, summary)
    for clause in sentences(looks.groups if looks else {}):
        say(console, clause, "yellow")
    chance = f"{BEST} {looks.chosen}" if looks and looks.chance else ""
    said = (way_words(summary.options), so_far_words(summary.note), summary.interval.words, chance)
    print_table(console, _headline(summary, looks), caption="; ".join(filter(None, said)))
    rule = one_sided_words(summary.options)
    rule = f"; over the clips averaged, {rule}" if rule else ""
    say(console, _LEGEND.format(rule=rule), "dim")
    _print_sentences(console, summary)
    _print_basis(console, summary)
    if kept:
        say(console, f"written to {folder}: tables/ and the page of handeye report have the rest")


def print_ablation(found: Tree, folder: Path) -> None:
    """Print the figures of an ablation, a row for each number of frames."""
    from handeye.visualact.scoring.run_folder import read_run

    runs = found["runs"]
    columns = (
        *_COLUMNS,
        Column("F1 motion-only", name="f1_motion"),
        Column("F1 others", name="f1_rest"),
    )
    present = tuple(c for c in columns if any(c.key in run["figures"] for run in runs))
    rows = tuple(
        Row(
            str(run["frames"]),
            tuple(rate_of(run["figures"].get(column.key)) for column in present),
        )
        for run in runs
    )
    first = read_run(folder / runs[0]["folder"]).summary
    console = Console()
    title = f"{found['model']}: percent by number of frames, {way_words(first.options)}"
    # Numbers of frames stand beside each other: there are fewer of them than of figures.
    for start in range(0, len(rows), _MOST_COUNTS):
        part = rows[start : start + _MOST_COUNTS]
        table = Table("ablation", "", present, part).turned("frames")
        last = start + _MOST_COUNTS >= len(rows)
        caption = first.interval.words if last else ""
        print_table(console, table, title="" if start else title, caption=caption)
    page = shlex.quote(str(folder / "report.html"))
    draw = f"handeye report {shlex.quote(str(folder))} --out {page}"
    say(console, f"written to {folder}; its page: {draw}")


def _print_header(console: Console, summary: Summary) -> None:
    name, counts = summary.named or "unnamed model", summary.counts
    told = (
        f": {summary.n_clips} {noun(summary.n_clips, 'clips')}; {counts['predicted']} "
        f"{noun(counts['predicted'], 'actions')} proposed, "
        f"{counts['truth']} called for, {counts['matched']} matched"
    )
    console.print(styled((f"\n{one_line(name)}", "bold"), (told, "")))
    if ours := about(summary.model, RESPONDENTS):
        say(console, ours)
    if summary.note:
        say(console, summary.note, "yellow")
    if states := _not_answered(summary):
        shown = ", ".join(f"{n} {name}" for name, n in states.items())
        say(console, f"not answered: {shown} (scored as nothing proposed)", "yellow")
    if missing := summary.states.get("missing", 0):
        say(console, f"no prediction: {missing} {noun(missing, 'clips')} (in no figure)", "yellow")
    if idle := idle_words(summary):
        say(console, idle)
    if unstated := unstated_words(summary):
        say(console, unstated, "yellow")


def _not_answered(summary: Summary) -> dict[str, int]:
    """Clips that were scored without an answer that could be read; a missing one is not scored."""
    apart = ("answered", "missing")
    return {name: n for name, n in summary.states.items() if n and name not in apart}


def _headline(summary: Summary, looks: Looks | None) -> Table:
    """All classes and F1 in each, averaged as the run's options say, beside one answer to all."""
    options, figure = Options.of(summary.options), headline_f1(Options.of(summary.options))
    found = getattr(summary.bases["all"], options.averaging)
    whole = options.overall(found.mean)
    lines = [(c.head, OVERALL, c.key, whole) for c in _COLUMNS]
    lines += [
        (f"{_HEADS[figure]} {_class_words(summary, key)}", key, figure, figures)
        for key, figures in found.by_scenario.items()
    ]
    rows = [
        Row(head, (figures[name], scored(looks, "classes", "all", class_key(of, name))))
        for head, of, name, figures in lines
    ]
    columns = Column("all clips"), Column(BEST)
    return Table("headline", "", columns, tuple(rows), row_head="percent").measured


def _class_words(summary: Summary, scenario: str) -> str:
    """A class, and where they are not all, the clips that its F1 is about: those that have one."""
    n, all_of = summary.bases["all"].video.by_scenario[scenario]["f1"].n, summary.scenarios
    whole = all_of[scenario].n_clips
    return SHORT.get(scenario, scenario) + (f" ({n} of {whole})" if n != whole else "")


def _print_sentences(console: Console, summary: Summary) -> None:
    acting = summary.over_acting
    answered = summary.bases["answered"].headline["f1"]
    f1 = "weighted F1" if summary.options["headline"] == "weighted" else "F1"
    shown = answered if _not_answered(summary) else NOTHING
    sentences = (
        (f"{f1} over answered clips alone", shown),
        ("acted where nothing is called for", acting["acted_on_idle"]),
        ("nothing where something is called for", acting["nothing_on_busy"]),
    )
    for words, found in sentences:
        if found.value is not None:
            clips = noun(found.n, "clips")
            say(console, f"{words}: {found.text('line')}, n = {found.n:,} {clips}")


def _print_basis(console: Console, summary: Summary) -> None:
    """What the figures rest on: embedder, choices, and what reading the answers lost."""
    usual = Options().to_dict()
    changed = {name: value for name, value in summary.options.items() if usual[name] != value}
    options = summary.options
    say(
        console,
        f"matched by {summary.embedder['name']} ({summary.embedder['digest'][:12]}), "
        f"similarity {options['comparison']} {options['threshold']}, {options['assignment']}",
    )
    if changed:
        shown = ", ".join(f"{name}={value}" for name, value in changed.items())
        say(console, f"not the defaults: {shown}", "yellow")
    if losses := {kind: n for kind, n in summary.losses.items() if n}:
        shown = ", ".join(f"{n} {kind}" for kind, n in losses.items())
        say(console, f"lost in reading the answers: {shown}")


def print_judgement(found: Tree, run: Path) -> None:
    """Print what a judge decided, beside the embedding matcher."""
    console = Console()
    say(console, f"\njudge {found['name']}", "bold")
    states = {name: n for name, n in found["states"].items() if n}
    shown = ", ".join(f"{n} {name}" for name, n in states.items()) or "nothing to decide"
    say(console, f"clips with actions on both sides: {shown}")
    asked = found["asked"]
    say(
        console,
        f"requests: {asked['requests']} now, {asked['known']} pairs of lists judged before, "
        f"{asked['unreadable']} {noun(asked['unreadable'], 'answers')} that could not be read",
    )
    undecided = found["n_clips"] - found["n_decided"]
    if undecided:
        say(
            console,
            f"no judgement, and left out below: {undecided} of {found['n_clips']} "
            f"{noun(found['n_clips'], 'clips')}; run 'handeye visualact judge' again to ask for "
            "those that failed",
            "yellow",
        )
    rows = []
    for name in ("embedding", "judge"):
        scores = found["scores"][name]
        options = Options.of(scores["options"])
        figures = options.overall(scores["bases"]["all"][options.averaging]["mean"])
        rows.append(Row(name, tuple(rate_of(figures[column.key]) for column in _COLUMNS)))
    title = f"percent, {way_words(scores['options'])}, on the clips that were judged"
    table = Table("judged", title, _COLUMNS, tuple(rows), row_head="matches decided by")
    print_table(console, table)
    agreement = found["agreement"]
    pairs = {name: agreement[name] for name in ("both", "judge_only", "embedding_only", "neither")}
    say(
        console,
        "pairs matched by both {both}, the judge alone {judge_only}, the embeddings alone "
        "{embedding_only}, neither {neither}".format(**pairs),
    )
    agreed, kappa = (rate_of(agreement[name]) for name in ("agreement", "kappa"))
    say(
        console,
        f"agreement {agreed.text('line')} %; Cohen's kappa {kappa.text('line', 'plain')}",
    )
    say(console, f"written to {run / 'judge.json'}")


def print_ranking(found: Tree, *, every_line: bool = False) -> None:
    """Print F1 of every model, which pairs change places under which setting, and the verdict.

    Settings that rank alike share a row, F1 from the least to the most.

    Args:
        found: the ranking.
        every_line: a row for each setting.
    """
    console = Console()
    models = list(found["models"])
    letters = {model: chr(ord("A") + place) for place, model in enumerate(models[:26])}
    console.print()
    for model in models:
        say(console, f"{letters.get(model, '-')}  {model}: {found['models'][model]}")
    counted = f"{found['n_clips']} {noun(found['n_clips'], 'clips')}"
    if found["n_left_out"]:
        counted += f", {found['n_left_out']} left out that not all have"
    say(console, counted)
    for embedder in found["embedders"]:
        rows = [row for row in found["settings"] if row["embedder"] == embedder]
        title = f"F1 in percent, {way_words(found['options'])}, {embedder}"
        make = _setting_table if every_line else _ranking_table
        print_table(console, make(title, rows, models, letters))
    if not every_line:
        say(console, "--all shows every setting", "dim")
    tau = found["kendall"]
    if tau["least"] is not None:
        say(
            console,
            f"Kendall's tau between two settings: {number(tau['least'], 'plain')} at least, "
            f"{number(tau['mean'], 'plain')} on average ({tau['n_pairs']} pairs of settings)",
        )
    for flip in found["flips"]:
        first, second = flip["models"]
        sure = "beyond chance" if flip["beyond_chance"] else "not beyond chance in both orders"
        say(
            console,
            f"{first} ahead in {flip['first_ahead']} settings, {second} in "
            f"{flip['second_ahead']}: {sure}",
        )
    say(console, found["verdict"], "bold")


def _ranking_table(
    title: str, rows: Sequence[Tree], models: Sequence[str], letters: Mapping[str, str]
) -> Table:
    columns = (
        Column("settings"),
        Column("thresholds", words=True),
        *(Column(letters.get(model, model)) for model in models),
    )
    alike: dict[str, list[Tree]] = {}
    for row in rows:
        alike.setdefault(_order(row, letters), []).append(row)
    shown = []
    for order, same in alike.items():
        assignments = {row["assignment"] for row in same}
        spread = _spread([row["threshold"] for row in same], lambda value: f"{value:.2f}")
        only = f", {next(iter(assignments))}" if len(assignments) == 1 else ""
        cells = (_spread([row["f1"][model]["value"] for row in same], number) for model in models)
        shown.append(Row(order, (len(same), spread + only, *cells)))
    return Table("rankings", title, columns, tuple(shown), row_head="ranking")


def _spread(values: Sequence[float | None], words: Callable[[float], str]) -> str:
    """The least and the most, or the one value that all are."""
    known = [value for value in values if value is not None]
    ends = [words(least) for least in sorted({min(known), max(known)})] if known else [""]
    return " to ".join(dict.fromkeys(ends))


def _setting_table(
    title: str, rows: Sequence[Tree], models: Sequence[str], letters: Mapping[str, str]
) -> Table:
    columns = (
        Column("assignment", words=True),
        *(Column(letters.get(model, model)) for model in models),
        Column("ranking", words=True),
    )
    shown = [
        Row(
            f"{row['threshold']:.2f}",
            (
                row["assignment"],
                *(number(row["f1"][model]["value"]) for model in models),
                _order(row, letters),
            ),
        )
        for row in rows
    ]
    return Table("settings", title, columns, tuple(shown), row_head="threshold")


def _order(row: Tree, letters: Mapping[str, str]) -> str:
    """Models by F1; equal ones are not put in an order."""
    text, before = "", None
    for model in row["ranking"]:
        value = row["f1"][model]["value"]
        sign = "" if before is None else " = " if value == before[0] else " > "
        text, before = text + sign + letters.get(model, model), (value,)
    return text
