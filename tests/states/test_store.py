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
        (("final", "grid", ["i0", "i1"], [0]), "1 places are given for 2 items"),
        (("final", "grid", ["i0"], [0, 1]), "2 places are given for 1 items"),
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


def opened(part: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Metadata and tensors of a part."""
    from safetensors import safe_open

    with safe_open(part, "np") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@pytest.mark.parametrize(
    ("value", "told"), [(np.nan, "holds nan or inf"), (np.inf, "holds nan"), (0.0, "but zeros")]
)
def test_numbers_that_are_none_are_told_by_part_layer_site_and_item(
    tmp_path: Path, value: float, told: str
) -> None:
    from safetensors.numpy import save_file

    write(tmp_path / "s", range(4), part_bytes=10**9)
    (part,) = (tmp_path / "s" / "parts").iterdir()
    kept, tensors = opened(part)
    assert kept.pop("crc32")  # as parts of before have none
    store = open_store(tmp_path / "s")
    row = int(
        store.index.filter((pl.col("item_id") == "i2") & (pl.col("site") == "last"))["row"][0]
    )
    layer = LAYERS[-1]
    tensors[f"{layer}/last"][row, :] = value
    save_file(tensors, part, kept)
    assert np.isfinite(store.states(layer, "last", ["i0", "i1", "i3"])).all()
    with pytest.raises(DataError, match=rf"{part.name}: {layer}/last of item i2 .*{told}"):
        store.states(layer, "last", ["i0", "i2"])
    tensors[f"{layer}/last"] = tensors[f"{layer}/last"][:1]
    save_file(tensors, part, kept)
    with pytest.raises(DataError, match=rf"{part.name}: {layer}/last of .* shape \(1, "):
        store.states(layer, "last", ["i0", "i2"])


def test_bits_of_a_tensor_that_were_changed_are_told(tmp_path: Path) -> None:
    """Header, shape and kind are right, and the numbers are possible ones."""
    from safetensors.numpy import save_file

    write(tmp_path / "s", range(4), part_bytes=10**9)
    (part,) = (tmp_path / "s" / "parts").iterdir()
    kept, tensors = opened(part)
    tensors["final/last"][0, 0] *= 1.5
    save_file(tensors, part, kept)
    store = open_store(tmp_path / "s")
    assert np.isfinite(store.states(LAYERS[0], "last", ["i0"])).all()
    with pytest.raises(DataError, match=rf"{part.name}: final/last .*bytes are not those that"):
        store.states("final", "last", ["i0"])


def edited(name: str, change: Any) -> Any:
    """A change of a part's header, or of a tensor."""

    def of(kept: dict[str, str], tensors: dict[str, Any]) -> None:
        if name == "rows":
            header = json.loads(kept["rows"])
            change(header)
            kept["rows"] = json.dumps(header)
        else:
            tensors[name] = change(tensors[name])

    return of


def exchanged(header: dict[str, Any]) -> None:
    one, other = header["items"][:2]
    one["item_id"], other["item_id"] = other["item_id"], one["item_id"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda kept, tensors: kept.clear(), "cannot be read"),
        (lambda kept, tensors: kept.update(rows="{"), "cannot be read"),
        (lambda kept, tensors: kept.update(rows='{"settings": 1}'), "cannot be read"),
        (lambda kept, tensors: tensors.pop("final/last"), "final/last is missing"),
        (edited("rows", lambda one: one.update(settings="x")), "another capture"),
        (edited("rows", exchanged), "tell differently"),
        (edited("rows", lambda one: one["items"][0].update(item_id="new")), "tell differently"),
        (edited("rows", lambda one: one["items"][0].update(letters=[-9.0])), "tell differently"),
        (edited("rows", lambda one: one["items"].reverse()), "into rows"),
        (edited("rows", lambda one: one["items"][0]["at"].update(last=-1)), "into rows"),
        (edited("rows", lambda one: one["items"][0]["at"].update(other=0)), "does not name"),
        (edited("rows", lambda one: one["items"].pop()), "final/last has the shape|has the shape"),
        (edited("rows", lambda one: one["clips"].clear()), "does not tell of"),
        (edited("final/last", lambda one: one[:-1]), "final/last has the shape"),
        (edited("final/last", lambda one: np.concatenate([one, one])), "final/last has the shape"),
        (edited("final/last", lambda one: one[:, :-1].copy()), "final/last has the shape"),
        (edited("final/last", lambda one: one.astype("f2")), "holds F16, not float32"),
        (edited("final/last", lambda one: one.astype("f8")), "holds F64, not float32"),
    ],
)
def test_a_part_that_was_changed_is_refused_and_can_be_taken_anew(
    tmp_path: Path, change: Any, told: str
) -> None:
    from safetensors.numpy import save_file

    folder = tmp_path / "s"
    write(folder, range(9), part_bytes=900)
    first, second, *_ = sorted((folder / "parts").iterdir())
    kept, tensors = opened(second)
    change(kept, tensors)
    save_file(tensors, second, kept)
    with pytest.raises(DataError, match=rf"{second.name}: .*({told}).*; remove it and capture"):
        open_store(folder)
    with pytest.raises(DataError, match=second.name):  # nothing is put behind it
        write(folder, range(12))
    second.unlink()
    whole = first.read_bytes()
    write(folder, range(9), part_bytes=900)
    check(folder, 9)
    assert first.read_bytes() == whole


