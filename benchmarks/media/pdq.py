"""PDQ of decoded pictures beside pdqhash: processor seconds a picture, in turns, and how far the hashes differ.

python -m benchmarks.media.pdq --peer /path/to/a/python/with/pdqhash

Four comparisons: the same luminance (a grey picture); RGB, each with its own luminance; a JPEG that we decode scaled
down, the peer in full; and, for pictures above 512 pixels, what Meta's tool does first (nearest of 512) before the
peer hashes, beside our `pdq-meta512`, for quality 80 and more.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fairlead.media.luma import Luma, read_luma
from fairlead.media.pdq import PdqHash, hash_luma
from fairlead.terms.matching import PdqMode
from fairlead.training.pictures import draw_scene

_PEER = """
import json, sys, time
import numpy as np, pdqhash
for line in sys.stdin:
    pictures = np.load(line.strip())
    pdqhash.compute(pictures[0])
    begin = time.process_time()
    hashes = [pdqhash.compute(p) for p in pictures]
    spent = time.process_time() - begin
    told = [[np.packbits(h).tobytes().hex(), int(q)] for h, q in hashes]
    print(json.dumps({"spent": spent, "hashes": told}), flush=True)
"""
_ROUNDS = 10  # of ours for one of the peer's, so that both run about as long
_MODES_AT = 512
_META_QUALITY = 80

Pixels = NDArray[np.uint8]


class Peer:
    """pdqhash in a process of its own."""

    def __init__(self, python: str, folder: str) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [python, "-c", _PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def hash(self, name: str, pictures: Pixels) -> tuple[float, list[tuple[str, int]]]:
        """Processor seconds for all, and hash and quality of each."""
        path = Path(self._folder) / f"{name}.npy"
        if not path.exists():
            np.save(path, pictures)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return told["spent"], [(bits, quality) for bits, quality in told["hashes"]]

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer", required=True)
    options.add_argument("--pictures", type=int, default=40)
    asked = options.parse_args()
    for side in (512, 1024):
        pictures = np.stack(
            [np.asarray(draw_scene(5, n).convert("RGB").resize((side, side))) for n in range(asked.pictures)]
        )
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(asked.peer, folder)
            _speed(peer, side, pictures)
            _agreement(peer, side, pictures)
            peer.close()


def _speed(peer: Peer, side: int, pictures: Pixels) -> None:
    lumas = [_luma(grey) for grey in _greys(pictures)]
    jobs: dict[str, Callable[[Luma], Any]] = {"one mode": lambda luma: hash_luma(luma, PdqMode.FULL)}
    if side > _MODES_AT:
        jobs["both modes"] = lambda luma: [hash_luma(luma, mode) for mode in PdqMode]
    for what, job in jobs.items():
        job(lumas[0])
        ours, theirs = [], []
        for _ in range(5):
            begin = time.process_time()
            for luma in lumas * _ROUNDS:
                job(luma)
            ours.append((time.process_time() - begin) / len(lumas) / _ROUNDS)
            theirs.append(peer.hash("rgb", pictures)[0] / len(lumas))
        us, them = statistics.median(ours), statistics.median(theirs)
        print(
            f"{side} px, {what}: fairlead {us * 1e3:.3f} ms, pdqhash {them * 1e3:.2f} ms, ratio {them / us:.1f}"
        )


def _agreement(peer: Peer, side: int, pictures: Pixels) -> None:
    greys = _greys(pictures)
    jpegs = [_jpeg(picture) for picture in pictures]
    decoded = np.stack([np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")) for jpeg in jpegs])
    pairs = {
        "the same luminance": ([_luma(g) for g in greys], np.repeat(greys[..., None], 3, axis=3)),
        "RGB": ([_luma(p) for p in pictures], pictures),
        "JPEG decoded scaled, the peer in full": ([read_luma(jpeg) for jpeg in jpegs], decoded),
    }
    for number, (what, (lumas, theirs)) in enumerate(pairs.items()):
        _tell(
            side, what, [hash_luma(luma, PdqMode.FULL) for luma in lumas], peer.hash(f"{number}", theirs)[1]
        )
    if side > _MODES_AT:
        place = np.arange(_MODES_AT) * side // _MODES_AT
        shrunk = peer.hash("meta", np.ascontiguousarray(decoded[:, place][:, :, place]))[1]
        ours = [hash_luma(read_luma(jpeg), PdqMode.META512) for jpeg in jpegs]
        good = [n for n, (_, quality) in enumerate(shrunk) if quality >= _META_QUALITY]
        _tell(side, "as Meta's tool, quality 80 and more", [ours[n] for n in good], [shrunk[n] for n in good])


def _tell(side: int, what: str, ours: list[PdqHash], theirs: list[tuple[str, int]]) -> None:
    apart = [
        (int.from_bytes(us.bits, "big") ^ int(bits, 16)).bit_count()
        for us, (bits, _) in zip(ours, theirs, strict=True)
    ]
    print(
        f"{side} px, {what}: {len(apart)} pictures, differing bits: most {max(apart)}, "
        f"median {statistics.median(apart)}, none in {apart.count(0)}"
    )


def _greys(pictures: Pixels) -> Pixels:
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return np.stack([(p.astype(np.float32) @ weights).round().astype(np.uint8) for p in pictures])


def _luma(pixels: Pixels) -> Luma:
    return Luma(pixels=pixels, height=pixels.shape[0], width=pixels.shape[1], pipeline="decoded")


def _jpeg(picture: Pixels) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=90)
    return encoded.getvalue()


if __name__ == "__main__":
    main()
