"""From options to a set on disk: drawn worlds in turn, and what is to be done by written rules.

What of a picture matters comes round evenly (:mod:`handeye.contexts.scenes.rounds`), and every rule
takes each picture to different actions under different contexts. So whoever knows the picture
alone, or the context alone, is right by chance, which :mod:`handeye.contexts.scenes.balance` counts
before a set is finished.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from handeye import __version__, assets
from handeye.atomic import replacing, write_all, write_bytes, write_text
from handeye.contexts.authored import Head, written
from handeye.contexts.items import JSONL
from handeye.contexts.scenes.balance import problems
from handeye.contexts.scenes.desk import TOOLS
from handeye.contexts.scenes.drawing import png
from handeye.contexts.scenes.worlds import WHOLE, WORLDS, made
from handeye.errors import LARGEST_SEED, OptionError, within
from handeye.printing import is_one_line, noun
from handeye.sets.blocks import MOST, Progress, make_set
from handeye.sets.folder import RECORD, set_record

GENERATOR = 2
"""Raised when the same options come to give other pixels or rows."""
BLOCK = 4
TOOLS_FILE = "tools.json"
_CREDITED = ("roboto", "fluent-emoji")
_COUNTED = 10 * WHOLE
"""Scenes at most whose balance is counted at once."""


class Options(NamedTuple):
    """What a set is made from."""

    seed: int
    scenes: int
    split: str

    def record(self) -> dict[str, Any]:
        """As it stands in generation.json."""
        return self._asdict()


def generate(
    out: str | Path,
    *,
    seed: int,
    scenes: int = 72,
    split: str = "test",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a set of scenes in ``out``; the same arguments give the same set.

    Args:
        out: folder of the set; empty or new, or begun earlier with the same arguments.
        seed: 0..2^63-1.
        scenes: number of pictures, each asked what is to be seen and what is to be done. The three
            worlds take turns; each is balanced over every 24 scenes.
        split: name of the split, part of what everything is drawn from.
        workers: processes (default: as many as it is worth); has no influence on the result.
        progress: called with (scenes done, scenes in all).

    Returns:
        The folder.

    Raises:
        OptionError: an argument is not allowed, or ``out`` holds something else.
    """
    out = Path(out)
    options = plan_set(seed, scenes, split)
    return make_set(
        out,
        set_record("contexts", GENERATOR, libraries(), options.record()),
        range(options.scenes),
        partial(_make_scene, out, options),
        partial(_join, out, options),
        block=BLOCK,
        workers=workers,
        progress=progress,
    )


def plan_set(seed: int, scenes: int, split: str) -> Options:
    """Check the options of a set.

    Raises:
        OptionError: a value that is not allowed.
    """
    within("seed", seed, 0, LARGEST_SEED)
    within("scenes", scenes, 1, MOST)
    if not is_one_line(split) or split == "all":
        raise OptionError(f"split is {split!r}; give a name on one line other than all")
    return Options(seed, scenes, split)


def libraries() -> dict[str, str]:
    """Versions of what draws."""
    from importlib.metadata import version

    return {"resvg-py": version("resvg-py")}


def _make_scene(out: Path, options: Options, number: int) -> Iterator[bytes]:
    """Write the picture of a scene, and give its row."""
    one = made(options.seed, options.split, number)
    picture, data = f"pictures/{one.name}.png", png(one.drawn.svg)
    write_all({out / picture: data})
    scene = one.scene(picture, options.split, hashlib.sha256(data).hexdigest())
    yield msgspec.json.encode(written(scene))


def _join(out: Path, options: Options, lines: Iterator[bytes]) -> list[Path]:
    """Write the rows in the order of the plan, what belongs to them, and the card."""
    file, tools = out / JSONL, out / TOOLS_FILE
    write_bytes(tools, msgspec.json.format(msgspec.json.encode(TOOLS), indent=2) + b"\n")
    head = Head(version=1, tools=TOOLS_FILE)
    with replacing(file) as stream:
        stream.write(msgspec.json.encode(written(head)) + b"\n")
        for line in lines:
            stream.write(line + b"\n")
    hold_balanced(file, options)
    write_text(out / "README.md", _card(options))
    return [file, tools]


def hold_balanced(file: Path, options: Options) -> None:
    """See that nobody who knows one half is right more often than by chance.

    Counted over the whole rounds of a set, at most :data:`_COUNTED` scenes at once; less than a
    round is not balanced, and nothing is counted.

    Raises:
        AssertionError: somebody is: the generator is at fault.
    """
    from handeye.contexts.loader import items_of, read_file

    read = read_file(file)
    for start in range(0, options.scenes // WHOLE * WHOLE, _COUNTED):
        end = min(start + _COUNTED, options.scenes // WHOLE * WHOLE)
        items = [
            item
            for scene, _ in read.scenes[start:end]
            for item in items_of(scene, read.head, True, read.tools)
        ]
        if found := list(problems(items)):
            raise AssertionError(f"{file}: not balanced: {found}")


def _card(options: Options) -> str:
    whole, rest = divmod(options.scenes, WHOLE)
    balance = f"Each world is balanced over every {WHOLE} scenes"
    if rest:
        balance += f"; the last {rest} of these {options.scenes} are less than that"
    worlds = ", ".join(world.title for world in WORLDS)
    return f"""# Contexts: one picture, several contexts, to each its own action

{options.scenes} {noun(options.scenes, "scenes")} ({worlds}):
one picture each, what is to be seen in it, and what is to be done under each of several contexts.
The right action follows from the picture and the context by rules that stand in the system message.
{balance}: over them nobody who knows only
the picture, or only the context, is right more often than by chance (counted when the set was made:
{whole} {noun(whole, "times")} {WHOLE} scenes). Made by handeye {__version__} with seed
{options.seed}; the same command gives the same pixels and rows.

- `{JSONL}`: a line with what holds for all, then one scene a line.
- `{TOOLS_FILE}`: the tools that are offered where calls are asked for.
- `pictures/`: PNG.
- `{RECORD}`: options, seed, versions and hashes.

## Use

    handeye run contexts --model MODEL --data THIS_FOLDER
    handeye contexts verify THIS_FOLDER

## Credits

{assets.attribution(_CREDITED)}"""
