"""Score rows and the figures made of them: planted respondents are what the figures say."""

import msgspec
import pytest

from handeye.errors import DataError
from handeye.scores.estimate import Estimate
from handeye.stress.diagnosis.diagnose import diagnose_rows
from handeye.stress.items import NO_SUCH
from handeye.stress.scoring.file_scoring import score
from handeye.stress.scoring.predictions import Prediction
from handeye.stress.scoring.score import score_rows
from handeye.stress.scoring.summary import summarize
from handeye.stress.scoring.survival import blind_survival
from handeye.stress.scoring.tables import table_files, tables
from handeye.stress.scoring.weighing import Weight, weight_words
from tests.support.stress import (
    Planted,
    at_random,
    constant,
    contrarian,
    follower,
    groups,
    oracle,
    predictions,
    reader,
    scored,
)

ITEMS = groups(72)


def head(answer, **how):
    summary = summarize(scored(ITEMS, answer), bootstrap=200, weights=False, **how)
    return {name: one.value for name, one in summary.bases["all"].headline.items()}


@pytest.mark.parametrize("answer", [reader, constant, follower, contrarian])
def test_who_only_reads_gets_no_pair(answer):
    found = head(answer)
    assert found["pst"] == 0
    # The two accuracies together are those of a coin, whatever either is.
    if answer in (follower, contrarian):
        assert found["true"] + found["misleading"] == 1
        assert found["follow"] == (1 if answer is follower else 0)


def test_who_sees_gets_all():
    found = head(oracle)
    assert (found["pst"], found["uncued"], found["gap"], found["outside"]) == (1, 1, 0, 0)


def test_every_function_of_the_string_gets_no_pair():
    for seed in range(5):
        said = {}

        def answer(item, draw, said=said, seed=seed):
            key = item.prompt_id, item.cue, item.cue_value
            return said.setdefault(key, draw.choice((*item.values, NO_SUCH)))

        assert head(answer)["pst"] == 0


def test_a_gap_is_of_the_same_pictures():
    found = head(Planted(visual=60, cue=200))
    assert found["gap"] == found["uncued"] - found["misleading"] == 1
    assert found["follow"] == 1


def test_all_figures_have_intervals_and_counts():
    summary = summarize(scored(ITEMS, Planted(4, 1, 1.0, 0.02, no_such=0.5)), bootstrap=200)
    seen = 0

    def walk(tree):
        nonlocal seen
        if isinstance(tree, dict):
            if set(tree) == {"value", "low", "high", "n"}:
                if tree["value"] is not None:
                    seen += 1
                    assert tree["n"] > 0
                    assert tree["low"] <= tree["value"] <= tree["high"]
                return
            for part in tree.values():
                walk(part)

    walk({name: part for name, part in summary.to_dict().items() if name not in ("curves",)})
    assert seen > 150
    for kind in summary.weights.values():
        for one in (kind.visual, kind.cue, kind.lead):
            assert one.n > 0
            assert one.n_groups > 0
            closed = one.low is not None and one.high is not None
            assert bool(one.bound) != closed


def test_weights_tell_the_kinds_apart():
    items = groups(240, cues=("authority", "frequency"), other=False)
    planted = Planted(visual=4, cue=0.0, spread=1.0, kinds=(("authority", 3.0),))
    found = summarize(scored(items, planted), bootstrap=50).weights
    for kind, cue in (("authority", 3.0), ("frequency", 0.0)):
        one = found[kind]
        assert one.source == "answers"
        assert (one.visual.low or -99) <= 4 <= (one.visual.high or 99)
        assert (one.cue.low or -99) <= cue <= (one.cue.high or 99)
    assert found["authority"].cue.low > 1
    assert found["worded"].visual.n_groups == 240


