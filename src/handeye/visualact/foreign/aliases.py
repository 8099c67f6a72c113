"""Names that foreign files may give to the fields of a clip and of an action.

Names are compared in lower case without spaces and punctuation; the last part of a dotted path
counts, or its last two parts together (``video.path`` is ``videopath``). The first rank that any
column reaches decides; two columns of that rank are an ambiguity, which is refused, never guessed.
"""

from __future__ import annotations

from handeye.visualact.foreign.gold_values import plain

# What the rows have no name for: the key of a row in an object, the key of the group that it
# stands in, the list or the text that stands there without a name.
KEY, GROUP, LIST, TEXT = "@key", "@group", "@list", "@text"

ALIASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "video": (
        ("video",),
        (
            "videofile", "videofilename", "videopath", "videoname", "videourl", "filename",
            "filepath", "file", "path", "clip", "clipfile", "clippath", "clipname", "mp4", "media",
        ),
        ("url", "name"),
    ),
    "scenario": (
        ("scenario",),
        ("scenarioname", "scenariotype", "domain", "taskscenario", "taskdomain", "videoscenario"),
        (
            "scene", "category", "class", "videocategory", "videoclass", "tasktype", "task",
            "topic",
        ),
    ),
    "actions": (
        ("actions",),
        (
            "actionlist", "actionannotations", "annotatedactions", "expectedactions", "gtactions",
            "groundtruthactions", "goldactions", "humanactions", "referenceactions",
        ),
        (
            "annotations", "annotation", "groundtruth", "gt", "gold", "labels", "answers",
            "responses", "references", "events", "items", "action", "list",
        ),
    ),
    "text": (
        ("action", "text"),
        (
            "actiontext", "actiondescription", "actionname", "actionsentence", "description",
            "sentence", "content", "caption", "actions",
        ),
        ("answer", "response", "label", "instruction", "reference"),
    ),
    "apl": (
        ("apl",),
        (
            "actionprioritizationlevel", "actionprioritylevel", "actionpriority", "apllevel",
            "aplscore", "apls", "prioritylevel", "priority", "priorities", "prioritization",
            "prioritizationlevel", "level", "levels",
        ),
        ("importance", "urgency", "score", "scale", "weight"),
    ),
    "type": (
        ("type", "proactive", "reactive"),
        (
            "actiontype", "actiontypes", "types", "isproactive", "isreactive", "proactivity",
            "proactiveflag", "proactiveness", "actionkind", "kind", "proactiveorreactive",
        ),
        ("category", "actioncategory", "class", "actionclass", "mode", "initiative"),
    ),
    "id": (("clipid", "videoid", "vid"), ("id", "uid", "sampleid", "itemid")),
    "split": (("split",), ("datasplit",)),
}  # fmt: skip
"""Field to its names, by rank."""

MAP_NAMES: dict[str, str] = {
    "video": "video", "scenario": "scenario", "actions": "actions", "text": "text", "apl": "apl",
    "type": "type", "proactive": "type", "reactive": "type", "id": "id", "clip_id": "id",
    "split": "split",
}  # fmt: skip
"""Names that a mapping may use, and the field each stands for."""


def rank(field: str, path: str) -> int | None:
    """How well a column's name fits a field, 0 best; None if not at all."""
    parts = [plain(part) for part in path.split(".")]
    names = {parts[-1], "".join(parts[-2:])}
    ranks = (number for number, known in enumerate(ALIASES[field]) if names & set(known))
    return next(ranks, None)


def rank_of_key(field: str, key: str) -> int | None:
    """As :func:`rank` for a key as it stands, whose dots (``a.mp4``) part nothing."""
    return rank(field, key.replace(".", ""))


def meaning_of_true(path: str) -> bool | None:
    """What ``true`` says in a type column of this name; None if the name leaves it open."""
    name = plain(path.split(".")[-1])
    if "proactive" in name and "reactive" in name.replace("proactive", ""):
        return None
    return True if "proactiv" in name else False if "reactiv" in name else None
