"""Clips of an unfinished run: those that a second turn is still open about are not answered yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from handeye.run.answers import Answer
from handeye.run.plan import Plan
from handeye.visualact.scoring.reading.predictions import all_said, line_of


def said(text: str, request: str = "a", **more: Any) -> Answer:
    fields = {"item_id": "c", "model": "m", "state": "answered", "at": "t", "stop_reason": "stop"}
    return Answer(request=request, raw_text=text, **{**fields, **more})


def plan(protocol: str) -> Plan:
    return Plan(
        suite="visualact", model="m", items=1, items_sha256="", config={}, model_args={},
        asked={"protocol": protocol}, data="d",
    )  # fmt: skip


FIRST, SECOND = said("- Stop the car\n- Call for help"), said("1. 3, proactive", "b")


@pytest.mark.parametrize(
    ("protocol", "answers", "taken"),
    [
        ("one-pass", [FIRST], [FIRST]),
        ("two-pass", [FIRST], []),
        ("two-pass", [FIRST, SECOND], [FIRST, SECOND]),
        ("two-pass", [said("", state="empty")], [said("", state="empty")]),
        ("two-pass", [said("no", state="refused")], [said("no", state="refused")]),
        # A picture that was changed since was asked about anew.
        ("one-pass", [said("old"), said("new", "b")], [said("new", "b")]),
    ],
)
def test_what_makes_a_line(protocol: str, answers: list[Answer], taken: list[Answer]) -> None:
    found = list(all_said(plan(protocol), answers))
    assert found == taken
    if len(found) == 2:
        assert json.loads(json.dumps(line_of(found)["labels_text"])) == SECOND.raw_text


def test_the_embedder_and_options_of_the_run_are_remembered(tmp_path: Path) -> None:
    from handeye.visualact.asking.run import _how_scored, make_options
    from handeye.visualact.scoring.options import Options

    usual = make_options("m/x", "d", tmp_path)
    assert _how_scored(usual) == {}
    other = make_options(
        "m/x", "d", tmp_path, embedder="test:char-ngrams", scoring=Options(threshold=0.4)
    )
    assert _how_scored(other) == {"embedder": "test:char-ngrams", "options": {"threshold": 0.4}}
