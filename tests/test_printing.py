"""What is printed: one thing is named as one."""

import pytest

from handeye.printing import noun


@pytest.mark.parametrize(
    ("n", "things", "said"),
    [
        (1, "scenes", "scene"),
        (0, "scenes", "scenes"),
        (2, "clips", "clips"),
        (
            1,
            "readable click answers about empty regions",
            "readable click answer about empty regions",
        ),
        (1, "G-Clk questions", "G-Clk question"),
        (1, "points", "points"),
        (1, "groups made again", "group made again"),
        (1, "families", "family"),
        (2, "families", "families"),
    ],
)
def test_one_thing_is_named_as_one(n: int, things: str, said: str) -> None:
    assert noun(n, things) == said
