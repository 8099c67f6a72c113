"""One row of numbers a question, from items and the answers to them.

The official columns take the strict reading: an answer is right where it has the role of the gold
(of TRUE and FALSE, where it accepts what holds and rejects what does not), and an item without an
answer that can be read is wrong. Where a removed medium leaves no gold, nothing is right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from handeye.premise.items import AUDIO_FALSE, FALSE_OF, LETTERS, N_ROLES, VISION_FALSE, Item
from handeye.premise.scoring.predictions import SIX, SWAP, Ablation, Prediction, removed
from handeye.premise.scoring.reading import (
    NOTHING,
    REJECTING,
    UNREADABLE,
    Read,
    Reason,
    answer_kind,
    read,
    read_explanation,
)
from handeye.premise.scoring.signal import (
    Asked,
    Logs,
    Priors,
    from_samples,
    letter_priors,
    logs_of,
    rejecting,
    signal_of,
)
from handeye.run.thoughts import parts_of
from handeye.stats.roc import told_rightly

CELLS = {
    "std_v": "true premises about the picture",
    "std_a": "true premises about the sound",
    "mis_v": "false premises about the picture",
    "mis_a": "false premises about the sound",
    "both_true": "both premises true",
    "both_v": "the visual one of two premises false",
    "both_a": "the sound one of two premises false",
}
"""Cells of the 2x2 and of the two-premise questions, with what their items are."""
SINGLE = ("std_v", "std_a", "mis_v", "mis_a")
TRUE_CELLS = ("std_v", "std_a", "both_true")
_FALSE = {VISION_FALSE: "v", AUDIO_FALSE: "a"}
STATES = ("answered", "empty", "refused", "truncated", "unreadable", "error")
SIGNALS = ("letters", "post-thought", "samples")
"""What S is made of: letters at the start of the answer, letters behind thoughts, or repeated
answers. Never mixed."""


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """One question with what was answered, in numbers.

    Attributes:
        item_id: and what else the item says of itself, by its own names.
        cell: of :data:`CELLS`, by what is true of the media as shown; of what has no gold, by what
            is true of the set's.
        variant: how it was asked.
        ablation: what was done to the media.
        model: who answered.
        answer_state: how the answer ended; ``unreadable`` where a text came that cannot be read.
        gold: the role that is right; None where the media leave none.
        order: roles by position as shown, ``012345``.
        letter: that was answered, by the strict reading.
        role: of that option.
        decision: on the premise (:data:`handeye.premise.scoring.reading.Decision`), strictly.
        told: 1 where premise and decision fit (accepted and true, or rejected and false, whatever
            the sense named); 0 also where nothing can be read.
        right: 1 where the answer is right.
        lenient_role: as ``role``, of answers in another form than was asked for, too.
        lenient_decision: likewise.
        lenient_right: likewise.
        s: S of the letters, the prior of their positions taken off where it is known.
        s_raw: S with the prior.
        s_from: ``letters`` or ``post-thought``; empty where there is no S of letters.
        s_censored: empty, or how S may lie off (:class:`handeye.premise.scoring.signal.Signal`).
        s_route: log-probability of the option that rejects for the picture, less that for the
            sound; the prior taken off as from ``s``.
        s_samples: S from repeated answers.
        n_samples: repeated answers that could be read, the first among them.
        n_rejected: those among them that reject.
        perceived: 1 where S, against a threshold that was chosen on other families, tells whether
            the premise holds; None without S. Of ``s_from``, else of ``s_samples``.
        rank: place of the option that rejects for the item's own sense among the six, by
            log-probability as it came, from 1; None where it cannot be told.
        log_a: log-probability of the letter A, spellings added up; None: not returned.
        log_b: of B, and so on.
        explained: what the explanation says of what was stated
            (:data:`handeye.premise.scoring.reading.Reason`), by the exact reader; None where none
            was asked for, or the set does not tell what is true of the media as shown.
        here: which of the two visual details of its family the clip of the set has, and which of
            the two of sound (``01``); None where the set does not tell.
    """

    item_id: str
    scene_id: str
    clip_id: str
    prompt_id: str
    split: str
    modality: str
    premise: str
    kind: str
    unit: str
    category: str
    level: float | None
    cell: str
    variant: str
    ablation: str
    model: str | None
    answer_state: str
    gold: int | None
    order: str
    letter: str | None
    role: int | None
    decision: str
    told: int
    right: int
    lenient_role: int | None
    lenient_decision: str
    lenient_right: int
    s: float | None
    s_raw: float | None
    s_from: str
    s_censored: str
    s_route: float | None
    s_samples: float | None
    n_samples: int
    n_rejected: int
    perceived: int | None
    rank: int | None
    log_a: float | None
    log_b: float | None
    log_c: float | None
    log_d: float | None
    log_e: float | None
    log_f: float | None
    explained: str | None = None
    here: str | None = None

    @property
    def prompt(self) -> str:
        """What items with equal prompts share; of one that has its own, its id."""
        return self.prompt_id or self.item_id

    @property
    def rejects(self) -> bool:
        """Whether it rejects, for whatever sense."""
        return self.decision in REJECTING

    @property
    def is_read(self) -> bool:
        """Whether the answer could be read."""
        return self.decision not in ("unreadable", "none")

    @property
    def logs(self) -> Logs:
        """By position."""
        return [self.log_a, self.log_b, self.log_c, self.log_d, self.log_e, self.log_f]


def score_rows(
    pairs: Iterable[tuple[Item, Prediction]], model: str | None = None
) -> list[ScoreRow]:
    """Score items with their answers.

    Args:
        pairs: of one run; what letters have for their positions, and thresholds of S, are learnt
            from all of them.
        model: who answered, where predictions do not say.
    """
    made = [_Answered(item, found) for item, found in pairs]
    raw = [one.row(model) for one in made]
    priors = priors_of(raw)
    rows = [
        msgspec.structs.replace(row, **one.signal(priors))
        for one, row in zip(made, raw, strict=True)
    ]
    perceived = _perceived(rows)
    return [
        msgspec.structs.replace(row, perceived=one)
        for row, one in zip(rows, perceived, strict=True)
    ]


def _here(item: Item) -> str | None:
    """Which details its clip has, as the set says it."""
    here = item.meta.get("here")
    if not isinstance(here, list | tuple) or len(here) != 2 or not all(h in (0, 1) for h in here):
        return None
    return "".join(str(int(one)) for one in here)


def gold_of(item: Item, ablation: Ablation) -> int | None:
    """The role that is right of the media as they were shown; None where there is none.

    With another family's clip every premise is false; of two premises then both are, and no option
    says so. What is asked of a removed sense has no gold.
    """
    if ablation == SWAP:
        return FALSE_OF.get(item.modality)
    gone = removed(ablation)
    return None if gone and (item.modality == "both" or item.modality in gone) else item.gold


def cell_of(modality: str, gold: int) -> str:
    """The cell of an item of a sense with a right role."""
    false = _FALSE.get(gold)
    if modality == "both":
        return f"both_{false or 'true'}"
    return f"{'mis' if false else 'std'}_{modality[0]}"


class _Answered:
    """One answer, read."""

    def __init__(self, item: Item, found: Prediction) -> None:
        self.item, self.found = item, found
        self.order = tuple(found.order or item.order)
        self.variant = found.variant or SIX
        self.kind = answer_kind(self.variant)
        self.ablation: Ablation = found.ablation or ""
        self.state, self.read = self._first()
        self.logs: Logs | None = None
        if found.letters and self.kind != "text":
            self.logs = logs_of(found.letters, self.kind)

    def _first(self) -> tuple[str, Read]:
        found = self.found
        state = found.state or ("error" if found.error else "answered")
        text = found.raw_text or ""
        if state == "answered" and not text.strip():
            state = "error" if found.raw_text is None else "empty"
        if state not in ("answered", "truncated"):  # what is whole at the limit is an answer
            return state, NOTHING
        said = self._of(text)
        return ("unreadable" if state == "answered" and not said.strict else state), said

    def _of(self, text: str) -> Read:
        return read(text, self.item, self.variant, self.order)

    def samples(self) -> tuple[int, int]:
        """Repeated answers that were read strictly, and those that reject."""
        further = self.found.samples or ()
        said = [self.read, *(self._of(text) for text in further if text)] if further else []
        known = [one for one in said if one.strict]
        return len(known), sum(one.decision in REJECTING for one in known)

    def row(self, model: str | None) -> ScoreRow:
        """The row, but for S and what is made of it; the logs of letters are there."""
        item, found, said = self.item, self.found, self.read
        gold = gold_of(item, self.ablation)
        if not said.strict:
            said = UNREADABLE if self.state == "unreadable" else NOTHING
        n_samples, n_rejected = self.samples()
        return ScoreRow(
            **{name: getattr(item, name) for name in _OF_ITEM},
            cell=cell_of(item.modality, item.gold if gold is None else gold),
            variant=self.variant,
            ablation=self.ablation,
            model=found.model or model,
            answer_state=self.state,
            gold=gold,
            order="".join(map(str, self.order)),
            letter=None if said.place is None else LETTERS[said.place],
            role=said.role,
            decision=said.decision,
            told=_told(said, gold),
            right=self._right(said, gold),
            lenient_role=self.read.role,
            lenient_decision=self.read.decision,
            lenient_right=self._right(self.read, gold),
            **_NO_SIGNAL,
            s_samples=from_samples(n_rejected, n_samples - n_rejected),
            n_samples=n_samples,
            n_rejected=n_rejected,
            perceived=None,
            rank=self._rank(),
            **self._letters(),
            explained=self._explained(gold),
            here=_here(item),
        )

    def _explained(self, gold: int | None) -> Reason | None:
        if self.kind != "explained" or gold is None or self.ablation == SWAP:
            return None
        said = self.found.raw_text or "" if self.state in ("answered", "unreadable") else ""
        return read_explanation(said, self.item)

    def _right(self, said: Read, gold: int | None) -> int:
        """Of TRUE and FALSE the decision is all that can be right."""
        decides = said.role is None and self.kind in ("truth", "explained")
        return _told(said, gold) if decides else int(said.role is not None and said.role == gold)

    def _letters(self) -> dict[str, Any]:
        logs = self.logs if self.logs and self.kind == "choice" else [None] * N_ROLES
        return dict(zip(LOGS, logs, strict=True))

    def signal(self, priors: Priors | None) -> dict[str, Any]:
        """S and what belongs to it; the same fields as :data:`_NO_SIGNAL`."""
        if self.logs is None:
            return _NO_SIGNAL
        bound = self.found.letters_bound
        sides = rejecting(self.order) if self.kind == "choice" else [False, True]
        raw = signal_of(self.logs, sides, bound)
        if raw is None:
            return _NO_SIGNAL
        prior = None
        if priors and self.kind == "choice":
            prior = priors.without.get(self.item.scene_id, priors.whole)
        found = raw if prior is None else signal_of(self.logs, sides, bound, prior) or raw
        return {
            "s": found.value,
            "s_raw": raw.value,
            "s_route": self._route(prior),
            "s_from": "post-thought" if self._thought else "letters",
            "s_censored": found.censored,
        }

    @property
    def _thought(self) -> bool:
        return bool(self.found.post_thought) or bool(parts_of(self.found.raw_text or "").thoughts)

    def _route(self, prior: Sequence[float] | None) -> float | None:
        if self.logs is None or len(self.logs) < N_ROLES:
            return None
        ends = []
        for role in (VISION_FALSE, AUDIO_FALSE):
            place = self.order.index(role)
            log = self.logs[place]
            if log is None:
                return None
            ends.append(log - (prior[place] if prior else 0.0))
        return ends[0] - ends[1]

    def _rank(self) -> int | None:
        """Where the option that rejects for the item's own sense stands among the six."""
        role = FALSE_OF.get(self.item.modality, self.item.gold)
        if self.logs is None or len(self.logs) < N_ROLES or role < VISION_FALSE:
            return None
        own = self.logs[self.order.index(role)]
        known = [log for log in self.logs if log is not None]
        return None if own is None else 1 + sum(log > own for log in known)


