"""Inputs that once were read wrong, each standing for a whole kind, with the right value of each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.records.directory import AccountDirectory
from fairlead.records.mapping import parse_mapping
from fairlead.records.rows import Tallies
from fairlead.terms.errors import UsageError
from tests.records.builders import load, source

CASES = Path(__file__).parents[1] / "data" / "cases" / "records"
DUMP = """version = 1
[[source]]
name = "p"
kind = "sql_dump"
exhibit = "E/1"
path = "x"
zone = "UTC"
"""
USERS = """
[[source.table]]
name = "{}"
rows = "accounts"
[source.table.roles]
id = "id"
user_name = "username"
email = "email"
registered_at = {{ column = "created_at", format = "iso" }}
"""
ORDERS = """
[[source.table]]
name = "orders"
rows = "payments"
[source.table.roles]
id = "id"
account_id = "user_id"
amount = "amount"
"""
LOG = """version = 1
[[source]]
name = "web"
kind = "access_log"
exhibit = "E/1"
path = "x"
zone = "stated"
"""
CSV = """version = 1
[[source]]
name = "till"
kind = "payments"
exhibit = "E/1"
path = "x"
zone = "UTC"
"""


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def payments(preset: str, name: str) -> dict[str, dict[str, object]]:
    rows = load(source("till", CSV + f'preset = "{preset}"\n'), case(name))["payments"]
    return {str(row["payment"]).removeprefix("till:"): row for row in rows}


def test_a_table_of_two_databases_is_refused_under_its_short_name():
    with pytest.raises(UsageError, match=r"aforum\.users and bshop\.users"):
        load(parse_mapping((CASES / "e2.toml").read_text()).source[0], case("all-databases.sql"))


def test_a_payment_of_one_database_belongs_to_no_account_of_another():
    got = load(source("p", DUMP + USERS.format("aforum.users") + ORDERS), case("all-databases.sql"))
    assert {row["account"] for row in got["accounts"]} == {"p:aforum.users:1", "p:aforum.users:2"}
    assert [row["account"] for row in got["payments"]] == [None, None]
    assert "no single table of accounts of the database bshop" in got["unread_values"][0]["reason"]


def test_a_payment_belongs_to_the_account_of_its_own_database():
    text = DUMP + USERS.format("aforum.users") + USERS.format("bshop.users") + ORDERS
    got = load(source("p", text), case("all-databases.sql"))
    names = {row["account"]: row["user_name"] for row in got["accounts"]}
    assert [names[row["account"]] for row in got["payments"]] == [
        names["p:bshop.users:1"],
        names["p:bshop.users:3"],
    ]
    assert names["p:aforum.users:1"] == "innocent_anna" != names["p:bshop.users:1"]


def test_accounts_that_turn_out_to_stand_in_another_database_stop_the_load():
    dump = b"USE `a`;\nINSERT INTO `orders` (`id`,`user_id`,`amount`) VALUES (1,1,'5');\nUSE `b`;\n"
    dump += b"INSERT INTO `users` (`id`,`username`,`email`,`created_at`) VALUES (1,'x','x','2024-01-01 00:00:00');\n"
    with pytest.raises(UsageError, match="another database"):
        load(source("p", DUMP + USERS.format("users") + ORDERS), dump)


def test_two_tables_that_both_count_from_one_keep_all_their_rows():
    text = (CASES / "two_tables_one_source" / "map.toml").read_text()
    got = load(parse_mapping(text).source[0], case("two_tables_one_source/small.sql"))
    assert [row["account"] for row in got["accounts"]] == [f"platform:members:{n}" for n in (1, 2, 3)]
    assert [row["payment"] for row in got["payments"]] == [f"platform:receipts:{n}" for n in (1, 2, 3)]
    assert [row["account"] for row in got["payments"]] == [f"platform:members:{n}" for n in (2, 3, 5)]


def test_keys_can_stay_short_where_an_operation_already_rests_on_them():
    text = (
        (CASES / "two_tables_one_source" / "map.toml")
        .read_text()
        .replace('zone = "stated"', 'zone = "stated"\nkeys = "source"')
    )
    got = load(parse_mapping(text).source[0], case("two_tables_one_source/small.sql"))
    assert [row["account"] for row in got["accounts"]] == ["platform:1", "platform:2", "platform:3"]


def test_the_dialect_is_found_out_from_the_content():
    text = DUMP + USERS.format("users").replace("created_at", "created")
    got = load(source("p", text), case("db4s.sql"))
    assert [row["user_name"] for row in got["accounts"]] == ["DOMAIN\\nils", "back\\", "third"]
    assert got["readings"][0]["dialect"] == "sqlite"
    assert "BEGIN TRANSACTION" in got["readings"][0]["dialect_reason"]


def test_signs_that_contradict_each_other_are_asked_about():
    both = b"-- PostgreSQL database dump\n" + b"INSERT INTO `users` VALUES (1);\n"
    with pytest.raises(UsageError, match="mysql: names in back quotes; postgres: pg_dump's title"):
        load(source("p", DUMP + USERS.format("users")), both)


def test_sqlite_expressions_brackets_and_deep_tables_are_read():
    text = (
        DUMP
        + """
