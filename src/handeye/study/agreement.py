"""How far people agree with each other and with the gold answers.

Agreement is between whole answers: what two of them must share to be the same, the suite says. It
says how well defined an item is for people, whether or not they are right.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from handeye.atomic import write_text
from handeye.errors import DataError
from handeye.stats.agreement import Agreement, Level, krippendorff_alpha
from handeye.stats.intervals import estimates
from handeye.study.export import PersonAnswers, read_people
from handeye.study.human_row import HumanRow, Outcome, human_row
from handeye.study.plan import kinds_and_groups, stratum
from handeye.suite import Asked, AsksPeople

FORMAT = 1


def agreement(
    suite: AsksPeople,
    file: Path,
    data: str | Path,
    *,
    finished_only: bool = False,
    seed: int = 0,
    resamples: int = 2000,
) -> dict[str, Any]:
    """Score a study and measure the agreement of its people.

    Args:
        suite: of the set.
        file: the study file; a server may be using it.
        data: the set the study is about.
        finished_only: leave out people who have not answered all their items.
        seed: of the bootstrap.
        resamples: their number.

    Returns:
        Plain values, rates 0..1, estimates ``{"value", "low", "high", "n"}``:
        ``label`` and ``columns`` (the human row, as `handeye report --human` takes it),
        ``headline`` (both as the suite has them), ``people`` (each one's PASS, number of answers,
        seconds), ``agreement`` by column (``alpha`` over equal answers, ``alpha_number`` over
        answers that are numbers, ``equal`` the share of equal pairs, ``n_items``), ``settings`` of
        the study.

    Raises:
        DataError: not a study file, nobody has (finished) answering, or another set.
    """
    answered = read_people(file)
    people, settings = answered.people, answered.settings
    if finished_only:
        people = [person for person in people if person.finished]
    people = [person for person in people if person.texts()]
    if not people:
        raise DataError(f"{file}: nobody has {'finished' if finished_only else 'answered'} yet")
    if suite.fingerprint(data) != settings["set_sha256"]:
        raise DataError(
            f"{data} is not the set of this study, which was called {settings['set_name']}"
        )
    items: dict[str, Asked] = {item.item_id: item for item in suite.load(data)}
    row = _row(suite, people, items, seed, resamples)
    columns, headline = suite.human_row(row.columns)
    found = estimates({"columns": dict(columns), "headline": dict(headline)})
    return {
        "format": FORMAT,
        "label": _label(len(people), settings),
        "columns": found["columns"],
        "headline": found["headline"],
        "people": [_person(one, row.people[one.number]) for one in people],
        "agreement": _agreement(suite, people, items, list(row.columns), seed, resamples),
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


def _row(
    suite: AsksPeople,
    people: Sequence[PersonAnswers],
    items: Mapping[str, Asked],
    seed: int,
    resamples: int,
) -> HumanRow:
    def group(values: Sequence[str]) -> str:
        return "/".join(values) or "all"

    asked = {id_: items[id_] for person in people for id_ in person.texts()}
    kinds, groups = kinds_and_groups(asked.values(), suite.strata)
    columns = {stratum(item, suite.strata)[0]: suite.column(item) for item in asked.values()}
    outcomes = [
        Outcome(
            person.number,
            item.scene_id,
            group(stratum(item, suite.strata)[1:]),
            suite.column(item),
            suite.passed(item, text),
        )
        for person in people
        for item_id, text in person.texts().items()
        for item in (items[item_id],)
    ]
    return human_row(
        outcomes,
        [columns[kind] for kind in kinds],
        [group(values) for values in groups],
        seed=seed,
        resamples=resamples,
    )


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
    suite: AsksPeople,
    people: Sequence[PersonAnswers],
    items: Mapping[str, Asked],
    columns: Sequence[str],
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    """By column; only columns with an item that two people answered."""
    given: dict[str, dict[str, str]] = defaultdict(dict)
    for person in people:
        for item_id, text in person.texts().items():
            given[item_id][str(person.number)] = text
    out: dict[str, Any] = {}
    for column in columns:
        shared = [
            (items[item_id], texts)
            for item_id, texts in given.items()
            if len(texts) > 1 and suite.column(items[item_id]) == column
        ]
        if shared:
            out[column] = _alphas(suite, shared, seed, resamples)
    return out


def _alphas(
    suite: AsksPeople,
    shared: Sequence[tuple[Asked, Mapping[str, str]]],
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    units = [
        {person: suite.meaning(item, text) for person, text in texts.items()}
        for item, texts in shared
    ]
    scenes = [item.scene_id for item, _ in shared]

    def alpha(level: Level) -> Agreement:
        return krippendorff_alpha(units, level, clusters=scenes, resamples=resamples, seed=seed)

    same, level = alpha("nominal"), suite.level(shared[0][0])
    out: dict[str, Any] = {
        "alpha": _estimate(same),
        "equal": same.equal,
        "n_items": same.n_units,
        "n_people": same.n_raters,
    }
    return out if level == "nominal" else {**out, "alpha_number": _estimate(alpha(level))}


def _estimate(found: Agreement) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n_units}
