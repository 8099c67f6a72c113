"""Sets whose pictures are not seen as they lie: every reader sees the same, and the run says so."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handeye import rose
from handeye.errors import DataError
from handeye.pages.pictures import Album
from handeye.respondents.local.media import Picture as Sent
from handeye.rose.asking.prompts import Asking
from handeye.rose.asking.run import RoseOptions, job, run_rose
from handeye.rose.human.people import RosePeople
from handeye.rose.items import Item, ItemSet
from handeye.rose.pages.gallery import picture_of
from handeye.rose.release import load
from handeye.rose.respondents.pixels.solver import decode
from handeye.rose.scenes.verification import verify
from handeye.rose.teaching.papers import set_papers
from handeye.run.dry_run import dry_run
from tests.support.media import exif, png, saved

Change = Callable[[Image.Image], bytes]
REMOTE = "openai-api/handeye-test/m"


def turned(image: Image.Image) -> bytes:
    """Lying on its side, with the EXIF tag that sets it upright."""
    return saved(image.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif(6))


def mirrored(image: Image.Image) -> bytes:
    return saved(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG", exif=exif(2))


def clear(image: Image.Image) -> bytes:
    """What is white is transparent instead, and black below."""
    rgb = np.asarray(image)
    white = (rgb == 255).all(-1)
    rgba = np.dstack([np.where(white[..., None], 0, rgb), np.where(white, 0, 255)])
    return saved(Image.fromarray(rgba.astype(np.uint8)), "PNG")


def deep(image: Image.Image) -> bytes:
    """16 bits a channel."""
    rows = [(row.astype(">u2") * 257).astype(">u2").tobytes() for row in np.asarray(image)]
    return png(image.size, 16, 2, rows)


def moving(image: Image.Image) -> bytes:
    return saved(image, "PNG", save_all=True, append_images=[Image.new("RGB", image.size)])


CHANGES: dict[str, Change] = {
    "turned": turned,
    "mirrored": mirrored,
    "clear": clear,
    "deep": deep,
    "moving": moving,
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes of one source."""
    out = tmp_path_factory.mktemp("plain") / "set"
    return rose.generate(out, seed=11, scenes=4, sources="glyph", workers=1)