# What is as good as impossible says nothing of positions.
_NEVER = -100.0
_NO_SIGNAL: dict[str, Any] = {
    **dict.fromkeys(("s", "s_raw", "s_route")),
    **dict.fromkeys(("s_from", "s_censored"), ""),
}
LOGS = tuple(f"log_{letter.lower()}" for letter in LETTERS)
"""The columns of log-probabilities by letter."""
_OF_ITEM = (
    "item_id",
    "scene_id",
    "clip_id",
    "prompt_id",
    "split",
    "modality",
    "premise",
    "kind",
    "unit",
    "category",
    "level",
)


def _told(said: Read, gold: int | None) -> int:
    if gold is None or said.decision in ("unreadable", "none"):
        return 0
    return int((said.decision in REJECTING) == (gold >= VISION_FALSE))


# ---- what is learnt from all answers


def priors_of(rows: Sequence[ScoreRow], *, each: bool = True) -> Priors | None:
    """What letters have for their positions, from the answers of which all six are known.

    Args:
        rows: of a run.
        each: whether those without a family are wanted, too.
    """
    contents = contents_of(rows)
    asked = []
    for row in rows:
        if logs := all_letters(row):
            content = contents.get(row.prompt)
            order = [_renamed(int(role), content) for role in row.order]
            asked.append(Asked(row.scene_id, row.cell, order, logs))
    return letter_priors(asked, each=each)


