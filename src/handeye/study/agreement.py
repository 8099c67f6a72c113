"""How far people agree with each other and with the gold answers.

Agreement is between whole answers: the same number, the same set of cells, and where both are asked
for both. It says how well defined an item is for people, whether or not they are right.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from handeye.atomic import write_text
from handeye.errors import DataError
from handeye.rose.human.human_row import Outcome, human_row
from handeye.rose.items import Item
from handeye.rose.questions import TEMPLATES, Template
from handeye.rose.release import load
from handeye.rose.scoring.grammar import parse
from handeye.rose.scoring.score_item import score_item
from handeye.stats.agreement import krippendorff_alpha
from handeye.stats.intervals import estimates, mean
from handeye.study.export import PersonAnswers, read_people
from handeye.study.settings import set_fingerprint

FORMAT = 1


def agreement(
    file: Path,
    data: str | Path,
    *,
    finished_only: bool = False,
    seed: int = 0,
    resamples: int = 2000,
) -> dict[str, Any]:
    """Score a study and measure the agreement of its people.

    Args:
        file: the study file; a server may be using it.
        data: the set the study is about.
        finished_only: leave out people who have not answered all their items.
        seed: of the bootstrap.
        resamples: their number.

    Returns:
        Plain values, rates 0..1, estimates ``{"value", "low", "high", "n"}``:
        ``label`` and ``columns`` (the human row, as `handeye report --human` takes it, with
        ``Avg.`` where all five templates were asked), ``headline`` (counting, action, gap),
        ``people`` (each one's PASS, number of answers, seconds), ``agreement`` by column (``alpha``
        over equal answers, ``alpha_number`` over counts as numbers, ``equal`` the share of equal
        pairs, ``n_items``), ``settings`` of the study.

    Raises:
        DataError: not a study file, nobody has (finished) answering, or another set.
    """
    people, settings = read_people(file)
    if finished_only:
        people = [person for person in people if person.finished]
    people = [person for person in people if person.texts()]
    if not people:
        raise DataError(f"{file}: nobody has {'finished' if finished_only else 'answered'} yet")
    if set_fingerprint(data) != settings["set_sha256"]:
        raise DataError(
            f"{data} is not the set of this study, which was called {settings['set_name']}"
        )
    items = {item.item_id: item for item in load(data)}
    row = human_row(_outcomes(people, items), seed=seed, resamples=resamples)
    columns = dict(row.columns)
    main = [t.column for t in TEMPLATES.values() if t.key in ("T1", "T2", "T3", "T4", "T5")]
    if all(name in columns for name in main):
        columns["Avg."] = mean([columns[name] for name in main])
    found = estimates({"columns": columns, "headline": row.headline})
    return {
        "format": FORMAT,
        "label": _label(len(people), settings),
        "columns": found["columns"],
        "headline": found["headline"],
        "people": [_person(one, row.people[one.number]) for one in people],
        "agreement": _agreement(people, items, seed, resamples),
        "settings": settings,
    }


def write_agreement(out: Path, found: Mapping[str, Any]) -> None:
    """Write what :func:`agreement` found as JSON.

    Raises:
        DataError: the file cannot be written.
    """
    try:
        write_text(out, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DataError(f"{out}: cannot be written: {error.strerror}") from None


def _label(count: int, settings: Mapping[str, Any]) -> str:
    people = "1 person" if count == 1 else f"{count} people"
    return f"Human ({people}{', with rulers' if settings['rulers'] else ''})"


def _outcomes(people: Sequence[PersonAnswers], items: Mapping[str, Item]) -> list[Outcome]:
    return [
        Outcome(
            person.number,
            item.scene_id,
            item.rose_subset,
            item.task_template,
            bool(score_item(item, text).passed),
        )
        for person in people
        for item_id, text in person.texts().items()
        for item in (items[item_id],)
    ]


def _person(person: PersonAnswers, columns: Mapping[str, float | None]) -> dict[str, Any]:
    spent = [a.response_ms / 1000 for a in person.answers if a.raw_text is not None]
    return {
        "person": person.number + 1,
        "model": person.model,
        "answered": len(spent),
        "skipped": len(person.answers) - len(spent),
        "finished": person.finished,
        "seconds_median": round(median(spent), 1),
        "columns": dict(columns),
    }


def _agreement(
    people: Sequence[PersonAnswers], items: Mapping[str, Item], seed: int, resamples: int
) -> dict[str, Any]:
    """By column; only columns with an item that two people answered."""
    given: dict[str, dict[str, str]] = defaultdict(dict)
    for person in people:
        for item_id, text in person.texts().items():
            given[item_id][str(person.number)] = text
    out: dict[str, Any] = {}
    for template in TEMPLATES.values():
        shared = [
            item_id
            for item_id, texts in given.items()
            if len(texts) > 1 and items[item_id].task_template == template.id
        ]
        if shared:
            out[template.column] = _alphas(template, shared, given, items, seed, resamples)
    return out


def _alphas(
    template: Template,
    shared: Sequence[str],
    given: Mapping[str, Mapping[str, str]],
    items: Mapping[str, Item],
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    units = [
        {person: _meaning(text, template) for person, text in given[item_id].items()}
        for item_id in shared
    ]
    scenes = [items[item_id].scene_id for item_id in shared]
    same = krippendorff_alpha(units, clusters=scenes, resamples=resamples, seed=seed)
    out: dict[str, Any] = {
        "alpha": {"value": same.value, "low": same.low, "high": same.high, "n": same.n_units},
        "equal": same.equal,
        "n_items": same.n_units,
        "n_people": same.n_raters,
    }
    if template.mode == "COUNT":
        near = krippendorff_alpha(
            units, "interval", clusters=scenes, resamples=resamples, seed=seed
        )
        out["alpha_number"] = {
            "value": near.value,
            "low": near.low,
            "high": near.high,
            "n": near.n_units,
        }
    return out


def _meaning(text: str, template: Template) -> Hashable:
    """What two answers must share to be the same: the number, the cells, or both."""
    found = parse(text, template.mode)
    if template.mode == "COUNT":
        return found.count
    cells = tuple(sorted(found.clicks))
    return cells if template.mode == "CLICK" else (cells, found.submit)
