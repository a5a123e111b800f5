"""Grouping near-duplicates beside a FAISS self-join: python -m benchmarks.known.clusters --hashes 1000000 --peer PYTHON

The peer looks up a sample of the hashes; its time is extrapolated, which is said in the output.
With `--videos 10000` videos of 100 frames are grouped instead, without a peer: a third of them copies of others, with
a title that all share.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.known.hashes import flipped, natural_hashes
from fairlead.known.grouping import group_hashes
from fairlead.known.video_groups import VideoFrames, group_videos

_FRAMES, _TITLE = 95, 5  # frames of a video of its own, and of the title

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
    options.add_argument("--peer")
    options.add_argument("--videos", type=int, default=0)
    asked = options.parse_args()
    if asked.videos:
        _group_videos(asked.videos)
        return
    if not asked.peer:
        options.error("give --peer, or --videos")
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


def _group_videos(count: int) -> None:
    rng = np.random.default_rng(3)
    frames = natural_hashes(count * _FRAMES, 4).reshape(count, _FRAMES, 32)
    title = natural_hashes(_TITLE, 5)
    group_hashes(natural_hashes(30_000, 2), 31)  # compiled by now
    videos = []
    for number in range(count):
        own = frames[number]
        if number and rng.random() < 1 / 3:
            own = flipped(frames[rng.integers(0, number)], 12, rng)
        videos.append(
            VideoFrames(
                sha256=str(number),
                times=np.arange(_FRAMES + _TITLE, dtype=float),
                hashes=np.concatenate([flipped(title, 4, rng), own]),
                good=np.ones(_FRAMES + _TITLE, bool),
            )
        )
    begin = time.process_time()
    groups = group_videos(videos, 31, 80)
    spent = time.process_time() - begin
    members = sum(len(m) + 1 for m in groups.values())
    print(
        f"{count:,} videos, {count * (_FRAMES + _TITLE):,} frames: {spent:.1f} CPU s; "
        f"{len(groups):,} groups of {members:,} videos"
    )


if __name__ == "__main__":
    main()
