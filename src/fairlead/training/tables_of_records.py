"""The access log, the payment export and the provider's replies as files."""

from __future__ import annotations

import csv
import io
import random

from fairlead.training.conduct import Conduct, Visit

GARBAGE_LINES = 12


def write_log(visits: list[Visit], seed: int) -> tuple[bytes, int]:
    """An nginx combined log with some lines of binary garbage in it; returns it and their number."""
    rng = random.Random(f"{seed}/log")
    lines = [_line(visit) for visit in visits]
    garbage = min(GARBAGE_LINES, len(lines))
    for _ in range(garbage):
        junk = bytes(rng.choice(b'\x00\x01\x16\x03\xff\xfe"[]{} GET') for _ in range(rng.randrange(5, 60)))
        lines.insert(rng.randrange(len(lines)), junk.replace(b"\n", b"\x00") + b"\xff")
    return b"\n".join(lines) + b"\n", garbage


def _line(visit: Visit) -> bytes:
    at = visit.at.strftime("%d/%b/%Y:%H:%M:%S +0000")
    request = f"{visit.method} {visit.path} HTTP/1.1"
    return (
        f'{visit.ip} - {visit.user_name} [{at}] "{request}" {visit.status} {visit.size} "-" "{visit.agent}"'
    ).encode()


def write_payments(conduct: Conduct) -> bytes:
    """A payment processor's CSV export; refunds and chargebacks are rows of their own."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(
        ["id", "Created (UTC)", "Type", "Amount", "Currency", "Customer Name", "Customer Email", "Billing Country",
         "Method", "Instrument", "Customer IP", "user_id (metadata)"]
    )  # fmt: skip
    for p in conduct.payments:
        writer.writerow(
            [p.reference, p.at.strftime("%Y-%m-%d %H:%M:%S"), p.kind, p.amount, p.currency, p.name, p.email,
             p.country, p.instrument_kind, p.instrument, p.ip, p.account]
        )  # fmt: skip
    return buffer.getvalue().encode()


def write_replies(conduct: Conduct) -> bytes:
    """An access provider's answer about subscribers."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(
        [
            "reference",
            "name",
            "date_of_birth",
            "email",
            "phone",
            "country",
            "postcode",
            "address_assigned",
            "iban",
        ]
    )
    for r in conduct.replies:
        writer.writerow(
            [r.reference, r.full_name, r.born, r.email, r.phone, r.country, r.postcode, r.ip, r.iban]
        )
    return buffer.getvalue().encode()


def write_networks() -> bytes:
    """Which made-up network belongs to which country, and which are carrier, VPN or hosting networks."""
    from fairlead.terms.countries import PARTICIPANTS

    rows = ["cidr,country,kind"]
    rows += [
        f"2001:db8:{index + 1:x}::/48,{code},residential" for index, code in enumerate(sorted(PARTICIPANTS))
    ]
    rows += ["2001:db8:60::/48,DK,residential", "198.18.0.0/16,,vpn", "100.64.0.0/10,,cgnat"]
    return ("\n".join(rows) + "\n").encode()
