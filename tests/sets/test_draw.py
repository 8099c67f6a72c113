from collections import Counter

from hypothesis import given, strategies as st

from handeye.sets.draw import Draw


def test_streams_are_pinned():
    # These values must never change: every published set depends on them.
    draw = Draw(7, "glyph", 12)
    assert [draw.below(1000) for _ in range(8)] == [262, 112, 25, 738, 804, 900, 879, 64]
    assert Draw(7, "glyph", 12).unit() != Draw(7, "glyph", 13).unit()


@given(st.integers(0, 2**62), st.integers(1, 200), st.data())
def test_samples_are_distinct_and_in_range(seed, n, data):
    k = data.draw(st.integers(0, n))
    sample = Draw(seed).sample(n, k)
    assert len(set(sample)) == k
    assert all(0 <= value < n for value in sample)


def test_draws_are_uniform():
    draw = Draw(1, "uniform")
    counts = Counter(draw.integer(3, 8) for _ in range(60_000))
    assert sorted(counts) == [3, 4, 5, 6, 7, 8]
    assert all(abs(count - 10_000) < 500 for count in counts.values())
    first = Counter(Draw(s, "sample").sample(5, 2)[0] for s in range(10_000))
    assert all(abs(count - 2_000) < 250 for count in first.values())


def test_weights_are_kept():
    draw = Draw(2, "weights")
    counts = Counter(draw.weighted("abc", (1, 0, 3)) for _ in range(40_000))
    assert counts["b"] == 0
    assert abs(counts["c"] - 30_000) < 700
