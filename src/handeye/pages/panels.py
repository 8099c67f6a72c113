"""Small charts under their names, and groups of them: what the templates lay out."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from handeye.scores.tables import Table


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart under its name, with lines of figures under it."""

    title: str
    chart: Markup
    style: int | None = None
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A group of panels: a bridge, a chain, a factor. ``more`` is folded away."""

    key: str
    title: str
    meaning: str
    panels: tuple[Panel, ...]
    more: tuple[Panel, ...] = ()
    table: Table | None = None
    terms: tuple[tuple[str, str], ...] = ()
