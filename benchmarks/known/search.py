"""Exact search at radius 31 beside FAISS flat, on one thread each, interleaved, in processor seconds.

Run: python -m benchmarks.known.search --entries 1000000 --peer /path/to/a/python/with/faiss-cpu
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.known.hashes import natural_hashes, queries_for

_PEER = """
import json, sys, time
import faiss, numpy as np
faiss.omp_set_num_threads(1)
entries, queries = np.load(sys.argv[1]), np.load(sys.argv[2])
flat = faiss.IndexBinaryFlat(256)
flat.add(entries)
for line in sys.stdin:
    rows = queries[:int(line)]
    begin = time.process_time()
    limits, distances, ids = flat.range_search(rows, 32)  # FAISS counts what lies strictly below
    spent = time.process_time() - begin
    pairs = sorted((q, int(i)) for q in range(len(rows)) for i in ids[limits[q]:limits[q + 1]])
    print(json.dumps({"spent": spent, "pairs": pairs}), flush=True)
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--queries", type=int, default=4_000)
    options.add_argument("--peer-queries", type=int, default=200)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--peer", required=True)
    asked = options.parse_args()
    from fairlead.known import index as room

    room._threads = lambda: 1  # one thread, as the peer
    entries = natural_hashes(asked.entries, 1)
    queries = queries_for(entries, asked.queries, 2)
    begin = time.process_time()
    index = room.HammingIndex.build(entries)
    built = time.process_time() - begin
    index.search(queries[:100], 31)  # compiled by now
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "entries.npy", entries)
        np.save(Path(folder) / "queries.npy", queries)
        peer = subprocess.Popen(
            [asked.peer, "-c", _PEER, f"{folder}/entries.npy", f"{folder}/queries.npy"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert peer.stdin
        assert peer.stdout
        ours, theirs = [], []
        for _ in range(asked.repeats):
            begin = time.process_time()
            found = index.search(queries, 31)
            ours.append((time.process_time() - begin) / len(queries))
            peer.stdin.write(f"{asked.peer_queries}\n")
            peer.stdin.flush()
            told = json.loads(peer.stdout.readline())
            theirs.append(told["spent"] / asked.peer_queries)
        peer.stdin.close()
        peer.wait()
    true = {(q, e) for q, e in told["pairs"]}
    got = zip(found.column("query").to_pylist(), found.column("entry").to_pylist(), strict=True)
    first = {(q, e) for q, e in got if q < asked.peer_queries}
    us, them = statistics.median(ours), statistics.median(theirs)
    print(f"entries {asked.entries:,}; built in {built:.1f} CPU s; {index.size_bytes / 2**20:,.0f} MiB")
    print(f"fairlead {1 / us:,.0f} queries/s/core; FAISS flat {1 / them:,.0f}; ratio {them / us:.1f}")
    print(f"pairs of FAISS {len(true):,}, of them found {len(true & first):,}, others {len(first - true):,}")
    print(index.certify(50, 3))


if __name__ == "__main__":
    main()
