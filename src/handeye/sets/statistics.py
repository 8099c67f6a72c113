"""Statistics of a set of items as lines of a table, alone or beside another set.

A suite counts what it counts into :class:`Line`; beside each other, every line carries a p-value:
the chance of a difference at least this large if both sets were drawn from one distribution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handeye.shown import Shown, Words

ALL = "all"


@dataclass(frozen=True, slots=True)
class Line:
    """One statistic of one group of items: category counts or a list of numbers.

    ``compared`` is False for what is fixed by the size of the set and not by its distribution,
    ``main`` for what is shown only where every line is asked for.
    """

    name: str
    counts: Mapping[str, int] | None = None
    values: tuple[float, ...] = ()
    compared: bool = True
    main: bool = True

    def text(self) -> str:
        """The line as shown: counts with shares, or min / median / mean / max."""
        if self.counts is not None:
            total = sum(self.counts.values())
            if not self.compared:
                return "  ".join(f"{name} {count}" for name, count in self.counts.items())
            return "  ".join(
                f"{name} {count} ({count / total:.0%})" for name, count in self.counts.items()
            )
        ordered = sorted(self.values)
        if not ordered:
            return "-"
        middle = ordered[len(ordered) // 2]
        mean = sum(ordered) / len(ordered)
        return f"{ordered[0]:.4g} / {middle:.4g} / {mean:.4g} / {ordered[-1]:.4g}"


@dataclass(frozen=True, slots=True, repr=False)
class Description(Shown):
    """Statistics of a set: group (subset, scenario ... or ``all``) to its lines by name.

    ``legend`` says what is abbreviated in them.
    """

    name: str
    groups: Mapping[str, Mapping[str, Line]]
    legend: str = ""

    def __getitem__(self, group: str) -> Mapping[str, Line]:
        return self.groups[group]

    def _words(self) -> Words:
        lines = self.groups[ALL]
        others = ", ".join(group for group in self.groups if group != ALL)
        return Words(
            f"{self.name}: statistics (counts, or least / median / mean / most)",
            {name: line.text() for name, line in lines.items()},
            f"also for {others}" if others else "",
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        for group, lines in self.groups.items():
            for name, line in lines.items():
                yield {"group": group, "statistic": name, "text": line.text()}

    def to_dict(self) -> dict[str, Any]:
        """As :meth:`as_dict`."""
        return self.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """JSON form: counts, or min, median, mean, max of the numbers."""
        return {
            group: {
                name: dict(line.counts) if line.counts is not None else line.text()
                for name, line in lines.items()
            }
            for group, lines in self.groups.items()
        }


def count_labels(labels: Iterable[str], order: Sequence[str] = ()) -> dict[str, int]:
    """Number of each label, those of ``order`` first, the rest by name."""
    found = Counter(labels)
    rest = sorted(name for name in found if name not in order)
    return {name: found[name] for name in (*order, *rest) if name in found}


def p_value(a: Line, b: Line) -> float | None:
    """Chance of so large a difference under one distribution; None where it means nothing.

    Categories: chi-square test of independence (exact Fisher for two by two); numbers: two-sample
    Kolmogorov-Smirnov test.
    """
    if not (a.compared and b.compared):
        return None
    from scipy import stats

    if a.counts is not None and b.counts is not None:
        names = list(dict.fromkeys((*a.counts, *b.counts)))
        table = [[line.get(name, 0) for name in names] for line in (a.counts, b.counts)]
        if len(names) < 2 or not all(map(sum, table)):
            return None
        test = stats.fisher_exact if len(names) == 2 else stats.chi2_contingency
        return float(test(table)[1])
    if a.values and b.values:
        return float(stats.ks_2samp(a.values, b.values).pvalue)
    return None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of two sets side by side, with the p-value of their difference."""

    group: str
    name: str
    first: str
    second: str
    p: float | None


def compare(a: Description, b: Description) -> list[Comparison]:
    """Two descriptions side by side, in the order of the first, groups that both have."""
    out: list[Comparison] = []
    for group in a.groups:
        if group not in b.groups:
            continue
        lines_a, lines_b = a.groups[group], b.groups[group]
        for name in dict.fromkeys((*lines_a, *lines_b)):
            la, lb = lines_a.get(name), lines_b.get(name)
            out.append(
                Comparison(
                    group,
                    name,
                    la.text() if la else "-",
                    lb.text() if lb else "-",
                    p_value(la, lb) if la and lb else None,
                )
            )
    return out
