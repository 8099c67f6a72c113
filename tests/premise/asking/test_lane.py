"""IMAVB through the lane against a real HTTP server: what is sent, what of letters is kept."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from handeye.media.sound import sound_of
from handeye.premise.asking import prompts
from handeye.premise.asking.run import run_premise
from handeye.premise.loader import load
from tests.support.chat_server import ChatServer, Reply, Request, serving

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("key", "quick_senders")]
MODEL = "openai-api/handeye-test/m"


def run(server: ChatServer, data: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    """Run without scoring; the prediction rows."""
    settings: dict[str, Any] = {"progress": False, "score": False, "max_retries": 0, **options}
    run_premise(MODEL, data, out, base_url=server.url, families=1, **settings)
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def told(text: str, likeliest: dict[str, float]) -> Reply:
    """An answer of one token, with the log-probabilities of others in its place."""
    top = [{"token": one, "logprob": log, "bytes": None} for one, log in likeliest.items()]
    content = [{"token": text, "logprob": likeliest[text], "bytes": None, "top_logprobs": top}]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
        "logprobs": {"content": content, "refusal": None},
    }
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return Reply(body={**body, "usage": {"prompt_tokens": 9, "completion_tokens": 1}})


def parts(request: Request, kind: str) -> list[dict[str, Any]]:
    return [part for part in request.parts if part["type"] == kind]


@pytest.mark.usefixtures("sent_from_here")
def test_a_clip_goes_out_before_its_question_and_nothing_tells_the_gold(
    videos: Path, tmp_path: Path
) -> None:
    with serving(lambda request: Reply("A")) as server:
        rows = run(server, videos, tmp_path / "run", frames=3)
    assert {row["raw_text"] for row in rows} == {"A"}
    assert len(server.requests) == 19
    items = {prompts.VARIANTS["six"].write(one, one.order): one for one in load(videos)}
    for request in server.requests:
        kinds = [part["type"] for part in request.parts]
        assert kinds == ["text", *["image_url"] * 3, "text", "input_audio", "text"]
        assert request.parts[0]["text"] == prompts.frames_note(3)
        assert request.parts[-1]["text"] in items
        (sound,) = parts(request, "input_audio")
        samples = sound_of(base64.b64decode(sound["input_audio"]["data"]), channels=1)
        assert samples.shape == (1600, 1)
        sent = request.body.decode()
        assert not any(f"{one.clip_id}" in sent or one.item_id in sent for one in items.values())
        assert "logprobs" not in request.parsed


def test_letters_come_through_the_wire_into_the_journal(stills: Path, tmp_path: Path) -> None:
    likely = {"B": -0.25, " B": -2.5, "A": -3.0, "The": -4.0, "F": -7.5}
    with serving(lambda request: told("B", likely)) as server:
        rows = run(server, stills, tmp_path / "run", letters=True, epochs=2)
        asked = {(one.parsed["logprobs"], one.parsed["top_logprobs"]) for one in server.requests}
        assert asked == {(True, 20)}
        assert len(server.requests) == 2 * 19
    for row in rows:
        assert row["letters"] == {"B": -0.25, " B": -2.5, "A": -3.0, "F": -7.5}
        assert row["letters_bound"] == -7.5
        assert (row["samples"], row["sample_states"]) == (["B"], ["answered"])
    lines = (tmp_path / "run" / "answers.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    assert all(one["letters_bound"] == -7.5 for one in kept)
    assert sorted(one.get("sample", 1) for one in kept) == [1] * 19 + [2] * 19


@pytest.mark.usefixtures("sent_from_here")
def test_a_server_without_letters_is_asked_all_the_same(stills: Path, tmp_path: Path) -> None:
    with serving(lambda request: Reply("C")) as server:
        rows = run(server, stills, tmp_path / "run", letters=True, variant="true-false")
    assert not any("letters" in row for row in rows)
    assert {row["variant"] for row in rows} == {"true-false"}
