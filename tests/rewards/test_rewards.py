"""Rewards hold against whoever writes for the reward: a corpus, and properties of any text."""

from __future__ import annotations

import itertools
import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError, OptionError
from handeye.rewards import RULES, Reward, Truth, columns, facts, schema, scoring, written
from handeye.rewards.columns import checked, truth_of
from handeye.rewards.scoring import PARTS, verdict_of, verdicts

CORPUS = json.loads((files("handeye.rewards") / "corpus.json").read_text("utf-8"))
ROWS = {name: truth_of(row, name) for name, row in CORPUS["rows"].items()}
GOOD = "<recognition> circle colour=red </recognition> <answer> red </answer>"


def text_of(case: dict[str, Any]) -> str:
    parts = case["completion"]
    if isinstance(parts, str):
        return parts
    return "".join(one if isinstance(one, str) else one[0] * one[1] for one in parts)


def row(name: str) -> Truth:
    truth = ROWS[name]
    assert truth is not None
    return truth


# ---- the corpus


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: case["case"])
def test_the_corpus(case: dict[str, Any]) -> None:
    found = verdict_of(text_of(case), row(case["row"]))
    seen = None if found.perception is None else round(found.perception, 3)
    assert (found.outcome, seen) == (case["outcome"], case["perception"])
    assert list(found.broken) == case["broken"]
    assert found.form == (not case["broken"])


def test_the_corpus_breaks_every_rule_and_no_hack_is_paid_like_an_honest_text() -> None:
    cases = CORPUS["cases"]
    assert {name for case in cases for name in case["broken"]} == set(RULES)
    assert len({case["case"] for case in cases}) == len(cases) >= 40
    total = {
        case["case"]: Reward().total(verdict_of(text_of(case), row(case["row"]))) for case in cases
    }
    full = 1.0 + 0.5 + 0.1
    for case in cases:
        honest = not case["broken"] and case["outcome"] == 1 and case["perception"] in (1, None)
        if not honest or "ramble" in case["case"]:
            assert total[case["case"]] < full - 0.05, case["case"]
        elif case["perception"] == 1:
            assert total[case["case"]] == pytest.approx(full), case["case"]


# ---- any text

PIECES = (
    *("<recognition>", "</recognition>", "<answer>", "</answer>", "<think>", "</think>"),
    *("circle", "star", "colour=red", "colour=blue", "left-of", "no", ";", "\n", " ", "red", "3"),
    *("<image>", "&lt;answer&gt;", "\u200b", "\ud800", "A or B", "COUNT(3)", "=", "三", "．", "("),
)
TEXTS = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
)


@settings(max_examples=40, deadline=None)
@given(text=TEXTS, name=st.sampled_from(sorted(ROWS)))
def test_any_text_is_judged(text: str, name: str) -> None:
    for whole in (text, f"<recognition>{text}</recognition><answer>{text}</answer>"):
        found = verdict_of(whole, row(name))
        assert found.outcome in (0, 1)
        assert found.form in (0, 1)
        assert set(found.broken) <= set(RULES)
        for value in (found.perception, found.precision, found.recall, found.f1):
            assert value is None or 0 <= value <= 1
        assert -1 <= found.length <= 0
        assert -1 <= found.repetition <= 0
        for fact in found.facts:
            assert whole[fact.start : fact.end] == fact.text
        if found.form == 0:
            assert found.broken


