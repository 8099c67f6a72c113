"""Commands that every suite gets from the frame, as far as it has none of its own.

What each of its commands says at the end, the next step, is from the frame as well.
"""

from __future__ import annotations

import json as json_
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handeye.cli.grammar import Command, framed
from handeye.printing import one_line
from handeye.suite import Suite
from handeye.terminal.options import (
    EveryLine,
    Json,
    OldSet,
    Price,
    Prices,
    Runs,
    Seed,
    Workers,
    put_json,
    say_next,
    some_runs,
    some_sets,
)
from handeye.terminal.sets import print_statistics, print_verified

if TYPE_CHECKING:
    from handeye.run.flops import Work
    from handeye.scores.run_folder import ScoredRun

_ANOTHER = "openai/gpt-5.5"


def commands_of(suite: Suite) -> typer.Typer:
    """The app of a suite, with what the frame gives where it lacks it.

    That is ``describe``, ``verify``, ``scenes``, ``cost`` and, of a suite that can, ``diagnose``.
    """
    app: typer.Typer = suite.commands.get()
    known = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    given = [_describe, _verify, _scenes, _cost, *([_diagnose] if suite.diagnose else [])]
    for make in given:
        name = make.__name__.removeprefix("_")
        if name not in known:
            app.command(name)(make(suite))
    for one in app.registered_commands:
        if one.cls is not Command and one.callback is not None:
            one.cls = Command
            one.name = one.name or one.callback.__name__
            after = _AFTER.get(one.name)
            one.callback = framed(one.callback, *((partial(after, suite),) if after else ()))
    # As they are needed; what only this suite has stands behind.
    order = list(_AFTER)
    app.registered_commands.sort(
        key=lambda one: order.index(one.name) if one.name in order else len(order)
    )
    return app


# ---- the next step


def _made(suite: Suite, given: Mapping[str, Any]) -> None:
    say_next(suite.name, "verify", next(iter(given.values())))


def _seen(suite: Suite, given: Mapping[str, Any]) -> None:
    first = next(iter(given.values()))
    if isinstance(first, str | Path) or len(first) == 1:
        ask_next(suite, first if isinstance(first, str | Path) else first[0])


def ask_next(suite: Suite, data: object) -> None:
    """Say how a set is asked: a respondent that ships and knows nothing but what it is shown.

    Of a set that no generator of ours made, one that knows more than our drawings.
    """
    # Not above: help is shown without what reads a record.
    from handeye.sets.folder import made_here

    free = [name for name, kind in suite.respondents.items() if "data" not in kind.takes]
    model = next(iter(free or suite.respondents), None)
    others = "other models: handeye models"
    if model is not None:
        foreign = suite.respondents[model].own and not made_here(str(data))
        asked = _ANOTHER if foreign else f"handeye/{model}"
        say_next("run", suite.name, "--model", asked, "--data", data, other=others)


def scored_next(suite: Suite, run: object) -> None:
    """Say how a scored run is looked at."""
    if suite.diagnose is not None:
        say_next(suite.name, "diagnose", run)
    else:
        say_next("report", run, "--out", "report.html")


def _scored(suite: Suite, given: Mapping[str, Any]) -> None:
    if given.get("out") is not None:
        scored_next(suite, given["out"])


def _diagnosed(suite: Suite, given: Mapping[str, Any]) -> None:
    first = next(iter(given.values()))
    say_next("report", *([first] if isinstance(first, str | Path) else first), "--out",
             "report.html")  # fmt: skip


def _none(suite: Suite, given: Mapping[str, Any]) -> None:
    pass


_AFTER: dict[str, Callable[[Suite, Mapping[str, Any]], None]] = {
    "generate": _made,
    "describe": _seen,
    "verify": _seen,
    "score": _scored,
    "diagnose": _diagnosed,
    "scenes": _none,
    "cost": _none,
}
"""Commands in the order of work, and what is said behind each about its first argument."""


# ---- commands


