"""What the suite reads and writes: one row a question about one clip.

A set is a folder with ``premise_{split}.jsonl`` (one question a line, the fields of :class:`Item`)
and the media at the paths that the rows name. The 2x2 of IMAVB (Senses Wide Shut, arXiv 2605.13737)
is ``modality`` x ``premise``.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from handeye.shown import Row

Modality = Literal["vision", "audio", "both"]
Premise = Literal["standard", "misleading"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
PREMISES: tuple[Premise, ...] = get_args(Premise)
LETTERS = "ABCDEF"
VISION_FALSE, AUDIO_FALSE = 4, 5
"""The roles of the two options that reject; roles 0 to 3 are the contents of ``options``."""
FALSE_OF = {"vision": VISION_FALSE, "audio": AUDIO_FALSE}
"""The role that rejects for a sense."""
N_ROLES = 6
PAPER_ORDER = tuple(range(N_ROLES))
"""Roles by position as IMAVB shows them: A to D contents, E and F the rejections."""
MEDIA = ("video", "picture", "sound")
"""The fields of an item that name a file."""


class Item(Row, msgspec.Struct, frozen=True, kw_only=True):
    """One question about one clip.

    Attributes:
        item_id: unique within the set.
        scene_id: what is resampled together: the family of four clips, or a published video.
        clip_id: the clip; items of one clip have the same media.
        modality: which sense the premise is about; ``both`` for a question that names a visual and
            a sound detail.
        premise: ``standard`` where it holds of the clip, ``misleading`` where it does not.
        question: the premise and what is asked, in one string, without options.
        options: the four contents, in the order of their roles 0 to 3.
        gold: the role that is right: 0 to 3 of a standard item, of a misleading one
            :data:`VISION_FALSE` or :data:`AUDIO_FALSE`.
        video: path inside the set of a video file, its sound within; empty where there is none.
        picture: likewise of a still picture.
        sound: likewise of a sound file, for clips without a video.
        sha256: hexadecimal SHA-256 of a file's bytes by its path, where it is known.
        split: of the set.
        kind: what the premise is about (``colour``, ``pitch``; of published sets the category of
            the misleading detail, which standard items may lack); of ``both`` the two kinds with
            ``+`` between.
        level: how far the true detail and the false one lie apart, in ``unit``; None where it is
            not known, or there are two.
        unit: of ``level``, such as ``semitones``.
        prompt_id: the same for items whose whole prompts are equal byte for byte; empty: its own.
        order: roles by position, as the set wants its options shown.
        statement: the premise alone as a sentence; empty where it is not known apart.
        category: of the question (published sets).
        meta: what the generator made, for the report and for those who train.
    """

    item_id: str
    scene_id: str
    clip_id: str
    modality: Modality
    premise: Premise
    question: str
    options: tuple[str, str, str, str]
    gold: int
    video: str = ""
    picture: str = ""
    sound: str = ""
    sha256: dict[str, str] = {}
    split: str = "test"
    kind: str = ""
    level: float | None = None
    unit: str = ""
    prompt_id: str = ""
    order: tuple[int, ...] = PAPER_ORDER
    statement: str = ""
    category: str = ""
    meta: dict[str, Any] = msgspec.field(default_factory=dict)


def items_name(split: str) -> str:
    """Name of the file that holds the items of a split."""
    return f"premise_{split}.jsonl"
