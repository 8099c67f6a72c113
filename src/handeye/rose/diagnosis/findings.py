"""What diagnosis.json holds, written and read back as it stands; docs/diagnosis.md explains it."""

from __future__ import annotations

import msgspec

from handeye.rose.scoring.summary import Bridge, Consistency
from handeye.scores.diagnosed import Group
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.looks import Group as Look
from handeye.scores.summary import Interval, Recorded


class End(msgspec.Struct):
    """A level at which a chain starts or ends."""

    key: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def level(self) -> Estimate:
        """The figure of the level."""
        return Estimate(self.value, self.low, self.high, self.n)


class Step(msgspec.Struct):
    """One step down a chain: points lost (negative: won), and the level after it.

    ``level`` is the start less all losses so far, which is a rate only from 0 to 1.
    ``sides`` are the losses of counting and acting. ``alternative`` has what it would lose if its
    kind of failure were forgiven earlier or later; None where no other order makes sense.
    """

    key: str
    label: str
    meaning: str
    loss: Estimate
    level: Estimate
    sides: dict[str, Estimate | None]
    alternative: dict[str, float | None] | None

    @property
    def change(self) -> Estimate:
        """The loss as people read it everywhere: as what happens to the level."""
        return -self.loss

    @property
    def rate(self) -> Estimate:
        """The level where it is a rate; nothing elsewhere."""
        value = self.level.value
        return self.level if value is not None and 0 <= value <= 1 else NOTHING

    @property
    def sure(self) -> bool:
        """Whether the interval of the loss leaves out 0."""
        low, high = self.loss.low, self.loss.high
        return low is not None and high is not None and (low > 0 or high < 0)

    @property
    def other_orders(self) -> tuple[float, float] | None:
        """Least and most of ``alternative``."""
        losses = [loss for loss in (self.alternative or {}).values() if loss is not None]
        return (min(losses), max(losses)) if losses else None


class Chain(msgspec.Struct):
    """From a level of counting down to a level of acting; the losses add up to ``whole``."""

    key: str
    title: str
    meaning: str
    start: End
    end: End
    whole: Estimate
    n_scenes: int
    n_items: int
    steps: list[Step]


class Convention(msgspec.Struct):
    """Another convention of coordinates: how strongly the answers speak for it."""

    key: str
    label: str
    n_items: int
    items: int
    weight: Estimate
    log_likelihood_ratio: float
    p_value: float
    decided: bool


class Habit(msgspec.Struct):
    """How often a sign shows among the items where it can."""

    label: str
    meaning: str
    rate: Estimate


class Attribution(msgspec.Struct):
    """Why items failed; ``by_template`` goes by column of the paper."""

    action: Group
    counting: Group
    by_template: dict[str, Group]
    conventions: list[Convention]
    signs: dict[str, Habit]


class Point(msgspec.Struct, rename={"from_": "from"}):
    """Measured PASS around the value ``x`` of a factor, of items from ``from_`` to ``to``."""

    x: float
    from_: float
    to: float
    value: float | None
    low: float | None
    high: float | None
    label: str
    n: int

    @property
    def rate(self) -> Estimate:
        """The measured share."""
        return Estimate(self.value, self.low, self.high, self.n)


class Fitted(msgspec.Struct):
    """One point of a fitted curve."""

    x: float
    y: float
    low: float | None
    high: float | None


class Place(Estimate, frozen=True):
    """A value of a factor, no rate, or a distance of two; ``reason`` says why there is none."""

    reason: str | None = None


class Curve(msgspec.Struct):
    """PASS against a factor: measured points, fitted line, and where it crosses 50 %."""

    n_items: int
    n_scenes: int
    intercept: float | None
    slope: Estimate
    threshold: Place
    points: list[Point]
    fit: list[Fitted]


class CurvePair(msgspec.Struct):
    """Counting and acting against the same factor; ``distance`` in units of the factor."""

    counting: Curve
    action: Curve
    distance: Place


class Factor(msgspec.Struct):
    """One factor of difficulty; ``left_out`` are subsets that its own curves do not rest on."""

    key: str
    title: str
    unit: str
    transform: str
    sentence: str
    left_out: list[str]
    counting: Curve
    action: Curve
    distance: Place
    by_template: dict[str, Curve]
    by_subset: dict[str, CurvePair]

    def pairs(self) -> dict[str, CurvePair]:
        """All subsets together, then each subset."""
        whole = CurvePair(self.counting, self.action, self.distance)
        subsets = {name.removeprefix("ROSE-"): pair for name, pair in self.by_subset.items()}
        return {"all subsets": whole, **subsets}


class Findings(Recorded, kw_only=True):
    """diagnosis.json: what the summary has of it, then decomposition, reasons and curves.

    ``subsets`` are the PASS of each source over the five kinds of question, ``unused`` its items
    without an answer to look at, and all of its items. ``looks`` are what is known of sight
    (:class:`handeye.scores.looks.Group`), by group of questions; none for a run that was scored
    before that was told.
    """

    format: int
    suite: str
    model: str | None
    n_items: int
    n_expected: int
    n_scenes: int
    partial: bool
    note: str
    states: dict[str, int]
    interval: Interval
    headline: dict[str, Estimate]
    columns: dict[str, Estimate]
    subsets: dict[str, Estimate] = msgspec.field(default_factory=dict)
    unused: dict[str, list[int]] = msgspec.field(default_factory=dict)
    bridges: dict[str, Bridge | None]
    consistency: Consistency | None
    drops: dict[str, Estimate]
    decomposition: dict[str, Chain | None]
    attribution: Attribution
    thresholds: dict[str, Factor]
    looks: dict[str, Look] = msgspec.field(default_factory=dict)
