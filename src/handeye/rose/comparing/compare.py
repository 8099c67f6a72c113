"""Which differences between runs are real: paired on the same items, one family at a time.

Runs over the same items share every scene, so differences are taken item by item: intervals from a
bootstrap that draws the same scenes for all runs, exact tests where few scenes differ and for each
template (McNemar), Holm's adjustment within each family of questions over all pairs of runs.
docs/comparing.md says what each family asks and how to read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from handeye.errors import OptionError
from handeye.rose.comparing.paired_runs import COLUMNS, PairedRuns, pair_runs
from handeye.rose.comparing.quantities import families
from handeye.rose.diagnosis.attribution import attribute
from handeye.rose.diagnosis.evidence import run_evidence
from handeye.rose.questions import TEMPLATES
from handeye.rose.scoring.run_folder import Run
from handeye.scores.comparison_tests import Tested, tested
from handeye.scores.comparison_words import letter, sentences, verdict, verdict_words
from handeye.scores.labels import run_labels
from handeye.scores.quantity import Family, Quantity
from handeye.stats.intervals import LEVEL, Samples, estimates
from handeye.stats.mcnemar import mcnemar
from handeye.stats.multiplicity import holm
from handeye.stats.sample_size import POWER, Spread, smallest_difference

FORMAT = 1
RESAMPLES = 5000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs compared.

    ``data`` is plain values (docs/comparing.md). ``paired`` are the runs side by side, for whoever
    wants to look at single items.
    """

    data: Mapping[str, Any]
    paired: PairedRuns

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def to_json(self) -> bytes:
        """The comparison as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self.data), indent=1) + b"\n"


def compare_runs(
    runs: Sequence[Run],
    *,
    common: bool = False,
    all_pairs: bool = False,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare run folders over the same items; the first is what the others are compared with.

    Args:
        runs: two or more runs, read.
        common: compare only the items that all runs have, and say so.
        all_pairs: compare every two runs, not only each with the first.
        seed: of the bootstrap; the same gives the same figures.
        resamples: number of resamples of scenes.

    Raises:
        OptionError: fewer than two runs, or too few resamples.
        DataError: the runs are not about the same items (see
            :func:`handeye.rose.comparing.paired_runs.pair_runs`), or a file cannot be read.
    """
    labels = run_labels(runs)
    frames = [run.scan().select(COLUMNS).collect() for run in runs]
    reasons = [attribute(run_evidence(run)).rows["reason"] for run in runs]
    paired = pair_runs(frames, labels, reasons=reasons, common=common)
    found = compare_paired(paired, all_pairs=all_pairs, seed=seed, resamples=resamples)
    about = [_about(run) for run in runs]
    told = [own | more for own, more in zip(found["runs"], about, strict=True)]
    data = {**found.data, "runs": told, "notes": [*_notes(about), *found["notes"]]}
    return Comparison(data, paired)


def compare_paired(
    paired: PairedRuns, *, all_pairs: bool = False, seed: int = 0, resamples: int = RESAMPLES
) -> Comparison:
    """As :func:`compare_runs` for score rows that lie side by side already.

    Raises:
        OptionError: fewer than 100 resamples.
    """
    if resamples < 100:
        raise OptionError(f"resamples must be at least 100, got {resamples}")
    labels = paired.labels
    chosen = _pairs(len(labels), all_pairs)
    found = families(paired, seed=seed, resamples=resamples)
    tables = [_family(family, chosen, paired) for family in found]
    pairs = []
    for k, (first, second) in enumerate(chosen):
        pair: dict[str, Any] = {
            "first": first,
            "second": second,
            "families": [
                {"key": f.key, "title": f.title, "meaning": f.meaning, "rows": rows[k]}
                for f, rows in zip(found, tables, strict=True)
            ],
            "discordance": _discordance(paired, first, second),
        }
        names = labels[first], labels[second]
        pair["sentences"] = sentences(pair, names, paired.n_items, paired.n_scenes)
        pairs.append(pair)
    data = {
        "format": FORMAT,
        "suite": "rose",
        "n_items": paired.n_items,
        "n_scenes": paired.n_scenes,
        "subsets": list(paired.subsets),
        "templates": [t.column for t in _templates(paired)],
        "interval": {"level": LEVEL, "resamples": resamples, "seed": seed, "power": POWER},
        "runs": [
            {"label": label, "letter": letter(k), "left_out": left_out}
            for k, (label, left_out) in enumerate(zip(labels, paired.left_out, strict=True))
        ],
        "notes": _left_out_note(paired),
        "pairs": pairs,
    }
    return Comparison(data, paired)


