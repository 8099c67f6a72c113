"""What the page shows of one diagnosis, as plain values (explained in docs/diagnosis.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handeye.pages.signs import Sign
from handeye.rose.diagnosis.claims import Claim
from handeye.scores.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Step:
    """One step down a chain: points lost (negative: won), and the level after it.

    ``other_orders`` are the least and most it would lose if its kind of failure were forgiven
    earlier or later; None where no other order makes sense.
    """

    key: str
    label: str
    meaning: str
    loss: Estimate
    level: Estimate
    other_orders: tuple[float, float] | None = None

    @property
    def sure(self) -> bool:
        """Whether the interval of the loss leaves out 0."""
        low, high = self.loss.low, self.loss.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True, slots=True)
class Chain:
    """From a level of counting down to a level of acting; the losses add up to ``whole``."""

    key: str
    title: str
    meaning: str
    start: tuple[str, Estimate]
    end: tuple[str, Estimate]
    whole: Estimate
    steps: tuple[Step, ...]
    n_scenes: int
    n_items: int


@dataclass(frozen=True, slots=True)
class Share:
    """How often one reason or sign occurs: among the failed items, and among all."""

    sign: Sign
    count: int
    share: Estimate
    rate: Estimate


@dataclass(frozen=True, slots=True)
class Group:
    """Why the items of some templates failed; ``reasons`` exclude each other, ``tags`` do not."""

    n_items: int
    n_failed: int
    failed: Estimate
    reasons: tuple[Share, ...]
    tags: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Convention:
    """Another convention of coordinates: how strongly the answers speak for it."""

    label: str
    n_items: int
    items: int
    weight: Estimate
    ratio: float
    p_value: float
    decided: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Measured PASS around one value of a factor."""

    x: float
    label: str
    rate: Estimate


@dataclass(frozen=True, slots=True)
class Curve:
    """PASS against a factor: measured marks, fitted line ``(x, rate)``, and where it crosses 50 %.

    ``threshold`` holds values of the factor, not rates; ``reason`` says why there is none.
    """

    marks: tuple[Mark, ...]
    fit: tuple[tuple[float, Estimate], ...]
    threshold: Estimate
    reason: str
    n_items: int


@dataclass(frozen=True, slots=True)
class CurvePair:
    """Counting and acting against the same factor; ``distance`` in units of the factor.

    ``left_out`` are subsets that the curves do not rest on.
    """

    title: str
    counting: Curve
    action: Curve
    distance: Estimate
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CurveFactor:
    """One factor: all subsets together where that makes sense, and each subset."""

    key: str
    title: str
    unit: str
    transform: str
    whole: CurvePair
    subsets: tuple[CurvePair, ...]


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """One run's diagnosis, ready to be laid out. ``by_template`` goes by column of the paper."""

    sentence: str
    claims: tuple[Claim, ...]
    chains: Mapping[str, Chain]
    action: Group
    counting: Group
    by_template: Mapping[str, Group]
    conventions: tuple[Convention, ...]
    signs: tuple[tuple[Sign, Estimate], ...]
    curves: tuple[CurveFactor, ...]
