"""Calls by native tools: as the engine hands them on, scored and read back."""

from __future__ import annotations

from pathlib import Path

from handeye import contexts
from handeye.contexts.asking.questions import Asking
from handeye.contexts.loader import load


def test_tools_are_given_natively_where_the_provider_takes_them(tmp_path: Path) -> None:
    root = contexts.init(tmp_path / "set")
    items = load(root)
    native, words = (Asking().fitted(model) for model in ("openai/gpt-5.5", "handeye/simulated"))
    assert (native.tools, words.tools) == ("native", "words")
    assert native.fitted("handeye/simulated") == native
    for one, other in zip(native.questions(items), words.questions(items), strict=True):
        called = items[one.item_id].form == "call"
        assert [tool.name for tool in one.tools] == ["hand_over", "move_away"] * called
        assert not other.tools
        assert ("hand_over" in str(other.identity["parts"])) == called
        assert "hand_over" not in str(one.identity["parts"])


def test_native_calls_are_answers(tmp_path: Path) -> None:
    items = load(contexts.init(tmp_path / "set"))
    call = {"name": "move_away", "arguments": {"object": "glass", "height_cm": 150}}
    broken = {"name": "move_away", "arguments": None, "error": "no JSON"}
    cases = (([call], 1, "answered"), ([], 0, "answered"), ([broken], 0, "unreadable"))
    for calls, right, state in cases:
        rows = [
            {"item_id": item.item_id, "raw_text": "nothing" if not calls else "", "calls": calls}
            for item in items
            if item.form == "call"
        ]
        found = contexts.score(rows, items, allow_missing=True, bootstrap=0).rows
        by_id = {row.item_id: row for row in found}
        assert by_id["counter-3/do:toddler"].right == right
        assert by_id["counter-3/do:toddler"].answer_state == state
        assert by_id["counter-3/do:cook"].right == 0, "it cannot be done, and was not said so"
