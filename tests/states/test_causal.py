"""States patched, steered and erased: planted use is found, and where there is none nothing is."""

import pickle

import numpy as np
import pytest
from msgspec.structs import replace

pytest.importorskip("torch", reason="needs handeye[causal]")
pytest.importorskip("transformers", reason="needs handeye[causal]")

import torch

from handeye.errors import DataError, OptionError, RunError
from handeye.respondents.local.chat import write_ask
from handeye.respondents.local.engine import Engine
from handeye.respondents.local.prompts import process
from handeye.states.causal import causal
from handeye.states.edits import edited, erase, layers_of, patch, run, steer, taken, tokens_of
from handeye.states.leace import Spread
from tests.support.local.families import conversation, model_of
from tests.support.used import LAYERS, N_FAMILIES, asked, planted, shown


@pytest.fixture(scope="module", name="planted")
def _planted():
    return planted()


@pytest.fixture(scope="module")
def found(planted):
    loaded, asks, targets = planted
    return causal(Engine(loaded), asks, targets, directions=12, batch_size=16, seed=1)


def effect(found, check, layer, site, measure):
    return found.effect("vision", check, layer, site, measure)


def test_the_planted_way_is_found_layer_by_layer_and_site_by_site(found):
    assert found.own["vision"].value > 0.9
    ways = {
        (layer, site): effect(found, "patch", layer, site, "moved").claimed
        for layer in LAYERS
        for site in ("all", "media", "text", "last")
    }
    carried = {("embedding", "all"), ("embedding", "media")}
    for layer in LAYERS[1:]:
        carried |= {(layer, site) for site in ("all", "text", "last")}
    assert {way for way, claimed in ways.items() if claimed} == carried
    flips = effect(found, "patch", "embedding", "media", "flips")
    assert flips.effect.value == 1
    assert flips.controls["other detail"].value < 0.2
    assert effect(found, "patch", "block.00", "media", "flips").effect.value == 0


def test_patched_with_itself_nothing_changes_and_with_all_of_a_sibling_all_does(found):
    assert found.itself == 0
    assert found.through < 1e-4


def test_what_is_not_claimed_says_why(found):
    for one in found.effects:
        claimable = one.measure not in ("flips", "told", "left")
        assert bool(one.why) == (claimable and not one.claimed), one
    nothing = effect(found, "patch", "embedding", "last", "moved")
    assert nothing.why == "not above 0"


def test_steering_and_erasing_find_the_planted_direction(found):
    for layer in LAYERS[1:]:
        moved = effect(found, "steer", layer, "last", "moved")
        assert moved.claimed
        assert moved.effect.low > max(one.high for one in moved.controls.values())
        fewer = effect(found, "erase", layer, "last", "rejected")
        assert fewer.effect.high < 0
        # Behind the norm twelve families leave the bounds too wide for a claim of a share.
        assert fewer.claimed or layer == "final"
        assert fewer.effect.n == 2 * N_FAMILIES
        assert effect(found, "erase", layer, "last", "parted").claimed
        assert effect(found, "erase", layer, "last", "told").effect.value > 0.95
        assert effect(found, "erase", layer, "last", "left").effect.value < 0.7
    # The embedding of the last token is the same in all prompts.
    with pytest.raises(KeyError):
        effect(found, "steer", "embedding", "last", "moved")


def test_the_difference_of_means_is_found_too(planted):
    loaded, asks, targets = planted
    found = causal(
        Engine(loaded), asks, targets, sites=(), layers=["final"], along="means", directions=8
    )
    assert effect(found, "steer", "final", "last", "moved").claimed


def test_a_model_of_random_weights_makes_no_claim_of_a_direction():
    loaded = model_of("llava")
    asks, targets = asked(loaded)
    # Whether a premise is false has nothing to do with the clips.
    draws = np.random.default_rng(5).integers(0, 2, N_FAMILIES)
    shuffled = [replace(one, label=one.label ^ int(draws[int(one.group[1:])])) for one in targets]
    for truth in (targets, shuffled):
        found = causal(
            Engine(loaded), asks, truth, sites=(), layers=LAYERS[1:], directions=12, seed=2
        )
        assert not found.claims
        assert {one.check for one in found.effects} == {"steer", "erase"}


def test_the_same_seed_gives_the_same(planted, found):
    loaded, asks, targets = planted
    again = causal(Engine(loaded), asks, targets, directions=12, batch_size=16, seed=1)
    assert again == found
    assert pickle.loads(pickle.dumps(found)) == found
    assert "steer block.00 last moved" in repr(found)


