"""Runs are compared by pairs, cells and kinds; by hand on a few, and through a run folder."""

import json

import msgspec
import pytest

from handeye.errors import DataError
from handeye.report import compare, write_comparison
from handeye.stress.comparing.quantities import quantities
from handeye.stress.diagnosis.diagnose import diagnose
from handeye.stress.items import items_name
from handeye.stress.scoring.file_scoring import score_files
from handeye.stress.scoring.run_folder import read_run
from handeye.stress.scoring.weighing import Weight, less, weigh
from tests.support.stress import Planted, follower, groups, oracle, predictions, scored

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


def test_the_answer_without_a_cue_is_one_outcome_under_however_many_cues(runs):
    found = quantities([read_run(runs[0])])
    gap = next(one for _, one in found.each() if one.planned == "Gap")
    asked = {item.item_id: item for item in ITEMS}
    inside = gap.weights != 0
    items = [asked[one] for one, kept in zip(found.ids, inside, strict=True) if kept]
    pictures = {(item.scene_id, item.truth) for item in items}
    assert len(set(gap.unit[inside].tolist())) == len(pictures) < len(items)


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


def test_weights_are_compared_with_an_interval_of_their_difference():
    items = groups(80, cues=("hint",), other=False)
    rows = [scored(items, Planted(visual, 1.0)) for visual in (1.5, 4.5)]
    one, other = (weigh(of)["hint"] for of in rows)
    found = less(one.visual, other.visual)
    assert found.value == pytest.approx(other.visual.value - one.visual.value, abs=1e-5)
    assert found.low < 3.0 < (found.high or 99)
    assert found.low > 0
    back = less(other.visual, one.visual)
    assert (back.value, back.high) == (-found.value, -found.low)
    cue = less(one.cue, other.cue)
    assert cue.low < 0 < cue.high
    # An end that is open in one run is open in the difference.
    sure = less(one.visual, weigh(scored(items, oracle))["hint"].visual)
    assert (sure.bound, sure.high) == ("at least", None)
    assert less(one.visual, Weight(value=None, reason="few")).value is None


def test_two_runs_have_what_is_no_sum_beside_their_quantities(runs, tmp_path):
    lines = [
        json.dumps(
            {"item_id": item.item_id, "raw_text": item.values[0], "model": "eyes"}
            | {"ablation": "grey"}
        )
        for item in ITEMS
    ]
    (tmp_path / "grey.jsonl").write_text("\n".join(lines))
    score_files(tmp_path / "grey.jsonl", runs[0].parent / "set", tmp_path / "grey", bootstrap=50)
    found = compare([runs[0], runs[1], tmp_path / "grey"])
    of_other, of_grey = (pair["beside"] for pair in found["pairs"])
    assert list(of_other) == ["weights"]
    assert {row["group"] for row in of_other["weights"]} == {
        "Weight of the picture",
        "Weight of the cue",
    }
    (whole, *cells) = of_grey["survival"]
    assert "shown grey pictures" in whole["group"]
    assert whole["with_picture"]["value"] == 1
    assert whole["survives"]["value"] == whole["without"]["value"] <= 0.5
    assert len(cells) == 4
    page = tmp_path / "page.html"
    write_comparison(found, page)
    assert "What survives without the picture" in page.read_text()
