"""A run that is killed in the middle goes on where it was: nothing lost, nothing asked twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, Reply, Request, serving
from tests.support.rose.small_set import write_set

pytestmark = [pytest.mark.server, pytest.mark.slow]
_RUN = (
    "import sys; from pathlib import Path; from handeye.rose.asking.run import run_rose;"
    "run_rose('openai-api/handeye-test/m', sys.argv[1], Path(sys.argv[2]),"
    " base_url=sys.argv[3], max_connections=16, progress=False)"
)


def start(server: ChatServer, data: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _RUN, str(data), str(out), server.url]
    return subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in the background of a shell inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(condition: object, process: subprocess.Popen[str]) -> None:
    for _ in range(12000):
        if condition():  # type: ignore[operator]
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    raise AssertionError("nothing happened for two minutes")


def journaled(out: Path) -> list[str]:
    """Item ids of the whole lines in the journal."""
    journal = out / "answers.jsonl"
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return [json.loads(line)["item_id"] for line in lines]


@pytest.mark.parametrize(("kills", "latency"), [(3, 0.0), (1, 0.15)])
def test_killed_and_gone_on(tmp_path: Path, key: str, kills: int, latency: float) -> None:
    data = write_set(tmp_path / "set", 30)
    out = tmp_path / "run"
    sent_before_a_kill: set[str] = set()
    with serving(lambda request: Reply("COUNT(1)", delay=latency)) as server:
        for _ in range(kills):
            before = len(server.sent)
            process = start(server, data, out)
            wait_for(lambda at=before: len(server.sent) >= at + 25, process)
            killed_at = time.time()
            # The whole group, as a shell or a scheduler would.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            sent = zip(server.sent, server.sent_at, strict=False)
            sent_before_a_kill |= {content for content, at in sent if at < killed_at}
            time.sleep(0.2)
        done = journaled(out)
        asked_then = len(server.requests)
        assert 25 * kills <= len(done) < 150, "killed in the middle"
        process = start(server, data, out)
        stderr = process.communicate(timeout=120)[1]
        assert process.returncode == 0, stderr
        times_asked = Counter(request.content for request in server.requests)
        # What was in the journal was not asked for again ...
        assert len(server.requests) - asked_then <= 150 - len(done)
        # ... nor what the server had sent in full but a line or two per kill could have missed.
        again = [content for content in sent_before_a_kill if times_asked[content] > 1]
        assert len(again) <= 3, f"{len(again)} of {len(sent_before_a_kill)} answers were lost"
    items = [json.loads(li)["item_id"] for li in (data / "metadata_test.jsonl").open()]
    assert Counter(journaled(out)) == Counter(items), "each item answered exactly once"
    rows = [json.loads(line) for line in (out / "predictions.jsonl").open()]
    assert [row["item_id"] for row in rows] == items
    assert {row["state"] for row in rows} == {"answered"}
    info = json.loads((out / "run.json").read_text())
    assert (info["n_items"], info["n_expected"], info["partial"]) == (150, 150, False)
    assert info["tokens"] == {"input": 15000, "output": 1500}


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path, key: str) -> None:
    data = write_set(tmp_path / "set", 10)
    out = tmp_path / "run"
    delays = iter([0.1] * 20)

    def answer(request: Request) -> Reply:
        # After 20 answers the server takes its time, so that the run is sure to be under way still.
        return Reply("COUNT(1)", delay=next(delays, 5.0))

    with serving(answer) as server:
        process = start(server, data, out)
        # Written down, not only sent: what the system still holds has not been received.
        wait_for(lambda: len(journaled(out)) >= 16, process)
        process.send_signal(signal.SIGINT)
        stderr = process.communicate(timeout=30)[1]
        assert process.returncode != 0
        assert "run the same command again to go on" in stderr
        kept = len(journaled(out))
        assert kept >= 16
        assert not (out / "run.json").exists()
        delays = iter([0.1] * 50)
        process = start(server, data, out)
        assert process.wait(60) == 0
    assert len(journaled(out)) == 50


def test_two_processes_never_share_a_run(tmp_path: Path, key: str) -> None:
    data = write_set(tmp_path / "set", 10)
    out = tmp_path / "run"
    with serving(lambda request: Reply("COUNT(1)", delay=2.0)) as server:
        first = start(server, data, out)
        wait_for(lambda: len(server.requests) >= 16, first)
        second = start(server, data, out)
        told = second.communicate(timeout=30)[1]
        assert second.returncode != 0
        assert "another process of handeye is at work there" in told
        assert first.wait(60) == 0
        assert len(server.requests) == 50
