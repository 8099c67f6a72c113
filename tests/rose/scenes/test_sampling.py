import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from handeye.rose.scenes.sampling import LOCAL_TEMPLATES, region_case, sample_scene
from handeye.rose.v01 import STATISTICS, difficulty

SCENES = 250


@pytest.fixture(scope="module", params=list(STATISTICS))
def drawn(request):
    return STATISTICS[request.param], [sample_scene(3, request.param, i) for i in range(SCENES)]


def test_a_scene_depends_on_nothing_but_its_arguments():
    alone = sample_scene(7, "glyph", 40)
    for index in (3, 1, 40, 2):
        again = sample_scene(7, "glyph", index)
    assert sample_scene(7, "glyph", 40) == alone
    assert again != alone
    assert sample_scene(8, "glyph", 40) != alone
    assert sample_scene(7, "emoji-style", 40) != alone


def test_scenes_stay_within_the_official_ranges(drawn):
    rules, scenes = drawn
    for scene in scenes:
        low, high = rules.sides[scene.profile]
        assert low <= scene.grid.rows <= high
        assert low <= scene.grid.cols <= high
        assert rules.cell_sizes[0] <= scene.cell_size <= rules.cell_sizes[1]
        assert len(set(scene.targets)) == len(scene.targets)
        assert all(cell in scene.grid for cell in scene.targets)


@settings(max_examples=60)
@given(
    sides=st.tuples(st.integers(2, 30), st.integers(2, 30)).map(lambda s: (min(s), max(s))),
    source=st.sampled_from(list(STATISTICS)),
    index=st.integers(0, 1000),
)
def test_grids_of_any_asked_size_hold_regions_that_leave_a_cell_outside(sides, source, index):
    scene = sample_scene(5, source, index, sides)
    assert sides[0] <= min(scene.grid.rows, scene.grid.cols)
    assert max(scene.grid.rows, scene.grid.cols) <= sides[1]
    assert 1 <= len(scene.targets) <= max(1, scene.grid.cell_count // 3)
    for region, _ in scene.regions.values():
        assert 1 <= region.r1 <= region.r2 <= scene.grid.rows
        assert 1 <= region.c1 <= region.c2 <= scene.grid.cols
        covered = (region.r2 - region.r1 + 1) * (region.c2 - region.c1 + 1)
        assert covered < scene.grid.cell_count


def test_profiles_and_target_counts_follow_the_weights(drawn):
    rules, scenes = drawn
    for seen, weights in (
        (
            [scene.profile for scene in scenes],
            dict(zip(rules.sides, rules.profile_weights, strict=True)),
        ),
        (
            [len(scene.targets) for scene in scenes],
            {i + 1: w for i, w in enumerate(rules.target_weights)},
        ),
    ):
        expected = [SCENES * w / sum(weights.values()) for w in weights.values()]
        observed = [seen.count(name) for name in weights]
        assert stats.chisquare(observed, expected).pvalue > 1e-4


def test_labels_tell_the_case_and_fall_back_only_where_the_wish_is_impossible(drawn):
    _, scenes = drawn
    for scene in scenes:
        for key in LOCAL_TEMPLATES:
            region, label = scene.regions[key]
            actual = region_case(region, scene.targets)
            if not label.startswith("fallback_"):
                assert label == actual
                continue
            _, found, _, wanted = label.split("_")
            assert found == actual
            assert wanted != actual
            if wanted == "partial" and len(scene.targets) > 1 and region.type == "ROW_RANGE":
                assert len({cell.row for cell in scene.targets}) == 1


def test_region_kinds_belong_to_their_templates(drawn):
    rules, scenes = drawn
    for scene in scenes:
        assert scene.regions["T4"][0].type == "VISUAL_REGION"
        assert scene.regions["T5"][0].type == "EXCLUSION"
        for key in ("T2", "T3"):
            region = scene.regions[key][0]
            assert region.type in ("ROW_RANGE", "COL_RANGE", "RECTANGLE")
            if region.type == "ROW_RANGE":
                assert rules.line_spans[0] <= region.r2 - region.r1 + 1 <= rules.line_spans[1]


def test_local_regions_of_one_scene_are_drawn_independently(drawn):
    _, scenes = drawn
    same = sum(scene.regions["T2"][0] == scene.regions["T3"][0] for scene in scenes)
    assert same < 0.1 * SCENES


@pytest.mark.parametrize(
    ("kwargs", "label"),
    [
        ({"profile": "large", "target_count": 4, "region_count": 1}, "hard"),
        ({"profile": "large", "target_count": 3, "region_count": 1}, "medium"),
        ({"profile": "small", "target_count": 4, "region_count": 0}, "hard"),
    ],
)
def test_difficulty_points(kwargs, label):
    assert difficulty(subset="ROSE-ChineseGlyph", similarity=None, **kwargs) == label


def test_difficulty_of_similar_emoji_and_edits():
    plain = {"profile": "large", "target_count": 1, "region_count": 1}
    assert difficulty(subset="ROSE-PixelEdit", similarity=None, **plain) == "hard"
    assert difficulty(subset="ROSE-EmojiContent", similarity=0.95, **plain) == "hard"
    assert difficulty(subset="ROSE-EmojiContent", similarity=0.949, **plain) == "medium"
