"""Writes a small HFS+ volume: one catalogue leaf, files in the root. After Apple's Technical Note TN1150."""

from __future__ import annotations

import struct

_BLOCK, _NODE = 4096, 8192
_EPOCH = 2_082_844_800  # seconds from 1904 to 1970
_TIME = 1_769_940_000 + _EPOCH


def _fork(data_bytes: int, start: int) -> bytes:
    blocks = -(-data_bytes // _BLOCK)
    return struct.pack(">QII", data_bytes, 0, blocks) + struct.pack(">II", start, blocks) + bytes(56)


def _name(name: str) -> bytes:
    stored = name.encode("utf-16-be")
    return struct.pack(">H", len(stored) // 2) + stored


def _record(parent: int, name: str, data: bytes) -> bytes:
    key = struct.pack(">I", parent) + _name(name)
    return struct.pack(">H", len(key)) + key + data


def _folder(number: int, valence: int) -> bytes:
    return (
        struct.pack(">HHII5I", 1, 0, valence, number, *[_TIME] * 5)
        + struct.pack(">IIBBHI", 0, 0, 0, 0, 0o40755, 0)
        + bytes(40)
    )


def _file(number: int, data: tuple[int, int], resource: tuple[int, int]) -> bytes:
    head = struct.pack(">HHII5I", 2, 2, 0, number, *[_TIME] * 5)
    permissions = struct.pack(">IIBBHI", 0, 0, 0, 0, 0o100644, 1)
    return head + permissions + bytes(40) + _fork(*data) + _fork(*resource)


def _thread(kind: int, parent: int, name: str) -> bytes:
    return struct.pack(">HHI", kind, 0, parent) + _name(name)


def _node(kind: int, height: int, records: list[bytes]) -> bytes:
    body = struct.pack(">IIbBHH", 0, 0, kind, height, len(records), 0)
    offsets = []
    for record in records:
        offsets.append(len(body))
        body += record
    offsets.append(len(body))
    table = b"".join(struct.pack(">H", offset) for offset in reversed(offsets))
    assert len(body) + len(table) <= _NODE
    return body + bytes(_NODE - len(body) - len(table)) + table


def _tree(leaf: list[bytes], key_bytes: int) -> bytes:
    nodes = 2 if leaf else 1
    root = 1 if leaf else 0
    header = struct.pack(">HIIIIHHIIHIBBI64x", root, root, len(leaf), root, root, _NODE, key_bytes, nodes, 0, 0, 0, 0,
                         0xCF, 6)  # fmt: skip
    used = bytes([0xFF << (8 - nodes) & 0xFF]) + bytes(_NODE - 14 - 106 - 128 - 8 - 1)
    return _node(1, 0, [header, bytes(128), used]) + (_node(-1, 1, leaf) if leaf else b"")


def hfs_of(files: dict[str, bytes], resources: dict[str, bytes] | None = None, *, blocks: int = 512) -> bytes:
    """A volume with files in its root, in the order of their names; some may have a resource fork."""
    resources = resources or {}
    extents, place = _tree([], 10), 1 + 1
    catalogue_at = place + len(extents) // _BLOCK
    data_at = catalogue_at + 2 * _NODE // _BLOCK
    bodies, leaf = b"", []
    threads = [(2, _thread(3, 1, "volume"))]
    leaf.append((1, "volume", _folder(2, len(files))))
    at = data_at
    for number, name in enumerate(sorted(files), 16):
        where = []
        for body in (files[name], resources.get(name, b"")):
            where.append((len(body), at if body else 0))
            size = -(-len(body) // _BLOCK)
            bodies += body.ljust(size * _BLOCK, b"\0")
            at += size
        leaf.append((2, name, _file(number, where[0], where[1])))
        threads.append((number, _thread(4, 2, name)))
    leaf += [(number, "", data) for number, data in threads]
    records = [_record(*item) for item in sorted(leaf, key=lambda item: (item[0], item[1].lower()))]
    catalogue = _tree(records, 516)
    used = at
    bits = "".join("1" if block < used or block >= blocks - 1 else "0" for block in range(blocks))
    bitmap = bytes(int(bits[i : i + 8], 2) for i in range(0, blocks, 8)).ljust(_BLOCK, b"\0")
    header = struct.pack(">2sHIIIIIIIIIIIIIIIIIQ32x", b"H+", 4, 0x100, 0x31302E30, 0, _TIME, _TIME, 0, _TIME, len(files), 0,
                         _BLOCK, blocks, blocks - used - 1, used, 0, 0, 16 + len(files), 1, 1)  # fmt: skip
    header += _fork(_BLOCK, 1) + _fork(len(extents), 2) + _fork(len(catalogue), catalogue_at) + bytes(160)
    volume = bytes(1024) + header.ljust(_BLOCK - 1024, b"\0") + bitmap + extents + catalogue + bodies
    whole = bytearray(volume.ljust(blocks * _BLOCK, b"\0"))
    whole[-1024:-512] = header
    return bytes(whole)
