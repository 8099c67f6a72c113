"""How far long work is, on stderr: a moving bar on a terminal, a line now and then elsewhere.

Also what is said where Ctrl-C stops it. The one place for both. Bars of works inside each other
share one display; whatever else is printed meanwhile stands above them. The cursor is left alone,
so that a process may end at any moment.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from handeye.printing import one_line, tell

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

T = TypeVar("T")
# Seconds between two plain lines, and between two looks at a bar.
_PLAIN_EVERY = 5.0
_EVERY = 0.2
# Columns of the bar itself: a narrow terminal loses facts, the last ones first, before it.
_LEAST_BAR, _MOST_BAR = 6, 40


# ---- Ctrl-C


class _Parting:
    """The line that is owed to whoever stops the work; it is said once, by whoever is first.

    Attributes:
        said: whether it was.
    """

    def __init__(self) -> None:
        self._owed: list[Callable[[], str]] = []
        self.said = False

    @contextmanager
    def owed(self, words: Callable[[], str]) -> Iterator[None]:
        """Say ``words()`` if Ctrl-C ends the block, in whatever way.

        Where something else ends it, the line stays owed: a broken library may be what is left of
        the Ctrl-C, and only the process knows (:mod:`handeye.cli.process`).
        """
        self._owed[:], self.said = [words], False
        try:
            yield
        except KeyboardInterrupt:
            if line := self.take():
                tell(line)
            raise
        self._owed.clear()

    def take(self) -> str:
        """The line, for the one who says it now; from any thread. Empty where none is owed."""
        try:
            words = self._owed.pop()
        except IndexError:
            return ""
        self.said = True
        return words()


parting = _Parting()


# ---- quiet

_hushed = False


@contextmanager
def hush(wanted: bool) -> Iterator[None]:
    """Show no progress and no hints while the block runs, where that is ``wanted``."""
    global _hushed
    before, _hushed = _hushed, wanted
    try:
        yield
    finally:
        _hushed = before


def hushed() -> bool:
    """Whether nothing but results and warnings is wanted."""
    return _hushed


# ---- bars


class Moment(NamedTuple):
    """Where work stands: ``done`` of ``total``, and what else is known, the weightiest first."""

    done: int
    total: int
    facts: tuple[str, ...] = ()


def moves() -> bool:
    """Whether stderr is a terminal on which a line can be written over."""
    dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    return sys.stderr is not None and sys.stderr.isatty() and not dumb


@contextmanager
def bar(what: str, look: Callable[[], Moment]) -> Iterator[None]:
    """Draw a bar while the block runs; its last state stays. Only where it :func:`moves`.

    Args:
        what: is counted: ``answers``; left out where there is no room.
        look: tells where the work stands; called a few times a second from another thread.
    """
    line = (one_line(what), look)
    _display.show(line)
    try:
        yield
    finally:
        _display.leave(line)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a callback ``(done, total)`` that shows progress while the block runs.

    Nothing is shown before it is called for the first time.
    """
    with ExitStack() as stack:
        start = spoke = time.monotonic()
        at: Moment | None = None

        def moment() -> Moment:
            assert at is not None
            rate = at.done / max(time.monotonic() - start, 1e-9)
            return at._replace(facts=pace(at, rate, time.monotonic() - start))

        def show(done: int, total: int) -> None:
            nonlocal at, spoke
            if _hushed:
                return
            new, at = at is None, Moment(done, total)
            if moves_here:
                if new:
                    stack.enter_context(bar(what, moment))
            elif done == total or time.monotonic() - spoke > _PLAIN_EVERY:
                spoke = time.monotonic()
                tell(f"{what}: {done} of {total}")

        moves_here = moves()
        yield show


def told(
    things: Sequence[T], progress: Callable[[int, int], None] | None, part: int = 1, parts: int = 1
) -> Iterator[T]:
    """Each thing; ``progress`` is told how many are done, and of how many, before the next.

    Args:
        things: to be gone through.
        progress: told nothing where it is None.
        part: of the work on each thing that is done here, from 1.
        parts: that the whole work has: the same things are gone through once for each.
    """
    before, count = (part - 1) * len(things), len(things)
    for number, one in enumerate(things, 1):
        yield one
        if progress is not None:
            progress((before + number) // parts, count)


def pace(at: Moment, rate: float, elapsed: float) -> tuple[str, ...]:
    """The facts of every bar: pieces a second, time left, at the end the time that it took."""
    facts = (f"{rate:.1f}/s",)
    if at.done >= at.total:
        return (*facts, f"in {clock_text(elapsed)}")
    return (*facts, f"{clock_text((at.total - at.done) / rate)} left") if rate > 0 else facts


def clock_text(seconds: float) -> str:
    """A time as ``0:12`` or ``1:02:30``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


_Line = tuple[str, Callable[[], Moment]]


class _Display:
    """The bars under way, below each other in one live display."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._end: Callable[[], None] = lambda: None
        self._console: Any = None

    def show(self, line: _Line) -> None:
        self._lines.append(line)
        if self._console is None:
            self._start()

    def leave(self, line: _Line) -> None:
        if self._lines == [line]:
            try:
                self._end()
            finally:
                self._lines, self._console = [], None
            return
        self._lines.remove(line)
        self._console.print(_drawn(line, self._console))

    def _start(self) -> None:
        from rich.console import Group
        from rich.live import Live

        console = self._console = _console()
        live = Live(
            console=console,
            get_renderable=lambda: Group(*(_drawn(one, console) for one in list(self._lines))),
            auto_refresh=False,
            # What goes to a file or a pipe meanwhile must not land on the terminal.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(_EVERY):
                with console:
                    live.refresh()

        def end() -> None:
            stop.set()
            with console:
                live.stop()

        self._end = end
        with console:
            live.start(refresh=True)
        threading.Thread(target=look, name="handeye-bar", daemon=True).start()


_display = _Display()


def _console() -> Console:
    from rich.console import Console

    class Steady(Console):
        """Leaves the cursor alone; one thread at a time from drawing to writing."""

        def __init__(self, **how: Any) -> None:
            self._alone = threading.RLock()
            super().__init__(**how)

        def __enter__(self) -> Steady:
            self._alone.acquire()
            super().__enter__()
            return self

        def __exit__(self, *what: Any) -> None:
            try:
                super().__exit__(*what)
            finally:
                self._alone.release()

        def show_cursor(self, show: bool = True) -> bool:
            # A process that is ended from outside could not bring it back.
            return False

    return Steady(stderr=True, markup=False, emoji=False, highlight=False)


def _drawn(line: _Line, console: Console) -> RenderableType:
    """One bar in one line, whatever the width."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    what, look = line
    at = look()
    share = 100 * at.done // at.total if at.total else 0
    # The last column stays free: some terminals begin a new line when it is written. So do four
    # more, for two "^C" of the terminal: a bar that they break in two would stand twice.
    room = console.width - 5
    head = f"{at.done:,}/{at.total:,} {share:3d}%"
    facts = list(at.facts)

    def left() -> int:
        words = len(", ".join(facts))
        return room - len(head) - 1 - (words + 1 if words else 0)

    if left() - len(what) - 1 >= _LEAST_BAR:
        head = f"{what} {head}"
    while facts and left() < _LEAST_BAR:
        facts.pop()
    grid = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(3):
        grid.add_column(no_wrap=True, overflow="crop")
    width = max(1, min(_MOST_BAR, left()))
    drawn = ProgressBar(total=max(at.total, 1), completed=at.done, width=width)
    grid.add_row(Text(head), drawn, Text(", ".join(facts)))
    return grid
