"""The figures printed in the VisualActBench paper (arXiv 2512.09907), in percent, all of them.

``published.tsv`` has the 676 cells of its Tables 2 to 6 as they are printed: Tables 2 and 3 share
their rows (29 models by class), Tables 4 to 6 vary frames, model size and reinforcement learning.
Where printed figures contradict each other, ``recomputed`` stands beside the printed one: Overall
is the mean of the four classes, and what Tables 4 to 6 repeat is what Tables 2 and 3 should have
said.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from handeye.visualact.records import SCENARIOS

LABEL = "published"
# What the paper says of its data: clips by class, actions by type.
N_CLIPS: Mapping[str, int] = {"navigation": 364, "home": 454, "safety": 126, "hmi": 130}
N_ACTIONS: Mapping[str, int] = {"proactive": 2685, "reactive": 1048}
OVERALL = "overall"
FIGURES = ("precision", "recall", "f1", "scale")
# Both sides of a comparison are rounded to one decimal.
_ROUNDING = 0.1 + 1e-6


@dataclass(frozen=True, slots=True)
class Published:
    """One printed figure.

    Attributes:
        model: one name where the paper's tables use several.
        table: number of the table, 2 to 6.
        scenario: ``overall`` or a key of ``SCENARIOS``.
        figure: ``precision``, ``recall``, ``f1`` or ``scale`` (APL in Tables 4 to 6).
        printed: percent as printed.
        variant: what Tables 4 to 6 vary: number of frames, size, or ``MPO``.
        recomputed: percent from the paper's other figures; None where nothing contradicts it.
        note: what is known about the difference.
    """

    model: str
    table: int
    scenario: str
    figure: str
    printed: float
    variant: str = ""
    recomputed: float | None = None
    note: str = ""


_ARIA = (
    "the cells print its home scale score of 57.2 and then its P and R; the F1, which Overall "
    "needs to be 34.0, is lost"
)
# One row has wrong cells, not a wrong Overall: what they should say.
_WRONG_CELLS = {
    ("Aria", "safety", "precision"): 38.2,
    ("Aria", "safety", "recall"): 34.7,
    ("Aria", "safety", "f1"): 34.0,
}
_SHIFTED = "shifted one column to the right; before it stands the scale score of hmi"
_NOTES = {
    "Gemini-2-Flash": _SHIFTED,
    "MiniCPM-v (Yu)": _SHIFTED,
    "InternVL2.5-8B": _SHIFTED,
    "NVILA-15B": _SHIFTED,
    "InternVL2.5-2B": _SHIFTED,
    "QwenVL-7B": f"{_SHIFTED}; the printed 26.3 is not the mean of its P, which would need a "
    "safety P of 23.0",
    "VILA-1.5-40B": "shifted one column to the right; 10.9 is not its scale score of hmi",
    "MiniCPM-v (Yao)": "20.5 is its scale score of hmi, and its hmi cells look out of order",
}
_NO_MEAN = "not the mean of the classes"
# Rows of Tables 4 to 6 that repeat a row of Tables 2 and 3.
_REPEATED = {
    (4, "LLaVA-OV", "8"): "LLaVA-OV-7B",
    (4, "VideoLLaMA2", "8"): "VideoLLaMA2-7B",
    (4, "VideoLLaMA2", "16"): "VideoLLaMA2-7B-16F",
    **{(5, "LLaVA-OV", size): f"LLaVA-OV-{size}" for size in ("0.5B", "7B", "72B")},
    **{(5, "QwenVL", size): f"QwenVL-{size}" for size in ("3B", "7B", "72B")},
    **{
        (5, "InternVL", size): f"InternVL2.5-{size}"
        for size in ("1B", "2B", "4B", "8B", "38B", "78B")
    },
    **{(6, f"InternVL-{size}", ""): f"InternVL2.5-{size}" for size in ("4B", "8B", "38B")},
    (6, "InternVL-8B", "MPO"): "InternVL2.5-8B-MPO",
}


def _cells() -> Iterator[Published]:
    """Every cell as printed."""
    text = files(__package__).joinpath("published.tsv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        for figure in FIGURES:
            main = 3 if figure == "scale" else 2
            yield Published(
                row["model"],
                main if row["table"] == "2+3" else int(row["table"]),
                row["scenario"],
                figure,
                float(row[figure]),
                row["variant"],
            )


def _checked() -> Iterator[Published]:
    """The cells, with what they should be where they contradict each other."""
    cells = tuple(_cells())
    printed = {(cell.model, cell.scenario, cell.figure): cell for cell in cells if cell.table < 4}
    should: dict[tuple[str, str], float] = {}
    for cell in cells:
        right = _WRONG_CELLS.get((cell.model, cell.scenario, cell.figure))
        if cell.table > 3:
            yield _repeated(cell, printed, should)
        elif right is not None:
            yield replace(cell, recomputed=right, note=_ARIA)
        elif cell.scenario == OVERALL:
            mean = _mean(cell, printed)
            if abs(mean - cell.printed) <= _ROUNDING:
                yield cell
                continue
            should[cell.model, cell.figure] = mean
            note = _NOTES.get(cell.model, _NO_MEAN) if cell.table == 2 else _NO_MEAN
            yield replace(cell, recomputed=mean, note=note)
        else:
            yield cell


def _mean(cell: Published, printed: Mapping[tuple[str, str, str], Published]) -> float:
    """The mean of the classes, to the two decimals that it has."""
    keys = [(cell.model, name, cell.figure) for name in SCENARIOS]
    classes = [_WRONG_CELLS.get(key, printed[key].printed) for key in keys]
    return round(sum(classes) / len(classes), 2)


def _repeated(
    cell: Published,
    printed: Mapping[tuple[str, str, str], Published],
    should: Mapping[tuple[str, str], float],
) -> Published:
    """A cell of Tables 4 to 6 beside what Tables 2 and 3 should have said."""
    main = _REPEATED.get((cell.table, cell.model, cell.variant))
    if main is None:
        return cell
    first = printed[main, OVERALL, cell.figure]
    right = should.get((main, cell.figure), first.printed)
    if abs(right - cell.printed) <= _ROUNDING:
        return cell
    note = (
        f"repeats the Overall of Table {first.table}, which is {_NO_MEAN}"
        if cell.printed == first.printed
        else f"Table {first.table} prints {first.printed}"
    )
    return replace(cell, recomputed=right, note=note)


PUBLISHED: tuple[Published, ...] = tuple(_checked())
MODELS: tuple[str, ...] = tuple(dict.fromkeys(row.model for row in PUBLISHED if row.table == 2))
"""The 29 models of Tables 2 and 3 (24 open, 5 proprietary), in the printed order of Table 2."""

REMARKS: tuple[str, ...] = (
    "Table 2 is captioned precision, recall and F1; its section is headed weighted matching",
    "F1 is averaged over videos: below the harmonic mean of the printed P and R (GPT-4o, "
    "navigation: 34.6 against 36.3)",
    "Table 2: in 20 of 29 rows Overall is the mean of the classes within rounding; eight are "
    "shifted or out of order, one (Aria) has a wrong class cell. Its printed order is by the "
    "printed F1, and does not hold",
    "Table 3: in 23 of 29 rows Overall is the mean of the classes",
    "LLaVA-OV-0.5B: P and R of 0.1 in hmi cannot come from the matches that give a scale score of "
    "2.1 there",
    "Table 4: the rows with 8 frames repeat LLaVA-OV-7B and VideoLLaMA2-7B of the main tables, so "
    "8 frames are the paper's setting",
    "InternVL2.5-78B is called 7B in Table 2; of two models named MiniCPM-v one is MiniCPM-o in "
    "Table 3",
    "29 models in abstract, conclusion and tables, 30 in the list of contributions, over 30 in "
    "section 3; Table 6 has two more variants",
    "people are said to do better; no table has a row for them",
    "Figures 3 and 4 (levels, proactive ratio) print no values as text",
)
"""What to know before a published figure is compared with one of ours."""
