"""The human baseline beside the models: reading what ``handeye study agreement`` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError
from handeye.rose.pages.view import QuotedModel
from handeye.rose.questions import TEMPLATES
from handeye.scores.estimate import Estimate


class _Estimate(msgspec.Struct):
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


class _Human(msgspec.Struct):
    label: str
    columns: dict[str, _Estimate]


def read_human(file: Path) -> QuotedModel:
    """The human row of a report.

    Args:
        file: JSON with ``label`` and ``columns``: template column (``G-Cnt``) to
            ``{"value", "low", "high", "n"}``, fractions.

    Raises:
        DataError: the file cannot be read, has another form, or holds no known column.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Human)
    except OSError as error:
        raise DataError(f"{file}: the human baseline cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise DataError(
            f"{file}: no human baseline as `handeye study agreement` writes it: {error}"
        ) from None
    rates = {name: _rate(file, name, one) for name, one in found.columns.items()}
    known = {template.column for template in TEMPLATES.values()}
    if not known & rates.keys():
        raise DataError(f"{file}: none of its columns is a template ({', '.join(sorted(known))})")
    return QuotedModel(found.label, rates, human=True)


def _rate(file: Path, name: str, one: _Estimate) -> Estimate:
    for end in (one.value, one.low, one.high):
        if end is not None and not 0 <= end <= 1:
            raise DataError(f"{file}: {name} holds {end}; rates are fractions from 0 to 1")
    return Estimate(one.value, one.low, one.high, one.n)


def plain(model: QuotedModel) -> Mapping[str, Any]:
    """The row for programs that read the page."""
    return {
        "label": model.label,
        "pass": {
            name: {"value": r.value, "low": r.low, "high": r.high, "n": r.n}
            for name, r in model.columns.items()
        },
    }
