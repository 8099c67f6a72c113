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
from handeye.pages.frame import Words, cost_words, fact_words, moment_words, set_name
from handeye.reading import UNREADABLE
from handeye.respondents.conversation import about
from handeye.rose.items import Item, read_item
from handeye.rose.release import BRIDGE_FOLDERS
from handeye.rose.respondents.models import RESPONDENTS
from handeye.rose.scoring.predictions import read_prediction
from handeye.rose.scoring.run_folder import Run
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

    def evidence(self, wanted: Collection[str]) -> Evidence:
        """Score rows, answers and items of the chosen item ids."""
        frame = self.scores.filter(pl.col("item_id").is_in(list(wanted))).collect()
        rows = {row["item_id"]: row for row in frame.iter_rows(named=True)}
        root, items = _items(self.run, frozenset(wanted))
        return Evidence(rows, _answers(self.run.predictions_path(), wanted), items, root)


def load_runs(runs: Sequence[Run]) -> list[LoadedRun]:
    """Give each run a name of its own."""
    labels = run_labels(runs)
    return [LoadedRun(r, label, k) for k, (r, label) in enumerate(zip(runs, labels, strict=True))]


def facts(run: Run) -> Words:
    """What was run, as far as run.json tells."""
    info = run.info
    versions = {**(info.get("versions") or {}), **(info.get("engine") or {})}
    chosen = {**(info.get("scoring") or {}), **(info.get("selection") or {})}
    seed = _set_seed(run)
    return fact_words(
        [
            ("model", run.summary.named),
            ("respondent", about(info.get("model"), RESPONDENTS)),
            ("set", set_name(run, "metadata_")),
            ("set seed", None if seed is None else str(seed)),
            ("items", info.get("n_items")),
            ("scenes", info.get("n_scenes")),
            *((name, chosen.get(name)) for name in ("split", "templates", "subsets")),
            ("prompt order", info.get("order")),
            *((name, (info.get("generation") or {}).get(name)) for name in ("temperature",)),
            ("created", moment_words(info)),
            ("cost", cost_words(info)),
            *((f"{name} seed", str(value)) for name, value in (info.get("seeds") or {}).items()),
            *((name, versions.get(name)) for name in ("handeye", "inspect_ai")),
        ]
    )


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
    except (HandeyeError, *UNREADABLE):
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
