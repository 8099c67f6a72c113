"""Premises as readers of states take them: states, letters by role, S, and what was answered.

    S = logsumexp(log p of the options that reject) - logsumexp(log p of the others)

is the log odds of rejecting; a respondent that draws from its letters rejects more often than not
where it is above 0. Letters are turned from positions into roles by the order that was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import logsumexp

from handeye.errors import DataError, allowed
from handeye.respondents.local.adjuster import LEAST
from handeye.states.cases import by_role
from handeye.states.figures import Bools, Floats
from handeye.states.store import States
from handeye.states.targets import Target

REJECTIONS = (4, 5)
"""Roles that reject, where the options are four contents and two rejections."""


@dataclass(frozen=True)
class Premises:
    """The premises of a stratum as readers take them; n rows.

    Attributes:
        states: where the states are.
        stratum: its name.
        ids: items.
        group: names of families.
        kind: of each row, by the second key of the strata; empty where there is none.
        false: (n,) whether the premise is.
        detail: (n,) the label of the target about the detail.
        asked: (n,) names of these targets; empty where details cannot be asked.
        letters: (n, roles) log-probabilities by role.
        s: (n,) log odds of rejecting.
        said: (n, 2) whether the answer is right of the premise; and for the right sense.
        routed: whether every false premise has a rejection that is right.
        note: why something cannot be asked.
    """

    states: States
    stratum: str
    ids: list[str]
    group: list[str]
    kind: list[str]
    false: Bools
    detail: Bools
    asked: list[str]
    letters: Floats
    s: Floats
    said: Bools
    routed: bool
    note: str = ""

    @cached_property
    def turn(self) -> Floats:
        """(n, 1) 1 where the premise is false of clips with the detail, -1 where it is true."""
        return np.where(self.detail == self.false, 1.0, -1.0)[:, None]

    def label(self, key: str) -> Bools:
        """(n,) what the probe of a reader is fitted to: the detail, or whether the premise is."""
        return self.detail if key == "seen" else self.false

    def features(self, key: str, scores: Mapping[str, Floats]) -> Floats:
        """(n, features) what a reader knows: its probe's score and what stands behind it.

        Args:
            key: of the reader.
            scores: (n,) of the probes, its own and *compared* at least.
        """
        if key == "s":
            return self.s[:, None]
        out = [self.letters, self.s[:, None]]
        if key == "seen":
            # The turn by itself moves the point at which a detail is told from the other.
            detail = scores["seen"][:, None]
            out += [self.turn * detail, self.turn, scores["compared"][:, None]]
        elif key != "letters":
            out.append(scores[key][:, None])
        return np.hstack(out)


def premises(
    states: States,
    targets: Sequence[Target],
    *,
    answers: Sequence[int | None] | None = None,
    premise: str = "premise",
    seen: str = "detail",
    rejections: Sequence[int] = REJECTIONS,
) -> list[Premises]:
    """The premises of targets by stratum, in the order of their first ones.

    Args and errors as of :func:`readings`.
    """
    if answers is not None and len(answers) != len(targets):
        raise DataError(f"{len(answers):,} answers to {len(targets):,} targets; one each is needed")
    strata: dict[str, list[tuple[Target, int | None]]] = {}
    for one, answer in zip(targets, answers or [None] * len(targets), strict=True):
        if one.target == premise:
            strata.setdefault(one.stratum, []).append((one, answer))
    if not strata:
        names = sorted({one.target for one in targets})
        raise DataError(f"no target is named {premise!r}{allowed(premise, names)}")
    details: dict[str, Target] = {}
    for one in targets:
        if seen and (one.target == seen or one.target.startswith(f"{seen}: ")):
            details.setdefault(one.item_id, one)
    out = []
    for name, found in strata.items():
        rows = [one for one, _ in found]
        for one in rows:
            if one.roles and not (
                set(rejections) < set(one.roles) and one.rejection in {-1, *rejections}
            ):
                raise DataError(
                    f"item {one.item_id}: roles that reject are said to be {sorted(rejections)}; "
                    f"it has roles {sorted(one.roles)}, of which {one.rejection} is the right "
                    "rejection"
                )
        letters = np.maximum(by_role(states, rows), LEAST)
        chosen = [answer for _, answer in found]
        if answers is None:
            chosen = [int(role) for role in letters.argmax(axis=1)]
        out.append(_premises(states, name, rows, letters, chosen, details, set(rejections)))
    return out


def _premises(
    states: States,
    stratum: str,
    rows: Sequence[Target],
    letters: Floats,
    chosen: Sequence[int | None],
    details: Mapping[str, Target],
    rejections: set[int],
) -> Premises:
    false = np.array([one.label == 1 for one in rows])
    if false.all() or not false.any():
        raise DataError(
            f"all {len(rows):,} premises{f' of {stratum}' if stratum else ''} are "
            f"{'false' if false.all() else 'true'}; the chain needs both"
        )
    for one, role in zip(rows, chosen, strict=True):
        if role is not None and role not in one.roles:
            raise DataError(f"item {one.item_id}: role {role} was chosen, which was not shown")
    reject = [role in rejections for role in range(letters.shape[1])]
    answered = np.array([role is not None for role in chosen])
    rejected = np.array([role in rejections for role in chosen])
    blamed = np.array([role == one.rejection for role, one in zip(chosen, rows, strict=True)])
    right = answered & (rejected == false)
    note = _not_asked(rows, details)
    told = [] if note else [details[one.item_id] for one in rows]
    return Premises(
        states=states,
        stratum=stratum,
        ids=[one.item_id for one in rows],
        group=[one.group for one in rows],
        kind=[next(iter([*one.strata.values()][1:]), "") for one in rows],
        false=false,
        detail=np.array([one.label == 1 for one in told], bool),
        asked=[one.target for one in told],
        letters=letters,
        s=logsumexp(letters, axis=1, b=reject) - logsumexp(letters, axis=1, b=np.invert(reject)),
        said=np.stack([right, np.where(false, blamed, right)], axis=1),
        routed=all(one.rejection >= 0 for one in rows if one.label),
        note=note,
    )


def _not_asked(rows: Sequence[Target], details: Mapping[str, Target]) -> str:
    """Why details cannot be asked; empty where they can."""
    if lacking := sum(one.item_id not in details for one in rows):
        return f"what is seen was not asked: {lacking:,} of {len(rows):,} items have no such target"
    # Were a question more often false than true, it would tell of the premise by itself.
    counts: dict[tuple[str, str, bool], int] = {}
    for one in rows:
        detail = details[one.item_id]
        named = one.group, detail.target, detail.label == one.label
        counts[named] = counts.get(named, 0) + (1 if one.label else -1)
    if any(counts.values()):
        return "what is seen was not asked: in some groups a question is more often false or true"
    return ""
