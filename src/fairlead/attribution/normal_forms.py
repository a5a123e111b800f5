"""Every text that may identify somebody, once, and the identifier that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from fairlead.attribution.normalise import normalise
from fairlead.attribution.partition import part_of, parts_for
from fairlead.attribution.shipped import digest_of_shipped
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import IDENTIFIER_TEXTS, NORMAL_FORMS
from fairlead.tables.records import ACCESSES, ACCOUNTS, EVENTS, PAYMENTS, VALIDITY
from fairlead.terms.platform import IdentifierKind

TEXTS_A_PART = 50_000

_ACCOUNT_KINDS = {
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phone",
    IdentifierKind.USER_NAME: "user_name",
    IdentifierKind.NAME: "full_name",
    IdentifierKind.DATE_OF_BIRTH: "date_of_birth",
    IdentifierKind.POSTCODE: "postcode",
    IdentifierKind.DEVICE: "device",
    IdentifierKind.PASSWORD: "password_key",
}
_PAYMENT_KINDS = {
    IdentifierKind.EMAIL: "payer_email",
    IdentifierKind.PHONE: "payer_phone",
    IdentifierKind.NAME: "payer_name",
    IdentifierKind.POSTCODE: "payer_postcode",
    IdentifierKind.IP: "ip",
}


def raw_sql() -> str:
    """Every identifier as stored, with its owner, a region (see IDENTIFIER_TEXTS), its period and its origin.

    The period of a reply that says from when to when it holds is that one.
    """
    parts = [
        f"""SELECT account, 'accounts', role, '{kind}', {column}, country,
            coalesce(from_at, registered_at), coalesce(to_at, from_at, last_seen_at, registered_at), NULL::BIGINT,
            exhibit, locator FROM held WHERE {column} IS NOT NULL"""
        for kind, column in _ACCOUNT_KINDS.items()
    ]
    parts += [
        f"""SELECT account, 'accounts', role, 'ip', {column}, NULL,
            coalesce(from_at, {at}), coalesce(to_at, from_at, {at}), 1, exhibit, locator FROM held
            WHERE {column} IS NOT NULL"""
        for column, at in (("registered_ip", "registered_at"), ("last_ip", "last_seen_at"))
    ]
    parts.append(
        """SELECT account, 'accounts', role, instrument_kind, instrument, NULL,
        coalesce(from_at, registered_at), coalesce(to_at, from_at, last_seen_at), NULL, exhibit, locator
        FROM held WHERE instrument IS NOT NULL
        AND instrument_kind IN ('iban', 'card', 'wallet')"""
    )
    parts += [
        f"""SELECT payment, 'payments', 'payer', '{kind}', {column}, payer_country, paid_at, paid_at, 1,
            exhibit, locator FROM payments WHERE {column} IS NOT NULL"""
        for kind, column in _PAYMENT_KINDS.items()
    ]
    parts.append(
        """SELECT payment, 'payments', 'payer', instrument_kind, instrument, NULL, paid_at, paid_at, 1, exhibit,
        locator FROM payments WHERE instrument IS NOT NULL AND instrument_kind IN ('iban', 'card', 'wallet')"""
    )
    for table, column, kind in (
        ("accesses", "ip", "ip"),
        ("events", "ip", "ip"),
        ("events", "device", "device"),
    ):
        parts.append(
            f"""SELECT account, 'accounts', 'account_user', '{kind}', {column}, NULL, min("at"), max("at"),
            count(DISTINCT "at"::DATE), arg_min(exhibit, "at"), arg_min(locator, "at")
            FROM {table} WHERE account IS NOT NULL AND {column} IS NOT NULL GROUP BY account, {column}"""
        )
    columns = "owner, owner_table, role, kind, original, hint, first_at, last_at, days, exhibit, locator"
    return f"""WITH held AS (SELECT a.*, v.from_at, v.to_at FROM accounts a LEFT JOIN validity v USING (account)),
        raw({columns}) AS ({" UNION ALL ".join(parts)})
        SELECT * EXCLUDE (hint), CASE WHEN kind = 'phone' THEN coalesce(hint, '') ELSE '' END AS region FROM raw"""


class TextsStage:
    """Accounts, payments, accesses and events to IDENTIFIER_TEXTS, in parts of about 50,000."""

    name = "identifier texts"
    version = "3"
    reads: tuple[Table, ...] = (ACCOUNTS, PAYMENTS, ACCESSES, EVENTS, VALIDITY)
    writes = IDENTIFIER_TEXTS

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield the texts in the order of their parts, kinds and letters."""
        catalogue.prepare(
            f"CREATE TEMP TABLE texts_found AS SELECT DISTINCT kind, original, region FROM ({raw_sql()})"
        )
        parts = parts_for(catalogue.scalar("SELECT count(*) FROM texts_found"), TEXTS_A_PART)
        statement = f"""SELECT {part_of("original", parts)} AS part, kind, original, region FROM texts_found
            ORDER BY part, kind, original, region"""
        for part, rows in catalogue.runs(statement, "part"):
            yield f"{part:05d}", rows.cast(IDENTIFIER_TEXTS.schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormaliseStage:
    """IDENTIFIER_TEXTS to NORMAL_FORMS, each text by itself."""

    name: str = "normal forms"
    version: str = field(default_factory=lambda: f"2-{digest_of_shipped('values.toml', 'names.toml')}")
    reads: Table = IDENTIFIER_TEXTS
    writes: Table = NORMAL_FORMS
    rows_per_task: int = TEXTS_A_PART

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the normal forms of a batch; a text of which nothing is left has none."""
        for batch in batches:
            rows = []
            columns = (column.to_pylist() for column in batch.columns)
            for kind, original, region in zip(*columns, strict=True):
                normal = normalise(IdentifierKind(kind), original, region or None)
                if normal is not None:
                    rows.append(
                        {
                            "kind": kind, "original": original, "region": region, "value": normal.value,
                            "valid": normal.valid, "scope": normal.scope, "country": normal.country,
                        }
                    )  # fmt: skip
            yield NORMAL_FORMS.batch(rows)
