"""Every bridge figure of a run, laid out for reading: label, macro average, pooled.

Takes the figures from the summary as they stand; computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from handeye.errors import RunError
from handeye.rose.questions import BY_KEY
from handeye.rose.scoring.run_folder import Run, read_run


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: macro over subsets and, where the summary has it, pooled over items."""

    label: str
    macro: Mapping[str, Any]
    pooled: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together; docs/bridges.md says what each means."""

    key: str
    title: str
    lines: tuple[Line, ...]


# Label and name in summary.json.
_GLOBAL = (
    ("G-Cnt", "gcnt_pass_rate"),
    ("G-Clk", "gclk_pass_rate"),
    ("G-Clk†", "gclk_pass_given_gcnt_correct"),
    ("Card", "cardinality_exact_rate"),
    ("Loc|Card", "location_exact_given_cardinality"),
    ("G-Cnt to G-Clk", "gcnt_to_gclk_drop"),
)
_MATCHED = (
    ("mL-Cnt", "mlcnt_pass_rate"),
    ("L-Clk", "lclk_pass_rate"),
    ("L-Clk†", "lclk_pass_given_mlcnt_correct"),
    ("Fail†", "transfer_failure_given_mlcnt_correct"),
    ("same number", "cross_task_cardinality_consistency_rate"),
    ("mL-Cnt to L-Clk", "mlcnt_to_lclk_drop"),
)
_CASES = (
    ("by_region_case", "Fail† by case, as labelled"),
    ("by_actual_case", "Fail† by case, as it is"),
)
_CONSISTENCY = ("L-Cnt|T1", "L-Clk|T1", "V-Clk|T1", "Excl-CS|T1", "Action Ret.")


def read_bridges(run: Run | Path | str) -> list[Section]:
    """Every bridge figure of a run, ready to be shown.

    Raises:
        RunError: not a run folder, or a run without bridge items.
        DataError: a file of the run cannot be read.
    """
    found = run if isinstance(run, Run) else read_run(run)
    sections = bridge_sections(found.summary.data)
    if not sections:
        raise RunError(
            f"{found.path}: holds no bridge items (G-Clk, mL-Cnt); ask for them with "
            "'--templates all', or join their prediction files: "
            "'handeye rose bridge MAIN.jsonl BRIDGE.jsonl --data SET --out RUN'"
        )
    return sections


def bridge_sections(summary: Mapping[str, Any]) -> list[Section]:
    """Every bridge figure of a summary; empty where it has no bridge items."""
    bridges = summary["bridges"]
    out: list[Section] = []
    if bridges["global"] is not None:
        out.append(_global_section(summary, bridges["global"]))
    if bridges["matched"] is not None:
        table = bridges["matched"]
        out.append(_section("matched", "Same region, {} scenes", table, _MATCHED))
        out += [_case_section(name, title, table[name]) for name, title in _CASES]
    if out and summary["consistency"] is not None:
        out.append(_consistency_section(summary["consistency"]))
    return out


def _section(
    key: str, title: str, table: Mapping[str, Any], figures: Sequence[tuple[str, str]]
) -> Section:
    macro, pooled = table["macro_equal_subset"], table["micro_pooled"]
    lines = tuple(Line(label, macro[name], pooled[name]) for label, name in figures)
    return Section(key, title.format(macro["n"]), lines)


def _global_section(summary: Mapping[str, Any], table: Mapping[str, Any]) -> Section:
    section = _section("global", "Whole grid, {} scenes", table, _GLOBAL)
    drop = summary["drops"].get("G-Clk to V-Clk")
    if drop is None:
        return section
    visual = summary["bases"]["all"]["columns"]["V-Clk"]
    pooled = summary["rates"]["by_template"][BY_KEY["T4"].id]["pass_rate"]
    more = (Line("V-Clk", visual, pooled), Line("G-Clk to V-Clk", drop, None))
    return replace(section, lines=(*section.lines, *more))


def _case_section(name: str, title: str, cases: Mapping[str, Any]) -> Section:
    figure = dict(_MATCHED)["Fail†"]
    macros = {case: table["macro_equal_subset"] for case, table in cases.items()}
    lines = tuple(Line(f"{c} ({row['n']})", row[figure], None) for c, row in macros.items())
    return Section(name, title, lines)


def _consistency_section(table: Mapping[str, Any]) -> Section:
    macro = table["macro_equal_subset"]
    lines = tuple(
        Line(name.removesuffix("|T1"), macro[name], None)
        for name in _CONSISTENCY
        if macro[name]["value"] is not None
    )
    scenes = sum(row["n_t1_correct_scenes"] for row in table["by_subset"].values())
    title = f"Same scene, {scenes} with G-Cnt right"
    return Section("consistency", title, lines)