def with_pictures(data: Path, out: Path, change: Change, only: int | None = None) -> Path:
    """A copy of a set with other files for its pictures, and rows that tell of them."""
    shutil.copytree(data, out)
    (out / "generation.json").unlink()
    paths = sorted((out / "images").rglob("*.png"))
    sums = {}
    for path in paths[:only]:
        with Image.open(path) as image:
            path.write_bytes(change(image.convert("RGB")))
        name = path.relative_to(out).as_posix()
        sums[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for file in out.rglob("*.jsonl"):
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for row in rows:
            row["image_sha256"] = sums.get(row["image"], row["image_sha256"])
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return out


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def sent(question: Any) -> tuple[bytes, Any]:
    opening = question.write()
    (url,) = [part.image for part in opening.messages[0].content if hasattr(part, "image")]
    head, _, body = url.partition(",")
    assert head == "data:image/png;base64"
    return base64.b64decode(body), opening.note


def by_id(items: ItemSet) -> dict[str, Item]:
    return {item.item_id: item for item in items}


@pytest.mark.parametrize("name", CHANGES)
def test_every_reader_sees_what_people_see(plain: Path, tmp_path: Path, name: str) -> None:
    data = with_pictures(plain, tmp_path / "set", CHANGES[name])
    assert verify(data, workers=1).problems == ()
    before, after = load(plain), load(data)
    for item, question in zip(after, Asking().questions(after), strict=True):
        upright = pixels(before.image_path(by_id(before)[item.item_id]).read_bytes())
        file = after.image_path(item)
        body, note = sent(question)
        assert np.array_equal(pixels(body), upright)
        assert note["image_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert note["view_sha256"] == hashlib.sha256(body).hexdigest()
        assert (note["width"], note["height"]) == upright.shape[1::-1]
        assert question.media_sha256 == note["image_sha256"]
        for given in (file.read_bytes(), body):
            assert np.array_equal(decode(given), upright)
            assert np.array_equal(np.asarray(Sent.of(given).decoded()), upright)
        assert RosePeople().picture(after, item).data == body
        (load_,) = question.media[0].pictures()
        assert load_[:3] == (*upright.shape[1::-1], len(body))
    assert [picture.pixels.tobytes() for _, made in set_papers(data) for picture in made()] == [
        picture.pixels.tobytes() for _, made in set_papers(plain) for picture in made()
    ]
    album, other = Album(10**7, 8), Album(10**7, 8)
    for item in after:
        picture_of(album, data, item)
        picture_of(other, plain, by_id(before)[item.item_id])
    assert [one.uri for one in album.pictures] == [one.uri for one in other.pictures]


def test_a_run_says_what_was_shown_and_of_raw_pictures_nothing(plain: Path, tmp_path: Path) -> None:
    data = with_pictures(plain, tmp_path / "set", turned, only=2)
    out = run_rose(
        "handeye/pixels", data, tmp_path / "run", split="all", templates="all", progress=False
    )
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    told = {row["item_id"]: row["shown"] for row in rows if "shown" in row}
    items = by_id(load(data))
    names = {items[item_id].image for item_id in told}
    assert len(names) == 2
    assert {item.item_id for item in items.values() if item.image in names} == set(told)
    for item_id, shown in told.items():
        assert shown["changes"] == ["EXIF orientation 6"]
        assert shown["image_sha256"] == items[item_id].image_sha256 != shown["view_sha256"]
    scores = [json.loads(line) for line in (out / "scores.jsonl").read_text().splitlines()]
    assert all(row["pass"] for row in scores)


def test_only_pictures_that_are_not_raw_change_what_is_asked(plain: Path, tmp_path: Path) -> None:
    data = with_pictures(plain, tmp_path / "set", turned, only=1)
    items = by_id(load(data))
    first = sorted({item.image for item in items.values()})[0]
    changed = 0
    for was, now in zip(
        Asking().questions(load(plain)), Asking().questions(load(data)), strict=True
    ):
        same = items[was.item_id].image != first
        changed += not same
        assert (was.identity == now.identity) == same
        assert ("view" in now.identity) == (not same)
        assert (now.media[0].pictures is None) == same
        assert (now.write().note is None) == same
    assert changed


def test_the_simulated_one_knows_its_items_by_what_is_sent(plain: Path, tmp_path: Path) -> None:
    data = with_pictures(plain, tmp_path / "set", clear)
    arguments = {"data": str(data)}
    out = run_rose(
        "handeye/simulated", data, tmp_path / "run", split="all", model_args=arguments,
        progress=False,
    )  # fmt: skip
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert {row["state"] for row in rows} == {"answered"}


def test_a_dry_run_counts_the_views(plain: Path, tmp_path: Path) -> None:
    data = with_pictures(plain, tmp_path / "set", turned)
    options = {"model": REMOTE, "split": "all", "templates": "T1", "out": tmp_path / "run"}
    found = dry_run(job(RoseOptions(data=str(data), **options)))
    sizes = [len(sent(one)[0]) for one in Asking().questions(load(data, templates="T1"))]
    assert found.upload_bytes == sum(4 * -(-size // 3) for size in sizes)
    assert found.image_tokens == dry_run(job(RoseOptions(data=str(plain), **options))).image_tokens


# Hostile sets, which name the hash of what they carry


def bomb(image: Image.Image) -> bytes:
    """Of 20,000 x 20,000 pixels, says its header; what follows does not matter."""
    data = bytearray(saved(image, "PNG"))
    data[16:24] = struct.pack(">II", 20_000, 20_000)
    return bytes(data)


def larger(image: Image.Image) -> bytes:
    """One row of cells more than the set tells of."""
    return saved(image.resize((image.width, image.height + 64)), "PNG")


def test_what_is_larger_than_its_cells_is_not_decoded(plain: Path, tmp_path: Path) -> None:
    for number, change in enumerate((bomb, larger)):
        data = with_pictures(plain, tmp_path / f"set{number}", change)
        items = load(data)
        for question in Asking().questions(items):
            with pytest.raises(DataError, match="it is not decoded"):
                question.write()
        assert {picture_of(Album(10**7, 8), data, item) for item in items} == {None}
        problems = verify(data, workers=1).problems
        refused = {one.split(": ")[1] for one in problems if "it is not decoded" in one}
        assert refused == {item.image for item in items}
        with pytest.raises(DataError):
            RosePeople().picture(items, items.items[0])


def test_a_run_over_bombs_ends_with_states(plain: Path, tmp_path: Path) -> None:
    data = with_pictures(plain, tmp_path / "set", bomb, only=2)
    out = run_rose(
        "handeye/pixels", data, tmp_path / "run", split="all", templates="all", progress=False
    )
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    states = {row["item_id"]: row["state"] for row in rows}
    items = by_id(load(data))
    small = {item.image for item in items.values()} - {
        path.relative_to(data).as_posix() for path in sorted((data / "images").rglob("*.png"))[:2]
    }
    assert states == {
        item_id: "answered" if item.image in small else "error" for item_id, item in items.items()
    }
    assert any("20000 x 20000" in (row["error"] or "") for row in rows)


def half(path: Path) -> None:
    """A JPEG that ends in the middle of its pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = saved(Image.fromarray(noise), "JPEG")
    path.write_bytes(whole[: len(whole) // 2])


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def heavy(path: Path) -> None:
    with path.open("ab") as stream:
        stream.truncate(2**27 + 1)


REFUSED: tuple[tuple[Callable[[Path], object], str], ...] = (
    (half, "the picture is broken"),
    (pipe, "no regular file"),
    (heavy, "larger than 128 MiB"),
    (lambda path: path.write_bytes(b""), "not a PNG"),
    (lambda path: path.write_bytes(b"<svg/>"), "not a PNG"),
)


@pytest.mark.parametrize("hashed", [False, True])
def test_what_cannot_be_shown_is_an_error_of_its_items(
    plain: Path, tmp_path: Path, hashed: bool
) -> None:
    """With a hash in the row or without: nothing is sent, and the others are asked."""
    data = tmp_path / "set"
    shutil.copytree(plain, data)
    words = {}
    paths = sorted((data / "images").rglob("*.png"))
    for path, (change, told) in zip(paths, REFUSED, strict=False):
        change(path)
        words[path] = "the picture was changed" if hashed and change is half else told
    assert len(words) == len(REFUSED)
    for file in data.rglob("*.jsonl"):
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        lines = [json.dumps(row if hashed else row | {"image_sha256": ""}) for row in rows]
        file.write_text("\n".join(lines) + "\n", "utf-8")
    options = {"split": "all", "templates": "all"}
    found = dry_run(job(RoseOptions(data=str(data), model=REMOTE, out=tmp_path / "dry", **options)))
    out = run_rose("handeye/pixels", data, tmp_path / "run", progress=False, **options)
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    items = by_id(load(data))
    assert found.requests == len(rows) == len(items)
    hit = set()
    for row in rows:
        path = data / items[row["item_id"]].image
        if path in words:
            hit.add(path)
            assert row["state"] == "error"
            assert words[path] in row["error"]
            assert str(path) in row["error"]
        else:
            assert row["state"] == "answered"
    assert hit == set(words)


@pytest.mark.parametrize("command", ["verify", "score"])
def test_a_pipe_in_a_set_is_refused_at_once(plain: Path, tmp_path: Path, command: str) -> None:
    data = tmp_path / "set"
    shutil.copytree(plain, data)
    path = sorted((data / "images").rglob("*.png"))[0]
    path.unlink()
    os.mkfifo(path)
    pipe = tmp_path / "predictions.jsonl"
    os.mkfifo(pipe)
    out = tmp_path / "out"
    line = {
        "verify": ["rose", "verify", data, "--workers", "1"],
        "score": ["rose", "score", pipe, "--data", data, "--out", out],
    }[command]
    done = subprocess.run(
        [sys.executable, "-m", "handeye", *map(str, line)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == (1 if command == "verify" else 2), done.stderr
    assert "no regular file" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_verify_looks_at_no_file_outside_the_set(plain: Path, tmp_path: Path) -> None:
    data = tmp_path / "set"
    shutil.copytree(plain, data)
    outside = tmp_path / "secret.png"
    Image.new("RGB", (8, 8)).save(outside)
    file = data / "metadata_test.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    names = ["../secret.png", str(outside), "a\0b.png", "x" * 5000 + ".png"]
    for row, name in zip(rows, names, strict=False):
        row["image"] = name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    problems = "\n".join(verify(data, workers=1).problems)
    assert problems.count("leaves the folder") == 2
    assert "zero byte" in problems
    assert "too long" in problems
