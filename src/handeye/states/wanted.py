"""What is captured of every question: layers, sites, and what they need. No torch here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from handeye.errors import OptionError, allowed

if TYPE_CHECKING:
    from handeye.run.questions import Opening, Question

LAST, MEDIA, GRID, SPAN, ANSWER = "last", "media", "grid", "span:", "answer:"
# States beside the own ones, by the names that ``--beside`` gives them.
UNSEEN, UNASKED = ("without media", "blank media"), "no question"


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
        forced: the given answer by item, for sites ``answer:K``: behind its first K tokens.
        ends: by item; where it is told, ``answer:K`` is behind the tokens within the first
            ``ends[K]`` characters of the given answer.
    """

    layers: str = "all"
    sites: tuple[str, ...] = (LAST, MEDIA)
    dtype: str = "float16"
    answers: bool = False
    spans: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    forced: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, Sequence[int]] = field(default_factory=dict)

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


def words_alone(question: Question) -> Question:
    """A question without its pictures and sounds: what its words alone tell is a control."""

    def write() -> Opening:
        found = question.write()
        messages = []
        for message in found.messages:
            parts = message.content
            if not isinstance(parts, str):
                parts = [one for one in parts if one.type not in ("image", "audio", "video")]
            messages.append(message.model_copy(update={"content": parts}))
        return replace(found, messages=messages)

    return replace(question, media=(), write=write)


TARGETS = "targets"
"""Stands for all sites that targets may be read at."""


def asked_by(targets: Iterable[Any], sites: Sequence[str]) -> dict[str, Any]:
    """What targets say of sites: fields of :class:`Wanted`.

    Args:
        targets: rows with ``item_id``, ``sites``, ``spans``, ``answer`` and ``ends``.
        sites: as they are asked for; :data:`TARGETS` among them stands for those of the targets.

    Raises:
        OptionError: a site ``span:NAME`` that no target has.
    """
    named: dict[str, None] = {}
    spans: dict[str, dict[str, str]] = {}
    forced: dict[str, str] = {}
    ends: dict[str, Sequence[int]] = {}
    for one in targets:
        named.update(dict.fromkeys(one.sites))
        spans.setdefault(one.item_id, {}).update(one.spans)
        if one.ends:
            forced[one.item_id], ends[one.item_id] = one.answer, one.ends
    chosen = dict.fromkeys(site for site in sites if site != TARGETS)
    chosen |= named if TARGETS in sites else {}
    texts = sorted({name for by_name in spans.values() for name in by_name})
    for site in chosen:
        if site.startswith(SPAN) and site.removeprefix(SPAN) not in texts:
            raise OptionError(
                f"no item of this set has a piece of text {site.removeprefix(SPAN)!r}; there are: "
                f"{', '.join(texts) or 'none'}"
            )
    return {"sites": tuple(chosen), "spans": spans, "forced": forced, "ends": ends}


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
