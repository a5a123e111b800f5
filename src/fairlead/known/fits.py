"""Why a file is of a format of hash lists, by its head; None when it is not. Each names what it saw, and no content."""

from __future__ import annotations

import csv as tables
import re

from fairlead.known.head import Head
from fairlead.known.lookalikes import which
from fairlead.known.read_digests import HASHDEEP, algorithm_of, digest_in
from fairlead.known.read_encase import ENCASE
from fairlead.known.read_tables import ICSE_COLUMNS, SEPARATOR, delimiter_of, holds_hashes, meaning_of
from fairlead.terms.matching import Algorithm

_MOSTLY = 0.8
_PDQ_LINE = re.compile(r"(?:hash=)?([0-9A-Fa-f]{64})(?:,.*)?")
_PDQ_HEADER = re.compile(r"(?:pdq|hash)\s*,\s*quality", re.IGNORECASE)
_VPDQ_LINE = re.compile(r"\d+,\d{1,3},[0-9A-Fa-f]{64},\d+(?:\.\d+)?")
_SIGNAL_LINE = re.compile(r"[A-Za-z_]*(?:pdq|md5|sha1|sha256|tmk)[A-Za-z_]* \S+", re.IGNORECASE)
_NSRL = (("metadata", "sha256"), ("file", "sha256"), ("metadata", "sha1"), ("file", "sha1"))


def vics(head: Head) -> str | None:
    """An OData envelope that names Project VIC's model."""
    named = head.text.startswith("{") and re.search(r"ProjectVic/DataModels", head.text)
    return "its envelope names the data model of Project VIC" if named else None


def stopncii(head: Head) -> str | None:
    """Records with the keys of StopNCII."""
    keys = all(f'"{key}"' in head.text for key in ("hashValue", "signalType"))
    return (
        "its records have hashValue and signalType" if head.text[:1] in "[{" and head.text and keys else None
    )


def misp(head: Head) -> str | None:
    """A warninglist or an event."""
    if not head.text.startswith(("{", "[")):
        return None
    if '"matching_attributes"' in head.text and '"list"' in head.text:
        return "it has the keys of a warninglist of MISP"
    event = '"Event"' in head.text and ('"Attribute"' in head.text or '"Object"' in head.text)
    return "it has the keys of an event of MISP" if event else None


def ncmec(head: Head) -> str | None:
    """A query result of the hash-sharing service."""
    found = head.text.startswith("<") and re.search(r"<(?:\w+:)?queryResult[\s>]", head.text)
    return "its root is queryResult of the NCMEC hash-sharing service" if found else None


def encase(head: Head) -> str | None:
    """The signature of EnCase."""
    return "it begins with the signature of EnCase's hash files" if head.data.startswith(ENCASE) else None


def kdb(head: Head) -> str | None:
    """Autopsy's tables."""
    there = {"md5", "sha1", "sha2_256"} <= head.tables.get("hashes", frozenset())
    return "it is a database with the table hashes of Autopsy" if there else None


def nsrl(head: Head) -> str | None:
    """The NSRL's tables."""
    found = next((name for name, column in _NSRL if column in head.tables.get(name, frozenset())), None)
    return f"it is a database with the table {found.upper()} of the NSRL" if found else None


def icse(head: Head) -> str | None:
    """The header of 12 columns."""
    first = tuple(cell.strip() for cell in head.lines[0].split(";")) if head.lines else ()
    return "its header is that of an ICSE list" if first == ICSE_COLUMNS else None


def csv(head: Head) -> str | None:
    """A header that names hashes; an ICSE list has one, too, and is told as that."""
    if not head.lines or not head.is_text or icse(head) or head.text[:1] in "<{[":
        return None
    first = head.lines[1] if SEPARATOR.fullmatch(head.lines[0]) and len(head.lines) > 1 else head.lines[0]
    delimiter = delimiter_of(first)
    cells = next(tables.reader([first], delimiter=delimiter), [])
    if not holds_hashes(cells):
        return None
    told = [cell.strip() for cell in cells if meaning_of(cell)]
    return f"it is a table whose header names {', '.join(told)[:200]}"


def hashdeep(head: Head) -> str | None:
    """The first line of hashdeep."""
    return "its first line is hashdeep's" if head.lines and head.lines[0].startswith(HASHDEEP) else None


def vpdq(head: Head) -> str | None:
    """Frame, quality, hash, time; or the JSON forms."""
    if _share(head, _VPDQ_LINE) >= _MOSTLY:
        return "its lines are frame, quality, hash and time"
    frames = re.match(r'\[\s*"[0-9A-Fa-f]{64},\d{1,3},|\{\s*"\d+"\s*:\s*[{"]', head.text)
    return "it is JSON of frames with their hashes" if frames else None


def threatexchange(head: Head) -> str | None:
    """A signal type before each value."""
    return "each line is a signal type and a value" if _share(head, _SIGNAL_LINE) >= _MOSTLY else None


def digests(head: Head) -> str | None:
    """Lines with a digest each, of which those of 64 digits are not PDQ."""
    if not head.is_text or any(other(head) for other in (csv, icse, vpdq, threatexchange, hashdeep)):
        return None
    found = [v for line in head.lines if (v := digest_in(line.strip('"'))) is not None and algorithm_of(v)]
    if not found or len(found) < _MOSTLY * len(head.lines):
        return None
    lengths = {len(value) for value in found}
    if lengths == {64} and which(dict.fromkeys(found)) is Algorithm.PDQ:
        return None
    names = sorted({str(getattr(kind, "value", kind)) for kind in map(algorithm_of, found)})
    return f"its lines hold a digest each: {', '.join(names)}"


def pdq(head: Head) -> str | None:
    """Lines with a PDQ hash each."""
    lines = head.lines[1:] if head.lines and _PDQ_HEADER.fullmatch(head.lines[0]) else head.lines
    found = [match[1] for line in lines if (match := _PDQ_LINE.fullmatch(line))]
    if not found or len(found) < _MOSTLY * len(lines) or csv(head):
        return None
    told = which(dict.fromkeys(found))
    if told is Algorithm.SHA256:
        return None
    return (
        "its lines begin with 64 hex digits of which half the bits are set"
        if told
        else "its lines begin with 64 hex digits"
    )


def _share(head: Head, form: re.Pattern[str]) -> float:
    return sum(1 for line in head.lines if form.fullmatch(line)) / len(head.lines) if head.lines else 0.0
