"""Lists everything in an exhibit: files, members, members of members; each becomes one row."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.found import FoundFile, FoundTimes, listing_row
from fairlead.evidence.passwords import load_passwords
from fairlead.evidence.phone import PhoneLayout, detect_layout
from fairlead.evidence.segments import firsts_of, goes_on_from
from fairlead.evidence.session import EvidenceSession, Page
from fairlead.evidence.sniff import DOCUMENTS, Container
from fairlead.evidence.volumes import FoundVolume
from fairlead.evidence.working_copy import WorkingCopy
from fairlead.tables.rows import ListingRow
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import NUMBER_NAMES, Locator, Step, StepKind, build_step, display_path
from fairlead.terms.verdicts import Allocation, FileVerdict


@dataclass(slots=True)
class _Budget:
    """What one archive exhibit, or one archive in a folder, may still declare."""

    members: int
    size_bytes: int


_OF_DISKS = frozenset({StepKind.INODE, StepKind.STREAM, StepKind.VOLUME, StepKind.RANGE, StepKind.EXTENT})
"""Steps into images; a range may also be one of bytes of an old Office file, which has no volumes."""


def walk_exhibit(source: ExhibitSource, session: EvidenceSession) -> Iterator[ListingRow]:
    """Rows of the table listing for one exhibit; at least one.

    A row with a verdict is final. A row whose last step has an empty path stands for what could not be listed
    behind the rows before it, and says why.
    """
    try:
        match source.kind:
            case ExhibitKind.FOLDER:
                rows = _folder(source, session)
            case ExhibitKind.FILE:
                rows = _file(source, session)
            case ExhibitKind.ARCHIVE | ExhibitKind.IMAGE:
                budget = _Budget(session.limits.members, session.limits.archive_bytes)
                rows = _inside(source, session, prefix=Locator(), shown=b"", depth=0, budget=budget)
        empty = True
        for row in rows:
            empty = False
            yield row
        if empty:
            yield _whole(source, session, "nothing was found inside")
    except (ItemError, OSError) as problem:
        reason = problem.fact if isinstance(problem, ItemError) else f"operating system: {problem.strerror}"
        yield {**_whole(source, session, reason), "verdict": FileVerdict.UNREADABLE.value}


def _whole(source: ExhibitSource, session: EvidenceSession, detail: str) -> ListingRow:
    """A row for the exhibit itself, to be read as one file."""
    try:
        folder = source.kind is ExhibitKind.FOLDER
        size = None if folder else session.copy(source).size_of(source.path)
    except OSError:
        size = None
    found = FoundFile(path_bytes=os.fsencode(source.path.name), size_bytes=size, detail=detail)
    row = listing_row(source.exhibit, Locator(), found)
    if source.kind is ExhibitKind.FOLDER:
        row["verdict"] = FileVerdict.NOT_A_FILE.value
    return row


def _file(source: ExhibitSource, session: EvidenceSession) -> Iterator[ListingRow]:
    """The file, and what lies in it where it is a document with members."""
    container = session.copy(source).container()
    yield _whole(source, session, "")
    if container in DOCUMENTS:
        budget = _Budget(session.limits.members, session.limits.archive_bytes)
        shown = os.fsencode(source.path.name)
        yield from _inside(source, session, prefix=Locator(), shown=shown, depth=1, budget=budget)


def _folder(source: ExhibitSource, session: EvidenceSession) -> Iterator[ListingRow]:
    copy = session.copy(source)
    names = _Names(copy)
    for found, container in copy.with_containers(copy.walk()):
        locator = Locator(steps=(Step(kind=StepKind.PATH, path=found.path_bytes),))
        first = names.first_of(found.path_bytes) if container is not None or found.size_bytes else ""
        told = (
            f"a part of {display_path(os.fsencode(first))}, which is read with it" if first else found.detail
        )
        shown = replace(found, detail=told)
        yield listing_row(source.exhibit, locator, shown)
        if container is not None and not first:
            budget = _Budget(session.limits.members, session.limits.archive_bytes)
            yield from _inside(
                source, session, prefix=locator, shown=found.path_bytes, depth=1, budget=budget
            )


def _told_of_whole(
    source: ExhibitSource,
    session: EvidenceSession,
    prefix: Locator,
    rest: Callable[[FileVerdict, str], ListingRow],
    *,
    disk: bool,
) -> Iterator[ListingRow]:
    """Rows for the volumes of an image, and for parts of a split image or archive that are missing."""
    for volume in session.volumes(source, prefix) if disk else ():
        yield _volume_row(source, prefix, volume)
    gaps = session.gaps(source, prefix)
    if gaps:
        named = ", ".join(gaps[:5]) + (" and others" if len(gaps) > 5 else "")
        yield rest(
            FileVerdict.DAMAGED, f"parts missing: {named}; what comes after the first of them is not read"
        )


class _Names:
    """Names beside each other in a folder, asked for when a name looks like a later part of something."""

    def __init__(self, copy: WorkingCopy) -> None:
        self._copy = copy
        self._folder: bytes | None = None
        self._names: frozenset[str] = frozenset()

    def first_of(self, path: bytes) -> str:
        """The name of the first part of which this file is a later one; empty for others."""
        folder, _, name = path.rpartition(b"/")
        if not firsts_of(os.fsdecode(name)):
            return ""
        if folder != self._folder:
            beside = self._copy.beside(path)
            self._folder = folder
            self._names = frozenset(os.fsdecode(each.rpartition(b"/")[2]).casefold() for each in beside)
        return goes_on_from(os.fsdecode(name), self._names)


def _inside(
    source: ExhibitSource,
    session: EvidenceSession,
    *,
    prefix: Locator,
    shown: bytes,
    depth: int,
    budget: _Budget,
    hint: Container | None = None,
) -> Iterator[ListingRow]:
    """Members of the container at ``prefix``, and what lies in them."""
    listed, disk = 0, False

    def rest(verdict: FileVerdict, detail: str) -> ListingRow:
        step = Step(kind=StepKind.MEMBER, path=b"", index=listed)
        found = FoundFile(path_bytes=b"", size_bytes=None, verdict=verdict, detail=detail)
        return _row(source, Locator(steps=(*prefix.steps, step)), found, shown)

    if depth > session.limits.depth:
        yield rest(FileVerdict.LIMIT, f"containers nested deeper than {session.limits.depth} are not opened")
        return
    passwords = load_passwords(source.passwords).digest if source.passwords is not None else ""
    try:
        layout: PhoneLayout | None = None
        for page in session.pages(source, prefix, hint):
            layout = layout if listed else _layout(page)
            for untrusted in page.untrusted_entries:
                step, found, stored = _parse(untrusted, passwords)
                if budget.members <= 0:
                    most = session.limits.members
                    yield rest(FileVerdict.LIMIT, f"more than {most} members; the rest is not listed")
                    return
                budget.members -= 1
                listed += 1
                disk = disk or step.kind in _OF_DISKS
                found = _limited(_on_device(found, layout), stored, session, budget)
                locator = Locator(steps=(*prefix.steps, step))
                yield _row(source, locator, found, shown)
                if found.verdict is None and found.container is not None:
                    name = shown + b"!" + found.path_bytes if shown else found.path_bytes
                    yield from _inside(
                        source,
                        session,
                        prefix=locator,
                        shown=name,
                        depth=depth + 1,
                        budget=budget,
                        hint=Container.PICTURES if found.container == Container.PICTURES else None,
                    )
            if page.verdict is not None:
                yield rest(page.verdict, page.detail)
        yield from _told_of_whole(source, session, prefix, rest, disk=disk)
    except (ItemError, OSError, ValueError, KeyError, TypeError) as problem:
        yield rest(FileVerdict.DAMAGED, f"listing: {type(problem).__name__}")


def _row(source: ExhibitSource, locator: Locator, found: FoundFile, shown: bytes) -> ListingRow:
    row = listing_row(source.exhibit, locator, found)
    if shown:
        row["path"] = listing_row(
            source.exhibit, locator, replace(found, path_bytes=shown + b"!" + found.path_bytes)
        )["path"]
    return row


def _volume_row(source: ExhibitSource, prefix: Locator, volume: FoundVolume) -> ListingRow:
    """A row that is no file: it carries what the table volumes says of one volume."""
    size = volume.size_bytes or 0
    numbers = {"partition": volume.number, "start": 0, "end": size}
    step = build_step(StepKind.EXTENT, os.fsencode(f"$Volume/{volume.name}"), numbers)
    found = FoundFile(
        path_bytes=step.path, size_bytes=size, verdict=FileVerdict.NOT_A_FILE, detail=volume.kind
    )
    row = listing_row(source.exhibit, Locator(steps=(*prefix.steps, step)), found)
    return {**row, "volume": volume.row(source.exhibit, prefix)}


def _limited(found: FoundFile, stored: int | None, session: EvidenceSession, budget: _Budget) -> FoundFile:
    """The entry with the verdict ``limit`` where reading it would break one."""
    limits = session.limits
    if found.verdict is not None or found.size_bytes is None:
        return found
    size = found.size_bytes
    if stored is not None and size > limits.ratio_from_bytes and size > stored * limits.ratio:
        detail = f"declares {size} bytes packed in {stored}, more than {limits.ratio} to 1; not read"
        return replace(found, verdict=FileVerdict.LIMIT, detail=detail)
    if size > budget.size_bytes:
        detail = f"the members together declare more than {limits.archive_bytes} bytes; this one is not read"
        return replace(found, verdict=FileVerdict.LIMIT, detail=detail)
    budget.size_bytes -= size
    return found


def _layout(page: Page) -> PhoneLayout | None:
    """Whether the first members of an archive show the layout of a telephone's extraction."""
    members = (entry for entry in page.untrusted_entries if entry.get("kind") == StepKind.MEMBER)
    return detect_layout(bytes.fromhex(str(entry.get("path", ""))) for entry in members)


