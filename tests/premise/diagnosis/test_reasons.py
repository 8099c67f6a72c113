"""One reason for every failed item, and the signs beside it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from handeye.errors import OptionError, RunError
from handeye.premise.diagnosis.diagnose import diagnose, diagnose_rows
from handeye.premise.diagnosis.reasons import OF_RUNS, REASONS, TAGS, WORDS, Found, find_reasons
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE
from handeye.premise.scoring.file_scoring import score
from handeye.premise.scoring.score import SINGLE
from tests.support import premise as made

ITEMS = made.families(6)
BY_ID = {item.item_id: item for item in ITEMS}
TRUE, FALSE = "f000-00-v0", "f000-10-v0"


EVERY = frozenset((sign, sense) for sign in OF_RUNS for sense in ("vision", "audio", "both"))


def found(
    *, carried: Collection[tuple[str, str]] = EVERY, **rows: dict[str, Any]
) -> dict[str, Found]:
    """Of right answers, some replaced: ids with _ for - to their rows."""
    changed = {name.replace("_", "-"): row for name, row in rows.items()}
    given = [
        {**row, **changed.get(str(row["item_id"]), {})} for row in made.Sim(made.right).rows(ITEMS)
    ]
    scored = score(given, ITEMS, bootstrap=0).rows
    return {one.row.item_id: one for one in find_reasons(scored, carried=carried)}


def text(item_id: str, role: int) -> str:
    return made.letter_of(BY_ID[item_id], role)


def content(item_id: str, wrong: bool = False) -> int:
    return (made.asked(BY_ID[item_id]) + wrong) % 4


@pytest.mark.parametrize(
    ("item_id", "row", "reason"),
    [
        (TRUE, {"raw_text": None, "error": "timeout"}, "no_answer"),
        (TRUE, {"raw_text": "", "state": "empty"}, "no_answer"),
        (TRUE, {"raw_text": "", "state": "refused"}, "refused"),
        (TRUE, {"raw_text": "Well, let me", "state": "truncated"}, "truncated"),
        (TRUE, {"raw_text": "Some of them."}, "unreadable"),
        (TRUE, {"raw_text": f"The answer: {text(TRUE, content(TRUE))}"}, "format_only"),
        (TRUE, {"raw_text": f"The answer: {text(TRUE, VISION_FALSE)}"}, "format_and_wrong"),
        (TRUE, {"raw_text": text(TRUE, VISION_FALSE)}, "rejects_true"),
        (TRUE, {"raw_text": text(TRUE, AUDIO_FALSE)}, "rejects_true"),
        (TRUE, {"raw_text": text(TRUE, content(TRUE, wrong=True))}, "wrong_content"),
        (FALSE, {"raw_text": text(FALSE, content(FALSE))}, "accepts_false"),
        (FALSE, {"raw_text": text(FALSE, AUDIO_FALSE)}, "wrong_sense"),
    ],
)
def test_each_failure_has_its_reason(item_id: str, row: dict[str, Any], reason: str) -> None:
    told = found(**{item_id.replace("-", "_"): row})
    assert told[item_id].reason == reason
    assert not told[item_id].passed
    assert [name for name, one in told.items() if not one.passed] == [item_id]


def test_signs_stand_beside_a_wrong_answer() -> None:
    told = found(f000_10_v0={"raw_text": text(FALSE, content(FALSE))})[FALSE]
    # Its sibling, of which the premise holds, rightly got the same answer.
    assert set(told.tags) == {"as_sibling", "with_other_sense", "right_content"}
    told = found(f000_10_v0={"raw_text": text(FALSE, content(FALSE, wrong=True))})[FALSE]
    assert set(told.tags) == {"with_other_sense", "wrong_content_too"}
    order = BY_ID[FALSE].order
    letters = {"ABCDEF"[order.index(role)]: -9.0 for role in range(6)}
    letters |= {text(FALSE, content(FALSE)): -0.1, text(FALSE, VISION_FALSE): -2.5}
    told = found(f000_10_v0={"raw_text": text(FALSE, content(FALSE)), "letters": letters})[FALSE]
    assert "second" in told.tags
    told = found(
        f000_10_v0={"raw_text": text(FALSE, content(FALSE)), "letters": letters}, carried=()
    )[FALSE]
    assert set(told.tags) == {"as_sibling", "right_content"}


def test_without_families_the_twin_question_is_the_sibling() -> None:
    items = made.published(4)
    rows = score(made.Sim(made.with_letter(0)).rows(items), items, bootstrap=0).rows
    told = [one for one in find_reasons(rows) if "as_twin" in one.tags]
    assert told
    assert not any("as_sibling" in one.tags for one in find_reasons(rows))
    assert "about the same clip" in WORDS["as_twin"].meaning


def test_signs_of_runs_are_given_where_the_run_bears_them_out() -> None:
    """Errors by lot turn right beside a clip that differs, and S hits by lot, too."""
    items = made.families(40)

    def signs(sim: made.Sim) -> set[str]:
        scored = score(sim.rows(items), items, bootstrap=300)
        told = diagnose_rows(scored.summary, scored.rows, resamples=300)
        single = told.reasons.filter(told.reasons["cell"].is_in(SINGLE))
        return {tag for tags in single["tags"] for tag in tags} & set(OF_RUNS)

    half = made.sometimes(0.5, made.accepting)
    assert signs(made.Sim(half, told=0.0)) == set()
    assert signs(made.Sim(half, told=2.5, bias=-4.0)) == {"signal_knew", "second"}
    assert signs(made.Sim(made.disturbed(0.6))) == {"with_other_sense"}


def test_s_may_have_known_what_the_answer_does_not_say() -> None:
    items = made.families(20)
    sim = made.Sim(made.accepting, told=6.0, bias=-8.0)
    rows = score(sim.rows(items), items, bootstrap=0).rows
    tagged = [one for one in find_reasons(rows, carried=EVERY) if one.reason == "accepts_false"]
    assert tagged
    single = [one for one in tagged if one.row.modality != "both"]
    assert sum("signal_knew" in one.tags for one in single) > 0.95 * len(single)


def test_words_are_there_for_every_key_and_no_key_twice() -> None:
    keys = [one.key for one in (*REASONS, *TAGS)]
    assert len(set(keys)) == len(keys)
    assert all(one.label and one.meaning.endswith(".") for one in (*REASONS, *TAGS))
    assert WORDS.order[: len(keys)] == keys


def test_counts_have_their_denominators() -> None:
    rows = made.Sim(made.noisy(made.right, 0.5)).rows(ITEMS, ablation="without-audio")
    result = score(rows, ITEMS, bootstrap=0)
    told = diagnose_rows(result.summary, result.rows, resamples=50)
    frame, group = told.reasons, told.findings.reasons["all"]
    # What was asked of the sound has no gold, and is in no count.
    assert set(frame["cell"]) == {"std_v", "mis_v"}
    assert group.n_items == frame.height == 6 * 8
    assert group.n_failed == (~frame["passed"]).sum() > 0
    counts = {one.key: one.count for one in group.reasons}
    assert sum(counts.values()) == group.n_failed
    for one in group.reasons:
        assert one.share.value == pytest.approx(one.count / group.n_failed)
        assert (one.share.n, one.rate.n) == (group.n_failed, group.n_items)
        assert (frame["reason"] == one.key).sum() == one.count
    cells = [told.findings.reasons[cell].n_failed for cell in ("std_v", "mis_v")]
    assert sum(cells) == group.n_failed


def test_what_cannot_be_diagnosed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such run folder"):
        diagnose(tmp_path / "nowhere")
    with pytest.raises(OptionError, match="at least 0"):
        diagnose(tmp_path, resamples=-1)
