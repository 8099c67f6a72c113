"""A failure is a state and its reason is kept; a hopeless one stops a run early and cheaply."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from inspect_ai.log import read_eval_log

from handeye.errors import RunError
from handeye.run.answers import Answer, Usage, judged_again
from handeye.run.failures import Failure, Patience, failure_of
from handeye.run.http import Exchange, exchange, listen
from handeye.run.pending import usage_from
from handeye.visualact.asking.run import run_visualact
from handeye.visualact.scenes.generation import generate
from tests.cases.conftest import MODEL, ask, read_lines, states
from tests.support.chat_server import Reply, Request, serving
from tests.support.rose.small_set import write_set

pytestmark = pytest.mark.server
Gold = Callable[[Request], str]


def complaint(code: str, message: str = "Your messages resulted in 5012 tokens.") -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Reply(status=400, body={"error": error})


# ---- what is no answer of the model


def whole(text: str, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop", **choice}]}


COUNTED = {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}
WRITTEN = {**COUNTED, "completion_tokens": 5}
NO_ANSWER = [
    (complaint("context_length_exceeded"), "5012 tokens"),
    (complaint("invalid_prompt"), "5012 tokens"),
    (complaint("whatever"), "400 .*5012 tokens"),
    (Reply("COUNT(", finish_reason="abort"), "'abort'.*COUNT"),
    (Reply("COUNT(2)", finish_reason="error"), "'error'"),
    (Reply("COUNT(2)", finish_reason=None), "None"),
    (Reply("", finish_reason="insufficient_system_resource"), "insufficient_system_resource"),
    (Reply(body={"choices": [], "usage": None}), "no choice"),
    (Reply(body={"choices": [], "usage": COUNTED}), "no choice"),
    (Reply(body={"choices": None}), '"choices": null'),
    (Reply(body={"error": {"message": "model overloaded", "code": 400}}), "model overloaded"),
    (Reply(body={"error": "no model loaded"}), "no model loaded"),
    (Reply(body={"object": "error", "message": "queue is full", "code": 400}), "queue is full"),
    (Reply(body="<html><body><p>Please sign in</p></body></html>"), "Please sign in"),
    (Reply(body=""), "empty body"),
    (Reply(body='"upstream busy"'), "upstream busy"),
    (Reply(body="[]"), r"\[\]"),
    (Reply(body='{"choices": [{"index": 0'), '"choices"'),
    (Reply(status=400, body={"error": "type must be 'text'"}), "400 .*type must be 'text'"),
    (Reply(status=422, body={"detail": [{"msg": "str type expected"}]}), "str type expected"),
    (
        Reply(status=413, body="<html><title>413 Request Entity Too Large</title></html>"),
        "413 Request Entity Too Large",
    ),
    (Reply("Sorry, upstream is down", usage=COUNTED), "wrote none.*upstream is down"),
    (Reply("COUNT(2)", finish_reason="sensitive"), "'sensitive'"),
    (Reply(body={"error": {"message": "x"}, "choices": [{"finish_reason": "error"}]}), "x"),
    (Reply(body={"choices": [{"message": None, "finish_reason": "stop"}]}), "no completion"),
    (Reply(body={"detail": "down for repair"}), "down for repair"),
    (Reply({"answer": "COUNT(2)"}), "no text"),
    (
        Reply(
            body={
                "choices": [
                    {
                        "message": {"content": ""},
                        "finish_reason": "error",
                        "error": {"code": 502, "message": "Upstream is down"},
                    }
                ]
            }
        ),
        "Upstream is down",
    ),
    (complaint("unknown_parameter", "content_filter is no parameter"), "no parameter"),
    # TGI, Ollama, SGLang, OpenRouter.
    (Reply(status=422, body={"error": "too long", "error_type": "validation"}), "too long"),
    (Reply(status=400, body={"error": "no images here"}), "400 .*no images here"),
    (Reply(status=400, body={"object": "error", "message": "longer than 4096"}), "than 4096"),
    (Reply(body={"error": {"message": "Provider returned error", "code": 400}}), "returned error"),
    (Reply(3.5), "no text"),
    (Reply(0), "no text"),
    (Reply(True), "no text"),
    (Reply(body=whole("COUNT(2)") | {"error": {"message": "lost", "code": 502}}), "lost"),
]
ANSWERS = [
    (Reply("COUNT(2)"), "answered"),
    (Reply("COUNT(2)", usage=None), "answered"),
    (Reply("COUNT(2)", usage={"prompt_tokens": None, "completion_tokens": None}), "answered"),
    (Reply("COUNT(2)", usage=dict.fromkeys(COUNTED, 0)), "answered"),
    (Reply("COUNT(2)", usage={**WRITTEN, "prompt_tokens": -5, "total_tokens": 1e30}), "answered"),
    (Reply("COUNT(2)", usage={**WRITTEN, "prompt_tokens_details": "many"}), "answered"),
    (
        Reply("COUNT(2)", usage={**WRITTEN, "completion_tokens_details": {"reasoning_tokens": []}}),
        "answered",
    ),
    (Reply(body=whole("COUNT(2)", logprobs="none")), "answered"),
    (Reply(body=whole("COUNT(2)", logprobs={"content": [{"token": 1}]})), "answered"),
    (
        Reply(body={"choices": [{"message": {"content": "COUNT(2)"}, "finish_reason": "stop"}]}),
        "answered",
    ),
    (Reply([{"type": "text", "text": "COUNT"}, {"type": "text", "text": "(2)"}]), "answered"),
    (Reply("COUNT(2)", finish_reason="eos_token"), "answered"),
    (Reply("COUNT(2)", finish_reason="STOP"), "answered"),
    (Reply("COUNT(2)", refusal=""), "answered"),
    (Reply("", refusal="", usage=None), "empty"),
    (Reply(body=whole("COUNT(2)") | {"id": 7}), "answered"),
    (Reply("COU", finish_reason="MAX_TOKENS", usage=None), "truncated"),
    (Reply("COUNT(2)", finish_reason="tool_calls"), "answered"),
    (Reply("", usage=None), "empty"),
    (Reply(None, message={"reasoning_content": "I look."}), "empty"),
    (Reply("COU", finish_reason="length", usage=None), "truncated"),
    (Reply("I would rather not", finish_reason="content_filter", usage=None), "refused"),
    (Reply(None, refusal="I will not.", usage=None), "refused"),
    # Filters of providers: Azure, LiteLLM, OpenRouter, Gemini, Alibaba, in a choice, with 200.
    (complaint("content_filter"), "refused"),
    (complaint("content_policy_violation"), "refused"),
    (
        Reply(
            status=400,
            body={
                "error": {
                    "message": "The response was filtered.",
                    "code": None,
                    "innererror": {"code": "ResponsibleAIPolicyViolation"},
                }
            },
        ),
        "refused",
    ),
    (complaint("400", "litellm.BadRequestError: ContentPolicyViolationError: no"), "refused"),
    (complaint("400", "The prompt triggered the content management policy."), "refused"),
    (
        Reply(
            status=403,
            body={
                "error": {
                    "message": "Your input was flagged",
                    "code": 403,
                    "metadata": {"reasons": ["violence"], "flagged_input": "..."},
                }
            },
        ),
        "refused",
    ),
    (Reply(body={"promptFeedback": {"blockReason": "SAFETY"}}), "refused"),
    (complaint("data_inspection_failed", "inappropriate content"), "refused"),
    (Reply(body={"error": {"message": "no", "code": "content_filter"}}), "refused"),
    (
        Reply(
            body={
                "choices": [
                    {
                        "message": {"content": ""},
                        "finish_reason": "error",
                        "error": {"code": "content_filter", "message": "blocked"},
                    }
                ]
            }
        ),
        "refused",
    ),
]


def test_what_the_model_did_not_end_is_an_error_and_all_else_is_final(
    tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run in which every request is treated in another way; then the server is mended."""
    ways = [*ANSWERS, *NO_ANSWER]
    data = write_set(tmp_path / "set", len(ways) // 5)
    out = tmp_path / "run"
    treated: dict[str, int] = {}
    mended = False

    def reply(request: Request) -> Reply:
        place = treated.setdefault(request.image.hex()[:400] + request.text, len(treated))
        return Reply("COUNT(2)") if mended else ways[place][0]

    with serving(reply) as server:
        ask(server, data, out, score=False)
        assert len(server.requests) == len(ways)
        named = {
            (data / row["image"]).read_bytes().hex()[:400] + row["prompt"]: row["item_id"]
            for row in read_lines(data / "metadata_test.jsonl")
        }
        found = {row["item_id"]: row for row in read_lines(out / "predictions.jsonl")}
        for asked, place in treated.items():
            row, (_, wanted) = found[named[asked]], ways[place]
            if place < len(ANSWERS):
                assert (row["state"], row["error"]) == (wanted, None), ways[place]
                assert wanted != "answered" or row["raw_text"] == "COUNT(2)", ways[place]
            else:
                assert (row["state"], row["raw_text"]) == ("error", ""), ways[place]
                assert re.search(wanted, row["error"]), row["error"]
                assert f"{server.url}/chat/completions" in row["error"]
        assert f"1 of {len(ways)} answers are empty although tokens were" in capsys.readouterr().err
        mended = True
        before = len(server.requests)
        ask(server, data, out, score=False)
        assert len(server.requests) == before + len(NO_ANSWER), "answers of every kind are final"
    assert "error" not in Counter(row["state"] for row in read_lines(out / "predictions.jsonl"))


def test_what_is_no_count_of_tokens_was_not_said() -> None:
    from inspect_ai.model import ModelOutput, ModelUsage

    output = ModelOutput.from_content("m", "COUNT(2)")
    output.usage = ModelUsage(input_tokens=-5, output_tokens=10**30, input_tokens_cache_read=7)
    assert usage_from(output) == Usage(input=7, cached=7)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": None, "output_tokens": 3}, "none"])
def test_token_counts_that_a_message_lacks_are_filled_in(usage: Any) -> None:
    """Anthropic's shape: its client loses an answer without them."""
    body = {"type": "message", "content": [{"type": "text", "text": "COUNT(2)"}], "usage": usage}
    kept = usage if isinstance(usage, dict) else {}
    wanted = {"input_tokens": 0, "output_tokens": kept.get("output_tokens") or 0}
    assert as_heard(body) == {**body, "usage": wanted}


def test_details_that_a_response_lacks_are_filled_in() -> None:
    """The shape of OpenAI's Responses API."""
    usage = {"input_tokens_details": "x", "output_tokens_details": {"reasoning_tokens": "two"}}
    found = as_heard({"output": [], "usage": {"input_tokens": 3, **usage}})["usage"]
    details = {"cached_tokens": 0}, {"reasoning_tokens": 0}
    assert found == {"input_tokens": 3, **dict(zip(usage, details, strict=True))}


def as_heard(body: dict[str, Any]) -> Any:
    """A body as a client gets it."""
    import httpx

    async def said(url: str) -> Any:
        listen()
        exchange.set(Exchange())
        async with httpx.AsyncClient() as client:
            return (
                await client.post(f"{url}/messages", json={"messages": [{"content": "x"}]})
            ).json()

    with serving(lambda request: Reply(body=body)) as server:
        return asyncio.run(said(server.url))


@pytest.mark.usefixtures("sent_from_here")
def test_a_run_without_one_answer_is_none_and_goes_on(
    two_scenes: Path, tmp_path: Path, key: str, gold: Gold, handeye: Callable[..., Any]
) -> None:
    broken = True
    out = tmp_path / "run"

    def reply(request: Request) -> Reply:
        return complaint("context_length_exceeded") if broken else Reply(gold(request))

    with serving(reply) as server:
        words = ["--model", MODEL, "--data", two_scenes, "--base-url", server.url, "--quiet"]
        words += ["--scenes", 1, "--out", out]
        said = handeye("run", "rose", *words)
        assert said.code == 2
        (line,) = said.err.splitlines()
        assert line.startswith("error: openai-api/handeye-test/m: none of 5 items was answered")
        assert "5012 tokens" in line
        assert states(out) == {"error": 5}
        assert not (out / "run.json").exists()
        broken = False
        assert handeye("run", "rose", *words).code == 0
        assert len(server.requests) == 10


@pytest.mark.usefixtures("sent_from_here")
def test_old_journals_are_read_by_the_same_rule(
    two_scenes: Path, tmp_path: Path, key: str, gold: Gold
) -> None:
    """Lines as they were written before, in place of answers."""
    out = tmp_path / "run"
    with serving(lambda request: Reply(gold(request))) as server:
        ask(server, two_scenes, out, score=False)
        lines = read_lines(out / "answers.jsonl")
        wrong = [
            {"state": "truncated", "stop_reason": "model_length", "raw_text": "too long"},
            {"state": "refused", "stop_reason": "content_filter", "raw_text": "blocked"},
            {"state": "empty", "stop_reason": None, "raw_text": ""},
            {"state": "answered", "stop_reason": "unknown", "raw_text": "COUNT("},
        ]
        kept = [
            {"state": "refused", "stop_reason": "stop", "raw_text": "I will not."},
            {"state": "truncated", "stop_reason": "max_tokens", "raw_text": "COUNT("},
            {"state": "empty", "stop_reason": "stop", "raw_text": ""},
            {"state": "answered", "stop_reason": "stop"},
        ]
        for line, change in zip(lines, [*wrong, *kept], strict=False):
            line.update(change, usage={})
        (out / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        before = len(server.requests)
        found = {row["item_id"]: row for row in ask(server, two_scenes, out, score=False)}
        assert len(server.requests) == before + len(wrong)
    for line in lines[: len(wrong)]:
        assert found[line["item_id"]]["state"] == "answered"
    for line in lines[len(wrong) :]:
        assert found[line["item_id"]]["state"] == line["state"]


def test_a_line_of_a_local_model_without_an_end_stays() -> None:
    line = Answer(
        item_id="a", model="hf/m", request="r", state="answered", raw_text="x",
        stop_reason="unknown", usage=Usage(3, output=2), at="2026",
    )  # fmt: skip
    assert judged_again(line) is line
    assert judged_again(Answer(**{**_fields(line), "model": "openai/m"})).state == "error"


def _fields(answer: Answer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in answer.__struct_fields__}


# ---- what is hopeless


def told_by(reply: Reply | None = None, base_url: str = "", tail: str = "") -> Failure:
    """What becomes of one request of the client itself; a server answers it if there is a reply."""

    async def failed(url: str) -> Failure:
        exchange.set(heard := Exchange())
        client = openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
        try:
            await client.chat.completions.create(model="m", messages=[])
        except Exception as error:
            return failure_of(error, heard)
        return failure_of(TypeError("no choices"), heard)

    listen()
    if reply is None:
        return asyncio.run(failed(base_url))
    with serving(lambda request: reply) as server:
        return asyncio.run(failed(server.url + tail))


@pytest.mark.parametrize(
    ("reply", "words", "hopeless"),
    [
        (Reply(status=401, body={"error": {"message": "Incorrect key"}}), "401.*Incorrect", True),
        (Reply(status=402, body={"error": "Insufficient Balance"}), "402.*Insufficient", True),
        (Reply(status=403, body={"detail": "Forbidden"}), "403.*Forbidden", True),
        (Reply(status=404, body={"detail": "Not Found"}), "/v1/chat/completions: Not Found", True),
        (Reply(body={"message": "The model does not exist", "code": 404}), "not exist", True),
        (
            Reply(status=429, body={"error": {"message": "x", "code": "insufficient_quota"}}),
            "insufficient_quota",
            True,
        ),
        (Reply(status=400, body={"error": {"message": "Model Not Exist"}}), "Not Exist", True),
        (Reply(status=429, body={"error": "You exceeded your current quota"}), "429", False),
        (Reply(status=503, body="overloaded"), "503.*overloaded", False),
        (Reply(status=400, body={"error": "too many pictures"}), "too many", False),
        (Reply(body={"error": {"message": "busy", "code": 503}}), "busy", False),
    ],
    ids=str,
)
def test_which_refusals_no_repetition_heals(reply: Reply, words: str, hopeless: bool) -> None:
    failure = told_by(reply)
    assert re.search(words, failure.reason), failure.reason
    assert failure.hopeless == hopeless
    assert not failure.unreachable


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        (
            "http://127.0.0.1:9/v1",
            "at http://127.0.0.1:9/v1/chat/completions.*refused|Connect call",
        ),
        ("127.0.0.1:9/v1", "missing an 'http://'"),
        ("http://nosuch.invalid/v1", "nosuch.invalid"),
    ],
)
def test_nobody_there_is_told_with_cause_and_address(base_url: str, words: str) -> None:
    failure = told_by(base_url=base_url)
    assert re.search(words, failure.reason), failure.reason
    assert failure.hopeless or failure.unreachable


