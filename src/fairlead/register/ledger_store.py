"""Keeps the ledger's entries in PostgreSQL, in one gapless order."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from fairlead.ledger.entry import Entry, EntryDetail, commit
from fairlead.ledger.merkle import leaf_hash
from fairlead.register.models import LedgerDetail, LedgerRow
from fairlead.register.pending import Pending

_LOCK = 0x666C6C  # "fll": any number will do, as long as all writers use the same
_SALT_BYTES = 16


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


def find_broken_commitments() -> list[int]:
    """Entries whose personal part is still there but no longer fits its commitment."""
    broken = []
    for detail in LedgerDetail.objects.select_related("entry").order_by("entry_id").iterator():
        if detail.salt is None or detail.detail is None:
            continue
        kept = EntryDetail(
            actor=detail.detail["actor"],
            objects=tuple(detail.detail["objects"]),
            justification=detail.detail["justification"],
            recipient=detail.detail["recipient"],
            facts=detail.detail["facts"],
        )
        if commit(kept, bytes(detail.salt)).encode() not in bytes(detail.entry.leaf):
            broken.append(int(detail.entry_id))
    return broken


def get_entry(index: int) -> tuple[bytes, bytes, dict[str, object]]:
    """Leaf, salt and detail of one entry; LookupError when it is not there or was erased."""
    row = LedgerDetail.objects.select_related("entry").filter(pk=index).first()
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
    rows = LedgerDetail.objects.filter(entry__what=what, entry__case=case, detail__isnull=False)
    return [list(row.detail["objects"]) for row in rows.order_by("entry_id")]


def erase_detail(index: int) -> str:
    """Forget the personal part of an entry for good; returns the commitment that stays in the leaf.

    Salt and detail go together: without the salt nobody can test a guess against the commitment. The entry
    itself stays, so that the log verifies as before. LookupError when there is nothing to erase.
    """
    row = LedgerDetail.objects.select_related("entry").filter(pk=index).first()
    if row is None or row.detail is None:
        raise LookupError(f"entry {index} is not there, or its personal part was erased already")
    row.salt, row.detail = None, None
    row.save()
    return str(json.loads(bytes(row.entry.leaf))["commitment"])
