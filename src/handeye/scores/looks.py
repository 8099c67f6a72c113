"""Does an answer depend on what was shown? And what would one answer to everything score?

A suite says what each item is (:class:`Asked`) and what any answer scores on any item
(:class:`Ways`); everything else is here, for all suites: respondents that repeat the question, say
the same to all, or answer other scenes as well as their own are recognized where the data can tell,
and the best constant answer is chosen without the scene that it is scored on. docs/diagnosis.md
says what is claimed when. Written to ``looks.json`` of a run folder; the chance row to
``tables/chance.csv``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from handeye.printing import noun
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.summary import Recorded
from handeye.scores.tables import Column, Row, Table, csv_files, table_of

if TYPE_CHECKING:
    from handeye.stats.sight import Constants, Dependence

LOOKS = "looks.json"
CHANCE = "chance.csv"
BEST = "best constant answer"
FORMAT = 1
# Nearly every answer, which is counted; and the true answers are nothing of the kind.
MOST, OF_TRUTH = 0.95, 0.6
FEWEST, FEWEST_DEV, FEWEST_BLIND = 8, 10, 40
# Blind: no sign of sight at this level, that of all tests together, at most so much better than
# exchanged (true answers are at least so much better), and it would show with this power if so many
# scenes were looked at and answered rightly, or so many in a way that only shows as varying with
# the scene. Who looks and is always wrong shows it in one test alone, which has half of the level.
LEVEL, AT_MOST, AT_LEAST, POWER = 0.01, 0.08, 0.3, 0.9
RIGHTLY, WRONGLY = 1 / 3, 2 / 3
# Scenes that answers are compared with the truth over, however many there are.
MOST_SCENES = 400
# Candidates for the best constant answer, and items of a stratum that they are chosen by.
CANDIDATES, CHOSEN_BY = 20, 100
# Shorter answers stand in many a question by accident.
SHORTEST = 8

Kind = Literal["", "parrot", "constant", "prior", "blind"]
Answers = Mapping[Hashable, float]
"""The constant answers that an item may be answered with, the best first, and how much each counts;
weights add up to 1."""
Chance = Mapping[str, Mapping[str, Mapping[str, Estimate]]]
"""Table, row, column: what the best constant answer scores there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One item with its answer, as far as sight is concerned.

    Attributes:
        scene: what was shown; items of a scene are exchanged together.
        stratum: within which scenes are exchanged (a subset, a class).
        kind: what is asked: items of one kind and stratum have answers that fit each other.
        group: kinds that a claim is made about together (``counting``).
        gold: the true answer.
        answer: as it was read, None where nothing could be.
        several: all that its text answers where that is more than one thing, else None; answers are
            the same only where this is, and where it is common they show no blindness.
        repeats: whether the answer's text stands in the question.
        true_repeats: whether the text of the true answer does.
        told: what the question tells of its scene (a region of it), for :meth:`Ways.elsewhere`;
            None where it is the same question for all scenes of the stratum.
        shown: further numbers that only what was shown tells (how large it is): an answer that
            varies with them was seen, whatever is right.
        words: the answer as it is shown to people.
    """

    scene: str
    stratum: str
    kind: str
    group: str
    gold: Hashable
    answer: Hashable | None = None
    several: Hashable | None = None
    repeats: bool = False
    true_repeats: bool = False
    told: Any = None
    shown: tuple[float, ...] = ()
    words: str = ""


class Ways(Protocol):
    """What a suite knows of answers; of ``pairs`` of answers and scenes the scores may be asked."""

    pairs: int

    def score(self, answer: Any, asked: Asked) -> float:
        """What any answer scores on any item of its kind, 0 to 1."""
        ...

    def traits(self, answer: Any, asked: Asked) -> Sequence[float]:
        """Numbers that an answer to an item has, as many for every answer."""
        ...

    def anywhere(self, answer: Any) -> bool:
        """Whether an answer may be right of any scene, whatever the stratum: it names no place."""
        ...

    def meant(self, answer: Any, asked: Asked) -> Sequence[Hashable]:
        """What an answer would say if it were written in another way than the one asked for.

        Who is right so, oftener than of other scenes, has looked.
        """
        ...

    def elsewhere(self, asked: Asked, other: Asked) -> tuple[Hashable, float] | None:
        """The true answer to a question that tells of its scene, were it asked of another scene.

        And how likely it would be, up to a factor for each scene; None where it could not have been
        asked: what is in the scene that the question fits to is not in the other. Used only of
        items with ``told``, of one kind and stratum.
        """
        ...


class Group(msgspec.Struct, kw_only=True):
    """What is known of the answers to one group of questions; shares are of readable answers.

    ``same`` have the commonest answer of their kind, ``true_same`` likewise of the true answers
    (of their kind and stratum where ``prior`` is said);
    ``best`` the best constant answer. ``repeated`` stand in their question. ``own`` is the mean
    score on their own scenes, ``other`` that on others of the stratum, ``ahead`` the difference.
    ``p_own`` tests that difference, ``p_varies`` whether answers vary with what is true of their
    scenes, rightly or wrongly, ``p_shown`` whether with anything else that was shown; these are
    known of all questions together alone. ``said`` is what may be claimed; of all questions
    together that answers are the same, or repeat the question, only where it may be claimed of
    each group.
    """

    group: str
    n_items: int
    n_read: int
    n_scenes: int
    same: Estimate
    true_same: Estimate
    best: Estimate
    repeated: Estimate
    true_repeated: Estimate
    own: Estimate
    other: Estimate
    ahead: Estimate
    p_own: float | None
    p_varies: float | None
    p_shown: float | None
    example: str
    said: Kind


class Looks(Recorded, kw_only=True):
    """looks.json: what is said of the answers to each group of questions, and the chance row.

    ``groups`` has the key ``""`` for all questions together. ``chosen`` says how the best constant
    answer was chosen.
    """

    format: int
    suite: str
    seed: int
    permutations: int
    groups: dict[str, Group]
    chosen: str
    chance: dict[str, dict[str, dict[str, Estimate]]]

    def problem(self) -> str:
        """What cannot be in the chance row; empty where all can."""
        for table, rows in self.chance.items():
            for row, columns in rows.items():
                for column, one in columns.items():
                    ends = [end for end in (one.low, one.value, one.high) if end is not None]
                    if ends != sorted(ends) or one.n < 0 or not all(-1 <= e <= 1 for e in ends):
                        where = f"{table}, {row}, {column}"
                        return f"the best constant answer cannot score this: {where}"
        return ""


def said(kinds: Mapping[str, str]) -> list[str]:
    """Groups about which something is claimed: all questions, else those it holds for.

    Where nothing shows that it looks at any question, and the answers to some are of one kind, both
    are claimed.

    Args:
        kinds: what may be claimed by group, as in :class:`Group`.
    """
    found = [name for name, kind in kinds.items() if kind]
    if "" not in found:
        return found
    return [name for name in found if not name or kinds[""] == "blind" != kinds[name]]


def repeats(text: str | None, question: Iterable[str | None]) -> bool:
    """Whether an answer's text, but for blanks and case, stands in the question."""
    said = _plain(text or "")
    return len(said) >= SHORTEST and said in _question(tuple(question))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@lru_cache(maxsize=256)
