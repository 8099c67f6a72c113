"""A packed batch computes each question as if it were asked alone."""

import pytest

torch = pytest.importorskip("torch", reason="needs handeye[train]")
pytest.importorskip("transformers", reason="needs handeye[train]")

from handeye.rose.teaching.scenes import LABELS, Ease, training_picture
from handeye.rose.teaching.words import phrases
from handeye.training.architecture import build, save
from handeye.training.lesson import IGNORED, Label
from handeye.training.packing import Packer, attention_mask
from handeye.training.supervision import Pupil
from handeye.training.words import END


@pytest.fixture(scope="module")
def built():
    torch.set_num_threads(1)
    model, processor = build("tiny", 1, phrases())
    # Fresh weights hardly tell one word from another; larger ones make any leak visible.
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.mul_(4)
    return model.eval(), processor


def _alone(model, processor, picture):
    """Summed loss of the answers, and their tokens, asked one by one through the processor."""
    total, tokens = 0.0, 0
    for question in picture.questions:
        user = {
            "role": "user",
            "content": [{"type": "image"}, {"type": "text", "text": question.text}],
        }
        asked = processor.apply_chat_template([user], add_generation_prompt=True)
        whole = processor(
            text=asked + question.answer + END, images=picture.pixels, return_tensors="pt"
        )
        start = processor(text=asked, images=picture.pixels, return_tensors="pt")
        n = start["input_ids"].shape[1]
        with torch.no_grad():
            scores = model(**whole).logits[0, n - 1 : -1]
        told = whole["input_ids"][0, n:]
        total += float(torch.nn.functional.cross_entropy(scores, told, reduction="sum"))
        tokens += len(told)
    return total, tokens


def test_answer_loss_is_that_of_the_plain_model(built):
    model, processor = built
    pictures = [training_picture(1, i, Ease()) for i in range(3)]
    pupil = Pupil(model, LABELS, "odd").eval()
    with torch.no_grad():
        packed = pupil(**Packer(processor).pack(pictures))
    alone = [_alone(model, processor, picture) for picture in pictures]
    expected = sum(total for total, _ in alone) / sum(n for _, n in alone)
    assert float(packed["answer_loss"]) == pytest.approx(expected, abs=1e-4)


def test_nothing_sees_another_question_or_the_future(built):
    _, processor = built
    batch = Packer(processor).pack([training_picture(1, i, Ease()) for i in range(2)])
    blocks = batch["blocks"]
    seen = attention_mask(blocks)[:, 0]
    for row in range(len(blocks)):
        for i in range(blocks.shape[1]):
            for j in torch.nonzero(seen[row, i])[:, 0].tolist():
                assert j <= i
                assert i == j or int(blocks[row, j]) in (0, int(blocks[row, i]))
    assert bool(seen.any(-1).all())


def test_labels_are_the_answers_and_nothing_else(built):
    _, processor = built
    picture = training_picture(1, 1, Ease())
    batch = Packer(processor).pack([picture])
    labels = batch["labels"][0]
    told = processor.tokenizer.decode(labels[labels != IGNORED])
    assert told == "".join(question.answer + END for question in picture.questions)


def test_patch_labels_tell_what_lies_under_each_patch():
    picture = training_picture(1, 1, Ease())
    assert picture.cue is not None
    labels = picture.patch_labels(4 * picture.grid.rows).reshape(4 * picture.grid.rows, -1, 4)
    cells = {(int(r) + 1, int(c) + 1) for r, c, odd, _ in labels.reshape(-1, 4) if odd}
    assert cells == set(picture.targets)
    lit = {(int(r) + 1, int(c) + 1) for r, c, _, cue in labels.reshape(-1, 4) if cue}
    assert all(cell in picture.cue for cell in lit)
    assert len(lit) == picture.cue.cell_count(picture.grid)


def test_looking_comes_first_and_does_not_touch_the_decoder(built):
    model, processor = built
    pupil = Pupil(model, LABELS, "odd", looking_steps=1).train()
    batch = Packer(processor).pack([training_picture(1, 0, Ease())])
    told = pupil(**batch)
    told["loss"].backward()
    assert float(told["answer_loss"]) == 0
    assert all(p.grad is None for p in model.model.language_model.parameters())
    assert all(p.grad is not None for p in pupil.heads.parameters())
    pupil(**batch)["loss"].backward()
    assert all(p.grad is not None for p in model.model.language_model.parameters())
    model.zero_grad(set_to_none=True)


def test_worded_patches_are_told_in_the_decoder_s_own_words(built):
    """No head, but the projector, the words' embeddings and the norm that reads both learn."""
    model, processor = built
    tokens = [processor.tokenizer.convert_tokens_to_ids(letter) for letter in "abcb"]
    label = Label("odd", 4, words=tuple("abcb"))
    pupil = Pupil(model, [label], "odd", looking_steps=99, words={"odd": tokens}).train()
    assert not list(pupil.heads.parameters())
    batch = Packer(processor).pack([training_picture(1, 0, Ease())])
    told = torch.full((*batch["patch_labels"].shape[:2], 1), IGNORED)
    told[:, :3] = 3
    batch |= {"patch_labels": told}
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    course = torch.optim.SGD(pupil.parameters(), 0.5)
    losses = []
    for _ in range(30):
        course.zero_grad(set_to_none=True)
        loss = pupil(**batch)["loss"]
        loss.backward()
        losses.append(float(loss.detach()))
        course.step()
    assert losses[-1] < losses[0] / 4
    assert float(pupil(**batch)["recall"]) == 1
    now, embedding = model.state_dict(), "model.language_model.embed_tokens.weight"
    moved = {
        row
        for row in range(len(now[embedding]))
        if not now[embedding][row].equal(before[embedding][row])
    }
    assert moved == set(tokens)
    decoder = [name for name in now if "language_model" in name or "lm_head" in name]
    read = "model.language_model.layers.0.input_layernorm.weight"
    assert {name for name in decoder if not now[name].equal(before[name])} == {embedding, read}
    model.load_state_dict(before)


def test_the_saved_folder_loads_plainly_and_answers_the_same(built, tmp_path):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model, processor = built
    save(model, processor, tmp_path)
    loaded = AutoModelForImageTextToText.from_pretrained(tmp_path).eval()
    reader = AutoProcessor.from_pretrained(tmp_path)
    picture = training_picture(1, 0, Ease())
    assert _alone(loaded, reader, picture) == pytest.approx(_alone(model, processor, picture))


def test_a_decoder_made_for_matching_attends_to_its_like(tmp_path):
    """From its first step on, however far away; a folder that is loaded goes on so."""
    from transformers import AutoModelForImageTextToText

    model, processor = build("tile-tiny", 1, phrases())
    save(model, processor, tmp_path)
    for one in (model, AutoModelForImageTextToText.from_pretrained(tmp_path)):
        decoder = one.eval().model.language_model
        decoder.set_attn_implementation("eager")
        words = decoder.embed_tokens.weight[torch.arange(100, 140)]
        # Forty words, then each of them again, and whom the first layer has it attend to.
        twice = torch.cat([words, words])[None]
        with torch.no_grad():
            told = decoder(inputs_embeds=twice, output_attentions=True).attentions[0][0].mean(0)
        again = told[40:, :40]
        assert (again.argmax(1) == torch.arange(40)).float().mean() > 0.8
