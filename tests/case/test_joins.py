"""Rows that name no account lead to one through other tables of the platform, and are told of where they do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.attribution.normal_forms import raw_sql
from fairlead.case.board.overview import overview
from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.process import process
from fairlead.case.records.loading import LoadReport, load_records
from fairlead.engine.catalogue import Catalogue
from fairlead.records.mapping import parse_mapping
from fairlead.terms.errors import UsageError

PLATFORM = """version = 1
[[source]]
name = "board"
kind = "sql_dump"
exhibit = "NSK/1"
path = "board.sql"
zone = "UTC"
[[source.table]]
name = "members"
rows = "accounts"
[source.table.roles]
id = "number"
user_name = "nick"
email = "mail"
"""
FETCHES = """
[[source.table]]
name = "fetches"
rows = "events"
[source.table.roles]
id = "id"
act = { constant = "download" }
at = { column = "at", format = "unix" }
[[source.table.join]]
column = "code"
through = [{ table = "vault_keys", key = "code", gives = "receipt" }, { table = "receipts", key = "id", gives = "member" }]
"""
RECEIPTS = """
[[source.table]]
name = "receipts"
rows = "payments"
[source.table.roles]
id = "id"
account_id = "member"
amount = "amount"
"""
# ten lines from a log of codes in paths to accounts
WEB = """
[[source]]
name = "web"
kind = "access_log"
exhibit = "NSK/1"
path = "access.log"
zone = "stated"
accounts = "board"
[[source.join]]
field = "path"
pattern = '^/v/([A-Za-z0-9]+)/'
through = [{ table = "vault_keys", key = "code", gives = "receipt" }, { table = "receipts", key = "id", gives = "member" }]
"""
COOKIES = """
[[source]]
name = "app"
kind = "access_log"
exhibit = "NSK/1"
path = "app.log"
format = '$remote_addr [$time_local] "$request" $status "$http_cookie"'
zone = "stated"
accounts = "board"
[[source.join]]
field = "cookie"
pattern = '(?:^|; )sid=([0-9a-f]+)'
through = [{ table = "sessions", key = "token", gives = "nick" }]
ends = "user_name"
"""
TILL = """
[[source]]
name = "till"
kind = "payments"
exhibit = "NSK/1"
path = "till.csv"
zone = "UTC"
accounts = "board"
[source.roles]
id = "id"
amount = "gross"
refunded_amount = "back"
[[source.join]]
column = "note"
pattern = '([^ ]+@[^ ]+)'
ends = "email"
"""
DUMP = b"""-- MySQL dump 10.19
CREATE TABLE `fetches` (`id` int, `code` varchar(20), `at` int);
INSERT INTO `fetches` VALUES (1,'aa1',1700000000),(2,'bb2',1700000100),(3,'zz9',1700000200);
CREATE TABLE `vault_keys` (`code` varchar(20), `receipt` int);
INSERT INTO `vault_keys` VALUES ('aa1',71),('bb2',72),('cc3',73),('dd4',74),('ee5',71),('ee5',72),('ff6',71),('gg7',72),
 ('hh8',71),('ii9',71),('jj1',71),('kk2',71),('ll3',71);