def test_a_pass_in_parts_and_a_whole_one_agree(planted):
    loaded, asks, targets = planted
    told = {"sites": (), "layers": ["block.00"], "directions": 2, "folds": 3}
    few = targets[:12]
    parts = causal(Engine(loaded), asks, few, **told)
    whole = causal(Engine(loaded, share=False), asks, few, **told)
    for one, other in zip(parts.effects, whole.effects, strict=True):
        assert one.effect.value == pytest.approx(other.effect.value, abs=1e-3)


@pytest.mark.parametrize("family", ["llava", "qwen3_vl", "gemma3", "qwen2_5_omni"])
def test_edits_do_what_they_say_in_every_family(family):
    loaded = model_of(family)
    pictures = [conversation(shown(seed, bool(seed), False), "What?") for seed in (0, 1)]
    encoded = process(loaded, [write_ask(loaded, one) for one in pictures])
    layers = layers_of(loaded)
    plain, states = taken(loaded, encoded, layers)
    for layer in layers:
        swapped = patch(states[layer].flip(0), tokens_of(loaded, encoded, "all"))
        same = run(
            loaded, encoded, {layer: patch(states[layer], tokens_of(loaded, encoded, "all"))}
        )
        assert torch.equal(same, plain), layer
        if family != "qwen3_vl" or layer == layers[-1]:  # it puts pictures in further up again
            assert torch.allclose(run(loaded, encoded, {layer: swapped}), plain.flip(0), atol=1e-4)
    step = torch.zeros(2, states["final"].shape[-1])
    step[1] = 1.0
    stepped = run(loaded, encoded, {"final": steer(step)})
    assert torch.equal(stepped[0], plain[0])
    assert not torch.allclose(stepped[1], plain[1])
    assert torch.equal(run(loaded, encoded, {}), plain)


def test_an_eraser_of_each_row_is_applied_to_its_own_row():
    states = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1))
    draws = np.random.default_rng(0)
    erasers = [Spread(draws.normal(size=(20, 4))).eraser(np.arange(20) % 2) for _ in range(2)]
    out = erase(erasers)(states)
    for row, eraser in enumerate(erasers):
        assert np.allclose(out[row, -1], eraser(states[row, -1].numpy()[None])[0], atol=1e-5)
    assert torch.equal(out[:, :-1], states[:, :-1])


def test_a_patch_in_a_trace_of_nnsight_is_ours():
    nnsight = pytest.importorskip("nnsight", reason="needs handeye[causal]")
    loaded = model_of("llava")
    pictures = [conversation(shown(seed, bool(seed), False), "What?") for seed in (0, 1)]
    encoded = process(loaded, [write_ask(loaded, one) for one in pictures])
    plain, states = taken(loaded, encoded, ["block.00"])
    media = tokens_of(loaded, encoded, "media")
    donor = states["block.00"].flip(0).clone()
    ours = run(loaded, encoded, {"block.00": patch(donor, media)})
    wrapped = nnsight.NNsight(loaded.model)
    with torch.no_grad(), wrapped.trace(**encoded, use_cache=False):
        wrapped.model.language_model.layers[0].output[media] = donor[media]
        logits = wrapped.output.logits.save()
    assert torch.allclose(logits[:, -1], ours, atol=1e-5)
    assert not torch.allclose(ours, plain, atol=1e-2)


def test_what_cannot_be_patched_is_told(planted):
    loaded, asks, targets = planted
    engine = Engine(loaded)
    strange = asks | {"f0-00": write_ask(loaded, conversation(shown(0, False, False), "No"))}
    with pytest.raises(DataError, match="different prompts"):
        causal(engine, strange, targets)
    with pytest.raises(DataError, match="several names: premise, sense"):
        causal(engine, asks, [*targets, replace(targets[0], target="sense")])
    with pytest.raises(DataError, match="none of the 48 targets can be patched: it has no sibling"):
        causal(engine, asks, [replace(one, siblings={}) for one in targets])
    with pytest.raises(DataError, match="labels 0 and 0"):
        causal(engine, asks, [replace(one, label=0) for one in targets])
    with pytest.raises(OptionError, match=r"layer is 'block.0'; allowed: .* did you mean"):
        causal(engine, asks, targets, layers=["block.0"])
    with pytest.raises(OptionError, match="along is 'mean'; allowed: probe, means"):
        causal(engine, asks, targets, along="mean")
    with pytest.raises(OptionError, match="size must be"):
        causal(engine, asks, targets, size=0)
    with pytest.raises(RunError, match="site is 'nowhere'"):
        causal(engine, asks, targets, sites=["nowhere"])
    with pytest.raises(RunError, match="layer is 'none'"), edited(loaded, {"none": lambda x: x}):
        pass
