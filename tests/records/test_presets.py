"""Every preset reads a made sample of what its program writes: who, what was paid, and what was not."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from fairlead.records.mapping import parse_mapping, preset_names
from fairlead.records.payment_forms import PAYMENT_FORMS
from fairlead.records.preset import PRESETS
from fairlead.terms.errors import UsageError
from tests.records.builders import load, source

DAY = "2026-11-22"


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode() + b"\n"


def dump(table: str, columns: str, *rows: str) -> bytes:
    names = ", ".join(f"`{name}`" for name in columns.split())
    defined = ", ".join(f"`{name}` text" for name in columns.split())
    inserted = ",".join(f"({row})" for row in rows)
    return (
        f"CREATE TABLE `{table}` ({defined});\nINSERT INTO `{table}` ({names}) VALUES {inserted};\n".encode()
    )


def paid(amount: str, currency: str | None, kind: str = "payment", **more: object) -> dict[str, object]:
    return {"amount": Decimal(amount), "currency": currency, "kind": kind, **more}


_USER = {"account": "s:{table}:7", "user_name": "heron", "email": "heron@example.org"}
# 1795349837 is 2026-11-22 12:17:17 UTC
SAMPLES: dict[str, tuple[bytes, str, list[dict[str, object]]]] = {
    "nginx_combined": (
        b'192.0.2.7 - heron [22/Nov/2026:12:17:17 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"\n',
        "accesses",
        [{"ip": "192.0.2.7", "user_name": "heron"}],
    ),
    "phpbb": (
        dump("phpbb_users", "user_id username user_email user_regdate user_ip user_type", "7,'heron','heron@example.org',1795349837,'192.0.2.7',3"),
        "accounts", [{**_USER, "account": "s:phpbb_users:7", "status": "operator", "registered_ip": "192.0.2.7"}],
    ),
    "mybb": (
        dump("mybb_users", "uid username email regdate usergroup", "7,'heron','heron@example.org',1795349837,2"),
        "accounts", [{**_USER, "account": "s:mybb_users:7", "status": "member"}],
    ),
    "xenforo": (
        dump("xf_user", "user_id username email register_date is_staff", "7,'heron','heron@example.org',1795349837,1"),
        "accounts", [{**_USER, "account": "s:xf_user:7", "status": "moderator"}],
    ),
    "wordpress_woocommerce": (
        dump("wp_wc_orders", "id customer_id status currency total_amount date_created_gmt billing_email", "1,7,'wc-completed','EUR','9.00','2026-11-22 12:17:17','a@example.org'", "2,7,'wc-failed','EUR','9.00','2026-11-22 12:17:17','a@example.org'"),
        "payments", [paid("9", "EUR", account="s:wp_users:7"), paid("9", "EUR", "failed")],
    ),
    "discourse": (
        dump("users", "id username name created_at admin ip_address", "7,'heron','H','2026-11-22 12:17:17','t','192.0.2.7'"),
        "accounts", [{"user_name": "heron", "status": "operator", "last_ip": "192.0.2.7"}],
    ),
    "smf": (
        dump("smf_members", "id_member member_name email_address date_registered id_group", "7,'heron','heron@example.org',1795349837,0"),
        "accounts", [{**_USER, "account": "s:smf_members:7", "status": "member"}],
    ),
    "vbulletin": (
        dump("user", "userid username email joindate usergroupid birthday", "7,'heron','heron@example.org',1795349837,6,'02-03-1980'"),
        "accounts", [{**_USER, "account": "s:user:7", "status": "operator", "date_of_birth": "1980-02-03"}],
    ),
    "prestashop": (
        dump("ps_orders", "id_order id_customer reference total_paid_real date_add current_state", "1,7,'XKB','9.00','2026-11-22 12:17:17',2", "2,7,'XKC','9.00','2026-11-22 12:17:17',8", "3,7,'XKD','9.00','2026-11-22 12:17:17',77"),
        "payments", [paid("9", None, account="s:ps_customer:7"), paid("9", None, "failed"), paid("9", None, "unclear")],
    ),
    "opencart": (
        dump("oc_order", "order_id customer_id total currency_code date_added order_status_id ip email", "1,7,'9.0000','EUR','2026-11-22 12:17:17',5,'192.0.2.7','a@example.org'", "2,7,'9.0000','EUR','2026-11-22 12:17:17',0,'192.0.2.7','a@example.org'"),
        "payments", [paid("9", "EUR", ip="192.0.2.7"), paid("9", "EUR", "failed")],
    ),
    "magento": (
        dump("sales_order", "entity_id customer_id increment_id grand_total order_currency_code created_at status customer_email", "1,7,'100','9.00','EUR','2026-11-22 12:17:17','complete','a@example.org'", "2,7,'101','9.00','EUR','2026-11-22 12:17:17','canceled','a@example.org'"),
        "payments", [paid("9", "EUR", account="s:customer_entity:7"), paid("9", "EUR", "failed")],
    ),
    "stripe": (
        csv("id,Description,Amount,Currency,Created (UTC),Customer Email,Status", "pi_1,LF-7,9.00,eur,2026-11-22 12:17,a@example.org,Paid", "pi_2,LF-8,9.00,eur,2026-11-22 12:17,a@example.org,requires_payment_method"),
        "payments", [paid("9", "EUR", payer_email="a@example.org"), paid("9", "EUR", "failed")],
    ),
    "stripe_api": (
        b'{"object":"list","data":[{"id":"ch_1","amount":900,"amount_refunded":0,"currency":"eur","created":1795349837,"status":"succeeded","billing_details":{"email":"a@example.org","address":{"country":"DK"}}},{"id":"ch_2","amount":900,"currency":"eur","created":1795349837,"status":"failed"}]}',
        "payments", [paid("9", "EUR", payer_country="DK"), paid("9", "EUR", "failed")],
    ),
    "paypal": (
        csv('"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","From Email Address","Transaction ID"', '"22/11/2026","12:17:17","CET","Ann Alder","Express Checkout Payment","Completed","EUR","9.00","a@example.org","T1"', '"22/11/2026","12:17:17","CET","Ann Alder","Express Checkout Payment","Denied","EUR","9.00","a@example.org","T2"'),
        "payments", [paid("9", "EUR", payer_name="Ann Alder"), paid("9", "EUR", "failed")],
    ),
    "camt053": (
        b"<D><Ntry><Amt Ccy='EUR'>9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-22</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Ann Alder</Nm></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry><Ntry><Amt Ccy='EUR'>5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts></Ntry></D>",
        "payments", [paid("9", "EUR", payer_name="Ann Alder"), paid("5", "EUR", "refund")],
    ),
    "mt940": (
        b":20:START\r\n:25:10020030/1234\r\n:60F:C261121EUR100,00\r\n:61:2611221122C9,00NTRFLF-7//B1\r\n:86:166?00CREDIT?20LF-7 vault?31DE89370400440532013000?32Ann?33 Alder\r\n:61:2611221122D5,NTRFNONREF\r\n:86:/NAME/Shop/REMI/rent/\r\n:62F:C261122EUR104,00\r\n-\r\n",
        "payments", [paid("9", "EUR", payer_name="Ann Alder", reference="LF-7 vault", instrument="DE89370400440532013000"), paid("5", "EUR", "withdrawal", payer_name="Shop", reference="rent")],
    ),
    "ofx": (
        b"OFXHEADER:100\n<OFX><CURDEF>EUR\n<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>20261122131717[+1:CET]\n<TRNAMT>9.00\n<FITID>F1\n<NAME>Ann Alder\n<MEMO>LF-7\n</STMTTRN></OFX>",
        "payments", [paid("9", "EUR", payer_name="Ann Alder", reference="LF-7")],
    ),
    "qif": (
        b"!Type:Bank\nD22/11'2026\nT9.00\nPAnn Alder\nMLF-7\n^\nD01/12'2026\nT-5.00\nPShop\n^\n",
        "payments", [paid("9", None, payer_name="Ann Alder", reference="LF-7"), paid("5", None, "refund")],
    ),
    "revolut": (
        csv("Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance", "TOPUP,Current,2026-11-22 12:17:10,2026-11-22 12:17:17,Payment from Ann Alder,9.00,0.00,EUR,COMPLETED,9.00", "CARD_PAYMENT,Current,2026-11-22 12:17:10,2026-11-22 12:17:17,Baker,-5.00,0.00,EUR,COMPLETED,4.00", "TOPUP,Current,2026-11-22 12:17:10,2026-11-22 12:17:10,x,9.00,0.00,EUR,REVERTED,4.00"),
        "payments", [paid("9", "EUR"), paid("5", "EUR", "withdrawal"), paid("9", "EUR", "failed")],
    ),
    "wise": (
        csv('"TransferWise ID",Date,Amount,Currency,Description,"Payment Reference","Running Balance","Payer Name"', "T1,22-11-2026,9.00,EUR,Received money,LF-7,9.00,Ann Alder"),
        "payments", [paid("9", "EUR", payer_name="Ann Alder", reference="LF-7")],
    ),
    "kraken": (
        csv('"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"', '"L1","R1","2026-11-22 12:17:17","deposit","","currency","XXBT","0.0009","0","1"', '"L2","R2","2026-11-22 12:17:17","trade","","currency","XXBT","0.5","0","1"'),
        "payments", [paid("0.0009", "XXBT"), paid("0.5", "XXBT", "withdrawal")],
    ),
    "binance": (
        csv('"User_ID","UTC_Time","Account","Operation","Coin","Change","Remark"', '"1","2026-11-22 12:17:17","Spot","Deposit","BTC","0.0009",""', '"1","2026-11-22 12:17:17","Spot","Something New","BTC","0.1",""'),
        "payments", [paid("0.0009", "BTC"), paid("0.1", "BTC", "unclear")],
    ),
    "coinbase": (
        csv("", "Transactions", "User,Ann Alder,5c1", "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Notes", "1,2026-11-22 12:17:17 UTC,Receive,BTC,0.0009,EUR,from a friend", "2,2026-11-22 12:17:17 UTC,Buy,BTC,0.1,EUR,"),
        "payments", [paid("0.0009", "BTC", reference="from a friend"), paid("0.1", "BTC", "withdrawal")],
    ),
    "kofi": (
        csv("DateTime (UTC),From,Message,Item,Received,Given,Currency,TransactionType,TransactionId,Email", "2026-11-22 12:17,Ann Alder,thanks,,9.00,,EUR,Donation,t1,a@example.org"),
        "payments", [paid("9", "EUR", payer_name="Ann Alder", payer_email="a@example.org")],
    ),
    "btcpay": (
        csv("ReceivedDate,StoreId,OrderId,InvoiceId,PaymentId,CryptoCode,Paid,InvoiceStatus,BuyerEmail", "2026-11-22 12:17:17,s,LF-7,i1,p1,BTC,0.0009,Settled,a@example.org", "2026-11-22 12:17:17,s,LF-8,i2,p2,BTC,0.0009,Expired,"),
        "payments", [paid("0.0009", "BTC", reference="LF-7"), paid("0.0009", "BTC", "failed")],
    ),
    "monero_wallet": (
        b'{"id":"0","jsonrpc":"2.0","result":{"in":[{"txid":"a1","amount":9000000000000,"payment_id":"00","timestamp":1795349837,"type":"in"}],"out":[{"txid":"b1","amount":5000000000000,"payment_id":"00","timestamp":1795349837,"type":"out"}]}}',
        "payments", [paid("9", "XMR"), paid("5", "XMR", "withdrawal")],
    ),
    "bitcoin_core": (
        b'[{"txid":"a1","address":"bc1q","category":"receive","amount":0.0009,"time":1795349837},{"txid":"b1","address":"bc1q","category":"send","amount":-0.5,"time":1795349837}]',
        "payments", [paid("0.0009", "BTC"), paid("0.5", "BTC", "withdrawal")],
    ),
    "etherscan": (
        csv("Txhash,UnixTimestamp,From,To,Value_IN(ETH),Status", "0xa1,1795349837,0xaa,0xbb,0.9,", "0xa2,1795349837,0xaa,0xbb,0.9,Error(0)"),
        "payments", [paid("0.9", "ETH", reference="0xbb"), paid("0.9", "ETH", "failed")],
    ),
    "wallet_list": (
        csv("txid,time,from,to,amount,currency", "a1,2026-11-22T12:17:17Z,bc1a,bc1b,0.0009,BTC"),
        "payments", [paid("0.0009", "BTC", reference="bc1b")],
    ),
}  # fmt: skip


def of(name: str):
    kind = PRESETS.get(name).of
    text = f'[[source]]\nname="s"\nkind="{kind}"\nexhibit="X/1"\npath="a"\nzone="UTC"\npreset="{name}"\n'
    return source("s", text)


@pytest.mark.parametrize("name", list(preset_names()))
def test_a_preset_reads_what_its_program_writes(name):
    data, table, wanted = SAMPLES[name]
    got = load(of(name), data)
    assert not got.get("quarantine")
    rows = got[table]
    assert len(rows) == len(wanted)
    for row, expected in zip(rows, wanted, strict=True):
        assert {key: row[key] for key in expected} == expected
    assert not {"unread_values"} & got.keys() or name in ("prestashop", "binance")
    times = [row.get("paid_at") or row.get("registered_at") or row.get("at") for row in rows]
    assert str(times[0]).startswith(DAY)


@pytest.mark.parametrize("name", list(preset_names()))
def test_a_preset_says_what_it_is_of_and_where_its_format_is_published(name):
    preset = PRESETS.get(name)
    assert preset.about.endswith(".")
    assert preset.origin.startswith(("https://", "docs/"))


@pytest.mark.parametrize(
    ("header", "row", "denied"),
    [
        ('"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Absender E-Mail-Adresse","Transaktionscode"', '"22.11.2026","13:17:17","CET","Ann Alder","Express-Zahlung","{}","EUR","1.009,50","a@example.org","T{}"', ("Abgeschlossen", "Abgelehnt")),
        ('"Date","Heure","Fuseau horaire","Nom","Type","État","Devise","Avant commission","De l\'adresse email","Numéro de transaction"', '"22/11/2026","13:17:17","CET","Ann Alder","Paiement Express Checkout","{}","EUR","1009,50","a@example.org","T{}"', ("Terminé", "Refusé")),
        ('"Fecha","Hora","Zona horaria","Nombre","Tipo","Estado","Divisa","Bruto","Remitente","Id. de transacción"', '"22/11/2026","13:17:17","CET","Ann Alder","Pago","{}","EUR","1009,50","a@example.org","T{}"', ("Completado", "Denegado")),
        ('"Data","Orario","Fuso orario","Nome","Tipo","Stato","Valuta","Lordo","Indirizzo email mittente","Codice transazione"', '"22/11/2026","13:17:17","CET","Ann Alder","Pagamento Express Checkout","{}","EUR","1009,50","a@example.org","T{}"', ("Completata", "Rifiutata")),
        ('"Datum","Tijd","Tijdzone","Naam","Type","Status","Valuta","Bruto","Van e-mailadres","Transactie-ID"', '"22/11/2026","13:17:17","CET","Ann Alder","Algemene betaling","{}","EUR","1009,50","a@example.org","T{}"', ("Voltooid", "Geweigerd")),
    ],
    ids=["German", "French", "Spanish", "Italian", "Dutch"],
)  # fmt: skip
def test_an_export_of_paypal_in_another_language_is_read_alike(header, row, denied):
    rows = [row.format(state, number) for number, state in enumerate((*denied, "Qwerty"))]
    got = load(of("paypal"), csv(header, *rows))["payments"]
    assert [(one["kind"], one["amount"]) for one in got] == [
        ("payment", Decimal("1009.50")), ("failed", Decimal("1009.50")), ("unclear", Decimal("1009.50")),
    ]  # fmt: skip
    assert {(one["payer_name"], one["payer_email"], str(one["paid_at"])) for one in got} == {
        ("Ann Alder", "a@example.org", "2026-11-22 12:17:17+00:00")
    }


def test_a_format_of_payments_that_is_not_registered_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match=f"format is one of: {', '.join(PAYMENT_FORMS.names())}"):
        parse_mapping(
            '[[source]]\nname="s"\nkind="payments"\nexhibit="X"\npath="a"\nzone="UTC"\nformat="mt941"\n'
        )


@pytest.mark.parametrize("form", ["mt940", "ofx", "qif"])
def test_a_statement_that_is_none_is_told(form):
    got = load(of(form), b"nothing of the kind\n")
    assert [row["reason"].startswith("not a") for row in got["quarantine"]] == [True]


def test_a_header_that_does_not_come_is_told_with_every_line():
    got = load(of("coinbase"), csv("a", "b,c", "d"))
    assert [(row["reason"], row["rows"]) for row in got["quarantine"]] == [
        ("no header with a column Timestamp", 3)
    ]


def test_an_amount_in_smaller_units_is_divided_as_its_currency_has_them():
    told = {"id": "ch_1", "amount": 2000, "created": 1714521600, "status": "succeeded", "captured": True}
    charges = [told | {"id": f"ch_{code}", "currency": code} for code in ("eur", "jpy", "kwd", "isk", "mga")]
    got = load(of("stripe_api"), json.dumps({"data": charges}).encode())
    assert [str(row["amount"].normalize()) for row in got["payments"]] == [
        "2E+1",
        "2E+3",
        "2",
        "2E+1",
        "2E+3",
    ]


def test_what_was_authorised_and_never_captured_and_what_no_block_holds_is_not_paid():
    told = {"amount": 2000, "currency": "eur", "created": 1714521600, "status": "succeeded"}
    charges = [
        told | {"id": "a", "captured": False},
        told | {"id": "b", "captured": True},
        told | {"id": "c"},
    ]
    got = load(of("stripe_api"), json.dumps({"data": charges}).encode())
    assert [row["kind"] for row in got["payments"]] == ["pending", "payment", "payment"]
    received = {"category": "receive", "amount": 0.3, "time": 1714521600, "address": "x"}
    rows = [received | {"txid": str(n), "confirmations": n} for n in (-3, 0, 1)]
    got = load(of("bitcoin_core"), json.dumps(rows).encode())
    assert [row["kind"] for row in got["payments"]] == ["failed", "pending", "payment"]
