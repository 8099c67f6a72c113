"""Rewards in the form that trainers call them: thin, and each imports its library only if it must.

Versions whose source the calls were written after, and which are held by call files in
``tests/rewards/calls``: TRL 1.16.0, verl 0.9.1, ms-swift 4.6.0, EasyR1 (hiyouga/EasyR1, 46c6c210),
verifiers 0.4.0 (tasks) and 0.1.14 (rubrics), OpenEnv 0.10.0.

All of them take a :class:`~handeye.rewards.scoring.Reward` or make one from its weights by name.
Trainers decode completions without special tokens, so a token that stands for a picture is gone
before any reward can see it: suppress it at sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any

from handeye.errors import DataError, OptionError, allowed
from handeye.rewards.scoring import PARTS, Reward, Values, Verdict, judged
from handeye.rewards.written import RULES

WEIGHED = ("outcome", "perception", "form", "length", "repetition")
"""Parts that a :class:`Reward` weighs."""


def _one(completion: Any, truth: Any, reward: Reward) -> Verdict:
    """The verdict of a single completion, for trainers that ask one by one.

    Raises:
        DataError: there is nothing to score it by.
    """
    if isinstance(truth, (str, Mapping)) and truth:
        (found,) = judged([completion], {"ground_truth": [truth]}, reward.budget)
        if found is not None:
            return found
    raise DataError("ground_truth is empty: rows for rewards have their columns there as JSON")


def _figures(verdict: Verdict, reward: Reward, total: str) -> dict[str, float]:
    """Numbers under the same names whatever the row, nan for what it cannot tell."""
    parts = {name: getattr(verdict, name) for name in ("outcome", "perception", "f1", "form")}
    return {
        total: reward.total(verdict),
        **{name: nan if value is None else float(value) for name, value in parts.items()},
        "length": verdict.length,
        "repetition": verdict.repetition,
        "broken": float(len(verdict.broken)),
    }


# ---- TRL


def trl(reward: Reward | None = None) -> tuple[list[Callable[..., Values]], list[float]]:
    """``reward_funcs`` and ``reward_weights`` of ``GRPOTrainer``, one of each part with a weight.

    Functions are called with ``prompts, completions, completion_ids``, every column of the rows,
    ``trainer_state``, ``log_metric`` and ``log_extra``. The first one logs, where it can: the share
    of completions with an unbroken form, that without an answer to be read, that of each rule
    broken, and beside each completion the rules that it broke.
    """
    told = reward or Reward()
    functions: list[Callable[..., Values]] = []
    weights = []
    for name in WEIGHED:
        if getattr(told, name) > 0:
            functions.append(_part(name, told, logs=not functions))
            weights.append(float(getattr(told, name)))
    return functions, weights


def _part(name: str, reward: Reward, *, logs: bool) -> Callable[..., Values]:
    def part(completions: Sequence[Any], **columns: Any) -> Values:
        found = judged(completions, columns, reward.budget)
        if logs:
            _log(found, columns)
        wanted = "f1" if name == "perception" and reward.by == "facts" else name
        return [None if one is None else getattr(one, wanted) for one in found]

    # TRL logs each function under its name.
    part.__name__ = part.__qualname__ = name
    part.__doc__ = PARTS[name].__doc__
    return part


def _log(found: Sequence[Verdict | None], columns: Mapping[str, Any]) -> None:
    known = [one for one in found if one is not None]
    metric, extra = columns.get("log_metric"), columns.get("log_extra")
    if callable(metric) and known:
        whole = [one.answer is not None for one in known]
        metric("handeye/form", sum(one.form for one in known) / len(known))
        metric("handeye/no_span", 1 - sum(whole) / len(known))
        for name in RULES:
            if share := sum(name in one.broken for one in known) / len(known):
                metric(f"handeye/broken/{name}", share)
    if callable(extra):
        extra("broken", ["" if one is None else " ".join(one.broken) for one in found])


# ---- verl


def verl_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **weights: Any,
) -> dict[str, float]:
    """``compute_score`` of verl's ``naive``, ``dapo`` and other managers that ask one by one.

    ``custom_reward_function.path=pkg://handeye.rewards.adapters``, ``name=verl_score``; weights of
    :class:`Reward` come as ``reward_kwargs``. ``score`` is the reward, the rest is logged.

    Raises:
        DataError: ``ground_truth`` is empty, or not what the schema says.
        OptionError: a keyword that is no weight.
    """
    reward = _of(weights)
    return _figures(_one(solution_str, ground_truth, reward), reward, "score")


def verl_scores(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[Any],
    extra_infos: Sequence[Mapping[str, Any]] | None = None,
    **weights: Any,
) -> list[dict[str, float]]:
    """``compute_score`` of verl's ``batch`` manager; see :func:`verl_score`."""
    reward = _of(weights)
    pairs = zip(solution_strs, ground_truths, strict=True)
    return [_figures(_one(text, truth, reward), reward, "score") for text, truth in pairs]


