"""The decomposition adds up for any answers, and finds planted faults where they were planted."""

from collections import defaultdict
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom

from handeye.rose import generate, load, score
from handeye.rose.diagnosis import decomposition
from handeye.rose.diagnosis.decomposition import PLANS, STEPS, decompose
from handeye.rose.diagnosis.evidence import Evidence, evidence
from handeye.rose.diagnosis.lenient import Reading
from handeye.rose.questions import BY_KEY
from handeye.rose.respondents.recovery import items_without_pictures
from handeye.rose.respondents.simulated import simulate_predictions
from handeye.rose.scene import Cell, Grid, Region
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from handeye.rose.scoring.summary import summarize
from handeye.stats.intervals import estimates
from tests.support.rose.made_up import scenes

KEYS = [step.key for step in STEPS]
ENDS = {plan.key: (plan.counting, plan.action) for plan in PLANS}
TINY = 1e-12


def steps(chain):
    return {step["key"]: step for step in chain["steps"]}


def value(figure):
    return figure["value"]


def check_sums(chain):
    """Levels fall by exactly the losses, from start to end."""
    level = value(chain["start"])
    for step in chain["steps"]:
        level -= value(step["loss"])
        assert value(step["level"]) == pytest.approx(level, abs=TINY)
        sides = [0.0 if side is None else value(side) for side in step["sides"].values()]
        assert value(step["loss"]) == pytest.approx(sides[1] - sides[0], abs=TINY)
    assert level == pytest.approx(value(chain["end"]), abs=TINY)
    whole = value(chain["start"]) - value(chain["end"])
    assert value(chain["whole"]) == pytest.approx(whole, abs=TINY)


def decompose_resampled(items, **options):
    """The chains, after checking that they add up inside every single resample."""
    trees = []

    def keep(tree):
        trees.append(tree)
        return estimates(tree)

    with patch.object(decomposition, "estimates", keep):
        found = decompose(items, **options)
    for tree in trees:
        lost = sum(step["loss"].values for step in tree["steps"].values())
        rest = tree["start"].values - lost - tree["end"].values
        whole = tree["start"].values - tree["end"].values - tree["whole"].values
        for resamples in (rest, whole):
            assert not np.isnan(resamples[0])
            assert np.nanmax(np.abs(resamples)) < TINY
    assert len(trees) == sum(chain is not None for chain in found.values())
    return found


# ---- for any answers


CELLS = st.builds(Cell, st.integers(0, 5), st.integers(0, 5))
READINGS = st.one_of(
    st.none(),
    st.builds(
        Reading,
        st.lists(CELLS, max_size=4).map(tuple),
        st.one_of(st.none(), st.integers(0, 4), st.just(10**30)),
        st.booleans(),
    ),
)
GRID = Grid(4, 5)


@st.composite
def any_item(draw, number):
    targets = draw(st.frozensets(st.sampled_from(list(GRID.cells())), max_size=4))
    region = Region(draw(st.sampled_from(["ROW_RANGE", "EXCLUSION"])), 1, 2, 1, 5)
    reading = draw(READINGS)
    clicks = reading.clicks if reading else ()
    return Evidence(
        item_id=f"I{number}",
        scene_id=draw(st.sampled_from("ABC")),
        subset=draw(st.sampled_from(["ROSE-ChineseGlyph", "ROSE-PixelEdit", "mine"])),
        template=BY_KEY[draw(st.sampled_from(list(BY_KEY)))],
        grid=GRID,
        region=region,
        targets=targets,
        gold=draw(st.sampled_from([targets, frozenset(c for c in targets if c in region)])),
        state=draw(st.sampled_from(["answered", "refused", "error"])),
        passed=draw(st.booleans()),
        reading=reading,
        clicked=frozenset(cell for cell in clicks if cell in GRID),
        counted_globally=None,
    )


