"""States on the disk: whole parts or none, read as they were written, refused where in doubt."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from handeye.errors import DataError, RunError
from handeye.states.parts import Record, Taken
from handeye.states.store import Writer, depth_of, open_store

LAYERS = ("embedding", "block.00", "final")
WIDTH = 8
TOKENS = 5


def record(dtype: str = "float32", layers: tuple[str, ...] = LAYERS, **settings: Any) -> Record:
    return Record(
        settings={"model": "m", **settings}, layers=layers, sites=("last", "media", "grid"),
        blocks=1, width=WIDTH, dtype=dtype,
    )  # fmt: skip


def own(number: int, width: int = WIDTH) -> dict[str, dict[str, Any]]:
    """States of an item: each number says layer, item and place."""
    return {
        layer: {"last": 1000.0 * (place + 1) + number + np.arange(width) / 16}
        for place, layer in enumerate(LAYERS)
    }


def media(clip: int) -> dict[str, dict[str, Any]]:
    return {
        layer: {
            "media": np.full(WIDTH, 100.0 * (place + 1) + clip),
            "grid": 10.0 * (place + 1) + clip + np.arange(TOKENS * WIDTH).reshape(TOKENS, WIDTH),
        }
        for place, layer in enumerate(LAYERS)
    }


def item(number: int, **more: Any) -> Taken:
    clip = number // 3
    told = {"letters": (-0.5, None, -float(number + 1)), "answer": f"said {number}", **more}
    return Taken(item_id=f"i{number}", scene_id=f"s{clip}", clip=f"c{clip}", **told)


def write(folder: Path, numbers: Any, dtype: str = "float32", part_bytes: int = 500) -> None:
    with Writer(folder, record(dtype), part_bytes=part_bytes) as writer:
        for number in numbers:
            if f"i{number}" not in writer.taken:
                clip = number // 3
                new = None if writer.has(f"c{clip}") else media(clip)
                writer.add(item(number), own(number), new)


def check(folder: Path, count: int) -> None:
    """All is there, once, and as it was given."""
    store = open_store(folder)
    assert sorted(store.item_ids) == sorted(f"i{number}" for number in range(count))
    numbers = list(range(count))[::-1]
    ids = [f"i{number}" for number in numbers]
    for place, layer in enumerate(LAYERS):
        truth = np.stack([own(number)[layer]["last"] for number in numbers])
        assert np.array_equal(store.states(layer, "last", ids), truth.astype(np.float32))
        means = [100.0 * (place + 1) + number // 3 for number in numbers]
        assert np.array_equal(store.states(layer, "media", ids)[:, 0], means)
        cells = [number % TOKENS for number in numbers]
        grid = np.stack([media(n // 3)[layer]["grid"][n % TOKENS] for n in numbers])
        assert np.array_equal(store.states(layer, "grid", ids, cells), grid)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "s", range(7))
    check(tmp_path / "s", 7)
    store = open_store(tmp_path / "s")
    assert (store.record.items, store.record.clips) == (7, 3)
    assert store.answers(["i3", "i0", "i3"]) == ["said 3", "said 0", "said 3"]
    letters = store.letters(["i3"])
    assert letters.shape == (1, 3)
    assert letters[0, 2] == -4.0
    assert np.isnan(letters[0, 1])
    assert store.tokens("grid", ["i1"]) == [TOKENS]


def test_a_clip_is_stored_once_for_all_its_items(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    write(tmp_path / "s", range(12))
    parts = [load_file(path) for path in sorted((tmp_path / "s" / "parts").iterdir())]
    assert len(parts) > 2
    assert sum(len(part.get("final/grid", ())) for part in parts) == 4 * TOKENS
    assert sum(len(part["final/last"]) for part in parts) == 12


def test_float16_is_a_choice_that_is_recorded(tmp_path: Path) -> None:
    write(tmp_path / "s", range(3), "float16")
    store = open_store(tmp_path / "s")
    assert store.record.dtype == "float16"
    found = store.states("final", "last", ["i2"])
    assert found.dtype == np.float32
    truth = own(2)["final"]["last"]
    assert 0 < np.abs(found - truth).max() <= np.abs(truth).max() * 2**-11


def test_the_index_says_where_each_item_and_site_is(tmp_path: Path) -> None:
    write(tmp_path / "s", range(7))
    index = pl.read_parquet(tmp_path / "s" / "index.parquet")
    assert len(index) == 7 * 3
    assert index.filter(pl.col("site") == "grid")["rows"].unique().to_list() == [TOKENS]
    assert index["layers"].to_list()[0] == list(LAYERS)
    row = index.filter((pl.col("site") == "last") & (pl.col("item_id") == "i4")).row(0, named=True)
    from safetensors.numpy import load_file

    part = load_file(tmp_path / "s" / "parts" / row["part"])
    assert np.array_equal(part["final/last"][row["row"]], own(4)["final"]["last"].astype("f4"))


def changed(states: Any, value: Any) -> Any:
    return {**states, "block.00": {"last": value}}


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (changed(own(1), np.zeros(WIDTH)), "nothing but zeros"),
        (changed(own(1), np.full(WIDTH, np.nan)), "nan"),
        (changed(own(1), np.full(WIDTH, np.inf)), "infinite"),
        (changed(own(1), np.ones(WIDTH + 1)), r"shape \(9,\)"),
        (changed(own(1), np.ones((0, WIDTH))), "shape"),
        (changed(own(1), np.ones((2, WIDTH))), "gave 2 states"),
        ({"embedding": own(1)["embedding"], "final": own(1)["final"]}, "gave no state"),
        ({layer: {"elsewhere": np.ones(WIDTH)} for layer in LAYERS}, "no site elsewhere"),
        (changed(own(1), np.full(WIDTH, 1e5)), "--dtype float32"),
    ],
    ids=["zeros", "nan", "inf", "width", "empty", "two", "layer", "site", "overflow"],
)
def test_silence_is_an_error_and_nothing_of_the_item_is_kept(
    tmp_path: Path, states: Any, told: str
) -> None:
    with Writer(tmp_path / "s", record("float16")) as writer:
        writer.add(item(0), own(0), media(0))
        with pytest.raises(RunError, match=told):
            writer.add(item(1), states)
        writer.add(item(2), own(2))
    assert open_store(tmp_path / "s").item_ids == ("i0", "i2")


def test_a_clip_without_states_is_refused(tmp_path: Path) -> None:
    silent = {layer: {**sites, "media": np.zeros(WIDTH)} for layer, sites in media(0).items()}
    with Writer(tmp_path / "s", record()) as writer:
        for given in (None, {}, silent):
            with pytest.raises(RunError, match=r"states of its media|nothing but zeros"):
                writer.add(item(0), own(0), given)
        assert not writer.has("c0")
        writer.add(item(0), own(0), media(0))
        with pytest.raises(RunError, match="is there already"):
            writer.add(item(0), own(0))


def test_a_folder_takes_one_capture_alone(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write(folder, range(3))
    for other, told in (
        (record(model="other"), 'model "m", now it is "other"'),
        (record(more=1), "more null"),
        (record(asked={"frames": 4}), r"asked\.frames null, now it is 4"),
        (record("float16"), 'dtype "float32"'),
        (record(layers=LAYERS[:2]), "layers"),
    ):
        with pytest.raises(RunError, match=told), Writer(folder, other):
            pass
    check(folder, 3)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with (
        pytest.raises(RunError, match="holds something else"),
        Writer(tmp_path / "other", record()),
    ):
        pass
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["mine.txt"]


_CHILD = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests.states.test_store import write
print("go", flush=True)
write(Path(sys.argv[1]), range(int(sys.argv[2])))
"""


