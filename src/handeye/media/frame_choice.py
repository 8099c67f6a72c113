"""Which frames of a video are shown to a model: a value that can be written down and read back.

Times are on the video's own clock, which starts with its first frame. The frame at a time is the
one on screen then. A frame is never taken twice: where several times fall on one frame, it is
taken once.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from handeye.errors import OptionError, within

Method = Literal["uniform", "fps", "seconds", "indices"]
_FORMS = "a number of frames (8), fps:2, seconds:0.5,1.5 or indices:0,10,20"
_FORM = re.compile(r"(uniform|fps|seconds|indices)\s*[:=]\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """How frames are chosen and how large they are.

    Attributes:
        method: ``uniform`` cuts the video into ``count`` equal parts and takes the frame in the
            middle of each (all frames where there are no more than ``count``); ``fps`` takes the
            frames at 0, 1/fps, 2/fps ... seconds; ``seconds`` and ``indices`` take those given.
        count: of ``uniform``, at least 1.
        fps: frames a second of ``fps``, above 0.
        seconds: times, 0 or more.
        indices: frame numbers from 0.
        longest_side: limit of the longer side in pixels, None for none; larger frames are reduced
            with their aspect kept and both sides rounded to even numbers, smaller ones stay.
        max_frames: the most that ``fps`` may come to; a video that has more is refused, not cut.
    """

    method: Method = "uniform"
    count: int = 8
    fps: float | None = None
    seconds: tuple[float, ...] = ()
    indices: tuple[int, ...] = ()
    longest_side: int | None = 768
    max_frames: int = 64

    def __post_init__(self) -> None:
        """Refuse what cannot be met.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        if self.method not in get_args(Method):
            raise OptionError(f"frames: unknown method {self.method!r}; give {_FORMS}")
        _check_whole("count", self.count, 1)
        within("frames: count", self.count, 1, 10_000)
        _check_whole("max_frames", self.max_frames, 1)
        if self.longest_side is not None:
            _check_whole("longest_side", self.longest_side, 16)
        if self.method == "fps":
            _check_number("fps", self.fps, above=0)
        for second in self.seconds:
            _check_number("seconds", second, least=0)
        for index in self.indices:
            _check_whole("indices", index, 0)
        if self.method in ("seconds", "indices") and not getattr(self, self.method):
            raise OptionError(f"frames: {self.method} names none; give {_FORMS}")

    @staticmethod
    def parse(
        text: str | int | Sequence[object], *, longest_side: int | None = 768, max_frames: int = 64
    ) -> FrameChoice:
        """Read ``8``, ``uniform:8``, ``fps:2``, ``seconds:0.5,1.5`` or ``indices:0,10,20``.

        A list is one of these that was taken apart at its commas, as Inspect does with arguments.

        Raises:
            OptionError: none of these, or numbers that cannot be met.
        """
        if not isinstance(text, str | int):
            text = ",".join(str(part) for part in text)
        words = str(text).strip()
        match = _FORM.fullmatch(words if not words.isdecimal() else f"uniform:{words}")
        if match is None:
            raise OptionError(f"frames {text!r} cannot be read; give {_FORMS}")
        method, values = match.group(1).lower(), match.group(2)
        limits: dict[str, Any] = {"longest_side": longest_side, "max_frames": max_frames}
        try:
            if method == "uniform":
                return FrameChoice(count=int(values), **limits)
            if method == "fps":
                return FrameChoice("fps", fps=float(values), **limits)
            parts = [part for part in values.split(",") if part.strip()]
            if method == "seconds":
                return FrameChoice("seconds", seconds=tuple(map(float, parts)), **limits)
            return FrameChoice("indices", indices=tuple(map(int, parts)), **limits)
        except ValueError:
            raise OptionError(f"frames {text!r} cannot be read; give {_FORMS}") from None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the method, what belongs to it, and the size."""
        out: dict[str, Any] = {"method": self.method}
        if self.method == "uniform":
            out["count"] = self.count
        elif self.method == "fps":
            out |= {"fps": self.fps, "max_frames": self.max_frames}
        else:
            out[self.method] = list(getattr(self, self.method))
        return out | {"longest_side": self.longest_side}

    @staticmethod
    def of(values: Mapping[str, Any]) -> FrameChoice:
        """The choice that :meth:`as_dict` wrote.

        Raises:
            OptionError: a name that is not known, or values that cannot be met.
        """
        unknown = sorted(set(values) - {field.name for field in fields(FrameChoice)})
        if unknown:
            raise OptionError(f"frames: unknown entries: {', '.join(unknown)}")
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return FrameChoice(**given)

    def words(self) -> str:
        """In words, for a report."""
        most = self.longest_side
        size = "full size" if most is None else f"longest side at most {most} px"
        if self.method == "uniform":
            count = "1 frame" if self.count == 1 else f"{self.count} frames"
            return f"{count} at equal distances, {size}"
        if self.method == "fps":
            return f"{self.fps:g} frames a second, at most {self.max_frames}, {size}"
        given = ", ".join(f"{value:g}" for value in getattr(self, self.method))
        what = "at seconds" if self.method == "seconds" else "number"
        return f"frames {what} {given}, {size}"

    def digest(self) -> str:
        """Sixteen hexadecimal digits that tell choices apart."""
        text = json.dumps(self.as_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(
            f"frames: {name} must be a whole number of at least {least}, got {value!r}"
        )


def _check_number(
    name: str, value: Any, *, least: float = -math.inf, above: float = -math.inf
) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < least or value <= above:
        limit = f"of at least {least:g}" if least > above else f"above {above:g}"
        raise OptionError(f"frames: {name} must be a number {limit}, got {value!r}")
