"""Making the page of runs in tests, and reading it back."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from handeye.report import write_report
from handeye.visualact.pages.runs import LoadedRun, load_runs
from handeye.visualact.scoring.run_folder import read_run


class Reader(HTMLParser):
    """Collects tags with their attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def report(tmp_path: Path, *runs: Path, **options: object) -> str:
    """The page; few resamples unless asked for, to be quick."""
    chosen = {"resamples": 100, **options}
    out = write_report(runs, tmp_path / "report.html", **chosen)  # type: ignore[arg-type]
    return out.read_text(encoding="utf-8")


def loaded(*runs: Path) -> list[LoadedRun]:
    """Runs over clips as their page has them."""
    return load_runs([read_run(run) for run in runs])


def table(page: str, key: str) -> str:
    found = re.search(f'<table id="{key}".*?</table>', page, re.S)
    assert found, key
    return found[0]


def values(page: str, key: str) -> list[str]:
    """Numbers of a table's runs, the published rows left out."""
    return re.findall(r'class="v">([^<]*)<', table(page, key).split('<tbody class="published"')[0])


def data_of(page: str) -> dict[str, Any]:
    """What the page carries for programs."""
    found = re.search(r'id="report-data">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])
