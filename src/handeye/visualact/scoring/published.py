"""Figures printed in the VisualActBench paper (arXiv 2512.09907), in percent, labelled published.

**Not complete.** Only figures that could be checked are here; the paper's Tables 2 and 3 have 29
rows and Tables 4 to 6 (frames, sizes, reinforcement learning) more, which are not. :data:`MISSING`
says what is missing; nothing was filled in. Where a printed figure contradicts the paper's own
others, ``recomputed`` stands beside it (Overall F1 and Overall scale are means of the classes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LABEL = "published"
# What the paper says of its data: clips by class, actions by type.
N_CLIPS: Mapping[str, int] = {"navigation": 364, "home": 454, "safety": 126, "hmi": 130}
N_ACTIONS: Mapping[str, int] = {"proactive": 2685, "reactive": 1048}
OVERALL = "overall"
N_ROWS = 29
"""Models in the paper's Tables 2 and 3 (24 open, 5 proprietary)."""


@dataclass(frozen=True, slots=True)
class Published:
    """One figure of the paper.

    Attributes:
        model: as the paper names it; one name where its tables use several.
        table: number of the table.
        scenario: ``overall`` or a key of ``SCENARIOS``.
        figure: ``precision``, ``recall``, ``f1`` or ``scale``.
        printed: percent as printed, None where the cell holds something else.
        recomputed: percent from the paper's other figures, None where nothing contradicts it.
        note: what is known about the difference.
    """

    model: str
    table: int
    scenario: str
    figure: str
    printed: float | None
    recomputed: float | None = None
    note: str = ""


_SHIFTED = "printed column holds another figure: the three Overall cells are shifted"
_F1: Mapping[str, tuple[float, float, str]] = {
    "GPT-4o": (36.7, 36.75, "mean of the classes; not the harmonic mean of P and R (38.4)"),
    "Gemini-2-Flash": (18.3, 20.7, _SHIFTED),
    "MiniCPM-v (Yu)": (16.7, 19.5, f"{_SHIFTED}; named MiniCPM-o in Table 3"),
    "InternVL2.5-8B": (15.0, 17.1, _SHIFTED),
    "QwenVL-7B": (13.1, 15.9, f"{_SHIFTED}, and its other cells do not fully reconcile"),
    "NVILA-15B": (11.8, 10.3, _SHIFTED),
    "MiniCPM-v (Yao)": (8.6, 10.2, f"{_SHIFTED}, and its other cells do not fully reconcile"),
    "InternVL2.5-2B": (6.1, 6.6, _SHIFTED),
    "VILA-1.5-40B": (4.4, 5.8, "shifted likewise, without an exact match in Table 3"),
}
# Human-machine scale scores of Table 3, printed as Overall precision in Table 2.
_HMI_SCALE: Mapping[str, float] = {
    "Gemini-2-Flash": 39.2,
    "MiniCPM-v (Yu)": 38.9,
    "InternVL2.5-8B": 37.4,
    "QwenVL-7B": 29.4,
    "MiniCPM-v (Yao)": 20.5,
    "NVILA-15B": 17.2,
    "InternVL2.5-2B": 15.5,
    "LLaVA-OV-0.5B": 2.1,
}
# Of the rows whose Overall cells begin with it, those five in which printed R and F1 are the class
# means of P and R, so that their true Overall R is known.
_SHIFTED_WHOLE = (
    "Gemini-2-Flash",
    "MiniCPM-v (Yu)",
    "InternVL2.5-8B",
    "NVILA-15B",
    "InternVL2.5-2B",
)
# Printed Overall scale, mean of the classes. Which is which follows from LLaVA-OV-0.5B, whose four
# classes are known.
_SCALE: Mapping[str, tuple[float, float]] = {
    "VILA-1.5-40B": (12.0, 10.7),
    "VideoChat-Flash-2B": (9.0, 4.4),
    "LLaVA-OV-7B": (7.8, 5.3),
    "InternVL2.5-1B": (3.6, 3.1),
    "LLaVA-OV-0.5B": (1.5, 0.5),
    "VideoChat-Flash-7B": (2.6, 2.5),
}
_ARIA_RECALL = "printed one column to the left; restores the Overall R of 33.8 or 33.9"
_ARIA_PRECISION = {"navigation": 35.7, "home": 35.0, "safety": 38.2, "hmi": 36.6}


