"""Options that several commands have: one spelling, one help text and one meaning each.

An option's further long spellings are former ones: they are read, and shown nowhere
(:mod:`handeye.cli.grammar`).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from handeye.printing import say, say_json, tell
from handeye.progress import hushed

STDOUT = "-"
"""What stands for stdout where a file is asked for."""

# ---- completion


def one_of(
    names: Callable[[], Iterable[str]], *, several: bool = False
) -> Callable[[str], list[str]]:
    """Complete one of some names in a shell.

    Args:
        names: of all choices; called when a shell asks, so that they may cost an import.
        several: whether they are listed with commas; the last one is completed.
    """

    def complete(incomplete: str) -> list[str]:
        before, comma, start = incomplete.rpartition(",") if several else ("", "", incomplete)
        given = set(before.split(","))
        return [f"{before}{comma}{n}" for n in names() if n.startswith(start) and n not in given]

    return complete


def some_runs(incomplete: str) -> list[str]:
    """Complete a run folder; where there is none the shell offers its files."""
    return _folders(incomplete, ("run.json", "plan.json"))


def some_sets(incomplete: str) -> list[str]:
    """Complete the folder of a set; where there is none the shell offers its files."""
    return _folders(incomplete, ("generation.json",))


def _folders(incomplete: str, marks: tuple[str, ...]) -> list[str]:
    """Folders that hold one of the files ``marks``, beside what was typed or one level below."""

    def inside(place: str, start: str) -> Iterator[str]:
        with suppress(OSError):
            names = sorted(os.listdir(place or "."))  # noqa: PTH208  (what was typed stays as is)
            for name in names:
                if name.startswith(start) and (start or not name.startswith(".")):
                    yield os.path.join(place, name)  # noqa: PTH118

    found: list[str] = []
    for folder in inside(*os.path.split(incomplete)):
        places = (folder, *inside(folder, ""))
        found += [one for one in places if any((Path(one) / mark).is_file() for mark in marks)]
    return found


def _known_split(name: str | None) -> str | None:
    return None if name in ("", "all") else name


_SPLITS = one_of(lambda: ("test", "dev", "all"))

# ---- options

Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", help="No progress and no hint at the next step.")
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Processes (default: one per core where it pays); no influence on the result.",
    ),
]
Json: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="[FILE|-]",
        help="All figures as JSON, into a file; without one, or with -, on the screen and nothing "
        "else there.",
    ),
]
Seed: TypeAlias = Annotated[
    int, typer.Option(metavar="SEED", help="Of the resampling behind the intervals.")
]
Prices: TypeAlias = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="JSON of prices by model.")
]
Price: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--price",
        metavar="IN:OUT",
        help="Dollars per million tokens; IN:OUT:CACHED where cached ones cost less.",
    ),
]
Common: TypeAlias = Annotated[
    bool,
    typer.Option("--common/--no-common", help="Only what all the runs have."),
]
EveryLine: TypeAlias = Annotated[bool, typer.Option("--all", help="Print every line.")]
AnySplit: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only this split: test, dev, or all (default).",
        autocompletion=_SPLITS,
        callback=_known_split,
    ),
]
TestSplit: TypeAlias = Annotated[
    str,
    typer.Option(metavar="NAME", help="Only this split: test, dev, all.", autocompletion=_SPLITS),
]
ModelArg: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--model-arg",
        "-M",
        metavar="NAME=VALUE",
        help="Argument of the model's provider; several times for several.",
    ),
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="Address of the model's server (of OpenAI's kind or another).",
    ),
]
StripThoughts: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--strip-thoughts",
        help="Score answers without the thoughts and special tokens that stand in them.",
    ),
]
Letters: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--letters/--no-letters",
        help="Ask for the letters' log-probabilities (default: where the provider gives them).",
    ),
]
AllowMissing: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-missing/--no-allow-missing",
        help="Score what is there and mark the run as partial.",
    ),
]
Items: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Only those whose ids stand in this file, one a line."),
]
ResultOut: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="RUN", help="Folder of the result.")
]
AnySet: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="SET",
        help="Set folder, published file, or hf:OWNER/NAME.",
        autocompletion=some_sets,
    ),
]
NewSet: TypeAlias = Annotated[Path, typer.Argument(metavar="SET", help="Folder of the new set.")]
OldSet: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="SET", help="Folder of the set.", autocompletion=some_sets),
]
Runs: TypeAlias = Annotated[
    list[Path],
    typer.Argument(metavar="RUN...", help="One run folder or several.", autocompletion=some_runs),
]
OneRun: TypeAlias = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder.", autocompletion=some_runs)
]


def answers_file(name: str) -> Any:
    """The argument for what is scored; ``name``: of the field that says what an answer is to."""
    return typer.Argument(
        metavar="FILE|RUN",
        help=f"Answers, a line of JSON each with {name} and raw_text; an Inspect log (.eval); "
        "or a run folder (so far, if unfinished).",
        autocompletion=some_runs,
    )


# ---- what is done with them


def json_file(where: str | None) -> Path | None:
    """The file that ``--json`` names; None for stdout, and where it is not given."""
    return None if where in (None, STDOUT) else Path(str(where))


def put_json(where: str | None, text: str | bytes) -> bool:
    """Write figures where ``--json`` asked for them, in a file or on stdout.

    Returns:
        Whether they went to stdout, where nothing else may stand then.

    Raises:
        OptionError: the file is no earlier document of this kind; it is left alone.
    """
    from handeye.atomic import write_output

    if where is None:
        return False
    if where == STDOUT:
        say_json(text.decode() if isinstance(text, bytes) else text)
        return True
    write_output(Path(where), text if isinstance(text, bytes) else text.encode())
    say(f"written to {where}")
    return False


def say_next(*words: object, other: str = "") -> None:
    """Tell the command that comes next, ready to be typed; nothing where all is to be quiet.

    On stderr: stdout has what was found, whoever reads it.

    Args:
        words: of the command, behind ``handeye``.
        other: what else could be done.
    """
    if not hushed():
        tell(f"next: {shlex.join(['handeye', *map(str, words)])}")
        if other:
            tell(f"      {other}")
