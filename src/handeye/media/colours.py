"""The colours of a picture file as sRGB, 8 bits: by its ICC profile, or a PNG's own chunks.

Where that changes nothing by more than 2 of 255 nothing is done, so that a file which says sRGB in
one of the many ways stays as it is.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from handeye.media.header import Header

Bytes = NDArray[np.uint8]
Light: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A table of 256 values of linear light, and the 3 x 3 matrix from there to linear sRGB."""
Recolouring: TypeAlias = ImageCms.ImageCmsTransform | Bytes | Light
"""What turns colours into sRGB: a transform, 256 colours for greys, or a way through light."""

ROWS = 256
"""Rows worked on at a time where numbers take more memory than bytes."""
_ALIKE = 2
_GREYS = np.arange(256, dtype=np.uint8)[None]
_STEPS = np.linspace(0, 255, 18).astype(np.uint8)
# Colours that stand for all: a lattice, and every grey.
_LATTICE = np.concatenate(
    [
        np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), -1).reshape(1, -1, 3),
        np.repeat(_GREYS[..., None], 3, 2),
    ],
    axis=1,
)
# White, red, green and blue, each as x and y (ITU-T H.273, table 2).
_D65 = (0.3127, 0.329)
_SRGB = (*_D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_PRIMARIES = {
    1: _SRGB,
    5: (*_D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*_D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    12: (*_D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
# Exponents by the curves of H.273, table 3, but for those of HDR; those of television are what its
# screens do (BT.1886). 0 stands for sRGB's own curve.
_CURVES = {1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 13: 0.0, 14: 2.4, 15: 2.4}
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def recolouring(header: Header) -> Recolouring | None:
    """What turns the file's colours into sRGB; None where that changes nothing that is seen."""
    model = "CMYK" if header.mode == "CMYK" else "L" if header.mode[0] in "1LI" else "RGB"
    if header.profile and b"cICP" not in header.chunks:
        return _by_profile(header.profile, model)
    coding = _coding(header.chunks)
    return None if coding is None else _by_coding(*coding)


def in_srgb(plain: Image.Image, by: Recolouring | None) -> Image.Image:
    """Colours (modes RGB, L or CMYK) as sRGB (mode RGB)."""
    if by is None:
        return plain.convert("RGB")
    if isinstance(by, tuple):
        return Image.fromarray(_through(by, np.asarray(plain.convert("RGB"))))
    if isinstance(by, np.ndarray):
        return Image.fromarray(by[np.asarray(plain.convert("L"))])
    colours = plain if plain.mode == "CMYK" else plain.convert("RGB")
    return ImageCms.applyTransform(colours, by) or colours


@lru_cache(maxsize=16)
def _by_profile(profile: bytes, model: str) -> ImageCms.ImageCmsTransform | Bytes | None:
    """None for a profile that says nothing new, is broken, or is of another colour model.

    Viewers leave such a one out, too.
    """
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = found.profile.xcolor_space.strip()
        if (model, space) == ("L", "RGB"):  # browsers let it count
            model = "RGB"
        elif space != ("GRAY" if model == "L" else model):
            return None
        srgb = ImageCms.createProfile("sRGB")
        # Through the table that LittleCMS would make of it, dark greys lose up to ten levels.
        exact = ImageCms.Flags.NOOPTIMIZE if model == "L" else ImageCms.Flags.NONE
        transform = ImageCms.buildTransform(found, srgb, model, "RGB", flags=exact)
        if model == "CMYK":
            return transform
        probe = _GREYS if model == "L" else _LATTICE
        shown = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), transform))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if _alike(probe if model == "RGB" else probe[..., None], shown):
        return None
    return shown[0] if model == "L" else transform


def _alike(one: Bytes, other: Bytes) -> bool:
    return int(np.abs(one.astype(np.int16) - other.astype(np.int16)).max()) <= _ALIKE


def _coding(chunks: Mapping[bytes, bytes]) -> tuple[float, tuple[float, ...]] | None:
    """Curve and primaries of a PNG, by its chunks in order of rank; None for sRGB or none told."""
    if len(cicp := chunks.get(b"cICP", b"")) == 4:
        curve, primaries = _CURVES.get(cicp[1]), _PRIMARIES.get(cicp[0])
        return None if curve is None or primaries is None else (curve, primaries)
    gamma = int.from_bytes(chunks.get(b"gAMA", b"")[:4], "big") / 100_000
    if b"iCCP" in chunks or b"sRGB" in chunks or not gamma:
        return None
    if len(chroma := chunks.get(b"cHRM", b"")) == 32:
        return 1 / gamma, tuple(value / 100_000 for value in struct.unpack(">8I", chroma))
    # Alone, a gamma within a twentieth of sRGB's means sRGB: so Chromium shows it.
    return None if abs(gamma * 2.2 - 1) < 0.05 else (1 / gamma, _SRGB)


@lru_cache(maxsize=16)
def _by_coding(curve: float, places: tuple[float, ...]) -> Light | None:
    values = np.arange(256) / 255
    coded = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = values**curve if curve else coded
    try:
        matrix = np.linalg.solve(_to_xyz(_SRGB), _to_xyz(places))
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None  # no colours that can be
    by = light.astype(np.float32), matrix.astype(np.float32)
    return None if _alike(_LATTICE, _through(by, _LATTICE)) else by


def _to_xyz(places: tuple[float, ...]) -> NDArray[np.float64]:
    """The matrix from linear red, green and blue to XYZ under D50, adapted as by Bradford."""
    white, *primaries = (
        np.array([x / y, 1.0, (1 - x - y) / y])
        for x, y in zip(places[::2], places[1::2], strict=True)
    )
    columns = np.stack(primaries, 1)
    xyz = columns * np.linalg.solve(columns, white)
    cones = _BRADFORD @ np.array([0.9642, 1.0, 0.8249]) / (_BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.solve(_BRADFORD, cones[:, None] * (_BRADFORD @ xyz))
    return adapted


def _through(by: Light, picture: Bytes) -> Bytes:
    """Values through linear light into sRGB (IEC 61966-2-1)."""
    table, matrix = by
    out = np.empty_like(picture)
    for top in range(0, len(picture), ROWS):
        light = np.clip(table[picture[top : top + ROWS]] @ matrix.T, 0, 1)
        coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        out[top : top + ROWS] = np.rint(coded * 255)
    return out