@settings(max_examples=60)
@given(st.data())
def test_every_chain_adds_up(data):
    items = [data.draw(any_item(n)) for n in range(data.draw(st.integers(0, 25)))]
    asked = {item.template.key for item in items}
    found = decompose_resampled(items, resamples=20)
    for key, chain in found.items():
        counting, action = ENDS[key]
        if chain is None:
            by_scene = defaultdict(set)
            for item in items:
                by_scene[item.subset, item.scene_id].add(item.template.key)
            needed = {*counting, *action}
            together = any(needed <= there for there in by_scene.values())
            assert not (together if key != "gap" else needed <= asked)
        else:
            assert [step["key"] for step in chain["steps"]] == [
                key for key in KEYS if key in steps(chain)
            ]
            check_sums(chain)


# ---- by hand


def by_hand(outcomes, **changes):
    texts = {}
    frame = scenes(outcomes, **changes)
    for number, outcome in enumerate(outcomes):
        for key, text in outcome.items():
            texts[f"ROSE-ChineseGlyph-{number}-{key}"] = text if isinstance(text, str) else None
    return decompose(evidence(frame, texts), resamples=0)


# Region rows 1 to 2 with R1,C1 and R2,C2; R4,C5 lies outside.
RIGHT = "CLICK(R1,C1); CLICK(R2,C2)"
ONE_FAILURE = [
    ("T3", "CLICK(R1,C1); DONE", "finding"),
    ("T3", "CLICK(R1,C1); CLICK(R2,C3); DONE", "coordinates"),
    ("T3", f"{RIGHT}; CLICK(R9,C9); DONE", "coordinates"),
    ("T3", "CLICK(R2,C1); CLICK(R0,C3); DONE", "coordinates"),
    ("T3", "CLICK(R4,C1); CLICK(R3,C3); CLICK(R1,C4); DONE", "coordinates"),
    ("T3", "CLICK(R4,C5); DONE", "region"),
    # Two faults: both are forgiven before it is right.
    ("T3", "CLICK(R1,C1); CLICK(R2,C3); CLICK(R4,C1); DONE", "coordinates"),
    ("T3", "CLICK(R1,C1); CLICK(R3,C2); CLICK(R4,C1); DONE", "coordinates"),
    # As many as the whole grid has, all of them inside: the region is not what is wrong.
    ("T3", f"{RIGHT}; CLICK(R1,C4); DONE", "finding"),
    ("T3", f"{RIGHT}; CLICK(R3,C4); CLICK(R4,C4); DONE", "region"),
    ("T3", "DONE", "abstention"),
    ("T3", f"{RIGHT}; CLICK(R1,C1); DONE", "format"),
    ("T3", f"I see {RIGHT}; DONE", "format"),
    ("T5", f"{RIGHT}; SUBMIT(3)", "consistency"),
    ("T5", "CLICK(R1,C1); SUBMIT(1)", "finding"),
    ("T5", f"{RIGHT}; CLICK(R4,C5); SUBMIT(3)", "region"),
    ("T1", "COUNT(2)", "finding"),
    ("T1", "COUNT(0)", "abstention"),
    ("T1", "There are 3.", "format"),
    ("T2", "COUNT(3)", "region"),
    ("T2", "COUNT(1)", "finding"),
]


@pytest.mark.parametrize(("key", "text", "expected"), ONE_FAILURE)
def test_one_failure_belongs_to_one_step(key, text, expected):
    right = dict.fromkeys(("T1", "T2", "T3", "T4", "T5"), True)
    chain = by_hand([right, right | {key: text}])["gap"]
    side, share = ("counting", 1 / 4) if key in ("T1", "T2") else ("action", 1 / 6)
    for name, step in steps(chain).items():
        lost = value(step["sides"][side]) if step["sides"][side] else 0.0
        assert lost == pytest.approx(share if name == expected else 0.0)
    check_sums(chain)


