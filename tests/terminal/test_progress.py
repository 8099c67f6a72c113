"""Progress on a real terminal, and where there is none."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.chat_server import Reply, Request, serving
from tests.support.rose.small_set import write_set

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no terminals of this kind")
MODEL = "openai-api/handeye-test/m"
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def in_terminal(
    command: list[str],
    columns: int = 100,
    *,
    until: Callable[[str], bool] | None = None,
    stdout: Path | None = None,
    **variables: str,
) -> tuple[int, str]:
    """Exit code of a command, and all that it wrote to its terminal; ``until`` sends a Ctrl-C."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    with contextlib.ExitStack() as stack:
        out = slave if stdout is None else stack.enter_context(stdout.open("wb"))
        process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=out,
            stderr=slave,
            env={**kept, "TERM": "xterm-256color", **variables},
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(master, 1 << 16):
                seen += piece
                if until is not None and until(seen.decode("utf-8", "replace")):
                    os.write(master, b"\x03")  # the terminal shows it as ^C, amid the bar
                    time.sleep(0.3)
                    os.killpg(process.pid, signal.SIGINT)
                    until = None
        os.close(master)
        return process.wait(30), seen.decode()


def frames(seen: str) -> list[str]:
    """What stood on a line of the terminal, one after the other."""
    return [
        plain for part in re.split(r"[\r\n]+", seen) if (plain := _CODES.sub("", part).rstrip())
    ]


def screen(seen: str, columns: int) -> list[str]:
    """What a terminal shows in the end: just the codes that a bar needs."""
    rows, row, col = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.|\n|\r", _STYLE.sub("", seen)):
        if part == "\r":
            col = 0
        elif part == "\n":
            row += 1
            rows += [""] * (row + 1 - len(rows))
        elif part == "\x1b[2K":
            rows[row] = ""
        elif part.endswith("A") and part.startswith("\x1b["):
            row -= int(part[2:-1] or 1)
        elif not part.startswith("\x1b"):
            if col == columns:
                row, col = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
            rows[row] = rows[row].ljust(col)[:col] + part + rows[row][col + 1 :]
            col += 1
    return [line.rstrip() for line in rows if line.strip()]


def run_command(url: str, data: Path, out: Path, *more: str) -> list[str]:
    words = ["run", "rose", "--model", MODEL, "--data", str(data), "--out", str(out)]
    return [sys.executable, "-m", "handeye", *words, "--base-url", url, *more]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("set"), 12)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", "sk-test-0123456789")


def slow(request: Request) -> Reply:
    """Every seventh question is refused by the server."""
    if "outside" in request.text:
        return Reply(status=400, body={"error": {"message": "cannot"}}, delay=0.1)
    return Reply("COUNT(1)", delay=0.15)


@pytest.mark.server
@pytest.mark.parametrize("columns", [60, 200])
def test_a_run_moves(key: None, data: Path, tmp_path: Path, columns: int) -> None:
    with serving(slow) as server:
        words = ["--max-connections", "4", "--price", "100:100"]
        code, seen = in_terminal(run_command(server.url, data, tmp_path / "r", *words), columns)
    assert code == 0, seen
    bars = [line for line in frames(seen) if "━" in line and "/60" in line]
    shares = [int(found[1]) for line in bars if (found := re.search(r"(\d+)%", line))]
    assert len(set(shares)) > 3, "it moves"
    assert shares == sorted(shares)
    assert shares[-1] == 100
    middle = next(line for line in bars if re.search("[4-8][0-9]%", line))
    for part in (r"\d+/60", r"\d+%", r"\d\.\d/s", r"\d+ errors?", r"\d:\d\d left", r"\$\d+\.\d\d"):
        assert re.search(part, middle), (part, middle)
    assert max(map(len, bars)) < columns
    shown = screen(seen, columns)
    assert sum("━" in line and "/60" in line for line in shown) == 1, "one line, written over"
    (last,) = [place for place, line in enumerate(shown) if "/60" in line]
    assert "60/60 100%" in shown[last]
    assert shown[last + 1] == "scoring", "what goes on is not the bar's"
    assert "\x1b[?25l" not in seen, "the cursor stays"


@pytest.mark.server
def test_stopped_the_bar_ends_and_words_stand_below(key: None, data: Path, tmp_path: Path) -> None:
    with serving(slow) as server:
        command = run_command(server.url, data, tmp_path / "r", "--max-connections", "2")
        code, seen = in_terminal(command, until=lambda text: bool(re.search(" [1-4][0-9]%", text)))
    assert code == 130
    shown = screen(seen, 100)
    (bar,) = [place for place, line in enumerate(shown) if "/60" in line]
    (told,) = [line for line in shown[bar + 1 :] if line.startswith("stopped")]
    assert re.match(r"stopped: \d+ of 60 answers are kept in ", told)


