"""Published figures: counted by hand on small sets, for readings, parts and respondents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from handeye.stress.items import Item
from handeye.stress.loader import load
from handeye.stress.scoring.credit import exact_match, normalised, soft_accuracy
from handeye.stress.scoring.file_scoring import score
from tests.support.stress import published as made


def figures(
    data: Path, answer: Callable[[Item], str], reading: str = "strict", part: str = "all"
) -> dict[str, tuple[float | None, int]]:
    items = load(data, split="all", media=False)
    said = {item.item_id: answer(item) for item in items}
    told = score(said, items, bootstrap=50).summary.published
    assert told is not None
    found = told.figures[reading][part]
    return {key: (one.value, one.n) for key, one in found.items()}


def gold(item: Item) -> str:
    if item.answer == "choice":
        return "AB"[item.options.index(item.gold)]
    return item.gold


@pytest.mark.parametrize("name", made.SETS)
def test_right_answers_are_right_by_every_figure(name: str, tmp_path: Path) -> None:
    data = made.SETS[name](tmp_path / name)
    reading = "as_written" if name in ("vqa", "gqa") else "strict"
    found = figures(data, gold, reading)
    assert found
    right = {key: one for key, (one, _) in found.items() if key not in ("yes_ratio", "bias_ratio")}
    if name == "vqa":  # seven of ten say it, and three and more are enough
        assert right == {"soft_accuracy": 1.0}
    assert set(right.values()) == {1.0}


def test_pope_counts_predictions_and_not_labels(tmp_path: Path) -> None:
    data = made.pope(tmp_path / "set")

    def answer(item: Item) -> str:  # yes to the dog and the car of each picture
        return "Yes" if "dog" in item.question or "car" in item.question else "No."

    assert figures(data, answer) == {
        "accuracy": (0.5, 36), "precision": (0.5, 18), "recall": (0.5, 18), "F1": (0.5, 36),
        "yes_ratio": (0.5, 36),
    }  # fmt: skip
    always = figures(data, lambda item: "yes", part="popular")
    assert always["recall"] == (1.0, 6)
    assert always["precision"] == (0.5, 12)
    assert always["F1"][0] == pytest.approx(2 / 3)
    assert always["yes_ratio"] == (1.0, 12)
    never = figures(data, lambda item: "no")
    assert never["precision"] == (None, 0)
    assert (never["recall"], never["yes_ratio"]) == ((0.0, 18), (0.0, 36))
    # Longer answers are read leniently, and are not yes where they cannot be read strictly.
    long = {reading: figures(data, lambda item: "Yes, there is one.", reading)["yes_ratio"]
            for reading in ("strict", "lenient")}  # fmt: skip
    assert long == {"strict": (0.0, 36), "lenient": (1.0, 36)}


def test_a_question_of_several_strata_counts_in_each(tmp_path: Path) -> None:
    data = made.pope_tsv(tmp_path / "set")
    assert figures(data, gold)["accuracy"] == (1.0, 6)
    assert figures(data, gold, part="random")["accuracy"] == (1.0, 2)
    # Right where no is right; that is so of the questions of two strata.
    assert figures(data, lambda item: "no")["accuracy"] == (4 / 6, 6)


def test_hallusion_figures_and_questions(tmp_path: Path) -> None:
    data = made.hallusion(tmp_path / "set")
    wrong = {"VD_illusion_0_1_1", "VS_chart_3_0_0"}

    def answer(item: Item) -> str:
        return item.gold if item.item_id not in wrong else "no"

    # Figures: VD 0 and 1, VS 1 and 2. Questions: VD 0 and 1, VS 0 (of figures 0, 1, 2) and 1.
    assert figures(data, answer) == {"aAcc": (6 / 8, 8), "fAcc": (3 / 4, 4), "qAcc": (2 / 4, 4)}
    assert figures(data, answer, part="easy") == {
        "aAcc": (2 / 3, 3), "fAcc": (1.0, 1), "qAcc": (2 / 3, 3),
    }  # fmt: skip
    assert figures(data, answer, part="hard") == {
        "aAcc": (4 / 5, 5), "fAcc": (2 / 3, 3), "qAcc": (3 / 4, 4),
    }  # fmt: skip
    assert figures(data, answer, part="VD")["qAcc"] == (0.5, 2)


def test_not_knowing_is_right_only_where_nothing_is_shown(tmp_path: Path) -> None:
    data = made.hallusion(tmp_path / "set")
    unsure = figures(data, lambda item: "I do not know")
    assert unsure == {"aAcc": (1 / 8, 8), "fAcc": (0.0, 4), "qAcc": (0.0, 4)}
    assert figures(data, lambda item: "")["aAcc"] == (0.0, 8)


def test_natural_bench_by_question_image_and_group(tmp_path: Path) -> None:
    for write in (made.natural, made.natural_flat):
        data = write(tmp_path / write.__name__)

        def answer(item: Item) -> str:  # one of eight is wrong
            right = gold(item)
            if item.item_id != "1-q0i1":
                return right
            return {"yes": "no", "no": "yes"}[right]

        assert figures(data, answer) == {
            "Acc": (7 / 8, 8), "Q_Acc": (3 / 4, 4), "I_Acc": (3 / 4, 4), "G_Acc": (1 / 2, 2),
        }  # fmt: skip

        def blind(item: Item) -> str:
            return "A" if item.answer == "choice" else "yes"

        assert figures(data, blind)["Q_Acc"] == (0.0, 4)
    assert figures(tmp_path / "natural", answer, part="multiple_choice")["G_Acc"] == (1.0, 1)


def test_mmvp_pairs(tmp_path: Path) -> None:
    data = made.mmvp(tmp_path / "set")
    assert figures(data, lambda item: "(A)") == {"pair_accuracy": (0.0, 2), "accuracy": (0.5, 4)}
    found = figures(data, lambda item: "A" if item.item_id == "2" else gold(item))
    assert found == {"pair_accuracy": (0.5, 2), "accuracy": (0.75, 4)}


def test_who_says_what_is_known_has_the_bias(tmp_path: Path) -> None:
    data = made.biased(tmp_path / "set")

    def prior(item: Item) -> str:
        return f"{{{item.cue_value}}}"

    # Of six questions five have a prior, which is right of two; braces are the form asked for.
    assert figures(data, prior) == {"accuracy": (2 / 6, 6), "bias_ratio": (1.0, 5)}
    seen = figures(data, gold)
    assert seen == {"accuracy": (1.0, 6), "bias_ratio": (2 / 5, 5)}
    items = load(data, split="all", media=False)
    head = score({i.item_id: prior(i) for i in items}, items, bootstrap=50).summary
    headline = head.bases["all"].headline
    assert {name: (headline[name].value, headline[name].n) for name in ("true", "misleading")} == {
        "true": (1.0, 2), "misleading": (0.0, 3),
    }  # fmt: skip
    assert headline["follow"].value == 1.0
    assert not head.weights


def test_soft_accuracy_leaves_one_person_out_at_a_time() -> None:
    ten = made.ANSWERS  # seven say 2, two say 3, one says 4
    assert soft_accuracy("2", ten) == 1.0
    assert soft_accuracy("Two.", ten) == 1.0
    # Said by two: against 8 people 2 / 3, against the two themselves 1 / 3.
    assert soft_accuracy("3", ten) == pytest.approx((8 * 2 / 3 + 2 * 1 / 3) / 10)
    assert soft_accuracy("4", ten) == pytest.approx(9 * 1 / 3 / 10)
    assert soft_accuracy("5", ten) == 0.0
    assert soft_accuracy("", ten) == 0.0
    # Three of ten: 1 against the seven others, 2 / 3 against themselves.
    assert soft_accuracy("light", ["light"] * 3 + ["lamp"] * 7) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("A dog.", "dog"),
        ("The  red\ncar", "red car"),
        ("don't know", "dont know"),
        ("none", "0"),
        ("1,000", "1000"),
        ("1.5", "1.5"),
        ("black/white", "black white"),
        ("yes, it is", "yes it is"),
        ("Ten", "10"),
    ],
)
def test_words_are_made_alike(text: str, same: str) -> None:
    assert normalised(text) == same


def test_exact_match_ignores_case_and_punctuation_alone() -> None:
    assert exact_match("T-Shirt.", "t-shirt") == 1.0
    assert exact_match("a woman", "woman") == 0.0
    assert exact_match("", "woman") == 0.0


def test_open_answers_are_scored_as_they_were_written(tmp_path: Path) -> None:
    data = made.vqa(tmp_path / "set")
    found = figures(data, lambda item: "light" if item.family == "other" else gold(item),
                    "as_written")  # fmt: skip
    assert found["soft_accuracy"][0] == pytest.approx((1 + 1 + 0.9) / 3)
    other = figures(data, lambda item: "light", "as_written", "other")
    assert other["soft_accuracy"] == (pytest.approx(0.9), 1)
    data = made.gqa(tmp_path / "gqa")
    assert figures(data, lambda item: f"{gold(item)}.", "as_written")["exact_match"] == (1.0, 3)
    assert figures(data, lambda item: "no", "as_written", "query")["exact_match"] == (0.0, 2)


def test_a_set_of_the_suite_has_none(data: Path) -> None:
    items = load(data, media=False)
    assert score({i.item_id: i.gold for i in items}, items, bootstrap=0).summary.published is None