def child(folder: Path, count: int) -> subprocess.Popen[bytes]:
    """A process that writes so many items, about to begin."""
    code = _CHILD.format(tests=str(Path(__file__).parents[2]))
    found = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(count)], stdout=subprocess.PIPE
    )
    assert found.stdout is not None
    found.stdout.readline()
    return found


def test_nothing_is_lost_or_taken_twice_after_sigkill(tmp_path: Path) -> None:
    folder, count = tmp_path / "s", 600
    left = [0]
    for _ in range(3):
        one = child(folder, count)
        # Some parts later than the last time, it is killed wherever it is.
        while one.poll() is None and parts(folder) < left[-1] + 10:
            time.sleep(0.0005)
        one.send_signal(signal.SIGKILL)
        assert one.wait() == -signal.SIGKILL
        left.append(parts(folder))
        store = open_store(folder)  # what is there can be read at any moment
        assert store.states("final", "last", store.item_ids).any()
    assert child(folder, count).wait() == 0
    assert left == sorted(set(left))
    assert left[-1] < parts(folder)
    check(folder, count)
    assert not [one for one in (folder / "parts").iterdir() if one.suffix == ".tmp"]


def test_a_folder_at_work_is_held(tmp_path: Path) -> None:
    one = child(tmp_path / "s", 20_000)
    try:
        while not parts(tmp_path / "s"):
            assert one.poll() is None
            time.sleep(0.001)
        with pytest.raises(RunError, match="another process"), Writer(tmp_path / "s", record()):
            pass
    finally:
        one.kill()
        one.wait()


