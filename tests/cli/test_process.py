"""How commands end: one line whatever happens, streams that show what they can, Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handeye import rose
from handeye.cli import main
from handeye.cli.process import carry_out
from handeye.errors import DataError
from handeye.rose.scoring.file_scoring import score_files

FULL = "No space left on device (the disk is full); make room and start the same command again"


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    return rose.generate(folder / "set", seed=3, scenes=2, sources="glyph", workers=1)


def handeye(
    *words: object, code: int = 0, most_bytes: int = 0, **more: object
) -> subprocess.CompletedProcess[str]:
    def limited() -> None:
        if most_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    environment = {**os.environ, **dict(more.pop("environment", {}))}  # type: ignore[call-overload]
    done = subprocess.run(
        [sys.executable, "-m", "handeye", *map(str, words)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},  # type: ignore[call-overload]
        env=environment,
        text=True,
        errors="replace",
        preexec_fn=limited,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in f"{done.stdout}{done.stderr}"
    return done


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    return line


# ---- whatever goes wrong


def raising(error: BaseException) -> None:
    def command() -> None:
        raise error

    assert carry_out(command) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DataError("rows.jsonl:3: odd\nmore"), "error: rows.jsonl:3: odd more\n"),
        (OSError(28, "No space left on device", "deep/file"), "error: deep/file: No space left on"),
        (OSError(28, "No space left on device"), f"error: the output: {FULL}\n"),
        (NotADirectoryError(20, "Not a directory", "/etc/passwd/x"), "/etc/passwd/x: Not a direct"),
        (RecursionError(), "error: something that was given is nested too deeply\n"),
        (MemoryError(), "error: there is not enough memory for this\n"),
        (DataError("x" * 5000), " ... "),
    ],
)
def test_it_is_one_line_and_2(capsys, error, words):
    raising(error)
    told = capsys.readouterr().err
    assert words in told
    assert told.startswith("error: ")
    assert len(told) < 2100
    assert told.count("\n") == 1


def test_other_errors_are_not_hidden():
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        carry_out(command)


# ---- streams


def test_a_console_shows_what_it_can():
    there = {"PYTHONIOENCODING": "ascii"}
    told = handeye("rose", "describe", "no − such… “set”", environment=there, code=2)
    assert one_line(told).startswith('error: no - such... "set": no such set')


def test_characters_that_stand_for_others(monkeypatch):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert carry_out(lambda: print("−5 ± 1 ≥ “x” 漢 \udcff")) == 0
    assert raw.getvalue() == b'-5 +/- 1 >= "x" ? ?\n'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["suites"], ["rose", "describe", "{}"]])
def test_output_that_cannot_be_written(scenes, words):
    with Path("/dev/full").open("w") as full:
        done = handeye(*(word.format(scenes) for word in words), stdout=full, code=2)
    assert one_line(done) == f"error: the output: {FULL}"


def test_words_that_are_no_text(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    assert "caf\\udce9' is not UTF-8 text" in one_line(handeye("rose", "verify", name, code=2))
    place = tmp_path / name
    place.mkdir()
    assert "is not UTF-8 text" in one_line(handeye("suites", cwd=place, code=2))


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["rose", "describe", ""], "an argument"),
        (["rose", "score", "p.jsonl", "--data=", "--out", "run"], "--data"),
        (["run", "rose", "--model", "handeye/pixels", "--templates", ""], "--templates"),
        (["report", "run", "--out", ""], "--out"),
    ],
)
def test_what_is_empty_is_no_name(monkeypatch, capsys, words, option):
    monkeypatch.setattr(sys, "argv", ["handeye", *words])
    assert carry_out(lambda: None) == 2
    assert f"error: {option} is empty: '' is no name" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["handeye", "rose", "load", "--split", "", "--title="])
    assert carry_out(lambda: None) == 0


# ---- disks


def test_a_full_disk_is_told_and_what_was_there_stays(scenes, tmp_path):
    answers, out = tmp_path / "answers.jsonl", tmp_path / "run"
    rows = [
        {"item_id": item.item_id, "raw_text": "COUNT(1)", "image_sha256": item.image_sha256}
        for item in rose.load(scenes)
    ]
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    score_files(answers, scenes, out)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    score = ("rose", "score", answers, "--data", scenes, "--out", out)
    told = one_line(handeye(*score, most_bytes=2000, code=2))
    assert "File too large" in told
    assert str(out) in told
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    told = one_line(handeye("report", out, "--out", tmp_path / "r.html", most_bytes=900, code=2))
    assert told.startswith(f"error: {tmp_path / 'r.html'}: cannot be written: File too large")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "run"]


@pytest.mark.parametrize("place", ["{}/file/x", "/proc/none/x", "{}/" + "x" * 300])
@pytest.mark.parametrize(
    "words",
    [
        "rose generate OUT --seed 1 --scenes 2 --workers 1",
        "rose rerender SET/metadata_test.jsonl OUT --workers 1",
        "run rose --model handeye/pixels --data SET --out OUT",
        "visualact generate OUT --seed 1 --clips 2 --workers 1",
        "study serve SET --items 2 --port 0 --out OUT",
    ],
)
def test_places_that_cannot_be(scenes, tmp_path, capsys, monkeypatch, words, place):
    (tmp_path / "file").touch()
    out = place.format(tmp_path)
    named = {"OUT": out, "SET": str(scenes)}
    given = [re.sub("OUT|SET", lambda found: named[found[0]], word) for word in words.split()]
    monkeypatch.setattr(sys, "argv", ["handeye", *given])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: ")
    assert out.rpartition("/")[0] in told
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nobody_needs_a_home(scenes, tmp_path):
    homeless = dict.fromkeys(("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"), "")
    handeye(
        "run", "rose", "--model", "handeye/pixels", "--data", scenes, "--out", tmp_path / "run",
        "--quiet", environment={"HOME": "/proc/none", **homeless},
    )  # fmt: skip


# ---- Ctrl-C


def test_ctrl_c_ends_what_does_not_hear_it():
    code = (
        "import signal, time; from handeye.cli.process import carry_out\n"
        "def deaf():\n"
        "    signal.signal(signal.SIGINT, lambda *_: None)\n"
        "    print('there', flush=True)\n"
        "    while True: time.sleep(60)\n"
        "carry_out(deaf)"
    )
    for times, most in ((1, 2.0), (2, 1.0)):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        began = time.monotonic()
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        _, told = process.communicate(timeout=10)
        assert time.monotonic() - began < most
        assert process.returncode == 130
        assert told == "\nstopped\n"


@pytest.mark.parametrize(
    "ends",
    ["time.sleep(60)", "raise KeyboardInterrupt", "raise ValueError", "print(); sys.exit(0)"],
)
def test_ctrl_c_says_how_to_go_on_however_the_command_ends(ends):
    code = (
        "import signal, sys, time; from handeye.cli.process import carry_out\n"
        "from handeye.progress import parting\n"
        "def stubborn():\n"
        "    heard = []\n"
        "    signal.signal(signal.SIGINT, lambda *_: heard.append(1))\n"
        "    with parting.owed(lambda: 'stopped: 3 of 4 are kept'):\n"
        "        print('there', flush=True)\n"
        "        while not heard: time.sleep(0.05)\n"
        "        time.sleep(0.1)\n"
        f"        {ends}\n"
        "carry_out(stubborn)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    assert told.strip() == "stopped: 3 of 4 are kept"
