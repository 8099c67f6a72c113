"""Scores, judgements and rankings of visualact on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from handeye.scores.estimate import percent_with_interval

Tree = Mapping[str, Any]

_COLUMNS = {
    "precision": "P",
    "recall": "R",
    "f1": "F1",
    "weighted_f1": "weighted F1",
    "scale": "scale",
}
_SENTENCES = (
    ("proactive actions found", ("proactive", "mean", "recall")),
    ("reactive actions found", ("proactive", "mean", "recall_reactive")),
    ("predictions called proactive", ("proactive", "mean", "share_of_predictions")),
    ("urgent actions found (levels 3, 4)", ("priority", "recall_of_urgent")),
    ("acted where nothing is called for", ("over_acting", "acted_on_idle")),
    ("nothing where something is called for", ("over_acting", "nothing_on_busy")),
)


def print_run(folder: Path) -> None:
    """Print what a scored run says: states, figures by class, sweep, and what they rest on."""
    from handeye.visualact.scoring.run_folder import read_run

    summary = read_run(folder).summary.data
    console = Console()
    _print_header(console, summary)
    console.print(_class_table(summary))
    _print_answered(console, summary)
    _print_sentences(console, summary)
    if summary["sweep"]:
        console.print(_sweep_table(summary))
    _print_basis(console, summary)
    console.print(f"written to {folder}", highlight=False)


def print_ablation(found: Tree, folder: Path) -> None:
    """Print the figures of an ablation, a row for each number of frames."""
    from handeye.visualact.scoring.run_folder import read_run

    runs = found["runs"]
    columns = {**_COLUMNS, "f1_motion": "F1 motion-only", "f1_rest": "F1 others"}
    present = [name for name in columns if any(name in run["figures"] for run in runs)]
    first = read_run(folder / runs[0]["folder"]).summary
    table = Table(
        title=f"{escape(found['model'])}: percent by number of frames",
        caption=first["interval"]["words"],
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("frames", justify="right")
    for name in present:
        table.add_column(columns[name], justify="right")
    for run in runs:
        cells = [_cell(run["figures"][n]) if n in run["figures"] else "-" for n in present]
        table.add_row(str(run["frames"]), *cells)
    console = Console()
    console.print(table)
    console.print(f"written to {folder}; `handeye report {folder}` draws it", highlight=False)


def _print_header(console: Console, summary: Tree) -> None:
    name = escape(summary["model"] or "unnamed model")
    counts = summary["counts"]
    console.print(
        f"\n[bold]{name}[/]: {summary['n_clips']} clips; {counts['predicted']} actions proposed, "
        f"{counts['truth']} called for, {counts['matched']} matched",
        highlight=False,
    )
    if summary["note"]:
        console.print(f"[yellow]{escape(summary['note'])}[/]", highlight=False)
    if states := _not_answered(summary):
        shown = ", ".join(f"{n} {name}" for name, n in states.items())
        console.print(f"[yellow]not answered: {shown} (scored as nothing proposed)[/]")


def _not_answered(summary: Tree) -> dict[str, int]:
    return {
        name: n for name, n in summary["states"].items() if n and name not in ("answered", "empty")
    }


def _class_table(summary: Tree) -> Table:
    """Classes, their mean and all clips pooled; below each value its interval."""
    averaged = summary["bases"]["all"]["video"]
    table = Table(
        title="percent, averaged over the clips of a class",
        caption=summary["interval"]["words"],
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("", min_width=len("Human-Machine"))
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    for key, scenario in summary["scenarios"].items():
        row = averaged["by_scenario"][key]
        table.add_row(f"{scenario['title']}\n[dim]{scenario['n_clips']} clips[/]", *_cells(row))
    table.add_section()
    table.add_row("[bold]mean of classes[/]", *_cells(averaged["mean"]))
    table.add_row("all clips as one class", *_cells(averaged["pooled"]))
    sums = summary["bases"]["all"]["pooled"]["mean"]
    table.add_row("mean of classes,\nfrom sums of actions", *_cells(sums))
    return table


def _cells(row: Tree) -> list[str]:
    return [_cell(row[name]) for name in _COLUMNS]


def _cell(found: Tree) -> str:
    if found["value"] is None:
        return "-"
    text = f"{100 * found['value']:.1f}"
    if found["low"] is None:
        return text
    return f"{text}\n[dim]{_short(found['low'])}-{_short(found['high'])}[/]"


def _short(value: float) -> str:
    """Percent; five columns with intervals must fit a terminal of 80 characters."""
    text = f"{100 * value:.1f}"
    return "100" if text == "100.0" else text


def _print_answered(console: Console, summary: Tree) -> None:
    if _not_answered(summary):
        row = summary["bases"]["answered"]["headline"]
        console.print(
            f"F1 over answered clips alone: {percent_with_interval(row['f1'])}", highlight=False
        )


def _print_sentences(console: Console, summary: Tree) -> None:
    for words, path in _SENTENCES:
        found: Any = summary
        for name in path:
            found = found.get(name, {})
        if found.get("value") is not None:
            console.print(f"{words}: {percent_with_interval(found)}", highlight=False)


def _sweep_table(summary: Tree) -> Table:
    names = ("precision", "recall", "f1", "weighted_f1")
    table = Table(title="mean of classes at other thresholds", title_justify="left")
    table.add_column("threshold", justify="right")
    for name in names:
        table.add_column(_COLUMNS[name], justify="right")
    for limit, row in summary["sweep"].items():
        values = [row[name]["value"] for name in names]
        shown = ("-" if value is None else f"{100 * value:.1f}" for value in values)
        table.add_row(limit, *shown)
    return table


def _print_basis(console: Console, summary: Tree) -> None:
    """What the figures rest on: embedder, choices, and what reading the answers lost."""
    from handeye.visualact.scoring.options import Options

    usual = Options().to_dict()
    changed = {name: value for name, value in summary["options"].items() if usual[name] != value}
    options = summary["options"]
    console.print(
        f"matched by {summary['embedder']['name']} ({summary['embedder']['digest'][:12]}), "
        f"similarity {options['comparison']} {options['threshold']}, {options['assignment']}",
        highlight=False,
        markup=False,
    )
    if changed:
        shown = ", ".join(f"{name}={value}" for name, value in changed.items())
        console.print(f"[yellow]not the defaults: {escape(shown)}[/]", highlight=False)
    if losses := {kind: n for kind, n in summary["losses"].items() if n}:
        shown = ", ".join(f"{n} {kind}" for kind, n in losses.items())
        console.print(f"lost in reading the answers: {shown}", highlight=False, markup=False)


def print_judgement(found: Tree, run: Path) -> None:
    """Print what a judge decided, beside the embedding matcher."""
    console = Console()
    console.print(f"\n[bold]judge {escape(found['name'])}[/]", highlight=False)
    states = {name: n for name, n in found["states"].items() if n}
    shown = ", ".join(f"{n} {name}" for name, n in states.items()) or "nothing to decide"
    console.print(f"clips with actions on both sides: {shown}", highlight=False)
    asked = found["asked"]
    console.print(
        f"requests: {asked['requests']} now, {asked['known']} pairs of lists judged before, "
        f"{asked['unreadable']} answers that could not be read",
        highlight=False,
    )
    undecided = found["n_clips"] - found["n_decided"]
    if undecided:
        console.print(
            f"[yellow]{undecided} of {found['n_clips']} clips have no judgement and are left out "
            "below; run 'handeye visualact judge' again to ask for those that failed[/]",
            highlight=False,
        )
    table = Table(title="percent, on the clips that were judged", title_justify="left")
    table.add_column("matches decided by")
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    for name in ("embedding", "judge"):
        table.add_row(name, *_cells(found["scores"][name]["bases"]["all"]["video"]["mean"]))
    console.print(table)
    agreement = found["agreement"]
    pairs = {name: agreement[name] for name in ("both", "judge_only", "embedding_only", "neither")}
    console.print(
        "pairs matched by both {both}, the judge alone {judge_only}, the embeddings alone "
        "{embedding_only}, neither {neither}".format(**pairs),
        highlight=False,
    )
    agreed = percent_with_interval(agreement["agreement"])
    console.print(
        f"agreement {agreed} %; Cohen's kappa {_plain(agreement['kappa'])}", highlight=False
    )
    console.print(f"written to {run / 'judge.json'}", highlight=False)


def _plain(found: Tree) -> str:
    if found["value"] is None:
        return "-"
    text = f"{found['value']:.2f}"
    return text if found["low"] is None else f"{text} ({found['low']:.2f} to {found['high']:.2f})"


def print_ranking(found: Tree) -> None:
    """Print F1 of every model under every setting, which pairs change places, and the verdict."""
    console = Console()
    models = list(found["models"])
    letters = {model: chr(ord("A") + place) for place, model in enumerate(models[:26])}
    console.print()
    for model in models:
        console.print(
            f"{letters.get(model, '-')}  {model}: {found['models'][model]}",
            markup=False,
            highlight=False,
        )
    counted = f"{found['n_clips']} clips"
    if found["n_left_out"]:
        counted += f", {found['n_left_out']} left out that not all have"
    console.print(counted, highlight=False)
    for embedder in found["embedders"]:
        rows = [row for row in found["settings"] if row["embedder"] == embedder]
        console.print(_setting_table(embedder, rows, models, letters))
    tau = found["kendall"]
    if tau["least"] is not None:
        console.print(
            f"Kendall's tau between two settings: {tau['least']:.2f} at least, {tau['mean']:.2f} "
            f"on average ({tau['n_pairs']} pairs of settings)",
            highlight=False,
        )
    for flip in found["flips"]:
        first, second = flip["models"]
        sure = "beyond chance" if flip["beyond_chance"] else "not beyond chance in both orders"
        console.print(
            f"{first} ahead in {flip['first_ahead']} settings, {second} in "
            f"{flip['second_ahead']}: {sure}",
            markup=False,
            highlight=False,
        )
    console.print(f"[bold]{escape(found['verdict'])}[/]", highlight=False)


def _setting_table(
    embedder: str, rows: Sequence[Tree], models: Sequence[str], letters: Mapping[str, str]
) -> Table:
    table = Table(title=escape(f"F1 in percent, {embedder}"), title_justify="left")
    table.add_column("threshold", justify="right")
    table.add_column("assignment")
    for model in models:
        table.add_column(letters.get(model, model), justify="right")
    table.add_column("ranking")
    for row in rows:
        values = [row["f1"][model]["value"] for model in models]
        shown = ("-" if value is None else f"{100 * value:.1f}" for value in values)
        table.add_row(f"{row['threshold']:.2f}", row["assignment"], *shown, _order(row, letters))
    return table


def _order(row: Tree, letters: Mapping[str, str]) -> str:
    """Models by F1; equal ones are not put in an order."""
    text, before = "", None
    for model in row["ranking"]:
        value = row["f1"][model]["value"]
        sign = "" if before is None else " = " if value == before[0] else " > "
        text, before = text + sign + letters.get(model, model), (value,)
    return text