@pytest.mark.server
def test_elsewhere_lines_are_plain(key: None, data: Path, tmp_path: Path) -> None:
    with serving(slow) as server:
        command = run_command(server.url, data, tmp_path / "r")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("60 of 60")]
    assert re.fullmatch(r"60 of 60 \| 100% \| \d+\.\d/s \| 12 errors \| .* \| in 0:\d\d", line)
    assert f"{line}\nscoring\n" in done.stderr
    assert not re.search("[\r\x1b]", done.stderr.partition("openai-api")[0])


def test_a_terminal_that_can_do_nothing_gets_lines(data: Path) -> None:
    words = [sys.executable, "-m", "handeye", "rose", "verify", str(data), "--workers", "1"]
    _, seen = in_terminal(words, TERM="dumb")
    assert seen.startswith("scenes: 12 of 12\r\n")
    assert not re.search("\r(?!\n)|\x1b", seen)


@pytest.mark.parametrize("stdout", ["terminal", "file"])
def test_works_inside_each_other_and_what_is_printed_meanwhile(tmp_path: Path, stdout: str) -> None:
    script = """
import sys, time
from handeye.printing import say, tell
from handeye.progress import counting
with counting("outer") as outer, counting("never called"):
    for step in range(4):
        outer(step, 3)
        with counting("inner") as inner:
            for one in range(3):
                inner(one + 1, 3)
                time.sleep(0.1)
        tell(f"note: {step} [bold]not markup[/]")
        say(f"result {step}")
"""
    file = None if stdout == "terminal" else tmp_path / "out"
    code, seen = in_terminal([sys.executable, "-c", script], 70, stdout=file)
    assert code == 0, seen
    shown = screen(seen, 70)
    notes = [line for line in shown if line.startswith("note:")]
    assert notes == [f"note: {n} [bold]not markup[/]" for n in range(4)]
    results = [line for line in shown if line.startswith("result")]
    wanted = [f"result {n}" for n in range(4)]
    if file is None:
        assert results == wanted
    else:
        assert results == []
        assert file.read_text().splitlines() == wanted
    assert sum(line.startswith("inner 3/3 100%") for line in shown) == 4
    assert sum(line.startswith("outer") for line in shown) == 1
    assert shown[-1].startswith("outer 3/3 100%")
    assert "never called" not in seen


def test_without_colour_the_bar_still_moves() -> None:
    script = """
import time
from handeye.progress import counting
with counting("scenes") as show:
    for n in range(5):
        show(n, 4); time.sleep(0.2)
"""
    code, seen = in_terminal([sys.executable, "-c", script], NO_COLOR="1")
    assert code == 0
    assert not re.search(r"\x1b\[(3|4|9|10)\d", seen), "no colour"
    assert len(set(re.findall(r"\d+%", seen))) >= 3


@pytest.mark.parametrize("command", ["generate", "verify"])
def test_sets_move(data: Path, tmp_path: Path, command: str) -> None:
    words = {
        "generate": [str(tmp_path / "s"), "--seed", "1", "--scenes", "4", "--workers", "1"],
        "verify": [str(data), "--workers", "1"],
    }
    start = time.monotonic()
    code, seen = in_terminal(
        [sys.executable, "-m", "handeye", "rose", command, *words[command]], 60
    )
    assert code in (0, 1), seen
    assert time.monotonic() - start < 60
    (bar,) = [line for line in screen(seen, 60) if line.startswith("scenes ")]
    assert "100%" in bar


def test_a_training_moves() -> None:
    script = """
import time
from handeye.training.command import telling
losses = {"answers": 0.5, "patches": 0.25}
facts = lambda losses: [f"{name} {value:.3f}" for name, value in losses.items()]
with telling(40, facts) as show:
    for step in range(10, 41, 10):
        show(step, 40, losses); time.sleep(0.3)
"""
    pytest.importorskip("torch", reason="needs handeye[train]")
    code, seen = in_terminal([sys.executable, "-c", script], 80)
    assert code == 0, seen
    (bar,) = screen(seen, 80)
    assert re.match("steps 40/40 100% ━+ answers 0.500, patches 0.250", bar)
    assert re.search(r"20/40  50% .*0:\d\d left", seen)
