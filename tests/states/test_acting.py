"""Right cells read from one state, and the share of failed answers that had them: planted truth."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from handeye.errors import DataError, OptionError
from handeye.states.acting import held, kept, knows, maps
from handeye.states.cells import BOTH, LAST, PICTURE, POSITION, SHUFFLED, Reading, read_cells
from handeye.states.targets import Target
from tests.support.cells import CELLS, SCENES, SIDE, WIDTH, answers, planted, read


@pytest.fixture(scope="module")
def answer() -> Reading:
    return read("answer")


@pytest.fixture(scope="module")
def nothing() -> Reading:
    return read("nothing")


def area(reading: Reading, reader: str) -> float:
    return float(np.nanmean(reading.areas(reader)))


def test_the_answer_in_the_state_is_found(answer: Reading) -> None:
    assert {layer for layer, _ in answer.chosen} == {"final"}
    assert area(answer, LAST) > 0.95
    assert answer.ranked(LAST)[answer.some].mean() > 0.8
    table = {row.reason: row for row in held(answer, answers(answer), resamples=300)}
    assert list(table) == ["failed", "missed", "elsewhere", "passed"]
    for row in table.values():
        figures = row.readers[LAST]
        assert figures.beyond.low is not None
        assert figures.beyond.low > 0.3
        assert figures.exact.n == figures.beyond.n == row.n - row.empty
    assert sum(table[name].n for name in ("elsewhere", "missed")) == table["failed"].n
    assert table["missed"].label == "clicks too few"
    # The same reader, asked about other cells of the item, knows nothing of them.
    assert abs(area(answer, SHUFFLED) - 0.5) < 0.1


def test_where_there_is_nothing_nothing_is_found(nothing: Reading) -> None:
    assert abs(area(nothing, LAST) - area(nothing, POSITION)) < 0.1
    for row in held(nothing, answers(nothing), resamples=300):
        beyond = row.readers[LAST].beyond
        assert beyond.low is not None
        assert beyond.high is not None
        assert beyond.low <= 0 <= beyond.high
        low, high = row.readers[LAST].area.low, row.readers[LAST].area.high
        assert low is not None
        assert high is not None
        assert low < area(nothing, POSITION) + 0.05


def test_a_count_is_no_place() -> None:
    """That the state says how many cells are right does not say which."""
    reading = read("count", pictures=())
    assert set(reading.logits) == {LAST, POSITION, SHUFFLED}
    assert area(reading, LAST) < 0.65
    (failed, *_) = held(reading, answers(reading), resamples=300)
    assert failed.readers[LAST].beyond.low is not None
    assert failed.readers[LAST].beyond.low <= 0


def test_a_region_in_the_state_and_exceptions_in_the_picture_make_the_answer() -> None:
    reading = read("region")
    assert area(reading, BOTH) > max(area(reading, LAST), area(reading, PICTURE)) + 0.03
    ranked = {name: reading.ranked(name)[reading.some].mean() for name in reading.logits}
    assert ranked[BOTH] > ranked[LAST] + 0.2
    assert ranked[BOTH] > ranked[PICTURE] + 0.2


def test_no_item_is_read_by_a_reader_that_saw_its_scene() -> None:
    """Every scene has a state of its own: a reader that saw a sibling would know it by that."""
    states, asked, _ = planted("nothing")
    marks = np.random.default_rng(3).normal(size=(SCENES, WIDTH))
    states.last.update({name: marks[int(name.split("-")[0])] for name in states.last})
    # The same cells of both questions of a scene are right, by chance of the scene alone.
    chance = np.random.default_rng(4).integers(CELLS, size=SCENES)
    asked = [
        msgspec.structs.replace(one, label=int(one.place == chance[int(one.group)]))
        for one in asked
    ]
    reading = read_cells(states, asked, "last", folds=4, inner=3)
    assert area(reading, LAST) < 0.62


def test_the_same_seed_reads_the_same_and_order_does_not_matter(answer: Reading) -> None:
    states, asked, shown = planted("answer")
    again = read_cells(
        states, asked[::-1], "last", pictures=shown[::-1], tokens=(SIDE, SIDE), folds=4, inner=3
    )
    assert again.items == answer.items
    for name, logits in answer.logits.items():
        np.testing.assert_allclose(again.logits[name], logits, atol=1e-4)


def test_maps_stand_beside_what_was_done(answer: Reading) -> None:
    found = list(maps(answer, answers(answer), LAST))
    assert [one.item_id for one in found] == list(answer.items)
    for number, one in enumerate(found):
        assert one.places == tuple(range(CELLS))
        above = [p > one.cut for p in one.probability]
        if any(one.right):
            assert one.exact == (above == list(one.right))
        else:
            assert one.exact == answer.silent(LAST)[number]
        assert all(0 <= share <= 1 for share in one.probability)
    assert found[2].done == (8,)
    assert found[2].reason == "elsewhere"


def test_a_table_as_json(answer: Reading) -> None:
    rows = held(answer, answers(answer), resamples=0)
    told = msgspec.json.decode(msgspec.json.encode(kept(answer, rows)))
    assert told["items"] == len(answer.items) == 2 * SCENES
    assert told["groups"] == SCENES
    assert told["rows"][0]["readers"][LAST]["exact"]["low"] is None
    assert set(told["falsely silent"]) == set(answer.logits)
    (failed, *_) = rows
    silent = failed.readers[LAST].silent.value
    assert silent is not None
    assert silent > told["falsely silent"][LAST] + 0.5


def test_strata_are_read_apart_and_small_ones_say_why_not(answer: Reading) -> None:
    states, asked, shown = planted("answer")
    few = [
        msgspec.structs.replace(one, item_id=f"few {one.item_id}", strata={"template": "few"})
        for one in asked[: 6 * CELLS]
    ]
    states.last.update({one.item_id: np.zeros(WIDTH) for one in few})
    told = list(knows(states, [*few, *asked, *shown], answers(answer), resamples=50))
    assert [one.stratum for one in told] == ["few", "rows"]
    assert "groups at least" in told[0].not_read
    assert (told[1].rows[0].readers[LAST].area.value or 0) > 0.95
    assert PICTURE not in told[1].rows[0].readers
    with pytest.raises(OptionError, match="'exception' is not applicable at last"):
        next(knows(states, [*asked, *shown], answers(answer), target="exception"))


def test_what_cannot_be_read_is_refused(answer: Reading) -> None:
    states, asked, shown = planted("nothing")
    with pytest.raises(DataError, match="no answer to 0-0, whose states were read"):
        held(answer, [one for one in answers(answer) if one.item_id != "0-0"])
    other = msgspec.structs.replace(asked[0], strata={"template": "columns"})
    with pytest.raises(DataError, match="one target and one stratum"):
        read_cells(states, [*asked, other], "last")
    with pytest.raises(DataError, match="asked twice of the same cell"):
        read_cells(states, [*asked, asked[0]], "last")
    bare = msgspec.structs.replace(asked[0], numbers={})
    with pytest.raises(DataError, match="item 0-0: 'clicked' is read by cells"):
        read_cells(states, [bare, *asked[1:]], "last")
    alike = [msgspec.structs.replace(one, label=0) for one in asked]
    with pytest.raises(DataError, match="all cells are alike"):
        read_cells(states, alike, "last")
    one = next(one.group for one in asked if one.label)

    def rarely(rows: list[Target]) -> list[Target]:
        return [msgspec.structs.replace(o, label=o.label * (o.group == one)) for o in rows]

    with pytest.raises(DataError, match=f"'clicked' in rows: label 1 is in 1 of {SCENES} groups"):
        read_cells(states, rarely(asked), "last")
    with pytest.raises(DataError, match=f"'exception' of pictures: label 1 is in 1 of {SCENES}"):
        read_cells(states, asked, "last", pictures=rarely(shown), tokens=(3, 3), layers=["final"])
    with pytest.raises(OptionError, match="5 folds need 5 groups"):
        read_cells(states, asked[: 8 * CELLS], "last")
    nowhere = [msgspec.structs.replace(one, spot=None) for one in shown]
    with pytest.raises(DataError, match="does not say where its cell lies"):
        read_cells(states, asked, "last", pictures=nowhere, tokens=(3, 3))
