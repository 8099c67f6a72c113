"""``handeye rewards``: rows to train on, and completions judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from handeye.cli.grammar import Command, framed
from handeye.terminal.options import Json, OldSet, one_of, put_json, say_next

app = typer.Typer(
    help="Rewards for training: what is seen apart from what is answered.", no_args_is_help=True
)


def _layouts() -> Iterable[str]:
    from handeye.rewards.columns import LAYOUTS

    return LAYOUTS


def rows(
    directory: OldSet,
    out: Annotated[Path, typer.Option(metavar="FILE", help="What is written, a row a line.")],
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of which trainer: trl, swift, verl, easyr1.",
            autocompletion=one_of(_layouts),
        ),
    ] = "trl",
    complete: Annotated[
        bool, typer.Option("--complete", help="With the right completion, for supervised training.")
    ] = False,
    text_only: Annotated[
        bool,
        typer.Option(
            "--text-only",
            help="And rows without a picture, from facts to answer: what a policy must learn to be "
            "its own blindfolded reader; needs --complete.",
        ),
    ] = False,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this split (default all).")
    ] = None,
    json: Json = None,
) -> None:
    """Write a set as rows for training with rewards: prompts, pictures, gold and facts.

    Paths of pictures are those within the set.

    Example: handeye rewards rows SET --out rows.jsonl
    """
    import json as json_
    from collections import Counter

    import msgspec

    from handeye.atomic import check_places, refuse_another, replacing
    from handeye.errors import DataError, OptionError
    from handeye.printing import noun, say
    from handeye.rewards.columns import rows as made
    from handeye.suites import all_suites, suite_of_set

    suite = suite_of_set(directory)
    if suite.rewarded is None:
        able = ", ".join(one.name for one in all_suites() if one.rewarded is not None)
        raise OptionError(f"{suite.title} has no facts to reward; suites that have: {able}")
    check_places(out)
    items = suite.load(directory, split=split)
    counts: Counter[str] = Counter()
    found = made(
        suite.rewarded(items),
        layout,  # type: ignore[arg-type]
        complete=complete,
        text_only=text_only,
    )
    with replacing(out) as stream:
        for row in found:
            line = msgspec.json.encode(row) + b"\n"
            if not counts:
                refuse_another(out, line)
            stream.write(line)
            counts["rows" if row["images"] else "text-only rows"] += 1
        if not counts:
            raise DataError(f"{directory}: no question to make a row of")
    left = len(items) - counts["rows"]
    told = {"file": str(out), "set": str(items.name), "layout": layout, **counts, "left out": left}
    if not put_json(json, json_.dumps(told, indent=1)):
        parts = ", ".join(f"{count} {noun(count, name)}" for name, count in counts.items())
        unseen = f"; {left} of {len(items)} questions left out" if left else ""
        say(f"{out}: {parts} for {layout}{unseen}")


def check(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Completions, a line of JSON each with completion and the columns of its row.",
        ),
    ],
    rows: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The rows, found by item_id, where the lines have no columns."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Every completion's rewards, facts and broken rules."),
    ] = None,
    every_line: Annotated[
        bool, typer.Option("--all", help="Say of every completion which rules it broke.")
    ] = False,
    json: Json = None,
) -> None:
    """Judge completions as a reward would, and say which rules they break.

    Example: handeye rewards check completions.jsonl
    """
    import json as json_

    import msgspec

    from handeye.atomic import check_places, write_output
    from handeye.printing import noun, one_line, say
    from handeye.rewards.checking import judged, line_of, summed, tables
    from handeye.rewards.scoring import Reward
    from handeye.scores.estimate import number
    from handeye.terminal.console import Console
    from handeye.terminal.options import json_file
    from handeye.terminal.tables import print_table

    check_places(out, json_file(json))
    reward = Reward()
    lines = judged(file, rows, reward)
    found = summed(lines, reward)
    if out is not None:
        told = (msgspec.json.encode(line_of(one, reward)) for one in lines)
        write_output(out, b"".join(one + b"\n" for one in told))
    if put_json(json, json_.dumps(msgspec.to_builtins(found), indent=1)):
        return
    if every_line:
        for one in lines:
            broken = ", ".join(one.verdict.broken) or "no rule broken"
            say(one_line(f"{one.where}: reward {reward.total(one.verdict):.2f}: {broken}"))
    say(
        f"{found.completions} {noun(found.completions, 'completions')} to {found.items} "
        f"{noun(found.items, 'questions')} about {found.scenes} {noun(found.scenes, 'scenes')}; "
        f"mean reward {found.reward:.3f}"
    )
    console = Console()
    for table in tables(found):
        print_table(console, table)
    say("; ".join(f"{count} {name}" for name, count in found.seen.items()))
    groups = found.groups
    if groups["n"]:
        still = groups["zero_variance"]
        together = groups["correlation"]
        say(
            f"{groups['n']} {noun(groups['n'], 'groups')}: the same for all in "
            f"{still['outcome'].text('line')} percent by R_O and "
            f"{still['perception'].text('line')} percent by R_P; their correlation within groups: "
            f"{'none: one never varies' if together is None else number(together, 'plain')}"
        )


def _written(given: dict[str, object]) -> None:
    if not given["text_only"]:
        say_next("rewards", "check", "COMPLETIONS", "--rows", given["out"])


app.command("rows", cls=Command)(framed(rows, _written))
app.command("check", cls=Command)(framed(check))