def _describe(suite: Suite) -> Callable[..., None]:
    def describe(
        data: Annotated[
            list[str],
            typer.Argument(metavar="SET [SET2]", help="One set, or two.", autocompletion=some_sets),
        ],
        every_line: EveryLine = False,
        json: Json = None,
    ) -> None:
        print_statistics(data, suite.describe, every_line=every_line, json=json)

    describe.__doc__ = f"""Print what is in a set, or in two with tests of their difference.

    Example: handeye {suite.name} describe SET
    """
    return describe


def _verify(suite: Suite) -> Callable[..., None]:
    def verify(directory: OldSet, workers: Workers = None, json: Json = None) -> None:
        from handeye.progress import counting

        with counting(suite.scene) as progress:
            result = suite.verify(directory, workers=workers, progress=progress)
        print_verified(result, "nothing wrong", json=json)

    verify.__doc__ = f"""Check a set: rows, media, gold, and that it can be solved.

    Example: handeye {suite.name} verify SET
    """
    return verify


def _diagnose(suite: Suite) -> Callable[..., None]:
    def diagnose(runs: Runs, seed: Seed = 0, workers: Workers = None, json: Json = None) -> None:
        from handeye.terminal.diagnosing import diagnose_and_print

        assert suite.diagnose is not None
        diagnose_and_print(
            runs, seed, workers, json, diagnose=suite.diagnose, so_far=suite.score_so_far
        )

    diagnose.__doc__ = f"""Say what is wrong with the answers of each run, and why each item failed.

    Leaves diagnosis.json and reasons.parquet in the run folder, once the run is finished.

    Example: handeye {suite.name} diagnose RUN
    """
    return diagnose


def _scenes(suite: Suite) -> Callable[..., None]:
    unit = suite.scene

    def scenes(
        run: Annotated[
            Path,
            typer.Argument(
                metavar="RUN", help="A run to learn the spread from.", autocompletion=some_runs
            ),
        ],
        other: Annotated[
            Path | None,
            typer.Argument(
                metavar="[RUN_B]",
                help="Another over the same set: for differences.",
                autocompletion=some_runs,
            ),
        ] = None,
        points: Annotated[
            float, typer.Option(metavar="N", help="Percentage points to be seen: 3 for 3 points.")
        ] = 3.0,
        power: Annotated[
            float, typer.Option(metavar="SHARE", help="Chance to see a difference of that size.")
        ] = 0.8,
        json: Json = None,
    ) -> None:
        from rich.table import Table

        from handeye.errors import OptionError
        from handeye.scores.planning import scenes_needed
        from handeye.scores.run_folder import expand
        from handeye.scores.so_far import readable
        from handeye.terminal.console import Console

        folders = expand([folder for folder in (run, other) if folder is not None])
        if len(folders) > 2:
            names = ", ".join(map(str, folders))
            raise OptionError(f"name one run, or two for their difference, of these: {names}")
        runs = [suite.open_run(folder) for folder in readable(folders, suite.score_so_far)]
        found = scenes_needed(suite, points / 100, runs, power=power)
        figures = {
            "points": points,
            "power": power if len(runs) == 2 else None,
            f"{unit}_needed": {row.label: row.scenes for row in found},
        }
        if put_json(json, json_.dumps(figures, indent=1, ensure_ascii=False)):
            return
        wanted = (
            f"{unit.capitalize()} for 95 % intervals of ±{points:g} points"
            if len(runs) == 1
            else f"{unit.capitalize()} to see a difference of {points:g} points with a power of "
            f"{power:g}"
        )
        table = Table(title=wanted, title_justify="left", title_style="bold")
        for name in ("figure", f"{unit} needed", f"{unit} it rests on", "design effect"):
            table.add_column(name, justify="left" if name == "figure" else "right")
        for row in found:
            effect = row.pilot.design_effect if row.pilot else None
            table.add_row(
                one_line(row.label),
                "-" if row.scenes is None else f"{row.scenes:,}",
                f"{row.pilot.n_scenes:,}" if row.pilot else "-",
                "-" if effect is None else f"{effect:.2f}",
            )
        console = Console()
        for one in runs:
            if "so_far" in one.info:
                console.print(one.summary["note"], style="yellow")
        console.print(table)
        if any(row.scenes is None and row.pilot for row in found):
            console.print(f"-: the {unit} are all alike in this figure and show no spread.")

    scenes.__doc__ = f"""Say how many {unit} are needed to see so many points.

    With one run: for 95 % intervals of plus and minus so many points. With two: for a difference
    of so many points between two models like these.

    Example: handeye {suite.name} scenes RUN --points 3
    """
    return scenes


