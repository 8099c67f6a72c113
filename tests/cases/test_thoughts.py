"""Thoughts and special tokens in answers: one reader, and a note that it is the server's set-up."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from handeye.rose.diagnosis.lenient import read
from handeye.run.thoughts import answer_of, parts_of
from handeye.visualact.scoring.reading.reading import read_actions
from tests.cases.conftest import MODEL, avg
from tests.support.chat_server import Reply, Request, serving

T = "Let me look. In row 1 I see CLICK(R1,C1)? DONE? COUNT(99)? No."
DRESSES = {
    "pair": "<think>{t}</think>\n\n{a}",
    "pair with a name": '<think name="x">{t}</think>{a}',
    "other words": "<thinking>{t}</thinking>\n<reflection>{t}</reflection>{a}",
    "lone close": "{t}\n</think>\n\n{a}",
    "stray close": "<think>{t}</think>\n{a}\n</think>",
    "stray close alone": "{a}\n</think>",
    "lone and stray": "{t}</think>{a}</think>",
    "two lone closes": "{t}</think>{t}</think>{a}",
    "nested": "<think>{t}<think>{t}</think>{t}</think>{a}",
    "nothing thought": "<think>\n\n</think>\n\n{a}",
    "opened behind": "{a}<think>",
    "kimi": "◁think▷{t}◁/think▷{a}",
    "kimi, lone": "{t}◁/think▷{a}",
    "glm": "<think>{t}</think><answer><|begin_of_box|>{a}<|end_of_box|></answer>",
    "box": "<|begin_of_box|>{a}<|end_of_box|>",
    "magistral": "[THINK]{t}[/THINK]{a}",
    "answer": "<think>{t}</think><answer>{a}</answer>",
    "answer behind thoughts without end": "<think>{t}<answer>{a}</answer>",
    "words around the answer": "Sure: <answer>{a}</answer> That is it.",
    "gpt-oss": "<|channel|>analysis<|message|>{t}<|end|><|start|>assistant"
    "<|channel|>final<|message|>{a}<|return|>",
    "gpt-oss, json": "<|channel|>analysis<|message|>{t}<|end|><|start|>assistant"
    "<|channel|>final <|constrain|>json<|message|>{a}",
    "gpt-oss, tokens lost": "analysis{t}assistantfinal{a}",
    "gpt-oss, an empty end": "<|channel|>analysis<|message|>{t}<|end|><|start|>assistant"
    "<|channel|>final<|message|>{a}<|end|><|start|>assistant<|channel|>final<|message|><|return|>",
    "gpt-oss, thinking on": "<|channel|>final<|message|>{a}<|end|><|start|>assistant"
    "<|channel|>analysis<|message|>{t}<|end|>",
    "gpt-oss, answer before": "{a}<|channel|>analysis<|message|>{t}",
    "gpt-oss, no message": "<|channel|>analysis<|message|>{t}<|end|><|channel|>final{a}",
    "gpt-oss, a tool": "<|channel|>commentary to=functions.x <|constrain|>json<|message|>{t}"
    "<|call|><|start|>assistant<|channel|>final<|message|>{a}<|end|>",
    "gpt-oss, channel lost": "analysis<|message|>{t}<|end|>final<|message|>{a}<|return|>",
    "gpt-oss, roles left": "assistantanalysis{t}assistantfinal{a}",
    "gpt-oss, final left": "assistantfinal{a}",
    "gpt-oss, empty end left": "analysis{t}assistantfinal{a}assistantfinal",
    "SOLUTION": "<think>{t}</think><SOLUTION>{a}</SOLUTION>",
    "final-answer": "{t}</reasoning><final-answer>{a}</final-answer>",
    "ANSWER": "[THINK]{t}[/THINK][ANSWER]{a}[/ANSWER]",
    "result": "<reasoning>{t}</reasoning><result>{a}</result>",
    "an empty answer behind": "<answer>{a}</answer><answer></answer>",
    "seed": "<seed:bos><seed:think>{t}</seed:think>{a}<seed:eos>",
    "ernie": "<think>{t}</think>\n\n<response>\n{a}\n</response>\n</s>",
    "hunyuan": "<think>\n{t}\n</think>\n<answer>\n{a}\n</answer><|eos|>",
    "minimax": "]~b]ai\n<think>{t}</think>{a}[e~[",
    "exaone": "[|assistant|]<thought>{t}</thought>{a}[|endofturn|]",
    "granite 4": "<|start_of_role|>assistant<|end_of_role|><think>{t}</think>{a}<|end_of_text|>",
    "apertus": "<|inner_prefix|>{t}<|inner_suffix|>{a}<|assistant_end|>",
    "tokens for tags": "<|begin_of_think|>{t}<|end_of_think|>{a}",
    "escaped tags": "&lt;think&gt;{t}&lt;/think&gt;{a}",
    "escaped slash": "<think>{t}<\\/think>{a}",
    "llama 4": "<|header_start|>assistant<|header_end|>\n\n{a}<|eot|>",
    "glm, next turn": "<think>{t}</think>{a}<|user|>COUNT(7)",
    "deepseek, next turn": "<｜Assistant｜></think>{a}<｜end▁of▁sentence｜><｜User｜>COUNT(7)",
    "ling": "<role>ASSISTANT</role>{a}<|role_end|>",
    "command": "<|START_THINKING|>{t}<|END_THINKING|><|START_RESPONSE|>{a}<|END_RESPONSE|>",
    "openthinker": "<|begin_of_thought|>{t}<|end_of_thought|>"
    "<|begin_of_solution|>{a}<|end_of_solution|>",
    "granite": "Here is my thought process: {t}\nHere is my response: {a}",
    "apriel": "Here are my steps:\n{t}\n[BEGIN FINAL RESPONSE]\n{a}\n[END FINAL RESPONSE]",
    "llava-cot": "<SUMMARY>{t}</SUMMARY><REASONING>{t}</REASONING><CONCLUSION>{a}</CONCLUSION>",
    "im_end": "{a}<|im_end|>",
    "s": "{a}</s>",
    "deepseek": "{t}</think>{a}<｜end▁of▁sentence｜>",
    "llama, next turn": "{a}<|eot_id|><|start_header_id|>user<|end_header_id|>And now COUNT(7)",
    "role": "<|im_start|>assistant\n{a}<|im_end|>",
    "gemma": "<start_of_turn>model\n{a}<end_of_turn>",
    "padding": "{a}<pad><pad><|endoftext|>",
}
GOLD = (
    ("COUNT(3)", "COUNT"),
    ("CLICK(R2,C3); CLICK(R4,C5); DONE", "CLICK"),
    ("DONE", "CLICK"),
    ("CLICK(R2,C3); SUBMIT(1)", "CLICK_COUNT"),
)
ACTIONS = [("Brake for the pedestrian", 4, True), ("Sound the horn", 2, False)]
ENTRIES = [
    {"action": text, "apl": apl, "type": "proactive" if proactive else "reactive"}
    for text, apl, proactive in ACTIONS
]
JSON = json.dumps({"actions": ENTRIES})


def dressed(name: str, answer: str, thoughts: str = T) -> str:
    return DRESSES[name].replace("{t}", thoughts).replace("{a}", answer)


@pytest.mark.parametrize("name", DRESSES)
def test_the_answer_is_what_stands_beside_thoughts_and_tokens(name: str) -> None:
    for answer, mode in GOLD:
        text = dressed(name, answer)
        assert answer_of(text) == answer
        plain, found = read(answer, mode), read(text, mode)  # type: ignore[arg-type]
        assert found is not None
        assert (found.clicks, found.number) == (plain.clicks, plain.number)  # type: ignore[union-attr]
    draft = 'The car is moving. Draft: {"actions": [{"action": "Wait", "apl": 0}]} hmm [1].'
    actions = read_actions(dressed(name, JSON, draft)).actions
    assert [(one.text, one.apl, one.proactive) for one in actions or ()] == ACTIONS


@pytest.mark.parametrize(
    "text",
    [
        f"{T}\n</think>\n\nI cannot tell.",
        f"<think>{T}</think>I cannot tell.",
        f"<think>{T}",
        f"◁think▷{T}",
        f"<|channel|>analysis<|message|>{T}",
    ],
)
def test_thoughts_are_no_answer(text: str) -> None:
    assert [read(text, mode) for mode in ("COUNT", "CLICK", "CLICK_COUNT")] == [None] * 3
    assert read_actions(text).actions is None


@given(st.text(st.characters(exclude_characters="<[◁")))
def test_a_text_without_marks_is_its_own_answer(text: str) -> None:
    found = parts_of(text)
    assert found.marks == () or text.lstrip().lower().startswith(("analysis", "here"))
    assert found.marks or found.answer == text


@given(st.text("<>/|thinkaswer[] \n◁▷END", max_size=60))
def test_any_text_comes_apart(text: str) -> None:
    found = parts_of(text)
    assert len(found.answer) <= len(text)
    assert found.marks or found.answer == text
    assert parts_of(text, thoughts_only=True).answer is not None


def test_long_nonsense_comes_to_an_end() -> None:
    started = time.monotonic()
    for piece in ("<think>", "</think>", "<|", "<answer>", "assistantfinal", "< ", "[THINK]"):
        for before in ("", "analysis\n", "here is my thought process:", "<|channel|>a<|message|>"):
            parts_of(before + piece * 50_000 + "x")
    # Seconds where the time grows with the text; hours where it grows with its square.
    assert time.monotonic() - started < 120


# ---- JSON in other dresses than the prompt asks for

TABLE = "| action | APL Level | Type |\n|---|:-:|---|\n" + "\n".join(
    f"| {e['action']} | {e['apl']} | {e['type']} |" for e in ENTRIES
)
ACTION_DRESSES = {
    "key APL Level": JSON.replace('"apl"', '"APL Level"'),
    "long keys": JSON.replace('"apl"', '"Action Prioritization Level (APL)"').replace(
        '"action"', '"Action Description"'
    ),
    "a remark in brackets": JSON + '\n\nReferences: [1] traffic rules ["UN 49"]',
    "bullets and a remark": "- Brake for the pedestrian (APL 4, proactive)\n"
    '- Sound the horn (APL 2, reactive)\nSee ["UN 49"].',
    "an empty template behind": JSON + '\n{"actions": []}',
    "a template behind": JSON + '\n{"actions": [{"action": "<one sentence>", "apl": 0}]}',
    "the prompt's template behind": JSON
    + '\n{"actions": [{"action": "<one sentence>", "apl": <0 to 4>, "type": "a|b"}]}',
    "a repetition that is cut off": JSON + "\n" + JSON[:-25],
    "table": TABLE,
    "table without edges": TABLE.replace("\n| ", "\n").replace("| action", "action"),
    "csv": "action,apl,type\nBrake for the pedestrian,4,proactive\nSound the horn,2,reactive",
    "full-width signs": JSON.replace(",", "，").replace(":", "："),
    "all full-width": JSON.translate(str.maketrans("{}[],:", "｛｝［］，：")),
    "doubly encoded": json.dumps(JSON),
    "encoded thrice": json.dumps(json.dumps(JSON)),
    "escaped quotes": JSON.replace('"', '\\"'),
    "in a field": json.dumps({"answer": JSON}),
    "tool call": '<tool_call>{"name": "report", "arguments": ' + JSON + "}</tool_call>",
    "tool call as text": '<tool_call>{"arguments": ' + json.dumps(JSON) + "}</tool_call>",
    "openai's tool calls": json.dumps([{"function": {"name": "report", "arguments": JSON}}]),
    "yaml": "actions:\n"
    + "\n".join(
        f"- action: {e['action']}\n  apl: {e['apl']}\n  type: {e['type']}" for e in ENTRIES
    ),
    "toml": "\n".join(
        f'[[actions]]\naction = "{e["action"]}"\napl = {e["apl"]}\ntype = "{e["type"]}"\n'
        for e in ENTRIES
    ),
    "xml": "".join(
        f"<action><text>{e['action']}</text><apl>{e['apl']}</apl><type>{e['type']}</type></action>"
        for e in ENTRIES
    ),
    "lines": "\n\n".join(
        f"**Action {n}:** {e['action']}\n**APL:** {e['apl']}\n**Type:** {e['type']}"
        for n, e in enumerate(ENTRIES, 1)
    ),
    "under names": json.dumps({"actions": {f"action_{n}": e for n, e in enumerate(ENTRIES)}}),
    "side by side": json.dumps(
        {
            "actions": [e["action"] for e in ENTRIES],
            "apl": [4, 2],
            "type": ["proactive", "reactive"],
        }
    ),
    "html": "<pre>" + JSON.replace('"', "&quot;") + "</pre>",
}


@pytest.mark.parametrize("name", ACTION_DRESSES)
def test_actions_are_read_in_any_dress(name: str) -> None:
    found = read_actions(ACTION_DRESSES[name])
    assert [(one.text, one.apl, one.proactive) for one in found.actions or ()] == ACTIONS
    assert found.state == "answered"


def test_what_is_said_last_counts_unless_it_says_nothing() -> None:
    draft = '{"actions": [{"action": "Wait", "apl": 0, "type": "reactive"}]}'
    found = read_actions(f"{draft}\nBetter:\n{JSON}\n" + '{"actions": []}')
    assert [one.text for one in found.actions or ()] == [text for text, *_ in ACTIONS]
    assert found.losses == {"json-drafts": 1, "json-repeated": 1}
    # A placeholder alone says nothing about the video.
    assert read_actions('{"actions": [{"action": "..."}]}').state == "unreadable"
    assert read_actions('{"actions": []}').actions == ()
    assert len(read_actions('["Brake now", "Honk"]').actions or ()) == 2


# ---- what a run says of it


@pytest.mark.server
def test_a_run_says_that_it_is_the_server_and_what_the_score_is_without(
    two_scenes: Path,
    tmp_path: Path,
    key: str,
    gold: Callable[[Request], str],
    handeye: Callable[..., Any],
) -> None:
    """Every answer in another dress, all of them right; the strict score stays."""
    names = ["lone close", "im_end", "kimi", "glm", "gpt-oss", "magistral", "s", "box", "role"]

    def reply(request: Request) -> Reply:
        place = len(server.requests) % (len(names) + 1)
        return Reply(gold(request) if place == 9 else dressed(names[place], gold(request)))

    run, again = tmp_path / "run", tmp_path / "again"
    with serving(reply) as server:
        words = ["--model", MODEL, "--data", two_scenes, "--base-url", server.url, "--quiet"]
        said = handeye("run", "rose", *words, "--out", run)
        assert said.code == 0, said.err
        (note,) = [line for line in said.err.splitlines() if line.startswith("note: ")]
        assert "9 of 10 answers hold thoughts or special tokens" in note
        assert "the server's set-up, not the model" in note
        assert "-> 100.0" in note
        info = json.loads((run / "run.json").read_text())
        assert (info["marks"]["answers"], info["marks"]["of"]) == (9, 10)
        assert info["marks"]["headline_without"]["action"]["value"] == 1
        assert "strip_thoughts" not in info
        strict = avg(run)
        assert strict["action"] < 50
        # Recorded, and no other run: nothing is asked again.
        said = handeye("run", "rose", *words, "--out", run, "--strip-thoughts")
        assert "taken off before scoring" in said.err
        assert len(server.requests) == 10
    assert json.loads((run / "run.json").read_text())["strip_thoughts"] is True
    assert avg(run) == {"counting": 100.0, "action": 100.0, "gap": 0.0}
    kept = (run / "predictions.jsonl").read_text()
    assert "<|im_end|>" in kept, "what was answered stays as it came"
    score = ["rose", "score", run / "predictions.jsonl", "--data", two_scenes, "--out", again]
    said = handeye(*score)
    assert said.code == 0
    # The file gets the note that the run got.
    assert note in said.err
    assert avg(again) == strict
    said = handeye(*score, "--strip-thoughts")
    assert said.code == 0
    assert "taken off before scoring" in said.err
    assert avg(again)["action"] == 100.0
    assert json.loads((again / "run.json").read_text())["strip_thoughts"] is True


def test_clean_answers_get_no_note(two_scenes: Path, tmp_path: Path, handeye: Any) -> None:
    words = ["--model", "handeye/simulated", "--data", two_scenes, "--quiet"]
    said = handeye("run", "rose", *words, "--out", tmp_path / "run")
    assert "note" not in said.err
    assert "marks" not in json.loads((tmp_path / "run" / "run.json").read_text())
