"""Explanations judged by people: a sheet to be filled in, and what was filled in.

The sheet has what a judge model is told, in an order of its own, and neither who answered nor what
the verdict was.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handeye.atomic import write_output
from handeye.errors import DataError, first_ten
from handeye.premise.judge.runs import Explanations, enter
from handeye.premise.scoring.summary import RESAMPLES
from handeye.reading import read_bytes
from handeye.run.judge import count_states
from handeye.sets.draw import Draw
from handeye.stats.agreement import krippendorff_alpha

HEAD = ("item_id", "statement", "true of the clip", "not true of the clip", "reason", "right",
        "person")  # fmt: skip
_WORDS = {
    **dict.fromkeys(("1", "yes", "y", "right", "true"), True),
    **dict.fromkeys(("0", "no", "n", "wrong", "false"), False),
}


def write_sheet(held: Explanations, out: Path, *, seed: int = 0) -> int:
    """Write a sheet (CSV, UTF-8) of the explanations of a run; those that are empty are left out.

    Args:
        held: what is to be judged.
        out: of the sheet.
        seed: of the order of its lines.

    Returns:
        The number of explanations.

    Raises:
        OptionError: something else is there, or it cannot be written.
    """
    asked = [row.item_id for row in held.rows if held.reasons[row.item_id]]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for item_id in Draw(seed, "sheet of explanations").shuffled(asked):
        facts = held.facts[item_id]
        shown = (item_id, facts.statement, " ".join(facts.so), " ".join(facts.not_so),
                 " ".join(held.reasons[item_id].split()))  # fmt: skip
        writer.writerow([*map(_inert, shown), "", ""])
    # With the mark by which spreadsheets know UTF-8.
    write_output(out, text.getvalue().encode("utf-8-sig"))
    return len(asked)


def _inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def read_sheet(file: Path, held: Explanations) -> dict[str, dict[str, bool]]:
    """What people filled in: by item id, by person.

    Read are the columns ``item_id``, ``right`` (right or wrong, yes or no, 1 or 0; empty: not
    judged) and ``person`` (may be left out or empty: one person).

    Raises:
        DataError: the file cannot be read, lacks a column, names an item that the run has not,
            judges one twice for one person, says something else, or judges nothing.
    """
    try:
        lines = csv.DictReader(io.StringIO(read_bytes(file).decode("utf-8-sig"), newline=""))
        rows = list(lines)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: is no CSV file in UTF-8: {error}") from None
    lacking = [name for name in ("item_id", "right") if name not in (lines.fieldnames or ())]
    if lacking:
        raise DataError(f"{file}: has no column {' and no column '.join(lacking)}")
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for number, row in enumerate(rows, 2):
        where, said = f"{file}: row {number}", (row["right"] or "").strip().casefold()
        if not said:
            continue
        item_id, person = (row["item_id"] or "").strip().lstrip("'"), (row.get("person") or "")
        if said not in _WORDS:
            raise DataError(f"{where}: right is {row['right']!r}; write right or wrong")
        if not held.reasons.get(item_id):
            raise DataError(f"{where}: the run has no explanation of an item {item_id!r}")
        if person.strip() in found[item_id]:
            raise DataError(f"{where}: judges {item_id} a second time for one person")
        found[item_id][person.strip()] = _WORDS[said]
    if not found:
        raise DataError(f"{file}: nothing is filled in under right")
    return dict(found)


def judged_by_people(
    held: Explanations,
    file: Path,
    *,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
) -> dict[str, Any]:
    """Take what people judged, write it to judge.json and return the entry.

    The most voices decide; where there are as many for either, nothing is decided. An explanation
    that is not there is wrong by rule, as for every judge.

    Args:
        held: what was judged.
        file: a sheet that was filled in.
        seed: of the bootstrap.
        bootstrap: number of resamples.

    Returns:
        As :func:`handeye.premise.judge.runs.judge_run`; in place of requests and cost ``people``
        (their number) and ``alpha`` (Krippendorff's, where two judged the same).

    Raises:
        DataError: as :func:`read_sheet`.
        RunError: judge.json cannot be written.
    """
    found = read_sheet(file, held)
    decided: dict[str, bool] = {}
    states: dict[str, str] = {}
    for row in held.rows:
        item_id = row.item_id
        votes = list(found.get(item_id, {}).values())
        if not held.reasons[item_id]:
            decided[item_id], states[item_id] = False, "empty"
        elif not votes:
            states[item_id] = "not judged"
        elif 2 * sum(votes) == len(votes):
            states[item_id] = "undecided"
        else:
            decided[item_id], states[item_id] = 2 * sum(votes) > len(votes), "decided"
    people = sorted({person for votes in found.values() for person in votes})
    more = {
        "kind": "people",
        "states": count_states(states.values()),
        "people": len(people),
        "alpha": _alpha(held, found, seed, bootstrap) if len(people) > 1 else None,
        "calibration": None,
        "errors": {},
    }
    if not set(decided) - {key for key, state in states.items() if state == "empty"}:
        undecided = first_ten(sorted(found))
        raise DataError(f"{file}: as many voices for right as for wrong about each of {undecided}")
    name = f"people ({file.stem})"
    return enter(held, name, decided, more, seed=seed, bootstrap=bootstrap)


def _alpha(
    held: Explanations, found: Mapping[str, Mapping[str, bool]], seed: int, resamples: int
) -> dict[str, Any] | None:
    shared = {key: votes for key, votes in found.items() if len(votes) > 1}
    if not shared:
        return None
    scenes = [held.items[key].scene_id for key in shared]
    return krippendorff_alpha(
        list(shared.values()), clusters=scenes, resamples=resamples, seed=seed
    ).to_dict()
