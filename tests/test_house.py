"""The rules of the house: who may import whom, and that a suite is a folder like every other.

The rules are read off the source (``tests.support.house``); each is shown to fail on a small
package that breaks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.house import (
    PACKAGE,
    circles,
    graph,
    module_of,
    names_used,
    room_of,
    tree_of,
)

SUITES = ("rose", "visualact", "premise", "stress", "contexts")
# From the ground up; a room imports what stands on lower floors. ``suite`` is the contract: it
# imports nothing. ``suites`` is the register: what stands above it speaks to suites through it.
FLOORS = (
    (
        *("", "__init__", "errors", "atomic", "hashing", "reading", "printing", "progress"),
        *("arguments", "placed", "shown", "suite"),
    ),
    ("answer_kinds", "assets", "stats", "media"),
    ("sets",),
    ("run",),
    ("respondents", "scores"),
    ("rewards",),
    ("terminal", "pages"),
    ("training", "states"),
    SUITES,
    ("suites",),
    ("models", "report", "study"),
    ("cli", "_registry"),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# The suite's own package hands out ``compare`` and ``report`` of the frame, when asked.
UPWARD = {(f"handeye.{suite}", "handeye.report") for suite in SUITES}
ROOMS = {
    *("asking", "commands", "comparing", "diagnosis", "pages", "respondents", "scenes", "scoring"),
    "teaching",
}
# Files that may look for others by hand: the contract imports parts, two know their data by place.
SEEN = ("suite.py", "respondents/local/shipped.py", "visualact/scenes/solver/fitting.py")
OPTIONAL = {"diagnosis", "teaching"}
EXTRA_ROOMS = {
    "rose": {"human"},
    "premise": {"human", "judge"},
    "visualact": {"foreign", "judge"},
    "stress": {"foreign", "human"},
}


def upward(edges: Mapping[str, set[str]]) -> list[str]:
    """Imports of a room from a higher floor, or from another room of its own floor."""
    out = []
    for module, others in edges.items():
        for other in others:
            here, there = room_of(module), room_of(other)
            # The ground is one room; rooms of a floor above it are neighbours.
            neighbour = FLOOR[there] == FLOOR[here] > 0 and here != there
            if (FLOOR[there] > FLOOR[here] or neighbour) and (module, other) not in UPWARD:
                out.append(f"{module} -> {other}")
    return sorted(out)


def of_a_suite(edges: Mapping[str, set[str]]) -> list[str]:
    """Imports of a suite from outside it."""
    return sorted(
        f"{module} -> {other}"
        for module, others in edges.items()
        for other in others
        if room_of(other) in SUITES and room_of(module) not in (room_of(other), "suites")
    )


def suffix_families(package: Path) -> list[str]:
    """Files of one room of which one's name is another's with something behind it."""
    out = []
    for folder in {path.parent for path in package.rglob("*.py")}:
        stems = sorted(path.stem for path in folder.glob("*.py"))
        rooms = [path.name for path in folder.iterdir() if (path / "__init__.py").exists()]
        for stem in stems:
            out += [f"{folder / stem}: {b}" for b in stems if b.startswith(f"{stem}_")]
            out += [f"{folder / stem}: {b}" for b in rooms if b.startswith(f"{stem}_")]
    return sorted(out)


def named_suites(package: Path) -> list[str]:
    """Places where a room of the frame names a suite."""
    # As a word, and as a part of a name: ROSE_COLUMNS, is_rose_run, RoseLike, LikeRose.
    words = re.compile(
        r"(?<![A-Za-z])(?:rose|Rose)(?![a-z])|(?<![A-Z])ROSE(?![A-Z])|(?<=[a-z])Rose(?![a-z])"
        r"|(?i:visual_?act)"
    )
    out = []
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if inside.parts[0].removesuffix(".py") in (*SUITES, "suites", "assets", "data"):
            continue
        if words.search(str(inside)):
            out.append(f"{inside}: its name")
        if not path.is_file() or path.suffix == ".pyc":
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if words.search(line):
                out.append(f"{inside}:{number}: {line.strip()}")
    return out


def hidden_imports(package: Path) -> list[str]:
    """Ways to import or to read data that the other rules cannot see."""
    ways = re.compile(
        r"import_module\(|__import__|__file__|^\s*import handeye\s*$|files\(\s*[\"']handeye[\"']"
    )
    return [
        f"{path.relative_to(package)}:{number}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ways.search(line) and str(path.relative_to(package)) not in SEEN
    ]


def package_data(package: Path) -> list[str]:
    """Package data that is read from a room above, by a module's name in a string."""
    out = []
    asked = re.compile(
        r"(?:files|PackageLoader|open_text|open_binary|path)\(\s*\"(handeye[\w.]*)\""
    )
    for path in package.rglob("*.py"):
        here = room_of(module_of(path, package))
        for name in asked.findall(path.read_text("utf-8")):
            there = room_of(name)
            if here != there and FLOOR[there] >= FLOOR[here]:
                out.append(f"{path}: {name}")
    return out


