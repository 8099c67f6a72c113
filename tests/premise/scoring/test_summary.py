"""What the tables say: chance by construction, S, siblings, letters, chance rows, published."""

from __future__ import annotations

import random
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError, OptionError
from handeye.premise.items import LETTERS, Item
from handeye.premise.scoring.file_scoring import Result, score, summarized
from handeye.premise.scoring.published import BASELINE, PROBES, TEXTS, WITHIN, within_sense
from handeye.premise.scoring.score import SINGLE, score_rows
from handeye.premise.scoring.summary import Summary, interval_words, summarize
from handeye.premise.scoring.tables import (
    CELL_COLUMNS,
    HEADLINE_COLUMNS,
    PAPER,
    fixed_rows,
    table_files,
    tables,
)
from handeye.scores.estimate import Estimate, figure_rows
from handeye.scores.tables import Column
from tests.support import premise as made

ITEMS = made.families(24)


def scored(sim: made.Sim, items: list[Item] | None = None, **more: object) -> Result:
    known = ITEMS if items is None else items
    return score(sim.rows(known, **more), known, bootstrap=0)


def values(figures: dict[str, Estimate]) -> dict[str, float]:
    return {name: round(one.value, 9) for name, one in figures.items() if one.value is not None}


@cache
def told() -> Summary:
    """Of a respondent whose S knows more than its answers say, over 60 families."""
    items = made.families(60)
    sim = made.Sim(made.accepting, told=2.5, bias=-4.0, letters=(0, 0, 0, 0, 1, 2))
    return score(sim.rows(items), items, bootstrap=300).summary


# ---- by construction


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_who_goes_by_the_words_tells_exactly_half_of_the_premises(seed: int) -> None:
    """Whatever the words are answered with; and a third of what names two details, at most."""

    def by_words(item: Item, draw: random.Random) -> int:
        return made.by_words(item, seed).randrange(6)

    found = scored(made.Sim(by_words)).summary
    base = found.bases["all"]
    assert base.headline["action"].value == 0.5
    assert {one["balanced"].value for one in base.premises.values()} == {0.5}
    assert found.pairs["mean"]["siblings"].value == 0
    assert found.pairs["mean"]["interference"].value == 0
    assert found.pairs["mean"]["repeated"].value == 1
    assert found.two["decided"].value == pytest.approx(1 / 3)
    for kinds in found.kinds.values():
        assert {one.figures["balanced"].value for one in kinds.values()} == {0.5}


def test_who_is_right_is_right_everywhere() -> None:
    found = scored(made.Sim(made.right)).summary
    for base in found.bases.values():
        assert set(values(base.headline).values()) == {1.0}
        assert set(values(base.cells)) == {*SINGLE, "std", "mis", "bal"}
    assert found.pairs["mean"]["siblings"].value == 1
    assert found.two["decided"].value == found.two["right"].value == 1
    assert "perception" not in found.bases["all"].headline, "there is no S to know it by"
    assert found.signal == ""


def test_the_figures_are_plain_counts() -> None:
    rows = scored(made.Sim(made.noisy(made.right, 0.5), seed=3)).rows
    found = summarize(rows, bootstrap=0)
    base = found.bases["all"]
    for cell in SINGLE:
        own = [row for row in rows if row.cell == cell]
        assert base.cells[cell].value == pytest.approx(sum(r.right for r in own) / len(own))
        assert base.cells[cell].n == len(own) == 24 * 4
        decided = found.decisions[cell]
        assert sum(one.value or 0 for one in decided.values()) == pytest.approx(1)
    mean = {k: sum(base.cells[f"{k}_{s}"].value or 0 for s in "va") / 2 for k in ("std", "mis")}
    assert base.headline["std"].value == pytest.approx(mean["std"])
    assert base.headline["bal"].value == pytest.approx((mean["std"] + mean["mis"]) / 2)
    vision = base.premises["vision"]
    false = [row for row in rows if row.cell == "mis_v"]
    named = [row for row in false if row.rejects]
    assert vision["rejects_false"].value == pytest.approx(len(named) / len(false))
    assert vision["wrong_sense"].value == pytest.approx(
        sum(row.decision == "audio" for row in named) / len(named)
    )
    assert vision["accepts_false"].value == pytest.approx(1 - len(named) / len(false))
    letters = found.letters["E"]
    said = [row for row in rows if row.gold is not None]
    assert letters["chosen"].value == pytest.approx(
        sum(row.letter == "E" for row in said) / len(said)
    )


