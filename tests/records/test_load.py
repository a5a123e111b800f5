"""Mapping, payments, subscriber replies and accounts."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.records.directory import AccountDirectory
from fairlead.records.mapping import parse_mapping, preset_names
from fairlead.records.money import read_money
from fairlead.records.preset import PRESETS
from fairlead.records.tabular import Broken, Header, NamedRow, read_csv
from fairlead.records.values import Clock, read_address, read_amount, read_country
from fairlead.terms.errors import UsageError
from tests.records.builders import MAPPING, USERS, load, mapping, source

STRIPE = b"id,Description,Amount,Amount Refunded,Disputed Amount,Currency,Created (UTC),Card Name,Customer Email,Card Fingerprint,Card Issue Country,Status\n"


def test_an_unknown_key_is_named():
    with pytest.raises(UsageError, match=r"source.0.sql_dump.colour"):
        parse_mapping(MAPPING.replace('zone = "UTC"', 'zone = "UTC"\ncolour = "red"', 1))


def test_a_zone_must_be_stated():
    with pytest.raises(UsageError, match="zone"):
        parse_mapping(MAPPING.replace('zone = "stated"\n', ""))


def test_a_clock_offset_needs_evidence():
    with pytest.raises(UsageError, match="clock_evidence"):
        parse_mapping(MAPPING.replace('zone = "stated"', 'zone = "stated"\nclock_offset_seconds = 90'))


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="which is not there"):
        load(source("platform", MAPPING.replace('"reg_ip"', '"regip"')), USERS)


@pytest.mark.parametrize("preset", list(preset_names()))
def test_every_preset_is_a_valid_mapping(preset):
    kind = PRESETS.get(preset).of
    text = f'[[source]]\nname="a"\nkind="{kind}"\nexhibit="X/1"\npath="a"\nzone="UTC"\npreset="{preset}"\n'
    assert parse_mapping(text).source[0].name == "a"


def test_accounts_keep_their_bytes_and_hide_their_password():
    got = load(source("platform"), USERS)
    anna, ben, cara = got["accounts"]
    assert cara["user_name"] == "c'ara"
    start, end = (int(n) for n in anna["locator"].rpartition("#bytes=")[2].split("-"))
    assert USERS[start:end].startswith(b"(1,'anna'")
    assert anna["password_key"] == ben["password_key"]
    assert "$2y" not in str(got)


def test_a_second_account_with_the_same_id_is_quarantined():
    got = load(source("platform"), USERS + b"INSERT INTO users VALUES (1,'x',NULL,NULL,NULL,NULL,NULL,NULL);")
    assert [q["reason"] for q in got["quarantine"]] == [
        "a second row with the same id, which says somebody else"
    ]


def test_a_user_name_of_two_accounts_names_neither():
    directory = AccountDirectory()
    load(source("platform"), USERS.replace(b"'ben'", b"'anna'"), directory)
    assert directory.by_user_name("platform", "anna") is None


def test_refunds_and_chargebacks_stand_apart():
    row = (
        b'ch_1,LF-1 thanks,"1,005.00",5.00,7.50,eur,2024-01-02 03:04,A. Person,anna@example.org,fp1,DK,Paid\n'
    )
    got = load(source("card"), STRIPE + row, _directory())["payments"]
    assert [(p["kind"], p["amount"]) for p in got] == [
        ("payment", Decimal(1005)),
        ("refund", Decimal(5)),
        ("chargeback", Decimal("7.5")),
    ]
    assert {p["account"] for p in got} == {"platform:users:1"}
    assert {p["currency"] for p in got} == {"EUR"}


def test_a_sheet_whose_lines_end_as_old_programs_end_them_is_read_row_by_row():
    row = b"ch_%d,LF-1 thanks,5.00,,,eur,2024-01-02 03:04,A. Person,anna@example.org,fp1,DK,Paid\n"
    data = STRIPE + row % 1 + row % 2
    plain, old = (load(source("card"), text, _directory()) for text in (data, data.replace(b"\n", b"\r")))
    assert [p["amount"] for p in old["payments"]] == [Decimal(5)] * 2
    assert old["payments"] == plain["payments"]
    assert old["sources"] == plain["sources"]


def test_an_amount_that_is_no_number_goes_to_quarantine():
    got = load(source("card"), STRIPE + b"ch_2,LF-9,ten,,,eur,2024-01-02,A,a@example.org,fp,DK,Paid\n")
    assert got["sources"][0]["lines_quarantined"] == 1
    assert "payments" not in got


def test_a_payment_reference_to_nobody_names_nobody():
    row = b"ch_3,LF-77,1.00,,,eur,2024-01-02,A,a@example.org,fp,DK,Paid\n"
    assert load(source("card"), STRIPE + row, _directory())["payments"][0]["account"] is None


def test_a_bank_statement_is_read_whatever_its_version():
    camt = b"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Ntry>
    <Amt Ccy="EUR">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2024-02-03</Dt></BookgDt>
    <AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>A Person</Nm></Pty></Dbtr>
    <DbtrAcct><Id><IBAN>DK5000400440116243</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>LF-1</Ustrd></RmtInf>
    </TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"""
    text = MAPPING.replace('preset = "stripe"', 'preset = "camt053"')
    payment = load(source("card", text), camt, _directory())["payments"][0]
    assert (payment["account"], payment["instrument"], payment["instrument_kind"]) == (
        "platform:users:1",
        "DK5000400440116243",
        "iban",
    )