CREATE TABLE `receipts` (`id` int, `member` int, `amount` decimal(9,2));
INSERT INTO `receipts` VALUES (71,501,'9.00'),(72,502,'9.00'),(73,599,'9.00'),(75,501,'9.00');
CREATE TABLE `members` (`number` int, `nick` varchar(20), `mail` varchar(60));
INSERT INTO `members` VALUES (501,'heron','heron@example.org'),(502,'plover','plover@example.org');
CREATE TABLE `sessions` (`token` varchar(40), `nick` varchar(20));
INSERT INTO `sessions` VALUES ('0af1','heron'),('0af2','plover');
"""
LINE = b'%s - - [22/Nov/2026:12:17:%02d +0000] "GET %s HTTP/1.1" 200 5 "-" "x"\n'


def log(*paths: bytes) -> bytes:
    return b"".join(LINE % (b"192.0.2.%d" % (n % 200 + 1), n % 60, path) for n, path in enumerate(paths))


@pytest.fixture
def loaded(
    make_session, tmp_path
) -> Callable[..., tuple[LoadReport, Callable[[str], list[tuple[object, ...]]]]]:
    """Loads files with a mapping; gives the report and a way to ask the tables."""

    def load(files: dict[str, bytes], mapping: str, **more: bool):
        seized = tmp_path / "seized"
        seized.mkdir()
        for name, data in files.items():
            (seized / name).write_bytes(data)
        session = make_session()
        add_exhibit(session, NewExhibit(number="NSK/1", path=seized, authority="order 1"))
        process(session, workers=1)
        file = tmp_path / "mapping.toml"
        file.write_text(mapping)
        report = load_records(session, Path(file), **more)

        def ask(sql: str) -> list[tuple[object, ...]]:
            catalogue = Catalogue(session.store)
            try:
                return [tuple(row.values()) for row in catalogue.rows(sql)]
            finally:
                catalogue.close()

        ask.session = session
        return report, ask

    return load


def test_a_code_in_a_path_leads_through_two_tables_to_the_account(loaded):
    report, ask = loaded(
        {"board.sql": DUMP, "access.log": log(b"/v/aa1/1.png", b"/about", b"/v/bb2/2.png", b"/v/zz9/3.png")},
        PLATFORM + WEB,
    )
    assert ask('SELECT path, account FROM accesses ORDER BY "at"') == [
        ("/v/aa1/1.png", "board:members:501"),
        ("/about", None),
        ("/v/bb2/2.png", "board:members:502"),
        ("/v/zz9/3.png", None),
    ]
    (joined,) = report.joined
    assert (joined.found, joined.not_found) == (2, 1)
    assert joined.lost == ("1: no row in vault_keys has the value",)
    assert joined.found_examples[0].startswith("aa1 (NSK/1:")
    assert joined.lost_examples[0].startswith("zz9 (NSK/1:")


def test_what_a_join_went_through_leads_back_to_bytes_of_the_dump(loaded):
    _, ask = loaded({"board.sql": DUMP, "access.log": log(b"/v/bb2/2.png")}, PLATFORM + WEB)
    ((through,),) = ask("SELECT through FROM lookups")
    places = [tuple(map(int, one.rpartition("#bytes=")[2].split("-"))) for one in through]
    assert [DUMP[start:end] for start, end in places] == [b"('bb2',72)", b"(72,502,'9.00')"]


def test_a_way_that_ends_says_at_which_table_and_why(loaded):
    paths = [b"/v/%s/1.png" % code for code in (b"aa1", b"cc3", b"dd4", b"ee5", b"zz9")]
    _, ask = loaded({"board.sql": DUMP, "access.log": log(*paths)}, PLATFORM + WEB)
    assert ask("SELECT value, account, outcome, lost_at FROM lookups ORDER BY value") == [
        ("aa1", "board:members:501", "found", None),
        ("cc3", None, "no_account", "accounts"),
        ("dd4", None, "no_row", "receipts"),
        ("ee5", None, "several", "vault_keys"),
        ("zz9", None, "no_row", "vault_keys"),
    ]


def test_an_event_finds_its_account_though_its_table_stands_before_those_on_the_way(loaded):
    _, ask = loaded({"board.sql": DUMP}, PLATFORM + FETCHES)
    assert ask("SELECT event, account FROM events ORDER BY 1") == [
        ("board:fetches:1", "board:members:501"),
        ("board:fetches:2", "board:members:502"),
        ("board:fetches:3", None),
    ]


def test_a_table_may_be_both_payments_and_a_step(loaded):
    report, ask = loaded({"board.sql": DUMP}, PLATFORM + FETCHES + RECEIPTS)
    assert ask("SELECT count(*) FROM payments") == [(4,)]
    assert ask("SELECT count(account) FROM events") == [(2,)]
    assert ask(
        "SELECT count(*) FROM sources WHERE lines_in <> lines_parsed + lines_quarantined + lines_skipped"
    ) == [(0,)]
    assert ask("SELECT count(*) FROM readings WHERE rows_counted <> rows_read") == [(0,)]
    assert report.lines_parsed == 3 + 13 + 4 + 2


def test_a_session_in_a_cookie_leads_to_a_user_name(loaded):
    lines = b'192.0.2.1 [22/Nov/2026:12:17:01 +0000] "GET /a HTTP/1.1" 200 "lang=en; sid=0af2"\n'
    lines += b'192.0.2.2 [22/Nov/2026:12:17:02 +0000] "GET /b HTTP/1.1" 200 "-"\n'
    _, ask = loaded({"board.sql": DUMP, "app.log": lines}, PLATFORM + COOKIES)
    assert ask("SELECT path, account FROM accesses ORDER BY path") == [
        ("/a", "board:members:502"),
        ("/b", None),
    ]


def test_an_email_in_the_reference_of_a_payment_gives_its_account_to_its_refund_too(loaded):
    till = b"id,gross,back,note\np1,9.00,4.00,gift from Plover@Example.org thanks\np2,9.00,,nothing\n"
    _, ask = loaded({"board.sql": DUMP, "till.csv": till}, PLATFORM + TILL)
    assert ask("SELECT payment, account FROM payments ORDER BY 1") == [
        ("till:p1", "board:members:502"),
        ("till:p1/refund", "board:members:502"),
        ("till:p2", None),
    ]


def test_every_row_of_a_log_of_several_parts_gets_its_own_account(loaded, monkeypatch):
    monkeypatch.setattr("fairlead.case.records.loading._ROWS_A_PART", 50)
    codes = [b"aa1", b"zz9", b"bb2"]
    paths = [b"/v/%s/%d.png" % (codes[n % 3], n) if n % 5 else b"/x/%d" % n for n in range(400)]
    # lines that the quick scan leaves to the reader of single lines come after their block
    data = log(*paths).replace(b'"GET /v/bb2/101.png', b'"GET /v/bb2/101.png?q=\\"')
    _, ask = loaded({"board.sql": DUMP, "access.log": data * 60}, PLATFORM + WEB)
    assert ask("SELECT count(*) FROM accesses") == [(24000,)]
    assert ask("""SELECT DISTINCT path[4:6], account FROM accesses WHERE path LIKE '/v/%' ORDER BY 1""") == [
        ("aa1", "board:members:501"),
        ("bb2", "board:members:502"),
        ("zz9", None),
    ]
    assert ask("SELECT count(*) FROM accesses WHERE path LIKE '/x/%' AND account IS NOT NULL") == [(0,)]


def test_a_join_through_a_table_that_no_file_has_stops_and_names_one_like_it(loaded):
    with pytest.raises(
        UsageError, match="table vault_key, which none of its files has; there are, not mapped: vault_keys"
    ):
        loaded(
            {"board.sql": DUMP, "access.log": log(b"/v/aa1/1.png")},
            (PLATFORM + WEB).replace('"vault_keys"', '"vault_key"'),
        )


def test_a_column_that_a_join_names_wrongly_is_named_with_those_there_are(loaded):
    with pytest.raises(UsageError, match="a join names the column token, which is not there") as stopped:
        loaded(
            {"board.sql": DUMP, "access.log": log(b"/v/aa1/1.png")},
            (PLATFORM + WEB).replace('key = "code"', 'key = "token"'),
        )
    assert stopped.value.remedy == "Use one of: code, receipt."


def test_a_column_that_is_no_key_stops_a_load(loaded):
    with pytest.raises(
        UsageError, match="receipt is no key for a join, 2 of 4 of its values come with several"
    ):
        loaded(
            {"board.sql": DUMP, "access.log": log(b"/v/71/1.png", b"/v/72/1.png")},
            (PLATFORM + WEB).replace('key = "code", gives = "receipt"', 'key = "receipt", gives = "code"'),
        )


def test_a_join_that_finds_nobody_stops_a_load_and_says_where_the_ways_ended(loaded):
    files = {"board.sql": DUMP, "access.log": log(b"/v/q1/1.png", b"/v/q2/1.png", b"/v/q3/1.png")}
    with pytest.raises(
        UsageError, match=r"none of 3 rows found an account .* most ended at vault_keys \(no row\)"
    ):
        loaded(files, PLATFORM + WEB)


def test_a_row_that_names_its_account_is_not_looked_up(loaded):
    line = LINE.replace(b"- - [", b"- heron [") % (b"192.0.2.7", 1, b"/v/bb2/1.png")
    _, ask = loaded({"board.sql": DUMP, "access.log": line}, PLATFORM + WEB)
    assert ask("SELECT account FROM accesses") == [("board:members:501",)]
    assert ask("SELECT count(*) FROM lookups") == [(0,)]


REPLY = """
[[source]]
name = "isp"
kind = "subscribers"
exhibit = "NSK/1"
path = "reply.csv"
zone = "UTC"
[source.roles]
id = "n"
full_name = "name"
last_ip = "address"
valid_from = { column = "from", format = "iso" }
valid_to = { column = "to", format = "iso" }
"""


def test_an_address_of_a_reply_has_the_period_that_the_reply_states(loaded):
    reply = b"n,name,address,from,to\n1,Ann Alder,192.0.2.9,2025-01-02 00:00:00,2025-01-09 00:00:00\n2,Bo Birch,192.0.2.9,,\n"
    _, ask = loaded({"board.sql": DUMP, "reply.csv": reply}, PLATFORM + REPLY)
    assert ask("SELECT account, from_at::DATE::VARCHAR, to_at::DATE::VARCHAR FROM validity") == [
        ("isp:1", "2025-01-02", "2025-01-09")
    ]
    assert ask(
        f"""SELECT owner, first_at::DATE::VARCHAR, last_at::DATE::VARCHAR FROM ({raw_sql()})
            WHERE kind = 'ip' ORDER BY owner"""
    ) == [("isp:1", "2025-01-02", "2025-01-09"), ("isp:2", None, None)]


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("pattern = '^/v/([A-Za-z0-9]+)/'", "pattern = '^/v/'", "exactly one group"),
        ('field = "path"', 'field = "referrer"', "one of 'path', 'user_name', 'agent' or 'cookie'"),
        ('gives = "receipt"', 'gives = "receipt", source = "shop"', "join names an unknown source, shop"),
        (
            'gives = "receipt"',
            'gives = "receipt", source = "web"',
            "table vault_keys of web, which has no tables",
        ),
        ('key = "code", ', "", "this key is missing"),
    ],
)
def test_a_join_that_cannot_be_followed_is_refused_with_what_is_wrong(wrong, right, said):
    with pytest.raises(UsageError, match=said):
        parse_mapping((PLATFORM + WEB).replace(wrong, right))


def test_the_figures_of_an_operation_tell_what_joins_found(loaded):
    _, ask = loaded(
        {"board.sql": DUMP, "access.log": log(b"/v/aa1/1.png", b"/v/zz9/3.png", b"/")}, PLATFORM + WEB
    )
    figures = overview(ask.session)
    assert (figures.accesses, figures.accesses_placed) == (3, 1)
    assert [(one.found, one.lost) for one in figures.joined] == [
        (1, ("1: no row in vault_keys has the value",))
    ]
