"""What is captured of every question: layers, sites, and what they need. No torch here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from handeye.errors import OptionError, allowed

LAST, MEDIA, GRID, SPAN, ANSWER = "last", "media", "grid", "span:", "answer:"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is captured of every question.

    Attributes:
        layers: ``all``, ``second`` (embedding, every second block and the last, final), or names
            and numbers of blocks with commas between them: ``embedding,0,block.05,final``.
        sites: as :class:`handeye.states.store.States` has them.
        dtype: of the store.
        answers: whether the model also writes its own answer, greedily.
        spans: pieces of the prompt by item and name, for sites ``span:NAME``. The first place
            behind the media where one stands is taken, or the first at all.
        forced: the given answer by item, for sites ``answer:K``.
    """

    layers: str = "all"
    sites: tuple[str, ...] = (LAST, MEDIA)
    dtype: str = "float16"
    answers: bool = False
    spans: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    forced: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse sites that are none.

        Raises:
            OptionError: names the site and what there is.
        """
        if not self.sites:
            raise OptionError("no site is named; there are last, media, grid, span:NAME, answer:K")
        for site in self.sites:
            if not (site in (LAST, MEDIA, GRID) or re.fullmatch(r"span:.+|answer:\d+", site)):
                known = (LAST, MEDIA, GRID, "span:NAME", "answer:K")
                raise OptionError(f"no site is called {site!r}{allowed(site, known)}")
        if self.sites != tuple(dict.fromkeys(self.sites)):
            raise OptionError("a site is named twice")

    @property
    def places(self) -> tuple[int, ...]:
        """K of the sites ``answer:K``."""
        return tuple(int(one.removeprefix(ANSWER)) for one in self.sites if one.startswith(ANSWER))


def chosen_layers(wanted: str, blocks: int) -> tuple[str, ...]:
    """The layers that :attr:`Wanted.layers` means, of a model of so many blocks.

    Raises:
        OptionError: there is none of that name.
    """
    from handeye.respondents.local.taps import EMBEDDING, FINAL, layer_names

    names = layer_names(blocks)
    if wanted == "all":
        return names
    if wanted == "second":
        kept = {f"block.{number:02d}" for number in range(blocks - 1, -1, -2)}
        return tuple(name for name in names if name in {EMBEDDING, FINAL} | kept)
    found: set[str] = set()
    for one in filter(None, (part.strip() for part in wanted.split(","))):
        name = f"block.{int(one.removeprefix('block.')):02d}" if _numbered(one) else one
        if name not in names:
            raise OptionError(
                f"no layer {one!r}: the model has embedding, blocks 0 to {blocks - 1} and final"
            )
        found.add(name)
    if not found:
        raise OptionError("no layer is named; give all, second, or names such as embedding,0,final")
    return tuple(name for name in names if name in found)


def _numbered(name: str) -> bool:
    return bool(re.fullmatch(r"(block\.)?\d+", name))
