"""What ROSE v0.1 looks like in numbers: the statistics that generated scenes follow.

Counted from the authors' public test metadata (ROSE-v0.1 repository, commit 07ac071, 1,112 test
scenes); dev shares and seed bases from its id pattern. Weights are the observed counts, so that a
generated set differs from the official one by sampling error only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Profile = Literal["small", "medium", "large"]
PROFILES: tuple[Profile, ...] = ("small", "medium", "large")
LOCAL_TYPES = ("RECTANGLE", "ROW_RANGE", "COL_RANGE")
CASES = ("partial", "zero", "all")


@dataclass(frozen=True, slots=True)
class SourceStatistics:
    """How the scenes of one source are drawn, and how the release labels them.

    ``sides`` are inclusive ranges of rows and of columns per profile; ``cell_sizes`` in pixels;
    ``target_weights[i]`` belongs to ``i + 1`` targets; ``ratio`` bounds a rectangle's share of the
    grid; ``case_weights`` are the wanted shares of partial, zero, all (see :data:`CASES`).
    """

    subset: str
    prefix: str
    primitive_type: str
    dataset_family: str
    image_split: str
    seed_base: int
    scenes: int
    dev_scenes: int
    sides: dict[Profile, tuple[int, int]]
    profile_weights: tuple[int, int, int]
    cell_sizes: tuple[int, int]
    target_weights: tuple[int, ...]
    type_weights: tuple[int, int, int]
    line_spans: tuple[int, int]
    rectangle_sides: tuple[int, int]
    ratio: tuple[float, float]
    case_weights: tuple[float, float, float]


_SIDES: dict[Profile, tuple[int, int]] = {"small": (8, 10), "medium": (11, 14), "large": (15, 18)}
_GLYPH_EMOJI_CASES = (0.60, 0.15, 0.25)
_PIXEL_CASES = (0.75, 0.15, 0.10)

STATISTICS: dict[str, SourceStatistics] = {
    "glyph": SourceStatistics(
        subset="ROSE-ChineseGlyph",
        prefix="CH",
        primitive_type="CHINESE_GLYPH",
        dataset_family="chinese",
        image_split="main",
        seed_base=202600000000,
        scenes=412,
        dev_scenes=111,
        sides=_SIDES,
        profile_weights=(93, 138, 70),
        cell_sizes=(42, 64),
        target_weights=(87, 85, 55, 52, 22),
        type_weights=(121, 101, 79),
        line_spans=(1, 4),
        rectangle_sides=(3, 6),
        ratio=(0.08, 0.35),
        case_weights=_GLYPH_EMOJI_CASES,
    ),
    "emoji-style": SourceStatistics(
        subset="ROSE-EmojiStyle",
        prefix="ESTY",
        primitive_type="EMOJI_STYLE",
        dataset_family="emoji_style",
        image_split="pilot",
        seed_base=202600000000,
        scenes=300,
        dev_scenes=79,
        sides=_SIDES,
        profile_weights=(76, 87, 58),
        cell_sizes=(42, 64),
        target_weights=(66, 51, 41, 38, 25),
        type_weights=(81, 75, 65),
        line_spans=(1, 4),
        rectangle_sides=(3, 6),
        ratio=(0.08, 0.35),
        case_weights=_GLYPH_EMOJI_CASES,
    ),
    "emoji-content": SourceStatistics(
        subset="ROSE-EmojiContent",
        prefix="ECON",
        primitive_type="EMOJI_CONTENT",
        dataset_family="emoji_content",
        image_split="pilot",
        seed_base=202600000000,
        scenes=300,
        dev_scenes=79,
        sides=_SIDES,
        profile_weights=(65, 100, 56),
        cell_sizes=(42, 64),
        target_weights=(70, 47, 44, 35, 25),
        type_weights=(71, 82, 68),
        line_spans=(1, 4),
        rectangle_sides=(3, 6),
        ratio=(0.08, 0.35),
        case_weights=_GLYPH_EMOJI_CASES,
    ),
    "pixel-edit": SourceStatistics(
        subset="ROSE-PixelEdit",
        prefix="PEDIT",
        primitive_type="PIXEL_EDIT",
        dataset_family="pixel_edit",
        image_split="main",
        seed_base=202700000000,
        scenes=300,
        dev_scenes=79,
        sides={"small": (7, 8), "medium": (9, 11), "large": (12, 13)},
        profile_weights=(50, 111, 60),
        cell_sizes=(120, 156),
        target_weights=(14, 43, 42, 46, 51, 25),
        type_weights=(103, 57, 61),
        line_spans=(1, 3),
        rectangle_sides=(2, 5),
        ratio=(0.10, 0.40),
        case_weights=_PIXEL_CASES,
    ),
    "pixel-content": SourceStatistics(
        subset="ROSE-PixelContent",
        prefix="PCONT",
        primitive_type="PIXEL_CONTENT",
        dataset_family="pixel_content",
        image_split="main",
        seed_base=202700000000,
        scenes=200,
        dev_scenes=52,
        sides={"small": (8, 10), "medium": (11, 13), "large": (14, 16)},
        profile_weights=(16, 86, 46),
        cell_sizes=(120, 150),
        target_weights=(16, 17, 34, 31, 16, 15, 9, 10),
        type_weights=(61, 55, 32),
        line_spans=(1, 3),
        rectangle_sides=(3, 5),
        ratio=(0.10, 0.35),
        case_weights=_PIXEL_CASES,
    ),
}
SOURCE_NAMES = tuple(STATISTICS)


def difficulty(
    *, subset: str, profile: str, target_count: int, region_count: int, similarity: float | None
) -> str:
    """The release's difficulty label (0 mismatches on 1,112 official rows).

    One point each for: large profile; at least 4 targets in the grid; none in the region; the
    PixelEdit subset; EmojiContent with a colour similarity of at least .95. ``hard`` from two
    points on, else ``medium``.
    """
    points = (
        (profile == "large")
        + (target_count >= 4)
        + (region_count == 0)
        + (subset == "ROSE-PixelEdit")
        + (subset == "ROSE-EmojiContent" and similarity is not None and similarity >= 0.95)
    )
    return "hard" if points >= 2 else "medium"
