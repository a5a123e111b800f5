"""Keeps containers open in a sandboxed reader, and hands out the bytes of single items."""

from __future__ import annotations

import atexit
import fcntl
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, cast

from fairlead.engine.places import Place
from fairlead.engine.sandbox import STRICT, Outcome, SandboxLimits, SandboxPolicy, SandboxPool
from fairlead.evidence.copies import copy_at
from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.medium import Medium, parse_medium
from fairlead.evidence.passwords import PasswordList, load_passwords
from fairlead.evidence.readers.wire import EntryPlace, GivenTold, Request
from fairlead.evidence.segments import goes_on_from
from fairlead.evidence.sniff import DISKS, Container, sniff_descriptor
from fairlead.evidence.volumes import FoundVolume, parse_volume
from fairlead.evidence.working_copy import WorkingCopy
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import Locator, Step, StepKind
from fairlead.terms.shortage import shortage_of
from fairlead.terms.verdicts import FileVerdict

_PAGE = 1000
_PROBE_BYTES = 1 << 16
_MOST_OPEN = 8
_PASSED_AT_ONCE = 30
_MOST_OPEN_FILES = 4096
_MOST_DISKS, _MOST_DISK_FILES = 64, 1024
_MOST_VOLUMES = 5000
_MOST_SILENT_PAGES = 10
_LEAST_PAGE_S = 1.0
_MOST_FACTS, _MOST_NAME, _MOST_VALUE = 40, 40, 2000
_MEDIUM_STEPS = 1 << 20  # of some seconds each
_READ_ONLY_SEALS = 0x2 | 0x4 | 0x8  # F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE
_ADD_SEALS = 1033


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenContainer:
    """A container whose descriptors this process holds; ``token`` names it towards the reader."""

    token: str
    container: Container
    descriptors: tuple[int, ...]
    size_bytes: int
    passwords: PasswordList | None = None
    carve: bool = False
    names: tuple[str, ...] = ()
    folder: WorkingCopy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One of the images of a folder that may make volumes together."""

    name: bytes
    container: Container
    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Bytes of an item behind a read-only descriptor, and why they are not all of it, if so."""

    descriptor: int
    verdict: FileVerdict = FileVerdict.READ
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries of a listing, as the reader sent them; ``verdict`` says why it ended early."""

    untrusted_entries: tuple[Mapping[str, object], ...]
    verdict: FileVerdict | None = None
    detail: str = ""


class _Beside(TypedDict):
    """What else the reader is told of an image that may need others of its folder."""

    disks: list[tuple[str, int]]
    names: list[str]
    primary: int


_VERDICTS = {
    Outcome.FAILED: FileVerdict.DAMAGED,
    Outcome.CRASHED: FileVerdict.CRASHED,
    Outcome.TIMEOUT: FileVerdict.TIMEOUT,
    Outcome.MEMORY: FileVerdict.LIMIT,
}


class EvidenceSession:
    """Reads exhibits through one sandboxed reader; keep it for many items of the same container."""

    def __init__(self, limits: EvidenceLimits, policy: SandboxPolicy = STRICT) -> None:
        self.limits = limits
        self._pool = SandboxPool(
            handler="fairlead.evidence.readers.handler:handle",
            limits=SandboxLimits(
                memory_bytes=limits.reader_memory_bytes,
                deadline_s=limits.deadline_s,
                output_bytes=limits.member_bytes,
                open_files=_MOST_OPEN_FILES,
            ),
            policy=SandboxPolicy(required=policy.required),
        )
        self._containers: OrderedDict[str, OpenContainer] = OrderedDict()
        self._fetched_last: tuple[str, Fetched] | None = None
        self._copies: dict[Place, WorkingCopy] = {}

    def close(self) -> None:
        """End the reader and let go of all descriptors."""
        self._pool.close()
        self._forget_last()
        for container in self._containers.values():
            _close(container)
        self._containers.clear()
        for copy in self._copies.values():
            copy.close()
        self._copies.clear()

    def copy(self, source: ExhibitSource) -> WorkingCopy:
        """The working copy of an exhibit."""
        if source.path not in self._copies:
            self._copies[source.path] = copy_at(source.path)
        return self._copies[source.path]

    def container(
        self, source: ExhibitSource, prefix: Locator, hint: Container | None = None
    ) -> OpenContainer:
        """The container at a locator, opened or reused. Raises ItemError when there is none any more.

        ``hint`` is what it is where its first bytes do not say so.
        """
        passwords = load_passwords(source.passwords) if source.passwords is not None else None
        token = f"{source.path}:{passwords.digest if passwords else ''}:{source.carve}:{prefix}"
        held = self._containers.get(token)
        if held is not None:
            self._containers.move_to_end(token)
            return held
        copy = self.copy(source)
        names: tuple[str, ...] = ()
        if not prefix.steps:
            segments = copy.segments()
            names = tuple(segment.name for segment in segments)
            descriptors = tuple(copy.open_segment(segment) for segment in segments)
        elif prefix.steps[-1].kind is StepKind.PATH:
            beneath = copy.segments_beneath(prefix.steps[-1].path)
            names = tuple(os.fsdecode(name) for name in beneath)
            descriptors = tuple(copy.open_beneath(name) for name in beneath)
        else:
            descriptors = (self.fetch(source, prefix).descriptor,)
        kind = sniff_descriptor(descriptors[0])
        if kind is None and source.kind is ExhibitKind.IMAGE and not prefix.steps:
            kind = Container.IMAGE
        kind = kind or hint
        if kind is None:
            for descriptor in descriptors:
                os.close(descriptor)
            raise ItemError(
                "the container in the locator is not one any more",
                "Compare the exhibit's digest with the one recorded when it was added.",
                code="EVIDENCE-005",
            )
        size = sum(os.fstat(descriptor).st_size for descriptor in descriptors)
        opened = OpenContainer(
            token=token,
            container=kind,
            descriptors=descriptors,
            size_bytes=size,
            passwords=passwords,
            carve=source.carve,
            names=names,
            folder=copy if prefix.steps and prefix.steps[-1].kind is StepKind.PATH else None,
        )
        self._containers[token] = opened
        while len(self._containers) > _MOST_OPEN:
            _close(self._containers.popitem(last=False)[1])
        return opened

    def pages(self, source: ExhibitSource, prefix: Locator, hint: Container | None = None) -> Iterator[Page]:
        """The listing of a container, page by page; ends with the page that carries a verdict, if any.

        Where the reader dies or hangs, the entries before that point are asked for again one by one. A page
        may be empty while free space is searched; the search ends with the limit ``search_s``, and a reader that
        answers nothing at once, again and again, is not believed.
        """
        start, count, silent = 0, _PAGE, 0
        begun_at = time.monotonic()
        while True:
            container = self.container(source, prefix, hint)
            asked_at = time.monotonic()
            outcome, body, detail = self._ask(container, {"op": "list", "start": start, "count": count}, [])
            if outcome is not Outcome.OK and count > 1:
                count = 1
                continue
            if outcome is not Outcome.OK:
                yield Page(untrusted_entries=(), verdict=_VERDICTS[outcome], detail=f"reader: {detail}")
                return
            untrusted_entries = body.get("entries", [])
            if not isinstance(untrusted_entries, list):
                raise TypeError("entries are no list")
            entries = tuple(entry for entry in untrusted_entries if isinstance(entry, dict))
            verdict = FileVerdict(str(body["verdict"])) if "verdict" in body else None
            yield Page(untrusted_entries=entries, verdict=verdict, detail=str(body.get("detail", "")))
            start += len(entries)
            if body.get("end") or verdict is not None:
                return
            silent = silent + 1 if not entries and time.monotonic() - asked_at < _LEAST_PAGE_S else 0
            if silent > _MOST_SILENT_PAGES:
                yield Page(
                    untrusted_entries=(), verdict=FileVerdict.DAMAGED, detail="the reader says nothing"
                )
                return
            if not entries and time.monotonic() - begun_at > self.limits.search_s:
                detail = f"searching took more than {self.limits.search_s:.0f} s; the rest is not listed"
                yield Page(untrusted_entries=(), verdict=FileVerdict.LIMIT, detail=detail)
                return

    def fetch(self, source: ExhibitSource, locator: Locator) -> Fetched:
        """The bytes of one item. Raises ItemError when the item cannot be reached at all."""
        if not locator.steps:
            return Fetched(descriptor=self.copy(source).open_segment(source.path))
        *parents, last = locator.steps
        if last.kind is StepKind.PATH:
            return Fetched(descriptor=self.copy(source).open_beneath(last.path))
        hint = Container.PICTURES if last.kind is StepKind.RANGE else None
        container = self.container(source, Locator(steps=tuple(parents)), hint)
        name = f"{container.token}!{last}"
        if self._fetched_last is not None and self._fetched_last[0] == name:
            held = self._fetched_last[1]
            return replace(held, descriptor=os.dup(held.descriptor))
        fetched = self._copy(container, last)
        self._forget_last()
        # What holds members is asked for again at once, as their container: it is not unpacked twice for that.
        self._fetched_last = name, replace(fetched, descriptor=os.dup(fetched.descriptor))
        return fetched

    def _forget_last(self) -> None:
        if self._fetched_last is not None:
            os.close(self._fetched_last[1].descriptor)
            self._fetched_last = None

    def medium(self, source: ExhibitSource) -> Medium | None:
        """What an E01 says of its acquisition, and its sectors digested again; None for other exhibits.

        Raises ItemError when the image cannot be opened or read.
        """
        if source.kind is not ExhibitKind.IMAGE:
            return None
        container = self.container(source, Locator())
        if container.container is not Container.EWF:
            return None
        for _ in range(_MEDIUM_STEPS):
            outcome, body, detail = self._ask(container, {"op": "medium"}, [])
            if outcome is not Outcome.OK or "verdict" in body:
                raise ItemError(
                    f"the image of exhibit {source.exhibit} cannot be read to its end "
                    f"({str(body.get('detail') or detail)[:120]})",
                    "Make a new working copy from the sealed original.",
                    code="EVIDENCE-004",
                )
            if body.get("end"):
                return parse_medium(body)
        raise ItemError(
            f"the image of exhibit {source.exhibit} is larger than an image may be",
            "Make a new working copy from the sealed original.",
            code="EVIDENCE-004",
        )

    def sidecar(self, descriptor: int) -> dict[str, str]:
        """What a small file beside a picture says of it, by the names of the table sidecars; empty when nothing."""
        reply = self._pool.call({"op": "sidecar"}, [descriptor])
        untrusted = reply.body.get("facts")
        if reply.outcome is not Outcome.OK or not isinstance(untrusted, dict):
            return {}
        return {
            str(name)[:_MOST_NAME]: str(value)[:_MOST_VALUE]
            for name, value in sorted(untrusted.items())[:_MOST_FACTS]
        }

    def _copy(self, container: OpenContainer, step: Step) -> Fetched:
        place = _place_of(step)
        output = os.memfd_create("item", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        most = min(self.limits.member_bytes, self.limits.spool_in_memory_bytes)
        outcome, body, detail = self._ask_to_copy(container, place, most, output)
        _stop_if_short(body, output)
        if outcome is Outcome.OK and body.get("verdict") == "limit" and most < self.limits.member_bytes:
            os.close(output)
            with tempfile.TemporaryFile() as spool:  # too large for memory: on disk, without a name
                output = os.dup(spool.fileno())
            outcome, body, detail = self._ask_to_copy(container, place, self.limits.member_bytes, output)
            _stop_if_short(body, output)
            readable = os.open(f"/proc/self/fd/{output}", os.O_RDONLY | os.O_CLOEXEC)
            os.close(output)
            output = readable
        else:
            fcntl.fcntl(output, _ADD_SEALS, _READ_ONLY_SEALS)
        if outcome is not Outcome.OK:
            return Fetched(descriptor=output, verdict=_VERDICTS[outcome], detail=f"reader: {detail}")
        if "verdict" in body:
            verdict = FileVerdict(str(body["verdict"]))
            return Fetched(descriptor=output, verdict=verdict, detail=str(body.get("detail", "")))
        return Fetched(descriptor=output)

    def _ask_to_copy(
        self, container: OpenContainer, place: EntryPlace, most: int, output: int
    ) -> tuple[Outcome, Mapping[str, object], str]:
        """Have an entry written; as long as what lies before it is being unpacked, the reader is asked again.

        So the deadline is that of the entry, wherever it lies; unpacking ends with the limit ``search_s``.
        """
        request: Request = {"op": "copy", "place": place, "most": most}
        begun_at, silent = time.monotonic(), 0
        while True:
            asked_at = time.monotonic()
            outcome, body, detail = self._ask(container, request, [output])
            if outcome is not Outcome.OK or not body.get("on_the_way"):
                return outcome, body, detail
            silent = silent + 1 if time.monotonic() - asked_at < _LEAST_PAGE_S else 0
            if silent > _MOST_SILENT_PAGES or time.monotonic() - begun_at > self.limits.search_s:
                return Outcome.TIMEOUT, {}, "what lies before it took too long"

    def gaps(self, source: ExhibitSource, prefix: Locator) -> tuple[str, ...]:
        """Parts that are missing between those of a split image or archive; none for what is not split."""
        if not prefix.steps:
            return self.copy(source).gaps()
        if len(prefix.steps) == 1 and prefix.steps[0].kind is StepKind.PATH:
            return self.copy(source).gaps_beneath(prefix.steps[0].path)
        return ()

    def volumes(self, source: ExhibitSource, prefix: Locator) -> list[FoundVolume]:
        """The volumes of an image, none for another container. Raises ItemError when it is not there any more."""
        container = self.container(source, prefix)
        if container.container not in DISKS:
            return []
        outcome, body, _ = self._ask(container, {"op": "volumes"}, [])
        untrusted = body.get("volumes")
        if outcome is not Outcome.OK or not isinstance(untrusted, list):
            return []
        digest = container.passwords.digest if container.passwords is not None else ""
        return [parse_volume(one, digest) for one in untrusted[:_MOST_VOLUMES] if isinstance(one, dict)]

    def _ask(
        self, container: OpenContainer, request: Request, descriptors: list[int]
    ) -> tuple[Outcome, Mapping[str, object], str]:
        """One request; opens the container first where the reader is new or has let go of it."""
        request = {**request, "token": container.token}
        reply = self._pool.call(request, descriptors)
        if reply.outcome is Outcome.OK and reply.body.get("unknown"):
            outcome, body, detail = self._open(container)
            if outcome is not Outcome.OK:
                return outcome, {}, detail
            if body.get("incomplete"):
                outcome, _, detail = self._open_beside(container)
                if outcome is not Outcome.OK:
                    return outcome, {}, detail
            reply = self._pool.call(request, descriptors)
        return reply.outcome, reply.body, reply.detail

    def _open(
        self,
        container: OpenContainer,
        handed: Sequence[int] | None = None,
        beside: _Beside | None = None,
    ) -> tuple[Outcome, Mapping[str, object], str]:
        """Hand a container over and let the reader find its volumes; what it says of them at last."""
        given: GivenTold = {
            "unpacked_bytes": max(self.limits.ratio_from_bytes, container.size_bytes * self.limits.ratio),
            "message_bytes": self.limits.message_bytes,
            "carved_bytes": self.limits.carved_bytes,
            "passwords": list(container.passwords.passwords) if container.passwords else [],
            "carve": container.carve,
            "names": list(container.names),
        }
        if beside is not None:
            given = {**given, **beside}
        token = container.token
        descriptors = list(container.descriptors if handed is None else handed)
        for start in range(0, len(descriptors), _PASSED_AT_ONCE):
            some = descriptors[start : start + _PASSED_AT_ONCE]
            reply = self._pool.call({"op": "hand_over", "token": token}, some)
            if reply.outcome is not Outcome.OK:
                return reply.outcome, {}, reply.detail
        opening = {"op": "open", "token": token, "container": container.container.value, "given": given}
        reply = self._pool.call(opening, [])
        if reply.outcome is not Outcome.OK or container.container not in DISKS:
            return reply.outcome, {}, reply.detail
        begun_at = time.monotonic()
        while reply.outcome is Outcome.OK and not reply.body.get("end"):
            reply = self._pool.call({"op": "prepare", "token": token}, [])
            if reply.body.get("unknown") or time.monotonic() - begun_at > self.limits.search_s:
                return Outcome.TIMEOUT, {}, "finding its volumes took too long"
        return reply.outcome, reply.body, reply.detail

    def _open_beside(self, container: OpenContainer) -> tuple[Outcome, Mapping[str, object], str]:
        """Open an image again together with the images that lie beside it in its folder."""
        copy = container.folder
        disks = _disks_beside(copy, os.fsencode(container.names[0])) if copy is not None else []
        if copy is None or len(disks) < 2:
            return Outcome.OK, {}, ""
        opened: list[int] = []
        try:
            for disk in disks:
                opened += [copy.open_beneath(name) for name in disk.names]
            beside: _Beside = {
                "disks": [(disk.container.value, len(disk.names)) for disk in disks],
                "names": [os.fsdecode(name) for disk in disks for name in disk.names],
                "primary": next(
                    place for place, disk in enumerate(disks) if os.fsdecode(disk.name) == container.names[0]
                ),
            }
            return self._open(container, opened, beside)
        finally:
            for descriptor in opened:
                os.close(descriptor)


def _place_of(step: Step) -> EntryPlace:
    # A step names its numbers as the reader does: NUMBER_NAMES.
    return cast("EntryPlace", {"kind": step.kind.value, **step.numbers})


def _stop_if_short(untrusted: Mapping[str, object], output: int) -> None:
    """Stop the run when there is no room for an item: that says nothing of the item. RunError.

    The reader's word is not enough, since a file could have taken it over: the writing is tried here.
    """
    if not untrusted.get("short"):
        return
    size = os.fstat(output).st_size
    try:
        os.pwrite(output, bytes(_PROBE_BYTES), size)
        os.ftruncate(output, size)
    except OSError as problem:
        shortage = shortage_of(problem)
        if shortage is not None:
            os.close(output)
            raise shortage from problem


def _disks_beside(copy: WorkingCopy, path: bytes) -> list[Disk]:
    """The images of a folder by name, that of ``path`` among them: all that may hold parts of its volumes."""
    names = copy.beside(path)
    small = frozenset(os.fsdecode(name.rpartition(b"/")[2]).casefold() for name in names)
    found: list[Disk] = []
    files = 0
    for name in names:
        if goes_on_from(os.fsdecode(name.rpartition(b"/")[2]), small):
            continue
        try:
            descriptor = copy.open_beneath(name)
        except (OSError, ItemError):
            continue
        try:
            kind = sniff_descriptor(descriptor)
        except OSError:
            kind = None
        finally:
            os.close(descriptor)
        if name == path and kind is None:
            kind = Container.IMAGE
        if kind not in DISKS or kind is None:
            continue
        segments = tuple(copy.segments_beneath(name))
        files += len(segments)
        if name != path and (files > _MOST_DISK_FILES or len(found) >= _MOST_DISKS):
            continue
        found.append(Disk(name=name, container=kind, names=segments))
    return found


def _close(container: OpenContainer) -> None:
    for descriptor in container.descriptors:
        os.close(descriptor)


_SESSIONS: dict[tuple[EvidenceLimits, SandboxPolicy], EvidenceSession] = {}


def shared_session(limits: EvidenceLimits, policy: SandboxPolicy = STRICT) -> EvidenceSession:
    """This process's session for these limits; ended when the process ends."""
    key = (limits, policy)
    if key not in _SESSIONS:
        _SESSIONS[key] = session = EvidenceSession(limits, policy)
        atexit.register(session.close)
    return _SESSIONS[key]
