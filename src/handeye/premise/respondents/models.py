"""The respondents of IMAVB as ``handeye/NAME``: who looks and listens, and who knows the gold.

Both read what is asked off the words of the prompt, as a model would.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handeye.errors import DataError, OptionError, RunError
from handeye.respondents.conversation import (
    ChatRespondent,
    Conversation,
    Kind,
    Reply,
    Respondents,
    spoken,
)
from handeye.respondents.local.options import NAMES
from handeye.respondents.local.shipped import needs_local, shipped_model_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from handeye.premise.asking.prompts import Prompt
    from handeye.premise.respondents.oracle import Witness


def _read(asked: Conversation) -> Prompt:
    """What a prompt asks.

    Raises:
        RunError: it is none of the suite's.
    """
    from handeye.premise.asking.prompts import VERSION, read_prompt

    # The words before the question are about media; what is asked stands last.
    if (found := read_prompt(asked.question)) is None:
        raise RunError(
            "handeye's respondents for clips with premises answer the variants of the suite "
            f"premise (prompts {VERSION}) and no others, got {asked.question[-120:]!r}"
        )
    return found


class SimulatedPremises:
    """Knows the gold of a set and spoils it as told."""

    connections = 64

    def __init__(
        self,
        data: object,
        faults: str | Sequence[str] | None = None,
        seed: object = 0,
        letters: object = False,
    ) -> None:
        from handeye.premise.loader import load
        from handeye.premise.respondents.simulated import FAULTS, Gold
        from handeye.respondents.fault_rates import parse_rates, read_seed

        self._faults = parse_rates(faults, FAULTS)
        self._seed = read_seed(seed)
        self._tells = _truth("letters", letters)
        self._set = load(str(data), split=None, media=False)
        self._items = {item.item_id: item for item in self._set}
        self._gold = Gold(self._set)
        self._families = {
            digest: item.scene_id for item in self._set for digest in item.sha256.values()
        }

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from the gold with the faults that fire for the item."""
        from handeye.premise.respondents.simulated import Shown, simulate
        from handeye.premise.scoring.reading import options_of

        prompt = _read(asked)
        item = self._items.get(asked.item_id or "")
        if item is None:
            raise RunError(
                f"handeye/simulated knows no item {asked.item_id!r} in {self._set.name}: give it "
                "the set that is asked about as the model argument data"
            )
        options = options_of(item)
        try:
            order = tuple(options.index(text) for text in prompt.options)
        except ValueError:
            raise RunError(f"handeye/simulated: item {item.item_id} has other options") from None
        shown = Shown(
            answer=prompt.answer,
            order=order or tuple(item.order),
            seen=bool(asked.videos) or any(not _is_black(one) for one in asked.images[:1]),
            heard=bool(asked.videos) or any(not _is_silence(one) for one in asked.sounds[:1]),
            swapped=self._is_of_another(item.scene_id, asked),
            sample=asked.sample,
        )
        found = simulate(item, self._gold.content(item), self._faults, self._seed, shown)
        reply = spoken(found.raw_text, found.stop_reason, found.error, found.planted)
        if not self._tells or found.letters is None:
            return reply
        metadata = {**(reply.metadata or {}), **found.letters.as_metadata()}
        return Reply(reply.text, reply.stop_reason, metadata)

    def _is_of_another(self, scene_id: str, asked: Conversation) -> bool:
        """Whether a file that is sent is known to be of another family."""
        sent = (*asked.videos[:1], *asked.images[:1], *asked.sounds[:1])
        families = (self._families.get(hashlib.sha256(one).hexdigest()) for one in sent)
        known = [one for one in families if one is not None]
        return bool(known) and scene_id not in known


class Oracle:
    """The check that clips can be solved: decodes what it is sent and measures."""

    def __init__(self) -> None:
        from handeye.respondents.workers import WorkerPool

        cores = os.cpu_count() or 1
        self.connections = 8 * cores
        self._pool: WorkerPool[str | None] = WorkerPool(cores)
        self._witnesses: OrderedDict[bytes, _Eyewitness] = OrderedDict()
        self._guard = threading.Lock()

    async def answer(self, asked: Conversation) -> Reply:
        """Answer from pixels and samples; declines where they cannot be used."""
        prompt = _read(asked)
        sent = hashlib.sha256()
        for one in (*asked.videos, *asked.images, *asked.sounds):
            sent.update(hashlib.sha256(one).digest())
        clip, words = sent.digest(), hashlib.sha256(repr(prompt).encode()).digest()
        try:
            text = await self._pool.see(
                clip + words, lambda: self._witness(clip, asked).answer(prompt)
            )
        except DataError as error:
            return Reply(f"I cannot use the clip: {error}", "content_filter")
        return Reply("I cannot tell from what I was sent." if text is None else text)

    def _witness(self, key: bytes, asked: Conversation) -> _Eyewitness:
        """Who has looked at a clip, or is about to; a few are remembered, since clips are large."""
        with self._guard:
            found = self._witnesses.setdefault(key, _Eyewitness(asked))
            self._witnesses.move_to_end(key)
            if len(self._witnesses) > _REMEMBERED:
                self._witnesses.popitem(last=False)
            return found


_REMEMBERED = 16


