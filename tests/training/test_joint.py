"""Joint fine-tuning: batches, the perceptual loss at picture tokens, and what is made of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
for library in ("trl", "peft", "datasets"):
    pytest.importorskip(library, reason="needs handeye[train]")

from trl import SFTTrainer

from handeye.errors import DataError, OptionError
from handeye.training.checkpoints import open_model, trained_head
from handeye.training.joint import trainer_of
from handeye.training.lesson import IGNORED
from handeye.training.recipes import Adapter, Data, Joint, Model, Recipe
from handeye.training.rows import Material, phrases_of
from handeye.training.sights import TOLD, Collator, Sights
from handeye.training.small import made_up, small
from handeye.training.stages import Resumable


def recipe(**changes: Any) -> Recipe:
    course = {"steps": 2, "batch": 8, "learning_rate": 1e-3, "checkpoint_every": 2, "log_every": 1}
    return Recipe(
        model=changes.pop("model", Model(name="scene-tiny")),
        data=Data(held_out=0.25),
        joint=Joint(**{**course, **changes}),
    )


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return made_up(tmp_path_factory.mktemp("pictures"))


def loaded(material: Material, name: str = "scene-tiny", seed: int = 1) -> Any:
    return open_model(Model(name=name), seed, phrases_of(material.rows))


def mixed(material: Material) -> list[dict[str, int]]:
    """Rows with and without a picture, of unequal lengths, two of them of one picture."""
    seen = [at for at, row in enumerate(material.rows) if row.images]
    told = [at for at, row in enumerate(material.rows) if not row.images]
    return [{"row": at} for at in (seen[0], told[0], seen[1], seen[4], told[3], seen[7])]


@pytest.fixture
def trainer(material: Material, tmp_path: Path) -> Any:
    found = trainer_of(recipe(), loaded(material), material, tmp_path, 1)[0]
    found.model.train()
    return found


def surprises(model: Any, batch: dict[str, Any]) -> list[float]:
    """Nats of the completion of each row."""
    given = {name: one for name, one in batch.items() if name not in ("labels", TOLD)}
    wanted = batch["labels"][:, 1:]
    with torch.no_grad():
        scores = model(**given).logits[:, :-1].transpose(1, 2)
    each = torch.nn.functional.cross_entropy(scores, wanted, ignore_index=IGNORED, reduction="none")
    return each.sum(1).tolist()


# ---- batches


@pytest.mark.parametrize("family", ["scene-tiny", "qwen2_5_vl"])
def test_rows_of_unequal_lengths_are_what_they_are_alone(material: Material, family: str) -> None:
    if family == "scene-tiny":
        one = loaded(material)
    else:
        from handeye.respondents.local.loading import of

        torch.manual_seed(1)
        one = of(*small(family, phrases_of(material.rows)))
    collate = Collator(one, material, None)
    together = surprises(one.model, collate(mixed(material)))
    alone = [surprises(one.model, collate([at]))[0] for at in mixed(material)]
    assert len({round(nats) for nats in alone}) > 1
    assert together == pytest.approx(alone, rel=1e-4)


def test_only_what_is_to_be_answered_is_learned(material: Material) -> None:
    one = loaded(material)
    batch = Collator(one, material, None)(mixed(material))
    for at, ids, labels in zip(mixed(material), batch["input_ids"], batch["labels"], strict=True):
        told = one.tokenizer.decode(labels[labels != IGNORED])
        assert told == f"{material.rows[at['row']].completion}<end>"
        assert torch.equal(ids[labels != IGNORED], labels[labels != IGNORED])


def test_tokens_of_pictures_are_told_where_they_stand(material: Material) -> None:
    one = loaded(material)
    sights = Sights(one, material)
    batch = Collator(one, material, sights)(mixed(material))
    told = batch[TOLD]
    # Four rows have pictures, two of them the same.
    assert told["rows"].tolist() == [0, 2, 3, 5]
    assert told["distinct"].tolist() == [0, 2, 3]
    assert told["targets"]["classes"].shape == (3, 64, len(sights.vocabulary.labels))
    ids = batch["input_ids"][told["rows"][:, None], told["places"]]
    assert set(ids.flatten().tolist()) == one.picture_ids
    assert all(len(set(row)) == 64 for row in told["places"].tolist())


def test_what_a_question_names_is_sought_by_the_last_token_of_its_prompt(
    material: Material,
) -> None:
    one = loaded(material)
    sights = Sights(one, material)
    batch = Collator(one, material, sights)(mixed(material))
    told = batch[TOLD]
    assert told["asked"].tolist() == [0, 1, 2, 3]
    for number, place, shares in zip(
        told["asked"].tolist(), told["query"].tolist(), told["shares"].numpy(), strict=True
    ):
        at = int(told["rows"][number])
        row = material.rows[mixed(material)[at]["row"]]
        assert batch["labels"][at, place] == IGNORED
        assert batch["labels"][at, place + 1] != IGNORED
        assert row.truth is not None
        name = "bar" if row.truth.program == "count bar" else "box"
        (thing,) = material.truths[row.images[0]].named(name)
        targets = sights.targets(row.images[0])
        assert targets is not None
        assert shares == pytest.approx(targets.regions[thing].astype(np.float32))
        assert 0 < shares.sum() < 64


def test_no_region_is_asked_for_where_the_question_names_none(material: Material) -> None:
    bare = [replace(row, truth=None) for row in material.rows]
    some = material.only(bare)
    one = loaded(material)
    told = Collator(one, some, Sights(one, some))(mixed(some))[TOLD]
    assert told["asked"].tolist() == []
    assert told["shares"].shape == (0, 64)


def test_pictures_of_which_nothing_is_known_train_by_their_words(material: Material) -> None:
    some = Material(material.rows, material.pictures, dict([*material.truths.items()][1:]))
    one = loaded(some)
    told = Collator(one, some, Sights(one, some))(mixed(some))[TOLD]
    assert told["rows"].tolist() == [3, 5]


# ---- the loss


def test_the_loss_is_that_of_the_answers_and_the_weighted_one_of_the_pictures(
    trainer: Any, material: Material
) -> None:
    batch = trainer.data_collator(mixed(material))
    whole = trainer.compute_loss(trainer.model, dict(batch))
    looking, trainer.looking = trainer.looking, None
    plain = {name: one for name, one in batch.items() if name != TOLD}
    answers = trainer.compute_loss(trainer.model, plain)
    assert float(whole) == pytest.approx(float(answers) + 0.5 * float(looking.parts[TOLD]))
    parts = {name.partition("/")[2]: float(one) for name, one in looking.parts.items()}
    told = (
        parts["patch"] + 0.3 * parts["contrast"] + 0.5 * parts["keypoints"] + 0.5 * parts["depth"]
        + 0.5 * parts["region"]
    )  # fmt: skip
    assert float(looking.parts[TOLD]) == pytest.approx(told, rel=1e-5)


def test_what_has_no_label_is_not_scored(trainer: Any, material: Material) -> None:
    from torch.utils.flop_counter import FlopCounterMode
    from trl.trainer import utils

    if not hasattr(utils, "_use_triton"):
        pytest.skip("this TRL scores all of them alike")
    found = []
    for one in (Resumable, SFTTrainer):
        batch = Collator(loaded(material), material, None)(mixed(material))
        with FlopCounterMode(display=False) as counter:
            loss = one.compute_loss(trainer, trainer.model, batch)
        found.append((float(loss), counter.get_total_flops()))
    (some, few), (whole, many) = found
    assert some == pytest.approx(whole, rel=1e-5)
    assert few < many
    assert utils._use_triton(torch.device("cpu")) is False


def test_a_batch_without_a_picture_touches_the_head_and_costs_nothing(
    trainer: Any, material: Material
) -> None:
    texts = [{"row": at} for at, row in enumerate(material.rows) if not row.images][:3]
    loss = trainer.compute_loss(trainer.model, trainer.data_collator(texts))
    loss.backward()
    head = trained_head(trainer.model)
    assert all(one.grad is not None and not one.grad.any() for one in head.parameters())
    assert trainer.looking.parts == {}
    assert TOLD not in trainer._metrics["train"]
    assert trainer._metrics["train"]["answers"] == [pytest.approx(float(loss))]


def test_text_in_a_batch_does_not_change_what_pictures_cost(
    trainer: Any, material: Material
) -> None:
    def parts(rows: list[dict[str, int]]) -> dict[str, float]:
        torch.manual_seed(5)
        trainer.compute_loss(trainer.model, trainer.data_collator(rows))
        return {name: float(one) for name, one in trainer.looking.parts.items()}

    seen = [at for at in mixed(material) if material.rows[at["row"]].images]
    assert parts(mixed(material)) == pytest.approx(parts(seen), rel=1e-4)


def test_the_ratio_of_gradients_is_that_of_two_passes_back(
    trainer: Any, material: Material
) -> None:
    batch = trainer.data_collator(mixed(material))
    layer = trainer.looking._layer
    kept: list[torch.Tensor] = []
    handle = layer.register_forward_hook(lambda module, given, out: kept.append(out))
    torch.manual_seed(5)
    trainer.compute_loss(trainer.model, dict(batch)).backward()
    (ratio,) = trainer._metrics["train"][f"{TOLD}/gradient_ratio"]
    kept.clear()
    trainer.looking.weigh = False
    torch.manual_seed(5)
    model, perceptual = trainer.model, []
    answer = trainer.looking._loss
    trainer.looking._loss = lambda states, told: (
        perceptual.append(answer(states, told)) or (perceptual[-1] * 0)
    )
    answers = trainer.compute_loss(model, dict(batch))
    handle.remove()
    (states,) = kept
    sizes = [
        float(torch.autograd.grad(one, states, retain_graph=True)[0].norm())
        for one in (0.5 * perceptual[0], answers)
    ]
    assert ratio == pytest.approx(sizes[0] / sizes[1], rel=1e-3)


def test_weights_rise_where_they_are_to(material: Material, tmp_path: Path) -> None:
    found = trainer_of(recipe(weight_warmup=4), loaded(material), material, tmp_path, 1)[0]
    assert found.weight == pytest.approx(0.5 / 4)
    found.state.global_step = 9
    assert found.weight == pytest.approx(0.5)


def test_a_weight_of_0_trains_by_answers_alone(material: Material, tmp_path: Path) -> None:
    one = loaded(material)
    found, told = trainer_of(recipe(weight=0), one, material, tmp_path, 1)
    assert told["supervision"] == "answers"
    assert not hasattr(one.model, "perception")
    assert TOLD not in found.data_collator(mixed(material))


def test_states_of_pictures_cannot_know_a_question_that_stands_behind_them(
    trainer: Any, material: Material
) -> None:
    """Why regions that words name are asked of later tokens."""
    kept: list[torch.Tensor] = []
    with torch.no_grad():
        handle = trainer.looking._layer.register_forward_hook(
            lambda module, given, out: kept.append(out)
        )
        batch = trainer.data_collator(mixed(material)[:3:2])
        trainer.model(**{name: one for name, one in batch.items() if name != TOLD})
        handle.remove()
    states, places = kept[0], batch[TOLD]["places"]
    assert torch.equal(places[0], places[1])
    assert torch.allclose(states[0, places[0]], states[1, places[1]], atol=1e-5)
    last = batch[TOLD]["query"].tolist()
    assert not torch.allclose(states[0, last[0]], states[1, last[1]], atol=1e-2)


def test_a_head_beside_an_adapter_is_the_copy_that_is_trained(
    material: Material, tmp_path: Path
) -> None:
    model = Model(name="scene-tiny", adapter=Adapter(rank=2, alpha=4))
    one = loaded(material)
    found, _ = trainer_of(recipe(model=model), one, material, tmp_path, 1)
    found.compute_loss(found.model, found.data_collator(mixed(material))).backward()
    head = trained_head(found.model.get_base_model())
    assert head.tell.weight.grad is not None
    assert head.tell.weight.grad.any()
    trained = {name for name, p in found.model.named_parameters() if p.requires_grad}
    assert all("lora_" in name or "perception" in name for name in trained)
    assert any("lora_" in name for name in trained)


# ---- what cannot be met


def test_what_cannot_be_met_is_told(material: Material, tmp_path: Path) -> None:
    blind = Material(material.rows, material.pictures)
    with pytest.raises(OptionError, match=r"joint.weight: of no picture it is known"):
        trainer_of(recipe(), loaded(material), blind, tmp_path, 1)
    untold = material.only([replace(row, completion=None) for row in material.rows])
    with pytest.raises(OptionError, match="no row has a completion"):
        trainer_of(recipe(), loaded(material), untold, tmp_path, 1)
    adapter = Model(name="scene-tiny", adapter=Adapter(targets="nothing"))
    with pytest.raises(OptionError, match=r"model.adapter.targets.*matches no linear layer"):
        trainer_of(recipe(model=adapter), loaded(material), material, tmp_path, 1)
    whole = Model(name="scene-tiny", adapter=Adapter(whole=("projektor",)))
    with pytest.raises(OptionError, match=r"model.adapter.whole.*projektor"):
        trainer_of(recipe(model=whole), loaded(material), material, tmp_path, 1)
    with pytest.raises(OptionError, match=r"model.still: 'nothing' finds no parameter"):
        open_model(Model(name="scene-tiny", still=("nothing",)), 1)


def test_states_that_no_gradient_reaches_are_told(material: Material, tmp_path: Path) -> None:
    still = ("vision_tower", "projector", "embed_tokens", r"language_model\.layers\.0\.")
    one = open_model(Model(name="scene-tiny", still=still), 1, phrases_of(material.rows))
    found, _ = trainer_of(recipe(), one, material, tmp_path, 1)
    with pytest.raises(DataError, match="no gradient reaches the states"):
        found.compute_loss(found.model, found.data_collator(mixed(material)))


def test_tokenizers_to_which_tags_are_special_are_refused(tmp_path: Path) -> None:
    from handeye.training.architecture import build, save

    save(*build("scene-tiny", 1), tmp_path)
    with pytest.raises(OptionError, match="a tag of the written form is a special token"):
        open_model(Model(name=str(tmp_path)), 1)
