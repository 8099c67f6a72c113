"""The charts and tables of a comparison: from its rows to what the template draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handeye.pages.charts.forest import Block, ForestRow, forest, points
from handeye.scores.comparison_words import letter
from handeye.scores.estimate import Estimate, integer, percent
from handeye.scores.tables import Column, Row, Table

Tree = Mapping[str, Any]
# Which families share one picture.
_CHARTS = (
    ("main", "PASS", ("headline", "templates", "subsets")),
    ("why", "Why items failed", ("reasons", "states")),
    ("difficulty", "By difficulty", ("difficulty",)),
)
_UNDECIDED = ("none", "unknown")


@dataclass(frozen=True, slots=True)
class Chart:
    """A forest plot with the tables of the same rows."""

    key: str
    title: str
    note: str
    picture: Markup
    tables: tuple[Table, ...]


def charts(number: int, pair: Tree) -> list[Chart]:
    """The forest plots of one pair of runs.

    Args:
        number: of the pair, for ids.
        pair: one entry of the comparison's ``pairs``.
    """
    families = {family["key"]: family for family in pair["families"]}
    first, second = letter(pair["first"]), letter(pair["second"])
    out = []
    for key, title, members in _CHARTS:
        found = [families[name] for name in members if name in families]
        blocks = [block for family in found for block in _blocks(family, pair)]
        if not blocks:
            continue
        sides = (f"lower in {second}", f"higher in {second}")
        if key == "why":
            sides = (f"less often in {second}", f"more often in {second}")
        name = f"{title}: {second} minus {first}"
        picture = Markup("").join(
            forest(f"forest-{number}-{key}-{narrow:d}", blocks, name, sides, narrow=narrow)
            for narrow in (False, True)
        )
        tables = tuple(_table(number, family, first, second) for family in found)
        note = " ".join(family["meaning"] for family in found)
        out.append(Chart(f"{key}-{number}", title, note, picture, tables))
    return out


def _blocks(family: Tree, pair: Tree) -> list[Block]:
    """Rows under headings: the family's own, or one per group; reasons by size."""
    groups: dict[str, list[Tree]] = {}
    for row in family["rows"]:
        groups.setdefault(row["group"], []).append(row)
    out = []
    for group, rows in groups.items():
        if family["key"] == "reasons":
            rows = sorted(rows, key=lambda row: -abs(row["difference"]["value"] or 0.0))
        title = family["title"]
        if group:
            title = f"{title} {group}" if family["key"] == "reasons" else group
        out.append(Block(title, tuple(_forest_row(row, pair) for row in rows)))
    return out


def _forest_row(row: Tree, pair: Tree) -> ForestRow:
    decided = row["verdict"] not in _UNDECIDED
    side = "first" if row["verdict"].startswith("first") else "second"
    return ForestRow(row["label"], rate(row["difference"]), decided, pair[side], row["words"])


def rate(found: Tree) -> Estimate:
    """An estimate as a rate."""
    return Estimate(found["value"], found["low"], found["high"], found["n"])


def p_words(p: float | None) -> str:
    """A p-value; never 0."""
    if p is None:
        return "–"
    return "<\N{NO-BREAK SPACE}.001" if p < 0.001 else f"{p:.3f}"


def _table(number: int, family: Tree, first: str, second: str) -> Table:
    columns = (
        Column(first, "rate of this run, percent"),
        Column(second, "rate of this run, percent"),
        Column(f"{second} − {first}", "difference in points with its 95 % interval"),
        Column("p", "two-sided, as measured"),
        Column("p, Holm", "adjusted within the family"),
        Column("visible", "difference that a power of 80 % shows after adjustment, in points"),
        Column("n", "items"),
        Column("verdict"),
    )
    rows = tuple(
        Row(
            row["label"],
            (
                rate(row["first"]),
                rate(row["second"]),
                points(rate(row["difference"])),
                p_words(row["p_value"]),
                p_words(row["p_adjusted"]),
                percent(row["smallest_difference"]),
                integer(row["n"]),
                row["words"].partition(" (")[0],
            ),
            group=row["group"],
            note="exact test" if row["test"] == "exact" else "",
        )
        for row in family["rows"]
    )
    return Table(
        key=f"t-{family['key']}-{number}",
        caption=f"{family['title']}. {family['meaning']} Percent; differences in points.",
        columns=columns,
        rows=rows,
        row_head="",
    )


def discordance_table(number: int, pair: Tree) -> Table:
    """Who is right where, by template."""
    first, second = letter(pair["first"]), letter(pair["second"])
    names = ("both", "only_first", "only_second", "neither")
    heads = (
        "both right",
        f"{first} right, {second} wrong",
        f"{second} right, {first} wrong",
        "both wrong",
    )
    rows = tuple(
        Row(
            row["label"],
            (*(integer(row[name]) for name in names), p_words(row["p_value"]), integer(row["n"])),
        )
        for row in pair["discordance"]
    )
    return Table(
        key=f"t-discordance-{number}",
        caption="Items by who is right. p: exact McNemar test on the items where the two differ, "
        "not adjusted.",
        columns=(*map(Column, heads), Column("p"), Column("items")),
        rows=rows,
        row_head="Template",
    )


def overview(data: Tree) -> Table | None:
    """The headline of every pair, where there are several."""
    pairs: Sequence[Tree] = data["pairs"]
    if len(pairs) < 2:
        return None
    rows = []
    for pair in pairs:
        families = {family["key"]: family["rows"] for family in pair["families"]}
        for row in families.get("headline", ()):
            first, second = letter(pair["first"]), letter(pair["second"])
            rows.append(
                Row(
                    row["label"],
                    (
                        points(rate(row["difference"])),
                        p_words(row["p_adjusted"]),
                        row["words"],
                    ),
                    group=f"{second} − {first}",
                )
            )
    columns = (Column("difference", "points"), Column("p, Holm"), Column("verdict"))
    caption = "Headline of every pair, in points; p adjusted over all pairs."
    return Table("t-overview", caption, columns, tuple(rows), row_head="")