def _figures() -> Iterator[Published]:
    for model, (printed, recomputed, note) in _F1.items():
        yield Published(model, 2, OVERALL, "f1", printed, recomputed, note)
    yield Published("InternVL-8B-MPO", 2, OVERALL, "f1", 17.8, None, "Table 6 prints 19.8")
    yield Published("InternVL-8B-MPO", 6, OVERALL, "f1", 19.8, None, "Table 2 prints 17.8")
    for model, value, harmonic in (("GPT-4o", 34.6, 36.3), ("InternVL2.5-38B", 33.9, 37.0)):
        note = f"below the harmonic mean of its P and R ({harmonic}): averaged over videos"
        yield Published(model, 2, "navigation", "f1", value, None, note)
    for model in _SHIFTED_WHOLE:
        note = "mean of the classes, printed one column to the right as F1"
        yield Published(model, 2, OVERALL, "recall", None, _F1[model][0], note)
    for scenario, value in _ARIA_PRECISION.items():
        lost = scenario == "safety"
        yield Published(
            "Aria",
            2,
            scenario,
            "precision",
            None if lost else value,
            value if lost else None,
            "the cell prints 57.2, its home-service scale score; its F1 is lost" if lost else "",
        )
    yield Published("Aria", 2, "safety", "recall", None, 34.7, _ARIA_RECALL)
    yield Published("Aria", 2, OVERALL, "precision", 36.4)
    yield Published("Aria", 3, "home", "scale", 57.2)
    for model, value in _HMI_SCALE.items():
        yield Published(model, 3, "hmi", "scale", value)
    for scenario in ("navigation", "home", "safety"):
        yield Published("LLaVA-OV-0.5B", 3, scenario, "scale", 0.0)
    for figure in ("precision", "recall"):
        note = "cannot come from the matches that give a scale score of 2.1 in Table 3"
        yield Published("LLaVA-OV-0.5B", 2, "hmi", figure, 0.1, None, note)
    for model, (printed, recomputed) in _SCALE.items():
        note = "does not equal the mean of the classes"
        yield Published(model, 3, OVERALL, "scale", printed, recomputed, note)


PUBLISHED: tuple[Published, ...] = tuple(_figures())
MODELS: tuple[str, ...] = tuple(dict.fromkeys(row.model for row in PUBLISHED))
MISSING: tuple[str, ...] = (
    f"Table 2 (precision, recall, F1): complete rows of all {N_ROWS} models; of {len(MODELS)} "
    "models some cells are known",
    f"Table 3 (scale score): complete rows of all {N_ROWS} models",
    "Table 4 (number of frames), Table 5 (model size): all cells",
    "Table 6 (reinforcement learning): all cells but one",
    "Figures 3 and 4 (levels, proactive ratio): no values are printed as text",
)
"""What of the paper is not here; a report shows it below any table of published figures."""

REMARKS: tuple[str, ...] = (
    "Table 2 is captioned precision, recall and F1; its section is headed weighted matching",
    "Overall columns of eight rows of Table 2 are shifted, so its order by F1 does not hold; "
    "Tables 5 and 6 repeat the shifted values",
    "Table 3: in 23 of 29 rows Overall is the mean of the classes to 0.05; the other six are here",
    "Table 4: the rows with 8 frames repeat LLaVA-OV-7B and VideoLLaMA2-7B of the main tables, so "
    "8 frames are the paper's setting",
    "InternVL2.5-7B of Table 2 is the 78B model of Tables 3 and 5; two models are named MiniCPM-v, "
    "one of them MiniCPM-o in Table 3",
    "29 models in abstract, conclusion and tables, 30 in the list of contributions, over 30 in "
    "section 3; Table 6 has two more variants",
    "people are said to do better; no table has a row for them",
)
"""What to know before a published figure is compared with one of ours."""
