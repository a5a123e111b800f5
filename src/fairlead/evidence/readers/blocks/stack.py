"""The stack of one exhibit's disks: partitions, arrays, encrypted and logical volumes, up to the file systems.

Every volume has a number that the same exhibit always gives it: 0 is the disk, partitions are numbered as The Sleuth
Kit counts them, and the n-th volume that lies on volume p has the number 1000 × (p + 1) + n.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fairlead.evidence.readers.blocks import luks, lvm, md
from fairlead.evidence.readers.blocks.block import Block, Slice
from fairlead.evidence.readers.entry import Given, Stop
from fairlead.evidence.readers.image import BlockImage
from fairlead.evidence.readers.partitions import WHOLE_IMAGE, find_partitions
from fairlead.evidence.readers.wire import VolumeTold
from fairlead.evidence.volume_forms import VolumeForm, find_form

_STEP, _MOST_NUMBER = 1000, 1 << 52
_MOST_VOLUMES = 4096
_LEAST_BYTES, _BTRFS_AT = 512, 0x10000
_DAMAGE = (OSError, ValueError, KeyError, TypeError, struct.error, RecursionError, OverflowError)


@dataclass(slots=True, kw_only=True, eq=False)
class Volume:
    """One volume of the stack. Offsets and sizes in bytes; ``disk`` is the place of its disk among those given.

    ``image`` and ``start`` say where The Sleuth Kit finds it, ``space`` whose addresses those are. ``member_of``
    names what it is a part of, ``below`` are the volumes it lies on, ``problem`` why nothing in it was opened.
    """

    number: int
    parent: Volume | None
    disk: int
    kind: str
    name: str
    block: Block
    image: BlockImage
    start: int = 0
    offset: int | None = None
    space: Volume | None = None
    form: str = ""
    system: VolumeForm | None = None
    encrypted: bool = False
    member_of: str = ""
    note: str = ""
    problem: Stop | None = None
    password: int | None = None
    holds: int = 0
    below: tuple[Volume, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether no other volume lies in it, nor is it a part of one."""
        return not self.holds and not self.member_of

    def row(self) -> VolumeTold:
        """What the table of volumes says of it, in the form that crosses the sandbox."""
        said = self.problem.detail if self.problem is not None else self.member_of or self.note
        return {
            "number": self.number,
            "parent": self.parent.number if self.parent is not None else None,
            "kind": self.kind,
            "name": self.name[:200],
            "form": self.form[:80],
            "offset": self.offset,
            "size": self.block.size,
            "encrypted": self.encrypted,
            "opened": self.problem is None,
            "password": self.password,
            "detail": said[:300],
        }


@dataclass(slots=True)
class _Array:
    members: list[tuple[md.ArrayMember, Volume]] = field(default_factory=list)


