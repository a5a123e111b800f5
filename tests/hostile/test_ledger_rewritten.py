"""A log changed in the database by whoever owns it: every way of it is a finding."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fairlead.case.log.ledger import ALONE, erase_entry, export_consistency, make_checkpoint, verify_ledger
from fairlead.case.place.session import Session
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from tests.officers import make_officer


@contextmanager
def database_taken() -> Iterator[Callable[..., None]]:
    """What only an administrator of the database can do: triggers off, rows changed; all of it is put back."""
    from django.db import connections

    tables = ("register_ledger", "register_ledgerdetail", "register_ledgersize")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in tables:
            cursor.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}")
        columns = {
            "register_ledger": 'index, leaf, operation_name, what, at, "case"',
            "register_ledgerdetail": "entry_id, salt, detail",
            "register_ledgersize": "one, entries",
        }
        try:
            yield cursor.execute
        finally:
            for table in tables:
                names = columns[table]
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM kept_{table}")
                cursor.execute(f"DROP TABLE kept_{table}")
            cursor.execute("SET session_replication_role = origin")
    connections["owner"].close()


@pytest.fixture
def logged(make_session: Callable[..., Session]) -> tuple[Session, int]:
    """An operation whose last entries are a disclosure and two looks; the index of the disclosure."""
    session = make_session()
    make_officer(session.workspace, "holm")
    from fairlead.ledger.entry import EntryDetail
    from fairlead.register.ledger_store import record_entries
    from fairlead.register.pending import Pending

    detail = EntryDetail(
        actor="holm", objects=("package 1",), justification="request 1", recipient="SE", facts={"leads": 3}
    )
    disclosed = Pending(
        operation=Operation.DISCLOSURE, what="package.build", case=session.operation, detail=detail
    )
    index = record_entries([disclosed], at=session.clock())[0]
    for _ in range(2):
        session.record(Operation.CONSULTATION, "ledger.open", (session.operation,), "log consulted")
    make_checkpoint(session.workspace)
    assert verify_ledger(session.workspace).verified
    return session, index


REWRITTEN = [
    ("register_ledger", "what = 'lead.publish'", "index", "shows another verb than its leaf"),
    ("register_ledger", "at = at - interval '1 day'", "index", "shows another time than its leaf"),
    ("register_ledger", "\"case\" = 'another'", "index", "shows another operation than its leaf"),
    ("register_ledger", "operation_name = 'consultation'", "index", "shows another kind than its leaf"),
    (
        "register_ledgerdetail",
        "detail = jsonb_set(detail, '{recipient}', '\"NO\"')",
        "entry_id",
        "commitment",
    ),
    ("register_ledgerdetail", "detail = jsonb_set(detail, '{facts,leads}', '1')", "entry_id", "commitment"),
    ("register_ledgerdetail", "detail = jsonb_set(detail, '{objects}', '[]')", "entry_id", "commitment"),
    ("register_ledgerdetail", "detail = detail || '{\"more\": 1}'", "entry_id", "commitment"),
    ("register_ledgerdetail", "salt = NULL", "entry_id", "lost half of its personal part"),
    ("register_ledgerdetail", "salt = NULL, detail = NULL", "entry_id", "no entry says that it was erased"),
]


@pytest.mark.parametrize(("table", "change", "key", "finding"), REWRITTEN)
def test_whatever_is_changed_of_what_an_entry_shows_is_a_finding(logged, table, change, key, finding) -> None:
    session, index = logged
    with database_taken() as execute:
        execute(f"UPDATE {table} SET {change} WHERE {key} = %s", [index])
        report = verify_ledger(session.workspace)
        assert any(f"entry {index} " in said and finding in said for said in report.findings), report.findings
    assert verify_ledger(session.workspace).verified


def test_a_personal_part_whose_row_was_removed_is_a_finding(logged) -> None:
    session, index = logged
    with database_taken() as execute:
        execute("DELETE FROM register_ledgerdetail WHERE entry_id = %s", [index])
        assert any(f"entry {index} lost" in said for said in verify_ledger(session.workspace).findings)


def test_the_page_says_beside_an_entry_that_it_is_not_as_recorded(logged) -> None:
    from fairlead.register.audit import find_entries

    session, index = logged
    with database_taken() as execute:
        execute("UPDATE register_ledger SET what = 'lead.publish' WHERE index = %s", [index])
        rows = find_entries(session.user_id, session.operation, reader="holm", limit=50)
        assert next(r["differs"] for r in rows if r["index"] == index) == "shows another verb than its leaf"
    rows = find_entries(session.user_id, session.operation, reader="holm", limit=50)
    assert not any(row["differs"] for row in rows)


def test_an_erasure_that_is_recorded_verifies_and_one_of_another_entry_does_not_excuse_it(logged) -> None:
    session, index = logged
    erase_entry(session, index + 1, reason="retention ended", officer_name="holm")
    assert verify_ledger(session.workspace).verified
    with database_taken() as execute:
        execute("UPDATE register_ledgerdetail SET salt = NULL, detail = NULL WHERE entry_id = %s", [index])
        assert any(f"entry {index} lost" in said for said in verify_ledger(session.workspace).findings)


def test_the_entry_of_an_erasure_cannot_be_erased_itself(logged) -> None:
    session, index = logged
    erase_entry(session, index, reason="retention ended", officer_name="holm")
    last = verify_ledger(session.workspace).size - 1
    with pytest.raises(UsageError, match="records an erasure"):
        erase_entry(session, last, reason="again", officer_name="holm")


@pytest.mark.parametrize("forged", [False, True])
def test_an_officer_of_another_operation_cannot_erase_an_entry_of_this_one(
    logged, make_session, forged
) -> None:
    from fairlead.register.ledger_store import get_entry

    (_, index), foreign = logged, make_session(lead="SE")
    make_officer(foreign.workspace, "berg")
    with database_taken() as execute:
        if forged:  # even when the column was changed, what the leaf says holds
            execute('UPDATE register_ledger SET "case" = %s WHERE index = %s', [foreign.operation, index])
        with pytest.raises(UsageError, match="USAGE-LEDGER"):
            erase_entry(foreign, index, reason="not mine", officer_name="berg")
        assert get_entry(index)[2]["recipient"] == "SE"


def cut_off(session: Session, execute: Callable[..., None]) -> None:
    """Remove the newest two entries, and all that is kept beside the register."""
    size = verify_ledger(session.workspace).size - 2
    execute("DELETE FROM register_ledgerdetail WHERE entry_id >= %s", [size])
    execute("DELETE FROM register_ledger WHERE index >= %s", [size])
    shutil.rmtree(session.workspace.root / "ledger-tree")
    (session.workspace.root / "checkpoint.txt").unlink()


def test_the_newest_entries_removed_with_tree_and_checkpoint_are_missed_by_the_register(logged) -> None:
    session, _ = logged
    with database_taken() as execute:
        cut_off(session, execute)
        report = verify_ledger(session.workspace)
        assert any("the size that the register remembers" in finding for finding in report.findings)
        shutil.rmtree(session.workspace.root / "ledger-tree", ignore_errors=True)


def test_the_newest_entries_removed_from_the_register_whole_are_missed_by_what_a_country_was_shown(
    logged,
) -> None:
    session, _ = logged
    size = verify_ledger(session.workspace).size
    folder = session.workspace.operation(session.operation) / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".SE.shown").write_text(f"1\n{size}\n")
    with database_taken() as execute:
        cut_off(session, execute)
        execute("UPDATE register_ledgersize SET entries = %s", [size - 2])
        report = verify_ledger(session.workspace)
        assert any("what SE was shown with a package" in finding for finding in report.findings)
        shutil.rmtree(session.workspace.root / "ledger-tree", ignore_errors=True)


def test_a_log_that_was_compared_with_nothing_independent_says_so(logged) -> None:
    session, _ = logged
    report = verify_ledger(session.workspace)
    assert report.warnings == (ALONE,)
    assert any("register remembers" in name for name in report.compared)
    assert "the checkpoint kept here" in report.compared
    elsewhere = session.workspace.root.parent / "elsewhere.txt"
    elsewhere.write_text(make_checkpoint(session.workspace))
    report = verify_ledger(session.workspace, against=elsewhere)
    assert report.warnings == ()
    assert "the checkpoint given" in report.compared


@pytest.mark.parametrize(
    "statement", ["UPDATE register_ledgersize SET entries = 0", "DELETE FROM register_ledgersize"]
)
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_the_size_that_the_register_remembers_never_shrinks(logged, statement, alias) -> None:
    from django.db import DatabaseError, connections, transaction

    with (
        pytest.raises(DatabaseError),
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_proof_for_a_witness_still_comes_of_a_log_with_an_erasure(logged) -> None:
    session, index = logged
    erase_entry(session, index, reason="retention ended", officer_name="holm")
    assert "checkpoint" in export_consistency(session.workspace, since=1)
