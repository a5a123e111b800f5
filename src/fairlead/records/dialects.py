"""In whose words a dump is written, found out from the dump by several signs, with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fairlead.terms.errors import UsageError


class Dialect(StrEnum):
    """Whose quoting rules a dump follows."""

    AUTO = "auto"
    MYSQL = "mysql"
    POSTGRES = "postgres"
    SQLITE = "sqlite"
    SQLSERVER = "sqlserver"
    ORACLE = "oracle"
    STANDARD = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A dialect, and by which signs it was recognised."""

    dialect: Dialect
    reason: str


# Signs that only programs write: at the beginning of a line, where no value of a row stands.
_SIGNS: tuple[tuple[Dialect, str, re.Pattern[bytes]], ...] = tuple(
    (dialect, said, re.compile(pattern, re.MULTILINE | re.IGNORECASE))
    for dialect, said, pattern in (
        (Dialect.POSTGRES, "pg_dump's title", rb"^-- PostgreSQL database (?:cluster )?dump"),
        (Dialect.POSTGRES, "COPY … FROM stdin", rb"^COPY\s[^;\n]+\sFROM\s+stdin"),
        (Dialect.POSTGRES, "standard_conforming_strings", rb"^SET standard_conforming_strings"),
        (Dialect.POSTGRES, "client_encoding", rb"^SET client_encoding"),
        (Dialect.POSTGRES, "search_path", rb"^(?:SET search_path|SELECT pg_catalog\.set_config)"),
        (Dialect.MYSQL, "mysqldump's title", rb"^(?:/\*M!.*\n)?-- (?:MySQL|MariaDB) dump"),
        (Dialect.MYSQL, "phpMyAdmin's title", rb"^-- phpMyAdmin SQL Dump"),
        (Dialect.MYSQL, "Adminer's title", rb"^-- Adminer [\d.]+ (?:MySQL|MariaDB)"),
        (Dialect.MYSQL, "HeidiSQL's comments", rb"^/\*!40101 SET @OLD_CHARACTER_SET"),
        (Dialect.MYSQL, "comments that MySQL runs", rb"^/\*!\d{5} "),
        (Dialect.MYSQL, "ENGINE=", rb"^\)\s*ENGINE\s*="),
        (Dialect.MYSQL, "names in back quotes", rb"^(?:INSERT INTO|CREATE TABLE|LOCK TABLES|USE|REPLACE INTO) `"),
        (Dialect.MYSQL, "_binary", rb"^INSERT INTO [^\n]{0,400}[,(]_binary '"),
        (Dialect.SQLITE, "PRAGMA foreign_keys", rb"^PRAGMA (?:foreign_keys|writable_schema)\s*="),
        (Dialect.SQLITE, "BEGIN TRANSACTION before the first table",
         rb"\A(?:--[^\n]*\n|\s)*BEGIN TRANSACTION;\s*CREATE TABLE (?:IF NOT EXISTS )?(?:\"|[A-Za-z_])"),
        (Dialect.SQLITE, "sqlite_sequence", rb"^(?:DELETE FROM|INSERT INTO) \"?sqlite_sequence\"?"),
        (Dialect.SQLSERVER, "GO on a line of its own", rb"^GO[ \t\r]*$"),
        (Dialect.SQLSERVER, "SET IDENTITY_INSERT", rb"^SET (?:IDENTITY_INSERT|ANSI_NULLS|QUOTED_IDENTIFIER) "),
        (Dialect.SQLSERVER, "names in [dbo]", rb"^(?:INSERT|CREATE TABLE)(?: INTO)? \[\w+\]\.\["),
        (Dialect.ORACLE, "SQL Developer's REM", rb"^(?:REM INSERTING into|SET DEFINE OFF)"),
        (Dialect.ORACLE, "TO_DATE", rb"^INSERT\s[^\n]*\bTO_(?:DATE|TIMESTAMP)\s*\("),
        (Dialect.ORACLE, "q'[…]'", rb"^INSERT\s[^\n]*[,(]\s*n?q'[\[{<(!]"),
        (Dialect.ORACLE, "VARCHAR2", rb"^[^'\n]*\bVARCHAR2\s*\("),
    )
)  # fmt: skip
_BACKSLASH_QUOTE = re.compile(rb"\\'(?=[^,)\s])")


def recognise(head: bytes) -> Recognised:
    """The dialect of a dump by its head. Raises UsageError when signs contradict each other.

    Without any sign it is MySQL if a quote stands behind a backslash inside a value; a dump without backslashes
    means the same in all of them.
    """
    signs: dict[Dialect, list[str]] = {}
    for dialect, said, pattern in _SIGNS:
        if pattern.search(head):
            signs.setdefault(dialect, []).append(said)
    if len(signs) == 1:
        ((dialect, said_of_it),) = signs.items()
        return Recognised(dialect=dialect, reason=", ".join(said_of_it))
    if signs:
        told = "; ".join(f"{dialect.value}: {', '.join(said)}" for dialect, said in sorted(signs.items()))
        raise UsageError(
            f"the signs of this dump contradict each other ({told})",
            'Say whose it is in the source: dialect = "mysql", "postgres", "sqlite", "sqlserver" or "oracle".',
            code="MAPPING-009",
        )
    if b"\\" not in head:
        return Recognised(
            dialect=Dialect.MYSQL, reason="no sign, and no backslash that would make a difference"
        )
    if _BACKSLASH_QUOTE.search(head):
        return Recognised(dialect=Dialect.MYSQL, reason="a quotation mark behind a backslash inside a value")
    return Recognised(dialect=Dialect.MYSQL, reason="no sign; backslashes are read as MySQL reads them")


def recognised(dialect: Dialect, head: bytes) -> Recognised:
    """What the mapping says, or what the head of the dump shows."""
    if dialect is Dialect.AUTO:
        return recognise(head)
    return Recognised(dialect=dialect, reason="the mapping says so")
