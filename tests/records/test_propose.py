"""A drafted mapping: read back, it reads the dump."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from fairlead.records.log_formats import LOG_FORMS
from fairlead.records.mapping import parse_mapping
from fairlead.records.propose import Place, Proposal, propose
from fairlead.records.survey import survey
from fairlead.terms.errors import UsageError
from tests.records.builders import USERS, load
from tests.records.test_presets import SAMPLES

DUMP = (
    USERS
    + b"""CREATE TABLE `purchases` (`id` int, `user_id` int, `amount` decimal(8,2), `currency` char(3), `created` datetime, `txn_ref` text);
INSERT INTO `purchases` VALUES (7,1,'5.00','EUR','2024-01-02 03:04:05','ch_1');
CREATE TABLE `messages` (`id` int, `sender_id` int, `recipient_id` int, `sent_at` datetime, `body` text);
INSERT INTO `messages` VALUES (1,1,2,'2024-01-02 03:04:05','hello');
CREATE TABLE `settings` (`k` text, `v` text);
INSERT INTO `settings` VALUES ('colour','blue');
"""
)


def drafted(**files: bytes) -> Proposal:
    """A draft of files, named as here with a dot for the last underscore."""
    places = {name: ".".join(name.rsplit("_", 1)) for name in files}
    return propose([(Place("NSK/1", places[name]), survey(io.BytesIO(data))) for name, data in files.items()])


def test_a_draft_is_a_mapping_that_reads_the_dump():
    proposal = drafted(x_sql=DUMP)
    (source,) = parse_mapping(proposal.toml).source
    assert source.zone == "unknown"
    assert {t.table: t.rows.value for t in proposal.tables} == {
        "users": "accounts",
        "purchases": "payments",
        "messages": "events",
    }
    assert proposal.unmapped == ("x.sql: settings (1 rows)",)
    read = load(source, DUMP)
    assert read["accounts"][0]["user_name"] == "anna"
    assert read["payments"][0]["account"] == "platform:users:1"
    assert read["events"][0]["counterpart"] == "platform:users:2"


def test_a_draft_gives_its_reasons():
    proposal = drafted(x_sql=DUMP)
    roles = {r.role: r for r in proposal.tables[0].roles}
    assert roles["email"].reason == "the name says so; 3 of 3 values fit"
    assert roles["email"].score == 1.0
    assert roles["email"].samples == ("anna@example.org", "ben@example.org", "cara@example.org")
    assert "# 1.00: the name says so" in proposal.toml


def test_password_hashes_stand_in_no_draft():
    proposal = drafted(x_sql=DUMP)
    assert "password" in {r.role for r in proposal.tables[0].roles}
    assert "$2y$" not in proposal.toml


def test_a_dump_without_people_is_not_guessed_at():
    with pytest.raises(UsageError):
        drafted(x_sql=b"CREATE TABLE s (k text, v text);INSERT INTO s VALUES ('a','b');")


def test_the_example_in_the_documentation_is_a_mapping():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "map-a-platforms-records.md"
    example = re.search(r"```toml\n(version = 1.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert [s.name for s in parse_mapping(example.group(1)).ordered()] == [
        "platform",
        "provider",
        "card",
        "web",
    ]


def table(name: str, columns: str, *rows: str) -> bytes:
    names = columns.split()
    defined = ", ".join(f"`{one}` text" for one in names)
    return f"CREATE TABLE `{name}` ({defined});\nINSERT INTO `{name}` VALUES {','.join(f'({r})' for r in rows)};\n".encode()


def test_those_who_run_a_platform_are_not_its_customers():
    dump = USERS + table(
        "admin_users", "id username email password", "11,'root','root@example.org','$2y$10$aa'", "12,'ops','ops@example.org','$2y$10$ab'"
    )  # fmt: skip
    proposal = drafted(
        x_sql=dump
        + table("messages", "id user_id sent_at", "1,1,'2024-01-02 03:04:05'", "2,2,'2024-01-02 03:04:05'")
    )
    read = load(parse_mapping(proposal.toml).source[0], dump)
    assert {
        row["account"]: row["status"] for row in read["accounts"] if row["user_name"] in ("root", "ops")
    } == {
        "platform:admin_users:11": "operator",
        "platform:admin_users:12": "operator",
    }
    assert 'accounts = "users"' in proposal.toml


def test_a_flag_of_administrators_becomes_the_status_operator():
    dump = table(
        "members", "id login email is_admin", "1,'ann','a@example.org',0", "2,'bo','b@example.org',1"
    )
    read = load(parse_mapping(drafted(x_sql=dump).toml).source[0], dump)
    assert [row["status"] for row in read["accounts"]] == ["member", "operator"]


def test_names_in_other_languages_are_understood_with_their_values():
    dump = table(
        "Kunden", "KundenNr Benutzername EMailAdresse Passwort RegistriertAm Telefon",
        "1,'anna','anna@example.org','$2y$10$aa','2024-01-02 03:04:05','+49 151 000000'",
        "2,'bea','bea@example.org','$2y$10$ab','2024-01-02 03:04:05','+49 151 000001'",
    )  # fmt: skip
    (found,) = drafted(x_sql=dump).tables
    assert {role.role: role.column for role in found.roles} == {
        "id": "KundenNr", "user_name": "Benutzername", "email": "EMailAdresse", "password": "Passwort",
        "registered_at": "RegistriertAm", "phone": "Telefon",
    }  # fmt: skip


def test_columns_without_a_telling_name_are_found_by_their_values():
    dump = table(
        "users",
        "a b c d",
        *(f"{n},'u{n}@example.org','198.51.100.{n}','$2y$10$aa{n}'" for n in range(11, 19)),
    )
    (found,) = drafted(x_sql=dump).tables
    assert {role.role: role.column for role in found.roles} == {
        "id": "a", "email": "b", "registered_ip": "c", "password": "d",
    }  # fmt: skip


JOINED = (
    table("members", "number nick mail", *(f"5{n},'m{n}','m{n}@example.org'" for n in range(10, 30)))
    + table("receipts", "id member amount", *(f"7{n},5{n},'9.00'" for n in range(10, 30)))
    + table("vault_keys", "code receipt", *(f"'c{n}x',7{n}" for n in range(10, 30)))
    + table("fetches", "id code at", *(f"{n},'c{n}x',17000000{n}" for n in range(10, 30)))
)
LOG = b"".join(
    b'192.0.2.%d - - [22/Nov/2026:12:17:%d +0000] "GET /v/c%dx/1.png HTTP/1.1" 200 5 "-" "x"\n' % (n, n, n)
    for n in range(10, 30)
)


def test_a_draft_finds_the_way_from_a_code_in_a_path_to_the_accounts():
    proposal = drafted(x_sql=JOINED, access_log=LOG)
    log = next(source for source in parse_mapping(proposal.toml).source if source.kind == "access_log")
    assert [(step.table, step.key, step.gives) for step in log.join[0].through] == [
        ("vault_keys", "code", "receipt"),
        ("receipts", "id", "member"),
    ]
    assert log.join[0].found_in("/v/c17x/1.png") == "c17x"
    assert proposal.unmapped == ()


def test_a_code_in_a_query_is_found_as_well():
    log = LOG.replace(b"/v/c", b"/show.php?page=2&key=c").replace(b"x/1.png", b"x&z=1")
    proposal = drafted(x_sql=JOINED, access_log=log)
    (join,) = next(one for one in parse_mapping(proposal.toml).source if one.kind == "access_log").join
    assert join.found_in("/show.php?page=2&key=c17x&z=1") == "c17x"
    assert proposal.sources[1].endswith("20 of 20 lines fit combined, 1 ways to accounts")


def test_a_state_that_is_a_number_is_not_given_a_meaning():
    dump = table(
        "members", "id login email status_id", "1,'ann','a@example.org',0", "2,'bo','b@example.org',1"
    )
    read = load(parse_mapping(drafted(x_sql=dump).toml).source[0], dump)
    assert [row["status"] for row in read["accounts"]] == ["0", "1"]


def test_rows_of_a_table_that_name_no_account_get_a_way_too():
    fetches = next(
        t for t in parse_mapping(drafted(x_sql=JOINED).toml).source[0].table if t.name == "fetches"
    )
    assert fetches.join[0].column == "code"
    assert len(fetches.join[0].through) == 2


def test_numbers_that_only_count_rows_are_no_way_to_accounts():
    dump = table("members", "id nick mail", *(f"{n},'m{n}','m{n}@example.org'" for n in range(1, 40)))
    dump += table("logins", "id at", *(f"{n},17000000{n + 10}" for n in range(1, 40)))
    proposal = drafted(x_sql=dump)
    assert [table.table for table in proposal.tables] == ["members"]
    assert proposal.unmapped == ("x.sql: logins (it names no account)",)


def test_a_column_that_numbers_the_rows_of_another_table_leads_to_nobody():
    dump = table("members", "number nick mail", *(f"{n},'m{n}','m{n}@example.org'" for n in range(1, 40)))
    dump += table("tags", "word position", *(f"'c{n}x',{n}" for n in range(1, 40)))
    proposal = drafted(x_sql=dump, access_log=LOG)
    log = next(source for source in parse_mapping(proposal.toml).source if source.kind == "access_log")
    assert log.join == ()


def test_users_beside_customers_are_left_to_a_person():
    dump = table(
        "shop_customers",
        "customer_id email password",
        "11,'a@example.org','$2y$10$aa'",
        "12,'b@example.org','$2y$10$ab'",
    )
    dump += table(
        "shop_users",
        "user_id username email password",
        "1,'ops','o@example.org','$2y$10$ac'",
        "2,'eve','e@example.org','$2y$10$ad'",
    )
    proposal = drafted(x_sql=dump)
    assert [table.table for table in proposal.tables] == ["shop_customers"]
    assert proposal.unmapped == ("x.sql: shop_users (customers or those who run it? look at its rows)",)


@pytest.mark.parametrize(
    "name", ["stripe", "paypal", "revolut", "wise", "kraken", "binance", "coinbase", "kofi", "btcpay"]
)
def test_a_payment_export_of_a_known_program_is_recognised_by_its_columns(name):
    (source,) = parse_mapping(drafted(export_csv=SAMPLES[name][0]).toml).source
    assert source.preset == name


def test_a_list_of_payments_says_its_delimiter_its_charset_and_where_its_header_stands():
    data = "Kontoutdrag\n\nDatum;Belopp;Valuta;E-postadress;Kommentar M\xfcller\n"
    data += "".join(f"2026-11-{n};9,00;SEK;a{n}@example.org;x\n" for n in range(10, 20))
    (source,) = parse_mapping(drafted(export_csv=data.encode("cp1252")).toml).source
    assert (source.delimiter, source.charset, source.header_column) == (";", "cp1252", "Datum")
    assert source.roles.amount.column == "Belopp"


def test_the_format_of_a_log_is_named():
    for name in ("iis", "haproxy", "caddy", "aws_alb", "journald_export", "docker_json"):
        (source,) = parse_mapping(drafted(access_log=LOG_FORMS.get(name).sample + b"\n").toml).source
        assert source.format == name


def test_a_payers_name_that_no_two_of_the_first_rows_share_is_no_number_of_a_row():
    rows = [
        f"{n % 28 + 1:02d}.05.2024;Käufer {n};DE89370400440532013000;Kd {n};{n}.234,50;EUR" for n in range(60)
    ]
    text = "Buchungstag;Auftraggeber;IBAN;Verwendungszweck;Betrag;Währung\n" + "\n".join(rows) + "\n"
    draft = drafted(bank_csv=text.encode("cp1252")).toml
    assert 'amount = "Betrag"' in draft
    assert re.search(r"(?m)^id = ", draft) is None
