"""The gallery: which items are shown, and what stands on each card.

The choice is balanced, not proportional: every template, subset, reason (to have passed is one)
and run gets its turn before any gets another, so that a rare failure is seen beside a common one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from handeye.errors import DataError
from handeye.pages import frame
from handeye.pages.charts import svg
from handeye.pages.frame import Gallery, clipped
from handeye.pages.pictures import Album, Picture
from handeye.pages.selection import Filter, options, pick_evenly
from handeye.pages.signs import PASSED, Sign, Vocabulary
from handeye.rose.diagnosis.evidence import exists, read_row
from handeye.rose.diagnosis.lenient import Reading
from handeye.rose.items import Item
from handeye.rose.pages import overlay
from handeye.rose.pages.view import RunView
from handeye.rose.questions import SUBSETS, TEMPLATES
from handeye.rose.scene import Cell, Grid, Region
from handeye.sets.draw import Draw
from handeye.sets.folder import inside

_CELL = re.compile(r"\s*R(\d+)\s*,\s*C(\d+)\s*\Z")
# Clicks further off are drawn at the margin all the same.
_FURTHEST = 10**9


@dataclass(frozen=True, slots=True)
class Choice:
    """One item to show: which run, which row of its scores, why it failed, what else.

    ``tags`` are keys of every sign, the reason among them or not.
    """

    run: int
    row: int
    item_id: str
    reason: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a card shows; texts are raw and escaped by the template.

    ``tags`` are the signs besides the reason; ``counts`` tells a counting question, ``cells`` how
    many the grid has.
    """

    run: int
    run_label: str
    item_id: str
    scene_id: str
    template: str
    column: str
    subset: str
    reason: Sign
    tags: tuple[Sign, ...]
    question: str
    prompt: str
    answer: str
    state: str
    gold: str
    facts: tuple[str, ...]
    view_box: str
    drawing: Markup
    drawn: bool
    alt: str
    legend: tuple[str, ...]
    counts: bool
    cells: int

    @property
    def values(self) -> dict[str, str]:
        """What the filters look at."""
        return {"template": self.template, "subset": self.subset}

    @property
    def marks(self) -> list[dict[str, Any]]:
        """What the marks on this card mean."""
        return legend([self])


def choose(known: Sequence[pl.DataFrame], limit: int) -> list[Choice]:
    """Pick up to ``limit`` items over all runs, evenly over what they have in common.

    Args:
        known: one frame per run, as :func:`signs.items` gives it.
        limit: how many at most; 0 for none.

    Returns:
        The choices ordered by run, template, subset; the same for the same input.
    """
    piles: dict[tuple[int, str, str, str], list[Choice]] = {}
    for run, rows in enumerate(known):
        columns = rows.select("task_template", "rose_subset", "reason", "row", "item_id", "tags")
        for template, subset, reason, row, item_id, tags in columns.iter_rows():
            choice = Choice(run, row, item_id, reason, tuple(tags))
            piles.setdefault((run, template, subset, reason), []).append(choice)
    shuffled = {
        key: Draw(0, "gallery", *key).shuffled(pile)[:limit][::-1]
        for key, pile in sorted(piles.items())
    }
    picked = pick_evenly(shuffled, limit, _marginals)
    order = {name: k for k, name in enumerate(TEMPLATES)}
    picked.sort(
        key=lambda p: (
            p[0][3] == PASSED.key,
            order.get(p[0][1], 99),
            p[0][2],
            p[0][3],
            p[1].row,
            p[0][0],
        )
    )
    return [choice for _, choice in picked]


def _marginals(key: tuple[int, str, str, str]) -> list[tuple[str, str | int]]:
    names = ("run", "template", "subset", "reason")
    singles: list[tuple[str, str | int]] = list(zip(names, key, strict=True))
    # The pair counts too, or a template could be shown failing for one reason only.
    return [*singles, ("pair", f"{key[1]} {key[3]}"), ("cell", f"{key[1]} {key[2]}")]


