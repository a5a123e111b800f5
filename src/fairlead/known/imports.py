"""Turns a hash list into rows of the tables `known` and `rejected`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa

from fairlead.known.entry import KnownEntry
from fairlead.known.lists import ListFormat, read_list
from fairlead.tables.known import KNOWN, REJECTED
from fairlead.terms.matching import Meaning, ReleasePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class HashSet:
    """What an operator says about a list when importing it."""

    name: str
    version: str
    scheme: str
    meaning: Meaning
    release: ReleasePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """Rows for the tables, the digest of the file, and how often an entry stood there twice."""

    sha256: str
    known: pa.RecordBatch
    rejected: pa.RecordBatch
    repeated: int


def import_list(form: ListFormat, data: bytes, *, file_name: str, hash_set: HashSet) -> ImportedList:
    """Read a list; raises ItemError when the file as a whole is not of that format."""
    digest = hashlib.sha256(data).hexdigest()
    source = f"{file_name} sha256:{digest}"
    known: dict[str, dict[str, object]] = {}
    rejected: list[dict[str, object]] = []
    repeated = 0
    for item in read_list(form, data):
        if not isinstance(item, KnownEntry):
            rejected.append({"set": hash_set.name, "row": item.row, "source": source, "reason": item.reason})
            continue
        entry = f"{item.algorithm}:{item.value}"
        if entry in known:
            repeated += 1
            continue
        known[entry] = {
            "set": hash_set.name,
            "entry": entry,
            "version": hash_set.version,
            "algorithm": item.algorithm.value,
            "value": item.value,
            "scheme": hash_set.scheme or None,
            "category": item.category,
            "meaning": hash_set.meaning.value,
            "release": hash_set.release.value,
            "source": source,
            "row": item.row,
        }
    return ImportedList(
        sha256=digest,
        known=KNOWN.batch(known[entry] for entry in sorted(known)),
        rejected=REJECTED.batch(rejected),
        repeated=repeated,
    )
