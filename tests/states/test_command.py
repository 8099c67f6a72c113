"""``handeye states capture`` and ``causal``: questions of a run, by models that ship."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handeye.states.store import Store, open_store
from handeye.states.targets import read_targets
from handeye.suites import get
from tests.support.command import handeye as command

pytest.importorskip("torch", reason="needs handeye[local]")
pytest.importorskip("transformers", reason="needs handeye[local]")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sets")
    clips = get("premise").generate
    scenes = get("rose").generate
    assert clips is not None
    assert scenes is not None
    clips(folder / "premise", seed=5, families=1)
    scenes(folder / "rose", seed=5, scenes=2, sources="pixel-content")
    return {"premise": folder / "premise", "rose": folder / "rose"}


def handeye(*words: object, code: int = 0) -> tuple[str, str]:
    """What a command says on stdout and on stderr."""
    done = command(*words)
    assert done.returncode == code, done
    return done.stdout, done.stderr


def test_clips_by_the_model_that_ships(sets: dict[str, Path], tmp_path: Path) -> None:
    data, out = sets["premise"], tmp_path / "states"
    words = ("premise", "--model", "handeye/premise-small", "--data", data)
    said, _ = handeye("states", "capture", *words, "--out", out, "--answers",
                      "--dtype", "float32")  # fmt: skip
    assert "19 items about 4 clips, 6 layers of 96 numbers (float32) at last, media" in said
    assert "media tokens of 4 clips under two questions: equal" in said
    handeye("run", *words, "--out", tmp_path / "run", "--letters", "--quiet")
    store = open_store(out)
    rows = [json.loads(line) for line in (tmp_path / "run" / "predictions.jsonl").open()]
    ids = [row["item_id"] for row in rows]
    assert sorted(ids) == sorted(store.item_ids)
    assert store.answers(ids) == [row["raw_text"] for row in rows]
    apart = [
        abs(found["ABCDEF".index(letter)] - log)
        for row, found in zip(rows, store.letters(ids), strict=True)
        for letter, log in (row.get("letters") or {}).items()
        if letter in "ABCDEF"
    ]
    assert len(apart) > 50
    assert max(apart) < 1e-4
    siblings_differ(store)


def siblings_differ(store: Store) -> None:
    """Clips of one family differ in their media tokens; the questions of one clip share them."""
    index = store.index.filter(store.index["site"] == "media")
    firsts = index.unique("scene_id", maintain_order=True)["item_id"].to_list()
    states = store.states("block.01", "media", firsts)
    assert len(firsts) == 4
    for place, one in enumerate(states):
        for other in states[:place]:
            assert np.abs(one - other).max() > 1e-3
    assert index["media_sha256"].n_unique() == 4
    assert len(index.unique(("part", "row"))) == 4


def test_scenes_by_the_model_that_ships(sets: dict[str, Path], tmp_path: Path) -> None:
    told = {"item_id": "none", "raw_text": "x"}
    (tmp_path / "given.jsonl").write_text(json.dumps(told) + "\n")
    words = (
        "states", "capture", "rose", "--model", "handeye/small", "--data", sets["rose"],
        "--out", tmp_path / "s", "--split", "all", "--templates", "T1,T2", "--layers", "second",
        "--sites", "last,grid,answer:1", "--given", tmp_path / "given.jsonl", "--json",
    )  # fmt: skip
    said, _ = handeye(*words, "--limit", 1)
    assert json.loads(said)["checks"]["media_tokens"]["why"] == "no clip has two questions"
    said, _ = handeye(*words, "--limit", 3)
    record = json.loads(said)
    assert record["checks"]["media_tokens"]["result"] == "equal"
    assert record["layers"] == ["embedding", "block.01", "block.03", "final"]
    assert (record["items"], record["dtype"], record["width"]) == (3, "float16", 128)
    store = open_store(tmp_path / "s")
    assert set(store.tokens("grid", store.item_ids)) == {64}
    assert store.having("answer:1") == ()
    assert store.letters(store.item_ids).shape == (3, 0)
    # T4 shows the scene's other picture: no two questions about one.
    two = [{"T1,T2": "T1,T4"}.get(str(one), one) for one in words]
    two[two.index(tmp_path / "s")] = tmp_path / "other"
    said, _ = handeye(*two, "--limit", 2)
    assert json.loads(said)["checks"]["media_tokens"]["why"] == "no clip has two questions"


def refused(words: tuple[Any, ...]) -> str:
    said, error = handeye("states", "capture", *words, code=2)
    assert not said
    lines = error.strip().splitlines()
    assert [line for line in lines if not line.startswith("warning: ")] == lines[-1:]
    return lines[-1]


def test_what_cannot_be_captured_is_told_in_one_line(sets: dict[str, Path], tmp_path: Path) -> None:
    common = ("--data", sets["premise"], "--out", tmp_path / "s")
    ours = ("premise", "--model", "handeye/premise-small", *common)
    for words, told in (
        (("premise", "--model", "openai/gpt-5.5", *common), "does not run in this process"),
        (("premise", "--model", "handeye/oracle", *common), "has no hidden states"),
        (("premise", "--model", "handeye/small", *common), "takes only image and video"),
        ((*ours, "--layers", "9"), "blocks 0 to 3"),
        ((*ours, "--sites", "midle"), "no site is called 'midle'"),
        ((*ours, "--sites", "answer:1", "--given", tmp_path / "x.jsonl"), "x.jsonl: cannot be"),
        ((*ours, "--given", tmp_path / "x"), "--given is for sites answer:K"),
        ((*ours, "--dtype", "float8"), "--dtype is 'float8'"),
        ((*ours, "--limit", "0"), "--limit must be at least 1"),
        ((*ours, "--sites", "span:none"), "piece"),
    ):
        assert told in refused(words), words
    assert not (tmp_path / "s").exists() or not any((tmp_path / "s").iterdir())


def test_ctrl_c_keeps_what_was_captured(sets: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "s"
    words = [sys.executable, "-m", "handeye", "states", "capture", "premise", "--model",
             "handeye/premise-small", "--data", str(sets["premise"]), "--out", str(out),
             "-M", "batch_size=1"]  # fmt: skip
    one = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while one.poll() is None and not (out / "parts").exists():
        time.sleep(0.01)
    time.sleep(0.3)
    one.send_signal(signal.SIGINT)
    _, said = one.communicate()
    assert one.returncode in (130, 0), said
    if one.returncode == 130:
        assert "goes on there" in said
    again, _ = handeye(*words[3:])
    assert "19 items about 4 clips" in again
    assert len(open_store(out).item_ids) == 19


def test_a_killed_capture_has_its_targets(sets: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "s"
    words = [sys.executable, "-m", "handeye", "states", "capture", "premise", "--model",
             "handeye/premise-small", "--data", str(sets["premise"]), "--out", str(out),
             "-M", "batch_size=1", "--quiet"]  # fmt: skip
    one = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while one.poll() is None and not (out / "targets.parquet").exists():
        time.sleep(0.01)
    one.kill()
    one.wait()
    assert len(read_targets(out / "targets.parquet")) > 19
    assert json.loads((out / "capture.json").read_bytes())["info"]["asked"] == 19


def test_words_alone_are_captured_to_stand_beside(tmp_path: Path) -> None:
    """Of the same model, and of one of texts alone, which takes nothing else."""
    clips = get("premise").generate
    assert clips is not None
    clips(tmp_path / "set", seed=15, families=6, level=1, kinds="colour,timbre")
    ask = ("premise", "--data", tmp_path / "set", "--questions", "single")
    own = ("--model", "handeye/premise-small")
    texts = ("--model", "handeye/hf", "-M", f"path={of_texts_alone(tmp_path / 'texts')}")
    capture = ("states", "capture", *ask)
    _, error = handeye(*capture, *texts, "--out", tmp_path / "none", code=2)
    assert "takes nothing but words" in " ".join(error.split())
    handeye(*capture, *own, "--out", tmp_path / "own", "--sites", "last")
    said, _ = handeye(*capture, *own, "--out", tmp_path / "unseen", "--no-media")
    assert "numbers (float16) at last:" in " ".join(said.split())
    handeye(*capture, *texts, "--out", tmp_path / "words", "--no-media")
    unseen, words = open_store(tmp_path / "unseen"), open_store(tmp_path / "words")
    assert unseen.index["media_sha256"].n_unique() == words.index["media_sha256"].n_unique() == 1
    probe = ("states", "probe", tmp_path / "own", "--flips", 0, "--meaning", "none", "--quiet",
             "--target", "premise", "--layers", "3", "--folds", 3)  # fmt: skip
    beside = (f"--beside=without media={tmp_path / 'unseen'}",
              f"--beside=text model={tmp_path / 'words'}")  # fmt: skip
    handeye(*probe, *beside)
    found = json.loads((tmp_path / "own" / "probe.json").read_bytes())["controls"]
    told = {one["name"]: one["auroc"]["value"] for one in found[0]["controls"]}
    # Each text stands with either truth, so whoever has words alone is right in half.
    assert told["without media"] == told["text model"] == 0.5 < told["states less format"]
    _, error = handeye(*probe, f"--beside=blank media={tmp_path / 'unseen'}", "--again", code=2)
    assert "which is not blank media" in " ".join(error.split())


def of_texts_alone(folder: Path) -> Path:
    """A tiny language model with random weights, as it would be published."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    named = {text: place for place, text in enumerate(["<s>", "</s>", *alphabet])}
    one = Tokenizer(models.BPE(named, []))
    one.pre_tokenizer, one.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    words = PreTrainedTokenizerFast(tokenizer_object=one, bos_token="<s>", eos_token="</s>")
    words.chat_template = (
        "{% for one in messages %}{{ one.role }}: {{ one.content }}\n{% endfor %}assistant: "
    )
    config = LlamaConfig(vocab_size=len(named), hidden_size=32, intermediate_size=64,
                         num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
                         max_position_embeddings=4096, bos_token_id=0, eos_token_id=1)  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


