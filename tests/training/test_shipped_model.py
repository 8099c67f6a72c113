"""The model in the package: small enough, loads plainly, and scores what its card says."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from scipy.stats import binom
from transformers import AutoModelForImageTextToText, AutoProcessor

from handeye.respondents.local.shipped import small_model_dir
from handeye.rose.teaching.evaluation import examine
from handeye.rose.teaching.papers import own_papers
from handeye.rose.teaching.recipe import recipe_of

SCENES = 24


@pytest.fixture(scope="module")
def folder() -> Path:
    return small_model_dir()


@pytest.fixture(scope="module")
def marks(folder):
    torch.set_num_threads(1)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    # Another seed than that of the card: fresh scenes.
    return examine(model, processor, own_papers(77, SCENES))


def test_it_is_small_and_has_its_papers(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 10_000_000
    card = json.loads((folder / "run-card.json").read_text())
    assert {"sighted": True} | card["recipe"] == recipe_of("small").record()
    assert "license: mit" in (folder / "README.md").read_text()


def test_it_scores_on_fresh_scenes_what_its_card_says(folder, marks):
    """Within what 24 scenes can differ from 300: the central 99.9 % of a binomial, card's rate."""
    stated = {
        (mark["template"], mark["split"]): mark
        for mark in json.loads((folder / "examination.json").read_text())["marks"]
    }
    for mark in marks:
        said = stated[mark.template, mark.split]
        low, high = (
            binom.ppf(tail, mark.items, rate)
            for tail, rate in ((0.0005, said["low"]), (0.9995, said["high"]))
        )
        assert low <= round(mark.passed * mark.items) <= high, (mark, said)


def test_it_sees(marks):
    """On art it knows, it beats its blind copy and the commonest answer, over all templates."""
    known = [mark for mark in marks if mark.split == "seen"]
    passed, blind, chance = (
        sum(getattr(mark, name) for mark in known) / len(known)
        for name in ("passed", "blind", "chance")
    )
    assert passed > max(blind, chance) + 0.1
