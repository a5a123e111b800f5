"""Grows a finished demo to the size the workbench is measured at. Only ever on a copy of a made-up operation.

    python benchmarks/workbench/make.py WORKSPACE [--contents 1000000] [--records 200000] [--leads 5000] [--users 200]

Writes contents with files, matches, origins and clusters; accounts with persons, identifiers and links; and, in
the register, users, leads, packages, outcomes, judgements, reviews, board entries and ledger entries.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

COUNTRIES = [
    "SE",
    "GB",
    "DE",
    "FR",
    "ES",
    "NO",
    "FI",
    "AT",
    "BE",
    "NL",
    "PL",
    "CZ",
    "CH",
    "HU",
    "IS",
    "AU",
    "NZ",
    "DK",
]
_LISTED = ", ".join(f"'{code}'" for code in COUNTRIES)
PART = "part-benchmark.parquet"

CONTENTS = """
SELECT sha256('c' || i) AS sha256, md5('c' || i) AS md5, sha1('c' || i) AS sha1, 20000 + i % 900000 AS size_bytes,
       ['BIG/1', 'BIG/2', 'BIG/3', 'BIG/4'][1 + i % 4] AS exhibit, 'tree:' || i AS locator,
       CASE WHEN i % 10 < 7 THEN 'image/jpeg' WHEN i % 10 = 7 THEN 'video/mp4' ELSE 'text/plain' END AS media_type,
       CASE WHEN i % 10 < 7 THEN 'picture' WHEN i % 10 = 7 THEN 'video' ELSE 'text' END AS family,
       false AS extension_mismatch, 1024 AS width, 768 AS height,
       CASE WHEN i % 1000 = 0 THEN 'damaged' WHEN i % 10 < 8 THEN 'decoded' ELSE 'identified' END AS verdict
FROM range({contents}) t(i)
"""
FILES = """
SELECT ['BIG/1', 'BIG/2', 'BIG/3', 'BIG/4'][1 + i % 4] AS exhibit, 'tree:' || i AS locator,
       '/srv/www/media/' || (i % 977) || '/' || md5('p' || i)[:10] || '/upload_' || i ||
         CASE WHEN i % 10 < 7 THEN '.jpg' WHEN i % 10 = 7 THEN '.mp4' ELSE '.txt' END AS path,
       20000 + i % 900000 AS size_bytes, TIMESTAMPTZ '2025-01-01 00:00:00Z' + to_seconds(i * 13 % 30000000) AS modified_at,
       'live' AS allocation, 'read' AS verdict, sha256('c' || (i % {contents})) AS sha256,
       sha1('c' || (i % {contents})) AS sha1, md5('c' || (i % {contents})) AS md5
FROM range({files}) t(i)
"""
MATCHES = """
SELECT sha256('c' || i) AS sha256, ['partners', 'interpol', 'software'][1 + i % 3] AS "set",
       'sha256:' || sha256('c' || i) AS entry, -1 AS frame, 'identity' AS transform,
       CASE WHEN i % 4 = 0 THEN 'near' ELSE 'exact' END AS kind, 'sha256' AS algorithm,
       CASE WHEN i % 4 = 0 THEN i % 31 ELSE 0 END AS distance, 31 AS threshold, 90 AS quality,
       CASE WHEN i % 3 = 2 THEN 'benign' ELSE 'abuse' END AS meaning
