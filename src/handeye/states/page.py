"""The page about what was read off captured states: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup
from PIL import Image
from scipy.special import expit

from handeye.errors import DataError
from handeye.pages import html
from handeye.pages.charts.charts import Series, panel
from handeye.pages.frame import Section, fact_words, wide_and_narrow
from handeye.pages.pictures import Album
from handeye.scores.estimate import Estimate, in_unit, rate_of
from handeye.scores.tables import Column, Row, Table
from handeye.sets.draw import Draw
from handeye.states.acting import DRAWN
from handeye.states.charts import (
    cell_symbol,
    cells,
    cells_words,
    fourfold,
    front,
    heads,
    waterfall,
)
from handeye.states.parts import RECORD, read_record
from handeye.states.probes import FEWEST_DRAWS
from handeye.states.results import PREMISE, TARGETS, attention_of, causal_of, results, rows_of
from handeye.states.tables import (
    GROUPS,
    asked_words,
    attention_alarms,
    attention_sentences,
    attention_tables,
    causal_tables,
    groups_of,
    sentences,
    slope,
    tables,
    taught_words,
)
from handeye.states.targets import read_targets

Told = Mapping[str, Any]
_KNEW = 8
"""Questions of a stratum that are shown of those that it knew and did not say."""
_PARTS = {
    "result": ("Result", "Result"),
    "chain": ("From seen to said", "Chain"),
    "knows": ("Known and said", "Known and said"),
    "layers": ("Layer by layer", "Layers"),
    "adjusting": ("From knowing to saying", "Adjusting"),
    "causal": ("Whether it is used", "Causal"),
    "attention": ("Where it attends, and what greying that does", "Attention"),
}
_SHEET = "states.css"
_BUDGET, _SIDES = 300_000, (400, 200)
"""Bytes of all pictures of a stratum; largest and least longer side of one, in pixels."""
_MARKS = (
    ("right", "right"),
    ("click", "clicked"),
    ("chance", "shaded: probability of being right"),
    ("called", "called right by the reader"),
)
Picture = Callable[[str], bytes | None]
"""The picture of an item, as the model got it; None where it is not at hand."""
_FACTS = {
    "items": "items", "clips": "clips or pictures", "layers": "layers", "sites": "sites",
    "suite": "suite", "family": "model class",
}  # fmt: skip
_TERMS = (
    (
        "Decodable",
        "A linear reader tells it better than chance on {groups} that it has not learnt from. That "
        "the model uses it is another question; not to be decodable is not to be unknown.",
    ),
    (
        "Nested readers",
        "Each reader of the chain knows the letters and all that stands behind it, so that none "
        "can seem worse than the next for being read from less. Losses add up to what is not said.",
    ),
    (
        "Null",
        "The same search, layers and strengths included, over labels that were made to say "
        "nothing, whole {groups} at a time; a cross-validated null lies a little below one half.",
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
    (
        "Lift, by place",
        "How much more attention lies on the evidence than its area has by chance, and than the "
        "same region gets of the attention to other pictures. Neither says what an answer is made "
        "of; what greying the evidence takes, beyond an equal region elsewhere, says more.",
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
    chance: float
    question: str


class Known(NamedTuple):
    """Some of these questions of a stratum, drawn by chance; of how many, and how many asked."""

    stratum: str
    of: int
    asked: int
    drawn: list[Knew]


def write_page(
    folder: Path, out: Path, picture: Picture | None = None, groups: str = GROUPS
) -> Path:
    """Write the page about a folder of states.

    Args:
        folder: with ``probe.json``, ``adjust.json`` or ``attention.json``.
        out: the HTML file; replaced in one step.
        picture: gives the picture of an item; None: grids are drawn without.
        groups: what the suite calls what is resampled together.

    Raises:
        DataError: nothing was found there yet, or a file cannot be read.
        OptionError: ``out`` cannot be written.
    """
    found = _results(folder)
    context = {
        "title": _title(found),
        "notices": {},
        "s": _lay_out(folder, found, picture, groups, ""),
        "terms": _terms(groups),
        "data": html.script_json(found),
    }
    page = html.render("handeye.states", "states.html.j2", context, [_SHEET])
    return html.write(out, page)


def section(
    folder: Path, picture: Picture | None = None, groups: str = GROUPS, number: int = 1
) -> Section:
    """What the page has, as a section of the report of a run.

    Args:
        folder: as in :func:`write_page`, and so are the next two.
        picture: see there.
        groups: see there.
        number: of the section, from 1: addresses on a page are unique.

    Raises:
        DataError: nothing was found there yet, or a file cannot be read.
    """
    found = _results(folder)
    key = "states" if number == 1 else f"states-{number}"
    laid_out = _lay_out(folder, found, picture, groups, f"{key}-")
    context = {"s": laid_out, "terms": _terms(groups)}
    return Section(
        key=key,
        title=_title(found),
        short="States",
        body=html.fragment("handeye.states", "section.html.j2", context),
        style=html.sheet("handeye.states", _SHEET),
        data=found,
    )


def _results(folder: Path) -> dict[str, Told]:
    """What was found, by the command that did."""
    probe, adjust = results(folder)
    attention = attention_of(folder)
    if not any((probe, adjust, attention)):
        read_record(folder)  # where nothing was captured, that is what there is to say
        raise DataError(
            f"{folder}: nothing is read off these states yet: handeye states probe {folder}"
        )
    found = {"probe": probe or {}, "adjust": adjust or {}}
    return found | ({"attention": attention} if attention else {})


def _terms(groups: str) -> list[tuple[str, str]]:
    return [(term, words.format(groups=groups)) for term, words in _TERMS]


def _about(found: Mapping[str, Told]) -> Told:
    """Whose states they are, or whose attention."""
    about: Told = next(told["states"] for told in found.values() if told)
    return about


def _title(found: Mapping[str, Told]) -> str:
    model = _about(found).get("model", "the model")
    if not (found["probe"] or found["adjust"]):
        return f"Where {model} attends"
    return f"What {model} holds, and what it says"


def _lay_out(
    folder: Path, made: Mapping[str, Told], picture: Picture | None, groups: str, key: str
) -> dict[str, Any]:
    """Everything that ``found.html.j2`` reads; ``key`` stands before all addresses."""
    probe, adjust, attended = (made.get(one, {}) for one in ("probe", "adjust", "attention"))
    said = {
        table.key.removeprefix("t-"): replace(table, key=f"t-{key}{table.key.removeprefix('t-')}")
        for table in (
            *tables(probe, adjust, groups),
            *causal_tables(causal_of(folder), groups),
            *attention_tables(attended),
        )
    }
    of = _about(made)
    facts = {_FACTS[name]: value for name, value in of.items() if name in _FACTS}
    # An unfinished folder of an older handeye has a record all the same; attention needs none.
    if attended and not (folder / RECORD).is_file():
        taught = taught_words(attended.get("taught") or {})
    else:
        info = read_record(folder).info
        taught = taught_words(info.get("taught") or {})
        asked = info.get("asked")
        if isinstance(asked, int) and asked > of["items"]:
            facts["items"] = f"{of['items']:,} of {asked:,}"
    found: dict[str, Any] = {
        "key": key,
        "groups": groups_of(probe, groups),
        "asked": asked_words(probe, adjust),
        "sentences": sentences(probe),
        "taught": taught,
        "chain": list(_chain(probe, said, groups_of(probe, groups), key)),
        "fourfold": list(_fourfold(probe, key)),
        "knows_says": [said[name] for name in ("knows-says",) if name in said],
        "knew": _knew(folder, probe),
        "acting": [_acting(t) for name, t in said.items() if name.startswith("acting")],
        "maps": list(_maps(probe, picture, key)),
        "curves": list(_curves(probe, key)),
        "reliability": list(_reliability(probe, key)),
        "bins": _bins(probe, key),
        "probes": said.get("probes"),
        "controls": said.get("controls"),
        "alarms": [one for entry in probe.get("controls", ()) for one in entry["alarms"]],
        "left_out": probe.get("left_out", {}),
        "no_chain": probe.get("no_chain", {}),
        "published": said.get("published"),
        "causal": [t for name, t in said.items() if name.startswith(("patched", "directions"))],
        "adjusting": list(_adjusting(adjust, said, key)) if adjust else [],
        "facts": fact_words(facts.items()),
        "attention": list(_attention(attended, said, key)) if attended else [],
        "attended": attention_sentences(attended),
        "attention_alarms": attention_alarms(attended),
        "caveats": attended.get("caveats", ()),
    }
    there = {
        "result": found["sentences"] or found["asked"],
        "chain": found["chain"] or found["no_chain"],
        "knows": found["fourfold"] or found["acting"],
        "layers": found["curves"],
        "adjusting": found["adjusting"],
        "causal": found["causal"],
        "attention": found["attention"],
    }
    return found | {"parts": [(name, *_PARTS[name]) for name, any_ in there.items() if any_]}


def _chain(probe: Told, said: Mapping[str, Table], groups: str, prefix: str) -> Iterator[Drawn]:
    for way in (probe.get("chain") or {}).get("ways", ()):
        name = f"chain-{way['stratum'] or 'all'}"
        key = f"{prefix}{name}"
        yield Drawn(
            key,
            way["stratum"].capitalize() or "All premises",
            f"{way['premises']:,} premises of {way['families']:,} {groups}. The pale piece behind "
            "a bar is what was lost since the level above, dark where it may be said; a grey end "
            "of a bar is what is told more than there. The upright line is chance.",
            wide_and_narrow(partial(_waterfall, way, key)),
            (said[name],),
        )


def _waterfall(way: Told, key: str, narrow: bool) -> Markup:
    return waterfall(way, f"{key}-{narrow:d}", narrow=narrow)


def _fourfold(probe: Told, prefix: str) -> Iterator[Drawn]:
    for number, one in enumerate(probe.get("knows_says", ())):
        beyond = rate_of(one["unsaid"]).text("line", "points")
        key = f"{prefix}fourfold-{number}"
        yield Drawn(
            key,
            one["stratum"] or "all premises",
            f"{one['n']:,} false premises. Known and not said beyond chance: {beyond} points.",
            fourfold(one, key),
        )


class Acted(NamedTuple):
    """What was decodable in a stratum: of all that failed and passed, and by reason."""

    short: Table
    reasons: Table | None


def _acting(table: Table) -> Acted:
    ends = (table.rows[0].group, table.rows[-1].group)
    rest = tuple(row for row in table.rows if row.group not in ends)
    reasons = replace(table, rows=rest, key=f"{table.key}-reasons", note="") if rest else None
    return Acted(replace(table, rows=tuple(r for r in table.rows if r.group in ends)), reasons)


class Card(NamedTuple):
    """An answer that failed, with its picture and the reader's map of the grid."""

    item: str
    label: str
    verdict: str
    counted: str
    question: str
    words: str
    picture: Markup
    map: Markup


