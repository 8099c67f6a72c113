"""What can be set for a local model, read from model arguments; no torch, nothing is loaded.

Such as ``-M path=DIR -M dtype=bfloat16 -M device=cuda:0 -M batch_size=32 -M cache_bytes=2e9``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from handeye.errors import OptionError, RunError

DTYPES = ("auto", "float32", "bfloat16", "float16")
QUANTIZATIONS = ("4bit", "8bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """How a local model is loaded and asked.

    Attributes:
        path: a folder with a saved model, or a name on the Hugging Face Hub.
        dtype: of :data:`DTYPES`; ``auto`` is bfloat16 on a GPU and float32 on a CPU.
        revision: branch, tag or commit on the Hub; None takes the main branch.
        device: a torch device such as ``cuda:1`` or ``cpu``; ``auto`` takes a GPU if there is one.
        device_map: spreads the model over devices (``auto``, ``balanced`` ...; needs accelerate);
            ``device`` must then be ``auto``.
        quantization: of :data:`QUANTIZATIONS` (needs bitsandbytes), or None.
        batch_size: questions decoded at a time, at least 1.
        cache_bytes: memory for encoded media that are kept for later questions, at least 0.
        window: seconds to wait for more questions before a batch starts, at least 0.
        max_tokens: longest answer in tokens where a request sets no limit, at least 1.
        frames: pictures taken from a video, evenly over its length, at least 1.
        share: encode a medium once for all its questions; False asks by plain batches.
        attention: transformers' attention implementation (``sdpa``, ``eager`` ...), or None.
        choices: strings whose log-probabilities as an answer's beginning are noted with each
            answer.
        adjuster: a file of :mod:`handeye.respondents.local.adjuster`, which may reject a question
            by the model's own state, or None.
    """

    path: str
    dtype: str = "auto"
    revision: str | None = None
    device: str = "auto"
    device_map: str | None = None
    quantization: str | None = None
    batch_size: int = 16
    cache_bytes: int = 1_000_000_000
    window: float = 0.02
    max_tokens: int = 256
    frames: int = 8
    share: bool = True
    attention: str | None = None
    choices: tuple[str, ...] = ()
    adjuster: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be met.

        Raises:
            OptionError: names the option, what is allowed and what came.
        """
        _one_of("dtype", self.dtype, DTYPES)
        if self.quantization is not None:
            _one_of("quantization", self.quantization, QUANTIZATIONS)
        least = {"batch_size": 1, "cache_bytes": 0, "window": 0, "max_tokens": 1, "frames": 1}
        for name, bound in least.items():
            if (value := getattr(self, name)) < bound:
                raise OptionError(f"{name} must be at least {bound}, got {value}")
        if self.device_map is not None and self.device != "auto":
            raise OptionError(
                f"device={self.device} and device_map={self.device_map} exclude each other; "
                "give one of them"
            )


NAMES = tuple(field.name for field in fields(LocalOptions))
"""Every option, in the order of the documentation."""


def read_options(args: Mapping[str, Any]) -> LocalOptions:
    """Options from model arguments, which may be text as a command line gives them.

    Raises:
        RunError: ``path`` is missing.
        OptionError: a value that cannot be read, or that is not allowed.
    """
    if not args.get("path"):
        raise RunError(
            "handeye/hf needs a model: give the model argument path=DIR (a folder with a saved "
            "model) or path=OWNER/NAME (on the Hugging Face Hub)"
        )
    read: dict[str, Any] = {}
    for name, value in args.items():
        if value is not None:
            read[name] = _READ[name](name, value) if name in _READ else str(value)
    return LocalOptions(**read)


def _integer(name: str, value: object) -> int:
    try:
        number = float(str(value))
        if number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        raise OptionError(f"{name} must be a whole number, got {value!r}") from None
    return int(number)


def _seconds(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise OptionError(f"{name} must be a number of seconds, got {value!r}") from None


def _truth(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise OptionError(f"{name} must be true or false, got {value!r}")
    return text in ("true", "1", "yes")


def _strings(name: str, value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(str(part) for part in parts):
        raise OptionError(f"{name} must be strings with commas between them, got {value!r}")
    return tuple(str(part) for part in parts)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise OptionError(f"{name} is {value!r}; allowed: {', '.join(allowed)}")


_READ: dict[str, Callable[[str, object], Any]] = {
    "batch_size": _integer,
    "cache_bytes": _integer,
    "max_tokens": _integer,
    "frames": _integer,
    "window": _seconds,
    "share": _truth,
    "choices": _strings,
}
