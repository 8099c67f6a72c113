from __future__ import annotations

from pathlib import Path

import pytest

from handeye.errors import RunError
from handeye.rose.asking.run import RoseOptions, job
from handeye.rose.release import load
from handeye.run.plan import claim, rows_sha256
from handeye.run.secrets import without_keys, without_secrets
from tests.support.rose.small_set import write_set


def plan_of(data: Path, out: Path, **changes: object) -> object:
    options = RoseOptions(model="a/b", data=str(data), out=out, **changes)  # type: ignore[arg-type]
    return job(options).plan


def test_the_same_run_goes_on(small_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    claim(out, plan_of(small_set, out))  # type: ignore[arg-type]
    before = (out / "plan.json").read_bytes()
    claim(out, plan_of(small_set, out, max_connections=3, attempt_timeout=5))  # type: ignore[arg-type]
    assert (out / "plan.json").read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"order": "authors"}, "order"),
        ({"generation": {"temperature": 0.5}}, "config"),
        ({"model_args": {"stream": True}}, "model_args"),
        ({"scenes": 2}, "items was 30, now 10"),
        ({"templates": "T1"}, "items was 30, now 6"),
    ],
)
def test_another_run_is_refused_and_named(
    small_set: Path, tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    out = tmp_path / "run"
    claim(out, plan_of(small_set, out))  # type: ignore[arg-type]
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(RunError, match=named):
        claim(out, plan_of(small_set, out, **changes))  # type: ignore[arg-type]
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_another_model_or_other_data_is_refused(small_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    claim(out, plan_of(small_set, out))  # type: ignore[arg-type]
    other = write_set(tmp_path / "other", 6, side=64)
    with pytest.raises(RunError, match="items_sha256"):
        claim(out, plan_of(other, out))  # type: ignore[arg-type]
    options = RoseOptions(model="a/c", data=str(small_set), out=out)
    with pytest.raises(RunError, match="model was 'a/b', now 'a/c'"):
        claim(out, job(options).plan)


def test_the_same_items_by_other_words_are_the_same_run(small_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    claim(out, plan_of(small_set, out))  # type: ignore[arg-type]
    claim(out, plan_of(small_set, out, templates="T1,T2,T3,T4,T5", split="all"))  # type: ignore[arg-type]


def test_a_folder_with_other_things_is_left_alone(small_set: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match="not empty"):
        claim(tmp_path, plan_of(small_set, tmp_path))  # type: ignore[arg-type]
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_every_field_of_a_row_counts(small_set: Path, tmp_path: Path) -> None:
    text = (small_set / "metadata_test.jsonl").read_text()
    copy = tmp_path / "metadata_test.jsonl"
    copy.write_text(text)
    assert rows_sha256(load(copy)) == rows_sha256(load(small_set))
    copy.write_text(text.replace("highlighted region", "marked region", 1))
    assert rows_sha256(load(copy)) != rows_sha256(load(small_set))


def test_secrets_are_not_kept() -> None:
    kept = without_secrets(
        {"api_key": "sk-1", "apikey": "sk-1", "AUTH_TOKEN": "t", "stream": True, "max_tokens": 6}
    )
    assert {name for name, value in kept.items() if value == "[not kept]"} == {
        "api_key",
        "apikey",
        "AUTH_TOKEN",
    }
    assert (kept["stream"], kept["max_tokens"]) == (True, 6)
    others = {"keyfile": "k", "auth_tokens": "t", "secrets": "s", "token-id": "t"}
    assert set(without_secrets(others).values()) == {"[not kept]"}


def test_keys_are_blotted_out_of_texts() -> None:
    env = {"A_API_KEY": "sk-abcdef", "B_TOKEN": "x", "HOME": "/home/someone"}
    told = "wrong key sk-abcdef and sk-abcdef-2 from /home/someone, x"
    assert (
        without_keys(told, ["sk-abcdef-2", None], env)
        == "wrong key [key] and [key] from /home/someone, x"
    )
