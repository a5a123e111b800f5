"""The stages of this room: walk exhibits, then read every file once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import cast

import pyarrow as pa

from fairlead.engine.places import parse_place
from fairlead.engine.sandbox import STRICT, SandboxPolicy
from fairlead.engine.stage import Cut, cut_by_cost
from fairlead.evidence.digests import digest_descriptor
from fairlead.evidence.exhibits import ExhibitSource
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.reading_first import is_read_first
from fairlead.evidence.session import EvidenceSession, Fetched, shared_session
from fairlead.evidence.sniff import note_unopened, read_head
from fairlead.evidence.streams import Streams
from fairlead.evidence.walk import walk_exhibit
from fairlead.tables import Table
from fairlead.tables.evidence import EXHIBITS, FILES, LISTING, VOLUMES
from fairlead.tables.rows import ExhibitRow, FileRow, ListingRow
from fairlead.terms.custody import ExhibitKind
from fairlead.terms.errors import ItemError
from fairlead.terms.origin import parse_locator
from fairlead.terms.shortage import shortage_of
from fairlead.terms.verdicts import FileVerdict

_CODE_VERSION = "3"
_BATCH_ROWS = 4096
# Estimates in processor seconds, to cut work by: what a file costs to open, its bytes to digest, another row to note.
_OPENING_S, _DIGESTED_A_S, _NOTING_S = 5e-4, 2.5e8, 2e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkStage:
    """EXHIBITS to LISTING: one row per file, member, inode, or part that could not be listed."""

    limits: EvidenceLimits = field(default_factory=EvidenceLimits)
    sandbox: SandboxPolicy = STRICT
    name: str = "walk"
    reads: Table = EXHIBITS
    writes: Table = LISTING
    rows_per_task: int = 1

    @property
    def version(self) -> str:
        """Code and limits."""
        return f"{_CODE_VERSION}-{self.limits.version}"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of LISTING for the exhibits in the batches."""
        session = shared_session(self.limits, self.sandbox)
        for batch in batches:
            for row in batch.to_pylist():
                rows = walk_exhibit(source_of(row), session)
                while listed := list(islice(rows, _BATCH_ROWS)):
                    yield LISTING.batch(listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStage:
    """LISTING to FILES: reads every file once, takes three digests, gives every file its verdict.

    Rows of the listing that carry a volume are no files, and left out.

    ``sources`` says where exhibits lie; it is not part of the version, because the place does not change the
    result.
    """

    sources: tuple[ExhibitSource, ...]
    limits: EvidenceLimits = field(default_factory=EvidenceLimits)
    sandbox: SandboxPolicy = STRICT
    name: str = "digest"
    reads: Table = LISTING
    writes: Table = FILES
    rows_per_task: int = 5000
    cut_by: tuple[str, ...] = ("exhibit", "locator", "path", "size_bytes", "verdict")

    @property
    def version(self) -> str:
        """Code and limits."""
        return f"{_CODE_VERSION}-{self.limits.version}"

    def cut(self, rows: pa.Table) -> Iterator[Cut]:
        """Files that cost about the same to read; those of a compressed archive one behind the other.

        By ``is_read_first`` some come before others.
        """
        streams = Streams(self.sources)
        listed = rows.to_pylist()
        return cut_by_cost(
            [
                _OPENING_S + (row["size_bytes"] or 0) / _DIGESTED_A_S if row["verdict"] is None else _NOTING_S
                for row in listed
            ],
            [streams.of(row["exhibit"], row["locator"]) for row in listed],
            most_rows=self.rows_per_task,
            urgent=[row["verdict"] is None and is_read_first(row["path"] or "") for row in listed],
        )

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of FILES, one for each file of LISTING."""
        session = shared_session(self.limits, self.sandbox)
        sources = {source.exhibit: source for source in self.sources}
        for batch in batches:
            listed = [_file_row(row) for row in batch.to_pylist() if row["volume"] is None]
            yield FILES.batch([_read(row, sources, session) for row in listed])


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumesStage:
    """LISTING to VOLUMES: what the walk found of partitions, arrays, encrypted and logical volumes."""

    name: str = "volumes"
    reads: Table = LISTING
    writes: Table = VOLUMES
    rows_per_task: int = 100_000

    @property
    def version(self) -> str:
        """Of the code alone."""
        return _CODE_VERSION

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of VOLUMES, one for each row of LISTING that carries one."""
        for batch in batches:
            carrying = batch.filter(batch.column("volume").is_valid())
            yield VOLUMES.batch(row["volume"] for row in carrying.to_pylist())


def source_of(exhibit_row: ExhibitRow) -> ExhibitSource:
    """Number, kind and place of an exhibit from its row of the table exhibits."""
    passwords = exhibit_row.get("passwords_path")
    return ExhibitSource(
        exhibit=exhibit_row["exhibit"],
        kind=ExhibitKind(exhibit_row["kind"]),
        path=parse_place(exhibit_row["path"]),
        passwords=Path(passwords) if passwords else None,
        carve=bool(exhibit_row.get("carve")),
    )


def _file_row(row: ListingRow) -> FileRow:
    # The two tables have the same columns, but for those that are filled in here.
    return cast("FileRow", {name: value for name, value in row.items() if name != "volume"})


def _read(row: FileRow, sources: dict[str, ExhibitSource], session: EvidenceSession) -> FileRow:
    """A row with its verdict, and the digests where the file was read whole."""
    if row["verdict"] is not None:
        return row
    try:
        fetched = session.fetch(sources[row["exhibit"]], parse_locator(row["locator"]))
        try:
            return _digested(row, fetched)
        finally:
            os.close(fetched.descriptor)
    except KeyError:
        detail = "the exhibit is not in place"
    except ItemError as problem:
        detail = problem.fact
    except OSError as problem:
        shortage = shortage_of(problem)
        if shortage is not None:
            raise shortage from problem
        detail = f"operating system: {problem.strerror}"
    return {**row, "verdict": FileVerdict.UNREADABLE.value, "detail": detail}


def _digested(row: FileRow, fetched: Fetched) -> FileRow:
    digests = digest_descriptor(fetched.descriptor)
    verdict, detail = fetched.verdict, fetched.detail
    if digests.problem:
        verdict, detail = FileVerdict.UNREADABLE, digests.problem
    read: FileRow = {**row, "verdict": verdict.value, "read_bytes": digests.size_bytes}
    if verdict is not FileVerdict.READ:
        return {**read, "detail": detail or row["detail"]}
    unopened = note_unopened(read_head(fetched.descriptor))
    details = [row["detail"], f"{unopened}: kept whole, members not listed" if unopened else None]
    return {
        **read,
        "detail": "; ".join(text for text in details if text) or None,
        "sha256": digests.sha256,
        "sha1": digests.sha1,
        "md5": digests.md5,
    }
