"""From a comparison of runs to its page: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handeye.errors import OptionError
from handeye.pages import html
from handeye.report.write import GALLERY_LIMIT, PICTURE_BUDGET
from handeye.rose.comparing.compare import Comparison
from handeye.rose.pages import compare_cards, compare_tables
from handeye.rose.pages.load import load_runs
from handeye.rose.scoring.run_folder import Run
from handeye.scores.estimate import integer

_SHEETS = ("compare.css",)
_TERMS = (
    (
        "Paired",
        "Every difference is taken on the same items: an item that both runs get, or both fail, "
        "says nothing about which is better.",
    ),
    (
        "Interval",
        "95 % percentile interval over resampled scenes, the same scenes for all runs, drawn "
        "within each subset.",
    ),
    (
        "p",
        "How often a difference at least this large would be seen if the two runs were alike. "
        "Templates: the less sure of the bootstrap and the exact McNemar test. Where few scenes "
        "differ: an exact test of signs.",
    ),
    (
        "p, Holm",
        "The same after Holm's adjustment: within a family, in at most 5 of 100 comparisons of "
        "alike runs would any row be called different. Only what is below .05 is called a "
        "difference here.",
    ),
    (
        "Visible",
        "The smallest true difference that this many scenes show with a chance of 80 % after the "
        "adjustment. “No difference seen” does not say that there is none below it.",
    ),
    (
        "Gap",
        "Counting Avg. minus Action Avg.; higher is wider, which is worse.",
    ),
)


def write_comparison(
    runs: Sequence[Run],
    comparison: Comparison,
    out: str | Path,
    *,
    title: str | None = None,
    gallery_limit: int = GALLERY_LIMIT,
    picture_budget: int = PICTURE_BUDGET,
) -> Path:
    """Write the page of a comparison.

    Args:
        runs: the runs compared, in their order.
        comparison: of :func:`handeye.rose.comparing.compare.compare_runs`.
        out: the HTML file; replaced in one step.
        title: heading of the page; by default made from the labels.
        gallery_limit: at most so many items are shown with their picture; 0 for none.
        picture_budget: bytes for all embedded pictures together.

    Returns:
        The path of the file.

    Raises:
        OptionError: a limit is negative, or ``out`` cannot be written.
        DataError: a file of a run cannot be read.
    """
    if gallery_limit < 0 or picture_budget < 0:
        raise OptionError("gallery_limit and picture_budget must be 0 or more")
    loaded = load_runs([run.path for run in runs])
    shown = compare_cards.directions(comparison["pairs"])
    cards, album, total = compare_cards.pair_cards(
        loaded, comparison.paired, shown, gallery_limit, picture_budget
    )
    gallery = compare_cards.gallery_context(cards, album, total, shown)
    context = _context(comparison.data, gallery, title)
    return html.write(
        Path(out), html.render("handeye.rose.pages", "compare.html.j2", context, _SHEETS)
    )


def _context(
    data: Mapping[str, Any], gallery: Mapping[str, Any], title: str | None
) -> dict[str, Any]:
    """The names that compare.html.j2 reads."""
    labels = [run["label"] for run in data["runs"]]
    pairs = [
        {
            "number": k,
            "first": data["runs"][pair["first"]],
            "second": data["runs"][pair["second"]],
            "styles": (pair["first"], pair["second"]),
            "sentences": pair["sentences"],
            "charts": compare_tables.charts(k, pair),
            "discordance": compare_tables.discordance_table(k, pair),
        }
        for k, pair in enumerate(data["pairs"])
    ]
    return {
        "title": title or f"{', '.join(labels[:-1])} and {labels[-1]} compared on ROSE",
        "runs": [run | {"facts": _facts(run), "style": k} for k, run in enumerate(data["runs"])],
        "pairs": pairs,
        "overview": compare_tables.overview(data),
        "notes": data["notes"],
        "what": _what(data),
        "interval": data["interval"],
        "gallery": gallery,
        "terms": _TERMS,
        "data": html.script_json(data),
    }


def _facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    seeds = ", ".join(f"{name} {value}" for name, value in (run.get("seeds") or {}).items())
    hashes = ", ".join(str(value)[:12] for value in run.get("data") or [])
    states = run.get("states") or {}
    found = [
        ("model", run.get("model")),
        ("folder", Path(run["path"]).name if run.get("path") else None),
        ("items", integer(run.get("n_items"))),
        ("not compared", integer(run["left_out"]) if run["left_out"] else None),
        ("states", ", ".join(f"{n:,} {name}" for name, n in states.items() if n)),
        ("created", str(run.get("created") or "").replace("T", " ")[:16]),
        ("metadata SHA-256", hashes),
        ("seeds", seeds),
    ]
    return [(name, str(value)) for name, value in found if value]


def _what(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    interval = data["interval"]
    return [
        ("items", integer(data["n_items"])),
        ("scenes", integer(data["n_scenes"])),
        ("templates", ", ".join(data["templates"])),
        ("subsets", ", ".join(name.removeprefix("ROSE-") for name in data["subsets"])),
        ("resamples", integer(interval["resamples"])),
        ("bootstrap seed", str(interval["seed"])),
    ]
