"""What the report of every suite does alike: runs, legends, panels, filters, title and writing.

A suite lays its own parts out and hands them over as a context; templates stand beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from markupsafe import Markup

from handeye.pages import html
from handeye.pages.pictures import Picture
from handeye.pages.selection import Option, options
from handeye.pages.signs import Sign, Vocabulary
from handeye.scores.estimate import integer
from handeye.scores.looks import Looks
from handeye.scores.run_folder import ScoredRun, same_set
from handeye.scores.tables import Table

Words = tuple[tuple[str, str], ...]
"""Names with their words: facts about a run, definitions, sections."""
_LONGEST_ANSWER = 4000
_NBSP = "\N{NO-BREAK SPACE}"


# ---- runs


@dataclass(frozen=True, slots=True)
class State:
    """How many items ended in a state (``missing``: asked for, no prediction at all)."""

    key: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRun:
    """One run on a page; suites add what they show of it.

    Attributes:
        label: its name, unique on the page.
        style: its colour and mark, by its place.
        facts: what was run, in words.
        states: how many items ended in which state, in the order of display.
        n: items with a prediction.
        expected: items asked for.
        counted: items that ``all`` figures are over and, where that is fewer, ``answered`` ones.
        tables: of the summary, by key.
        interval_words: how its intervals were made.
        unit: what items are called.
        usable: what an answer must be to be scored: ``usable``, ``readable``.
        remarks: what a reader must know of all its figures, in sentences.
        so_far: whether the run is not finished.
        looks: whether its answers depend on what was shown, and its chance row.
    """

    label: str
    style: int
    facts: Words
    states: tuple[State, ...]
    n: int
    expected: int
    counted: Mapping[str, int]
    tables: Mapping[str, Table]
    interval_words: str
    unit: str = "items"
    usable: str = "usable"
    so_far: bool = False
    remarks: tuple[str, ...] = ()
    looks: Looks | None = None

    @property
    def partial(self) -> str:
        """A sentence that says what a partial run lacks; empty for a whole run."""
        if self.so_far and self.n >= self.expected:
            return (
                f"all {self.n:,} {self.unit} are answered, but not scored yet as a whole; the same "
                "command scores the run."
            )
        if self.so_far:
            return (
                f"{self.n:,} of {self.expected:,} {self.unit} are answered so far; every figure is "
                f"over those {self.n:,} only, and will change."
            )
        if self.n >= self.expected:
            return ""
        return (
            f"{self.n:,} of {self.expected:,} {self.unit} have a prediction; every figure is over "
            f"those {self.n:,} only."
        )

    @property
    def partial_note(self) -> str:
        """What stands beside every figure of a partial run."""
        if self.so_far:
            return f"so far, {self.n:,} of {self.expected:,} answered"
        return f"partial run, n = {self.n:,}" if self.partial else ""

    @property
    def partial_words(self) -> str:
        """What a run is that lacks something, in two words; empty for a whole one."""
        return "so far" if self.so_far else "partial run" if self.partial else ""

    @property
    def unusable(self) -> str:
        """How many items have no usable answer, in words; empty where all have one."""
        found = [s for s in self.states if s.count and s.key not in ("answered", "missing")]
        if not found:
            return ""
        kinds = ", ".join(f"{state.count:,} {state.key}" for state in found)
        total = sum(state.count for state in found)
        share = f"{100 * total / max(self.n, 1):.1f}{_NBSP}%"
        verb = "has" if total == 1 else "have"
        of = f"{total:,} of {self.n:,} {self.unit} ({share})"
        return f"{of} {verb} no {self.usable} answer: {kinds}."

    @property
    def states_words(self) -> str:
        """States in one line, for readers that cannot see the bar."""
        return ", ".join(f"{state.count:,} {state.key}" for state in self.states)


def states_of(counts: Mapping[str, int], order: Sequence[str]) -> tuple[State, ...]:
    """Every state of ``order``, also those that did not occur, then unknown ones by name."""
    names = [*order, *sorted(set(counts) - set(order))]
    return tuple(State(name, counts.get(name, 0)) for name in names)


def fact_words(found: Iterable[tuple[str, object]]) -> Words:
    """Facts as words; absent ones are left out."""
    return tuple((name, _words(value)) for name, value in found if value not in (None, "", [], {}))


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items() if one is not None)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value))
    return integer(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def cost_words(info: Mapping[str, Any]) -> object:
    """What a run cost, as run.json has it."""
    cost = info.get("cost")
    return f"{cost:,.2f} USD" if isinstance(cost, int | float) else cost


def moment_words(info: Mapping[str, Any]) -> str:
    """When run.json was written."""
    words = str(info.get("created") or "").replace("T", " ")[:16]
    return f"{words} UTC" if words else ""


def set_name(run: ScoredRun, part: str = "") -> str:
    """What a run was scored against: a set has its folder's name, a file that is no part its own.

    Args:
        run: a run.
        part: how the names of a set's files begin; empty where every file is one of a set.
    """
    if named := run.info.get("set"):
        return str(named)
    paths = [Path(entry.path) for entry in run.data_entries()[:1]]
    return "".join(p.parent.name if p.name.startswith(part) else p.name for p in paths)


# ---- parts of a page


@dataclass(frozen=True, slots=True)
class Legend:
    """One entry of a legend."""

    label: str
    style: int = 0
    published: bool = False
    human: bool = False
    chance: bool = False


def legend(runs: Iterable[PageRun]) -> list[Legend]:
    """The runs of a page."""
    return [Legend(run.label, run.style) for run in runs]


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart under its name, with lines of figures under it."""

    title: str
    chart: Markup
    style: int | None = None
    lines: Words = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A group of panels: a bridge, a chain, a factor. ``more`` is folded away."""

    key: str
    title: str
    meaning: str
    panels: tuple[Panel, ...]
    more: tuple[Panel, ...] = ()
    table: Table | None = None
    terms: Words = ()


def wide_and_narrow(draw: Callable[[bool], Markup]) -> Markup:
    """A chart drawn for desks and for phones; ``draw`` is told whether it is the narrow one."""
    return draw(False) + draw(True)


# ---- gallery


class AnyCard(Protocol):
    """What the cards of every gallery have."""

    @property
    def run(self) -> int:
        """Place of its run on the page."""
        ...

    @property
    def reason(self) -> Sign:
        """Why it is shown."""
        ...

    @property
    def tags(self) -> tuple[Sign, ...]:
        """What else it shows."""
        ...


def gallery_context(
    cards: Sequence[AnyCard],
    pictures: Sequence[Picture],
    labels: Sequence[str],
    words: Vocabulary,
    *,
    lead: str,
    empty: str,
    **more: Any,
) -> dict[str, Any]:
    """The names that a gallery's template reads.

    Args:
        cards: as chosen.
        pictures: what they refer to.
        labels: of the runs of the page.
        words: what reasons and signs mean.
        lead: what stands above the cards.
        empty: what stands there where there are none.
        more: a suite's own names, such as further filters.
    """

    def named(keys: Iterable[str]) -> list[Option]:
        return options(Counter(keys), lambda key: words[key].label, words.order)

    return {
        "cards": cards,
        "pictures": pictures,
        "words": lead,
        "empty_words": empty,
        "runs": options(
            Counter(str(card.run) for card in cards),
            lambda value: labels[int(value)],
            [str(place) for place in range(len(labels))],
        ),
        "reasons": named(card.reason.key for card in cards),
        "tags": named(sign.key for card in cards for sign in (card.reason, *card.tags)),
        **more,
    }


def clipped(answer: str | None) -> str:
    """An answer, cut where a card would grow without end."""
    if answer is None or len(answer) <= _LONGEST_ANSWER:
        return answer or ""
    return f"{answer[:_LONGEST_ANSWER]}\n… and {len(answer) - _LONGEST_ANSWER:,} more characters"


# ---- the page


def page_title(names: Iterable[str], suite: str) -> str:
    """Up to three models by name, more as a number."""
    known = list(dict.fromkeys(names))
    if len(known) > 3:
        return f"{len(known)} models on {suite}"
    return f"{' and '.join(filter(None, [', '.join(known[:-1]), known[-1]]))} on {suite}"


def write_page(
    out: Path,
    package: str,
    context: Mapping[str, Any],
    *,
    sections: Words,
    optional: Mapping[str, object],
    data: Mapping[str, Any],
    runs: Sequence[ScoredRun] = (),
    sheets: Sequence[str] = (),
) -> Path:
    """Draw a report and write it in one step.

    Args:
        out: the HTML file.
        package: whose ``templates`` folder holds ``report.html.j2``.
        context: what that template reads; ``terms`` are words with their meaning, ``runs`` what
            the page shows of each run.
        sections: ids and titles of everything a page may hold.
        optional: sections that stand only where the value says so.
        data: the figures once more, for programs that read the page.
        runs: those of the page; it says where they are not over one set.
        sheets: style sheets of its own.

    Raises:
        OptionError: ``out`` cannot be written.
    """
    shown = [section for section in sections if optional.get(section[0], True)]
    labels = [str(run.label) for run in context["runs"]] if runs else ()
    made = {"notice": same_set(runs, labels), "sections": shown, "data": html.script_json(data)}
    whole = {"terms": (), **context, **made}
    return html.write(out, html.render(package, "report.html.j2", whole, sheets))
