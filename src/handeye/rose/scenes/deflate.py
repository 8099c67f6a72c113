"""DEFLATE blocks (RFC 1951) from given LZ77 tokens: Huffman codes, header, bit packing.

Written here because the bytes of a library's compressor differ between zlib, zlib-ng and their
versions, and a generated set must have the same hashes on every machine. Knows nothing of pictures.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
MAX_DISTANCE = 32768
MAX_LENGTH = 258
_CODE_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)


def _length_tables() -> tuple[Ints, Ints, Ints]:
    """Symbol, extra value and number of extra bits for match lengths 0..258 (RFC 1951, 3.2.5)."""
    symbol, extra, bits = (np.zeros(MAX_LENGTH + 1, np.int64) for _ in range(3))
    length = 3
    for code in range(28):
        n = max(0, code // 4 - 1)
        for value in range(1 << n):
            symbol[length], extra[length], bits[length] = 257 + code, value, n
            length += 1
    symbol[MAX_LENGTH], extra[MAX_LENGTH], bits[MAX_LENGTH] = 285, 0, 0
    return symbol, extra, bits


def _distance_bases() -> tuple[Ints, Ints]:
    """First distance and number of extra bits of the 30 distance codes."""
    base, bits = np.zeros(30, np.int64), np.zeros(30, np.int64)
    distance = 1
    for code in range(30):
        n = max(0, code // 2 - 1)
        base[code], bits[code] = distance, n
        distance += 1 << n
    return base, bits


_LEN_SYMBOL, _LEN_EXTRA, _LEN_BITS = _length_tables()
_DIST_BASE, _DIST_BITS = _distance_bases()


@dataclass(frozen=True, slots=True)
class Tokens:
    """LZ77 tokens: ``length`` 0 means a literal, then ``value`` is the byte, else the distance."""

    length: Ints
    value: Ints

    @staticmethod
    def match(total: int, distance: int) -> Tokens:
        """Cover ``total`` >= 3 bytes by matches at ``distance``."""
        count, rest = divmod(total, MAX_LENGTH)
        lengths = [MAX_LENGTH] * count
        if rest >= 3:
            lengths.append(rest)
        elif rest:
            lengths[-1] -= 3 - rest
            lengths.append(3)
        return Tokens(np.array(lengths, np.int64), np.full(len(lengths), distance, np.int64))


def _code_lengths(counts: Sequence[int], limit: int) -> list[int]:
    """Huffman code lengths <= ``limit`` for symbol counts; at least two symbols get a code."""
    used = [(count, symbol) for symbol, count in enumerate(counts) if count]
    while len(used) < 2:
        used.append((1, next(s for s in range(len(counts)) if all(s != u for _, u in used))))
    lengths = [0] * len(counts)
    heap: list[tuple[int, int, list[int]]] = [(c, s, [s]) for c, s in used]
    heapq.heapify(heap)
    tie = len(counts)
    while len(heap) > 1:
        c1, _, s1 = heapq.heappop(heap)
        c2, _, s2 = heapq.heappop(heap)
        for symbol in (*s1, *s2):
            lengths[symbol] += 1
        heapq.heappush(heap, (c1 + c2, tie, s1 + s2))
        tie += 1
    return _limit_lengths(lengths, counts, limit)


def _limit_lengths(lengths: list[int], counts: Sequence[int], limit: int) -> list[int]:
    """Shorten over-long codes and pay for it with the rarest symbols, keeping Kraft's equality."""
    if max(lengths) <= limit:
        return lengths
    lengths = [min(n, limit) for n in lengths]
    debt = sum(1 << (limit - n) for n in lengths if n) - (1 << limit)
    rare_first = sorted((s for s, n in enumerate(lengths) if n), key=lambda s: (counts[s], s))
    while debt > 0:
        symbol = next(s for s in rare_first if lengths[s] < limit)
        lengths[symbol] += 1
        debt -= 1 << (limit - lengths[symbol])
    for symbol in reversed(rare_first):
        while debt < 0 and lengths[symbol] > 1 and (1 << (limit - lengths[symbol])) <= -debt:
            debt += 1 << (limit - lengths[symbol])
            lengths[symbol] -= 1
    return lengths


def _codes(lengths: Sequence[int]) -> list[int]:
    """Canonical codes (RFC 1951, 3.2.2), bit-reversed for writing from the low bit up."""
    out = [0] * len(lengths)
    code = before = 0
    for length, symbol in sorted((n, s) for s, n in enumerate(lengths) if n):
        code <<= length - before
        out[symbol] = int(f"{code:0{length}b}"[::-1], 2)
        code += 1
        before = length
    return out


