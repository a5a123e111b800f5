"""What a member costs in archives of different sizes: python -m benchmarks.evidence.members [--counts 100,1000,10000]

The stages of `process` on one archive of small pictures, in processor seconds of all processes. What a member costs is
the difference between two archives, so that the start counts nothing; the last column compares the dearest with the
cheapest: 1 is linear.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import numpy as np
import py7zr
import simplejpeg

from benchmarks.evidence.pictures import whole_run

_SIDE = 96
_NESTED = 10  # members of each inner archive


def pictures(count: int) -> Iterator[tuple[str, bytes]]:
    """Small pictures, every one another."""
    down, across = np.mgrid[0:_SIDE, 0:_SIDE]
    for number in range(count):
        grain = np.random.default_rng(number).integers(0, 12, (_SIDE, _SIDE, 3))
        ramp = ((down * (1 + number % 5) + across * (1 + number % 7)) // 3 % 240)[:, :, None]
        yield f"{number:06}.jpg", simplejpeg.encode_jpeg((ramp + grain).astype(np.uint8), quality=80)


def make_zip(path: Path, count: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in pictures(count):
            archive.writestr(name, data)


def make_tar(path: Path, count: int, mode: str) -> None:
    options = {"preset": 1} if mode == "w:xz" else {"compresslevel": 1}
    with tarfile.open(path, mode, **options) as archive:  # type: ignore[call-overload]
        for name, data in pictures(count):
            _add(archive, name, data)


def make_7z(path: Path, count: int) -> None:
    with py7zr.SevenZipFile(path, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as archive:
        for name, data in pictures(count):
            archive.writestr(data, name)


def make_nested(path: Path, count: int) -> None:
    """Zip archives of ten pictures each in one tar.gz."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        held: list[tuple[str, bytes]] = []
        for name, data in pictures(count):
            held.append((name, data))
            if len(held) == _NESTED:
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w") as small:
                    for each in held:
                        small.writestr(*each)
                _add(archive, f"{name}.zip", inner.getvalue())
                held = []


def make_mbox(path: Path, count: int) -> None:
    with path.open("wb") as box:
        for name, data in pictures(count):
            message = EmailMessage()
            message["From"], message["To"] = "a@example.org", "b@example.org"
            message["Subject"], message["Date"] = name, "Fri, 01 May 2026 10:00:00 +0000"
            message.set_content("See the attachment.")
            message.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
            box.write(b"From a@example.org Fri May  1 10:00:00 2026\n" + bytes(message) + b"\n")


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


KINDS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "zip": ("a.zip", make_zip),
    "tar.gz": ("a.tar.gz", lambda path, count: make_tar(path, count, "w:gz")),
    "tar.xz": ("a.tar.xz", lambda path, count: make_tar(path, count, "w:xz")),
    "7z, solid": ("a.7z", make_7z),
    "zip in tar.gz": ("a.tar.gz", make_nested),
    "mbox": ("a.mbox", make_mbox),
}


def cost(kind: str, count: int, *, until: str) -> float:
    """Processor seconds of the stages on one archive."""
    name, make = KINDS[kind]
    folder = Path(tempfile.mkdtemp(prefix="members"))
    try:
        make(folder / name, count)
        return whole_run(folder / name, folder / "ws", until=until)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--counts", default="100,1000,10000")
    options.add_argument("--only", choices=tuple(KINDS), action="append")
    options.add_argument("--until", default="weigh", help="the last stage that is run")
    asked = options.parse_args()
    counts = [int(count) for count in asked.counts.split(",")]
    subprocess.run([sys.executable, "-c", "import fairlead"], check=True, env=dict(os.environ))
    for kind in asked.only or KINDS:
        spent = [cost(kind, count, until=asked.until) for count in counts]
        each = [
            (spent[place + 1] - spent[place]) / (counts[place + 1] - counts[place]) * 1e3
            for place in range(len(counts) - 1)
        ]
        told = ", ".join(f"{count}: {s:.1f} s" for count, s in zip(counts, spent, strict=True))
        shown = ", ".join(f"{e:.2f}" for e in each)
        print(
            f"{kind}: {told}; ms a member between them: {shown}; growth {max(each) / min(each):.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
