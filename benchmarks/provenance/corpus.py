"""Unmarked pictures: drawn, photographed by a made-up camera, and the operating system's own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fairlead.training.camera import photograph
from fairlead.training.pictures import draw_scene

SYSTEM = ("/usr/share", "/usr/lib", "/usr/local/share")
ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp"}
_KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF")


def made(count: int, *, seed: int = 61) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of unmarked files in every common format, with the texts that ordinary programs write."""
    for number in range(count):
        picture = draw_scene(seed, number)
        if number % 5 == 4:
            yield f"camera-{number}", photograph(picture, device=300 + number % 3, shot=number)
            continue
        kind = _KINDS[number % len(_KINDS)]
        yield f"{kind}-{number}", _saved(picture, kind, number)


def _saved(picture: Image.Image, kind: str, number: int) -> bytes:
    exif = Image.Exif()
    exif[0x0131] = ("Example Paint 3.1", "Example Viewer", "Adobe Photoshop 25.0 (Windows)")[number % 3]
    exif[0x013B] = "Jane Painter"
    exif[0x010E] = "the harbour, steps to the pier, model boats, seed shop"
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0a note about sampler plates and scale models"
    held = io.BytesIO()
    match kind:
        case "PNG":
            info = PngInfo()
            info.add_text("Software", "Example Paint 3.1")
            info.add_text("Description", "harbour at noon, job 17")
            info.add_text("Comment", '{"layers": 3, "nodes": "none"}')
            picture.save(held, kind, pnginfo=info, exif=exif, compress_level=1)
        case "JPEG":
            picture.save(held, kind, quality=50 + number % 48, subsampling=number // 5 % 3, exif=exif)
        case "WEBP":
            picture.save(held, kind, quality=70 + number % 30, lossless=number % 2 == 0, exif=exif, method=1)
        case "GIF":
            picture.save(held, kind)
        case _:
            picture.save(held, kind, exif=exif)
    return held.getvalue()


def of_system(most: int = 100_000) -> Iterator[tuple[str, bytes]]:
    """The distinct pictures that the operating system brought, by path."""
    seen: set[bytes] = set()
    for root in SYSTEM:
        for path in sorted(Path(root).rglob("*")):
            if path.suffix.lower() in ENDINGS and path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                if data not in seen and len(seen) < most:
                    seen.add(data)
                    yield str(path), data
