"""VisualActBench through the lane against a real HTTP server: what is sent, what is kept."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from handeye.errors import OptionError, RunError
from handeye.visualact.asking import prompts
from handeye.visualact.asking.run import run_visualact
from handeye.visualact.loader import load
from handeye.visualact.scenes.generation import generate
from tests.support.chat_server import ChatServer, Reply, Request, serving

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("quick_senders")]
MODEL = "openai-api/handeye-test/m"
ONE = '{"actions": [{"action": "Brake at once", "apl": 4, "type": "proactive"}]}'


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips of one scenario; nothing here depends on what they show."""
    out = tmp_path_factory.mktemp("clips") / "set"
    generate(out, seed=3, clips=4, scenarios=["navigation"], workers=1)
    return out


def run(server: ChatServer, data: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    """Run without scoring; the prediction rows."""
    settings: dict[str, Any] = {"progress": False, "score": False, "max_retries": 0, **options}
    run_visualact(MODEL, data, out, base_url=server.url, **settings)
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def pictures(request: Request) -> list[Image.Image]:
    urls = [
        part["image_url"]["url"]
        for message in request.parsed["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    return [Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))) for url in urls]


def test_frames_come_in_order_before_a_question_that_hints_at_nothing(
    clips: Path, tmp_path: Path, key: str
) -> None:
    with serving(lambda request: Reply(ONE)) as server:
        rows = run(server, clips, tmp_path / "run", frames="seconds:0,1,2")
    assert [row["clip_id"] for row in rows] == [clip.clip_id for clip in load(clips)]
    assert len(server.requests) == 4
    for request in server.requests:
        kinds = [part["type"] for part in request.parts]
        assert kinds == ["text", "image_url", "image_url", "image_url", "text"]
        assert request.parts[0]["text"] == prompts.frames_note(3)
        assert request.parts[-1]["text"] == prompts.ELICITATION
        assert [picture.size for picture in pictures(request)] == [(384, 288)] * 3
        sent = request.body.decode()
        assert not any(clip.clip_id in sent or clip.video in sent for clip in load(clips))
    shown = rows[0]["shown"]
    assert shown == {"input": "frames", "seconds": [0.0, 1.0, 2.0], "width": 384, "height": 288}
    assert key not in "".join(p.read_text() for p in (tmp_path / "run").glob("*.json*"))


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize(("structured", "told"), [(None, True), (True, True), (False, False)])
def test_the_schema_goes_out_where_the_provider_takes_one(
    clips: Path, tmp_path: Path, key: str, structured: bool | None, told: bool
) -> None:
    with serving(lambda request: Reply(ONE)) as server:
        run(server, clips, tmp_path / "run", structured=structured, clips=1)
    form = server.requests[0].parsed.get("response_format")
    assert (form is not None) == told
    if told:
        fields = form["json_schema"]["schema"]["properties"]["actions"]["items"]["properties"]
        assert set(fields) == {"action", "apl", "type"}


@pytest.mark.usefixtures("sent_from_here")
def test_two_passes_are_one_conversation_and_nothing_is_asked_about_no_action(
    clips: Path, tmp_path: Path, key: str
) -> None:
    counts = {"free": 0}

    def reply(request: Request) -> Reply:
        if request.text == prompts.labelling(["Brake", "Wait"]):
            return Reply(
                '{"actions": [{"number": 1, "apl": 4, "type": "proactive"},'
                '{"number": 2, "apl": 1, "type": "reactive"}]}'
            )
        counts["free"] += 1
        return Reply("none" if counts["free"] == 1 else "- Brake\n- Wait")

    with serving(reply) as server:
        rows = run(
            server, clips, tmp_path / "run", protocol="two-pass", frames=2, max_connections=1
        )
        asked = len(server.requests)
        again = run(
            server, clips, tmp_path / "run", protocol="two-pass", frames=2, max_connections=1
        )
        assert len(server.requests) == asked == 4 + 3
    assert again == rows
    second = [r for r in server.requests if len(r.parsed["messages"]) == 3]
    assert len(second) == 3
    roles = [message["role"] for message in second[0].parsed["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert len(pictures(second[0])) == 2
    assert second[0].parsed["messages"][1]["content"] == "- Brake\n- Wait"
    labelled = [row for row in rows if row["labels_text"] is not None]
    assert len(labelled) == 3
    assert [row["raw_text"] for row in rows if row["labels_text"] is None] == ["none"]
    assert labelled[0]["usage"]["input"] == 200, "both turns count"


@pytest.mark.usefixtures("sent_from_here")
def test_a_broken_video_is_marked_and_the_run_goes_on(
    clips: Path, tmp_path: Path, key: str
) -> None:
    data = tmp_path / "set"
    copied = load(clips).clips
    (data / "videos").mkdir(parents=True)
    lines = (clips / "clips_test.jsonl").read_text().splitlines()
    rows = [json.loads(line) | {"video_sha256": ""} for line in lines]
    (data / "clips_test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for number, clip in enumerate(copied):
        whole = (clips / clip.video).read_bytes()
        (data / clip.video).write_bytes(whole if number else whole[:300])
    with serving(lambda request: Reply(ONE)) as server:
        found = run(server, data, tmp_path / "run")
        assert len(server.requests) == 3
        assert [row["state"] for row in found] == ["error", *["answered"] * 3]
        assert copied[0].video in found[0]["error"].replace("\\", "/")
        (data / copied[0].video).write_bytes((clips / copied[0].video).read_bytes())
        mended = run(server, data, tmp_path / "run")
        assert len(server.requests) == 4, "only the mended clip is asked"
    assert all(row["state"] == "answered" for row in mended)


@pytest.mark.usefixtures("sent_from_here")
def test_a_changed_video_is_marked_and_never_shown(clips: Path, tmp_path: Path, key: str) -> None:
    data = tmp_path / "set"
    (data / "videos").mkdir(parents=True)
    (data / "clips_test.jsonl").write_bytes((clips / "clips_test.jsonl").read_bytes())
    first, *others = load(clips).clips
    for clip in others:
        (data / clip.video).write_bytes((clips / clip.video).read_bytes())
    (data / first.video).write_bytes((clips / others[0].video).read_bytes())
    with serving(lambda request: Reply(ONE)) as server:
        rows = run(server, data, tmp_path / "run")
        assert len(server.requests) == 3
    assert [row["state"] for row in rows] == ["error", *["answered"] * 3]
    assert first.clip_id in rows[0]["error"]
    assert "the video was changed or damaged" in rows[0]["error"]


@pytest.mark.usefixtures("sent_from_here")
def test_other_questions_are_another_run(clips: Path, tmp_path: Path, key: str) -> None:
    with serving(lambda request: Reply(ONE)) as server:
        run(server, clips, tmp_path / "run", frames=2, clips=1)
        with pytest.raises(RunError, match="--frames was 2, now 4"):
            run(server, clips, tmp_path / "run", frames=4, clips=1)
        assert len(server.requests) == 1


@pytest.mark.usefixtures("sent_from_here")
def test_native_video_falls_back_to_frames_where_it_is_not_taken(
    clips: Path, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda request: Reply(ONE)) as server:
        (row,) = run(server, clips, tmp_path / "run", video_input="native", clips=1, frames=2)
    assert len(pictures(server.requests[0])) == 2
    assert row["shown"]["input"] == "frames"
    assert "openai-api is not known to take videos" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"frames": "some"}, "frames 'some' cannot be read"),
        ({"protocol": "three-pass"}, "protocol must be one of one-pass, two-pass"),
        ({"video_input": "tape"}, "video_input must be one of frames, native"),
        ({"image_format": "gif"}, "image_format must be one of jpeg, png"),
        ({"max_connections": 0}, "max_connections must be at least 1"),
    ],
)
def test_options_that_are_not_allowed(
    clips: Path, tmp_path: Path, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(OptionError, match=named):
        run_visualact(MODEL, clips, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_a_killed_run_goes_on_without_asking_twice(clips: Path, tmp_path: Path, key: str) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from handeye.visualact.asking.run import run_visualact;"
        "run_visualact(sys.argv[1], sys.argv[2], Path(sys.argv[3]), base_url=sys.argv[4],"
        "progress=False, score=False, max_retries=0, max_connections=1, frames=2)"
    )
    with serving(lambda request: Reply(ONE, delay=0.4)) as server:
        command = [sys.executable, "-c", code, MODEL, str(clips), str(tmp_path / "run"), server.url]
        child = subprocess.Popen(command)
        while len(server.sent) < 2 and child.poll() is None:
            child.poll()
        child.kill()
        child.wait()
        journal = (tmp_path / "run" / "answers.jsonl").read_text().splitlines()
        kept = len(journal)
        before = len(server.requests)
        server.reply = lambda request: Reply(ONE)
        rows = run(server, clips, tmp_path / "run", frames=2)
        assert 4 - kept - 1 <= len(server.requests) - before <= 4 - kept
    assert len(rows) == 4
