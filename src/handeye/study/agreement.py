"""How far people agree with each other and with the gold answers.

Agreement is between whole answers: what two of them must share to be the same, the suite says. It
says how well defined an item is for people, whether or not they are right.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from handeye.atomic import write_output
from handeye.errors import DataError, first_ten
from handeye.stats.agreement import Agreement, Level, krippendorff_alpha
from handeye.stats.intervals import estimates
from handeye.study.export import PersonAnswers, read_people
from handeye.study.human_row import HumanRow, Outcome, human_row
from handeye.study.plan import kinds_and_groups, stratum
from handeye.suite import Asked, AsksPeople

FORMAT = 1


class _Answer(NamedTuple):
    person: int
    item: Asked
    text: str


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
        ``label``, ``n_people``, ``n_items`` (different ones), ``intervals_over`` (``items``, and
        ``people`` where there are several: those of one person say nothing of others) and
        ``columns`` (the human row, as `handeye report --human` takes it),
        ``headline`` (both as the suite has them), ``people`` (each one's PASS, number of answers,
        seconds), ``agreement`` by column (``alpha`` over equal answers, ``alpha_number`` over
        answers that are numbers, ``equal`` the observed agreement, ``n_items``), ``settings`` of
        the study.

    Raises:
        DataError: not a study file, nobody has (finished) answering, or another set.
    """
    people, settings, _ = read_people(file)
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
    asked = {item_id for person in people for item_id in person.texts()}
    if gone := sorted(asked - items.keys()):
        raise DataError(f"{file}: is damaged: {data} has no item {first_ten(gone)}")
    answers = [
        _Answer(person.number, items[item_id], text)
        for person in people
        for item_id, text in person.texts().items()
    ]
    row = _row(suite, answers, seed, resamples)
    columns, headline = suite.human_row(row.columns)
    own = {suite.column(one.item) for one in answers}
    found = estimates({"columns": dict(columns), "headline": dict(headline)})
    return {
        "format": FORMAT,
        "label": _label(len(people), settings),
        "n_people": len(people),
        "n_items": len(asked),
        "intervals_over": ["items", "people"] if len(people) > 1 else ["items"],
        "columns": found["columns"],
        "headline": found["headline"],
        "people": [_person(one, _only(row.people[one.number], own)) for one in people],
        "agreement": _agreement(suite, answers, list(row.columns), seed, resamples),
        "settings": settings,
    }


def write_agreement(out: Path, found: Mapping[str, Any]) -> None:
    """Write what :func:`agreement` found as JSON.

    Raises:
        OptionError: something else than an earlier one is there, or it cannot be written.
    """
    write_output(out, (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode())


def _label(count: int, settings: Mapping[str, Any]) -> str:
    people = "1 person alone" if count == 1 else f"{count} people"
    return f"Human ({people}{', with rulers' if settings['rulers'] else ''})"


def _row(suite: AsksPeople, answers: Sequence[_Answer], seed: int, resamples: int) -> HumanRow:
    def group(values: Sequence[str]) -> str:
        return "/".join(values) or "all"

    kinds, groups = kinds_and_groups([one.item for one in answers], suite.strata)
    columns: dict[str, str] = {}
    further: dict[str, None] = {}
    outcomes = []
    for person, item, text in answers:
        kind, *others = stratum(item, suite.strata)
        columns[kind] = suite.column(item)
        more = suite.further(item, text)
        further |= dict.fromkeys(more)
        for column, passed in {columns[kind]: suite.passed(item, text), **more}.items():
            outcomes.append(Outcome(person, item.scene_id, group(others), column, passed))
    names = [*(columns[kind] for kind in kinds), *sorted(further)]
    return human_row(outcomes, names, [*map(group, groups)], seed=seed, resamples=resamples)


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


def _only(columns: Mapping[str, float | None], names: Collection[str]) -> dict[str, float | None]:
    return {name: value for name, value in columns.items() if name in names}


def _agreement(
    suite: AsksPeople,
    answers: Sequence[_Answer],
    columns: Sequence[str],
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    """By column; only columns with an item that two people answered."""
    given: dict[str, list[_Answer]] = defaultdict(list)
    for one in answers:
        given[one.item.item_id].append(one)
    out: dict[str, Any] = {}
    for column in columns:
        shared = [of for of in given.values() if len(of) > 1 and suite.column(of[0].item) == column]
        if shared:
            out[column] = _alphas(suite, shared, seed, resamples)
    return out


def _alphas(
    suite: AsksPeople, shared: Sequence[Sequence[_Answer]], seed: int, resamples: int
) -> dict[str, Any]:
    units = [{str(person): suite.meaning(item, text) for person, item, text in of} for of in shared]
    scenes = [of[0].item.scene_id for of in shared]

    def alpha(level: Level) -> Agreement:
        return krippendorff_alpha(units, level, clusters=scenes, resamples=resamples, seed=seed)

    same, level = alpha("nominal"), suite.level(shared[0][0].item)
    out: dict[str, Any] = {
        "alpha": _estimate(same),
        "equal": same.equal,
        "n_items": same.n_units,
        "n_people": same.n_raters,
    }
    return out if level == "nominal" else {**out, "alpha_number": _estimate(alpha(level))}


def _estimate(found: Agreement) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n_units}
