"""How many tokens a picture costs, by provider family, and how far it is shrunk before.

Estimates from published rules.

Each rule is a function of width and height in pixels. Providers change their rules and bill by
their own count; what was used is in ``answers.jsonl`` after a run. Sources, read in 2026:

    openai tiles      OpenAI, "Images and vision", section on image cost: fit into 2048 x 2048,
                      shortest side to 768, a base plus so many tokens per 512 x 512 tile.
    openai patches    same page: patches of 32 x 32, at most 1,536, times a factor of the model.
    anthropic         Anthropic, "Vision": width x height / 750 after fitting the model's limit
                      (long edge 1,568 and about 1,600 tokens; 2,576 and 4,784 from Opus 4.7 on).
    gemini            Google, "Token counts for media": 258 up to 384 x 384, else 258 per tile of
                      768 x 768 (Gemini 2.x); 1,120 at the default resolution (Gemini 3).
    qwen              Qwen-VL ``smart_resize``: one token per 28 x 28 (2.5 and before) or 32 x 32
                      pixels (3), plus 2 for the start and end marks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_Rule = Callable[[int, int], int]
_Scale = Callable[[int, int], float]


@dataclass(frozen=True, slots=True)
class ImageRule:
    """A family's name, in the words shown to the user, and its rules.

    ``scale`` is by what a side of a picture is multiplied before the model sees it, below 1 where
    it is shrunk; None where no rule is published.
    """

    name: str
    tokens: _Rule
    scale: _Scale | None = None


def openai_tiles(base: int, tile: int) -> _Rule:
    """Base plus tiles of 512 x 512 after the two scalings; pictures are never enlarged."""

    def tokens(width: int, height: int) -> int:
        scale = fitted_to_tiles(width, height)
        across = math.ceil(round(width * scale) / 512)
        down = math.ceil(round(height * scale) / 512)
        return base + tile * across * down

    return tokens


def fitted_to_tiles(width: int, height: int) -> float:
    """The scale of OpenAI's tiles: into 2048 x 2048, then the shortest side to 768."""
    scale = min(1.0, 2048 / max(width, height))
    return scale * min(1.0, 768 / (min(width, height) * scale))


def fitted_to_patches(width: int, height: int) -> float:
    """The scale at which so many patches of 32 x 32 as are allowed cover a picture."""
    return min(1.0, math.sqrt(1536 * 32 * 32 / (width * height)))


def openai_patches(factor: float, limit: int = 1536) -> _Rule:
    """Patches of 32 x 32, at most ``limit``, times ``factor``."""

    def tokens(width: int, height: int) -> int:
        patches = math.ceil(width / 32) * math.ceil(height / 32)
        return math.ceil(min(patches, limit) * factor)

    return tokens


def anthropic(edge: int, limit: int) -> _Rule:
    """Area / 750 after fitting the long edge, at most ``limit``."""

    def tokens(width: int, height: int) -> int:
        scale = min(1.0, edge / max(width, height))
        return min(limit, math.ceil(width * scale * height * scale / 750))

    return tokens


def fitted_to_edge(edge: int, limit: int) -> _Scale:
    """Anthropic's scale: the long edge, then so many tokens."""

    def scale(width: int, height: int) -> float:
        found = min(1.0, edge / max(width, height))
        return found * min(1.0, math.sqrt(limit * 750 / (width * height * found**2)))

    return scale


def gemini_tiles(width: int, height: int) -> int:
    """258, or 258 per tile of 768 x 768 when a side is over 384."""
    if max(width, height) <= 384:
        return 258
    return 258 * math.ceil(width / 768) * math.ceil(height / 768)


def gemini_fixed(width: int, height: int) -> int:
    """Gemini 3 at its default resolution, whatever the size."""
    return 1120


def qwen(factor: int, limit: int = 16384) -> _Rule:
    """One token per ``factor`` x ``factor`` pixels of the resized picture, plus two marks."""

    def tokens(width: int, height: int) -> int:
        count = max(1, round(width / factor)) * max(1, round(height / factor))
        return max(4, min(count, limit)) + 2

    return tokens


def fitted_to_grid(factor: int, limit: int = 16384) -> _Scale:
    """The scale of ``smart_resize``: sides rounded to multiples of ``factor``; of the area."""

    def scale(width: int, height: int) -> float:
        across, down = (max(1, round(side / factor)) for side in (width, height))
        area = min(across * down, limit) * factor * factor
        return math.sqrt(area / (width * height))

    return scale


# The first whose marks all occur in the model's name, so the special ones come first.
_FAMILIES: tuple[tuple[tuple[str, ...], ImageRule], ...] = (
    (
        ("gpt-4.1-nano",),
        ImageRule("OpenAI patches x 2.46", openai_patches(2.46), fitted_to_patches),
    ),
    (
        ("gpt-4.1-mini",),
        ImageRule("OpenAI patches x 1.62", openai_patches(1.62), fitted_to_patches),
    ),
    (
        ("gpt-5", "nano"),
        ImageRule("OpenAI patches x 2.46", openai_patches(2.46), fitted_to_patches),
    ),
    (
        ("gpt-5", "mini"),
        ImageRule("OpenAI patches x 1.62", openai_patches(1.62), fitted_to_patches),
    ),
    (("o4-mini",), ImageRule("OpenAI patches x 1.72", openai_patches(1.72), fitted_to_patches)),
    (
        ("gpt-4o-mini",),
        ImageRule("OpenAI tiles 2,833 + 5,667", openai_tiles(2833, 5667), fitted_to_tiles),
    ),
    (("gpt-4",), ImageRule("OpenAI tiles 85 + 170", openai_tiles(85, 170), fitted_to_tiles)),
    (("gpt-5",), ImageRule("OpenAI tiles 70 + 140", openai_tiles(70, 140), fitted_to_tiles)),
    (
        ("claude", "opus-4.7"),
        ImageRule("Anthropic, 2,576 px", anthropic(2576, 4784), fitted_to_edge(2576, 4784)),
    ),
    (
        ("claude", "opus-4.8"),
        ImageRule("Anthropic, 2,576 px", anthropic(2576, 4784), fitted_to_edge(2576, 4784)),
    ),
    (
        ("claude", "opus-4-7"),
        ImageRule("Anthropic, 2,576 px", anthropic(2576, 4784), fitted_to_edge(2576, 4784)),
    ),
    (
        ("claude", "opus-4-8"),
        ImageRule("Anthropic, 2,576 px", anthropic(2576, 4784), fitted_to_edge(2576, 4784)),
    ),
    (
        ("claude",),
        ImageRule("Anthropic, 1,568 px", anthropic(1568, 1600), fitted_to_edge(1568, 1600)),
    ),
    (("gemini-3",), ImageRule("Gemini 3, fixed", gemini_fixed)),
    (("gemini",), ImageRule("Gemini 2 tiles", gemini_tiles)),
    (("qwen2",), ImageRule("Qwen 28 px", qwen(28), fitted_to_grid(28))),
    (("qwen",), ImageRule("Qwen 32 px", qwen(32), fitted_to_grid(32))),
)


def image_rule(model: str) -> ImageRule | None:
    """The rule for a model by its name; None where no rule is known."""
    name = model.lower()
    for marks, rule in _FAMILIES:
        if all(mark in name for mark in marks):
            return rule
    return None


def all_rules() -> list[ImageRule]:
    """One rule per family, for a model whose name tells nothing."""
    shown = ("gpt-5", "claude", "gemini-3", "gemini-2", "qwen3")
    return [rule for name in shown if (rule := image_rule(name)) is not None]