def _question(parts: tuple[str | None, ...]) -> str:
    return "\n".join(_plain(part) for part in parts if part)


# ---- recognition


def look(
    suite: str, asked: Sequence[Asked], ways: Ways, *, dev: Sequence[Asked] = (), seed: int = 0
) -> tuple[Looks, list[Answers]]:
    """Recognize, and choose the best constant answers.

    Args:
        suite: as run.json names it.
        asked: the items of a run.
        ways: of the suite.
        dev: items of the set's dev split, if none of them is asked.
        seed: of the permutations and draws.

    Returns:
        What is known, its ``chance`` empty; and the constant answers of every item, of which the
        suite makes ``chance`` in its own tables.
    """
    from handeye.stats.sight import PERMUTATIONS

    best, chosen = constants(asked, ways, dev=dev, seed=seed)
    groups = recognize(asked, ways, best, seed)
    found = Looks(
        format=FORMAT,
        suite=suite,
        seed=seed,
        permutations=PERMUTATIONS,
        groups=groups,
        chosen=chosen,
        chance={},
    )
    return found, best


def recognize(
    asked: Sequence[Asked], ways: Ways, best: Sequence[Answers], seed: int = 0
) -> dict[str, Group]:
    """What can be told of each group of questions, and of all together (key ``""``).

    Args:
        asked: the items of a run, errors and answers that cannot be read among them; at most one
            of a kind in a scene is looked at.
        ways: of the suite.
        best: constant answers of the items (:func:`constants`).
        seed: of the permutations.
    """
    names = list(dict.fromkeys(one.group for one in asked))
    pairs = list(zip(asked, best, strict=True))
    named = {name: [pair for pair in pairs if pair[0].group == name] for name in names}
    groups = {
        name: _group(name, held, ways, seed) for name, held in named.items() if len(names) > 1
    }
    return {"": _group("", pairs, ways, seed, groups.values()), **groups}


