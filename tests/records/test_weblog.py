"""Access logs: every line is parsed, in quarantine, or blank and counted."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.records import weblog
from fairlead.terms.origin import parse_locator
from tests.records.builders import MAPPING, USERS, AccountDirectory, load, source

LINE = b'203.0.113.9 - anna [02/Jan/2024:04:04:05 +0100] "GET /media/a/b.png?x=1 HTTP/1.1" 200 123 "-" "Made Up/1.0"'


def with_format(form: str) -> str:
    return MAPPING.replace('path = "var/log/nginx/access.log*"', f"path = \"x\"\nformat = '{form}'")


def test_a_line_names_account_time_and_bytes():
    directory = AccountDirectory()
    load(source("platform"), USERS, directory)
    row = load(source("web"), b"\n" + LINE + b"\n", directory)["accesses"][0]
    assert row["account"] == "platform:users:1"
    assert row["at"].isoformat() == "2024-01-02T03:04:05+00:00"
    assert row["zone_offset_minutes"] == 60
    assert parse_locator(row["locator"]).byte_range == (1, 1 + len(LINE))


def test_a_bracket_in_a_user_name_does_not_move_the_time():
    forged = LINE.replace(b"anna", b"x [01/Jan/1999:00:00:00 +0000]")
    assert load(source("web"), forged)["accesses"][0]["at"].year == 2024


def test_an_escaped_quote_in_the_agent_is_read_on_the_slow_path():
    got = load(source("web"), LINE.replace(b"Made", b'\\"Made'))
    assert len(got["accesses"]) == 1


def test_garbage_is_quarantined_with_its_byte_range():
    got = load(source("web"), LINE + b"\n\x00\xff garbage\n" + LINE + b"\n\n")
    assert got["quarantine"][0]["locator"].endswith(f"#bytes={len(LINE) + 1}-{len(LINE) + 11}")
    counts = got["sources"][0]
    assert (
        counts["lines_in"],
        counts["lines_parsed"],
        counts["lines_quarantined"],
        counts["lines_skipped"],
    ) == (4, 2, 1, 1)


def test_a_rotated_log_is_read_compressed_and_says_so():
    got = load(source("web"), gzip.compress(LINE + b"\n" + LINE), locator="path:var/log/access.log.2.gz")
    assert got["accesses"][1]["locator"].startswith(
        "path:var/log/access.log.2.gz!member:0:access.log.2#bytes="
    )


def test_a_compressed_log_cut_short_says_so():
    cut = gzip.compress(b"\n".join(LINE + b"%d" % n for n in range(999)))[:-20]
    got = load(source("web"), cut)
    assert any("compressed file ends" in q["reason"] for q in got["quarantine"])


def test_a_custom_format_gives_the_client_port():
    text = with_format('$remote_addr:$remote_port [$time_iso8601] $remote_user "$request" $status')
    got = load(source("web", text), b'2001:db8::7:4711 [2024-01-02T03:04:05+00:00] anna "GET / HTTP/2" 200')
    assert (got["accesses"][0]["ip"], got["accesses"][0]["port"]) == ("2001:db8::7", 4711)


def test_apache_format_strings_are_understood():
    text = with_format('%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"')
    assert load(source("web", text), LINE)["accesses"][0]["agent"] == "Made Up/1.0"


def test_caddy_and_cloudflare_lines_are_json():
    caddy = b'{"ts":1704164645.5,"status":200,"size":9,"user_id":"anna","request":{"client_ip":"203.0.113.9","method":"GET","uri":"/x","headers":{"User-Agent":["Made Up"]}}}'
    cloud = b'{"ClientIP":"2001:db8::1","EdgeStartTimestamp":1704164645000000000,"ClientRequestMethod":"GET","ClientRequestURI":"/y","EdgeResponseStatus":200}'
    assert load(source("web", with_format("caddy")), caddy)["accesses"][0]["user_name"] == "anna"
    assert load(source("web", with_format("cloudflare")), cloud)["accesses"][0]["at"].year == 2024


@given(
    st.lists(
        st.one_of(
            st.just(LINE),
            st.binary(max_size=120),
            st.builds(lambda n, b: LINE[:n] + b + LINE[n:], st.integers(0, len(LINE)), st.binary(max_size=4)),
        ),
        max_size=20,
    )
)
@settings(max_examples=400, deadline=None)
def test_lines_in_are_parsed_or_quarantined_or_blank(lines):
    data = b"\n".join(lines)
    counts = load(source("web"), data)["sources"][0]
    there = data.count(b"\n") + (0 if not data or data.endswith(b"\n") else 1)
    assert (
        counts["lines_in"]
        == there
        == counts["lines_parsed"] + counts["lines_quarantined"] + counts["lines_skipped"]
    )
    blank = [line for line in data.split(b"\n")[:there] if not line.strip()]
    assert counts["lines_skipped"] == len(blank)


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 7, 40]), st.sampled_from([b"\n", b"\n\n"])), max_size=30),
    st.integers(1, 50),
    st.booleans(),
)
def test_lines_of_any_length_come_with_their_places_however_the_file_is_read(pieces, chunk, closed):
    data = b"".join(bytes([97 + n % 26]) * size + end for n, (size, end) in enumerate(pieces))
    data = data if closed else data + b"tail"

    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, chunk) if size >= 0 else size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weblog, "LONGEST_LINE_BYTES", 10)
        lines = [line for batch in weblog.lines_of(Slow(data)) for line in batch]
    at, expected = 0, []
    for text in data.split(b"\n") if not data.endswith(b"\n") else data.split(b"\n")[:-1]:
        expected.append((text[:10], at, at + len(text), len(text) <= 10))
        at += len(text) + 1
    if not data:
        expected = []
    assert [(line.text, line.start, line.end, line.whole) for line in lines] == expected
