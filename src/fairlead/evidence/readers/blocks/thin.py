"""Thin volumes: the metadata of a pool (dm-thin-metadata.c, dm-btree) says where each block of a volume lies."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from fairlead.evidence.readers.blocks.block import Block, exactly

_BLOCK = 4096
_MAGIC = 27022010
_LEAF, _INTERNAL = 2, 1
_MOST_DEPTH, _MOST_MAPPED = 12, 1 << 26


class ThinPool:
    """A pool: where its metadata and its data lie. Raises OSError for what is no pool."""

    def __init__(self, metadata: Block, data: Block, chunk: int) -> None:
        self._metadata, self._data = metadata, data
        head = exactly(metadata, 0, _BLOCK)
        # csum, flags, blocknr, uuid, magic, version, time, trans_id, held root, space maps, mapping root, details
        if struct.unpack_from("<Q", head, 32)[0] != _MAGIC:
            raise OSError("no metadata of a thin pool")
        root: int = struct.unpack_from("<Q", head, 320)[0]
        sectors: int = struct.unpack_from("<I", head, 336)[0]
        self._chunk = sectors * 512
        if self._chunk != chunk or not 65536 <= chunk <= 1 << 30:
            raise OSError("the pool states two sizes of a chunk")
        self._roots = dict(self._pairs(root, 0, set()))

    def open(self, device: int, size: int) -> ThinVolume:
        """A volume by its number in the pool. Raises OSError when there is none."""
        if device not in self._roots:
            raise OSError("the pool does not know this thin volume")
        mapped: dict[int, int] = {}
        for block, packed in self._pairs(self._roots[device], 0, set()):
            mapped[block] = packed >> 24  # below lies the time of the mapping
            if len(mapped) > _MOST_MAPPED:
                raise OSError("a thin volume with too many blocks")
        return ThinVolume(self._data, mapped, self._chunk, size)

    def _pairs(self, at: int, depth: int, seen: set[int]) -> Iterator[tuple[int, int]]:
        """Keys and values of a tree in order; a node is met once."""
        if depth > _MOST_DEPTH or at in seen:
            raise OSError("a tree of the pool goes in circles")
        seen.add(at)
        node = exactly(self._metadata, at * _BLOCK, _BLOCK)
        flags, number, count, most, value_bytes = struct.unpack_from("<IQIII", node, 4)
        if (
            number != at
            or value_bytes != 8
            or not count <= most <= (_BLOCK - 32) // 16
            or flags not in (_LEAF, _INTERNAL)
        ):
            raise OSError("a node of the pool is damaged")
        keys = struct.unpack_from(f"<{count}Q", node, 32)
        values = struct.unpack_from(f"<{count}Q", node, 32 + 8 * most)
        if flags == _LEAF:
            yield from zip(keys, values, strict=True)
            return
        for child in values:
            yield from self._pairs(child, depth + 1, seen)


class ThinVolume:
    """The blocks of one thin volume; those that were never written are zeros."""

    def __init__(self, data: Block, mapped: dict[int, int], chunk: int, size: int) -> None:
        self._data, self._mapped, self._chunk, self.size = data, mapped, chunk, size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the volume."""
        pieces, end = [], min(offset + length, self.size)
        while offset < end:
            number, within = divmod(offset, self._chunk)
            take = min(self._chunk - within, end - offset)
            place = self._mapped.get(number)
            if place is None:
                pieces.append(bytes(take))
            else:
                pieces.append(exactly(self._data, place * self._chunk + within, take))
            offset += take
        return b"".join(pieces)
