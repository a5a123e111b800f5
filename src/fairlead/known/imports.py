"""Turns a hash list into rows of the tables `known` and `rejected`, with memory for a part of it only."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairlead.known.list_reading import ListReader
from fairlead.known.list_rows import FOUND, REFUSED, ROWS, SCHEMAS
from fairlead.known.lists import HASH_LISTS, ListForm, ListOptions
from fairlead.known.recognising import EMPTY
from fairlead.known.refusal import unreadable
from fairlead.tables.known import KNOWN, REJECTED
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.matching import (
    FLOOD_LIMIT,
    PDQ_MATCH_RADIUS,
    PDQ_MINIMUM_QUALITY,
    Meaning,
    PdqMode,
    ReleasePolicy,
    VideoRule,
)

_MEMORY = "1GB"  # beyond it the sort goes to the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class HashSet:
    """What an operator says about a list when importing it, and how it is to be matched."""

    name: str
    version: str
    scheme: str
    meaning: Meaning
    release: ReleasePolicy
    radius: int = PDQ_MATCH_RADIUS
    minimum_quality: int = PDQ_MINIMUM_QUALITY
    flood_limit: int = FLOOD_LIMIT
    pdq_mode: PdqMode | None = None
    video_rule: VideoRule = VideoRule.KNOWN


class ListImport:
    """A list that was read into a spool: its rows as batches, and its counts.

    ``usable`` counts what was read; ``entries`` the different ones among it, known once `known` ran to its end.
    Of entries that stand there more than once the first one counts.
    """

    def __init__(self, spool: Path, hash_set: HashSet, sha256: str, file_name: str) -> None:
        self._spool = spool
        self._hash_set = hash_set
        self._source = f"{file_name} sha256:{sha256}"
        self.sha256 = sha256
        self.entries = 0
        self.usable = 0
        self.contradicting = 0
        """Entries that stand there several times with several categories; the first one counts."""
        self.reasons: Counter[str] = Counter()

    def count(self, kind: int, batch: pa.RecordBatch) -> None:
        """Take in the numbers of a batch of ``list_rows.SCHEMAS``."""
        if SCHEMAS[kind] is FOUND:
            self.usable += batch.num_rows
            return
        for counted in pc.value_counts(batch["reason"]).to_pylist():
            self.reasons[counted["values"]] += counted["counts"]

    @property
    def rejected(self) -> int:
        """Lines or items that cannot be used."""
        return self.reasons.total()

    @property
    def repeated(self) -> int:
        """Entries that stood there before."""
        return self.usable - self.entries

    def known(self) -> Iterator[pa.RecordBatch]:
        """Rows of KNOWN by entry."""
        self.entries = 0
        (counted,) = self._query(
            f"""SELECT count(*) AS n FROM (SELECT entry FROM '{_file(self._spool, "known")}' GROUP BY entry
            HAVING count(DISTINCT coalesce(category, '')) > 1)"""
        )
        self.contradicting = counted["n"][0].as_py()
        told = self._hash_set
        given = {
            "set": told.name,
            "version": told.version,
            "scheme": told.scheme or None,
            "meaning": told.meaning.value,
            "release": told.release.value,
            "source": self._source,
        }
        sorted_rows = self._query(f"SELECT * FROM '{_file(self._spool, 'known')}' ORDER BY entry, row")
        for batch in _first_of_each(sorted_rows):
            columns = {
                field.name: batch.column(field.name)
                if field.name not in given
                else pa.array([given[field.name]] * batch.num_rows, field.type)
                for field in KNOWN.schema
            }
            self.entries += batch.num_rows
            yield pa.RecordBatch.from_arrays(
                [columns[field.name].cast(field.type) for field in KNOWN.schema], schema=KNOWN.schema
            )

    def refused(self) -> Iterator[pa.RecordBatch]:
        """Rows of REJECTED in the order of the file."""
        for batch in self._query(f"SELECT * FROM '{_file(self._spool, 'rejected')}'"):
            yield REJECTED.batch(
                {"set": self._hash_set.name, "source": self._source, **row} for row in batch.to_pylist()
            )

    def _query(self, sql: str) -> Iterator[pa.RecordBatch]:
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"SET memory_limit = '{_MEMORY}'")
            connection.execute(f"SET temp_directory = '{_file(self._spool, 'sort')}'")
            connection.execute("SET threads = 2")
            rows: Iterator[pa.RecordBatch] = connection.sql(sql).to_arrow_reader(ROWS)
            yield from rows
        finally:
            connection.close()


def import_list(
    form: ListForm, path: Path, *, hash_set: HashSet, spool: Path, options: ListOptions | None = None
) -> ListImport:
    """Read a list into the empty folder ``spool``; ItemError when the file as a whole is not of that format."""
    told = options or ListOptions(video=path.stem)
    videos = _videos_in(path) if path.is_dir() else []
    if path.is_dir() and not (form.of_videos and videos):
        raise UsageError(
            "the folder is empty"
            if form.of_videos
            else "a folder can be imported as vPDQ only, one file a video",
            "Give a file, or a folder with vPDQ files.",
            code="USAGE-LIST-FOLDER",
        )
    digest = _digest(*(videos or (path, *told.deltas)))
    found = ListImport(spool, hash_set, digest, path.name)
    with (
        pq.ParquetWriter(spool / "known.parquet", FOUND, compression="lz4") as known,
        pq.ParquetWriter(spool / "rejected.parquet", REFUSED, compression="lz4") as refused,
    ):
        reader = ListReader()
        try:
            for one in videos or (_with_deltas(path, told.deltas, spool),):
                its = replace(told, video=one.stem) if videos else told
                try:
                    for kind, batch in reader.read(form, one, its):
                        (refused if kind else known).write_batch(batch)
                        found.count(kind, batch)
                except ItemError as problem:
                    raise _with_advice(problem, reader, form, one, in_folder=bool(videos)) from problem
            if not found.usable:
                _require_empty_on_purpose(found, reader, form, path)
        finally:
            reader.close()
    if reader.left_alone:
        found.reasons["a statement of a delta file that is not applied"] += reader.left_alone
    return found


def recognise_list(path: Path) -> tuple[ListForm, str]:
    """The format of a list by its content, and what says so. UsageError when none fits, or several do."""
    if path.is_dir():
        return HASH_LISTS.get("vpdq"), "it is a folder"
    reader = ListReader()
    try:
        fits, instead = reader.recognise(path)
    finally:
        reader.close()
    if not fits:
        raise UsageError(
            f"no reader of hash lists knows this file: it is {instead}",
            f"Give the list as its provider sends it, or say what it is with --format: {', '.join(HASH_LISTS.names())}.",
            code="KNOWN-FORM",
        )
    if len(fits) > 1:
        raise UsageError(
            "the file may be of several formats: " + "; ".join(f"{one.form} ({one.why})" for one in fits),
            "Ask the provider, and say which with --format.",
            code="KNOWN-FORM",
        )
    return HASH_LISTS.get(fits[0].form), fits[0].why


def _require_empty_on_purpose(found: ListImport, reader: ListReader, form: ListForm, path: Path) -> None:
    """Raise ItemError for a list of which nothing can be used, unless it is a form with no entries in it."""
    if found.rejected:
        reason, count = found.reasons.most_common(1)[0]
        nothing = unreadable(f"nothing in the list can be used: {reason} ({count:,} times)")
        raise _with_advice(nothing, reader, form, path, in_folder=False)
    if path.is_file() and reader.recognise(path)[1] == EMPTY:
        raise unreadable("the file is empty")


def _with_advice(
    problem: ItemError, reader: ListReader, form: ListForm, path: Path, *, in_folder: bool
) -> ItemError:
    """The error with the file's name where there are several, and with the format that the file fits if it is another."""
    fact = f"{path.name}: {problem.fact}" if in_folder else problem.fact
    fits, instead = reader.recognise(path) if path.is_file() else ([], "")
    others = [one for one in fits if one.form != form.name]
    if others:
        fact += f"; it looks like {' or '.join(f'{one.form} ({one.why})' for one in others)}"
        return ItemError(
            fact, f"Give it with {' or '.join(f'--format {one.form}' for one in others)}.", code=problem.code
        )
    if instead:
        return ItemError(f"{fact}; the file is {instead}", problem.remedy, code=problem.code)
    return ItemError(fact, problem.remedy, code=problem.code)


def _videos_in(folder: Path) -> list[Path]:
    """The files of a folder, each a known video that is named after it."""
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def _first_of_each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Of rows sorted by entry the first of each. The sort can go to the disk; grouping could not."""
    last = None
    for batch in batches:
        if batch.num_rows == 0:
            continue
        entry = batch.column("entry")
        new = pc.not_equal(entry, pa.concat_arrays([pa.array([last or ""], entry.type), entry[:-1]]))
        last = entry[-1].as_py()
        yield batch.filter(new)


def _digest(*paths: Path) -> str:
    """SHA-256 of a file; with more files, SHA-256 over the digests of all of them in order."""
    digests = []
    for each in paths:
        with each.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _with_deltas(path: Path, deltas: tuple[Path, ...], spool: Path) -> Path:
    """A copy of the set, which delta files may change, or the set itself when there are none."""
    if not deltas:
        return path
    copy = spool / "set.db"
    shutil.copyfile(path, copy)
    return copy


def _file(spool: Path, name: str) -> str:
    text = str(spool / name if name == "sort" else spool / f"{name}.parquet")
    return text.replace("'", "''")
