"""Options by letters: written, read again, and put in order."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from handeye.errors import OptionError
from handeye.run.choices import check_order, lettered, shuffled, unlettered

TEXTS = st.lists(
    st.text(st.characters(exclude_characters="\n"), max_size=9), min_size=1, max_size=26
)


@given(TEXTS)
def test_options_are_read_as_they_were_written(options: list[str]) -> None:
    assert unlettered(lettered(options)) == tuple(options)


@pytest.mark.parametrize("block", ["", "A red", "A. red\nC. blue", "A. red\n\nB. blue", "a. red"])
def test_another_text_holds_no_options(block: str) -> None:
    assert unlettered(block) == ()


def test_an_order_is_drawn_by_seed_and_key() -> None:
    order = check_order("shuffle:7", "set")
    first = shuffled(order, "prompt", 5)
    assert first is not None
    assert sorted(first) == [0, 1, 2, 3, 4]
    assert shuffled(order, "prompt", 5) == first
    assert len({shuffled(order, str(key), 5) for key in range(30)}) > 10
    assert len({shuffled(f"shuffle:{seed}", "prompt", 5) for seed in range(30)}) > 10
    assert shuffled(check_order("set", "set"), "prompt", 5) is None


@pytest.mark.parametrize("order", ["", "paper", "shuffle", "shuffle:", "shuffle:x", "shuffle:-1"])
def test_orders_that_are_none_are_refused(order: str) -> None:
    with pytest.raises(OptionError, match="give set or shuffle:SEED"):
        check_order(order, "set")
