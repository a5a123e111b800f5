"""The inner loops of the index, compiled. Import where needed: numba takes its time to load.

Every loop releases the interpreter lock. Hashes are rows of four 64-bit words; chunk ``c`` of a hash is
``widths[c]`` bits from bit ``firsts[c]`` on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from fairlead.engine.compiled import compiled

_tools: Any = cgutils
_CANDIDATES = 2048  # rows fetched ahead before their distances are computed
_BLOCK = 4096  # entries compared at a time: 128 KiB, which stays in the second-level cache


def _generate_ones(_context: Any, word: Any) -> Any:
    """Count the bits that are set: one instruction."""

    def generate(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(word), generate


_ones: Any = intrinsic(_generate_ones)


def _generate_fetch_ahead(_context: Any, array: Any, index: Any) -> Any:
    """Ask the processor to load an element of a flat array before it is needed."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), _tools.ir.IntType(8).as_pointer())
        number = _tools.ir.IntType(32)
        declared = _tools.ir.FunctionType(_tools.ir.VoidType(), [pointer.type, number, number, number])
        function = _tools.get_or_insert_function(builder.module, declared, "llvm.prefetch.p0")
        builder.call(function, [pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


_fetch_ahead: Any = intrinsic(_generate_fetch_ahead)


@compiled
def _key(word: Any, row: int, first: int, width: int) -> Any:
    """The chunk of a row as a number."""
    at, shift = row * 4 + (first >> 6), first & 63
    value = word[at] >> np.uint64(shift)
    if shift + width > 64:
        value |= word[at + 1] << np.uint64(64 - shift)
    return np.int64(value & np.uint64((1 << width) - 1))


@compiled
def shuffle_bits(rows: Any, places: Any, out: Any) -> None:
    """Move bit ``places[b]`` of each row of bytes to bit ``b``, most significant first."""
    for i in range(rows.shape[0]):
        for b in range(places.shape[0]):
            place = places[b]
            bit = (rows[i, place >> 3] >> np.uint8(7 - (place & 7))) & np.uint8(1)
            out[i, b >> 3] |= np.uint8(bit << np.uint8(7 - (b & 7)))


@compiled
def fill_table(word: Any, first: int, width: int, starts: Any, ids: Any) -> None:
    """Sort row numbers by chunk: rows with key k are ``ids[starts[k]:starts[k + 1]]``, ascending.

    ``starts`` has 2**width + 2 zeros on entry; its last element is of no use afterwards.
    """
    entries = ids.shape[0]
    for i in range(entries):
        starts[_key(word, i, first, width) + 2] += np.uint32(1)
    for k in range(2, starts.shape[0]):
        starts[k] += starts[k - 1]
    for i in range(entries):
        k = _key(word, i, first, width) + 1
        ids[starts[k]] = i
        starts[k] += np.uint32(1)


@compiled
def scan(words: Any, queries: Any, begin: int, radius: int, out: Any) -> Any:
    """Compare every entry with queries from ``begin`` on: (next query, rows written), as `look_up` does.

    Results of a run of queries are written block by block of entries, so that entries stay in the cache.
    """
    entries = words.shape[0]
    written = 0
    for low in range(0, entries, _BLOCK):
        high = min(entries, low + _BLOCK)
        for j in range(begin, queries.shape[0]):
            a, b, c, d = queries[j, 0], queries[j, 1], queries[j, 2], queries[j, 3]
            for i in range(low, high):
                distance = (
                    _ones(words[i, 0] ^ a)
                    + _ones(words[i, 1] ^ b)
                    + _ones(words[i, 2] ^ c)
                    + _ones(words[i, 3] ^ d)
                )
                if distance <= radius:
                    if written == out.shape[0]:
                        return begin, 0
                    out[written, 0] = j
                    out[written, 1] = i
                    out[written, 2] = distance
                    written += 1
    return queries.shape[0], written


@compiled
def _distance(left: Any, i: int, right: Any, j: int) -> Any:
    """Bits in which row ``i`` of one table differs from row ``j`` of another."""
    return np.int64(
        _ones(left[i * 4] ^ right[j * 4])
        + _ones(left[i * 4 + 1] ^ right[j * 4 + 1])
        + _ones(left[i * 4 + 2] ^ right[j * 4 + 2])
        + _ones(left[i * 4 + 3] ^ right[j * 4 + 3])
    )


@compiled
def _find_ranges(
    starts: Any,
    table: int,
    ids: Any,
    offset: int,
    key: int,
    masks: Any,
    begin: int,
    end: int,
    low: Any,
    high: Any,
) -> int:
    """Places in ``ids`` of the buckets that keys near ``key`` have; returns how many buckets are not empty."""
    for f in range(begin, end):
        _fetch_ahead(starts, table + (key ^ masks[f]))
    ranges = 0
    for f in range(begin, end):
        at = table + (key ^ masks[f])
        if starts[at + 1] > starts[at]:
            low[ranges] = offset + np.int64(starts[at])
            high[ranges] = offset + np.int64(starts[at + 1])
            _fetch_ahead(ids, low[ranges])
            ranges += 1
    return ranges


@compiled
def _gather(word: Any, ids: Any, low: Any, high: Any, r: int, ranges: int, held: Any) -> Any:
    """Fill ``held`` with rows of the buckets from ``r`` on: (bucket to go on with, rows)."""
    waiting = 0
    while r < ranges and waiting < held.shape[0]:
        taken = min(high[r] - low[r], held.shape[0] - waiting)
        for p in range(low[r], low[r] + taken):
            held[waiting] = np.int64(ids[p])
            _fetch_ahead(word, held[waiting] * 4)
            waiting += 1
        low[r] += taken
        if low[r] == high[r]:
            r += 1
    return r, waiting


@compiled
def _agrees_earlier(word: Any, i: int, keys: Any, c: int, firsts: Any, widths: Any, radii: Any) -> bool:
    """Whether a chunk before ``c`` has found the row already."""
    earlier = False
    for e in range(c):
        earlier |= np.int64(_ones(np.uint64(keys[e] ^ _key(word, i, firsts[e], widths[e])))) <= radii[e]
    return earlier


@compiled
def look_up(
    word: Any,
    starts: Any,
    table_from: Any,
    ids: Any,
    firsts: Any,
    widths: Any,
    radii: Any,
    masks: Any,
    mask_from: Any,
    queries: Any,
    begin: int,
    radius: int,
    out: Any,
) -> Any:
    """Neighbours of queries from ``begin`` on: (next query, rows of ``out`` that are complete).

    Stops before the query whose results do not fit any more; nothing of it counts as written. A pair is
    written by the first chunk in which it agrees, so that no pair comes twice.
    """
    entries = word.shape[0] // 4
    chunks = widths.shape[0]
    query = queries.reshape(-1)
    most = np.max(mask_from[1:] - mask_from[:-1])
    low = np.empty(most, np.int64)
    high = np.empty(most, np.int64)
    keys = np.empty(chunks, np.int64)
    held = np.empty(_CANDIDATES, np.int64)
    written = 0
    for j in range(begin, queries.shape[0]):
        complete = written
        for c in range(chunks):
            keys[c] = _key(query, j, firsts[c], widths[c])
        for c in range(chunks):
            ranges = _find_ranges(
                starts,
                table_from[c],
                ids,
                c * entries,
                keys[c],
                masks,
                mask_from[c],
                mask_from[c + 1],
                low,
                high,
            )
            r = 0
            while r < ranges:
                r, waiting = _gather(word, ids, low, high, r, ranges, held)
                for i in held[:waiting]:
                    distance = _distance(word, i, query, j)
                    if distance > radius or _agrees_earlier(word, i, keys, c, firsts, widths, radii):
                        continue
                    if written == out.shape[0]:
                        return j, complete
                    out[written, 0] = j
                    out[written, 1] = i
                    out[written, 2] = distance
                    written += 1
    return queries.shape[0], written


@compiled
def _root(parent: Any, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _join(parent: Any, i: int, e: int) -> None:
    """Put two rows into one component; its root is the lowest row."""
    x, y = _root(parent, i), _root(parent, e)
    if x < y:
        parent[y] = x
    elif y < x:
        parent[x] = y


@compiled
def unite(
    word: Any, starts: Any, table: int, ids: Any, width: int, masks: Any, radius: int, parent: Any
) -> None:
    """Join all rows at most ``radius`` bits apart whose keys in one chunk differ by one of ``masks``.

    Buckets are joined with buckets, each pair of buckets once. ``parent`` is a forest of components.
    """
    for mask in masks:
        for k in range(1 << width):
            other = k ^ mask
            if other < k or starts[table + k] == starts[table + k + 1]:
                continue
            for p in range(starts[table + k], starts[table + k + 1]):
                begin = p + 1 if other == k else np.int64(starts[table + other])
                for q in range(begin, starts[table + other + 1]):
                    i, e = np.int64(ids[p]), np.int64(ids[q])
                    if _distance(word, i, word, e) <= radius:
                        _join(parent, i, e)
