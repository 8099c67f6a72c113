"""Attention to the evidence: as the library gives it, found where planted, else silent."""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")

from PIL import Image

from handeye import premise, stress
from handeye.errors import DataError, RunError
from handeye.respondents.local.chat import Ask, write_ask
from handeye.respondents.local.engine import Engine
from handeye.respondents.local.loading import LocalModel
from handeye.respondents.local.prompts import process
from handeye.states.attention import ALL_BLOCKS, CAVEATS, LEAST, Attention, Case, Kind, attend
from handeye.states.gaze import GENERIC, Gaze, Looked, generic
from handeye.states.regions import Evidence, box_region, control_of, greyed
from handeye.states.results import About, attention_of, write_attention
from handeye.states.tables import attention_alarms, attention_sentences, attention_tables
from tests.support.command import handeye
from tests.support.local import families
from tests.support.used import asked

FAMILIES = ("llava", "qwen2_vl", "qwen3_vl", "gemma3", "internvl", "smolvlm")
N = 12


def eager(family: str) -> LocalModel:
    loaded = families.model_of(family)
    loaded.model.set_attn_implementation("eager")
    return loaded


def ask_of(loaded: LocalModel, picture: str, words: str = "How many?") -> Ask:
    return write_ask(loaded, families.conversation(picture, words))


# ---- what is read


@pytest.mark.parametrize("family", FAMILIES)
def test_attention_is_that_of_output_attentions(family: str) -> None:
    loaded = eager(family)
    ask = ask_of(loaded, families.picture(1, 48, 40))
    found = Gaze(loaded).look(ask)
    encoded = process(loaded, [ask])
    ids = encoded["input_ids"][0].tolist()
    at = [place for place, one in enumerate(ids) if one in loaded.picture_ids]
    with torch.inference_mode():
        out = loaded.model(**encoded, output_attentions=True, use_cache=False)
    whole = [one[0].float() for one in out.attentions]
    assert found.heads.shape == (2, len(whole[0]), len(at))
    for layer, one in enumerate(whole):
        assert np.allclose(found.heads[layer], one[:, -1][:, at], atol=1e-6)
    assert torch.allclose(found.logits, out.logits[0, -1].float(), atol=1e-4)
    # Rollout as the paper writes it: products of (A + I) / 2.
    product = torch.eye(len(ids))
    for one in whole:
        product = (one.mean(0) + torch.eye(len(ids))) / 2 @ product
    assert np.allclose(found.rollout, product[-1, at], atol=1e-6)
    assert (len(found.through) == len(at)) == (family == "llava")


def test_rollout_goes_on_through_a_tower_that_has_the_tokens_one_for_one() -> None:
    loaded = eager("llava")
    ask = ask_of(loaded, families.picture(1))
    maps: list[Any] = []
    tower = loaded.model.model.vision_tower.encoder.layers
    handles = [
        one.self_attn.register_forward_hook(lambda module, given, out: maps.append(out[1][0]))
        for one in tower
    ]
    found = Gaze(loaded).look(ask)
    for one in handles:
        one.remove()
    flow = torch.tensor(found.rollout)
    for one in reversed(maps):
        flow = flow @ (one.mean(0) + torch.eye(len(flow))) / 2
    assert np.allclose(found.through, flow, atol=1e-6)
    assert found.through.sum() == pytest.approx(found.rollout.sum(), abs=1e-5)


def test_attention_without_weights_is_an_error_with_the_remedy() -> None:
    loaded = families.model_of("llava")
    loaded.model.set_attn_implementation("sdpa")
    with pytest.raises(RunError, match=r"sdpa hands on no weights.*-M attention=eager"):
        Gaze(loaded).look(ask_of(loaded, families.picture(1)))


@pytest.mark.parametrize("family", ["llava_onevision", "gemma4", "phi4"])
def test_tokens_whose_places_are_not_known_are_refused(family: str) -> None:
    loaded = eager(family)
    with pytest.raises(RunError, match="tokens lie over a picture is not known"):
        Gaze(loaded).covered(
            ask_of(loaded, families.picture(1)), box_region((0, 0, 0.5, 0.5))(40, 40)
        )