def test_a_list_of_wallet_transactions_keeps_every_decimal_and_finds_the_account_by_the_address_paid_to():
    text = MAPPING.replace('preset = "stripe"', 'preset = "wallet_list"').replace(
        "reference_is = \"account_id\"\nreference_pattern = 'LF-(\\d+)'\n", ""
    )
    directory = _directory()
    directory.references[("platform", "bc1qdeposit")] = "platform:users:2"
    rows = b"txid,time,from,to,amount,currency\nt1,2024-01-02T03:04:05Z,bc1qpayer,bc1qdeposit,0.000012345678901234,USDT\n"
    (paid,) = load(source("card", text), rows, directory)["payments"]
    assert (paid["account"], paid["instrument_kind"], paid["instrument"]) == (
        "platform:users:2",
        "wallet",
        "bc1qpayer",
    )
    assert (str(paid["amount"]), paid["currency"]) == ("0.000012345678901234", "USDT")


def test_an_explorers_export_is_read_by_its_header():
    text = MAPPING.replace('preset = "stripe"', 'preset = "etherscan"').replace(
        "reference_is = \"account_id\"\nreference_pattern = 'LF-(\\d+)'\n", ""
    )
    rows = b'"Txhash","UnixTimestamp","From","To","Value_IN(ETH)","Status"\n"0xa","1700000000","0xpayer","0xto","0.5",""\n"0xb","1700000001","0xpayer","0xto","0.1","Error(0)"\n'
    got = load(source("card", text), rows)["payments"]
    assert [(p["kind"], p["amount"], p["currency"]) for p in got] == [
        ("payment", Decimal("0.5"), "ETH"),
        ("failed", Decimal("0.1"), "ETH"),
    ]


def test_an_xml_bomb_is_refused():
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    got = load(source("card", MAPPING.replace('preset = "stripe"', 'preset = "camt053"')), bomb)
    assert got["sources"][0]["lines_quarantined"] == 1


def test_a_providers_reply_comes_as_csv_json_or_workbook():
    from openpyxl import Workbook

    reply = '[[source]]\nname="isp"\nkind="subscribers"\nexhibit="R/1"\npath="a"\nzone="UTC"\nformat="{}"\n[source.roles]\nfull_name="Name"\ndate_of_birth="Born"\nphone="Phone"\n'
    book = Workbook()
    book.active.append(["Name", "Born", "Phone"])
    book.active.append(["A Person", "1980-02-03", "+999123"])
    packed = io.BytesIO()
    book.save(packed)
    files = {
        "csv": b"Name,Born,Phone\nA Person,1980-02-03,+999123\n",
        "json": b'[{"Name":"A Person","Born":"1980-02-03","Phone":"+999123"}]',
        "xlsx": packed.getvalue(),
    }
    for form, data in files.items():
        row = load(source("isp", reply.format(form)), data)["accounts"][0]
        assert (row["role"], row["full_name"], row["date_of_birth"], row["phone"]) == (
            "subscriber",
            "A Person",
            "1980-02-03",
            "+999123",
        )