def _group(
    name: str,
    pairs: Sequence[tuple[Asked, Answers]],
    ways: Ways,
    seed: int,
    groups: Iterable[Group] = (),
) -> Group:
    asked = [one for one, _ in pairs]
    read = [one for one in asked if one.answer is not None]
    scenes = len({(one.stratum, one.scene) for one in read})
    # Words of the question need not be an answer that can be read.
    texts = [one for one in asked if one.words]
    spoken = len({(one.stratum, one.scene) for one in texts})
    figures = {
        "same": _share(len(read), _same(read, "answer"), scenes),
        "true_same": _share(len(read), _same(read, "gold"), scenes),
        "best": _share(len(read), sum(o.answer in b for o, b in pairs if o.answer is not None),
                       scenes),
        "repeated": _share(len(texts), sum(one.repeats for one in texts), spoken),
        "true_repeated": _share(len(texts), sum(one.true_repeats for one in texts), spoken),
    }  # fmt: skip
    commonest = Counter(one.words for one in texts).most_common(1)
    group = Group(
        group=name, n_items=len(asked), n_read=len(read), n_scenes=scenes, **figures,
        own=NOTHING, other=NOTHING, ahead=NOTHING, p_own=None, p_varies=None,
        p_shown=None,
        example=commonest[0][0] if commonest else "", said="",
    )  # fmt: skip
    # Who is blind sees nothing at all: that is asked of all questions together.
    blind: Kind = "blind" if not name and _sight(group, read, ways, seed) else ""
    group.said = blind
    if spoken >= FEWEST and _all_but(group.repeated, group.true_repeated):
        group.said = "parrot"
    elif scenes >= FEWEST and _all_but(group.same, group.true_same):
        group.said = "constant"
    else:
        strata = len({one.stratum for one in read})
        within = [
            _share(len(read), _same(read, of, by_stratum=True), scenes) for of in ("answer", "gold")
        ]
        if strata > 1 and strata * FEWEST <= scenes and _all_but(*within):
            group.said = "prior"
    # Nearly all answers may be the same, though those to one kind of question are not.
    if any(one.said != group.said for one in groups if one.n_read):
        group.said = blind
    if group.said == "prior":
        group.same, group.true_same = within
    return group


def _all_but(found: Estimate, true: Estimate) -> bool:
    """Whether nearly all answers are so, and the true answers are not."""
    return (found.value or 0.0) >= MOST and (true.value or 0.0) <= OF_TRUTH


def _same(read: Sequence[Asked], name: str, *, by_stratum: bool = False) -> int:
    """How many have the commonest answer of their kind, or of their kind and stratum."""
    by_kind: dict[tuple[str, str], Counter[Hashable]] = defaultdict(Counter)
    for one in read:
        what = (one.answer, one.several) if name == "answer" else one.gold
        by_kind[one.kind, one.stratum if by_stratum else ""][what] += 1
    return sum(max(counts.values()) for counts in by_kind.values())


