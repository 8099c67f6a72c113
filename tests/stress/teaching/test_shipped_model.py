"""The model of the stress test in the package: small, loads plainly, does what its card says."""

import json

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from scipy.stats import binom

from handeye.models.registry import make_respondent
from handeye.respondents.local.shipped import shipped_model_dir
from handeye.stress.teaching.evaluation import examine
from handeye.stress.teaching.lesson import RECIPES
from handeye.training.asking import load_model


@pytest.fixture(scope="module")
def folder():
    return shipped_model_dir("stress-small", "handeye train stress")


def test_it_is_small_and_has_its_papers(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 10_000_000
    card = json.loads((folder / "run-card.json").read_text())
    assert card["recipe"] == RECIPES["mini"].record()
    assert f"--preset mini --seed {card['seed']}" in (folder / "README.md").read_text()
    assert make_respondent("stress-small", {}) is not None


def test_it_tells_pairs_in_fresh_groups_as_often_as_its_card_says(folder):
    """All families together, within 99.9 % of what so few groups can differ from the card's."""
    torch.set_num_threads(1)
    found = json.loads((folder / "examination.json").read_text())
    card = [mark for mark in found["marks"] if mark["form"] == "letters"]
    rate = sum(mark["pairs"] * mark["groups"] for mark in card) / found["scenes"]
    assert found["seen"]["letters"], "it sees something"
    # Another seed than that of the card: fresh groups.
    marks = [m for m in examine(*load_model(folder), 77, 48) if m.form == "letters"]
    told = round(sum(mark.pairs * mark.groups for mark in marks))
    assert binom.ppf(0.001, 48, rate) <= told <= binom.ppf(0.999, 48, rate)
