"""Reading a run's summary (docs/rose-summary.md) into the report's own values.

The only module that knows how summary.json is laid out. Tables that a run does not have come out
empty; nothing is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handeye.pages.state import State
from handeye.rose.pages.view import STATES, Basis, Factor, Headline
from handeye.rose.questions import BY_KEY
from handeye.scores.estimate import Estimate, rate_of

Tree = Mapping[str, Any]
Pairs = dict[str, dict[str, dict[str, Estimate]]]

# Columns of the pair tables -> names in the authors' analysis tables.
_GLOBAL = {
    "G-Cnt": "gcnt_pass_rate",
    "G-Clk": "gclk_pass_rate",
    "G-Clk†": "gclk_pass_given_gcnt_correct",
    "Card": "cardinality_exact_rate",
    "Loc|Card": "location_exact_given_cardinality",
}
_MATCHED = {
    "mL-Cnt": "mlcnt_pass_rate",
    "L-Clk": "lclk_pass_rate",
    "L-Clk†": "lclk_pass_given_mlcnt_correct",
    "Fail†": "transfer_failure_given_mlcnt_correct",
}
_DROPS = {"G-Cnt→G-Clk": "G-Cnt to G-Clk", "G-Clk→V-Clk": "G-Clk to V-Clk"}
_MATCHED_DROP = "mL-Cnt→L-Clk"
_CASES = {
    "zero": "no target in the region",
    "partial": "some of the targets in the region",
    "all": "all targets in the region",
}
# The size class says the same as the number of cells, with bounds that differ between subsets.
_LEFT_OUT = frozenset({"profile"})


def rate(tree: Tree | None, name: str) -> Estimate:
    """The estimate ``tree[name]``, or nothing."""
    return rate_of(tree.get(name) if tree else None)


def _rates(tree: Tree) -> dict[str, Estimate]:
    return {name: rate(tree, name) for name in tree}


def _nested(tree: Tree) -> dict[str, dict[str, Estimate]]:
    return {name: _rates(inner) for name, inner in tree.items()}


def basis(summary: Tree, name: str) -> Basis:
    """The tables over ``all`` or ``answered`` items."""
    found = summary["bases"][name]
    head = found["headline"]
    return Basis(
        name=name,
        n=int(found["n"]),
        headline=Headline(rate(head, "counting"), rate(head, "action"), rate(head, "gap")),
        columns=_rates(found["columns"]),
        subsets=_nested(found["subsets"]),
        matrix=_nested(found["matrix"]),
    )


def states(summary: Tree) -> tuple[State, ...]:
    """Items by how they ended, in the order of display; unknown states last."""
    counts: Mapping[str, int] = summary["states"]
    names = [*STATES, *sorted(set(counts) - set(STATES))]
    return tuple(State(name, int(counts.get(name, 0))) for name in names)


def pairs(summary: Tree) -> Pairs:
    """Rows of the same-scene table and of both bridges."""
    out: Pairs = {}
    consistency = summary.get("consistency")
    if consistency:
        macro = consistency["macro_equal_subset"]
        out["consistency"] = {"": {**_rates(macro), "G-Cnt": rate(macro, "T1")}}
    bridges = summary.get("bridges") or {}
    drops = summary.get("drops") or {}
    if bridges.get("global"):
        macro = bridges["global"]["macro_equal_subset"]
        row = {column: rate(macro, name) for column, name in _GLOBAL.items()}
        row |= {column: rate(drops, name) for column, name in _DROPS.items()}
        row["V-Clk"] = rate(summary["bases"]["all"]["columns"], "V-Clk")
        out["global"] = {"": row}
    if bridges.get("matched"):
        table = bridges["matched"]
        parts = {"all regions": table, **table.get("by_actual_case", {})}
        out["matched"] = {
            _CASES.get(part, part): {
                column: rate(found["macro_equal_subset"], name) for column, name in _MATCHED.items()
            }
            for part, found in parts.items()
        }
        out["matched"]["all regions"][_MATCHED_DROP] = rate(drops, "mL-Cnt to L-Clk")
    return out


def factors(summary: Tree) -> tuple[Factor, ...]:
    """PASS against each property that the run's items vary in."""
    out = []
    for key, found in (summary.get("breakdowns") or {}).items():
        if key in _LEFT_OUT:
            continue
        bins = tuple(str(name) for name in found["bins"])
        by_column = found["by_template"]
        rates = {
            t.key: tuple(rate(by_column[t.column], name) for name in bins)
            for t in BY_KEY.values()
            if t.column in by_column
        }
        if len(bins) > 1 and rates:
            out.append(Factor(key, str(found["title"]), str(found["meaning"]), bins, rates))
    return tuple(out)