def test_log_probabilities_are_weighed_where_letters_have_them():
    items = groups(60, cues=("authority",), other=False)
    planted = Planted(visual=5, cue=2)
    answers = []
    for item in items:
        odds = planted.odds(item)
        logs = {"a": -1.0 + odds / 2, "b": -1.0 - odds / 2}
        low = max(0.0, *logs.values())
        letters = {
            "ABC"[place]: logs["ab"[item.values.index(item.options[of])]] - low
            for place, of in enumerate(item.order)
            if item.options[of] in item.values
        }
        letter = max(letters, key=lambda one: letters[one])
        answers.append(Prediction(item.item_id, letter, form="letters", letters=letters))
    rows = score_rows(zip(items, answers, strict=True))
    found = summarize(rows, bootstrap=50).weights["authority"]
    assert found.source == "letters"
    assert found.visual.value == pytest.approx(5)
    assert found.cue.value == pytest.approx(2)
    # An option that was not returned stands at its bound.
    cut = [
        msgspec.structs.replace(one, letters={one.raw_text: -0.01}, letters_bound=-6.0)
        for one in answers
    ]
    rows = score_rows(zip(items, cut, strict=True))
    assert all(row.log_bound for row in rows)
    assert summarize(rows, bootstrap=50).weights["authority"].source == "answers"


def test_an_exchange_rate_is_a_level():
    items = groups(240, families=("attribute",), cues=("leading",), other=False)
    summary = summarize(scored(items, Planted(7, 3, by_level=2.5)), bootstrap=50)
    found = summary.weights["leading"].exchange  # 7 - 2.5 (x - 1) = 3
    assert found.value == pytest.approx(2.6, abs=0.7)
    assert found.low < 2.6 < (found.high or 9)
    physical = summary.exchange["attribute"]
    assert physical.unit == "px"
    assert 15 < physical.value < 60
    seen = summarize(scored(items, oracle), bootstrap=50)
    assert (seen.exchange["attribute"].value, seen.exchange["attribute"].said) == (None, "picture")


def test_where_nothing_is_surely_seen_there_is_nothing_to_exchange():
    items = groups(60, families=("attribute",), cues=("leading",), other=False)
    summary = summarize(scored(items, contrarian), bootstrap=0)
    for one in (summary.weights["leading"].exchange, summary.exchange["attribute"]):
        assert (one.value, one.low, one.high, one.said) == (None, None, None, "unseen")
    rows = table_files(summary)["weights.csv"].splitlines()
    (row,) = [row for row in rows if ",exchange," in row]
    assert row.startswith("leading,exchange,,,,60,")
    assert "the picture does not surely weigh anything" in row
    # Of one that sees, the size of what contradicts is compared.
    for planted, said in ((Planted(3, -6), "cue"), (Planted(6, -3), "picture")):
        assert (
            summarize(scored(items, planted), bootstrap=0).weights["leading"].exchange.said == said
        )


def test_ends_without_a_figure_are_none_and_few_groups_are_said():
    items = groups(13, families=("attribute",), cues=("context",), other=False)
    few = [one for one in items if one.level != 1 or one.scene_id.endswith("-0000")]
    summary = summarize(scored(few, oracle), bootstrap=0)
    found = summary.weights["context"].exchange
    assert (found.value, found.low, found.high, found.said) == (None, None, None, "few")
    assert "too few groups (10)" in table_files(summary)["weights.csv"]


def test_curves_have_thresholds_in_pixels_as_shown():
    items = groups(160, families=("attribute",), cues=("leading",), other=False)
    planted = Planted(8, 0, by_level=2.6)
    pairs = list(zip(items, predictions(items, planted), strict=True))
    rows = score_rows(pairs)
    drawn = summarize(rows, bootstrap=0).curves["attribute"]
    assert drawn.resize == "as drawn"
    assert 10 < drawn.threshold.value < 40
    wide = [msgspec.structs.replace(r, model="anthropic/claude-x", width=3136, height=784)
            for r in rows]  # fmt: skip
    shown = summarize(wide, bootstrap=0).curves["attribute"]
    assert shown.resize == "Anthropic, 1,568 px"
    assert shown.threshold.value == pytest.approx(drawn.threshold.value / 2, rel=1e-3)
    assert summarize(scored(items, oracle), bootstrap=0).curves["attribute"].reason == "all_right"


def test_pixels_and_degrees_are_no_one_scale():
    items = groups(80, families=("odd",), cues=("leading",), other=False)
    rows = [
        msgspec.structs.replace(row, unit="deg") if int(row.scene_id[-1]) % 2 else row
        for row in scored(items, Planted(6, 3, by_level=2))
    ]
    summary = summarize(rows, bootstrap=0)
    assert {name: one.unit for name, one in summary.curves.items()} == {
        "odd, px": "px",
        "odd, deg": "deg",
    }
    assert sum(one.n for one in summary.curves.values()) == 80
    assert {name: one.unit for name, one in summary.exchange.items()} == {
        "odd, px": "px",
        "odd, deg": "deg",
    }


