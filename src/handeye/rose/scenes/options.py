"""What a set is made from: the part of its record (``generation.json``) that is ROSE's own."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from handeye.errors import OptionError, refuse_twice, within
from handeye.reading import read_bytes
from handeye.rose.scenes.sources.base import Band
from handeye.rose.v01 import SOURCE_NAMES, STATISTICS
from handeye.sets.blocks import MOST

FORMATS = ("images", "parquet")
GRID_SIDES = (2, 30)
"""Fewest and most rows, and columns, that can be asked for."""


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Everything that decides the bytes of a set.

    ``scenes`` and ``dev`` are scene counts by source name. ``similarity`` limits the pairs,
    ``grid`` the rows and the columns.
    ``fonts``, ``emoji``, ``sprites`` point to the user's own art. ``official`` names metadata
    files whose scenes are drawn again instead of sampled.
    """

    seed: int
    scenes: Mapping[str, int]
    dev: Mapping[str, int]
    like: str | None = None
    similarity: tuple[float, float] | None = None
    grid: tuple[int, int] | None = None
    format: str = "images"
    fonts: tuple[str, ...] = ()
    emoji: Mapping[str, str] | None = None
    sprites: str | None = None
    official: tuple[str, ...] = ()
    keep_prompts: bool = False

    @property
    def band(self) -> Band | None:
        """The similarity limits as a band."""
        return Band(*self.similarity) if self.similarity else None

    def record(self) -> dict[str, Any]:
        """JSON form; files are told by their names and the hash of their content."""
        out = asdict(self)
        # A face of a collection reads FILE.ttc#2.
        fonts = [font.rpartition("#")[0] or font for font in self.fonts]
        paths = [*fonts, *(self.emoji or {}).values(), *self.official]
        if self.sprites:
            paths.append(self.sprites)
        out["content_sha256"] = {Path(p).name: _content_hash(Path(p)) for p in paths}
        # Names only: where the user's files lie is nobody's business and must not matter.
        out["fonts"] = [Path(p).name for p in self.fonts]
        out["official"] = [Path(p).name for p in self.official]
        out["emoji"] = {name: Path(p).name for name, p in (self.emoji or {}).items()}
        out["sprites"] = Path(self.sprites).name if self.sprites else None
        return json.loads(json.dumps(out))  # type: ignore[no-any-return]


def plan_set(
    seed: int,
    *,
    scenes: int | None = None,
    like: str | None = None,
    sources: str | Sequence[str] | None = None,
    similarity: str | tuple[float, float] | None = None,
    grid: str | tuple[int, int] | None = None,
    format: str = "images",
    fonts: Sequence[str | Path] = (),
    emoji: Mapping[str, str | Path] | None = None,
    sprites: str | Path | None = None,
) -> SetOptions:
    """Check what a user asked for and fix the counts.

    With ``like="v0.1"`` every source gets the official number of scenes and dev share; otherwise
    ``scenes`` (default 100) are divided evenly over the sources, the first ones taking the rest,
    all in the test split.

    Raises:
        OptionError: naming the option, what is allowed and what came.
    """
    names = _source_names(sources)
    if not 0 <= seed < 2**63:
        raise OptionError(f"seed must lie in 0..2^63-1, got {seed}")
    if like not in (None, "v0.1"):
        raise OptionError(f"like must be v0.1 (the only published version), got {like!r}")
    if format not in FORMATS:
        raise OptionError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    if like is not None:
        if scenes is not None:
            raise OptionError("give either like=v0.1, which fixes the number of scenes, or scenes")
        if grid is not None:
            raise OptionError("give either like=v0.1, which fixes the sizes of grids, or grid")
        counts = {name: STATISTICS[name].scenes for name in names}
        dev = {name: STATISTICS[name].dev_scenes for name in names}
    else:
        total = within("scenes", 100 if scenes is None else scenes, 1, MOST)
        share, rest = divmod(total, len(names))
        counts = {name: share + (i < rest) for i, name in enumerate(names)}
        dev = dict.fromkeys(names, 0)
    return SetOptions(
        seed=seed,
        scenes={name: n for name, n in counts.items() if n},
        dev=dev,
        like=like,
        similarity=_band(similarity),
        grid=_sides(grid),
        format=format,
        fonts=tuple(str(path) for path in fonts),
        emoji={name: str(path) for name, path in emoji.items()} if emoji else None,
        sprites=str(sprites) if sprites else None,
    )


def _source_names(sources: str | Sequence[str] | None) -> list[str]:
    if sources is None:
        return list(SOURCE_NAMES)
    asked = sources.split(",") if isinstance(sources, str) else list(sources)
    asked = [name.strip() for name in asked if name.strip()]
    refuse_twice("sources", asked)
    unknown = [name for name in asked if name not in SOURCE_NAMES]
    if unknown or not asked:
        raise OptionError(
            f"sources must be taken from {', '.join(SOURCE_NAMES)}; got {', '.join(unknown) or '-'}"
        )
    return [name for name in SOURCE_NAMES if name in asked]


def _band(similarity: str | tuple[float, float] | None) -> tuple[float, float] | None:
    if similarity is None:
        return None
    try:
        low, high = (
            (float(part) for part in similarity.split(":"))
            if isinstance(similarity, str)
            else similarity
        )
    except ValueError:
        raise OptionError(
            f"similarity must read LOW:HIGH, for example 0.7:0.9; got {similarity!r}"
        ) from None
    if not 0 <= low <= high <= 1:
        raise OptionError(f"similarity must satisfy 0 <= LOW <= HIGH <= 1; got {low}:{high}")
    return low, high


def _sides(grid: str | tuple[int, int] | None) -> tuple[int, int] | None:
    if grid is None:
        return None
    try:
        low, high = (int(part) for part in (grid.split(":") if isinstance(grid, str) else grid))
    except ValueError:
        raise OptionError(f"grid must read LOW:HIGH, for example 3:8; got {grid!r}") from None
    if not GRID_SIDES[0] <= low <= high <= GRID_SIDES[1]:
        raise OptionError(
            f"grid must satisfy {GRID_SIDES[0]} <= LOW <= HIGH <= {GRID_SIDES[1]}; got {low}:{high}"
        )
    return low, high


def _content_hash(path: Path) -> str:
    """SHA-256 over a file, or over names and content of a folder's files."""
    digest = hashlib.sha256()
    if not path.exists():
        raise OptionError(f"{path}: no such file or folder")
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(os.fsencode(file.name) + b"\0" + read_bytes(file))
    return digest.hexdigest()


def libraries() -> dict[str, str]:
    """Versions of the libraries that turn art into pixels."""
    from importlib.metadata import version

    from PIL import features

    return {
        "pillow": version("pillow"),
        "freetype": str(features.version("freetype2")),
        "resvg-py": version("resvg-py"),
    }
