"""Questions of the suite put to people: :class:`PremisePeople` is what the study knows of it.

A person reads the question and the six options as a model does, in the order of the set, sees and
hears the same file, and may play it again. Their answer text is the letter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from handeye.errors import DataError, OptionError, allowed
from handeye.hashing import file_sha256
from handeye.media.view import read_view
from handeye.premise.item_set import ItemSet
from handeye.premise.items import (
    AUDIO_FALSE,
    LETTERS,
    MODALITIES,
    N_ROLES,
    PREMISES,
    VISION_FALSE,
    Item,
)
from handeye.premise.loader import load
from handeye.premise.scenes.generation import generate
from handeye.premise.scenes.plan import KINDS
from handeye.premise.scoring.predictions import SIX
from handeye.premise.scoring.reading import REJECTING, options_of, read
from handeye.premise.scoring.score import SINGLE, TRUE_CELLS, cell_of
from handeye.reading import read_bytes
from handeye.stats.agreement import Level
from handeye.stats.intervals import Samples, mean
from handeye.suite import AsksPeople, Shown

# Nobody else makes sets with this seed and these few families.
_SEED = 314_159_265
_FAMILIES = 2
_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".mov": "video/mp4"}
_SOUNDS = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac"}
_EYEBROWS = {
    "video": "Look and listen",
    "picture": "Look",
    "sound": "Listen",
}
_FALSE = {
    VISION_FALSE: "What the question says of the picture is not so.",
    AUDIO_FALSE: "What the question says of the sound is not so.",
}


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person did: the place of an option as shown, from 0."""

    choice: int


