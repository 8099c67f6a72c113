"""Processes killed at random moments: what the same command makes of it; docs/reliability.md.

    python benchmarks/kills.py [--times 12] [--seed 0] [--only WORDS]

Making sets, asking a model and scoring (over an earlier run) are killed with SIGKILL at a moment
drawn from the time they take, the parent alone or its whole group; then the same command goes on,
and must leave the bytes that an undisturbed one leaves, and nothing else. A study is served to
people who answer, and ended by SIGKILL, SIGTERM or Ctrl-C: every answer that was acknowledged must
be in its file; after SIGTERM and Ctrl-C in the file alone. Every command gets Ctrl-C once and
twice, and must end within two seconds with 130. Prints three tables; exit code 1 where something
was not so. Some six minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

HANDEYE = (sys.executable, "-m", "handeye")
ASK = (
    *("run", "rose", "--model", "handeye/pixels", "--data", "set", "--templates", "T1,T3"),
    *("--quiet", "--out"),
)
COMMANDS: dict[str, tuple[str, ...]] = {
    "rose generate": (
        "rose",
        "generate",
        "new",
        "--seed",
        "5",
        "--scenes",
        "400",
        "--workers",
        "2",
    ),
    "visualact generate": (
        "visualact",
        "generate",
        "new",
        "--seed",
        "5",
        "--clips",
        "32",
        "--workers",
        "2",
    ),
    "premise generate": (
        *("premise", "generate", "new", "--seed", "5", "--families", "16", "--workers", "2"),
    ),
    "run rose": (*ASK, "new"),
    "run premise": (
        *("run", "premise", "--model", "handeye/oracle", "--data", "families", "--quiet"),
        *("--out", "new"),
    ),
    "premise score, new": (
        *("premise", "score", "premise-answers.jsonl", "--data", "families", "--out", "new"),
    ),
    "rose score, over a run": (
        "rose",
        "score",
        "answers.jsonl",
        "--data",
        "set",
        "--templates",
        "T1,T3",
        "--out",
        "run",
    ),
    "visualact score, new": (
        *("visualact", "score", "clip-answers.jsonl", "--data", "clips", "--embedder"),
        *("test:char-ngrams", "--out", "new"),
    ),
}
MORE: dict[str, tuple[str, ...]] = {
    "premise verify": ("premise", "verify", "families", "--workers", "2"),
    "rose verify": ("rose", "verify", "set", "--workers", "2"),
    "report": ("report", "run", "other", "--out", "page.html", "--workers", "2"),
    "compare": ("compare", "run", "other", "--out", "page.html"),
    "rose diagnose": ("rose", "diagnose", "run", "other", "--workers", "2"),
    "study serve": ("study", "serve", "set", "--items", "10", "--port", "0", "--out", "s.sqlite"),
}
# What differs from run to run, in files and in their rows.
_TIMES = (
    "created",
    "seconds",
    "first_answer",
    "last_answer",
    "answers_from_earlier_starts",
    "path",
    "predictions",
)


def started(words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*HANDEYE, *words],
        cwd=folder,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # What is started in the background of a shell inherits that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def done(words: Sequence[str], folder: Path) -> float:
    """Run a command to its end; seconds."""
    began = time.monotonic()
    process = started(words, folder)
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: {said}")
    return time.monotonic() - began


def alive(group: int) -> list[int]:
    """Processes of a group that run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            state, _, its_group = place.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(place.parent.name))
    return found


# ---- the same bytes


def contents(folder: Path) -> dict[str, str]:
    """Name to hash of everything that is left, times left out."""
    out = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("logs/") and path.name != "answers.jsonl":
            out[name] = hashlib.sha256(_timeless(path)).hexdigest()
        elif not path.is_file() and path.name.startswith("."):
            out[name] = "left"
    return out


def _timeless(path: Path) -> bytes:
    data = path.read_bytes()
    if path.name in ("run.json", "predictions.jsonl"):
        whole = [data] if path.name == "run.json" else data.splitlines()
        rows = [json.loads(one) for one in whole]
        kept = [{k: v for k, v in row.items() if k not in _TIMES} for row in rows]
        return json.dumps(kept).encode()
    return data


