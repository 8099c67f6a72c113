"""What states are asked about premises, of generated sets and of sets like the published one."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from handeye.premise.asking.questions import Asking
from handeye.premise.item_set import ItemSet
from handeye.premise.items import AUDIO_FALSE, VISION_FALSE, Item
from handeye.premise.loader import load
from handeye.premise.probed import PremiseProbed
from handeye.premise.scenes.generation import generate
from handeye.states.targets import Target, checked


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> ItemSet:
    out = tmp_path_factory.mktemp("families") / "set"
    options = {"kinds": "colour,size,pitch,beeps", "media": "picture+sound", "level": 1}
    generate(out, seed=3, families=8, workers=1, **options)  # type: ignore[arg-type]
    return load(out)


def asked(items: ItemSet, asking: Asking | None = None) -> list[Target]:
    return checked((one.item_id, one) for one in PremiseProbed().targets(items, asking))


def test_a_premise_is_in_neither_the_words_nor_the_clip(families: ItemSet) -> None:
    """Of one prompt half the rows are 1, and of one clip half of those of a sense."""
    by_prompt: dict[str, list[int]] = defaultdict(list)
    by_clip: dict[tuple[str, str], list[int]] = defaultdict(list)
    clips = {item.item_id: item.clip_id for item in families}
    for one in asked(families):
        if one.target == "premise" and one.stratum != "both":
            by_prompt[one.texts["prompt"]].append(one.label)
            by_clip[clips[one.item_id], one.stratum].append(one.label)
    assert all(sorted(labels) == [0, 0, 1, 1] for labels in by_prompt.values())
    assert all(sorted(labels) == [0, 1] for labels in by_clip.values())


def test_questions_with_two_premises_stand_apart(families: ItemSet) -> None:
    found = Counter(o.stratum for o in asked(families) if o.target == "premise")
    assert found == {"vision": 64, "audio": 64, "both": 24}
    rejected = {o.rejection for o in asked(families) if o.stratum == "both" and o.label == 1}
    assert rejected == {VISION_FALSE, AUDIO_FALSE}


def test_a_detail_is_a_matter_of_the_clip_alone(families: ItemSet) -> None:
    """Of one clip and sense a detail has one answer, whatever else is asked of it."""
    items = {item.item_id: item for item in families}
    answers: dict[tuple[str, str], set[int]] = defaultdict(set)
    balance: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in asked(families):
        if one.target.startswith("detail: "):
            item = items[one.item_id]
            assert one.label == (item.premise == "standard")
            assert one.sites == ("media",)
            place = item.meta["here"][item.modality == "audio"]
            answers[f"{item.scene_id} {item.modality} {place}", one.target].add(one.label)
            balance[one.target, one.group].append(one.label)
    assert all(len(labels) == 1 for labels in answers.values())
    # A family asks it of clips that have it and of as many that do not.
    assert all(sorted(labels) == [0, 0, 1, 1] for labels in balance.values())
    assert "detail: size left" in {target for target, _ in balance}


def test_siblings_differ_in_one_thing(families: ItemSet) -> None:
    items = {item.item_id: item for item in families}
    roles: Counter[str] = Counter()
    for one in asked(families):
        item = items[one.item_id]
        if one.target != "premise" or item.modality == "both":
            continue
        roles.update(list(one.siblings))
        own = item.modality == "audio"
        media, other, question = (items[one.siblings[r]] for r in ("media", "other", "question"))
        assert media.prompt_id == other.prompt_id == item.prompt_id
        assert media.meta["here"][own] != item.meta["here"][own]
        assert media.meta["here"][not own] == item.meta["here"][not own]
        assert other.meta["here"][own] == item.meta["here"][own]
        assert other.meta["here"][not own] != item.meta["here"][not own]
        assert (question.clip_id, question.modality) == (item.clip_id, item.modality)
        assert media.premise == question.premise != item.premise == other.premise
    assert roles == {"media": 128, "other": 128, "question": 128}


def test_roles_and_spans_are_those_of_what_is_asked(families: ItemSet) -> None:
    for asking in (Asking(), Asking(option_order="shuffle:5"), Asking(variant="check-first")):
        for one in asked(families, asking):
            prompt = one.texts["prompt"]
            assert one.spans["premise"].casefold() in prompt.casefold()
            rejecting = {"vision": "visual", "audio": "audio"}.get(one.stratum)
            if rejecting and one.target == "premise":
                letter = "ABCDEF"[one.roles.index(one.rejection)]
                assert f"\n{letter}. The {rejecting} detail in the question is wrong." in prompt
    for one in asked(families, Asking(variant="true-false")):
        assert (one.roles, one.rejection) == ((), -1)
        assert set(one.spans) == {"premise"}


def test_a_published_set_has_no_details_and_tells_nothing_by_its_kinds(tmp_path: Path) -> None:
    def item(name: str, premise: str, modality: str, kind: str) -> Item:
        false = VISION_FALSE if modality == "vision" else AUDIO_FALSE
        return Item(
            item_id=f"{name}-{premise}-{modality}",
            scene_id=name,
            clip_id=name,
            modality=modality,  # type: ignore[arg-type]
            premise=premise,  # type: ignore[arg-type]
            question=f"What does the man in {premise} do?",
            options=("a", "b", "c", "d"),
            gold=0 if premise == "standard" else false,
            kind=kind,
        )

    rows = [
        item(name, premise, modality, "object type" if premise == "misleading" else "")
        for name in ("v1", "v2")
        for premise in ("standard", "misleading")
        for modality in ("vision", "audio")
    ]
    items = ItemSet(tmp_path, tuple(rows), (), "published")
    found = asked(items)
    premises = [one for one in found if one.target == "premise"]
    assert len(premises) == 8
    assert {one.strata["kind"] for one in premises} == {"object type"}
    assert {frozenset(one.siblings) for one in premises} == {frozenset({"question"})}
    assert {tuple(one.spans) for one in premises} == {("question",)}
    assert not [one for one in found if one.target.startswith("detail")]
    assert Counter(one.label for one in found if one.target == "sense") == {0: 2, 1: 2}
