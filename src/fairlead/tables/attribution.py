"""Tables of the room `attribution`."""

from __future__ import annotations

import pyarrow as pa

from fairlead.tables.schema import EXHIBIT, FLAG, INT, LOCATOR, NUMBER, TEXT, TEXTS, TIME, Column, Table

IDENTIFIERS = Table(
    name="identifiers",
    row="one normalised identifier of one record",
    key=("owner", "kind", "value", "role"),
    always=("original", "scope", "holders", "exhibit", "locator"),
    written_by="attribution",
    columns=(
        Column("owner", TEXT, "record that holds it: account or payment id"),
        Column("owner_table", TEXT, "accounts or payments"),
        Column("role", TEXT, "account_user, payer or subscriber (Role)"),
        Column("kind", TEXT, "IdentifierKind"),
        Column("value", TEXT, "normalised value"),
        Column("original", TEXT, "value as stored"),
        Column("valid", FLAG, "false when it fails its own check digits or syntax; kept all the same"),
        Column("scope", TEXT, "personal, household, shared, default, disposable, junk, or after_takeover"),
        Column(
            "country", TEXT, "country the value itself states (IBAN, phone) or its network, null when none"
        ),
        Column(
            "network",
            TEXT,
            "of an address: cgnat, vpn, tor, hosting, mobile, private, university, residential or null",
        ),
        Column("holders", INT, "records that hold the same value"),
        Column("first_at", TIME, "first seen"),
        Column("last_at", TIME, "last seen"),
        Column("days", INT, "distinct days on which it was seen; null when not dated"),
        EXHIBIT,
        LOCATOR,
    ),
)

IDENTIFIER_TEXTS = Table(
    name="identifier_texts",
    row="one text that accounts, payments or log lines hold where an identifier stands, once however often it occurs",
    key=("kind", "original", "region"),
    written_by="attribution",
    columns=(
        Column("kind", TEXT, "IdentifierKind"),
        Column("original", TEXT, "text as stored"),
        Column(
            "region", TEXT, "country of the record, which a telephone number without prefix needs; else empty"
        ),
    ),
)

NORMAL_FORMS = Table(
    name="normal_forms",
    row="one such text and the identifier it stands for; a text of which nothing is left has no row",
    key=("kind", "original", "region"),
    written_by="attribution",
    columns=(
        *IDENTIFIER_TEXTS.columns,
        Column("value", TEXT, "normalised value"),
        Column("valid", FLAG, "false when it fails its own check digits or syntax"),
        Column("scope", TEXT, "personal, household, disposable or junk, as the value itself says"),
        Column("country", TEXT, "country the value itself states, null when none"),
    ),
)

ADDRESSES = Table(
    name="addresses",
    row="one network address and what is known of the range it lies in",
    key=("address",),
    written_by="attribution",
    columns=(
        Column("address", TEXT, "normalised address"),
        Column("country", TEXT, "country of the range, null when nobody says"),
        Column("network", TEXT, "cgnat, vpn, tor, hosting, mobile, private, university, residential or null"),
        Column("range", TEXT, "the narrowest range that says so, null when none does"),
        Column("source", TEXT, "file that holds the range"),
    ),
)

TAKEOVERS = Table(
    name="takeovers",
    row="one account that somebody else may have used from a moment on",
    key=("account",),
    written_by="attribution",
    columns=(
        Column("account", TEXT, "account id"),
        Column("broken_at", TIME, "first access that may be somebody else's"),
    ),
)

_RECORD = pa.struct(
    [
        pa.field("record", TEXT),
        pa.field("role", TEXT),
        pa.field("names", TEXTS),
        pa.field("script", TEXT),
        pa.field("date_of_birth", TEXT),
        pa.field("origin", TEXT),
        pa.field("payers", TEXTS),
        pa.field("copies", pa.list_(pa.struct([pa.field("record", TEXT), pa.field("origin", TEXT)]))),
    ]
)

_PAIR = pa.struct(
    [
        pa.field("left", TEXT),
        pa.field("right", TEXT),
        pa.field("grade", TEXT),
        pa.field("bits", NUMBER),
        pa.field("refusal", TEXT),
        pa.field("pattern", TEXT),
        pa.field("probability", NUMBER),
        pa.field("families", TEXTS),
        pa.field("names", TEXT),
        pa.field("marks", TEXT),
        pa.field("dobs", TEXT),
        pa.field("postcodes", TEXT),
        pa.field("addresses", TEXT),
        pa.field("other_phone", FLAG),
        pa.field("other_iban", FLAG),
        pa.field("same_account", FLAG),
        pa.field("email", TEXT),
        pa.field("ip", TEXT),
        pa.field("device", TEXT),
        pa.field("mail_bears_name", FLAG),
        pa.field(
            "shared",
            pa.list_(
                pa.struct(
                    [
                        pa.field("kind", TEXT),
                        pa.field("value", TEXT),
                        pa.field("held", TEXT),
                        pa.field("holders", INT),
                        pa.field("network", TEXT),
                    ]
                )
            ),
        ),
        pa.field("judgements", TEXTS),
    ]
)

