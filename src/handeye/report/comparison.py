"""Comparing run folders, and the page about it: one self-contained HTML file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from handeye.errors import OptionError
from handeye.pages import html
from handeye.pages.charts.forest import Block, ForestRow, forest
from handeye.pages.differing import choose, directions, filters
from handeye.pages.frame import (
    Entry,
    Gallery,
    Words,
    entry_key,
    fact_words,
    moment_words,
    wide_and_narrow,
)
from handeye.pages.plots import Plots
from handeye.report.write import GALLERY_LIMIT, PICTURE_BUDGET
from handeye.respondents.conversation import about
from handeye.scores.compare import RESAMPLES, Comparison, compare as compare_runs
from handeye.scores.estimate import Estimate, Worded, in_unit, integer, rate_of
from handeye.scores.looks import BEST
from handeye.scores.quantity import Family, Quantity
from handeye.scores.run_folder import expand
from handeye.scores.sentences import UNDECIDED, letter
from handeye.scores.so_far import readable
from handeye.scores.tables import Column, Row, Table
from handeye.suite import Suite
from handeye.suites import suite_of_runs

Tree = Mapping[str, Any]
_OWN_DRAWS = (
    "the interval of one run stands on its own page too, of other draws: the two can differ by "
    "some tenths of a point"
)


@dataclass(frozen=True, slots=True, repr=False)
class Compared(Comparison):
    """Runs compared, with the charts of the page about them."""

    @property
    def plot(self) -> Plots:
        """The charts of the page as SVG: ``pass``, of the next pair ``pass_2``, and so on."""
        drawn: dict[str, Callable[[], str]] = {}
        for number, pair in enumerate(self.data["pairs"]):
            for chart in _charts(self, number, pair):
                drawn[chart.key.replace("-", "_")] = partial(str, chart.picture)
        return Plots(drawn)


def compare(
    runs: str | Path | Sequence[str | Path],
    *,
    common: bool = False,
    all_pairs: bool = False,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Compared:
    """Compare run folders over the same items; the first is what the others are compared with.

    Args:
        runs: folders of one suite; a folder that holds several runs stands for them. Of a run that
            is not finished is compared what it holds so far.
        common: compare only the items that all runs have, and say so.
        all_pairs: compare every two runs, not only each with the first.
        seed: of the bootstrap; the same gives the same figures.
        resamples: number of resamples of scenes.

    Raises:
        OptionError: fewer than two runs, runs of several suites, too few resamples, or runs that
            were scored differently.
        RunError: a folder is no run.
        DataError: the runs are not about the same items, or a file cannot be read.
    """
    folders = expand(runs)
    suite = suite_of_runs(folders)
    opened = [suite.open_run(folder) for folder in readable(folders, suite.score_so_far)]
    found = compare_runs(
        suite, opened, common=common, all_pairs=all_pairs, seed=seed, resamples=resamples
    )
    return Compared(found.data, found.suite, found.found, found.runs, found.beside)


def write_comparison(
    found: Comparison,
    out: str | Path,
    *,
    title: str | None = None,
    gallery_limit: int = GALLERY_LIMIT,
    picture_budget: int = PICTURE_BUDGET,
    beside: Mapping[Path, bytes] | None = None,
) -> Path:
    """Write the page of a comparison.

    Args:
        found: of :func:`compare`.
        out: the HTML file; replaced in one step.
        title: heading of the page; by default made from the labels.
        gallery_limit: at most so many items are shown with their picture; 0 for none.
        picture_budget: bytes for all embedded pictures together.
        beside: other files that are asked for: all are written, or none.

    Returns:
        The path of the file.

    Raises:
        OptionError: a limit is negative, or ``out`` or a file beside it cannot be written.
        DataError: a file of a run cannot be read.
    """
    if gallery_limit < 0 or picture_budget < 0:
        raise OptionError("gallery_limit and picture_budget must be 0 or more")
    shown = directions(found["pairs"])
    if found.suite.pair_cards is None:
        raise OptionError(f"{found.suite.title} draws no page of a comparison; leave --out away")
    chosen, total = choose(found.found, shown, gallery_limit)
    drawn = found.suite.pair_cards(found.runs, chosen, picture_budget)
    unit = found.suite.unit
    some = f"{len(chosen):,} of {total:,} {unit} that one run answers better than the other"
    kinds = " and ".join(one.title.lower() for one in found.found.properties)
    words = (
        f"{some}, chosen evenly over who is {found.found.words.right}, {kinds} (so not in "
        f"proportion to how often they occur). {drawn.lead}"
    )
    if not chosen:
        words = (
            f"{total:,} {unit} differ; the gallery was switched off."
            if total
            else f"Nothing to show: the runs get the same {unit}."
        )
    gallery = Gallery(
        template="pair_card.html.j2",
        entries=[
            Entry(
                entry_key(one.direction.key, one.item_id),
                one.item_id,
                {"run": one.direction.key, **one.values},
                card,
            )
            for one, card in zip(chosen, drawn.cards, strict=True)
        ],
        pictures=drawn.pictures,
        sounds=drawn.sounds,
        words=words,
        filters=filters(found.found, chosen, shown),
        unit=unit.removesuffix("s"),
        title=f"{unit.capitalize()} that one run answers better",
        marks=drawn.legend,
        style=drawn.style,
    )
    context = _context(found, title) | {"gallery": gallery, "several": True}
    sheets = ("compare.css", *drawn.sheets)
    page = html.render(drawn.package, "compare.html.j2", context, sheets)
    return html.write(Path(out), page, beside)


def _context(found: Comparison, title: str | None) -> dict[str, Any]:
    """The names that compare.html.j2 reads, but for the gallery."""
    data, labels, suite = found.data, found.found.labels, found.suite
    named = (
        f"{', '.join(labels[:-1])} and {labels[-1]}" if len(labels) < 4 else f"{len(labels)} runs"
    )
    pairs = [
        {
            "number": k,
            "first": data["runs"][pair["first"]],
            "second": data["runs"][pair["second"]],
            "styles": (pair["first"], pair["second"]),
            "sentences": pair["sentences"],
            "charts": _charts(found, k, pair),
            "discordance": _discordance_table(found, k, pair),
            "beside": [replace(table, key=_key(f"t {table.key}", k)) for table in found.beside[k]],
        }
        for k, pair in enumerate(data["pairs"])
    ]
    interval = data["interval"]
    what = [
        (suite.unit, data["n_items"]),
        (suite.scene, None if suite.scene == suite.unit else data["n_scenes"]),
        *found.found.about.items(),
        ("resamples", interval["resamples"]),
        ("bootstrap seed", str(interval["seed"])),
    ]
    return {
        "suite": suite,
        "source": found.found.words.source,
        "notices": {},  # differing sets stand among the notes
        "title": title or f"{named} compared on {suite.title}",
        "runs": [
            run | {"facts": _facts(suite, run), "style": k} for k, run in enumerate(data["runs"])
        ],
        "pairs": pairs,
        "overview": _overview(found),
        "notes": data["notes"],
        "what": fact_words(what),
        "terms": (*_terms(found), *found.found.words.terms),
        "data": html.script_json(data),
    }


def _facts(suite: Suite, run: Tree) -> Words:
    states = {name: count for name, count in (run.get("states") or {}).items() if count}
    return fact_words(
        [
            ("model", run.get("model")),
            ("answers", run.get("adjusted")),
            ("respondent", about(run.get("model"), suite.respondents)),
            ("folder", Path(run["path"]).name if run.get("path") else None),
            (suite.unit, run.get("n_items")),
            ("not compared", run["left_out"] or None),
            ("states", ", ".join(f"{count:,} {name}" for name, count in states.items())),
            ("created", moment_words(run)),
            ("data SHA-256", ", ".join(str(value)[:12] for value in run.get("data") or [])),
            ("seeds", ", ".join(f"{name} {n}" for name, n in (run.get("seeds") or {}).items())),
        ]
    )


def _terms(found: Comparison) -> Words:
    unit, scene, stratum = found.suite.unit, found.suite.scene, found.found.words.stratum
    interval = found["interval"]
    return (
        (
            "Paired",
            f"Every difference is taken on the same {unit}, the second run minus the first "
            f"(B − A): one that both runs get, or both fail, says nothing about which is better.",
        ),
        (
            "Interval",
            f"95 % percentile interval over resampled {scene}, the same {scene} for all runs, "
            f"drawn within each {stratum}: {interval['resamples']:,} draws, seed "
            f"{interval['seed']}. {_OWN_DRAWS.capitalize()}.",
        ),
        (
            "p",
            "How often a difference at least this large would be seen if the two runs were alike. "
            f"Where few {scene} differ, or each has one answer that is right or wrong: the less "
            "sure of the bootstrap and an exact test (of signs, McNemar).",
        ),
        (
            "p, Holm",
            "The same after Holm's adjustment: within a family, in at most 5 of 100 comparisons of "
            "alike runs would any row be called different. Only what is below .05 is called a "
            "difference here.",
        ),
        (
            "Visible",
            f"The smallest true difference that this many {scene} show with a chance of 80 % after "
            "the adjustment. “No difference seen” does not say that there is none below it.",
        ),
        (
            "Constant",
            f"What the {BEST} scores, chosen without the {scene} it is scored on: a level near it "
            "needs no look at what was shown.",
        ),
    )


# ---- charts and tables


@dataclass(frozen=True, slots=True)
class Chart:
    """A forest plot with the tables of the same rows; ``folded`` where it has many."""

    key: str
    title: str
    note: str
    picture: Markup
    tables: tuple[Table, ...]
    folded: bool


def _charts(found: Comparison, number: int, pair: Tree) -> list[Chart]:
    """The forest plots of one pair of runs, the number of which is for ids."""
    groups: dict[str, list[tuple[Family, Tree]]] = {}
    for family, told in zip(found.found.families, pair["families"], strict=True):
        if told["rows"]:
            groups.setdefault(family.chart, []).append((family, told))
    first, second = letter(pair["first"]), letter(pair["second"])
    out = []
    for k, (title, held) in enumerate(groups.items()):
        blocks = [block for family, told in held for block in _blocks(family, told, pair)]
        shares = all(row["sense"] == "share" for _, told in held for row in told["rows"])
        low, high = ("less often", "more often") if shares else ("lower", "higher")
        draw = partial(
            forest,
            blocks=blocks,
            title=f"{title}: {second} minus {first}",
            sides=(f"{low} in {second}", f"{high} in {second}"),
        )
        out.append(
            Chart(
                key=_key(title, number),
                title=title,
                note=" ".join(family.meaning for family, _ in held),
                picture=wide_and_narrow(
                    lambda narrow, k=k, draw=draw: draw(  # type: ignore[misc]
                        f"forest-{number}-{k}-{narrow:d}", narrow=narrow
                    )
                ),
                tables=tuple(_table(number, *one, first, second) for one in held),
                folded=all(family.long and not family.reason for family, _ in held),
            )
        )
    return out


def _key(title: str, number: int) -> str:
    """Name of a figure, on the page and as a file: ``pass``, of the next pair ``pass-2``."""
    name = re.sub(r"\W+", "-", title.lower()).strip("-")
    return f"{name}-{number + 1}" if number else name


def _blocks(family: Family, told: Tree, pair: Tree) -> list[Block]:
    """Rows under headings: the family's own, or one per group; reasons by size."""
    groups: dict[str, list[Tree]] = {}
    for row in told["rows"]:
        groups.setdefault(row["group"], []).append(row)
    out = []
    for group, rows in groups.items():
        title = group or family.title
        if family.reason:
            rows = sorted(rows, key=lambda row: -abs(row["difference"]["value"] or 0.0))
            title = f"{family.title} {group}".strip()
        out.append(Block(title, tuple(_forest_row(row, pair) for row in rows)))
    return out


