"""What must not change: what handeye makes, asks and scores, as it stood at commit c3636de.

``frozen/expected.json`` holds a hash of every file that the recipe makes (``support.frozen`` takes
times and paths away) and the fingerprint of every request; ``fixtures/c3636de`` sets and runs that
were begun then, finished or killed half-way. Whoever changes a frozen value on purpose makes it
anew (``python -m tests.test_frozen``) in a commit that says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.frozen import hashes, request_keys, texts

HERE = Path(__file__).parent
EXPECTED = HERE / "frozen" / "expected.json"
OLD = HERE / "fixtures" / "c3636de"
RECIPE = """
rose generate set --seed 7 --scenes 10 --sources glyph,pixel-edit
run rose --model handeye/pixels --data set --templates all --out pixels --quiet
run rose --model handeye/simulated --data set --templates all --out simulated --quiet \\
    --model-arg faults=ignore_region=0.3,miscount=0.1,break_grammar=0.05,refuse=0.03 \\
    --model-arg seed=7
rose diagnose simulated
compare pixels simulated --json compare.json
report pixels simulated --out report.html
rose score simulated/predictions.jsonl --data set --out scored
visualact generate clips --seed 7 --clips 8
run visualact --model handeye/prior --data clips --out prior --embedder test:char-ngrams --quiet
run visualact --model handeye/motion --data clips --out motion --embedder test:char-ngrams --quiet
run visualact --model handeye/simulated --data clips --out two-pass --embedder test:char-ngrams \\
    --protocol two-pass --model-arg faults=miss=0.3,refuse=0.2 --quiet
report prior two-pass --out visualact.html
visualact score two-pass/predictions.jsonl --data clips --out clips-scored \\
    --embedder test:char-ngrams
""".replace("\\\n", "")
RUNS = ("pixels", "simulated", "prior", "motion", "two-pass")


def handeye(folder: Path, *words: str) -> str:
    """What a command says, run in ``folder``."""
    paths = os.pathsep.join(filter(None, [str(HERE.parent / "src"), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "handeye", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def made(folder: Path) -> dict[str, dict[str, str] | dict[str, list[str]]]:
    """Carry the recipe out; hashes of what it makes, and the keys of what it asks."""
    for line in RECIPE.strip().splitlines():
        handeye(folder, *line.split())
    return {
        "files": hashes(folder),
        "requests": {run: request_keys(folder / run) for run in RUNS},
    }


def encoder(folder: Path) -> object:
    """What the bytes of videos, and with them the fingerprints of clips, depend on."""
    return json.loads((folder / "clips" / "generation.json").read_text())["libraries"]


def test_nothing_that_must_not_change_has_changed(tmp_path: Path) -> None:
    expected = json.loads(EXPECTED.read_text())
    found = made(tmp_path)
    if encoder(tmp_path) != expected["encoder"]:
        own = ("clips", "prior", "motion", "two-pass", "visualact")
        for part in found, expected:
            for kind in ("files", "requests"):
                part[kind] = {k: v for k, v in part[kind].items() if not k.startswith(own)}
    assert found["requests"] == expected["requests"]
    assert sorted(found["files"]) == sorted(expected["files"])
    other = [name for name, value in found["files"].items() if value != expected["files"][name]]
    told = texts(tmp_path)
    for name in other:  # a hash says nothing: the text lies there to be compared
        path = tmp_path.with_name("changed") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(told[name], "utf-8", "surrogatepass")
    assert not other, f"changed; the normalized texts are in {tmp_path.with_name('changed')}"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folders begun at c3636de, in another place."""
    return Path(shutil.copytree(OLD, tmp_path / "old"))


GENERATE = {
    "set": "rose generate set-half --seed 3 --scenes 18 --sources pixel-content --grid 4:8",
    "clips": "visualact generate clips-half --seed 3 --clips 8",
}


@pytest.mark.parametrize("name", GENERATE)
def test_a_set_that_was_killed_half_way_goes_on_to_the_same_bytes(old: Path, name: str) -> None:
    if name == "clips":
        record = json.loads((old / "clips-half" / "generation.json").read_text())
        from handeye.visualact.scenes.film_writing import encoder_versions

        if record["libraries"] != encoder_versions():
            pytest.skip("the fixture was made with another encoder")
    handeye(old, *GENERATE[name].split())
    handeye(old, *GENERATE[name].split())  # finished: nothing is made again
    assert hashes(old / f"{name}-half") == hashes(OLD / name)


RUN = {
    "rose": "run rose --model handeye/simulated --data set --split all --templates T1,T3,T4,T5 "
    "--model-arg faults=miss=0.2,api_error=0.1,refuse=0.1,truncate=0.05 --quiet --out",
    "clips": "run visualact --model handeye/simulated --data clips --embedder test:char-ngrams "
    "--protocol two-pass --model-arg faults=miss=0.3,api_error=0.2,refuse=0.1 --quiet --out",
}


@pytest.mark.parametrize("name", RUN)
@pytest.mark.parametrize("half", ["", "-half"], ids=["finished", "killed"])
def test_a_run_of_then_goes_on_and_asks_nothing_twice(old: Path, name: str, half: str) -> None:
    run = old / f"{name}-run{half}"
    before = [
        line for line in (run / "answers.jsonl").read_bytes().splitlines() if line[-1:] == b"}"
    ]
    handeye(old, *RUN[name].split(), run.name)
    after = (run / "answers.jsonl").read_bytes().splitlines()
    assert after[: len(before)] == before
    answered = {
        (row["item_id"], row["request"])
        for row in map(json.loads, before)
        if row["state"] != "error"
    }
    asked = [(row["item_id"], row["request"]) for row in map(json.loads, after[len(before) :])]
    assert not answered & set(asked)
    keys = set(request_keys(OLD / f"{name}-run"))
    assert set(request_keys(run)) == keys
    wanted = hashes(OLD / f"{name}-run")
    found = hashes(run)
    for file in ("scores.jsonl", "scores.parquet", "summary.json", "plan.json"):
        assert found[file] == wanted[file], file


@pytest.mark.parametrize("name", RUN)
def test_a_run_of_then_is_read_and_shown(old: Path, name: str) -> None:
    run = f"{name}-run"
    suite = "rose" if name == "rose" else "visualact"
    handeye(old, "report", run, "--out", "report.html")
    handeye(old, "compare", run, run)
    handeye(old, suite, "diagnose", run)
    assert (old / "report.html").stat().st_size > 10_000


def test_the_lines_of_an_old_journal_have_these_fields() -> None:
    fields = {"item_id", "model", "request", "state", "raw_text", "stop_reason", "error"}
    fields |= {"media_sha256", "seconds", "at"}
    for name in RUN:
        for line in (OLD / f"{name}-run" / "answers.jsonl").read_bytes().splitlines():
            row = json.loads(line)
            assert fields <= set(row) <= fields | {"usage", "note"}


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        value = made(Path(place)) | {"encoder": encoder(Path(place))}
        EXPECTED.parent.mkdir(exist_ok=True)
        EXPECTED.write_text(json.dumps(value, indent=1) + "\n")
