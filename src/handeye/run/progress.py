"""What a person sees while a run goes on: done, rate, states, tokens, spend, time left.

Counts answers as the journal announces them, from any thread, and shows them on stderr: one live
line on a terminal, a plain line every ten seconds elsewhere. Knows nothing of the engine.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType

from handeye.printing import tell, tell_again
from handeye.run.answers import ANSWER_STATES, Answer, Usage
from handeye.run.prices import Price

# Rate and time left are taken over this many seconds, long enough for slow reasoning models.
_WINDOW = 60.0
_PLAIN_EVERY = 10.0
_LIVE_EVERY = 0.5


class Tally:
    """Counts of a run; thread-safe, no output."""

    def __init__(self, total: int, price: Price | None, clock: Callable[[], float]) -> None:
        self.total = total
        self.done = 0
        self.kept = 0
        self.states: Counter[str] = Counter()
        self.usage = Usage()
        self._price = price
        self._clock = clock
        self._start = clock()
        self._arrivals: deque[float] = deque()
        self._guard = threading.Lock()

    def keep(self, answer: Answer) -> None:
        """Count an answer of an earlier run; tokens and spend include it, the rate does not."""
        with self._guard:
            self.kept += 1
            self._count(answer)

    def add(self, answer: Answer) -> None:
        """Count an answer that arrived now."""
        with self._guard:
            self._count(answer)
            self._arrivals.append(self._clock())

    def _count(self, answer: Answer) -> None:
        self.done += 1
        self.states[answer.state] += 1
        self.usage += answer.usage

    @property
    def spend(self) -> float | None:
        """Dollars so far, over all runs into this folder; None without a price."""
        return None if self._price is None else self._price.cost(self.usage)

    def rate(self) -> float:
        """Answers per second over the last minute."""
        with self._guard:
            now = self._clock()
            while self._arrivals and now - self._arrivals[0] > _WINDOW:
                self._arrivals.popleft()
            span = min(now - self._start, _WINDOW)
            return len(self._arrivals) / span if span > 0 else 0.0

    def seconds_left(self) -> float | None:
        """Time left at the present rate; None while there is none."""
        rate = self.rate()
        return (self.total - self.done) / rate if rate > 0 else None

    def line(self) -> str:
        """Everything in one line."""
        parts = [f"{self.done} of {self.total}", f"{self.rate():.1f}/s"]
        if self.kept:
            parts[0] += f" ({self.kept} from before)"
        unusual = [s for s in ANSWER_STATES if s != "answered" and self.states[s]]
        parts += [f"{self.states[state]} {state}" for state in unusual]
        parts.append(f"{_short(self.usage.input)} in, {_short(self.usage.output)} out")
        if self.spend is not None:
            parts.append(f"${self.spend:.2f}")
        left = self.seconds_left()
        if left is not None and self.done < self.total:
            parts.append(f"{_clock_text(left)} left")
        return " | ".join(parts)


def _short(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}"
    return str(count)


def _clock_text(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Progress:
    """Shows a :class:`Tally` on stderr from a thread of its own while a ``with`` block runs.

    Args:
        tally: what to show.
        shown: False shows nothing.
        tick: called about every ten seconds beside the display (the lane syncs its journal).
    """

    def __init__(self, tally: Tally, *, shown: bool, tick: Callable[[], None]) -> None:
        self._tally = tally
        self._shown = shown
        self._live = shown and sys.stderr.isatty()
        self._tick = tick
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="handeye-progress", daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self._print(last=True)

    def _loop(self) -> None:
        spoke = ticked = time.monotonic()
        while not self._stop.wait(_LIVE_EVERY):
            now = time.monotonic()
            if self._live or now - spoke >= _PLAIN_EVERY:
                spoke = now
                self._print(last=False)
            if now - ticked >= _PLAIN_EVERY:
                ticked = now
                self._tick()

    def _print(self, *, last: bool) -> None:
        if not self._shown:
            return
        if self._live:
            tell_again(self._tally.line(), last=last)
        else:
            tell(self._tally.line())
