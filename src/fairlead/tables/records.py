"""Tables of the room `records`: what the platform itself kept."""

from __future__ import annotations

from fairlead.tables.schema import EXHIBIT, INT, LOCATOR, MONEY, SMALL, TEXT, TEXTS, TIME, Column, Table

_ORIGIN = (EXHIBIT, LOCATOR)
_ORIGINAL = Column("original", TEXT, "the row's mapped values as they stood, JSON")
_TIME_BASIS = Column(
    "time_basis",
    TEXT,
    "how times became UTC: unix, stated, a zone's name (with 'ambiguous hour' where clocks went back), or "
    "unknown (read as UTC, may be off by up to 14 hours)",
)

ACCOUNTS = Table(
    name="accounts",
    row="one account of the platform, or one subscriber record of a provider",
    key=("account",),
    always=("source", "role", "original", "exhibit", "locator"),
    written_by="records",
    columns=(
        Column("account", TEXT, "source name, table where the source has tables, and the platform's own id"),
        Column("source", TEXT, "name of the source in the mapping"),
        Column("role", TEXT, "account_user or subscriber (Role)"),
        Column("user_name", TEXT, "user name as stored"),
        Column("full_name", TEXT, "name as stored"),
        Column("date_of_birth", TEXT, "ISO date as stored or null"),
        Column("email", TEXT, "e-mail address as stored"),
        Column("phone", TEXT, "telephone number as stored"),
        Column("registered_at", TIME, "registration"),
        Column("registered_ip", TEXT, "address at registration"),
        Column("last_seen_at", TIME, "last activity as stored"),
        Column("last_ip", TEXT, "last address as stored"),
        Column("device", TEXT, "device key as stored"),
        Column("country", TEXT, "country the record itself states, ISO 3166-1 alpha-2"),
        Column("postcode", TEXT, "postcode as stored"),
        Column("address", TEXT, "postal address as stored"),
        Column("language", TEXT, "language setting"),
        Column("zone", TEXT, "time zone setting"),
        Column("password_key", TEXT, "salted in-case digest of the stored password hash; equality only"),
        Column("status", TEXT, "role or state on the platform, e.g. member, moderator, operator, test"),
        Column("instrument_kind", TEXT, "iban, card or wallet named by a provider reply"),
        Column("instrument", TEXT, "the instrument as stored"),
        _TIME_BASIS,
        _ORIGINAL,
        *_ORIGIN,
    ),
)

PAYMENTS = Table(
    name="payments",
    row="one payment, refund or chargeback",
    key=("payment",),
    always=("source", "kind", "amount", "original", "exhibit", "locator"),
    written_by="records",
    columns=(
        Column("payment", TEXT, "source name, table where the source has tables, and the processor's own id"),
        Column("source", TEXT, "name of the source in the mapping"),
        Column("account", TEXT, "account the row names, null when none"),
        Column("reference", TEXT, "free reference or purpose as stored"),
        Column(
            "kind",
            TEXT,
            "payment, pending, refund, chargeback, failed, withdrawal or unclear (PaymentKind); only payment is paid",
        ),
        Column("amount", MONEY, "amount in the currency's major unit, never negative"),
        Column("currency", TEXT, "ISO 4217, or the name of a token"),
        Column("paid_at", TIME, "booking time"),
        Column("payer_name", TEXT, "name as stored"),
        Column("payer_email", TEXT, "e-mail address as stored"),
        Column("payer_phone", TEXT, "telephone number as stored"),
        Column("payer_country", TEXT, "billing country, ISO 3166-1 alpha-2"),
        Column("payer_postcode", TEXT, "billing postcode"),
        Column("instrument_kind", TEXT, "iban, card, card_tail (last digits alone), wallet or account"),
        Column("instrument", TEXT, "IBAN, card fingerprint or wallet address as stored"),
        Column("instrument_country", TEXT, "country of the issuer, ISO 3166-1 alpha-2"),
        Column("ip", TEXT, "address the processor saw"),
        _TIME_BASIS,
        _ORIGINAL,
        *_ORIGIN,
    ),
)

