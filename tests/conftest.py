"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from handeye import rose
from tests.support.wire import Senders

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# How long an example takes depends on what else the machine does: no test is timed.
settings.register_profile("handeye", deadline=None)
settings.load_profile("handeye")

Open = Callable[..., Any]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--fewest N``: a run in which fewer tests pass has failed, however green it looks."""
    parser.addoption("--fewest", type=int, default=0, help="fail if fewer tests than this pass")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a slow test come first: two workers that take files in turn end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold ``--fewest``, once, where the results of all workers come together."""
    fewest = session.config.getoption("--fewest")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not fewest or reporter is None or hasattr(session.config, "workerinput"):
        return
    passed = len(reporter.stats.get("passed", ()))
    if passed < fewest:
        reporter.write_line(f"only {passed} tests passed, at least {fewest} must", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _browser_path() -> str | None:
    """Chromium of the system, or the one that Playwright keeps; None when there is neither."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    kept = sorted(
        Path("~/.cache/ms-playwright").expanduser().glob("chromium-*/chrome-linux*/chrome")
    )
    return str(kept[-1]) if kept else None


# One per module, not per session: while Playwright runs, its event loop occupies the main thread,
# and tests that start the engine's own loop in this process would be refused.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running headless Chromium. Without one the test fails under CI and is skipped elsewhere."""
    path = _browser_path()
    if path is None:
        reason = "no Chromium on this machine; install it (apt-get install chromium)"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser) -> Open:
    """Open a file in a fresh page; any message, error or request of it fails the test."""

    @contextmanager
    def open_file(file: Path, **options: Any) -> Iterator[Page]:
        page = chromium.new_page(**options)
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith("data:") or request.url == file.as_uri()
                else trouble.append(f"request: {request.url[:100]}")
            ),
        )
        page.goto(file.as_uri())
        yield page
        page.close()
        assert trouble == []

    return open_file


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """An API key in the environment that must never be written anywhere."""
    secret = "sk-never-write-this-down"
    monkeypatch.setenv("HANDEYE_TEST_API_KEY", secret)
    return secret


@pytest.fixture
def sent_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go out from this process, as on Windows: another takes two seconds to start.

    For tests of what is asked and what is made of the answers. In those of how answers arrive, fail
    and are kept, most of them in tests/run and tests/cases, the wire process sends.
    """
    monkeypatch.setattr("handeye.run.wire.is_remote", lambda model: False)


@pytest.fixture(scope="session")
def quick_senders() -> Iterator[None]:
    """Wire processes are forked off one that has imported all. ``tests/run/test_kill.py`` and
    whatever starts a command as a process have those that are started anew.
    """
    senders = Senders()
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(os, "fork"):
            patch.setattr("handeye.run.wire.started", senders)
        yield
    senders.close()


@pytest.fixture(scope="session")
def study_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """15 scenes, three of each source."""
    return rose.generate(tmp_path_factory.mktemp("study") / "set", seed=5, scenes=15, workers=1)
