"""Which differences between runs are real: paired on the same items, one family at a time.

Runs over the same items share every scene, so differences are taken item by item: intervals from a
bootstrap that draws the same scenes for all runs, exact tests where few scenes differ and where no
scene has two items (McNemar), Holm's adjustment within each family of questions over all pairs of
runs. Differences are always the second run minus the first. What is compared, a suite says
(:mod:`handeye.scores.quantity`); docs/comparing.md says how to read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from handeye.errors import DataError, OptionError
from handeye.printing import noun
from handeye.run.plan import read_plan
from handeye.scores.difference_test import Tested, tested
from handeye.scores.estimate import flat, plain
from handeye.scores.looks import scored
from handeye.scores.quantity import Family, Quantities, Quantity
from handeye.scores.run_folder import ScoredRun, indented_json, same_set
from handeye.scores.sentences import (
    below_zero,
    letter,
    sentences,
    unsure_words,
    verdict,
    verdict_words,
)
from handeye.scores.so_far import run_of
from handeye.scores.summary import remarks, so_far_words
from handeye.scores.tables import Table
from handeye.shown import Shown, Words
from handeye.stats.intervals import LEVEL, Samples, estimates
from handeye.stats.mcnemar import mcnemar
from handeye.stats.multiplicity import holm
from handeye.stats.paired_bootstrap import clusters_of, paired_totals
from handeye.stats.sample_size import POWER

if TYPE_CHECKING:
    from handeye.suite import Suite

FORMAT = 1
RESAMPLES = 5000
_LEAST = 100
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Shown):
    """Runs compared.

    ``data`` is plain values (docs/comparing.md). ``found`` is what the runs were compared by, for
    whoever wants to look at single items; ``runs`` are the runs, where they came from folders.
    ``beside`` are, of each pair, the suite's tables of what is no sum over items.
    """

    data: Mapping[str, Any]
    suite: Suite
    found: Quantities
    runs: tuple[ScoredRun, ...] = ()
    beside: tuple[tuple[Table, ...], ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values, to be changed at will."""
        found: dict[str, Any] = msgspec.to_builtins(self.data, enc_hook=str)
        return found

    def _words(self) -> Words:
        labels = [f"{letter(k)}: {label}" for k, label in enumerate(self.found.labels)]
        pairs = self.data["pairs"]
        told = {
            f"{letter(pair['second'])} − {letter(pair['first'])}": " ".join(pair["sentences"])
            for pair in pairs
        }
        return Words(f"Comparison of {', '.join(labels)}", told)

    def _rows(self) -> Iterator[dict[str, Any]]:
        for pair in self.data["pairs"]:
            names = {n: self.found.labels[pair[n]] for n in ("first", "second")}
            for family in pair["families"]:
                for row in family["rows"]:
                    yield {
                        "first_run": names["first"],
                        "second_run": names["second"],
                        "family": family["key"],
                        **flat(row),
                    }

    def to_json(self) -> bytes:
        """The comparison as indented JSON."""
        return indented_json(self.data)


