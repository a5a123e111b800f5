"""Reading a SQL dump beside sqlglot: rows per processor second, how it grows, and whether both read the same values.

python -m benchmarks.records.dump [--peer FOLDER]

``FOLDER`` holds sqlglot (`pip install --target FOLDER sqlglot`). The dump is made up: extended INSERT statements as
`mariadb-dump` writes them, a hundred rows each. Runs are taken in turns; the median of five counts.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import statistics
import sys
import time
from collections.abc import Callable

from fairlead.records.dump import DumpReader, DumpRows

SIZES = (20_000, 200_000, 1_000_000)
PEER_ROWS = 5_000
HEAD = b"CREATE TABLE `users` (`id` int, `name` varchar(60), "
HEAD += b"`mail` varchar(190), `joined` int, `about` text, `kind` char(2));\n"


def dump(rows: int, seed: int = 1) -> bytes:
    chance = random.Random(seed)
    parts = [HEAD]
    for start in range(0, rows, 100):
        lines = [
            b"(%d,'reader%d','reader%d@mail.example',%d,'it\\'s a line\\nand (another), %d',%s)"
            % (
                n,
                n,
                n,
                1_600_000_000 + n,
                chance.randrange(10**9),
                chance.choice((b"NULL", b"'DK'", b"'SE'")),
            )
            for n in range(start, min(start + 100, rows))
        ]
        parts.append(b"INSERT INTO `users` VALUES\n" + b",\n".join(lines) + b";\n")
    return b"".join(parts)


def read(data: bytes) -> int:
    items = DumpReader(io.BytesIO(data), wanted={"users"})
    return sum(len(item.rows) for item in items if isinstance(item, DumpRows))


def read_by_peer(data: bytes) -> int:
    import sqlglot

    statements = sqlglot.parse(data.decode(), read="mysql")
    return sum(len(s.expression.expressions) for s in statements if isinstance(s, sqlglot.exp.Insert))


def rate(work: Callable[[bytes], int], data: bytes, rows: int) -> float:
    began = time.process_time()
    assert work(data) == rows
    return rows / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer")
    given = parser.parse_args()
    said: dict[str, object] = {}
    ours: dict[int, list[float]] = {size: [] for size in SIZES}
    peers: list[float] = []
    small = dump(PEER_ROWS)
    if given.peer:
        sys.path.append(given.peer)
    data = {size: dump(size) for size in SIZES}
    for _ in range(5):
        for size in SIZES:
            ours[size].append(rate(read, data[size], size))
        if given.peer:
            peers.append(rate(read_by_peer, small, PEER_ROWS))
    said["rows a processor second"] = {size: round(statistics.median(rates)) for size, rates in ours.items()}
    if peers:
        peer = statistics.median(peers)
        said["sqlglot"] = round(peer)
        said["times sqlglot"] = round(statistics.median(ours[SIZES[1]]) / peer, 1)
    print(json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
