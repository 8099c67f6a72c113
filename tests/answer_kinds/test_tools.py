"""Calls of tools: what tools may be, what is read of an answer, and what is right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from handeye.answer_kinds import patterns, tools
from handeye.answer_kinds.reading import Reading
from handeye.answer_kinds.schemas import described, tools_of
from handeye.answer_kinds.tools import Call
from handeye.errors import DataError

OBJECT = {"type": "string", "enum": ["knife", "cup"]}
TOOLS = tools_of(
    [
        {
            "name": "move_away",
            "description": "Moves a thing away.",
            "parameters": {
                "properties": {
                    "object": OBJECT,
                    "cm": {"type": "number", "minimum": 0, "default": 10},
                },
                "required": ["object"],
            },
        },
        {
            "type": "function",
            "function": {
                "name": "hand_over",
                "parameters": {
                    "properties": {"object": {"$ref": "#/$defs/thing"}},
                    "$defs": {"thing": {"type": "string", "pattern": "^[a-z]+$"}},
                },
            },
        },
        {"name": "wait"},
    ]
)
AWAY, OVER = Call("move_away", {"object": "knife"}), Call("hand_over", {"object": "cup"})
JSON = '{"name": "move_away", "arguments": {"object": "knife"}}'
OTHER = '{"name": "hand_over", "arguments": {"object": "cup"}}'
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
CALLS = st.lists(
    st.builds(Call, st.text(min_size=1), st.dictionaries(st.text(), VALUES, max_size=3)), max_size=4
)


def read(text: str, calls: list[dict[str, Any]] | None = None) -> tuple[Any, bool] | None:
    return tools.read(text, calls, TOOLS)


@given(CALLS)
def test_calls_are_strict_natively_and_as_json_alone(wanted: list[Call]) -> None:
    native = [{"name": call.name, "arguments": call.arguments} for call in wanted]
    assert tools.read(json.dumps(native), None, ()) == Reading(tuple(wanted), True)
    if wanted:
        assert tools.read("So I do it.", native, ()) == Reading(tuple(wanted), True)
        assert read(json.dumps(native[0])) == Reading(tuple(wanted[:1]), True)


@pytest.mark.parametrize(
    "said",
    [
        *(f"```json\n{JSON}\n```", f"<tool_call>\n{JSON}\n</tool_call>", f"I call {JSON}."),
        *(f"I do {JSON}. That is, {JSON}", JSON.replace('"', "'"), f"[{JSON},]"),
        *('move_away(object="knife")', "robot.move_away('knife')", "**move_away(object=knife)**"),
        *('move_away{"object": "knife"}', '[TOOL_CALLS]move_away[ARGS]{"object": "knife"}'),
        "<function=move_away>\n<parameter=object>knife</parameter>\n</function>",
        *(
            '{"tool": "move_away", "args": {"object": "knife"}}',
            '{"move_away": {"object": "knife"}}',
        ),
        '{"function": {"name": "move_away", "arguments": "{\\"object\\": \\"knife\\"}"}}',
        *('{"action": "move_away", "object": "knife"}', f'{{"tool_calls": [{JSON}]}}'),
        'Thought: near.\nAction: move_away\nAction Input: {"object": "knife"}',
        '{"recipient_name": "functions.move_away", "parameters": {"object": "knife"}}',
        *(f"Perhaps {OTHER}. But no.\nAnswer: {JSON}", JSON.replace("move", "functions.move")),
    ],
)
def test_other_forms_are_lenient(said: str) -> None:
    assert read(said) == Reading((AWAY,), False)
    assert read(said, []) == Reading((AWAY,), False)


@pytest.mark.parametrize("between", ["\n", ", ", "</tool_call>\n<tool_call>", " and then "])
def test_calls_that_follow_each_other_are_one_answer(between: str) -> None:
    assert read(f"{JSON}{between}{OTHER}") == Reading((AWAY, OVER), False)
    assert read(f"{JSON} is dangerous, so I choose {OTHER}") is None


@pytest.mark.parametrize(
    "said",
    [
        *(
            "",
            "I move the knife away.",
            "move_away",
            f"Answer: {JSON}\nAnswer: {OTHER}",
            JSON[:-9],
            '{"name": "move_away"',
            "{}",
        ),
        *('{"name": "wait", "arguments": "soon"}', "move_away(cup, 3, 4)", "not wait()"),
        *("[" * 99_999, "move_away(" * 9999, '{"name":' * 9999, f"[{','.join([JSON] * 101)}]"),
        '{"name": "wait", "arguments": ' + "[" * 9999,
    ],
)
def test_what_is_open_or_no_call_is_unreadable(said: str) -> None:
    assert read(said) is None


def test_a_tool_without_arguments_may_be_said_by_its_name() -> None:
    for said in (
        "wait",
        "Action: wait.",
        "**wait**",
        "wait()",
        '{"name": "wait", "arguments": ""}',
    ):
        assert read(said) == Reading((Call("wait", {}),), False)
    spoken = Call("hand_over", {"object": "it (the cup's)"})
    assert read('hand_over(object="it (the cup\'s)")') == Reading((spoken,), False)


def test_nothing_may_be_called() -> None:
    assert read("nothing") == read("Nothing.", []) == read("[]") == Reading((), True)
    for said in (
        *("Nothing is to be called.", '{"calls": []}', "I would call nothing here."),
        *('{"answer": "nothing"}', "Nothing: it is gone.", "I would not call any of them."),
    ):
        assert read(said) == Reading((), False)
    assert read("I will not touch it.") is None
    # Who has native tools and calls none has called nothing, but for who tried to in words.
    assert read("I will not touch it.", []) == Reading((), False)
    assert read("I will hand_over the knife.", []) is None
    assert read('{"object": "knife"}', []) is None
    assert tools.score(Reading((), True), []) == 1
    assert tools.score(Reading((AWAY,), True), []) == tools.score(None, []) == 0


@pytest.mark.parametrize("arguments", [None, "knife", ["knife"], 3])
def test_native_calls_with_arguments_of_no_object_are_unreadable(arguments: Any) -> None:
    given = [{"name": "move_away", "arguments": {}}, {"name": "wait", "arguments": arguments}]
    assert read("", given) is None


@given(st.text() | st.text("{}[]()\"':,=<>/ naemoutrgsvwy_hd"), st.booleans())
def test_any_text_has_calls_or_is_unreadable(said: str, native: bool) -> None:
    found = tools.read(said, [] if native else None, TOOLS)
    assert found is None or all(isinstance(call, Call) for call in found.value)


# ---- what is right


def right(wanted: Any, given: Any) -> bool:
    return tools.is_as(given, wanted)


@given(VALUES.filter(lambda value: not isinstance(value, dict)))
def test_a_value_is_as_itself(value: Any) -> None:
    assert right(value, value)
    assert right({"any": [value, "x"]}, value)
    assert not right([value], value)


def test_arguments_are_held_to_ranges_patterns_and_several() -> None:
    assert right(1, 1.0)
    assert not right(1, True)
    assert not right("1", 1)
    assert right({"low": 5}, 5)
    assert right({"low": 5, "high": 6}, 5.5)
    assert not right({"high": 6}, 6.01)
    assert not right({"high": 6}, "5")
    assert not right({"low": 0}, float("nan"))
    assert right({"pattern": "kn.*"}, "knife")
    assert not right({"pattern": "kn"}, "knife")
    assert right({"any": ["cup", {"pattern": "kn.*"}]}, "knife")
    assert right({"at": {"x": {"low": 1}}, "of": [1, 2]}, {"at": {"x": 3}, "of": [1, 2]})
    assert not right({"at": 1}, {"at": 1, "of": 2})


def test_calls_are_right_in_any_order_unless_it_counts() -> None:
    found = Reading((AWAY, OVER), True)
    assert tools.score(found, [OVER, AWAY]) == 1
    assert tools.score(found, [OVER, AWAY], ordered=True) == 0
    assert tools.score(found, [AWAY]) == tools.score(Reading((AWAY,), True), [AWAY, AWAY]) == 0
    either = Call("move_away", {"object": {"any": ["knife", "cup"]}})
    cup = Call("move_away", {"object": "cup"})
    assert tools.score(Reading((AWAY, cup), True), [either, AWAY]) == 1


def test_what_is_so_by_default_need_not_be_said() -> None:
    spoken = Call("move_away", {"object": "knife", "cm": 10})
    for called, wanted in ((AWAY, spoken), (spoken, AWAY), (AWAY, AWAY)):
        assert tools.score(Reading((called,), True), [wanted], tools=TOOLS) == 1
    null = Call("move_away", {"object": "knife", "cm": None})
    assert tools.score(Reading((null,), True), [AWAY], tools=TOOLS) == 1
    far = Call("move_away", {"object": "knife", "cm": 11})
    assert tools.score(Reading((far,), True), [AWAY], tools=TOOLS) == 0
    assert tools.score(Reading((spoken,), True), [AWAY]) == 0


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Call("move_awy", {}), "did you mean move_away"),
        (Call("move_away", {}), "the argument 'object' is missing"),
        (Call("move_away", {"object": "spoon"}), "'spoon' is not one of"),
        (Call("move_away", {"object": "cup", "mm": 3}), "no argument is called 'mm'"),
        (Call("move_away", {"object": "cup", "cm": {"low": -5, "high": 3}}), "minimum of 0"),
        (Call("move_away", {"object": {"any": ["cup", "pan"]}}), "'pan' is not one of"),
        (Call("hand_over", {"object": "A cup"}), "does not match"),
        (Call("wait", {"object": "cup"}), "there is: none"),
    ],
)
def test_a_wanted_call_that_no_tool_takes_is_refused(wanted: Call, said: str) -> None:
    assert said in tools.refused(wanted, TOOLS)


def test_a_wanted_call_that_a_tool_takes_is_not() -> None:
    for arguments in ({"object": "cup", "cm": {"low": 1}}, {"object": {"pattern": "knife|cup"}}):
        assert tools.refused(Call("move_away", arguments), TOOLS) == ""


# ---- what tools may be


def test_tools_are_told_in_words() -> None:
    told = described(TOOLS)
    assert "- move_away: Moves a thing away." in told
    assert all(json.dumps(tool.parameters) in told for tool in TOOLS)
    assert TOOLS[1].parameters["properties"]["object"] == {"type": "string", "pattern": "^[a-z]+$"}


def _with(**properties: Any) -> list[dict[str, Any]]:
    return [{"name": "a", "parameters": {"properties": properties}}]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        *(({}, "a list of 1 to 64"), ([], "a list of 1 to 64"), ([1], "[0]: a tool is an object")),
        *(([{"name": "a b"}], "[0].name: 'a b'"), ([{"name": "a"}] * 2, "[1].name: 'a' is there")),
        ([{"name": "a", "descr": ""}], "did you mean description"),
        ([{"name": "a", "parameters": []}], "[0].parameters: a schema is an object"),
        ([{"name": "a", "parameters": {"type": "string"}}], "parameters are an object"),
        ([{"name": "a", "parameters": {"required": ["y"]}}], "'y' is none of its properties"),
        ([{"name": "a", "parameters": {"anyOf": [{}]}}], "not of all together"),
        (_with(x={"$ref": "http://example.org/x"}), "does not lie in this file"),
        (_with(x={"$ref": "#/$defs/x"}), "there is no '#/$defs/x'"),
        (_with(x={"$ref": "#/properties/x"}), "stands in itself"),
        (_with(x={"items": {"$ref": "#/properties/x"}}), "stands in itself"),
        (_with(x={"oneOf": []}), "did you mean anyOf"),
        (_with(x={"type": "strng"}), "'strng' is no type"),
        (_with(x={"pattern": r"(a)\1"}), "properties.x.pattern: "),
        (_with(x={"enum": "a"}), "x.enum: is a list"),
    ],
)
def test_what_is_no_tool_is_refused_with_its_place(document: Any, said: str) -> None:
    with pytest.raises(DataError) as error:
        tools_of(document)
    assert said in str(error.value)


def test_schemas_have_an_end() -> None:
    doubled = {f"d{k}": {"anyOf": [{"$ref": f"#/$defs/d{k + 1}"}] * 2} for k in range(30)}
    with pytest.raises(DataError, match="deep"):
        tools_of(
            [{"name": "a", "parameters": {"properties": {"x": doubled["d0"]}, "$defs": doubled}}]
        )
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"items": deep}
    with pytest.raises(DataError, match="deep"):
        tools_of(_with(x=deep))


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)*b", "(?i)É+"])
def test_patterns_take_linear_time(pattern: str) -> None:
    assert not patterns.fits(pattern, "a" * 100_000 + "!")


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)", "a{1001}", "(", "a" * 2001, "\ud800("])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(DataError):
        patterns.check(pattern)
    assert patterns.fits("b", "abc", anywhere=True)
    assert not patterns.fits("b", "abc")
    assert not patterns.fits(".", "\ud800\ud800")