def build_card(
    choice: Choice,
    run_label: str,
    row: Mapping[str, Any],
    answer: str | None,
    item: Item | None,
    picture: Picture | None,
    words: Vocabulary,
) -> Card:
    """Lay out one item.

    Args:
        choice: what was chosen.
        run_label: name of the run on the page.
        row: the score row.
        answer: raw text of the prediction; None when there was none.
        item: the item, for prompt and region; None when the data set is not at hand.
        picture: the embedded picture; None shows the grid schematically.
        words: what the keys of reason and tags mean.
    """
    template = TEMPLATES.get(row["task_template"])
    reading = read_row(row, answer) if template or row["format_valid"] else None
    marks = _marks(row, item, reading)
    drawn = {kind for kind, cells in marks.sorted_into().items() if cells}
    drawn |= {"out"} if marks.out_of_grid else set()
    drawn |= {"twice"} if marks.twice else set()
    drawn |= {"forgiven"} if marks.forgiven else set()
    if marks.region is not None and marks.region.type != "GLOBAL":
        drawn.add("excluded" if marks.region.type == "EXCLUSION" else "region")
    return Card(
        run=choice.run,
        run_label=run_label,
        item_id=str(row["item_id"]),
        scene_id=str(row["scene_id"]),
        template=str(row["task_template"]),
        column=template.column if template else str(row["task_template"]),
        subset=str(row["rose_subset"]),
        reason=words[choice.reason],
        tags=tuple(words[key] for key in choice.tags if key != choice.reason),
        question=item.prompt_local if item else "",
        prompt=(item.prompt or f"{item.prompt_global}\n{item.prompt_local}").strip()
        if item
        else "",
        answer=clipped(answer),
        state=str(row["answer_state"]),
        gold=str(row["ground_truth_formal_answer"] or ""),
        facts=_facts(row, reading),
        view_box=overlay.view_box(marks.grid),
        drawing=_base(marks.grid, picture) + overlay.draw(marks),
        drawn=picture is not None,
        alt=_alt(row, marks, picture),
        legend=tuple(kind for kind, _ in overlay.LEGEND if kind in drawn),
        counts=template is not None and template.mode == "COUNT",
        cells=marks.grid.rows * marks.grid.cols,
    )


def _base(grid: Grid, picture: Picture | None) -> Markup:
    if picture is None:
        return overlay.schematic(grid)
    width, height = grid.cols * overlay.CELL, grid.rows * overlay.CELL
    return picture.drawn(width, height)


def cells(texts: Sequence[str] | None) -> list[Cell]:
    """Cells of a score row's list."""
    return [Cell(int(m[1]), int(m[2])) for text in texts or () if (m := _CELL.match(text))]


def _marks(row: Mapping[str, Any], item: Item | None, reading: Reading | None) -> overlay.Marks:
    """What to draw: every click that the diagnosis speaks of, forgivingly read or not."""
    grid = Grid(int(row["rows"]), int(row["cols"]))
    clicks = Counter(map(_drawable, reading.clicks if reading else ()))
    clicked = frozenset(cell for cell in clicks if exists(cell, grid))
    return overlay.Marks(
        grid=grid,
        gold=frozenset(cells(row["region_target_cells"])),
        elsewhere=frozenset(cells(row["out_region_target_cells"])),
        clicked=clicked if row["click_applicable"] else None,
        out_of_grid=tuple(cell for cell in clicks if not exists(cell, grid)),
        region=_region(row, item),
        twice=frozenset(cell for cell in clicked if clicks[cell] > 1),
        forgiven=reading is not None and not reading.strict and bool(clicks),
    )


def _drawable(cell: Cell) -> Cell:
    return Cell(min(cell.row, _FURTHEST), min(cell.col, _FURTHEST))


def _region(row: Mapping[str, Any], item: Item | None) -> Region | None:
    """The item's region; from the score row where the set is not at hand, None in old scores."""
    try:
        if item is not None:
            return item.region
        bounds = row.get("region_bounds")
        return Region.from_bounds(row["region_type"], bounds) if bounds else None
    except DataError:
        return None


