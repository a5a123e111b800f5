"""The ledger in PostgreSQL: only ever added to, and what happens to somebody who tries otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(database, tmp_path):
    from fairlead.register.database import open_register

    open_register(tmp_path)
    from fairlead.register import ledger_store

    return ledger_store


def entry(store, what="test"):
    from fairlead.ledger.entry import EntryDetail
    from fairlead.terms.custody import Operation

    return store.Pending(
        operation=Operation.CONSULTATION,
        what=what,
        case="x",
        detail=EntryDetail(actor="a", objects=("o",), justification="because"),
    )


def test_entries_get_the_next_numbers_without_a_gap(store):
    first = store.record_entries([entry(store), entry(store)], at=AT)
    second = store.record_entries([entry(store)], at=AT)
    assert first[1] == first[0] + 1
    assert second == [first[1] + 1]
    assert store.find_gaps() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE register_ledger SET what = 'other'",
        "DELETE FROM register_ledger",
        "TRUNCATE register_ledger CASCADE",
    ],
)
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_no_role_can_change_or_remove_an_entry(store, statement, alias):
    from django.db import DatabaseError, connections, transaction

    store.record_entries([entry(store)], at=AT)
    with pytest.raises(DatabaseError), transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)


def test_the_leaf_holds_no_person_and_no_object(store):
    index = store.record_entries([entry(store)], at=AT)[0]
    leaf, _, detail = store.get_entry(index)
    assert b"because" not in leaf
    assert detail["actor"] == "a"


def test_a_personal_part_that_was_altered_no_longer_fits_its_commitment(store):
    from fairlead.register.models import LedgerDetail

    index = store.record_entries([entry(store)], at=AT)[0]
    row = LedgerDetail.objects.using("owner").get(pk=index)
    before = row.detail
    row.detail = {**before, "actor": "somebody else"}
    row.save(using="owner")
    assert (index, "does not fit its commitment") in store.find_differences()
    store.LedgerDetail.objects.using("owner").filter(pk=index).update(detail=before)
    assert index not in dict(store.find_differences())