def test_staged_figures_leave_out_what_was_not_seen():
    summary = summarize(scored(ITEMS, reader), bootstrap=100, weights=False)
    assert summary.staged["items"]["true"].n < summary.bases["all"].headline["true"].n
    assert summary.groups["plain"].value == 0  # no group of which both are right
    assert "groups" not in summary.staged


def test_answers_outside_the_two_are_a_class_of_their_own():
    def answer(item, draw):
        return "7" if item.answer == "number" else "violet" if draw.random() < 0.5 else item.truth

    items = groups(48, other=False)
    summary = summarize(scored(items, answer), bootstrap=100, weights=False)
    numbers = sum(i.answer == "number" and bool(i.cue) for i in items) / sum(
        bool(i.cue) for i in items
    )
    assert summary.bases["all"].headline["outside"].value > numbers
    assert summary.said["uncued"]["other"].value > 0.3


def test_a_yes_ratio_is_of_what_was_said():
    summary = summarize(scored(ITEMS, constant), bootstrap=100, weights=False)
    assert summary.yes["said"].value == 1
    assert 0 < summary.yes["gold"].value < 1


def test_what_was_stated_first_stands_against_what_was_answered():
    items = groups(36, other=False)
    rows = score_rows(
        (item, Prediction(item.item_id, f"Seen: {item.truth}\nAnswer: {said}", state_first=True))
        for item in items
        for said in (item.cue_value or item.truth,)
    )
    seen = summarize(rows, bootstrap=50, weights=False).seen
    assert seen["misleading"]["seen_wrong"].value == 1
    assert seen["true"]["seen_right"].value == 1
    assert not summarize(scored(items, oracle), bootstrap=0, weights=False).seen


def test_what_survives_without_the_picture():
    grey = [msgspec.structs.replace(row, ablation="grey") for row in scored(ITEMS, reader)]
    found = blind_survival(scored(ITEMS, oracle), grey, resamples=200)
    assert found["uncued"].survives.value == pytest.approx(0.5)
    assert found["all"].with_picture.value == 1
    assert found["all"].survives.low <= found["all"].survives.value <= found["all"].survives.high
    with pytest.raises(DataError, match="own pictures"):
        blind_survival(grey, scored(ITEMS, reader))
    summary = summarize(grey, bootstrap=0, weights=False)
    assert "without looking" in summary.note
    *_, last = diagnose_rows(summary, grey, resamples=0).said()
    assert "handeye compare RUN_WITH_PICTURES" in last


def test_readers_of_words_stand_beside_a_run():
    rows = scored(ITEMS, at_random)
    found = summarize(rows, bootstrap=100, items=ITEMS, weights=False).references
    assert {"majority", "constant", "cue-follower", "contrarian", "label-only"} <= set(found)
    for name, one in found.items():
        if name != "sampled":
            assert one["pst"].value == 0, name
        assert one["pst"].low <= one["pst"].value <= one["pst"].high
    assert found["cue-follower"]["true"].value > 0.75
    assert found["contrarian"]["misleading"].value > 0.75
    assert not summarize(rows, bootstrap=0, weights=False).references


def test_tables_show_true_and_misleading_side_by_side():
    summary = summarize(scored(ITEMS, Planted(4, 1)), bootstrap=50)
    for table in tables(summary):
        heads = [column.key for column in table.columns]
        assert ("true" in heads) == ("misleading" in heads), table.key
    files = table_files(summary)
    assert {"headline.csv", "weights.csv", "headline.tex"} <= set(files)
    assert "interval" in files["headline.csv"] or "95 %" in files["headline.csv"]


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (Weight(value=2.0, low=1.0, high=3.0), "2.00 (1.00 to 3.00)"),
        (Weight(value=9.0, low=5.25, bound="at least"), "≥ 5.25"),
        (Weight(value=-9.0, high=-5.25, bound="at most"), "≤ −5.25"),
        (Weight(value=0.0, bound="untold"), "cannot be told"),
        (Weight(value=None, reason="few"), "–"),
    ],
)
def test_weights_in_words(weight, words):
    assert weight_words(weight) == words


