"""Statistics of sets of clips."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handeye.errors import OptionError
from handeye.sets.statistics import ALL, compare
from handeye.visualact.clip_set import ClipSet
from handeye.visualact.loader import load
from handeye.visualact.records import Action, Clip, clip_line, clips_name
from handeye.visualact.scenes.description import describe, describe_clips
from handeye.visualact.scenes.generation import generate
from tests.support.visualact.data import clip, random_run
from tests.support.visualact.videos import make_video

META = {
    "kind": "pan", "twin": None, "motion_only": False, "backward": False, "idle": False,
    "evidence": [1.0, 3.0], "seconds": 4.0, "fps": 12, "frames": 48, "width": 384, "height": 288,
    "distractors": ["cat"],
}  # fmt: skip
BRAKE = Action("Brake for the child", 4, True, ("Stop the car",))
HONK = Action("Sound the horn", 2, False)


def made(name: str, actions: tuple[Action, ...], scenario: str = "home", **meta: object) -> Clip:
    return Clip(name, f"{name}.mp4", scenario, actions, meta={**META, **meta})


def a_set(*clips: Clip) -> ClipSet:
    return ClipSet(Path("nowhere"), clips, (), "a set")


CLIPS = a_set(
    made("a", (BRAKE, HONK)),
    made("b", (HONK,), kind="stove", evidence=[0.0, 1.0], distractors=[]),
    made("c", (), "hmi", kind="nobody", idle=True, distractors=[]),
    made("d", (BRAKE,), "hmi", kind="arm", twin="e", motion_only=True, backward=True),
)


def test_a_set_counted_by_hand():
    everything = describe_clips(CLIPS).groups[ALL]
    counts = {name: dict(line.counts) for name, line in everything.items() if line.counts}
    assert counts["clips"] == {"n": 4}
    assert counts["actions"] == {"n": 4}
    assert counts["scenario"] == {"home": 2, "hmi": 2}
    assert counts["actions per clip"] == {"0": 1, "1": 2, "2": 1}
    assert counts["calls for nothing"] == {"yes": 1, "no": 3}
    assert counts["APL of actions"] == {"2": 2, "4": 2}
    assert counts["APL of clips (highest)"] == {"2": 1, "4": 2}
    assert counts["type"] == {"proactive": 2, "reactive": 2}
    assert counts["clip types"] == {"proactive": 1, "both": 1, "reactive": 1}
    assert counts["different action texts"] == {"n": 2}
    assert counts["kind of event"] == {"arm": 1, "nobody": 1, "pan": 1, "stove": 1}
    assert counts["only motion tells"] == {"yes": 1, "no": 3}
    assert counts["runs backwards"] == {"yes": 1, "no": 3}
    assert counts["distractors"] == {"cat": 2}
    assert counts["size, px"] == {"384 x 288": 4}
    assert everything["words per action"].values == (4, 3, 3, 4)
    assert everything["wordings per action"].values == (2, 2)
    assert everything["duration, s"].values == (4, 4, 4, 4)
    # Of the clips that call for something: evidence of 2, 1 and 2 out of 4 seconds.
    assert everything["evidence, share of clip"].values == (0.5, 0.25, 0.5)
    assert everything["evidence begins, share of clip"].values == (0.25, 0.0, 0.25)


def test_groups_are_the_scenarios_that_are_there():
    found = describe_clips(CLIPS)
    assert list(found.groups) == ["home", "hmi", ALL]
    assert found.groups["hmi"]["clips"].counts == {"n": 2}
    assert found.as_dict()["home"]["APL of actions"] == {"2": 2, "4": 1}
    json.dumps(found.as_dict())


def test_many_actions_are_counted_together():
    actions = tuple(Action(f"Do number {n}", 0, True) for n in range(9))
    clips = a_set(clip("x", actions), clip("y", actions[:6]))
    lines = describe_clips(clips, durations=False).groups[ALL]
    assert lines["actions per clip"].counts == {"6": 1, "over 6": 1}


def test_what_rows_do_not_tell_is_left_out_and_durations_come_from_the_videos(tmp_path):
    clips = [clip("x"), clip("y", (), "hmi")]
    (tmp_path / "videos").mkdir()
    for number, one in enumerate(clips):
        make_video(tmp_path / one.video, frames=12 * (number + 1), fps=12)
    rows = b"".join(clip_line(one) + b"\n" for one in clips)
    (tmp_path / clips_name("test")).write_bytes(rows)
    lines = describe(tmp_path).groups[ALL]
    assert lines["duration, s"].values == pytest.approx((1.0, 2.0))
    assert not {"kind of event", "evidence, share of clip", "size, px"} & lines.keys()
    assert "duration, s" not in describe(tmp_path, durations=False).groups[ALL]
    (tmp_path / clips[1].video).write_bytes(b"no video")
    lines = describe(tmp_path).groups[ALL]
    assert lines["duration, s"].values == pytest.approx((1.0,))
    assert lines["length not known"].counts == {"n": 1}
    with pytest.raises(OptionError, match="no split 'dev'"):
        describe(tmp_path, split="dev")


def test_two_sets_side_by_side():
    clips = a_set(*random_run(1, 300)[0])
    same = a_set(*random_run(2, 300)[0])
    urgent = a_set(
        *(
            clip(one.clip_id, [Action(a.text, 4, a.proactive) for a in one.actions], one.scenario)
            for one in same
        )
    )
    alike = {(row.group, row.name): row.p for row in _compared(clips, same)}
    other = {(row.group, row.name): row.p for row in _compared(clips, urgent)}
    assert alike[ALL, "APL of actions"] > 0.001
    assert other[ALL, "APL of actions"] < 1e-6
    assert alike[ALL, "clips"] is None


def _compared(first: ClipSet, second: ClipSet):
    return compare(describe_clips(first, durations=False), describe_clips(second, durations=False))


def test_a_generated_set_has_all_the_lines(tmp_path):
    generate(tmp_path / "set", seed=3, clips=12, scenarios="navigation", fps=3, workers=1)
    found = describe(tmp_path / "set")
    lines = found.groups[ALL]
    clips = load(tmp_path / "set")
    assert sum(lines["kind of event"].counts.values()) == 12
    assert lines["clips"].counts == {"n": 12}
    assert sum(lines["type"].counts.values()) == sum(len(one.actions) for one in clips)
    assert min(lines["wordings per action"].values) >= 2
    assert all(0 < share <= 1 for share in lines["evidence, share of clip"].values)