def _on_device(found: FoundFile, layout: PhoneLayout | None) -> FoundFile:
    return found if layout is None else replace(found, device_path=layout.device_path(found.path_bytes))


def _parse(untrusted: Mapping[str, object], passwords: str) -> tuple[Step, FoundFile, int | None]:
    """A reader's entry as types. Raises ValueError, KeyError or TypeError for what is none."""
    path = bytes.fromhex(str(untrusted.get("path", "")))
    kind = StepKind(str(untrusted["kind"]))
    numbers = {
        name: value for name in NUMBER_NAMES if (value := _whole_number(untrusted.get(name))) is not None
    }
    if kind is StepKind.PATH or any(number < 0 for number in numbers.values()):
        raise ValueError("no place inside a container")
    step = build_step(kind, path, numbers)
    verdict = untrusted.get("verdict")
    container = untrusted.get("container")
    found = FoundFile(
        path_bytes=path,
        size_bytes=_whole_number(untrusted.get("size")),
        times=FoundTimes(
            modified_us=_whole_number(untrusted.get("modified")),
            accessed_us=_whole_number(untrusted.get("accessed")),
            changed_us=_whole_number(untrusted.get("changed")),
            created_us=_whole_number(untrusted.get("created")),
            source=str(untrusted.get("clock", ""))[:80],
        ),
        allocation=Allocation(str(untrusted.get("allocation", "live"))),
        verdict=FileVerdict(str(verdict)) if verdict else None,
        detail=_detail(untrusted, passwords),
        container=Container(str(container)) if container else None,
    )
    return step, found, _whole_number(untrusted.get("stored"))


def _detail(untrusted: Mapping[str, object], passwords: str) -> str:
    """The reader's words, and which line of the list of passwords opened the entry; never the password."""
    detail = str(untrusted.get("detail", ""))[:300]
    line = _whole_number(untrusted.get("password"))
    if line is None:
        return detail
    opened = f"opened with password {line} of the list {passwords[:12]}"
    return f"{detail}; {opened}" if detail else opened


def _whole_number(untrusted: object) -> int | None:
    return untrusted if isinstance(untrusted, int) and -(1 << 62) < untrusted < 1 << 62 else None
