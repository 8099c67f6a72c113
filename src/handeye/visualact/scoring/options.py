"""Every choice of the scoring that the paper (arXiv 2512.09907) leaves open, with its default.

All of them go into the result, so that two scores can be told apart. Why each default is what it is
stands in docs/visualact-scoring.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from handeye.errors import OptionError

Figure = TypeVar("Figure")
Assignment = Literal["assign-then-filter", "mask-then-assign"]
Comparison = Literal[">=", ">"]

# Thresholds of the sweep that comes with every score.
SWEEP: tuple[float, ...] = tuple(round(0.30 + 0.05 * step, 2) for step in range(11))


@dataclass(frozen=True, slots=True)
class Options:
    """How predictions are matched and scored.

    Attributes:
        threshold: least similarity of a match, above 0 up to 1.
        comparison: whether a pair exactly at the threshold matches (``>=``).
        assignment: best assignment of all pairs first and weak pairs dropped after
            (``assign-then-filter``), or weak pairs ruled out before (``mask-then-assign``).
        phrasings: compare with all right wordings of an action and take the nearest (``any``), or
            with its text alone (``first``); published sets have one wording.
        averaging: the headline averages each video's scores within a class (``video``), or divides
            the sums over a class (``pooled``).
        overall_f1: overall F1 is the mean of the classes' F1 (``mean-of-classes``), or the harmonic
            mean of overall precision and recall (``harmonic``).
        headline: the headline is the ``plain`` or the ``weighted`` precision, recall and F1.
        scale_without_match: the scale score of a video without a match is 0 (``zero``), or the
            video is left out of its mean (``skip``).
        both_empty: a video without actions, for which none were proposed, is left out (``skip``),
            or scores 1 (``one``).
        unasked: a video without actions, for which some were proposed, scores 0 (``zero``), or is
            left out of precision, recall and F1 (``skip``); over-acting counts it either way.
        missing_level: a matched prediction that states no level adds nothing to the weighted sums
            (``no-credit``), or leaves them together with its counterpart (``exclude``).
        video_level: the level of a video is that of its most urgent action (``max``), or of its
            first (``first``).
    """

    threshold: float = 0.5
    comparison: Comparison = ">="
    assignment: Assignment = "assign-then-filter"
    phrasings: Literal["any", "first"] = "any"
    averaging: Literal["video", "pooled"] = "video"
    overall_f1: Literal["mean-of-classes", "harmonic"] = "mean-of-classes"
    headline: Literal["plain", "weighted"] = "plain"
    scale_without_match: Literal["zero", "skip"] = "zero"
    both_empty: Literal["skip", "one"] = "skip"
    unasked: Literal["zero", "skip"] = "zero"
    missing_level: Literal["no-credit", "exclude"] = "no-credit"
    video_level: Literal["max", "first"] = "max"

    def __post_init__(self) -> None:
        """Refuse values that are not allowed.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        value = self.threshold
        if isinstance(value, bool) or not isinstance(value, int | float) or not _within(value):
            raise OptionError(f"threshold must be a number above 0 up to 1, got {value!r}")
        hints = get_type_hints(Options)
        for field in fields(self):
            allowed = get_args(hints[field.name])
            found = getattr(self, field.name)
            if allowed and found not in allowed:
                raise OptionError(
                    f"{field.name} must be one of {', '.join(allowed)}; got {found!r}"
                )

    def overall(self, means: Mapping[str, Figure]) -> dict[str, Figure]:
        """Figures of all classes: F1 is what ``overall_f1`` says.

        Args:
            means: of the classes, the harmonic means of P and R as ``f1_harmonic`` and
                ``weighted_f1_harmonic``.
        """
        if self.overall_f1 == "mean-of-classes":
            return dict(means)
        return {**means, **{f"{k}f1": means[f"{k}f1_harmonic"] for k in ("", "weighted_")}}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @staticmethod
    def of(values: Mapping[str, Any]) -> Options:
        """Options from names and values, for instance of a command line.

        Raises:
            OptionError: a name that is no option, or a value that is not allowed.
        """
        known = [field.name for field in fields(Options)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise OptionError(
                f"no such scoring option: {', '.join(unknown)}; known: {', '.join(known)}"
            )
        return Options(**values)


def _within(value: float) -> bool:
    return math.isfinite(value) and 0 < value <= 1
