"""The model of clips in the package: small enough, loads plainly, does what its card says."""

import json
from collections import Counter

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from scipy.stats import binom
from transformers import AutoModelForImageTextToText, AutoProcessor

from handeye.models.registry import make_respondent
from handeye.premise.teaching.evaluation import examine
from handeye.premise.teaching.recipe import RECIPES
from handeye.respondents.local.shipped import shipped_model_dir

LEARNED = {"brightness", "colour", "size", "orientation", "side", "timbre", "glide"}


@pytest.fixture(scope="module")
def folder():
    return shipped_model_dir("premise-small", "handeye train premise")


@pytest.fixture(scope="module")
def marks(folder):
    torch.set_num_threads(1)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    recipe = RECIPES["mini"]
    taught = {
        "vision": frozenset(recipe.seen.split(",")),
        "audio": frozenset(recipe.heard.split(",")),
    }
    # Another seed than that of the card: fresh clips.
    return examine(model, processor, 77, 30, taught, recipe.levels)


def test_it_is_small_and_has_its_papers(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 10_000_000
    card = json.loads((folder / "run-card.json").read_text())
    assert card["recipe"] == RECIPES["mini"].record()
    assert f"--preset mini --seed {card['seed']}" in (folder / "README.md").read_text()
    assert make_respondent("premise-small", {}) is not None


def test_what_it_has_learned_it_tells_and_its_copies_do_not(marks, folder):
    """Within what so few clips can differ from the card's: 99.9 % of a binomial at its rate."""
    right, items, copies = Counter(), Counter(), Counter()
    for mark in marks:
        if mark.kind in LEARNED and mark.form == "six" and mark.split == "seen":
            right[mark.sense] += round(mark.right * mark.items)
            copies[mark.sense] += round((mark.blind, mark.deaf)[mark.sense == "audio"] * mark.items)
            items[mark.sense] += mark.items
    assert set(items) == {"vision", "audio"}
    for sense, n in items.items():
        assert right[sense] >= binom.ppf(0.001, n, 0.95)
        assert copies[sense] <= binom.ppf(0.999, n, 0.6)
