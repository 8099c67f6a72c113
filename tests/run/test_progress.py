from __future__ import annotations

import pytest

from handeye.run.answers import Answer, Usage
from handeye.run.prices import Price
from handeye.run.progress import Progress, Tally


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def answer(state: str = "answered") -> Answer:
    usage = Usage(input=1000, output=100)
    return Answer(item_id="a", model="m", request="r", state=state, usage=usage)  # type: ignore[arg-type]


def test_rate_and_time_left_come_from_this_start_only() -> None:
    clock = Clock()
    tally = Tally(100, Price(1.0, 10.0), clock)
    for _ in range(40):
        tally.keep(answer())
    for second in range(1, 11):
        clock.now = float(second)
        tally.add(answer())
        tally.add(answer("refused"))
    assert tally.done == 60
    assert tally.rate() == pytest.approx(2.0)
    assert tally.seconds_left() == pytest.approx(20.0)
    assert tally.spend == pytest.approx(60 * 0.002)
    line = tally.line()
    for part in (
        "60 of 100 (40 from before)",
        "60%",
        "2.0/s",
        "0 errors",
        "10 refused",
        "$0.12",
        "0:20 left",
    ):
        assert part in line


def test_old_answers_leave_the_rate() -> None:
    clock = Clock()
    tally = Tally(10, None, clock)
    tally.add(answer())
    clock.now = 200.0
    assert tally.rate() == 0.0
    assert tally.seconds_left() is None
    assert tally.spend is None
    assert "$" not in tally.line()


def test_failures_tell_no_time_left() -> None:
    clock, again = Clock(), {"a": 3}
    tally = Tally(100, None, clock, again, 5)
    clock.now = 60.0
    tally.add(answer("error"))
    assert tally.seconds_left() is None
    for words in (tally.line(), " ".join(tally.moment().facts)):
        assert "1 error" in words
        assert "trying again, 3 of 5" in words
        assert "left" not in words
    again["b"] = 1
    assert "trying 2 again, 3 of 5" in tally.line()
    again.clear()
    tally.add(answer())
    assert "49:00 left" in tally.line(), "what fails among answers takes its time too"
    assert "trying" not in tally.line()


def test_off_a_terminal_the_last_line_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(1, None, Clock())
    with Progress(tally, shown=True, tick=lambda: None):
        tally.add(answer())
    shown = capsys.readouterr().err
    assert shown.startswith("1 of 1")
    assert "\r" not in shown


def test_all_answered_it_ends_and_the_clock_stands_still(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    tally = Tally(2, None, clock)
    with Progress(tally, shown=True, tick=lambda: None, then="scoring") as shown:
        for now in (1.0, 2.0):
            clock.now = now
            shown.add(answer())
        told = capsys.readouterr().err
        clock.now = 50.0
        assert tally.rate() == pytest.approx(1.0)
        assert tally.moment().facts[:3] == ("1.0/s", "0 errors", "in 0:02")
    assert told.startswith("2 of 2 | 100% | 1.0/s | 0 errors | ")
    assert told.endswith("| in 0:02\nscoring\n")
    assert capsys.readouterr().err == "", "said once"


def test_no_progress_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Tally(1, None, Clock()), shown=False, tick=lambda: None):
        pass
    assert capsys.readouterr().err == ""