def test_the_example_of_the_docs():
    right = "CLICK(R1,C1); CLICK(R2,C2); CLICK(R4,C5); DONE"
    clicks = [
        right,
        f"I see {right}",
        right.replace("C5", "C4"),
        "CLICK(R1,C1); CLICK(R2,C2); DONE",
    ]
    counts = [3, 3, 3, 2]
    outcomes = [{"T1": f"COUNT({n})", "T1B": text} for n, text in zip(counts, clicks, strict=True)]
    chain = by_hand(outcomes)["global"]
    assert (value(chain["start"]), value(chain["end"])) == (0.75, 0.25)
    found = losses(chain)
    assert found == dict.fromkeys(found, 0.0) | {"coordinates": 0.25, "format": 0.25}
    finding = steps(chain)["finding"]["sides"]
    assert (value(finding["counting"]), value(finding["action"])) == (0.25, 0.25)


SILENT = {"state": "refused", "passed": False, "reading": None, "clicked": frozenset()}


def changed(rows, key, changes):
    """Evidence with some of one template's items changed, in their order."""
    queue = iter(changes)
    return [replace(r, **next(queue, {})) if r.template.key == key else r for r in rows]


def losses(chain):
    return {name: value(step["loss"]) for name, step in steps(chain).items()}


def test_no_answer_says_nothing_of_the_other_steps():
    """Two of four give no answer; one of the other two clicks too few."""
    rows = evidence(scenes([{"T1": True, "T1B": True}] * 4), {})
    one = {Cell(1, 1)}
    fewer = {"passed": False, "reading": Reading(tuple(one), None, True), "clicked": frozenset(one)}
    chain = decompose(changed(rows, "T1B", [SILENT, SILENT, fewer]))["global"]
    found = losses(chain)
    assert found == pytest.approx(dict.fromkeys(found, 0.0) | {"no_answer": 0.25, "finding": 0.5})
    check_sums(chain)


@pytest.mark.parametrize(("key", "lost"), [("T1B", 0.5), ("T1", -1.0)])
def test_a_side_without_any_answer_loses_all_at_answering(key, lost):
    rows = evidence(scenes([{"T1": True, "T1B": True}, {"T1": False, "T1B": True}]), {})
    chain = decompose(changed(rows, key, [SILENT] * 2))["global"]
    found = losses(chain)
    assert found == pytest.approx(dict.fromkeys(found, 0.0) | {"no_answer": lost})
    check_sums(chain)


def test_a_step_that_cannot_show_is_left_out():
    right = dict.fromkeys(BY_KEY, True)
    found = by_hand([right, right])
    assert [s["key"] for s in found["gap"]["steps"]] == KEYS
    assert set(KEYS) - set(steps(found["global"])) == {"region", "consistency"}
    assert set(KEYS) - set(steps(found["matched"])) == {"consistency"}


def test_only_scenes_that_have_both_are_paired():
    found = by_hand([{"T1": True, "T1B": False}, {"T1": False}, {"T1B": True}])
    assert found["gap"] is found["matched"] is None
    assert (found["global"]["n_scenes"], found["global"]["n_items"]) == (1, 2)
    assert value(found["global"]["whole"]) == 1.0
    assert by_hand([{"T1": True}, {"T1B": True}])["global"] is None


def test_the_ends_of_paired_chains_have_the_intervals_of_the_bridges():
    """Also where one source is all right, whose hidden failures widen every mean it is in."""
    rows, texts = [], {}
    for k, item in enumerate(items_without_pictures(3, 8)):
        if item.task_template.startswith("T1B") and k % 5 == 0:
            continue
        wrong = k % 3 == 0 and item.rose_subset != "ROSE-ChineseGlyph"
        text = "COUNT(9)" if item.task_mode == "COUNT" else "CLICK(R1,C1); DONE"
        text = text if wrong else item.ground_truth_formal_answer
        texts[item.item_id] = text
        rows.append(score_item(item, text, state="answered"))
    frame = to_frame(rows)
    bridges = summarize(frame, bootstrap=400).bridges
    chains = decompose(evidence(frame, texts), resamples=400)
    for name, figures in {
        "global": ("gcnt_pass_rate", "gclk_pass_on_paired", "gcnt_to_gclk_drop"),
        "matched": ("mlcnt_pass_on_paired", "lclk_pass_rate", "mlcnt_to_lclk_drop"),
    }.items():
        macro = bridges[name].macro_equal_subset
        for figure, end in zip(figures, ("start", "end", "whole"), strict=True):
            one, other = macro[figure], chains[name][end]
            told = (one.value, one.low, one.high, one.n)
            assert told == pytest.approx(
                [other[k] for k in ("value", "low", "high", "n")], abs=1e-6
            )


