"""A plain scorer that builds sets: what one would write first, and what handeye is compared with.

Per item it builds the set of all cells of the grid and the set of the cells of the region as texts,
reads and writes with the json module, and follows DESIGN's table of fields word for word. Shares no
code with handeye, so that the tests can hold one against the other.
"""

from __future__ import annotations

import json
import re
from typing import Any

_CLICK = re.compile(r"CLICK\s*\(\s*R\s*(\d+)\s*,\s*C\s*(\d+)\s*\)", re.IGNORECASE)
_COUNT = re.compile(r"COUNT\s*\(\s*(\d+)\s*\)", re.IGNORECASE)
_SUBMIT = re.compile(r"SUBMIT\s*\(\s*(\d+)\s*\)", re.IGNORECASE)


_COPIED = (
    "item_id",
    "scene_id",
    "image_id",
    "rose_subset",
    "primitive_type",
    "task_template",
    "task_mode",
    "region_type",
    "region_case",
    "cue_type",
    "difficulty",
    "rows",
    "cols",
    "ground_truth_formal_answer",
)


def cells(r1: int, r2: int, c1: int, c2: int) -> set[str]:
    return {f"R{r},C{c}" for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)}


def region_cells(item: dict[str, Any], kind: str, params: dict[str, Any]) -> set[str]:
    rows, cols = item["rows"], item["cols"]
    if kind == "GLOBAL":
        return cells(1, rows, 1, cols)
    if kind == "EXCLUSION":
        inner = region_cells(item, params["exclude_type"], params["exclude_params"])
        return cells(1, rows, 1, cols) - inner
    r1, r2 = params.get("r1", 1), params.get("r2", rows)
    return cells(r1, r2, params.get("c1", 1), params.get("c2", cols))


def parse(text: str | None, mode: str) -> dict[str, Any]:
    out: dict[str, Any] = {"error": None, "tokens": [], "clicks": [], "number": None}
    text = (text or "").strip()
    if not text:
        return out | {"error": "empty"}
    if mode == "COUNT":
        match = _COUNT.fullmatch(text)
        if not match:
            return out | {"error": "expected_COUNT_only", "tokens": [text]}
        return out | {"number": int(match[1])}
    parts = [p.strip() for p in text.split(";") if p.strip()]
    if mode == "CLICK":
        if not parts or parts[-1].upper() != "DONE":
            return out | {"error": "missing_DONE", "tokens": parts}
    else:
        if not parts:
            return out | {"error": "empty"}
        match = _SUBMIT.fullmatch(parts[-1])
        if not match:
            return out | {"error": "missing_SUBMIT", "tokens": parts}
        out["number"] = int(match[1])
    for part in parts[:-1]:
        match = _CLICK.fullmatch(part)
        if match:
            out["clicks"].append(f"R{int(match[1])},C{int(match[2])}")
        else:
            out["tokens"].append(part)
    if out["tokens"]:
        out["error"] = "invalid_CLICK_token"
    return out


def score(item: dict[str, Any], prediction: dict[str, Any]) -> dict[str, Any]:
    mode, template = item["task_mode"], item["task_template"]
    grid = cells(1, item["rows"], 1, item["cols"])
    region = region_cells(item, item["region_type"], item["region_params"])
    targets, gold = set(item["all_target_cells"]), set(item["region_target_cells"])
    gold_count = item["ground_truth_count"]
    parsed = parse(prediction.get("raw_text"), mode)
    error = prediction.get("error")
    failed = error not in (None, "", "None")
    valid = parsed["error"] is None
    number = parsed["number"]
    row: dict[str, Any] = {
        **{name: item.get(name) for name in _COPIED},
        "model": prediction.get("model"),
        "rose_split": item.get("split"),
        "count_applicable": int(mode != "CLICK"),
        "click_applicable": int(mode != "COUNT"),
        "submit_applicable": int(mode == "CLICK_COUNT"),
        "region_cell_count": len(grid & region),
        "api_error": int(failed),
        "api_error_text": error if failed else None,
        "format_valid": int(valid),
        "format_error": int(not valid),
        "parse_error": parsed["error"],
        "invalid_action_tokens": parsed["tokens"],
        "gt_count": gold_count,
        "gt_clicks": sorted(gold),
        "all_target_cells": sorted(targets),
        "region_target_cells": sorted(gold),
        "out_region_target_cells": sorted(targets - gold),
        "global_default_error": 0,
        "exclusion_failure": 0,
        "pred_count": None,
        "count_exact": None,
        "count_mae": None,
        "count_bias": None,
        "count_soft": None,
        "submit_count": None,
        "submit_exact": None,
        "click_submit_consistency": None,
    }
    if mode != "CLICK":
        row["pred_count"] = number
        row["count_exact"] = int(number == gold_count)
        row["count_soft"] = 0.0 if number is None else 1 / (1 + abs(number - gold_count))
        if number is not None:
            row["count_mae"] = abs(number - gold_count)
            row["count_bias"] = number - gold_count
    row.update(_clicks(item, parsed, grid, region, targets, gold))
    clean_exact = row["click_exact_set_strict"]
    if mode == "COUNT":
        row["pass"], row["unified_soft"] = row["count_exact"], row["count_soft"]
    elif mode == "CLICK":
        row["pass"], row["unified_soft"] = clean_exact, row["click_f1_strict"]
    else:
        same = int(number == row["pred_click_count_unique"])
        row["submit_count"] = number
        row["submit_exact"] = row["count_exact"]
        row["click_submit_consistency"] = same
        row["pass"] = int(clean_exact and row["count_exact"] and same)
        row["unified_soft"] = (row["click_f1_strict"] + row["count_soft"] + same) / 3
    if template.split("_")[0] not in ("T1", "T1B", "T2B"):
        wrong_set = mode != "COUNT" and set(row["pred_clicks_valid_unique"]) == targets != gold
        wrong_count = mode != "CLICK" and number == len(targets) != gold_count
        row["global_default_error"] = int(wrong_set or wrong_count)
    return row