def test_a_region_is_found_among_the_tokens() -> None:
    mask = box_region((0.5, 0, 1, 0.25))(40, 40)
    loaded = eager("llava")
    share, _ = Gaze(loaded).covered(ask_of(loaded, families.picture(1)), mask)
    assert np.allclose(share.reshape(4, 4), [[0, 0, 1, 1], *[[0] * 4] * 3], atol=0.15)
    # Of 48 x 40 pixels: rows and columns as the processor's grid says, merged two by two.
    loaded = eager("qwen2_vl")
    ask = ask_of(loaded, families.picture(1, 48, 40))
    _, rows, cols = (
        process(loaded, [ask])["image_grid_thw"][0] // torch.tensor([1, 2, 2])
    ).tolist()
    gaze = Gaze(loaded)
    for row in range(rows):
        for col in range(cols):
            box = (col / cols, row / rows, (col + 1) / cols, (row + 1) / rows)
            share, grid = gaze.covered(ask, box_region(box)(40, 48))
            assert grid[0] == rows * cols
            assert int(share.argmax()) == row * cols + col


@pytest.mark.parametrize("family", ["qwen2_vl", "gemma3", "internvl", "smolvlm"])
def test_the_tokens_that_change_are_those_that_show_a_square(family: str) -> None:
    loaded = eager(family)
    cases = [
        Case(one.evidence, *(ask_of(loaded, families.picture(k, 48, 40)) for _ in range(2)))
        for k, one in enumerate(cases_of(loaded, boxes()[:3]))
    ]
    found = attend(Engine(loaded), cases, resamples=100)
    assert found.aligned.value is not None
    assert found.aligned.value > 0.8


def test_a_generic_prompt_stands_in_the_place_of_the_words() -> None:
    picture = families.picture(1)
    (message,) = generic(families.conversation("Look.", picture, "How many? A or B"))
    assert [part.type for part in message.content] == ["image", "text"]
    assert message.content[1].text == GENERIC
    assert generic([message.model_copy(update={"content": "x"})])[0].content == GENERIC


# ---- regions


def test_a_control_is_as_large_and_elsewhere() -> None:
    mask = np.zeros((20, 30), bool)
    mask[3:9, 4:8] = True
    mask[3, 4] = False
    one = Evidence(item_id="i", group="g", stratum="", region=lambda h, w: mask)
    drawn = [control_of(one, mask, seed) for seed in range(5)]
    for control in drawn:
        assert control is not None
        assert control.sum() == mask.sum()
        assert not (control & mask).any()
    assert (drawn[0] == control_of(one, mask, 0)).all()
    assert any((one != drawn[0]).any() for one in drawn[1:])
    assert control_of(one, ~mask, 0) is None
    with pytest.raises(DataError, match="item i: its control has 4 pixels, 4 of them"):
        control_of(replace(one, control=lambda h, w: np.eye(h, w, dtype=bool) & mask), mask, 0)
    white = Image.new("RGB", (30, 20), "white")
    pixels = np.asarray(Image.open(io.BytesIO(greyed(white, mask))))
    assert (pixels[mask] == 128).all()
    assert (pixels[~mask] == 255).all()


# ---- planted attention