def test_without_an_answer_an_item_is_wrong_and_in_no_answered_figure() -> None:
    sim = made.Sim(made.sometimes(0.4, lambda item, draw: "REFUSED"))
    found = scored(sim).summary
    everything, answered = found.bases["all"], found.bases["answered"]
    refused = found.states["refused"]
    assert refused > 100
    assert answered.n == 24 * 16 - sum(
        round((one["none"].value or 0) * one["none"].n)
        for cell, one in found.decisions.items() if cell in SINGLE
    )  # fmt: skip
    assert (everything.headline["bal"].value or 1) < 0.75
    assert answered.headline["bal"].value == 1


def test_another_form_is_right_leniently_only() -> None:
    found = scored(made.Sim(lambda item, draw: f"It is {made.letter_of(item, item.gold)}, surely"))
    assert found.summary.states["unreadable"] == len(ITEMS)
    assert found.summary.bases["all"].headline["bal"].value == 0
    assert found.summary.lenient["bal"].value == 1


# ---- S


def test_s_tells_what_the_answers_do_not() -> None:
    found = told()
    head = found.bases["all"].headline
    assert found.signal == "letters"
    assert head["action"].value == 0.5
    assert (head["perception"].low or 0) > 0.75
    assert head["gap"].value == pytest.approx((head["perception"].value or 0) - 0.5)
    assert (head["gap"].low or 0) > 0.2
    own = found.signals["letters"].by_sense["mean"]
    assert (own["area"].value or 0) > (own["area_raw"].value or 0) + 0.02, "the prior is taken off"
    assert 0.8 < (own["siblings"].value or 0) <= 1
    assert own["false_alarms"].value == 0
    assert (own["found"].value or 0) < (own["balanced"].value or 0)
    prior = found.prior or {}
    planted = dict(zip(LETTERS, (0, 0, 0, 0, 1, 2), strict=True))
    for letter in LETTERS[1:]:
        assert prior[letter] - prior["A"] == pytest.approx(planted[letter], abs=0.3), letter


def test_in_one_order_the_prior_stays_and_the_note_says_so() -> None:
    items = made.families(24, paper_order=True)
    found = scored(made.Sim(made.accepting, told=2.5, bias=-4.0), items).summary
    assert (found.prior, found.permuted) == (None, False)
    assert "what letters have for their positions: all options stand in one order" in found.note
    assert "area_raw" not in found.signals["letters"].by_sense["mean"]


