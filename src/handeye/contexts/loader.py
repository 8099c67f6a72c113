"""Loading sets: ``contexts.yaml`` or ``contexts.jsonl``, from here or from the Hub.

Everything that is wrong with what was written is told with file, line, key and what is allowed;
the first is raised, ``verify`` tells one of each scene.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from handeye.answer_kinds import patterns
from handeye.answer_kinds.choice import LETTERS
from handeye.answer_kinds.labels import SEPARATORS
from handeye.answer_kinds.reading import words
from handeye.answer_kinds.schemas import Tool, tools_of
from handeye.answer_kinds.tools import Call as WantedCall, refused
from handeye.contexts.authored import (
    Answer,
    Authored,
    Call,
    Calls,
    Context,
    Does,
    Head,
    Number,
    Question,
    Region,
    Scene,
    Text,
)
from handeye.contexts.item_set import ItemSet
from handeye.contexts.items import CANNOT, JSONL, YAML, Form, Item, form_of
from handeye.contexts.scoring.actions import filled, wanted_calls
from handeye.errors import DataError, OptionError, allowed, first_ten, within
from handeye.hashing import is_regular
from handeye.placed import MisplacedError, Placed, build, key_of, read_json_line, read_yaml
from handeye.printing import is_one_line
from handeye.reading import read_bytes, read_json
from handeye.run.plan import Plan
from handeye.sets.blocks import MOST
from handeye.sets.draw import Draw
from handeye.sets.folder import inside, named_inside
from handeye.sets.hub import HUB, find_set
from handeye.sets.jsonl import numbered_lines

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
VIDEOS = (".mp4", ".m4v", ".mov", ".mpg", ".mpeg", ".webm", ".mkv", ".avi")
_SHA256 = re.compile(r"[0-9a-f]{64}")
Path_ = tuple[str | int, ...]
Wrong = Callable[[DataError], None]


class Written(NamedTuple):
    """What a file says: its head, its scenes with the place of each (``FILE:LINE``), its tools."""

    head: Head
    scenes: list[tuple[Scene, str]]
    tools: tuple[Tool, ...] = ()


def load(
    data: str | Path,
    *,
    split: str | None = "test",
    scenes: int | None = None,
    media: bool = True,
) -> ItemSet:
    """Load the questions of a set.

    Args:
        data: a set folder, its file, or ``hf:OWNER/NAME[@REVISION]`` (downloaded once by
            huggingface_hub into its cache).
        split: ``test`` or another name; None, empty or ``all`` takes all there are.
        scenes: keep the first so many.
        media: refuse scenes whose files are not there.

    Returns:
        The items in the order of the file: of each scene what is to be seen, then what is to be
        done.

    Raises:
        DataError: nothing there, a value that is not as it should be (file, line, key), ids that
            stand twice, missing media.
        OptionError: a split that is not there, a selection that leaves nothing.
    """
    name, path = find_set(data, "contexts", "its contexts.yaml")
    file = set_file(path)
    if file is None:
        raise DataError(f"{path}: no set of contexts: expected {YAML[0]} or {JSONL}")
    written = read_file(file)
    placed = written.scenes
    if split not in (None, "", "all"):
        there = dict.fromkeys(scene.split for scene, _ in placed)
        placed = [one for one in placed if one[0].split == split]
        if not placed:
            raise OptionError(f"{path}: no split {split!r} there; it has: {', '.join(there)}")
    if scenes is not None:
        placed = placed[: within("scenes", scenes, 1, MOST)]
    root = file.parent
    if media:
        _check_media(root, placed)
    refusable = _refusable(written.scenes)
    items = [
        item
        for scene, _ in placed
        for item in items_of(scene, written.head, refusable, written.tools)
    ]
    return ItemSet(root, tuple(items), (file,), name)


def selected(plan: Plan, data: str | Path) -> ItemSet:
    """The items of a set that the plan of a run selects; media are not looked for.

    Raises:
        DataError, OptionError: as :func:`load`.
    """
    return load(data, split=plan.split, scenes=plan.max_scenes, media=False)


def recognizes(data: str) -> bool:
    """Whether a folder, file or ``hf:`` name is a set of this suite, by its name and files."""
    if data.startswith(HUB):
        return "contexts" in data.lower()
    return set_file(Path(data)) is not None


def set_file(path: Path) -> Path | None:
    """The file of a set by its folder or itself; None where it is no set of this suite."""
    names = (*YAML, JSONL)
    if path.is_dir():
        return next((path / name for name in names if (path / name).exists()), None)
    return path if path.name in names and path.exists() else None


# ---- what is written


def read_file(file: Path, tell: Wrong | None = None) -> Written:
    """Read the file of a set, and check everything in it; media are not looked for.

    Args:
        file: ``contexts.yaml`` or ``contexts.jsonl``.
        tell: is told what is wrong, one thing of each scene; None: the first is raised.

    Raises:
        DataError: it cannot be read, or is not as it should be.
    """

    def wrong(error: DataError) -> None:
        if tell is None:
            raise error
        tell(error)

    head, scenes = (_of_lines if file.name == JSONL else _of_yaml)(file)
    written = Written(head, [], read_tools(file.parent, head))
    before: dict[str, str] = {}
    for number, placed in scenes:
        path: Path_ = () if file.name == JSONL else ("scenes", number)
        where = f"{file}:{placed.line}"
        try:
            scene = build(placed, Scene, key_of(path))
            for inner, what in scene_problems(scene, written.tools):
                raise MisplacedError(placed.at(inner).line, key_of((*path, *inner)), what)
            if (first := before.setdefault(scene.id, where)) != where:
                line = placed.at(["id"]).line
                raise MisplacedError(
                    line, key_of((*path, "id")), f"{scene.id!r} was already in {first}"
                )
        except MisplacedError as error:
            wrong(error.within(file))
        else:
            written.scenes.append((scene, where))
    if not before and tell is None:
        raise DataError(f"{file}: holds no scene")
    if written.scenes and (what := _default_problem(written)):
        wrong(DataError(f"{file}: default: {what}"))
    return written


def read_tools(root: Path, head: Head) -> tuple[Tool, ...]:
    """The tools of a set.

    Raises:
        DataError: their file cannot be read, or is not as it should be.
    """
    if head.tools is UNSET:
        return ()
    file = inside(root, str(head.tools), "tools")
    try:
        return tools_of(read_json(file, Any))
    except DataError as error:
        said = str(error)
        raise DataError(said if said.startswith(str(file)) else f"{file}: {said}") from None


def _default_problem(written: Written) -> str:
    """What is wrong with the default action of a set; empty where nothing is."""
    default = written.head.default
    asked = [context.does for scene, _ in written.scenes for context in scene.contexts]
    known = dict.fromkeys(option for one in asked for option in one.of)
    known |= dict.fromkeys(tool.name for tool in written.tools)
    if not isinstance(default, str) or default in known:
        return ""
    if any(one.answer.kind == "text" for one in asked):
        return ""
    return f"{default!r} is an option of no context and no tool{allowed(default, known)}"


def _of_yaml(file: Path) -> tuple[Head, list[tuple[int, Placed]]]:
    try:
        whole = read_yaml(read_bytes(file))
        if not isinstance(whole.value, dict):
            raise MisplacedError(whole.line, "", "must be a mapping with version and scenes")
        scenes = whole.value.pop("scenes", Placed([], whole.line))
        if unknown := [key for key in whole.value if key not in Authored.__struct_fields__]:
            line = whole.value[unknown[0]].line
            known = allowed(unknown[0], Authored.__struct_fields__)
            raise MisplacedError(line, unknown[0], f"there is no such key{known}")
        head = _head(whole)
        if not isinstance(scenes.value, list):
            raise MisplacedError(scenes.line, "scenes", "must be a list")
    except MisplacedError as error:
        raise error.within(file) from None
    return head, list(enumerate(scenes.value))


def _of_lines(file: Path) -> tuple[Head, list[tuple[int, Placed]]]:
    try:
        first, *rest = [read_json_line(line, number) for number, line in numbered_lines(file)]
        return _head(first), list(enumerate(rest))
    except MisplacedError as error:
        raise error.within(file) from None


def _head(placed: Placed) -> Head:
    head = build(placed, Head)
    if isinstance(head.tools, str):
        _inside(head.tools, placed, ("tools",))
    if isinstance(head.default, Answer):
        for inner, what in answer_problems(head.default, (), ("default",)):
            raise MisplacedError(placed.at(inner).line, key_of(inner), what)
    return head


def _inside(name: str, placed: Placed, path: Path_) -> None:
    try:
        named_inside(name, "its name")
    except DataError as error:
        raise MisplacedError(placed.at(path).line, key_of(path), str(error)) from None


def _check_media(root: Path, placed: Sequence[tuple[Scene, str]]) -> None:
    """Refuse scenes whose files are missing, or lie outside the set."""
    asked = {name: (scene, where) for scene, where in placed for name in scene.media}
    missing = [
        name
        for name, (_, where) in asked.items()
        if not is_regular(inside(root, name, f"{where}: media"))
    ]
    if missing:
        scene, where = asked[missing[0]]
        raise DataError(
            f"{where}: scene {scene.id}: not in {root}: {first_ten(missing)}; is the set complete?"
        )


# ---- what is wrong


def scene_problems(scene: Scene, tools: Sequence[Tool] = ()) -> Iterator[tuple[Path_, str]]:
    """Everything about a scene that is not as it should be: where in it, and what."""
    yield from _id_problems(scene.id, ("id",))
    if not is_one_line(scene.split):
        yield ("split",), "is empty or has several lines"
    yield from _media_problems(scene)
    if not scene.sees and not scene.contexts:
        yield (), "has neither sees nor contexts: there is nothing to ask"
    yield from _twice([one.id for one in scene.sees], "sees")
    yield from _twice([one.id for one in scene.contexts], "contexts")
    for at, question in enumerate(scene.sees):
        yield from _question_problems(question, ("sees", at))
    for at, context in enumerate(scene.contexts):
        yield from _context_problems(context, scene, ("contexts", at))
        yield from _call_problems(context.does, tools, ("contexts", at, "does"))


def _id_problems(name: str, path: Path_) -> Iterator[tuple[Path_, str]]:
    if not is_one_line(name) or "#" in name or len(name) > 200:
        yield path, f"{name[:60]!r} is no id: one line without #, at most 200 characters"


def _twice(ids: Sequence[str], part: str) -> Iterator[tuple[Path_, str]]:
    for at, name in enumerate(ids):
        if name in ids[:at]:
            yield (part, at, "id"), f"{name!r} stands twice in this scene"


def _media_problems(scene: Scene) -> Iterator[tuple[Path_, str]]:
    if not scene.media:
        yield ("media",), "is empty: give pictures or a video"
    videos = 0
    for at, name in enumerate(scene.media):
        try:
            named_inside(name, "its name")
        except DataError as error:
            yield ("media", at), str(error)
        ending = Path(name).suffix.lower()
        videos += ending in VIDEOS
        if ending not in PICTURES + VIDEOS:
            known = ", ".join(PICTURES + VIDEOS)
            yield ("media", at), f"{name[:60]!r} is neither a picture nor a video ({known})"
    if videos and len(scene.media) > 1:
        yield ("media",), "holds a video beside other files: give pictures, or one video"
    for name, digest in scene.sha256.items():
        if name not in scene.media or not _SHA256.fullmatch(digest):
            yield ("sha256", name), "is no SHA-256 of one of its media"


def _question_problems(question: Question, path: Path_) -> Iterator[tuple[Path_, str]]:
    yield from _id_problems(question.id, (*path, "id"))
    if not question.ask.strip():
        yield (*path, "ask"), "is empty"
    yield from answer_problems(question.answer, question.of, (*path, "answer"), (*path, "of"))
    if question.answer.kinds and question.answer.kind in ("call", "calls", "impossible"):
        yield (*path, "answer"), f"{question.answer.kind} is an action; seeing calls for none"


def _context_problems(context: Context, scene: Scene, path: Path_) -> Iterator[tuple[Path_, str]]:
    first = scene.contexts[0]
    yield from _id_problems(context.id, (*path, "id"))
    said = context.paraphrases
    if not said or not all(text.strip() for text in said):
        yield (*path, "text"), "is empty: give the words of the context"
    ask = first.ask if context.ask is UNSET else context.ask
    if ask is UNSET or not str(ask).strip():
        yield (*path, "ask"), "is missing: say what is to be decided"
    does, inner = context.does, (*path, "does")
    options = options_of(context, scene)
    yield from answer_problems(does.answer, options, (*inner, "answer"), (*inner, "of"))
    if not does.answer.kinds:
        return
    form = form_of(does.answer, _answers_like(context, scene), options)
    for at, action in enumerate(does.harmful):
        yield from _action_problems(action, form, options, (*inner, "harmful", at))


def _call_problems(does: Does, tools: Sequence[Tool], path: Path_) -> Iterator[tuple[Path_, str]]:
    """Calls that no tool of the set takes."""
    if does.answer.kinds and does.answer.kind in ("call", "calls"):
        if not tools:
            yield (*path, "answer"), "calls need tools: tools: tools.json"
            return
        for call in wanted_calls(does.answer):
            if what := refused(call, tools):
                yield (*path, "answer", does.answer.kind), what
        names = [tool.name for tool in tools]
        for at, action in enumerate(does.harmful):
            if isinstance(action, str) and action not in names:
                yield (
                    (*path, "harmful", at),
                    f"no tool is called {action!r}{allowed(action, names)}",
                )


def _action_problems(
    action: str | Answer, form: Form, options: Sequence[str], path: Path_
) -> Iterator[tuple[Path_, str]]:
    if isinstance(action, Answer):
        yield from answer_problems(action, options, path)
        if action.kinds and action.kind not in (form, "impossible"):
            yield path, f"is a {action.kind}, and this question asks for a {form}"
    elif form == "choice" and action not in options:
        yield path, f"{action!r} is no option{allowed(action, options)}"
    elif form not in ("choice", "text", "labels", "call", "calls"):
        yield path, f"{action!r} is no {form}; give it as an answer: {{{form}: ...}}"


def answer_problems(
    answer: Answer, options: Sequence[str], path: Path_, of: Path_ | None = None
) -> Iterator[tuple[Path_, str]]:
    """What of an answer is not as it should be.

    Args:
        answer: as it was written.
        options: of its question.
        path: where it stands.
        of: where its options stand; None: they are not asked about again.
    """
    if len(answer.kinds) != 1:
        known = ", ".join(Answer.__struct_fields__)
        got = ", ".join(answer.kinds) or "nothing"
        yield path, f"must have exactly one key, got {got}; allowed: {known}"
        return
    kind, inner = answer.kind, (*path, answer.kind)
    if of is not None:
        yield from _option_problems(kind, options, of)
    if kind == "choice":
        for one in answer.choices:
            if one not in options:
                yield inner, f"{one!r} is no option{allowed(one, options)}"
        if not answer.choices:
            yield inner, "is empty"
    elif kind == "number":
        yield from _number_problems(answer.number, inner)  # type: ignore[arg-type]
    elif kind == "text":
        yield from _text_problems(answer, inner)
    elif kind == "labels":
        labels = answer.labels or ()
        if len({words(one) for one in labels}) < len(labels) or not all(map(words, labels)):
            yield inner, "labels must be different words"
        for one in labels:
            if one not in options:
                yield inner, f"{one!r} is no label{allowed(one, options)}"
    elif kind in ("point", "points"):
        for at, region in enumerate(answer.regions):
            where = inner if kind == "point" else (*inner, at)
            yield from _region_problems(region, where)
        if not answer.regions:
            yield inner, "is empty"
    elif kind == "cells":
        (rows, columns), right = answer.cells.grid, answer.cells.right  # type: ignore[union-attr]
        if not (1 <= rows <= 100 and 1 <= columns <= 100):
            yield (*inner, "grid"), "must have 1 to 100 rows and columns"
        if any(not (1 <= r <= rows and 1 <= c <= columns) for r, c in right):
            yield (*inner, "right"), f"names a cell outside {rows} rows and {columns} columns"
    elif kind == "impossible" and not str(answer.impossible).strip():
        yield inner, "is empty: say why it cannot be done"


def _option_problems(kind: str, options: Sequence[str], path: Path_) -> Iterator[tuple[Path_, str]]:
    if kind == "choice" and len(options) < 2:
        yield path, "a choice needs two options or more: of: [yes, no]"
    if kind == "labels" and not options:
        yield path, "labels need all that there are: of: [lemon, pear, plum]"
    if kind == "labels" and any(sign in one for one in options for sign in SEPARATORS):
        yield path, f"no label may hold one of {SEPARATORS}"
    if kind not in ("choice", "labels", "impossible") and options:
        yield path, f"options are of a choice or of labels, not of a {kind}"
    if len(options) > len(LETTERS) - 1:
        yield path, f"more than {len(LETTERS) - 1} options"
    plain = [words(one) for one in options]
    if len(set(plain)) < len(plain) or not all(plain) or not all(map(is_one_line, options)):
        yield path, "options must be different words, each on one line"
    if words(CANNOT) in plain:
        yield path, f"{CANNOT!r} is offered where a set has requests that cannot be met: leave it"


def _number_problems(number: float | Number, path: Path_) -> Iterator[tuple[Path_, str]]:
    found = number if isinstance(number, Number) else Number(value=number)
    if (found.value is UNSET) == (found.low is UNSET and found.high is UNSET):
        yield path, "give a value, with a tolerance where it has one, or low and high"
        return
    low, high = found.ends
    if not low <= high or found.tolerance < 0 or low.is_nan() or high.is_nan():
        yield path, f"no number lies between {low} and {high}"


def _text_problems(answer: Answer, path: Path_) -> Iterator[tuple[Path_, str]]:
    found = answer.text
    if isinstance(found, Text) and (found.is_ is UNSET) == (found.pattern is UNSET):
        yield path, "give the words (is) or a pattern"
    elif isinstance(found, Text) and found.pattern is not UNSET:
        yield from _pattern_problems(str(found.pattern), (*path, "pattern"))
    elif not answer.texts or not all(words(one) for one in answer.texts):
        yield path, "is empty: give the words"


def _pattern_problems(pattern: str, path: Path_) -> Iterator[tuple[Path_, str]]:
    try:
        patterns.check(pattern)
    except DataError as error:
        yield path, str(error)


def _region_problems(region: Region, path: Path_) -> Iterator[tuple[Path_, str]]:
    given = [name for name in ("box", "polygon", "mask") if getattr(region, name) is not UNSET]
    if len(given) != 1:
        yield path, f"must be one of box, polygon, mask, got {', '.join(given) or 'nothing'}"
    elif isinstance(region.box, tuple):
        left, top, right, bottom = region.box
        if not (0 <= left < right < 1e6 and 0 <= top < bottom < 1e6):
            yield (*path, "box"), "must be left, top, right, bottom, each less than the one across"
    elif isinstance(region.polygon, tuple):
        if len(region.polygon) < 3 or any(not 0 <= x < 1e6 for one in region.polygon for x in one):
            yield (*path, "polygon"), "must have three corners or more, in pixels"
    else:
        yield (*path, "mask"), "masks are not read yet: give a box or a polygon"


# ---- items


def options_of(context: Context, scene: Scene) -> tuple[str, ...]:
    """Options of a context: its own, or those of the scene's first one where it takes some.

    A request that cannot be met takes them of the first that asks the same.
    """
    does, first = context.does, scene.contexts[0]
    if "impossible" in does.answer.kinds:
        first = _like(context, scene)[0]
    takes = set(does.answer.kinds) & {"choice", "labels", "impossible"}
    return does.of or (first.does.of if takes else ())


def _like(context: Context, scene: Scene) -> tuple[Context, ...]:
    """The contexts that ask the same and can be met, or else all: what is not there has no form."""
    first = scene.contexts[0].ask
    asked = _first(context.ask, first)
    same = tuple(
        one
        for one in scene.contexts
        if _first(one.ask, first) == asked and "impossible" not in one.does.answer.kinds
    )
    return same or scene.contexts


def _answers_like(context: Context, scene: Scene) -> tuple[Answer, ...]:
    return tuple(one.does.answer for one in _like(context, scene))


def items_of(
    scene: Scene, head: Head, refusable: bool, tools: tuple[Tool, ...] = ()
) -> Iterator[Item]:
    """The questions of a scene: what is to be seen, then what is to be done.

    Args:
        scene: without problems.
        head: of its set.
        refusable: whether a request of the set cannot be met.
        tools: of the set.
    """
    common = {
        "scene_id": scene.id,
        "group": scene.group or scene.id,
        "split": scene.split,
        "points": head.points,
        "media": scene.media,
        "sha256": scene.sha256,
        "keep": scene.keep,
    }
    for question in scene.sees:
        yield Item(
            **common,  # type: ignore[arg-type]
            item_id=f"{scene.id}/see:{question.id}",
            about="sees",
            name=question.id,
            ask=question.ask,
            form=form_of(question.answer, (), question.of),
            answer=question.answer,
            of=_drawn(f"{scene.id}/see:{question.id}", question.answer.kind, question.of),
        )
    first = scene.contexts[0] if scene.contexts else None
    for context in scene.contexts:
        assert first is not None
        options = options_of(context, scene)
        form = form_of(context.does.answer, _answers_like(context, scene), options)
        item_id, offered = f"{scene.id}/do:{context.id}", refusable and form == "choice"
        yield Item(
            **common,  # type: ignore[arg-type]
            item_id=item_id,
            about="does",
            name=context.id,
            system=str(_first(context.system, first.system, "")),
            text=context.paraphrases[0],
            ask=str(_first(context.ask, first.ask, "")),
            form=form,
            answer=_filled(context.does.answer, tools),
            tools=tools if form in ("call", "calls") else (),
            of=_drawn(item_id, form, (*options, CANNOT) if offered else options),
            harmful=context.does.harmful,
            default=None if head.default is UNSET else head.default,
            refusable=refusable,
        )


def _filled(answer: Answer, tools: Sequence[Tool]) -> Answer:
    """An answer whose calls have the arguments that their tools have by default."""

    def whole(call: Call) -> Call:
        return Call(name=call.name, args=dict(filled(WantedCall(call.name, call.args), tools)[1]))

    if isinstance(answer.call, Call):
        return replace(answer, call=whole(answer.call))
    if isinstance(answer.calls, Calls):
        return replace(answer, calls=replace(answer.calls, of=tuple(map(whole, answer.calls.of))))
    return answer


def _drawn(item_id: str, form: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """Options of a choice in an order drawn for the item, so that no letter is right more often."""
    return (
        tuple(Draw(0, "contexts options", item_id).shuffled(options))
        if form == "choice"
        else options
    )


def _first(*given: object) -> object:
    return next((one for one in given if one is not UNSET), UNSET)


def _refusable(placed: Sequence[tuple[Scene, str]]) -> bool:
    """Whether a request of a set cannot be met."""
    return any(
        one.does.answer.kind == "impossible" for scene, _ in placed for one in scene.contexts
    )
