"""Tables of the room `known`."""

from __future__ import annotations

from fairlead.tables.schema import (
    EXHIBIT,
    FLAG,
    INT,
    LOCATOR,
    NUMBER,
    SHA256,
    SMALL,
    TEXT,
    TEXTS,
    Column,
    Table,
)

HASH_SETS = Table(
    name="hash_sets",
    row="one hash set as imported, with the settings under which it is matched",
    key=("set",),
    always=(
        "version",
        "format",
        "meaning",
        "release",
        "radius",
        "minimum_quality",
        "flood_limit",
        "entries",
        "rejected",
        "repeated",
        "source",
        "sha256",
    ),
    written_by="known",
    columns=(
        Column("set", TEXT, "name of the hash set here"),
        Column("version", TEXT, "version of the set, as given"),
        Column("format", TEXT, "format it was read in (a reader at the door of hash lists)"),
        Column("scheme", TEXT, "category scheme, e.g. vics-us"),
        Column("meaning", TEXT, "what the provider says its entries are (Meaning)"),
        Column("release", TEXT, "whether its hashes may leave to another country (ReleasePolicy)"),
        Column("radius", SMALL, "largest distance that counts as near, bits"),
        Column("minimum_quality", SMALL, "PDQ quality below which nothing is compared, 0 to 100"),
        Column("flood_limit", INT, "an entry that agrees with more contents than this is held for review"),
        Column(
            "pdq_mode", TEXT, "reference its PDQ hashes follow (PdqMode); null when the provider does not say"
        ),
        Column("video_rule", TEXT, "of which video the share is taken (VideoRule)"),
        Column("let_through", TEXTS, "entries applied after review although they agree with many contents"),
        Column("entries", INT, "usable entries"),
        Column("rejected", INT, "lines or items that could not be used"),
        Column("repeated", INT, "entries that stood there more than once"),
        Column("source", TEXT, "name of the file"),
        Column("sha256", TEXT, "SHA-256 of the file"),
    ),
)

