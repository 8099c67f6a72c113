"""What can be measured of decoded sound, knowing nothing of how it was made.

Codecs shift sound by some hundredths of a second, smear it over a frame and change its level; so
nothing here counts on an exact time or an absolute level.
"""

from __future__ import annotations

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
_WORD_FFT = 1 << 16


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


@lru_cache(maxsize=128)
def _template(word: str) -> tuple[NDArray[np.complex64], int]:
    said = np.frombuffer(recording(word), "<i2").astype(np.float64)
    said /= np.sqrt((said * said).sum())
    return np.conj(np.fft.rfft(said, _WORD_FFT)).astype(np.complex64), len(said)


def likeness(heard: Heard, words: tuple[str, ...]) -> dict[str, float]:
    """How like a recorded word the most alike piece of a sound is: correlation, at most 1."""
    heard = heard[: _WORD_FFT // 2 + _WORD_FFT // 4]
    spread = np.fft.rfft(heard, _WORD_FFT)
    energy = np.append(0, np.cumsum(heard * heard))
    out = {}
    for word in words:
        template, n = _template(word)
        if n >= len(heard):
            out[word] = 0.0
            continue
        found = np.fft.irfft(spread * template, _WORD_FFT)[: len(heard) - n]
        local = np.sqrt(energy[n:-1] - energy[: -n - 1])
        out[word] = float((found / np.maximum(local, _SILENT * np.sqrt(n))).max())
    return out
