"""Recipes: every number that decides a training of any model, as one YAML file for all its stages.

    perception    the vision encoder alone, on what its tokens show
    joint         answers, and beside them what picture tokens tell of a middle decoder layer
    reward        answers that the model writes itself, paid for by :mod:`handeye.rewards`

A recipe has a section for each stage that it can do, and what they share: the model, what it is
shown, the machine. Recipes that ship are called by their names, others by their files. What is
wrong in one is told with file and key. Knows no torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from handeye.errors import DataError, OptionError, allowed, did_you_mean
from handeye.hashing import read_regular
from handeye.placed import MisplacedError, read_yaml
from handeye.reading import UNREADABLE, why
from handeye.rewards.adapters import WEIGHED
from handeye.rewards.scoring import Reward

# Nothing is endless.
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Some = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Weight = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Named = Annotated[str, msgspec.Meta(min_length=1)]
Stage = Literal["perception", "joint", "reward"]
Credit = Literal["moca", "perceval", "none"]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a recipe: an unknown key is an error."""


class Adapter(_Section, frozen=True, kw_only=True):
    """Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685) in place of all weights.

    Attributes:
        rank: of each.
        alpha: they count ``alpha / rank``.
        dropout: before them.
        targets: a regular expression that the whole name of a linear layer must match.
        whole: ends of names of modules that are trained as they are, beside the adapters.
    """

    rank: Count = 64
    alpha: Positive = 128
    dropout: Share = 0.0
    targets: str = r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"
    whole: tuple[str, ...] = ()


class Model(_Section, frozen=True, kw_only=True):
    """What is trained.

    Attributes:
        name: a preset of ours (:data:`handeye.training.architecture.PRESETS`), with first weights
            by the seed; ``parts:ENCODER+DECODER`` of published parts; a folder of
            ``save_pretrained``, as ``./NAME`` where a preset is called so; or a name on the Hub.
        family: of a name on the Hub, as its ``model_type`` says it: what a dry run makes small.
        revision: on the Hub.
        tower: a folder of stage 1, whose encoder takes the place of the model's tower; empty: none.
        dtype: of its weights.
        attention: the library's name of an implementation; empty: its choice.
        adapter: None: all weights are trained.
        still: regular expressions; a parameter whose name one of them finds is not trained.
    """

    name: Named
    family: str = ""
    revision: str | None = None
    tower: str = ""
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: str = ""
    adapter: Adapter | None = None
    still: tuple[str, ...] = ()


class Data(_Section, frozen=True, kw_only=True):
    """What is shown. Paths are those of the working folder.

    Attributes:
        set: folder of a set whose questions, facts and pictures are known.
        rows: instead, or beside it, rows as ``handeye rewards rows --complete`` writes them.
        pictures: folder that paths of pictures in rows start from; empty: the set's, or that of the
            file of rows.
        truths: a file of COCO that says what the pictures show, where no set does.
        split: of the set; empty: all.
        held_out: share of the scenes that is kept for the figures before and after.
        text: rows without pictures whose perplexity is told before and after; empty: those among
            the rows that are held out.
    """

    set: str = ""
    rows: str = ""
    pictures: str = ""
    truths: str = ""
    split: str = ""
    held_out: Share = 0.1
    text: str = ""


class Machine(_Section, frozen=True, kw_only=True):
    """On what, and who is told. No influence on the result but for the order of sums.

    Attributes:
        threads: of torch on a processor.
        loaders: processes that prepare batches.
        mixed: half precision beside weights in float32.
        checkpointing: activations are computed again rather than kept.
        report_to: trackers of Transformers: ``tensorboard``, ``wandb``, ``mlflow``, ``trackio`` ...
        run: what they call the training; empty: the name of its folder.
    """

    threads: Count = 1
    loaders: Some = 0
    mixed: Literal["no", "bf16"] = "no"
    checkpointing: bool = False
    report_to: tuple[str, ...] = ()
    run: str = ""


class Course(_Section, frozen=True, kw_only=True):
    """How long, how much at once, how fast.

    Attributes:
        steps: of the optimiser.
        batch: rows a step, on all processes together; of ``reward`` completions.
        at_once: rows a process holds at a time; None: as many as a step has for it.
        learning_rate: the highest.
        schedule: Transformers' name of its course behind the warm-up.
        warmup: steps over which it rises.
        weight_decay: of AdamW.
        beta2: of AdamW.
        clip: the largest norm of a gradient.
        checkpoint_every: steps.
        log_every: steps.
    """

    steps: Count
    batch: Count
    learning_rate: Positive
    at_once: Count | None = None
    schedule: Literal["constant_with_warmup", "linear", "cosine"] = "cosine"
    warmup: Some = 0
    weight_decay: Weight = 0.01
    beta2: Share = 0.999
    clip: Positive = 1.0
    checkpoint_every: Count = 100
    log_every: Count = 10