@dataclass
class Tally:
    """What became of one command under kills."""

    kills: int = 0
    hit: int = 0
    same: int = 0
    faults: list[str] = field(default_factory=list)


def killed(name: str, words: tuple[str, ...], good: Path, draw: random.Random, times: int) -> Tally:
    out, tally = words[words.index("--out") + 1] if "--out" in words else words[2], Tally()
    whole = fresh(good, name)
    seconds = done(words, whole)
    expected = contents(whole / out)
    for _ in range(times):
        folder = fresh(good, name)
        for _ in range(draw.choice((1, 1, 2))):
            process = started(words, folder)
            time.sleep(draw.uniform(0.1, 1.05) * seconds)
            tally.kills += 1
            tally.hit += process.poll() is None
            with suppress(ProcessLookupError):
                if draw.random() < 0.5:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            process.communicate()
            if not gone(process.pid, 2.0):
                tally.faults.append("processes left")
        try:
            done(words, folder)
        except RuntimeError as error:
            tally.faults.append(str(error)[-300:])
            continue
        found = contents(folder / out)
        beside = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        if found == expected and not beside:
            tally.same += 1
        else:
            names = [n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n)]
            tally.faults.append(f"differs: {names[:5]}{beside}")
    return tally


def gone(group: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while alive(group):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def fresh(good: Path, name: str) -> Path:
    folder = good.parent / f"at-{name.replace(' ', '-').replace(',', '')}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(good, folder)
    return folder


# ---- a study


def studied(
    good: Path, draw: random.Random, times: int
) -> Iterator[tuple[str, int, int, list[str]]]:
    """For each way to end a server: how often, answers acknowledged, and what was not so."""
    for how, number in (
        ("SIGKILL", signal.SIGKILL),
        ("SIGTERM", signal.SIGTERM),
        ("Ctrl-C", signal.SIGINT),
    ):
        folder, acknowledged, faults = fresh(good, "study"), 0, []
        words = (
            "study",
            "serve",
            "set",
            "--items",
            "60",
            "--no-practice",
            "--port",
            "0",
            "--out",
            "s.sqlite",
        )
        people: list[str] = []
        for _ in range(times):
            process = started(words, folder)
            assert process.stdout is not None
            process.stdout.readline()
            link = process.stdout.readline().split()[1]
            while len(people) < 4:
                wish = {"consent": True, "nickname": "p"}
                people.append(httpx.post(f"{link}api/join", json=wish).json()["key"])
            counts = [0] * len(people)
            threads = [
                threading.Thread(target=_answer, args=(link, key, counts, k))
                for k, key in enumerate(people)
            ]
            for thread in threads:
                thread.start()
            time.sleep(draw.uniform(0.05, 0.5))
            process.send_signal(number)
            began = time.monotonic()
            process.communicate()
            if time.monotonic() - began > 2:
                faults.append("took more than 2 s")
            for thread in threads:
                thread.join()
            acknowledged += sum(counts)
            if how != "SIGKILL":
                left = [
                    path.name
                    for path in folder.iterdir()
                    if path.name.startswith(("s.sqlite-", ".s."))
                ]
                faults += left
            copy = folder.parent / "copy.sqlite"
            for end in ("", "-wal", "-shm"):
                Path(f"{copy}{end}").unlink(missing_ok=True)
                if Path(f"{folder}/s.sqlite{end}").exists():
                    shutil.copy(f"{folder}/s.sqlite{end}", f"{copy}{end}")
            with sqlite3.connect(copy) as db:
                there = db.execute("SELECT COUNT(*) FROM answers").fetchone()[0]
            db.close()
            # One answer of each person may be written and not acknowledged yet.
            if not acknowledged <= there <= acknowledged + len(people):
                faults.append(f"{there} answers of {acknowledged}")
            acknowledged = there
        yield how, times, acknowledged, faults


def _answer(link: str, key: str, counts: list[int], number: int) -> None:
    with suppress(httpx.TransportError, KeyError), httpx.Client(base_url=link, timeout=5) as client:
        state = client.get(f"/api/{key}/state").json()
        while state["phase"] != "done":
            board = state["item"]
            given = {"clicks": [], "number": None if board["number"] is None else 1}
            body = {"place": state["place"], **given, "visible_ms": 5}
            answer = client.post(f"/api/{key}/answer", json=body)
            if answer.status_code != 200:
                return
            counts[number] += 1
            state = answer.json()


# ---- Ctrl-C


def interrupted(
    words: tuple[str, ...], folder: Path, after: float, times: int
) -> tuple[float, int] | None:
    """Seconds to the end and the exit code; None where it had done its work before."""
    process = started(words, folder)
    time.sleep(after)
    if process.poll() is not None:
        process.communicate()
        return None
    began = time.monotonic()
    for number in range(times):
        time.sleep(0.2 * bool(number))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    seconds = time.monotonic() - began
    if process.returncode == 0:
        return None
    return seconds, process.returncode if gone(process.pid, 1.0) else -1


def _chosen(
    commands: dict[str, tuple[str, ...]], only: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((name, words) for name, words in commands.items() if only in name)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=12, help="kills of every command")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--only", default="", help="commands whose name holds this")
    options = parser.parse_args()
    draw, bad = random.Random(options.seed), []
    with tempfile.TemporaryDirectory() as place:
        good = Path(place) / "good"
        good.mkdir()
        done(("rose", "generate", "set", "--seed", "3", "--scenes", "60"), good)
        done(("visualact", "generate", "clips", "--seed", "3", "--clips", "8"), good)
        for name in ("run", "other"):
            done((*ASK, name), good)
        shutil.copy(good / "run/predictions.jsonl", good / "answers.jsonl")
        clip = (
            "run",
            "visualact",
            "--model",
            "handeye/prior",
            "--data",
            "clips",
            "--quiet",
            "--out",
        )
        done((*clip, "vrun", "--embedder", "test:char-ngrams"), good)
        shutil.copy(good / "vrun/predictions.jsonl", good / "clip-answers.jsonl")
        done(("premise", "generate", "families", "--seed", "3", "--families", "4"), good)
        simulated = ("run", "premise", "--model", "handeye/simulated", "--data", "families")
        done((*simulated, "--quiet", "--out", "prun"), good)
        shutil.copy(good / "prun/predictions.jsonl", good / "premise-answers.jsonl")
        for name in ("plan.json", "answers.jsonl"):  # as one that was scored from a file
            (good / "run" / name).unlink()
        print(
            "| command | kills | while it ran | same bytes after | not so |\n|---|---|---|---|---|"
        )
        for name, words in _chosen(COMMANDS, options.only):
            tally = killed(name, words, good, draw, options.times)
            bad += tally.faults
            told = "; ".join(tally.faults) or "-"
            same = f"{tally.same} of {options.times}"
            print(f"| {name} | {tally.kills} | {tally.hit} | {same} | {told} |", flush=True)
        print("\n| study ended by | times | answers acknowledged | not so |\n|---|---|---|---|")
        served = studied(good, draw, max(3, options.times // 2))
        for how, times, answers, faults in served if options.only in "study serve" else ():
            bad += faults
            print(f"| {how} | {times} | {answers} | {'; '.join(faults) or '-'} |", flush=True)
        print("\n| Ctrl-C to | times | slowest, s | not 130 |\n|---|---|---|---|")
        for name, words in _chosen({**COMMANDS, **MORE}, options.only):
            found = []
            for number in range(options.times):
                after = draw.uniform(0.4, 2.0)
                one = interrupted(words, fresh(good, name), after, 1 + number % 2)
                found += [one] if one else []
            slowest = max((seconds for seconds, _ in found), default=0.0)
            wrong = [str(code) for _, code in found if code != 130]
            bad += wrong + (["slow"] if slowest > 2 else [])
            print(
                f"| {name} | {len(found)} | {slowest:.2f} | {', '.join(wrong) or '-'} |", flush=True
            )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
