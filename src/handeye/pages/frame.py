"""What the report of every suite does alike: runs, legends, panels, filters, title and writing.

A suite lays its own parts out and hands them over as a context; templates stand beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from markupsafe import Markup

from handeye.errors import HandeyeError
from handeye.pages import html
from handeye.pages.charts.charts import Gap, gaps
from handeye.pages.pictures import Picture
from handeye.pages.selection import Filter, Option, options
from handeye.pages.signs import PASSED, Sign, Vocabulary
from handeye.pages.sounds import Sound
from handeye.printing import noun
from handeye.respondents.conversation import Respondents, about
from handeye.scores.estimate import Estimate, integer
from handeye.scores.looks import Looks, sentences
from handeye.scores.run_folder import ScoredRun, same_number, same_set
from handeye.scores.tables import Column, Row, Table

Words = tuple[tuple[str, str], ...]
"""Names with their words: facts about a run, definitions, sections."""
ItemT = TypeVar("ItemT")
ItemsT = TypeVar("ItemsT", bound=Iterable[Any])
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


class Basis(Protocol):
    """What figures of a summary are over."""

    @property
    def n(self) -> int:
        """How many items."""
        ...


def counted_of(bases: Mapping[str, Basis]) -> dict[str, int]:
    """Items that figures are over; ``answered`` where these are neither all nor none."""
    counted = {name: basis.n for name, basis in bases.items()}
    if counted.get("answered") in (0, counted["all"]):
        counted.pop("answered", None)
    return counted


def first_remarks(
    looks: Looks | None, model: str | None, respondents: Respondents
) -> tuple[str, ...]:
    """What a reader must know first: whether the run looked, and what a respondent of ours is.

    Args:
        looks: of the run.
        model: whose answers they are.
        respondents: of the suite.
    """
    out = [f"{one[:1].upper()}{one[1:]}." for one in sentences(looks.groups if looks else {})]
    ours = about(model, respondents)
    return (*out, *([f"{model}: {ours}."] if ours else []))


def spoken(rate: Estimate) -> str:
    """``78.1 % (70.2 to 84.4)``, for a sentence that is quoted."""
    return f"{rate.percent}{_NBSP}% {rate.text('span')}".strip()


@dataclass(frozen=True, slots=True)
class Material(Generic[ItemT, ItemsT]):
    """The items a run was scored on by id, each with its set; empty where not at hand."""

    items: Mapping[str, ItemT] = field(default_factory=dict)
    sets: Mapping[str, ItemsT] = field(default_factory=dict)
    trouble: str = ""


def material_of(
    run: ScoredRun,
    known: dict[tuple[str, ...], Material[ItemT, ItemsT]],
    load: Callable[[Path], ItemsT],
) -> Material[ItemT, ItemsT]:
    """The set of a run, read once however many runs were scored against it.

    Args:
        run: a run.
        known: by files; what is read is put there.
        load: of the suite: all splits of a file, media not looked for.
    """
    try:
        files = run.data_files()
        key = tuple(str(file.resolve()) for file in files)
        if key not in known:
            sets = [load(file) for file in files]
            known[key] = Material(
                {item.item_id: item for one in sets for item in one},
                {item.item_id: one for one in sets for item in one},
            )
        return known[key]
    except HandeyeError as error:
        return Material(trouble=str(error))


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


# ---- the first screen


@dataclass(frozen=True, slots=True)
class Ground:
    """What a part of a verdict rests on, in words: label and figure pairs."""

    words: str
    why: str
    figures: Words
    spoken: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run in a sentence; empty where ``trouble`` says why there is none.

    ``quote`` is the headline as a sentence to copy, ``basis`` what all is about.
    """

    run: PageRun
    sentence: str
    trouble: str = ""
    grounds: tuple[Ground, ...] = ()
    basis: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a suite answers at first glance: two sides of each run, and what lies between them.

    Attributes:
        names: of the two sides and of the figure that joins them (``counting, action, gap``).
        meaning: what each is a share of, in sentences.
        rows: the runs, then the best constant answer and people.
        published: quoted models, the best first.
        source: where these are quoted from.
        signs: between the sides, and before what joins them.
        verdicts: one for each run.
        shown: place of the run whose failure is drawn.
        reason: key of what goes wrong there most often.
        telling: the order of cards of that reason, the one to draw first.
        why: that in words, and how often it does.
        left_out: published models beyond ``published``.
    """

    names: tuple[str, str, str]
    meaning: str
    rows: Sequence[Gap]
    published: Sequence[Gap]
    source: str
    verdicts: Sequence[Verdict]
    signs: tuple[str, str] = ("→", "=")
    shown: int = 0
    reason: str = ""
    telling: Callable[[Any], Any] = lambda card: 0
    why: tuple[str, str] = ("", "")
    left_out: int = 0

    @property
    def charts(self) -> Markup:
        """The runs with what stands beside them."""
        title = f"{self.names[0].capitalize()} and {self.names[1]} of the runs"
        return self._drawn("glance", self.rows, title)

    @property
    def published_charts(self) -> Markup:
        """The quoted models on the same scale."""
        title = f"{self.names[0].capitalize()} and {self.names[1]} of published models"
        return self._drawn("published", self.published, title)

    def _drawn(self, key: str, rows: Sequence[Gap], title: str) -> Markup:
        return wide_and_narrow(
            lambda narrow: gaps(f"{key}-{narrow:d}", rows, title, self.names, narrow=narrow)
        )

    @property
    def table(self) -> Table:
        """The figures of both charts."""
        columns = tuple(Column(name) for name in self.names)
        notes = {said.run.label: said.run.partial_note for said in self.verdicts}
        rows = tuple(
            Row(
                one.label,
                one.figures,
                None if one.chance or one.published or one.human else one.style,
                published=one.published,
                note=notes.get(one.label, "") if not one.published else "",
                human=one.human,
            )
            for one in (*self.rows, *self.published)
        )
        return Table(
            "t-glance",
            f"{', '.join(self.names)}: percent, with 95 % intervals where they are known.",
            columns,
            rows,
            published_head=f"Published, {self.source}",
            slim=True,
        )


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
    tables: tuple[Table, ...] = ()
    terms: Words = ()


def wide_and_narrow(draw: Callable[[bool], Markup]) -> Markup:
    """A chart drawn for desks and for phones; ``draw`` is told whether it is the narrow one."""
    return draw(False) + draw(True)


# ---- gallery


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a gallery.

    Attributes:
        key: its address on the page, unique: ``item-0-CHITEM_000009``.
        find: what a search looks in.
        values: what the filters look at, by name; ``tags`` are several, with blanks between.
        card: what the suite's template draws.
    """

    key: str
    find: str
    values: Mapping[str, str]
    card: Any


