"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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