def all_letters(row: ScoreRow) -> list[float]:
    """Log-probabilities of all six letters by position; empty where one is not known."""
    logs = [log for log in row.logs if log is not None]
    return logs if len(logs) == N_ROLES and min(logs) > _NEVER else []


def families_of(rows: Iterable[ScoreRow]) -> dict[str, int]:
    """Families by number, from 0, in the order in which their first rows come."""
    return {name: k for k, name in enumerate(dict.fromkeys(row.scene_id for row in rows))}


def contents_of(rows: Iterable[ScoreRow]) -> dict[str, int]:
    """By prompt, the content that is right of what is asked, where a true premise tells it.

    What is asked is the same in all clips of a prompt.
    """
    return {
        row.prompt: row.gold for row in rows if row.gold is not None and row.gold < VISION_FALSE
    }


def _renamed(role: int, content: int | None) -> int:
    """A role among others of which the right content is the first: it is preferred wherever."""
    if content is None or role >= VISION_FALSE:
        return role
    return 0 if role == content else role + (role < content)


class _Known(NamedTuple):
    place: int
    value: float


def _perceived(rows: Sequence[ScoreRow]) -> list[int | None]:
    """Whether S tells each premise by a threshold from other families, for each sense alone."""
    out: list[int | None] = [None] * len(rows)
    families = families_of(rows)
    groups: dict[tuple[str, str], list[_Known]] = {}
    for place, row in enumerate(rows):
        value, source = signal_used(row)
        if value is not None and row.gold is not None:
            groups.setdefault((row.modality, source), []).append(_Known(place, value))
    for known in groups.values():
        told = told_rightly(
            np.array([one.value for one in known]),
            np.array([(rows[one.place].gold or 0) >= VISION_FALSE for one in known]),
            np.array([families[rows[one.place].scene_id] for one in known]),
        )
        for one, is_right in zip(known, told.tolist(), strict=True):
            out[one.place] = int(is_right)
    return out


def signal_used(row: ScoreRow) -> tuple[float | None, str]:
    """S of a row, and what it is made of (of :data:`SIGNALS`): letters before repeated answers."""
    if row.s is not None:
        return row.s, row.s_from
    return row.s_samples, "samples" if row.s_samples is not None else ""
