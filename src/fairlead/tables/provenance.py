"""Tables of the room `provenance`."""

from __future__ import annotations

from fairlead.tables.schema import FLAG, INT, SHA256, SMALL, TEXT, TEXTS, Column, Table

SIGNALS = Table(
    name="signals",
    row="one provenance signal of one content",
    key=("sha256", "signal"),
    written_by="provenance",
    columns=(
        SHA256,
        Column("signal", SMALL, "number of the signal in the content, from 0"),
        Column("kind", TEXT, "SignalKind"),
        Column("finding", TEXT, "what it points to (Finding)"),
        Column("strength", TEXT, "verbal scale (Strength)"),
        Column("signed", FLAG, "true when a signature was checked and is intact"),
        Column("tool", TEXT, "generator or product it names, if any"),
        Column("detail", TEXT, "what was found, without prompt text"),
        Column("caveat", TEXT, "what it does not show, and how it could be forged"),
        Column("offset", INT, "first byte in the content; null when not tied to bytes"),
        Column("length", INT, "length in bytes"),
    ),
)

ORIGINS_OF = Table(
    name="origins_of",
    row="the weighed conclusion about one content's origin",
    key=("sha256",),
    written_by="provenance",
    columns=(
        SHA256,
        Column("conclusion", TEXT, "Conclusion"),
        Column("derived_from_picture", FLAG, "true when a real picture may stand behind it"),
        Column("grounds", TEXTS, "what speaks for the conclusion"),
        Column("contradictions", TEXTS, "what speaks against it"),
    ),
)

TABLES = (SIGNALS, ORIGINS_OF)
