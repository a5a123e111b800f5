"""Tables of the room `evidence`."""

from __future__ import annotations

import pyarrow as pa

from fairlead.tables.schema import (
    BYTES,
    EXHIBIT,
    FLAG,
    INT,
    LOCATOR,
    SHA256,
    SMALL,
    TEXT,
    TIME,
    Column,
    Table,
)

HEADER = pa.list_(pa.struct([pa.field("name", TEXT), pa.field("value", TEXT)]))

EXHIBITS = Table(
    name="exhibits",
    row="an exhibit as received",
    key=("exhibit",),
    always=("sequence", "kind", "path", "size_bytes", "sha256", "received_at", "handling"),
    written_by="evidence",
    columns=(
        EXHIBIT,
        Column("sequence", SMALL, "order of arrival in this operation, from 1"),
        Column("kind", TEXT, "folder, archive, image or file"),
        Column("path", TEXT, "where the working copy lies on this computer"),
        Column("size_bytes", INT, "size of the file, or of all files in the folder"),
        SHA256,
        Column("authority", TEXT, "warrant or order under which it is held"),
        Column("description", TEXT, "what it is, in the words of whoever added it"),
        Column("seized_at", TIME, "when it was seized, if stated"),
        Column("received_at", TIME, "when it was added here"),
        Column("handling", TEXT, "handling codes, e.g. H0+H1"),
        Column("restriction", TEXT, "text that goes with H3"),
        Column("passwords_path", TEXT, "where its list of passwords lies on this computer, if one was given"),
        Column("passwords_digest", TEXT, "salted digest of that list, HMAC-SHA-256, hex"),
        Column("carve", FLAG, "whether free space is searched for pictures and videos by their structure"),
    ),
)

ACQUISITIONS = Table(
    name="acquisitions",
    row="an image that says how it was acquired",
    key=("exhibit",),
    always=("format", "result", "header", "header.name", "header.value"),
    written_by="evidence",
    columns=(
        EXHIBIT,
        Column("format", TEXT, "format of the image: ewf, the Expert Witness format"),
        Column("media_bytes", INT, "size of the copied medium, bytes"),
        Column("stored_md5", TEXT, "MD5 of the medium as the image states it, hex; null when it states none"),
        Column("found_md5", TEXT, "MD5 of the medium as read when the exhibit was added, hex"),
        Column("stored_sha1", TEXT, "SHA-1 of the medium as the image states it, hex; null when none"),
        Column("found_sha1", TEXT, "SHA-1 of the medium as read when the exhibit was added, hex"),
        Column("result", TEXT, "equal, different, or not_stated where the image states no digest"),
        Column(
            "header", HEADER, "what the image says of its acquisition: case number, examiner, dates, software"
        ),
    ),
)

_FOUND = (
    Column("path_bytes", BYTES, "path as stored, undecoded"),
    Column("path", TEXT, "path for display"),
    Column("size_bytes", INT, "size the container declares, bytes"),
    Column("modified_at", TIME, "last modification"),
    Column("accessed_at", TIME, "last access"),
    Column("changed_at", TIME, "last change of the metadata"),
    Column("created_at", TIME, "creation"),
    Column("time_source", TEXT, "which clock and format the times come from, with precision"),
    Column("allocation", TEXT, "live, deleted, carved, or free for bytes of no file"),
    Column("device_path", TEXT, "path on the telephone, where the archive has the layout of an extraction"),
)
_OUTCOME = (
    Column("verdict", TEXT, "what became of the file (FileVerdict)"),
    Column("detail", TEXT, "why, without content"),
)

_VOLUME = (
    EXHIBIT,
    Column("container", TEXT, "way to the image that it lies in; empty when that is the exhibit itself"),
    Column("number", INT, "number that locators name it by; 0 is the disk"),
    Column("parent", INT, "number of the volume that it lies on; null for the disk"),
    Column("kind", TEXT, "disk, partition, array, encrypted volume or logical volume"),
    Column("name", TEXT, "as its table, superblock or volume group names it"),
    Column(
        "form", TEXT, "what was found in it: a file system, or what it is a part of; null when nothing was"
    ),
    Column("offset_bytes", INT, "where it begins on its parent, where it is one piece of that, bytes"),
    Column("size_bytes", INT, "its size, bytes"),
    Column("encrypted", FLAG, "whether it is encrypted"),
    Column("opened", FLAG, "whether what it holds was read"),
    Column("detail", TEXT, "why it was not opened, or by which line of which list of passwords it was"),
)
VOLUME = pa.struct([pa.field(column.name, column.type) for column in _VOLUME])

LISTING = Table(
    name="listing",
    row="one file found in one exhibit, before its bytes are read",
    key=("exhibit", "locator"),
    always=("path_bytes", "path", "allocation", "volume.exhibit", "volume.container", "volume.number"),
    written_by="evidence",
    columns=(
        EXHIBIT,
        LOCATOR,
        *_FOUND,
        *_OUTCOME,
        Column(
            "volume", VOLUME, "a row of volumes; null for a file. Such a row is no file, and not in files"
        ),
    ),
)

VOLUMES = Table(
    name="volumes",
    row="one volume of a disk image: the disk, a partition, an array, an encrypted or logical volume",
    key=("exhibit", "container", "number"),
    written_by="evidence",
    columns=_VOLUME,
)

FILES = Table(
    name="files",
    row="one file in one exhibit",
    key=("exhibit", "locator"),
    always=("path_bytes", "path", "allocation", "verdict"),
    written_by="evidence",
    columns=(
        EXHIBIT,
        LOCATOR,
        *_FOUND,
        *_OUTCOME,
        Column("read_bytes", INT, "bytes actually read"),
        SHA256,
        Column("sha1", TEXT, "SHA-1 of the whole file, hex; null when not read whole"),
        Column("md5", TEXT, "MD5 of the whole file, hex; null when not read whole"),
    ),
)

SIDECARS = Table(
    name="sidecars",
    row="one thing that a file beside a picture, in a provider's export, says of it",
    key=("exhibit", "locator", "statement", "sidecar"),
    written_by="evidence",
    columns=(
        EXHIBIT,
        Column("locator", TEXT, "way to the picture inside the exhibit"),
        Column("statement", TEXT, "taken_at, uploaded_at, title, latitude, people …"),
        Column("value", TEXT, "as stated; times in UTC, ISO 8601"),
        Column("sidecar", TEXT, "way to the file that says so"),
    ),
)

HOLDERS = Table(
    name="holders",
    row="one account whose holder an exhibit was seized from, as an officer stated",
    key=("exhibit", "account"),
    always=("reason", "stated_at"),
    written_by="evidence",
    columns=(
        EXHIBIT,
        Column("account", TEXT, "account of the platform's records"),
        Column("reason", TEXT, "what the statement rests on, in the officer's words"),
        Column("stated_at", TIME, "when it was stated; the ledger names who did"),
    ),
)

TABLES = (EXHIBITS, ACQUISITIONS, LISTING, VOLUMES, FILES, SIDECARS, HOLDERS)
