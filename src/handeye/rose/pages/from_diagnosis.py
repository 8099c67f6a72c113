"""Reading a diagnosis (docs/diagnosis.md) into the report's own values.

The only module of the report that knows how diagnosis.json is laid out; nothing is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handeye.pages.signs import Sign
from handeye.rose.diagnosis.verdict import claims, verdict
from handeye.rose.pages.diagnosis_view import (
    Chain,
    Convention,
    Curve,
    CurveFactor,
    CurvePair,
    DiagnosisView,
    Group,
    Mark,
    Share,
    Step,
)
from handeye.scores.estimate import NOTHING, Estimate

Tree = Mapping[str, Any]


def diagnosis_view(data: Tree) -> DiagnosisView:
    """The diagnosis of one run as the page shows it."""
    attribution = data["attribution"]
    return DiagnosisView(
        sentence=verdict(data),
        claims=tuple(claims(data)),
        chains={key: _chain(found) for key, found in data["decomposition"].items() if found},
        action=_group(attribution["action"]),
        counting=_group(attribution["counting"]),
        by_template={key: _group(found) for key, found in attribution["by_template"].items()},
        conventions=tuple(map(_convention, attribution["conventions"])),
        signs=tuple(
            (_sign({"key": key, **found}), _estimate(found["rate"]))
            for key, found in attribution["signs"].items()
        ),
        curves=tuple(map(_factor, data["thresholds"].values())),
    )


def _estimate(found: Tree | None) -> Estimate:
    if not found or found.get("value") is None:
        return NOTHING
    return Estimate(found["value"], found.get("low"), found.get("high"), int(found.get("n") or 0))


def _sign(found: Tree) -> Sign:
    return Sign(str(found["key"]), str(found["label"]), str(found.get("meaning") or ""))


def _chain(found: Tree) -> Chain:
    steps = tuple(
        Step(
            str(step["key"]),
            str(step["label"]),
            str(step["meaning"]),
            _estimate(step["loss"]),
            _estimate(step["level"]),
            _other_orders(step.get("alternative")),
        )
        for step in found["steps"]
    )
    ends = [(str(found[end]["label"]), _estimate(found[end])) for end in ("start", "end")]
    return Chain(
        key=str(found["key"]),
        title=str(found["title"]),
        meaning=str(found["meaning"]),
        start=ends[0],
        end=ends[1],
        whole=_estimate(found["whole"]),
        steps=steps,
        n_scenes=int(found["n_scenes"]),
        n_items=int(found["n_items"]),
    )


def _other_orders(found: Tree | None) -> tuple[float, float] | None:
    losses = [loss for loss in (found or {}).values() if loss is not None]
    return (min(losses), max(losses)) if losses else None


def _group(found: Tree) -> Group:
    return Group(
        n_items=int(found["n_items"]),
        n_failed=int(found["n_failed"]),
        failed=_estimate(found["failed"]),
        reasons=tuple(map(_share, found["reasons"])),
        tags=tuple(map(_share, found["tags"])),
    )


def _share(found: Tree) -> Share:
    rates = _estimate(found["share"]), _estimate(found["rate"])
    return Share(_sign(found), int(found["count"]), *rates)


def _convention(found: Tree) -> Convention:
    return Convention(
        label=str(found["label"]),
        n_items=int(found["n_items"]),
        items=int(found["items"]),
        weight=_estimate(found["weight"]),
        ratio=float(found["log_likelihood_ratio"]),
        p_value=float(found["p_value"]),
        decided=bool(found["decided"]),
    )


def _factor(found: Tree) -> CurveFactor:
    return CurveFactor(
        key=str(found["key"]),
        title=str(found["title"]),
        unit=str(found.get("unit") or ""),
        transform=str(found.get("transform") or ""),
        whole=_pair("all subsets", found),
        subsets=tuple(
            _pair(str(name).removeprefix("ROSE-"), pair)
            for name, pair in (found.get("by_subset") or {}).items()
        ),
    )


def _pair(title: str, found: Tree) -> CurvePair:
    return CurvePair(
        title=title,
        counting=_curve(found["counting"]),
        action=_curve(found["action"]),
        distance=_estimate(found.get("distance")),
        left_out=tuple(str(n).removeprefix("ROSE-") for n in found.get("left_out") or ()),
    )


def _curve(found: Tree) -> Curve:
    fit = tuple((p["x"], Estimate(p["y"], p["low"], p["high"])) for p in found["fit"])
    threshold = found["threshold"]
    return Curve(
        marks=tuple(Mark(p["x"], str(p["label"]), _estimate(p)) for p in found["points"]),
        fit=fit,
        threshold=_estimate(threshold),
        reason=str(threshold.get("reason") or ""),
        n_items=int(found["n_items"]),
    )
