"""Places in pictures: what is read, what is hit, and which convention a run keeps to."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds import cells, points
from handeye.answer_kinds.clicks import Cell
from handeye.answer_kinds.coordinates import AS_ASKED, CONVENTIONS as COUNTED
from handeye.answer_kinds.points import Box, Convention, Given, Mask, Picture, Point, Polygon
from handeye.answer_kinds.reading import Reading

HERE = (Point(412, 220),)
TWO = (Point(1, 2), Point(3, 4))
NUMBERS = st.integers(-5000, 5000) | st.floats(-5000, 5000).map(lambda one: round(one, 3))
PICTURE = Picture(1280, 720, (1036, 588))
PIXELS, UNIT, THOUSAND = (Convention(unit) for unit in ("pixels", "unit", "thousand"))


@given(st.lists(st.tuples(NUMBERS, NUMBERS).map(lambda one: Point(*one)), max_size=5))
def test_brackets_alone_are_strict(named: list[Point]) -> None:
    text = "; ".join(f"({one.x}, {one.y})" for one in named) or "none"
    assert points.read(text, several=True) == Reading(tuple(named), True)
    found = points.read(text)
    assert found == (Reading(tuple(named), True) if len(named) == 1 else found)


@pytest.mark.parametrize(
    "said",
    [
        *(
            "(412,220).",
            "[412, 220]",
            "412, 220",
            "x=412, y=220",
            "x: 412\ny: 220",
            "**(412, 220)**",
        ),
        *("Point: 412,220", "（４１２，２２０）", "\u200f(412, 220)", "(412px, 220px)"),
        *('{"point": [412, 220]}', '[{"point_2d": [412, 220], "label": "knife"}]', "[[412, 220]]"),
        *('{"x": "412", "y": "220"}', '{"action": "click", "coordinate": [412, 220]}'),
        *('{"name": "click", "arguments": {"x": 412, "y": 220}}', '{"answer": "(412, 220)"}'),
        *('{"bbox_2d": [402, 210, 422, 230]}', "```json\n{'point': (412, 220)}\n```"),
        *('<point x="412" y="220" alt="knife">knife</point>', "<point>412 220</point>"),
        *("<|box_start|>(402,210),(422,230)<|box_end|>", "click(start_box='(412,220)')"),
        *("<|det|>[[402, 210, 422, 230]]<|/det|>", "pyautogui.click(x=412, y=220)"),
        *('{"bbox": [0, 0, 9, 9], "point": [412, 220]}', "There it is.\n412, 220"),
        *("click(412, 220)", "The knife lies at (412, 220), not (3, 4)."),
        *("(412, 220), I said: (412, 220)", "(1, 2)? No.\nAnswer: (412, 220)"),
    ],
)
def test_other_forms_are_lenient(said: str) -> None:
    assert points.read(said) == Reading(HERE, False)


@pytest.mark.parametrize(
    "said",
    [
        *("", "none", "412", "(412, 220) or (3, 4)", "(1, 2, 3)", "(0,41, 0,22)", "not (412, 220)"),
        *("(NaN, 3)", "(1e400, 3)", '{"point": [1e400, 3]}', '{"point": [NaN, 3]}', "(٤١٢, ٢٢٠)"),
        *('{"point": [1, 2]} {"point": [3, 4]}', '{"x": 1, "y": [2, 3]}', '{"bbox": [9, 9, 1, 1]}'),
        *("Answer: (1, 2)\nAnswer: (3, 4)", "<point x='3'>", "<box>1 2 3</box>", '{"point": [1,'),
        *("(" * 99_999, "[" * 99_999, '{"point":' * 9999, "(1, 2); (3, 4); " * 9999),
    ],
)
def test_what_is_open_or_no_point_is_unreadable(said: str) -> None:
    assert points.read(said) is None


@pytest.mark.parametrize(
    ("said", "strict"),
    [
        *(("(1, 2); (3, 4)", True), ("(1,2);(3,4);", True), ("Answer: (1, 2); (3, 4)", False)),
        *(("- knife: (1, 2)\n- cup: (3, 4)", False), ("(1, 2)\n(3, 4)", False)),
        *(("1, 2\n3, 4", False), ("1, 2; 3, 4", False), ("There: (1, 2) and (3, 4).", False)),
        *(('[{"x": 1, "y": 2}, {"x": 3, "y": 4}]', False), ("[[1, 2], [3, 4]]", False)),
        *(('{"point": [1, 2]}\n{"point": [3, 4]}', False), ('{"x": [1, 3], "y": [2, 4]}', False)),
        ('<points x1="1" y1="2" x2="3" y2="4">knives</points>', False),
    ],
)
def test_several_are_a_list(said: str, strict: bool) -> None:
    assert points.read(said, several=True) == Reading(TWO, strict)
    assert points.read(said) is None


def test_points_among_thoughts_are_no_list() -> None:
    assert points.read("A knife at (1, 2)?\nSo (3, 4).", several=True) is None
    assert points.read("[[1, 2], [3, 4]] and [[5, 6], [7, 8]]", several=True) is None
    everything = "; ".join(f"({k}, {k})" for k in range(points.MOST + 1))
    assert points.read(everything, several=True) is None
    assert points.read("There are none.", several=True) is None
    assert points.read("Nothing to point at.", several=True) == Reading((), False)


@given(st.text() | st.text("(){}[]0123456789.,;:xy=\"'<>/pointe -\n"), st.booleans())
def test_any_text_has_points_or_is_unreadable(said: str, several: bool) -> None:
    found = points.read(said, several)
    if found is not None:
        assert all(abs(number) < 1e12 for point in found.value for number in point)
        assert several or len(found.value) == 1


# ---- what is hit


@given(st.lists(st.integers(0, 20), min_size=4, max_size=4), NUMBERS, NUMBERS)
def test_a_box_is_a_polygon_and_a_mask(sides: list[int], x: float, y: float) -> None:
    (x0, x1), (y0, y1) = sorted(sides[:2]), sorted(sides[2:])
    x, y = x % 25, y % 25
    box = Box(x0, y0, x1, y1)
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    assert Polygon(corners).holds(x, y) == box.holds(x, y)
    inside = np.zeros((25, 25), np.uint8)
    inside[y0 : y1 + 1, x0 : x1 + 1] = 255
    assert Mask(inside).holds(int(x), int(y)) == box.holds(int(x), int(y))


def test_a_polygon_holds_what_its_line_goes_round_an_odd_number_of_times() -> None:
    star = Polygon(((50, 0), (79, 90), (2, 35), (98, 35), (21, 90)))
    assert star.holds(50, 10)
    assert star.holds(2, 35)
    assert not star.holds(50, 50)
    assert not star.holds(5, 5)


def test_a_mask_ends_where_the_picture_ends() -> None:
    mask = Mask(np.ones((2, 3), bool))
    assert mask.holds(3, 2)
    assert mask.holds(0, 0)
    assert not mask.holds(-0.1, 0)
    assert not mask.holds(0, 2.1)


def test_every_region_holds_one_point() -> None:
    gold = [Box(0, 0, 10, 10), Box(5, 5, 15, 15)]

    def score(*named: tuple[float, float]) -> float:
        reading = Reading(tuple(Point(*one) for one in named), True)
        return points.score(reading, gold, PICTURE)

    # The first point lies in both boxes, and goes to the one that the second is not in.
    assert score((7, 7), (2, 2)) == score((2, 2), (7, 7)) == score((7, 7), (14, 14)) == 1
    assert score((2, 2), (3, 3)) == score((7, 7)) == score((7, 7), (2, 2), (14, 14)) == 0
    assert points.score(None, gold, PICTURE) == 0
    assert points.score(Reading((), True), [], PICTURE) == 1


@given(st.floats(0, 1280), st.floats(0, 720), st.sampled_from(points.CONVENTIONS))
def test_what_is_written_in_a_convention_lies_where_it_was(
    x: float, y: float, convention: Convention
) -> None:
    written = convention.written(x, y, PICTURE)
    assert convention.place(written, PICTURE) == pytest.approx((x, y))
    gold = [Box(x - 1, y - 1, x + 1, y + 1)]
    assert points.score(Reading((written,), True), gold, PICTURE, convention) == 1


# ---- which convention a run keeps to


def run(
    ways: Sequence[Convention],
    count: int = 60,
    lost: float = 0.3,
    size: tuple[int, int] | None = None,
    seed: int = 1,
) -> list[Given]:
    """Answers in some conventions, of which a share means nothing."""
    draw, out = random.Random(seed), []
    for scene in range(count):
        width, height = size or draw.choice([(1280, 720), (640, 480), (800, 1000)])
        picture = Picture(width, height, (width * 4 // 5, height * 4 // 5))
        x, y = draw.uniform(60, width - 60), draw.uniform(60, height - 60)
        gold = [Box(x - 40, y - 40, x + 40, y + 40)]
        if draw.random() < lost:
            x, y = draw.uniform(0, width), draw.uniform(0, height)
        out.append(Given((draw.choice(ways).written(x, y, picture),), gold, picture, f"s{scene}"))
    return out


@pytest.mark.parametrize("kept", [one for one in points.CONVENTIONS if one != PIXELS])
def test_another_convention_is_told(kept: Convention) -> None:
    answers = run([kept])
    found = points.conventions(answers, PIXELS)
    assert (found.used, found.unsure) == ((kept,), ())
    assert found.weights[kept] == pytest.approx(0.7, abs=0.15)
    for one, way in zip(answers, found.of, strict=True):
        right = [
            one.gold[0].holds(*read.place(one.points[0], one.picture)) for read in (PIXELS, kept)
        ]
        assert way == (PIXELS if right[0] else kept)


def test_six_answers_tell_it() -> None:
    assert points.conventions(run([THOUSAND], 6, lost=0), PIXELS).used == (THOUSAND,)
    assert points.conventions(run([THOUSAND], 3, lost=0), PIXELS).used == ()


def test_two_conventions_are_told_apart() -> None:
    found = points.conventions(run([THOUSAND, PIXELS], 100), PIXELS)
    assert found.used == (THOUSAND,)
    assert {PIXELS, THOUSAND, None} == set(found.of)
    assert points.conventions(run([UNIT]), UNIT).used == ()


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_told_of_answers_as_asked_or_of_no_meaning(seed: int) -> None:
    for answers in (run([PIXELS], seed=seed), run([THOUSAND], lost=1, seed=seed)):
        found = points.conventions(answers, PIXELS)
        assert (found.used, found.unsure) == ((), ())
        assert set(found.of) == {PIXELS}


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_told_of_places_that_are_nearly_as_asked(seed: int) -> None:
    draw = random.Random(seed)
    near = [
        # About as far off as a region is wide: the nearest conventions hit now and then.
        one._replace(points=(Point(*(number + draw.gauss(0, 60) for number in one.points[0])),))
        for one in run([PIXELS], 120, 0, size=(900, 1000), seed=seed)
    ]
    found = points.conventions(near, PIXELS)
    assert (found.used, found.unsure) == ((), ())


def test_nothing_is_told_of_one_place_whatever_is_shown() -> None:
    same = [one._replace(points=(Point(500, 500),)) for one in run([PIXELS], 200, size=(1280, 720))]
    found = points.conventions(same, PIXELS)
    assert (found.used, found.unsure) == ((), ())
    again = [one._replace(scene="s", picture=PICTURE) for one in run([THOUSAND], 1, 0)] * 50
    assert points.conventions(again, PIXELS).used == ()
    assert points.conventions([], PIXELS) == points.conventions([], PIXELS)


def test_what_would_do_as_well_is_not_told_apart() -> None:
    # A side of 1000 pixels: thousandths are pixels.
    assert points.conventions(run([THOUSAND], size=(1000, 1000)), PIXELS).used == ()
    # And of 1250, of which the model was shown 1000.
    found = points.conventions(run([THOUSAND], size=(1250, 1250)), PIXELS)
    assert found.used == ()
    assert set(found.unsure) == {THOUSAND, Convention("shown")}


@pytest.mark.parametrize("kept", [way for way in COUNTED if way.rows == way.cols][:3])
def test_cells_counted_otherwise_are_told(kept: object) -> None:
    draw, answers, asked = random.Random(3), [], []
    for scene in range(40):
        rows, cols = draw.randint(5, 9), draw.randint(5, 9)
        gold = frozenset(Cell(draw.randint(1, rows), draw.randint(1, cols)) for _ in range(2))
        way = next(one for one in COUNTED if one == kept)
        written = frozenset(
            Cell(r, c)
            for r in range(12)
            for c in range(12)
            if way.translate(r, c, rows, cols) in gold
        )
        answers.append(cells.Given(written, gold, (rows, cols), f"s{scene}"))
        asked.append(answers[-1]._replace(cells=gold))
    expected = (kept,) if way.rows.first != 2 else ()
    assert cells.conventions(answers).used == expected
    assert cells.conventions(asked).used == ()
    assert set(cells.conventions(asked).of) == {AS_ASKED}
