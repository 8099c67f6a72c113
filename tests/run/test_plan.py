from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from handeye.errors import RunError
from handeye.rose.asking.run import RoseOptions, job
from handeye.rose.release import load
from handeye.run.plan import claim, read_plan, rows_sha256
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
        ({"order": "authors"}, "--order was 'image_first', now 'authors'"),
        ({"generation": {"temperature": 0.5}}, "-s temperature was not given, now 0.5"),
        ({"model_args": {"stream": True}}, "-M stream was not given, now True"),
        ({"scenes": 2}, "items was 30, now 10: .*--scenes was not given, now 2"),
        ({"templates": "T1"}, "items was 30, now 6: .*--templates was not given, now 'T1'"),
    ],
)
def test_another_run_is_refused_and_named(
    small_set: Path, tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    out = tmp_path / "run"
    claim(out, plan_of(small_set, out))  # type: ignore[arg-type]
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(RunError, match=named):
        grow(small_set, out, **changes)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


@pytest.mark.parametrize("name", ["items", "scenes"])
def test_a_plan_that_counts_its_rows_otherwise_is_refused(
    small_set: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "run"
    claim(out, plan_of(small_set, out))  # type: ignore[arg-type]
    plan = json.loads((out / "plan.json").read_text())
    (out / "plan.json").write_text(json.dumps(plan | {name: -1}))
    with pytest.raises(RunError, match=f"{name} was -1, now"):
        claim(out, plan_of(small_set, out))  # type: ignore[arg-type]


def grow(data: Path, out: Path, **changes: object) -> None:
    options = RoseOptions(model="a/b", data=str(data), out=out, **changes)  # type: ignore[arg-type]
    made = job(options)
    claim(out, made.plan, made.lacking, made.named)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"scenes": 2}, {"scenes": 4}),
        ({"scenes": 2}, {}),
        ({"templates": "T1"}, {"templates": "T3,T1"}),
        ({"templates": "T1", "scenes": 2}, {"templates": "main", "scenes": 3}),
        ({"templates": "T2", "split": "test"}, {"split": "all", "templates": "all"}),
    ],
)
def test_a_run_grows_where_all_of_the_old_stays(
    small_set: Path, tmp_path: Path, before: dict[str, object], after: dict[str, object]
) -> None:
    out = tmp_path / "run"
    grow(small_set, out, **before)
    (out / "run.json").write_text("{}")
    grow(small_set, out, **after)
    wanted = plan_of(small_set, out, **after)
    assert read_plan(out) == wanted
    # The scores of a part are not those of the run; nothing else lies there.
    assert [one.name for one in out.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ({"scenes": 4}, {"scenes": 2}, "10 of the old ones are not selected; --scenes was 4"),
        ({"templates": "T1,T2"}, {"templates": "T2,T3"}, "6 of the old ones .* --templates was"),
        ({"templates": "T1,T2"}, {"templates": "T3,T4,T5"}, "12 of the old ones"),
        ({"scenes": 2}, {"scenes": 4, "order": "authors"}, "--order was"),
        ({"scenes": 2}, {"scenes": 4, "generation": {"temperature": 1}}, "-s temperature was"),
        ({"scenes": 4}, {"scenes": 2, "generation": {"temperature": 1}}, "10 of the old"),
    ],
)
def test_what_would_lose_rows_or_ask_otherwise_does_not_grow(
    small_set: Path,
    tmp_path: Path,
    before: dict[str, object],
    after: dict[str, object],
    named: str,
) -> None:
    out = tmp_path / "run"
    grow(small_set, out, **before)
    (out / "run.json").write_text("{}")
    kept = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(RunError, match=named):
        grow(small_set, out, **after)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == kept


def test_a_set_that_got_more_rows_grows_and_one_with_another_row_does_not(
    small_set: Path, tmp_path: Path
) -> None:
    lines = (small_set / "metadata_test.jsonl").read_text().splitlines(keepends=True)
    data, out = tmp_path / "set", tmp_path / "run"
    shutil.copytree(small_set, data)
    (data / "metadata_test.jsonl").write_text("".join(lines[:15]))
    grow(data, out)
    changed = lines[3].replace("highlighted region", "marked region")
    assert changed != lines[3]
    (data / "metadata_test.jsonl").write_text("".join([*lines[:3], changed, *lines[4:]]))
    with pytest.raises(RunError, match="the rows are not those it was started with"):
        grow(data, out)
    (data / "metadata_test.jsonl").write_text("".join(lines))
    grow(data, out)
    assert read_plan(out).items == 30


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
