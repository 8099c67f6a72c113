"""What answers took, off a journal whose numbers are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handeye import suites
from handeye.errors import DataError
from handeye.run.answers import Answer, Usage
from handeye.run.flops import Work
from handeye.run.journal import ANSWERS
from handeye.run.prices import Price
from handeye.scores.cost import Cost, basis, cost_of, cost_table
from handeye.scores.estimate import Estimate


def answer(item: str, request: str, seconds: float | None, usage: Usage, **more: Any) -> Answer:
    told = {"model": "m", "state": "answered", "raw_text": "x", "stop_reason": "stop"}
    at = "2026-01-01T00:00:10.000+00:00"
    return Answer(item_id=item, request=request, seconds=seconds, usage=usage, at=at, **told | more)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scored run of four items of two groups; its journal is written by the tests."""
    root = tmp_path_factory.mktemp("cost")
    suite = suites.get("stress")
    data = suite.generate(root / "set", seed=7, groups=2, families="count,size", cues="none")  # type: ignore[misc]
    return suite.run("handeye/simulated", data, root / "run", progress=False)


def cost(run: Path, answers: list[Answer], **how: Any) -> Cost:
    (run / ANSWERS).write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in answers))
    return cost_of(suites.get("stress").open_run(run), **how)


def ids(run: Path) -> list[str]:
    lines = (run / "predictions.jsonl").read_text().splitlines()
    return [json.loads(line)["item_id"] for line in lines]


def test_calls_of_an_item_are_added_up(run: Path) -> None:
    one, two, three, four = ids(run)
    answers = [
        answer(one, "1", 1.0, Usage(100, 0, 10)),
        answer(one, "2", 2.0, Usage(200, 100, 20)),
        answer(two, "1", 4.0, Usage(50, 0, 5)),
        answer(three, "1", 8.0, Usage(50, 0, 5), note={"detector_seconds": 0.5}),
        answer(four, "1", None, Usage()),
        answer("of another set", "1", 99.0, Usage(1000, 0, 1000)),
    ]
    found = cost(run, answers, price=Price(1.0, 10.0, 0.5), work=Work(3))
    assert (found.items, found.scenes, found.calls) == (4, 2, 5)
    assert (found.counted, found.timed, found.failed) == (4, 4, 0)
    figures = {name: (one.value, one.n) for name, one in found.figures.items()}
    assert figures["calls"] == (5 / 4, 4)
    # Of the fourth neither tokens nor time are known: it is in no other figure.
    assert figures["read"] == (400 / 3, 3)
    assert figures["cached"] == (100 / 3, 3)
    assert figures["written"] == (40 / 3, 3)
    assert figures["seconds"] == (4.0, 3)
    assert figures["late"] == (8.5, 3)
    assert figures["call_seconds"] == (2.0, 4)
    assert figures["call_late"] == (8.0, 4)
    dollars = (300 * 1.0 + 100 * 0.5 - 100 * 1.0 + 100 * 1.0 + 40 * 10.0) / 1e6
    assert figures["dollars"] == (pytest.approx(dollars / 3), 3)
    # What is read twice is multiplied twice; of what is written all but the last token.
    flops = 2 * 3 * (100 + 9 + 200 + 19 + 50 + 4 + 50 + 4)
    assert figures["flops"] == (pytest.approx(flops / 3), 3)
    assert found.beside == {"detector": 0.5 / 4}
    assert found.seconds_in_all == 8.0
    for one_of in found.figures.values():
        assert one_of.low is not None
        assert one_of.low <= one_of.value <= one_of.high  # type: ignore[operator]
    said = basis(found, "items", "groups")
    assert said.startswith(
        "4 items of 2 groups, 5 calls; tokens of 4 calls; times of 4 calls; 8.0 s"
    )
    table = cost_table([found], ["m"])
    assert [column.key for column in table.columns][:3] == ["calls", "read", "written"]
    cells = dict(zip((c.key for c in table.columns), table.rows[0].cells, strict=True))
    assert isinstance(cells["flops"], Estimate)
    assert cells["flops"].value == pytest.approx(flops / 3 / 1e9)


def test_what_is_not_known_is_left_out(run: Path) -> None:
    found = cost(run, [answer(item, "1", None, Usage()) for item in ids(run)])
    assert set(found.figures) == {"calls"}
    assert found.seconds_in_all is None
    table = cost_table([found], ["m"])
    assert [column.key for column in table.columns] == ["calls"]


def test_samples_are_counted_for_themselves_and_intervals_are_drawn_alike(run: Path) -> None:
    answers = [
        answer(item, f"{number}", float(place + number), Usage(10 * place + 1, 0, 1),
               **({"sample": number} if number > 1 else {}))
        for place, item in enumerate(ids(run))
        for number in (1, 2)
    ]  # fmt: skip
    found = cost(run, answers)
    assert (found.items, found.figures["calls"].value) == (8, 1)
    assert cost(run, answers) == found
    assert cost(run, answers, seed=1).figures["read"].value == found.figures["read"].value
    one_group = cost(run, [a for a in answers if a.item_id == ids(run)[0]])
    assert one_group.figures["read"].low is None


def test_a_run_without_a_journal_is_told(run: Path) -> None:
    with pytest.raises(DataError, match="holds no answer to an item"):
        cost(run, [answer("of another set", "1", 1.0, Usage())])
    (run / ANSWERS).unlink()
    with pytest.raises(DataError, match=r"has no answers\.jsonl"):
        cost_of(suites.get("stress").open_run(run))