class Maps(NamedTuple):
    """The cards of a stratum."""

    key: str
    name: str
    title: str
    note: str
    cards: list[Card]
    tables: tuple[Table, ...]
    marks: list[dict[str, Any]]


def _maps(probe: Told, picture: Picture | None, prefix: str) -> Iterator[Maps]:
    for number, one in enumerate(probe.get("acting", ())):
        found = [each for each in one.get("examples", ()) if each["drawn"]]
        if not found:
            continue
        reader = found[0]["drawn"][0]["reader"]
        album = Album(_BUDGET, sum(len(each["drawn"]) for each in found), _SIDES)
        cards = [
            _card(each, item, album, picture, f"{prefix}map-{number}-{place}-{k}")
            for place, each in enumerate(found)
            for k, item in enumerate(each["drawn"])
        ]
        yield Maps(
            f"{prefix}maps-{number}",
            one["stratum"] or "all items",
            f"What was there to be clicked, and what was read of it: {one['stratum'] or 'all'}",
            f"Of each of the {len(found)} most frequent reasons up to {DRAWN} answers, drawn by "
            "chance from all that failed for it with something to click, whatever the reader made "
            f"of them. Shaded by the reader “{reader}”, on scenes that it has not learnt from; all "
            "its probabilities stand in probe.json.",
            cards,
            (_cells_table(found, f"t-{prefix}cells-{number}"),),
            [{"symbol": cell_symbol(kind), "label": label} for kind, label in _MARKS],
        )


