from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from handeye.errors import DataError, OptionError, RunError
from handeye.rose.asking.run import RoseOptions, job
from handeye.run.answers import Answer, Usage
from handeye.run.dry_run import dry_run
from handeye.run.image_tokens import image_rule
from handeye.run.journal import open_journal
from handeye.run.plan import claim
from handeye.run.prices import Price, parse_price, read_prices


# Examples from the providers' own pages (see handeye.run.image_tokens for the pages).
@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("openai/gpt-4o", (1024, 1024), 765),
        ("openai/gpt-4o", (2048, 4096), 1105),
        ("openai/gpt-4.1-mini", (2048, 2048), 2489),
        ("openai/gpt-5.5", (1024, 1024), 70 + 4 * 140),
        ("openai/gpt-5.5", (100, 100), 70 + 140),
        ("anthropic/claude-sonnet-4-6", (200, 200), 54),
        ("anthropic/claude-sonnet-4-6", (1000, 1000), 1334),
        ("anthropic/claude-sonnet-4-6", (4000, 4000), 1600),
        ("anthropic/claude-opus-4-8", (2000, 2000), 4784),
        ("google/gemini-2.5-pro", (384, 384), 258),
        ("google/gemini-2.5-pro", (1000, 700), 516),
        ("google/gemini-3.1-pro", (1000, 700), 1120),
        ("openai-api/dashscope/qwen3-vl-plus", (1024, 1024), 1026),
        ("vllm/Qwen/Qwen2.5-VL-7B", (1008, 1008), 1298),
    ],
)
def test_image_tokens(model: str, size: tuple[int, int], tokens: int) -> None:
    rule = image_rule(model)
    assert rule is not None
    assert rule.tokens(*size) == tokens


def test_a_dry_run_counts_and_sends_and_writes_nothing(small_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    found = dry_run(
        job(
            RoseOptions(model="openai/gpt-5.5", data=str(small_set), out=out, price=Price(2.0, 8.0))
        )
    )
    assert (found.requests, found.answered, found.scenes) == (30, 0, 6)
    (tokens,) = found.image_tokens.values()
    assert tokens == 30 * 210
    (cost,) = found.cost.values()
    expected = ((tokens + found.text_tokens) * 2.0 + found.answer_tokens * 8.0) / 1e6
    assert cost == pytest.approx(expected, rel=1e-12)
    assert "estimates" in found.text()
    assert not out.exists()


def test_what_is_answered_already_is_not_counted(small_set: Path, tmp_path: Path) -> None:
    options = RoseOptions(model="openai/gpt-5.5", data=str(small_set), out=tmp_path / "run")
    asked = job(options)
    keys = [asked.key(question) for question in asked.questions]
    claim(options.out, asked.plan)
    journal = open_journal(options.out / "answers.jsonl")
    for place, (item, model, request) in enumerate(keys):
        if place < 7:
            state = "error" if place < 2 else "answered"
            journal.append(Answer(item_id=item, model=model, request=request, state=state))  # type: ignore[arg-type]
    journal.close()
    found = dry_run(job(options))
    assert (found.requests, found.answered) == (25, 5)
    whole = replace(found, requests=0, answered=30)
    assert whole.text() == "openai/gpt-5.5: nothing would be sent (30 are answered already)"


def test_an_unknown_model_gets_every_family_and_no_price_no_cost(
    small_set: Path, tmp_path: Path
) -> None:
    found = dry_run(job(RoseOptions(model="local/llava", data=str(small_set), out=tmp_path / "r")))
    assert len(found.image_tokens) > 3
    assert found.cost == {}
    assert "--price" in found.text()


def test_a_dry_run_into_another_run_is_refused(small_set: Path, tmp_path: Path) -> None:
    first = RoseOptions(model="a/b", data=str(small_set), out=tmp_path)
    claim(tmp_path / "run", job(first).plan)
    with pytest.raises(RunError, match="another run"):
        dry_run(job(RoseOptions(model="a/c", data=str(small_set), out=tmp_path / "run")))


def test_prices() -> None:
    price = parse_price("2.5:10:0.25")
    assert price == Price(2.5, 10.0, 0.25)
    used = Usage(input=1_000_000, cached=400_000, output=100_000)
    assert price.cost(used) == pytest.approx(0.6 * 2.5 + 0.4 * 0.25 + 0.1 * 10)
    assert parse_price("2:3").cost(used) == pytest.approx(2 + 0.3)


@pytest.mark.parametrize("text", ["", "1", "1:2:3:4", "a:b", "-1:2", "nan:1", "inf:1"])
def test_a_bad_price_is_an_option_error(text: str) -> None:
    with pytest.raises(OptionError, match="IN:OUT"):
        parse_price(text)


def test_price_files(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"openai/a": {"input": 1, "output": 2}, "b": {"input": 3, "output": 4}}')
    assert read_prices(file, "openai/a") == Price(1, 2)
    assert read_prices(file, "openai/b") == Price(3, 4)
    assert read_prices(file, "openai/c") is None
    file.write_text('{"a": {"in": 1}}')
    with pytest.raises(DataError, match="not a price file"):
        read_prices(file, "a")