def _facts(row: Mapping[str, Any], reading: Reading | None) -> tuple[str, ...]:
    """Short figures under the answer: only those that say something."""
    facts = [f"{row['rows']} × {row['cols']} cells"]
    if row["gt_count"] is not None:
        facts.append(f"{row['gt_count']} to find")
    if row["click_applicable"] and reading is not None:
        grid = Grid(int(row["rows"]), int(row["cols"]))
        facts.append(f"{len({cell for cell in reading.clicks if exists(cell, grid)})} clicked")
    if row["submit_applicable"] and reading is not None and reading.number is not None:
        facts.append(f"{str(reading.number)[:12]} submitted")
    if reading is not None and not reading.strict:
        facts.append("read forgivingly")
    if row["parse_error"] and row["answer_state"] == "answered":
        facts.append(f"grammar: {row['parse_error']}")
    return tuple(facts)


def _alt(row: Mapping[str, Any], marks: overlay.Marks, picture: Picture | None) -> str:
    what = "Picture of" if picture else "Schematic of"
    sorted_cells = marks.sorted_into()
    names = {
        "hit": "right",
        "missed": "missed",
        "wrong": "wrong",
        "stray": "outside the region",
        "gold": "to count",
    }
    counts = [f"{len(sorted_cells[k])} {name}" for k, name in names.items() if sorted_cells.get(k)]
    counts += [f"{len(marks.out_of_grid)} outside the grid"] if marks.out_of_grid else []
    told = "; cells " + ", ".join(counts) if counts else ""
    return f"{what} a grid of {row['rows']} rows and {row['cols']} columns{told}."


def picture_of(album: Album, root: Path | None, item: Item | None) -> Picture | None:
    """Embed the item's picture, or None where the set or the file is not at hand."""
    if root is None or item is None or not item.image:
        return None
    try:
        # A report must not carry files from elsewhere: the same rule as when asking.
        path = inside(root, item.image, "image")
    except DataError:
        return None
    return album.add(path, item.most_pixels)


# ---- what stands around the cards


def gallery_of(
    runs: Sequence[RunView],
    cards: Sequence[Card],
    pictures: Sequence[Picture],
    words: Vocabulary,
) -> Gallery:
    """The gallery of the page; ``cards`` as chosen, ``runs`` as on the page."""
    failed, whole = sum(run.n_failed for run in runs), sum(run.n for run in runs)
    lead = frame.shown_words(cards, failed, whole, "items")
    if len(cards) < whole:
        lead += (
            " They are chosen evenly over runs, templates, subsets and reasons (so not in "
            "proportion to how often they occur)."
        )
    if not any(card.drawn for card in cards):
        lead += " The pictures of this set are not at hand: grids are drawn instead."
    return frame.report_gallery(
        cards,
        [run.label for run in runs],
        words,
        [
            Filter(
                "template",
                "Template",
                options(
                    Counter(card.template for card in cards),
                    lambda value: TEMPLATES[value].column if value in TEMPLATES else value,
                    list(TEMPLATES),
                ),
            ),
            Filter(
                "subset",
                "Subset",
                options(
                    Counter(card.subset for card in cards),
                    lambda value: value.removeprefix("ROSE-"),
                    SUBSETS,
                ),
            ),
        ],
        template="card.html.j2",
        pictures=pictures,
        words=lead,
        unit="item",
        marks=legend(cards),
    )


def legend(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """The marks that any card shows, each with its words."""
    drawn = {kind for card in cards for kind in card.legend}
    return [
        {"symbol": _symbol(kind), "label": label} for kind, label in overlay.LEGEND if kind in drawn
    ]


def _symbol(kind: str) -> Markup:
    if kind in ("region", "excluded"):
        box = {"x": 1.0, "y": 4.0, "width": 26.0, "height": 20.0}
        shape = svg.element("rect", **box, class_=f"ink m-{kind}")
    else:
        shape = overlay.mark(kind, 14.0, 14.0)
    return svg.element("svg", shape, viewBox="0 0 28 28", aria_hidden="true")
