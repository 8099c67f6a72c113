"""Reading sets in the release format: a folder, one metadata file, or a dataset on the Hub.

A set is ``metadata_{split}.jsonl`` (T1-T5) with ``global_click/`` (T1B) and
``matched_local_count/`` (T2B) beside it, pictures under ``images/``. Sets written by handeye and
the authors' release read alike; so does a single metadata file whose pictures may be absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

from handeye.errors import DataError, OptionError, allowed, refuse_twice, within
from handeye.rose.items import Item, ItemSet, read_item
from handeye.rose.questions import BRIDGE_KEYS, BY_KEY, MAIN_KEYS, SUBSETS, TEMPLATES
from handeye.rose.v01 import SOURCE_NAMES, STATISTICS
from handeye.run.plan import Plan
from handeye.sets.blocks import MOST
from handeye.sets.folder import refuse_other_suite
from handeye.sets.hub import HUB, fetch_dataset
from handeye.sets.jsonl import numbered_lines

# Folders of the two bridge sets beside the main metadata files (release layout).
BRIDGE_FOLDERS = {"T1B": "global_click", "T2B": "matched_local_count"}
_TEMPLATE_WORDS = {"main": MAIN_KEYS, "bridges": BRIDGE_KEYS, "all": MAIN_KEYS + BRIDGE_KEYS}


def load(
    data: str | Path,
    *,
    split: str | None = None,
    templates: str | Iterable[str] | None = None,
    subsets: str | Iterable[str] | None = None,
    scenes: int | None = None,
    gold: bool = True,
) -> ItemSet:
    """Load the items of a set.

    Args:
        data: a set folder, one metadata file, or ``hf:OWNER/NAME`` (downloaded once by
            huggingface_hub into its cache).
        split: keep only rows of this split (``test`` or ``dev``); ``all`` or nothing keeps both.
        templates: keys (``T1,T3``), ids, or ``main``, ``bridges``, ``all``; default: all there is.
        subsets: names as ``glyph``, ``ChineseGlyph`` or ``ROSE-ChineseGlyph``.
        scenes: keep this many scenes, taken in turn from every subset (so that macro averages
            keep equal weights), in file order within a subset.
        gold: refuse rows whose gold contradicts itself.

    Raises:
        DataError: nothing there, an unreadable row (file and line), duplicate ids.
        OptionError: an unknown template or subset, or a selection that leaves nothing.
    """
    if split in ("", "all"):
        split = None
    root, files = metadata_files(data)
    wanted_templates = template_ids(templates)
    wanted_subsets = subset_names(subsets)
    items: list[Item] = []
    for file in files:
        for number, line in numbered_lines(file):
            item = read_item(line, f"{file}:{number}", gold=gold)
            if (
                (split is None or item.split == split)
                and (wanted_templates is None or item.task_template in wanted_templates)
                and (wanted_subsets is None or item.rose_subset in wanted_subsets)
            ):
                items.append(item)
    if not items:
        chosen = f"split={split}, templates={templates}, subsets={subsets}"
        raise OptionError(f"{data}: no item is left by the selection ({chosen})")
    if scenes is not None:
        items = _first_scenes(items, scenes)
    return ItemSet(items, root)


def selected(plan: Plan, data: str | Path) -> ItemSet:
    """The items of a set that the plan of a run selects.

    Raises:
        DataError, OptionError: as :func:`load`.
    """
    return load(
        data,
        split=plan.split,
        templates=plan.templates,
        subsets=plan.subsets,
        scenes=plan.max_scenes,
    )


def recognizes(data: str) -> bool:
    """Whether a folder, file or ``hf:`` name is a set of this suite, by its name and files."""
    if data.startswith(HUB):
        return "rose" in data.lower()
    path = Path(data)
    if path.is_dir():
        folders = [path, *(path / folder for folder in BRIDGE_FOLDERS.values())]
        return any(any(folder.glob("metadata_*.jsonl")) for folder in folders)
    return path.suffix == ".jsonl" and "metadata" in path.name


def metadata_files(data: str | Path) -> tuple[Path, list[Path]]:
    """Find the root of a set and its metadata files, main ones first.

    Raises:
        DataError: the path does not exist, holds no metadata, or is a set of another suite.
    """
    if str(data).startswith(HUB):
        data = fetch_dataset(str(data))
    path = Path(data)
    refuse_other_suite(path, "rose")
    if path.is_file():
        return path.parent, [path]
    if not path.is_dir():
        raise DataError(f"{path}: no such set; give a folder, a metadata file or hf:OWNER/NAME")
    files = sorted(path.glob("metadata_*.jsonl"))
    for folder in BRIDGE_FOLDERS.values():
        files += sorted((path / folder).glob("metadata_*.jsonl"))
    if not files:
        raise DataError(
            f"{path}: no metadata_*.jsonl there; is it a set made by 'handeye rose generate' "
            "or the ROSE release?"
        )
    return path, files


def template_ids(templates: str | Iterable[str] | None) -> frozenset[str] | None:
    """Template ids for keys, ids or the words ``main``, ``bridges``, ``all``; None keeps all."""
    if templates is None:
        return None
    out: set[str] = set()
    for name in _words(templates, "templates"):
        if name.lower() in _TEMPLATE_WORDS:
            out.update(BY_KEY[key].id for key in _TEMPLATE_WORDS[name.lower()])
        elif name.upper() in BY_KEY:
            out.add(BY_KEY[name.upper()].id)
        elif name in TEMPLATES:
            out.add(name)
        else:
            known = [*BY_KEY, *_TEMPLATE_WORDS]
            raise OptionError(f"unknown template {name!r}{allowed(name, known)}")
    return frozenset(out)


def subset_names(subsets: str | Iterable[str] | None) -> frozenset[str] | None:
    """Official subset names for any of the accepted spellings; None keeps all."""
    if subsets is None:
        return None
    by_name = {name: rules.subset for name, rules in STATISTICS.items()}
    for subset in SUBSETS:
        by_name[subset.lower()] = by_name[subset.removeprefix("ROSE-").lower()] = subset
    out: set[str] = set()
    for name in _words(subsets, "subsets"):
        if name.lower() not in by_name:
            raise OptionError(f"unknown subset {name!r}{allowed(name, SOURCE_NAMES)}")
        out.add(by_name[name.lower()])
    return frozenset(out)


def _words(names: str | Iterable[str], option: str) -> Sequence[str]:
    parts = names.split(",") if isinstance(names, str) else names
    words = [part.strip() for part in parts if part.strip()]
    refuse_twice(option, words)
    return words


def _first_scenes(items: list[Item], count: int) -> list[Item]:
    within("scenes", count, 1, MOST)
    by_subset: dict[str, dict[str, None]] = {}
    for item in items:
        by_subset.setdefault(item.rose_subset, {})[item.scene_id] = None
    turns = zip_longest(*by_subset.values())
    order = [scene for turn in turns for scene in turn if scene is not None]
    kept = frozenset(order[:count])
    return [item for item in items if item.scene_id in kept]
