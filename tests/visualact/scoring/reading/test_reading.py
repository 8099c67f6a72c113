"""Reading answers: cases in a data file, never a crash, losses counted, prompts without hints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from handeye.visualact.asking import prompts
from handeye.visualact.records import SCENARIOS
from handeye.visualact.scoring.reading.entries import only_templates, says_none
from handeye.visualact.scoring.reading.reading import LOSSES, read_actions, read_labels

CASE_LINES = (Path(__file__).parent / "cases/reading.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in CASE_LINES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case):
    reading = read_actions(case["text"])
    found = reading.actions
    given_actions = case["actions"]
    if case.get("state", "answered") != "answered":
        given_actions = None
    assert (
        None if found is None else [[one.text, one.apl, one.proactive] for one in found]
    ) == given_actions
    assert dict(reading.losses) == case.get("losses", {})
    assert reading.state == case.get("state", "answered")


@given(st.none() | st.text() | st.text("{}[]\"':,0123 aplctionre-*\n", max_size=80))
def test_any_text_is_read(text):
    reading = read_actions(text)
    assert (reading.actions is None) == (reading.state != "answered")
    assert set(reading.losses) <= set(LOSSES)
    for action in reading.actions or ():
        assert action.text.strip()
        assert action.apl is None or 0 <= action.apl <= 4


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "action": st.text(min_size=1).filter(
                    lambda text: text.strip() and not says_none(text) and not only_templates([text])
                ),
                "apl": st.integers(0, 4),
                "type": st.sampled_from(["proactive", "reactive"]),
            }
        ),
        max_size=5,
    )
)
def test_what_the_schema_asks_for_is_read_without_loss(entries):
    text = json.dumps({"actions": entries})
    reading = read_actions(text)
    assert reading.losses == {}
    assert [(one.text, one.apl, one.proactive) for one in reading.actions] == [
        (" ".join(e["action"].split()), e["apl"], e["type"] == "proactive") for e in entries
    ]


# ---- any list in any dress

LIST = st.lists(
    st.fixed_dictionaries(
        {
            "action": st.from_regex(r"[A-Z][a-z]{2,8}( [a-z]{2,8}){1,5}", fullmatch=True),
            "apl": st.integers(0, 4),
            "type": st.sampled_from(["proactive", "reactive"]),
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda entry: entry["action"],
)
PAIRS = [
    '""',
    "''",
    "“”",
    "„“",
    "„”",
    "””",
    "‘’",
    "‚‘",
    "«»",
    "»«",
    "‹›",
    "``",
    "「」",
    "″″",
    "＂＂",
]


def _envelope(name: str, entries: list) -> object:
    numbered = dict(enumerate(entries, 1))
    return {
        "actions": {"actions": entries},
        "list": entries,
        "numbers": {str(n): one for n, one in numbered.items()},
        "names": {f"action_{n}": one for n, one in numbered.items()},
        "named in actions": {"actions": {f"Action {n}": one for n, one in numbered.items()}},
        "response": {"response": {"actions": entries}},
        "video": {"video": {"name": "a.mp4", "actions": entries}},
        "result": {"result": entries},
        "deep": {"video": {"analysis": "a [1] car", "result": [{"actions": entries}]}},
        "in lists": [{"actions": [one]} for one in entries],
        "rows": {"actions": [list(one.values()) for one in entries]},
        "fields": {f"{key}_{n}": v for n, one in numbered.items() for key, v in one.items()},
        "by text": {
            "actions": {one["action"]: {"apl": one["apl"], "type": one["type"]} for one in entries}
        },
        "nested": {
            "actions": [
                {"action": {"description": one["action"]}, "apl": one["apl"], "type": one["type"]}
                for one in entries
            ]
        },
    }[name]


ENVELOPES = (
    *("actions", "list", "numbers", "names", "named in actions", "response", "video", "result"),
    *("deep", "in lists", "rows", "fields", "by text", "nested"),
)
COMMENTS = ["", ' # so it\'s "said"', " // one, two", " /* {x */", " <!-- y -->"]


@settings(max_examples=80)
@given(
    entries=LIST,
    envelope=st.sampled_from(ENVELOPES),
    pair=st.sampled_from(PAIRS),
    comment=st.sampled_from(COMMENTS),
    lines=st.booleans(),
    loose=st.booleans(),
    letters=st.booleans(),
    category=st.booleans(),
    wide=st.booleans(),
    around=st.sampled_from(
        [
            "{}",
            "Sure!\n```json\n{}\n```\nThat is [all].",
            "<think>[{{'action': 'x'}}]</think>{}",
            '{}\n{{"actions": []}}',
            '{{"actions": [{{"action": "<one sentence>", "apl": 0, "type": "a|b"}}]}}\n{}',
        ]
    ),
)
def test_any_list_is_read_back_from_any_dress(
    entries, envelope, pair, comment, lines, loose, letters, category, wide, around
):
    given_entries = [
        {**one, "type": one["type"][0].upper() if letters else one["type"]} for one in entries
    ]
    text = json.dumps(_envelope(envelope, given_entries), indent=1 if lines or comment else None)
    if category:
        text = text.replace('"type', '"category')
    if comment:
        text = text.replace(",\n", f",{comment}\n")
        text = text.replace("[\n", f"[{comment}\n")
    if loose:
        text = text.replace('"}', '",}').replace("]}", "],}")
    if wide:
        text = text.replace(": ", "： ").translate({ord("4"): "４", ord("3"): "３"})
    if not comment:
        quotes = iter(pair * (text.count('"') // 2))
        text = "".join(next(quotes) if sign == '"' else sign for sign in text)
    reading = read_actions(around.format(text))
    assert [(one.text, one.apl, one.proactive) for one in reading.actions or ()] == [
        (one["action"], one["apl"], one["type"] == "proactive") for one in entries
    ]
    lost = {"json-mended", "json-drafts", "json-repeated", "thinking-removed"}
    assert set(reading.losses) <= lost


@settings(max_examples=30)
@given(LIST, st.sampled_from(["", '"']), st.booleans())
def test_texts_without_quotes_are_read_too(entries, quote, lines):
    text = json.dumps({"actions": entries}, indent=1 if lines else None).replace('"', "")
    for one in entries:
        text = text.replace(f"action: {one['action']}", f"action: {quote}{one['action']}{quote}")
    reading = read_actions(text)
    assert [(one.text, one.apl, one.proactive) for one in reading.actions or ()] == [
        (one["action"], one["apl"], one["type"] == "proactive") for one in entries
    ]
    assert reading.losses == {"json-mended": 1}


TABLE_LINES = {
    "table": "| {n} | {action} | {apl} | {type} |",
    "boxes": "│ {n} │ {action} │ {apl} │ {type} │",
    "tabs": "{n}\t{action}\t{apl}\t{type}",
}
LINES = {
    "bullets": "- {action} (APL {apl}, {type})",
    "bare": "- {action} ({apl}, {type})",
    "commas": "* {action}, {apl}, {type}",
    "groups": "{n}. {action} [{apl}] [{type}]",
    "numbers": "{n}) **{action}** - priority: {apl} - {type}",
    "below": "**{n}. {action}**\n   - APL: {apl}\n   - Type: {type}",
    "heads": "### Action {n}: {action}\n- **APL**: {apl}\n- **Type**: {type}",
    "boxes to tick": "- [ ] {action} (APL {apl}, {type})",
    "letters": "a) {action} (APL {apl}/4, {type})",
    "fields": "- action: {action}\n  apl: {apl}\n  type: {type}",
}


@settings(max_examples=60)
@given(LIST, st.sampled_from([*TABLE_LINES, *LINES]))
def test_any_list_is_read_back_from_lines(entries, name):
    line = {**TABLE_LINES, **LINES}[name]
    rows = [line.format(n=n, **one) for n, one in enumerate(entries, 1)]
    if name in TABLE_LINES:
        rows = [line.format(n="#", action="Action", apl="APL", type="Type"), *rows]
    reading = read_actions("\n".join(rows))
    assert [(one.text, one.apl, one.proactive) for one in reading.actions or ()] == [
        (one["action"], one["apl"], one["type"] == "proactive") for one in entries
    ]


@pytest.mark.parametrize(
    "prompt", [prompts.ELICITATION, prompts.FREE_ELICITATION, prompts.labelling([])]
)
def test_an_echo_of_the_prompt_is_no_answer(prompt):
    assert read_actions(prompt).state == "unreadable"
    shown = '{"actions": [{"action": "Wave", "apl": 1, "type": "reactive"}]}'
    for text in (f"{prompt}\n{shown}", f"{shown}\n\n{prompt}"):
        assert [one.text for one in read_actions(text).actions] == ["Wave"]


def test_deep_nesting_is_no_crash():
    assert read_actions("[" * 50_000).actions is None
    assert read_actions('{"a":' * 50_000).actions is None


@pytest.mark.parametrize(
    "text",
    [
        "- priority" + " " * 100_000 + "x",
        "- x" + "-" * 100_000 + "x",
        "- x" + ", apl 3" * 20_000,
        '["a' * 50_000,
        "{a:/*" * 20_000,
        "{'a':'" + "b' " * 50_000,
        '{"actions": [{"action": "a", "apl": ' + "9" * 5_000 + ",}]}",
        "- a (APL " + "9" * 5_000 + ")",
    ],
    ids=["spaces", "dashes", "labels", "strings", "comments", "quotes", "digits", "digits in list"],
)
def test_hostile_texts_are_read_like_others(text):
    # Some of these took a minute, or were a crash, before quantifiers and attempts were bounded.
    reading = read_actions(text)
    assert all(action.apl is None or 0 <= action.apl <= 4 for action in reading.actions or ())


def test_lines_without_bullets_are_read_only_where_asked_for():
    text = "Brake now\nSound the horn"
    assert read_actions(text).actions is None
    reading = read_actions(text, plain_lines=True)
    assert [one.text for one in reading.actions] == ["Brake now", "Sound the horn"]
    assert reading.losses["plain-lines"] == 1


def test_labels_of_the_second_pass():
    entries = [
        {"number": 2, "apl": 1, "type": "reactive"},
        {"number": 1, "apl": "4", "type": "proactive"},
        {"number": 1, "apl": 0, "type": "reactive"},
        {"number": 5, "apl": 0, "type": "reactive"},
    ]
    reading = read_labels(json.dumps({"actions": entries}), ["Brake", "Honk", "Wait"])
    assert [(one.text, one.apl, one.proactive) for one in reading.actions] == [
        ("Brake", 4, True),
        ("Honk", 1, False),
        ("Wait", None, None),
    ]
    assert reading.losses == {"label-unmatched": 2, "level-missing": 1, "type-missing": 1}


def test_labels_without_numbers_go_in_order_only_when_all_are_there():
    two = json.dumps([{"text": "x", "apl": 3}, {"text": "y", "apl": 1}])
    assert [one.apl for one in read_labels(two, ["a", "b"]).actions] == [3, 1]
    assert [one.apl for one in read_labels(two, ["a", "b", "c"]).actions] == [None] * 3


def test_labels_that_cannot_be_read():
    reading = read_labels("I cannot say.", ["Brake"])
    assert (reading.state, reading.actions[0].apl) == ("unreadable", None)


@pytest.mark.parametrize(
    "text", [prompts.ELICITATION, prompts.FREE_ELICITATION, prompts.labelling(["Wave"])]
)
def test_prompts_hint_at_nothing(text):
    words = text.lower()
    hints = {
        word for title in SCENARIOS.values() for word in title.lower().replace("-", " ").split()
    }
    hints -= {"and"}
    hints |= {"drive", "road", "kitchen", "robot", "camera", "pedestrian", "fire", "child", "car"}
    for hint in hints:
        assert hint not in words.replace("critical", ""), hint
    assert all(f"{level} = " in text for level in range(5)) == (text != prompts.FREE_ELICITATION)


def test_the_prompt_shows_json_that_the_reader_reads():
    shown = prompts.ELICITATION.rsplit("\n", 2)[1]
    filled = shown.replace("<0 to 4>", "3").replace("proactive|reactive", "reactive")
    filled = filled.replace("<one sentence>", "Wave")
    reading = read_actions(filled)
    assert (reading.actions[0].apl, reading.actions[0].proactive) == (3, False)
    entry = prompts.SCHEMA["properties"]["actions"]["items"]
    assert set(json.loads(filled)["actions"][0]) == set(entry["required"])
    assert prompts.labelling(["Wave", "Wait"]).count('{"actions"') == 1
    assert "2. Wait" in prompts.labelling(["Wave", "Wait"])
