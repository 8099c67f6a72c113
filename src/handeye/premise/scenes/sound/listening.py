"""What can be measured of decoded sound, knowing nothing of how it was made.

Codecs shift sound by some hundredths of a second, smear it over a frame and change its level; so
nothing here counts on an exact time or an absolute level.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handeye.assets import recording
from handeye.premise.scenes.kinds import CLOSE_FROM, DETAIL_FROM, DETAIL_SAMPLES, N_SAMPLES, RATE
from handeye.premise.scenes.sound.waves import milliseconds

Heard = NDArray[np.float64]
"""(n,) samples of one channel, full scale 1."""
Event = tuple[int, int]
"""First sample of a sound and the one after its last."""
_BETWEEN = (DETAIL_FROM + DETAIL_SAMPLES + CLOSE_FROM) // 2
_SILENT = 1e-3
_FFT = 1 << 16


def channels(samples: NDArray[Any]) -> Heard:
    """(n, channels) of (n,) or (n, channels) samples, 16 bits or floats of full scale 1."""
    whole = np.issubdtype(samples.dtype, np.integer)
    out = samples.astype(np.float64) / (32768 if whole else 1)
    return out[:, None] if out.ndim == 1 else out


def detail_part(samples: NDArray[Any]) -> Heard:
    """The part of a clip where the detail sounds, channels mixed to one; silence where it ends."""
    return _filled(channels(samples)[:_BETWEEN], _BETWEEN)


def closing_part(samples: NDArray[Any]) -> Heard:
    """The part of a clip where the closing sound is, likewise."""
    return _filled(channels(samples)[_BETWEEN:], N_SAMPLES - _BETWEEN)


def _filled(part: Heard, least: int) -> Heard:
    mixed = np.zeros(max(len(part), least))
    mixed[: len(part)] = part.mean(1)
    return mixed


def envelope(heard: Heard, ms: float = 5) -> Heard:
    """Root mean square of every piece of so many milliseconds."""
    step = milliseconds(ms)
    whole = heard[: len(heard) // step * step].reshape(-1, step)
    rms: Heard = np.sqrt((whole * whole).mean(1))
    return rms


def events(heard: Heard, *, below_db: float = 20, apart_ms: float = 20) -> list[Event]:
    """Sounds with silence between.

    Args:
        heard: one channel.
        below_db: what is quieter than the loudest by more counts as silence.
        apart_ms: shorter silences do not part a sound from the next.
    """
    rms = envelope(heard)
    if rms.max() < _SILENT:
        return []
    loud = np.flatnonzero(rms > rms.max() * 10 ** (-below_db / 20))
    step = milliseconds(5)
    cuts = np.flatnonzero(np.diff(loud) > 1 + apart_ms / 5)
    starts, ends = np.append(loud[0], loud[cuts + 1]), np.append(loud[cuts], loud[-1])
    return [(int(a) * step, int(b + 1) * step) for a, b in zip(starts, ends, strict=True)]


def energy(heard: Heard) -> float:
    """Sum of the squares."""
    return float((heard * heard).sum())


def lasts(event: Event) -> float:
    """Length of an event in milliseconds."""
    return (event[1] - event[0]) * 1000 / RATE


def onset(heard: Heard, event: Event) -> float:
    """When a sound reaches half of its height, in milliseconds."""
    start = max(0, event[0] - milliseconds(20))
    rms = envelope(heard[start : event[1]], 1)
    return start * 1000 / RATE + float(np.argmax(rms > rms.max() / 2))


def spectrum(heard: Heard) -> tuple[Heard, Heard]:
    """Frequencies in hertz, at most 1 apart, and the power at each."""
    size = max(RATE, len(heard))
    power: Heard = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), size)) ** 2
    hertz = np.asarray(np.fft.rfftfreq(size, 1 / RATE), dtype=np.float64)
    return hertz, power


def pitch(heard: Heard) -> float:
    """Frequency of the strongest partial in hertz."""
    hertz, power = spectrum(heard)
    return float(hertz[np.argmax(power)])


def purity(heard: Heard, within: float = 40) -> float:
    """Share of the power within so many hertz of the strongest partial: of a pure tone 1."""
    hertz, power = spectrum(heard)
    near = np.abs(hertz - hertz[np.argmax(power)]) < within
    return float(power[near].sum() / max(power.sum(), 1e-30))


def brightness(heard: Heard) -> float:
    """Centre of gravity of the spectrum in hertz."""
    hertz, power = spectrum(heard)
    return float((hertz * power).sum() / max(power.sum(), 1e-30))


def band(heard: Heard, low: float, high: float) -> Heard:
    """What of a sound lies between two frequencies."""
    spread = np.fft.rfft(heard)
    hertz = np.fft.rfftfreq(len(heard), 1 / RATE)
    spread[(hertz < low) | (hertz > high)] = 0
    return np.fft.irfft(spread, len(heard))


def _coarse(heard: Heard) -> tuple[NDArray[np.complex128], Heard]:
    """Spectrum up to 2 kHz, where most of speech is, and what has it: every fourth sample."""
    spread = np.fft.rfft(heard, _FFT)[: _FFT // 8 + 1]
    return spread, np.fft.irfft(spread, _FFT // 4)


@lru_cache(maxsize=4)
def _templates(words: tuple[str, ...]) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    """Conjugate spectra of recorded words, of energy 1 each, and their lengths when coarse."""
    said = [np.frombuffer(recording(word), "<i2").astype(np.float64) for word in words]
    coarse = [_coarse(samples) for samples in said]
    spectra = [np.conj(spread) / math.sqrt(energy(wave)) for spread, wave in coarse]
    return np.stack(spectra), np.array([len(samples) // 4 for samples in said])


def likeness(heard: Heard, words: tuple[str, ...]) -> dict[str, float]:
    """How like a recorded word the most alike piece of a sound is: correlation, at most 1.

    Args:
        heard: at most 3 s of one channel.
        words: those that there are recordings of.
    """
    templates, lengths = _templates(words)
    spread, wave = _coarse(heard)
    found = np.fft.irfft(spread * templates, _FFT // 4)
    sums = np.append(0, np.cumsum(wave * wave))
    out = {}
    for word, n, row in zip(words, lengths, found, strict=True):
        starts = max(len(heard) // 4 - n, 1)
        local = np.sqrt(sums[n : n + starts] - sums[:starts])
        out[word] = float((row[:starts] / np.maximum(local, _SILENT * math.sqrt(n) / 4)).max())
    return out