ACCESSES = Table(
    name="accesses",
    row="one line of an access log",
    key=("exhibit", "locator"),
    written_by="records",
    columns=(
        *_ORIGIN,
        Column("source", TEXT, "name of the source in the mapping"),
        Column("account", TEXT, "account the line names, null when none"),
        Column("user_name", TEXT, "user name the line names, as stored"),
        Column("at", TIME, "time of the request"),
        _TIME_BASIS,
        Column("zone_offset_minutes", SMALL, "offset from UTC that the line states, minutes"),
        Column("ip", TEXT, "client address"),
        Column("port", SMALL, "client port; null when the format has none"),
        Column("method", TEXT, "request method"),
        Column("path", TEXT, "request path, cut at 2 KiB"),
        Column("status", SMALL, "response status"),
        Column("size_bytes", INT, "bytes sent"),
        Column("agent", TEXT, "user agent, cut at 512 bytes"),
    ),
)

EVENTS = Table(
    name="events",
    row="one dated event of an account in the platform's own tables: a message, an upload, a session",
    key=("event",),
    always=("source", "kind", "original", "exhibit", "locator"),
    written_by="records",
    columns=(
        Column("event", TEXT, "source name, table and the platform's own id, or the row's first byte"),
        Column("source", TEXT, "name of the source in the mapping"),
        Column("account", TEXT, "account whose event it is, null when none"),
        Column("kind", TEXT, "PlatformAct the mapping gives it"),
        Column("at", TIME, "time of the event"),
        Column("ip", TEXT, "address as stored"),
        Column("device", TEXT, "device key as stored"),
        Column("agent", TEXT, "user agent, cut at 512 bytes"),
        Column("object", TEXT, "path or reference of the content concerned"),
        Column("counterpart", TEXT, "the other account, e.g. who received a message"),
        _TIME_BASIS,
        _ORIGINAL,
        *_ORIGIN,
    ),
)

ACTS = Table(
    name="acts",
    row="one kind of conduct of one account over a period",
    key=("act",),
    always=("kind", "account", "events", "rule", "origins", "exhibit", "locator"),
    written_by="records",
    columns=(
        Column("act", TEXT, "stable id"),
        Column("kind", TEXT, "PlatformAct"),
        Column("account", TEXT, "account whose conduct it is"),
        Column("payment", TEXT, "payment, where the act is one"),
        Column("from_at", TIME, "first event"),
        Column("to_at", TIME, "last event"),
        Column("events", INT, "number of events"),
        Column("rule", TEXT, "name of the rule that derived it"),
        Column("sha256s", TEXTS, "contents concerned, where the records name them"),
        Column("origins", TEXTS, "origins of the rows behind it, at most 50, as exhibit:locator"),
        *_ORIGIN,
    ),
)

QUARANTINE = Table(
    name="quarantine",
    row="one line or row that could not be read",
    key=("exhibit", "locator"),
    always=("source", "reason"),
    written_by="records",
    columns=(
        *_ORIGIN,
        Column("source", TEXT, "name of the source in the mapping"),
        Column("reason", TEXT, "why it could not be read, without content"),
        Column("length", INT, "length, bytes; null for a row of a database file"),
        Column("rows", INT, "rows lost with it; 1 for a line, null when unknown"),
    ),
)

SOURCES = Table(
    name="sources",
    row="one record file that a mapping named, and what came of it",
    key=("source", "exhibit", "locator"),
    always=(
        "kind",
        "zone",
        "clock_offset_seconds",
        "fields_unread",
        "lines_in",
        "lines_parsed",
        "lines_quarantined",
        "lines_skipped",
    ),
    written_by="records",
    columns=(
        Column("source", TEXT, "name of the source in the mapping"),
        *_ORIGIN,
        Column("kind", TEXT, "sql_dump, sqlite, access_log, payments, subscribers"),
        Column("zone", TEXT, "zone the mapping states for times without one: UTC, a name, stated or unknown"),
        Column("clock_offset_seconds", INT, "seconds by which the clock was fast, taken off every time"),
        Column("clock_evidence", TEXT, "how that offset was found"),
        Column("fields_unread", INT, "values kept in `original` that are not what the mapping says"),
        Column("lines_in", INT, "lines or rows in the file"),
        Column("lines_parsed", INT, "lines or rows that became rows of a table"),
        Column("lines_quarantined", INT, "lines or rows in quarantine"),
        Column("lines_skipped", INT, "lines that carry no record: comments, DDL, header, tables not mapped"),
    ),
)

