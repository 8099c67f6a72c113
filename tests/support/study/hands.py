"""People with eyes that never fail: they answer on the real page by mouse, finger or keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from handeye.rose.items import Item

if TYPE_CHECKING:
    from playwright.sync_api import Page

Cells = Sequence[tuple[int, int]]
# Where in a cell a click lands, as shares of it: the middle, and close to each corner.
SPOTS = ((0.5, 0.5), (0.06, 0.08), (0.93, 0.05), (0.07, 0.94), (0.95, 0.92))


def ready(page: Page, progress: str) -> None:
    """Wait until the item with this progress line can be answered."""
    page.wait_for_function(
        """progress => { const of = id => document.getElementById(id);
          return of('where').textContent === progress && !of('task').hidden
            && (of('pane').classList.contains('clickable') || !of('typed').disabled); }""",
        arg=progress,
    )


class Mouse:
    """Clicks with a mouse, types on the on-screen keypad."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._turn = 0

    def spot(self, item: Item, cell: tuple[int, int]) -> tuple[float, float]:
        """A point of the window inside the cell, another corner of it each time."""
        area = self.page.locator("#picture").bounding_box()
        assert area is not None
        across, down = SPOTS[self._turn % len(SPOTS)]
        self._turn += 1
        x = area["x"] + area["width"] * (cell[1] - 1 + across) / item.cols
        y = area["y"] + area["height"] * (cell[0] - 1 + down) / item.rows
        return x, y

    def mark(self, item: Item, cells: Cells) -> None:
        """Mark cells."""
        for cell in cells:
            self.page.mouse.click(*self.spot(item, cell))

    def number(self, value: int) -> None:
        """Enter a number."""
        for digit in str(value):
            self.page.click(f"#pad button[data-key='{digit}']")

    def done(self) -> None:
        """Send the answer."""
        self.page.click("#done")

    def nothing(self) -> None:
        """Say that there is nothing to click."""
        self.page.click("#nothing")

    def answer(self, item: Item, cells: Cells, number: int | None) -> None:
        """Give an answer of the item's form."""
        if item.task_mode != "COUNT" and not cells and number in (None, 0):
            self.nothing()
            return
        self.mark(item, cells)
        if number is not None:
            self.number(number)
        self.done()


class Finger(Mouse):
    """Taps."""

    def mark(self, item: Item, cells: Cells) -> None:
        """Tap cells."""
        for cell in cells:
            x, y = self.spot(item, cell)
            self.page.touchscreen.tap(x, y)

    def number(self, value: int) -> None:
        """Tap digits."""
        for digit in str(value):
            self.page.tap(f"#pad button[data-key='{digit}']")

    def done(self) -> None:
        """Tap the button."""
        self.page.tap("#done")

    def nothing(self) -> None:
        """Tap the other button."""
        self.page.tap("#nothing")


class Keyboard(Mouse):
    """Never touches the mouse."""

    def mark(self, item: Item, cells: Cells) -> None:
        """Walk the frame from cell to cell, beginning in the corner."""
        if not cells:
            return
        press = self.page.keyboard.press
        for _ in range(3):  # from wherever it is to the top left corner
            press("Home")
        for _ in range(item.rows):
            press("ArrowUp")
        row, col = 1, 1
        for step, cell in enumerate(cells):
            for _ in range(abs(cell[0] - row)):
                press("ArrowDown" if cell[0] > row else "ArrowUp")
            for _ in range(abs(cell[1] - col)):
                press("ArrowRight" if cell[1] > col else "ArrowLeft")
            press("Enter" if step % 2 else " ")
            row, col = cell

    def number(self, value: int) -> None:
        """Type, wherever the focus is."""
        self.page.keyboard.type(str(value))

    def done(self) -> None:
        """Send with Ctrl+Enter."""
        self.page.keyboard.press("Control+Enter")

    def nothing(self) -> None:
        """Tab to the button and press it."""
        for _ in range(12):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.id") == "nothing":
                break
        self.page.keyboard.press("Enter")
