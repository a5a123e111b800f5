"""Grouping near-duplicates beside a FAISS self-join: python -m benchmarks.known.clusters --hashes 1000000 --peer PYTHON

The peer looks up a sample of the hashes; its time is extrapolated, which is said in the output.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.known.hashes import natural_hashes
from fairlead.known.clusters import group_hashes

_PEER = """
import sys, time
import faiss, numpy as np
faiss.omp_set_num_threads(1)
hashes = np.load(sys.argv[1])
flat = faiss.IndexBinaryFlat(256)
flat.add(hashes)
begin = time.process_time()
flat.range_search(hashes[:200], 32)
print((time.process_time() - begin) / 200 * len(hashes))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--hashes", type=int, default=1_000_000)
    options.add_argument("--peer", required=True)
    asked = options.parse_args()
    hashes = np.unique(natural_hashes(asked.hashes, 1), axis=0)
    group_hashes(natural_hashes(30_000, 2), 31)  # compiled by now
    begin = time.process_time()
    groups = group_hashes(hashes, 31)
    ours = time.process_time() - begin
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hashes.npy"
        np.save(path, hashes)
        told = subprocess.run(
            [asked.peer, "-c", _PEER, str(path)], capture_output=True, text=True, check=True
        )
    theirs = float(told.stdout)
    sizes = np.array([len(members) for members in groups.values()])
    print(f"{len(hashes):,} hashes: {ours:.1f} CPU s; {(sizes > 1).sum():,} groups, largest {sizes.max():,}")
    print(
        f"FAISS flat self-join, extrapolated from 200 lookups: {theirs:,.0f} CPU s; ratio {theirs / ours:.0f}"
    )


if __name__ == "__main__":
    main()