WEBS = Table(
    name="webs",
    row="records that links may join, directly or by way of others, and every pair of them: decided together",
    key=("web",),
    always=(
        "records",
        "records.record",
        "records.role",
        "records.origin",
        "records.copies.record",
        "records.copies.origin",
        "pairs.left",
        "pairs.right",
        "pairs.bits",
        "pairs.families",
        "pairs.shared.kind",
        "pairs.shared.value",
        "pairs.shared.held",
        "pairs.shared.holders",
    ),
    written_by="attribution",
    columns=(
        Column("web", TEXT, "its first record; or `between` and a record, for pairs that can join nothing"),
        Column(
            "records",
            pa.list_(_RECORD),
            "record; role; words of its name and their script; date of birth; origin; records that paid for it; "
            "payments that say "
            "the same as it",
        ),
        Column(
            "pairs",
            pa.list_(_PAIR),
            "two records; grade and rule; bits; why refused; what agrees and what does not; values both hold, with "
            "how many hold them; what people decided",
        ),
    ),
)

LINKS = Table(
    name="links",
    row="one pair of records and what speaks for and against one person behind both",
    key=("left", "right"),
    always=("weight_bits", "families", "reasons", "against", "grade", "decision", "origins"),
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
    always=(
        "grade",
        "members",
        "roles",
        "countries",
        "countries.country",
        "countries.grade",
        "countries.grounds",
        "countries.contradictions",
        "countries.origins",
        "names_person",
        "grounds",
        "against",
        "payers",
        "maybe_same",
        "maybe_same.person",
        "maybe_same.grade",
        "rules",
    ),
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

_STATED = pa.struct(
    [
        pa.field("kind", TEXT),
        pa.field("value", TEXT),
        pa.field("country", TEXT),
        pa.field("origin", TEXT),
    ]
)
_RESIDENCE = pa.struct(
    [
        pa.field("country", TEXT),
        pa.field("late", FLAG),
        pa.field("days", INT),
        pa.field("origin", TEXT),
    ]
)
_MEMBER = pa.struct(
    [
        pa.field("record", TEXT),
        pa.field("role", TEXT),
        pa.field("is_account", FLAG),
        pa.field("status", TEXT),
        pa.field("country", TEXT),
        pa.field("language", TEXT),
        pa.field("zone", TEXT),
        pa.field("payer_country", TEXT),
        pa.field("instrument_country", TEXT),
        pa.field("first_at", TIME),
        pa.field("last_at", TIME),
        pa.field("origin", TEXT),
        pa.field("broken_at", TIME),
        pa.field("mule", FLAG),
        pa.field("stated", pa.list_(_STATED)),
        pa.field("residences", pa.list_(_RESIDENCE)),
    ]
)
_PAID = pa.struct([pa.field("account", TEXT), pa.field("person", TEXT), pa.field("payment", _MEMBER)])
_TOUCHING = pa.struct(
    [
        pa.field("other", TEXT),
        pa.field("decision", TEXT),
        pa.field("grade", TEXT),
        pa.field("rule", TEXT),
        pa.field("reasons", TEXTS),
        pa.field("against", TEXTS),
    ]
)

DOSSIERS = Table(
    name="dossiers",
    row="records that were joined, and everything that says where their person is and who else it may be",
    key=("person",),
    always=(
        "members",
        "members.record",
        "members.role",
        "members.is_account",
        "members.mule",
        "members.origin",
        "members.stated.kind",
        "members.stated.value",
        "members.stated.origin",
        "members.residences.country",
        "members.residences.late",
        "members.residences.days",
        "members.residences.origin",
        "payments.account",
        "payments.person",
        "payments.payment",
        "links.decision",
        "links.grade",
        "links.reasons",
        "links.against",
    ),
    written_by="attribution",
    columns=(
        Column("person", TEXT, "id of the person"),
        Column("members", pa.list_(_MEMBER), "its records, with countries they state and were seen in"),
        Column("payments", pa.list_(_PAID), "payments for its accounts, with the person that each is of"),
        Column("links", pa.list_(_TOUCHING), "links inside it (other is null) and to other persons"),
        Column("probable_group", TEXT, "id shared by persons behind whom one human being probably is"),
        Column("possible_group", TEXT, "the same for possibly"),
    ),
)

TABLES = (
    IDENTIFIER_TEXTS,
    NORMAL_FORMS,
    ADDRESSES,
    TAKEOVERS,
    IDENTIFIERS,
    WEBS,
    LINKS,
    DOSSIERS,
    PERSONS,
)