def _share(n: int, count: int, clusters: int) -> Estimate:
    """A share of ``n`` with Wilson's interval, as if scenes had been asked once."""
    if not n or not clusters:
        return NOTHING
    value, trials = count / n, min(n, clusters)
    weight = NormalDist().inv_cdf(0.975) ** 2 / trials
    middle = (value + weight / 2) / (1 + weight)
    reach = (weight * (value * (1 - value) + weight / 4)) ** 0.5 / (1 + weight)
    return Estimate(value, max(middle - reach, 0.0), min(middle + reach, 1.0), n)


def _sight(group: Group, read: Sequence[Asked], ways: Ways, seed: int) -> bool:
    """Fill in what scoring on other scenes tells; whether it allows to call the answers blind."""
    from handeye.stats import sight

    count = max(1, len({one.stratum for one in read}))
    most = int((ways.pairs / count) ** 0.5)
    compared = [_Exchange(*one, ways, seed) for one in _panel(read, most, seed).items()]
    if not any(len(one.scenes) > 1 for one in compared):
        return False
    scores, items, true = {}, {}, {}
    score = _remembered(ways)
    meant = {}
    for one in compared:
        scores[one.name], items[one.name] = one.scored(lambda given: [given.answer], score)
        true[one.name], _ = one.scored(lambda given: [given.gold], score)
        meant[one.name], _ = one.scored(lambda given: ways.meant(given.answer, given), score)
    fits = {one.name: one.fits for one in compared if one.fits is not None}
    found = sight.advantage(scores, items, seed, fits)
    possible = sight.advantage(true, items, seed, fits)
    alike = _panel([one for one in read if one.told is None], MOST_SCENES // count, seed)
    hangs = _Hangs(
        [_Exchange(*one, ways, seed) for one in alike.items()]
        + [one for one in compared if one.fits is not None],
        ways,
    )
    # Questions that tell of their scenes leave few orders, which would drown what the others show.
    told = {one.kind for one in read if one.told is not None}
    kinds = list(dict.fromkeys(one.kind for one in read))
    parts = [part for part in ([k for k in kinds if k not in told], sorted(told)) if part]
    varies = [hangs.on("gold", part) for part in parts]
    group.own, group.other = Estimate(found.own, n=found.n), Estimate(found.other, n=found.n)
    # A difference of two means within 0 and 1; the normal interval knows no bounds.
    low, high = (min(max(end, -1.0), 1.0) for end in (found.low, found.high))
    group.ahead = Estimate(found.value, low, high, found.n)
    group.p_own = found.p_value
    group.p_varies = sight.any_shows(
        [one.exchanged(seed) for one in varies] + [sight.exchanged(meant, items, seed, fits)]
    )
    if any(one.shown for one in read):
        # What shows something to one kind of question alone is drowned by the others.
        some = [kinds, *([kind] for kind in kinds)]
        group.p_shown = sight.any_shows([hangs.on("shown", of).exchanged(seed) for of in some])
    half, quarter = LEVEL / 2, LEVEL / 4
    # Only one answer of a text is judged; what the others hang on is not known.
    single = sum(one.several is None for one in read)
    return (
        group.n_scenes >= FEWEST_BLIND
        and single >= MOST * len(read)
        and group.p_own > quarter
        and group.p_varies > half
        and (group.p_shown is None or group.p_shown > quarter)
        and found.high <= AT_MOST
        # A right answer must be wrong elsewhere, else nothing could show.
        and possible.value >= AT_LEAST
        and sight.advantage_power(scores, true, items, RIGHTLY, seed, quarter, fits) >= POWER
        and sight.dependence_power(varies, WRONGLY, seed, half) >= POWER
    )


class _Exchange:
    """Scenes whose questions are exchanged together, and what is true of each under the others'."""

    def __init__(
        self, name: str, scenes: Sequence[Mapping[str, Asked]], ways: Ways, seed: int
    ) -> None:
        import numpy as np

        from handeye.stats.sight import Fits

        self.name, self.scenes = name, scenes
        self.kinds = list(dict.fromkeys(kind for found in scenes for kind in found))
        self.fits: Fits | None = None
        self._there: dict[tuple[int, int], Asked] = {}
        if next(iter(scenes[0].values())).told is None:
            return
        chances = np.zeros((len(scenes),) * 2)
        for s, t, one, other in self._pairs(self.kinds[0]):
            if (found := ways.elsewhere(one, other)) is not None:
                gold, chances[s, t] = found
                self._there[s, t] = replace(one, gold=gold, shown=other.shown)
        self.fits = Fits(chances, seed, name)

    def _pairs(self, kind: str) -> Iterator[tuple[int, int, Asked, Asked]]:
        held = [(k, found[kind]) for k, found in enumerate(self.scenes) if kind in found]
        return ((s, t, one, other) for s, one in held for t, other in held)

    def pairs(self, kind: str) -> Iterator[tuple[int, int, Asked, Asked]]:
        """Two scenes by place, an item of the first, and the same asked of the second."""
        for s, t, one, other in self._pairs(kind):
            if self.fits is None:
                yield s, t, one, other
            elif (s, t) in self._there:
                yield s, t, one, self._there[s, t]

    def scored(self, said: Callable[[Asked], Sequence[Any]], score: Any) -> tuple[Any, Any]:
        """Summed scores of what is said to all scenes, on all scenes, and of how many items.

        Of several things that an item has, the one that scores best.
        """
        import numpy as np

        def best(answers: tuple[Any, ...], there: Asked) -> float:
            return max((score(answer, there) for answer in answers), default=0.0)

        sums, items = (np.zeros((len(self.scenes),) * 2) for _ in range(2))
        for kind in self.kinds:
            held = {
                s: tuple(said(found[kind])) for s, found in enumerate(self.scenes) if kind in found
            }
            if self.fits is None:
                # Asked the same of all scenes; what many say is scored once.
                scenes, known = list(held), {}
                for s, answers in held.items():
                    if answers not in known:
                        known[answers] = [best(answers, self.scenes[t][kind]) for t in scenes]
                    sums[s, scenes] += known[answers]
                    items[s, scenes] += 1
                continue
            for s, t, _, there in self.pairs(kind):
                sums[s, t] += best(held[s], there)
                items[s, t] += 1
        return sums, items


class _Hangs:
    """What answers may hang on."""

    def __init__(self, exchanges: Sequence[_Exchange], ways: Ways) -> None:
        self._exchanges, self._ways = exchanges, ways

    def on(self, what: Literal["gold", "shown"], asked: Collection[str]) -> Dependence:
        """The test of what is true, or of what else is shown; of some kinds of question."""
        import numpy as np

        from handeye.stats.sight import Dependence

        ways = self._ways

        def traits(one: Asked) -> Sequence[float]:
            return one.shown if what == "shown" else ways.traits(one.gold, one)

        fits, elsewhere, rows = {}, {}, []
        for one in self._exchanges:
            kinds = [name for name in one.kinds if name in asked]
            rows += [(one.name, found[k]) for found in one.scenes for k in kinds if k in found]
            if one.fits is not None and kinds:
                fits[one.name] = one.fits
                width = len(traits(one.scenes[0][kinds[0]]))
                table = elsewhere[one.name] = np.zeros((*one.fits.table.shape, width))
                for s, t, _, there in one.pairs(kinds[0]):
                    table[s, t] = traits(there)
        return Dependence(
            [name for name, _ in rows],
            [one.kind for _, one in rows],
            [one.scene for _, one in rows],
            np.array([ways.traits(one.answer, one) for _, one in rows], np.float64),
            np.array([traits(one) for _, one in rows], np.float64),
            fits,
            elsewhere,
        )


def _panel(read: Sequence[Asked], most: int, seed: int) -> dict[str, list[dict[str, Asked]]]:
    """Scenes that are scored on each other, item by kind, drawn where many: by stratum.

    Each kind of question that tells of its scenes is on its own.
    """
    from handeye.stats.sight import permutations

    found: dict[str, dict[str, dict[str, Asked]]] = defaultdict(lambda: defaultdict(dict))
    for one in read:
        name = one.stratum if one.told is None else f"{one.stratum} {one.kind}"
        found[name][one.scene].setdefault(one.kind, one)
    most = max(2, most)
    out = {}
    for name, scenes in found.items():
        order = permutations(len(scenes), 1, seed, f"panel {name}")[0]
        known = list(scenes.values())
        out[name] = [known[k] for k in sorted(order[:most].tolist())]
    return out


def _remembered(ways: Ways) -> Any:
    """Scores by answer and item: many answers are alike."""
    known: dict[tuple[Any, int], float] = {}

    def score(answer: Hashable, other: Asked) -> float:
        key = (answer, id(other))
        if key not in known:
            known[key] = ways.score(answer, other)
        return known[key]

    return score


# ---- the best constant answer


def constants(
    asked: Sequence[Asked], ways: Ways, *, dev: Sequence[Asked] = (), seed: int = 0
) -> tuple[list[Answers], str]:
    """The best constant answers to every item, chosen without its own scene.

    Candidates are the commonest true answers to items of the same kind that may be right of any
    scene, whatever its stratum; only where there are none, those that name places of scenes, by
    stratum. Where the set has a dev split (``dev``) with scenes enough for every stratum and kind,
    they are chosen by it, else by the other scenes.

    Returns:
        For every item the answers that may be the best (none where there is no other scene), and
        how they were chosen, in words.
    """
    split, others = _cells(asked), _cells(dev)
    known_by = {key: {one.scene for one in found} for key, found in others.items()}
    fits = bool(dev) and all(len(known_by.get(key, ())) >= FEWEST_DEV for key in split)
    pool = dev if fits else asked
    simple = {one.kind for one in pool if ways.anywhere(one.gold)}
    cells, others = (_cells(items, simple) for items in (asked, pool))
    out: dict[int, Answers] = {}
    for key, own in cells.items():
        answers, found = _candidates(others[key], ways, not fits, seed)
        known: dict[Hashable, Answers] = {}
        for one in own:
            scene = one.stratum, one.scene
            if scene not in known:
                known[scene] = {answers[k]: share for k, share in found.chosen(scene).items()}
            out[id(one)] = known[scene]
    words = "the dev split" if fits else "other scenes"
    return [out[id(one)] for one in asked], f"chosen on {words}"


def _cells(
    asked: Sequence[Asked], simple: Collection[str] = ()
) -> dict[tuple[str, str], list[Asked]]:
    """Items by stratum and kind; those of some kinds for all strata together."""
    out: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for one in asked:
        out["" if one.kind in simple else one.stratum, one.kind].append(one)
    return out


def _candidates(
    pool: Sequence[Asked], ways: Ways, left_out: bool, seed: int
) -> tuple[list[Hashable], Constants]:
    import numpy as np

    from handeye.stats.sight import Constants, permutations

    strata = sorted({one.stratum for one in pool})
    order = permutations(len(pool), 1, seed, f"chance {strata[0]} {pool[0].kind}")[0]
    used = [pool[k] for k in order[: CHOSEN_BY * len(strata)]]
    golds = [one.gold for one in used]
    golds = [gold for gold in golds if ways.anywhere(gold)] or golds
    answers = [answer for answer, _ in Counter(golds).most_common(CANDIDATES)]
    holders: dict[Hashable, set[Hashable]] = defaultdict(set)
    for one in pool:
        holders[one.gold].add((one.stratum, one.scene))
    scores = np.array([[ways.score(answer, one) for one in used] for answer in answers])
    return answers, Constants(
        scores.reshape(len(answers), len(used)),
        [(one.stratum, one.scene) for one in used],
        [frozenset(holders[answer]) for answer in answers],
        left_out,
    )


# ---- what is shown


def chance_file(found: Looks, interval: str, note: str) -> str:
    """The text of ``tables/chance.csv``.

    Args:
        found: of a run.
        interval: how intervals were made.
        note: what the reader must know of the run.
    """
    table = table_of("chance", ("table", "row", "figure"), found.chance, file=CHANCE)
    note = "; ".join(filter(None, [f"{BEST}, {found.chosen}", note]))
    return csv_files([table], interval=interval, note=note)[CHANCE]


def scored(found: Looks | None, table: str, row: str, column: str) -> Estimate:
    """One figure of the best constant answer; nothing where it is not known."""
    chance = found.chance if found else {}
    return chance.get(table, {}).get(row, {}).get(column, NOTHING)


def chance_row(
    found: Looks | None, table: str, columns: Sequence[Column], row: str = "all"
) -> tuple[Row, ...]:
    """The row of the best constant answer in a table; none where nothing of it is known.

    Args:
        found: of a run.
        table: key of the table.
        columns: of the table.
        row: of the table that it stands beside.
    """
    cells = tuple(scored(found, table, row, column.key) for column in columns)
    if found is None or all(cell.value is None for cell in cells):
        return ()
    return (Row(BEST, cells, basis=found.chosen),)


def with_chance(table: Table, found: Looks | None) -> Table:
    """A table of a run with the row of the best constant answer below."""
    return replace(table, rows=(*table.rows, *chance_row(found, table.key, table.columns)))


class _Run(Protocol):
    """A run on a page."""

    @property
    def label(self) -> str: ...
    @property
    def looks(self) -> Looks | None: ...


def chance_rows(
    runs: Sequence[_Run], table: str, columns: Sequence[Column], row: str = "all"
) -> tuple[Row, ...]:
    """One row for all runs where it is the same for all; else one a run, with its name."""
    known = {run.label: one for run in runs for one in chance_row(run.looks, table, columns, row)}
    if len({one.cells for one in known.values()}) <= 1:
        return tuple(known.values())[:1]
    return tuple(replace(one, label=f"{BEST} ({label})") for label, one in known.items())


def clause(kind: str, group: str, first: Estimate, second: Estimate) -> str:
    """A claim in words.

    Args:
        kind: ``parrot``, ``constant``, ``prior`` or ``blind``.
        group: of questions, "" for all.
        first: the share that it rests on.
        second: of a blind respondent the share when scenes are exchanged.
    """
    of = f"{first.n:,} {noun(first.n, 'readable answers')}"
    of += f" to {group} questions" if group else ""
    if kind == "parrot":
        where = f" to {group} questions" if group else ""
        return (
            f"it repeats words of the question in {_percent(first)} of "
            f"{first.n:,} {noun(first.n, 'answers')}{where}"
        )
    if kind in ("constant", "prior"):
        within = " within a class of scenes" if kind == "prior" else ""
        return (
            f"it gives one and the same answer to everything of a kind{within} in "
            f"{_percent(first)} of the {of}"
        )
    return (
        # Of those that other scenes could have been asked the same about.
        f"nothing shows that it looks: of {of} {_percent(first)} are right, and "
        f"{_percent(second)} would be if what was shown were exchanged"
    )


def sentences(groups: Mapping[str, Group]) -> list[str]:
    """What is claimed of a run, as clauses."""
    told = (groups[name] for name in said({name: one.said for name, one in groups.items()}))
    return [clause(one.said, one.group, *shares(one)) for one in told]


def shares(group: Group) -> tuple[Estimate, Estimate]:
    """The figures that :func:`clause` takes for what is claimed of a group."""
    if group.said == "parrot":
        return group.repeated, group.true_repeated
    alike = group.said in ("constant", "prior")
    return (group.same, group.true_same) if alike else (group.own, group.other)


def _percent(one: Estimate) -> str:
    return f"{one.percent}\N{NO-BREAK SPACE}%"
