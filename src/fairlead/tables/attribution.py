"""Tables of the room `attribution`."""

from __future__ import annotations

import pyarrow as pa

from fairlead.tables.schema import EXHIBIT, FLAG, INT, LOCATOR, NUMBER, TEXT, TEXTS, TIME, Column, Table

IDENTIFIERS = Table(
    name="identifiers",
    row="one normalised identifier of one record",
    key=("owner", "kind", "value", "role"),
    written_by="attribution",
    columns=(
        Column("owner", TEXT, "record that holds it: account or payment id"),
        Column("owner_table", TEXT, "accounts or payments"),
        Column("role", TEXT, "account_user, payer or subscriber (Role)"),
        Column("kind", TEXT, "IdentifierKind"),
        Column("value", TEXT, "normalised value"),
        Column("original", TEXT, "value as stored"),
        Column("valid", FLAG, "false when it fails its own check digits or syntax; kept all the same"),
        Column("scope", TEXT, "personal, shared, disposable, junk, or after_takeover"),
        Column(
            "country", TEXT, "country the value itself states (IBAN, phone) or its network, null when none"
        ),
        Column(
            "network", TEXT, "of an address: cgnat, vpn, tor, hosting, mobile, private, residential or null"
        ),
        Column("holders", INT, "records that hold the same value"),
        Column("first_at", TIME, "first seen"),
        Column("last_at", TIME, "last seen"),
        Column("days", INT, "distinct days on which it was seen; null when not dated"),
        EXHIBIT,
        LOCATOR,
    ),
)

LINKS = Table(
    name="links",
    row="one pair of records and what speaks for and against one person behind both",
    key=("left", "right"),
    written_by="attribution",
    columns=(
        Column("left", TEXT, "record id; the smaller of the two"),
        Column("right", TEXT, "record id"),
        Column("weight_bits", NUMBER, "sum of the capped weights, bits"),
        Column(
            "probability",
            NUMBER,
            "share of such pairs that were one person where it was measured (data/measured.toml); null if not",
        ),
        Column("pattern", TEXT, "rule of linkage.toml that the agreement fulfils, null when none"),
        Column("families", TEXTS, "evidence families that speak for it"),
        Column("reasons", TEXTS, "sentences for, with both values"),
        Column("against", TEXTS, "sentences against"),
        Column("rule", TEXT, "guard rail that refused it, null when none"),
        Column("grade", TEXT, "AttributionGrade the pair alone would support"),
        Column("decision", TEXT, "joined, refused, noted, or the judgement of a person"),
        Column(
            "wider",
            TEXT,
            "grade of the wider group in which this link brings two persons, null when it brings none",
        ),
        Column("origins", TEXTS, "origins of the values, as exhibit:locator"),
    ),
)

_COUNTRY = pa.struct(
    [
        pa.field("country", TEXT),
        pa.field("grade", TEXT),
        pa.field("grounds", TEXTS),
        pa.field("contradictions", TEXTS),
        pa.field("origins", TEXTS),
    ]
)

_MAYBE = pa.list_(pa.struct([pa.field("person", TEXT), pa.field("grade", TEXT)]))

PERSONS = Table(
    name="persons",
    row="one person as far as the records allow",
    key=("person",),
    written_by="attribution",
    columns=(
        Column("person", TEXT, "stable id; the same while its members are"),
        Column("grade", TEXT, "AttributionGrade"),
        Column("members", TEXTS, "record ids joined into the person"),
        Column("roles", TEXTS, "roles the members have"),
        Column(
            "countries", pa.list_(_COUNTRY), "countries with grade, grounds and contradictions, best first"
        ),
        Column("country", TEXT, "country that the grounds support, null when they do not"),
        Column("names_person", FLAG, "true when the evidence allows naming a person in a lead"),
        Column("grounds", TEXTS, "what the grade rests on"),
        Column("against", TEXTS, "what speaks against it, alternatives considered"),
        Column("payers", TEXTS, "persons who paid for these accounts but are not this person"),
        Column(
            "probable_group",
            TEXT,
            "id shared by persons behind whom one human being probably is; roles stay apart in it",
        ),
        Column("possible_group", TEXT, "the same for possibly"),
        Column("maybe_same", _MAYBE, "other persons this one may be, with the grade of the link"),
        Column("rules", TEXTS, "guard rails that applied to this person"),
        Column("first_at", TIME, "first seen"),
        Column("last_at", TIME, "last seen"),
    ),
)

TABLES = (IDENTIFIERS, LINKS, PERSONS)
