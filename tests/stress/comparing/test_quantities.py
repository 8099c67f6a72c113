"""Runs are compared by pairs, cells and kinds; by hand on a few, and through a run folder."""

import json

import msgspec
import pytest

from handeye.errors import DataError
from handeye.stress.comparing.quantities import quantities
from handeye.stress.diagnosis.diagnose import diagnose
from handeye.stress.items import items_name
from handeye.stress.scoring.file_scoring import score_files
from handeye.stress.scoring.run_folder import read_run
from tests.support.stress import follower, groups, oracle, predictions

ITEMS = groups(24)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs over a set on disk, of which the pictures are not needed."""
    root = tmp_path_factory.mktemp("stress")
    data = root / "set"
    data.mkdir()
    rows = b"\n".join(msgspec.json.encode(item) for item in ITEMS)
    (data / items_name("test")).write_bytes(rows + b"\n")
    folders = []
    for name, answer in (("eyes", oracle), ("words", follower)):
        file = root / f"{name}.jsonl"
        lines = [
            json.dumps({"item_id": one.item_id, "raw_text": one.raw_text, "model": name})
            for one in predictions(ITEMS, answer)
        ]
        file.write_text("\n".join(lines))
        score_files(file, data, root / name, bootstrap=100)
        folders.append(root / name)
    return folders


def test_a_run_folder_is_read_back(runs):
    run = read_run(runs[0])
    assert run.summary.n_items == len(ITEMS)
    assert run.rows()[0].item_id == ITEMS[0].item_id
    assert run.looks().groups[""].said == ""
    assert (runs[0] / "tables" / "weights.csv").is_file()
    assert diagnose(runs[1], resamples=50).sentence


def test_quantities_are_those_of_the_summaries(runs):
    opened = [read_run(one) for one in runs]
    found = quantities(opened)
    values = {}
    for family, one in found.each():
        sums = [one.sums(run)[None].sum(axis=1, keepdims=True) for run in (0, 1)]
        values[family.key, one.key] = [
            float(one.value(total, [found.n_scenes]).values[0]) for total in sums
        ]
    assert values["headline", "pst"] == [1, 0]
    assert values["headline", "gap"] == [0, 1]
    assert values["cells", "misleading"] == [1, 0]
    assert values["reasons", "followed"][0] == 0
    assert all(follow == [0, 1] for key, follow in values.items() if key[0] == "follow")
    assert found.n_scenes == 24


def test_other_sets_are_refused(runs, tmp_path):
    other = tmp_path / "set"
    other.mkdir()
    rows = groups(24, seed=1)
    lines = b"\n".join(msgspec.json.encode(item) for item in rows)
    (other / items_name("test")).write_bytes(lines + b"\n")
    file = tmp_path / "p.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(one) for one in predictions(rows, oracle)))
    score_files(file, other, tmp_path / "run", bootstrap=10)
    with pytest.raises(DataError, match="missing in"):
        quantities([read_run(runs[0]), read_run(tmp_path / "run")])
