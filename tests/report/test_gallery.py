from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from handeye.report import gallery, kinds
from handeye.report.pictures import Album
from handeye.rose.items import Item
from handeye.rose.release import load
from handeye.rose.score_frame import to_frame
from handeye.rose.scoring import score_item


def item(mode: str, **more: object) -> Item:
    template = {"COUNT": "T2_COUNT_LOCAL_NUMERIC", "CLICK": "T3_CLICK_LOCAL_NUMERIC",
                "CLICK_COUNT": "T5_CLICK_COUNT_EXCLUSION"}[mode]  # fmt: skip
    region = {"exclude_type": "ROW_RANGE", "exclude_params": {"r1": 5, "r2": 8}}
    values: dict[str, object] = {
        "item_id": "i",
        "scene_id": "s",
        "task_template": template,
        "task_mode": mode,
        "region_type": "EXCLUSION" if mode == "CLICK_COUNT" else "ROW_RANGE",
        "region_params": region if mode == "CLICK_COUNT" else {"r1": 1, "r2": 4},
        "rows": 8,
        "cols": 8,
        "ground_truth_count": 2,
        "all_target_cells": ["R1,C1", "R4,C4", "R8,C8"],
        "region_target_cells": ["R1,C1", "R4,C4"],
        "rose_subset": "ROSE-PixelEdit",
        "prompt_local": "the question",
        "prompt": "all of the prompt",
        **more,
    }
    return Item(**values)  # type: ignore[arg-type]


def kinds_of(mode: str, text: str | None, **more: str) -> set[str]:
    frame = to_frame([score_item(item(mode), text, **more)])  # type: ignore[arg-type]
    failed = kinds.failures(frame)
    return set(failed["kinds"].to_list()[0]) if len(failed) else set()


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        ("COUNT", "COUNT(2)", set()),
        ("COUNT", "COUNT(1)", {"count-low"}),
        ("COUNT", "COUNT(3)", {"count-high", "whole-grid"}),
        ("COUNT", "COUNT(99999999999999999999999999)", {"count-high"}),
        ("COUNT", "two", {"format"}),
        ("COUNT", "", {"empty"}),
        ("CLICK", "CLICK(R1,C1); CLICK(R4,C4); DONE", set()),
        ("CLICK", "CLICK(R1,C1); DONE", {"missed"}),
        ("CLICK", "CLICK(R1,C1); CLICK(R4,C5); DONE", {"missed", "wrong-cell", "neighbour"}),
        (
            "CLICK",
            "CLICK(R1,C1); CLICK(R4,C4); CLICK(R9,C1); DONE",
            {"out-of-grid", "outside-region"},
        ),
        ("CLICK", "CLICK(R1,C1); CLICK(R4,C4); CLICK(R4,C4); DONE", {"duplicate"}),
        (
            "CLICK",
            "CLICK(R1,C1); CLICK(R4,C4); CLICK(R8,C8); DONE",
            {"whole-grid", "outside-region", "wrong-cell"},
        ),
        ("CLICK_COUNT", "CLICK(R1,C1); CLICK(R4,C4); SUBMIT(2)", set()),
        ("CLICK_COUNT", "CLICK(R1,C1); CLICK(R4,C4); SUBMIT(1)", {"count-low", "submit"}),
    ],
)
def test_kinds_of_one_answer(mode: str, text: str, expected: set[str]) -> None:
    found = kinds_of(mode, text)
    # A click outside the grid counts as outside the region too, if the evaluator says so.
    assert found - {"outside-region"} == expected - {"outside-region"}


@pytest.mark.parametrize("state", ["refused", "truncated", "error"])
def test_items_without_an_answer_show_their_state_and_no_format_error(state: str) -> None:
    found = kinds_of("CLICK", "CLICK(R1,C", state=state)
    assert state in found
    assert "format" not in found


