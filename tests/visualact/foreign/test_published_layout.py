"""Foreign files: sixteen layouts, what was taken for what, and every refusal."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from handeye.errors import DataError, OptionError
from handeye.sets.columns import MappedField
from handeye.visualact.foreign.aliases import ALIASES, MAP_NAMES
from handeye.visualact.foreign.gold_values import plain, read_apl, read_scenario, read_type
from handeye.visualact.loader import load
from handeye.visualact.records import SCENARIOS, Action, Clip
from tests.support.visualact.layouts import DATA, LAYOUTS, nested, touch_videos


def gist(clips):
    """Everything that a layout carries over; the order of actions is no part of it."""
    return sorted(
        (
            one.video,
            one.scenario,
            sorted((action.text, action.apl, action.proactive) for action in one.actions),
        )
        for one in clips
    )


def save(root, document, clips=DATA, name="data.json"):
    touch_videos(root, clips)
    text = document if isinstance(document, str) else json.dumps(document)
    (root / name).write_text(text, "utf-8")
    return root


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_layouts_say_the_same(tmp_path, layout):
    found = load(layout.save(tmp_path, DATA), mapping=layout.mapping)
    assert gist(found) == gist(DATA)
    assert [one.clip_id for one in found] == [one.clip_id for one in DATA]
    assert found.taken
    assert all(line.words() for line in found.taken)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1).map(
    lambda text: " ".join(text.split())
)
stems = st.text("abcXYZ019 -_", min_size=1, max_size=8).map(str.strip)
some_actions = st.lists(
    st.builds(Action, text=texts.filter(bool), apl=st.integers(0, 4), proactive=st.booleans()),
    max_size=4,
).map(tuple)


@st.composite
def some_clips(draw, idle):
    names = draw(
        st.lists(stems.filter(bool), min_size=1, max_size=6, unique_by=lambda n: n.lower())
    )
    clips = [
        Clip(
            name,
            f"videos/{name}.mp4",
            draw(st.sampled_from(list(SCENARIOS))),
            draw(some_actions if idle else some_actions.filter(bool)),
        )
        for name in names
    ]
    # Columns can be told only where there is something in them.
    return clips if any(one.actions for one in clips) else [*clips, DATA[0]]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_random_clips_come_back_from_every_layout(layout):
    @settings(max_examples=12)
    @given(some_clips(layout.idle))
    def round_trip(clips):
        with tempfile.TemporaryDirectory() as folder:
            found = load(layout.save(Path(folder), clips), mapping=layout.mapping)
            assert gist(found) == gist(clips)
            assert {one.clip_id for one in found} == {one.clip_id for one in clips}

    round_trip()


def test_what_was_taken_for_what(tmp_path):
    rows = nested(DATA)
    rows[0]["source"] = "somewhere"
    rows[1]["actions"] = []
    rows[2]["actions"] *= 2
    rows[3]["actions"][0]["note"] = "a remark"
    found = load(save(tmp_path, rows))
    assert [(line.field, line.source, line.count) for line in found.taken] == [
        ("actions", "actions", 4),
        ("video", "video", 4),
        ("scenario", "scenario", 4),
        ("id", "name of the video", 4),
        ("text", "actions.action", 5),
        ("apl", "actions.APL", 5),
        ("type", "actions.type", 5),
        ("idle", "an empty list of actions", 1),
        ("repeated", "an action twice in its clip, kept as it is", 1),
        ("", "source", 1),
        ("", "actions.note", 1),
    ]
    words = [line.words() for line in found.taken]
    assert words[5] == "apl        <- actions.APL (5 values, e.g. 4)"
    assert words[-1] == "(not used) <- actions.note (1 value, e.g. 'a remark')"
    assert MappedField("video", "key", 2).words() == "video      <- key (2 values)"
    assert found.clips[0].meta == {"place": "row 1", "columns": {"source": "somewhere"}}
    assert [len(one.actions) for one in found] == [2, 0, 2, 1]


def test_selections_of_a_foreign_set(tmp_path):
    save(tmp_path, nested(DATA))
    assert [c.scenario for c in load(tmp_path, clips=2)] == ["navigation", "home"]
    assert [c.clip_id for c in load(tmp_path, scenarios=["safety"])] == ["hall.3"]
    assert len(load(tmp_path / "data.json")) == 4
    with pytest.raises(OptionError, match="no split 'dev' there; it has: test"):
        load(tmp_path, split="dev")


def test_splits_of_a_foreign_set(tmp_path):
    rows = nested(DATA)
    save(tmp_path, {"train": rows[:1], "test": rows[1:]})
    assert len(load(tmp_path)) == 3
    assert len(load(tmp_path, split="train")) == 1
    assert len(load(tmp_path, split=None)) == 4


def test_ids(tmp_path):
    rows = [{"id": f"q{number}", **row} for number, row in enumerate(nested(DATA))]
    assert [one.clip_id for one in load(save(tmp_path, rows))] == ["q0", "q1", "q2", "q3"]
    rows[3]["id"] = "q0"
    with pytest.raises(DataError, match="row 4: clip q0 was already in row 1"):
        load(save(tmp_path, rows))


def test_a_video_twice(tmp_path):
    rows = nested(DATA)
    with pytest.raises(DataError, match="row 5: clip drive_01 was already in row 1"):
        load(save(tmp_path, [*rows, rows[0]]))


# Videos


@pytest.mark.parametrize(
    "name",
    [
        "drive_01.mp4",
        "drive_01",
        "videos/drive_01.mp4",
        "./videos/drive_01",
        "/data/set/videos/drive_01.mp4",
        "C:\\data\\videos\\drive_01.mp4",
        "https://example.org/videos/drive_01.mp4",
    ],
)
def test_names_of_a_video(tmp_path, name):
    rows = nested(DATA)
    rows[0]["video"] = name
    assert load(save(tmp_path, rows)).clips[0].video == "videos/drive_01.mp4"


def test_videos_in_folders(tmp_path):
    clips = [
        Clip("one", "videos/nav/one.mp4", "navigation", DATA[0].actions),
        Clip("one", "videos/home/one.mp4", "home", DATA[0].actions),
        Clip("two", "videos/home/two.webm", "home", DATA[0].actions),
    ]
    found = load(save(tmp_path, nested(clips), clips))
    assert [one.video for one in found] == [one.video for one in clips]
    assert [one.clip_id for one in found] == ["nav/one", "home/one", "two"]
    rows = nested(clips)
    rows[0]["video"] = "one.mp4"
    with pytest.raises(DataError, match=r"'one.mp4' could be any of .*home/one.mp4, .*nav/one.mp4"):
        load(save(tmp_path, rows, clips))


def test_the_file_may_lie_in_a_folder(tmp_path):
    touch_videos(tmp_path, DATA)
    (tmp_path / "annotations").mkdir()
    file = tmp_path / "annotations" / "data.json"
    file.write_text(json.dumps(nested(DATA)), "utf-8")
    assert load(tmp_path).files == (file,)
    assert load(file).clips == load(tmp_path).clips
    assert load(file).video_path(load(file).clips[0]).is_file()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("away.mp4", r"row 1: video 'away.mp4' is not in .* \(4 videos there\)"),
        ("../drive_01.mp4", "row 1: video '../drive_01.mp4' is not in"),
        ("", r"row 1: video is '' \(column video\); expected a file name"),
        (None, r"row 1: no video \(column video\)"),
    ],
)
def test_videos_that_are_not_there(tmp_path, name, words):
    rows = nested(DATA)
    rows[0]["video"] = name
    with pytest.raises(DataError, match=words):
        load(save(tmp_path, rows))


def test_which_file(tmp_path):
    save(tmp_path, nested(DATA))
    save(tmp_path, "{}", name="other.json")
    with pytest.raises(DataError, match=r"which file holds the clips\? .*data.json, other.json"):
        load(tmp_path)
    (tmp_path / "other.json").rename(tmp_path / "dataset_infos.json")
    assert len(load(tmp_path)) == 4


# Fields that cannot be told


def rows_with(**names):
    """The nested layout with other names for its columns."""
    top = {"video", "scenario", "actions"}
    return [
        {
            names.get(name, name): value
            if name != "actions"
            else [{names.get(k, k): v for k, v in entry.items()} for entry in value]
            for name, value in row.items()
            if name in top
        }
        for row in nested(DATA)
    ]


@pytest.mark.parametrize(
    ("names", "mapping", "field"),
    [
        ({"video": "v"}, {"video": "v"}, "video"),
        ({"scenario": "w"}, {"scenario": "w"}, "scenario"),
        ({"action": "what"}, {"text": "what"}, "text"),
        ({"APL": "n"}, {"apl": "n"}, "apl"),
        ({"APL": "n"}, {"apl": "actions.n"}, "apl"),
        ({"type": "t"}, {"type": "actions.t"}, "type"),
    ],
)
def test_a_column_that_cannot_be_told_can_be_named(tmp_path, names, mapping, field):
    save(tmp_path, rows_with(**names))
    with pytest.raises(DataError, match=f"no column found for {field}. Columns: ") as caught:
        load(tmp_path)
    message = str(caught.value)
    assert f"--map {field}=COLUMN" in message
    assert next(iter(names.values())) in message
    assert "drive_01.mp4" in message  # with examples
    assert gist(load(tmp_path, mapping=mapping)) == gist(DATA)


def test_a_list_under_an_unknown_name_is_told_by_its_entries(tmp_path):
    found = load(save(tmp_path, rows_with(actions="todo")))
    assert gist(found) == gist(DATA)
    assert found.taken[0].source == "todo"


@pytest.mark.parametrize(
    ("extra", "inner", "words", "mapping"),
    [
        (
            {"filename": "x.mp4", "path": "y"},
            {},
            "2 columns could be video: filename, path; say which: --map video=filename",
            {"video": "name_of_it"},
        ),
        (
            {},
            {"priority": 9, "level": 9},
            r"2 columns could be apl: actions.priority, actions.level; .*--map apl=actions",
            {"apl": "APL"},
        ),
    ],
)
def test_two_columns_for_one_field(tmp_path, extra, inner, words, mapping):
    rows = rows_with(**({"video": "name_of_it"} if extra else {"APL": "x_apl"}))
    for row in rows:
        row.update(extra)
        for entry in row["actions"]:
            entry.update(inner)
    save(tmp_path, rows)
    with pytest.raises(DataError, match=words):
        load(tmp_path)
    mapping = mapping if extra else {"apl": "x_apl"}
    assert gist(load(tmp_path, mapping=mapping)) == gist(DATA)


def test_groups_that_are_no_scenarios_and_no_splits(tmp_path):
    rows = nested(DATA)
    found = load(save(tmp_path, {"kinetics": rows[:2], "ucf": rows[2:]}))
    assert gist(found) == gist(DATA)
    assert [one.meta["columns"]["@group"] for one in found] == ["kinetics"] * 2 + ["ucf"] * 2


def test_a_mapping_into_lists_names_them_too(tmp_path):
    rows = [
        {
            "video": row["video"],
            "scenario": row["scenario"],
            "todo": [{"what": e["action"], "n": e["APL"], "k": e["type"]} for e in row["actions"]],
            "other": [{"what": 1, "x": 2}],
        }
        for row in nested(DATA)
    ]
    save(tmp_path, rows)
    with pytest.raises(DataError, match=r"no column found for actions. .*--map actions=COLUMN"):
        load(tmp_path)
    mapping = {"text": "todo.what", "apl": "n", "type": "k"}
    assert gist(load(tmp_path, mapping=mapping)) == gist(DATA)


@pytest.mark.parametrize("scalar", [False, True])
def test_odd_names_in_parallel_and_flat_layouts(tmp_path, scalar):
    rows = [
        {key: row[key] for key in ("video", "scenario")}
        | dict(zip("abc", (row["actions"][0]["action"], 3, "p"), strict=True))
        for row in nested(DATA)
    ]
    if not scalar:
        rows = [{k: [v] if k in "abc" else v for k, v in row.items()} for row in rows]
    found = load(save(tmp_path, rows), mapping={"text": "a", "apl": "b", "type": "c"})
    assert [one.actions for one in found] == [
        (Action(one.actions[0].text, 3, True),) for one in DATA
    ]


def test_two_lists_of_actions(tmp_path):
    rows = nested(DATA)
    for row in rows:
        row["expected_actions"] = row["gt_actions"] = row.pop("actions")
    save(tmp_path, rows)
    with pytest.raises(DataError, match="could be actions: expected_actions, gt_actions"):
        load(tmp_path)
    assert gist(load(tmp_path, mapping={"actions": "gt_actions"})) == gist(DATA)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"urgency": "APL"}, "--map urgency=APL: no such field; fields: video, scenario"),
        ({"apl": "nope"}, r"--map apl=nope: no such column. Columns: "),
        ({"video": "nope"}, r"--map video=nope: no such column"),
        ({"actions": "nope"}, r"--map actions=nope: no such column"),
        ({"actions": "video"}, "--map actions=video: it holds no lists"),
        ({"video": "actions"}, "--map video=actions: it holds lists of objects"),
        ({"video": "scenario"}, "column scenario is taken for both"),
        ({"apl": "type"}, "column type is taken for both apl and type|no column found for type"),
        ({"type": "type", "reactive": "type"}, "type is mapped twice"),
    ],
)
def test_mappings_that_do_not_fit(tmp_path, mapping, words):
    save(tmp_path, nested(DATA))
    with pytest.raises((OptionError, DataError), match=words):
        load(tmp_path, mapping=mapping)


# Values that cannot be read


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("APL", 5, r"row 1, action 2: apl is 5 \(column actions.APL\); expected 0 to 4"),
        ("APL", "high", "row 1, action 2: apl is 'high'"),
        ("APL", True, "row 1, action 2: apl is True"),
        ("APL", 2.5, "row 1, action 2: apl is 2.5"),
        ("APL", None, r"row 1, action 2: no apl \(column actions.APL\)"),
        (
            "type",
            "maybe",
            "row 1, action 2: type is 'maybe' .*expected proactive, reactive, P or R",
        ),
        ("type", 1, "row 1, action 2: type is 1 .*--map proactive=COLUMN"),
        ("type", None, "row 1, action 2: no type"),
        ("action", "  ", "row 1, action 2: text is '  ' .*expected words"),
        ("action", 7, "row 1, action 2: text is 7"),
    ],
)
def test_labels_that_cannot_be_read(tmp_path, name, value, words):
    rows = nested(DATA)
    rows[0]["actions"][1][name] = value
    with pytest.raises(DataError, match=words) as caught:
        load(save(tmp_path, rows))
    assert "data.json: " in str(caught.value)


@pytest.mark.parametrize("name", ["numbered_actions", "nested"])
def test_one_odd_value_does_not_hide_its_column(tmp_path, name):
    rows = next(one for one in LAYOUTS if one.name == name).write(DATA)
    actions = rows[0]["actions"]
    first = actions["action_0"] if isinstance(actions, dict) else actions[0]
    first["action"] = ["Brake"]
    with pytest.raises(DataError, match=r"row 1, action 1: text is \['Brake'\]"):
        load(save(tmp_path, rows))


def test_texts_as_keys(tmp_path):
    rows = nested(DATA)
    for row in rows:
        row["actions"] = {
            entry["action"]: {"apl": entry["APL"], "type": entry["type"]}
            for entry in row["actions"]
        }
    assert gist(load(save(tmp_path, rows))) == gist(DATA)


def test_an_action_without_a_label(tmp_path):
    rows = nested(DATA)
    del rows[2]["actions"][0]["APL"]
    with pytest.raises(DataError, match="row 3, action 1: no apl"):
        load(save(tmp_path, rows))


@pytest.mark.parametrize("actions", [None, "Brake", 3])
def test_only_an_empty_list_makes_an_idle_clip(tmp_path, actions):
    rows = nested(DATA)
    rows[1]["actions"] = actions
    with pytest.raises(
        DataError, match=r"row 2: (no actions|actions is .*); expected a list|row 2"
    ):
        load(save(tmp_path, rows))
    del rows[1]["actions"]
    with pytest.raises(DataError, match=r"row 2: no actions \(column actions\)"):
        load(save(tmp_path, rows))
    rows[1]["actions"] = []
    assert load(save(tmp_path, rows)).clips[1].actions == ()


def test_a_set_of_idle_clips(tmp_path):
    rows = [{**row, "actions": []} for row in nested(DATA)]
    assert [one.actions for one in load(save(tmp_path, rows))] == [()] * 4


def test_an_unknown_scenario_names_the_row(tmp_path):
    rows = nested(DATA)
    rows[3]["scenario"] = "Office"
    with pytest.raises(DataError, match=r"row 4: scenario is 'Office' .*navigation, home"):
        load(save(tmp_path, rows))


def test_many_faults_are_counted(tmp_path):
    rows = [{**row, "scenario": "?"} for row in nested(DATA)] * 3
    with pytest.raises(DataError, match=r"row 1: .*row 5: .*; and 7 more"):
        load(save(tmp_path, rows))


def test_lists_of_different_lengths(tmp_path):
    layout = next(one for one in LAYOUTS if one.name == "parallel")
    rows = layout.write(DATA)
    rows[0]["APLs"].append(2)
    with pytest.raises(DataError, match=r"row 1: .*actions has 2, APLs has 3, types has 2"):
        load(save(tmp_path, rows))
    rows[0]["APLs"] = 4
    with pytest.raises(DataError, match=r"row 1: apl is 4 \(column APLs\); expected a list"):
        load(save(tmp_path, rows))


def test_rows_of_one_video_that_disagree(tmp_path):
    layout = next(one for one in LAYOUTS if one.name == "flat")
    rows = layout.write(DATA)
    rows[1]["domain"] = "home"
    with pytest.raises(
        DataError, match=r"row 2: video .* has scenario 'home' here and 'navigation'"
    ):
        load(save(tmp_path, rows))


# Files that are no lists of clips


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("[", "line 1, column 2: no JSON"),
        ("[]", "holds no clips"),
        ("3", "holds 3, not a list"),
        ('["a.mp4"]', "row 1 is 'a.mp4', not an object"),
        ('{"a": 1, "b": 2}', "0 parts of it could be the list of clips; it holds: a, b"),
        ("{}", "it holds: nothing"),
        ('{"x": [{"video": 1}], "y": [{"video": 2}], "name": 3}', "2 parts of it could be"),
        ('{"a.mp4": {"scenario": "home"}, "a.mp4": {}}', "key 'a.mp4' is there twice"),
        ('[{"video": NaN}]', "NaN is no JSON value"),
        ('{"video": "a"}\n{"video": \n', "line 2, column"),
        ("[" * 100000, "nested too deeply|no JSON"),
    ],
)
def test_files_that_hold_no_clips(tmp_path, text, words):
    with pytest.raises(DataError, match=words) as caught:
        load(save(tmp_path, text))
    assert "data.json" in str(caught.value)


def test_a_file_that_is_not_utf8(tmp_path):
    save(tmp_path, "")
    (tmp_path / "data.json").write_bytes(b'[{"video": "\xff"}]')
    with pytest.raises(DataError, match="not UTF-8 text at byte 12"):
        load(tmp_path)


# Tables of names and values


def test_every_alias_is_compared_as_it_stands():
    for ranks in ALIASES.values():
        names = [name for names in ranks for name in names]
        assert [plain(name) for name in names] == names
        assert len(set(names)) == len(names)
    assert set(MAP_NAMES.values()) == set(ALIASES)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Dynamic Navigation", "navigation"),
        ("dynamic_navigation", "navigation"),
        ("DN", "navigation"),
        ("home-service", "home"),
        ("HS", "home"),
        ("Safety & Monitoring", "safety"),
        ("Safety and Monitoring", "safety"),
        ("SM", "safety"),
        ("Human-Machine Interaction", "hmi"),
        ("human machine", "hmi"),
        ("HMI", "hmi"),
        ("office", None),
        ("", None),
        (2, None),
    ],
)
def test_scenarios(value, wanted):
    assert read_scenario(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(3, 3), ("3", 3), ("APL 3", 3), ("apl-3", 3), ("APL_0", 0), ("Level 4", 4), (2.0, 2),
     ("5", None), (-1, None), ("-1", None), ("", None), (None, None), (False, None), ([3], None)],
)  # fmt: skip
def test_levels(value, wanted):
    assert read_apl(value) == wanted


@pytest.mark.parametrize(
    ("value", "true_means", "wanted"),
    [
        ("proactive", None, True),
        ("Reactive action", None, False),
        ("P", None, True),
        ("r", None, False),
        ("non-proactive", None, None),
        ("neither", None, None),
        (True, None, None),
        (1, None, None),
        (True, True, True),
        ("no", True, False),
        (0, True, False),
        (1, False, False),
        ("false", False, True),
        (2, True, None),
        (None, True, None),
    ],
)
def test_types(value, true_means, wanted):
    assert read_type(value, true_means) is wanted