UNREAD_VALUES = Table(
    name="unread_values",
    row="one value of a mapped column that could not be read, of a row that was kept",
    key=("exhibit", "locator", "role"),
    always=("source", "column", "reason"),
    written_by="records",
    columns=(
        *_ORIGIN,
        Column("role", TEXT, "what the mapping takes the column for"),
        Column("source", TEXT, "name of the source in the mapping"),
        Column("table", TEXT, "table of the source; null where it has none"),
        Column("column", TEXT, "name of the column"),
        Column("reason", TEXT, "why it could not be read, without content"),
    ),
)

PASSED_OVER = Table(
    name="passed_over",
    row="lines or rows of one record file that carry no record, or that no mapping asks for, by what they are",
    key=("source", "exhibit", "locator", "kind", "name"),
    always=("rows",),
    written_by="records",
    columns=(
        Column("source", TEXT, "name of the source in the mapping"),
        *_ORIGIN,
        Column("kind", TEXT, "table (not mapped), absent (mapped, and not in the file), header, blank"),
        Column("name", TEXT, "name of the table; empty for the others"),
        Column("rows", INT, "lines or rows"),
    ),
)

READINGS = Table(
    name="readings",
    row="how one record file was read, and how many lines or rows another count found in it",
    key=("source", "exhibit", "locator"),
    always=("rows_read", "places_unknown"),
    written_by="records",
    columns=(
        Column("source", TEXT, "name of the source in the mapping"),
        *_ORIGIN,
        Column("dialect", TEXT, "whose words a dump is in; null for others"),
        Column("dialect_reason", TEXT, "by which signs that was recognised, or that the mapping says so"),
        Column(
            "rows_counted",
            INT,
            "lines or rows by a second count that shares no code with the reader; null where there is none",
        ),
        Column(
            "rows_read",
            INT,
            "lines or rows that the reader accounts for: parsed, passed over, and known to be in quarantine",
        ),
        Column("places_unknown", INT, "places in quarantine of which nobody knows how many rows they hold"),
    ),
)

STEPS = Table(
    name="steps",
    row="one row of a table of the platform through which a join of the mapping goes: a value, and the next one",
    key=("exhibit", "locator", "key_column", "value_column"),
    always=("source", "table", "key", "value"),
    written_by="records",
    columns=(
        *_ORIGIN,
        Column("source", TEXT, "name of the source in the mapping"),
        Column("table", TEXT, "table, as the mapping calls it"),
        Column("key_column", TEXT, "its column in which a value is looked for"),
        Column("key", TEXT, "the value there, as stored"),
        Column("value_column", TEXT, "its column that gives the next value"),
        Column("value", TEXT, "the next value, as stored"),
    ),
)

LOOKUPS = Table(
    name="lookups",
    row="one row that names no account itself, the value by which its account was looked for, and what came of it",
    key=("exhibit", "locator", "rows_of"),
    always=("source", "way", "value"),
    written_by="records",
    columns=(
        *_ORIGIN,
        Column("rows_of", TEXT, "table of the row: accesses, payments or events"),
        Column("source", TEXT, "name of the source in the mapping"),
        Column("way", TEXT, "the join of the mapping, in words"),
        Column("value", TEXT, "the value that was looked for, as stored"),
        Column("account", TEXT, "account that was found, null when none"),
        Column(
            "outcome",
            TEXT,
            "found, no_row (a table on the way has no such row), several (its rows give different values), "
            "no_account, several_accounts",
        ),
        Column("lost_at", TEXT, "table at which the way ended, null when the account was found"),
        Column("through", TEXTS, "origins of the rows on the way, as exhibit:locator"),
    ),
)

VALIDITY = Table(
    name="validity",
    row="from when to when a provider's reply says that one subscriber record holds",
    key=("account",),
    always=("source", "exhibit", "locator"),
    written_by="records",
    columns=(
        Column("account", TEXT, "subscriber record, as in accounts"),
        Column("source", TEXT, "name of the source in the mapping"),
        Column("from_at", TIME, "from when on; null when the reply does not say"),
        Column("to_at", TIME, "until when; null when the reply does not say"),
        _TIME_BASIS,
        *_ORIGIN,
    ),
)

TABLES = (
    ACCOUNTS, PAYMENTS, ACCESSES, EVENTS, ACTS, QUARANTINE, SOURCES, UNREAD_VALUES, PASSED_OVER, READINGS, STEPS, LOOKUPS,
    VALIDITY,
)  # fmt: skip
