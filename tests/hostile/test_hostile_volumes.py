"""Volumes whose metadata were changed at random: every one ends with a verdict, in bounded time and memory.

Changes are made where metadata lie, from a seed, and run through the sandboxed reader as an exhibit's image is. The own
readers may neither crash nor hang nor eat the memory; a library in C may die in its worker, which is a verdict too.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.sniff import Container
from tests.evidence.build import MIB
from tests.evidence.test_disks_in_parts import dmg
from tests.evidence.volumes import (
    EXTENT,
    btrfs,
    encrypted,
    ext4,
    lv,
    lvm_text,
    md_member,
    physical_volume,
    rounded,
    run,
    striped,
    tree,
    xfs,
)

OWN = {Outcome.OK, Outcome.FAILED}
ANY = {*OWN, Outcome.CRASHED, Outcome.MEMORY, Outcome.TIMEOUT}
EACH, OF_LUKS = 260, 60  # where every one asks for a key to be derived


def _squashfs(folder: Path, source: Path) -> Path:
    run("mksquashfs", source, folder / "i", "-noappend", "-quiet", "-no-progress")
    return folder / "i"


def _udf(folder: Path, source: Path) -> Path:
    run("genisoimage", "-quiet", "-udf", "-R", "-J", "-o", folder / "i", source)
    data = bytearray((folder / "i").read_bytes())
    begin = next(s for s in range(16, 40) if data[s * 2048 + 1 : s * 2048 + 6] == b"BEA01")
    data[16 * 2048 : 19 * 2048] = data[begin * 2048 : (begin + 3) * 2048]
    data[19 * 2048 : begin * 2048] = bytes((begin - 19) * 2048)
    (folder / "i").write_bytes(data)
    return folder / "i"


def _xfs(folder: Path, source: Path) -> Path:
    xfs(folder / "i", source)
    return folder / "i"


def _lvm(folder: Path, source: Path) -> Path:
    data = rounded(ext4(folder / "e", source, size="8M"), EXTENT)
    text = lvm_text([20 * MIB], lv("root", striped(0, 3, [("pv0", 0)]), striped(3, 5, [("pv0", 3)])))
    return physical_volume(folder / "i", 0, data, text)


def _md(folder: Path, source: Path) -> Path:
    return md_member(folder / "i", ext4(folder / "e", source, size="8M"), role=0, count=1, level=0)


def _luks(folder: Path, source: Path) -> Path:
    ext4(folder / "i", source, size="8M")
    return encrypted(folder / "i", b"salt marsh")


def _vdi(folder: Path, source: Path) -> Path:
    ext4(folder / "e", source, size="8M")
    run("qemu-img", "convert", "-f", "raw", "-O", "vdi", folder / "e", folder / "i")
    return folder / "i"


def _dmg(folder: Path, source: Path) -> Path:
    return dmg(folder / "i", ext4(folder / "e", source, size="8M"), "zlib")


FORMS: dict[str, tuple[Callable[[Path, Path], Path], Container, set[Outcome]]] = {
    "btrfs": (lambda folder, source: btrfs(folder / "i", source), Container.IMAGE, OWN),
    "squashfs": (_squashfs, Container.IMAGE, OWN),
    "udf": (_udf, Container.IMAGE, OWN),
    "lvm": (_lvm, Container.IMAGE, ANY),
    "md": (_md, Container.IMAGE, ANY),
    "luks": (_luks, Container.IMAGE, ANY),
    "vdi": (_vdi, Container.VDI, ANY),
    "dmg": (_dmg, Container.DMG, ANY),
    "xfs": (_xfs, Container.IMAGE, ANY),
}


def changes(chance: random.Random, data: bytes, written: list[int]) -> Iterator[tuple[int, bytes]]:
    """One to five changes in sectors that are no zeros, the first of them more often than others."""
    for _ in range(chance.randint(1, 5)):
        sector = written[min(int(chance.expovariate(8 / len(written))), len(written) - 1)]
        at = sector * 512 + chance.randrange(512)
        match chance.randrange(4):
            case 0:
                yield at, bytes([chance.randrange(256)])
            case 1:
                yield at & ~3, chance.choice([bytes(4), b"\xff" * 4, b"\xff\xff\xff\x7f", b"\1\0\0\0"])
            case 2:
                yield at & ~7, chance.choice([bytes(8), b"\xff" * 8, chance.randbytes(8)])
            case _:
                other = chance.choice(written) * 512
                yield sector * 512, data[other : other + 512]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    tree(folder, large=20_000)
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_volume_ends_with_a_verdict(tmp_path: Path, source: Path, form: str) -> None:
    make, container, allowed = FORMS[form]
    image = make(tmp_path, source)
    data = image.read_bytes()
    begin = (
        int.from_bytes(data[-512 + 216 : -512 + 224]) // 512 if form == "dmg" else 0
    )  # behind the packed data
    end = 4 if form == "vdi" else len(data) // 512  # header and map; what follows is the file system alone
    written = [place for place in range(begin, end) if any(data[place * 512 : place * 512 + 512])]
    chance = random.Random(f"{form} 20")
    count = OF_LUKS if form == "luks" else EACH
    met: Counter[Outcome] = Counter()
    limits = SandboxLimits(memory_bytes=2 << 30, deadline_s=5, output_bytes=64 * MIB, open_files=4096)
    descriptor = os.open(image, os.O_RDWR)
    try:
        with SandboxPool(handler="fairlead.evidence.readers.handler:handle", limits=limits) as pool:
            assert read_through(pool, descriptor, container, "whole") is Outcome.OK
            for number in range(count):
                made = list(changes(chance, data, written))
                for at, change in made:
                    os.pwrite(descriptor, change[: len(data) - at], at)
                met[read_through(pool, descriptor, container, str(number))] += 1
                for at, change in made:
                    os.pwrite(descriptor, data[at : at + len(change)], at)
    finally:
        os.close(descriptor)
    assert met.total() == count
    assert set(met) <= allowed, met
    assert met[Outcome.TIMEOUT] + met[Outcome.MEMORY] <= count // 50, met


def read_through(pool: SandboxPool, descriptor: int, container: Container, token: str) -> Outcome:
    """Open an image, find its volumes, list it, and copy some files; how that ended."""
    given = {
        "unpacked_bytes": 1 << 30, "message_bytes": 1 << 20, "carved_bytes": 1 << 20, "passwords": ["salt marsh"],
        "carve": False, "names": [],
    }  # fmt: skip
    steps: list[tuple[dict[str, Any], list[int]]] = [
        ({"op": "hand_over"}, [descriptor]),
        ({"op": "open", "container": container.value, "given": given}, []),
        ({"op": "prepare"}, []),
        ({"op": "volumes"}, []),
        ({"op": "list", "start": 0, "count": 200}, []),
    ]
    entries: list[dict[str, Any]] = []
    for request, descriptors in steps:
        reply = pool.call({**request, "token": token}, descriptors)
        if reply.outcome is not Outcome.OK:
            return reply.outcome
        entries = reply.body.get("entries", [])
    for entry in [entry for entry in entries if "verdict" not in entry][:4]:
        place = {name: value for name, value in entry.items() if isinstance(value, int | str)}
        output = os.memfd_create("item")
        try:
            request = {"op": "copy", "place": place, "most": EvidenceLimits().message_bytes, "token": token}
            reply = pool.call(request, [output])
        finally:
            os.close(output)
        if reply.outcome is not Outcome.OK:
            return reply.outcome
    return Outcome.OK