def test_s_of_thoughts_and_of_repeated_answers_are_apart() -> None:
    items = ITEMS[: 19 * 12]
    rows = made.Sim(made.right, told=3.0, bias=-1.5).rows(items)
    for row in rows[: len(rows) // 2]:
        row["post_thought"] = True
    mixed = score(rows, items, bootstrap=0).summary
    assert set(mixed.signals) == {"letters", "post-thought"}
    assert sum(one.n for one in mixed.signals.values()) == len(items)
    assert (mixed.signal, "perception" in mixed.bases["all"].headline) == ("", False)
    repeated = [
        {**row, "letters": None, "samples": [row["raw_text"]] * 24}
        for row in made.Sim(made.right).rows(items)
    ]
    found = score(repeated, items, bootstrap=0).summary
    assert (found.signal, set(found.signals)) == ("samples", {"samples"})
    assert found.bases["all"].headline["perception"].value == 1


def test_censored_s_is_counted() -> None:
    rows = made.Sim(made.accepting, told=2.0, bias=-6.0).rows(ITEMS)
    for row in rows:
        least = sorted(row["letters"].values())[2]
        row["letters"] = {k: v for k, v in row["letters"].items() if v >= least}
        row["letters_bound"] = least
    found = score(rows, ITEMS, bootstrap=0).summary.signals["letters"]
    assert found.n == found.asked == len(ITEMS)
    assert 0 < found.censored <= found.n


# ---- parts of a set


def test_one_sense_alone_has_means_of_its_own() -> None:
    items = [item for item in ITEMS if item.modality == "vision"]
    found = scored(made.Sim(made.right), items).summary
    assert set(found.bases["all"].cells) == {"std_v", "mis_v", "std", "mis", "bal"}
    assert set(found.bases["all"].premises) == {"vision", "mean"}
    assert "only questions about vision" in found.note
    assert found.two == {}


def test_what_differs_with_the_other_sense_stands_beside_what_errors_by_lot_would() -> None:
    half = made.Sim(made.sometimes(0.5, made.accepting))
    lot, led = (
        score(sim.rows(ITEMS), ITEMS, bootstrap=300).summary.pairs["mean"]
        for sim in (half, made.Sim(made.disturbed(0.8)))
    )
    for name, usual, excess in (
        ("interference", "usual", "excess"),
        ("other_answer", "other_usual", "other_excess"),
    ):
        for one in (lot, led):
            apart = (one[name].value or 0) - (one[usual].value or 0)
            assert one[excess].value == pytest.approx(apart)
        assert (lot[excess].low or 1) < 0 < (lot[excess].high or 0)
        assert (led[excess].low or 0) > 0.1
    # Accepting half of the false ones: 2 r (1 - r) is a half of these, and none of the true ones.
    assert lot["usual"].value == pytest.approx(0.25, abs=0.03)
    assert scored(made.Sim(made.right)).summary.pairs["mean"]["usual"].value == 0


def test_swapped_clips_have_false_premises_alone() -> None:
    found = scored(made.Sim(made.accepting), ablation="swap").summary
    assert found.ablation == "swap"
    assert set(values(found.bases["all"].headline)) == {"mis"}
    deaf = scored(made.Sim(made.right), ablation="without-audio").summary
    assert set(deaf.bases["all"].cells) == {"std_v", "mis_v", "std", "mis", "bal"}
    assert deaf.without_gold["std_a"]["accepts"].value == 1
    assert set(deaf.without_gold) == {"std_a", "mis_a", "both_true", "both_v", "both_a"}


def test_published_sets_have_no_families_and_categories() -> None:
    items = [
        made.replace_item(item, category=("plot", "causal")[k % 2], kind="person identity")
        for k, item in enumerate(made.published(20))
    ]
    found = scored(made.Sim(made.right), items).summary
    assert not found.families
    assert set(found.pairs) == {"vision", "audio", "mean"}
    assert all(set(one) == {"siblings"} for one in found.pairs.values())
    assert "over 20 videos" in interval_words(20, found.drawn, 0, 100)
    assert "over 1 family" in interval_words(1, told().drawn, 0, 100)
    assert set(found.categories) == {"plot", "causal"}


# ---- what is refused, and how it is written


def test_what_cannot_be_summarised_is_refused() -> None:
    rows = scored(made.Sim(made.right)).rows
    with pytest.raises(DataError, match="no score rows"):
        summarize([])
    with pytest.raises(OptionError, match="at least 0"):
        summarize(rows, bootstrap=-1)
    other = msgspec.structs.replace(rows[0], model="another")
    with pytest.raises(DataError, match="2 models"):
        summarize([other, *rows[1:]])
    with pytest.raises(OptionError, match="scores must be"):
        summarized(3)  # type: ignore[arg-type]
    assert summarized(rows, bootstrap=0).n_items == len(rows)


def test_a_summary_reads_back_as_it_was_written() -> None:
    found = told()
    again = msgspec.json.decode(found.to_json(), type=Summary)
    assert again.data == found.data


def test_tables_hold_figures_of_the_summary_and_no_others() -> None:
    found = told()
    known = {round(row["value"], 9) for row in figure_rows(found.data) if row["value"] is not None}
    known |= {round(value, 9) for value in (found.prior or {}).values()}
    for table in tables(found):
        for row in table.rows:
            cells = [cell for cell in row.cells if isinstance(cell, Estimate)]
            assert {round(one.value, 9) for one in cells if one.value is not None} <= known
    files = table_files(found)
    assert {"headline.csv", "by_cell.csv", "signals.csv", "by_cell.tex"} <= set(files)
    shown = " & ".join(f"{100 * (found.bases['all'].cells[k].value or 0):.1f}" for k in PAPER)
    assert shown in files["by_cell.tex"]


@pytest.mark.parametrize(
    ("variant", "sims"),
    [
        ("six", {"always reject": made.rejecting, "accept and guess": None}),
        (
            "true-false",
            {"always FALSE": lambda i, d: "FALSE", "always TRUE": lambda i, d: "TRUE"},
        ),
    ],
)
def test_the_fixed_rows_are_what_such_respondents_score(
    variant: str, sims: dict[str, made.Answer | None]
) -> None:
    columns = [c for c in (*HEADLINE_COLUMNS, *CELL_COLUMNS) if c.key not in ("perception", "gap")]
    columns.append(Column("decided"))
    for row in fixed_rows(variant, HEADLINE_COLUMNS):
        assert row.cells[0] == Estimate(0.5), "an S that hangs on nothing shown"
        assert row.cells[2] == Estimate(0.0)
    rows = {row.label: row for row in fixed_rows(variant, columns)}
    assert set(rows) == set(sims)
    for label, answer in sims.items():
        if answer is None:
            continue
        summary = scored(made.Sim(answer), variant=variant).summary
        base, two = summary.bases["all"], round(summary.two["decided"].value or 0.0, 9)
        known = values(base.headline) | values(base.cells) | {"decided": two}
        for column, cell in zip(columns, rows[label].cells, strict=True):
            assert isinstance(cell, Estimate)
            assert known[column.key] == pytest.approx(cell.value), (label, column.key)


# ---- published figures


def test_printed_bal_is_the_mean_of_the_printed_cells() -> None:
    for row in BASELINE:
        cells = [row.figures[name] for name in SINGLE]
        assert row.figures["bal"] == pytest.approx(sum(cells) / 4, abs=0.051), row.model
        assert row.estimate("bal").value == row.figures["bal"] / 100
    assert sum(row.human for row in BASELINE) == 1
    assert row.estimate("probe_v").value is None


def test_probes_within_a_sense() -> None:
    assert within_sense(100 / 3) == 0
    assert within_sense(100) == pytest.approx(100)
    found = {row.model: row.figures for row in WITHIN}
    usual = [m for m in found if m not in ("Qwen3-Omni", "Baichuan-Omni-1.5")]
    assert len(usual) == 6
    for model in usual:
        assert 74.5 < found[model]["within_v"] < 79.5
        assert 63 <= found[model]["within_a"] < 68.5
    assert found["Qwen3-Omni"] == {"within_v": 64.8, "within_a": 47.4}
    assert {row.model for row in PROBES} == set(found)
    text = {row.model: row.figures["text_a"] for row in TEXTS}
    assert max(found[model]["within_a"] for model in usual) < text["TF-IDF"]


def test_rows_of_a_set_do_not_depend_on_the_order_of_the_answers() -> None:
    sim = made.Sim(made.noisy(made.right, 0.3), told=2.0)
    rows = sim.rows(ITEMS)
    random.Random(1).shuffle(rows)
    assert score(rows, ITEMS, bootstrap=0).rows == scored(sim).rows
    assert score_rows([]) == []
