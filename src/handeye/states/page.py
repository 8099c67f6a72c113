"""The page about what was read off captured states: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from handeye.errors import DataError
from handeye.pages import html
from handeye.pages.charts.charts import Series, panel
from handeye.pages.frame import fact_words, wide_and_narrow
from handeye.scores.estimate import Estimate, rate_of
from handeye.scores.tables import Table
from handeye.states.charts import front, waterfall
from handeye.states.results import PREMISE, TARGETS, causal_of, results, rows_of
from handeye.states.tables import causal_tables, tables
from handeye.states.targets import read_targets

Told = Mapping[str, Any]
_KNEW = 24
"""Questions that are shown of those that it knew and did not say."""
_PLAIN = ("knows", "published", "acting", "patched", "directions")
"""Tables that stand by themselves, by how their keys begin."""
_FACTS = ("items", "clips", "layers", "sites", "suite", "family")
_TERMS = (
    (
        "Decodable",
        "A linear reader that has not learnt from the family tells it better than chance. That the "
        "model uses it is another question; not to be decodable is not to be unknown.",
    ),
    (
        "Nested readers",
        "Each reader of the chain knows the letters and all that stands behind it, so that none "
        "can seem worse than the next for being read from less. Losses add up to what is not said.",
    ),
    (
        "Null",
        "The same search, layers and strengths included, over labels that are turned family by "
        "family; a cross-validated null lies a little below one half.",
    ),
    (
        "Balanced accuracy",
        "Mean of the shares of true and of false premises that are told rightly; chance is 50. An "
        "area under a curve is never subtracted from it.",
    ),
    (
        "Ablations",
        "What adjusting gains where a constant, a permuted probe, the words alone or a threshold "
        "stands in the probe's place; only what is beyond the best of them comes from the states.",
    ),
)


class Drawn(NamedTuple):
    """A chart with its name and its numbers."""

    key: str
    title: str
    note: str
    picture: Markup
    tables: tuple[Table, ...] = ()
    legend: tuple[Series, ...] = ()


class Knew(NamedTuple):
    """A question whose premise is false, told by the probe and accepted by the letters."""

    item: str
    stratum: str
    chance: float
    question: str


def write_page(folder: Path, out: Path) -> Path:
    """Write the page about a folder of states.

    Args:
        folder: with ``probe.json`` or ``adjust.json``.
        out: the HTML file; replaced in one step.

    Raises:
        DataError: nothing was found there yet, or a file cannot be read.
        OptionError: ``out`` cannot be written.
    """
    probe, adjust = results(folder)
    told = probe or adjust
    if told is None:
        raise DataError(f"{folder}: nothing is read off these states yet: handeye states probe")
    every = [*tables(probe, adjust), *causal_tables(causal_of(folder))]
    said = {table.key: table for table in every}
    states = told["states"]
    chain = list(_chain(probe or {}, said))
    context = {
        "title": f"What {states.get('model', 'the model')} holds, and what it says",
        "notices": {},
        "sentences": list((probe or {}).get("said") or ()),
        "chain": chain,
        "tables": [t for key, t in said.items() if key.startswith(_PLAIN)],
        "curves": list(_curves(probe or {})),
        "reliability": list(_reliability(probe or {})),
        "probes": said.get("probes"),
        "controls": said.get("controls"),
        "alarms": [one for entry in (probe or {}).get("controls", ()) for one in entry["alarms"]],
        "adjusting": list(_adjusting(adjust, said)) if adjust else [],
        "knew": _knew(folder, probe or {}),
        "facts": fact_words(
            (name.replace("_", " "), value) for name, value in states.items() if name in _FACTS
        ),
        "no_chain": (probe or {}).get("no_chain", {}),
        "left_out": (probe or {}).get("left_out", {}),
        "terms": _TERMS,
        "data": html.script_json({"probe": probe, "adjust": adjust}),
    }
    page = html.render("handeye.states", "states.html.j2", context, ["states.css"])
    return html.write(out, page)


def _chain(probe: Told, said: Mapping[str, Table]) -> Iterator[Drawn]:
    for way in (probe.get("chain") or {}).get("ways", ()):
        key = f"chain-{way['stratum'] or 'all'}"
        yield Drawn(
            key,
            way["stratum"].capitalize() or "All premises",
            f"{way['premises']:,} premises of {way['families']:,} families. The pale piece is what "
            "was lost since the level above; dark where it may be said. The line is chance.",
            wide_and_narrow(partial(_waterfall, way, key)),
            (said[key],),
        )


def _waterfall(way: Told, key: str, narrow: bool) -> Markup:
    return waterfall(way, f"{key}-{narrow:d}", narrow=narrow)


def _curves(probe: Told) -> Iterator[Drawn]:
    """Layer curves, one a target and stratum: the sites beside each other, the null as chance."""
    by: dict[tuple[str, str], list[Told]] = {}
    for one in probe.get("found", ()):
        by.setdefault((one["target"], one["stratum"]), []).append(one)
    for number, ((target, stratum), found) in enumerate(by.items()):
        layers = sorted(
            {(point["depth"], point["layer"]) for one in found for point in one["curve"]}
        )
        names = [name for _, name in layers]
        series = []
        for style, one in enumerate(found):
            at = {point["layer"]: rate_of(point["auroc"]) for point in one["curve"]}
            rates = tuple(at.get(name, Estimate(None)) for name in names)
            series.append(Series(one["site"], rates, style))
        nulls = [one["null"]["high"] for one in found if one.get("null")]
        if nulls:
            series.append(Series("null, 97.5 %", (Estimate(max(nulls)),) * len(names), chance=True))
        title = f"{target}, {stratum}" if stratum else target
        short = [name.removeprefix("block.").lstrip("0") or "0" for name in names]
        short = [{"embedding": "emb", "final": "end"}.get(name, name) for name in short]
        yield Drawn(
            f"curve-{number}",
            title,
            "",
            panel(f"curve-{number}", f"AUROC by layer, x 100: {title}", short, series),
            legend=tuple(series),
        )


def _reliability(probe: Told) -> Iterator[Drawn]:
    for number, one in enumerate(probe.get("found", ())):
        if one["target"] != PREMISE or one["site"] != "last":
            continue
        bins = one["calibration"]["bins"]
        series = [
            Series("true", tuple(rate_of(each["true"]) for each in bins)),
            Series("said", tuple(Estimate(each["said"]) for each in bins), chance=True),
        ]
        named = one["stratum"] or "all premises"
        yield Drawn(
            f"reliability-{number}",
            named,
            f"slope {one['calibration']['slope']:.2f}",
            panel(
                f"reliability-{number}",
                f"Share false by tenths of the probe's probability: {named}",
                [f"{100 * each['said']:.0f}" for each in bins],
                series,
            ),
        )


def _adjusting(adjust: Told, said: Mapping[str, Table]) -> Iterator[Drawn]:
    yield Drawn("adjuster", "Our adjuster", "", Markup(""), (said["adjuster"],))
    yield Drawn(
        "pgla",
        "PGLA",
        "The line: settings that no other beats in both accuracies. Beside it what stood for the "
        "probe, each with a setting chosen on other folds.",
        front(adjust, "front"),
        (said["pgla"],),
    )


def _knew(folder: Path, probe: Told) -> list[Knew]:
    """False premises that the probe tells and the letters accept, the surest first.

    Only of strata in which more are known and not said than by chance.
    """
    if not (folder / TARGETS).is_file() or not probe:
        return []
    # Of a stratum in which the probe knows no more than chance, none is said to be known.
    sure = {
        one["stratum"] for one in probe.get("knows_says", ()) if (one["unsaid"]["low"] or 0) > 0
    }
    accepted = set(probe.get("accepted", ()))
    asked = {one.item_id: one for one in read_targets(folder / TARGETS) if one.target == PREMISE}
    found = []
    for row in rows_of(folder, PREMISE, "last"):
        told = row.says and row.label == 1 and row.stratum in sure
        if told and row.item_id in accepted and row.item_id in asked:
            words = asked[row.item_id].texts.get("question", "")
            chance = float(1 / (1 + np.exp(-row.logit)))
            found.append(Knew(row.item_id, row.stratum, chance, words))
    return sorted(found, key=lambda one: (-one.chance, one.item))[:_KNEW]
