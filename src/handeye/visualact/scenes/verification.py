"""Checks a set of clips: rows, gold by the rules, and every video (see ``videos``).

Every problem is found and told with file, line and clip, not only the first. Rows of sets that
handeye did not make are read by the loader, which stops at the first bad row; their videos are
decoded all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from handeye.errors import DataError, OptionError, first_ten
from handeye.reading import UNREADABLE, why
from handeye.sets.blocks import MOST
from handeye.sets.checks import Verified, check_pieces
from handeye.sets.folder import RECORD, read_record, record_problems
from handeye.sets.jsonl import numbered_lines
from handeye.visualact.loader import load
from handeye.visualact.own_sets import PlacedClip, clips_files, split_of
from handeye.visualact.records import Action, Clip, problems as row_problems
from handeye.visualact.scenes.events import catalogue
from handeye.visualact.scenes.film import Rule
from handeye.visualact.scenes.generation import GENERATOR
from handeye.visualact.scenes.plan import clip_name
from handeye.visualact.scenes.videos import check_film

_FILMS_A_JOB = 4


def verify(
    data: str | Path,
    *,
    redraw: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check a set of clips.

    Args:
        data: a set folder or clips file, or anything else that
            :func:`handeye.visualact.loader.load` takes.
        redraw: draw every generated film again and compare its frames and actions (about as long
            as making the set), not only those that cannot be solved from their frames.
        workers: processes (default: as many as it is worth).
        progress: called with (clips done, clips in all).

    Returns:
        Counts of ``clips`` (rows read), ``actions`` in them, ``pairs of twins`` compared and, for
        sets made by this generator, clips ``solved from their frames``; and every problem with
        file, line and clip.

    Raises:
        DataError: the set cannot be read at all.
        OptionError: workers below 1.
    """
    path = Path(data)
    files = clips_files(path, None) if path.exists() else ()
    if files:
        placed, problems = _read_rows(files)
        root = files[0].parent
    else:
        loaded = load(data, split=None)
        placed, problems = [PlacedClip(clip, str(loaded.files[0])) for clip in loaded], []
        root = loaded.root
    problems += record_problems(root)
    record = read_record(root)
    if record is not None:
        problems += _plan_problems(record, placed, root)
        problems += [problem for one in placed for problem in gold_problems(one)]
    films = _films(placed)
    found = check_pieces(
        partial(check_film, root=root, ours=_is_ours(record), redraw=redraw),
        films,
        block=_FILMS_A_JOB,
        size=len,
        workers=workers,
        progress=progress,
    )
    counts = {
        "clips": len(placed),
        "actions": sum(len(one.clip.actions) for one in placed),
        "pairs of twins": sum(len(film) == 2 for film in films),
        **found.counts,
    }
    return Verified(counts, (*problems, *found.problems))


def _is_ours(record: Mapping[str, Any] | None) -> bool:
    """Whether a set was made by this generator from this catalogue of events."""
    if record is None:
        return False
    made_from = record.get("generator", 1), record["options"].get("catalogue")
    return made_from == (GENERATOR, catalogue.digest())


def _read_rows(files: Sequence[Path]) -> tuple[list[PlacedClip], list[str]]:
    """The rows that can be read, and what is wrong with all of them."""
    placed: dict[str, PlacedClip] = {}
    found: list[str] = []
    for file in files:
        try:
            for number, line in numbered_lines(file):
                found += _row_problems(line, f"{file}:{number}", split_of(file), placed)
        except DataError as error:
            found.append(str(error))
    return list(placed.values()), found


def _row_problems(
    line: bytes, where: str, split: str, placed: dict[str, PlacedClip]
) -> Iterator[str]:
    """Read one row into ``placed`` and tell what is wrong with it."""
    try:
        clip = msgspec.json.decode(line, type=Clip)
    except UNREADABLE as error:
        yield f"{where}: not a clip row: {why(error)}"
        return
    name = f"{where}: clip {clip.clip_id or '-'}"
    yield from (f"{name}: {what}" for what in row_problems(clip))
    if clip.split != split:
        yield f"{name}: its split is {clip.split!r}, the file is for {split!r}"
    if clip.clip_id in placed:
        yield f"{name}: was already in {placed[clip.clip_id].where}"
    else:
        placed[clip.clip_id] = PlacedClip(clip, where)


def _films(placed: Sequence[PlacedClip]) -> list[tuple[PlacedClip, ...]]:
    """Clips to look at together: twins that name each other, and everything else alone."""
    by_id = {one.clip.clip_id: one for one in placed}
    out: list[tuple[PlacedClip, ...]] = []
    taken: set[str] = set()
    for one in placed:
        clip_id, twin = one.clip.clip_id, str(one.clip.meta.get("twin") or "")
        if clip_id in taken:
            continue
        mutual = twin != clip_id and twin in by_id and twin not in taken
        if mutual and by_id[twin].clip.meta.get("twin") == clip_id:
            taken.add(twin)
            out.append((one, by_id[twin]))
        else:
            out.append((one,))
    return out


def _plan_problems(
    record: Mapping[str, Any], placed: Sequence[PlacedClip], root: Path
) -> Iterator[str]:
    """Clips that the record of a set promises and no row has, and rows that it does not know."""
    counts = record["options"].get("clips")
    if not isinstance(counts, Mapping) or not record.get("complete"):
        return
    if not all(isinstance(n, int) and 0 <= n <= MOST for n in counts.values()):
        yield f"{root / RECORD}: clips must be numbers from 0 to {MOST}, got {counts}"
        return
    promised = [clip_name(name, index) for name, n in counts.items() for index in range(n)]
    there = {one.clip.clip_id: one for one in placed}
    if missing := [name for name in promised if name not in there]:
        yield f"{root}: no row for {first_ten(missing)}"
    for name in sorted(there.keys() - set(promised)):
        yield f"{there[name].where}: clip {name}: the set was made without this clip"


def gold_problems(one: PlacedClip) -> list[str]:
    """Actions of a generated clip that no rule of its kind of event gives."""
    clip, before = one.clip, f"{one.where}: clip {one.clip.clip_id}"
    if "kind" not in clip.meta:
        return []
    try:
        kind = catalogue.kind(str(clip.meta["kind"]))
    except OptionError as error:
        return [f"{before}: {error}; was the set made by another version of handeye?"]
    out: list[str] = []
    if kind.scenario != clip.scenario:
        out.append(f"{before}: {kind.name} is a kind of {kind.scenario}, not of {clip.scenario}")
    rules = kind.backward_rules if clip.meta.get("backward") else kind.rules
    facts = clip.meta.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    for place, action in enumerate(clip.actions, 1):
        if what := _action_problem(action, rules, facts):
            out.append(f"{before}: action {place}: {what}")
    if bool(clip.meta.get("idle")) != (not clip.actions):
        out.append(f"{before}: idle is {clip.meta.get('idle')}, but it has {len(clip.actions)}")
    return out


def _action_problem(action: Action, rules: Sequence[Rule], facts: Mapping[str, Any]) -> str:
    texts = {action.text, *action.phrasings}
    for rule in rules:
        if texts == {_filled(text, facts) for text in rule.texts}:
            if action.apl not in rule.levels:
                return f"level {action.apl}, but the rule gives {', '.join(map(str, rule.levels))}"
            if action.proactive != rule.proactive:
                return f"proactive is {action.proactive}, but the rule says {rule.proactive}"
            return ""
    return f"{action.text!r} with its wordings is no rule of this kind of event"


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    try:
        return text.format(**facts)
    except (KeyError, IndexError):
        return text