# What reaches a terminal goes through these, which leave nothing in it to be obeyed.
DOORS = ("printing.py", "progress.py", "terminal/console.py")
_PAST_THE_DOOR = {
    *("print", "pprint", "typer.echo", "typer.secho", "click.echo", "click.secho"),
    *("sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"),
    *("rich.print", "rich.console", "rich.markup", "rich.text"),
    *("warnings.warn", "logging.getLogger", "logging.error", "logging.warning"),
}
# Asking whether there is a terminal prints nothing, nor does sending out what was said.
_ASKED = ("sys.stdout.isatty", "sys.stderr.isatty", "sys.stderr.flush")


def past_the_door(package: Path) -> list[str]:
    """Places that print, or get hold of what prints, elsewhere than at the door."""
    out = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name in DOORS:
            continue
        for line, used in names_used(tree_of(path)):
            if used not in _ASKED and any(
                used == one or used.startswith(f"{one}.") for one in _PAST_THE_DOOR
            ):
                out.append(f"{name}:{line}: {used}")
    return out


def test_every_room_stands_on_a_floor() -> None:
    assert {room_of(module) for module in graph()} <= set(FLOOR)


def test_nothing_is_imported_from_above() -> None:
    assert upward(graph()) == []


def test_there_are_no_circles() -> None:
    assert circles(graph()) == []


def test_only_the_register_imports_a_suite() -> None:
    assert of_a_suite(graph()) == []


def test_rooms_of_the_frame_name_no_suite() -> None:
    assert named_suites(PACKAGE) == []


def test_no_two_files_of_a_room_differ_by_a_suffix() -> None:
    assert suffix_families(PACKAGE) == []


def test_nothing_is_printed_past_the_door() -> None:
    assert past_the_door(PACKAGE) == []


def test_no_package_data_is_read_from_above() -> None:
    assert package_data(PACKAGE) == []


def test_nothing_is_imported_where_no_rule_looks() -> None:
    assert hidden_imports(PACKAGE) == []


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_has_the_same_rooms(suite: str) -> None:
    folder = PACKAGE / suite
    assert (folder / "suite.py").exists()
    rooms = {path.parent.name for path in folder.glob("*/*.py")}
    assert {path.parent.name for path in folder.glob("*/__init__.py")} == rooms
    assert ROOMS - OPTIONAL <= rooms <= ROOMS | EXTRA_ROOMS.get(suite, set())


def test_the_register_holds_every_suite() -> None:
    from handeye.suites import SUITES as REGISTER, all_suites

    assert tuple(REGISTER) == SUITES
    assert tuple(suite.name for suite in all_suites())[: len(SUITES)] == SUITES


