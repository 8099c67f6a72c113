"""Linear probes: what is in the states is read off, what is not is not."""

import numpy as np
import pytest

from handeye.training.probes import THING, figures, looked, measure, probed, table
from handeye.training.targets import View, Vocabulary, targets_of
from tests.support.perceived import drawn

WIDTH = 24


@pytest.fixture(scope="module")
def shown():
    truths = [drawn(number)[1] for number in range(80)]
    vocabulary = Vocabulary.of(truths)
    targets = [targets_of(one, View.stretched(one.size, (8, 8)), vocabulary) for one in truths]
    return targets[:48], targets[48:], vocabulary


def states(targets, told):
    """Tokens of noise, with what is told of every label in them ``told`` strong."""

    def tokens(places):
        out = []
        for place in places:
            one = targets[place]
            draw = np.random.default_rng([place, len(targets)])
            found = draw.normal(size=(len(one.owner), WIDTH)).astype(np.float32)
            classes = np.where(one.classes < 0, 0, one.classes)
            for column in range(classes.shape[1]):
                hot = np.eye(5)[classes[:, column]]
                found[:, 5 * column : 5 * column + 5] += told * hot
            thing = one.owner > 0
            middle = one.points[one.owner - 1, 0] if len(one.points) else 0
            offset = np.where(thing[:, None], middle - one.view.places(), 0)
            found[:, 20:22] = found[:, 20:22] * 0.1 + told * offset / 8
            found[:, 22] = found[:, 22] * 0.1 + told * np.nan_to_num(one.depth)
            out.append(found)
        return np.stack(out)

    return tokens


def found(fit, tried, vocabulary, told):
    both = (looked(targets, states(targets, told))[0] for targets in (fit, tried))
    return probed(*both, vocabulary)


def test_what_is_there_is_read_off_and_nothing_else(shown):
    fit, tried, vocabulary = shown
    nothing, all_ = (found(fit, tried, vocabulary, told) for told in (0.0, 4.0))
    told = {one.what: one for one in figures(nothing, nothing, all_)}
    assert list(told)[:2] == [THING, "name"]
    assert set(told) == {THING, "name", "colour", "side", "keypoints", "depth"}
    for what, one in told.items():
        assert one.measure == measure(what)
        assert one.tokens > one.scenes == 16
        assert one.before == one.swapped
        for estimate in (one.before, one.after, one.gain):
            assert estimate.low <= estimate.value <= estimate.high
        assert one.gain.value == pytest.approx(one.after.value - one.before.value)
        if what == "keypoints":
            assert one.after.value < 2 < 5 < one.before.value
        elif what == "depth":
            assert one.after.value > 0.9
            assert abs(one.before.value) < 0.3
        else:
            assert one.after.value > 0.95
            # Two choices or three, told by chance.
            assert one.before.low < (1 / 3 if what == "colour" else 1 / 2) < one.before.high + 0.1


def test_swapped_tokens_have_what_their_places_tell(shown):
    """Which half a thing lies in is told by the place of a token, its colour is not."""
    fit, tried, vocabulary = shown

    def placed(targets):
        def tokens(places):
            own = states(targets, 4.0)(places)
            own[:, :, 15:20] += 9 * np.eye(5)[(np.arange(64) % 8 > 3).astype(int)]
            return own

        return tokens

    both = [looked(targets, placed(targets)) for targets in (fit, tried)]
    swapped = probed(*(other for _, other in both), vocabulary)
    for own, other in both:
        assert len(own.scene) == len(other.scene)
        assert sorted(own.depth[own.thing]) == sorted(other.depth[other.thing])
    told = {one.what: one for one in figures(swapped, swapped, swapped)}
    assert told["side"].after.value > 0.95
    assert told["colour"].after.value < 0.6


def test_the_same_tokens_give_the_same_figures(shown):
    fit, tried, vocabulary = shown
    one, other = (figures(*[found(fit, tried, vocabulary, 1.0)] * 3) for _ in range(2))
    assert one == other


def test_what_neither_side_tells_is_left_out(shown):
    fit, tried, vocabulary = shown
    alone = [one for one in fit if "disc" not in names(one, vocabulary)]
    assert alone
    told = found(alone, tried, vocabulary, 4.0)
    assert "name" not in told
    assert "colour" in told


def names(one, vocabulary):
    return {vocabulary.labels["name"][at] for at in one.classes[:, 0] if at > 0}


def test_the_table_says_chance_units_and_denominators(shown):
    fit, tried, vocabulary = shown
    made = table(figures(*[found(fit, tried, vocabulary, 4.0)] * 3), random=True)
    assert [one.head for one in made.columns] == ["Swapped", "Before", "After", "Gain"]
    assert "random weights" in made.legend
    rows = {row.label: row for row in made.rows}
    assert rows["keypoints"].basis.startswith("pixels, ")
    assert "of 16 scenes" in rows["name"].basis
    assert rows["name"].cells[3].text("line").startswith("0.0 (0.0 to 0.0")