[[source.table]]
name = "users"
rows = "accounts"
[source.table.roles]
id = "id"
user_name = "user name"
email = "email"
registered_at = { column = "t", format = "unix" }
"""
    )
    got = load(source("p", text), case("sqlite_dump.sql"))
    rows = {row["account"]: row for row in got["accounts"]}
    assert (rows["p:users:1"]["user_name"], rows["p:users:1"]["email"]) == ("O'Brien \\ x", "a\nb;")
    assert rows["p:users:2"]["email"] == "INSERT INTO users VALUES(9);"
    assert rows["p:users:3"]["registered_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    passed = {row["name"]: row["rows"] for row in got["passed_over"] if row["kind"] == "table"}
    assert passed["or;der"] == 1
    assert got["readings"][0]["rows_read"] == sum(passed.values()) + 3


def test_a_statement_says_the_character_set_and_a_dump_the_zone_of_its_timestamps():
    text = (DUMP + USERS.format("users")).replace('zone = "UTC"', 'zone = "Europe/Berlin"')
    text += 'last_seen_at = { column = "last_login", format = "iso" }\n'
    (row,) = load(source("p", text), case("latin.sql"))["accounts"]
    assert row["user_name"] == "Müller"
    assert row["registered_at"] == datetime(2025, 6, 30, 22, 30, tzinfo=UTC)
    assert row["last_seen_at"] == datetime(2025, 6, 30, 22, 30, tzinfo=UTC)


def test_a_column_may_have_a_zone_of_its_own():
    text = (
        DUMP
        + USERS.format("users")
        + ('last_seen_at = { column = "last_login", format = "iso", zone = "America/New_York" }\n')
    )
    (row,) = load(source("p", text), case("latin.sql"))["accounts"]
    assert row["last_seen_at"] == datetime(2025, 7, 1, 4, 30, tzinfo=UTC)


def test_a_log_format_of_several_time_directives_gives_one_time():
    got = load(parse_mapping((CASES / "ms.toml").read_text()).source[0], case("ms.log"))
    assert got["accesses"][0]["at"] == datetime(2024, 10, 10, 11, 55, 36, 123000, tzinfo=UTC)


def test_client_addresses_are_read_as_servers_write_them():
    got = load(source("web", LOG), case("hand_combined.log"))
    found = {row["path"]: (row["ip"], row["port"]) for row in got["accesses"]}
    assert found["/a"] == ("203.0.113.5", None)
    assert found["/b"] == ("203.0.113.6", 51234)
    assert found["/c"] == ("203.0.113.7", None)
    assert found["/d"] == ("2001:db8::1", 443)
    assert found["/e"] == ("fe80::1", None)
    assert found["/f"] == ("2001:db8::1", None)
    assert found["/leap"] == ("203.0.113.8", None)
    assert found["/i"] == ("203.0.113.12", None)
    leap = next(row for row in got["accesses"] if row["path"] == "/leap")
    assert leap["at"] == datetime(2024, 10, 10, 11, 56, tzinfo=UTC)
    assert sorted(row["reason"] for row in got["quarantine"]) == [
        "a host name where the client's address should be",
        "a time that cannot be read",
    ]


def test_which_hop_counts_is_the_mappings_word():
    line = b'198.51.100.1, 203.0.113.7, 10.0.0.1 - - [10/Oct/2024:13:55:36 +0200] "GET /c HTTP/1.1" 200 5\n'
    for hop, ip in (
        ("last_public", "203.0.113.7"),
        ("first", "198.51.100.1"),
        ("last", "10.0.0.1"),
        ("2", "203.0.113.7"),
    ):
        got = load(source("web", LOG + f'hop = "{hop}"\n'), line)
        assert got["accesses"][0]["ip"] == ip


def test_a_stripe_payment_is_what_was_paid():
    found = payments("stripe", "stripe.csv")
    assert {key: row["kind"] for key, row in found.items()} == {
        "pi_1": "payment", "pi_2": "payment", "pi_2/refund": "refund", "pi_3": "failed", "pi_4": "failed",
    }  # fmt: skip
    assert all(row["paid_at"] == datetime(2024, 3, 1, 10, tzinfo=UTC) for row in found.values())
    assert {(row["instrument_kind"], row["instrument"]) for row in found.values()} == {
        ("card_tail", "4242"), ("card", None),
    }  # fmt: skip
    assert json.loads(str(found["pi_3"]["original"]))["Status"] == "canceled"


def test_a_paypal_payment_is_what_was_paid_and_its_zone_is_an_offset():
    found = payments("paypal", "paypal_en.csv")
    assert {key: row["kind"] for key, row in found.items()} == {
        "9AB1": "payment", "9AB2": "payment", "9AB3": "refund", "9AB4": "withdrawal", "9AB5": "pending", "9AB6": "failed",
    }  # fmt: skip
    assert found["9AB1"]["paid_at"] == datetime(2024, 5, 3, 21, 44, 10, tzinfo=UTC)
    assert found["9AB2"]["paid_at"] == datetime(2024, 3, 26, 6, 44, 10, tzinfo=UTC)
    assert found["9AB3"]["paid_at"] == datetime(2024, 5, 3, 12, 44, 10, tzinfo=UTC)
    assert (found["9AB1"]["amount"], found["9AB3"]["amount"]) == (Decimal(1049), Decimal(49))


def test_a_satoshi_is_an_amount_and_two_legs_of_one_transaction_are_two_rows():
    found = payments("bitcoin_core", "btc.json")
    assert {key: (row["kind"], row["amount"]) for key, row in found.items()} == {
        "t1": ("payment", Decimal("0.00000001")),
        "t2": ("withdrawal", Decimal("0.1")),
        "t2/leg-2": ("payment", Decimal("0.12345678")),
    }


def test_a_value_that_cannot_be_read_is_told_and_its_row_is_kept():
    mapping = parse_mapping((CASES / "times_lost" / "map.toml").read_text())
    directory, tallies = AccountDirectory(), Tallies()
    platform = load(mapping.source[0], case("times_lost/dump.sql"), directory)
    till = load(mapping.source[1], case("times_lost/pay.csv"), directory, tallies=tallies)
    assert [row["registered_at"].microsecond if row["registered_at"] else None for row in platform["accounts"]] == [
        123456, 999999, None, None,
    ]  # fmt: skip
    times = {row["payment"]: row["paid_at"] for row in till["payments"]}
    assert sorted(key for key, at in times.items() if at is None) == ["till:a4", "till:a7"]
    assert times["till:a5"] == datetime(2025, 1, 2, 3, 5, tzinfo=UTC)
    assert times["till:a6"] == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [(row["role"], row["column"]) for row in till["unread_values"]] == [("paid_at", "when")] * 2
    assert (till["sources"][0]["fields_unread"], till["sources"][0]["lines_parsed"]) == (2, 7)
    tally = tallies["till", "", "paid_at"]
    assert (tally.seen, tally.unread, tally.shapes) == (7, 2, ["9999999999999999", "9,999.99"])


def test_an_abbreviation_of_a_zone_is_its_offset_and_says_where_no_clock_showed_it():
    text = (
        CSV
        + """decimal = ","
