"""Tables of the room `law`."""

from __future__ import annotations

import pyarrow as pa

from fairlead.tables.schema import FLAG, TEXT, TEXTS, Column, Table

ASSESSMENTS = Table(
    name="assessments",
    row="what law may apply to one act of one person in one jurisdiction over one period",
    key=("person", "jurisdiction", "act", "legal_act", "image", "age_band", "from_on"),
    always=("to_on", "verdict"),
    written_by="law",
    columns=(
        Column("person", TEXT, "person id"),
        Column("jurisdiction", TEXT, "jurisdiction code, e.g. GB-EAW"),
        Column("act", TEXT, "id of the act in the table acts"),
        Column("legal_act", TEXT, "LegalAct the conduct is asked under"),
        Column("image", TEXT, "ImageClass"),
        Column("age_band", TEXT, "AgeBand"),
        Column("from_on", pa.date32(), "first day of the period"),
        Column("to_on", pa.date32(), "last day of the period"),
        Column("verdict", TEXT, "LawVerdict"),
        Column("provisions", TEXTS, "ids of the records relied on"),
        Column("citations", TEXTS, "their citations"),
        Column("gaps", TEXTS, "ids of gap records"),
        Column("open_questions", TEXTS, "what a lawyer must still answer"),
        Column("cautions", TEXTS, "caps, lex mitior and other warnings"),
        Column("upcoming", TEXTS, "ids of bills and provisions not in force"),
        Column("ranges", TEXTS, "record id: the range of penalty that the stated facts allow, in words"),
        Column("standing", TEXTS, "questions of every case, answered by a record or open"),
        Column("terms", TEXTS, "terms of the law, in its language = in English"),
        Column(
            "lex_mitior",
            FLAG,
            "true when a later version is milder in maximum, minimum or kind; null when one cannot be compared",
        ),
    ),
)

TABLES = (ASSESSMENTS,)