@pytest.mark.parametrize("tail", ["/v1", "/chat/completions"])
def test_a_wrong_path_is_shown(tail: str) -> None:
    failure = told_by(Reply(status=404, body={"detail": "Not Found"}), tail=tail)
    assert f"/v1{tail}/chat/completions: Not Found" in failure.reason


def test_proxies_of_the_environment_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:9")
    failure = told_by(base_url="http://example.invalid/v1")
    assert "through the proxy http://127.0.0.1:9" in failure.reason
    assert "secret" not in failure.reason
    assert failure.unreachable


def test_a_wrong_key_costs_one_request(two_scenes: Path, tmp_path: Path, key: str) -> None:
    with serving(lambda request: Reply(status=401)) as server:
        with pytest.raises(RunError, match=r"the first request failed with: .*401"):
            ask(server, two_scenes, tmp_path / "run", max_retries=5)
        assert len(server.requests) == 1


def test_a_refused_connection_ends_a_run_within_seconds(tmp_path: Path, key: str) -> None:
    """Not the minutes of five waits, nor those of an error that grows from scene to scene.

    The engine draws every error in its log.
    """
    data = write_set(tmp_path / "set", 12)
    started = time.monotonic()
    with (
        serving(lambda request: Reply()) as server,
        pytest.raises(RunError, match=r"127\.0\.0\.1:9.*Refused"),
    ):
        ask(server, data, tmp_path / "run", base_url="http://127.0.0.1:9/v1", max_retries=5)
    assert time.monotonic() - started < 60
    (log,) = (tmp_path / "run" / "logs").glob("*.eval")
    samples = read_eval_log(str(log)).samples or []
    drawn = [one.error.traceback for one in samples if one.error and "RunError" in str(one.error)]
    assert len(drawn) > 2
    assert len(set(drawn)) <= 2
    assert max(map(len, drawn)) < 10_000