def _forest_row(row: Tree, pair: Tree) -> ForestRow:
    decided = row["verdict"] not in UNDECIDED
    side = "first" if row["verdict"].startswith("first") else "second"
    return ForestRow(row["label"], rate_of(row["difference"]), decided, pair[side], row["words"])


def _number(one: Quantity, row: Tree) -> int | Worded:
    n: int = row["n"]
    return n if n == one.n_items else Worded(n, words=f"{n:,} of {integer(one.n_items)}")


def _p(value: float | None) -> Worded:
    return Worded(value, unit="p")


def _table(number: int, family: Family, told: Tree, first: str, second: str) -> Table:
    about = {one.key: one for one in family.quantities}
    columns = (
        *(Column(one, f"rate of this run, percent; {_OWN_DRAWS}") for one in (first, second)),
        Column(f"{second} − {first}", "difference in points with its 95 % interval"),
        Column("p", "two-sided, as measured"),
        Column("p, Holm", "adjusted within the family"),
        Column("visible", "difference that a power of 80 % shows after adjustment, in points"),
        Column("constant", f"{BEST} over all that is asked, percent"),
        Column("n", "how many are compared"),
        Column("verdict"),
    )
    rows = tuple(
        Row(
            row["label"],
            (
                rate_of(row["first"]),
                rate_of(row["second"]),
                in_unit(rate_of(row["difference"]), "points"),
                _p(row["p_value"]),
                _p(row["p_adjusted"]),
                Estimate(row["smallest_difference"]),
                rate_of(row.get("chance")),
                _number(about[row["key"]], row),
                row["words"].partition(" (")[0],
            ),
            group=row["group"],
            note="exact test" if row["test"] == "exact" else "",
        )
        for row in told["rows"]
    )
    return Table(
        key=_key(f"t {told['key']}", number),
        caption=f"{told['title']}. {told['meaning']} Percent; differences in points.",
        columns=columns,
        rows=rows,
        row_head="",
    )


