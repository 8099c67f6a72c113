"""Diagnoses made by hand in the shape of diagnosis.json, with numbers that are easy to follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tree = dict[str, Any]
STEPS = {
    "format": "how it is written",
    "consistency": "clicks and number agree",
    "abstention": "nothing to click",
    "region": "region named",
    "coordinates": "cells named",
    "finding": "found again",
}


def est(value: float | None, half: float = 0.02, n: int = 1000) -> Tree:
    """An estimate with an interval of ``value`` ± ``half``."""
    if value is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": value, "low": round(value - half, 6), "high": round(value + half, 6), "n": n}


def chain(counting: float, losses: Mapping[str, float], half: float = 0.02) -> Tree:
    """A chain from ``counting`` down by ``losses``, in the order given."""
    steps, level = [], counting
    for key, loss in losses.items():
        level -= loss
        steps.append(
            {
                "key": key,
                "label": STEPS[key],
                "meaning": f"What {key} takes.",
                "loss": est(loss, half),
                "level": est(level, half),
                "sides": {},
                "alternative": None,
            }
        )
    return {
        "key": "gap",
        "title": "From counting to acting",
        "meaning": "Counting Avg. down to Action Avg.",
        "start": {"key": "counting", "label": "counting", **est(counting, half)},
        "end": {"key": "action", "label": "action", **est(level, half)},
        "whole": est(counting - level, half),
        "n_scenes": 200,
        "n_items": 1000,
        "steps": steps,
    }


def group(n_items: int, counts: Mapping[str, int]) -> Tree:
    """Reasons with their counts; tags are the same and one more."""
    failed = sum(counts.values())

    def row(key: str, count: int) -> Tree:
        return {
            "key": key,
            "label": key.replace("_", " "),
            "meaning": f"Meaning of {key}.",
            "count": count,
            "share": est(count / failed, 0.03, failed),
            "rate": est(count / n_items, 0.02, n_items),
        }

    rows = [row(key, count) for key, count in counts.items()]
    tags = [*rows, row("near_border", failed // 2)] if failed else []
    return {
        "n_items": n_items,
        "n_failed": failed,
        "failed": est(failed / n_items, 0.02, n_items),
        "reasons": rows,
        "tags": tags,
    }


def curve(threshold: float | None, reason: str | None = None) -> Tree:
    """A falling curve over similarity that crosses one half at ``threshold``."""
    xs = [0.5 + 0.05 * k for k in range(10)]
    fit = []
    if threshold is not None:
        for x in xs:
            y = 1 / (1 + 2.718281828 ** (12 * (x - threshold)))
            fit.append({"x": x, "y": y, "low": max(y - 0.05, 0.0), "high": min(y + 0.05, 1.0)})
    points = [
        {"x": x, "from": x, "to": x, "label": f"{x:.2f}", **est(y, *about)}
        for x, y, *about in (
            [(p["x"], p["y"], 0.06, 90) for p in fit[::3]] or [(x, 1.0, 0.0, 90) for x in xs[::3]]
        )
    ]
    return {
        "n_items": 400,
        "n_scenes": 200,
        "intercept": 1.0,
        "slope": est(-12.0 if threshold else None, 1.0),
        "threshold": {**est(threshold, 0.02), "reason": reason},
        "points": points,
        "fit": fit,
    }


def factor(key: str, counting: float | None, action: float | None) -> Tree:
    """One factor with its two curves, over all subsets and for two of them."""
    apart = None if counting is None or action is None else counting - action
    reason = None if apart is not None else "a curve never crosses one half"
    pair = {
        "counting": curve(counting, None if counting else "all right"),
        "action": curve(action, None if action else "all wrong"),
        "distance": {**est(apart, 0.03), "reason": reason},
    }
    return {
        "key": key,
        "title": {"similarity": "Similarity", "cells": "Cells", "targets": "Targets"}[key],
        "unit": "",
        "transform": "log2(x)" if key == "cells" else "x",
        "sentence": f"acts rightly on half of the items up to {action}",
        "left_out": ["ROSE-EmojiContent"] if key == "cells" else [],
        **pair,
        "by_template": {"G-Cnt": pair["counting"], "L-Clk": pair["action"]},
        "by_subset": {"ROSE-EmojiStyle": pair, "ROSE-PixelEdit": pair},
    }


def sign(key: str, value: float, half: float = 0.03) -> Tree:
    return {key: {"label": key.replace("_", " "), "meaning": "", "rate": est(value, half, 200)}}


LOSSES = {
    "format": 0.03,
    "consistency": 0.02,
    "abstention": 0.06,
    "region": 0.31,
    "coordinates": 0.04,
    "finding": 0.02,
}


def diagnosis(
    counting: float = 0.9,
    losses: Mapping[str, float] = LOSSES,
    *,
    half: float = 0.02,
    signs: Tree | None = None,
    conventions: list[Tree] | None = None,
    states: Mapping[str, int] | None = None,
    n_scenes: int = 200,
    unreadable: int = 0,
    by_template: Tree | None = None,
    **more: Any,
) -> Tree:
    """A whole diagnosis of 1,000 items; ``more`` replaces its entries."""
    action = counting - sum(losses.values())
    counts = {"no_answer": 0, "answered": 1000, **(states or {})}
    action_counts = {"format_only": 12} | ({"unreadable": unreadable} if unreadable else {})
    made = {
        "format": 1,
        "suite": "rose",
        "model": "made/up",
        "n_items": 1000,
        "n_expected": 1000,
        "n_scenes": n_scenes,
        "partial": False,
        "note": "",
        "states": counts,
        "interval": {"level": 0.95, "resamples": 2000, "seed": 0, "words": "95 % intervals"},
        "headline": {
            "counting": est(counting, half),
            "action": est(action, half),
            "gap": est(counting - action, half),
        },
        "columns": {
            "G-Cnt": est(counting),
            "L-Cnt": est(counting),
            "L-Clk": est(action),
            "V-Clk": est(action),
            "Excl-CS": est(action),
            "G-Clk": est(action),
        },
        "bridges": {"global": None, "matched": None},
        "consistency": None,
        "drops": {},
        "decomposition": {"gap": chain(counting, losses, half), "global": None, "matched": None},
        "attribution": {
            "action": group(600, {**action_counts, "outside_region": 200, "missed": 60}),
            "counting": group(400, {"count_low": 30, "count_high": 10}),
            "by_template": by_template
            or {"L-Clk": group(200, {"outside_region": 100, "missed": 20})},
            "conventions": conventions or [],
            "signs": sign("clicks_where_nothing_is", 0.61) if signs is None else signs,
        },
        "thresholds": {
            "similarity": factor("similarity", 0.9, 0.7),
            "cells": factor("cells", None, 0.6),
        },
    }
    return {**made, **more}
