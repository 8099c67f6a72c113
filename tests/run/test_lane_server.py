"""The lane against a real HTTP server: every way a provider can answer, or not."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from handeye.errors import OptionError, RunError
from handeye.rose.asking.run import run_rose
from handeye.run import asker
from tests.support.chat_server import ChatServer, Reply, Request, serving
from tests.support.rose.small_set import write_set

pytestmark = pytest.mark.server
MODEL = "openai-api/handeye-test/m"


def run(server: ChatServer, data: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    """Run without scoring; the prediction rows."""
    settings: dict[str, Any] = {"progress": False, "score": False, "max_retries": 0, **options}
    run_rose(MODEL, data, out, base_url=server.url, **settings)
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]


def rows_of(data: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data / "metadata_test.jsonl").read_text().splitlines()]


def asked(request: Request) -> str:
    """Which template a request asks about, by the words of the question."""
    marks = {"T5": "outside", "T4": "highlighted", "T2": "How many cells in rows", "T3": "Click"}
    return next((key for key, mark in marks.items() if mark in request.text), "T1")


@pytest.fixture(scope="module")
def two_scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("two"), 2)


@pytest.mark.usefixtures("sent_from_here")
@pytest.mark.parametrize("order", ["image_first", "authors"])
def test_what_arrives_is_the_file_and_the_texts_in_order(
    small_set: Path, tmp_path: Path, key: str, order: str
) -> None:
    with serving(lambda request: Reply("COUNT(2)")) as server:
        found = run(server, small_set, tmp_path / "run", order=order)
    assert [row["item_id"] for row in found] == [row["item_id"] for row in rows_of(small_set)]
    assert all(row["raw_text"] == "COUNT(2)" and row["state"] == "answered" for row in found)
    expected = Counter()
    for row in rows_of(small_set):
        image = (small_set / row["image"]).read_bytes()
        if order == "authors":
            expected[image, ("text", "image_url", "text"), row["prompt_global"]] += 1
        else:
            expected[image, ("image_url", "text"), row["prompt"]] += 1
    arrived = Counter()
    for request in server.requests:
        kinds = tuple(part["type"] for part in request.parts)
        first_text = next(part["text"] for part in request.parts if part["type"] == "text")
        arrived[request.image, kinds, first_text] += 1
        assert len(request.parsed["messages"]) == 1
        assert "temperature" not in request.parsed
    assert arrived == expected


@pytest.mark.usefixtures("sent_from_here")
def test_pictures_decode_to_the_scene_that_is_asked_about(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    with serving(lambda request: Reply("COUNT(0)")) as server:
        run(server, two_scenes, tmp_path / "run")
    (tmp_path / "got.png").write_bytes(server.requests[0].image)
    with Image.open(tmp_path / "got.png") as picture:
        small = picture.convert("RGB").resize((8, 8), Image.Resampling.NEAREST)
        cells = {
            f"R{row + 1},C{col + 1}": small.getpixel((col, row))
            for row in range(8)
            for col in range(8)
        }
    majority = Counter(cells.values()).most_common(1)[0][0]
    odd = {cell for cell, colour in cells.items() if colour != majority}
    assert odd in [set(row["all_target_cells"]) for row in rows_of(two_scenes)]


def test_states_of_what_comes_back(two_scenes: Path, tmp_path: Path, key: str) -> None:
    replies = {
        "T1": Reply(None, refusal="I will not look at this."),
        "T2": Reply("   "),
        "T3": Reply("CLICK(R1,", finish_reason="length"),
        "T4": Reply("", finish_reason="content_filter"),
        "T5": Reply("CLICK(R1,C1); SUBMIT(1)"),
    }
    with serving(lambda request: replies[asked(request)]) as server:
        found = run(server, two_scenes, tmp_path / "run")
        states = {row["item_id"]: row["state"] for row in found}
        expected = {
            "T1": "refused",
            "T2": "empty",
            "T3": "truncated",
            "T4": "refused",
            "T5": "answered",
        }
        assert states == {
            f"s0000{n}_{key}": state for n in range(2) for key, state in expected.items()
        }
        assert all(row["error"] is None for row in found)
        texts = {row["item_id"]: row["raw_text"] for row in found}
        assert texts["s00000_T3"] == "CLICK(R1,"
        before = len(server.requests)
        run(server, two_scenes, tmp_path / "run")
    assert len(server.requests) == before, "answers of every kind are final"


def test_rate_limits_and_server_errors_are_tried_again(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    def reply(request: Request) -> Reply:
        if request.number == 0:
            return Reply(status=429, headers={"Retry-After": "0.2"})
        return Reply(status=500) if request.number == 1 else Reply("COUNT(1)")

    with serving(reply) as server:
        found = run(server, two_scenes, tmp_path / "run")
    assert Counter(row["state"] for row in found) == {"answered": 10}
    assert Counter(r.number for r in server.requests) == {0: 10, 1: 10, 2: 10}


def test_a_failure_is_a_state_is_loud_and_is_asked_again(
    two_scenes: Path, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = True

    def reply(request: Request) -> Reply:
        if broken and asked(request) == "T3":
            return Reply(status=500)
        return Reply("COUNT(1)")

    out = tmp_path / "run"
    with serving(reply) as server:
        found = run(server, two_scenes, out, score=True)
        failed = [row for row in found if row["state"] == "error"]
        assert [row["item_id"] for row in failed] == ["s00000_T3", "s00001_T3"]
        assert all("500" in row["error"] and row["raw_text"] == "" for row in failed)
        assert "2 of 10 items have no answer" in capsys.readouterr().err
        info = json.loads((out / "run.json").read_text())
        assert info["states"]["error"] == 2
        scores = [json.loads(line) for line in (out / "scores.jsonl").read_text().splitlines()]
        assert {row["item_id"] for row in scores if row["api_error"]} == {
            row["item_id"] for row in failed
        }
        broken = False
        before = len(server.requests)
        found = run(server, two_scenes, out, score=True)
        assert len(server.requests) == before + 2
    assert {row["state"] for row in found} == {"answered"}
    info = json.loads((out / "run.json").read_text())
    assert info["states"]["error"] == 0
    assert info["answers_from_earlier_starts"] == 8


def test_a_stalled_connection_is_given_up_and_tried_again(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    def reply(request: Request) -> Reply:
        stall = request.number == 0 and asked(request) == "T2"
        return Reply("COUNT(3)", stall=stall)

    with serving(reply) as server:
        found = run(server, two_scenes, tmp_path / "run", attempt_timeout=1, max_retries=1)
    assert {row["state"] for row in found} == {"answered"}
    assert len(server.requests) == 12


def test_a_connection_that_stays_silent_is_an_error(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    with serving(lambda request: Reply("COUNT(1)", stall=asked(request) == "T4")) as server:
        found = run(server, two_scenes, tmp_path / "run", attempt_timeout=1)
    states = Counter((row["item_id"][-2:], row["state"]) for row in found)
    assert states["T4", "error"] == 2
    assert sum(states.values()) == 10
    assert "timeout" in next(row["error"] for row in found if row["state"] == "error").lower()


def test_answers_that_are_no_completion_are_errors(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    def reply(request: Request) -> Reply:
        return Reply(body="<html>", headers={}) if asked(request) == "T1" else Reply("COUNT(1)")

    with serving(reply) as server:
        found = run(server, two_scenes, tmp_path / "run")
    assert Counter(row["state"] for row in found) == {"answered": 8, "error": 2}


def test_a_server_that_never_answers_stops_the_run_early(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_set(tmp_path / "set", 60)
    monkeypatch.setattr(asker, "HOPELESS_AFTER", 8)
    with serving(lambda request: Reply(status=401)) as server:
        with pytest.raises(RunError, match="401") as error:
            run(server, data, tmp_path / "run", max_connections=4)
        assert len(server.requests) < 150, "most of the 300 items were never asked"
    assert key not in str(error.value)


def test_no_key_is_written_anywhere(two_scenes: Path, tmp_path: Path, key: str) -> None:
    told = json.dumps({"error": {"message": f"Incorrect API key provided: {key}", "type": "x"}})
    out = tmp_path / "run"

    def reply(request: Request) -> Reply:
        if asked(request) == "T1":
            return Reply(status=400, body=told)
        return Reply("COUNT(1)")

    with serving(reply) as server:
        found = run(server, two_scenes, out)
    assert {r.headers["authorization"] for r in server.requests} == {f"Bearer {key}"}
    errors = [row["error"] for row in found if row["state"] == "error"]
    assert len(errors) == 2
    assert all("[key]" in error for error in errors)
    for path in out.rglob("*"):
        if path.suffix == ".eval":
            with zipfile.ZipFile(path) as archive:
                contents = b"".join(archive.read(name) for name in archive.namelist())
        else:
            contents = path.read_bytes() if path.is_file() else b""
        assert key.encode() not in contents, path


@pytest.mark.usefixtures("sent_from_here")
def test_the_log_holds_no_picture_but_its_fingerprint(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    from inspect_ai.log import list_eval_logs, read_eval_log

    out = tmp_path / "run"
    with serving(lambda request: Reply("COUNT(1)")) as server:
        found = run(server, two_scenes, out)
    log = read_eval_log(list_eval_logs(str(out / "logs"))[0])
    assert log.status == "success"
    assert log.samples is not None
    text = log.model_dump_json()
    assert "base64,iVBOR" not in text
    sums = {row["image_sha256"] for row in found}
    assert len(sums) == 4
    assert all(one in text for one in sums)
    assert sorted(str(sample.id) for sample in log.samples) == ["s00000", "s00001"]


@pytest.mark.usefixtures("sent_from_here")
def test_settings_are_sent_recorded_and_part_of_the_run(
    two_scenes: Path, tmp_path: Path, key: str
) -> None:
    out = tmp_path / "run"
    with serving(lambda request: Reply("COUNT(1)")) as server:
        run(server, two_scenes, out, generation={"temperature": 0.25, "max_tokens": 99}, score=True)
        assert {r.parsed["temperature"] for r in server.requests} == {0.25}
        assert {r.parsed["max_tokens"] for r in server.requests} == {99}
        info = json.loads((out / "run.json").read_text())
        assert info["generation"] == {"temperature": 0.25, "max_tokens": 99}
        assert info["left_to_provider"] == []
        with pytest.raises(RunError, match=r"-s temperature was 0\.25, now 0\.5"):
            run(server, two_scenes, out, generation={"temperature": 0.5, "max_tokens": 99})
        assert len(server.requests) == 10


@pytest.mark.usefixtures("sent_from_here")
def test_a_run_over_some_scenes_is_not_partial_and_says_its_selection(
    small_set: Path, tmp_path: Path, key: str
) -> None:
    out = tmp_path / "run"
    with serving(lambda request: Reply("COUNT(1)")) as server:
        run(server, small_set, out, scenes=2, templates="T1,T2", score=True)
        assert len(server.requests) == 4
    info = json.loads((out / "run.json").read_text())
    assert (info["n_items"], info["n_expected"], info["partial"]) == (4, 4, False)
    assert info["selection"]["scenes"] == 2


@pytest.mark.parametrize(
    "options", [{"max_connections": 0}, {"max_retries": -1}, {"attempt_timeout": 0}]
)
def test_impossible_limits_are_refused_before_anything(
    two_scenes: Path, tmp_path: Path, options: dict[str, int]
) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        run_rose(MODEL, two_scenes, tmp_path / "run", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_an_unknown_model_and_a_missing_key_are_said_in_one_line(
    two_scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match="nobody/m"):
        run_rose("nobody/m", two_scenes, tmp_path / "a", progress=False)
    monkeypatch.delenv("HANDEYE_TEST_API_KEY", raising=False)
    with pytest.raises(RunError, match="HANDEYE_TEST_API_KEY"):
        run_rose(MODEL, two_scenes, tmp_path / "b", base_url="http://127.0.0.1:1", progress=False)
