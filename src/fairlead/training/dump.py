"""The platform's database as `mariadb-dump` would have written it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from fairlead.training.conduct import Conduct

_HEAD = """-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: lanternfish
-- ------------------------------------------------------
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
"""
_TABLES = {
    "users": """  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `username` varchar(64) NOT NULL,
  `email` varchar(255) DEFAULT NULL,
  `pass_hash` varchar(128) NOT NULL,
  `reg_time` int(11) NOT NULL,
  `reg_ip` varchar(45) DEFAULT NULL,
  `lang` char(2) DEFAULT NULL,
  `status` varchar(16) NOT NULL DEFAULT 'member',
  `about` text DEFAULT NULL,
  PRIMARY KEY (`id`)""",
    "purchases": """  `ref` varchar(32) NOT NULL,
  `user_id` int(10) unsigned NOT NULL,
  `amount` decimal(8,2) NOT NULL,
  `created` datetime NOT NULL,
  PRIMARY KEY (`ref`)""",
    "media": """  `path` varchar(64) NOT NULL,
  `sha256` char(64) NOT NULL,
  `uploader` int(10) unsigned NOT NULL,
  PRIMARY KEY (`path`)""",
    "messages": """  `id` int(10) unsigned NOT NULL,
  `user_id` int(10) unsigned NOT NULL,
  `sent` datetime NOT NULL,
  `body` text NOT NULL,
  PRIMARY KEY (`id`)""",
}
_ROWS_A_STATEMENT = 50


def _quoted(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{text}'"


def _table(name: str, rows: Iterable[Sequence[object]]) -> str:
    written = [
        f"DROP TABLE IF EXISTS `{name}`;\nCREATE TABLE `{name}` (\n{_TABLES[name]}\n) ENGINE=InnoDB;\n"
    ]
    written.append(f"LOCK TABLES `{name}` WRITE;\n")
    listed = ["(" + ",".join(_quoted(v) for v in row) + ")" for row in rows]
    for start in range(0, len(listed), _ROWS_A_STATEMENT):
        values = ",\n".join(listed[start : start + _ROWS_A_STATEMENT])
        written.append(f"INSERT INTO `{name}` VALUES\n{values};\n")
    written.append("UNLOCK TABLES;\n")
    return "".join(written)


def _sql_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def write_dump(conduct: Conduct, media: Sequence[tuple[str, str]]) -> bytes:
    """The dump; ``media`` are pairs of path and SHA-256. Times are UTC."""
    operator = next(a.number for a in conduct.accounts if a.status == "operator")
    users = [
        (
            a.number, a.user_name, a.email, f"$2y$10${a.password}{'x' * 20}", int(a.registered_at.timestamp()),
            a.registered_ip, a.language, a.status, "I like the sea; it's 'wide'.\nAnd (deep).",
        )
        for a in conduct.accounts
    ]  # fmt: skip
    purchases = [
        (p.reference, p.account, p.amount, _sql_time(p.at)) for p in conduct.payments if p.kind == "payment"
    ]
    messages = [
        (index + 1, v.account, _sql_time(v.at), "Thank you, the \\ boats are fine.")
        for index, v in enumerate(p for p in conduct.payments if p.kind == "payment")
        if index % 7 == 0
    ]
    text = _HEAD + _table("users", users) + _table("purchases", purchases)
    text += _table("media", [(path, digest, operator) for path, digest in media])
    text += _table("messages", messages) + "-- Dump completed on 2025-09-16  4:10:02\n"
    return text.encode()