BROKEN: dict[str, tuple[dict[str, str], Callable[[Path], list[object]]]] = {
    "a lazy import from above": (
        {"scores/table.py": "def f():\n    import handeye.cli.run\n", "cli/run.py": ""},
        lambda package: upward(graph(package)),
    ),
    "a module in a string": (
        {"run/lane.py": 'JOB = "handeye.rose.task:job"\n', "rose/task.py": "job = 1\n"},
        lambda package: upward(graph(package)),
    ),
    "a relative import from above": (
        {"scores/table.py": "def f():\n    from ..cli import run\n", "cli/run.py": ""},
        lambda package: upward(graph(package)),
    ),
    "an import where types are not checked": (
        {
            "run/a.py": "if TYPE_CHECKING:\n    x = 1\nelse:\n    import handeye.cli.run\n",
            "cli/run.py": "",
        },
        lambda package: upward(graph(package)),
    ),
    "an import unless types are checked": (
        {"run/a.py": "if not TYPE_CHECKING:\n    import handeye.cli.run\n", "cli/run.py": ""},
        lambda package: upward(graph(package)),
    ),
    "a neighbour": (
        {"study/a.py": "import handeye.report.b\n", "report/b.py": ""},
        lambda package: upward(graph(package)),
    ),
    "a module put together": (
        {"run/a.py": "import_module('handeye' + '.cli')\n"},
        hidden_imports,
    ),
    "a file by its place": ({"run/a.py": "Path(__file__).parent.parent\n"}, hidden_imports),
    "data of the whole package": ({"run/a.py": 'files("handeye") / "x"\n'}, hidden_imports),
    "a suite in a constant": ({"run/a.py": "ROSE_COLUMNS = 1\n"}, named_suites),
    "a suite in a class": ({"run/a.py": "class RoseLike: ...\n"}, named_suites),
    "a suite in a function": ({"run/a.py": "def is_rose_run(): ...\n"}, named_suites),
    "a suite in a file's name": ({"scores/rose.py": ""}, named_suites),
    "a suite in a picture": ({"pages/a.svg": "<title>ROSE</title>"}, named_suites),
    "one suite imports another": (
        {"rose/a.py": "from handeye.visualact import b\n", "visualact/b.py": ""},
        lambda package: upward(graph(package)),
    ),
    "the frame imports a suite": (
        {"report/write.py": "from handeye.rose.a import x\n", "rose/a.py": "x = 1\n"},
        lambda package: of_a_suite(graph(package)),
    ),
    "a circle through a function": (
        {
            "run/a.py": "import handeye.run.b\n",
            "run/b.py": "def f():\n    from handeye.run import a\n",
        },
        lambda package: circles(graph(package)),
    ),
    "a suite's name in a sentence": (
        {"scores/a.py": '"""Scores of ROSE."""\n'},
        named_suites,
    ),
    "a suite's name in a template": ({"pages/a.html.j2": "<h1>VisualActBench</h1>"}, named_suites),
    "a suffix family": ({"run/wire.py": "", "run/wire_child.py": ""}, suffix_families),
    "a bare print": ({"run/lane.py": "def f():\n    print(1)\n"}, past_the_door),
    "print handed on": ({"run/lane.py": "def f(say=print): ...\n"}, past_the_door),
    "typer's echo": ({"cli/run.py": "import typer as t\nt.echo('x')\n"}, past_the_door),
    "a stream of its own": ({"run/a.py": "import sys\nsys.stderr.write('x')\n"}, past_the_door),
    "a console of Rich": (
        {"cli/a.py": "def f():\n    from rich.console import Console as C\n    C().print()\n"},
        past_the_door,
    ),
    "a markup text": (
        {"cli/a.py": "from rich.text import Text\nText.from_markup('')\n"},
        past_the_door,
    ),
    "data of a room above": (
        {"pages/html.py": 'PackageLoader("handeye.report")\n', "report/a.py": ""},
        package_data,
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_each_rule_fails_where_it_is_broken(case: str, tmp_path: Path) -> None:
    files, rule = BROKEN[case]
    package = tmp_path / "handeye"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    (package / "__init__.py").touch()
    assert rule(package)


def test_imports_for_types_do_not_count(tmp_path: Path) -> None:
    package = tmp_path / "handeye"
    (package / "run").mkdir(parents=True)
    (package / "cli").mkdir()
    for folder in (package, package / "run", package / "cli"):
        (folder / "__init__.py").touch()
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import handeye.cli\n"
    (package / "run" / "a.py").write_text(text, encoding="utf-8")
    assert upward(graph(package)) == []
