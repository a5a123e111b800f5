"""What the sandbox costs record files and hash lists, in CPU time of all processes: python -m benchmarks.records.sandboxed

The same files are read by the program itself and by a worker, in turns, three times. The start of a worker is counted on its
own, since it happens once a load.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from benchmarks.records.access_log import make_log
from fairlead.known.list_reading import ListReader
from fairlead.known.list_rows import batches_of
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.records import reading
from fairlead.records.mapping import Source, parse_mapping

MAPPING = """
[[source]]
name = "platform"
kind = "sql_dump"
exhibit = "X/1"
path = "d"
zone = "UTC"
[[source.table]]
name = "users"
rows = "accounts"
roles = {id = "id", user_name = "login", email = "email", registered_at = "made", registered_ip = "ip"}
[[source]]
name = "weblog"
kind = "access_log"
exhibit = "X/1"
path = "l"
zone = "stated"
accounts = "platform"
"""
DUMP, LOG = parse_mapping(MAPPING).source
ROUNDS, ACCOUNTS, LINES, ENTRIES = 3, 200_000, 1_600_000, 300_000


def spent() -> float:
    """CPU seconds of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def make_dump(accounts: int) -> bytes:
    rows = [
        f"({n},'user{n}','user{n}@example.org','2026-0{1 + n % 9}-1{n % 9} 10:00:{n % 60:02}','192.0.2.{n % 250}')"
        for n in range(accounts)
    ]
    head = "CREATE TABLE `users` (`id` int, `login` text, `email` text, `made` datetime, `ip` text);\n"
    lines = (",".join(rows[at : at + 100]) for at in range(0, accounts, 100))
    return (head + "".join(f"INSERT INTO `users` VALUES {line};\n" for line in lines)).encode()


def read(source: Source, path: Path, *, in_worker: bool) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with (
            patch.object(reading, "read_by_worker", lambda _: in_worker),
            reading.RecordReader(salt=b"s") as reader,
        ):
            found = reader.read(source, exhibit="X/1", locator="path:x", descriptor=descriptor)
            return sum(batch.num_rows for _, batch in found)
    finally:
        os.close(descriptor)


def read_list(path: Path, *, in_worker: bool) -> int:
    form, told = HASH_LISTS.get("csv"), ListOptions(columns={"md5": "a", "sha1": "b"})
    if not in_worker:
        assert form.read is not None
        with path.open("rb") as file:
            return sum(batch.num_rows for _, batch in batches_of(form.read(file, told)))
    reader = ListReader()
    try:
        return sum(batch.num_rows for _, batch in reader.read(form, path, told))
    finally:
        reader.close()


def main() -> None:
    """Print, for each kind of file, both costs, that of starting, and the ratio without it."""
    with tempfile.TemporaryDirectory() as folder:
        digests = "a,b\n" + "".join(
            f"{7**60 + n:032x}"[-32:] + f",{7**70 + n:040x}"[-41:] + "\n" for n in range(ENTRIES)
        )
        contents = {
            "dump": make_dump(ACCOUNTS),
            "log": make_log(LINES),
            "list": digests.encode(),
        }
        smallest = {"dump": make_dump(1), "log": make_log(1), "list": b"a,b\n" + b"0" * 31 + b"1,\n"}
        readers: dict[str, Callable[[Path, bool], int]] = {
            "dump": lambda path, inside: read(DUMP, path, in_worker=inside),
            "log": lambda path, inside: read(LOG, path, in_worker=inside),
            "list": lambda path, inside: read_list(path, in_worker=inside),
        }
        print(f"{'':<6}{'rows':>11}{'itself s':>10}{'worker s':>10}{'start s':>9}{'ratio':>8}")
        for name, reader in readers.items():
            whole, small = Path(folder) / name, Path(folder) / f"{name}-small"
            whole.write_bytes(contents[name])
            small.write_bytes(smallest[name])
            costs: dict[str, list[float]] = {"itself": [], "worker": [], "start": []}
            rows = 0
            reader(whole, False)  # what is compiled once is there
            for _ in range(ROUNDS):
                for kind, path, inside in (
                    ("itself", whole, False),
                    ("worker", whole, True),
                    ("start", small, True),
                ):
                    begun = spent()
                    found = reader(path, inside)
                    rows = max(rows, found)
                    costs[kind].append(spent() - begun)
            itself, worker, start = (statistics.median(costs[kind]) for kind in ("itself", "worker", "start"))
            print(
                f"{name:<6}{rows:>11,}{itself:>10.2f}{worker:>10.2f}{start:>9.2f}{(worker - start) / itself:>8.2f}"
            )


if __name__ == "__main__":
    main()