[source.roles]
id = "TransactionID"
amount = "Gross"
currency = "Currency"
paid_on = { column = "Date", format = "%d/%m/%Y" }
paid_at_time = "Time"
paid_zone = "TimeZone"
"""
    )
    first, second, third = load(source("till", text), case("zone_abbreviation/wallet.csv"))["payments"]
    assert first["paid_at"] == datetime(2024, 9, 9, 23, 14, 37, tzinfo=UTC)
    assert second["amount"] == Decimal(3)
    assert third["time_basis"] == "stated as CET, not in use at that date"


def test_an_abbreviation_with_several_meanings_is_asked_about():
    text = CSV + '[source.roles]\nid = "i"\namount = "a"\npaid_on = "d"\npaid_zone = "z"\n'
    got = load(source("till", text), b"i,a,d,z\n1,5,2024-01-02,IST\n")
    assert got["payments"][0]["paid_at"] is None
    assert "Asia/Kolkata, Asia/Jerusalem, Europe/Dublin" in got["unread_values"][0]["reason"]
    said = text.replace('"z"\n', '{ column = "z", values = { IST = "Asia/Kolkata" } }\n')
    (row,) = load(source("till", said), b"i,a,d,z\n1,5,2024-01-02,IST\n")["payments"]
    assert row["paid_at"] == datetime(2024, 1, 1, 18, 30, tzinfo=UTC)