def _card(of: Told, one: Told, album: Album, picture: Picture | None, key: str) -> Card:
    data = picture(one["item_id"]) if picture else None
    shown = album.add_image(one["item_id"], Image.open(BytesIO(data))) if data else None
    return Card(
        item=one["item_id"],
        label=of["label"],
        verdict="exactly the right cells decodable"
        if one["exact"]
        else "not decodable by this reader",
        counted=f"Decodable in {of['exact']:,} of the {of['n']:,} answers that failed for this "
        "reason.",
        question=one["question"],
        words=cells_words(one),
        picture=cells(one, f"{key}-p", picture=shown.uri, mapped=False) if shown else Markup(""),
        map=cells(one, f"{key}-m"),
    )


def _cells_table(found: Any, key: str) -> Table:
    """The cells that are right, clicked or called right, of all cards."""
    rows = []
    for each in found:
        for one in each["drawn"]:
            read = zip(one["places"], one["probability"], one["right"], strict=True)
            for at, chance, right in read:
                marks = [
                    name
                    for name, there in (
                        ("right", right),
                        ("clicked", at in one["done"]),
                        ("called right", chance > one["cut"]),
                    )
                    if there
                ]
                if marks:
                    label = f"R{at // one['cols'] + 1},C{at % one['cols'] + 1}"
                    group = f"{one['item_id']}, {each['label']}"
                    cell = Estimate(chance)
                    rows.append(Row(label, (cell, Estimate(one["cut"]), ", ".join(marks)),
                                    group=group))  # fmt: skip
    return Table(
        key=key,
        caption="Cells that are right, clicked or called right: percent",
        columns=(
            Column("Probability", "that the cell is right, held out"),
            Column("Cut", "above which the reader calls a cell right"),
            Column("It is", words=True),
        ),
        rows=tuple(rows),
        row_head="Cell",
    )


