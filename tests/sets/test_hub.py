"""Sets by ``hf:OWNER/NAME`` with the real client, whose cache is made of links; every suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handeye import rose, visualact
from handeye.errors import DataError
from handeye.sets.folder import inside, revision_of
from tests.support.hub_server import HubServer, serving

pytestmark = pytest.mark.server
COMMIT, LATER = "b" * 40, "c" * 40


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HubServer, Path]]:
    """A Hub with a set of each suite (the names tell nothing), and a folder to work in."""
    folder = tmp_path_factory.mktemp("hub")
    sets = {
        "me/real": rose.generate(folder / "scenes", seed=3, scenes=4, sources="glyph", workers=1),
        "me/films": visualact.generate(folder / "clips", seed=3, clips=4, workers=1),
    }
    with serving(sets, COMMIT) as server:
        yield server, folder


def handeye(hub: tuple[HubServer, Path], *words: object, code: int = 0) -> str:
    server, folder = hub
    done = subprocess.run(
        [sys.executable, "-m", "handeye", *map(str, words)],
        env=server.environment(folder / "home"),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def test_a_run_of_rose_its_report_and_its_revision(hub):
    faults = "miss=0.9"
    handeye(
        hub, "run", "rose", "--model", "handeye/simulated", "--data", "hf:me/real", "--templates",
        "T1,T3", "--out", "run", "-M", f"faults={faults}", "--quiet",
    )  # fmt: skip
    run = hub[1] / "run"
    info = json.loads((run / "run.json").read_text())
    assert {entry["revision"] for entry in info["data"]} == {COMMIT}
    assert all(Path(entry["path"]).name == "metadata_test.jsonl" for entry in info["data"])
    assert json.loads((run / "plan.json").read_text())["revision"] == COMMIT
    cached = hub[1] / f"home/hub/datasets--me--real/snapshots/{COMMIT}"
    assert any(path.is_symlink() for path in cached.rglob("*.png")), "the layout that is meant"
    handeye(hub, "report", "run", "--out", "report.html")
    page = (hub[1] / "report.html").read_text()
    assert "data:image/" in page, "failures are shown with their pictures"
    told = handeye(hub, "rose", "score", "run/predictions.jsonl", "--data", "hf:me/real@main",
                   "--templates", "T1,T3", "--out", "scored")  # fmt: skip
    assert "written to scored" in told


def test_a_run_of_visualact(hub):
    handeye(
        hub, "run", "visualact", "--model", "handeye/prior", "--data", "hf:me/films", "--out",
        "clips-run", "--embedder", "test:char-ngrams", "--quiet",
    )  # fmt: skip
    info = json.loads((hub[1] / "clips-run/run.json").read_text())
    assert [entry["revision"] for entry in info["data"]] == [COMMIT]
    handeye(hub, "report", "clips-run", "--out", "clips.html")
    assert "data:image/" in (hub[1] / "clips.html").read_text()


def test_a_study_knows_the_suite_by_the_files(hub):
    server, folder = hub
    process = subprocess.Popen(
        [sys.executable, "-m", "handeye", "study", "serve", "hf:me/real", "--items", "4",
         "--port", "0", "--out", "study.sqlite"],
        env=server.environment(folder / "home"), cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "answers go to study.sqlite; stop with Ctrl-C\n"
        assert process.stdout.readline().startswith("open http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_process_stays_with_the_commit_that_it_got(hub):
    server, folder = hub
    code = (
        "import sys; from handeye.sets.hub import fetch_dataset as fetch;"
        "first = fetch('hf:me/real'); print(first.name, flush=True); sys.stdin.readline();"
        "print(fetch('hf:me/real').name)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=server.environment(folder / "home"), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline().strip() == COMMIT
    server.commit = LATER
    try:
        said, _ = process.communicate("\n", timeout=30)
    finally:
        server.commit = COMMIT
    assert said.strip() == COMMIT


def test_what_is_not_there_is_one_line(hub):
    told = handeye(hub, "rose", "describe", "hf:me/nothing", code=2)
    assert told.startswith("error: hf:me/nothing: could not be fetched from the Hub: ")
    assert len(told.splitlines()) == 1


# ---- which links are followed


def cache(folder: Path) -> Path:
    """The layout of the Hub's cache with one picture; returns the folder of the revision."""
    repo = folder / "datasets--me--real"
    (repo / "blobs").mkdir(parents=True)
    (repo / "blobs/1234").write_bytes(b"picture")
    root = repo / "snapshots" / COMMIT
    (root / "images").mkdir(parents=True)
    (root / "images/a.png").symlink_to("../../../blobs/1234")
    return root


def test_links_of_the_cache_are_followed_within_its_repository(tmp_path):
    root = cache(tmp_path)
    assert revision_of(root) == COMMIT
    assert inside(root, "images/a.png", "image").read_bytes() == b"picture"
    (tmp_path / "secret").write_bytes(b"x")
    other = cache(tmp_path / "other")
    for name, target in (
        ("out.png", tmp_path / "secret"),
        ("repo.png", other / "images/a.png"),
        ("up.png", "../../../../secret"),
    ):
        (root / "images" / name).symlink_to(target)
        with pytest.raises(DataError, match="is a link that leaves the folder"):
            inside(root, f"images/{name}", "image")
    (root / "images/self.png").symlink_to("self.png")
    with pytest.raises(DataError, match="cannot be found"):
        inside(root, "images/self.png", "image")


def test_links_of_another_folder_stay_in_it(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    (tmp_path / "blobs").mkdir()
    (root / "a.png").write_bytes(b"a")
    (root / "b.png").symlink_to("a.png")
    (tmp_path / "blobs/c").write_bytes(b"c")
    (root / "c.png").symlink_to("../blobs/c")
    assert revision_of(root) == ""
    assert inside(root, "b.png", "image").read_bytes() == b"a"
    with pytest.raises(DataError, match="leaves the folder"):
        inside(root, "c.png", "image")


@pytest.mark.parametrize(
    "name",
    ["", "/etc/a", "../x", "a/../../x.png", "..\\x.png", "C:\\x.png", "a\0.png", "x" * 5000],
)  # fmt: skip
def test_names_that_lead_out_or_are_none(tmp_path, name):
    with pytest.raises(
        DataError, match=r"image '.*' (leaves the folder of the set|holds a zero byte|is too long)"
    ):
        inside(cache(tmp_path), name, "image")


def test_the_working_folder_is_of_no_account(tmp_path, monkeypatch):
    for number in (1, 2):
        folder = tmp_path / str(number)
        (folder / "set").mkdir(parents=True)
        (folder / "set/a.png").write_bytes(b"a")
        monkeypatch.chdir(folder)
        assert inside(Path("set"), "a.png", "image").is_file()
        assert os.fspath(inside(Path("set"), "a.png", "image")) == "set/a.png"
