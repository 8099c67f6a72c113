"""What was run, in words, as far as run.json tells; absent entries are left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handeye.scores.estimate import integer
from handeye.visualact.pages.runs import LoadedRun
from handeye.visualact.pages.view import comparison


def shown_words(run: LoadedRun) -> str:
    """What the model was shown of every clip, in words; says so where it is not known."""
    if run.info.get("video_input") == "native":
        return "the video itself (native input)"
    choice = run.frames
    return choice.words() if choice is not None else "not recorded in run.json"


def facts(run: LoadedRun) -> tuple[tuple[str, str], ...]:
    """Name and value pairs about a run, those a reader needs first in front."""
    info, summary = run.info, run.summary
    options = summary["options"]
    structured = info.get("structured")
    found: list[tuple[str, object]] = [
        ("model", info.get("model")),
        ("shown", shown_words(run)),
        ("protocol", info.get("protocol")),
        ("answers", None if structured is None else "structured" if structured else "free text"),
        ("matched by", _matcher(summary)),
        ("threshold", f"{comparison(options)} {options['threshold']:.2f}"),
        ("assignment", options["assignment"]),
        ("averaged over", "videos" if options["averaging"] == "video" else "actions of a class"),
        ("set", _set_name(info)),
        ("clips", integer(summary["n_clips"])),
        ("actions called for", integer(summary["counts"]["truth"])),
        ("actions proposed", integer(summary["counts"]["predicted"])),
        ("prompts", info.get("prompt_version")),
        ("selection", _pairs(info.get("selection"))),
        ("tokens", _pairs(info.get("tokens"))),
        ("cost", _cost(info.get("cost"))),
        ("created", _moment(info.get("created"))),
        ("handeye", (info.get("versions") or {}).get("handeye")),
    ]
    return tuple((name, str(value)) for name, value in found if value not in (None, "", [], {}))


def _matcher(summary: Mapping[str, Any]) -> str:
    if summary["matcher"] != "embedding":
        return str(summary["matcher"])
    embedder = summary["embedder"]
    digest = str(embedder.get("digest", ""))[:12]
    return f"{embedder.get('name', '?')}{f' ({digest})' if digest else ''}"


def _set_name(info: Mapping[str, Any]) -> str | None:
    if info.get("set"):
        return str(info["set"])
    entries = [e for e in info.get("data") or () if isinstance(e, Mapping) and "path" in e]
    return Path(entries[0]["path"]).parent.name if entries else None


def _pairs(value: object) -> str | None:
    if not isinstance(value, Mapping):
        return None if value is None else _plain(value)
    return ", ".join(f"{name} {_plain(one)}" for name, one in value.items() if one is not None)


def _plain(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return integer(value)


def _cost(cost: object) -> str | None:
    return f"{cost:,.2f} USD" if isinstance(cost, (int, float)) else _pairs(cost)


def _moment(created: object) -> str | None:
    words = str(created or "").replace("T", " ")[:16]
    return f"{words} UTC" if words else None
