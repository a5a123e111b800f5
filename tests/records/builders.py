"""Small builders for record files of a made-up platform."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from fairlead.records.directory import AccountDirectory
from fairlead.records.load import load_source
from fairlead.records.mapping import Mapping, Source, parse_mapping
from fairlead.records.rows import Tallies

MAPPING = """
version = 1

[[source]]
name = "platform"
kind = "sql_dump"
exhibit = "NSK/1"
path = "*.sql"
zone = "UTC"

[[source.table]]
name = "users"
rows = "accounts"
[source.table.roles]
id = "id"
user_name = "username"
email = "email"
registered_ip = "reg_ip"
registered_at = { column = "reg_time", format = "unix" }
country = "country"
status = "status"
password = "pass_hash"

[[source.table]]
name = "messages"
rows = "events"
[source.table.roles]
id = "id"
account_id = "sender"
counterpart_id = "recipient"
act = { constant = "message" }
at = { column = "sent", format = "iso" }

[[source]]
name = "web"
kind = "access_log"
exhibit = "NSK/1"
path = "var/log/nginx/access.log*"
zone = "stated"
accounts = "platform"

[[source]]
name = "card"
kind = "payments"
preset = "stripe"
exhibit = "NSK/2"
path = "payments.csv"
zone = "UTC"
accounts = "platform"
reference_is = "account_id"
reference_pattern = 'LF-(\\d+)'
"""

USERS = b"""-- MySQL dump 10.19
CREATE TABLE `users` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `username` varchar(60) NOT NULL DEFAULT 'a, (b',
  `email` varchar(190) DEFAULT NULL,
  `reg_ip` varchar(45) DEFAULT NULL,
  `reg_time` int(11) DEFAULT NULL,
  `country` char(2) DEFAULT NULL,
  `status` varchar(20) DEFAULT NULL,
  `pass_hash` varchar(80) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `mail` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `users` VALUES
(1,'anna','anna@example.org','198.51.100.7',1700000000,'DK','member','$2y$10$aa'),
(2,'ben','ben@example.org',NULL,1700000500,'SE','operator','$2y$10$aa'),
(3,'c\\'ara','cara@example.org','203.0.113.5',1700000900,NULL,'member',NULL);
"""


def mapping() -> Mapping:
    return parse_mapping(MAPPING)


def source(name: str, text: str = MAPPING) -> Source:
    return next(s for s in parse_mapping(text).source if s.name == name)


def load(
    what: Source,
    data: bytes,
    directory: AccountDirectory | None = None,
    *,
    locator: str = "path:x",
    tallies: Tallies | None = None,
) -> dict[str, list[dict[str, object]]]:
    """Everything one file gives, by table."""
    directory = directory if directory is not None else AccountDirectory()
    got: dict[str, list[dict[str, object]]] = {}
    for table, batch in load_source(
        what,
        exhibit=what.exhibit,
        locator=locator,
        stream=io.BytesIO(data),
        directory=directory,
        salt=b"salt",
        tallies=tallies,
    ):
        assert batch.schema == table.schema
        got.setdefault(table.name, []).extend(batch.to_pylist())
        if table.name == "accounts":
            directory.add_accounts(batch)
        if table.name == "payments":
            directory.add_payments(batch)
    return got


def catalogue_of(folder: Path, tables: dict[str, list[dict[str, object]]]) -> Catalogue:
    from fairlead.tables import ALL

    store = PartStore(folder)
    for name, rows in tables.items():
        table = ALL[name]
        store.write(table, "part-1.parquet", [pa.RecordBatch.from_pylist(rows, schema=table.schema)])
    return Catalogue(store)
