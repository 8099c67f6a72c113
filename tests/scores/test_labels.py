"""Labels of runs: unique whatever the folders are called, and no longer than it takes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from handeye.scores.labels import labels

Run = tuple[str, Path, str]


def run(model: str, path: str, words: str = "") -> Run:
    return model, Path(path), words


CASES = [
    ([run("m", "/r/a"), run("n", "/r/a")], ["m", "n"]),
    ([run("m", "/r/a"), run("m", "/r/b")], ["m (a)", "m (b)"]),
    ([run("m", "/x/a"), run("m", "/y/a")], ["m (x/a)", "m (y/a)"]),
    ([run("m", "/x/a"), run("m", "/y/a"), run("m", "/b")], ["m (x/a)", "m (y/a)", "m (b)"]),
    ([run("m", "/x/a"), run("m", "/x/a")], ["m (a)", "m (a) #2"]),
    ([run("m", "/r/a", "4 frames"), run("m", "/r/b", "1 frame")], ["m (4 frames)", "m (1 frame)"]),
    (
        [run("m", "/x/a", "4 frames"), run("m", "/y/a", "4 frames"), run("m", "/z", "1 frame")],
        ["m (x/a)", "m (y/a)", "m (1 frame)"],
    ),
    ([run("m", "/r/a", "4 frames")], ["m"]),
    ([run("", "/r/a"), run("", "/r/b")], ["a", "b"]),
    # Names that a terminal or a page would obey are one line of plain text, and still unique.
    (
        [run("m\n9.9", "/a"), run("m\u20289.9", "/b"), run("m\x1b 9.9\u202e", "/c")],
        ["m 9.9 (a)", "m 9.9 (b)", "m 9.9 (c)"],
    ),
    ([run("\n", "/a\nb"), run("m", "/c\nd"), run("m", "/c\ne")], ["a b", "m (c d)", "m (c e)"]),
    # Names that look like labels.
    ([run("m", "/r/a"), run("m", "/r/b"), run("m (a)", "/c")], ["m (r/a)", "m (b)", "m (a)"]),
    (
        [run("m", "/a"), run("m", "/a"), run("m (a) #2", "/b")],
        ["m (a)", "m (a) #3", "m (a) #2"],
    ),
    ([run("m", "/a"), run("m", "/b"), run("m (a)", "/c")], ["m (a) #2", "m (b)", "m (a)"]),
]


@pytest.mark.parametrize(("runs", "expected"), CASES)
def test_what_runs_are_called(runs: list[Run], expected: list[str]) -> None:
    assert labels(runs) == expected


names = st.sampled_from(["a", "b", "c", "a (b)", "a (b) #2", "a #2", "b/a", ""])
folders = st.lists(names.filter(bool), min_size=1, max_size=3).map(lambda n: Path("/", *n))
lists = st.lists(st.tuples(names, folders, names), max_size=8)


@given(st.data(), lists)
def test_labels_are_unique_and_do_not_depend_on_the_order(data: st.DataObject, runs: list[Run]):
    found = labels(runs)
    assert len(set(found)) == len(runs)
    shuffled = data.draw(st.permutations(range(len(runs))))
    again = labels([runs[k] for k in shuffled])
    assert sorted(again) == sorted(found)
    # Runs that are not numbered keep their label wherever they stand.
    for k, label in zip(shuffled, again, strict=True):
        assert label == found[k] or "#" in label + found[k]


@given(lists)
def test_a_model_that_is_there_once_is_the_label(runs: list[Run]):
    by_model = defaultdict(list)
    for one, label in zip(runs, labels(runs), strict=True):
        by_model[one[0] or one[1].name].append(label)
    for model, found in by_model.items():
        assert (found == [model]) == (len(found) == 1)
        assert all(label.startswith(model) for label in found)
