"""What a person sees while a run goes on: done, rate, states, tokens, spend, time left.

Counts answers as the journal announces them, from any thread, and shows them on stderr: a bar on a
terminal (:mod:`handeye.progress`), a plain line every ten seconds elsewhere. Knows nothing of the
engine.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from handeye.printing import teller
from handeye.progress import Moment, bar, clock_text, moves, pace
from handeye.run.answers import ANSWER_STATES, Answer, Usage
from handeye.run.prices import Price

# Rate and time left are taken over this many seconds, long enough for slow reasoning models.
_WINDOW = 60.0
_PLAIN_EVERY = 10.0


class Tally:
    """Counts of a run; thread-safe, no output.

    Args:
        total: items of the run.
        price: of tokens.
        clock: seconds.
        again: how often each request under way was sent again.
        retries: how often one may be.
    """

    def __init__(
        self,
        total: int,
        price: Price | None,
        clock: Callable[[], float],
        again: Mapping[Any, int] | None = None,
        retries: int = 0,
    ) -> None:
        self.total = total
        self._again = {} if again is None else again
        self._retries = retries
        self.done = 0
        self.kept = 0
        self.states: Counter[str] = Counter()
        self.usage = Usage()
        self._price = price
        self._clock = clock
        self._start = clock()
        # When, and whether it was an answer.
        self._arrivals: deque[tuple[float, bool]] = deque()
        self._ended: float | None = None
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
            now = self._clock()
            self._arrivals.append((now, answer.state != "error"))
            if self.whole:
                self._ended = now

    @property
    def whole(self) -> bool:
        """Whether everything is answered."""
        return self.done >= self.total

    def _now(self) -> float:
        """The time, which stands still once everything is answered."""
        return self._clock() if self._ended is None else self._ended

    def _count(self, answer: Answer) -> None:
        self.done += 1
        self.states[answer.state] += 1
        self.usage += answer.usage

    @property
    def spend(self) -> float | None:
        """Dollars so far, over all runs into this folder; None without a price."""
        return None if self._price is None else self._price.cost(self.usage)

    def rate(self) -> float:
        """Items per second over the last minute; 0 where nothing but failures came back."""
        with self._guard:
            now = self._now()
            while self._arrivals and now - self._arrivals[0][0] > _WINDOW:
                self._arrivals.popleft()
            span = min(now - self._start, _WINDOW)
            answers = any(answered for _, answered in self._arrivals)
            return len(self._arrivals) / span if span > 0 and answers else 0.0

    def seconds_left(self) -> float | None:
        """Time left at the present rate; None while there is none."""
        rate = self.rate()
        return (self.total - self.done) / rate if rate > 0 else None

    def moment(self) -> Moment:
        """What a bar shows: rate, errors, time left and spend before the rest."""
        at = Moment(self.done, self.total)
        rate, *left = pace(at, self.rate(), self._now() - self._start)
        facts = [rate, self._errors(), *self._trying(), *left]
        if self.spend is not None:
            facts.append(f"${self.spend:.2f}")
        rest = [s for s in ANSWER_STATES if s not in ("answered", "error") and self.states[s]]
        facts += [f"{self.states[state]} {state}" for state in rest]
        if self.kept:
            facts.append(f"{self.kept} from before")
        facts.append(self._tokens())
        return at._replace(facts=tuple(facts))

    def _errors(self) -> str:
        errors = self.states["error"]
        return f"{errors} error{'' if errors == 1 else 's'}"

    def _trying(self) -> list[str]:
        """How often the one under way was sent again that was so most often."""
        tries = list(self._again.values())
        if not tries:
            return []
        of = f"{min(max(tries), self._retries)} of {self._retries}"
        return [f"trying again, {of}" if len(tries) == 1 else f"trying {len(tries)} again, {of}"]

    def _tokens(self) -> str:
        return f"{_short(self.usage.input)} in, {_short(self.usage.output)} out"

    def line(self) -> str:
        """Everything in one line."""
        share = 100 * self.done // self.total if self.total else 100
        parts = [f"{self.done} of {self.total}", f"{share}%", f"{self.rate():.1f}/s"]
        if self.kept:
            parts[0] += f" ({self.kept} from before)"
        parts += [self._errors(), *self._trying()]
        unusual = [s for s in ANSWER_STATES if s not in ("answered", "error") and self.states[s]]
        parts += [f"{self.states[state]} {state}" for state in unusual]
        parts.append(self._tokens())
        if self.spend is not None:
            parts.append(f"${self.spend:.2f}")
        left = self.seconds_left()
        if self.whole:
            parts.append(f"in {clock_text(self._now() - self._start)}")
        elif left is not None:
            parts.append(f"{clock_text(left)} left")
        return " | ".join(parts)


def _short(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}"
    return str(count)


class Progress:
    """Shows a :class:`Tally` on stderr from a thread of its own while a ``with`` block runs.

    It ends before the block does, once everything is answered.

    Args:
        tally: what to show.
        shown: False shows nothing.
        tick: called every ten seconds beside the display (the lane syncs its journal).
        then: what goes on when everything is answered, said then.
    """

    def __init__(
        self, tally: Tally, *, shown: bool, tick: Callable[[], None], then: str = ""
    ) -> None:
        self._tally = tally
        self._then = then
        self._open = True
        self._guard = threading.Lock()
        self._shown = shown
        # The engine takes the stream from whoever prints to a terminal while it is at work.
        self._tell = teller()
        self._live = shown and moves()
        self._tick = tick
        self._bar = ExitStack()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="handeye-progress", daemon=True)

    def __enter__(self) -> Progress:
        if self._live:
            self._bar.enter_context(bar("answers", self._tally.moment))
        self._thread.start()
        if self._tally.whole:
            self._end()
        return self

    def add(self, answer: Answer) -> None:
        """Count an answer that arrived now."""
        self._tally.add(answer)
        if self._tally.whole:
            self._end()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self._end()

    def _end(self) -> None:
        with self._guard:
            ended, self._open = not self._open, False
        if ended:
            return
        self._bar.close()
        self._print()
        if self._shown and self._then and self._tally.whole:
            self._tell(self._then)

    def _loop(self) -> None:
        while not self._stop.wait(_PLAIN_EVERY):
            if self._open:
                self._print()
            self._tick()

    def _print(self) -> None:
        if self._shown and not self._live:
            self._tell(self._tally.line())
