"""A judge's view of the explanations of a scored run, in a file of its own beside the scores.

    RUN/judge.json          by judge: the table of verdicts and explanations, agreement, calibration
    RUN/judgements.jsonl    every answer of every judge model (handeye.run.journal)

summary.json is never touched: its table is the exact reader's, whoever was asked since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from handeye.atomic import write_bytes
from handeye.errors import DataError, RunError, refusal
from handeye.premise.items import Item
from handeye.premise.judge.planted import (
    N_PLANTED,
    PLANTS,
    Planted,
    by_exact_reader as planted_by_exact_reader,
    calibration,
    plant,
)
from handeye.premise.judge.prompt import (
    PROMPT_SHA256,
    SCHEMA,
    VERSION,
    Facts,
    facts_of,
    fingerprint,
    question,
    read_verdict,
    reason_of,
)
from handeye.premise.loader import load
from handeye.premise.scoring.explanations import Decided, by_exact_reader, explained
from handeye.premise.scoring.predictions import SWAP, of_file
from handeye.premise.scoring.reading import answer_kind
from handeye.premise.scoring.run_folder import JUDGED, JUDGEMENTS, Run
from handeye.premise.scoring.score import ScoreRow, families_of
from handeye.premise.scoring.summary import RESAMPLES, SUITE
from handeye.reading import read_json
from handeye.run.judge import ATTEMPTS, CONNECTIONS, Judged, Wanted, ask_judge, count_states
from handeye.run.prices import Price
from handeye.scores.run_folder import indented_json
from handeye.stats.agreement import raw_and_kappa
from handeye.stats.intervals import Samples, estimates
from handeye.stats.sums import Sums

if TYPE_CHECKING:
    from inspect_ai.model import Model

FORMAT = 1
EXACT = "exact reader"
EMPTY = "empty"
"""The state of an explanation that is not there: wrong by rule, nobody is asked."""


@dataclass(frozen=True, slots=True)
class Explanations:
    """What there is to be judged in a run.

    Attributes:
        run: it.
        rows: whose premise holds or does not, and of whose clip something is known; in order.
        items: by id.
        facts: by item id.
        reasons: by item id, the explanation as a judge sees it; empty where there is none.
        unknown: rows of whose clip nothing is known, left out.
    """

    run: Run
    rows: tuple[ScoreRow, ...]
    items: Mapping[str, Item]
    facts: Mapping[str, Facts]
    reasons: Mapping[str, str]
    unknown: int


def explanations_of(run: Run) -> Explanations:
    """Read what is to be judged.

    Raises:
        RunError: no explanation was asked for, or another clip was shown.
        DataError: the set is not there or was changed, nothing is known of its clips, or a file of
            the run cannot be read.
    """
    if answer_kind(run.summary.variant) != "explained":
        raise RunError(
            f"{run.path}: asked {run.summary.variant}, which has no explanations; ask with "
            "--variant true-false-explained"
        )
    if run.summary.ablation == SWAP:
        raise RunError(f"{run.path}: showed other clips, of which nothing is known to be true")
    columns = run.info.get("mapping")
    known: dict[str, Item] = {}
    for file in run.data_files():
        items = load(file, split=None, mapping=columns, media=False)
        known |= {item.item_id: item for item in items}
    facts = facts_of(known.values())
    asked = [row for row in run.rows() if row.gold is not None]
    rows = tuple(row for row in asked if row.item_id in facts)
    if not rows:
        raise DataError(f"{run.path}: its set does not tell what is true of the clips")
    with of_file(run.predictions_path()) as answers:
        texts = {
            row.item_id: found.raw_text or ""
            for row in rows
            if row.answer_state in ("answered", "unreadable")
            and (found := answers.get(row.item_id)) is not None
        }
    reasons = {row.item_id: reason_of(texts.get(row.item_id, "")) for row in rows}
    return Explanations(run, rows, known, facts, reasons, len(asked) - len(rows))


def judge_run(
    run: Run,
    model: str | Model,
    *,
    planted: int = N_PLANTED,
    base_url: str | None = None,
    model_args: Mapping[str, Any] | None = None,
    connections: int = CONNECTIONS,
    attempts: int = ATTEMPTS,
    price: Price | None = None,
    seed: int = 0,
    bootstrap: int = RESAMPLES,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Let a model judge the explanations of a scored run and write judge.json.

    Args:
        run: scored before, of answers with explanations.
        model: as Inspect names it, or a model of Inspect's.
        planted: items for every kind of planted explanation
            (:data:`handeye.premise.judge.planted.PLANTS`); 0: the judge is not checked.
        base_url: of the judge's provider.
        model_args: of the judge's provider.
        connections: requests at a time.
        attempts: requests for one question until an answer can be read.
        price: to tell the cost.
        seed: of the bootstrap.
        bootstrap: number of resamples; 0 for no intervals.
        progress: called with (done, total) questions.

    Returns:
        The judge's entry of judge.json: ``name``, ``prompt_version``, ``prompt_sha256``, ``states``
        (explanations by state), ``n``, ``n_decided``, ``unknown`` (items of whose clip nothing is
        known), ``asked``, ``usage``, ``cost`` (dollars; None without a price), ``explained`` (the
        table), ``agreement`` (with others about the same explanations), ``calibration``,
        ``decisions``, ``errors``.

    Raises:
        RunError: as :func:`explanations_of`; no such model, nothing but failures.
        OptionError: an option out of range.
        DataError: as :func:`explanations_of`; a journal that is none.
    """
    held = explanations_of(run)
    shown = plant([held.items[row.item_id] for row in held.rows], planted) if planted else []
    wanted = {row.item_id: _wanted(held.facts[row.item_id], held.reasons[row.item_id])
              for row in held.rows}  # fmt: skip
    tests = [_wanted(held.facts[one.item.item_id], one.text) for one in shown]
    found: Judged[bool] = ask_judge(
        filter(None, [*tests, *wanted.values()]),
        model,
        run.path / JUDGEMENTS,
        version=VERSION,
        schema=("judgement", SCHEMA),
        base_url=base_url,
        model_args=model_args,
        connections=connections,
        attempts=attempts,
        progress=progress,
    )
    verdicts = {
        item_id: None if one is None else found.verdicts[one.key] for item_id, one in wanted.items()
    }
    said = {item_id: False if one is None else one.value for item_id, one in verdicts.items()}
    decided = {item_id: value for item_id, value in said.items() if value is not None}
    errors = {item_id: one.error for item_id, one in verdicts.items() if one and one.error}
    if any(verdicts.values()) and not any(one and one.value is not None
                                          for one in verdicts.values()):  # fmt: skip
        first = next(iter(errors.values()), "no answer could be read")
        raise RunError(
            f"judge {found.name}: no explanation could be judged ({first}); the answers are in "
            f"{run.path / JUDGEMENTS}"
        )
    more = {
        "kind": "model",
        "prompt_version": VERSION,
        "prompt_sha256": PROMPT_SHA256,
        "attempts": attempts,
        "structured": found.structured,
        "states": count_states(EMPTY if one is None else one.state for one in verdicts.values()),
        "asked": {
            "requests": found.requests,
            "known": found.known,
            "unreadable": found.unreadable,
        },
        "usage": msgspec.to_builtins(found.usage),
        "cost": None if price is None else price.cost(found.usage),
        "calibration": _checked(shown, tests, found, seed, bootstrap),
        "errors": errors,
    }
    return enter(held, found.name, decided, more, seed=seed, bootstrap=bootstrap)


