"""What a model multiplies, held against torch's own count of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handeye.errors import DataError
from handeye.run.flops import Work, work_of


def test_work_grows_as_it_is_written_down() -> None:
    """Two for a parameter and a token; four for a layer, unit of width and pair of tokens."""
    assert Work(10).flops(7, 1) == 2 * 10 * 7
    assert Work(10, head=3).flops(7, 4) == 2 * 10 * (7 + 3) + 2 * 3 * 4
    assert Work(0, layers=2, width=5).flops(7, 1) == 4 * 2 * 5 * 7**2
    assert Work(0, layers=2, width=5).flops(7, 3) == 4 * 2 * 5 * (7**2 + 8 + 9)
    seen = Work(0, tower=6, tower_layers=2, tower_width=3, patches=4, bridge=5, tokens=2)
    assert seen.flops(7, 1, 2) == 2 * (2 * 6 * 4 + 4 * 2 * 3 * 4**2 + 2 * 5 * 2)
    assert Work(10).flops(7, 0) == Work(10).flops(7, 1)


def counted(model: object, *, written: int, **asked: object) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    # The fused attention of processors is not counted by it.
    model.set_attn_implementation("eager")  # type: ignore[attr-defined]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.generate(  # type: ignore[attr-defined]
            **asked,
            attention_mask=torch.ones_like(asked["input_ids"]),  # type: ignore[call-overload]
            max_new_tokens=written,
            min_new_tokens=written,
            do_sample=False,
        )
    return int(counter.get_total_flops())


def test_the_small_model_multiplies_as_much_as_torch_counts() -> None:
    torch = pytest.importorskip("torch", reason="needs handeye[local]")
    transformers = pytest.importorskip("transformers", reason="needs handeye[local]")
    from handeye.respondents.local.shipped import shipped_model_dir

    folder = shipped_model_dir("stress-small", "")
    work = work_of(folder)
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    for read, written in ((100, 1), (70, 9)):
        ids = torch.full((1, read), 40)
        ids[0, : work.tokens] = model.config.image_token_index
        picture = torch.zeros(1, 3, 128, 128)
        found = counted(model, written=written, input_ids=ids, pixel_values=picture)
        assert work.flops(read, written) == found


@pytest.mark.parametrize("family", ["qwen3_vl", "internvl", "smolvlm"])
def test_words_alone_cost_what_torch_counts_in_other_families(family: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs handeye[local]")
    from tests.support.local import families

    model = families.model_of(family).model
    model.save_pretrained(tmp_path)
    work = work_of(tmp_path)
    found = counted(model, written=4, input_ids=torch.full((1, 30), 7))
    assert work.flops(30, 4, 0) == found
    # How many patches a picture has, not every config tells.
    assert bool(work.tower) == bool(work.patches) == (family != "qwen3_vl")


def test_what_tells_no_sizes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"config\.json"):
        work_of(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"num_hidden_layers": 2}))
    with pytest.raises(DataError, match="no weights in safetensors"):
        work_of(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be read"):
        work_of(tmp_path)
    config.write_text(json.dumps({"num_local_experts": 8}))
    with pytest.raises(DataError, match="mixture of experts"):
        work_of(tmp_path)
