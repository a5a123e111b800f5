"""Reads the ledger's entries for eyes."""

from __future__ import annotations

from django.db.models import Count

from fairlead.register.ledger_store import find_shown
from fairlead.register.models import LedgerRow
from fairlead.register.reading import read_rows
from fairlead.register.rows import LedgerEntryRow, LedgerShown

_PRIVATE = "review.reveal"


def find_entries(
    user_id: int, operation: str, *, reader: str, limit: int, before: int | None = None
) -> list[LedgerShown]:
    """The newest entries of an operation, with what their personal part says unless it was erased.

    Every row is compared with its leaf: ``differs`` says how it differs from what was recorded, and is empty otherwise.
    Who had to look at what is shown to that person alone: others see that somebody looked, not who.
    """
    rows = LedgerRow.objects.filter(case=operation).order_by("-index")
    if before is not None:
        rows = rows.filter(index__lt=before)
    listed = read_rows(rows, LedgerEntryRow, limit=limit)
    shown = find_shown(user_id, [row["index"] for row in listed])
    details = {index: entry.detail or {} for index, entry in shown.items()}
    for row in listed:
        detail = details.get(row["index"], {})
        if row["what"] == _PRIVATE and detail.get("actor") != reader:
            details[row["index"]] = {"actor": "a reviewer"}
    return [
        {
            **row,
            "actor": details.get(row["index"], {}).get("actor", ""),
            "objects": ", ".join(details.get(row["index"], {}).get("objects", [])[:4]),
            "justification": details.get(row["index"], {}).get("justification", ""),
            "recipient": details.get(row["index"], {}).get("recipient", ""),
            "differs": shown[row["index"]].difference(),
        }
        for row in listed
    ]


def count_entries(operation: str) -> dict[str, int]:
    """How many entries an operation has, by kind of processing (Directive (EU) 2016/680, art. 25)."""
    rows = LedgerRow.objects.filter(case=operation).values_list("operation_name").annotate(Count("index"))
    return dict(rows.order_by("operation_name"))
