"""Speed of the first tier beside sd-parsers, at what both find, and of sensor noise.

`python -m benchmarks.provenance.speed --peer PYTHON`, where PYTHON has sd-parsers.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from tests.provenance.formats import samples
from tests.provenance.samples import A1111, COMFY, make_authority

from fairlead.media.metadata.read import read_metadata
from fairlead.provenance.pixels import noise
from fairlead.provenance.signal import Item
from fairlead.provenance.stages import observe
from fairlead.training.pictures import draw_scene

_PEER = """
import json, sys, time
from sd_parsers import ParserManager
manager = ParserManager()
spent, found = [], 0
paths = [line.strip() for line in sys.stdin]
for path in paths:
    try: manager.parse(path)
    except Exception: pass
for path in paths:
    start = time.perf_counter()
    try: answer = manager.parse(path)
    except Exception: answer = None
    spent.append(time.perf_counter() - start)
    found += bool(answer)
print(json.dumps({"spent": spent, "found": found}))
"""


def large(number: int) -> tuple[str, bytes]:
    """A picture of a megapixel as a generator leaves it."""
    from PIL.PngImagePlugin import PngInfo

    picture = draw_scene(81, number).resize((1024, 1024))
    held = io.BytesIO()
    if number % 3 == 0:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + A1111.encode("utf-16-be")
        picture.save(held, "JPEG", quality=92, exif=exif)
        return ".jpg", held.getvalue()
    info = PngInfo()
    info.add_text("parameters" if number % 3 == 1 else "prompt", A1111 if number % 3 == 1 else COMFY)
    shown = picture.convert("RGBA") if number % 2 else picture
    shown.save(held, "PNG", pnginfo=info, compress_level=4)
    return ".png", held.getvalue()


def unmarked(number: int) -> tuple[str, bytes]:
    """A picture of a megapixel without a mark, as most on a seized platform are."""
    picture = draw_scene(82, number).resize((1024, 1024))
    held = io.BytesIO()
    if number % 2:
        picture.save(held, "JPEG", quality=92)
        return ".jpg", held.getvalue()
    picture.save(held, "PNG", compress_level=4)
    return ".png", held.getvalue()


def first_tier(path: Path) -> bool:
    items = [
        Item(namespace=i.namespace, key=i.key, value=i.value, offset=i.offset, length=i.length)
        for i in read_metadata(path.read_bytes())
    ]
    return any(seen.kind.value == "generator_metadata" for seen in observe(items, []))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for title, given in (
            ("pictures of one megapixel", [large(k) for k in range(30)]),
            ("unmarked pictures of one megapixel", [unmarked(k) for k in range(30)]),
            ("one file of every format and container", [(_ending(s.container), s.data) for s in samples()]),
        ):
            paths = []
            for number, (ending, data) in enumerate(given):
                path = Path(folder) / f"{title[:3]}{number}{ending}"
                path.write_bytes(data)
                paths.append(path)
            _compare(title, paths, arguments.peer)
    _c2pa()
    _noise()


def _compare(title: str, paths: list[Path], peer: str | None) -> None:
    for path in paths:
        first_tier(path)
    spent, found = [], 0
    for path in paths:
        start = time.perf_counter()
        found += first_tier(path)
        spent.append(time.perf_counter() - start)
    own, whole = statistics.median(spent), sum(spent)
    print(f"{title}: {len(paths)} files, found {found}")
    print(
        f"  median {own * 1000:.2f} ms, longest {max(spent) * 1000:.1f} ms, all together {whole * 1000:.0f} ms"
    )
    if peer:
        lines = "\n".join(map(str, paths))
        done = subprocess.run([peer, "-c", _PEER], input=lines, capture_output=True, text=True, check=True)
        answer = json.loads(done.stdout)
        other, other_whole = statistics.median(answer["spent"]), sum(answer["spent"])
        print(
            f"  sd-parsers: found {answer['found']}, median {other * 1000:.2f} ms: {other / own:.1f} times ours"
        )
        print(f"    all together {other_whole * 1000:.0f} ms: {other_whole / whole:.0f} times ours")


def _ending(container: str) -> str:
    first = container.split(maxsplit=1)[0].rstrip(",").lower()
    return {"matroska": ".mkv", "jpeg": ".jpg", "heic": ".heic"}.get(first, f".{first}")


def _c2pa() -> None:
    from fairlead.provenance import c2pa_reading

    held = io.BytesIO()
    draw_scene(81, 1).resize((1024, 1024)).save(held, "JPEG", quality=92)
    signed = make_authority("Known").sign(held.getvalue(), "trainedAlgorithmicMedia")
    with tempfile.TemporaryFile() as file:
        file.write(signed)
        file.flush()
        spent = []
        for _ in range(20):
            start = time.perf_counter()
            c2pa_reading.handle({"media_type": "image/jpeg"}, [file.fileno()])
            spent.append(time.perf_counter() - start)
    print(f"C2PA manifest of a JPEG of one megapixel: median {statistics.median(spent) * 1000:.1f} ms")


def _noise() -> None:
    noise.warm()
    plane = np.random.default_rng(0).integers(0, 256, (1024, 1024)).astype(np.uint8)
    fingerprint = np.random.default_rng(1).normal(0, 0.01, (1024, 1024)).astype(np.float32)
    size = plane.size / 1e6
    extract, compare = [], []
    for _ in range(7):
        start = time.process_time()
        taken = noise.extract_noise(plane)
        extract.append((time.process_time() - start) / size)
        start = time.process_time()
        noise.compare_noise(taken, plane, fingerprint)
        compare.append((time.process_time() - start) / size)
    print(
        f"sensor noise: {statistics.median(extract):.2f} CPU s per megapixel to take, "
        f"{statistics.median(compare):.2f} to compare with one fingerprint"
    )


if __name__ == "__main__":
    main()
