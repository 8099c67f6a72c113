"""The page about scoring: it names what the code has, and its example runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from handeye.premise.diagnosis.reasons import REASONS, TAGS
from handeye.premise.scoring.predictions import ABLATIONS
from handeye.premise.scoring.summary import Summary
from handeye.premise.scoring.tables import tables
from tests.support import premise as made

PAGE = (Path(__file__).parents[3] / "docs" / "premise-scoring.md").read_text("utf-8")


def test_reasons_ablations_and_tables_are_named() -> None:
    for one in (*REASONS, *TAGS):
        assert f"`{one.key}`" in PAGE, one.key
    for name in ABLATIONS:
        assert name.replace("vision", "audio") in PAGE
    assert {"signals", "headline", "premises"} <= {t.key for t in tables(_summary())}
    for table in tables(_summary()):
        if table.key not in ("headline", "signals"):
            assert f"`{table.key}`" in PAGE, table.key


def _summary() -> Summary:
    from handeye.premise.scoring.file_scoring import score

    items = made.families(2)
    return score(made.Sim(made.right).rows(items), items, bootstrap=0).summary


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    items = made.generated(4)
    Path("SET").mkdir()
    Path("SET/premise_test.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(items))
    rows = made.Sim(made.right).rows(items)
    Path("predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(block, names)
    assert names["run"].summary["n_items"] == len(items)  # type: ignore[attr-defined]
    assert names["result"].rows[0].decision  # type: ignore[attr-defined]