def _cost(suite: Suite) -> Callable[..., None]:
    def cost(
        runs: Runs,
        price: Price = None,
        prices: Prices = None,
        folder: Annotated[
            Path | None,
            typer.Option(
                metavar="FOLDER", help="Of the model's weights, where a run does not tell it."
            ),
        ] = None,
        parameters: Annotated[
            float | None,
            typer.Option(
                metavar="N", help="Of the model, in place of its folder: 2N for each token."
            ),
        ] = None,
        seed: Seed = 0,
        json: Json = None,
    ) -> None:
        from handeye.errors import OptionError
        from handeye.run.flops import Work
        from handeye.scores.cost import basis, cost_of, cost_table
        from handeye.scores.labels import run_labels
        from handeye.scores.run_folder import expand
        from handeye.scores.so_far import readable
        from handeye.scores.tables import Row, Table
        from handeye.terminal.console import Console
        from handeye.terminal.run_options import price_of
        from handeye.terminal.tables import print_table, say

        if parameters is not None and not 1 <= parameters < float("inf"):
            raise OptionError(f"--parameters must be a number of at least 1, got {parameters:g}")
        opened = [suite.open_run(one) for one in readable(expand(runs), suite.score_so_far)]
        known = None if parameters is None else Work(round(parameters))
        works = [known or _work(run, folder) for run in opened]
        costs = [
            cost_of(
                run,
                price=price_of(price, prices, str(run.info.get("model"))),
                work=work,
                seed=seed,
            )
            for run, work in zip(opened, works, strict=True)
        ]
        labels = run_labels(opened, [one.way for one in costs])
        heads = [
            next((table for table in suite.tables(run.summary) if table.key == "headline"), None)
            for run in opened
        ]
        lines = [{} if head is None else head.line("all") for head in heads]
        figures = [
            {"run": label, **_plain(one), "headline": _plain(line)}
            for label, one, line in zip(labels, costs, lines, strict=True)
        ]
        if put_json(json, json_.dumps(figures, indent=1, ensure_ascii=False)):
            return
        console = Console()
        table = cost_table(costs, labels)
        print_table(console, table)
        for label, one in zip(labels, costs, strict=True):
            say(console, f"{label}: {basis(one, suite.unit, suite.scene)}")
        say(console, table.legend, "dim")
        if any(works):
            told = "GFLOP: of each call by itself (docs/accounting.md)"
            words = [name for name, one in zip(labels, works, strict=True) if one and not one.tower]
            told += f"; without what sees the pictures: {', '.join(words)}" if words else ""
            say(console, told, "dim")
        if heads[0] is not None and any(lines):
            columns = heads[0].columns
            rows = tuple(
                Row(label, tuple(line.get(column.key) for column in columns))
                for label, line in zip(labels, lines, strict=True)
            )
            told = "How right the answers are, in percent: another figure, not a price"
            print_table(console, Table("headline", told, columns, rows).measured)

    cost.__doc__ = f"""Say what answers took: calls, tokens, seconds, operations, dollars an item.

    Read off the journals of runs; with --price dollars, of a local model operations, too.

    Example: handeye {suite.name} cost RUN OTHER_RUN --price 1.25:10
    """
    return cost


def _work(run: ScoredRun, folder: Path | None) -> Work | None:
    """The sizes of the model that a run asked, where its folder is known."""
    from contextlib import suppress

    from handeye.errors import RunError
    from handeye.respondents.local.shipped import shipped_model_dir
    from handeye.run.flops import work_of
    from handeye.scores.cost import folder_of

    place, _, name = str(run.info.get("model")).partition("/")
    found = folder_of(run) or folder
    if found is None and place == "handeye":
        with suppress(RunError):  # it is none that ships
            found = shipped_model_dir(name, "")
    return None if found is None else work_of(found)


def _plain(told: object) -> dict[str, Any]:
    import msgspec  # help is shown without it

    found: dict[str, Any] = msgspec.to_builtins(told)
    return found