FROM range({contents}) t(i) WHERE i % 10 < 4
"""
ORIGINS = """
SELECT sha256('c' || i) AS sha256,
       ['declared_machine_signed', 'camera', 'inconclusive', 'conflict'][1 + (i // 10) % 4] AS conclusion,
       i % 50 = 0 AS derived_from_picture, ['a made-up ground'] AS grounds, []::VARCHAR[] AS contradictions
FROM range({contents}) t(i) WHERE i % 10 < 8
"""
CLUSTERS = """
SELECT sha256('c' || i) AS sha256, sha256('c' || (i - i % 3)) AS cluster, i % 3 = 0 AS representative, 3 AS size,
       i % 3 AS distance, 4 AS diameter, 'BIG/1' AS exhibit, 'tree:' || i AS locator
FROM range({contents}) t(i) WHERE i % 10 < 7
"""
EXHIBITS = """
SELECT 'BIG/' || (i + 1) AS exhibit, 100 + i AS sequence, 'folder' AS kind, '/nowhere' AS path, 1000000000 AS size_bytes,
       sha256('e' || i) AS sha256, 'a made-up order' AS authority, 'a made-up server' AS description,
       TIMESTAMPTZ '2026-01-01 00:00:00Z' AS received_at, 'H0' AS handling
FROM range(4) t(i)
"""
ACCOUNTS = """
SELECT 'big:' || i AS account, 'big' AS source, 'account_user' AS role, 'user' || i AS user_name,
       'user' || i || '@example.org' AS email, TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_minutes(i) AS registered_at,
       'BIG/1' AS exhibit, 'row:' || i AS locator
FROM range({records}) t(i)
"""
PERSONS = """
SELECT 'P-' || md5('p' || i)[:16] AS person,
       ['attributed', 'probable', 'possible', 'unresolved'][1 + i % 4] AS grade,
       ['big:' || (2 * i), 'big:' || (2 * i + 1)] AS members, ['account_user'] AS roles,
       CASE WHEN i % 5 < 4 THEN [{countries}][1 + (i // 5) % {n}] END AS country, i % 4 < 2 AS names_person,
       ['a made-up ground'] AS grounds, []::VARCHAR[] AS against, []::VARCHAR[] AS payers,
       CASE WHEN i % 20 = 0 THEN ['shared_address'] ELSE [] END::VARCHAR[] AS rules,
       TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_minutes(i) AS first_at,
       TIMESTAMPTZ '2025-06-01 00:00:00Z' + to_minutes(i) AS last_at
FROM range({records} // 2) t(i)
"""
IDENTIFIERS = """
SELECT 'big:' || i AS owner, 'accounts' AS owner_table, 'account_user' AS role, k AS kind,
       CASE k WHEN 'email' THEN 'user' || (CASE WHEN i % 2000 = 1 THEN i + 22222 ELSE i END) || '@example.org'
              ELSE '198.51.' || (i // 256 % 256) || '.' || (i % 256) END AS value,
       value AS original, true AS valid, CASE k WHEN 'email' THEN 'personal' ELSE 'shared' END AS scope,
       1 AS holders, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS first_at, TIMESTAMPTZ '2025-01-01 00:00:00Z' AS last_at,
       'BIG/1' AS exhibit, 'row:' || i AS locator
FROM range({records}) t(i), (VALUES ('email'), ('ip')) kinds(k)
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--contents", type=int, default=1_000_000)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--leads", type=int, default=5000)
    parser.add_argument("--users", type=int, default=200)
    given = parser.parse_args()
    os.environ["FAIRLEAD_WORKSPACE"] = str(given.workspace)
    from fairlead.register.database import open_register

    open_register(given.workspace / "register", settings="fairlead.workbench.settings")
    operation = next(p.name for p in (given.workspace / "operations").iterdir() if p.is_dir())
    tables(given.workspace / "operations" / operation / "tables", given)
    register(operation, given)


def tables(root: Path, given: argparse.Namespace) -> None:
    """Parts beside those of the demo, in the tables' own schema; columns not named stay empty."""
    from fairlead.tables import ALL

    size = {
        "contents": given.contents,
        "files": given.contents + given.contents // 3,
        "records": given.records,
        "countries": _LISTED,
        "n": len(COUNTRIES),
    }
    made = {
        "contents": CONTENTS, "files": FILES, "matches": MATCHES, "origins_of": ORIGINS, "clusters": CLUSTERS,
        "exhibits": EXHIBITS, "accounts": ACCOUNTS, "persons": PERSONS, "identifiers": IDENTIFIERS,
    }  # fmt: skip
    for name, sql in made.items():
        link = duckdb.connect()
        link.execute("SET TimeZone = 'UTC'")
        schema = ALL[name].schema
        link.register("_empty", schema.empty_table())
        target = root / name / PART
        target.parent.mkdir(parents=True, exist_ok=True)
        link.execute(
            f"COPY (SELECT * FROM _empty UNION ALL BY NAME ({sql.format(**size)})) TO '{target}' "
            "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 65536)"
        )
        link.close()


def register(operation: str, given: argparse.Namespace) -> None:
    from django.db import connections

    from fairlead.register.models import (
        BoardRow,
        Grant,
        IncidentRow,
        JudgementRow,
        LeadRow,
        LeadVersionRow,
        OutcomeRow,
        PackageRow,
        ReviewRow,
        User,
    )
    from fairlead.terms.board import CELLS, Cell, CellKind

    now = datetime.now(UTC)
    owned = {model: model.objects.using("owner") for model in (
        BoardRow, Grant, IncidentRow, JudgementRow, LeadRow, LeadVersionRow, OutcomeRow, PackageRow, ReviewRow, User,
    )}  # fmt: skip
    owned[User].bulk_create((User(username=f"big-{n:03}") for n in range(given.users)), ignore_conflicts=True)
    users = list(owned[User].filter(username__startswith="big-").order_by("username"))
    whole = ("analyst", "examiner", "legal_adviser")
    owned[Grant].bulk_create(
        (
            Grant(user=user, operation_id=operation, role=whole[n % 3] if n % 4 == 0 else "liaison",
                  country="*" if n % 4 == 0 else COUNTRIES[n % len(COUNTRIES)])
            for n, user in enumerate(users)
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    who = users[0]
    body = owned[LeadRow].filter(operation_id=operation).first().body
    short = {**body, "statements": body["statements"][:12], "evidence": body["evidence"][:2]}
    heads = [(f"B-{n:05}", COUNTRIES[n % len(COUNTRIES)], n) for n in range(given.leads)]
    documents = {
        lead: {**short, "lead": lead, "country": code, "person": f"P-b{n}", "version": 1}
        for lead, code, n in heads
    }
    owned[LeadRow].bulk_create(
        (
            LeadRow(operation_id=operation, country=code, lead=lead, person=f"P-b{n}",
                    grade=("attributed", "probable", "possible")[n % 3], digest="b", body=documents[lead],
                    published_at=now)
            for lead, code, n in heads
        ),
        batch_size=500, ignore_conflicts=True,
    )  # fmt: skip
    owned[LeadVersionRow].bulk_create(
        (
            LeadVersionRow(
                operation_id=operation, country=code, lead=lead, version=1, body=documents[lead], published_at=now
            )
            for lead, code, _ in heads
        ),
        batch_size=500, ignore_conflicts=True,
    )  # fmt: skip
    owned[PackageRow].bulk_create(
        (
            PackageRow(operation_id=operation, country=code, package=f"big-{code}-{v:04}", version=100 + v,
                       leads={lead: 1 for lead, c, n in heads if c == code and n % 4 <= v}, sha256="0" * 64,
                       prepared_by="holm", released_by="lund", built_at=now - timedelta(days=9 - v))
            for code in COUNTRIES for v in range(3)
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    owned[OutcomeRow].bulk_create(
        (
            OutcomeRow(operation_id=operation, country=code, lead=lead, package=f"big-{code}-0002", states=["searched"],
                       at=now, signer="berg", released=n % 2 == 0, sha256=f"{n:064}")
            for lead, code, n in heads if n % 2 == 0
        ),
        batch_size=1000, ignore_conflicts=True,
    )  # fmt: skip
    if owned[JudgementRow].filter(left__startswith="b:").count() < given.records:
        owned[JudgementRow].bulk_create(
            (
                JudgementRow(operation_id=operation, country=COUNTRIES[n % len(COUNTRIES)], left=f"b:{n}", right=f"c:{n}",
                             judgement="unsure", reason="made up", user=who, at=now)
                for n in range(given.records)
            ),
            batch_size=5000,
        )  # fmt: skip
    if not owned[ReviewRow].filter(scheme="big").exists():
        seen = duckdb.sql("SELECT sha256('c' || i) FROM range(20000) t(i) WHERE i % 10 < 7").fetchall()
        owned[ReviewRow].bulk_create(
            (
                ReviewRow(operation_id=operation, subject=sha256, decision="not_relevant", scheme="big", user=who, at=now)
                for (sha256,) in seen
            ),
            batch_size=5000,
        )  # fmt: skip
    if owned[BoardRow].count() < 1000:
        owned[BoardRow].bulk_create(
            BoardRow(operation_id=operation, country=code, cell=cell.value, at=now - timedelta(minutes=30 - again),
                     user=who, number=again if CELLS[cell].kind is CellKind.NUMBER else 0,
                     state=CELLS[cell].states[0] if CELLS[cell].kind is CellKind.STATE else "",
                     starts_at=now if CELLS[cell].kind is CellKind.TIME else None)
            for code in COUNTRIES for cell in Cell for again in range(20)
        )  # fmt: skip
        owned[IncidentRow].bulk_create(
            IncidentRow(
                operation_id=operation,
                country=COUNTRIES[n % len(COUNTRIES)],
                text="a made-up line",
                user=who,
                at=now,
            )
            for n in range(500)
        )
    ledger(operation, 50_000)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def ledger(operation: str, entries: int) -> None:
    from fairlead.ledger.entry import EntryDetail
    from fairlead.register.ledger_store import Pending, count_entries, record_entries
    from fairlead.terms.custody import Operation

    for start in range(count_entries(), entries, 5000):
        record_entries(
            [
                Pending(
                    operation=Operation.CONSULTATION,
                    what="person.open",
                    case=operation,
                    detail=EntryDetail(actor="big-000", objects=(f"P-b{n}",), justification="made up"),
                )
                for n in range(start, min(start + 5000, entries))
            ],
            at=datetime.now(UTC),
        )


if __name__ == "__main__":
    main()