def _curves(probe: Told, prefix: str) -> Iterator[Drawn]:
    """Layer curves, one a target and stratum: the sites beside each other, controls shaded."""
    by: dict[tuple[str, str], list[Told]] = {}
    for one in probe.get("found", ()):
        by.setdefault((one["target"], one["stratum"]), []).append(one)
    beside: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for entry in probe.get("controls", ()):
        known = beside.setdefault((entry["target"], entry["stratum"]), [])
        known += [
            (one["auroc"]["value"], one["name"])
            for one in entry["controls"]
            # Those without bits are states as well, of another kind.
            if one["auroc"]["value"] is not None and one.get("bits")
        ]
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
        every = [one["null"] for one in found if one.get("null")]
        nulls = [null["high"] for null in every if null["draws"] >= FEWEST_DRAWS]
        shaded = [("by chance", max(nulls))] if nulls else []
        best = max(beside.get((target, stratum), ()), default=None)
        if best is not None:
            shaded.append((f"best control ({best[1]})", best[0]))
        title = f"{target}, {stratum}" if stratum else target
        short = [name.removeprefix("block.").lstrip("0") or "0" for name in names]
        short = [{"embedding": "emb", "final": "end"}.get(name, name) for name in short]
        key = f"{prefix}curve-{number}"
        yield Drawn(
            key,
            title,
            "; ".join(f"{name} {value:.2f}" for name, value in shaded),
            panel(key, f"AUROC by layer, x 100: {title}", short, series, shaded=shaded),
            legend=tuple(series),
        )


def _calibrated(probe: Told) -> Iterator[Told]:
    for one in probe.get("found", ()):
        if one["target"] == PREMISE and one["site"] == "last":
            yield one


