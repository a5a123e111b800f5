"""Writes a small Expert Witness image (E01): header, volume, sectors, table, digest, done."""

from __future__ import annotations

import hashlib
import struct
import zlib

_CHUNK_SECTORS, _SECTOR_BYTES = 64, 512
_CHUNK_BYTES = _CHUNK_SECTORS * _SECTOR_BYTES
_DESCRIPTOR_BYTES = 76


def _sum(data: bytes) -> bytes:
    return struct.pack("<I", zlib.adler32(data))


def _section(kind: bytes, at: int, body: bytes, *, last: bool = False) -> bytes:
    size = _DESCRIPTOR_BYTES + len(body)
    head = kind.ljust(16, b"\0") + struct.pack("<QQ", at if last else at + size, size) + bytes(40)
    return head + _sum(head) + body


def ewf_of(data: bytes) -> bytes:
    """One segment; every second chunk is stored without compression."""
    chunks = [data[at : at + _CHUNK_BYTES] for at in range(0, len(data), _CHUNK_BYTES)]
    out = bytearray(b"EVF\x09\x0d\x0a\xff\x00" + struct.pack("<BHH", 1, 1, 0))
    header = zlib.compress(b"1\nmain\nc\tn\ta\te\tt\tm\tu\tp\ncase\tAB/1\tdisk\tofficer 17\t\t\t\t0\n\n")
    out += _section(b"header", len(out), header)
    volume = struct.pack("<B3xIIIQ12xB3x4x4x4xB3xI4x16x", 1, len(chunks), _CHUNK_SECTORS, _SECTOR_BYTES,
                         len(data) // _SECTOR_BYTES, 1, 1, _CHUNK_SECTORS)  # fmt: skip
    volume = volume.ljust(1048, b"\0")
    out += _section(b"volume", len(out), volume + _sum(volume))
    body, entries = bytearray(), bytearray()
    start = len(out) + _DESCRIPTOR_BYTES
    for number, chunk in enumerate(chunks):
        packed = number % 2 == 0
        entries += struct.pack("<I", (start + len(body)) | (0x80000000 if packed else 0))
        body += zlib.compress(chunk) if packed else chunk + _sum(chunk)
    out += _section(b"sectors", len(out), bytes(body))
    head = struct.pack("<I4xQ4x", len(chunks), 0)
    table = head + _sum(head) + bytes(entries) + _sum(bytes(entries))
    out += _section(b"table", len(out), table)
    out += _section(b"table2", len(out), table)
    digest = hashlib.md5(data, usedforsecurity=False).digest() + bytes(16)
    out += _section(b"hash", len(out), digest + _sum(digest))
    out += _section(b"done", len(out), b"", last=True)
    return bytes(out)
