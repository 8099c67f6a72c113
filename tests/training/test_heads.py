"""The perceptual head: its loss, by itself and over several processes."""

import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")

from handeye.training.heads import (
    PerceptualHead,
    batched,
    gathered,
    heads_file,
    no_targets,
    region_loss,
)
from handeye.training.recipes import Weights
from handeye.training.targets import PictureTruth, View, Vocabulary, targets_of
from tests.support.perceived import drawn

WIDTH = 12
TRUTHS = [drawn(number)[1] for number in range(8)]
WORDS = Vocabulary.of(TRUTHS)
TARGETS = [targets_of(one, View.stretched(one.size, (8, 8)), WORDS) for one in TRUTHS]


def tokens(*shape, seed=0):
    return torch.randn(*shape, WIDTH, generator=torch.Generator().manual_seed(seed))


def head(**how):
    return PerceptualHead(WIDTH, WORDS, **how)


def test_the_loss_is_the_weighted_sum_of_its_parts():
    states = tokens(8, 64).requires_grad_()
    weights = Weights(patch=2.0, contrast=0.5, keypoints=1.5, depth=0.25)
    found = head().losses(states, batched(TARGETS), weights)
    parts = sum(getattr(weights, name) * found[name] for name in weights.__struct_fields__)
    assert found["loss"].item() == pytest.approx(parts.item())
    assert 0 <= found["named"] <= 1
    found["loss"].backward()
    assert states.grad.abs().sum() > 0


@pytest.mark.parametrize("part", Weights.__struct_fields__)
def test_a_part_of_no_weight_is_not_computed(part):
    found = head().losses(tokens(8, 64), batched(TARGETS), Weights(**{part: 0}))
    assert part not in found
    assert set(found) == {"loss", "named", *Weights.__struct_fields__} - {part}


def test_every_part_falls_when_it_is_minimised():
    model, batch = head(), batched(TARGETS)
    states = torch.nn.Parameter(tokens(8, 64))
    step = torch.optim.Adam([states, *model.parameters()], 0.05)
    torch.manual_seed(0)
    first = model.losses(states, batch)
    for _ in range(60):
        found = model.losses(states, batch)
        step.zero_grad()
        found["loss"].backward()
        step.step()
    # BCE of soft targets ends at their entropy.
    for name, share in (("patch", 0.1), ("contrast", 0.3), ("keypoints", 0.7), ("depth", 0.1)):
        assert found[name] < share * first[name], name
    assert found["named"] > 0.95


def test_a_batch_without_pictures_costs_nothing_and_touches_every_weight():
    model = head(query=5)
    found = model.losses(tokens(0, 0), no_targets(WORDS))
    assert found["loss"] == 0
    found["loss"].backward()
    for name, one in model.named_parameters():
        assert one.grad is not None, name
        assert not one.grad.any(), name


def test_pictures_of_other_grids_are_padded_without_a_trace():
    coarse = [targets_of(one, View.stretched(one.size, (4, 6)), WORDS) for one in TRUTHS[:4]]
    model, parts = head(), Weights(contrast=0)
    states, few = tokens(4, 64), tokens(4, 24, seed=1)
    alone = [
        model.losses(states, batched(TARGETS[:4]), parts),
        model.losses(few, batched(coarse), parts),
    ]
    padded = torch.cat([few, torch.full((4, 40, WIDTH), 7.0)], 1)
    both = model.losses(torch.cat([states, padded]), batched([*TARGETS[:4], *coarse]), parts)
    counts = [sum(np.isfinite(one.depth).sum() for one in group) for group in (TARGETS[:4], coarse)]
    mixed = np.average([float(one["depth"]) for one in alone], weights=counts)
    assert float(both["depth"]) == pytest.approx(mixed, rel=1e-5)
    again = model.losses(torch.cat([states, padded + 1]), batched([*TARGETS[:4], *coarse]), parts)
    assert both["loss"] == again["loss"]


def test_one_label_of_one_thing_is_changed_for_the_hard_negative():
    model, batch = head(), batched(TARGETS)
    torch.manual_seed(3)
    for _ in range(20):
        changed = model._one_changed(batch)
        for number, (was, now) in enumerate(zip(batch["classes"], changed, strict=True)):
            places = (was != now).nonzero()
            assert len(places.unique(dim=0)[:, 1].unique()) == 1, "one label"
            owners = batch["owner"][number, places[:, 0]].unique()
            assert len(owners) == 1
            assert owners[0] > 0
            assert (batch["owner"][number] == owners[0]).sum() == len(places), "all of the thing"
            (label,) = places[:, 1].unique().tolist()
            choices = list(WORDS.labels.values())[label]
            assert now[places[0, 0], label] in range(label == 0, len(choices))