class Weights(_Section, frozen=True, kw_only=True):
    """How much each part of the perceptual loss counts; one of 0 is not computed."""

    patch: Weight = 1.0
    contrast: Weight = 0.3
    keypoints: Weight = 0.5
    depth: Weight = 0.5


class Perception(Course, frozen=True, kw_only=True):
    """Stage 1: the encoder learns what its tokens show.

    Attributes:
        parts: of the loss.
        encoder: what is trained in place of the model's own tower; empty: that.
        size: side of the pictures in pixels, of encoders that take any; None: the model's.
        probed: pictures that are held out at most for the probes.
    """

    parts: Weights = Weights()
    encoder: str = ""
    size: Count | None = None
    probed: Count = 400


class Joint(Course, frozen=True, kw_only=True):
    """Stage 2: L = L_LM + weight * L_perceptual.

    Attributes:
        weight: of the perceptual loss; 0: answers alone, and no head.
        weight_warmup: steps over which it rises to that.
        layer: how deep in the decoder the states are read, as a share of its blocks.
        parts: of the perceptual loss.
        region: weight, within it, of finding what the question names, asked at its last token.
        text: share of rows without a picture in a step, where there are any; None: as they come.
        examined: questions held out that are answered before and after; 0: none.
    """

    weight: Weight = 0.5
    weight_warmup: Some = 0
    layer: Share = 0.5
    parts: Weights = Weights()
    region: Weight = 0.5
    text: Share | None = 0.2
    examined: Some = 200


class Rewarded(Course, frozen=True, kw_only=True):
    """Stage 3: GRPO (Shao et al. 2024, arXiv 2402.03300) with credit that knows what was seen.

    Attributes:
        generations: completions to a question, a group.
        tokens: of a completion at most.
        temperature: of sampling.
        rewards: weights of :class:`handeye.rewards.Reward` that differ from its own.
        credit: ``moca``: where the answer is wrong, tokens of the recognition are paid ``protect``
            of the advantage's size if what was seen is right, and charged ``punish`` of it if not;
            ``perceval``: tokens of facts that the scene does not bear out are charged ``charge`` of
            it; ``none``.
        protect: see above; the paper (arXiv 2605.14054) does not say its value.
        punish: likewise.
        charge: as in Perceval's published code.
        scale: what advantages are divided by: the deviation within a ``group`` or a ``batch``, or
            ``none``; None: as the source of the credit has it.
        beta: weight of the divergence from the first model.
        loss: TRL's name of the loss.
        rollouts: what samples: the model itself, or vLLM on the same devices.
        vllm_memory: share of a device's memory for it.
        examined: as in ``joint``.
    """

    generations: Annotated[int, msgspec.Meta(ge=2)] = 8
    tokens: Count = 512
    temperature: Positive = 1.0
    rewards: dict[str, float | str] = {}
    credit: Credit = "moca"
    protect: Weight = 0.5
    punish: Weight = 0.5
    charge: Weight = 0.1
    scale: Literal["group", "batch", "none"] | None = None
    beta: Weight = 0.0
    loss: Literal["dapo", "grpo", "dr_grpo", "bnpo"] = "dapo"
    rollouts: Literal["model", "vllm"] = "model"
    vllm_memory: Share = 0.3
    examined: Some = 200

    @property
    def scaled(self) -> str:
        """What advantages are divided by: MoCA subtracts the mean alone."""
        return self.scale or ("none" if self.credit == "moca" else "group")

    def reward(self) -> Reward:
        """The sum that is paid.

        Raises:
            OptionError: a weight that is none.
        """
        known, given = Reward.__dataclass_fields__, dict(self.rewards)
        for name in given:
            if name not in known:
                raise OptionError(f"{name} is no weight of a reward{allowed(name, known)}")
        if isinstance(budget := given.get("budget"), float) and budget.is_integer():
            given["budget"] = int(budget)
        try:
            return Reward(**given)  # type: ignore[arg-type]
        except TypeError:
            raise OptionError("weights are numbers, and the budget a whole one") from None


class Recipe(_Section, frozen=True, kw_only=True):
    """A training, stage by stage.

    Attributes:
        about: what it is for, in a sentence.
        model: what is trained.
        data: what is shown.
        machine: on what.
        perception, joint, reward: its stages; None: it has none of that kind.
    """

    model: Model
    about: str = ""
    data: Data = Data()
    machine: Machine = Machine()
    perception: Perception | None = None
    joint: Joint | None = None
    reward: Rewarded | None = None

    def stage(self, name: Stage) -> Any:
        """The section of a stage.

        Raises:
            OptionError: there is none.
        """
        found = getattr(self, name)
        if found is None:
            has = ", ".join(one for one in STAGES if getattr(self, one) is not None) or "none"
            raise OptionError(f"the recipe has no section {name!r}; it has: {has}")
        return found

    def record(self, name: Stage) -> dict[str, Any]:
        """What decides the result of a stage, as JSON; machines and trackers do not."""
        whole = msgspec.to_builtins(self)
        return {"stage": name, "model": whole["model"], "data": whole["data"], name: whole[name]}


