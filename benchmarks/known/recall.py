"""What alterations near matching survives, and what it takes for alike that is not.

Run: python -m benchmarks.known.recall --pictures 150 --unrelated 100000
Pictures are drawn by script. Real pictures have other detail: read the table as an order, not as a promise.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from fairlead.known.found import find_turned
from fairlead.known.index import HammingIndex
from fairlead.media.border import without_border
from fairlead.media.luma import Luma, read_luma
from fairlead.media.pdq import hash_luma
from fairlead.terms.matching import PDQ_MATCH_RADIUS, PDQ_MINIMUM_QUALITY, PdqMode
from fairlead.training.pictures import as_jpeg, draw_scene

Alter = Callable[[Image.Image], Image.Image]


def _cropped(share: float) -> Alter:
    def alter(picture: Image.Image) -> Image.Image:
        x, y = round(picture.width * share), round(picture.height * share)
        return picture.crop((x, y, picture.width - x, picture.height - y))

    return alter


def _bordered(share: float) -> Alter:
    return lambda picture: ImageOps.expand(picture, round(min(picture.size) * share), "black")


def _resized(factor: float) -> Alter:
    return lambda picture: picture.resize((round(picture.width * factor), round(picture.height * factor)))


def _marked(picture: Image.Image) -> Image.Image:
    marked = picture.convert("RGB")
    ImageDraw.Draw(marked).text(
        (marked.width * 2 // 3, marked.height * 9 // 10), "example.org", "white", font_size=22
    )
    return marked


ALTERATIONS: dict[str, tuple[Alter, int]] = {
    "recompressed, quality 40": (lambda p: p, 40),
    "recompressed, quality 10": (lambda p: p, 10),
    "half the size": (_resized(0.5), 88),
    "a quarter of the size": (_resized(0.25), 88),
    "twice the size": (_resized(2.0), 88),
    "grey": (lambda p: p.convert("L").convert("RGB"), 88),
    "watermark": (_marked, 88),
    "mirrored": (ImageOps.mirror, 88),
    "turned by 90 degrees": (lambda p: p.transpose(Image.Transpose.ROTATE_90), 88),
    "turned by 180 degrees": (lambda p: p.transpose(Image.Transpose.ROTATE_180), 88),
    "cropped by 1 % a side": (_cropped(0.01), 88),
    "cropped by 3 % a side": (_cropped(0.03), 88),
    "cropped by 10 % a side": (_cropped(0.10), 88),
    "border of 2 %": (_bordered(0.02), 88),
    "border of 10 %": (_bordered(0.10), 88),
    "turned by 5 degrees": (lambda p: p.rotate(5), 88),
}


def _hashed(pictures: Iterable[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes as matching uses them, and the picture each belongs to: with a border in it, a second one without."""
    hashes, which = [], []
    for number, data in enumerate(pictures):
        luma = read_luma(data)
        inside = without_border(luma)
        for one in (luma, *((inside,) if inside else ())):
            hashed = hash_luma(one, PdqMode.FULL)
            if hashed.quality >= PDQ_MINIMUM_QUALITY:
                hashes.append(hashed.bits)
                which.append(number)
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32), np.array(which)


def _stranger(rng: np.random.Generator) -> Luma:
    """A picture of soft patches in a random layout, with a few hard-edged shapes: cheap enough for a hundred thousand."""
    cells = int(rng.integers(3, 25))
    grid = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
    soft = grid.resize((256, 256), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(soft)
    for _ in range(int(rng.integers(0, 6))):
        x, y = (int(v) for v in rng.integers(0, 200, 2))
        w, h = (int(v) for v in rng.integers(10, 120, 2))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), fill=int(rng.integers(256)))
    return Luma(pixels=np.asarray(soft), height=256, width=256, pipeline="drawn")


def _photographs(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in {".jpg", ".jpeg", ".webp"} and not path.is_symlink():
            with Image.open(path) as opened:
                opened.thumbnail((1600, 1600))
                yield opened.convert("RGB")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--pictures", type=int, default=150)
    options.add_argument("--unrelated", type=int, default=100_000)
    options.add_argument("--photographs", type=Path, help="a folder; instead of drawn scenes")
    asked = options.parse_args()
    if asked.photographs:
        scenes = list(_photographs(asked.photographs))
    else:
        scenes = [draw_scene(1, n) for n in range(asked.pictures)]
    values, entry_of = _hashed(as_jpeg(s) for s in scenes)
    index = HammingIndex.build(values)
    usable = set(entry_of.tolist())
    print(f"{len(scenes)} pictures, {len(usable)} of sufficient quality")
    for name, (alter, quality) in ALTERATIONS.items():
        hashes, query_of = _hashed(as_jpeg(alter(s), quality=quality) for s in scenes)
        rows = find_turned(index, hashes, PDQ_MATCH_RADIUS)
        found = {int(query_of[q]) for q, e, *_ in rows.tolist() if query_of[q] == entry_of[e]}
        print(f"{name:28} {len(found & usable) / len(usable):7.1%} found", flush=True)
    rng, near, tried = np.random.default_rng(2), 0, 0
    for low in range(0, asked.unrelated, 5_000):
        count = min(5_000, asked.unrelated - low)
        lumas = (_stranger(rng) for _ in range(count))
        hashes = [
            h.bits
            for h in (hash_luma(one, PdqMode.FULL) for one in lumas)
            if h.quality >= PDQ_MINIMUM_QUALITY
        ]
        tried += len(hashes)
        unrelated = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
        near += len({q for q, *_ in find_turned(index, unrelated, PDQ_MATCH_RADIUS).tolist()})
    print(f"{tried:,} unrelated pictures in 8 turns against {len(scenes):,}: {near:,} found to be near one")


if __name__ == "__main__":
    main()