def test_parts_that_were_exchanged_or_are_of_others_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write(folder, range(9))
    with Writer(tmp_path / "other", record(model="other"), part_bytes=500) as writer:
        for number in range(9):
            writer.add(item(number), own(number), media(number // 3) if number % 3 == 0 else None)
    first, second, *_ = sorted((folder / "parts").iterdir())
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    with pytest.raises(DataError, match=rf"({first.name}|{second.name}): .*tell diff"):
        open_store(folder)
    first.write_bytes(one)
    second.write_bytes((tmp_path / "other" / "parts" / second.name).read_bytes())
    with pytest.raises(DataError, match=rf"{second.name}: is of another capture"):
        open_store(folder)
    for path in (folder / "parts").iterdir():
        path.write_bytes((tmp_path / "other" / "parts" / path.name).read_bytes())
    with pytest.raises(DataError, match=r"capture\.json: none of the \d parts was captured with"):
        open_store(folder)


def test_a_capture_that_lost_the_part_of_a_clip_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write(folder, range(9), part_bytes=300)
    first, *rest = sorted((folder / "parts").iterdir())
    before = {path: path.read_bytes() for path in rest}
    first.unlink()
    with pytest.raises(DataError, match="a part that is gone: capture again"):
        open_store(folder)
    with Writer(folder, record()):  # stopped at once
        pass
    write(folder, range(9))
    check(folder, 9)
    assert {path: path.read_bytes() for path in rest} == before


def at_0(frame: pl.DataFrame, **values: Any) -> pl.DataFrame:
    """A frame with other values in its first row."""
    first = pl.int_range(pl.len()) == 0
    return frame.with_columns(
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index.drop("row"),
        lambda index: index.drop("letters"),
        lambda index: index.with_columns(pl.col("row").cast(pl.String)),
        lambda index: index.with_columns(pl.col("row").cast(pl.Float64)),
        lambda index: index.with_columns(letters=pl.lit("x")),
        lambda index: at_0(index, row=None),
        lambda index: at_0(index, item_id=None),
        lambda index: at_0(index, row=-1),
        lambda index: at_0(index, row=10**6),
        lambda index: at_0(index, rows=0),
        lambda index: at_0(index, part="part-99999.safetensors"),
        lambda index: pl.concat([index, index[:1]]),
        lambda index: pl.concat([index, index]),
        lambda index: index.clear(),
        lambda index: index[:4],
        lambda index: index[4:],
        lambda index: index.with_columns(pl.col("row").reverse()),
        lambda index: index.select(pl.lit(1).alias("other")),
    ],
)
def test_an_index_that_is_wrong_is_made_again(tmp_path: Path, change: Any) -> None:
    folder = tmp_path / "s"
    write(folder, range(9), part_bytes=900)
    whole = pl.read_parquet(folder / "index.parquet")
    change(whole).write_parquet(folder / "index.parquet")
    check(folder, 9)
    write(folder, range(9))
    assert pl.read_parquet(folder / "index.parquet").equals(whole)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("layers", []), ("layers", ["final", "final"]),
        ("layers", ["block.x"]), ("layers", "final"),
        ("sites", []), ("sites", [""]), ("sites", ["last", "last"]),
        ("width", 0), ("width", -8), ("width", 8.5), ("blocks", 0), ("items", -1), ("clips", -1),
        ("dtype", "float64"), ("dtype", 1), ("checks", {"media_tokens": 5}),
        ("info", {"asked": "many"}), ("info", {"asked": -1}), ("info", {"taught": 1}),
        ("settings", []), ("failed", {"i0": 1}),
    ],
)  # fmt: skip
def test_a_record_that_was_changed_is_told_by_its_key(
    tmp_path: Path, key: str, value: object
) -> None:
    folder = tmp_path / "s"
    write(folder, range(3))
    path = folder / "capture.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), key: value}))
    with pytest.raises(DataError, match=rf"capture\.json: .*{key}.*put it back"):
        open_store(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("settings", {"model": "x"}), ("width", 9), ("dtype", "float16"), ("sites", ["last"])],
)
def test_a_record_that_is_not_that_of_its_parts_is_told(
    tmp_path: Path, key: str, value: object
) -> None:
    folder = tmp_path / "s"
    write(folder, range(9))
    path = folder / "capture.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), key: value}))
    with pytest.raises(DataError, match=r"capture\.json: none of .* parts .*put it back"):
        open_store(folder)


def test_numbers_too_small_for_what_is_stored_are_refused(tmp_path: Path) -> None:
    with Writer(tmp_path / "s", record("float16")) as writer:
        tiny = changed(own(0), np.full(WIDTH, 1e-12))
        with pytest.raises(RunError, match="too small for float16"):
            writer.add(item(0), tiny, media(0))
        writer.add(item(0), own(0), media(0))