def test_no_items_give_no_chain():
    assert decompose([]) == {"gap": None, "global": None, "matched": None}


# ---- planted faults


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    root = tmp_path_factory.mktemp("decomposition")
    generate(root / "set", seed=5, scenes=60, workers=1)
    return list(load(root / "set"))


def answer(items, faults, seed):
    """Evidence on simulated answers, the score rows, and what was planted by item id."""
    rows = list(simulate_predictions(items, faults, seed))
    planted = {row["item_id"]: row.pop("planted") for row in rows}
    frame = score(rows, items)
    return evidence(frame, {row["item_id"]: row["raw_text"] for row in rows}), frame, planted


# The step at which a fault must be lost. On an empty region some are abstentions: there is one
# right answer, and every other fails to give none.
BELONGS = {
    "api_error": "no_answer",
    "refuse": "no_answer",
    "truncate": "no_answer",
    "break_grammar": "format",
    "garble": "format",
    "repeat_click": "format",
    "wrong_submit": "consistency",
    "never_abstain": "abstention",
    "abstain_wrongly": "abstention",
    "ignore_region": "region",
    "click_outside": "region",
    "click_exclusion": "region",
    "wrong_cells": "coordinates",
    "off_by_one_cell": "coordinates",
    "swap_row_col": "coordinates",
    "flip_rows": "coordinates",
    "flip_cols": "coordinates",
    "zero_based": "coordinates",
    "off_grid": "coordinates",
}
EMPTY_IS_ABSTENTION = {"ignore_region", "click_outside", "click_exclusion", "off_grid"}


def shares(items, counted):
    """Macro share of items per (template key, step); ``counted`` gives an item's step or None."""
    cells = defaultdict(lambda: defaultdict(int))
    totals = defaultdict(int)
    for item in items:
        place = (item.task_template.split("_")[0], item.rose_subset)
        totals[place] += 1
        cells[place][counted(item)] += 1
    out = defaultdict(lambda: defaultdict(list))
    for place, n in totals.items():
        for key in KEYS:
            out[place[0]][key].append(cells[place][key] / n)
    return {t: {k: sum(v) / len(v) for k, v in by.items()} for t, by in out.items()}


def step_by(fault, planted):
    """What tells an item's step: None where the fault was not planted."""

    def step_of(item):
        if not planted.get(item.item_id):
            return None
        empty = fault in EMPTY_IS_ABSTENTION and not item.gold
        return "abstention" if empty else BELONGS[fault]

    return step_of


def net(table, key, step):
    counting, action = (sum(table[t][step] for t in side) / len(side) for side in ENDS[key])
    return {"counting": counting, "action": action, "loss": action - counting}


@pytest.mark.parametrize("fault", BELONGS)
def test_a_fault_alone_is_lost_at_its_step_and_nowhere_else(items, fault):
    found, _, planted = answer(items, {fault: 0.4}, 8)
    table = shares(items, step_by(fault, planted))
    for key, chain in decompose(found, resamples=0).items():
        for name, step in steps(chain).items():
            expected = net(table, key, name)
            for side, lost in step["sides"].items():
                got = value(lost) if lost else 0.0
                assert got == pytest.approx(expected[side], abs=TINY), (key, name, side)
            assert value(step["loss"]) == pytest.approx(expected["loss"], abs=TINY)


