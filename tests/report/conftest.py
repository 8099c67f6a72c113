"""A small set drawn on the spot (rings among discs), and runs whose faults are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import va_report_runs as va

from handeye.draw import Draw
from handeye.rose.file_scoring import score_files
from handeye.rose.items import Item
from handeye.rose.questions import BY_KEY
from handeye.rose.release import load
from handeye.rose.render import base_picture, cue_picture
from handeye.rose.rows import Drawn, image_id, image_name, scene_rows
from handeye.rose.sampling import sample_scene
from handeye.rose.sources.base import Art, Pair
from handeye.rose.v01 import STATISTICS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDERS = {"T1B": "global_click", "T2B": "matched_local_count"}
Respond = Callable[[Item], dict[str, object] | None]
Open = Callable[..., Any]


def rings(size: int) -> Art:
    """Discs with rings as targets, ``size`` pixels."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    r = np.hypot(x, y) / size
    ink = np.array([40, 60, 90], np.uint8)
    tiles = []
    for shape in (r < 0.36, (r < 0.36) & (r > 0.2)):
        tile = np.full((size, size, 3), 255, np.uint8)
        tile[shape] = ink
        tiles.append(tile)
    return Art(tiles[0], tiles[1])


def make_set(out: Path, scenes: int, sources: tuple[str, ...], *, pictures: bool = True) -> Path:
    """Write a set in the release format, test split only."""
    lines: dict[Path, list[str]] = {}
    for source in sources:
        rules = STATISTICS[source]
        for index in range(scenes):
            scene = sample_scene(7, source, index)
            pair = Pair(f"p{index % 5}", Draw(7, "similarity", index).unit(), {}, ())
            art = rings(scene.cell_size)
            base = base_picture(scene.grid, scene.targets, art)
            cue, _ = cue_picture(scene.grid, scene.targets, art, scene.regions["T4"][0])
            hashes = [hashlib.sha256(data).hexdigest() for data in (base, cue)]
            for data, is_cue in ((base, False), (cue, True)):
                name = image_name(rules.subset, image_id(rules.prefix, scene.number, cue=is_cue))
                if pictures:
                    (out / name).parent.mkdir(parents=True, exist_ok=True)
                    (out / name).write_bytes(data)
            drawn = Drawn(source, 7, "test", scene, pair, art, hashes[0], hashes[1])
            for key, row in scene_rows(drawn).items():
                file = out / FOLDERS.get(key, "") / "metadata_test.jsonl"
                lines.setdefault(file, []).append(json.dumps(row))
    for file, rows in lines.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(rows) + "\n")
    return out


def right(item: Item) -> dict[str, object] | None:
    """The gold answer."""
    return {"raw_text": item.ground_truth_formal_answer}


def faulty(item: Item) -> dict[str, object] | None:
    """Mostly right on counting, with every kind of fault on about a third of the rest."""
    draw = Draw(3, "faulty", item.item_id)
    gold = item.ground_truth_formal_answer
    limit = 4 if item.task_mode == "COUNT" else 14
    choice = draw.below(22)
    if choice >= limit:
        return {"raw_text": gold}
    if item.task_mode == "COUNT":
        wrong = f"COUNT({item.ground_truth_count + 1})"
        return {"raw_text": [wrong, "COUNT(0)", f"I see {wrong}", ""][choice]}
    clicks = [f"CLICK({c})" for c in item.region_target_cells]
    everything = [f"CLICK({c})" for c in item.all_target_cells]
    end = "DONE" if item.task_mode == "CLICK" else f"SUBMIT({len(clicks)})"
    shifted = [f"CLICK(R{c.row},C{c.col + 1})" for c in item.gold]
    answers = [clicks[1:], everything, shifted, [*clicks, "CLICK(R999,C2)"], clicks[:1] * 2,
               [*clicks, "CLICK(R1,C1)"]]  # fmt: skip
    if choice < len(answers):
        return {"raw_text": "; ".join([*answers[choice], end])}
    return {
        6: {"raw_text": "<script>document.title='pwned'</script>"},
        7: {"raw_text": None, "error": "timeout"},
        8: {"raw_text": "I cannot help with that.", "state": "refused"},
        9: {"raw_text": "CLICK(R1,C", "state": "truncated"},
    }.get(choice, {"raw_text": gold.replace("CLICK", "TAP")})


def wrong(item: Item) -> dict[str, object] | None:
    """Never right."""
    return {"raw_text": "no idea"}


def make_run(data: Path, out: Path, respond: Respond, model: str, **options: object) -> Path:
    """Answer every item of ``data`` with ``respond`` and score it into the run folder ``out``."""
    rows = []
    for item in load(data):
        answer = respond(item)
        if answer is not None:
            rows.append(json.dumps({"item_id": item.item_id, "model": model, **answer}))
    predictions = out.with_name(out.name + ".predictions.jsonl")
    predictions.write_text("\n".join(rows) + "\n")
    score_files(predictions, data, out, **options)  # type: ignore[arg-type]
    return out


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve scenes each of two subsets."""
    return make_set(tmp_path_factory.mktemp("set"), 12, ("glyph", "pixel-edit"))


@pytest.fixture(scope="session")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run folders by name.

    faulty; hostile: a model named like a script; right; wrong; partial: a sixth of the items were
    not answered; counting: only T1 was answered, so that there is no gap.
    """
    root = tmp_path_factory.mktemp("runs")
    return {
        "faulty": make_run(data, root / "faulty", faulty, "simulated/faulty"),
        "hostile": make_run(data, root / "hostile", faulty, "<script>alert('m')</script>"),
        "right": make_run(data, root / "right", right, "simulated/right"),
        "wrong": make_run(data, root / "wrong", wrong, "simulated/wrong"),
        "partial": make_run(
            data,
            root / "partial",
            lambda item: faulty(item) if Draw(1, "kept", item.item_id).below(6) else None,
            "simulated/partial",
            allow_missing=True,
        ),
        "counting": make_run(
            data,
            root / "counting",
            lambda item: faulty(item) if item.task_template == BY_KEY["T1"].id else None,
            "simulated/counting",
            templates="T1",
            allow_missing=True,
        ),
    }


@pytest.fixture(scope="session")
def va_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of clips and runs over it: faulty, lazy, right, hostile, partial, and an ablation."""
    root = tmp_path_factory.mktemp("va")
    data = va.make_clips(root / "set")
    va.make_run(data, root / "faulty", va.faulty, "simulated/faulty")
    va.make_run(data, root / "lazy", va.lazy, "simulated/lazy")
    va.make_run(data, root / "right", va.right, "simulated/right")
    va.make_run(data, root / "hostile", va.faulty, "<script>alert('m')</script>", shown=False)
    va.make_run(
        data,
        root / "partial",
        lambda clip: va.faulty(clip) if clip.scenario != "home" else None,
        "simulated/partial",
        allow_missing=True,
    )
    va.make_ablation(data, root / "ablation", "simulated/looking", (1, 2, 4))
    return root


@pytest.fixture
def opened(chromium: Browser) -> Open:
    """Open a file in a fresh page; any message, error or request of it fails the test."""

    @contextmanager
    def open_file(file: Path, **options: Any) -> Iterator[Page]:
        page = chromium.new_page(**options)
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith("data:") or request.url == file.as_uri()
                else trouble.append(f"request: {request.url[:100]}")
            ),
        )
        page.goto(file.as_uri())
        yield page
        page.close()
        assert trouble == []

    return open_file
