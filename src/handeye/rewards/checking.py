"""A file of completions, judged: which rules were broken, and what a training would make of it.

A line has ``completion`` (a text or messages) and the columns of its row, under their own names or
as ``ground_truth``; or ``item_id`` alone, where the rows lie in a file of their own. Completions
with one ``item_id`` are a group, as GRPO draws them; those with one ``scene_id`` are not
independent, and intervals know it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, did_you_mean
from handeye.reading import UNREADABLE, why
from handeye.rewards.columns import Truth, truth_of
from handeye.rewards.scoring import Reward, Verdict, answered, text_of, verdict_of
from handeye.rewards.written import RULES
from handeye.scores.estimate import NOTHING, Estimate
from handeye.scores.tables import Column, Row, Table
from handeye.sets.jsonl import numbered_lines
from handeye.stats.shares import clustered_shares


class Judged(NamedTuple):
    """One line: where it stands, whose completion it is, and what it is worth."""

    where: str
    item_id: str
    scene_id: str
    text: str
    truth: Truth
    verdict: Verdict


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of completions holds.

    Attributes:
        completions: how many were judged.
        items: of how many questions.
        scenes: about how many scenes; each line is one of its own where none are named.
        rates: shares and means in 0..1 by name, over completions. ``outcome`` (R_O), ``whole`` (the
            completion as it stands, read strictly as the answer: what a published protocol sees),
            ``perception`` (R_P, of rows with facts), ``precision``, ``recall``, ``f1``, ``form``.
        chance: what writing the same to everything gets: ``outcome`` of the commonest gold,
            ``perception`` of the commonest needed facts.
        rules: by name the share of completions that broke it, for those that any did.
        seen: completions by what was seen and said: ``seen right, answered right`` ...
        reward: mean of the weighted sum.
        groups: of items with several completions: how many, ``zero_variance`` of R_O and of R_P
            (the share of groups in which all have the same, from which nothing is learned), and
            ``correlation`` of the two within groups (None where either never varies).
    """

    completions: int
    items: int
    scenes: int
    rates: dict[str, Estimate]
    chance: dict[str, Estimate]
    rules: dict[str, Estimate]
    seen: dict[str, int]
    reward: float
    groups: dict[str, Any]


def judged(path: Path, rows: Path | None = None, reward: Reward | None = None) -> list[Judged]:
    """Judge every line of a file.

    Args:
        path: JSONL of completions.
        rows: JSONL of the rows, found by ``item_id``; None: each line has its own columns.
        reward: whose budget of words counts.

    Raises:
        DataError: a file cannot be read; a line has no completion or no gold, or a value that the
            schema does not know; with file, line and key.
    """
    known = {} if rows is None else _by_id(rows)
    told = reward or Reward()
    out = []
    for where, line in _lines(path):
        text = _completion(line, where)
        item = line.get("item_id")
        if item is not None and not isinstance(item, str):
            raise DataError(f"{where}: item_id: expected a text, got {item!r}")
        if rows is not None:
            if item not in known:
                near = did_you_mean(str(item), known) if item else ""
                raise DataError(f"{where}: item_id: {rows} has no row {item!r}{near}")
            scene, truth = known[item]
        else:
            scene, truth = str(line.get("scene_id") or item or where), _truth(line, where)
        found = verdict_of(text, truth, budget=told.budget)
        out.append(Judged(where, item or where, scene, text, truth, found))
    return out


_WANTED = "expected one JSON object a line"


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, data in numbered_lines(path):
        where = f"{path}:{number}"
        try:
            row = msgspec.json.decode(data)
        except UNREADABLE as error:
            raise DataError(f"{where}: no JSON: {why(error)}; {_WANTED}") from None
        if not isinstance(row, dict):
            raise DataError(f"{where}: not an object; {_WANTED}")
        yield where, row


def _by_id(path: Path) -> dict[str, tuple[str, Truth]]:
    out: dict[str, tuple[str, Truth]] = {}
    for where, row in _lines(path):
        item = row.get("item_id")
        if not isinstance(item, str) or item in out:
            raise DataError(
                f"{where}: item_id: {'it is there twice' if item in out else 'missing'}"
            )
        out[item] = str(row.get("scene_id") or item), _truth(row, where)
    return out


def _completion(line: Mapping[str, Any], where: str) -> str:
    value = line.get("completion")
    messages = isinstance(value, list) and all(isinstance(one, dict) for one in value)
    if not isinstance(value, str) and not messages:
        names = [name for name in line if isinstance(name, str)]
        near = "" if "completion" in line else did_you_mean("completion", names)
        raise DataError(f"{where}: completion: expected a text or a list of messages{near}")
    return text_of(value)


def _truth(line: Mapping[str, Any], where: str) -> Truth:
    """The truth of a line, wherever the layout of its trainer has it."""
    inner = line.get("reward_model")
    whole = line.get("ground_truth") or (
        inner.get("ground_truth") if isinstance(inner, dict) else None
    )
    if whole is None and isinstance(line.get("answer"), str) and "gold" not in line:
        whole = line["answer"]
    truth = truth_of(line if whole is None else whole, where)
    if truth is None:
        raise DataError(f"{where}: gold: missing; rows need the columns of handeye rewards rows")
    return truth


# ---- figures