def test_what_is_asked_again_is_said_and_has_no_time_left(
    two_scenes: Path,
    tmp_path: Path,
    key: str,
    gold: Gold,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("handeye.run.progress._PLAIN_EVERY", 0.3)

    def reply(request: Request) -> Reply:  # once more than the client asks by itself
        return Reply(status=503) if len(server.requests) <= 3 else Reply(gold(request))

    with serving(reply) as server:
        ask(server, two_scenes, tmp_path / "run", max_retries=4, progress=True, score=False)
    lines = capsys.readouterr().err.splitlines()
    tried = [line for line in lines if "trying again, 1 of 4" in line]
    assert tried
    assert not any("left" in line for line in tried)
    assert "trying" not in next(line for line in lines if "10 of 10" in line)


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(status=401, body={"error": {"message": "revoked", "code": "invalid_api_key"}}),
        Reply(status=429, body={"error": {"message": "billing", "type": "insufficient_quota"}}),
    ],
    ids=["key", "quota"],
)
def test_a_run_that_became_hopeless_stops_after_a_handful(
    tmp_path: Path, key: str, refusal: Reply
) -> None:
    data = write_set(tmp_path / "set", 8)
    arrived = 0

    def answer(request: Request) -> Reply:
        nonlocal arrived
        arrived += 1
        return Reply("COUNT(1)") if arrived <= 10 else refusal

    out = tmp_path / "run"
    with serving(answer) as server:
        with pytest.raises(RunError, match=r"in a row failed.*what arrived is kept") as error:
            ask(server, data, out, max_connections=4, max_retries=5)
        # Five that were refused, and those that were under way then.
        assert 15 <= len(server.requests) <= 10 + 5 + 4
    assert str(refusal.status) in str(error.value)
    assert "RunError" not in str(error.value)
    assert states(out)["answered"] == 10


