"""One run from prediction files that each hold a part of the items.

The authors keep the answers to T1-T5, to G-Clk and to mL-Cnt in files of their own, with metadata
of their own; so may anybody. Knows nothing of how bridges are computed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handeye.atomic import held, write_bytes
from handeye.errors import DataError, OptionError, first_ten
from handeye.hashing import file_sha256
from handeye.rose.items import Item, read_item
from handeye.rose.questions import TEMPLATES
from handeye.rose.release import metadata_files
from handeye.rose.scoring.file_scoring import score_files
from handeye.rose.scoring.partners import PARTNERS
from handeye.rose.scoring.predictions import PredictionFile
from handeye.scores.run_folder import RECORD, RunSummary, indented_json
from handeye.sets.jsonl import numbered_lines

_JOINED = "predictions.jsonl"


@dataclass(frozen=True, slots=True)
class Bridged:
    """A run made from parts.

    ``asked`` are the template columns that any part answers, in the paper's order. ``unpaired``
    maps the column of a bridge template to its items whose partner has no prediction.
    """

    run: RunSummary
    asked: tuple[str, ...]
    unpaired: Mapping[str, tuple[str, ...]]


def bridge_files(
    predictions: Sequence[Path | str],
    data: Sequence[Path | str],
    out: Path | str,
    *,
    allow_missing: bool = False,
    split: str | None = None,
    seed: int = 0,
) -> Bridged:
    """Join prediction files of one model, score them and write the run folder.

    A template that no file answers was not asked; of the others every item needs a prediction.

    Args:
        predictions: files of which each holds any part of the answers.
        data: set folders or metadata files whose items together are the set.
        out: the run folder.
        allow_missing: score what is there although items lack a prediction (the run is then
            partial) or bridge items a partner (they count in no paired figure).
        split: only items of this split.
        seed: of the bootstrap.

    Raises:
        DataError: an item in two files, answers of several models, a bridge item whose partner
            has no prediction, paired items with other targets, and all that
            :func:`handeye.rose.score_files` raises; nothing is written.
        OptionError: no files, no data, or no bridge item among the answers.
    """
    if not predictions or not data:
        raise OptionError("give at least one prediction file and one set or metadata file")
    files = list(map(Path, predictions))
    answered = _read_parts(files)
    asked, unpaired = _look_over(data, answered, split)
    if not allow_missing:
        _refuse_unpaired(unpaired)
    parts = [{"path": str(path.resolve()), "sha256": file_sha256(path)} for path in files]
    with held(Path(out)), tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / _JOINED
        _join(files, joined)
        run = score_files(
            joined,
            list(data),
            Path(out),
            allow_missing=allow_missing,
            split=split,
            templates=asked,
            run_info={"parts": parts},
            seed=seed,
        )
        run = _name_predictions(run)
    columns = tuple(TEMPLATES[template].column for template in asked)
    return Bridged(run, columns, unpaired)


def _read_parts(paths: Sequence[Path]) -> dict[str, Path]:
    """Item id to the file that holds its answer."""
    answered: dict[str, Path] = {}
    models: dict[str, Path] = {}
    twice: list[str] = []
    files: dict[Path, None] = {}
    for path in paths:
        with PredictionFile(path) as part:
            if (model := part.model()) is not None:
                models.setdefault(model, path)
            for item_id in part.ids():
                if item_id in answered:
                    twice.append(item_id)
                    files |= {answered[item_id]: None, path: None}
                answered[item_id] = path
    if len(models) > 1:
        named = ", ".join(f"{model} in {path}" for model, path in models.items())
        raise DataError(
            f"answers of {len(models)} models ({named}); bridges compare one model with itself: "
            "give the files of one model"
        )
    if twice:
        where = " and ".join(map(str, files))
        raise DataError(
            f"{len(twice)} items are answered more than once, in {where}: {first_ten(twice)}; "
            "give each answer once"
        )
    return answered


def _look_over(
    data: Sequence[Path | str], answered: Mapping[str, Path], split: str | None
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Template ids with answers, and the bridge items (by column) whose partner has none."""
    scenes: dict[str, dict[tuple[str, str], str]] = {template: {} for template in TEMPLATES}
    for item in _items(data):
        if item.item_id in answered and split in (None, item.split):
            found = scenes[item.task_template]
            found.setdefault((item.rose_subset, item.scene_id), item.item_id)
    asked = tuple(template for template, found in scenes.items() if found)
    if not any(template in PARTNERS for template in asked):
        names = " and ".join(TEMPLATES[template].column for template in PARTNERS)
        raise OptionError(
            f"no answer is to a bridge item ({names}); give their prediction files and metadata, "
            "or use 'handeye rose score'"
        )
    unpaired = {
        TEMPLATES[bridge].column: tuple(
            item_id for scene, item_id in scenes[bridge].items() if scene not in scenes[partner]
        )
        for bridge, partner in PARTNERS.items()
    }
    return asked, {column: found for column, found in unpaired.items() if found}


def _items(data: Sequence[Path | str]) -> Iterator[Item]:
    for name in data:
        for file in metadata_files(name)[1]:
            for number, line in numbered_lines(file):
                yield read_item(line, f"{file}:{number}")


def _refuse_unpaired(unpaired: Mapping[str, Sequence[str]]) -> None:
    if not unpaired:
        return
    partner = {TEMPLATES[b].column: TEMPLATES[p].column for b, p in PARTNERS.items()}
    named = "; ".join(
        f"{len(found)} of {column} without {partner[column]}: {first_ten(list(found))}"
        for column, found in unpaired.items()
    )
    raise DataError(
        f"bridge items without a partner: {named}; give the prediction file and the metadata of "
        "the partners too, or --allow-missing"
    )


def _join(paths: Sequence[Path], joined: Path) -> None:
    """Write the lines of all files one after the other; they were read before."""
    with joined.open("wb") as stream:
        for path in paths:
            stream.write(path.read_bytes().removeprefix(b"\xef\xbb\xbf") + b"\n")


def _name_predictions(run: RunSummary) -> RunSummary:
    """Let run.json name the joined answers where they lie now: in the run folder."""
    kept = (run.path / _JOINED).resolve()
    info = {**run.info, "predictions": {**run.info["predictions"], "path": str(kept)}}
    write_bytes(run.path / RECORD, indented_json(info))
    return replace(run, info=info)
