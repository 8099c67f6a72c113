"""A console on which nothing is markup and nothing is obeyed (:mod:`handeye.printing`).

Every table and every coloured line is drawn on it, so no caller has to think of whose text it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import console
from rich.segment import Segment
from rich.text import Text

from handeye.printing import fitting, plain


class Console(console.Console):
    """Draws Rich's tables; brackets, emoji names and escape sequences in texts are left as text."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **how: Any) -> Text:
        """A text as it stands, whatever the caller asks for."""
        how |= {"markup": False, "emoji": False, "highlight": False, "highlighter": None}
        return super().render_str(plain(text), **how)

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        """What is drawn, piece by piece, as this terminal can show it."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                text = fitting(plain(segment.text), self.encoding)
                yield Segment(text, segment.style) if text != segment.text else segment


def styled(*parts: tuple[str, str]) -> Text:
    """Texts one behind the other, each in a style of its own: ``("counting", "bold")``."""
    return Text.assemble(*((plain(text), style) for text, style in parts))