def _wanted(facts: Facts, reason: str) -> Wanted[bool] | None:
    """The question about an explanation; None where there is none."""
    if not reason:
        return None
    return Wanted(fingerprint(facts, reason), question(facts, reason), read_verdict)


def _checked(
    shown: Sequence[Planted],
    tests: Sequence[Wanted[bool] | None],
    found: Judged[bool],
    seed: int,
    resamples: int,
) -> dict[str, Any] | None:
    """Calibration of a judge, and of the exact reader on the same plants; None without plants."""
    if not shown:
        return None
    said = [False if one is None else found.verdicts[one.key].value for one in tests]
    exact = calibration(shown, planted_by_exact_reader(shown), seed, resamples)
    return {
        **calibration(shown, said, seed, resamples),
        EXACT: exact,
        "meanings": {name: one.about for name, one in PLANTS.items()},
    }


def enter(
    held: Explanations,
    name: str,
    decided: Mapping[str, bool],
    more: Mapping[str, Any],
    *,
    seed: int,
    bootstrap: int,
) -> dict[str, Any]:
    """Make the entry of a judge and put it into judge.json, beside those of others.

    Args:
        held: what was judged.
        name: of the judge.
        decided: by item id, whether the explanation is right; what was not decided is not there.
        more: further fields of the entry.
        seed: of the bootstrap.
        bootstrap: number of resamples.

    Raises:
        RunError: judge.json cannot be written.
        DataError: the judge.json that is there cannot be read.
    """
    found = explained(
        held.rows, {key: Decided(one) for key, one in decided.items()}, seed, bootstrap
    )
    path, about = held.run.path / JUDGED, {"predictions": held.run.info["predictions"]["sha256"]}
    judges = judges_of(held.run)
    exact = by_exact_reader(held.rows)
    others: dict[str, Mapping[str, bool]] = {}
    if exact:
        others[EXACT] = {key: one.right for key, one in exact.items()}
        others[f"{EXACT}, what it reads"] = {
            key: one.right for key, one in exact.items() if not one.unread
        }
    others |= {other: one["decisions"] for other, one in judges.items() if other != name}
    entry = {
        "name": name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "n": len(held.rows),
        "n_decided": len(decided),
        "unknown": held.unknown,
        **more,
        "explained": _without_named(estimates(found)),
        "agreement": {
            other: agreement(held.rows, decided, theirs, seed, bootstrap)
            for other, theirs in others.items()
        },
        "decisions": dict(decided),
    }
    tree = {"format": FORMAT, "suite": SUITE, "about": about, "judges": {**judges, name: entry}}
    try:
        write_bytes(path, indented_json(tree))
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {refusal(error)}") from None
    return entry


