"""Walk and digests of one file system, from a raw image and from the same in E01: processor seconds of all processes.

`python -m benchmarks.evidence.images --megabytes 1024` needs mke2fs and ewfacquire.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_FILE_BYTES = 256 << 10
_RUN = """
import sys
from pathlib import Path
from tests.evidence.build import process
rows = process(Path(sys.argv[1]))
print(sum(row["verdict"] == "read" for row in rows), sum(row["read_bytes"] or 0 for row in rows))
"""


def make_images(folder: Path, megabytes: int) -> tuple[Path, Path]:
    """An ext4 image filled to four fifths with half-compressible files, and the same as E01 of one segment."""
    files = folder / "files"
    files.mkdir()
    random = np.random.default_rng(1)
    for number in range(megabytes * 4 // 5 * (1 << 20) // _FILE_BYTES):
        noise = random.integers(0, 256, _FILE_BYTES // 2, dtype=np.uint8).tobytes()
        (files / f"{number:06}.bin").write_bytes(noise + bytes(_FILE_BYTES // 2))
    raw = folder / "disk.dd"
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-d", files, raw, f"{megabytes}M"], check=True, env=environment
    )
    subprocess.run(
        ["ewfacquire", "-u", "-q", "-c", "deflate:fast", "-S", "4G", "-t", folder / "disk", raw],
        check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return raw, folder / "disk.E01"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=1024)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        images = make_images(Path(scratch), asked.megabytes)
        spent: dict[Path, list[float]] = {image: [] for image in images}
        for _ in range(asked.rounds):
            for image, seconds in spent.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                told = subprocess.run(
                    [sys.executable, "-c", _RUN, str(image)], check=True, capture_output=True, text=True
                )
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        raw, ewf = (statistics.median(spent[image]) for image in images)
    files, size = map(int, told.stdout.split())
    print(f"{files} files, {size / 1e6:.0f} MB: raw {raw:.1f} CPU s, E01 {ewf:.1f}, {ewf / raw:.2f} times")


if __name__ == "__main__":
    main()