def summed(found: Sequence[Judged], reward: Reward | None = None) -> Checked:
    """The figures of some judged completions; of none there are none.

    Raises:
        DataError: there is none.
    """
    if not found:
        raise DataError("no completion to be judged")
    told = reward or Reward()
    scenes = _numbers([one.scene_id for one in found])

    def rate(value: Callable[[Judged], float | None]) -> Estimate:
        values = [value(one) for one in found]
        kept = np.array([one is not None for one in values])
        return share(np.array([one or 0.0 for one in values])[kept], scenes[kept])

    golds = Counter((one.truth.kind, one.truth.gold) for one in found)
    needs = Counter(one.truth.needed for one in found if one.truth.facts)
    return Checked(
        completions=len(found),
        items=len({one.item_id for one in found}),
        scenes=len({one.scene_id for one in found}),
        rates={
            "outcome": rate(lambda one: one.verdict.outcome),
            "whole": rate(lambda one: answered(one.text, one.truth)[0]),
            "perception": rate(lambda one: one.verdict.perception),
            "precision": rate(lambda one: one.verdict.precision),
            "recall": rate(lambda one: one.verdict.recall),
            "f1": rate(lambda one: one.verdict.f1),
            "form": rate(lambda one: one.verdict.form),
        },
        chance={
            "outcome": rate(lambda one: (one.truth.kind, one.truth.gold) == _most(golds)),
            "perception": rate(
                lambda one: one.truth.needed == _most(needs) if one.truth.facts else None
            ),
        },
        rules={
            name: rate(lambda one, name=name: name in one.verdict.broken)  # type: ignore[misc]
            for name in RULES
            if any(name in one.verdict.broken for one in found)
        },
        seen=dict(sorted(Counter(_seen(one.verdict) for one in found).items())),
        reward=sum(told.total(one.verdict) for one in found) / len(found),
        groups=_groups(found),
    )


def share(values: NDArray[np.float64], scenes: NDArray[np.int64]) -> Estimate:
    """A mean of numbers in 0..1 with a 95 % interval that knows scenes.

    Wilson's at the number of independent completions that would vary as much; of numbers between 0
    and 1 it is no shorter than it should be, as they vary less than 0 and 1 do.
    """
    if not len(values):
        return NOTHING
    found = clustered_shares(values.astype(float), scenes, np.zeros(len(values), np.int64), 1)
    value, low, high = (float(end[0]) for end in (found.value, found.low, found.high))
    return Estimate(value, low, high, len(values))


def _numbers(names: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(names, object).astype(str), return_inverse=True)[1].reshape(-1)


def _most(counted: Counter[Any]) -> Any:
    return max(counted, key=lambda one: (counted[one], str(one))) if counted else None


def _seen(one: Verdict) -> str:
    if one.perception is None:
        seen = "facts unknown"
    else:
        seen = "seen right" if one.perception == 1 else "seen wrong"
    return f"{seen}, answered {'right' if one.outcome else 'wrong'}"


def _groups(found: Sequence[Judged]) -> dict[str, Any]:
    """What a group has to tell a training."""
    of: dict[str, list[Judged]] = {}
    for one in found:
        of.setdefault(one.item_id, []).append(one)
    several = [group for group in of.values() if len(group) > 1]
    scenes = _numbers([group[0].scene_id for group in several]) if several else np.array([], int)
    still: dict[str, Any] = {}
    for name in ("outcome", "perception"):
        values = [
            float(len({getattr(one.verdict, name) for one in group}) == 1) for group in several
        ]
        still[name] = share(np.array(values), scenes)
    pairs = [
        [(one.verdict.outcome, one.verdict.perception) for one in group
         if one.verdict.perception is not None]
        for group in several
    ]  # fmt: skip
    return {
        "n": len(several),
        "zero_variance": still,
        "correlation": within([np.array(pair, float) for pair in pairs if pair]),
    }


def within(groups: Sequence[NDArray[np.float64]]) -> float | None:
    """Pearson's correlation of two rewards within groups, pooled.

    Args:
        groups: (n, 2) each.

    Returns:
        None where one of them never varies within a group.
    """
    apart = [group - group.mean(axis=0) for group in groups if len(group)]
    if not apart:
        return None
    both = np.concatenate(apart)
    spread = np.sqrt((both**2).sum(axis=0))
    if spread.min() < 1e-12:
        return None
    return float(np.clip((both[:, 0] * both[:, 1]).sum() / spread.prod(), -1, 1))


# ---- said


_NAMES = {
    "outcome": "R_O: answer right, in its form",
    "whole": "the whole completion read as the answer",
    "perception": "R_P: facts true and enough",
    "precision": "precision of facts",
    "recall": "recall of needed facts",
    "f1": "F1 of facts",
    "form": "no rule broken",
}


def tables(found: Checked) -> list[Table]:
    """The figures as tables: rates beside chance, and rules."""
    rates = [
        Row(_NAMES[name], (value, found.chance.get(name)))
        for name, value in found.rates.items()
        if value.value is not None
    ]
    rules = [Row(name, (value, RULES[name].about)) for name, value in found.rules.items()]
    percent = "percent of completions, 95 % interval over scenes"
    out = [
        Table(
            "rewards",
            f"Rewards: {percent}",
            (Column("Mean"), Column("Chance", "the same written to everything")),
            tuple(rates),
            row_head="Reward",
        )
    ]
    if rules:
        columns = (Column("Completions"), Column("What", words=True))
        out.append(
            Table("rules", f"Broken rules: {percent}", columns, tuple(rules), row_head="Rule")
        )
    return out


def line_of(one: Judged, reward: Reward) -> dict[str, Any]:
    """A judged completion as a row of a file."""
    verdict = one.verdict
    return {
        "item_id": one.item_id,
        "reward": reward.total(verdict),
        **{name: getattr(verdict, name) for name in _FIGURES},
        "broken": list(verdict.broken),
        "facts": [
            {"text": fact.text, "start": fact.start, "end": fact.end, "state": fact.state}
            for fact in verdict.facts
        ],
    }


_FIGURES = (
    *("outcome", "perception", "precision", "recall", "f1", "form", "length", "repetition"),
)
