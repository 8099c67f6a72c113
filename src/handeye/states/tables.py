"""What was found in states, as tables: said once, drawn on terminals and on pages.

Takes the plain values of ``probe.json`` and ``adjust.json`` (:mod:`handeye.states.results`), so a
folder is shown without its states being read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handeye.printing import noun
from handeye.scores.estimate import Estimate, Unit, Worded, in_unit, number, rate_of
from handeye.scores.tables import Cell, Column, Row, Table
from handeye.states.ablations import best_words
from handeye.states.acting import FAILED, widest
from handeye.states.attention import ALIGNED, ALL_BLOCKS
from handeye.states.cells import BOTH, LAST, POSITION
from handeye.states.chain import words_of
from handeye.states.probes import FEWEST_DRAWS
from handeye.states.wanted import UNSEEN

Told = Mapping[str, Any]
GROUPS = "groups"
"""What is never split over folds and resampled together, where no suite says what it calls it."""
_CI = "95 % intervals over {}"
_WIDE, _FEW = 0.8, 0.4
"""Widths of intervals from which a figure, and a sentence about a share, tell next to nothing."""
_READ_FROM = {
    BOTH: "from the last token and the picture's own",
    LAST: "from the last token alone",
    POSITION: "without looking, by position and count,",
}
_OF_ADJUSTING = (
    Column("Standard", "accuracy where the premise holds, mean over senses"),
    Column("Misleading", "accuracy where it is false, with the right rejection"),
    Column("Balanced", "mean of the two"),
)


def sentences(probe: Told | None) -> list[str]:
    """What was found, to be read first: where it is lost, and who knows and does not act.

    Args:
        probe: what ``probe.json`` holds.
    """
    told = probe or {}
    return [
        *(str(text) for text in told.get("said") or ()),
        *(_acted(one) for one in told.get("acting", ()) if one.get("rows")),
        *_open_to_words(told.get("controls", ())),
    ]


def _open_to_words(found: Sequence[Told]) -> Iterator[str]:
    """Which truths words might tell, where nobody was asked in words alone."""
    unseen = [
        one
        for one in found
        if not one["crossed"] and not {*UNSEEN} & {control["name"] for control in one["controls"]}
    ]
    if unseen:
        yield (
            f"Of {len(unseen)} of {len(found)} {noun(len(found), 'probes')} words may tell the "
            "truth too, as texts do not stand with either equally often; what the same model "
            "tells of them without media was not read beside: capture with --no-media, and probe "
            'with --beside "without media=FOLDER".'
        )


def asked_words(probe: Told | None, adjust: Told | None) -> list[str]:
    """By which targets was asked, where it was not by those of the suite alone.

    Args:
        probe: what ``probe.json`` holds.
        adjust: what ``adjust.json`` holds.
    """
    told = {"Probes, chain, known and said": probe, "Adjusting": adjust}
    if not any(one and one.get("targets") for one in told.values()):
        return []
    return [f"{what}: {_asked_by(one)}." for what, one in told.items() if one]


def _asked_by(told: Told) -> str:
    own = told.get("targets")
    return f"asked by own targets ({own})" if own else "asked by the targets of the suite"


def _acted(one: Told) -> str:
    """Of the failed answers of a stratum, how many had their right cells decodable."""
    failed = one["rows"][0]
    of, some = one["stratum"] or "all items", failed["n"] - failed["empty"]
    if failed["reason"] != FAILED:
        return f"{of}: no answer failed."
    if not some:
        return f"{of}: no answer to an item with something to click failed."
    readers, first = failed["readers"], widest(failed["readers"])
    known, beyond = (rate_of(readers[first][name]) for name in ("exact", "beyond"))
    parts = [
        f"{_READ_FROM[name]} for {_share(rate_of(readers[name]['exact']), some)}"
        for name in dict.fromkeys((first, LAST, POSITION))
    ]
    answers, what = f"failed {noun(some, 'answers')}", "exactly the right cells could be read"
    more = beyond.low is not None and beyond.low > 0
    if not more and _spans(known, _FEW):
        return (
            f"{of}: {some:,} {answers} with something to click, too few to tell of how many "
            f"{what}: {parts[0]}."
        )
    said = f"{of}: of the {some:,} {answers} with something to click, {what} {'; '.join(parts)}"
    if more or beyond.high is None:
        return f"{said}."
    return (
        f"{said}. That is not surely more than without looking: "
        f"{beyond.text('sentence', 'points')}."
    )


def _share(rate: Estimate, n: int) -> str:
    """``3 (12.5 %, 4.3 to 31.0)`` of n."""
    share = rate.text("line").replace(" (", " %, ").rstrip(")")
    return f"{round(n * (rate.value or 0.0)):,} ({share})"


def taught_words(taught: Told) -> str:
    """What must be said beside figures of a model whose states were supervised; else empty.

    Args:
        taught: what the record of a capture has of it (:class:`handeye.states.parts.Record`).
    """
    way, labels = taught.get("supervision"), taught.get("labels") or ()
    if not way or way == "answers":
        return ""
    what = f" ({', '.join(map(str, labels))})" if labels else ""
    return (
        f"This model was trained on {way}: it was told what its patches show{what}, so a part of "
        "what its states hold was put there."
    )


def tables(
    probe: Told | None, adjust: Told | None, groups: str = GROUPS, *, every_line: bool = True
) -> list[Table]:
    """All tables there are of what was found, in the order of reading.

    Args:
        probe: what ``probe.json`` holds.
        adjust: what ``adjust.json`` holds.
        groups: what the suite calls what is resampled together (:attr:`handeye.suite.Suite.scene`).
        every_line: also why each answer failed, and the controls of every probe.
    """
    found = []
    named = bool(asked_words(probe, adjust))
    for told, made in ((probe or {}, _of_probe), (adjust or {}, _of_adjust)):
        for one in made(told, groups_of(told, groups)):
            if one.rows:
                asked = f"; {_asked_by(told)}" if named else ""
                found.append(replace(one, caption=f"{one.caption}{asked}"))
    if every_line:
        return found
    kept = []
    for one in found:
        if one.key.startswith("t-acting"):
            first = (one.rows[0].group, one.rows[-1].group)
            one = replace(one, rows=tuple(row for row in one.rows if row.group in first))
        if one.key != "t-controls":
            kept.append(one)
    return kept


def groups_of(told: Told, groups: str) -> str:
    """What groups are called: of own targets they may be anything."""
    return GROUPS if told.get("targets") else groups


def area(found: object) -> Worded:
    """An AUROC, which is no percentage."""
    return in_unit(rate_of(found), "plain")


def _spans(rate: Estimate, width: float) -> bool:
    """Whether the interval of a share leaves nearly everything open, or is not known."""
    return rate.low is None or rate.high is None or rate.high - rate.low > width


def _figure(found: object, groups: str, unit: Unit = "percent") -> Estimate:
    """A share or an area; in words where its interval holds all that could be."""
    rate = rate_of(found)
    if rate.value is None or rate.low is None or not _spans(rate, _WIDE):
        return in_unit(rate, unit)
    words = f"{number(rate.value, unit)}: too few {groups} to tell"
    return Worded(rate.value, rate.low, rate.high, rate.n, unit, words)


def slope(calibration: Told) -> Worded:
    """The slope of a calibration (:class:`handeye.states.figures.Calibration`)."""
    value, ends = calibration["slope"], (calibration.get("low"), calibration.get("high"))
    return Worded(value, *ends, unit="plain", words="separated" if value is None else "")


def _of_probe(told: Told, groups: str) -> Iterator[Table]:
    for way in (told.get("chain") or {}).get("ways", ()):
        yield _chain(way, groups)
    yield _knows_says(told.get("knows_says", ()), groups)
    yield _published(told.get("published", ()), told.get("knows_says", ()), groups)
    for one in told.get("acting", ()):
        yield _acting(one, groups)
    yield _probes(told.get("found", ()), groups)
    yield _controls(told.get("controls", ()), groups)


def _chain(way: Told, groups: str) -> Table:
    rows = []
    for level, step in zip(way["levels"], way["steps"], strict=True):
        smallest = step.get("smallest")
        cells: tuple[Cell, ...] = (
            _figure(level["balanced"], groups),
            _figure(level["auroc"], groups, "plain") if level.get("auroc") else None,
            _figure(level["bare"], groups) if level.get("bare") else None,
            _figure(level["unheld"], groups, "plain") if level.get("unheld") else None,
            in_unit(rate_of(step["lost"]), "points"),
            None if smallest is None else Worded(smallest, unit="points"),
            step["name"] + (" (said)" if step["claimed"] else ""),
        )
        rows.append(Row(words_of(level["key"], level.get("sites", ())), cells))
    named = f" of {way['stratum']}" if way["stratum"] else ""
    note = f" {way['note'][:1].upper()}{way['note'][1:]}." if way.get("note") else ""
    for level, step in zip(way["levels"], way["steps"], strict=True):
        if why := step.get("why"):
            lost = rate_of(step["lost"]).text("line", "points")
            note += (
                f" The loss of {lost} to {words_of(level['key'], level.get('sites', ()))} "
                f"is not claimed: {why}."
            )
    return Table(
        key=f"t-chain-{way['stratum'] or 'all'}",
        caption=f"From seen to said{named}: balanced accuracy in percent, "
        f"{_CI.format(groups)}, chance 50",
        columns=(
            Column("Balanced", "balanced accuracy of the reader as a decision"),
            Column("AUROC", "of its score; never subtracted from an answer"),
            Column("Probe alone", "balanced accuracy of the probe without what stands behind it"),
            Column("Other kinds", "AUROC on kinds that the probe was not fitted to"),
            Column("Lost", "points of balanced accuracy lost on the way to here"),
            Column(
                "Smallest seen",
                "the smallest loss that a set like this shows with a power of 80 % at the level "
                "of Holm's first step",
            ),
            Column("Name of the loss", words=True),
        ),
        rows=tuple(rows),
        row_head="What is told by",
        note=f"{way['premises']:,} premises of {way['families']:,} {groups}.{note}",
    )


def _knows_says(found: Any, groups: str) -> Table:
    rows, notes = [], []
    for one in found:
        cells = [rate_of(one[name]) for name in ("both", "knows", "says", "neither", "by_chance")]
        rows.append(
            Row(
                one["stratum"] or "all",
                (*cells, in_unit(rate_of(one["unsaid"]), "points")),
                basis=f"{one['n']:,} false premises",
            )
        )
        named = f" of {one['stratum']}" if one["stratum"] else ""
        if one["unanswered"]:
            notes.append(
                f"{one['unanswered']:,} more{named} have no letters, or not one for each role: "
                "they are not counted."
            )
        if one["selective"] and one["selective"]["unknown"]:
            notes.append(
                f"Of {one['selective']['unknown']:,} questions{named} it is not known which option "
                "is right: they count in no risk."
            )
    return Table(
        key="t-knows-says",
        caption=f"False premises: told by the probe, rejected by the answer; percent, "
        f"{_CI.format(groups)}",
        columns=(
            Column("Both", "told and rejected"),
            Column("Known, not said", "told by the probe, accepted by the answer"),
            Column("Said, not known", "rejected, and not told by this probe"),
            Column("Neither", "not told, and accepted"),
            Column("By chance", "known and not said, of a probe that knows nothing"),
            Column("Beyond chance", "known and not said less that, in points"),
        ),
        rows=tuple(rows),
        row_head="Sense",
        note=" ".join(notes),
    )


_PUBLISHED: tuple[tuple[str, str, Unit], ...] = (
    ("lad", "LAD: nats by which letters notice", "plain"),
    ("noticed", "LAD above 0, percent; half by chance", "percent"),
    ("cs", "CS: nats for the question, against the clip", "plain"),
    ("pleased", "CS above 0, percent", "percent"),
    ("split", "split beliefs: both above 0, percent", "percent"),
    ("by_chance", "noticed the wrong way round, percent", "percent"),
    ("beyond", "split beliefs less that, points", "points"),
    ("vns", "VNS: nats by which letters depend on the clip", "plain"),
    ("phi", "PHI: nats that the words tell of the answer", "plain"),
)
_KEPT: tuple[tuple[str, str, Unit], ...] = (
    ("whole", "wrong answers at full coverage, percent", "percent"),
    ("half", "wrong answers at 50 % coverage, percent", "percent"),
    ("gained", "accuracy gained at 50 % coverage, points", "points"),
)


def _published(found: Any, answered: Any, groups: str) -> Table:
    rows = []
    sure = {one["stratum"]: one.get("selective") for one in answered}
    needs: dict[str, str] = {}
    for one in found:
        counts = f"{one['questions']:,} questions, {one.get('pairs', 0):,} false with a sibling"
        told = [(one, _PUBLISHED), (sure.get(one["stratum"]) or {}, _KEPT)]
        for source, measures in told:
            for name, words, unit in measures:
                if name in source:
                    figure = in_unit(rate_of(source[name]), unit)
                    of = f"{one['stratum'] or 'all'}: {counts}"
                    rows.append(Row(words, (figure,), group=of))
        needs |= one["needs"]
    return Table(
        key="t-published",
        caption=f"Published measures; {_CI.format(groups)}",
        columns=(Column("Figure"),),
        rows=tuple(rows),
        row_head="Measure",
        note=" ".join(
            [
                "These describe the letters and carry no claim: they have no null, and of several "
                "some intervals leave out 0 by chance.",
                *(f"{name} needs {what}." for name, what in needs.items()),
            ]
        ),
    )


def _acting(one: Told, groups: str) -> Table:
    rows = []
    for held in one.get("rows", ()):
        for reader, found in held["readers"].items():
            cells: tuple[Cell, ...] = (
                _figure(found["exact"], groups),
                in_unit(rate_of(found["beyond"]), "points"),
                _figure(found["ranked"], groups),
                _figure(found["area"], groups, "plain"),
                _figure(found["silent"], groups),
            )
            of = f"{held['n']:,} answers, {held['n'] - held['empty']:,} with a cell"
            rows.append(Row(reader, cells, group=f"{held['label']} ({of})"))
    return Table(
        key=f"t-acting-{one['stratum'] or 'all'}",
        caption=f"Right cells decodable, by what became of the answer: {one['stratum']}; percent, "
        f"{_CI.format(groups)}",
        columns=(
            Column(
                "Exactly",
                "of the items with a cell to click, exactly the right ones lie above "
                "the reader's cut",
            ),
            Column("Beyond", "the same less that of position and count, in points"),
            Column("Ranked", "of the same items, the right cells lie above all others"),
            Column("AUROC", "among the cells of an item, mean over items; .5 without looking"),
            Column("Silent", "of the items with nothing to click, none is called right"),
        ),
        rows=tuple(rows),
        row_head="Read from",
        note=one.get("not read", ""),
    )


def _probes(found: Any, groups: str) -> Table:
    rows = []
    unsaid: dict[str, list[str]] = {}
    draws = sorted({one["null"]["draws"] for one in found if one.get("null")})
    of = f"{' or '.join(map(str, draws)) or 'no'} draws"
    for one in found:
        null, choices = one.get("null"), one["choices"]
        layers = sorted({choice["layer"] for choice in choices})
        cells: tuple[Cell, ...] = (
            one["n"],
            one["groups"],
            _figure(one["auroc"], groups, "plain"),
            Worded(null["high"], unit="plain") if null and null["draws"] >= FEWEST_DRAWS else None,
            Worded(null["p_value"], unit="p") if null else None,
            _figure(one["balanced_accuracy"], groups),
            slope(one["calibration"]),
            ", ".join(layers[:2]) + (" ..." if len(layers) > 2 else ""),
        )
        name = f"{one['target']} at {one['site']}"
        rows.append(Row(name, cells, group=one["stratum"]))
        if why := one.get("no_null"):
            unsaid.setdefault(why, []).append(f"{name} ({one['stratum']})")
    return Table(
        key="t-probes",
        caption=f"Probes: what a linear reader tells on {groups} it has not learnt from, "
        f"{_CI.format(groups)}",
        columns=(
            Column("Rows"),
            Column(groups.capitalize(), "which no fold parts"),
            Column("AUROC", "area under the ROC curve; .5 tells nothing, 1 all"),
            Column(
                "By chance",
                f"97.5 % point of {of} of the same search over labels turned by chance; none of "
                f"fewer than {FEWEST_DRAWS}",
            ),
            Column("p", f"how often chance is at least as high, of {of} and what was measured"),
            Column("Balanced", "balanced accuracy at the cut that the inner folds chose, percent"),
            Column(
                "Calibration",
                "slope of what is true over what the probe says: 1 is right, less is too sure; "
                "separated: all true rows are given more than all others, so that no slope is "
                "steep enough",
            ),
            Column("Layer", "chosen by the inner folds", words=True),
        ),
        rows=tuple(rows),
        row_head="Asked",
        note=" ".join(f"{', '.join(names)}: {why}." for why, names in unsaid.items()),
    )


def _controls(found: Any, groups: str) -> Table:
    rows = []
    for one in found:
        asked = f"{one['target']}, {one['stratum']} at {one['site']}"
        for control in one["controls"]:
            cells: tuple[Cell, ...] = (
                _figure(control["auroc"], groups, "plain"),
                Worded(control["above"], unit="plain"),
                area(control["difference"]),
                area(control.get("bits")) if control.get("bits") else None,
            )
            rows.append(Row(control["name"], cells, group=asked))
        cells = (None, None, Worded(one["selectivity"], unit="plain"), None)
        rows.append(Row("random labels (selectivity)", cells, group=asked))
    return Table(
        key="t-controls",
        caption=f"What else could tell it: readers beside each probe, {_CI.format(groups)}",
        columns=(
            Column("AUROC", "of this reader"),
            Column("Above null", "deviations of its own null; an alarm from 4 on"),
            Column("Probe less it", "difference of the areas"),
            Column("Bits", "what the states add to it, bits a row of held-out log-loss"),
        ),
        rows=tuple(rows),
        row_head="Reader",
    )


def _of_adjust(told: Told, groups: str) -> Iterator[Table]:
    if not told:
        return
    ours, theirs = told["ours"], told["pgla"]
    rows = [_accuracies("the model's own letters", ours["raw"])]
    rows.append(_accuracies("adjusted", ours["adjusted"]))
    rows += [_accuracies(f"instead: {name}", one) for name, one in ours["ablations"].items()]
    promise, gate = told["promise"], told["gate"]
    words = f"The gate of the whole set is {promise['shut']}."
    if gate is not None:
        words = (
            f"The gate of the whole set opens from {gate:.2f}; it promises that at most "
            f"{100 * promise['alpha']:g} % of standard answers are lost, in "
            f"{100 * promise['level']:g} % of draws of {promise['families']:,} {groups}."
        )
    yield Table(
        key="t-adjuster",
        caption=f"Our adjuster on {told['families']:,} {groups} left out in turn; percent, "
        f"{_CI.format(groups)}",
        columns=_OF_ADJUSTING,
        rows=tuple(rows),
        row_head="Letters",
        note=f"{_ours_gained(ours)} {words}",
    )
    rows = [_accuracies("the model's own letters", theirs["raw"])]
    rows.append(_accuracies("nested", theirs["nested"]))
    rows.append(_plainly("nested, mean over folds", theirs["folds"]))
    rows.append(_plainly("selected on test", theirs["on_test"]))
    rows += [_plainly(f"costs at most {cap}", one) for cap, one in theirs["capped"].items()]
    rows += [
        _plainly(f"instead: {name}, nested", one["nested"])
        for name, one in theirs["ablations"].items()
    ]
    values = {name: one["nested"]["balanced"] for name, one in theirs["ablations"].items()}
    yield Table(
        key="t-pgla",
        caption=f"PGLA as published, {theirs['evaluated']:,} questions evaluated; percent, "
        f"{_CI.format(groups)}",
        columns=_OF_ADJUSTING,
        rows=tuple(rows),
        row_head="Letters",
        note=f"{_gained(theirs, values)} A "
        f"sibling of {100 * theirs['siblings']:.0f} % of the evaluated questions trained the "
        f"probe. The gate's weight lies in {theirs['weights'][0]:.2f} to "
        f"{theirs['weights'][1]:.2f}: it never closes.",
    )


def _ours_gained(ours: Told) -> str:
    """What our adjuster gains, or that it changed nothing."""
    values = {name: one["balanced"]["value"] for name, one in ours["ablations"].items()}
    shut, folds = ours["gates"]["probe"].count(None), len(ours["gates"]["probe"])
    if shut < folds:
        some = f" (The gate stayed shut in {shut} of {folds} folds.)" if shut else ""
        return _gained(ours, values) + some
    opened = [name for name, one in ours["opened"].items() if one and name in values]
    beside = (
        f"Gates opened for {', '.join(opened)}."
        if opened
        else "No gate opened for an ablation either: all are equal, and none is best."
    )
    return (
        f"The gate stayed shut in all {folds} folds: no answer was changed, so nothing was gained "
        f"and nothing lost. {beside}"
    )


def _gained(told: Told, values: Mapping[str, float | None]) -> str:
    """What is gained over the letters as they are and over the best ablation, and whose it is."""
    raw, gain = rate_of(told["over_raw"]["balanced"]), rate_of(told["gain"]["balanced"])
    best = best_words(values, told["best"])
    said = (
        f"Balanced accuracy gained over the model's own letters: {raw.text('line', 'points')}; "
        f"over {best}: {gain.text('line', 'points')}."
    )
    if gain.low is None or gain.high is None:
        return said
    if gain.low > 0:
        return f"{said} The last leaves out 0: it is owed to the probe."
    if gain.high < 0:
        return f"{said} The last is below 0: without the probe more is gained."
    if raw.low is not None and raw.low > 0:
        return (
            f"{said} The first leaves out 0 and is not claimed for the probe, since the last holds "
            "0: as much may be had without one."
        )
    return f"{said} The last holds 0: nothing is claimed for the probe."


def _accuracies(label: str, tree: Told) -> Row:
    return Row(label, tuple(rate_of(tree[name]) for name in ("standard", "misleading", "balanced")))


def _plainly(label: str, tree: Told) -> Row:
    names = ("standard", "misleading", "balanced")
    return Row(label, tuple(Estimate(tree[name]) for name in names))


def causal_tables(told: Told | None, groups: str = GROUPS) -> list[Table]:
    """What changes of states did to answers, sense by sense: patched, steered and erased.

    Args:
        told: what ``causal.json`` holds; None: nothing was asked.
        groups: as in :func:`tables`.
    """
    found = told or {"effects": ()}
    by: dict[tuple[str, str, str, str], dict[str, Told]] = {}
    for one in found["effects"]:
        key = (one["stratum"], one["check"], one["layer"], one["site"])
        by.setdefault(key, {})[one["measure"]] = one
    strata = dict.fromkeys(stratum for stratum, *_ in by)
    made = (
        make(stratum, by, found, groups) for stratum in strata for make in (_patched, _directed)
    )
    return [one for one in made if one.rows]


def _patched(
    stratum: str, by: Mapping[tuple[str, str, str, str], Told], told: Told, groups: str
) -> Table:
    rows = []
    for (of, check, layer, site), one in by.items():
        if (of, check) != (stratum, "patch"):
            continue
        flips, moved = one["flips"], one["moved"]
        beside = [flips["controls"].get(name) for name in ("other detail", "unrelated")]
        cells: tuple[Cell, ...] = (
            rate_of(flips["effect"]),
            *(rate_of(other) if other else None for other in beside),
            area(moved["effect"]),
            _claimed(moved),
        )
        rows.append(Row(site, cells, group=layer, basis=f"{flips['effect']['n']:,} items"))
    own = rate_of(told["own"][stratum]).text("line") if rows else ""
    return Table(
        key=f"t-patched-{stratum or 'all'}",
        caption=f"States patched with a sibling's: {stratum or 'all'}; percent, "
        f"{_CI.format(groups)}",
        columns=(
            Column("Flips", "of those whose sibling is answered otherwise, how many answer so now"),
            Column("Other detail", "the same by a clip of the same group that differs in another"),
            Column("Unrelated", "the same by a clip of another group"),
            Column("Moved", "S in the direction of the change of truth, in nats"),
            Column("Claimed", "whether that is beyond 0 and both controls", words=True),
        ),
        rows=tuple(rows),
        row_head="Tokens",
        note=f"{told['items'][stratum]:,} items of {told['families'][stratum]:,} {groups}, of "
        f"which {own} % are told rightly without any change."
        if rows
        else "",
    )


def _directed(
    stratum: str, by: Mapping[tuple[str, str, str, str], Told], told: Told, groups: str
) -> Table:
    rows = []
    for (of, check, layer, _), one in by.items():
        if of != stratum or check == "patch":
            continue
        effect = one["moved" if check == "steer" else "parted"]
        drawn = [_span(effect["controls"][name]) for name in ("flipped", "random")]
        words = {"steer": "S moved by a step", "erase": "S parted by erasing"}[check]
        probe = area(one["told"]["effect"]) if check == "erase" else None
        cells = (probe, area(effect["effect"]), *drawn, _claimed(effect))
        rows.append(Row(words, cells, group=layer))
    return Table(
        key=f"t-directions-{stratum or 'all'}",
        caption=f"States steered and erased at the last token: {stratum or 'all'}; nats, "
        f"{_CI.format(groups)}",
        columns=(
            Column("AUROC", f"of the probe, on {groups} it has not learnt from"),
            Column("Effect", "of the probe's direction"),
            Column("Flipped", "least to most over directions of flipped labels", words=True),
            Column("Random", "least to most over random directions", words=True),
            Column("Claimed", "whether the effect is beyond 0 and every one of them", words=True),
        ),
        rows=tuple(rows),
        row_head="Change",
        note=f"{told['directions']} directions of each kind; steps along the "
        f"{'probe' if told['along'] == 'probe' else 'difference of class means'}."
        if rows
        else "",
    )


def _claimed(effect: Told) -> str:
    """Whether an effect is claimed, and why not."""
    if effect["claimed"]:
        return "yes"
    return f"no: {effect['why']}" if effect.get("why") else "no"


def attention_sentences(told: Told | None) -> list[str]:
    """What was found of attention, to be read first.

    Args:
        told: what ``attention.json`` holds; None: nothing was asked.
    """
    if not told:
        return []
    whole, relative = (
        next(
            one
            for one in told["looks"]
            if (one["kind"], one["layer"], one["stratum"]) == (kind, ALL_BLOCKS, "")
        )
        for kind in ("attention", "relative")
    )
    share, area = rate_of(whole["share"]), rate_of(whole["area"])
    place = rate_of(whole["place"])
    elsewhere = (
        "whether that is more than by place is not known: no other group has such pictures"
        if place.value is None
        else f"{place.text('line', 'plain')} times what the region gets of the attention to "
        "other pictures"
    )
    out = [
        f"Of the attention that the last token pays to the picture, {share.text('line')} % lies on "
        f"the evidence, which is {area.text('value')} % of the picture: "
        f"{rate_of(whole['lift']).text('line', 'plain')} times as much as by chance, and "
        f"{elsewhere} (mean over all blocks and heads, {whole['n']:,} items of "
        f"{told['groups']:,} groups). Relative to a generic prompt it is "
        f"{rate_of(relative['lift']).text('line', 'plain')} times as much as by chance."
    ]
    for one in told["drops"][:1]:
        evidence, control = (rate_of(one[name]).text("value", "plain") for name in _REGIONS)
        said = rate_of(one["difference"]).text("line", "plain")
        p = Worded(one["adjusted"], unit="p").text("value")
        claim = (
            "The answer hangs on what the region shows"
            if one["claimed"]
            else "So nothing is claimed"
        )
        out.append(
            f"Greying the evidence takes {evidence} nats from the right answer's log odds, an "
            f"equal region elsewhere {control}: {said} more, p {p} ({one['n']:,} items of "
            f"{one['groups']:,} groups). {claim}."
        )
    return out


_REGIONS = ("evidence", "control")


def attention_alarms(told: Told | None) -> list[str]:
    """What speaks against the figures of attention, and what is missing among them."""
    out = []
    aligned = rate_of((told or {}).get("aligned"))
    if told and (aligned.value or 0.0) < ALIGNED:
        out.append(
            "alarm: the tokens that change where a small square is greyed are not those that are "
            f"taken to show it (area {aligned.text('line', 'plain')}, at least {ALIGNED} is "
            "wanted): nothing can be said of where attention lies"
        )
    for name, words in (("left_out", "not looked at"), ("no_drop", "not greyed")):
        for why, count in ((told or {}).get(name) or {}).items():
            out.append(f"{count:,} items {words}: {why}")
    if why := (told or {}).get("no_rollout"):
        out.append(f"no rollout: {why}")
    return out


def attention_tables(told: Told | None, *, every_line: bool = True) -> list[Table]:
    """How much attention lies on the evidence, and what greying that does.

    Args:
        told: what ``attention.json`` holds; None: nothing was asked.
        every_line: also block by block, and stratum by stratum.
    """
    if not told:
        return []
    looks, drops = told["looks"], told["drops"]
    strata = [one for one in looks if one["stratum"]]
    if not every_line:
        looks = [one for one in looks if one["layer"] in ("", ALL_BLOCKS)]
        strata, drops = [], drops[:1]
    found = [
        _looked([one for one in looks if not one["stratum"]], told, every_line),
        _looked(strata, told, False),
        _dropped(drops),
    ]
    return [one for one in found if one.rows]


def _looked(looks: Any, told: Told, with_heads: bool) -> Table:
    heads = {one["layer"]: one for one in told["heads"]}
    by_stratum = any(one["stratum"] for one in looks)
    rows = []
    for one in looks:
        own = heads.get(one["layer"]) if one["kind"] == "attention" else None
        lifts = sorted(head["value"] for head in own["lift"]) if own else []
        cells: tuple[Cell, ...] = (
            rate_of(one["share"]),
            rate_of(one["area"]),
            area(one["lift"]),
            area(one["place"]),
            rate_of(one["hit"]),
        )
        if with_heads:
            cells += (
                rate_of(own["picture"]) if own else None,
                _span({"low": lifts[0], "high": lifts[-1]}) if lifts else None,
            )
        label = one["stratum"] or one["layer"] or one["kind"]
        group = one["kind"].partition(" ")[0]
        rows.append(Row(label, (*cells, "yes" if one["beyond"] else "no"), group=group))
    more = (
        Column("To picture", "of all attention of the last token, how much goes to the picture"),
        Column("Heads", "lift of single heads, from the least to the most", words=True),
    )
    return Table(
        key="t-attention-strata" if by_stratum else "t-attention",
        caption=f"Attention to the evidence{', mean over all blocks' if by_stratum else ''}: "
        "percent; lifts plain, 95 % intervals over groups (relative: to a generic prompt)",
        columns=(
            Column("Share", "of the attention to the picture that lies on the evidence"),
            Column("Area", "the same by chance: the evidence's share of the picture's tokens"),
            Column("Lift", "share over area; 1 by chance"),
            Column(
                "By place",
                "share over what the region gets of the attention to other groups' pictures; 1 "
                "where it is looked at whatever is there",
            ),
            Column("Hit", "the token with the most attention shows evidence; by chance the area"),
            *(more if with_heads else ()),
            Column(
                "Beyond",
                "whether lift and by place lie above 1, at a level for all lines together",
                words=True,
            ),
        ),
        rows=tuple(rows),
        row_head="Items" if by_stratum else "Block",
        note=""
        if by_stratum
        else f"{told['items']:,} items of {told['groups']:,} groups. This describes; what an "
        "answer is made of it does not say. Where a small square is greyed, the tokens that show "
        f"it change before others: area {rate_of(told['aligned']).text('value', 'plain')}, 1 is "
        "right.",
    )


def _dropped(drops: Any) -> Table:
    rows = []
    for one in drops:
        cells: tuple[Cell, ...] = (
            area(one["own"]),
            area(one["evidence"]),
            area(one["control"]),
            area(one["difference"]),
            Worded(one["adjusted"], unit="p"),
            *(rate_of(one[name]) for name in ("right", "right_evidence", "right_control")),
            "yes" if one["claimed"] else "no",
        )
        rows.append(Row(one["stratum"] or "all", cells, basis=f"{one['n']:,} items"))
    return Table(
        key="t-attention-drop",
        caption="A region greyed: log odds of the right answer in nats, right answers in percent, "
        "95 % intervals over groups",
        columns=(
            Column("Own", "log odds of the right answer against the others compared"),
            Column("Evidence", "what greying the evidence takes from them"),
            Column("Control", "what greying an equal region takes that shows no evidence"),
            Column("Difference", "the first less the second"),
            Column("p", "one-sided, evidence and control exchanged group by group; Holm's"),
            Column("Right", "the right answer is the likeliest of those compared"),
            Column("Evidence grey", "the same with the evidence greyed"),
            Column("Control grey", "the same with the control greyed"),
            Column("Claimed", "whether the difference is beyond 0 and chance", words=True),
        ),
        rows=tuple(rows),
        row_head="Items",
    )


def _span(drawn: Told) -> str:
    """The least and the most of what was drawn."""
    ends = (Estimate(drawn[end]).text("value", "plain") for end in ("low", "high"))
    return " to ".join(ends)
