"""The compiled scan and the line-by-line reader say the same of every line."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.records import logs
from fairlead.records.directory import AccountDirectory
from fairlead.records.fast_combined import ScannedBlock, scan_block
from fairlead.records.load import load_source
from fairlead.records.mapping import parse_mapping

MAPPING = 'version=1\n[[source]]\nname="w"\nkind="access_log"\nexhibit="X/1"\npath="a"\nzone="stated"\nformat="{}"\n'
# The same grammar as nginx's own format string: read by a pattern, line by line.
COMBINED = '$remote_addr - $remote_user [$time_local] \\"$request\\" $status $body_bytes_sent \\"$http_referer\\" \\"$http_user_agent\\"'
GOOD = '198.51.100.7 - anna [02/Jan/2024:03:04:05 +0100] "GET /a/b.jpg?x=1 HTTP/1.1" 200 12 "-" "Made Up/1.0"'


def load(log: bytes, form: str = "combined") -> tuple[list[dict[str, Any]], int, int]:
    source = parse_mapping(MAPPING.format(form)).source[0]
    rows: list[dict[str, Any]] = []
    quarantined = lines = 0
    for table, batch in load_source(
        source,
        exhibit="X/1",
        locator="path:a",
        stream=io.BytesIO(log),
        directory=AccountDirectory(),
        salt=b"s",
    ):
        rows += batch.to_pylist() if table.name == "accesses" else []
        quarantined += batch.num_rows if table.name == "quarantine" else 0
        if table.name == "sources":
            lines = batch.to_pylist()[0]["lines_in"]
    return sorted(rows, key=lambda r: r["locator"]), quarantined, lines


def test_a_plain_line_is_scanned_and_equal_to_what_the_pattern_reads() -> None:
    assert not scan_block((GOOD + "\n").encode()).others
    fast, slow = load((GOOD + "\n").encode())[0], load((GOOD + "\n").encode(), COMBINED)[0]
    assert fast == slow
    assert fast[0]["at"].isoformat() == "2024-01-02T02:04:05+00:00"
    assert (fast[0]["user_name"], fast[0]["path"], fast[0]["agent"]) == (
        "anna",
        "/a/b.jpg?x=1",
        "Made Up/1.0",
    )


def scan_nothing(block: bytes) -> ScannedBlock:
    """A scan that leaves every line to the line-by-line reader."""
    scanned = scan_block(b"\x00\n" * block.count(b"\n"))
    ends = [i for i, byte in enumerate(block) if byte == 10]
    starts = [0, *(end + 1 for end in ends)][: len(ends)]
    return replace(scanned, others=list(zip(starts, ends, strict=True)))


pieces = st.sampled_from(
    [
        "198.51.100.7", "2001:db8::1", "999.1.1.1", "-", "anna", "two words", "[02/Jan/2024:03:04:05 +0100]",
        "[29/Feb/2023:03:04:05 +0100]", "[31/Dec/1999:23:59:59 -1130]", '"GET / HTTP/1.1"', '"GET /a b HTTP/1.1"',
        '"\\x22"', '"-"', "200", "404", "12", "x", '"Made Up"', '"a\\"b"', "é", "\x00", "",
    ]
)  # fmt: skip
lines = st.one_of(
    st.just(GOOD),
    st.lists(pieces, max_size=10).map(" ".join),
    st.tuples(st.integers(0, len(GOOD) - 1), st.characters(codec="utf-8", exclude_characters="\n")).map(
        lambda change: GOOD[: change[0]] + change[1] + GOOD[change[0] + 1 :]
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(lines, max_size=6), st.booleans())
def test_no_line_is_lost_and_scanned_rows_equal_rows_read_one_by_one(drawn: list[str], ended: bool) -> None:
    log = "\n".join(drawn).encode() + (b"\n" if ended and drawn else b"")
    rows, quarantined, counted = load(log)
    blank = sum(not line.strip() for line in log.split(b"\n")[:counted])
    assert len(rows) + quarantined + blank == counted
    with mock.patch.object(logs, "scan_block", scan_nothing):
        one_by_one, also_quarantined, also_counted = load(log)
    assert (rows, quarantined, counted) == (one_by_one, also_quarantined, also_counted)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_make_the_scan_crash_or_lose_a_line(data: bytes) -> None:
    block = data.replace(b"\r", b"") + b"\n"
    scanned = scan_block(block)
    assert len(scanned.start) + len(scanned.others) == block.count(b"\n")


def test_a_time_that_falls_into_the_year_10000_is_in_quarantine_and_not_in_a_table_that_nobody_can_show() -> (
    None
):
    late = GOOD.replace("02/Jan/2024:03:04:05 +0100", "31/Dec/9999:23:59:59 -1400")
    for form in ("combined", COMBINED):
        rows, quarantined, lines = load(f"{GOOD}\n{late}\n".encode(), form)
        assert (len(rows), quarantined, lines) == (1, 1, 2)
