"""Tables of the room `media`."""

from __future__ import annotations

import pyarrow as pa

from fairlead.tables.schema import (
    EXHIBIT,
    FLAG,
    INT,
    LOCATOR,
    NUMBER,
    PDQ,
    SHA256,
    SMALL,
    TEXT,
    Column,
    Table,
)

WORKLIST = Table(
    name="worklist",
    row="one distinct content, with the first file that holds it",
    key=("sha256",),
    always=("exhibit", "locator", "size_bytes", "md5", "sha1"),
    written_by="media",
    columns=(
        SHA256,
        Column("md5", TEXT, "MD5, hex"),
        Column("sha1", TEXT, "SHA-1, hex"),
        Column("size_bytes", INT, "size, bytes"),
        EXHIBIT,
        LOCATOR,
        Column("extension", TEXT, "extension of that file's name, lower case, without the dot"),
    ),
)

_CONTENT = (
    SHA256,
    Column("md5", TEXT, "MD5, hex"),
    Column("sha1", TEXT, "SHA-1, hex"),
    Column("size_bytes", INT, "size, bytes"),
    EXHIBIT,
    LOCATOR,
    Column("media_type", TEXT, "MIME type by content, not by name"),
    Column("family", TEXT, "picture, video, audio, text, document, archive, database, other"),
    Column("extension_mismatch", FLAG, "true when the name's extension does not fit the type"),
    Column("width", SMALL, "pixels"),
    Column("height", SMALL, "pixels"),
    Column("orientation", SMALL, "EXIF orientation, 1 to 8; hashes are of the picture as stored"),
    Column("duration_s", NUMBER, "seconds, for video and audio"),
    Column("pdq", PDQ, "PDQ hash, 32 bytes, most significant bit first"),
    Column("pdq_quality", SMALL, "PDQ quality, 0 to 100"),
    Column("pdq_pipeline", TEXT, "mode and decoder of the hash, e.g. pdq-full/simplejpeg-256"),
    Column("pdq_alternate", PDQ, "PDQ hash in the other reference mode"),
    Column("pdq_inner", PDQ, "PDQ hash of the picture inside an even border, null when there is none"),
    Column("pdq_inner_quality", SMALL, "PDQ quality of that, 0 to 100"),
    Column("verdict", TEXT, "what became of the content (ContentVerdict)"),
    Column("error_code", TEXT, "short code of what went wrong, null when nothing did"),
    Column("detail", TEXT, "why, without content"),
)

_METADATUM = (
    Column(
        "namespace",
        TEXT,
        "png-text, stealth, exif, xmp, iptc, jumbf, container, jpeg-app, jpeg-comment, mp4-text, mkv-tag or avi-info",
    ),
    Column("key", TEXT, "name of the item in its namespace"),
    Column("value", TEXT, "value as text, cut at 512 Ki characters"),
    Column("offset", INT, "first byte of the item in the content"),
    Column("length", INT, "length of the item, bytes"),
)

_FRAME = (
    Column("index", SMALL, "number of the sampled frame, from 0"),
    Column("time_s", NUMBER, "presentation time, seconds"),
    Column("pdq", PDQ, "PDQ hash of the frame after cropping a static border"),
    Column("pdq_quality", SMALL, "PDQ quality, 0 to 100"),
    Column("pdq_whole", PDQ, "PDQ hash of the frame with its border, null when it has none"),
    Column("pdq_pipeline", TEXT, "mode and decoder of the hash"),
)


def _structs(columns: tuple[Column, ...]) -> pa.DataType:
    return pa.list_(pa.struct([pa.field(c.name, c.type) for c in columns]))


EXAMINED = Table(
    name="examined",
    row="one distinct content as the sandbox answered for it",
    key=("sha256",),
    always=(
        "exhibit",
        "locator",
        "size_bytes",
        "md5",
        "sha1",
        "verdict",
        "metadata.namespace",
        "metadata.key",
        "metadata.value",
        "metadata.offset",
        "metadata.length",
        "frames.index",
        "frames.time_s",
        "frames.pdq",
        "frames.pdq_quality",
        "frames.pdq_pipeline",
    ),
    written_by="media",
    columns=(
        *_CONTENT,
        Column("metadata", _structs(_METADATUM), "metadata items"),
        Column("frames", _structs(_FRAME), "sampled frames"),
    ),
)

CONTENTS = Table(
    name="contents",
    row="one distinct content",
    key=("sha256",),
    always=("exhibit", "locator", "size_bytes", "md5", "sha1", "verdict"),
    written_by="media",
    columns=_CONTENT,
)

METADATA = Table(
    name="metadata",
    row="one metadata item of a content",
    key=("sha256", "item"),
    always=("namespace", "key", "value", "offset", "length"),
    written_by="media",
    columns=(SHA256, Column("item", SMALL, "number of the item in the content, from 0"), *_METADATUM),
)

FRAMES = Table(
    name="frames",
    row="one sampled frame of a video or an animated picture",
    key=("sha256", "index"),
    written_by="media",
    columns=(SHA256, *_FRAME),
)

TABLES = (WORKLIST, EXAMINED, CONTENTS, METADATA, FRAMES)
