"""Every named format of access logs reads its own sample, format strings of servers give back what was written."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
from datetime import UTC, datetime

import pytest
from backports import zstd

from fairlead.records.log_formats import LOG_FORMS
from fairlead.records.logs import ANOTHER_CLIENT
from fairlead.records.rows import Tallies
from fairlead.records.survey import survey
from fairlead.records.surveying import Surveyor
from fairlead.terms.errors import UsageError
from tests.records.builders import load, source

WEB = """
[[source]]
name = "web"
kind = "access_log"
exhibit = "NSK/1"
path = "a.log"
zone = "{zone}"
format = '{form}'
"""
AT = datetime(2026, 11, 22, 12, 17, 17, tzinfo=UTC)
LINE = b'192.0.2.7 - heron [22/Nov/2026:12:17:17 +0000] "GET /v/aa1/1.png HTTP/1.1" 200 512 "-" "Browser/1"'


def read(form: str, data: bytes, *, zone: str = "UTC"):
    return load(source("web", WEB.format(form=form, zone=zone)), data)


def samples() -> list[str]:
    return [name for name, form in LOG_FORMS.all().items() if form.sample]


@pytest.mark.parametrize("name", samples())
def test_a_named_format_reads_its_sample_whole(name):
    form = LOG_FORMS.get(name)
    got = read(name, form.sample + b"\n")
    (row,) = got["accesses"]
    assert (row["ip"], row["method"], row["path"]) == ("192.0.2.7", "GET", "/v/aa1/1.png")
    assert (row["status"], row["size_bytes"]) == (200, 512)
    assert row["at"].replace(microsecond=0) == AT
    assert row["user_name"] == ("heron" if b"heron" in form.sample else None)
    assert row["agent"] == ("Browser/1" if b"Browser/1" in form.sample else None)
    (counted,) = got["sources"]
    assert counted["lines_in"] == form.sample.count(b"\n") + 1
    assert (counted["lines_parsed"], counted["lines_quarantined"]) == (1, 0)
    assert got["readings"][0]["rows_counted"] == got["readings"][0]["rows_read"]


@pytest.mark.parametrize("name", samples())
def test_a_named_format_says_where_it_is_published_and_refuses_what_it_is_not(name):
    form = LOG_FORMS.get(name)
    assert form.origin.startswith("https://")
    got = read(name, b"neither this nor that\n")
    assert "accesses" not in got
    assert len(got["quarantine"]) == 1


@pytest.mark.parametrize("name", [name for name in samples() if b"sid=0af1" in LOG_FORMS.get(name).sample])
def test_a_cookie_that_a_format_logs_can_lead_to_an_account(name):
    text = (
        WEB.format(form=name, zone="UTC") + "[[source.join]]\nfield = \"cookie\"\npattern = 'sid=([^;]+)'\n"
    )
    got = load(source("web", text), LOG_FORMS.get(name).sample)
    assert [row["value"] for row in got["lookups"]] == ["0af1"]


def test_fields_that_change_within_a_file_are_followed():
    data = (
        b"#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip sc-status\n"
        b"2026-11-22 12:17:17 GET /a x=1 192.0.2.7 200\n"
        b"#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)\n"
        b"2026-11-22 12:17:18 192.0.2.8 GET /b 404 A+Browser/2\n"
    )
    rows = read("iis", data)["accesses"]
    assert [(r["ip"], r["path"], r["status"], r["agent"]) for r in rows] == [
        ("192.0.2.7", "/a?x=1", 200, None),
        ("192.0.2.8", "/b", 404, "A Browser/2"),
    ]


def test_a_format_may_stand_inside_another():
    caddy = LOG_FORMS.get("caddy").sample
    rows = read("cri(caddy)", b"2026-11-22T12:17:17Z stderr F " + caddy)["accesses"]
    assert rows[0]["ip"] == "192.0.2.7"
    haproxy = LOG_FORMS.get("haproxy").sample.partition(b"]: ")[2]
    assert (
        read("syslog(haproxy)", b"<134>Nov 22 12:17:17 lb haproxy[1]: " + haproxy)["accesses"][0]["port"]
        == 33317
    )
    with pytest.raises(UsageError, match="lacks address, time or request, or is not known"):
        read("docker_json(nothing)", b"x")


def test_times_of_haproxy_are_read_in_the_zone_of_the_source():
    rows = read("haproxy", LOG_FORMS.get("haproxy").sample, zone="Europe/Copenhagen")["accesses"]
    assert rows[0]["at"].hour == 11


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lzma.compress,
        bz2.compress,
        zstd.compress,
        lambda d: zstd.compress(d[:99]) + zstd.compress(d[99:]),
    ],
    ids=["gz", "xz", "bz2", "zst", "zst of two frames"],
)
def test_a_packed_log_is_read_as_it_is_and_one_that_was_cut_says_so(pack):
    data = (LINE + b"\n") * 3000
    assert len(read("combined", pack(data))["accesses"]) == 3000
    cut = read("combined", pack(data)[:-9])
    assert any("ends before its content does" in row["reason"] for row in cut["quarantine"])
    padded = read("combined", pack(data) + bytes(700))
    assert (len(padded["accesses"]), "quarantine" in padded) == (3000, False)
    followed = read("combined", pack(data) + b"something else " * 9)
    assert len(followed["accesses"]) == 3000
    assert [row["reason"] for row in followed["quarantine"]] == [
        "something else stands in the file behind its compressed content"
    ]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        # nginx.org/en/docs/http/ngx_http_log_module.html and what its users write
        ('$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"', LINE),
        ('$remote_addr $time_iso8601 $request_method $scheme://$host$request_uri $status $bytes_sent "$http_user_agent"', b'192.0.2.7 2026-11-22T12:17:17+00:00 GET https://shop.example.org/v/aa1/1.png 200 512 "Browser/1"'),
        ('{"ip":"${remote_addr}","t":$msec,"m":"$request_method","u":"$uri$is_args$args","s":$status,"b":$bytes_sent}', b'{"ip":"192.0.2.7","t":1795349837.250,"m":"GET","u":"/v/aa1/1.png","s":200,"b":512}'),
        ('"$http_x_forwarded_for" [$time_local] "$request" $status $body_bytes_sent', b'"192.0.2.7, 10.0.0.1" [22/Nov/2026:12:17:17 +0000] "GET /v/aa1/1.png HTTP/1.1" 200 512'),
        # httpd.apache.org/docs/2.4/mod/mod_log_config.html
        ('%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"', LINE),
        ('%v:%p %a %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D', b"shop.example.org:443 " + LINE + b" 812"),
        ('%{X-Forwarded-For}i %t "%m %U%q %H" %>s %B', b'192.0.2.7 [22/Nov/2026:12:17:17 +0000] "GET /v/aa1/1.png HTTP/1.1" 200 512'),
        ('%{c}a %t %m "%U%q" %!200,304,302{Referer}i %s %b 100%%', b'192.0.2.7 [22/Nov/2026:12:17:17 +0000] GET "/v/aa1/1.png" - 200 512 100%'),
        ('%a %{%Y-%m-%dT%H:%M:%S%z}t "%r" %>s %b', b'192.0.2.7 2026-11-22T12:17:17+0000 "GET /v/aa1/1.png HTTP/1.1" 200 512'),
    ],
)  # fmt: skip
def test_a_format_string_of_a_server_gives_back_what_was_written(form, line):
    (row,) = read(form, line + b"\n")["accesses"]
    assert (row["ip"], row["method"], row["path"]) == ("192.0.2.7", "GET", "/v/aa1/1.png")
    assert (row["status"], row["size_bytes"]) == (200, 512)
    assert row["at"].replace(microsecond=0) == AT


def test_an_address_behind_a_format_that_knows_of_none_is_counted():
    line = LINE.replace(b"192.0.2.7", b"198.51.100.7")

    def counted(behind: bytes) -> int:
        tallies: Tallies = {}
        got = load(source("web", WEB.format(form="combined", zone="UTC")), line + behind, tallies=tallies)
        assert [row["ip"] for row in got["accesses"]] == ["198.51.100.7"]
        return sum(tally.seen for (_, _, role), tally in tallies.items() if role == ANOTHER_CLIENT)

    for behind in (b' "203.0.113.9"', b' "203.0.113.9, 10.0.0.1"', b' 0.012 "2001:db8::9"', b" 203.0.113.9"):
        assert counted(behind) == 1
    for behind in (
        b"",
        b' 0.012 0.010 "-" "shop.example.org"',
        b' "1.2"',
        b' "12:30:11"',
        b" rt=0.1 uct=0.2",
    ):
        assert counted(behind) == 0


def test_a_survey_tells_proxies_that_are_connected_from_clients_that_are():
    def log(peer: str, behind: str) -> bytes:
        text = LINE.decode()
        return "".join(
            text.replace("192.0.2.7", peer.format(n)) + f' "{behind.format(n)}"\n' for n in range(40)
        ).encode()

    assert survey(io.BytesIO(log("10.0.0.5", "203.0.113.{}"))).form == "nginx_forwarded"
    assert survey(io.BytesIO(log("198.51.100.{}", "203.0.113.{}"))).form == "nginx_main"
    assert survey(io.BytesIO(log("203.0.113.{}", "-"))).form == "combined"
    assert survey(io.BytesIO(LINE + b"\n")).form == "combined"


def test_every_named_format_is_recognised_under_the_lock_as_it_is_outside_of_it():
    with Surveyor() as surveyor:
        for name, form in LOG_FORMS.all().items():
            if form.sample:
                with tempfile.TemporaryFile() as file:
                    file.write((form.sample + b"\n") * 20)
                    file.seek(0)
                    seen = surveyor.look_at(file.fileno())
                assert seen.form == survey(io.BytesIO((form.sample + b"\n") * 20)).form, name