def test_pictures_without_a_thing_are_learned_from():
    empty = PictureTruth("e.png", "e", (), np.zeros((64, 64), np.uint8))
    targets = [*TARGETS[:2], *[targets_of(empty, View.stretched((64, 64), (8, 8)), WORDS)] * 2]
    model = head()
    found = model.losses(tokens(4, 64), batched(targets))
    found["loss"].backward()
    assert all(one.grad is None or one.grad.isfinite().all() for one in model.parameters())


def test_pictures_are_told_from_those_of_their_scene():
    """The two pictures of a scene differ in one colour; so do their maps, in nothing else."""
    model = head()
    batch = batched(TARGETS)
    flat = model._map(batch, batch["classes"]).detach()
    differ = [(flat[at] != flat[at + 1]).any(-1) for at in range(0, 8, 2)]
    for at, found in zip(range(0, 8, 2), differ, strict=True):
        assert found.any()
        assert (batch["owner"][at][found] == 2).all()


def test_regions_are_found_by_a_query():
    model = head(query=5)
    query, states = torch.randn(8, 5), tokens(8, 64)
    logits = model.regions(query, states)
    assert logits.shape == (8, 64)
    shares = torch.zeros(8, 64)
    shares[:, 3] = 1
    shares[0] = 0  # nothing is named: not counted
    right = torch.full((8, 64), -20.0)
    right[:, 3] = 20
    assert region_loss(right, shares) < 1e-6
    assert region_loss(-right, shares) > 10
    assert region_loss(logits, torch.zeros(8, 64)) == 0
    shares[:, 32:] = torch.nan
    assert region_loss(right, shares) < 1e-6
    with pytest.raises(ValueError, match="without query"):
        head().regions(query, states)


def test_half_precision_goes_in():
    found = head().losses(tokens(8, 64).bfloat16(), batched(TARGETS))
    assert found["loss"].dtype == torch.float32


def test_a_head_is_made_again_from_its_file():
    told = heads_file(head(query=5, seed=4))
    vocabulary = Vocabulary(**told["vocabulary"])
    again = PerceptualHead(
        told["width"], vocabulary, query=told["query"], projected=told["projected"]
    )
    again.load_state_dict(head(query=5, seed=4).state_dict())
    same = head(query=5, seed=4)(tokens(1, 4)).depth
    assert torch.equal(again(tokens(1, 4)).depth, same)
    assert not torch.equal(head(query=5, seed=5)(tokens(1, 4)).depth, same)


def test_one_process_gathers_nothing():
    rows = tokens(3)
    found, first = gathered(rows)
    assert found is rows
    assert first == 0


# ---- several processes

TWO = """
import sys
import torch
from torch import distributed
from tests.training.test_heads import TARGETS, WORDS, Weights, batched, head, no_targets, tokens

rank, folder, cut = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.set_num_threads(1)
distributed.init_process_group(
    "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2
)
model = head()
model._one_changed = lambda targets: targets["classes"]
mine = slice(0, cut) if rank == 0 else slice(cut, 8)
states = tokens(8, 64)[mine].requires_grad_()
targets = batched(TARGETS[mine]) if len(states) else no_targets(WORDS)
only = Weights(patch=0, keypoints=0, depth=0)
loss = model.losses(states, targets, only)["loss"] * len(states) / 8
loss.backward()
for one in model.parameters():
    distributed.all_reduce(one.grad)
grads = torch.cat([one.grad.flatten() for one in model.parameters()])
torch.save({"grads": grads, "states": states.grad}, f"{folder}/{rank}.pt")
"""


@pytest.mark.parametrize("cut", [3, 8])
def test_two_processes_tell_their_pictures_from_those_of_both(tmp_path, cut):
    """However a batch is divided, one of them with none even: the gradients are those of all."""
    script = tmp_path / "two.py"
    script.write_text(TWO)
    both = [
        subprocess.Popen(
            [sys.executable, str(script), str(rank), str(tmp_path), str(cut)],
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for rank in range(2)
    ]
    assert [one.wait(timeout=300) for one in both] == [0, 0]
    model = head()
    model._one_changed = lambda targets: targets["classes"]
    states = tokens(8, 64).requires_grad_()
    only = Weights(patch=0, keypoints=0, depth=0)
    model.losses(states, batched(TARGETS), only)["loss"].backward()
    one, other = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    whole = torch.cat([one.grad.flatten() for one in model.parameters()])
    torch.testing.assert_close(one["grads"], whole, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(other["grads"], one["grads"])
    torch.testing.assert_close(torch.cat([one["states"], other["states"]]), states.grad)