def boxes() -> list[tuple[float, float, float, float]]:
    """Evidence in another place for every group."""
    return [(k % 4 / 4, k // 4 % 4 / 4, k % 4 / 4 + 0.25, k // 4 % 4 / 4 + 0.25) for k in range(N)]


def cases_of(loaded: LocalModel, places: list[tuple[float, float, float, float]]) -> list[Case]:
    out = []
    for number, box in enumerate(places):
        picture = families.picture(number)
        evidence = Evidence(
            item_id=f"i{number}", group=f"g{number}", stratum="ab"[number % 2],
            region=box_region(box),
        )  # fmt: skip
        asks = [ask_of(loaded, picture, words) for words in ("How many?", GENERIC)]
        out.append(Case(evidence, *asks))
    return out


def doctored(
    monkeypatch: pytest.MonkeyPatch, cases: list[Case], weight: Any, *, described: bool = False
) -> Attention:
    """What comes out where the last token attends as planted: a weight of each token of a case.

    To a generic prompt attention is spread evenly, or planted as well (``described``).
    """
    loaded = eager("llava")
    own = {one.ask.media: one for one in cases}
    real = Gaze.look

    def look(self: Gaze, ask: Ask) -> Looked:
        found = real(self, ask)
        heads = np.ones_like(found.heads)
        if ask.media in own and (described or ask.text == own[ask.media].ask.text):
            case = own[ask.media]
            mask = case.evidence.region(40, 40)
            heads = heads * weight(self.covered(ask, mask)[0] >= 0.25)
        heads = heads / heads.sum(-1, keepdims=True) / 2
        return Looked(heads, heads[0, 0], heads[0, 0], found.embedded, found.logits)

    with monkeypatch.context() as patch:
        patch.setattr(Gaze, "look", look)
        return attend(Engine(loaded), cases, resamples=400)


def test_planted_attention_has_the_lift_that_was_planted(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = eager("llava")
    found = doctored(monkeypatch, cases_of(loaded, boxes()), lambda inside: 1 + 4.0 * inside)
    looked: list[tuple[Kind, str]] = [
        *(("attention", ALL_BLOCKS), ("attention", "block.01"), ("relative", ALL_BLOCKS)),
        *(("rollout", ""), ("rollout with tower", "")),
    ]
    for kind, layer in looked:
        one = found.look(kind, layer)
        assert one.area.value == pytest.approx(1 / 16)
        assert one.share.value == pytest.approx(5 / 20, abs=1e-4)
        assert one.lift.value == pytest.approx(4, abs=1e-3)
        assert one.hit.value == 1
        assert one.place.value == pytest.approx(5, abs=1e-3)  # others lie where a weight of 1 is
        assert one.n == N
    assert found.heads[0].picture.value == pytest.approx(0.5)
    assert [one.value for one in found.heads[1].lift] == pytest.approx([4, 4], abs=1e-3)
    assert found.aligned.value is not None
    assert found.aligned.value > 0.75
    # The two strata have enough groups for lines of their own, and no answers were compared.
    assert {one.stratum for one in found.looks} == {"", "a", "b"}
    assert N // 2 >= LEAST
    assert found.no_drop == {"no answers are compared": N}
    assert not found.drops
    assert pickle.loads(pickle.dumps(found)) == found
    assert "attention all blocks  lift 4.00" in repr(found)


def test_even_attention_has_a_lift_of_one_and_is_beyond_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = doctored(monkeypatch, cases_of(eager("llava"), boxes()), lambda inside: 1.0)
    for one in found.looks:
        assert one.lift.value == pytest.approx(1, abs=1e-4)
        assert one.place.value == pytest.approx(1, abs=1e-4)
        assert one.hit.value == pytest.approx(1 / 16, abs=1e-4)
        assert not one.beyond


def test_a_habit_of_looking_somewhere_is_not_beyond_place(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = eager("llava")
    corner = np.repeat([1.0, 9.0], [12, 4])
    places = [(k % 3 / 4, 0.75, k % 3 / 4 + 0.25, 1.0) for k in range(N)]  # all of them below
    found = doctored(monkeypatch, cases_of(loaded, places), lambda inside: corner)
    one = found.look("attention", ALL_BLOCKS)
    assert one.lift.low is not None or one.lift.value == pytest.approx(3, abs=1e-3)
    assert one.lift.value == pytest.approx(9 * 16 / 48, abs=1e-3)
    assert one.place.value == pytest.approx(1, abs=1e-3)
    assert not any(one.beyond for one in found.looks)


def test_what_things_draw_whatever_is_asked_is_not_relative(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = cases_of(eager("llava"), boxes())
    draws = np.random.default_rng(2)
    found = doctored(
        monkeypatch,
        cases,
        lambda inside: 1 + (3 + draws.random()) * inside,
        described=True,
    )
    assert found.look("attention", ALL_BLOCKS).beyond
    relative = found.look("relative", ALL_BLOCKS)
    assert relative.lift.value == pytest.approx(1, abs=0.1)
    assert not relative.beyond


# ---- what greying takes


def halves(loaded: LocalModel, upper: bool) -> list[Case]:
    """Pictures of which the upper half is bright (E is right) or not (A), the lower one, too.

    The evidence is the upper half, or, as if it were, the lower one.
    """
    asks, targets = asked(loaded, 6)
    out = []
    for one in targets:
        regions = [box_region((0, 0, 1, 0.5)), box_region((0, 0.5, 1, 1))]
        region, control = regions if upper else regions[::-1]
        evidence = Evidence(
            item_id=one.item_id, group=one.group, stratum="", region=region, control=control,
            right="E" if one.label else "A", options=("A", "E"),
        )  # fmt: skip
        ask = asks[one.item_id]
        out.append(Case(evidence, ask, replace(ask, text=ask.text.replace("dark", "so"))))
    return out


def answering(patch: pytest.MonkeyPatch, loaded: LocalModel, nats: float) -> None:
    """Let a model answer E by some nats, more or less, for every 20 shades of the upper half."""
    (a, e) = (loaded.tokenizer.convert_tokens_to_ids(one) for one in "AE")
    real = Gaze.look

    def logits(self: Gaze, ask: Ask) -> Any:
        pixels = np.asarray(ask.pictures[0].decoded())
        shade, more = float(pixels[:16].mean()), 0.75 + float(pixels[5, 3, 0] % 160) / 120
        out = torch.zeros(len(loaded.tokenizer))
        out[e] = nats * more * (shade - 110) / 40
        out[a] = -out[e]
        return out

    patch.setattr(Gaze, "logits", logits)
    patch.setattr(
        Gaze, "look", lambda self, ask: replace(real(self, ask), logits=logits(self, ask))
    )


def test_the_evidence_that_an_answer_hangs_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = eager("llava")
    answering(monkeypatch, loaded, 1.0)
    kept: dict[str, Any] = {}
    made: list[str] = []

    def piece(name: str, make: Any) -> Any:
        if name not in kept:
            made.append(name)
            kept[name] = make()
        return kept[name]

    told: list[tuple[int, int]] = []
    cases = halves(loaded, upper=True)
    found = attend(
        Engine(loaded), cases, piece=piece, progress=lambda *at: told.append(at), resamples=1000
    )
    (drop,) = found.drops
    assert found.claims == (drop,)
    # 190 shades or 30, and 128 in grey: some four nats either way, of which nothing is left.
    assert drop.own.value == pytest.approx(4, abs=0.8)
    assert drop.evidence.value == pytest.approx(drop.own.value, abs=1e-6)
    assert drop.control.value == pytest.approx(0, abs=1e-6)
    assert drop.difference.value == pytest.approx(drop.own.value, abs=1e-6)
    assert drop.difference.low > 2
    assert drop.p_value == pytest.approx(1 / 64, abs=0.006)
    assert (drop.n, drop.groups, found.items, found.groups) == (24, 6, 24, 6)
    right = (drop.right, drop.right_evidence, drop.right_control)
    assert [one.value for one in right] == [1, 0.5, 1]
    assert told[-1] == (24, 24)
    assert "The answer hangs on what the region shows" in attention_sentences(found.to_dict())[1]
    # Gone on with, nothing is asked again, and the same comes out.
    assert set(made) == {"aligned", *(one.evidence.item_id for one in cases)}
    made.clear()
    assert attend(Engine(loaded), cases, piece=piece, resamples=1000) == found
    assert not made
    # The half that the answer does not hang on is no evidence.
    other = attend(Engine(loaded), halves(loaded, upper=False), resamples=1000)
    assert not other.claims
    assert other.drops[0].difference.value == pytest.approx(-drop.own.value, abs=1e-6)


def test_a_random_and_a_constant_model_claim_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = eager("llava")
    cases = halves(loaded, upper=True)
    found = attend(Engine(loaded), cases, resamples=1000)
    assert found.drops
    assert not found.claims
    answering(monkeypatch, loaded, 0.0)
    (drop,) = attend(Engine(loaded), cases, resamples=200).drops
    assert drop.difference.value == 0
    assert drop.p_value == 1
    assert not drop.claimed


def test_words_are_compared_over_all_their_tokens() -> None:
    loaded = eager("llava")
    gaze = Gaze(loaded)
    ask = ask_of(loaded, families.picture(3))
    logits = gaze.logits(ask)
    one, two = gaze.logprobs(ask, logits, ("red ball", "red box"))
    ids = loaded.tokenizer("red ball", add_special_tokens=False)["input_ids"]
    assert len(ids) > 1
    with torch.inference_mode():
        whole = process(loaded, [replace(ask, text=ask.text + "red ball")])
        shares = loaded.model(**whole, use_cache=False).logits[0].float().log_softmax(-1)
    expected = sum(
        float(shares[place, token])
        for place, token in zip(range(-len(ids) - 1, -1), ids, strict=True)
    )
    assert one == pytest.approx(expected, abs=1e-3)
    assert one != two


# ---- what is said


def test_what_cannot_be_looked_at_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = eager("llava")
    cases = cases_of(loaded, boxes())
    two = write_ask(loaded, families.conversation(families.picture(1), families.picture(2), "?"))
    whole = replace(cases[1].evidence, region=box_region((0, 0, 1, 1)))
    odd = [replace(cases[0], ask=two), replace(cases[1], evidence=whole)]
    found = attend(Engine(loaded), [*odd, *cases[2:]], resamples=200)
    assert sorted(found.left_out.values()) == [1, 1]
    assert found.items == N - 2
    with pytest.raises(
        DataError, match=r"none of 2 items can be looked at: .*one picture; .*all of"
    ):
        attend(Engine(loaded), odd)
    alarms = attention_alarms(found.to_dict())
    assert any("something else than one picture" in one for one in alarms)


def test_tokens_that_lie_elsewhere_are_an_alarm_and_beyond_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    covered = Gaze.covered

    def moved(self: Gaze, ask: Ask, mask: Any) -> Any:
        share, grid = covered(self, ask, mask)
        return np.roll(share, 5), grid

    monkeypatch.setattr(Gaze, "covered", moved)
    loaded = eager("llava")
    found = doctored(monkeypatch, cases_of(loaded, boxes()), lambda inside: 1 + 4.0 * inside)
    assert found.aligned.value < 0.75
    assert not any(one.beyond for one in found.looks)
    assert "nothing can be said" in attention_alarms(found.to_dict())[0]


def test_what_was_found_is_read_back_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = doctored(
        monkeypatch, cases_of(eager("llava"), boxes()), lambda inside: 1 + 4.0 * inside
    )
    about = About(items=N, clips=N, layers=2, sites=("last",), media_tokens={}, model="m")
    write_attention(tmp_path / "a", about, {"seed": 0}, found)
    told = attention_of(tmp_path / "a")
    assert told is not None
    assert told["caveats"] == CAVEATS
    (said,) = attention_sentences(told)
    assert "25.0" in said
    assert "which is 6.2 % of the picture: 4.00" in said
    short, every = (attention_tables(told, every_line=one) for one in (False, True))
    assert [one.key for one in short] == ["t-attention"]
    assert [one.key for one in every] == ["t-attention", "t-attention-strata"]
    assert len(short[0].rows) == 4
    assert len(every[0].rows) == 8
    from handeye.states.page import section, write_page

    write_page(tmp_path / "a", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Where m attends" in page
    assert all(arxiv in page for arxiv in ("1902.10186", "2503.03321", "2605.08200"))
    assert section(tmp_path / "a").title == "Where m attends"
    (tmp_path / "a" / "attention.json").write_text("{}")
    with pytest.raises(DataError, match="handeye states attention SUITE"):
        attention_of(tmp_path / "a")
    assert attention_of(tmp_path) is None


def test_pictures_are_told_apart_by_their_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture without another of its grid has no place to be compared with."""
    loaded = eager("qwen2_vl")
    sizes = [(40, 40)] * 3 + [(56, 40)]
    out = []
    for number, (width, height) in enumerate(sizes):
        picture = families.picture(number, width, height)
        evidence = Evidence(
            item_id=f"i{number}", group=f"g{number}", stratum="",
            region=box_region((0, 0, 0.5, 0.5)),
        )  # fmt: skip
        out.append(Case(evidence, *(ask_of(loaded, picture, one) for one in ("How?", GENERIC))))
    found = attend(Engine(loaded), out, resamples=200)
    one = found.look("attention", ALL_BLOCKS)
    assert (one.n, one.place.n) == (4, 3)
    alone = attend(Engine(loaded), out[-1:], resamples=200)
    assert alone.look("attention", ALL_BLOCKS).place.value is None


# ---- the command


def said(*words: object, code: int = 0) -> str:
    done = handeye(*words)
    assert done.returncode == code, done
    return done.stderr if code else done.stdout


def test_the_command_looks_once_and_says_what_it_cannot(tmp_path: Path) -> None:
    data = tmp_path / "set"
    stress.generate(data, seed=7, groups=2, families="attribute,count")
    clips = tmp_path / "clips"
    premise.generate(clips, seed=5, families=1)
    common = ("--model", "handeye/small", "--data", data, "--cues", "none", "--form", "letters")
    eager = ("-M", "attention=eager")
    out = tmp_path / "out"
    error = said("states", "attention", "stress", *common, "--out", out, code=2)
    assert "hands on no weights; load the model with -M attention=eager" in error
    words = ("states", "attention", "stress", *common, *eager, "--out", out)
    found = json.loads(said(*words, "--json"))
    assert (found["items"], found["groups"], len(found["heads"])) == (4, 2, 4)
    assert found["states"]["model"] == "handeye/small"
    assert found["taught"]["supervision"] == "patches and answers"
    assert [path.name for path in out.iterdir()] == ["attention.json"]
    told = said(*words)  # nothing is asked again
    assert json.loads((out / "attention.json").read_bytes()) == found
    assert " ".join(told.split()).count("arXiv") >= 5
    assert json.loads(said("states", "show", out, "--json"))["attention"] == found
    for more, why in (
        (("stress", *common, *eager, "--grey"), "leave out --grey, --swap"),
        (("stress", *common, *eager, "--limit", 0), "--limit must be at least 1"),
        (
            ("premise", "--model", "handeye/premise-small", "--data", clips, *eager),
            "not applicable",
        ),
        (("stress", "--model", "openai/gpt-5.5", "--data", data), "does not run in this process"),
    ):
        assert why in said("states", "attention", *more, "--out", tmp_path / "no", code=2)
    assert not (tmp_path / "no").exists()


def test_a_report_shows_attention_of_its_own_run_alone(tmp_path: Path) -> None:
    data, run, out = (tmp_path / name for name in ("set", "run", "out"))
    stress.generate(data, seed=7, groups=2, families="attribute,count")
    asked_ = ("stress", "--model", "handeye/small", "--data", data)
    looked = ("states", "attention", *asked_, "-M", "attention=eager", "--limit", 2)
    said("run", *asked_, "--cues", "none", "--out", run, "--quiet")
    said(*looked, "--cues", "none", "--out", out)
    said("report", run, "--states", out, "--out", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Where handeye/small attends" in page
    assert "1902.10186" in page
    said(*looked, "--cues", "frequency", "--out", tmp_path / "b")
    error = said("report", run, "--states", tmp_path / "b", "--out", tmp_path / "s.html", code=2)
    assert "they are of other items" in error
