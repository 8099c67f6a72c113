"""Generated sets: what a group holds, equal pixels and rows everywhere, words that say nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from handeye.errors import OptionError
from handeye.media.view import read_view
from handeye.stress.item_set import patch_classes
from handeye.stress.items import BY_DEFAULT, CUES, DRAWN, FAMILIES, NO_SUCH, WORDED, Item
from handeye.stress.loader import load
from handeye.stress.scenes.families import FEWER, LEVELS, N_LEVELS, OWN, TILTS
from handeye.stress.scenes.generation import generate
from handeye.stress.scenes.groups import Group, Order
from handeye.stress.scenes.looking import answer
from handeye.stress.scenes.plan import group_order, plan_groups, plan_set
from handeye.stress.scenes.verification import verify
from handeye.stress.scenes.wording import kinds_of, missing, read

# Of decoded pixels and of rows without the hashes of files, whose bytes hang on a library.
GOLDEN = {
    "pixels": "d3591f2f6d326ee589fc3f9b0facc7da0f851d5fe6eb5f5eaa198fe2f764ed92",
    "rows": "d704a89ceaad647f76463ecc75bc4d652117bcb126d5fc801fb1d12300f7d859",
}


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): digest(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_pixels_and_rows_are_the_golden_ones(whole: Path) -> None:
    items = load(whole)
    pixels = [
        np.asarray(read_view(whole / name).image()).tobytes()
        for picture in items.pictures.values()
        for name in (picture.picture, picture.masks, picture.depth)
    ]
    rows = [
        msgspec.json.encode(msgspec.structs.replace(row, sha256=type(row.sha256)()))
        for row in (*items, *items.pictures.values())
    ]
    assert {"pixels": digest(*pixels), "rows": digest(*rows)} == GOLDEN


def test_the_same_bytes_with_any_number_of_workers_and_after_a_stop(
    dealt: Path, tmp_path: Path
) -> None:
    groups = 2 * len(BY_DEFAULT)
    two = generate(tmp_path / "two", seed=16, groups=groups, workers=2)
    assert hashes(two) == hashes(dealt)

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        generate(tmp_path / "again", seed=16, groups=groups, workers=1, progress=stop)
    assert not (tmp_path / "again" / "stress_test.jsonl").exists()
    assert hashes(generate(tmp_path / "again", seed=16, groups=groups, workers=1)) == hashes(dealt)


def test_a_group_hangs_on_nothing_but_seed_split_family_and_number() -> None:
    alone = plan_set(16, 3, "depth")
    among = plan_set(16, 60)
    assert [one for one in plan_groups(among) if one.family == "depth"][:3] == plan_groups(alone)
    order = plan_groups(alone)[0]
    same = [Group(16, "test", order, 336), Group(16, "test", order, 336)]
    assert list(same[0].items()) == list(same[1].items())
    assert list(same[0].items()) != list(Group(16, "dev", order, 336).items())
    assert list(same[0].items()) != list(Group(17, "test", order, 336).items())


def test_levels_and_cues_are_dealt_evenly() -> None:
    options = plan_set(5, 12 * 40)
    orders = plan_groups(options)
    for family in BY_DEFAULT:
        own = [order for order in orders if order.family == family]
        assert set(Counter(order.level for order in own).values()) == {40 // N_LEVELS}
        assert all(len(order.cues) == 2 for order in own)
        counts = Counter(cue for order in own for cue in order.cues)
        assert set(counts) == set(kinds_of(family))
        assert max(counts.values()) - min(counts.values()) <= 2
        pairs = {order.cues for order in own}
        assert len(pairs) > len(counts)
    assert {group_order(plan_set(5, 1, level=3), "odd", k).level for k in range(9)} == {3}


def test_a_group_asks_every_cue_in_its_cells(each: Path) -> None:
    items = load(each)
    for group in {item.scene_id for item in items}:
        own = [item for item in items if item.scene_id == group]
        family = own[0].family
        by_cue: dict[str, list[Item]] = defaultdict(list)
        for item in own:
            by_cue[item.cue].append(item)
        assert set(by_cue) == {"", *kinds_of(family)}
        for cue, some in by_cue.items():
            assert len(some) == (4 if cue else 2)
            golds = Counter(item.gold for item in some)
            a, b = some[0].values
            if cue == "other":
                assert golds == {a: 1, b: 1, NO_SUCH: 2}
                continue
            assert golds[a] == golds[b] == len(some) // 2
            if cue:  # a cue is true of half, of either picture
                cells = {(item.truth, item.cue_value) for item in some}
                assert cells == {(a, a), (a, b), (b, a), (b, b)}
        assert len({item.question for item in own if item.cue in ("", *DRAWN)}) == 1


def test_the_words_of_a_cue_are_where_they_are_said_to_be(each: Path) -> None:
    for item in load(each):
        if item.cue in WORDED:
            assert item.cue_span is not None
            start, end = item.cue_span
            cue, rest = item.question[start:end], item.question[:start] + item.question[end:]
            assert read(rest.strip()) == read(item.question)
            assert read(cue) is None
            yes_no = item.family in ("existence", "contact")
            assert yes_no or item.cue_value in cue
        elif item.cue == "other":
            assert item.cue_span is not None
            assert item.question[slice(*item.cue_span)] in item.meta["presumed"].values()
        else:
            assert item.cue_span is None


def test_words_of_both_values_differ_in_the_value_alone(whole: Path) -> None:
    for item in load(whole):
        if item.cue in WORDED and item.family not in ("existence", "contact"):
            other = item.values[1 - item.values.index(item.cue_value)]
            assert item.cue_span is not None
            start, end = item.cue_span
            turned = item.question[start:end].replace(item.cue_value, other)
            twins = [
                one.question
                for one in load(whole)
                if (one.scene_id, one.cue, one.cue_value) == (item.scene_id, item.cue, other)
            ]
            assert item.question[:start] + turned + item.question[end:] in twins
            break


def test_questions_are_read_back(each: Path) -> None:
    for item in load(each):
        asked = read(item.question)
        assert asked is not None
        words = item.meta["words"] | item.meta.get("presumed", {})
        assert (asked.kind, dict(asked.words)) == (item.meta["kind"], words)
    assert read("Is it raining?") is None


def test_pictures_of_two_truths_differ_in_the_evidence_alone(each: Path) -> None:
    items = load(each)
    drawn = {
        name: np.asarray(read_view(each / picture.picture).image())
        for name, picture in items.pictures.items()
    }
    for name, picture in items.pictures.items():
        stem = name.removeprefix(picture.scene_id)[1:]
        x0, y0, x1, y1 = picture.evidence
        twin = drawn[f"{picture.scene_id}-{'b' if stem[0] == 'a' else 'a'}{stem[1:]}"].copy()
        assert not np.array_equal(twin, drawn[name])
        twin[y0:y1, x0:x1] = drawn[name][y0:y1, x0:x1]
        assert np.array_equal(twin, drawn[name])
        assert picture.control is not None
        cx0, cy0, cx1, cy1 = picture.control
        assert (cx1 - cx0, cy1 - cy0) == (x1 - x0, y1 - y0)
        assert cx0 >= x1 or cx1 <= x0 or cy0 >= y1 or cy1 <= y0
        for thing in picture.objects:
            if thing["role"] in ("label", "companion"):
                bx0, by0, bx1, by1 = thing["box"]
                assert bx0 >= x1 or bx1 <= x0 or by0 >= y1 or by1 <= y0


def test_maps_are_as_the_rows_say(each: Path) -> None:
    items = load(each)
    for picture in items.pictures.values():
        masks, depth = items.masks(picture), items.depth(picture)
        assert not depth[masks == 0].any()
        shades = []
        for number, thing in enumerate(picture.objects, 1):
            rows, columns = np.nonzero(masks == number)
            assert thing["area"] == len(rows) > 0
            box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert thing["box"] == box
            shades.append(set(depth[masks == number].tolist()))
        assert all(len(shade) == 1 for shade in shades)
        assert [shade.pop() for shade in shades] == sorted({int(d) for d in depth[masks > 0]})


@pytest.mark.parametrize("patch", [1, 14, 16, 100, 336, 400])
def test_patch_classes_are_what_most_of_a_patch_shows(whole: Path, patch: int) -> None:
    items = load(whole)
    name, picture = next(iter(items.pictures.items()))
    masks = items.masks(picture)
    found = items.patch_classes(name, patch)
    side = -(-336 // patch)
    assert found.shape == (side, side)
    for row in range(0, side, 5):
        for column in range(0, side, 5):
            part = masks[row * patch : (row + 1) * patch, column * patch : (column + 1) * patch]
            counts = np.bincount(part.ravel())
            assert counts[found[row, column]] == counts.max()
    with pytest.raises(ValueError, match="patch must be at least 1"):
        patch_classes(masks, 0)


def test_levels_are_physical_and_sizes_scale(tmp_path: Path) -> None:
    assert all(len(levels) == N_LEVELS >= 4 for levels in (*LEVELS.values(), TILTS))
    large = load(generate(tmp_path / "large", seed=16, groups=12, size=672, workers=1))
    small = load(generate(tmp_path / "small", seed=16, groups=12, workers=1))
    for one, other in zip(large, small, strict=True):
        assert one.question == other.question
        assert other.physical is not None
        assert one.physical == other.physical * (2 if one.unit == "px" else 1)
    picture = large.pictures[large[0].picture_id]
    assert (picture.width, picture.height) == large.masks(picture).shape == (672, 672)


def test_tables_hold_the_rows(whole: Path) -> None:
    items = load(whole)
    table = pl.read_parquet(whole / "data" / "items" / "*.parquet")
    assert table["item_id"].to_list() == [item.item_id for item in items]
    assert table["values"].to_list() == [list(item.values) for item in items]
    shown = pl.read_parquet(whole / "data" / "pictures" / "*.parquet")
    assert shown["picture_id"].to_list() == list(items.pictures)
    first = next(iter(items.pictures.values()))
    assert json.loads(shown["objects"][0]) == first.objects


def test_the_matrix_says_why_cells_are_missing() -> None:
    for family in FAMILIES:
        for cue in CUES:
            reason = missing(family, cue)
            assert (cue in ("", *kinds_of(family))) != bool(reason)
            assert not reason or len(reason.split()) > 5
    assert sum(not missing(family, cue) for family in FAMILIES for cue in WORDED) == 7 * len(
        FAMILIES
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"groups": 0}, "groups must be"),
        ({"size": 20}, "size must be"),
        ({"level": 6}, "level must be"),
        ({"families": "count,deep"}, "'deep' is not known"),
        ({"families": "count,count"}, "count"),
        ({"cues": "hints"}, "'hints' is not known"),
        ({"split": "a/b"}, "split must be a name"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_options_that_make_no_set_are_refused(
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        generate(tmp_path / "no", **({"seed": 1} | wrong))  # type: ignore[arg-type]
    assert not (tmp_path / "no").exists()


def test_another_set_is_not_written_over(dealt: Path) -> None:
    before = hashes(dealt)
    with pytest.raises(OptionError, match="other options: seed is 16 there, 17 now"):
        generate(dealt, seed=17, groups=2 * len(BY_DEFAULT))
    assert hashes(dealt) == before


def test_what_is_on_request_comes_by_its_name_alone(requested: Path) -> None:
    assert {order.family for order in plan_groups(plan_set(5, 30))} == set(BY_DEFAULT)
    assert {item.family for item in load(requested)} == set(FAMILIES) - set(BY_DEFAULT)
    both = plan_groups(plan_set(5, 4, "reference,count"))
    assert [order.family for order in both] == ["count", "reference"] * 2


@pytest.mark.parametrize("level", range(1, N_LEVELS + 1))
def test_only_who_looks_at_the_mark_tells_what_is_referred_to(level: int) -> None:
    """Without it both pictures are the same, pixel by pixel, and two answers are right."""
    for number in range(6):
        group = Group(3, "test", Order("reference", number, level, ()), 224)
        item = next(iter(group.items()))
        without = []
        for painted in (group.painted["a"], group.painted["b"]):
            ((mark, thing),) = [
                (at, one) for at, one in enumerate(painted.scene.things) if one.role == "mark"
            ]
            pixels = painted.pixels.copy()
            pixels[painted.masks == mark + 1] = painted.scene.ground
            x0, y0, x1, y1 = painted.boxes[mark]
            pixels[y0:y1, x0:x1] = painted.scene.ground  # its soft edge
            without.append(pixels)
            assert thing.name == item.meta["words"]["mark"]
            # Both colours are there, of the same name.
            same = [one for one in painted.scene.things if one.name == item.meta["words"]["thing"]]
            assert sorted(one.colour for one in same) == sorted(item.values)
        assert (without[0] == without[1]).all()
        # So who ignores it, however it chooses, says the same of both and tells no pair; who looks
        # tells all that are easy.
        blind = [answer(item.question, pixels) for pixels in without]
        seen = [answer(item.question, group.painted[name].pixels) for name in "ab"]
        assert blind[0] == blind[1]
        assert tuple(seen) == item.values or level > 2


def test_so_many_things_are_in_every_picture(tmp_path: Path) -> None:
    options = {"seed": 4, "groups": 48, "cues": "context", "size": 128, "workers": 1}
    few = generate(
        tmp_path / "few", families="count,size,relation,reference", things="3:5", **options
    )
    counts = defaultdict(Counter)
    for picture in load(few).pictures.values():
        counts[picture.meta["family"]][len(picture.objects)] += 1
    assert {family: set(found) for family, found in counts.items()} == {
        family: {3, 4, 5} for family in ("count", "size", "relation", "reference")
    }
    found = verify(few, workers=1)
    assert (found.problems, found.counts["groups made again"]) == ((), 48)
    # Of every family as few as it can have, and many.
    for level in (1, N_LEVELS):
        for family in FAMILIES:
            fewest = OWN[family] + (family in FEWER)
            for room in ((fewest, fewest), (12, 12)):
                low = max(1, room[0] - (family in FEWER))
                order = Order(family, 0, level, (), (low, room[1]))
                painted = Group(4, "test", order, 336).painted.values()
                assert all(low <= len(one.scene.things) <= room[1] for one in painted)


@pytest.mark.parametrize(
    ("things", "families", "said"),
    [
        ("3", None, "LOW:HIGH"),
        ("5:3", None, "LOW <= HIGH"),
        ("3:4", "odd", "odd has 5"),
        ("4:4", "count", "give two numbers"),
        ("0:99", None, "12"),
    ],
)
def test_numbers_of_things_that_no_picture_has_are_refused(
    things: str, families: str | None, said: str
) -> None:
    with pytest.raises(OptionError, match=said):
        plan_set(1, 4, families, things=things)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_group_can_be_drawn(family: str) -> None:
    """Rows and pictures come out whatever is drawn; what is promised is asserted on the way."""
    for number in range(12):
        order = Order(family, number, number % N_LEVELS + 1, kinds_of(family))  # type: ignore[arg-type]
        group = Group(2026, "test", order, 224)
        assert len(list(group.pictures())) == len(group.views)


@pytest.mark.parametrize("level", range(1, N_LEVELS + 1))
def test_lines_that_touch_and_lines_that_do_not_differ_by_the_gap(level: int) -> None:
    gap, thick = LEVELS["contact"][level - 1], 5
    for number in range(4):
        group = Group(7, "test", Order("contact", number, level, ()), 336)
        one, other = (group.painted[name].pixels.astype(int) for name in "ab")
        # The gap is as wide as the line, and round at one end; nothing else differs, by no bit.
        changed = np.abs(one - other).max(axis=2)
        assert 0.5 * gap * thick < (changed > changed.max() / 2).sum() < (gap + 2) * (thick + 1.5)
        assert all(np.ptp(at) <= np.hypot(gap + thick, thick) + 2 for at in np.nonzero(changed))