def entry_key(run: object, item_id: str) -> str:
    """The address of an item as answered by a run."""
    return f"item-{run}-{quote(item_id, safe='')}"


class AnyCard(Protocol):
    """What the cards of every report have."""

    @property
    def run(self) -> int:
        """Place of its run on the page."""
        ...

    @property
    def item_id(self) -> str:
        """Unique among the items of a run."""
        ...

    @property
    def scene_id(self) -> str:
        """What it is about."""
        ...

    @property
    def reason(self) -> Sign:
        """Why it is shown."""
        ...

    @property
    def tags(self) -> tuple[Sign, ...]:
        """What else it shows."""
        ...

    @property
    def values(self) -> Mapping[str, str]:
        """What a suite's own filters look at."""
        ...

    @property
    def drawn(self) -> bool:
        """Whether it has a picture."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """What the gallery of a page shows.

    Attributes:
        template: has the macros ``above(gallery)``, ``inside(card, several, key)`` (whether the
            page has several runs, and the address) and ``glimpse(card)`` for the first screen.
        entries: in the order of the page.
        pictures: what the cards refer to.
        words: what stands above the cards, or there where there are none.
        filters: over the entries.
        unit: what an entry is: ``item``, ``clip``.
        title: of the section.
        marks: legend of what is drawn over the pictures.
        style: class of the list.
        sounds: what the cards play.
    """

    template: str
    entries: Sequence[Entry]
    pictures: Sequence[Picture]
    words: str
    filters: Sequence[Filter]
    unit: str
    title: str = "Gallery"
    marks: Sequence[Mapping[str, Any]] = ()
    style: str = ""
    sounds: Sequence[Sound] = ()

    def first(self, glance: Glance) -> Entry | None:
        """The failure that explains most: of the run and reason named, drawn if any is."""
        own = [
            one
            for one in self.entries
            if one.values["run"] == str(glance.shown) and one.values["reason"] != PASSED.key
        ]
        return min(
            own,
            key=lambda one: (
                one.values["reason"] != glance.reason,
                not one.card.drawn,
                glance.telling(one.card),
            ),
            default=None,
        )


def report_gallery(
    cards: Sequence[AnyCard],
    labels: Sequence[str],
    vocabulary: Vocabulary,
    filters: Sequence[Filter],
    **more: Any,
) -> Gallery:
    """The gallery of a report.

    Args:
        cards: as chosen.
        labels: of the runs of the page.
        vocabulary: what reasons and signs mean.
        filters: the suite's own.
        more: further fields of the gallery.
    """

    def named(keys: Iterable[str]) -> list[Option]:
        return options(Counter(keys), lambda key: vocabulary[key].label, vocabulary.order)

    entries = [
        Entry(
            entry_key(card.run, card.item_id),
            f"{card.item_id} {card.scene_id}",
            {
                "run": str(card.run),
                **card.values,
                "reason": card.reason.key,
                "tags": " ".join(sign.key for sign in (card.reason, *card.tags)),
            },
            card,
        )
        for card in cards
    ]
    runs = options(
        Counter(str(card.run) for card in cards),
        lambda value: labels[int(value)],
        [str(place) for place in range(len(labels))],
    )
    return Gallery(
        entries=entries,
        filters=[
            *([Filter("run", "Run", runs)] if len(runs) > 1 else []),
            *filters,
            Filter("reason", "Reason", named(card.reason.key for card in cards)),
            Filter("tags", "Shows", named(s.key for c in cards for s in (c.reason, *c.tags))),
        ],
        **more,
    )


def shown_words(shown: Sequence[AnyCard], failed: int, whole: int, unit: str) -> str:
    """How many items a gallery shows of how many, and how to see those that are left out."""
    if not shown:
        return f"{failed:,} of {whole:,} {unit} failed; the gallery was switched off."
    passed = sum(card.reason.key == PASSED.key for card in shown)
    words = (
        f"{len(shown):,} of {whole:,} {noun(whole, unit)}: {len(shown) - passed:,} of {failed:,} "
        f"that failed, {passed:,} of {whole - failed:,} that passed."
    )
    if len(shown) < whole:
        words += (
            f" {whole - len(shown):,} are left out; handeye report RUN --all-items --out FOLDER "
            "writes them all."
        )
    return words


def clipped(answer: str | None) -> str:
    """An answer, cut where a card would grow without end."""
    if answer is None or len(answer) <= _LONGEST_ANSWER:
        return answer or ""
    return f"{answer[:_LONGEST_ANSWER]}\n… and {len(answer) - _LONGEST_ANSWER:,} more characters"


# ---- sections that come from elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section that the reports of all suites can have, laid out already.

    Attributes:
        key: its address on the page.
        title: of it.
        short: its name in the bar.
        body: what it shows.
        style: a style sheet of its own, as text.
        data: its figures once more, for programs that read the page.
    """

    key: str
    title: str
    short: str
    body: Markup
    style: str = ""
    data: Any = None


