"""What a run sends is what the model was trained on: words, pictures, and both as tensors."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

from PIL import Image

from handeye.respondents.local.chat import write_ask
from handeye.respondents.local.loading import of
from handeye.respondents.local.prompts import process
from handeye.rose.asking.prompts import Asking
from handeye.rose.questions import TEMPLATES
from handeye.rose.release import load
from handeye.rose.scenes.generation import generate
from handeye.rose.teaching.scenes import Picture, Question
from handeye.rose.teaching.words import phrases
from handeye.training.architecture import build
from handeye.training.lesson import IGNORED
from handeye.training.packing import Packer


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Every item of a generated set with its conversation as a run writes it."""
    folder = generate(
        tmp_path_factory.mktemp("requests") / "set",
        seed=11,
        scenes=4,
        sources="pixel-content,pixel-edit",
        grid="2:8",
        workers=1,
    )
    items = load(folder, templates="all")
    asked = zip(items, Asking().questions(items), strict=True)
    return [(item, question.media[0], question.write().messages) for item, question in asked]


@pytest.fixture(scope="module")
def loaded():
    torch.set_num_threads(1)
    return of(*build("small", 1, phrases()))


def test_every_template_is_asked(asked):
    assert {item.task_template for item, _, _ in asked} == set(TEMPLATES)


def test_a_request_is_tokenised_as_in_training(asked, loaded):
    packer = Packer(loaded.processor)
    for item, picture, messages in asked:
        sent = process(loaded, [write_ask(loaded, messages)])
        with Image.open(picture.path) as image:
            pixels = np.asarray(image.convert("RGB"))
        question = Question(
            item.task_template,
            f"{item.prompt_global}\n{item.prompt_local}",
            item.ground_truth_formal_answer,
            item.region,
            item.gold,
        )
        batch = packer.pack([Picture(pixels, (question,), item.grid, item.targets, None)])
        told = int((batch["labels"] != IGNORED).sum())
        assert sent["input_ids"].tolist() == batch["input_ids"][:, :-told].tolist()
        assert torch.equal(sent["pixel_values"], batch["pixel_values"])


def test_questions_of_a_set_are_as_short_as_those_of_training(asked, loaded):
    """A phrase that the tokenizer does not know would fall apart into its bytes."""
    for _, _, messages in asked:
        ask = write_ask(loaded, messages)
        words = loaded.tokenizer(ask.text.replace("<image>", ""), add_special_tokens=False)
        assert len(words["input_ids"]) <= 12
