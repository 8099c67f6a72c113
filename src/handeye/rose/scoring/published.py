"""Results printed in the ROSE paper (arXiv 2606.19965), as data: percent PASS, no intervals.

For tables and plots beside one's own runs; whoever shows them labels them "published". They were
measured by the authors on the official test split with their prompts and order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LABEL = "published"
HEAD = "Published, arXiv 2606.19965 (no intervals given there)"
COLUMNS = ("G-Cnt", "L-Cnt", "L-Clk", "V-Clk", "Excl-CS", "Avg.", "VALID")
BRIDGE_COLUMNS = ("G-Clk", "G-Clk†", "Card", "Loc|Card", "mL-Cnt", "L-Clk†")


@dataclass(frozen=True, slots=True)
class Published:
    """One model's printed figures in percent; None where the paper has none.

    ``columns`` has the names of :data:`COLUMNS`, ``bridges`` those of :data:`BRIDGE_COLUMNS` that
    were printed.
    """

    model: str
    columns: Mapping[str, float | None]
    bridges: Mapping[str, float] = field(default_factory=dict)


_MAIN: dict[str, tuple[float | None, ...]] = {
    "Qwen3-VL-Flash": (47.7, 21.6, 1.3, 0.5, 0.7, 14.3, 86.6),
    "Qwen3-VL-Plus": (66.4, 30.6, 4.1, 5.7, 3.2, 22.0, 95.5),
    "Qwen3.6-Plus": (80.3, 65.3, 39.5, 37.7, 28.9, 50.3, 99.9),
    "Claude-Sonnet-4.6": (62.1, 21.6, 9.8, 20.6, 4.5, 23.7, 61.3),
    "Claude-Opus-4.8": (64.0, 21.2, 9.8, 21.4, 4.9, 24.3, 62.7),
    "GLM-4.6V": (60.7, 30.8, 5.0, 4.5, 2.5, 20.7, 98.8),
    "GLM-5V-Turbo": (64.2, 56.9, 20.6, 21.4, 6.1, 33.8, 99.5),
    "Gemini-3.1-Pro": (92.8, 93.9, 75.4, 64.2, 70.4, 79.4, 93.4),
    "GPT-5.5": (93.8, 97.0, 93.6, 84.3, 92.5, 92.2, 100.0),
    "Human (one trained annotator)": (99.9, 100.0, 98.8, 97.7, 95.8, 98.8, None),
}
_BRIDGES: dict[str, tuple[float, ...]] = {
    "Qwen3.6-Plus": (67.1, 73.1, 86.0, 78.0, 63.2, 52.7),
    "Gemini-3.1-Pro": (86.5, 90.5, 91.2, 94.8),
    "GPT-5.5": (91.8, 96.1, 94.9, 96.7, 96.7, 95.8),
}

PUBLISHED: tuple[Published, ...] = tuple(
    Published(
        model,
        dict(zip(COLUMNS, values, strict=True)),
        dict(zip(BRIDGE_COLUMNS, _BRIDGES.get(model, ()), strict=False)),
    )
    for model, values in _MAIN.items()
)