def test_times_say_on_what_they_rest():
    berlin = next(
        s for s in parse_mapping(MAPPING.replace('zone = "UTC"', 'zone = "Europe/Berlin"')).source
    ).clock
    assert berlin.read("2024-01-02 03:04:05", "iso").at.isoformat() == "2024-01-02T02:04:05+00:00"
    assert "ambiguous" in berlin.read("2024-10-27 02:30:00", "iso").basis
    assert berlin.read("1700000000", None).basis == "unix"
    assert Clock(zone="stated", zone_info=None).read("2024-01-02 03:04:05", "iso") is None
    assert Clock(zone="unknown", zone_info=None).read("2024-01-02 03:04:05", "iso").basis == "unknown"


def test_a_day_and_month_that_could_be_swapped_are_not_guessed():
    assert Clock(zone="UTC", zone_info=None).read("03/04/2024", None) is None


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("1.234,50", ",", "1234.5000"),
        ("1,234.50", ".", "1234.5000"),
        ("-3", ".", "-3.0000"),
        ("(4.20)", ".", "-4.2000"),
    ],
)
def test_amounts_follow_the_stated_decimal_mark(text, decimal, amount):
    assert str(read_amount(text, decimal=decimal)).rstrip("0") == amount.rstrip("0")


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("€49.00", "49", "EUR"),
        ("49.00 EUR", "49", "EUR"),
        ("USDT 1.5", "1.5", "USDT"),
        ("1.234,50", "1234.5", None),
        ("-49,00", "-49", None),
        ("49,00-", "-49", None),
        ("−3", "-3", None),
        ("1e-08", "0.00000001", None),
        ("1 234 567,89 zł", "1234567.89", "PLN"),
        ("1'234.50", "1234.5", None),
        ("1,23,456.00", "123456", None),
        ("0,123", "0.123", None),
        ("12345678901.5", "12345678901.5", None),
        ("$5", "5", None),
    ],
)
def test_an_amount_is_exact_in_every_spelling_that_has_one_reading(text, amount, currency):
    read = read_money(text)
    assert (read.value, read.currency) == (Decimal(amount), currency)


def test_a_mark_that_could_be_either_is_what_the_mapping_states():
    assert read_amount("1.234", decimal=".") == Decimal("1.234")
    assert read_amount("1.234", decimal=",") == Decimal(1234)


@pytest.mark.parametrize(
    "text", ["", "ten", "1.2.3", "1,2,3", "1.234,5.6", "--3", "(-3)", "EUR 5 EUR", "1e999"]
)
def test_what_has_no_single_reading_is_no_amount(text):
    assert read_money(text) is None


def test_packed_addresses_are_read():
    assert read_address(bytes([198, 51, 100, 7])) == "198.51.100.7"
    assert read_address(b"c6336407") == "198.51.100.7"
    assert read_address(b"not an address") is None


@given(st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_no_csv_record_disappears(data):
    data = b"a,b\n" + data
    items = list(read_csv(io.BytesIO(data), delimiter=",", charset="utf-8"))
    covered = sorted((i.start, i.end) for i in items if isinstance(i, (NamedRow, Broken)))
    assert isinstance(items[0], Header)
    rest = bytearray(data[4:])
    for start, end in covered:
        rest[start - 4 : end - 4] = b" " * (end - start)
    assert not bytes(rest).strip()


def _directory() -> AccountDirectory:
    directory = AccountDirectory()
    load(mapping().source[0], USERS, directory)
    return directory


@pytest.mark.parametrize(
    ("said", "country"),
    [
        ("dk", "DK"),
        ("uk", "GB"),
        ("XK", "XK"),
        ("ZZ", None),
        ("XX", None),
        ("SU", None),
        ("AN", None),
        ("EU", None),
    ],
)
def test_two_letters_are_a_country_only_where_the_standard_has_them(said, country):
    assert read_country(said) == country