def compare(
    suite: Suite,
    runs: Sequence[ScoredRun],
    *,
    common: bool = False,
    all_pairs: bool = False,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare runs over the same items; the first is what the others are compared with.

    Args:
        suite: whose runs they are; its ``quantities`` say what is compared.
        runs: two or more.
        common: compare only the items that all runs have, and say so.
        all_pairs: compare every two runs, not only each with the first.
        seed: of the bootstrap; the same gives the same figures.
        resamples: number of resamples of scenes.

    Raises:
        OptionError: fewer than two runs, too few resamples, or runs that were scored differently.
        DataError: the runs are not about the same items
            (:func:`handeye.scores.quantity.pair_rows`), or a file cannot be read.
    """
    _check(len(runs), resamples)
    found = suite.quantities(runs, common=common)
    compared = compare_quantities(suite, found, all_pairs=all_pairs, seed=seed, resamples=resamples)
    about = [_about(run, suite.unit) for run in runs]
    told = [own | more for own, more in zip(compared["runs"], about, strict=True)]
    notes = [*_notes(suite, runs, found), *compared["notes"]]
    _add_chance(compared["pairs"], runs, found)
    data = {**compared.data, "runs": told, "notes": notes}
    return replace(compared, data=data, runs=tuple(runs))


def compare_quantities(
    suite: Suite,
    found: Quantities,
    *,
    all_pairs: bool = False,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """As :func:`compare` for quantities that are at hand already.

    Raises:
        OptionError: fewer than two runs, or too few resamples.
    """
    count = len(found.labels)
    _check(count, resamples)
    chosen = [pair for pair in combinations(range(count), 2) if all_pairs or not pair[0]]
    samples = _resampled(found, chosen, seed, resamples)
    tables = [_family(family, chosen, samples, found) for family in found.families]
    pairs = []
    beside = [tuple(found.beside(*pair)) for pair in chosen]

    def where(number: str) -> str:
        return f"({suite.title}, {counted_words(suite, found, number)}, paired)"

    for k, (first, second) in enumerate(chosen):
        pair: dict[str, Any] = {
            "first": first,
            "second": second,
            "families": [
                {"key": f.key, "title": f.title, "meaning": f.meaning, "rows": rows[k]}
                for f, rows in zip(found.families, tables, strict=True)
            ],
            "discordance": _discordance(found, first, second),
            "beside": {table.key: _plain_rows(table) for table in beside[k]},
        }
        pairs.append(pair | {"sentences": sentences(found, pair, where)})
    data = {
        "format": FORMAT,
        "suite": suite.name,
        "n_items": found.n_items,
        "n_scenes": found.n_scenes,
        **{name: list(values) for name, values in found.about.items()},
        "interval": {"level": LEVEL, "resamples": resamples, "seed": seed, "power": POWER},
        "runs": [
            {"label": label, "letter": letter(k), "left_out": left_out}
            for k, (label, left_out) in enumerate(zip(found.labels, found.left_out, strict=True))
        ],
        "notes": [*found.notes, *_gaps_note(suite.unit, found), *_left_out_note(suite.unit, found)],
        "pairs": pairs,
    }
    return Comparison(data, suite, found, beside=tuple(beside))


def _plain_rows(table: Table) -> list[dict[str, Any]]:
    return [
        {
            "label": row.label,
            "group": row.group,
            **{
                column.key: plain(cell)
                for column, cell in zip(table.columns, row.cells, strict=True)
            },
        }
        for row in table.rows
    ]


def _add_chance(
    pairs: Sequence[Mapping[str, Any]], runs: Sequence[ScoredRun], found: Quantities
) -> None:
    """Set beside each figure what the best constant answer scores, where both runs say the same.

    That is over all items of a run, so only where none is left out.
    """
    looks = [] if any(found.left_out) else [run.looks() for run in runs]
    for pair, family in ((p, k) for p in pairs for k in range(len(found.families)) if looks):
        named = {one.key: one.chance for one in found.families[family].quantities if one.chance}
        for row in pair["families"][family]["rows"]:
            if place := named.get(row["key"]):
                first, second = (scored(looks[pair[name]], *place) for name in ("first", "second"))
                if first.value is not None and first == second:
                    row["chance"] = plain(first)


def counted_words(suite: Suite, found: Quantities, number: str = "") -> str:
    """``5,560 items about 1,112 scenes``, or only the one where the two are the same.

    Args:
        suite: says what they are called.
        found: what was compared.
        number: of the items in words, where it is not all of them.
    """
    words = f"{number or f'{found.n_items:,}'} {noun(found.n_items, suite.unit)}"
    if suite.unit == suite.scene:
        return words
    return f"{words} about {found.n_scenes:,} {noun(found.n_scenes, suite.scene)}"


def _check(runs: int, resamples: int) -> None:
    if runs < 2:
        raise OptionError(f"a comparison needs at least two runs, got {runs}")
    if resamples < _LEAST:
        raise OptionError(f"resamples must be at least {_LEAST}, got {resamples}")


# ---- resamples

# Family, quantity, run, and the other run where it depends on that which items are compared.
_Name = tuple[str, str, int, int | None]


def _resampled(
    found: Quantities, pairs: Sequence[Pair], seed: int, resamples: int
) -> dict[_Name, Samples]:
    """Every figure of every run, from one resampling of the scenes.

    What several figures add up alike (the items of a table, for every run) is resampled once.
    """
    places: dict[bytes, int] = {}
    held: list[np.ndarray] = []
    wanted: dict[_Name, tuple[Quantity, list[int], Sequence[int]]] = {}
    for family, one in found.each():
        for name, run in _names(family, one, pairs):
            if name in wanted:
                continue
            sums, other = one.sums(run), name[3]
            inside = one.weights != 0 if other is None else one.inside(run, other)
            sums = np.where(inside[:, None], sums, 0.0)
            columns = []
            for column in sums.T:
                total = np.bincount(found.cluster, weights=column, minlength=found.n_scenes)
                columns.append(places.setdefault(total.tobytes(), len(held)))
                if columns[-1] == len(held):
                    held.append(total)
            held_in = np.bincount(found.cluster, weights=inside, minlength=found.n_scenes) > 0
            wanted[name] = one, columns, clusters_of(found.home, held_in)
    sums = np.stack(held, axis=1) if held else np.zeros((found.n_scenes, 0))
    totals = paired_totals(sums, found.home, resamples=resamples, seed=seed)
    return {
        name: one.value(totals[:, :, columns], scenes)
        for name, (one, columns, scenes) in wanted.items()
    }


def _names(family: Family, one: Quantity, pairs: Sequence[Pair]) -> list[tuple[_Name, int]]:
    gaps = bool(np.isnan(one.outcomes[one.weights != 0]).any())
    return [
        ((family.key, one.key, run, other if gaps else None), run)
        for pair in pairs
        for run, other in (pair, pair[::-1])
    ]


# ---- one family


def _family(
    family: Family,
    pairs: Sequence[Pair],
    samples: Mapping[_Name, Samples],
    found: Quantities,
) -> list[list[dict[str, Any]]]:
    """The rows of a family, one list per pair of runs; Holm over all of them."""
    home = found.home
    figures: dict[tuple[int, str], tuple[Samples, Samples]] = {}
    tests: dict[tuple[int, str], Tested] = {}
    asked_of = {
        (k, one.key): one
        for k, pair in enumerate(pairs)
        for one in family.quantities
        if one.occurs(*pair)
    }
    for (k, key), one in asked_of.items():
        first, second = (samples[name] for name, _ in _names(family, one, [pairs[k]]))
        figures[k, key] = first, second
        tests[k, key] = tested(one, pairs[k], (first, second), found.cluster, home)
    adjusted = holm({name: test.p_value for name, test in tests.items()})
    asked = sum(p is not None for p in adjusted.values())
    rows: list[list[dict[str, Any]]] = [[] for _ in pairs]
    for (k, key), one in asked_of.items():
        test = tests[k, key]
        smallest = test.smallest(asked)
        rows[k].append(_row(one, pairs[k], figures[k, key], test, adjusted[k, key], smallest))
    return rows


def _row(
    one: Quantity,
    pair: Pair,
    figures: tuple[Samples, Samples],
    test: Tested,
    adjusted: float | None,
    smallest: float | None,
) -> dict[str, Any]:
    tree = {"first": figures[0], "second": figures[1], "difference": test.difference}
    found = estimates(tree)
    if test.same and found["difference"]["value"] is not None:
        # Resamples of runs that never differ do not vary; the adjusted Wald interval does.
        found["difference"] |= {"low": test.signs.low, "high": test.signs.high}
    # The same items, asked of either run.
    found["difference"]["n"] = test.n_items
    first, second = map(letter, pair)
    decided = verdict(one.sense, found["difference"]["value"], adjusted)
    own_way = one.sense == "gap"
    row = {
        "key": one.key,
        "label": one.label,
        "group": one.group,
        "sense": one.sense,
        **found,
        "n": test.n_items,
        "only_first": None if own_way else test.only_first,
        "only_second": None if own_way else test.only_second,
        "test": test.name,
        "p_value": test.p_value,
        "p_adjusted": adjusted,
        "verdict": decided,
        "smallest_difference": smallest,
    }
    unsure, below = unsure_words(row), own_way and below_zero(row)
    words = verdict_words(decided, first, second, smallest, unsure, below=below)
    return row | {"words": words}


def _discordance(found: Quantities, first: int, second: int) -> list[dict[str, Any]]:
    """Who is right where: counts and the exact test; the difference is second minus first."""
    out = []
    for units in found.units:
        told = mcnemar(units.right[:, first], units.right[:, second]).to_dict()
        ends = {"difference": "difference", "low": "high", "high": "low"}
        turned = {
            name: None if (value := told[end]) is None else 0 - value for name, end in ends.items()
        }
        out.append({"key": units.key, "label": units.label, **told, **turned})
    return out


# ---- what was compared


def _about(run: ScoredRun, unit: str) -> dict[str, Any]:
    info = run.info
    return {
        "path": str(run_of(run.path, info)),
        "model": info.get("model"),
        **({"adjusted": run.summary.adjusted} if run.summary.adjusted else {}),
        "created": info.get("created"),
        "n_items": info.get(f"n_{unit}"),
        "partial": bool(run.summary["partial"]),
        **({"so_far": run.summary["note"]} if "so_far" in info else {}),
        "states": run.summary["states"],
        "seeds": info.get("seeds") or {},
        "data": [entry.sha256 for entry in run.data_entries()],
    }


def _notes(suite: Suite, runs: Sequence[ScoredRun], found: Quantities) -> list[str]:
    notes = []
    if told := same_set(runs, [letter(k) for k in range(len(runs))]):
        same = f"{found.words.checked} of the compared {suite.unit} are the same"
        notes.append(f"{told[:1].upper()}{told[1:]}; {same}.")
    for k, run in enumerate(runs):
        if run.summary["partial"]:
            without = f"{suite.unit} without a prediction are in none of its rates"
            notes.append(f"{letter(k)} is {_kind(run)}: {without}.")
    for k, run in enumerate(runs):
        # About who answered; of the rest the pages of the runs speak.
        model = f"{run.info.get('model')} ".lower()
        told_of = remarks(str(run.summary.data.get("note", "")))
        notes += [f"{letter(k)}: {words}" for words in told_of if words.lower().startswith(model)]
    return [*notes, *_adjusted_notes(runs)]


def _adjusted_notes(runs: Sequence[ScoredRun]) -> Iterator[str]:
    """Which answers went through an adjuster; and of which run that alone sets them apart."""
    raw = {letter(k): _asked(run) for k, run in enumerate(runs) if not run.summary.adjusted}
    for k, run in enumerate(runs):
        if not run.summary.adjusted or not raw:
            continue
        asked = _asked(run)
        twins = [one for one, other in raw.items() if asked is not None and other == asked]
        yield (
            f"{letter(k)} is the model of {twins[0]}, asked in the same way, with an adjuster "
            f"behind its letters ({run.summary.adjusted}): that is what differs between the two."
            if twins
            else f"{letter(k)}: an adjuster stood behind the model's letters "
            f"({run.summary.adjusted})."
        )


def _asked(run: ScoredRun) -> tuple[Any, ...] | None:
    """Which model was asked, and how, apart from an adjuster; None where no plan tells."""
    try:
        plan = read_plan(run_of(run.path, run.info))
    except DataError:
        return None
    arguments = {name: one for name, one in plan.model_args.items() if name != "adjuster"}
    return plan.model, arguments, plan.config, plan.asked


def _kind(run: ScoredRun) -> str:
    words = so_far_words(str(run.summary.data.get("note", "")))
    return f"not finished ({words})" if words else "a partial run"


def _left_out_note(unit: str, found: Quantities) -> list[str]:
    if not any(found.left_out):
        return []
    counts = ", ".join(
        f"{count:,} of {letter(k)}" for k, count in enumerate(found.left_out) if count
    )
    return [
        f"Only the {found.n_items:,} {unit} that all runs have are compared; left out are {counts}."
    ]


def _gaps_note(unit: str, found: Quantities) -> list[str]:
    """Why a figure is about fewer items than the others, and not that of the run's own page."""
    gaps = any(
        np.isnan(one.outcomes[one.weights != 0]).any(axis=1).any() for _, one in found.each()
    )
    if not gaps:
        return []
    one = unit.removesuffix("s")
    return [
        f"A {one} of which one of two runs has no such figure is left out of it for both: n says "
        f"how many {unit} are compared, and a rate may differ from that of the run alone."
    ]
