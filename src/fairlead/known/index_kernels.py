"""The inner loops of the index, compiled. Import where needed: numba takes its time to load.

Every loop releases the interpreter lock. Hashes are rows of four 64-bit words; chunk ``c`` of a hash is
``widths[c]`` bits from bit ``firsts[c]`` on. The mark of a row in chunk ``c`` is up to 16 bits of the chunk after it
(after the last comes the first), see `index_plan`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from fairlead.engine.compiled import compiled

_tools: Any = cgutils
_CANDIDATES = 1024  # rows fetched ahead before their distances are computed
_MARK = np.int64(0xFFFF)
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
def fill_table(
    word: Any,
    first: int,
    width: int,
    after: int,
    after_width: int,
    starts: Any,
    filled: Any,
    ids: Any,
    marks: Any,
) -> None:
    """Sort row numbers by chunk: rows with key k are ``ids[starts[k]:starts[k + 1]]``, ascending, ``marks`` beside them.

    ``starts`` has 2**width + 2 zeros on entry; its last element is of no use afterwards. Bit k of ``filled`` says
    whether there is such a row.
    """
    entries = ids.shape[0]
    for i in range(entries):
        k = _key(word, i, first, width)
        filled[k >> 6] |= np.uint64(1) << np.uint64(k & 63)
        starts[k + 2] += np.uint32(1)
    for k in range(2, starts.shape[0]):
        starts[k] += starts[k - 1]
    for i in range(entries):
        k = _key(word, i, first, width) + 1
        ids[starts[k]] = i
        marks[starts[k]] = np.uint16(_key(word, i, after, after_width) & _MARK)
        starts[k] += np.uint32(1)


@compiled
def scan(words: Any, queries: Any, radius: int, out: Any) -> int:
    """Compare every entry with every query; rows of ``out`` written, or -1 when they do not fit.

    Block by block of entries, so that entries stay in the cache.
    """
    entries = words.shape[0]
    written = 0
    for low in range(0, entries, _BLOCK):
        high = min(entries, low + _BLOCK)
        for j in range(queries.shape[0]):
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
                        return -1
                    out[written, 0] = j
                    out[written, 1] = i
                    out[written, 2] = distance
                    written += 1
    return written


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
def _find_buckets(
    starts: Any, filled: Any, marks: Any, offset: int, key: int, masks: Any, low: Any, high: Any, spent: Any
) -> int:
    """Places of the rows whose keys differ from ``key`` by a mask, and by how many bits; returns how many buckets."""
    buckets = 0
    for mask in masks:
        k = key ^ mask
        high[buckets] = k
        spent[buckets] = _ones(np.uint64(mask))
        buckets += int((filled[k >> 6] >> np.uint64(k & 63)) & np.uint64(1))
    for b in range(buckets):
        _fetch_ahead(starts, high[b])
    for b in range(buckets):
        k = high[b]
        low[b] = offset + np.int64(starts[k])
        high[b] = offset + np.int64(starts[k + 1])
        _fetch_ahead(marks, low[b])
    return buckets


@compiled
def _told_by(keys: Any, word: Any, i: int, c: int, firsts: Any, widths: Any, radii: Any) -> bool:
    """Whether chunk ``c`` of a query and of a row agree so far that a search in this chunk finds the row."""
    after = (c + 1) % widths.shape[0]
    apart = np.int64(_ones(np.uint64(keys[c] ^ _key(word, i, firsts[c], widths[c]))))
    if apart > radii[c]:
        return False
    mark = (keys[after] ^ _key(word, i, firsts[after], widths[after])) & _MARK
    return bool(apart + np.int64(_ones(np.uint64(mark))) <= radii[c] + radii[after] + 1)


@compiled
def _settle(
    word: Any,
    ids: Any,
    queries: Any,
    keys: Any,
    c: int,
    firsts: Any,
    widths: Any,
    radii: Any,
    radius: int,
    held: Any,
    waiting: int,
    out: Any,
    written: int,
) -> int:
    """Compute the distances of candidates that chunk ``c`` found; rows of ``out`` written, or -1.

    A pair is written by the first chunk that finds it, so that no pair comes twice.
    """
    for h in range(waiting):
        _fetch_ahead(ids, held[h, 1])
    for h in range(waiting):
        held[h, 1] = np.int64(ids[held[h, 1]])
        _fetch_ahead(word, held[h, 1] * 4)
    for h in range(waiting):
        j, i = held[h, 0], held[h, 1]
        distance = _distance(word, i, queries, j)
        if distance > radius:
            continue
        earlier = False
        for e in range(c):
            earlier |= _told_by(keys[j], word, i, e, firsts, widths, radii)
        if earlier:
            continue
        if written == out.shape[0]:
            return -1
        out[written, 0] = j
        out[written, 1] = i
        out[written, 2] = distance
        written += 1
    return written


@compiled
def look_up(
    word: Any,
    starts: Any,
    table_from: Any,
    filled: Any,
    filled_from: Any,
    ids: Any,
    marks: Any,
    firsts: Any,
    widths: Any,
    radii: Any,
    masks: Any,
    mask_from: Any,
    queries: Any,
    radius: int,
    out: Any,
) -> int:
    """Neighbours of all queries; rows of ``out`` written, or -1 when they do not fit.

    Chunk after chunk for all queries, so that what says which keys have rows stays in the cache.
    """
    entries, chunks, asked = word.shape[0] // 4, widths.shape[0], queries.shape[0]
    query = queries.reshape(-1)
    keys = np.empty((asked, chunks), np.int64)
    for j in range(asked):
        for c in range(chunks):
            keys[j, c] = _key(query, j, firsts[c], widths[c])
    most = np.max(mask_from[1:] - mask_from[:-1])
    low, high, spent = (
        np.empty(most + 1, np.int64),
        np.empty(most + 1, np.int64),
        np.empty(most + 1, np.int64),
    )
    held = np.empty((_CANDIDATES, 2), np.int64)
    written = waiting = 0
    for c in range(chunks):
        after = (c + 1) % chunks
        most_apart = radii[c] + radii[after] + 1
        some_masks = masks[mask_from[c] : mask_from[c + 1]]
        some_starts, some_filled = starts[table_from[c] :], filled[filled_from[c] :]
        for j in range(asked):
            mark = keys[j, after] & _MARK
            for b in range(
                _find_buckets(
                    some_starts, some_filled, marks, c * entries, keys[j, c], some_masks, low, high, spent
                )
            ):
                for p in range(low[b], high[b]):
                    if spent[b] + np.int64(_ones(np.uint64(np.int64(marks[p]) ^ mark))) > most_apart:
                        continue
                    held[waiting, 0] = j
                    held[waiting, 1] = p
                    waiting += 1
                    if waiting == _CANDIDATES:
                        written = _settle(
                            word,
                            ids,
                            query,
                            keys,
                            c,
                            firsts,
                            widths,
                            radii,
                            radius,
                            held,
                            waiting,
                            out,
                            written,
                        )
                        waiting = 0
                        if written < 0:
                            return -1
        written = _settle(
            word, ids, query, keys, c, firsts, widths, radii, radius, held, waiting, out, written
        )
        waiting = 0
        if written < 0:
            return -1
    return written


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
    word: Any,
    starts: Any,
    ids: Any,
    marks: Any,
    width: int,
    masks: Any,
    most_apart: int,
    radius: int,
    parent: Any,
) -> None:
    """Join all rows at most ``radius`` bits apart that a search in one chunk finds.

    Buckets are joined with buckets, each pair of buckets once. ``parent`` is a forest of components.
    """
    for mask in masks:
        spare = most_apart - np.int64(_ones(np.uint64(mask)))
        for k in range(1 << width):
            other = k ^ mask
            if other < k or starts[k] == starts[k + 1]:
                continue
            for p in range(starts[k], starts[k + 1]):
                begin = p + 1 if other == k else np.int64(starts[other])
                for q in range(begin, starts[other + 1]):
                    if np.int64(_ones(np.uint64(marks[p] ^ marks[q]))) > spare:
                        continue
                    i, e = np.int64(ids[p]), np.int64(ids[q])
                    if _distance(word, i, word, e) <= radius:
                        _join(parent, i, e)
