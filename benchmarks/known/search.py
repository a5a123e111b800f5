"""Exact search at radius 31 beside FAISS flat and python-threatexchange, one thread each, in turns, in processor seconds.

Run: python -m benchmarks.known.search --entries 1000000 --peer /path/to/a/python/with/faiss-cpu
     … --peer /path/to/a/python/with/threatexchange --peer-kind threatexchange
     … --peer none     (no peer: for sizes that leave no memory for one)
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.known.hashes import natural_hashes, queries_for, spread_hashes
from fairlead.known.index import HammingIndex

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

# The default PDQ index of python-threatexchange: FAISS multi-index hashing, which may miss neighbours.
_THREATEXCHANGE = """
import json, sys, time
import faiss, numpy as np
faiss.omp_set_num_threads(1)
from threatexchange.signal_type.pdq.pdq_index import PDQIndex
entries, queries = np.load(sys.argv[1]), np.load(sys.argv[2])
index = PDQIndex([(row.tobytes().hex(), number) for number, row in enumerate(entries)])
for line in sys.stdin:
    rows = queries[:int(line)]
    begin = time.process_time()
    answers = [index.query(row.tobytes().hex()) for row in rows]
    spent = time.process_time() - begin
    pairs = sorted((q, match.metadata) for q, found in enumerate(answers) for match in found)
    print(json.dumps({"spent": spent, "pairs": pairs}), flush=True)
"""
_PEERS = {"faiss": _PEER, "threatexchange": _THREATEXCHANGE}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--queries", type=int, default=4_000)
    options.add_argument("--peer-queries", type=int, default=200)
    options.add_argument(
        "--spread", type=int, default=1, help="draw a part of the entries only, see hashes.py"
    )
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--peer", required=True)
    options.add_argument("--peer-kind", choices=sorted(_PEERS), default="faiss")
    asked = options.parse_args()
    from fairlead.known import index as room
    from fairlead.known import index_tables

    room.threads = index_tables.threads = lambda: 1  # one thread, as the peer
    entries = natural_hashes(asked.entries // asked.spread, 1)
    if asked.spread > 1:
        entries = spread_hashes(entries, asked.spread, 4)
    queries = queries_for(entries, asked.queries, 2)
    begin = time.process_time()
    index = room.HammingIndex.build(entries)
    built = time.process_time() - begin
    index.search(queries[:100], 31)  # compiled by now
    if asked.peer == "none":
        del entries
        _alone(index, queries, built, asked.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "entries.npy", entries)
        np.save(Path(folder) / "queries.npy", queries)
        peer = subprocess.Popen(
            [asked.peer, "-c", _PEERS[asked.peer_kind], f"{folder}/entries.npy", f"{folder}/queries.npy"],
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
    print(f"fairlead {1 / us:,.0f} queries/s/core; {asked.peer_kind} {1 / them:,.0f}; ratio {them / us:.1f}")
    print(
        f"pairs of {asked.peer_kind} {len(true):,}, of them found {len(true & first):,}, others {len(first - true):,}"
    )
    print(index.certify(50, 3))


def _alone(index: HammingIndex, queries: np.ndarray, built: float, repeats: int) -> None:
    spent = []
    for _ in range(repeats):
        begin = time.process_time()
        index.search(queries, 31)
        spent.append((time.process_time() - begin) / len(queries))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"entries {len(index):,}; built in {built:.1f} CPU s; {index.size_bytes / 2**20:,.0f} MiB; peak {peak:.1f} GiB"
    )
    print(f"fairlead {1 / statistics.median(spent):,.0f} queries/s/core")
    print(index.certify(20, 3))


if __name__ == "__main__":
    main()