# ---- states changed


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A set of few families, and the states of the model that ships, read."""
    folder = tmp_path_factory.mktemp("causal")
    clips = get("premise").generate
    assert clips is not None
    clips(folder / "set", seed=15, families=6, level=1, kinds="colour,size,side,timbre")
    words = ("--model", "handeye/premise-small", "--data", folder / "set", "--questions", "single")
    handeye("states", "capture", "premise", *words, "--sites", "last", "--out", folder / "states")
    handeye("states", "probe", folder / "states", "--flips", 0, "--meaning", "none",
            "--target", "premise", "--layers", "3", "--folds", 3)  # fmt: skip
    return folder / "set", folder / "states"


def test_states_are_changed_and_a_stopped_check_goes_on(
    probed: tuple[Path, Path], tmp_path: Path
) -> None:
    data, states = probed
    shutil.copytree(states, tmp_path / "states")
    ask = ["premise", "--model", "handeye/premise-small", "--data", str(data), "--questions",
           "single", "--families", "4", "--sites", "last", "--directions", "2", "--folds", "3",
           "-M", "batch_size=2", "--out"]  # fmt: skip
    said, _ = handeye("states", "causal", *ask, states)
    assert "States patched with a sibling's: vision" in said
    assert "block.03" in said  # where the probe tells the premise
    whole = json.loads((states / "causal.json").read_bytes())
    assert whole["items"] == {"vision": 32, "audio": 32}
    assert whole["families"] == {"vision": 4, "audio": 4}
    command = [sys.executable, "-m", "handeye", "states", "causal", *ask, str(tmp_path / "states")]
    one = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while one.poll() is None and len(list((tmp_path / "states").glob("causal-*/*.npz"))) < 3:
        time.sleep(0.01)
    one.send_signal(signal.SIGINT)
    _, error = one.communicate()
    assert one.returncode in (130, 0), error
    if one.returncode == 130:
        assert "the same command goes on" in error
        assert not (tmp_path / "states" / "causal.json").exists()
    told, _ = handeye("states", "causal", *ask, tmp_path / "states", "--json")
    assert json.loads(told) == whole
    assert not list((tmp_path / "states").glob("causal-*"))
    said, error = handeye("states", "causal", *ask, states)  # done: nothing is asked again
    assert "questions asked again" not in error
    # Questions that were not captured are told, and left out.
    every = [word for word in ask if word not in ("--questions", "single")]
    said, error = handeye("states", "causal", *every, states)
    assert "12 of 76 questions were not captured" in " ".join(error.split())
    assert "questions asked again" not in error


def test_what_cannot_be_checked_is_told_in_one_line(
    probed: tuple[Path, Path], sets: dict[str, Path], tmp_path: Path
) -> None:
    data, states = probed
    ours = ("premise", "--model", "handeye/premise-small", "--data", data, "--questions", "single",
            "--out")  # fmt: skip
    scenes = ("rose", "--model", "handeye/small", "--data", sets["rose"], "--split", "all", "--out")
    handeye("states", "capture", *scenes, tmp_path / "rose", "--templates", "T2", "--limit", 2)
    (tmp_path / "rose" / "probe.json").write_text("{}")
    for words, told in (
        ((*ours, tmp_path / "none"), "holds no captured states"),
        ((*ours, states, "--variant", "check-first"), "asked"),
        ((*ours, states, "--along", "mean"), "along is 'mean'"),
        ((*ours, states, "--layers", "9"), "layer is 'block.09'"),
        ((*scenes, tmp_path / "rose", "--templates", "T2"), "not applicable: ROSE"),
    ):
        _, error = handeye("states", "causal", *words, code=2)
        assert told in " ".join(error.split()), words
    (tmp_path / "read").mkdir()
    for one in ("capture.json", "index.parquet", "targets.parquet"):
        shutil.copy(states / one, tmp_path / "read" / one)
    shutil.copytree(states / "parts", tmp_path / "read" / "parts")
    _, error = handeye("states", "causal", *ours, tmp_path / "read", code=2)
    assert "handeye states probe" in error
