"""Attribution of one run as tables: shares of reasons and signs with intervals over scenes.

Everything is a quotient of sums over scenes (:mod:`handeye.rose.scoring.tally`), scenes being
resampled within their subset; the layout is ``diagnosis["attribution"]`` (docs/diagnosis.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from handeye.rose.diagnosis.attribution import Attribution, convention_values
from handeye.rose.diagnosis.convention_findings import Finding
from handeye.rose.diagnosis.reasons import REASONS, SIGNS, TAGS, Reason
from handeye.rose.questions import TEMPLATES
from handeye.rose.scoring.tally import SCENE, Group, Ledger, Scope, Tally, ordered_subsets
from handeye.stats.intervals import Samples, estimates

_HABITS: Scope = ("habits",)
_CONVENTIONS: Scope = ("conventions",)
_KINDS = {"COUNT": "counting", "CLICK": "action", "CLICK_COUNT": "action"}


def attribution_tables(attribution: Attribution, *, seed: int, resamples: int) -> dict[str, Any]:
    """Tables of reasons, signs, conventions and habits.

    Args:
        attribution: of one run, see :func:`handeye.rose.diagnosis.attribution.attribute`.
        seed: of the bootstrap; the same gives the same intervals.
        resamples: number of resamples of scenes; 0 gives figures without intervals.

    Returns:
        ``action`` (L-Clk, V-Clk, Excl-CS, G-Clk) and ``counting`` (G-Cnt, L-Cnt, mL-Cnt): groups of
        items; ``by_template``: the same by the paper's column; ``conventions``; ``signs``: habits
        by key. A group has n_items, n_failed, failed, reasons and tags; an estimate is
        {"value", "low", "high", "n"}.
    """
    tally = _tally(attribution, seed, resamples)
    present = [t for t in TEMPLATES.values() if tally.over(tally.subsets, [(t.id,)]).count()]
    of_kind = {
        kind: [(t.id,) for t in TEMPLATES.values() if _KINDS[t.mode] == kind]
        for kind in ("action", "counting")
    }
    tree = {
        **{kind: _group(tally, scopes) for kind, scopes in of_kind.items()},
        "by_template": {t.column: _group(tally, [(t.id,)]) for t in present},
        "conventions": {
            str(k): _convention(tally, k, found) for k, found in enumerate(attribution.findings)
        },
        "signs": {sign.key: _sign(tally, sign) for sign in SIGNS},
    }
    found: dict[str, Any] = estimates(tree)
    for group in (found["action"], found["counting"], *found["by_template"].values()):
        group["reasons"] = list(group["reasons"].values())
        group["tags"] = list(group["tags"].values())
    found["conventions"] = list(found["conventions"].values())
    return found


def _tally(attribution: Attribution, seed: int, resamples: int) -> Tally:
    rows = attribution.rows.with_columns(attribution.habits).with_columns(_pulls(attribution))
    tally = Tally(resamples)
    for subset in ordered_subsets(rows["rose_subset"].unique()):
        part = rows.filter(pl.col("rose_subset") == subset)
        part = part.with_columns((pl.col("scene_id").rank("dense") - 1).alias(SCENE))
        ledger = Ledger(part[SCENE].n_unique())
        _add(ledger, part, attribution.findings)
        tally.put(subset, ledger, seed)
    return tally


def _pulls(attribution: Attribution) -> list[pl.Series]:
    """How each item moves the numerator and denominator of each convention's weight."""
    out = []
    for k, found in enumerate(attribution.findings):
        moves = np.zeros((attribution.rows.height, 2))
        moves[list(attribution.places)] = found.pull
        out += [pl.Series(_pull_name(k, end), moves[:, end]) for end in (0, 1)]
    return out


def _pull_name(k: int, end: int) -> str:
    return f"pull_{k}_{end}"


def _add(ledger: Ledger, rows: pl.DataFrame, findings: Sequence[Finding]) -> None:
    """Add one subset's items: by template their reasons and tags; then habits and conventions."""
    for (template,), part in rows.group_by("task_template", maintain_order=True):
        frame = part.select(
            SCENE,
            pl.lit(1.0).alias("n"),
            (~pl.col("passed")).alias("failed"),
            *[(pl.col("reason") == r.key).fill_null(False).alias(r.key) for r in REASONS],
        )
        ledger.add((str(template),), frame, frame.columns[1:])
        pairs = part.select(SCENE, "tags").explode("tags").drop_nulls("tags")
        for (tag,), tagged in pairs.group_by("tags", maintain_order=True):
            ledger.add(
                (str(template),),
                tagged.select(SCENE, pl.lit(1.0).alias(f"tag:{tag}")),
                [f"tag:{tag}"],
            )
    names = [f"{end}_{sign.key}" for sign in SIGNS for end in ("can", "has")]
    ledger.add(_HABITS, rows, names)
    ledger.add(_CONVENTIONS, rows, [_pull_name(k, e) for k in range(len(findings)) for e in (0, 1)])


def _group(tally: Tally, scopes: Sequence[Scope]) -> dict[str, Any]:
    group = tally.over(tally.subsets, scopes)
    return {
        "n_items": group.count(),
        "n_failed": group.count("failed"),
        "failed": group.share("failed"),
        "reasons": _rows(group, REASONS, ""),
        "tags": _rows(group, (*REASONS, *TAGS), "tag:"),
    }


def _rows(group: Group, reasons: Sequence[Reason], prefix: str) -> dict[str, Any]:
    """What occurred of ``reasons``, in their order."""
    return {
        reason.key: {
            "key": reason.key,
            "label": reason.label,
            "meaning": reason.meaning,
            "count": count,
            "share": group.share(prefix + reason.key, "failed"),
            "rate": group.share(prefix + reason.key),
        }
        for reason in reasons
        if (count := group.count(prefix + reason.key))
    }


def _convention(tally: Tally, k: int, found: Finding) -> dict[str, Any]:
    """A convention with the interval of its weight: resampled sums of what each answer pulls."""
    group = tally.over(tally.subsets, [_CONVENTIONS])
    numerator, denominator = (group.total(_pull_name(k, end)) for end in (0, 1))
    base = found.denominator + denominator
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(base > 0, (found.numerator + numerator) / base, np.nan)
    weight[0] = found.weight if found.n_items else np.nan
    scenes = sum(tally.scenes[subset] for subset in tally.subsets)
    values = np.clip(weight, 0.0, 1.0)
    share = Samples(values, found.n_items, min(found.n_items, scenes))
    return convention_values(found) | {"weight": share}


def _sign(tally: Tally, sign: Reason) -> dict[str, Any]:
    group = tally.over(tally.subsets, [_HABITS])
    rate = group.share(f"has_{sign.key}", f"can_{sign.key}")
    return {"label": sign.label, "meaning": sign.meaning, "rate": rate}
