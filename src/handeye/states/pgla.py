"""PGLA, the adjustment of Senses Wide Shut (arXiv 2605.13737), as its released code has it.

A probe says how likely the premise is false; both rejecting letters are raised by as much as a soft
gate lets through (``docs/states-adjust.md`` has the formulas). No training of the model, no second
pass. The authors split and choose without regard to clips, and the code prints two results: the
mean over test folds of what each tuning fold chose (*nested*), and the setting with the best mean
over the *test* folds (*on_test*), which has seen what it is tested on. Which one the paper's table
has is not known; both are given.

What the gain is worth, the same machinery with another probe says: a constant, permuted scores, one
that reads the question alone, a bare threshold on the letters, and the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from handeye.errors import DataError
from handeye.respondents.local.adjuster import margin_of
from handeye.scores.estimate import Estimate, rate_of
from handeye.sets.draw import Draw
from handeye.shown import Shown, Words
from handeye.states.ablations import ABLATIONS
from handeye.states.cases import Cases, Standing, cases
from handeye.states.figures import Bools, Floats
from handeye.states.folds import Ints
from handeye.states.solver import fit
from handeye.stats.intervals import Samples, difference, estimates

if TYPE_CHECKING:
    from handeye.states.store import States
    from handeye.states.targets import Target

Probe = Literal["mlp", "linear"]

SEED = 42
TRAINED_ON = 0.25
FOLDS = 5
HIDDEN, EPOCHS, RATE = 256, 100, 1e-3


class Setting(NamedTuple):
    """A point of the grid; the letters are those of section 7 of the note and of the code."""

    gamma: float
    p: float
    alpha: float
    s: float
    delta: float


GRID = tuple(
    Setting(*point)
    for point in product((0.5, 1, 2), (1, 2), (0.3, 0.5, 1.0), (0.75, 1, 1.5), (5, 8, 12))
)
"""The 162 settings that are tried."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a way of choosing a setting comes out.

    Attributes:
        standard, misleading, balanced: means over the test folds.
        settings: the setting of each fold; of ``on_test`` the same for all.
    """

    standard: float
    misleading: float
    balanced: float
    settings: tuple[Setting | float, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Pgla(Shown):
    """What PGLA does to a model's letters.

    Attributes:
        raw: of the untouched letters on the evaluated questions.
        nested: each fold's setting chosen on the others; with intervals over families, in which
            the folds and the probe stay as they are.
        folds: the same as means over the test folds, as the code prints them.
        on_test: the setting with the best mean over the test folds.
        optimism: balanced accuracy where it was chosen less where it was tested, mean over folds.
        capped: nested, choosing among settings that cost at most so much standard accuracy (by
            that cost; the code's own rule is not known).
        ablations: nested and on_test by what stood for the probe.
        best: the ablation with the best nested balanced accuracy, the truth left out.
        gain: nested balanced accuracy less that of ``best``.
        over_raw: nested less raw.
        front: settings that no other beats in both accuracies, over all that is evaluated.
        weights: least and largest weight of the gate over questions and settings; it never closes.
        trained, evaluated: numbers of questions.
        siblings: share of evaluated questions of which a sibling trained the probe.
    """

    raw: Standing
    nested: Standing
    folds: Chosen
    on_test: Chosen
    optimism: float
    capped: dict[float, Chosen]
    ablations: dict[str, tuple[Chosen, Chosen]]
    best: str
    gain: Samples
    over_raw: Standing
    front: tuple[tuple[Setting, float, float], ...]
    weights: tuple[float, float]
    trained: int
    evaluated: int
    siblings: float

    def _words(self) -> Words:
        told = estimates({"raw": self.raw.balanced, "nested": self.nested.balanced,
                          "gain": self.gain})  # fmt: skip
        raw, nested, gain = (rate_of(told[name]) for name in ("raw", "nested", "gain"))
        return Words(
            f"PGLA: balanced accuracy in percent, {self.evaluated:,} questions evaluated",
            {
                "own letters": raw.text("line"),
                "nested": nested.text("line"),
                "selected on test": Estimate(self.on_test.balanced).text("line"),
                f"nested over {self.best}": gain.text("sentence", "points"),
            },
            f"trained on {self.trained:,} questions, of which a sibling of "
            f"{100 * self.siblings:.0f} % of the evaluated ones is one",
        )

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        ways = {"nested": self.folds, "selected on test": self.on_test}
        for name, (nested, on_test) in self.ablations.items():
            ways |= {f"{name}, nested": nested, f"{name}, selected on test": on_test}
        for name, one in ways.items():
            yield {
                "letters": name,
                "standard": one.standard,
                "misleading": one.misleading,
                "balanced": one.balanced,
            }


def pgla(
    states: States,
    targets: Sequence[Target],
    right: Sequence[int],
    *,
    layer: str,
    site: str = "last",
    probe: Probe = "mlp",
    grouped: bool = False,
    text: str = "question",
    seed: int = SEED,
) -> Pgla:
    """Adjust letters as the authors do, and say what each part of it is worth.

    Args:
        states: with letters.
        targets: one an item, of one kind, with ``roles`` and ``rejection``; two roles reject.
        right: the role that is right, of each.
        layer: whose states the probe reads.
        site: where.
        probe: ``mlp``, or the linear alternative.
        grouped: split by families, which the authors do not.
        text: the control text of the text-only ablation.
        seed: of the splits and of the MLP's first weights.

    Raises:
        DataError: not exactly two roles reject, or letters are missing; see
            :func:`handeye.states.cases.cases`.
    """
    every = cases(states, targets, right, text)
    if len(every.rejecting) != 2:
        raise DataError(
            f"PGLA sets two rejecting letters apart; these questions have {len(every.rejecting)}"
        )
    train = training_rows(every, grouped, seed)
    x = states.states(layer, site, every.item_ids)
    scores = _probed(x, every.false, train, probe, seed)
    tested = every.take(~train)
    beta = letter_bias(every.take(train))
    folds = _folds(tested, grouped, seed)
    readings = _readings(every, train, scores, seed)
    tables = {name: _table(tested, one[~train], beta) for name, one in readings.items()}
    tables["margin"] = _thresholds(tested, beta)
    nested = {name: _nested(tested, table, folds) for name, table in tables.items()}
    on_test = {name: _on_test(tested, table, folds) for name, table in tables.items()}
    best = max(
        (name for name in ABLATIONS if name != "oracle" and name in nested),
        key=lambda name: nested[name].told.balanced,
    )
    raw = tested.chosen == tested.right
    hits = {"raw": raw, "probe": nested["probe"].right, "best": nested[best].right}
    stand = tested.standings(hits, seed)
    weights = np.array([_gate(scores[~train], one) for one in GRID])
    return Pgla(
        raw=stand["raw"],
        nested=stand["probe"],
        folds=nested["probe"].told,
        on_test=on_test["probe"],
        optimism=nested["probe"].optimism,
        capped={
            cap: _nested(tested, tables["probe"], folds, raw, cap).told for cap in (0.03, 0.01)
        },
        ablations={
            name: (nested[name].told, on_test[name]) for name in ABLATIONS if name in nested
        },
        best=best,
        gain=difference(stand["probe"].balanced, stand["best"].balanced),
        over_raw=stand["probe"].less(stand["raw"]),
        front=_front(tested, tables["probe"]),
        weights=(float(weights.min()), float(weights.max())),
        trained=int(train.sum()),
        evaluated=len(tested),
        siblings=float(np.isin(tested.families, every.families[train]).mean()),
    )


# ---- the two stages


def adjusted(
    letters: Floats, false: Floats, setting: Setting, beta: float, rejecting: tuple[int, int]
) -> Floats:
    """Letters after the second stage.

    With ``g = P ** p``, ``D`` the largest letter of a content less the largest that rejects, and
    ``w = sigmoid(gamma (g - alpha))``, both rejecting letters get ``w (s D + delta)``; the first of
    them loses ``beta / 2`` and the second gains it.

    Args:
        letters: (n, roles).
        false: (n,) probability that the premise is false.
        setting: of the grid.
        beta: how much the first rejecting letter is preferred where nothing is to be rejected.
        rejecting: the two roles.
    """
    margin = margin_of(letters, np.isin(np.arange(letters.shape[1]), rejecting))
    boost = _gate(false, setting) * (setting.s * margin + setting.delta)
    out = np.array(letters, np.float64)
    out[:, rejecting[0]] += boost - beta / 2
    out[:, rejecting[1]] += boost + beta / 2
    return out


def _gate(false: Floats, setting: Setting) -> Floats:
    weight: Floats = expit(setting.gamma * (false**setting.p - setting.alpha))
    return weight


def letter_bias(trained: Cases) -> float:
    """Mean of the first rejecting letter less the second over questions with a true premise."""
    first, second = trained.rejecting
    standard = trained.letters[~trained.false]
    return float((standard[:, first] - standard[:, second]).mean())


def training_rows(every: Cases, grouped: bool, seed: int) -> Bools:
    """(n,) the quarter of the questions that the probe is trained on; alike for both truths."""
    strata = every.families if grouped else np.arange(len(every))
    train = np.zeros(len(every), bool)
    if grouped:
        order = _shuffled(np.unique(strata), seed, "families")
        return np.isin(strata, order[: round(TRAINED_ON * len(order))])
    for false in (False, True):
        rows = _shuffled(np.flatnonzero(every.false == false), seed, f"premise {false}")
        train[rows[: round(TRAINED_ON * len(rows))]] = True
    return train


def mlp(x: NDArray[np.float32], y: Bools, seed: int = SEED) -> Callable[..., Floats]:
    """Train hidden -> 256 -> 2 with ReLU, and give the probability of the second class.

    Cross-entropy, Adam (Kingma and Ba 2015, algorithm 1; 1e-3, .9, .999, 1e-8), all rows in each
    of 100 steps, no decay; first weights uniform within ``1 / sqrt(inputs)``, as torch's linear
    layers.

    Args:
        x: (n, d) standardised states.
        y: (n,) the class.
        seed: of the first weights.

    Returns:
        From (m, d) standardised states to (m,) probabilities.
    """
    sizes = (x.shape[1], HIDDEN, 2)
    weights: list[NDArray[np.float32]] = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        draw = Draw(seed, "pgla", number).units((inputs + 1) * outputs)
        bound = (2 * draw - 1) / np.sqrt(inputs)
        weights.append(bound[: inputs * outputs].reshape(inputs, outputs).astype(np.float32))
        weights.append(bound[inputs * outputs :].astype(np.float32))
    train_mlp(x.astype(np.float32), y, weights)
    return lambda new: _forward(new.astype(np.float32), weights)[1][:, 1].astype(np.float64)


def train_mlp(x: NDArray[np.float32], y: Bools, weights: list[NDArray[np.float32]]) -> None:
    """Change ``[(d, h), (h,), (h, 2), (2,)]`` in place by the steps that :func:`mlp` names."""
    truth = np.stack([~y, y], 1).astype(np.float32)
    first = [np.zeros_like(one) for one in weights]
    second = [np.zeros_like(one) for one in weights]
    for step in range(1, EPOCHS + 1):
        hidden, shares = _forward(x, weights)
        above = (shares - truth) / np.float32(len(x))
        below = (above @ weights[2].T) * (hidden > 0)
        slopes = [x.T @ below, below.sum(0), hidden.T @ above, above.sum(0)]
        for one, slope, mean, square in zip(weights, slopes, first, second, strict=True):
            mean += np.float32(0.1) * (slope - mean)
            square += np.float32(0.001) * (slope**2 - square)
            size = np.sqrt(square / np.float32(1 - 0.999**step)) + np.float32(1e-8)
            one -= np.float32(RATE / (1 - 0.9**step)) * mean / size


def _forward(
    x: NDArray[np.float32], weights: Sequence[NDArray[np.float32]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    logits = hidden @ weights[2] + weights[3]
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return hidden, shares / shares.sum(1, keepdims=True)


def _probed(x: NDArray[np.float32], false: Bools, train: Bools, probe: Probe, seed: int) -> Floats:
    """(n,) probability that the premise is false."""
    if probe == "linear":
        return np.asarray(expit(_linear(x, false, train)))
    own = x[train]
    spread = own.std(0)
    spread[spread == 0] = 1
    scaled = (x - own.mean(0)) / spread
    return mlp(scaled[train], false[train], seed)(scaled)


def _linear(x: NDArray[np.float32], false: Bools, train: Bools) -> Floats:
    y, weights = false[:, None].astype(np.float64), train[:, None].astype(np.float64)
    return np.asarray(fit(x, y, weights, np.ones(1)).logits(x)[:, 0], np.float64)


# ---- choosing a setting


@dataclass(frozen=True, slots=True)
class _Table:
    """Whether each question (n,) is right under each setting (settings,)."""

    right: Bools
    settings: tuple[Setting | float, ...]


@dataclass(frozen=True, slots=True)
class _Nested:
    told: Chosen
    right: Bools
    optimism: float


def _readings(every: Cases, train: Bools, scores: Floats, seed: int) -> dict[str, Floats]:
    """Probabilities by what they come from, over all questions."""
    found = {
        "probe": scores,
        "constant": np.full(len(every), every.false[train].mean()),
        "permuted": scores[_shuffled(np.arange(len(every)), seed, "permuted")],
        "oracle": every.false.astype(np.float64),
    }
    if all(every.texts):
        found["text"] = np.asarray(expit(every.by_text(every.false[:, None], train[:, None])[:, 0]))
    return found


def _table(tested: Cases, false: Floats, beta: float) -> _Table:
    first, second = tested.rejecting
    right = np.empty((len(tested), len(GRID)), bool)
    for number, setting in enumerate(GRID):
        new = adjusted(tested.letters, false, setting, beta, (first, second))
        right[:, number] = new.argmax(1) == tested.right
    return _Table(right, GRID)


def _thresholds(tested: Cases, beta: float) -> _Table:
    """Rejecting wherever the margin is below one of 162 thresholds, by the letter preferred."""
    steps = np.quantile(tested.margin, np.linspace(0, 1, len(GRID)))
    first, second = tested.rejecting
    ahead = tested.letters[:, first] - tested.letters[:, second] - beta > 0
    letter = np.where(ahead, first, second)
    answers = np.where(tested.margin[:, None] <= steps, letter[:, None], tested.chosen[:, None])
    return _Table(answers == tested.right[:, None], tuple(float(one) for one in steps))


def _nested(
    tested: Cases, table: _Table, folds: Ints, raw: Bools | None = None, cap: float = np.inf
) -> _Nested:
    """Each fold answered by the setting that is best on the others.

    Args:
        tested: the evaluated questions.
        table: how each is answered under each setting.
        folds: of each question.
        raw: whether its untouched answer is right, where a cap is set.
        cap: most standard accuracy that a setting may cost where it is chosen; where all cost more,
            letters are left as they are (setting NaN).
    """
    right = np.zeros(len(tested), bool)
    accuracies: list[tuple[float, float]] = []
    tuned: list[float] = []
    picked: list[Setting | float] = []
    for fold in range(FOLDS):
        tune, test = folds != fold, folds == fold
        kept = tested.take(tune)
        standard, misleading = kept.balance(table.right[tune])
        balanced = (standard + misleading) / 2
        if raw is not None:
            before = kept.balance(raw[tune])
            balanced = np.where(standard >= before[0] - cap, balanced, -np.inf)
        best = int(balanced.argmax())
        if raw is not None and balanced[best] == -np.inf:
            right[test] = raw[test]
            tuned.append(float(before[0] + before[1]) / 2)
            picked.append(np.nan)
        else:
            right[test] = table.right[test, best]
            tuned.append(float(balanced[best]))
            picked.append(table.settings[best])
        found = tested.take(test).balance(right[test])
        accuracies.append((float(found[0]), float(found[1])))
    std, mis = (float(np.mean([pair[k] for pair in accuracies])) for k in (0, 1))
    told = Chosen(std, mis, (std + mis) / 2, tuple(picked))
    return _Nested(told, right, float(np.mean(tuned)) - told.balanced)


def _on_test(tested: Cases, table: _Table, folds: Ints) -> Chosen:
    pairs = [
        tested.take(folds == fold).balance(table.right[folds == fold]) for fold in range(FOLDS)
    ]
    standard, misleading = (np.mean([pair[k] for pair in pairs], axis=0) for k in (0, 1))
    best = int((standard + misleading).argmax())
    return Chosen(
        float(standard[best]),
        float(misleading[best]),
        float(standard[best] + misleading[best]) / 2,
        (table.settings[best],),
    )


def _front(tested: Cases, table: _Table) -> tuple[tuple[Setting, float, float], ...]:
    standard, misleading = tested.balance(table.right)
    found: list[tuple[Setting, float, float]] = []
    for place in np.lexsort((-misleading, -standard)):
        if not found or misleading[place] > found[-1][2]:
            found.append((GRID[place], float(standard[place]), float(misleading[place])))
    return tuple(found)


def _folds(tested: Cases, grouped: bool, seed: int) -> Ints:
    """(n,) fold of each evaluated question, stratified by truth; by families if ``grouped``."""
    folds = np.empty(len(tested), np.int64)
    if grouped:
        order = _shuffled(np.unique(tested.families), seed, "tested")
        place = np.argsort(order)[np.searchsorted(np.sort(order), tested.families)]
        return place % FOLDS
    for false in (False, True):
        rows = _shuffled(np.flatnonzero(tested.false == false), seed, f"fold {false}")
        folds[rows] = np.arange(len(rows)) % FOLDS
    return folds


def _shuffled(values: Ints, seed: int, name: str) -> Ints:
    return values[np.argsort(Draw(seed, "pgla", name).units(len(values)), kind="stable")]
