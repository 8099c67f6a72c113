"""Pages of both suites, of one run, several and all items, made once for the tests of the frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from handeye.report import compare, write_comparison, write_report
from tests.support.rose.report_runs import faulty, make_run, make_set, right
from tests.support.visualact import report_runs as clips


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages by name: ``rose``, ``clips``, ``compare``, ``folder`` (all items of both ROSE runs)."""
    root = tmp_path_factory.mktemp("pages")
    data = make_set(root / "set", 8, ("glyph", "pixel-edit"))
    rose = [
        make_run(data, root / "faulty", faulty, "simulated/faulty"),
        make_run(data, root / "right", right, "simulated/right"),
    ]
    films = clips.make_clips(root / "clips", each=3)
    seen = [
        clips.make_run(films, root / "lazy", clips.lazy, "simulated/lazy"),
        clips.make_run(films, root / "good", clips.right, "simulated/good"),
    ]
    return {
        "rose": write_report(rose, root / "rose.html", gallery_limit=30, resamples=100),
        "clips": write_report(seen, root / "clips.html", gallery_limit=12, resamples=100),
        "compare": write_comparison(compare(rose, resamples=100), root / "compare.html"),
        "folder": write_report(rose, root / "folder", all_items=True, resamples=100),
    }