def lines_run(work: Callable[[], object]) -> int:
    """Lines of Python that a call runs: what grows with the text, on any machine."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


HOSTILE = (
    *(
        "<recognition>",
        "</answer>",
        "<answer> red </answer>",
        "‹a",
        "<a b ",
        "&lt",
        "< ",
        "circle; ",
    ),
    *(
        "circle colour=",
        "=",
        "no ",
        "a=b ",
        "or ",
        "\t",
        "the answer is ",
        ";",
        "{",
        "\\boxed{",
        "é",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_twice_as_long_takes_at_most_twice_the_steps(piece: str) -> None:
    def steps(many: int) -> int:
        inner = piece * many
        texts = (inner, f"<recognition> {inner} </recognition> <answer> {inner} </answer>")
        return lines_run(lambda: [verdict_of(text, row("colour")) for text in texts])

    # Beyond what is read, nothing grows at all.
    assert steps(800) <= 2.2 * steps(400) + 500


def test_what_is_too_long_is_refused_unread() -> None:
    assert lines_run(lambda: verdict_of(GOOD * 150_000, row("colour"))) < 500
    assert verdict_of(GOOD * 150_000, row("colour")).broken == ("too_long",)


def patterns() -> list[re.Pattern[str]]:
    found = [
        value
        for module in (facts, written, scoring, columns)
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ]
    assert len(found) > 10
    return found


def backtracks(parsed: Any, inside: bool = False) -> bool:
    """Whether something without a bound is repeated within something without a bound."""
    for operation, argument in parsed:
        name, inner = str(operation), []
        endless = False
        if name.endswith("REPEAT"):
            _, most, part = argument
            inner, endless = [part], most == parser.MAXREPEAT
        elif name == "SUBPATTERN":
            inner = [argument[-1]]
        elif name == "BRANCH":
            inner = argument[1]
        elif name in ("ASSERT", "ASSERT_NOT"):
            inner = [argument[1]]
        if (endless and inside) or any(backtracks(one, inside or endless) for one in inner):
            return True
    return False


def test_no_pattern_can_go_back_and_forth() -> None:
    assert backtracks(parser.parse(r"(a+)+b"))
    assert not any(backtracks(parser.parse(one.pattern, one.flags)) for one in patterns())


# ---- facts

NAMES, KEYS = (
    ("circle", "star", "ring"),
    {"colour": ("red", "blue", "green"), "x": ("left", "right")},
)


@st.composite
def things(draw: Any) -> str:
    said = [f"{k}={draw(st.sampled_from(v))}" for k, v in KEYS.items() if draw(st.booleans())]
    return " ".join([draw(st.sampled_from(NAMES)), *said])


@st.composite
def full_things(draw: Any) -> str:
    values = [f"{key}={draw(st.sampled_from(of))}" for key, of in KEYS.items()]
    return " ".join([draw(st.sampled_from(NAMES)), *values])


@st.composite
def any_fact(draw: Any) -> str:
    one = draw(things())
    form = draw(st.sampled_from(("thing", "thing", "thing", "no", "relation")))
    if form == "no":
        return f"no {one}"
    return one if form == "thing" else f"{one} left-of {draw(things())}"


@st.composite
def scenes(draw: Any) -> Truth:
    there = draw(st.lists(full_things(), min_size=1, max_size=5))
    name = draw(st.sampled_from(NAMES))
    gone = [] if any(one.startswith(name) for one in there) else [f"no {name}"]
    needed = tuple(name for one in there if one.startswith(name)) or tuple(gone)
    beside = [f"{there[0]} left-of {there[1]}"] if len(there) > 1 and draw(st.booleans()) else []
    all_true = (*there, *beside, *gone)
    program = draw(st.sampled_from((f"count {name}", f"whether {name}", "")))
    truth = Truth(gold="red", facts=all_true, needed=needed, program=program)
    return checked(truth)


def judged(said: Sequence[str], truth: Truth) -> Any:
    told = "; ".join(said)
    return verdict_of(f"<recognition> {told} </recognition> <answer> red </answer>", truth)


@settings(max_examples=40, deadline=None)
@given(truth=scenes(), said=st.lists(any_fact(), max_size=6), data=st.data())
def test_the_order_of_facts_is_of_no_account(truth: Truth, said: list[str], data: Any) -> None:
    one, other = judged(said, truth), judged(data.draw(st.permutations(said)), truth)
    for name in ("perception", "precision", "recall", "f1", "broken", "program"):
        assert getattr(one, name) == getattr(other, name)


@settings(max_examples=40, deadline=None)
@given(truth=scenes(), said=st.lists(any_fact(), max_size=6), false=any_fact(), data=st.data())
def test_a_false_fact_never_raises_a_reward(
    truth: Truth, said: list[str], false: str, data: Any
) -> None:
    fact = facts.read(false)
    assert fact is not None
    if any(fact.follows(one) for one in facts.scene(truth.facts)):
        return
    place = data.draw(st.integers(0, len(said)))
    before, after = judged(said, truth), judged([*said[:place], false, *said[place:]], truth)
    assert after.outcome == before.outcome
    for name in ("perception", "precision", "recall", "f1", "form"):
        assert getattr(after, name) <= getattr(before, name)
    for by in ("program", "facts"):
        reward = Reward(by=by)  # type: ignore[arg-type]
        assert reward.total(after) <= reward.total(before)


@settings(max_examples=40, deadline=None)
@given(truth=scenes(), said=st.lists(things(), max_size=6))
def test_what_is_paid_in_full_is_true_and_enough(truth: Truth, said: list[str]) -> None:
    found = judged(said, truth)
    if found.perception == 1:
        assert not found.broken
        if truth.program:
            assert found.program == scoring.true_value(truth)
        else:
            assert found.precision == found.recall == 1
    # True facts and all that is needed are always paid.
    assert judged(truth.needed, truth).perception == 1
    assert judged(truth.facts, truth).broken == ()


@settings(max_examples=40, deadline=None)
@given(said=st.lists(any_fact(), max_size=5), true=st.lists(full_things(), max_size=5))
def test_as_many_facts_are_founded_as_can_be(said: list[str], true: list[str]) -> None:
    stated = [fact for one in said if (fact := facts.read(one)) is not None]
    there = list(facts.scene(tuple(true)))
    best = 0
    for order in itertools.permutations(range(len(there))):
        pairs = zip(stated, order, strict=False)
        best = max(best, sum(fact.follows(there[at]) for fact, at in pairs))
        if len(there) < len(stated):
            for chosen in itertools.combinations(stated, len(there)):
                pairs = zip(chosen, order, strict=True)
                best = max(best, sum(fact.follows(there[at]) for fact, at in pairs))
    assert sum(facts.founded(stated, there)) == best


@pytest.mark.parametrize(
    ("program", "said", "value"),
    [
        ("count circle", "circle; circle", "2"),
        ("count circle colour=red", "circle colour=red; circle", "1"),
        ("count circle", "star", None),
        ("count circle", "no circle", "0"),
        ("count circle", "circle left-of star", None),
        ("whether cross", "cross colour=red", "yes"),
        ("whether cross colour=red", "no cross", "no"),
        ("whether cross colour=red", "cross colour=blue", None),
        ("whether cross", "cross; no cross", None),
        ("whether line touches line", "line colour=red touches line", "yes"),
        ("whether line colour=red touches line", "line touches line colour=red", "yes"),
        ("whether line colour=red touches line", "no line touches line", "no"),
        ("whether line colour=red touches line", "no line colour=red", "absent"),
        ("colour of star", "star colour=red; ring colour=blue", "red"),
        ("colour of star", "star colour=red; star colour=blue", None),
        ("colour of star x=left", "no star x=left", "absent"),
        ("colour of star larger-than star", "star colour=red larger-than star colour=blue", "red"),
        (
            "colour of star larger-than star",
            "star colour=red smaller-than star colour=blue",
            "blue",
        ),
        # Told where it is related, from either end, else of all that is described like it.
        ("colour of star right-of ring", "star colour=red right-of ring colour=blue", "red"),
        ("colour of star right-of ring", "ring colour=blue left-of star colour=red", "red"),
        ("colour of star touches ring", "ring colour=blue touches star colour=red", "red"),
        ("colour of star touches star", "star colour=blue touches star colour=red", None),
        ("colour of star above ring", "star x=left above ring; star x=left colour=red", "red"),
        ("colour of star below ring", "star x=left below ring; star x=left colour=red", "red"),
        ("colour of star above ring", "star x=left above ring; star x=right colour=red", None),
        ("colour of star above ring", "star above ring; star colour=red", None),
        ("colour of star above ring", "star x=left colour=red", None),
        (
            "colour of star above ring",
            "star x=left above ring; star x=left colour=red; star x=left colour=blue",
            None,
        ),
        ("colour of star above ring", "no ring", "absent"),
        ("relation of star to ring", "star left-of ring", "left-of"),
        ("relation of star to ring", "ring left-of star", "right-of"),
        ("relation of star to ring", "ring above star; ring left-of star", None),
        ("relation of star to ring", "ring left-of cross", None),
    ],
)
def test_programs(program: str, said: str, value: str | None) -> None:
    stated = [one.fact for one in facts.stated(said)]
    assert None not in stated
    assert facts.program(program)(stated) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "sum circle", "count", "count no circle", "colour star",
                                  "relation of star", "relation of star to no ring"])  # fmt: skip
def test_what_is_no_program_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is no program; one reads"):
        facts.program(text)


# ---- batches and sums


def test_functions_take_what_trainers_give_and_none_where_nothing_is_known() -> None:
    truth = CORPUS["rows"]["colour"]
    given_ = {name: [value, None] for name, value in truth.items()}
    messages = [[{"role": "assistant", "content": [{"type": "text", "text": GOOD}]}], GOOD]
    for name, part in PARTS.items():
        values = part(messages, prompts=["?", "?"], completion_ids=[[1], [2]], **given_)
        assert values == [0.0 if name in ("length", "repetition") else 1.0, None]
    assert PARTS["perception"]([GOOD], gold=["red"]) == [None]
    assert PARTS["outcome"]([GOOD], ground_truth=[json.dumps(truth)]) == [1]


@pytest.mark.parametrize(
    ("columns_", "message"),
    [
        ({"gold": ["red", "red"]}, "column gold has 2 values for 1 completions"),
        (
            {"gold": ["red"], "facts": [["circle", "a nice circle"]]},
            "row 0 of the batch: facts: 'a n",
        ),
        ({"gold": ["red"], "facts": [["circle"]], "needed": [["star"]]}, "needed: 'star' does not"),
        ({"gold": ["red"], "facts": [["circle"]], "program": ["count star"]}, "do not tell 'count"),
        ({"gold": ["red"], "answers": [[["blue"]]]}, "gold: 'red' is none of the answers"),
        ({"gold": ["red"], "kind": ["colour"]}, r"Invalid enum value 'colour' - at `\$.kind`"),
        ({"gold": ["red"], "version": [2]}, r"Invalid enum value 2 - at `\$.version`"),
        ({"ground_truth": ['{"gold": 3}']}, r"ground_truth\[0\]: Expected `str`, got `int`"),
        ({"ground_truth": [[1]]}, r"ground_truth\[0\]: expected columns by name or as JSON, got l"),
        ({"gold": [" "]}, "gold: it has no words"),
        ({"gold": ["many"], "kind": ["number"]}, "gold: 'many' is no number"),
        ({"gold": ["a"], "answers": [[["a"], ["b"], ["a"]]]}, "answers: 'a' is there twice"),
        (
            {"gold": ["3"], "kind": ["choice"], "answers": [[[str(n)] for n in range(27)]]},
            "answers: 27 options; there are 26 letters",
        ),
        ({"gold": ["a"], "facts": [["x " * 9000]]}, r"facts: '[x ]{200} \.\.\.' is no fact"),
        ({"ground_truth": ["{"]}, r"ground_truth\[0\]: Input data was truncated"),
    ],
)
def test_columns_that_are_wrong_are_told_by_row_and_key(
    columns_: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        verdicts([GOOD], **columns_)


def test_the_sum_is_that_of_its_weights() -> None:
    truth = CORPUS["rows"]["colour"]
    half = "<recognition> circle colour=red; heart </recognition> <answer> red </answer>"
    given_ = {name: [value] * 2 for name, value in truth.items()}
    assert Reward()([GOOD, half], **given_) == pytest.approx([1.6, 1.0])
    by_facts = Reward(outcome=0, form=0, perception=1, by="facts")
    assert by_facts([GOOD, half], **given_) == pytest.approx([1, 2 / 3])
    with pytest.raises(OptionError, match="perception must be a weight"):
        Reward(perception=-1)
    with pytest.raises(OptionError, match=r"by is 'fact'.*facts"):
        Reward(by="fact")  # type: ignore[arg-type]


def test_penalties_grow_from_nothing_to_one() -> None:
    def of(words: str, budget: int = 1024) -> Any:
        return verdict_of(f"<think> {words} </think> {GOOD}", row("colour"), budget=budget)

    told = " ".join(f"word{n}" for n in range(300))
    assert of(told).length == of(told).repetition == 0
    values = [of(told, budget).length for budget in (700, 500, 400, 330, 100)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 0
    assert values[-1] == -1
    assert of("this is said again and again and again, " * 40).repetition < -0.8
    # What looks alike in the recognition is stated alike.
    many = "; ".join(["circle"] * 3)
    count = f"<recognition> {many} </recognition> <answer> 3 </answer>"
    assert verdict_of(count, row("count")).repetition == 0


def test_the_schema_is_published_as_it_is() -> None:
    published = json.loads((files("handeye.rewards") / "columns.schema.json").read_text("utf-8"))
    assert published == schema()
    assert set(published["properties"]) == set(Truth.__struct_fields__)
    assert all(one["description"] for one in published["properties"].values())


def test_rewards_import_neither_torch_nor_a_trainer() -> None:
    import subprocess

    code = (
        "import sys, handeye.rewards as r; r.Reward; r.Judge; r.rows; import "
        "handeye.rewards.adapters, handeye.rewards.checking; "
        "print([n for n in ('torch', 'trl', 'transformers', 'verl', 'swift', 'openai', "
        "'inspect_ai', 'polars') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_random_policy_is_paid_for_nothing() -> None:
    """Words of the grammar in any order: facts are not met with by chance."""
    draw = random.Random(7)
    names, keys = ("circle", "star", "ring", "heart", "cross"), ("red", "blue", "green", "black")
    paid = 0.0
    for _ in range(300):
        said = "; ".join(f"{draw.choice(names)} colour={draw.choice(keys)}" for _ in range(4))
        text = f"<recognition> {said} </recognition> <answer> red </answer>"
        paid += verdict_of(text, row("colour")).perception or 0
    assert paid / 300 < 0.02
