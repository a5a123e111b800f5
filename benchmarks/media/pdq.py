"""PDQ of decoded pictures beside pdqhash: processor seconds a picture, in turns, and how far the hashes differ.

python -m benchmarks.media.pdq --peer /path/to/a/python/with/pdqhash
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from fairlead.media.luma import Luma
from fairlead.media.pdq import hash_luma
from fairlead.terms.matching import PdqMode
from fairlead.training.pictures import draw_scene

_PEER = """
import json, sys, time
import numpy as np, pdqhash
pictures = np.load(sys.argv[1])
for line in sys.stdin:
    begin = time.process_time()
    hashes = [pdqhash.compute(p)[0] for p in pictures]
    spent = time.process_time() - begin
    print(json.dumps({"spent": spent, "hashes": [np.packbits(h).tobytes().hex() for h in hashes]}), flush=True)
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer", required=True)
    options.add_argument("--pictures", type=int, default=40)
    asked = options.parse_args()
    for side in (512, 1024):
        pictures = np.stack(
            [np.asarray(draw_scene(5, n).convert("RGB").resize((side, side))) for n in range(asked.pictures)]
        )
        weights = np.array([0.299, 0.587, 0.114], np.float32)
        planes = [(p.astype(np.float32) @ weights).round().astype(np.uint8) for p in pictures]
        lumas = [Luma(pixels=p, height=side, width=side, pipeline="decoded") for p in planes]
        hash_luma(lumas[0], PdqMode.FULL)
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "pictures.npy", pictures)
            peer = subprocess.Popen(
                [asked.peer, "-c", _PEER, f"{folder}/pictures.npy"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert peer.stdin
            assert peer.stdout
            ours, theirs = [], []
            for _ in range(5):
                begin = time.process_time()
                hashes = [hash_luma(luma, PdqMode.FULL).bits for luma in lumas]
                ours.append((time.process_time() - begin) / len(lumas))
                peer.stdin.write("\n")
                peer.stdin.flush()
                told = json.loads(peer.stdout.readline())
                theirs.append(told["spent"] / len(lumas))
            peer.stdin.close()
            peer.wait()
        apart = [
            (int.from_bytes(a, "big") ^ int(b, 16)).bit_count()
            for a, b in zip(hashes, told["hashes"], strict=True)
        ]
        us, them = statistics.median(ours), statistics.median(theirs)
        print(
            f"{side} px: fairlead {us * 1e3:.2f} ms, pdqhash {them * 1e3:.2f} ms, ratio {them / us:.1f}; "
            f"differing bits: most {max(apart)}, median {statistics.median(apart)}"
        )


if __name__ == "__main__":
    main()