def _discordance_table(found: Comparison, number: int, pair: Tree) -> Table:
    """Who is right where."""
    first, second = letter(pair["first"]), letter(pair["second"])
    names = ("both", "only_first", "only_second", "neither")
    heads = (
        "both right",
        f"{first} right, {second} wrong",
        f"{second} right, {first} wrong",
        "both wrong",
    )
    rows = tuple(
        Row(
            row["label"],
            (*(row[name] for name in names), _p(row["p_value"]), row["n"]),
        )
        for row in pair["discordance"]
    )
    tallied = found.found.words.tallied
    return Table(
        key=_key("t right-where", number),
        caption=f"{tallied.capitalize()} by who is right. p: exact McNemar test on those where the "
        "two differ, not adjusted.",
        columns=(*map(Column, heads), Column("p"), Column("n")),
        rows=rows,
        row_head="",
    )


def _overview(found: Comparison) -> Table | None:
    """The headline of every pair, where there are several."""
    if len(found["pairs"]) < 2:
        return None
    rows = [
        Row(
            row["label"],
            (in_unit(rate_of(row["difference"]), "points"), _p(row["p_adjusted"]), row["words"]),
            group=f"{letter(pair['second'])} − {letter(pair['first'])}",
        )
        for pair in found["pairs"]
        for family, told in zip(found.found.families, pair["families"], strict=True)
        if family.overall
        for row in told["rows"]
    ]
    columns = (Column("difference", "points"), Column("p, Holm"), Column("verdict"))
    caption = "Headline of every pair, in points; p adjusted over all pairs."
    return Table("t-overview", caption, columns, tuple(rows), row_head="")