def _of(weights: Mapping[str, Any]) -> Reward:
    """A reward from what a trainer hands on; its own keywords (``reward_router_address``) are left.

    Raises:
        OptionError: a name that is no weight, which would change nothing.
    """
    known = [*Reward.__dataclass_fields__]
    own = {name: value for name, value in weights.items() if not name.startswith("reward_")}
    for name in own:
        if name not in known:
            raise OptionError(f"{name} is no weight of a reward{allowed(name, known)}")
    return Reward(**own)


# ---- EasyR1


def easyr1_score(
    reward_inputs: Sequence[Mapping[str, Any]], **weights: Any
) -> list[dict[str, float]]:
    """The batch function of EasyR1: ``worker.reward.reward_function=FILE:easyr1_score``.

    FILE is where this module lies (``python -c "import handeye.rewards.adapters as a;
    print(a.__spec__.origin)"``); weights come as ``reward_function_kwargs``.

    Raises:
        DataError: a ``ground_truth`` is empty, or not what the schema says.
    """
    reward = _of(weights)
    return [
        _figures(_one(one["response"], one["ground_truth"], reward), reward, "overall")
        for one in reward_inputs
    ]


# ---- ms-swift


class Swift:
    """An ORM of ms-swift: ``orm(args=...)`` makes it, it is called with texts and columns."""

    reward = Reward()

    def __init__(self, args: Any = None, **kwargs: Any) -> None:
        self.args = args

    def __call__(self, completions: Sequence[Any], **kwargs: Any) -> Values:
        """The reward of each completion; None where its row has no gold."""
        return self.reward(completions, **kwargs)


def register_swift(reward: Reward | None = None) -> None:
    """Add ``handeye`` and a name for each part, ``handeye_outcome`` ..., to the ORMs of ms-swift.

    Call it in a file that is given as ``--external_plugins``, then ``--reward_funcs handeye``.
    """
    from swift.rewards import orms

    whole = reward or Reward()
    orms["handeye"] = type("Handeye", (Swift,), {"reward": whole})
    for name in WEIGHED:
        # staticmethod, or the function would be bound to the ORM.
        part = staticmethod(_part(name, whole, logs=False))
        orms[f"handeye_{name}"] = type(f"Handeye{name.title()}", (Swift,), {"reward": part})


# ---- verifiers


async def verifiers_reward(task: Any, trace: Any) -> dict[str, float]:
    """A reward of a task of verifiers 0.4: ``[task.rewards] handeye.fn = "...:verifiers_reward"``.

    The task's data have ``ground_truth``. Every part is given with its weight, so that the sum that
    is trained on is the reward.

    Raises:
        DataError: the task has no ``ground_truth``, or it is not what the schema says.
    """
    reward = Reward()
    verdict = _one(trace.last_reply, getattr(task, "ground_truth", None), reward)
    return {
        name: float(getattr(reward, name) * (getattr(verdict, name) or 0.0)) for name in WEIGHED
    }


def rubric(reward: Reward | None = None) -> tuple[list[Callable[..., float]], list[float]]:
    """``funcs`` and ``weights`` of ``vf.Rubric`` (verifiers 0.1): one function of each part.

    Rows have the columns as JSON in ``answer``, or under ``ground_truth`` in ``info``. A missing
    one raises; the rubric notes it and counts 0.
    """
    told = reward or Reward()

    def of(name: str) -> Callable[..., float]:
        def part(completion: Any, answer: Any = "", info: Any = None, **kwargs: Any) -> float:
            truth = (info or {}).get("ground_truth") or answer
            return float(getattr(_one(completion, truth, told), name) or 0.0)

        part.__name__ = name
        return part

    names = [name for name in WEIGHED if getattr(told, name) > 0]
    return [of(name) for name in names], [float(getattr(told, name)) for name in names]


# ---- OpenEnv


def openenv(
    reward: Reward | None = None,
    *,
    text: Callable[[Any], Any] = lambda action: action.message,
    truth: Callable[[Any], Any] = lambda observation: observation.metadata["ground_truth"],
) -> Any:
    """A ``Rubric`` of OpenEnv.

    Args:
        reward: the sum; default weights where it is None.
        text: what the policy wrote, from an environment's action.
        truth: the columns as JSON, from its observation.
    """
    from openenv.core.rubrics import Rubric

    told = reward or Reward()

    class Handeye(Rubric):  # type: ignore[misc]
        """The reward of what was written; the rules that it broke are in ``last_broken``."""

        last_broken: tuple[str, ...] = ()

        def forward(self, action: Any, observation: Any) -> float:
            verdict = _one(text(action), truth(observation), told)
            self.last_broken = verdict.broken
            return told.total(verdict)

    return Handeye()
