"""Keeps the ledger's entries in PostgreSQL, in one gapless order."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from fairlead.ledger.entry import Entry, EntryDetail, commit
from fairlead.ledger.merkle import leaf_hash
from fairlead.register.gate import acting_as
from fairlead.register.models import LedgerDetail, LedgerRow, User
from fairlead.register.pending import Pending
from fairlead.terms.custody import Operation

_LOCK = 0x666C6C  # "fll": any number will do, as long as all writers use the same
_SALT_BYTES = 16
_OWNER = "owner"  # reads the whole log to compare it; the program's role sees what its user has part in
_PARTS = 5  # of a personal part
ERASED = "ledger.erase"  # the verb whose entry explains a personal part that is gone


def record_entries(pending: Iterable[Pending], *, at: datetime) -> list[int]:
    """Add entries in order; returns their indices. All or none, also when other processes add."""
    rows: list[LedgerRow] = []
    details: list[LedgerDetail] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM register_ledger")
            index = int(cursor.fetchone()[0])
        for item in pending:
            salt = secrets.token_bytes(_SALT_BYTES)
            entry = Entry(
                operation=item.operation,
                what=item.what,
                at=at,
                case=item.case,
                commitment=commit(item.detail, salt),
            )
            rows.append(
                LedgerRow(
                    index=index + len(rows),
                    leaf=entry.leaf(),
                    operation_name=item.operation.value,
                    what=item.what,
                    at=at,
                    case=item.case,
                )
            )
            details.append(
                LedgerDetail(
                    entry_id=rows[-1].index,
                    salt=salt,
                    detail={
                        "actor": item.detail.actor,
                        "objects": list(item.detail.objects),
                        "justification": item.detail.justification,
                        "recipient": item.detail.recipient,
                        "facts": item.detail.facts or {},
                    },
                )
            )
        LedgerRow.objects.bulk_create(rows, batch_size=1000)
        LedgerDetail.objects.bulk_create(details, batch_size=1000)
    return [row.index for row in rows]


def leaf_hashes(*, since: int = 0) -> Iterator[bytes]:
    """The leaf hashes of all entries from an index on, as they stand in the database now."""
    rows = LedgerRow.objects.filter(index__gte=since).order_by("index").values_list("leaf", flat=True)
    return (leaf_hash(bytes(leaf)) for leaf in rows.iterator(chunk_size=10000))


def count_entries() -> int:
    """How many entries the log has, by its highest index."""
    highest = LedgerRow.objects.aggregate(highest=Max("index"))["highest"]
    return 0 if highest is None else int(highest) + 1


def find_gaps() -> list[int]:
    """Indices that should be there and are not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i FROM generate_series(0, (SELECT max(index) FROM register_ledger)) i "
            "WHERE NOT EXISTS (SELECT FROM register_ledger l WHERE l.index = i) LIMIT 20"
        )
        return [int(row[0]) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An entry as the register shows it: its columns, its leaf, and its personal part unless that is gone."""

    index: int
    leaf: bytes
    operation_name: str
    what: str
    at: datetime
    case: str
    salt: bytes | None
    detail: Mapping[str, Any] | None

    @property
    def is_bare(self) -> bool:
        """Whether the personal part, or the salt without which it proves nothing, is gone."""
        return self.salt is None or self.detail is None

    def difference(self) -> str:
        """How what is shown differs from the leaf that the tree holds; empty when it does not.

        The leaf holds operation, time, verb and kind as they are, and everything of the personal part behind its
        commitment.
        """
        try:
            signed = json.loads(self.leaf)
            entry = Entry(
                operation=Operation(signed["operation"]),
                what=signed["what"],
                at=datetime.fromisoformat(signed["at"]),
                case=signed["case"],
                commitment=signed["commitment"],
            )
            readable = entry.leaf() == self.leaf
        except (KeyError, TypeError, ValueError):
            readable = False
        if not readable:
            return "has a leaf that cannot be read"
        pairs = (
            ("operation", self.case, entry.case),
            ("time", self.at, entry.at),
            ("verb", self.what, entry.what),
            ("kind", self.operation_name, entry.operation.value),
        )
        if other := [name for name, shown, leaf in pairs if shown != leaf]:
            return f"shows another {' and '.join(other)} than its leaf"
        if self.salt is None or self.detail is None:
            return "" if self.salt is None and self.detail is None else "lost half of its personal part"
        return "" if _fits(self.detail, self.salt, entry.commitment) else "does not fit its commitment"


def _fits(detail: Mapping[str, Any], salt: bytes, commitment: str) -> bool:
    """Whether a personal part, with nothing added to it and nothing taken away, is what was committed to."""
    try:
        kept = EntryDetail(
            actor=detail["actor"],
            objects=tuple(detail["objects"]),
            justification=detail["justification"],
            recipient=detail["recipient"],
            facts=detail["facts"],
        )
    except (KeyError, TypeError):
        return False
    return len(detail) == _PARTS and commit(kept, salt) == commitment


def find_differences() -> list[tuple[int, str]]:
    """Entries that show something else than was recorded, and how, by index; reads the whole log.

    A personal part that is gone without a later entry of an erasure that names it is one of them.
    """
    found: list[tuple[int, str]] = []
    bare: list[int] = []
    erased: dict[int, int] = {}
    for shown in _shown(LedgerRow.objects.using(_OWNER)):
        if difference := shown.difference():
            found.append((shown.index, difference))
        elif shown.is_bare:
            bare.append(shown.index)
        elif shown.what == ERASED and shown.detail is not None:
            erased[int((shown.detail["facts"] or {}).get("entry", -1))] = shown.index
    for index in bare:
        if erased.get(index, -1) <= index:
            found.append((index, "lost its personal part, and no entry says that it was erased"))
    return sorted(found)


def find_shown(user_id: int, indices: Collection[int]) -> dict[int, Shown]:
    """Some entries as a person may see them, by index: without the personal part where they have no part."""
    with acting_as(User(pk=user_id)):
        return {shown.index: shown for shown in _shown(LedgerRow.objects.filter(index__in=indices))}


def _shown(rows: QuerySet[LedgerRow]) -> Iterator[Shown]:
    names = ("index", "leaf", "operation_name", "what", "at", "case")
    listed = rows.order_by("index").values_list(*names, "ledgerdetail__salt", "ledgerdetail__detail")
    for index, leaf, operation_name, what, at, case, salt, detail in listed.iterator(chunk_size=10000):
        yield Shown(
            index=index,
            leaf=bytes(leaf),
            operation_name=operation_name,
            what=what,
            at=at,
            case=case,
            salt=None if salt is None else bytes(salt),
            detail=detail,
        )


def highest_seen() -> int:
    """How many entries the register ever counted: kept by a trigger, and never lowered when entries are removed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entries FROM register_ledgersize")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def get_entry(index: int) -> tuple[bytes, bytes, dict[str, object]]:
    """Leaf, salt and detail of one entry; LookupError when it is not there or was erased."""
    row = LedgerDetail.objects.using(_OWNER).select_related("entry").filter(pk=index).first()
    if row is None or row.salt is None or row.detail is None:
        raise LookupError(f"entry {index} is not there, or its personal part was erased")
    return bytes(row.entry.leaf), bytes(row.salt), dict(row.detail)


def get_leaf(index: int) -> bytes:
    """The leaf of an entry, which stays when its personal part is erased; LookupError when it is not there."""
    leaf = LedgerRow.objects.filter(index=index).values_list("leaf", flat=True).first()
    if leaf is None:
        raise LookupError(f"entry {index} is not there")
    return bytes(leaf)


def find_objects(what: str, case: str) -> list[list[str]]:
    """The objects of every entry of one kind in one operation, in order; entries that were erased are left out."""
    rows = LedgerDetail.objects.using(_OWNER).filter(entry__what=what, entry__case=case, detail__isnull=False)
    return [list(row.detail["objects"]) for row in rows.order_by("entry_id")]


def erase_detail(user_id: int, index: int, *, case: str) -> str:
    """Forget the personal part of an entry of an operation for good; returns the commitment that stays in the leaf.

    Salt and detail go together: without the salt nobody can test a guess against the commitment. The entry
    itself stays, so that the log verifies as before. LookupError when there is nothing to erase in that operation;
    the entry of an erasure cannot be erased itself, for it is what explains the gap.
    """
    row = (
        LedgerDetail.objects.using(_OWNER).select_related("entry").filter(pk=index, entry__case=case).first()
    )
    if row is None or row.detail is None or row.entry.what == ERASED:
        raise LookupError(f"entry {index} is not there, or its personal part was erased already")
    signed = json.loads(bytes(row.entry.leaf))
    if signed["case"] != case or signed["what"] == ERASED:  # the columns can be rewritten, the leaf cannot
        raise LookupError(f"entry {index} is of another operation")
    with acting_as(User(pk=user_id)), connection.cursor() as cursor:
        cursor.execute("SELECT fairlead_erase_detail(%s, %s)", [index, case])
        if not cursor.fetchone()[0]:
            raise LookupError(f"entry {index} is of another operation")
    return str(signed["commitment"])
