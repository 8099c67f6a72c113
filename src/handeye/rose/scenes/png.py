"""A PNG writer for pictures made of repeated tiles: the same bytes on every machine.

That is its reason; the bytes of a compression library depend on its version. zlib is faster at a
palette PNG of the same picture and packs it tighter (``benchmarks/generation.py``).

The repetition need not be searched for, it is known. A strip (one row of cells) is written as
LZ77 matches one cell back, a pixel back or a line up, and a strip that occurs again is written
again from its finished bytes. Pictures are 8-bit RGB without interlacing or filters (RFC 2083),
readable by any decoder.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from handeye.rose.scenes.deflate import MAX_DISTANCE, MAX_LENGTH, Ints, Tokens, deflate_block

_ADLER = 65521
_FILTER_NONE = Tokens(np.zeros(1, np.int64), np.zeros(1, np.int64))


def _run_lengths(flags: NDArray[np.bool_]) -> Ints:
    """For each element of a 2-D array, the length of the True run it lies in (0 for False)."""
    padded = np.zeros((flags.shape[0], flags.shape[1] + 1), bool)
    padded[:, :-1] = flags
    flat = padded.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flat, [False])).astype(np.int8)))
    out = np.zeros(flat.size, np.int64)
    spans = edges[1::2] - edges[::2]
    out[flat] = np.repeat(spans, spans)
    return out.reshape(padded.shape)[:, :-1]


class _Tile:
    """One tile's pixel lines as tokens that need nothing to their left."""

    def __init__(self, pixels: NDArray[np.uint8], stride: int) -> None:
        self.pixels = np.ascontiguousarray(pixels)
        size = pixels.shape[0]
        packed = pixels.astype(np.int64) @ np.array([1, 256, 65536])
        left = np.zeros((size, size), bool)
        left[:, 1:] = packed[:, 1:] == packed[:, :-1]
        up = np.zeros((size, size), bool)
        if stride <= MAX_DISTANCE:
            up[1:] = packed[1:] == packed[:-1]
        self.same_as_above: list[bool] = np.logical_and.reduce(up, axis=1).tolist()
        left_run, up_run = _run_lengths(left), _run_lengths(up)
        # 0 literal, 1 copy the pixel to the left, 2 copy the pixel above; the longer run wins.
        mode = np.where(up_run >= np.maximum(left_run, 1), 2, np.where(left_run > 0, 1, 0))
        self.lines = self._segment(mode, stride)

    def _segment(self, mode: Ints, stride: int) -> list[Tokens]:
        size = mode.shape[0]
        flat = mode.ravel()
        starts_here = np.ones(flat.size, bool)
        starts_here[1:] = (flat[1:] != flat[:-1]) | (flat[1:] == 0)
        starts_here[::size] = True
        starts = np.flatnonzero(starts_here)
        runs = np.diff(np.concatenate((starts, [flat.size])))
        modes = flat[starts]
        # A literal pixel is three tokens; a copied run of n pixels is 3n bytes, <= 258 a match.
        pieces = np.where(modes == 0, 3, -(-runs * 3 // MAX_LENGTH))
        owner = np.repeat(np.arange(starts.size), pieces)
        order = np.arange(owner.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        is_literal = modes[owner] == 0
        rest = runs[owner] * 3 - order * MAX_LENGTH
        length = np.where(is_literal, 0, np.minimum(rest, MAX_LENGTH))
        colours = self.pixels.reshape(-1, 3)[starts[owner], order * is_literal]
        value = np.where(is_literal, colours, np.where(modes[owner] == 1, 3, stride))
        line_of = starts[owner] // size
        cuts = np.searchsorted(line_of, np.arange(size + 1))
        return [Tokens(length[a:b], value[a:b]) for a, b in pairwise(cuts.tolist())]


def _strip_tokens(pattern: tuple[int, ...], tiles: Sequence[_Tile], stride: int) -> Tokens:
    """Tokens of one row of cells; refers to nothing before the strip."""
    size = tiles[0].pixels.shape[0]
    plan = _line_plan(pattern, size * 3)
    copy_line = Tokens.match(stride, stride) if stride <= MAX_DISTANCE else None
    used = sorted(set(pattern))
    parts: list[Tokens] = []
    for y in range(size):
        if y and copy_line and all(tiles[t].same_as_above[y] for t in used):
            parts.append(copy_line)
            continue
        parts.append(_FILTER_NONE)
        parts.extend(step if isinstance(step, Tokens) else tiles[step].lines[y] for step in plan)
    return Tokens(
        np.concatenate([p.length for p in parts]), np.concatenate([p.value for p in parts])
    )


def _line_plan(pattern: tuple[int, ...], cell_bytes: int) -> list[int | Tokens]:
    """How a line of cells is written: a tile's own tokens the first time, then copies of it."""
    plan: list[int | Tokens] = []
    last_seen: dict[int, int] = {}
    run = 0
    run_distance = 0
    for index, tile in enumerate(pattern):
        distance = (index - last_seen[tile]) * cell_bytes if tile in last_seen else 0
        last_seen[tile] = index
        if distance > MAX_DISTANCE:
            distance = 0
        if run and distance != run_distance:
            plan.append(Tokens.match(run * cell_bytes, run_distance))
            run = 0
        if distance:
            run, run_distance = run + 1, distance
        else:
            plan.append(tile)
    if run:
        plan.append(Tokens.match(run * cell_bytes, run_distance))
    return plan


def _adler_join(first: int, second: int, second_length: int) -> int:
    """Adler-32 of two byte strings joined, from the checksums of each."""
    a1, b1 = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    a = (a1 + a2 - 1) % _ADLER
    b = (b1 + b2 + second_length * (a1 - 1)) % _ADLER
    return (b << 16) | a


def _strip_bytes(pattern: tuple[int, ...], tiles: Sequence[_Tile]) -> bytes:
    size = tiles[0].pixels.shape[0]
    raw = np.zeros((size, len(pattern) * size * 3 + 1), np.uint8)
    raw[:, 1:] = np.concatenate([tiles[t].pixels.reshape(size, -1) for t in pattern], axis=1)
    return raw.tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def encode_tiles(layout: NDArray[np.integer], tiles: Sequence[NDArray[np.uint8]]) -> bytes:
    """Encode a grid of tiles as an RGB PNG without ever building the whole picture.

    Args:
        layout: ``(rows, cols)`` indices into ``tiles``.
        tiles: square uint8 arrays ``(size, size, 3)``, all of one size.

    Returns:
        The file; a pure function of the pixels, independent of any compression library.
    """
    rows, cols = layout.shape
    size = tiles[0].shape[0]
    stride = cols * size * 3 + 1
    prepared = [_Tile(tile, stride) for tile in tiles]

    @cache
    def strip(pattern: tuple[int, ...]) -> tuple[bytes, int]:
        block = deflate_block(_strip_tokens(pattern, prepared, stride))
        return block, zlib.adler32(_strip_bytes(pattern, prepared))

    adler = 1
    body = [b"\x78\x01"]
    for row in layout.tolist():
        block, checksum = strip(tuple(row))
        body.append(block)
        adler = _adler_join(adler, checksum, stride * size)
    body.append(b"\x03\x00" + struct.pack(">I", adler))
    header = struct.pack(">IIBBBBB", cols * size, rows * size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", b"".join(body))
        + _chunk(b"IEND", b"")
    )
