"""By how much families shrink a picture before the model sees it."""

import pytest

from handeye.run.image_tokens import image_rule


@pytest.mark.parametrize(
    ("model", "size", "scale"),
    [
        ("openai/gpt-4o", (336, 336), 1.0),  # never enlarged
        ("openai/gpt-4o", (4096, 1024), 0.5),
        ("openai/gpt-4o", (1536, 1536), 0.5),  # shortest side to 768
        ("openai/gpt-5-mini", (2048, 3072), 0.5),  # 1,536 patches
        ("anthropic/claude-sonnet-4", (3136, 784), 0.5),
        ("hf/qwen2.5-vl", (336, 336), 1.0),  # twelve patches of 28
        ("hf/qwen2.5-vl", (14, 14), 2.0),  # at least one
    ],
)
def test_scales(model, size, scale):
    assert image_rule(model).scale(*size) == pytest.approx(scale)


def test_no_rule_is_made_up():
    assert image_rule("google/gemini-2.5-pro").scale is None