def parts(folder: Path) -> int:
    return len(list((folder / "parts").glob("part-*.safetensors")))


def test_the_index_is_made_again_where_it_is_missing_or_behind(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write(folder, range(3))
    before = (folder / "index.parquet").read_bytes()
    write(folder, range(9))
    (folder / "index.parquet").write_bytes(before)
    check(folder, 9)
    (folder / "index.parquet").write_bytes(b"broken")
    check(folder, 9)
    (folder / "index.parquet").unlink()
    check(folder, 9)
    write(folder, range(9))
    assert len(pl.read_parquet(folder / "index.parquet")) == 27


def test_a_part_that_is_broken_or_gone_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write(folder, range(9))
    first, second, *_ = sorted((folder / "parts").iterdir())
    whole = second.read_bytes()
    (folder / "index.parquet").unlink()
    second.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=f"{second.name}: cannot be read"):
        open_store(folder)
    with pytest.raises(DataError, match=second.name), Writer(folder, record()):
        pass
    second.write_bytes(first.read_bytes())
    with pytest.raises(DataError, match=f"i0 is in {first.name} too"):
        open_store(folder)
    second.write_bytes(whole)
    first.unlink()
    with pytest.raises(DataError, match="media states of item i"):
        open_store(folder)


def test_memory_is_bounded_by_the_size_of_a_part(tmp_path: Path) -> None:
    width = 50_000
    told = record()
    told.width = width
    told.sites = ("last",)
    tracemalloc.start()
    with Writer(tmp_path / "s", told, part_bytes=1_000_000) as writer:
        for number in range(60):  # 36 MB in all
            writer.add(Taken(item_id=f"i{number}", scene_id="s"), own(number, width))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert parts(tmp_path / "s") == 30
    assert peak < 9_000_000


def test_what_waits_too_long_becomes_a_part(tmp_path: Path) -> None:
    with Writer(tmp_path / "s", record(), part_seconds=0) as writer:
        writer.add(item(0), own(0), media(0))
        assert parts(tmp_path / "s") == 1
        writer.add(item(1), own(1))
        assert parts(tmp_path / "s") == 2


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="handeye states capture"):
        open_store(tmp_path)
    with Writer(tmp_path / "s", record()):
        pass
    with pytest.raises(DataError, match="nothing has been captured"):
        open_store(tmp_path / "s")
    write(tmp_path / "s", range(2))
    store = open_store(tmp_path / "s")
    for how, told in (
        (("block.01", "last", ["i0"]), "no layer 'block.01'; there are: embedding"),
        (("final", "span:x", ["i0"]), "no site 'span:x'; there are: last"),
        (("final", "last", ["i0", "i7"]), "1 of 2 items were not captured, first i7"),
        (("final", "grid", ["i0"]), "a place must be given"),
        (("final", "grid", ["i0"], [TOKENS]), f"no place {TOKENS}"),
        (("final", "last", ["i0"], [1]), "no place 1"),
    ):
        with pytest.raises(DataError, match=re.escape(told)):
            store.states(*how)  # type: ignore[arg-type]
    record_path = tmp_path / "s" / "capture.json"
    record_path.write_text(json.dumps({**json.loads(record_path.read_text()), "version": 99}))
    with pytest.raises(DataError, match="format 99"):
        open_store(tmp_path / "s")


def test_depth_goes_from_0_to_1() -> None:
    names = ["embedding", *(f"block.{number:02d}" for number in range(12)), "final"]
    depths = [depth_of(name, 12) for name in names]
    assert depths == sorted(set(depths))
    assert (depths[0], depths[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_told_by_part_layer_site_and_item(
    tmp_path: Path, value: float
) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save_file

    write(tmp_path / "s", range(4), part_bytes=10**9)
    (part,) = (tmp_path / "s" / "parts").iterdir()
    with safe_open(part, "np") as file:
        kept, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    store = open_store(tmp_path / "s")
    row = int(
        store.index.filter((pl.col("item_id") == "i2") & (pl.col("site") == "last"))["row"][0]
    )
    layer = LAYERS[-1]
    tensors[f"{layer}/last"][row, 0] = value
    save_file(tensors, part, kept)
    assert np.isfinite(store.states(layer, "last", ["i0", "i1", "i3"])).all()
    with pytest.raises(DataError, match=rf"{part.name}: {layer}/last of item i2 holds nan or inf"):
        store.states(layer, "last", ["i0", "i2"])
    tensors[f"{layer}/last"] = tensors[f"{layer}/last"][:1]
    save_file(tensors, part, kept)
    with pytest.raises(DataError, match=rf"{part.name}: {layer}/last has the shape \(1, "):
        store.states(layer, "last", ["i0", "i2"])
