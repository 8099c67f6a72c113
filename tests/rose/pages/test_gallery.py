from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
from PIL import Image

from handeye.pages.pictures import Album
from handeye.rose.diagnosis.findings import Attribution
from handeye.rose.items import Item
from handeye.rose.pages import gallery, signs
from handeye.rose.release import load
from handeye.rose.scoring.score_frame import to_frame
from handeye.rose.scoring.score_item import score_item
from handeye.scores.diagnosed import Group, Share
from handeye.scores.estimate import NOTHING


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


def failures(counts: dict[tuple[str, str], int]) -> pl.DataFrame:
    """A frame of failures: ``{(subset, reason): how many}``."""
    rows = [
        {
            "item_id": f"{subset}{reason}{k}",
            "task_template": "T2_COUNT_LOCAL_NUMERIC",
            "rose_subset": subset,
            "passed": False,
            "reason": reason,
            "tags": [reason, "also"],
        }
        for (subset, reason), n in counts.items()
        for k in range(n)
    ]
    return signs.items(pl.DataFrame(rows))


def test_items_keep_their_place_in_the_scores() -> None:
    reasons = pl.DataFrame(
        {
            "item_id": ["a", "b", "c"],
            "task_template": ["T1"] * 3,
            "rose_subset": ["S"] * 3,
            "passed": [True, False, True],
            "reason": [None, "missed", None],
            "tags": [[], ["missed", "neighbour"], []],
        }
    )
    assert signs.items(reasons).rows() == [
        (0, "a", "T1", "S", True, "passed", []),
        (1, "b", "T1", "S", False, "missed", ["missed", "neighbour"]),
        (2, "c", "T1", "S", True, "passed", []),
    ]


def test_a_run_without_diagnosis_still_has_failures() -> None:
    scores = to_frame(
        [score_item(item("COUNT"), "COUNT(2)"), score_item(item("COUNT"), "COUNT(3)")]
    )
    found = signs.undiagnosed(scores.lazy())
    assert found["passed"].to_list() == [True, False]
    assert found["reason"].to_list() == ["passed", signs.UNDIAGNOSED.key]
    assert found["tags"].to_list() == [[], []]
    # What failed stands first.
    assert [one.row for one in gallery.choose([found], 5)] == [1, 0]


def test_words_of_several_runs_keep_their_order() -> None:
    def shares(keys: str) -> list[Share]:
        return [Share(k, k.upper(), f"about {k}", 1, NOTHING, NOTHING) for k in keys]

    def attribution(reasons: str, tags: str = "") -> Attribution:
        action = Group(9, 9, NOTHING, shares(reasons), shares(tags))
        return Attribution(action, Group(0, 0, NOTHING, [], []), {}, [], {})

    words = signs.vocabulary([attribution("acd", "az"), attribution("abd")])
    assert words.order == ["a", "b", "c", "d", "z", "undiagnosed", "passed"]
    assert words["c"] == signs.Sign("c", "C", "about c")
    assert words["never_heard"].label == "never heard"
    assert words["undiagnosed"].label == "not diagnosed"


def test_a_rare_failure_is_shown_beside_a_common_one() -> None:
    failed = failures({("A", "count_low"): 300, ("A", "unreadable"): 2, ("B", "count_low"): 3})
    chosen = gallery.choose([failed], 8)
    assert len(chosen) == 8
    assert Counter(choice.reason for choice in chosen)["unreadable"] == 2
    assert Counter(choice.item_id[0] for choice in chosen)["B"] == 3


def test_choice_is_stable_and_limited() -> None:
    failed = failures({("A", "count_low"): 40, ("B", "unreadable"): 40})
    assert gallery.choose([failed, failed], 11) == gallery.choose([failed, failed], 11)
    assert len(gallery.choose([failed], 11)) == 11
    assert len(gallery.choose([failed], 1000)) == 80
    assert gallery.choose([failed], 0) == []
    runs = Counter(choice.run for choice in gallery.choose([failed, failed], 20))
    assert runs == {0: 10, 1: 10}


def card(text: str | None, mode: str = "CLICK", known: bool = True) -> gallery.Card:
    one = item(mode)
    scores = to_frame([score_item(one, text)])
    choice = gallery.Choice(0, 0, one.item_id, "missed", ("missed", "neighbour"))
    words = signs.Vocabulary([signs.Sign("missed", "a target missed", "One was not clicked.")])
    row = scores.row(0, named=True)
    return gallery.build_card(choice, "run", row, text, one if known else None, None, words)


def test_card_shows_its_reason_once_and_the_other_signs() -> None:
    made = card("CLICK(R1,C1); DONE")
    assert made.reason.label == "a target missed"
    assert [sign.label for sign in made.tags] == ["neighbour"]


def test_card_without_its_data_set_still_shows_answer_and_grid() -> None:
    made = card("CLICK(R1,C1); DONE", known=False)
    assert made.question == made.prompt == ""
    assert made.gold == "" or "CLICK" in made.gold
    assert not made.drawn
    assert "Schematic of a grid of 8 rows and 8 columns" in made.alt
    assert "1 right, 1 missed" in made.alt
    assert 'class="sheet"' in made.drawing
    # The score row tells where the region lies.
    assert "region" in made.legend


def test_clicks_that_are_read_forgivingly_are_drawn_and_counted() -> None:
    """The reasons and signs on the card speak of them."""
    for text in ("The cells: CLICK(R1,C1); CLICK(R2,C7); DONE", "CLICK(R1,C1); CLICK(R2,C7)"):
        made = card(text)
        assert {"hit", "missed", "wrong"} <= set(made.legend)
        assert "1 right, 1 missed, 1 wrong" in made.alt
        assert "forgiven" in made.legend
        assert "2 clicked" in made.facts
        assert "read forgivingly" in made.facts
    for text in ("CLICK(R1,C1); CLICK(R1,C1); DONE", "So: CLICK(R1,C1); CLICK(R1,C1)"):
        assert "twice" in card(text).legend
    assert "forgiven" not in card("CLICK(R1,C1); CLICK(R2,C7); DONE").legend
    assert "wrong" not in card("I see nothing at all in CLICK(R?,C7)").legend
    assert "3 submitted" in card("Sure: CLICK(R1,C1); SUBMIT(3)", "CLICK_COUNT").facts


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
