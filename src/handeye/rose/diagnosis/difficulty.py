"""Scales of difficulty along which curves are fitted: similarity, grid size, number of targets.

Fixed bins of the same and other properties, for tables, are in
:mod:`handeye.rose.scoring.breakdowns`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Likeness at which the scale of the fit ends: pairs that differ less are the same to any picture.
_ALIKE = 1 - 2.0**-14


@dataclass(frozen=True, slots=True)
class Scale:
    """One factor of difficulty.

    ``value`` reads it from a score row; ``forth`` brings it to the scale of the fit, on which PASS
    is expected to fall, ``back`` one value from there; ``words`` writes one value.
    """

    key: str
    title: str
    unit: str
    transform: str
    noun: str
    value: pl.Expr
    forth: Callable[[Floats], Floats]
    back: Callable[[float], float]
    words: Callable[[float], str]


SCALES: tuple[Scale, ...] = (
    Scale(
        "similarity",
        "Similarity",
        "",
        "-log2(1 - x)",
        "similarity",
        pl.col("pair_similarity"),
        lambda x: -np.log2(1 - np.minimum(x, _ALIKE)),
        lambda z: 1 - 2.0 ** -max(z, 0.0),
        lambda x: f"{x:.2f}" if x < 0.95 else f"{x:.3f}",
    ),
    Scale(
        "cells",
        "Grid size",
        "cells",
        "log2(x)",
        "the number of cells",
        (pl.col("rows") * pl.col("cols")).cast(pl.Float64),
        np.log2,
        lambda z: 2.0 ** min(z, 60.0),
        lambda x: f"{x:.0f}",
    ),
    Scale(
        "targets",
        "Targets in the grid",
        "targets",
        "x",
        "the number of targets",
        pl.col("global_target_count").cast(pl.Float64),
        lambda x: x,
        float,
        lambda x: f"{x:.0f}" if x == round(x) else f"{x:.1f}",
    ),
)