def _reliability(probe: Told, prefix: str) -> Iterator[Drawn]:
    for number, one in enumerate(_calibrated(probe)):
        bins = one["calibration"]["bins"]
        series = [
            Series("true", tuple(rate_of(each["true"]) for each in bins)),
            Series("said", tuple(Estimate(each["said"]) for each in bins), chance=True),
        ]
        named = one["stratum"] or "all premises"
        key = f"{prefix}reliability-{number}"
        yield Drawn(
            key,
            named,
            f"Slope {slope(one['calibration']).text('line')}: 1 is right, less is too sure.",
            panel(
                key,
                f"Share false by tenths of the probe's probability: {named}",
                [f"{100 * each['said']:.0f}" for each in bins],
                series,
            ),
        )


def _bins(probe: Told, prefix: str) -> Table | None:
    rows = [
        Row(
            f"tenth {number}",
            (Estimate(each["said"]), rate_of(each["true"])),
            group=one["stratum"] or "all premises",
        )
        for one in _calibrated(probe)
        for number, each in enumerate(one["calibration"]["bins"], 1)
    ]
    if not rows:
        return None
    return Table(
        key=f"t-{prefix}reliability",
        caption="Reliability: percent",
        columns=(
            Column("Probability", "that the probe gives, mean"),
            Column("False", "share of premises that are false"),
        ),
        rows=tuple(rows),
        row_head="Of the probability",
    )


def _adjusting(adjust: Told, said: Mapping[str, Table], prefix: str) -> Iterator[Drawn]:
    yield Drawn(f"{prefix}adjuster", "Our adjuster", "", Markup(""), (said["adjuster"],))
    yield Drawn(
        f"{prefix}pgla",
        "PGLA",
        "The line: settings that no other beats in both accuracies. Beside it what stood for the "
        "probe, each with a setting chosen on other folds.",
        front(adjust, f"{prefix}front"),
        (said["pgla"],),
    )


def _attention(told: Told, said: Mapping[str, Table], prefix: str) -> Iterator[Drawn]:
    """The tables, with the lift of every head between them."""
    names = [one for one in ("attention", "attention-strata", "attention-drop") if one in said]
    for name in names:
        yield Drawn(f"{prefix}{name}", "", "", Markup(""), (said[name],))
    rows = tuple(
        Row(str(number), (in_unit(rate_of(lift), "plain"),), group=one["layer"])
        for one in told["heads"]
        for number, lift in enumerate(one["lift"])
    )
    numbers = Table(
        key=f"t-{prefix}heads",
        caption="Lift of every head, 95 % intervals over groups",
        columns=(Column("Lift", "share of its attention on the evidence over the area"),),
        rows=rows,
        row_head="Head",
    )
    key = f"{prefix}heads"
    yield Drawn(
        key,
        "Every head",
        "Columns are blocks, rows heads. Blue: more attention on the evidence than its area has by "
        "chance; orange: less; darkest at four times and a quarter. The largest of many heads is "
        "large by chance, too.",
        heads(told["heads"], key),
        (numbers,),
    )


def _knew(folder: Path, probe: Told) -> list[Known]:
    """False premises that the probe tells and the letters accept, drawn by chance.

    Only of strata in which more are known and not said than by chance: of a stratum in which the
    probe knows no more than that, none is said to be known.
    """
    sure = {
        one["stratum"]: one["n"]
        for one in probe.get("knows_says", ())
        if (one["unsaid"]["low"] or 0) > 0
    }
    if not sure or not (folder / TARGETS).is_file():
        return []
    accepted, seed = set(probe.get("accepted", ())), probe["settings"].get("seed", 0)
    asked = {one.item_id: one for one in read_targets(folder / TARGETS) if one.target == PREMISE}
    found: dict[str, list[Knew]] = {}
    for row in rows_of(folder, PREMISE, "last"):
        told = row.says and row.label == 1 and row.stratum in sure
        if told and row.item_id in accepted:
            words = asked[row.item_id].texts.get("question", "") if row.item_id in asked else ""
            chance = float(expit(row.logit))
            found.setdefault(row.stratum, []).append(Knew(row.item_id, chance, words))
    return [
        Known(name, len(own), sure[name], Draw(seed, "knew", name).shuffled(own)[:_KNEW])
        for name, own in found.items()
    ]
