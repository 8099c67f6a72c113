"""Loading sets of clips: handeye's own, the published dataset, and both from the Hub.

A folder with ``clips_{split}.jsonl`` is a set of ours and read strictly; anything else is taken for
the published layout, whose field names are detected
(:mod:`handeye.visualact.foreign.published_layout`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from msgspec import UNSET

from handeye.errors import OptionError, allowed, refuse_twice, within
from handeye.run.plan import Plan
from handeye.sets.blocks import MOST
from handeye.sets.folder import RECORD
from handeye.sets.hub import HUB, find_set
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.foreign.gold_values import read_scenario
from handeye.visualact.foreign.published_layout import published_file, read_published
from handeye.visualact.own_sets import PlacedClip, check_videos, clips_files, read_clips
from handeye.visualact.records import SCENARIOS, Clip, clips_name

# What sets of others have beside their videos.
_OTHERS = ("metadata*.jsonl", "premise_*.jsonl", "*standard_vision*", "*/*standard_vision*")


def any_clips(given: str | Path | Iterable[Clip]) -> list[Clip]:
    """Clips as they are, or all of the set that is named.

    Raises:
        DataError: as :func:`load`.
    """
    return list(load(given, split=None) if isinstance(given, str | Path) else given)


def load(
    data: str | Path,
    *,
    split: str | None = "test",
    scenarios: Sequence[str] | None = None,
    clips: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ClipSet:
    """Load the clips of a set.

    Args:
        data: a set folder, one of its files, or ``hf:OWNER/NAME[@REVISION]`` (downloaded once by
            huggingface_hub into its cache).
        split: ``test`` or another name; None, empty or ``all`` takes all there are. A file is read
            whole, whatever its split.
        scenarios: keep these, by key, title or abbreviation.
        clips: keep this many, taken in turn from every scenario, in file order within a scenario.
        mapping: field to column (dotted path) of a foreign file, where it cannot be detected.

    Returns:
        The clips in file order.

    Raises:
        DataError: nothing there, a row that is not as it should be (file, line, id), duplicate
            ids, missing videos, a foreign file whose fields cannot be told.
        OptionError: a split or scenario that is not there, a selection that leaves nothing, a
            mapping that does not fit.
    """
    wanted = scenario_keys(scenarios)
    if clips is not None:
        within("clips", clips, 1, MOST)
    name, path = find_set(data, "visualact", "a clips file")
    split = None if split in ("", "all") else split
    files = clips_files(path, split)
    if not files:
        return _published(name, path, split, wanted, clips, mapping)
    if mapping:
        raise OptionError(f"{path}: a set in handeye's own format needs no mapping (--map)")
    chosen = select(read_clips(files), wanted, clips, name)
    root = files[0].parent
    check_videos(root, chosen)
    return ClipSet(root, tuple(placed.clip for placed in chosen), files, name)


def _published(
    name: str,
    path: Path,
    split: str | None,
    wanted: frozenset[str] | None,
    count: int | None,
    mapping: Mapping[str, str] | None,
) -> ClipSet:
    file = path if path.is_file() else published_file(path)
    root, placed, taken = read_published(file, mapping, path if path.is_dir() else None)
    splits = {one.clip.split: None for one in placed}
    if split is not None and not path.is_file():
        if split not in splits:
            raise OptionError(f"{path}: no split {split!r} there; it has: {', '.join(splits)}")
        placed = [one for one in placed if one.clip.split == split]
    chosen = select(placed, wanted, count, name)
    return ClipSet(root, tuple(one.clip for one in chosen), (file,), name, taken)


def selected(plan: Plan, data: str | Path, mapping: Mapping[str, str] | None = None) -> ClipSet:
    """The clips of a set that the plan of a run selects.

    Args:
        plan: of the run.
        data: as :func:`load` takes it.
        mapping: columns of a foreign file; by default those that the plan remembers.

    Raises:
        DataError, OptionError: as there.
    """
    known = {} if plan.scoring is UNSET else plan.scoring
    return load(
        data,
        split=plan.split,
        scenarios=plan.subsets.split(",") if plan.subsets else None,
        clips=plan.max_scenes,
        mapping=dict(mapping or known.get("mapping") or {}) or None,
    )


def recognizes(data: str) -> bool:
    """Whether a folder, file or ``hf:`` name is a set of this suite, by its name and files.

    Nothing is fetched to find out; a foreign set is told by its folder of videos.
    """
    if data.startswith(HUB):
        return "visualact" in data.lower()
    path = Path(data)
    if path.is_dir():
        others = any(any(path.glob(pattern)) for pattern in _OTHERS)
        # What has a record was made by handeye: a set without its rows is not finished.
        foreign = (path / "videos").is_dir() and not others and not (path / RECORD).exists()
        return foreign or any(path.glob(clips_name("*")))
    foreign = path.suffix == ".json" and not any(map(path.match, _OTHERS))
    return foreign or path.match(clips_name("*"))


def scenario_keys(names: Iterable[str] | None) -> frozenset[str] | None:
    """Keys for any accepted spelling of scenarios; None keeps all.

    Raises:
        OptionError: a name that is no scenario.
    """
    if names is None:
        return None
    parts = names.split(",") if isinstance(names, str) else names
    asked = [name for part in parts if (name := part.strip())]
    refuse_twice("scenarios", asked)
    found = {name: read_scenario(name) for name in asked}
    for name, key in found.items():
        if key is None:
            raise OptionError(f"unknown scenario {name!r}{allowed(name, SCENARIOS)}")
    return frozenset(key for key in found.values() if key) or None


def select(
    placed: Sequence[PlacedClip], wanted: frozenset[str] | None, count: int | None, name: str
) -> list[PlacedClip]:
    """The clips of the wanted scenarios, ``count`` of them from every scenario in turn.

    Returns:
        In file order.

    Raises:
        OptionError: no clip is left.
    """
    kept = [one for one in placed if wanted is None or one.clip.scenario in wanted]
    if not kept:
        there = ", ".join(key for key in SCENARIOS if any(p.clip.scenario == key for p in placed))
        raise OptionError(
            f"{name}: no clip is left by scenarios={','.join(sorted(wanted or ()))}; "
            f"the set has: {there or 'none'}"
        )
    if count is None:
        return kept
    by_scenario: dict[str, list[str]] = {key: [] for key in SCENARIOS}
    for one in kept:
        by_scenario[one.clip.scenario].append(one.clip.clip_id)
    turns = (clip_id for turn in zip_longest(*by_scenario.values()) for clip_id in turn if clip_id)
    first = {clip_id for clip_id, _ in zip(turns, range(count), strict=False)}
    return [one for one in kept if one.clip.clip_id in first]
