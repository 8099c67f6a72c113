"""A judge model asked for real: through a provider of the test and through an HTTP server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, ModelUsage, get_model, modelapi

from handeye.errors import DataError, OptionError, RunError
from handeye.scores.embedder import NgramEmbedder
from handeye.visualact.judge.prompt import SCHEMA, fingerprint, question, read_pairs
from handeye.visualact.judge.runs import judge_run
from handeye.visualact.loader import load
from handeye.visualact.scoring.file_scoring import score_files
from handeye.visualact.scoring.options import Options
from handeye.visualact.scoring.run_folder import Run, read_run
from tests.support.chat_server import Reply, Request, serving
from tests.support.visualact.sets import DEEDS, make_clips, write_answers, write_clips
from tests.support.visualact.vectors import TableEmbedder

_SAME = {text: number for number, texts in enumerate(DEEDS) for text in texts}


def right_answer(text: str) -> str:
    """What somebody answers who knows which wordings mean the same."""
    lists = re.findall(r"^(\d+)\. (.*)$", text, re.MULTILINE)
    start = [place for place, (number, _) in enumerate(lists) if number == "1"][1]
    pairs = [
        {"proposed": int(first), "called_for": int(second)}
        for first, proposed in lists[:start]
        for second, called_for in lists[start:]
        if proposed in _SAME and _SAME.get(proposed) == _SAME.get(called_for)
    ]
    return json.dumps({"pairs": pairs})


class JudgeAPI(ModelAPI):
    """Answers as told by ``reply(text, number)``; counts calls and those at the same time."""

    def __init__(self, model_name: str, **others: Any) -> None:
        super().__init__(model_name, config=GenerateConfig())
        self.calls: Counter[str] = Counter()
        self.schemas: list[bool] = []
        self.now = self.most = 0
        self.takes_schema = True
        self.reply = lambda text, number: right_answer(text)

    def should_retry(self, error: Any) -> bool:
        return False

    async def generate(
        self, input: Any, tools: Any, tool_choice: Any, config: GenerateConfig
    ) -> ModelOutput:
        (message,) = input
        self.now += 1
        self.most = max(self.most, self.now)
        await anyio.sleep(0.002)
        self.now -= 1
        self.schemas.append(config.response_schema is not None)
        if config.response_schema is not None and not self.takes_schema:
            raise ValueError("unknown parameter response_format")
        self.calls[message.text] += 1
        found = self.reply(message.text, self.calls[message.text])
        if isinstance(found, Exception):
            raise found
        output = ModelOutput.from_content("judge", found)
        output.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
        return output


@modelapi(name="handeye-test-judge")
def judge_provider() -> type[ModelAPI]:
    return JudgeAPI


@pytest.fixture
def judge() -> Any:
    return get_model("handeye-test-judge/one", memoize=False)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """24 clips, 20 of them with actions; four different lists of actions among them."""
    clips = make_clips()
    write_clips(tmp_path / "set", clips)
    answers = write_answers(tmp_path / "one.jsonl", clips)
    score_files(answers, load(tmp_path / "set"), tmp_path / "run", NgramEmbedder(), bootstrap=0)
    return read_run(tmp_path / "run")


def ask(run: Run, judge: Any, **options: Any) -> dict[str, Any]:
    return judge_run(run, judge, NgramEmbedder(), bootstrap=0, **options)


def test_a_judge_sees_what_letters_do_not(run, judge):
    before = {name: (run.path / name).read_bytes() for name in ("summary.json", "run.json")}
    found = ask(run, judge)
    assert found["states"] == {"decided": 20}
    assert found["scores"]["embedding"]["counts"]["matched"] == run.summary["counts"]["matched"]
    assert found["scores"]["judge"]["counts"]["matched"] == 20
    assert found["scores"]["judge"]["matcher"] == "judge:handeye-test-judge/one"
    agreement = found["agreement"]
    assert agreement["both"] + agreement["judge_only"] == 20
    assert agreement["agreement"]["value"] == pytest.approx(
        (agreement["both"] + agreement["neither"]) / 80
    )
    assert found["prompt_version"] == "visualact-judge-1"
    # Never mixed into the scores.
    assert before == {name: (run.path / name).read_bytes() for name in before}
    written = json.loads((run.path / "judge.json").read_text())
    assert written["judges"]["handeye-test-judge/one"]["decisions"] == {
        clip_id: [list(pair) for pair in pairs] for clip_id, pairs in found["decisions"].items()
    }


def test_decisions_name_places_as_they_were_given(run, judge):
    found = ask(run, judge)
    rows = [json.loads(line) for line in run.predictions_path().read_text().splitlines()]
    for row in rows:
        number = int(row["clip_id"].rpartition("-")[2])
        if number % 6:
            assert json.loads(row["raw_text"])["actions"][0]["action"] == DEEDS[number % 4][1]
            assert found["decisions"][row["clip_id"]] == [(0, 0)]


def test_equal_lists_are_asked_once_and_never_again(run, judge):
    first = ask(run, judge)
    assert first["asked"] == {"requests": 4, "known": 0, "unreadable": 0}
    assert first["usage"] == {"input": 400, "output": 40}
    again = ask(run, judge)
    assert again["asked"] == {"requests": 0, "known": 4, "unreadable": 0}
    assert sum(judge.api.calls.values()) == 4
    assert again["decisions"] == first["decisions"]
    assert len((run.path / "judgements.jsonl").read_text().splitlines()) == 4


def test_another_judge_is_asked_anew_and_stands_beside_the_first(run, judge):
    ask(run, judge)
    other = get_model("handeye-test-judge/two", memoize=False)
    other.api.reply = lambda text, number: '{"pairs": []}'
    found = ask(run, other)
    assert found["asked"]["requests"] == 4
    assert found["scores"]["judge"]["counts"]["matched"] == 0
    written = json.loads((run.path / "judge.json").read_text())
    assert list(written["judges"]) == ["handeye-test-judge/one", "handeye-test-judge/two"]


def test_scoring_again_with_other_options_drops_what_was_judged_before(run, judge, tmp_path):
    ask(run, judge)
    clips = load(tmp_path / "set")
    other = Options(threshold=0.9)
    score_files(tmp_path / "one.jsonl", clips, run.path, NgramEmbedder(), other, bootstrap=0)
    assert not (run.path / "judge.json").exists()
    # The answers are about texts, and stay.
    assert ask(read_run(run.path), judge)["asked"]["requests"] == 0


def test_answers_that_cannot_be_read_are_asked_for_again(run, judge):
    judge.api.reply = lambda text, number: (
        right_answer(text) if number == 2 else "The first and the second, I think."
    )
    found = ask(run, judge)
    assert found["states"] == {"decided": 20}
    assert found["asked"] == {"requests": 8, "known": 0, "unreadable": 4}


def test_a_judge_that_stays_unreadable_on_some(run, judge):
    judge.api.reply = lambda text, number: (
        '{"pairs": [{"proposed": 9, "called_for": 1}]}' if "stove" in text else right_answer(text)
    )
    found = ask(run, judge, attempts=2)
    lost = [clip for clip in make_clips() if any("stove" in a.text for a in clip.actions)]
    assert found["states"] == {"decided": 20 - len(lost), "unreadable": len(lost)}
    assert found["n_decided"] == 20 - len(lost)
    for name in ("embedding", "judge"):
        assert found["scores"][name]["n_clips"] == 24 - len(lost)
        assert found["scores"][name]["partial"]
    # More attempts go on after those that were made.
    judge.api.reply = lambda text, number: right_answer(text)
    more = ask(run, judge, attempts=3)
    assert more["states"] == {"decided": 20}
    assert more["asked"]["requests"] == 2


def test_errors_are_states_and_are_asked_again(run, judge):
    judge.api.reply = lambda text, number: (
        ValueError("no luck today") if "ambulance" in text else right_answer(text)
    )
    found = ask(run, judge)
    assert set(found["states"]) == {"decided", "error"}
    assert len(found["errors"]) == found["states"]["error"]
    assert all("no luck today" in reason for reason in found["errors"].values())
    judge.api.reply = lambda text, number: right_answer(text)
    assert ask(run, judge)["states"] == {"decided": 20}


def test_a_judge_that_is_not_there(run, judge):
    judge.api.reply = lambda text, number: ValueError("no such deployment")
    with pytest.raises(RunError, match=r"no clip could be judged \(ValueError: no such deployment"):
        ask(run, judge)
    assert not (run.path / "judge.json").exists()


def test_a_provider_without_structured_output(run, judge):
    judge.api.takes_schema = False
    found = ask(run, judge, connections=1)
    assert found["states"] == {"decided": 20}
    assert not found["structured"]
    assert judge.api.schemas == [True, False, False, False, False]


def test_no_more_requests_at_a_time_than_allowed(run, judge):
    ask(run, judge, connections=2)
    assert judge.api.most == 2


def test_what_is_refused(run, judge):
    with pytest.raises(OptionError, match="connections must be at least 1"):
        ask(run, judge, connections=0)
    with pytest.raises(RunError, match="was scored with embedder test:char-ngrams"):
        judge_run(run, judge, TableEmbedder({}))
    with pytest.raises(RunError, match="judge 'no/such' cannot be used"):
        ask(run, "no/such")
    (run.path / "judgements.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match=r"judgements\.jsonl:1"):
        ask(run, judge)


@pytest.mark.server
def test_a_judge_behind_a_real_server(run, monkeypatch):
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", "sk-never-write-this-down")

    def reply(request: Request) -> Reply:
        heard = ", ".join(f"{name}={value}" for name, value in request.headers.items())
        return Reply(f"Sure, {heard}:\n```json\n{right_answer(request.text)}\n```")

    headers = {"X-Organisation": "organisation-00042"}
    with serving(reply) as server:
        found = ask(
            run,
            "openai-api/handeye-test/m",
            base_url=server.url,
            model_args={"default_headers": headers},
        )
        assert {r.headers["x-organisation"] for r in server.requests} == {"organisation-00042"}
        assert len(server.requests) == 4
        body = server.requests[0].parsed
        assert body["response_format"]["json_schema"]["schema"]["required"] == ["pairs"]
        assert "temperature" not in body
    assert found["states"] == {"decided": 20}
    assert found["structured"]
    assert found["usage"]["input"] == 400
    everything = b"".join(file.read_bytes() for file in run.path.iterdir() if file.is_file())
    assert b"never-write-this-down" not in everything
    assert b"organisation-00042" not in everything
    lines = (run.path / "judgements.jsonl").read_text().splitlines()
    assert all(json.loads(line)["masked"] is True for line in lines)


@pytest.mark.server
def test_a_server_that_takes_no_schema_and_one_that_fails(run, monkeypatch):
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", "sk-never-write-this-down")

    def reply(request: Request) -> Reply:
        if "response_format" in request.parsed:
            return Reply(status=400)
        if "stove" in request.text:
            return Reply(status=401)
        return Reply(right_answer(request.text))

    with serving(reply) as server:
        found = ask(run, "openai-api/handeye-test/m", base_url=server.url)
    assert not found["structured"]
    assert set(found["states"]) == {"decided", "error"}


@pytest.mark.parametrize(
    ("answer", "pairs"),
    [
        ('{"pairs": []}', []),
        ("[]", []),
        ('{"pairs": [{"proposed": 2, "called_for": 1}]}', [(1, 0)]),
        ('{"pairs": [{"proposed": "2", "called_for": "T1"}]}', [(1, 0)]),
        ("Pairs: [[1, 2], [2, 1], [1, 2]]", [(0, 1), (1, 0)]),
        ("```json\n{'matches': [{'predicted': 3, 'truth': 2,},]}\n```", [(2, 1)]),
        ('First {"pairs": [[1, 1]]}, no: {"pairs": [[1, 2]]}', [(0, 1)]),
        ("none", None),
        ("", None),
        ('{"pairs": [{"proposed": 4, "called_for": 1}]}', None),
        ('{"pairs": [{"proposed": 0, "called_for": 1}]}', None),
        ('{"pairs": [{"proposed": true, "called_for": 1}]}', None),
        ('{"pairs": [[1, 2], [2', None),
        ('{"answer": "both"}', None),
        ('{"pairs": [[1, 2, 3]]}', None),
        ('{"pairs": "1-2"}', None),
    ],
)
def test_reading_a_judge(answer, pairs):
    assert read_pairs(answer, 3, 2) == pairs


def test_a_text_cannot_pass_for_another_entry():
    text = question(["Stop\n2. Turn off the stove", "Go \ud83d"], ["x"])
    assert "1. Stop 2. Turn off the stove\n2. Go ?" in text
    assert fingerprint(["a b"], ["c"]) == fingerprint(["a  b "], ["c"])
    assert fingerprint(["a"], ["b", "c"]) != fingerprint(["a", "b"], ["c"])
    assert set(SCHEMA["properties"]) == {"pairs"}


@pytest.mark.server
def test_a_killed_judgement_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", "sk-never-write-this-down")
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path / "cache"))
    clips = [clip for clip in make_clips(60) if clip.actions]
    write_clips(tmp_path / "set", clips)
    # Every clip has words of its own, hence a question of its own.
    lines = [
        {"clip_id": clip.clip_id, "model": "m", "raw_text": f"- Do number {place}"}
        for place, clip in enumerate(clips)
    ]
    answers = tmp_path / "p.jsonl"
    answers.write_text("".join(json.dumps(line) + "\n" for line in lines))
    score_files(answers, load(tmp_path / "set"), tmp_path / "run", NgramEmbedder(), bootstrap=0)
    journal = tmp_path / "run" / "judgements.jsonl"
    with serving(lambda request: Reply('{"pairs": []}', delay=0.05)) as server:
        code = (
            "import typer; from handeye.visualact.commands.scoring import judge; typer.run(judge)"
        )
        words = ["run", "--model", "openai-api/handeye-test/m", "--base-url", server.url]
        command = [sys.executable, "-c", code, *words, "--connections", "2"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            if journal.exists() and journal.read_bytes().count(b"\n") >= 4:
                break
            time.sleep(0.02)
        process.kill()
        process.wait()
        known = journal.read_bytes().count(b"\n")
        assert 4 <= known < len(clips)
        before = len(server.requests)
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert len(server.requests) - before == len(clips) - known
    assert f"{known} pairs of lists judged before" in done.stdout
    written = json.loads((tmp_path / "run" / "judge.json").read_text())
    assert written["judges"]["openai-api/handeye-test/m"]["states"] == {"decided": len(clips)}