def judges_of(run: Run) -> dict[str, dict[str, Any]]:
    """The entries of judge.json by judge; none where it is about other answers.

    Raises:
        DataError: it cannot be read.
    """
    path = run.path / JUDGED
    if not path.is_file():
        return {}
    found = read_json(path)
    if found.get("about") != {"predictions": (run.info.get("predictions") or {}).get("sha256")}:
        return {}
    try:
        msgspec.convert(found.get("judges"), dict[str, _Entry])
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: holds no judges ({error}); ask the judge again") from None
    return dict(found["judges"])


class _Entry(msgspec.Struct):
    """What is read of an entry."""

    name: str
    n: int
    n_decided: int
    explained: dict[str, dict[str, dict[str, Any]]]
    agreement: dict[str, dict[str, Any]]
    decisions: dict[str, bool]


def _without_named(tree: dict[str, Any]) -> dict[str, Any]:
    """Without what only the exact reader tells: a judge says right or wrong and nothing else."""
    return {
        sense: {
            premise: {key: one for key, one in line.items() if key not in ("named", "unread")}
            for premise, line in of.items()
        }
        for sense, of in tree.items()
    }


def agreement(
    rows: Sequence[ScoreRow],
    first: Mapping[str, bool],
    second: Mapping[str, bool],
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    """How far two agree about explanations that both decided.

    Returns:
        Counts ``both`` (right), ``first`` and ``second`` (alone), ``neither`` and ``n``; estimates
        ``agreement`` and ``kappa`` (Cohen's), with intervals over families.
    """
    known = [row for row in rows if row.item_id in first and row.item_id in second]
    names = ("both", "first", "second", "neither")
    if not known:
        return {**dict.fromkeys(names, 0), "n": 0, **estimates({
            name: Samples(np.full(1, np.nan), 0) for name in ("agreement", "kappa")})}  # fmt: skip
    one, two = (np.array([of[row.item_id] for row in known]) for of in (first, second))
    columns = {"both": one & two, "first": one & ~two, "second": two & ~one, "neither": ~one & ~two}
    families = families_of(known)
    sums = Sums(
        ["families"] * len(known),
        {name: of.astype(np.float64) for name, of in columns.items()},
        resamples,
        seed,
        np.array([families[row.scene_id] for row in known], np.int64),
    )
    observed, kappa = raw_and_kappa(*(sums.total(name) for name in names))
    return {
        **{name: sums.count(name) for name in names},
        "n": len(known),
        **estimates({
            "agreement": Samples(observed, len(known), len(families)),
            "kappa": Samples(kappa, len(known)),
        }),
    }  # fmt: skip
