"""Credit by token, as computed by hand; watchdogs; what is never sampled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

torch = pytest.importorskip("torch", reason="needs handeye[train]")
for library in ("trl", "peft", "datasets"):
    pytest.importorskip(library, reason="needs handeye[train]")

from trl import GRPOTrainer

from handeye.errors import OptionError
from handeye.respondents.local.loading import of
from handeye.rewards.columns import Truth
from handeye.training import reinforcement
from handeye.training.checkpoints import open_model
from handeye.training.examination import suppressed
from handeye.training.recipes import Data, Model, Recipe, Rewarded
from handeye.training.reinforcement import ends_of, tokens_within, trainer_of
from handeye.training.rows import Material, Row, phrases_of
from handeye.training.small import made_up, small
from handeye.training.words import build_tokenizer

pytestmark = pytest.mark.trl

TRUTH = Truth(
    gold="red",
    answers=(("red",), ("blue",)),
    facts=("box colour=red", "bar colour=green"),
    needed=("box colour=red",),
    program="colour of box",
    question="Which colour has the box?",
)


def recipe(**changes: Any) -> Recipe:
    course = {"steps": 1, "batch": 4, "generations": 2, "tokens": 8, "learning_rate": 1e-3}
    course |= {"checkpoint_every": 1, "log_every": 1, "examined": 0}
    return Recipe(
        model=Model(name="scene-tiny"),
        data=Data(held_out=0.25),
        reward=Rewarded(**course | changes),
    )


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return made_up(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def trainer_with(material: Material, tmp_path: Path) -> Any:
    one = open_model(Model(name="scene-tiny"), 1, phrases_of(material.rows))

    def made(**changes: Any) -> Any:
        found = trainer_of(recipe(**changes), one, material, tmp_path, 1)[0]
        found.model.train()
        return found

    return made


# ---- where things stand


@settings(max_examples=60)
@given(st.text(st.sampled_from("ab é字🎲<>;="), max_size=40), st.data())
def test_tokens_are_found_by_the_characters_that_they_write(text: str, data: Any) -> None:
    tokenizer = build_tokenizer(("ab", "a b", "<a>", "; "))
    ids = tokenizer(text)["input_ids"]
    ends = ends_of(tokenizer, ids)
    assert ends == [len(tokenizer.decode(ids[: at + 1])) for at in range(len(ids))]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    places = tokens_within(ends, start, end)
    assert places == sorted(set(places))
    if start < end and text.isascii():
        # The fewest tokens that write it.
        assert text[start:end] in tokenizer.decode([ids[at] for at in places])
        assert text[start:end] not in tokenizer.decode([ids[at] for at in places[1:]]) or (
            text.count(text[start:end]) > 1
        )


def test_special_tokens_write_nothing_and_are_given_nothing() -> None:
    tokenizer = build_tokenizer(("red",))
    end = tokenizer.eos_token_id
    ids = [*tokenizer("red")["input_ids"], end]
    assert ends_of(tokenizer, ids) == [3, 3]
    assert tokens_within([3, 3], 0, 3) == [0]


# ---- credit by hand


def written(facts: str, answer: str) -> str:
    return f"<recognition> {facts} </recognition> <answer> {answer} </answer>"


TEXTS = {
    "seen right, answered wrong": written("box colour=red", "blue"),
    "seen wrong, answered wrong": written("box colour=blue", "blue"),
    "seen wrong, answered right": written("box colour=blue", "red"),
    "one fact wrong": written("bar colour=green; box colour=blue", "red"),
    "no form": "box colour=red red",
}


def given_to(trainer: Any, monkeypatch: Any, text: str, advantage: float) -> dict[str, float]:
    """What every token of a completion is given, by its text."""
    tokenizer = trainer._tokenizer
    ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    padding = [tokenizer.pad_token_id] * 3
    out = {
        "completion_ids": torch.tensor([[*ids, *padding]]),
        "completion_mask": torch.tensor([[1] * len(ids) + [0] * 3]),
        "advantages": torch.tensor([advantage]),
    }
    monkeypatch.setattr(
        GRPOTrainer, "_generate_and_score_completions", lambda self, inputs: dict(out)
    )
    row = {"ground_truth": msgspec.json.encode(TRUTH).decode()}
    told = trainer._generate_and_score_completions([row])["advantages"]
    assert told.shape == (1, len(ids) + 3)
    assert not told[0, len(ids) :].any()
    return {
        f"{at} {tokenizer.decode([one])}": round(value, 6)
        for at, (one, value) in enumerate(zip(ids, told[0].tolist(), strict=False))
    }


def inside(found: dict[str, float], *words: str) -> set[float]:
    return {value for name, value in found.items() if name.partition(" ")[2].strip(" ;") in words}


@pytest.mark.parametrize(
    ("case", "advantage", "recognition"),
    [
        # A + protect |A| and A - punish |A|, by hand, with .5 and .25.
        ("seen right, answered wrong", -0.4, -0.2),
        ("seen right, answered wrong", 0.4, 0.6),
        ("seen wrong, answered wrong", -0.4, -0.5),
        ("seen wrong, answered wrong", 0.4, 0.3),
        ("seen wrong, answered right", -0.4, -0.4),
        ("seen wrong, answered right", 0.4, 0.4),
        ("seen right, answered wrong", 0.0, 0.0),
    ],
)
def test_moca_pays_for_what_was_seen_where_the_answer_is_wrong(
    trainer_with: Any, monkeypatch: Any, case: str, advantage: float, recognition: float
) -> None:
    trainer = trainer_with(credit="moca", protect=0.5, punish=0.25)
    found = given_to(trainer, monkeypatch, TEXTS[case], advantage)
    assert inside(found, "box", "colour=", "red", "blue") - {advantage} == {recognition} - {
        advantage
    }
    tags = ("<recognition>", "</recognition> <answer>", "</answer>", "<end>")
    assert inside(found, *tags) == {advantage}
    (told,) = trainer._metrics["train"]["handeye/credit/idle"]
    assert told == (advantage == 0)


def test_what_is_seen_is_told_from_what_is_answered(trainer_with: Any, monkeypatch: Any) -> None:
    trainer = trainer_with(credit="moca", protect=0.5, punish=0.5)
    found = given_to(trainer, monkeypatch, TEXTS["seen wrong, answered wrong"], -1.0)
    values = [value for name, value in found.items() if name.endswith(" blue")]
    assert values == [-1.5, -1.0]


def test_perceval_charges_the_facts_that_the_scene_does_not_bear_out(
    trainer_with: Any, monkeypatch: Any
) -> None:
    trainer = trainer_with(credit="perceval", charge=0.1)
    for advantage in (0.8, -0.8):
        found = given_to(trainer, monkeypatch, TEXTS["one fact wrong"], advantage)
        assert inside(found, "bar", "green") == {advantage}
        assert inside(found, "box", "blue") == {round(advantage - 0.08, 6)}
        assert inside(found, "red") == {advantage}
    routed = trainer._metrics["train"]["handeye/credit/routed"][-1]
    assert routed == pytest.approx(3 / len(found))


@pytest.mark.parametrize("credit", ["moca", "perceval"])
def test_nothing_is_routed_where_the_form_is_broken(
    trainer_with: Any, monkeypatch: Any, credit: str
) -> None:
    found = given_to(trainer_with(credit=credit), monkeypatch, TEXTS["no form"], -0.4)
    assert set(found.values()) == {-0.4}


def test_without_credit_every_token_has_the_advantage_of_its_completion(
    trainer_with: Any, monkeypatch: Any
) -> None:
    trainer = trainer_with(credit="none")
    for text in TEXTS.values():
        assert set(given_to(trainer, monkeypatch, text, -0.4).values()) == {-0.4}


def test_where_facts_are_unknown_nothing_is_routed() -> None:
    from handeye.rewards.scoring import verdict_of

    blind = msgspec.structs.replace(TRUTH, facts=(), needed=(), program="")
    verdict = verdict_of(TEXTS["seen right, answered wrong"], blind)
    stage = recipe().stage("reward")
    assert list(reinforcement.credited(stage, verdict)) == []


# ---- watchdogs


def test_watchdogs_tell_what_groups_have_to_teach(trainer_with: Any, monkeypatch: Any) -> None:
    trainer = trainer_with()
    names = trainer.reward_func_names
    table = torch.zeros(4, len(names))
    # Two groups of two: R_O varies in the first, R_P in both, against each other in the first.
    table[:, names.index("outcome")] = torch.tensor([1.0, 0.0, 1.0, 1.0])
    table[:, names.index("perception")] = torch.tensor([0.0, 1.0, 1.0, 0.0])
    monkeypatch.setattr(GRPOTrainer, "_calculate_rewards", lambda self, *given: table)
    assert torch.equal(trainer._calculate_rewards([], [], [], []), table)
    told = {name: values[-1] for name, values in trainer._metrics["train"].items()}
    assert told["handeye/zero_variance/outcome"] == 0.5
    assert told["handeye/zero_variance/perception"] == 0
    assert told["handeye/zero_variance/form"] == 1
    # Within groups: (.5, -.5, 0, 0) and (-.5, .5, .5, -.5).
    assert told["handeye/correlation"] == pytest.approx(-0.5 / (0.5 * 1.0) ** 0.5)


def test_groups_with_rows_that_cannot_be_scored_are_left_out(
    trainer_with: Any, monkeypatch: Any
) -> None:
    trainer = trainer_with()
    at = trainer.reward_func_names.index("perception")
    table = torch.zeros(4, len(trainer.reward_func_names))
    table[:, at] = torch.tensor([1.0, 0.0, np.nan, 1.0])
    monkeypatch.setattr(GRPOTrainer, "_calculate_rewards", lambda self, *given: table)
    trainer._calculate_rewards([], [], [], [])
    told = trainer._metrics["train"]
    assert told["handeye/zero_variance/perception"] == [0.0]
    assert "handeye/correlation" not in told


# ---- sampling


def rigged(trainer: Any, token: int) -> None:
    """Make a model write a token wherever it may."""

    def more(module: Any, given: Any, out: torch.Tensor) -> torch.Tensor:
        out[..., token] += 1e4
        return out

    trainer.model.lm_head.register_forward_hook(more)


def test_a_token_that_stands_for_a_picture_is_never_sampled(
    trainer_with: Any, monkeypatch: Any
) -> None:
    trainer = trainer_with()
    image = trainer.model.config.image_token_id
    rigged(trainer, image)
    kept = []
    score = trainer._generate_and_score_completions
    monkeypatch.setattr(
        trainer, "_generate_and_score_completions", lambda rows: kept.append(score(rows)) or kept[0]
    )
    trainer.train()
    assert not (kept[0]["completion_ids"] == image).any()
    assert trainer.state.global_step == 1


def test_it_would_end_the_training_if_it_were(trainer_with: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reinforcement, "suppressed", lambda loaded: [])
    trainer = trainer_with()
    rigged(trainer, trainer.model.config.image_token_id)
    with pytest.raises(ValueError, match="Image features and image tokens do not match"):
        trainer.train()


def test_all_tokens_that_are_no_text_are_held_back_but_those_that_end(material: Material) -> None:
    one = of(*small("qwen2_5_vl"))
    held = suppressed(one)
    text = one.tokenizer.convert_ids_to_tokens(held)
    assert {"<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"} <= set(text)
    assert not set(held) & one.end_ids


# ---- prompts of unequal lengths in one batch


@pytest.mark.parametrize("family", ["scene-tiny", "qwen2_5_vl"])
def test_completions_are_as_likely_in_a_batch_as_alone(
    material: Material, tmp_path: Path, family: str
) -> None:
    torch.manual_seed(1)
    phrases = phrases_of(material.rows)
    one = (
        open_model(Model(name=family), 1, phrases) if family == "scene-tiny"
        else of(*small(family, phrases))
    )  # fmt: skip
    seen = [row for row in material.rows if row.images]
    long = tuple(
        {**m, "content": "Look at this first. " * 4 + m["content"]} for m in seen[0].prompt
    )
    rows = (
        Row("long", "0", long, None, seen[0].images, seen[0].truth),
        Row("short", "1", seen[1].prompt, None, seen[1].images, seen[1].truth),
    )
    some = material.only(rows)
    trainer, _ = trainer_of(recipe(), one, some, tmp_path, 1)
    trainer.model.train()
    inputs = [trainer.train_dataset[at] for at in (0, 0, 1, 1)]
    out = trainer._generate_and_score_completions(inputs)
    assert len(set(out["prompt_mask"].sum(1).tolist())) == 2
    keep = out["completion_ids"].shape[1]
    media = ("pixel_values", "image_grid_thw", "num_images", "mm_token_type_ids")
    given = {name: out[name] for name in media if name in out}

    def likely(rows: slice, cut: int) -> torch.Tensor:
        ids = torch.cat([out["prompt_ids"][rows, cut:], out["completion_ids"][rows]], 1)
        mask = torch.cat([out["prompt_mask"][rows, cut:], out["completion_mask"][rows]], 1)
        part = dict(given)
        if rows.stop is not None:
            at, grid = rows.start, given.get("image_grid_thw")
            if grid is None:
                part["pixel_values"] = given["pixel_values"][rows]
            else:
                sizes = grid.prod(1).tolist()
                start = sum(sizes[:at])
                part["pixel_values"] = given["pixel_values"][start : start + sizes[at]]
                part["image_grid_thw"] = grid[rows]
                part["mm_token_type_ids"] = given["mm_token_type_ids"][rows, cut:]
            part["num_images"] = given["num_images"][rows]
        with torch.no_grad():
            return trainer._get_per_token_logps_and_entropies(
                trainer.model, ids, mask, keep, **part
            )[0]

    together = likely(slice(None), 0)
    for at in range(4):
        blank = int((out["prompt_mask"][at] == 0).sum())
        alone = likely(slice(at, at + 1), blank)[0]
        real = out["completion_mask"][at].bool()
        assert together[at][real].tolist() == pytest.approx(alone[real].tolist(), abs=1e-4)


def test_rows_without_a_picture_are_not_rewarded(material: Material, tmp_path: Path) -> None:
    texts = material.only([row for row in material.rows if not row.images])
    one = open_model(Model(name="scene-tiny"), 1)
    with pytest.raises(OptionError, match="no row with a picture tells what is right"):
        trainer_of(recipe(), one, texts, tmp_path, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rollouts": "vllm"}, "reward.rollouts: vllm is not installed"),
        ({"beta": 0.1}, "reward.beta: the first model has to lie in a folder"),
    ],
)
def test_what_a_stage_lacks_is_told(
    trainer_with: Any, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], told: str
) -> None:
    monkeypatch.setattr(reinforcement, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=told):
        trainer_with(**change)
