"""How fast lists are read, in processor seconds: python -m benchmarks.known.lists --entries 300000

A VICS file and an NSRL-shaped SQLite database are made first; the time of making them does not count.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from fairlead.known.imports import HashSet, import_list
from fairlead.known.lists import HASH_LISTS
from fairlead.terms.matching import Meaning, ReleasePolicy

_SET = HashSet(
    name="s", version="1", scheme="", meaning=Meaning.KNOWN_SOFTWARE, release=ReleasePolicy.NOT_RELEASABLE
)


def make_vics(path: Path, entries: int) -> None:
    rng = random.Random(1)
    with path.open("w") as out:
        out.write('{"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media","value":[')
        for n in range(entries):
            item = {
                "MediaID": n,
                "Category": n % 6,
                "MD5": f"{rng.getrandbits(128):032X}",
                "MediaSize": "12345",
                "SHA1": f"{rng.getrandbits(160):040x}",
                "IsDistributed": "false",
                "Tags": "a,b",
            }
            out.write(("," if n else "") + json.dumps(item))
        out.write("]}")


def make_nsrl(path: Path, entries: int) -> None:
    rng = random.Random(2)
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE FILE (sha256, sha1, md5, crc32, file_name, file_size, package_id)")
        made.executemany(
            "INSERT INTO FILE VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((f"{rng.getrandbits(256):064X}", f"{rng.getrandbits(160):040X}", f"{rng.getrandbits(128):032X}", "0" * 8,
              f"file{n}.dll", n, 1) for n in range(entries)),
        )  # fmt: skip
        made.commit()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=300_000)
    options.add_argument("--nsrl-rows", type=int, default=1_000_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for form, make, count in (
            (HASH_LISTS.get("vics"), make_vics, asked.entries),
            (HASH_LISTS.get("nsrl"), make_nsrl, asked.nsrl_rows),
        ):
            path, spool = Path(folder) / form.value, Path(folder) / f"spool-{form}"
            spool.mkdir()
            make(path, count)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            begin = time.process_time()
            found = import_list(form, path, hash_set=_SET, spool=spool)
            rows = sum(batch.num_rows for batch in found.known())
            spent = time.process_time() - begin
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(
                f"{form}: {count:,} items ({path.stat().st_size / 2**20:,.0f} MiB) gave {rows:,} entries in "
                f"{spent:.1f} CPU s: {count / spent:,.0f} items/s, {rows / spent:,.0f} entries/s/core; "
                f"memory rose by {(after - before) / 1024:,.0f} MiB"
            )


if __name__ == "__main__":
    main()