def test_the_same_seed_gives_the_same_summary():
    rows = scored(groups(24), Planted(3, 1))
    one, other = (summarize(rows, seed=3, bootstrap=100).to_json() for _ in range(2))
    assert one == other
    assert one != summarize(rows, seed=4, bootstrap=100).to_json()


def test_mixed_runs_and_missing_items_are_refused():
    items = groups(12)
    rows = scored(items, oracle)
    with pytest.raises(DataError, match="several kinds"):
        summarize([*rows[:5], msgspec.structs.replace(rows[5], form="letters")])
    texts = {item.item_id: item.gold for item in items}
    assert isinstance(
        score(texts, items, bootstrap=0).summary.bases["all"].headline["pst"], Estimate
    )
    del texts[items[0].item_id]
    with pytest.raises(DataError, match="allow-missing"):
        score(texts, items)
    partial = score(texts, items, allow_missing=True, bootstrap=0).summary
    assert partial.partial
    assert "partial run" in partial.note


def test_failures_are_states():
    items = groups(12)
    answers = [
        Prediction(i.item_id, None, error="gone") if k % 4 == 0
        else Prediction(i.item_id, "", state="refused") if k % 4 == 1
        else Prediction(i.item_id, "either, red or blue, or 2 or 3 or 4 or 5")
        if k % 4 == 2
        else Prediction(i.item_id, i.gold)
        for k, i in enumerate(items)
    ]  # fmt: skip
    summary = summarize(score_rows(zip(items, answers, strict=True)), bootstrap=0, weights=False)
    assert summary.states["error"] == summary.states["refused"] > 0
    assert summary.states["unreadable"] > 0
    assert summary.bases["answered"].headline["uncued"].value == 1


def test_of_a_large_set_readers_answer_whole_groups_spread_over_it(monkeypatch):
    monkeypatch.setattr("handeye.stress.scoring.summary.MOST_READ", 150)
    rows = scored(ITEMS, oracle)
    summary = summarize(rows, bootstrap=0, weights=False, items=ITEMS)
    assert 100 < summary.n_references <= 150 < len(ITEMS)
    found = summary.references["cue-follower"]
    assert (found["pst"].value, found["uncued"].n % 2) == (0, 0)
    (table,) = (one for one in tables(summary) if one.key == "references")
    assert f"{summary.n_references} of the {len(ITEMS)} items" in table.note
    few = summarize(rows[:20], bootstrap=0, weights=False, items=ITEMS[:20])
    assert few.n_references == 20
    assert not [one.note for one in tables(few) if one.key == "references" and one.note]


def test_what_there_is_too_little_of_stands_in_words():
    summary = summarize(scored(ITEMS, Planted(3, 1)), bootstrap=0)
    known = {table.key: table for table in tables(summary)}
    assert {curve.n for curve in summary.curves.values()} == {6}
    for row in known["curves"].rows:
        assert row.cells[0].words == "too few groups: 6 of the 20 needed"
    assert not known["exchange"].rows
    assert "needs 20 groups of a family; fewer have: attribute (6)" in known["exchange"].note
    few = summarize(scored(groups(12), Planted(3, 1)), bootstrap=0)
    named = {name for name, kind in few.weights.items() if kind.visual.reason == "few"}
    assert named
    (weights,) = (one for one in tables(few) if one.key == "weights")
    assert weights.note.endswith(": fewer than 10 groups, so no weights")
    lines = [line.split(",") for line in table_files(few)["weights.csv"].splitlines()[1:]]
    assert {line[0] for line in lines if line[-1] == "fewer than 10 groups"} == named
    items = groups(24, families=("attribute",))
    seldom = summarize(scored(items, Planted(9, 0)), bootstrap=0)
    (curve,) = (one for one in tables(seldom) if one.key == "curves")
    assert curve.rows[0].cells[0].words in ("all pairs told", "too few pairs not told: "
                                            f"{24 - _told(seldom)} of the 5 needed")  # fmt: skip


def _told(summary):
    (curve,) = summary.curves.values()
    return sum(point.passed for point in curve.points)
