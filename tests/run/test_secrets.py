"""Keys are in nothing that is written or shown, wherever they came in, however they come back."""

from __future__ import annotations

import base64
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings, strategies as st
from inspect_ai.model import GenerateConfig

from handeye.errors import RunError
from handeye.rose.asking.run import RoseOptions, job, run_rose
from handeye.run import secrets
from handeye.run.plan import claim
from handeye.run.questions import content_config
from handeye.run.secrets import (
    keys_in,
    settings_without_secrets,
    without_keys,
    without_known_keys,
    without_secrets,
)
from handeye.terminal.inputs import warn_of_keys
from tests.support.chat_server import ChatServer, Reply, Request, serving
from tests.support.rose.small_set import write_set

MODEL = "openai-api/handeye-test/m"


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Each test begins with a process that was told no key."""
    before = set(secrets._known)
    secrets._known.clear()
    yield
    secrets._known.clear()
    secrets._known.update(before)


@pytest.fixture(scope="module")
def one_scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("one"), 1)


def everything_in(out: Path) -> dict[str, bytes]:
    """Every file of a run, logs unpacked, by name."""
    found = {}
    for path in out.rglob("*"):
        if path.suffix == ".eval":
            with zipfile.ZipFile(path) as archive:
                found |= {f"{path.name}/{n}": archive.read(n) for n in archive.namelist()}
        elif path.is_file():
            found[path.name] = path.read_bytes()
    return found


def echoed(request: Request) -> str:
    """All that a talkative server was told, but for the picture."""
    body = request.parsed
    del body["messages"]
    heads = {name: value for name, value in request.headers.items() if name != "content-length"}
    return json.dumps({"heads": heads, "body": body, "path": request.path})


def talkative(request: Request) -> Reply:
    """Complains of the count, and answers the clicks with everything it was sent."""
    if "How many" in request.text:
        told = {"error": {"message": f"bad request: {echoed(request)}", "type": "x"}}
        return Reply(status=400, body=json.dumps(told))
    return Reply(f"CLICK(R1,C1) {echoed(request)}")


def url_with(place: str, server: ChatServer) -> str:
    return server.url.replace("://", f"://{place}@")


# Where a key comes in: what is given, and everything that must be found nowhere.
Given = Callable[[ChatServer], dict[str, Any]]
BASIC = base64.b64encode(b"user:pw-URLURLURLURL03").decode()
PLACES: dict[str, tuple[Given, dict[str, str], list[str]]] = {
    "a provider's variable, query, headers and body": (
        lambda server: {
            "base_url": f"{server.url}?tenant=tok%2BQRYQRYQRY05",
            "model_args": {"default_headers": {"X-Plain": "nobody-knows-07"}},
            "generation": {
                "extra_headers": {"X-Tenant": 'quoted"-\\-value-08'},
                "extra_body": {"deep": [{"api_key": "body-BODYBODYBODY09"}], "n": 1},
            },
        },
        {"HANDEYE_TEST_API_KEY": "sk-lab-ENVENVENVENV01"},
        [
            *("sk-lab-ENVENVENVENV01", "nobody-knows-07", "body-BODYBODYBODY09"),
            *("tok+QRYQRYQRY05", "tok%2BQRYQRYQRY05"),
            *('quoted"-\\-value-08', 'quoted\\"-\\\\-value-08'),
        ],
    ),
    "api_key, and an address in the environment": (
        lambda server: {"base_url": None, "model_args": {"api_key": "sk-arg-ARGARGARGARG02"}},
        {"HANDEYE_TEST_BASE_URL": "user:pw-URLURLURLURL03"},
        ["sk-arg-ARGARGARGARG02", "pw-URLURLURLURL03", BASIC.rstrip("=")],
    ),
    "user and password of the address": (
        lambda server: {"base_url": url_with("user:pw-URLURLURLURL03", server)},
        {},
        ["pw-URLURLURLURL03", BASIC.rstrip("=")],
    ),
    "a header in place of the key": (
        lambda server: {
            "model_args": {"default_headers": {"Authorization": "Bearer HDRHDRHDRHDR06"}}
        },
        {},
        ["HDRHDRHDRHDR06"],
    ),
}
BYSTANDERS = {
    # Variables of whatever name, that the server happens to repeat.
    "MY_KEY": "plain-MYKEYMYKEY06",
    "LABSTUFF": "sk-hidden0123456789",
    "SOMETHING": "Zx81kLmN02pQrS73tUv",
    "LAB_HEADERS": '{"Authorization": "Bearer tok-JSONJSON0001"}',
    "LAB_PROXY": "http://bob:s3cretpassw0rd@proxy:3128",
    "LAB_DATABASE": "host=db user=me password=hunter-two-hunter",
}
REPEATED = [
    *("plain-MYKEYMYKEY06", "sk-hidden0123456789", "Zx81kLmN02pQrS73tUv"),
    *("tok-JSONJSON0001", "s3cretpassw0rd", "hunter-two-hunter"),
]


@pytest.mark.server
@pytest.mark.parametrize("place", PLACES)
def test_a_key_is_in_no_file_and_on_no_terminal(
    place: str,
    one_scene: Path,
    tmp_path: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    options, environ, hidden = PLACES[place]
    out = tmp_path / "run"
    with serving(talkative) as server:
        for name, value in environ.items():
            is_address = name.endswith("BASE_URL")
            monkeypatch.setenv(name, url_with(value, server) if is_address else value)
        given = {"base_url": server.url, **options(server)}
        run_rose(MODEL, one_scene, out, max_retries=0, progress=False, **given)
    told = "".join(echoed(request) for request in server.requests)
    assert any(one in told for one in hidden), "the key never reached the server"
    found = everything_in(out) | {"terminal": "".join(capfd.readouterr()).encode()}
    assert {"plan.json", "answers.jsonl", "predictions.jsonl", "scores.jsonl", "run.json"} <= {
        *found
    }
    for name, content in found.items():
        for one in hidden:
            assert one.encode() not in content, (name, one)
    rows = [json.loads(line) for line in found["predictions.jsonl"].splitlines()]
    assert {row["state"] for row in rows} == {"answered", "error"}
    for row in rows:
        text = row["raw_text"] if row["state"] == "answered" else row["error"]
        assert "[key]" in text
        # An answer that is not as the model gave it says so; of a complaint one sees it.
        assert row.get("masked") is (True if row["state"] == "answered" else None)
    assert json.loads(found["run.json"])["masked"] == sum("masked" in row for row in rows)
    assert b"repeated a key" in found["terminal"]


@pytest.mark.server
def test_values_of_the_environment_are_kept_out_whatever_their_names(
    one_scene: Path,
    tmp_path: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, value in BYSTANDERS.items():
        monkeypatch.setenv(name, value)
    words = " ".join([*REPEATED, base64.b64encode(b"me:plain-MYKEYMYKEY06").decode()])
    told = json.dumps({"error": {"message": words, "type": "x"}})
    out = tmp_path / "run"

    def reply(request: Request) -> Reply:
        return Reply(status=400, body=told) if "How many" in request.text else Reply(words)

    with serving(reply) as server:
        run_rose(MODEL, one_scene, out, max_retries=0, progress=False, base_url=server.url)
    found = everything_in(out) | {"terminal": "".join(capfd.readouterr()).encode()}
    inside = base64.b64encode(b"plain-MYKEYMYKEY06")[3:20]
    for name, content in found.items():
        for one in (*REPEATED, inside.decode()):
            assert one.encode() not in content, (name, one)


@pytest.mark.server
def test_a_provider_in_this_process_is_held_to_it_too(
    one_scene: Path, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handeye.run.wire.is_remote", lambda model: False)
    monkeypatch.setattr("handeye.run.engine.is_remote", lambda model: False)
    out = tmp_path / "run"
    with serving(talkative) as server:
        settings = {"extra_headers": {"X-Tenant": "tenant-TENANTTENANT10"}}
        run_rose(
            MODEL,
            one_scene,
            out,
            max_retries=0,
            progress=False,
            base_url=server.url,
            generation=settings,
        )
    assert {r.headers["x-tenant"] for r in server.requests} == {"tenant-TENANTTENANT10"}
    for name, content in everything_in(out).items():
        assert b"tenant-TENANTTENANT10" not in content, name
        assert key.encode() not in content, name


@pytest.mark.server
def test_another_key_is_the_same_run(one_scene: Path, tmp_path: Path, key: str) -> None:
    out = tmp_path / "run"
    with serving(lambda request: Reply("COUNT(1)")) as server:
        for number in (1, 2):
            settings = {
                "temperature": 0.5,
                "extra_headers": {"X-Token": f"token-number-{number:06}"},
                "extra_body": {"api_key": f"key-number-{number:06}", "min_p": 0.1},
            }
            run_rose(
                MODEL,
                one_scene,
                out,
                progress=False,
                base_url=server.url,
                generation=settings,
                model_args={"default_headers": {"X-Other": f"other-number-{number:06}"}},
            )
        assert len(server.requests) == 5, "answers under the first key are used"
    plan = json.loads((out / "plan.json").read_text())
    assert plan["config"] == {
        "temperature": 0.5,
        "extra_headers": {"X-Token": "[not kept]"},
        "extra_body": {"api_key": "[not kept]", "min_p": 0.1},
    }


def test_a_folder_that_holds_keys_from_before_is_refused_with_the_reason(
    one_scene: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    options = RoseOptions(
        model="a/b",
        data=str(one_scene),
        out=out,
        generation={"extra_headers": {"X-Token": "token-number-000001"}},
    )
    claim(out, job(options).plan)
    path = out / "plan.json"
    path.write_text(path.read_text().replace("[not kept]", "token-number-000001"))
    with pytest.raises(RunError, match="kept the keys of extra_headers") as error:
        claim(out, job(options).plan)
    assert "token-number" not in str(error.value)


def test_an_argument_that_was_not_kept_before_is_no_other_run(
    one_scene: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    options = RoseOptions(
        model="a/b", data=str(one_scene), out=out, model_args={"min_tokens": 5, "x": 1}
    )
    plan = job(options).plan
    assert plan.model_args == {"min_tokens": 5, "x": 1}
    claim(out, plan)
    path = out / "plan.json"
    path.write_text(path.read_text().replace('"min_tokens": 5', '"min_tokens": "[not kept]"'))
    claim(out, plan)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ({"note": "Zx81kLmN02pQrS73tUv"}, {"note": "[not kept]"}),
        ({"a": [{"b": "use Zx81kLmN02pQrS73tUv now"}]}, {"a": [{"b": "use [key] now"}]}),
        ({"a": [{"b": 5}], "x": 1}, {"a": [{"b": "[not kept]"}], "x": 1}),
        ({"note": "Bearer abc.def-123456"}, {"note": "Bearer abc.def-123456"}),
    ],
)
def test_what_an_earlier_plan_kept_less_or_more_of_is_the_same_run(
    one_scene: Path, tmp_path: Path, now: dict[str, Any], then: dict[str, Any]
) -> None:
    out = tmp_path / "run"
    options = RoseOptions(
        model="a/b",
        data=str(one_scene),
        out=out,
        model_args=now,
        generation={"extra_body": {"odd": "Zx81kLmN02pQrS73tUv"}},
    )
    plan = job(options).plan
    claim(out, plan)
    path = out / "plan.json"
    known = json.loads(path.read_text())
    known |= {"model_args": then, "config": {"extra_body": {"odd": "[key]"}}}
    path.write_text(json.dumps(known))
    claim(out, plan)
    known["model_args"] = {**then, "x": 2}
    path.write_text(json.dumps(known))
    with pytest.raises(RunError, match="-M x was 2"):
        claim(out, plan)


KEYS = (
    "sk-proj-abcDEF1234567890",
    "hf_AbCdEfGhIjKlMnOp4rSt",
    "ghp_abcdefghij0123456789ABCDEFGHIJ012345",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF",
    "xoxb-123456789012-abcdefABCDEF",
    "glpat-abcdefGHIJ1234567890",
)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", "x={}", "prefix:{}", "/v1/{}/x", "use {}.", "Bearer {}"])
def test_a_key_of_a_known_kind_is_none_that_is_written_wherever_it_stands(
    key: str, around: str
) -> None:
    text = around.format(key)
    for found in (
        without_secrets({"note": text, "deep": [{"a": text}]}),
        content_config(GenerateConfig(extra_body={"deep": [{"a": text}]}, system_message=text)),
    ):
        assert key not in json.dumps(found)
        assert "[key]" in json.dumps(found)


def test_names_that_begin_like_keys_stay() -> None:
    named = {
        "a": "/models/sk-learn-models-v2",
        "b": "hub/hf_hub_models_cache_dir",
        "c": "bearer of bad news in 2026",
        "d": "x=hf_transformers_2024",
    }
    assert without_secrets(named) == named


def test_headers_that_say_what_is_asked_make_another_run() -> None:
    def config(**headers: str) -> dict[str, Any]:
        return content_config(GenerateConfig(extra_headers=headers))["extra_headers"]

    told = {"anthropic-beta": "context-1m-2025-08-07", "Accept-Language": "de"}
    assert config(**told) == told
    assert config(X="a", **{"x-user": "me", "x-model": "sk-proj-abcDEF1234567890"}) == {
        "X": "[not kept]",
        "x-user": "[not kept]",
        "x-model": "[not kept]",
    }


def test_fingerprints_hold_no_keys_and_stay_as_they_are_without() -> None:
    def config(**settings: Any) -> dict[str, Any]:
        return content_config(GenerateConfig(**settings))

    plain = {"temperature": 0.5, "reasoning_tokens": 9, "seed": 3, "stop_seqs": ["DONE"]}
    assert config(**plain) == plain
    body = {"top_k": 3, "stop_token": "DONE", "eos_token": "<|end|>", "guided": {"key": {"a": 1}}}
    assert config(extra_body=body) == {"extra_body": body}
    one, two = (
        config(extra_headers={"X": f"value-{n:012}"}, extra_body={"token": f"token-{n:012}"})
        for n in (1, 2)
    )
    assert one == two
    # As the engine has it, which is handed settings without keys.
    assert config(**settings_without_secrets(one)) == one


def test_what_is_named_like_a_key_and_is_none_is_kept() -> None:
    kept = {
        "max_tokens": 5,
        "max_new_tokens": 5,
        "min_tokens": 5,
        "tokenizer": "Qwen/Qwen2.5-VL-3B-Instruct",
        "path": "/models/snapshots/0123456789abcdef0123456789abcdef01234567",
        "revision": "0123456789abcdef0123456789abcdef01234567",
        "model": "Qwen2VL7BInstruct4bit",
        "skip_special_tokens": True,
        "date": "20250102T030405",
        "url": "http://127.0.0.1:8000/v1",
    }
    assert without_secrets(kept) == kept
    assert not keys_in(kept)


def test_keys_deep_in_arguments_are_not_kept() -> None:
    found = without_secrets(
        {
            "client": {"auth": {"user": "me", "secret": "s"}, "timeout": 5},
            "headers": [["X-A", "b"], "X-C: d"],
            "defaultHeaders": {"x": 1},
            "apiKey": "k",
            "pin_code": 123456789012,
            "servers": ["https://u:p@h/v1?key=a&b=c", "https://h/v1"],
            "note": "use sk-abcdefghijkl today",
            "odd": "Zx81kLmN02pQrS73tUv",
            "store": "Protocol=https;AccountName=me;AccountKey=abc/def+ghi==;Suffix=core",
        }
    )
    assert found == {
        "client": {"auth": {"user": "[not kept]", "secret": "[not kept]"}, "timeout": 5},
        "headers": [["[not kept]", "[not kept]"], "[not kept]"],
        "defaultHeaders": {"x": "[not kept]"},
        "apiKey": "[not kept]",
        "pin_code": "[not kept]",
        "servers": ["https://[key]@h/v1?key=[key]&b=[key]", "https://h/v1"],
        "note": "use [key] today",
        "odd": "Zx81kLmN02pQrS73tUv",
        "store": "Protocol=https;AccountName=me;AccountKey=[key];Suffix=core",
    }
    assert without_secrets(found) == found


def test_complaints_lose_keys_that_nobody_knows() -> None:
    told = without_keys(
        "Incorrect API key provided: sk-proj-abc123def456. Authorization: Bearer abc.def-123456 "
        "at http://me:pw@host/v1; basic authentication is needed; token requirements differ",
        environ={},
    )
    assert told == (
        "Incorrect API key provided: [key]. Authorization: Bearer [key] "
        "at http://[key]@host/v1; basic authentication is needed; token requirements differ"
    )


def test_paths_flags_and_short_values_are_no_keys(tmp_path: Path) -> None:
    environ = {
        "PWD": "/some/where/else",
        "KEY_FILE": str(tmp_path / "key.json"),
        "TOKENIZERS_PARALLELISM": "false-or-not-false",
        "MODEL": "Qwen/Qwen2.5-VL-3B-Instruct",
        "DB_PASS": "CLICK(R1",
        "LAB_API_KEY": "none",
        "KEYBOARD": "de-latin1-nodeadkeys",
    }
    text = " ".join(environ.values())
    assert without_known_keys(text, environ) == text
    assert without_keys(text, environ=environ) == text


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def of_go(text: str) -> str:
    return re.sub("[<>&]", lambda c: f"\\u{ord(c[0]):04x}", in_json(text))


QUOTINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "JSON with slashes quoted": lambda key: in_json(key).replace("/", "\\/"),
    "JSON of Go": of_go,
    "JSON in JSON": lambda key: in_json(in_json(key)),
    "JSON in JSON in JSON": lambda key: in_json(in_json(in_json(key))),
    "every character in JSON": lambda key: "".join(
        f"\\u{unit:04x}" for unit in memoryview(key.encode("utf-16-le")).cast("H")
    ),
    "address": quote,
    "address, all": lambda key: quote(key, safe=""),
    "address, small": lambda key: re.sub("%..", lambda c: c[0].lower(), quote(key)),
    "address, pluses": quote_plus,
    "address, every character": lambda key: "".join(f"%{byte:02X}" for byte in key.encode()),
    "encodeURIComponent": lambda key: quote(key, safe="!'()*~"),
    "address in an address": lambda key: quote(quote(key, safe=""), safe=""),
    "JSON in an address": lambda key: quote(in_json(key)),
    "HTML": escape,
    "HTML by numbers": lambda key: escape(key).replace("&#x27;", "&#39;").replace("/", "&#47;"),
    "HTML by names": lambda key: escape(key).replace("&#x27;", "&apos;").replace("/", "&sol;"),
    "HTML, every character": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "HTML in HTML": lambda key: escape(escape(key)),
    "HTML in JSON": lambda key: in_json(escape(key)),
    "two lines": lambda key: f"{key[:9]}\n{key[9:]}",
    "two lines of a table": lambda key: f"{key[:9]} \r\n    {key[9:]}",
    "two lines in JSON": lambda key: in_json(f"{key[:9]}\r\n{key[9:]}"),
}


@pytest.mark.parametrize("quoting", QUOTINGS)
def test_a_key_is_found_however_it_is_quoted(quoting: str) -> None:
    for key in (
        "plain-key_0123456789",
        "aB3/dE+f=&<gH>'iJ\"!k*(l)m",
        "stra\u00dfe \u00fc p\u00e4ss/w\u00f6rter&<1>",
        "back\\slash\\name\\\\end9",
        "user %41 key%2Fzz & more",
        "emoji\U0001f600key<>&'0123",
        "nnnnnrrrrr\\n\\r\\nnn",
    ):
        told = f"x {QUOTINGS[quoting](key)} y"
        assert without_known_keys(told, {"LAB_API_KEY": key}) == "x [key] y"


@pytest.mark.parametrize(
    "piece", ["ss", "\u00df", "\\", "\\n", "%25", "&amp;", " \n", "n", "&#0", "%5c", "\\\\u"]
)
def test_no_text_takes_long(piece: str) -> None:
    environ = {
        "A_API_KEY": "nrnrnrnrnrnrn",
        "B_API_KEY": "\\\\\\ \\ nnnnnnnnn",
        "C_API_KEY": " %%%%%%&&&&&&",
        "D_API_KEY": "\u00df" * 30 + "n",
    }
    for text in (piece * 5_000, piece * 5_000 + " ".join(environ.values())):
        began = time.perf_counter()
        shown = without_known_keys(text, environ)
        without_secrets({"extra_body": {"text": text}})
        # Where it grew with the square of the length, it took minutes.
        assert time.perf_counter() - began < 5
        assert not any(key in shown for key in environ.values())


def test_the_text_around_a_key_stays() -> None:
    environ = {"LAB_API_KEY": "aB3/dE+f=&<gH>"}
    text = "50% of \\n a &amp; b: \\u00e4 %41 CLICK(R1,\nC2) aB3/dE+f=&<g"
    assert without_known_keys(text, environ) == text


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("CONN", "Server=x;Pwd=hunter2hunter2;", "hunter2hunter2"),
        ("CONN", "Server=x;Password=two words of it;", "two words of it"),
        ("CONN", "host=h password='two words of it'", "two words of it"),
        ("HTTPS_PROXY", "bob:password1234@proxy:3128", "password1234"),
        (
            "ODD",
            "wJalrXUtnF3/K7MD2NG/bPxRf8iCY4xPL9Kq",
            "wJalrXUtnF3/K7MD2NG/bPxRf8iCY4xPL9Kq",
        ),
        ("ODD", "-----BEGIN PRIVATE KEY-----\nMIIEvQIB\nabcdefghijklmn\n", "abcdefghijklmn"),
        ("ODD", "sk_live_51H8xyzABC", "sk_live_51H8xyzABC"),
        ("OPENAI_API_KEY_2", "plain-words-only", "plain-words-only"),
    ],
)
def test_a_key_of_the_environment_is_found(name: str, value: str, key: str) -> None:
    assert without_known_keys(f"x {key} y", {name: value}) == "x [key] y"


def test_variables_named_like_a_key_that_are_none() -> None:
    environ = {
        "AUTH_TYPE": "managed-identity",
        "LOGIN": "peter-mustermann",
        "PIN_MEMORY": "enabled-for-all",
        "TOKEN_LIMIT": "100000000000",
        "SIGNATURE_MODEL": "gpt-5.5-2026-08-01",
        "PROMPT_CACHE_KEY": "scene-of-the-day",
        "STOP_TOKEN": "END-OF-ANSWER",
        "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
        "MODEL_REVISION": "0123456789abcdef0123456789abcdef01234567",
    }
    text = " ".join(environ.values())
    assert without_known_keys(text, environ) == text


# What two runs may differ in alone.
OTHERS = [
    {"revision": "0123456789abcdef0123456789abcdef0123456{}"},
    {"digest": "sha256:" + "0123456789abcdef" * 3 + "0123456789abcde{}"},
    {"stop_token": "<end-of-answer-{}>"},
    {"stop_token": "Zx81kLmN02pQrS73tU{}"},
    {"prompt_cache_key": "Zx81kLmN02pQrS73tU{}"},
    {"lora_request": {"name": "Zx81kLmN02pQrS73tU{}"}},
    {"sort_key": "Zx81kLmN02pQrS73tU{}", "token_limit": "10000000000{}"},
    {"primary_key": "0123456789abcdef0123456789abcde{}"},
    {"tokenizer": "Zx81kLmN02pQrS73tU{}"},
    {"section_headers": ["first header {}"]},
    {"image": "https://host/Zx81kLmN02pQrS73tUv?rev=0123456789abcde{}"},
]


@pytest.mark.parametrize("body", OTHERS, ids=[*map(str, range(len(OTHERS)))])
def test_runs_that_ask_otherwise_are_two(
    body: dict[str, Any], one_scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans, asked = [], []
    for digit in "12":
        given = json.loads(json.dumps(body).replace("{}", digit))
        for at, value in enumerate([*given.values(), *given.get("lora_request", {}).values()]):
            # Scripts put such things into the environment.
            monkeypatch.setenv(f"MODEL_REVISION_{at}", str(value))
        options = RoseOptions(
            model="a/b",
            data=str(one_scene),
            out=Path("run"),
            generation={"extra_body": given},
            model_args=given,
        )
        plans.append(job(options).plan)
        asked.append(content_config(GenerateConfig(extra_body=given)))
        assert asked[-1] == {"extra_body": given}
    assert plans[0].config != plans[1].config
    assert asked[0] != asked[1]
    if "revision" in body or "lora_request" in body:
        assert plans[0].model_args != plans[1].model_args


def test_a_key_in_the_body_is_kept_out_however_short() -> None:
    body = {
        "password": "hunter2",
        "pass phrase": "correct horse",
        "pin": 1234,
        "db": {"passwd": "a", "api_key": {"value": "b"}, "accessToken": "c", "client_secret": 5},
        "connection": "Server=x;Pwd=abc;Timeout=5",
        "authorization": "0123456789abcdef0123456789abcdef",
        "proxy": "bob:pw@proxy:3128",
    }
    assert settings_without_secrets({"extra_body": body})["extra_body"] == {
        "password": "[not kept]",
        "pass phrase": "[not kept]",
        "pin": "[not kept]",
        "db": {
            "passwd": "[not kept]",
            "api_key": {"value": "[not kept]"},
            "accessToken": "[not kept]",
            "client_secret": "[not kept]",
        },
        "connection": "Server=x;Pwd=[key];Timeout=5",
        "authorization": "[not kept]",
        "proxy": "[key]@proxy:3128",
    }


def test_a_key_under_a_plain_name_is_kept_out_of_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_API_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("LAB_SECRET", "words-without-digits")
    monkeypatch.setenv("LAB_KEY", "Zx81kLmN02pQrS73tUv")
    kept = without_secrets(
        {
            "a": "words-without-digits",
            "b": "sk-abcdefghijkl",
            "c": "0123456789abcdef0123456789abcdef",
            "d": "Zx81kLmN02pQrS73tUv",
        }
    )
    assert set(kept.values()) == {"[key]"}


@settings(max_examples=30)
@given(
    key=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=12, max_size=40),
    before=st.text(max_size=5),
    behind=st.text(max_size=5),
)
def test_a_key_is_found_in_every_form_that_servers_give_it(
    key: str, before: str, behind: str
) -> None:
    environ = {"LAB_API_KEY": key}
    if secrets._is_path(key) or "://" in key or key.lstrip()[:1] in ("{", "["):
        return
    for form in (key, json.dumps(key)[1:-1], quote(key, safe=""), escape(key)):
        assert form not in without_known_keys(f"{before} {form} {behind}", environ)
    hidden = base64.b64encode(f"{before}{key}{behind}".encode()).decode()
    shown = without_known_keys(hidden, environ)
    # All but the characters that hold bits of what stands beside the key.
    assert "[key]" in shown
    assert len(shown.replace("[key]", "")) <= len(hidden) - 4 * (len(key.encode()) // 3) + 4


def test_a_command_line_that_shows_a_key_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_keys(
        {
            "-M": {
                "api_key": "sk-abcdefghijkl",
                "stream": True,
                "default_headers": {"X": "y" * 12},
            },
            "-s": {"max_tokens": 5, "extra_body": {"token": "abcdefghijkl"}},
            "--base-url": {"": "http://u:password@h/v1"},
        }
    )
    told = capsys.readouterr().err
    assert "`ps` shows the key in -M api_key, -M default_headers, -s extra_body, --base-url" in told
    assert "abcdefghijkl" not in told
    warn_of_keys({"-M": {"api_key": "none"}, "-s": {"seed": 3}, "--base-url": {"": "http://h/v1"}})
    assert capsys.readouterr().err == ""
