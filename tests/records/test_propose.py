"""A drafted mapping: read back, it reads the dump."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairlead.records.mapping import parse_mapping
from fairlead.records.propose import propose_mapping
from fairlead.terms.errors import UsageError
from tests.records.builders import USERS

DUMP = (
    USERS
    + b"""CREATE TABLE `purchases` (`id` int, `user_id` int, `amount` decimal(8,2), `currency` char(3), `created` datetime, `txn_ref` text);
INSERT INTO `purchases` VALUES (7,1,'5.00','EUR','2024-01-02 03:04:05','ch_1');
CREATE TABLE `messages` (`id` int, `sender_id` int, `recipient_id` int, `sent_at` datetime, `body` text);
INSERT INTO `messages` VALUES (1,1,2,'2024-01-02 03:04:05','hello');
CREATE TABLE `settings` (`k` text, `v` text);
INSERT INTO `settings` VALUES ('colour','blue');
"""
)


def test_a_draft_is_a_mapping_that_reads_the_dump():
    proposal = propose_mapping(DUMP, exhibit="NSK/1", path="x.sql")
    assert parse_mapping(proposal.toml).source[0].zone == "unknown"
    assert {t.table: t.rows.value for t in proposal.tables} == {
        "users": "accounts",
        "purchases": "payments",
        "messages": "events",
    }
    assert proposal.unmapped == ("settings",)
    assert proposal.preview["accounts"][0]["user_name"] == "anna"
    assert proposal.preview["payments"][0]["account"] == "platform:users:1"
    assert proposal.preview["events"][0]["counterpart"] == "platform:users:2"


def test_a_draft_gives_its_reasons():
    proposal = propose_mapping(DUMP, exhibit="NSK/1", path="x.sql")
    roles = {r.role: r for r in proposal.tables[0].roles}
    assert roles["email"].reason == "the name says so; 3 of 3 values fit"
    assert "# the name says so" in proposal.toml


def test_a_dump_without_people_is_not_guessed_at():
    with pytest.raises(UsageError):
        propose_mapping(
            b"CREATE TABLE s (k text, v text);INSERT INTO s VALUES ('a','b');", exhibit="X/1", path="x"
        )


def test_the_example_in_the_documentation_is_a_mapping():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "map-a-platforms-records.md"
    example = re.search(r"```toml\n(version = 1.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert [s.name for s in parse_mapping(example.group(1)).ordered()] == [
        "platform",
        "provider",
        "card",
        "web",
    ]