class _Eyewitness:
    """Answers about one clip, which is decoded at the first question."""

    def __init__(self, asked: Conversation) -> None:
        self._asked: Conversation | None = asked
        self._alone = threading.Lock()

    def answer(self, prompt: Prompt) -> str | None:
        """The answer in the form that is asked for; None where it cannot be told.

        Raises:
            DataError: what was sent cannot be decoded.
        """
        from handeye.premise.respondents.oracle import Witness

        with self._alone:
            if self._asked is not None:
                self._witness, self._asked = Witness(*_decoded(self._asked)), None
            return _said(prompt, self._witness)


def _decoded(
    asked: Conversation,
) -> tuple[NDArray[np.uint8] | None, NDArray[np.int16] | None]:
    """Frames (n, height, width, 3) and samples (n, 2) of what was sent; None for what was not.

    Raises:
        DataError: it cannot be decoded.
    """
    import numpy as np

    from handeye.media.frame_choice import FrameChoice
    from handeye.media.frames import take_frames
    from handeye.media.sound import is_silent, sound_of
    from handeye.media.view import view_of

    frames: NDArray[np.uint8] | None = None
    samples: NDArray[np.int16] | None = None
    if asked.videos:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.mp4"
            path.write_bytes(asked.videos[0])
            footage = take_frames(path, FrameChoice(count=10_000, longest_side=None))
        frames = np.stack([frame.rgb for frame in footage.frames])
        if not is_silent(asked.videos[0]):
            samples = sound_of(asked.videos[0])
    elif asked.images:
        frames = np.stack([np.asarray(view_of(one).image()) for one in asked.images])
    if asked.sounds:
        samples = sound_of(asked.sounds[0])
    return frames, samples


def _said(prompt: Prompt, witness: Witness) -> str | None:
    from handeye.answer_kinds.choice import LETTERS
    from handeye.premise.items import VISION_FALSE
    from handeye.premise.scenes.families import LEAD
    from handeye.premise.scoring.reading import REJECTIONS
    from handeye.premise.scoring.signal import WORDS

    if prompt.answer in ("truth", "explained"):
        claim = prompt.text.removeprefix(LEAD).removesuffix(".")
        held = witness.held(claim[:1].lower() + claim[1:])
        if held is None:
            return None
        false = [f"The {s} detail is wrong." for s, holds in held.items() if not holds]
        word = WORDS[bool(false)]
        return word if prompt.answer == "truth" else "\n".join((word, *(false or ["It is there."])))
    if prompt.answer == "text":
        return _in_words(prompt.text, witness)
    contents = [text for text in prompt.options if text not in REJECTIONS]
    role = witness.role(prompt.text, contents)
    if role is None:
        return None
    text = REJECTIONS[role - VISION_FALSE] if role >= VISION_FALSE else contents[role]
    return LETTERS[prompt.options.index(text)] if text in prompt.options else None


def _in_words(question: str, witness: Witness) -> str | None:
    """The answer to a question without options."""
    from handeye.premise.items import VISION_FALSE
    from handeye.premise.respondents.oracle import asked
    from handeye.premise.scoring.reading import REJECTIONS

    query = asked(question)
    role = None if query is None else witness.role(question, query.options)
    if role is None or query is None:
        return None
    return REJECTIONS[role - VISION_FALSE] if role >= VISION_FALSE else query.options[role]


@lru_cache(maxsize=64)
def _is_black(picture: bytes) -> bool:
    """Whether nothing is to be seen in a picture."""
    from PIL import Image

    from handeye.media.view import PictureError, view_of

    try:
        image: Image.Image = view_of(picture).image()
    except PictureError:
        return True
    return all(high <= 8 for _, high in image.getextrema())  # type: ignore[misc]


@lru_cache(maxsize=64)
def _is_silence(sound: bytes) -> bool:
    """Whether nothing is to be heard in a WAV file."""
    import wave

    try:
        with wave.open(io.BytesIO(sound)) as file:
            return not any(file.readframes(file.getnframes()))
    except (wave.Error, EOFError):
        return True


def _truth(name: str, value: object) -> bool:
    told = str(value).lower()
    if told not in ("true", "false", "1", "0"):
        raise OptionError(f"{name} must be true or false, got {value!r}")
    return told in ("true", "1")


def _small(**options: Any) -> ChatRespondent:
    """A model that ``handeye train premise`` made.

    Raises:
        RunError: it cannot be loaded, none ships and no ``path`` is given, or what it needs is not
            installed.
    """
    needs_local()
    from handeye.premise.respondents.small import SmallModel

    if "path" not in options:
        options["path"] = str(shipped_model_dir("premise-small", _TRAIN))
    return SmallModel(_decoded, **options)


_TRAIN = "handeye train premise --seed 1 --out DIR (then --model handeye/premise-small -M path=DIR)"
NOT_FOR_SMALL = (
    "handeye/small was not made for clips: it was trained on single pictures of grids, and answers "
    "nothing else"
)
RESPONDENTS: Respondents = {
    "oracle": Kind((), Oracle, "looks and listens: the check that clips can be solved", own=True),
    "premise-small": Kind(
        NAMES, _small, "a small model of clips (handeye train premise); path names its folder"
    ),
    "simulated": Kind(
        ("data", "faults", "seed", "letters"),
        SimulatedPremises,
        "knows the gold, spoils it as told",
    ),
}