_SECTIONS: ContextVar[tuple[Section, ...]] = ContextVar("sections", default=())


@contextmanager
def with_sections(sections: Sequence[Section]) -> Iterator[None]:
    """Give sections to the reports that are written within, whatever suite writes them."""
    token = _SECTIONS.set(tuple(sections))
    try:
        yield
    finally:
        _SECTIONS.reset(token)


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
    data: Mapping[str, Any],
    runs: Sequence[ScoredRun] = (),
    sheets: Sequence[str] = (),
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw a report and write it in one step.

    Args:
        out: the HTML file.
        package: whose ``templates`` folder holds ``report.html.j2`` and the gallery's template.
        context: what that template reads: ``title``, ``runs`` (what the page shows of each),
            ``glance``, ``gallery``, ``terms`` (words with their meaning) and what is the suite's.
        data: the figures once more, for programs that read the page.
        runs: those of the page; it says where they are not over one set.
        sheets: style sheets of its own.
        folder: where the pictures were put (:func:`handeye.pages.html.page_folder`); the page is
            written there.
        progress: of the second half of the work on the items of such a folder; the first was to
            lay them out.

    Raises:
        OptionError: ``out`` cannot be written.
    """
    labels = [str(run.label) for run in context["runs"]] if runs else ()
    glance, gallery = context["glance"], context["gallery"]
    sections = _SECTIONS.get()
    styles = list(dict.fromkeys(one.style for one in sections))
    if sections:
        data = {**data, "sections": {one.key: one.data for one in sections}}
    made = {
        "further": sections,
        "shown": gallery.first(glance),
        "notices": {
            head: said
            for head, told in (("Different sets", same_set), ("Different items", same_number))
            if (said := told(runs, labels))
        },
        "data": html.script_json(data),
    }
    whole = {"terms": (), "paged": folder is not None, **context, **made}
    if folder is None:
        return html.write(out, html.render(package, "report.html.j2", whole, sheets, styles))
    html.write_items(folder, package, gallery, len(labels) > 1, progress)
    return html.write(
        folder / "index.html", html.render(package, "report.html.j2", whole, sheets, styles)
    )
