"""Families whose processor wants torchvision for videos answer about pictures without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from transformers import AutoProcessor
from transformers.utils import import_utils

from handeye.respondents.local.chat import write_ask
from handeye.respondents.local.decoding import Settings
from handeye.respondents.local.engine import Engine
from handeye.respondents.local.loading import load
from handeye.respondents.local.options import LocalOptions
from tests.support.local import families

TOLD = Settings(max_tokens=5)


@pytest.fixture(autouse=True)
def no_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_utils, "is_torchvision_available", lambda: False)


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("llava_onevision", {"num_image_tokens": 16, "vision_feature_select_strategy": "full"}),
        ("qwen2_vl", {}),
        ("qwen2_5_vl", {}),
        ("qwen3_vl", {}),
        ("internvl", {"image_seq_length": 4}),
        ("smolvlm", {"image_seq_len": 4}),
    ],
)
def test_a_published_model_answers_without_the_part_for_videos(
    family: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    made = families.model_of(family)
    families.publish(made, tmp_path, **settings)
    with pytest.raises((ImportError, ValueError), match=r"(?i)torchvision"):
        AutoProcessor.from_pretrained(tmp_path)
    loaded = load(LocalOptions(path=str(tmp_path)))
    parts = (families.picture(1, 64, 24), "Which row?")
    answers = [
        Engine(one).answer([write_ask(one, families.conversation(*parts))], [TOLD])[0]
        for one in (made, loaded)
    ]
    assert answers[0].tokens == answers[1].tokens
    assert answers[1].way == "shared"


def test_what_the_library_is_going_to_change_is_not_told_between_lines_of_progress() -> None:
    code = (
        "import warnings, handeye.respondents.local.loading\n"
        "for place in ('transformers.utils.generic', 'other.place'):\n"
        "    warnings.warn_explicit('of ' + place, FutureWarning, 'f.py', 1, module=place)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "of transformers" not in done.stderr
    assert "of other.place" in done.stderr