_CLICK_FIELDS = (
    "invalid_coordinate_count",
    "duplicate_click_count",
    "click_exact_set",
    "click_exact_set_strict",
    "click_precision",
    "click_recall",
    "click_f1",
    "click_f1_strict",
    "click_iou",
    "click_iou_strict",
    "region_violation_count",
    "region_ok",
    "outside_distractor_hit_count",
    "missed_target_count",
    "false_positive_count",
    "over_click_count",
    "under_click_count",
    "near_miss_count",
    "near_miss_rate",
)


def _clicks(
    item: dict[str, Any],
    parsed: dict[str, Any],
    grid: set[str],
    region: set[str],
    targets: set[str],
    gold: set[str],
) -> dict[str, Any]:
    every = parsed["clicks"]
    inside = [c for c in every if c in grid]
    unique = set(inside)
    lists = {
        "pred_clicks_all": every,
        "pred_clicks_valid": inside,
        "pred_clicks_valid_unique": sorted(unique),
        "pred_clicks_invalid": [c for c in every if c not in grid],
        "pred_click_count_raw": len(every),
        "pred_click_count_valid": len(inside),
        "pred_click_count_unique": len(unique),
    }
    if item["task_mode"] == "COUNT":
        return lists | dict.fromkeys(_CLICK_FIELDS)
    clean = parsed["error"] is None and len(inside) == len(every) == len(unique)
    hits = len(unique & gold)
    both_empty = not unique and not gold
    precision = float(both_empty) if not unique else hits / len(unique)
    recall = float(both_empty) if not gold else hits / len(gold)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    iou = 1.0 if both_empty else hits / len(unique | gold)
    missed = gold - unique
    around = {c: _near(c) & unique for c in missed}
    near = sum(bool(found) for found in around.values())
    outside = unique - region
    gold_count = item["ground_truth_count"]
    exclusion = item["region_type"] == "EXCLUSION" and bool(unique & (targets - gold))
    return lists | {
        "invalid_coordinate_count": len(every) - len(inside),
        "duplicate_click_count": len(inside) - len(unique),
        "click_exact_set": int(unique == gold),
        "click_exact_set_strict": int(clean and unique == gold),
        "click_precision": precision,
        "click_recall": recall,
        "click_f1": f1,
        "click_f1_strict": f1 if clean else 0.0,
        "click_iou": iou,
        "click_iou_strict": iou if clean else 0.0,
        "region_violation_count": len(outside),
        "region_ok": int(not outside),
        "outside_distractor_hit_count": len(unique & (targets - gold)),
        "missed_target_count": len(missed),
        "false_positive_count": len(unique - gold),
        "over_click_count": max(0, len(unique) - gold_count),
        "under_click_count": max(0, gold_count - len(unique)),
        "near_miss_count": near,
        "near_miss_rate": near / max(1, gold_count),
        "exclusion_failure": int(exclusion),
    }


def _near(cell: str) -> set[str]:
    row, col = map(int, cell[1:].split(",C"))
    steps = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    return {f"R{row + r},C{col + c}" for r, c in steps}


def score_files(predictions: str, metadata: str, out: str) -> int:
    """Read everything, score, write JSON lines; the number of rows."""
    with open(predictions, encoding="utf-8") as stream:  # noqa: PTH123
        answers = {row["item_id"]: row for row in map(json.loads, stream)}
    count = 0
    with open(metadata, encoding="utf-8") as stream, open(out, "w", encoding="utf-8") as sink:  # noqa: PTH123
        for line in stream:
            item = json.loads(line)
            sink.write(json.dumps(score(item, answers[item["item_id"]])) + "\n")
            count += 1
    return count