class Stack:
    """All volumes of the disks given. ``primary`` is the one whose exhibit is read; the others may complete it."""

    def __init__(self, disks: Sequence[BlockImage], given: Given, *, primary: int = 0) -> None:
        self._given, self.primary = given, primary
        self.volumes: list[Volume] = []
        self.incomplete = self.limited = False
        self._arrays: dict[bytes, _Array] = {}
        self._groups: dict[str, tuple[Volume, lvm.PhysicalVolume]] = {}
        self._queue: list[Volume] = []
        for place, image in enumerate(disks):
            root = Volume(
                number=0, parent=None, disk=place, kind="disk", name=WHOLE_IMAGE, block=image.block, image=image,
            )  # fmt: skip
            root.space = root
            self._keep(root)

    @property
    def own(self) -> list[Volume]:
        """Volumes of the primary disk by number; a volume on several disks belongs to the first of them."""
        found = {volume.number: volume for volume in reversed(self.volumes) if volume.disk == self.primary}
        return [found[number] for number in sorted(found)]

    def build(self) -> Iterator[None]:
        """Explore until nothing new is found; a sign of life between steps that may take long."""
        while True:
            while self._queue:
                yield from self._explore(self._queue.pop(0))
            if self._assemble(complete=True) or self._open_groups(complete=True):
                continue
            if self._assemble(complete=False) or self._open_groups(complete=False):
                continue
            self._join_devices()
            return

    def _join_devices(self) -> None:
        """Devices of one Btrfs are read with the first of them; one that has more asks for other disks."""
        devices: dict[bytes, list[Volume]] = {}
        for volume in self.volumes:
            if volume.system is VolumeForm.BTRFS:
                head = volume.block.read(_BTRFS_AT, 0x90)
                devices.setdefault(head[0x20:0x30], []).append(volume)
                self.incomplete = self.incomplete or int.from_bytes(head[0x88:0x90], "little") > 1
        for volumes in devices.values():
            first, *others = sorted(volumes, key=lambda one: (one.disk, one.number))
            first.below = tuple(others)
            for other in others:
                other.member_of = "a Btrfs of several devices"

    def _keep(self, volume: Volume) -> None:
        if len(self.volumes) >= _MOST_VOLUMES:
            self.limited = True
            return
        self.volumes.append(volume)
        self._queue.append(volume)

    def _explore(self, volume: Volume) -> Iterator[None]:
        yield None
        try:
            yield from self._look(volume)
        except Stop as stop:
            volume.problem = stop
        except _DAMAGE as problem:
            volume.problem = Stop("damaged", f"{volume.form or 'volume'}: {str(problem)[:120]}")

    def _look(self, volume: Volume) -> Iterator[None]:
        block = volume.block
        if block.size < _LEAST_BYTES or volume.problem is not None:
            return
        member = md.find_member(block)
        if member is not None:
            volume.form, volume.member_of = f"member of an array, md {member.version}", member.title
            self._arrays.setdefault(member.array, _Array()).members.append((member, volume))
            return
        if luks.begins_luks(block):
            yield from self._unlock(volume)
            return
        physical = lvm.find_physical_volume(block)
        if physical is not None:
            volume.form, volume.member_of = "physical volume of LVM2", "a volume group"
            self._groups.setdefault(physical.number, (volume, physical))
            return
        form = find_form(block.read, block.size)
        if form is not None:
            volume.form, volume.system = form.value, form
            return
        if volume.kind != "partition":
            self._partitions(volume)

    def _partitions(self, volume: Volume) -> None:
        for part in find_partitions(volume.image):
            number = part.number if volume.number == 0 else self._below(volume, part.number)
            if number is None:
                continue
            volume.holds += 1
            self._keep(
                Volume(
                    number=number,
                    parent=volume,
                    disk=volume.disk,
                    kind="partition",
                    name=part.description,
                    block=Slice(volume.block, part.start, part.size),
                    image=volume.image,
                    start=part.start,
                    offset=part.start,
                    space=volume,
                )
            )
        if volume.holds:
            volume.form = "partition table"

    def _below(self, volume: Volume, place: int) -> int | None:
        """The number of a volume on another, None where it would grow too long."""
        number = _STEP * (volume.number + 1) + place
        if number < _MOST_NUMBER and place < _STEP:
            return number
        self.limited = True
        return None

    def _add(self, below: Sequence[Volume], place: int, kind: str, name: str, block: Block) -> Volume | None:
        """A volume on one or more others: it belongs to the first disk that it lies on."""
        parent = min(below, key=lambda one: (one.disk, one.number))
        number = self._below(parent, place)
        if number is None:
            return None
        added = Volume(
            number=number, parent=parent, disk=parent.disk, kind=kind, name=name, block=block,
            image=BlockImage(block),
        )  # fmt: skip
        added.space, added.below = added, tuple(below)
        for volume in below:
            volume.holds += 1
        self._keep(added)
        return added

    def _unlock(self, volume: Volume) -> Iterator[None]:
        volume.form, volume.encrypted = "LUKS", True
        header = luks.read_header(volume.block)
        volume.form = f"LUKS{header.version}, {header.cipher}"
        for tried in luks.unlock(volume.block, header, list(self._given.numbered())):
            if tried is None:
                yield None
                continue
            volume.password, opened = tried
            name = f"LUKS{header.version} {header.uuid}"
            added = self._add([volume], 1, "encrypted volume", name, opened)
            if added is not None:
                added.encrypted, added.offset = True, header.offset
            return
        grounds = "no password of the list opens it" if self._given.passwords else "no password was given"
        raise Stop("encrypted", f"{volume.form}; {grounds}")

    def _assemble(self, *, complete: bool) -> bool:
        """Put arrays together; whether one was tried."""
        for number, array in list(self._arrays.items()):
            missing = md.missing_of([member for member, _ in array.members])
            if missing > 0 and complete:
                continue
            del self._arrays[number]
            self._assemble_one(array, missing)
            return True
        return False

    def _assemble_one(self, array: _Array, missing: int) -> None:
        title = array.members[0][0].title
        volumes = [volume for _, volume in array.members]
        self.incomplete = self.incomplete or missing > 0
        if self._add_whole(array, title):
            return
        try:
            block = md.assemble([(member, volume.block) for member, volume in array.members])
        except (Stop, *_DAMAGE) as problem:
            stop = problem if isinstance(problem, Stop) else Stop("unreadable", str(problem)[:120])
            for volume in volumes:
                volume.problem = Stop(stop.verdict, f"member of {title}: {stop.detail}")
            return
        name = f"{title}, {missing} missing" if missing > 0 else title
        self._add(volumes, 1, "array", name, block)

    def _add_whole(self, array: _Array, title: str) -> bool:
        """A container of metadata that names no level of its own is none of those that are read."""
        if all(member.level in (-1, 0, 1, 4, 5, 6, 10) for member, _ in array.members):
            return False
        for _, volume in array.members:
            volume.problem = Stop("unsupported", f"not opened: {title}")
        return True

    def _open_groups(self, *, complete: bool) -> bool:
        """Open the logical volumes of one group; whether one was tried."""
        newest = sorted(self._groups.values(), key=lambda one: -one[1].sequence)
        for _, physical in newest:
            if not physical.text:
                continue
            blocks = {number: volume.block for number, (volume, _) in self._groups.items()}
            try:
                group = lvm.VolumeGroup(physical.text, blocks)
            except _DAMAGE as problem:
                self._drop([physical.number], Stop("damaged", f"metadata of LVM2: {str(problem)[:80]}"))
                return True
            if physical.number not in group.numbers:
                self._drop(
                    [physical.number], Stop("damaged", "metadata of LVM2 that names other volumes only")
                )
                return True
            if group.missing and complete:
                continue
            self.incomplete = self.incomplete or bool(group.missing)
            self._open_group(group)
            return True
        if self._groups and not complete:
            self.incomplete = True  # another disk may hold them
            self._drop(
                list(self._groups),
                Stop("unreadable", "a physical volume of LVM2 that holds no metadata of a volume group"),
            )
        return False

    def _drop(self, numbers: Sequence[str], stop: Stop) -> None:
        for number in numbers:
            held = self._groups.pop(number, None)
            if held is not None:
                held[0].problem = stop

    def _open_group(self, group: lvm.VolumeGroup) -> None:
        below = [held[0] for number in group.numbers if (held := self._groups.pop(number, None)) is not None]
        for volume in below:
            volume.member_of = f"volume group {group.name}"
        for place, name in enumerate(group.names(), 1):
            if not group.visible(name):
                continue
            try:
                block = group.open(name)
                problem = None if lvm.whole(block) else Stop("unreadable", _MISSING.format(group.missing))
            except (Stop, *_DAMAGE) as met:
                block, problem = lvm.Missing(0), lvm.refusal(met)
                if group.missing and problem.verdict == "unreadable":
                    problem = Stop("unreadable", f"{problem.detail}; {_MISSING.format(group.missing)}")
            added = self._add(below, place, "logical volume", f"{group.name}/{name}", block)
            if added is not None and problem is not None and block.size == 0:
                added.problem = problem
            elif added is not None and problem is not None:
                added.name += f", {problem.detail}"


_NO_METADATA = "a physical volume of LVM2 that holds no metadata of a volume group"
_MISSING = "{} physical volumes of its group are not here"
