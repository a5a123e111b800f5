"""What a file is by its bytes: libmagic, corrected by a table for containers of pictures and video."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fairlead.media.raw_types import raw_type

IDENTIFY_BYTES = 1 << 18
_MIME_TYPE, _NO_COMPRESS = 0x10, 0x1000
_UNKNOWN = "application/octet-stream"
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", "image/png"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "image/jxl"),
)


class Family(StrEnum):
    """Rough kind of a file, for counting and for choosing a decoder."""

    PICTURE = "picture"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    DOCUMENT = "document"
    ARCHIVE = "archive"
    DATABASE = "database"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """MIME type by content, its family, and whether the name's extension tells something else."""

    media_type: str
    family: Family
    extension_mismatch: bool


def identify(untrusted_head: bytes, extension: str) -> Identity:
    """Identify a file by its first bytes (256 KiB suffice). The extension is lower case, without the dot."""
    media_type = _by_table(untrusted_head) or _by_libmagic(untrusted_head)
    expected = _types().extensions.get(extension)
    return Identity(
        media_type=media_type,
        family=_family(media_type),
        extension_mismatch=expected is not None and media_type not in expected and media_type != _UNKNOWN,
    )


def warm_identify() -> None:
    """Load libmagic and its database, which is a file."""
    _libmagic()
    _types()


@dataclass(frozen=True, slots=True)
class _Types:
    brands: dict[str, str]
    families: dict[str, Family]
    extensions: dict[str, frozenset[str]]


@functools.cache
def _types() -> _Types:
    data = tomllib.loads((Path(__file__).parent / "data" / "types.toml").read_text("utf-8"))
    return _Types(
        brands=data["brands"],
        families={kind: Family(family) for family, kinds in data["families"].items() for kind in kinds},
        extensions={extension: frozenset(kinds) for extension, kinds in data["extensions"].items()},
    )


def _family(media_type: str) -> Family:
    known = _types().families.get(media_type)
    if known is not None:
        return known
    general = media_type.partition("/")[0]
    return {"image": Family.PICTURE, "video": Family.VIDEO, "audio": Family.AUDIO, "text": Family.TEXT}.get(
        general, Family.OTHER
    )


def _by_table(head: bytes) -> str | None:
    """What needs no libmagic, and what it tells apart badly: ISO base media by brand, RIFF, raw pictures in TIFF."""
    for beginning, media_type in _BEGINNINGS:
        if head.startswith(beginning):
            return media_type
    if head[4:8] == b"ftyp":
        length = min(int.from_bytes(head[:4], "big"), 256)
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, length, 4))]
        for brand in brands:
            kind = _types().brands.get(brand.decode("latin-1"))
            if kind is not None:
                return kind
        return "video/mp4"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/x-wav"}.get(head[8:12])
    return raw_type(head)


def _by_libmagic(head: bytes) -> str:
    library, cookie = _libmagic()
    answer = library.magic_buffer(cookie, head, len(head))
    text = answer.decode("ascii", "replace") if answer else _UNKNOWN
    return text if "/" in text else _UNKNOWN


@functools.cache
def _libmagic() -> tuple[Any, int]:
    """Load libmagic and its database as the wheel brings them; nothing of the system is looked for."""
    spec = importlib.util.find_spec("pylibmagic")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("pylibmagic is not installed")
    folder = Path(spec.submodule_search_locations[0])
    library = ctypes.CDLL(str(folder / "libmagic.so.1"))
    library.magic_open.restype = ctypes.c_void_p
    library.magic_load.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    library.magic_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    library.magic_buffer.restype = ctypes.c_char_p
    cookie = library.magic_open(_MIME_TYPE | _NO_COMPRESS)
    if not cookie or library.magic_load(cookie, bytes(folder / "magic.mgc")) != 0:
        raise ImportError("libmagic cannot load its database")
    return library, cookie
