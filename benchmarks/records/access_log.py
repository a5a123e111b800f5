"""Access logs: lines a second and core, all fields, against a regex reader: python -m benchmarks.records.access_log

The peer is Python's `re` with the combined format as one pattern and `datetime.strptime`, which is what most tools do.
Both give the same fields; the log is made up, with one line of garbage in ten thousand.
"""

from __future__ import annotations

import io
import random
import re
import statistics
import time
from datetime import datetime

from fairlead.records.directory import AccountDirectory
from fairlead.records.load import load_source
from fairlead.records.mapping import parse_mapping

MAPPING = """
version = 1
[[source]]
name = "weblog"
kind = "access_log"
exhibit = "X/1"
path = "access.log"
format = "combined"
zone = "stated"
"""
PATTERN = re.compile(r'(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (.*?) (\S+)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"')
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def make_log(lines: int, seed: int = 5) -> bytes:
    rng = random.Random(seed)
    made = []
    for number in range(lines):
        if number % 10_000 == 77:
            made.append("\x00\x16\x03 garbage")
            continue
        day, second = 1 + number * 28 // lines, rng.randrange(86400)
        at = f"{day:02d}/Mar/2026:{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d} +0000"
        ip = f"198.51.100.{rng.randrange(256)}"
        made.append(
            f'{ip} - user{rng.randrange(2000)} [{at}] "GET /media/{rng.randrange(5000):05d}.jpg HTTP/1.1" 200 '
            f'{rng.randrange(10**6)} "-" "{AGENT}"'
        )
    return ("\n".join(made) + "\n").encode()


def ours(log: bytes) -> tuple[float, int, int]:
    source = parse_mapping(MAPPING).source[0]
    start = time.process_time()
    rows = quarantined = 0
    for table, batch in load_source(
        source,
        exhibit="X/1",
        locator="path:access.log",
        stream=io.BytesIO(log),
        directory=AccountDirectory(),
        salt=b"s",
    ):
        rows += batch.num_rows if table.name == "accesses" else 0
        quarantined += batch.num_rows if table.name == "quarantine" else 0
    return time.process_time() - start, rows, quarantined


def peer(log: bytes) -> float:
    start = time.process_time()
    for line in log.decode(errors="replace").splitlines():
        found = PATTERN.fullmatch(line)
        if found:
            datetime.strptime(found.group(3), "%d/%b/%Y:%H:%M:%S %z")
    return time.process_time() - start


def main() -> None:
    ours(make_log(1000))
    print("lines | ours lines/s | peer lines/s | ratio | parsed + quarantined = lines")
    for size in (100_000, 400_000, 1_600_000):
        log = make_log(size)
        runs = [ours(log) for _ in range(3)]
        mine = size / statistics.median(r[0] for r in runs)
        theirs = min(size, 200_000) / peer(make_log(min(size, 200_000)))
        print(
            f"{size:,} | {mine:,.0f} | {theirs:,.0f} | {mine / theirs:.1f} | {runs[0][1] + runs[0][2] == size}"
        )


if __name__ == "__main__":
    main()
