"""Fixtures of the study tests: one small set, study files made once and copied, a real server."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from handeye.study.serve import address, listen, make_server
from handeye.study.session import Study, open_study
from handeye.suite import AsksPeople
from tests.support.study.taking_part import ROSE, Served

COMMAND = "from handeye.cli.study import app; app()"


@pytest.fixture(scope="session")
def practised_file(study_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh study file of 20 items with practice."""
    file = tmp_path_factory.mktemp("file") / "study.sqlite"
    open_study(ROSE, study_set, file, items=20, seed=1, split="all").store.close()
    return file


@pytest.fixture
def practised(practised_file: Path, study_set: Path, tmp_path: Path) -> Iterator[Study]:
    """A study of 20 items with practice."""
    file = tmp_path / "practised.sqlite"
    shutil.copy(practised_file, file)
    study = open_study(ROSE, study_set, file)
    yield study
    study.store.close()


@pytest.fixture
def study(study_set: Path, tmp_path: Path) -> Iterator[Study]:
    """A study of 20 items without practice."""
    file = tmp_path / "study.sqlite"
    made = open_study(ROSE, study_set, file, items=20, seed=1, split="all", practice=False)
    yield made
    made.store.close()


@pytest.fixture
def at_hand(study_set: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[Path, str]]]:
    """Serve studies from a thread (quicker than a process); gives their file and link."""
    running: list[tuple[uvicorn.Server, threading.Thread, Study]] = []

    def start(
        file: Path | None = None,
        suite: AsksPeople = ROSE,
        data: Path = study_set,
        **options: Any,
    ) -> tuple[Path, str]:
        file = file or tmp_path / f"study-{len(running)}.sqlite"
        study = open_study(suite, data, file, **options)
        listening, server = listen("127.0.0.1", 0), make_server(study)
        link = address("127.0.0.1", listening.getsockname()[1], None)
        work = asyncio.run
        thread = threading.Thread(target=lambda: work(server.serve(sockets=[listening])))
        thread.start()
        running.append((server, thread, study))
        return file, link

    yield start
    for server, thread, study in running:
        server.should_exit = True
        thread.join(10)
        study.store.close()


@pytest.fixture
def served(study_set: Path) -> Iterator[Callable[..., Served]]:
    """Start servers on free ports; whatever still runs at the end is stopped."""
    running: list[Served] = []

    def start(file: Path, *options: str, data: Path = study_set) -> Served:
        command = [sys.executable, "-c", COMMAND, "serve", str(data)]
        command += ["--out", str(file), "--port", "0", *options]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A job in the background of a shell ignores it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("open "):
                running.append(Served(process, line.split()[1]))
                return running[-1]
        raise AssertionError(f"the server did not start: {''.join(said)}")

    yield start
    for server in running:
        server.process.terminate()
        server.process.wait(10)
        if server.process.stdout is not None:
            server.process.stdout.close()