STAGES: tuple[Stage, ...] = get_args(Stage)
_SHIPPED = Path(str(files("handeye.training"))).parent / "data" / "recipes"
# Where msgspec found what is wrong: - at `$.joint.weight`.
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<key>.*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


def shipped() -> dict[str, Path]:
    """Recipes that ship, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def launchers() -> dict[str, Path]:
    """Configurations for ``accelerate launch`` that ship, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("accelerate/*.yaml"))}


def read_recipe(name: str | Path) -> Recipe:
    """A recipe by its name, or from a file.

    Raises:
        OptionError: no recipe of that name ships.
        DataError: the file cannot be read, or a value is not what it should be; with file and key.
    """
    known, path = shipped(), Path(name)
    if str(name) in known:
        path = known[str(name)]
    elif path.suffix not in (".yaml", ".yml") and not path.exists():
        raise OptionError(
            f"recipe is {str(name)!r}; give a file (.yaml)"
            f"{allowed(str(name), known).replace('allowed', 'or one that ships')}"
        )
    try:
        text = read_regular(path)
        return _checked(msgspec.convert(read_yaml(text).plain(), Recipe, strict=False))
    except MisplacedError as error:
        raise error.within(path) from None
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: {_told(str(error))}") from None
    except (OSError, *UNREADABLE) as error:
        lines = " ".join(why(error).split())
        told = lines.replace('in "<byte string>", ', "at ")
        raise DataError(f"{path}: cannot be read: {told}") from None
    except OptionError as error:
        raise DataError(f"{path}: {error}") from None


def _told(message: str) -> str:
    """What msgspec says of a value, with its key in front."""
    found = _PLACE.match(message)
    assert found is not None
    what, key = found["what"], found["key"] or ""
    if unknown := _UNKNOWN.fullmatch(what):
        section: Any = Recipe
        for part in key.split(".") if key else ():
            section = _sections(section).get(part, section)
        names = getattr(section, "__struct_fields__", ())
        return (
            f"{f'{key}.' if key else ''}{unknown[1]}: there is no such key"
            f"{did_you_mean(unknown[1], names)}"
        )
    return f"{key or 'the file'}: {what[:1].lower()}{what[1:]}"


def _sections(kind: Any) -> Mapping[str, Any]:
    """Kinds of the parts of a section that are sections."""
    return {
        field.name: one
        for field in msgspec.structs.fields(kind)
        for one in getattr(field.type, "__args__", (field.type,))
        if isinstance(one, type(Recipe))
    }


def _checked(recipe: Recipe) -> Recipe:
    """A recipe whose values fit each other.

    Raises:
        OptionError: they do not; with the key.
    """
    model = recipe.model
    patterns = {f"model.still[{at}]": one for at, one in enumerate(model.still)}
    if model.adapter is not None:
        patterns["model.adapter.targets"] = model.adapter.targets
        if model.still:
            raise OptionError("model.still: beside an adapter all other weights are still anyway")
    for key, pattern in patterns.items():
        try:
            re.compile(pattern)
        except re.error as error:
            raise OptionError(f"{key}: no regular expression: {error}") from None
    for name in STAGES:
        stage = getattr(recipe, name)
        if stage is None:
            continue
        if stage.at_once is not None and stage.batch % stage.at_once:
            raise OptionError(
                f"{name}.at_once: a step has {stage.batch} rows, which {stage.at_once} does not "
                "divide"
            )
        if stage.checkpoint_every % stage.log_every:
            # Means since the last line would begin anew where a training is gone on with.
            raise OptionError(
                f"{name}.checkpoint_every: {stage.checkpoint_every} steps are no whole number of "
                f"log_every, {stage.log_every}"
            )
        parts = msgspec.structs.astuple(getattr(stage, "parts", Weights()))
        if getattr(stage, "weight", 1) and not any((*parts, getattr(stage, "region", 0))):
            raise OptionError(f"{name}.parts: all weights are 0: nothing is told of pictures")
    if (reward := recipe.reward) is not None:
        if reward.batch % reward.generations:
            raise OptionError(
                f"reward.batch: {reward.batch} completions are no whole number of groups of "
                f"{reward.generations}"
            )
        try:
            paid = reward.reward()
        except OptionError as error:
            raise OptionError(f"reward.rewards: {error}") from None
        if not any(getattr(paid, name) for name in WEIGHED):
            raise OptionError("reward.rewards: all weights are 0: nothing would be learned")
    return recipe
