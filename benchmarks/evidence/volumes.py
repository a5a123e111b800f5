"""MB/s at which the layers of a disk give their bytes, beside `qemu-img convert` where it reads the form, in one run.

`python -m benchmarks.evidence.volumes --megabytes 256` needs the tools that `tests/evidence/volumes.py` names. Layers are
read to their end in pieces of 1 MiB; file systems give every file through their reader. `qemu-img` writes to a device
that keeps nothing (`null-co`), so that it reads only, and its start is in its time. Half of the files' bytes are noise,
half zeros. Wall-clock seconds, the best of so many rounds, files in the page cache.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.evidence.build import MIB
from tests.evidence.test_disks_in_parts import dmg
from tests.evidence.volumes import (
    EXTENT,
    RAID5,
    btrfs,
    encrypted,
    ext4,
    lv,
    lvm_text,
    md_member,
    parity_members,
    physical_volume,
    rounded,
    run,
    striped,
    xfs,
)

from fairlead.evidence.readers.blocks import luks, lvm, md
from fairlead.evidence.readers.blocks.block import Block
from fairlead.evidence.readers.descriptor import Parts
from fairlead.evidence.readers.disk import DiskReader
from fairlead.evidence.readers.entry import Given
from fairlead.evidence.readers.image import BlockImage, open_image
from fairlead.evidence.sniff import sniff_descriptor

_PIECE = 1 << 20


def block_of(path: Path) -> Block:
    descriptor = os.open(path, os.O_RDONLY)
    container = sniff_descriptor(descriptor)
    assert container is not None
    return open_image(container, [descriptor]).block


def raw(path: Path) -> Parts:
    return Parts([os.open(path, os.O_RDONLY)])


def drain(block: Block) -> int:
    at = 0
    while at < block.size:
        at += len(block.read(at, _PIECE))
    return at


def files_of(path: Path) -> int:
    """Bytes of all files of a file system, listed and copied."""
    total = 0

    def count(chunk: bytes) -> None:
        nonlocal total
        total += len(chunk)

    reader = DiskReader([BlockImage(raw(path))], Given())
    for entry in reader.entries():
        if entry is not None and entry.verdict is None and entry.size:
            reader.copy({"kind": entry.kind, **{n: getattr(entry, n) for n in _PLACE}}, count)
    return total


_PLACE = ("partition", "volume", "inode", "attribute", "start", "end")


def best(rounds: int, work: Callable[[], int]) -> float:
    """MB/s of the fastest round."""
    rates = []
    for _ in range(rounds):
        begun = time.perf_counter()
        done = work()
        rates.append(done / 1e6 / (time.perf_counter() - begun))
    return max(rates)


def by_qemu(path: Path, form: str, size: int) -> int:
    target = f"driver=null-co,size={size}"
    command = ["qemu-img", "convert", "-n", "-f", form, "--target-image-opts", str(path), target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return size


def unlocked(path: Path) -> Block:
    block = raw(path)
    found = [
        one for one in luks.unlock(block, luks.read_header(block), [(1, "salt marsh")]) if one is not None
    ]
    return found[0][1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=256)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        source = folder / "files"
        source.mkdir()
        for number in range(asked.megabytes * 3 // 4):
            (source / f"{number:05}.bin").write_bytes(os.urandom(MIB // 2) + bytes(MIB // 2))
        size = f"{asked.megabytes}M"
        plain = rounded(ext4(folder / "ext4", source, size=size), EXTENT)
        report(folder, source, plain, asked.megabytes, asked.rounds)


def report(folder: Path, source: Path, plain: bytes, megabytes: int, rounds: int) -> None:
    print("form | MB/s | qemu-img convert, MB/s")
    for form, options in (("vdi", []), ("vhdx", []), ("qcow2", ["-c"]), ("vmdk", [])):
        made = folder / f"disk.{form}"
        run("qemu-img", "convert", "-f", "raw", "-O", form, *options, folder / "ext4", made)
        ours = best(rounds, lambda made=made: drain(block_of(made)))  # type: ignore[misc]
        theirs = best(rounds, lambda made=made, form=form: by_qemu(made, form, len(plain)))  # type: ignore[misc]
        print(f"{form}{' -c' if options else ''} | {ours:.0f} | {theirs:.0f}", flush=True)
        made.unlink()
    made = dmg(folder / "disk.dmg", plain, "zlib")
    print(f"dmg, zlib | {best(rounds, lambda: drain(block_of(made))):.0f} |")
    chunk = 65536
    usable = plain[: len(plain) // (3 * 4 * chunk) * 3 * 4 * chunk]
    members = []
    for role, payload in enumerate(parity_members(usable, chunk, RAID5[2])):
        path = md_member(folder / f"md{role}", payload, role=role, count=4, level=5, layout=2)
        found = md.find_member(raw(path))
        assert found is not None
        members.append((found, raw(path)))
    print(f"md RAID 5 | {best(rounds, lambda: drain(md.assemble(members))):.0f} |")
    print(f"md RAID 5, one missing | {best(rounds, lambda: drain(md.assemble(members[1:]))):.0f} |")
    half = len(plain) // EXTENT // 2
    text = lvm_text(
        [2 * len(plain)], lv("v", striped(0, half, [("pv0", 0)]), striped(half, half, [("pv0", half)]))
    )
    path = physical_volume(folder / "pv", 0, plain, text)
    physical = lvm.find_physical_volume(raw(path))
    assert physical is not None
    group = lvm.VolumeGroup(physical.text, {physical.number: raw(path)})
    print(f"LVM2 linear | {best(rounds, lambda: drain(group.open('v'))):.0f} |", flush=True)
    secret = encrypted(folder / "ext4", b"salt marsh")
    print(
        f"LUKS2 aes-xts-plain64, sectors of 512 bytes | {best(rounds, lambda: drain(unlocked(secret))):.0f} |"
    )
    for name, made in (
        ("XFS", (xfs(folder / "xfs", source, size=f"{megabytes * 2}m"), folder / "xfs")[1]),
        ("Btrfs", btrfs(folder / "btrfs", source, size=megabytes * 2 * MIB)),
    ):
        print(f"{name}, all files | {best(rounds, lambda made=made: files_of(made)):.0f} |", flush=True)  # type: ignore[misc]
    made = folder / "squashfs"
    run("mksquashfs", source, made, "-noappend", "-quiet", "-no-progress", "-comp", "zstd")
    print(f"squashfs, Zstandard, all files | {best(rounds, lambda: files_of(made)):.0f} |", flush=True)


if __name__ == "__main__":
    main()