def _header(lit: list[int], dist: list[int]) -> list[tuple[int, int]]:
    """Block header of a dynamic block as (value, bits): its two code tables, run-length coded."""
    runs: list[tuple[int, int, int]] = []
    sequence = lit + dist
    i = 0
    while i < len(sequence):
        n = sequence[i]
        j = i
        while j < len(sequence) and sequence[j] == n:
            j += 1
        run = j - i
        i = j
        if n:
            runs.append((n, 0, 0))
            run -= 1
        while run >= 3:
            if n:
                take = min(run, 6)
                runs.append((16, take - 3, 2))
            elif run <= 10:
                take = run
                runs.append((17, take - 3, 3))
            else:
                take = min(run, 138)
                runs.append((18, take - 11, 7))
            run -= take
        runs.extend((n, 0, 0) for _ in range(run))
    counts = [0] * 19
    for symbol, _, _ in runs:
        counts[symbol] += 1
    lengths = _code_lengths(counts, 7)
    codes = _codes(lengths)
    kept = max(i for i, s in enumerate(_CODE_LENGTH_ORDER) if lengths[s]) + 1
    kept = max(kept, 4)
    out = [(0, 1), (2, 2), (len(lit) - 257, 5), (len(dist) - 1, 5), (kept - 4, 4)]
    out += [(lengths[s], 3) for s in _CODE_LENGTH_ORDER[:kept]]
    for symbol, extra, bits in runs:
        out.append((codes[symbol], lengths[symbol]))
        if bits:
            out.append((extra, bits))
    return out


def _pack(values: NDArray[np.uint64], bits: Ints) -> bytes:
    """Join values of up to 48 bits, low bit first; the tail is padded with zeros to a byte."""
    ends = np.cumsum(bits)
    offsets = ends - bits
    words = np.zeros(int(ends[-1]) // 64 + 2, np.uint64)
    index = offsets >> 6
    shift = (offsets & 63).astype(np.uint64)
    low = values << shift
    starts = np.flatnonzero(np.concatenate(([True], index[1:] != index[:-1])))
    words[index[starts]] = np.bitwise_or.reduceat(low, starts)
    spill = (offsets & 63) + bits > 64
    words[index[spill] + 1] |= values[spill] >> (np.uint64(64) - shift[spill])
    return words.astype("<u8").tobytes()[: (int(ends[-1]) + 7) // 8]


def deflate_block(tokens: Tokens) -> bytes:
    """One dynamic block of ``tokens``, ended on a byte border by an empty stored block."""
    is_match = tokens.length > 0
    symbol = np.where(is_match, _LEN_SYMBOL[tokens.length], tokens.value)
    distance = tokens.value[is_match]
    dist_code = np.searchsorted(_DIST_BASE, distance, side="right") - 1
    lit_counts = np.bincount(symbol, minlength=286)
    lit_counts[256] += 1
    lit = _code_lengths(lit_counts.tolist(), 15)
    dist = _code_lengths(np.bincount(dist_code, minlength=30).tolist(), 15)
    while len(lit) > 257 and lit[-1] == 0:
        lit.pop()
    while len(dist) > 1 and dist[-1] == 0:
        dist.pop()
    lit_codes, dist_codes = _codes(lit), _codes(dist)
    lit_len_array, lit_code_array = np.array(lit), np.array(lit_codes, np.uint64)
    dist_len_array, dist_code_array = np.array(dist), np.array(dist_codes, np.uint64)

    value = lit_code_array[symbol]
    bits = lit_len_array[symbol].astype(np.int64)
    length = tokens.length[is_match]
    at = bits[is_match].astype(np.uint64)
    joined = value[is_match] | (_LEN_EXTRA[length].astype(np.uint64) << at)
    at += _LEN_BITS[length].astype(np.uint64)
    joined |= dist_code_array[dist_code] << at
    at += dist_len_array[dist_code].astype(np.uint64)
    joined |= (distance - _DIST_BASE[dist_code]).astype(np.uint64) << at
    at += _DIST_BITS[dist_code].astype(np.uint64)
    value[is_match] = joined
    bits[is_match] = at.astype(np.int64)

    header = _header(lit, dist)
    # End of block, then the three header bits of an empty stored block (00 = not final, stored).
    tail = [(lit_codes[256], lit[256]), (0, 3)]
    values = np.concatenate(
        (
            np.array([v for v, _ in header], np.uint64),
            value,
            np.array([v for v, _ in tail], np.uint64),
        )
    )
    widths = np.concatenate(
        (np.array([b for _, b in header]), bits, np.array([b for _, b in tail]))
    ).astype(np.int64)
    return _pack(values, widths) + b"\x00\x00\xff\xff"
