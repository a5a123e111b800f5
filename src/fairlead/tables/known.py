"""Tables of the room `known`."""

from __future__ import annotations

from fairlead.tables.schema import EXHIBIT, FLAG, LOCATOR, SHA256, SMALL, TEXT, Column, Table

KNOWN = Table(
    name="known",
    row="one entry of a hash set",
    key=("set", "entry"),
    written_by="known",
    columns=(
        Column("set", TEXT, "name of the hash set here"),
        Column("entry", TEXT, "algorithm:value, unique in the set"),
        Column("version", TEXT, "version of the set, as given"),
        Column("algorithm", TEXT, "md5, sha1, sha256 or pdq"),
        Column("value", TEXT, "hash, lower-case hex"),
        Column("scheme", TEXT, "category scheme, e.g. vics-us"),
        Column("category", TEXT, "category as given; the texts '0' and 'null' and an absent value differ"),
        Column("meaning", TEXT, "what the provider says its entries are (Meaning)"),
        Column("release", TEXT, "whether this hash may leave to another country (ReleasePolicy)"),
        Column("source", TEXT, "name and SHA-256 of the file it was imported from"),
        Column("row", SMALL, "row or item number in that file, from 1"),
    ),
)

REJECTED = Table(
    name="rejected",
    row="one line or item of a hash list that could not be used",
    key=("set", "row"),
    written_by="known",
    columns=(
        Column("set", TEXT, "name of the hash set here"),
        Column("row", SMALL, "row or item number in the file, from 1"),
        Column("source", TEXT, "name and SHA-256 of the file"),
        Column("reason", TEXT, "why it cannot be used"),
    ),
)

MATCHES = Table(
    name="matches",
    row="one content and one entry whose numbers agree",
    key=("sha256", "set", "entry", "frame", "transform"),
    written_by="known",
    columns=(
        SHA256,
        Column("set", TEXT, "name of the hash set"),
        Column("entry", TEXT, "algorithm:value in that set"),
        Column("frame", SMALL, "sampled frame that matched; -1 for the whole content"),
        Column("transform", TEXT, "identity, or the rotation or mirror under which it matched"),
        Column("kind", TEXT, "exact or near (MatchKind)"),
        Column("algorithm", TEXT, "algorithm of the entry"),
        Column("distance", SMALL, "differing bits for a near match, 0 for an exact one"),
        Column("threshold", SMALL, "largest distance that counts, bits"),
        Column("quality", SMALL, "PDQ quality of the content, 0 to 100"),
        Column("pipeline", TEXT, "how the content's hash was computed"),
        Column("scheme", TEXT, "category scheme of the entry"),
        Column("category", TEXT, "category as the set gives it"),
        Column("meaning", TEXT, "what the provider says its entries are"),
        Column("release", TEXT, "whether the hash may leave to another country"),
    ),
)

CLUSTERS = Table(
    name="clusters",
    row="one content in its group of near-duplicates",
    key=("sha256",),
    written_by="known",
    columns=(
        SHA256,
        Column("cluster", TEXT, "SHA-256 of the group's representative"),
        Column("representative", FLAG, "true for the one to show"),
        Column("size", SMALL, "contents in the group"),
        Column("distance", SMALL, "bits from the representative"),
        EXHIBIT,
        LOCATOR,
    ),
)

TABLES = (KNOWN, REJECTED, MATCHES, CLUSTERS)