def test_main_kind_is_the_first_obstacle() -> None:
    frame = to_frame([score_item(item("CLICK"), "CLICK(R9,C1); DONE")])
    assert kinds.failures(frame)["main_kind"].to_list() == ["out-of-grid"]


def many(counts: dict[tuple[str, str], int]) -> pl.DataFrame:
    """A frame of failures: ``{(subset, answer): how many}``."""
    rows = [
        score_item(item("COUNT", item_id=f"{subset}{answer}{k}", rose_subset=subset), answer)
        for (subset, answer), n in counts.items()
        for k in range(n)
    ]
    return kinds.failures(to_frame(rows))


def test_a_rare_failure_is_shown_beside_a_common_one() -> None:
    failed = many({("A", "COUNT(1)"): 300, ("A", "nonsense"): 2, ("B", "COUNT(1)"): 3})
    chosen = gallery.choose([failed], 8)
    assert len(chosen) == 8
    shown = Counter(choice.kinds[0] for choice in chosen)
    assert shown["format"] == 2
    subsets = Counter(failed["rose_subset"][failed["row"].to_list().index(c.row)] for c in chosen)
    assert subsets["B"] == 3


def test_choice_is_stable_and_limited() -> None:
    failed = many({("A", "COUNT(1)"): 40, ("B", "x"): 40})
    assert gallery.choose([failed, failed], 11) == gallery.choose([failed, failed], 11)
    assert len(gallery.choose([failed], 11)) == 11
    assert len(gallery.choose([failed], 1000)) == 80
    assert gallery.choose([failed], 0) == []
    runs = Counter(choice.run for choice in gallery.choose([failed, failed], 20))
    assert runs == {0: 10, 1: 10}


def card(text: str | None, mode: str = "CLICK", known: bool = True) -> gallery.Card:
    one = item(mode)
    scores = to_frame([score_item(one, text)])
    (choice,) = gallery.choose([kinds.failures(scores)], 1)
    row = scores.row(choice.row, named=True)
    return gallery.build_card(0, choice, "run", row, text, one if known else None, None)


def test_card_without_its_data_set_still_shows_answer_and_grid() -> None:
    made = card("CLICK(R1,C1); DONE", known=False)
    assert made.question == made.prompt == ""
    assert made.gold == "" or "CLICK" in made.gold
    assert not made.has_picture
    assert "Schematic of a grid of 8 rows and 8 columns" in made.alt
    assert "1 right, 1 missed" in made.alt
    assert 'class="sheet"' in made.drawing


def test_absurd_clicks_and_endless_answers_are_cut() -> None:
    far = "9" * 5000
    made = card(f"CLICK(R{far},C1); DONE")
    assert "out" in made.legend
    long = card("CLICK(R1,C1); " * 2000 + "DONE")
    assert len(long.answer) < 4100
    assert long.answer.endswith("more characters")


def test_album_embeds_once_within_its_budget(data: Path) -> None:
    items = [one for one in load(data) if one.task_template.startswith("T1_")]
    album = Album(600_000, len(items))
    for one in [*items, *items]:
        assert gallery.picture_of(album, data, one) is not None
    assert len(album.pictures) == len(items)
    assert sum(picture.size for picture in album.pictures) <= 600_000
    tight = Album(40_000, 8)
    assert None in {gallery.picture_of(tight, data, one) for one in items[:8]}
    assert 0 < sum(picture.size for picture in tight.pictures) <= 40_000
    assert all(p.uri.startswith("data:image/webp;base64,") for p in album.pictures)


def test_missing_broken_and_outside_pictures_fall_back_to_the_grid(tmp_path: Path) -> None:
    root = tmp_path / "set"
    root.mkdir()
    (root / "broken.png").write_bytes(b"no picture")
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    album = Album(1000, 1)
    for name in ("absent.png", "broken.png", "../secret.png", str(tmp_path / "secret.png"), ""):
        assert gallery.picture_of(album, root, item("COUNT", image=name)) is None
    assert album.pictures == []
