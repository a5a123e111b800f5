"""Dumps: rows come out as they went in, and no byte is lost in silence."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.records.definitions import columns_of
from fairlead.records.dump import Broken, DumpReader, DumpRows, Passed
from fairlead.records.expressions import Unread
from fairlead.records.mapping import Dialect


def read(dump: bytes, *, wanted=None, dialect: Dialect = Dialect.AUTO):
    return list(DumpReader(io.BytesIO(dump), wanted=wanted, dialect=dialect))


def rows(dump: bytes, **how):
    return [row.values for item in read(dump, **how) if isinstance(item, DumpRows) for row in item.rows]


def test_escapes_line_breaks_and_blobs_are_undone():
    dump = b"INSERT INTO t VALUES (1,'it\\'s','a''b','x\\0y\\n',_binary 'z',0x4142,x'43',NULL,-1.5e3),\n(2,'multi\nline','','','','','','',TRUE);"
    first, second = rows(dump)
    assert first == (b"1", b"it's", b"a'b", b"x\x00y\n", b"z", b"AB", b"C", None, b"-1.5e3")
    assert second[1] == b"multi\nline"


def test_a_semicolon_or_bracket_in_a_value_ends_nothing():
    assert rows(b"INSERT INTO `t` VALUES (1,'); DROP TABLE t; (('),(2,'b');") == [
        (b"1", b"); DROP TABLE t; (("),
        (b"2", b"b"),
    ]


def test_a_dump_cut_in_a_row_keeps_everything_before_it():
    items = read(b"INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c")
    assert [r.values for r in items[0].rows] == [(b"1", b"a"), (b"2", b"b")]
    assert items[1] == Broken(start=37, end=42, reason="a row that does not end")


def test_rows_of_tables_nobody_asked_for_are_counted():
    assert read(b"INSERT INTO a VALUES (1,'(x'),(2,NULL);INSERT INTO b VALUES (1);", wanted={"b"})[
        0
    ] == Passed(table="a", rows=2)


def test_a_row_with_a_value_too_many_is_quarantined_alone():
    dump = b"CREATE TABLE t (a int, b int);INSERT INTO t VALUES (1,2),(3,4,5),(6,7);"
    assert rows(dump) == [(b"1", b"2"), (b"6", b"7")]
    assert [i.rows for i in read(dump) if isinstance(i, Broken)] == [1]


def test_an_expression_that_nobody_can_evaluate_loses_the_value_and_not_the_row():
    dump = b"INSERT INTO t VALUES(1,now());INSERT INTO t VALUES(2,'b');"
    first, second = rows(dump, dialect=Dialect.SQLITE)
    assert (first, second) == ((b"1", b"now()"), (b"2", b"b"))
    assert isinstance(first[1], Unread)


@pytest.mark.parametrize(
    ("written", "meant", "dialect"),
    [
        (rb"replace('a\nb;','\n',char(10))", b"a\nb;", Dialect.SQLITE),
        (rb"replace(replace('a\r\nb','\r',char(13)),'\n',char(10))", b"a\r\nb", Dialect.SQLITE),
        (rb"unistr('M\u00fcller')", "Müller".encode(), Dialect.SQLITE),
        (rb"unistr('\d83d\de00')", "😀".encode(), Dialect.SQLITE),
        (b"CAST(N'2024-01-01T10:00:00.0000000' AS DateTime2)", b"2024-01-01T10:00:00.0000000", Dialect.SQLSERVER),
        (b"CAST(0x0000B0EA00A4CB80 AS DateTime)", b"2024-01-01 10:00:00.000000", Dialect.SQLSERVER),
        (b"CAST(49.00 AS Decimal(10, 2))", b"49.00", Dialect.SQLSERVER),
        (b"N'it''s' + NCHAR(252)", "it'sü".encode(), Dialect.SQLSERVER),
        (b"TO_DATE('01-JAN-24 10:11:12','DD-MON-RR HH24:MI:SS')", b"2024-01-01 10:11:12", Dialect.ORACLE),
        (b"to_timestamp('2024-01-01 10:11:12.5','YYYY-MM-DD HH24:MI:SS.FF')", b"2024-01-01 10:11:12.500000",
         Dialect.ORACLE),
        (b"q'[it's, (here]'", b"it's, (here", Dialect.ORACLE),
        (b"'a' || CHR(10) || 'b'", b"a\nb", Dialect.ORACLE),
        (b"$x$it's; $$ here$x$", b"it's; $$ here", Dialect.POSTGRES),
        (b"'2024-01-01'::timestamp without time zone", b"2024-01-01", Dialect.POSTGRES),
        (b"CONVERT(_latin1 X'4dfc' USING utf8mb4)", "Mü".encode(), Dialect.MYSQL),
        (b"CONVERT(X'4dfc' USING latin1)", "Mü".encode(), Dialect.MYSQL),
        (b"FROM_UNIXTIME(1700000000)", b"2023-11-14 22:13:20+00:00", Dialect.MYSQL),
        (b"_utf8mb4 0x4142", b"AB", Dialect.MYSQL),
        (b"b'101'", b"5", Dialect.MYSQL),
    ],
)  # fmt: skip
def test_a_constant_expression_is_the_value_that_it_stands_for(written, meant, dialect):
    dump = b"INSERT INTO t (a, b) VALUES (1, " + written + b", 'after');\n"
    assert rows(dump.replace(b"(a, b)", b"(a, b, c)"), dialect=dialect) == [(b"1", meant, b"after")]
    assert not [item for item in read(dump, wanted={"u"}, dialect=dialect) if isinstance(item, Broken)]


def test_postgres_copy_is_read_to_its_end_mark():
    dump = b"--\n-- PostgreSQL database dump\n--\nCOPY public.users (id, key, note) FROM stdin;\n1\t\\N\ta\\tb\\\\c\n2\tx\t\\x41\n\\.\n\nSELECT 1;\n"
    assert rows(dump) == [(b"1", None, b"a\tb\\c"), (b"2", b"x", b"A")]


def test_a_copy_cut_before_its_end_mark_quarantines_the_last_line():
    items = read(b"COPY t (a, b) FROM stdin;\n1\t2\n3\t")
    assert items[0].rows == 1
    assert items[1].rows[0].values == (b"1", b"2")


def test_backslashes_are_plain_in_postgres_strings():
    assert rows(b"-- PostgreSQL database dump\nINSERT INTO t VALUES ('a\\', E'b\\n');") == [(b"a\\", b"b\n")]


def test_columns_are_read_past_keys_defaults_and_comments():
    body = b"`id` int NOT NULL, `a,b` enum('x','y)') DEFAULT 'q, (', \"c\" decimal(10,2) CHECK (c > (1)), key text, PRIMARY KEY (`id`), KEY `k` (`id`), CONSTRAINT f FOREIGN KEY (id) REFERENCES o (id))"
    assert columns_of(body) == (("id", "a,b", "c", "key"), len(body))


def test_an_unknown_statement_with_rows_is_not_passed_over():
    items = read(b"INSERX INTO t VALUES (1,2);\nINSERT INTO t VALUES (3,4);\n")
    assert isinstance(items[0], Broken)
    assert rows(b"INSERX INTO t VALUES (1,2);\nINSERT INTO t VALUES (3,4);\n") == [(b"3", b"4")]


def test_a_trigger_in_a_dump_runs_nothing_and_hides_nothing():
    dump = b"DELIMITER ;;\nCREATE TRIGGER a AFTER INSERT ON t FOR EACH ROW BEGIN INSERT INTO u VALUES (1); END ;;\nDELIMITER ;\nINSERT INTO t VALUES (1);"
    items = read(dump)
    assert isinstance(items[0], Broken)
    assert rows(dump) == [(b"1",)]


@pytest.mark.parametrize("size", [100, 1 << 20, (3 << 20) + 17])
def test_a_value_longer_than_the_reading_window_comes_out_whole(size: int):
    dump = b"INSERT INTO t VALUES (1,'" + b"x" * size + b"'),(2,'y');"
    assert [len(r[1]) for r in rows(dump)] == [size, 1]


def _quoted(value: bytes | None) -> bytes:
    if value is None:
        return b"NULL"
    out = value.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\n", b"\\n").replace(b"\0", b"\\0")
    return b"'" + out + b"'"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"'a\"\"b'", b'a""b'),
        (b"'a''b'", b"a'b"),
        (b'"a""b"', b'a"b'),
        (b"\"a''b\"", b"a''b"),
        (b"'\\\"\"'", b'""'),
    ],
)
def test_only_a_values_own_quotation_mark_is_doubled_in_it(written, meant):
    assert rows(b"INSERT INTO t VALUES (" + written + b");\n", dialect=Dialect.MYSQL) == [(meant,)]


@given(
    st.lists(st.tuples(st.none() | st.binary(max_size=40), st.binary(max_size=40)), min_size=1, max_size=8)
)
@settings(max_examples=150, deadline=None)
def test_whatever_bytes_go_in_come_out(values):
    dump = (
        b"INSERT INTO t VALUES "
        + b",".join(b"(" + _quoted(a) + b"," + _quoted(b) + b")" for a, b in values)
        + b";\n"
    )
    assert rows(dump, dialect=Dialect.MYSQL) == [tuple(pair) for pair in values]


_WHOLE = (
    b"-- MySQL dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `t` (`a` int, `b` text);\n"
    + b"".join(
        b"LOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES "
        + b",".join(b"(%d,'mark%04d it\\'s; (x)')" % (n, n) for n in range(start, start + 5))
        + b";\nUNLOCK TABLES;\n"
        for start in range(0, 40, 5)
    )
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "drop", "add"]),
            st.integers(0, len(_WHOLE) - 1),
            st.binary(min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, len(_WHOLE)),
)
@settings(max_examples=600, deadline=None)
def test_a_damaged_dump_never_crashes_and_loses_no_row(damages, cut):
    damaged = bytearray(_WHOLE)
    for how, at, data in damages:
        place = min(at, len(damaged) - 1)
        if how == "flip":
            damaged[place : place + len(data)] = data
        elif how == "drop":
            del damaged[place : place + len(data)]
        else:
            damaged[place:place] = data
    whole = bytes(damaged[: max(cut, len(_WHOLE) // 2)])
    seen = set()
    broken = b""
    for item in read(whole):
        if isinstance(item, DumpRows):
            seen |= {value for row in item.rows for value in row.values if value}
        elif isinstance(item, Broken):
            broken += whole[item.start : item.end]
    kept = b"\n".join(seen) + broken
    for number in range(40):
        mark = b"mark%04d" % number
        assert mark not in whole or mark in kept