def _pairs(count: int, every: bool) -> list[tuple[int, int]]:
    last = count - 1 if every else 1
    return [(a, b) for a in range(last) for b in range(a + 1, count)]


def _templates(paired: PairedRuns) -> list[Any]:
    present = set(paired.items["task_template"].unique())
    return [template for template in TEMPLATES.values() if template.id in present]


# ---- one family


def _family(
    family: Family, pairs: Sequence[tuple[int, int]], paired: PairedRuns
) -> list[list[dict[str, Any]]]:
    """The rows of a family, one list per pair of runs; Holm over all of them."""
    asked_of = [[row for row in family.quantities if row.occurs(*pair)] for pair in pairs]
    tests = {
        (k, row.key): tested(row, first, second, paired.cluster)
        for k, (first, second) in enumerate(pairs)
        for row in asked_of[k]
    }
    adjusted = holm({name: test.p_value for name, test in tests.items()})
    asked = sum(p is not None for p in adjusted.values())
    return [
        [
            _row(row, first, second, tests[k, row.key], adjusted[k, row.key], asked, paired)
            for row in asked_of[k]
        ]
        for k, (first, second) in enumerate(pairs)
    ]


def _row(
    row: Quantity,
    first: int,
    second: int,
    test: Tested,
    adjusted: float | None,
    asked: int,
    paired: PairedRuns,
) -> dict[str, Any]:
    tree = {
        "first": row.samples[first],
        "second": row.samples[second],
        "difference": test.difference,
    }
    found = estimates(tree)
    if test.same and found["difference"]["value"] is not None:
        # Resamples of runs that never differ do not vary; the adjusted Wald interval does.
        found["difference"] |= {"low": test.signs.low, "high": test.signs.high}
    value = found["difference"]["value"]
    decided = verdict(row.sense, value, adjusted)
    smallest = None if test.same else _smallest(test.difference, paired.n_scenes, asked)
    words = verdict_words(decided, letter(first), letter(second), smallest)
    own_way = row.sense == "gap"
    return {
        "key": row.key,
        "label": row.label,
        "group": row.group,
        "sense": row.sense,
        **found,
        "n": int((row.weights != 0).sum()),
        "only_first": None if own_way else test.only_first,
        "only_second": None if own_way else test.only_second,
        "test": test.name,
        "p_value": test.p_value,
        "p_adjusted": adjusted,
        "verdict": decided,
        "smallest_difference": smallest,
        "words": words,
    }


def _smallest(found: Samples, scenes: int, asked: int) -> float | None:
    """Smallest true difference that the family's test of so many rows shows with power 0.8."""
    drawn = found.values[1:]
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < 2 or not (variance := float(np.var(drawn, ddof=1))):
        return None
    level = 1 - (1 - LEVEL) / max(asked, 1)
    return smallest_difference(scenes, Spread(variance * scenes), level=level)


def _discordance(paired: PairedRuns, first: int, second: int) -> list[dict[str, Any]]:
    """Who is right where, by template: counts of items and the exact test."""
    template = paired.items["task_template"].to_numpy()
    out = []
    for one in _templates(paired):
        inside = template == one.id
        found = mcnemar(paired.passed[inside, first], paired.passed[inside, second])
        out.append({"key": one.key, "label": one.column, **found.to_dict()})
    return out


# ---- what was compared


def _about(run: Run) -> dict[str, Any]:
    info = run.info
    return {
        "path": str(run.path),
        "model": info.get("model"),
        "created": info.get("created"),
        "n_items": info.get("n_items"),
        "partial": bool(run.summary["partial"]),
        "states": run.summary["states"],
        "seeds": info.get("seeds") or {},
        "data": [entry.get("sha256") for entry in info.get("data") or []],
    }


def _notes(about: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = []
    if len({tuple(sorted(map(str, run["data"]))) for run in about}) > 1:
        notes.append(
            "The runs were scored against metadata files that are not the same to the byte; "
            "targets, regions and grids of the compared items are."
        )
    notes += [
        f"{letter(k)} is a partial run: items without a prediction are in none of its rates."
        for k, run in enumerate(about)
        if run["partial"]
    ]
    return notes


def _left_out_note(paired: PairedRuns) -> list[str]:
    if not any(paired.left_out):
        return []
    counts = ", ".join(
        f"{count:,} of {letter(k)}" for k, count in enumerate(paired.left_out) if count
    )
    return [
        f"Only the {paired.n_items:,} items that all runs have are compared; left out are {counts}."
    ]