def test_intervals_hold_what_was_planted(items):
    """Rate times share of the items where the fault can show, at the stated frequency."""
    held = tried = 0
    for fault in BELONGS:
        _, _, always = answer(items, {fault: 1.0}, 0)
        table = shares(items, step_by(fault, always))
        found, _, _ = answer(items, {fault: 0.3}, 1)
        for name, step in steps(decompose(found, resamples=300)["gap"]).items():
            expected = 0.3 * net(table, "gap", name)["loss"]
            if any(table[key][name] for key in table):
                tried += 1
                held += step["loss"]["low"] <= expected <= step["loss"]["high"]
    assert tried >= len(BELONGS)
    assert held >= binom.ppf(1e-4, tried, 0.95)


def test_acting_just_as_counting_loses_nothing(items):
    """Equal faults on both sides of the matched bridge: every step is 0 within its interval."""
    faults = {"miscount": 0.3, "ignore_region": 0.3, "never_abstain": 0.4, "break_grammar": 0.2}
    held = tried = 0
    for seed in range(5):
        found, _, _ = answer(items, faults, seed)
        for step in decompose(found, resamples=300)["matched"]["steps"]:
            tried += 1
            held += step["loss"]["low"] <= 0 <= step["loss"]["high"]
    assert held >= binom.ppf(1e-4, tried, 0.95)


def test_miscounting_only_when_acting_is_lost_at_finding(items):
    """Where two or more are to be found; one less of one is an abstention, and seen as such."""
    acting = [item for item in items if item.task_mode != "COUNT"]
    rest = [item for item in items if item.task_mode == "COUNT"]
    found = [*answer(rest, {}, 0)[0], *answer(acting, {"miss": 0.5}, 2)[0]]
    planted = answer(acting, {"miss": 0.5}, 2)[2]

    def step_of(item):
        if not planted.get(item.item_id):
            return None
        return "finding" if len(item.gold) > 1 else "abstention"

    table = shares(items, step_of)
    chain = decompose(found)["global"]
    for name, step in steps(chain).items():
        assert value(step["loss"]) == pytest.approx(net(table, "global", name)["loss"], abs=TINY)
    assert steps(chain)["finding"]["loss"]["low"] > 0.1


def test_mixed_faults_add_up_to_the_summarys_gap(items):
    faults = dict.fromkeys([*BELONGS, "miscount"], 0.08)
    found, frame, _ = answer(items, faults, 6)
    head = summarize(frame, bootstrap=200, seed=3)["bases"]["all"]["headline"]
    chains = decompose_resampled(found, resamples=200, seed=3)
    for chain in chains.values():
        check_sums(chain)
        assert all(value(step["sides"]["action"]) >= 0 for step in chain["steps"])
    gap = chains["gap"]
    for name, end in (("counting", "start"), ("action", "end"), ("gap", "whole")):
        figure = {key: gap[end][key] for key in ("value", "low", "high", "n")}
        assert figure == pytest.approx(head[name], abs=1e-6)
        assert figure["value"] == pytest.approx(value(head[name]), abs=TINY)
    for step in ("coordinates", "region", "abstention", "consistency"):
        assert set(steps(gap)[step]["alternative"]) == {"first", "last"}
    assert steps(gap)["finding"]["alternative"] is None


def test_other_orders_move_what_two_faults_share(items):
    """A region-blind model that also clicks beside its targets: both orders are told."""
    found, _, _ = answer(items, {"ignore_region": 0.6, "off_by_one_cell": 0.6}, 2)
    gap = steps(decompose(found, resamples=0)["gap"])
    coordinates = gap["coordinates"]
    assert coordinates["alternative"]["last"] == pytest.approx(value(coordinates["loss"]), abs=TINY)
    region = gap["region"]["alternative"]
    assert region["first"] != pytest.approx(region["last"], abs=1e-3)