def test_patience_is_by_kind() -> None:
    lost, refused, other = (
        Failure("x", unreachable=True), Failure("x", hopeless=True), Failure("x"),
    )  # fmt: skip
    begun = Patience(20, alone=True)
    assert begun.failed(other) is None
    begun.answered()
    assert [begun.failed(refused) is None for _ in range(5)] == [True] * 4 + [False]
    begun.answered()
    assert [begun.failed(lost) is None for _ in range(20)] == [True] * 19 + [False]
    begun.answered()
    assert all(begun.failed(other) is None for _ in range(100))
    assert Patience(20, alone=True).failed(lost) is not None
    assert Patience(20, alone=False).failed(lost) is None


def test_the_others_wait_for_the_first_but_not_for_long(
    two_scenes: Path, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch, gold: Gold
) -> None:
    monkeypatch.setattr("handeye.run.asker.FIRST_ALONE", 0.3)
    first: list[str] = []

    def reply(request: Request) -> Reply:
        first.append(request.content)
        return Reply(gold(request), delay=2.0 if len(first) == 1 else 0.0)

    with serving(reply) as server:
        ask(server, two_scenes, tmp_path / "run", score=False)
        assert len(server.requests) == 10
        assert server.sent[-1] == first[0], "the slow first one was overtaken"


@pytest.mark.usefixtures("sent_from_here")
def test_clips_tell_what_their_server_said(tmp_path: Path, key: str) -> None:
    data = generate(tmp_path / "clips", seed=7, clips=2, workers=1)

    def reply(request: Request) -> Reply:
        if request.parsed.get("response_format"):
            return Reply(status=400, body={"error": "'response_format.type' must be 'text'"})
        return Reply('{"actions": []}')

    options: dict[str, Any] = {"progress": False, "max_retries": 0, "score": False, "frames": 1}
    with serving(reply) as server:
        with pytest.raises(RunError, match=r"'response_format\.type' must be 'text'"):
            run_visualact(MODEL, data, tmp_path / "run", base_url=server.url, **options)
        run_visualact(
            MODEL, data, tmp_path / "other", base_url=server.url, structured=False, **options
        )
    assert states(tmp_path / "other") == {"answered": 2}
