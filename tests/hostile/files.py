"""Files made to break tools: seeded mutations of every form that is read, bombs, and files that are two things."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import sqlite3
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np

from tests.evidence.build import zip_of
from tests.media.pictures import chunk, dng, encode, png, scene, text_chunk, video

PIECES = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\0\0\1",
    b"\xff\xff",
    b"PK\x05\x06",
)
MOST = 400_000  # bytes of one hostile file


def tarred(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    return held.getvalue()


def database() -> bytes:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    made.executemany("INSERT INTO t (b) VALUES (?)", [("a row",)] * 300)
    made.commit()
    return bytes(made.serialize())


@cache
def originals() -> dict[str, bytes]:
    """One harmless file of every form, by a name with its usual extension."""
    picture = scene(96, 128)
    made = {
        f"a.{extension}": encode(picture, kind)
        for extension, kind in (
            ("jpg", "JPEG"), ("png", "PNG"), ("gif", "GIF"), ("webp", "WEBP"), ("tif", "TIFF"), ("bmp", "BMP"),
            ("jp2", "JPEG2000"), ("heic", "HEIF"), ("avif", "AVIF"), ("jxl", "JXL"),
        )
    }  # fmt: skip
    frames = [scene(48, 64, seed) for seed in range(4)]
    made["a.mp4"] = video(frames)
    made["a.dng"] = dng(np.asarray(scene(64, 64)[:, :, 1], np.uint16) * 200)
    inner = {"one.jpg": made["a.jpg"], "two.png": made["a.png"], "note.txt": b"a note\n"}
    made["a.zip"] = zip_of(inner)
    made["stored.zip"] = zip_of(inner, method=zipfile.ZIP_STORED)
    made["nested.zip"] = zip_of({"inner.zip": made["a.zip"], "inner.tar": tarred(inner)})
    made["a.tar"] = tarred(inner)
    made["a.tar.gz"] = gzip.compress(made["a.tar"], mtime=0)
    made["a.tar.bz2"], made["a.tar.xz"] = bz2.compress(made["a.tar"]), lzma.compress(made["a.tar"])
    made["a.gz"] = gzip.compress(made["a.bmp"], mtime=0)
    made["a.db"] = database()
    made["a.txt"] = b"plain words\n" * 40
    return made


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some changed, cut out, doubled, moved, or replaced by what lengths and offsets fear most."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 2, 4, 16, 64))):
        if not out:
            break
        at = chance.randrange(len(out) if chance.random() < 0.5 else min(len(out), 256))
        match chance.randrange(6):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                out[at] ^= 1 << chance.randrange(8)
            case 2:
                del out[at : at + chance.choice((1, 8, 300))]
            case 3:
                out[at:at] = out[at : at + chance.choice((4, 64, 4000))]
            case 4:
                piece = chance.choice(PIECES)
                out[at : at + len(piece)] = piece
            case _:
                out[at : at + 40] = out[chance.randrange(len(out)) :][:40]
    if chance.random() < 0.2:
        del out[chance.randrange(len(out) + 1) :]
    return bytes(out[:MOST])


@cache
def bombs() -> dict[str, bytes]:
    """Small files that want much: pixels, bytes, members, depth, names, loops."""
    ten_mb = bytes(10_000_000)
    deep = b"the end\n"
    for _ in range(40):
        deep = zip_of({"in.zip": deep})
    many = zip_of({f"{n:05}": b"" for n in range(3_000)}, method=zipfile.ZIP_STORED)
    loop = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 256, 4, 1, 8) + struct.pack("<I", 8)
    jpeg = bytearray(encode(scene(16, 16), "JPEG"))
    frame = jpeg.index(b"\xff\xc0") + 5
    jpeg[frame : frame + 4] = b"\xff\xff\xff\xff"
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    laughs = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a11;</x>'
    return {
        "pixels.png": png(width=60_000, height=60_000),
        "pixels.jpg": bytes(jpeg),
        "text.png": png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(ten_mb * 5))),
        "texts.png": png(*[text_chunk("Comment", "x" * 200)] * 1500),
        "laughs.svg": laughs.encode(),
        "laughs.png": png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + laughs.encode())),
        "ratio.zip": zip_of({"zeros": ten_mb * 20}),
        "ratio.gz": gzip.compress(ten_mb * 20, mtime=0),
        "bombs.zip": zip_of({f"{n}.zip": zip_of({"zeros": ten_mb * 4}) for n in range(12)}),
        "deep.zip": deep,
        "many.zip": many,
        "loop.tif": loop,
        "names.zip": zip_of({"../../../../etc/passwd": b"x", "/etc/shadow": b"x", "C:\\x": b"x", "a\0b": b"x", "n" * 60_000: b"x"}),
        "links.tar": _links(),
        "same.zip": _same_place(),
        "cut.gz": gzip.compress(ten_mb, mtime=0)[:2000],
    }  # fmt: skip


def _links() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for name, kind, to in (
            ("a", tarfile.SYMTYPE, "/etc/passwd"), ("b", tarfile.LNKTYPE, "../../etc/passwd"),
            ("c", tarfile.CHRTYPE, ""), ("d", tarfile.FIFOTYPE, ""), ("e", tarfile.SYMTYPE, "e"),
        ):  # fmt: skip
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, to
            made.addfile(entry)
    return held.getvalue()


def _same_place() -> bytes:
    """A central directory whose entries all point at one member: much from little without nesting."""
    whole = zip_of({"zeros": bytes(3_000_000)})
    start = whole.index(b"PK\x01\x02")
    entry, end = whole[start : whole.index(b"PK\x05\x06")], whole[whole.index(b"PK\x05\x06") :]
    count = 200
    tail = end[:8] + struct.pack("<HHI", count, count, len(entry) * count) + end[16:]
    return whole[:start] + entry * count + tail


def polyglots() -> dict[str, bytes]:
    """Files that are two things at once, or not what their name says."""
    made = originals()
    page = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    return {
        "picture-archive.jpg": made["a.jpg"] + made["a.zip"],
        "picture-archive.zip": made["a.png"] + made["a.zip"],
        "page-picture.pdf": page + made["a.jpg"],
        "picture-page.gif": made["a.gif"] + page,
        "script.gif": b"GIF89a/*" + made["a.gif"][8:] + b"*/=1;alert(1)",
        "tape-picture.tar": made["a.tar"] + made["a.jpg"],
        "video-archive.mp4": made["a.mp4"] + made["a.zip"],
        "program.jpg": b"MZ" + bytes(62) + made["a.jpg"],
        "shell.jpg": b"#!/bin/sh\ntouch /tmp/owned\n" + made["a.jpg"],
        "database.jpg": made["a.db"] + made["a.jpg"],
        "two.jpg": made["a.jpg"] + made["a.jpg"][::-1],
    }


def hostile(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of ``count`` hostile files: every bomb and polyglot once, then mutations of all forms in turn."""
    fixed = {**bombs(), **polyglots()}
    made = originals()
    names = sorted(made)
    chance = random.Random(seed)
    listed = list(fixed.items())[:count]
    yield from ((f"fixed/{name}", data) for name, data in listed)
    for number in range(count - len(listed)):
        name = names[number % len(names)]
        yield f"{number % 97:02}/{number:06}-{name}", mutated(made[name], chance)