class PremisePeople(AsksPeople):
    """Puts items to people."""

    item = Item
    strata: Mapping[str, Sequence[str]] = {"modality": MODALITIES, "premise": PREMISES}
    words: Mapping[str, str] = {
        "title": "Is it so?",
        "about": "A study of looking and listening",
        "lead": "You will see and hear short clips, and be asked about each. A question may take "
        "something for granted that is not so; then say which part of it is wrong.",
        "care": "You may play a clip again as often as you like.",
        "right": "the right answer",
        "thing": "clip",
    }

    def templates(self, wanted: str | None, data: str | Path) -> str:
        """What questions are about: ``vision``, ``audio``, ``both``; all that the set has.

        Raises:
            OptionError: there is no such kind of questions.
        """
        asked = [name.strip() for name in wanted.split(",")] if wanted else list(MODALITIES)
        for name in asked:
            if name not in MODALITIES:
                raise OptionError(f"templates has {name!r}{allowed(name, MODALITIES)}")
        return ",".join(name for name in MODALITIES if name in asked)

    def load(
        self, data: str | Path, *, split: str | None = None, templates: str | None = None
    ) -> ItemSet:
        """As :func:`handeye.premise.load`, of some kinds of questions."""
        found = load(data, split=split)
        wanted = (templates or ",".join(MODALITIES)).split(",")
        kept = tuple(item for item in found if item.modality in wanted)
        if not kept:
            raise OptionError(f"{data}: has no questions about {templates}")
        return replace(found, items=kept)

    def fingerprint(self, data: str | Path) -> str:
        """SHA-256 over the names and contents of the files that hold a set's questions."""
        digest = hashlib.sha256()
        for file in load(data, split=None, media=False).files:
            digest.update(f"{file.name}\0{file_sha256(file)}\n".encode())
        return digest.hexdigest()

    def picture_path(self, items: ItemSet, item: Item) -> Path:
        """The file that is shown, or played where there is nothing to see."""
        return next(iter(items.paths(item).values()), items.root / "no file")

    def picture(self, items: ItemSet, item: Item) -> Shown:
        """The clip: a video as it lies, a picture (with its sound), or a sound.

        Raises:
            DataError: a file is missing, cannot be shown, or is not the one of the row.
        """
        paths = items.paths(item)
        data = {medium: self._checked(item, medium, path) for medium, path in paths.items()}
        sound = data.get("sound", b"")
        if "video" in paths:
            return Shown(data["video"], _kind(paths["video"], _TYPES))
        if "picture" in paths:
            known = item.picture in item.sha256
            return Shown(*read_view(paths["picture"]).sent(proven=known), sound)
        if "sound" in paths:
            return Shown(sound, _kind(paths["sound"], _SOUNDS))
        raise DataError(f"{item.item_id}: names no video, picture or sound")

    @staticmethod
    def _checked(item: Item, medium: str, path: Path) -> bytes:
        data = read_bytes(path)
        said = item.sha256.get(getattr(item, medium))
        if said and hashlib.sha256(data).hexdigest() != said.lower():
            raise DataError(f"{path}: not the file that the row of {item.item_id} tells of")
        return data

    def practice(self, items: Sequence[Item]) -> list[tuple[Item, bytes]]:
        """A true and a false premise of each kind of question, on easy clips of our own."""
        medium = next(
            (
                name
                for name in ("video", "sound", "picture")
                if any(getattr(i, name) for i in items)
            ),
            "video",
        )
        # What is practised is one file: a picture with a sound of its own is a video here.
        media = "video" if any(i.picture and i.sound for i in items) else medium
        asked = {item.kind for item in items}
        known = dict.fromkeys(name for of in KINDS.values() for name in of)
        kinds = [name for name in known if name in asked]
        with TemporaryDirectory(prefix="handeye-practice-") as folder:
            generate(
                folder,
                seed=_SEED,
                families=_FAMILIES,
                media=media,
                kinds=kinds if _both_senses(kinds, media) else None,
                level=1,
                split="practice",
                workers=1,
            )
            made = load(folder, split="practice")
            chosen = _choose(made.items, items)
            return [(item, read_bytes(self.picture_path(made, item))) for item in chosen]

    def board(self, item: Item) -> dict[str, Any]:
        """The clip, the question and its six options."""
        options = options_of(item)
        medium = "video" if item.video else "picture" if item.picture else "sound"
        heard = medium == "picture" and bool(item.sound)
        return {
            "kind": "choice",
            "eyebrow": "Look and listen" if heard else _EYEBROWS[medium],
            "question": {"before": item.question, "where": "", "after": "", "note": ""},
            "options": [options[role] for role in item.order],
            "medium": medium,
            "sound": heard,
        }

    def reply(self, item: Item, given: Mapping[str, Any]) -> str:
        """The letter of the chosen option.

        Raises:
            DataError: it is no choice of one of six.
        """
        try:
            choice = msgspec.convert(given, Given).choice
        except msgspec.ValidationError as error:
            raise DataError(f"not an answer: {error}") from None
        if not 0 <= choice < N_ROLES:
            raise DataError(f"the choice must lie within 0 and {N_ROLES - 1}, got {choice}")
        return LETTERS[choice]

    def passed(self, item: Item, text: str) -> bool:
        """Whether the option is the right one."""
        return self.meaning(item, text) == item.gold

    def feedback(self, item: Item, text: str) -> dict[str, Any]:
        """Which option is right, and why."""
        place = item.order.index(item.gold)
        words = _FALSE.get(item.gold, "What the question takes for granted is so.")
        return {
            "option": place,
            "explain": f"{words} Right is {LETTERS[place]}: {options_of(item)[item.gold]}",
        }

    def column(self, item: Item) -> str:
        """What the question is about."""
        return item.modality

    def meaning(self, item: Item, text: str) -> Hashable:
        """The role of the option."""
        return read(text, item, SIX, item.order).role

    def level(self, item: Item) -> Level:
        """Options are the same or not."""
        return "nominal"

    def further(self, item: Item, text: str) -> dict[str, bool]:
        """Of questions about one detail, their cell: right there, and told (accepted, rejected)."""
        if item.modality == "both":
            return {}
        found = read(text, item, SIX, item.order)
        cell = cell_of(item.modality, item.gold)
        told = found.role is not None and (found.decision in REJECTING) == (cell in FALSE_CELLS)
        return {cell: found.role == item.gold, f"told {cell}": told}

    def human_row(
        self, columns: Mapping[str, Samples]
    ) -> tuple[dict[str, Samples], dict[str, Samples]]:
        """As the tables of a run have them.

        Columns: kinds of questions, cells, and by sense what is accepted and rejected. Headline:
        ``action``, ``std``, ``mis`` and ``bal``, in which the senses weigh alike.
        """
        found = dict(columns)
        for cell in SINGLE:
            if (told := found.pop(f"told {cell}", None)) is not None:
                found[TOLD[cell]] = told

        def over(*names: str) -> Samples | None:
            known = [found[name] for name in names if name in found]
            return mean(known, shared=True) if len(known) == len(names) else None

        for letter in "va":
            both = over(f"accepts_true_{letter}", f"rejects_false_{letter}")
            if both is not None:
                found[f"balanced_{letter}"] = both
        headline: dict[str, Samples] = {}
        for name, start in (("action", "balanced"), ("std", "std"), ("mis", "mis")):
            known = [found[f"{start}_{letter}"] for letter in "va" if f"{start}_{letter}" in found]
            if known:
                headline[name] = mean(known, shared=True)
        if "std" in headline and "mis" in headline:
            headline["bal"] = mean([headline["std"], headline["mis"]], shared=True)
        return found, headline


TOLD = {
    cell: f"{'accepts_true' if cell in TRUE_CELLS else 'rejects_false'}_{cell[-1]}"
    for cell in SINGLE
}
"""Columns of the human row: true premises that are accepted, false ones that are rejected."""
FALSE_CELLS = tuple(cell for cell in SINGLE if cell not in TRUE_CELLS)


def _kind(path: Path, known: Mapping[str, str]) -> str:
    found = known.get(path.suffix.lower())
    if found is None:
        raise DataError(f"{path}: browsers do not play files that end in {path.suffix!r}")
    return found


def _both_senses(kinds: Sequence[str], media: str) -> bool:
    """Whether some kinds are enough to make clips of these media of."""
    needed = [
        sense for sense in KINDS if media == "video" or (media == "sound") == (sense == "audio")
    ]
    return all(any(name in KINDS[sense] for name in kinds) for sense in needed)


def _choose(candidates: Sequence[Item], asked: Sequence[Item]) -> list[Item]:
    """For each kind of question that is asked a true premise and a false one, families in turn."""
    modalities = [name for name in MODALITIES if any(item.modality == name for item in asked)]
    out: list[Item] = []
    for modality in modalities:
        for premise in PREMISES:
            of = [i for i in candidates if (i.modality, i.premise) == (modality, premise)]
            scenes = [item.scene_id for item in out]
            of.sort(key=lambda item: (scenes.count(item.scene_id), item.item_id))
            out += of[:1]
    return out
