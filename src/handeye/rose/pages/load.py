"""Reading run folders for the report: what stands in them, and the evidence behind single items.

Score rows stay on disk until they are needed; prompts and answers are read for the few items that
the gallery shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from handeye.errors import DataError, HandeyeError
from handeye.rose.items import Item, read_item
from handeye.rose.pages import from_summary
from handeye.rose.pages.diagnosis_view import DiagnosisView
from handeye.rose.pages.view import QuotedModel, RunView
from handeye.rose.release import BRIDGE_FOLDERS
from handeye.rose.scoring.predictions import read_prediction
from handeye.rose.scoring.published import PUBLISHED
from handeye.rose.scoring.run_folder import Run, read_run
from handeye.scores.estimate import Estimate, integer
from handeye.scores.labels import run_labels
from handeye.sets.folder import read_record
from handeye.sets.jsonl import numbered_lines


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a card needs of chosen items, by item id.

    ``items`` is empty and ``root`` None where the data set is not at hand any more.
    """

    rows: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, str | None]
    items: Mapping[str, Item] = field(default_factory=dict)
    root: Path | None = None


class _Id(msgspec.Struct):
    item_id: str


@dataclass(frozen=True, slots=True)
class LoadedRun:
    """A run folder that has been opened, with its name on the page and its number there."""

    run: Run
    label: str
    number: int

    @property
    def scores(self) -> pl.LazyFrame:
        """The score rows, not read yet."""
        return self.run.scan()

    def view(self, n_failed: int, diagnosis: DiagnosisView | None, trouble: str = "") -> RunView:
        """What the page shows of the run; ``trouble`` says why there is no diagnosis."""
        summary = self.run.summary.data
        official = from_summary.basis(summary, "all")
        answered = from_summary.basis(summary, "answered")
        return RunView(
            label=self.label,
            style=self.number,
            facts=_facts(self.run),
            states=from_summary.states(summary),
            n_items=int(summary["n_items"]),
            n_scenes=int(summary["n_scenes"]),
            n_failed=n_failed,
            partial=_partial(summary),
            interval_words=str(summary["interval"]["words"]),
            short_interval_words=_short_interval(summary["interval"]),
            official=official,
            answered=answered if summary["states"]["answered"] < summary["n_items"] else None,
            pairs=from_summary.pairs(summary),
            factors=from_summary.factors(summary),
            diagnosis=diagnosis,
            trouble=trouble,
        )

    def evidence(self, wanted: Collection[str]) -> Evidence:
        """Score rows, answers and items of the chosen item ids."""
        frame = self.scores.filter(pl.col("item_id").is_in(list(wanted))).collect()
        rows = {row["item_id"]: row for row in frame.iter_rows(named=True)}
        root, items = _items(self.run, frozenset(wanted))
        return Evidence(rows, _answers(self.run.predictions_path(), wanted), items, root)


def load_runs(folders: Sequence[Path]) -> list[LoadedRun]:
    """Open run folders and give each a name: its model, with the folder where models repeat.

    Raises:
        RunError: a folder is absent, not a run, or of another format.
        DataError: a file of a run cannot be read.
    """
    runs = [read_run(folder) for folder in folders]
    labels = run_labels(runs)
    return [LoadedRun(r, label, k) for k, (r, label) in enumerate(zip(runs, labels, strict=True))]


def published_models() -> list[QuotedModel]:
    """The paper's results as rates; percent becomes 0..1."""
    out = []
    for row in PUBLISHED:
        printed = {**row.columns, **row.bridges}
        rates = {k: Estimate(None if v is None else v / 100) for k, v in printed.items()}
        out.append(QuotedModel(row.model, rates))
    return out


def _short_interval(interval: Mapping[str, Any]) -> str:
    if not interval["resamples"]:
        return "no intervals"
    return f"{interval['level'] * 100:.0f} % bootstrap intervals over scenes"


def _partial(summary: Mapping[str, Any]) -> str:
    if not summary["partial"]:
        return ""
    n, expected = summary["n_items"], summary["n_expected"]
    return (
        f"{integer(n)} of {integer(expected)} items have a prediction; every rate is over those "
        f"{integer(n)} only."
    )


def _facts(run: Run) -> tuple[tuple[str, str], ...]:
    """What was run, as far as run.json tells; absent entries are left out."""
    info = run.info
    versions = info.get("versions") or {}
    versions = {**versions, **(info.get("engine") or {})}
    chosen = {**(info.get("scoring") or {}), **(info.get("selection") or {})}
    created = str(info.get("created") or "").replace("T", " ")[:16]
    found: list[tuple[str, object]] = [
        ("model", info.get("model")),
        ("set", _set_name(run)),
        ("set seed", _set_seed(run)),
        ("items", integer(info.get("n_items"))),
        ("scenes", integer(info.get("n_scenes"))),
        *((name, chosen.get(name)) for name in ("split", "templates", "subsets")),
        ("prompt order", info.get("order")),
        *((name, (info.get("generation") or {}).get(name)) for name in ("temperature",)),
        ("created", f"{created} UTC" if created else None),
        ("cost", _cost(info.get("cost"))),
        *((f"{name} seed", value) for name, value in (info.get("seeds") or {}).items()),
        *((name, versions.get(name)) for name in ("handeye", "inspect_ai")),
    ]
    return tuple((name, _words(value)) for name, value in found if value not in (None, "", [], {}))


def _words(value: object) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(str, value))
    return str(value)


def _cost(cost: object) -> str | None:
    if isinstance(cost, (int, float)):
        return f"{cost:,.2f} USD"
    return None if cost is None else _words(cost)


def _root(files: Sequence[Path]) -> Path:
    """The set's folder; a bridge's metadata lie one folder further down."""
    folder = files[0].parent
    return folder.parent if folder.name in BRIDGE_FOLDERS.values() else folder


def _set_seed(run: Run) -> object:
    """Seed of a generated set, None for another one or where it is not at hand."""
    try:
        record = read_record(_root(run.data_files()))
    except DataError:
        return None
    return (record or {}).get("options", {}).get("seed")


def _set_name(run: Run) -> str | None:
    for entry in run.data_entries():
        path = Path(entry.path)
        return path.parent.name if path.name.startswith("metadata_") else path.name
    return None


def _items(run: Run, wanted: frozenset[str]) -> tuple[Path | None, dict[str, Item]]:
    """The chosen items and the set's folder; nothing where the set is gone or has changed."""
    if not wanted:
        return None, {}
    found: dict[str, Item] = {}
    try:
        files = run.data_files()
        for file in files:
            for number, line in numbered_lines(file):
                if msgspec.json.decode(line, type=_Id).item_id in wanted:
                    item = read_item(line, f"{file}:{number}")
                    found[item.item_id] = item
    except (HandeyeError, msgspec.MsgspecError):
        # The figures stand without it; the gallery says that pictures are not at hand.
        return None, {}
    return _root(files), found


def _answers(file: Path, wanted: Collection[str]) -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for number, line in numbered_lines(file):
        answer = read_prediction(line, str(file), number)
        if answer.item_id in wanted:
            out[answer.item_id] = answer.raw_text
    return out
