"""Ten thousand damaged dumps and logs, seeded: no crash, and no row or line without a place."""

from __future__ import annotations

import io
import random

import pytest

from fairlead.records.directory import AccountDirectory
from fairlead.records.dump import Broken, DumpReader, DumpRows
from tests.records.builders import USERS, load, source

INSERT = USERS + b"".join(
    b"INSERT INTO `users` VALUES (%d,'marker-%02d','r%d@mail.example',NULL,1700000000,'DK','member','x\\'y');\n"
    % (n, n, n)
    for n in range(10, 22)
)
COPY = (
    b"-- PostgreSQL database dump\n\nCREATE TABLE public.users (id integer, name text, mail text);\n\n"
    b"COPY public.users (id, name, mail) FROM stdin;\n"
    + b"".join(b"%d\tmarker-%02d\tr%d@mail.example\n" % (n, n, n) for n in range(10, 22))
    + b"\\.\n\n-- end\n"
)
LOG = b"".join(
    b'198.51.100.%d - reader%d [02/Jan/2024:03:04:%02d +0000] "GET /m/%d HTTP/1.1" 200 %d "-" "Made Up/1"\n'
    % (n, n, n, n, n)
    for n in range(10, 30)
)
PIECES = [
    b"'",
    b'"',
    b"\\",
    b"\n",
    b";",
    b"(",
    b")",
    b",",
    b"\x00",
    b"\xff",
    b"INSERT INTO",
    b"\\.",
    b"VALUES",
    b"`",
]
COMMENTS = (b"--", b"/*", b"#")


def damage(chance: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 6))):
        at = chance.randrange(len(out))
        match chance.randrange(4):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                del out[at : at + chance.choice((1, 5, 60))]
            case 2:
                out[at:at] = chance.choice(PIECES)
            case _:
                other = chance.randrange(len(out))
                piece = out[other : other + 40]
                out[at:at] = piece if b"marker" not in piece else b"'('"
    return bytes(out[: chance.randrange(len(out))] if chance.random() < 0.1 else out)


@pytest.mark.parametrize("whole", [INSERT, COPY], ids=["insert", "copy"])
def test_in_five_thousand_damaged_dumps_every_row_is_read_or_in_quarantine(whole):
    chance = random.Random(11)
    for number in range(2500):
        data = damage(chance, whole)
        covered = bytearray(len(data))
        for item in DumpReader(io.BytesIO(data), wanted=None):
            places = item.rows if isinstance(item, DumpRows) else [item] if isinstance(item, Broken) else []
            for place in places:
                covered[place.start : place.end] = b"\x01" * (place.end - place.start)
        if any(data.count(mark) > whole.count(mark) for mark in COMMENTS):
            continue  # what stands behind a comment's mark is a comment
        at = data.find(b"marker-")
        while at >= 0:
            in_comment = data[data.rfind(b"\n", 0, at) + 1 :].startswith(b"--")
            assert covered[at] or in_comment, f"dump {number}: the row at byte {at} is nowhere"
            at = data.find(b"marker-", at + 1)


def test_in_five_thousand_damaged_logs_every_line_is_counted():
    chance = random.Random(12)
    for _ in range(5000):
        data = damage(chance, LOG)
        (counted,) = load(source("web"), data, AccountDirectory())["sources"]
        lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        assert counted["lines_in"] == lines
        assert (
            counted["lines_in"]
            == counted["lines_parsed"] + counted["lines_quarantined"] + counted["lines_skipped"]
        )
