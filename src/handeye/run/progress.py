"""What a person sees while a run goes on: done, rate, states, tokens, spend, time left.

Counts answers as the journal announces them, from any thread, and shows them on stderr: a bar on a
terminal (:mod:`handeye.progress`), a plain line every ten seconds elsewhere. Knows nothing of the
engine.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from handeye.printing import tell
from handeye.progress import Moment, bar, clock_text, moves, pace
from handeye.run.answers import ANSWER_STATES, Answer, Usage
from handeye.run.prices import Price

# Rate and time left are taken over this many seconds, long enough for slow reasoning models.
_WINDOW = 60.0
_PLAIN_EVERY = 10.0


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

    def moment(self) -> Moment:
        """What a bar shows: rate, errors, time left and spend before the rest."""
        at = Moment(self.done, self.total)
        rate, *left = pace(at, self.rate(), self._clock() - self._start)
        errors = self.states["error"]
        facts = [rate, f"{errors} error{'' if errors == 1 else 's'}", *left]
        if self.spend is not None:
            facts.append(f"${self.spend:.2f}")
        rest = [s for s in ANSWER_STATES if s not in ("answered", "error") and self.states[s]]
        facts += [f"{self.states[state]} {state}" for state in rest]
        if self.kept:
            facts.append(f"{self.kept} from before")
        facts.append(self._tokens())
        return at._replace(facts=tuple(facts))

    def _tokens(self) -> str:
        return f"{_short(self.usage.input)} in, {_short(self.usage.output)} out"

    def line(self) -> str:
        """Everything in one line."""
        parts = [f"{self.done} of {self.total}", f"{self.rate():.1f}/s"]
        if self.kept:
            parts[0] += f" ({self.kept} from before)"
        unusual = [s for s in ANSWER_STATES if s != "answered" and self.states[s]]
        parts += [f"{self.states[state]} {state}" for state in unusual]
        parts.append(self._tokens())
        if self.spend is not None:
            parts.append(f"${self.spend:.2f}")
        left = self.seconds_left()
        if left is not None and self.done < self.total:
            parts.append(f"{clock_text(left)} left")
        return " | ".join(parts)


def _short(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}"
    return str(count)


class Progress:
    """Shows a :class:`Tally` on stderr from a thread of its own while a ``with`` block runs.

    Args:
        tally: what to show.
        shown: False shows nothing.
        tick: called every ten seconds beside the display (the lane syncs its journal).
    """

    def __init__(self, tally: Tally, *, shown: bool, tick: Callable[[], None]) -> None:
        self._tally = tally
        self._shown = shown
        self._live = shown and moves()
        self._tick = tick
        self._bar = ExitStack()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="handeye-progress", daemon=True)

    def __enter__(self) -> Progress:
        if self._live:
            self._bar.enter_context(bar("answers", self._tally.moment))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._bar.close()
        self._thread.join(5)
        self._print()

    def _loop(self) -> None:
        while not self._stop.wait(_PLAIN_EVERY):
            self._print()
            self._tick()

    def _print(self) -> None:
        if self._shown and not self._live:
            tell(self._tally.line())