KNOWN = Table(
    name="known",
    row="one entry of a hash set",
    key=("set", "entry"),
    always=("algorithm", "value", "meaning", "release", "source"),
    written_by="known",
    columns=(
        Column("set", TEXT, "name of the hash set here"),
        Column("entry", TEXT, "algorithm:value, or vpdq:video#frame; unique in the set"),
        Column("version", TEXT, "version of the set, as given"),
        Column("algorithm", TEXT, "md5, sha1, sha256, pdq, vpdq; photodna is carried and never matched"),
        Column("value", TEXT, "hash, lower-case hex; photodna as base64"),
        Column("scheme", TEXT, "category scheme, e.g. vics-us"),
        Column("category", TEXT, "category as given; the texts '0' and 'null' and an absent value differ"),
        Column("meaning", TEXT, "what the provider says its entries are (Meaning)"),
        Column("release", TEXT, "whether this hash may leave to another country (ReleasePolicy)"),
        Column("source", TEXT, "name and SHA-256 of the file it was imported from"),
        Column("row", SMALL, "row or item number in that file, from 1"),
        Column("video", TEXT, "known video that a vpdq frame belongs to"),
        Column("frame", SMALL, "number of the frame in that video"),
        Column("time_s", NUMBER, "time of the frame in that video, seconds"),
        Column("quality", SMALL, "PDQ quality of the entry as the list gives it, 0 to 100"),
        Column("told", TEXT, "what else the list says of the item, JSON as given; on its first hash only"),
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

_MATCH = (
    SHA256,
    Column("set", TEXT, "name of the hash set"),
    Column("entry", TEXT, "algorithm:value in that set; vpdq:video for a whole video"),
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
)
_MATCH_KEY = ("sha256", "set", "entry", "frame", "transform")

COMPARISONS = Table(
    name="comparisons",
    row="one piece of the work of comparing contents with a hash set; the pieces together compare everything once",
    key=("set", "values_from", "contents_from"),
    always=("values_to", "contents_to", "exact", "radius", "minimum_quality"),
    written_by="known",
    columns=(
        Column("set", TEXT, "name of the hash set"),
        Column("values_from", TEXT, "PDQ hashes of the set from this hex on; empty from the first on"),
        Column("values_to", TEXT, "and below this hex; empty to the last"),
        Column("contents_from", TEXT, "contents whose SHA-256 is this hex or more; empty from the first on"),
        Column("contents_to", TEXT, "and below this hex; empty to the last"),
        Column("exact", FLAG, "whether this piece compares exact digests too; one piece of a set does"),
        Column("radius", SMALL, "largest distance that counts as near, bits"),
        Column("minimum_quality", SMALL, "PDQ quality below which nothing is compared, 0 to 100"),
        Column(
            "pdq_mode", TEXT, "reference the set's PDQ hashes follow; null when the provider does not say"
        ),
    ),
)

FOUND = Table(
    name="found",
    row="one content and one entry whose numbers agree, before flood control and negative sets",
    key=_MATCH_KEY,
    always=("kind", "algorithm", "distance", "threshold", "meaning", "release"),
    written_by="known",
    columns=_MATCH,
)

VIDEOS_FOUND = Table(
    name="videos_found",
    row="one content and one known video that share frames",
    key=("sha256", "set", "video"),
    always=(
        "transform",
        "known_frames",
        "known_matched",
        "known_percent",
        "content_frames",
        "content_matched",
        "content_percent",
        "rule",
        "share",
        "matched",
        "in_order",
        "distance",
        "threshold",
        "quality",
        "meaning",
        "release",
    ),
    written_by="known",
    columns=(
        SHA256,
        Column("set", TEXT, "name of the hash set"),
        Column("video", TEXT, "known video"),
        Column("transform", TEXT, "identity, or the rotation or mirror under which most frames agree"),
        Column("known_frames", SMALL, "different frames of the known video, of sufficient quality"),
        Column("known_matched", SMALL, "of these, how many the content shows"),
        Column("known_percent", NUMBER, "share of the known video that the content shows, percent"),
        Column("content_frames", SMALL, "different frames of the content, of sufficient quality"),
        Column("content_matched", SMALL, "of these, how many the known video shows"),
        Column("content_percent", NUMBER, "share of the content that the known video shows, percent"),
        Column("rule", TEXT, "of which video the share is taken (VideoRule)"),
        Column("share", NUMBER, "share from which on it counts as matched, percent"),
        Column("matched", FLAG, "whether the share is reached"),
        Column("first_s", NUMBER, "time in the content of the first frame that agrees, seconds"),
        Column("last_s", NUMBER, "time in the content of the last frame that agrees, seconds"),
        Column("in_order", FLAG, "whether the frames agree in the same order in time"),
        Column("distance", SMALL, "smallest distance of two frames, bits"),
        Column("threshold", SMALL, "largest distance that counts, bits"),
        Column("quality", SMALL, "lowest PDQ quality of a frame that agrees"),
        Column("pipeline", TEXT, "how the content's hashes were computed"),
        Column("scheme", TEXT, "category scheme of the known video"),
        Column("category", TEXT, "category as the set gives it"),
        Column("meaning", TEXT, "what the provider says its entries are"),
        Column("release", TEXT, "whether the hash may leave to another country"),
    ),
)

MATCHES = Table(
    name="matches",
    row="one content and one entry whose numbers agree",
    key=_MATCH_KEY,
    always=("kind", "algorithm", "distance", "threshold", "meaning", "release"),
    written_by="known",
    columns=_MATCH,
)

RECOGNISED = Table(
    name="recognised",
    row="one file whose bytes are an entry of a hash set, known as soon as the file is read",
    key=("exhibit", "locator", "set", "entry"),
    always=("sha256", "algorithm", "meaning"),
    written_by="known",
    columns=(
        EXHIBIT,
        LOCATOR,
        SHA256,
        Column("set", TEXT, "name of the hash set here"),
        Column("entry", TEXT, "algorithm:value"),
        Column("algorithm", TEXT, "md5, sha1 or sha256"),
        Column("category", TEXT, "category as given by the hash set"),
        Column("meaning", TEXT, "what the provider says its entries are (Meaning)"),
    ),
)

HELD = Table(
    name="held",
    row="one content and one entry whose numbers agree, held back from the matches",
    key=_MATCH_KEY,
    always=("kind", "algorithm", "distance", "threshold", "meaning", "release", "reason", "contents"),
    written_by="known",
    columns=(
        *_MATCH,
        Column(
            "reason",
            TEXT,
            "flood: the entry agrees with too many contents; benign: the content is exactly a benign entry",
        ),
        Column("contents", INT, "distinct contents that the entry agrees with"),
    ),
)

CLUSTERS = Table(
    name="clusters",
    row="one picture or video in its group of near-duplicates",
    key=("sha256",),
    always=("cluster", "representative", "size", "distance", "diameter", "exhibit", "locator"),
    written_by="known",
    columns=(
        SHA256,
        Column("cluster", TEXT, "SHA-256 of the group's representative"),
        Column("representative", FLAG, "true for the one to show"),
        Column("size", SMALL, "contents in the group"),
        Column(
            "distance",
            SMALL,
            "bits from the representative; of a video: the most of a frame that is in the representative",
        ),
        Column("diameter", SMALL, "largest distance between two contents of the group, bits"),
        Column(
            "least_percent",
            NUMBER,
            "videos: the least share of the frames of one that is in another of the group; null for more than 50 videos",
        ),
        Column(
            "covered_percent", NUMBER, "videos: share of its different frames that is in the representative"
        ),
        Column(
            "covers_percent", NUMBER, "videos: share of the representative's different frames that is in it"
        ),
        Column(
            "uncovered",
            TEXT,
            "videos: times of sampled frames that are not in the representative, so that no view of it covers them",
        ),
        EXHIBIT,
        LOCATOR,
    ),
)

SCENES = Table(
    name="scenes",
    row="one content in a group of frames and pictures that look alike, at least one of them of a video",
    key=("sha256", "scene"),
    always=("contents", "distance", "exhibit", "locator"),
    written_by="known",
    columns=(
        SHA256,
        Column("scene", TEXT, "PDQ hash of the group's representative, hex"),
        Column("contents", SMALL, "contents in the group"),
        Column("frames", SMALL, "sampled frames of the video in the group; null for a picture"),
        Column("first_s", NUMBER, "time of the first of them, seconds"),
        Column("last_s", NUMBER, "time of the last of them, seconds"),
        Column("times", TEXT, "all their times, runs of frames that follow each other as first-last"),
        Column("distance", SMALL, "least bits from the representative"),
        EXHIBIT,
        LOCATOR,
    ),
)

TABLES = (
    HASH_SETS,
    KNOWN,
    REJECTED,
    COMPARISONS,
    FOUND,
    VIDEOS_FOUND,
    RECOGNISED,
    MATCHES,
    HELD,
    CLUSTERS,
    SCENES,
)
