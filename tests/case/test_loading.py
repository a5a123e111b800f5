"""A load tells what it did not understand, stops before it loses a case, and can be undone."""

from __future__ import annotations

import pytest

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.process import process
from fairlead.case.records.loading import load_records, restore_records
from fairlead.case.upkeep.checks.counts import check_counts
from fairlead.engine.catalogue import Catalogue
from fairlead.records import dump
from fairlead.terms.errors import UsageError

MAPPING = """version = 1
[[source]]
name = "platform"
kind = "sql_dump"
exhibit = "NSK/1"
path = "{path}"
zone = "UTC"
{more}
[[source.table]]
name = "users"
rows = "accounts"
[source.table.roles]
id = "id"
user_name = "name"
registered_at = {{ column = "joined", format = "{form}" }}
"""
DUMP = (
    b"CREATE TABLE `users` (`id` int, `name` text, `joined` datetime);\n"
    + b"".join(b"INSERT INTO `users` VALUES (%d,'reader%d','2024-01-%02d 10:00:00');\n" % (n, n, n) for n in range(1, 21))
    + b"CREATE TABLE `settings` (`k` text);\nINSERT INTO `settings` VALUES ('a'),('b');\n"
)  # fmt: skip


@pytest.fixture
def session(make_session, tmp_path):
    seized = tmp_path / "seized"
    seized.mkdir()
    (seized / "a.sql").write_bytes(DUMP)
    (seized / "again").mkdir()
    (seized / "again" / "1.sql").write_bytes(DUMP)
    (seized / "again" / "2.sql").write_bytes(DUMP.replace(b"2024-01-03", b"2024-01-04"))
    (seized / "other").mkdir()
    (seized / "other" / "1.sql").write_bytes(DUMP)
    (seized / "other" / "2.sql").write_bytes(DUMP.replace(b"reader5'", b"another'"))
    (seized / "few.sql").write_bytes(DUMP[: DUMP.index(b"INSERT INTO `users` VALUES (11")])
    session = make_session()
    add_exhibit(session, NewExhibit(number="NSK/1", path=seized, authority="order 1"))
    process(session, workers=1)
    return session


@pytest.fixture
def mapping(tmp_path):
    """Writes a mapping file."""

    def write(path: str = "a.sql", *, form: str = "iso", more: str = ""):
        file = tmp_path / "mapping.toml"
        file.write_text(MAPPING.format(path=path, form=form, more=more))
        return file

    return write


def accounts(session) -> list[str]:
    catalogue = Catalogue(session.store)
    try:
        return [row["account"] for row in catalogue.rows("SELECT account FROM accounts ORDER BY 1")]
    finally:
        catalogue.close()


def findings(session, question: str) -> list[str]:
    catalogue = Catalogue(session.store)
    try:
        return [
            said for check in check_counts(catalogue) if question in check.question for said in check.found
        ]
    finally:
        catalogue.close()


def test_a_load_says_whose_words_a_dump_is_in_and_what_it_passed_over(session, mapping):
    report = load_records(session, mapping())
    assert [(one.dialect, "back quotes" in one.dialect_reason) for one in report.readings] == [
        ("mysql", True)
    ]
    assert [(one.kind, one.name, one.rows) for one in report.passed_over] == [("table", "settings", 2)]
    assert not findings(session, "second count")


def test_a_source_that_fits_no_file_does_not_empty_the_case(session, mapping):
    load_records(session, mapping())
    there = accounts(session)
    with pytest.raises(UsageError, match="no readable file fits the source platform"):
        load_records(session, mapping("b.sql"))
    assert accounts(session) == there


def test_two_backups_that_say_different_persons_of_one_account_are_never_one_platform(session, mapping):
    load_records(session, mapping())
    there = accounts(session)
    for accept in (False, True):
        with pytest.raises(UsageError, match="source platform: 1 accounts") as told:
            load_records(session, mapping("other/*.sql"), accept=accept)
        assert told.value.code == "MAPPING-STATES"
    assert accounts(session) == there
    load_records(session, mapping("again/*.sql"))
    assert accounts(session) == there


def test_an_exhibit_that_was_not_processed_yet_is_told_as_that(session, mapping, tmp_path):
    later = tmp_path / "later"
    later.mkdir()
    (later / "a.sql").write_bytes(DUMP)
    add_exhibit(session, NewExhibit(number="NSK/2", path=later, authority="order 2"))
    file = mapping()
    file.write_text(file.read_text().replace("NSK/1", "NSK/2"))
    with pytest.raises(UsageError, match="run `fairlead process` first"):
        load_records(session, file)


def test_a_load_that_would_drop_accounts_shows_before_and_after_and_goes_on_when_accepted(session, mapping):
    load_records(session, mapping())
    with pytest.raises(UsageError, match="20 before, 10 after, 10 of the earlier ones gone"):
        load_records(session, mapping("few.sql"))
    assert len(accounts(session)) == 20
    load_records(session, mapping("few.sql"), accept=True)
    assert len(accounts(session)) == 10


def test_the_last_load_can_be_restored_and_that_too(session, mapping):
    load_records(session, mapping())
    load_records(session, mapping("few.sql"), accept=True)
    assert restore_records(session, reason="the wrong dump").accounts == 20
    assert not findings(session, "")
    assert restore_records(session, reason="it was the right one").accounts == 10


def test_without_an_earlier_load_there_is_nothing_to_restore(session):
    with pytest.raises(UsageError, match="no load was replaced"):
        restore_records(session, reason="x")


def test_keys_that_grow_are_named_with_how_to_keep_them(session, mapping):
    load_records(session, mapping(more='keys = "source"'))
    with pytest.raises(UsageError, match=r'20 of them come back under a longer key.*keys = "source"'):
        load_records(session, mapping())


def test_a_mapped_column_of_which_nothing_can_be_read_stops_the_load_with_the_form_of_its_values(
    session, mapping
):
    with pytest.raises(UsageError, match=r"none of 20 values of registered_at .*9999-99-99 99:99:99"):
        load_records(session, mapping(form="unix"))
    report = load_records(session, mapping(form="unix"), accept=True)
    assert [(one.role, one.values) for one in report.unread] == [("registered_at", 20)]
    assert (report.accounts, report.values_unread) == (20, 20)
    assert findings(session, "Could every value")[0].startswith("table unread_values, platform, table users")
    assert not findings(session, "where it is seen")


def test_a_reader_that_loses_a_row_is_found_by_the_second_count(session, mapping, monkeypatch):
    honest = dump.DumpReader._given

    def loses_one(self, table, columns, rows, passed):
        yield from honest(
            self, table, columns, rows[:-1] if len(rows) == 1 and rows[0].start > 900 else rows, passed
        )

    monkeypatch.setattr(dump.DumpReader, "_given", loses_one)
    # In this process, and not in a worker, which would have the honest one.
    monkeypatch.setattr("fairlead.records.reading.read_by_worker", lambda source: False)
    load_records(session, mapping())
    assert findings(session, "second count")
