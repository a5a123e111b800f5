"""Merges and splits from run to run are kept once, in the operation's folder and in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from fairlead.case.persons.history import history_of, keep_changes
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import PERSONS
from fairlead.terms.errors import UsageError


@dataclass
class Desk:
    """A session without a register: a folder, a clock that stands still, and a list instead of a ledger."""

    folder: object
    entries: list = field(default_factory=list)
    operation: str = "one"
    workspace: object = None

    def __post_init__(self):
        self.workspace = self
        self.store = PartStore(self.folder / "tables")
        self.operation_folder = self.folder

    def clock(self):
        return datetime(2026, 1, 2, tzinfo=UTC)

    def require_sight(self):
        """Whoever stands here sees the whole."""

    def record(self, operation, what, objects, justification, **facts):
        self.entries.append((what, facts.get("facts")))

    def publish(self, **persons):
        rows = [
            {"person": name, "members": members, "grade": "probable"} for name, members in persons.items()
        ]
        self.store.write(PERSONS, "part-1.parquet", [pa.RecordBatch.from_pylist(rows, schema=PERSONS.schema)])
        return keep_changes(self)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.workspace = type("Place", (), {"operation": lambda self, slug: tmp_path})()
    return made


def test_a_merge_and_a_later_split_are_found_from_either_end(desk):
    assert desk.publish(P1=["a"], P2=["b"]) == 0
    assert desk.publish(P3=["a", "b"]) == 1
    assert desk.publish(P3=["a", "b"]) == 0
    assert desk.publish(P1=["a"], P2=["b"]) == 1
    steps = [(s.change.kind.value, s.change.before, s.change.after) for s in history_of(desk, "P1")]
    assert steps == [("merged", ("P1", "P2"), ("P3",)), ("split", ("P3",), ("P1", "P2"))]
    assert [e for e in desk.entries if e[0] == "attribute.persons-changed"] == [
        ("attribute.persons-changed", {"merged": 1}),
        ("attribute.persons-changed", {"split": 1}),
    ]


def test_a_run_killed_before_it_could_forget_the_old_persons_keeps_its_changes_once(desk):
    desk.publish(P1=["a"], P2=["b"])
    before = (desk.folder / "person-history" / "last.json").read_text()
    desk.publish(P3=["a", "b"])
    (desk.folder / "person-history" / "last.json").write_text(before)
    keep_changes(desk)
    assert len(history_of(desk, "P3")) == 1


def test_an_id_that_never_was_is_a_wrong_question(desk):
    desk.publish(P1=["a"])
    assert history_of(desk, "P1") == []
    with pytest.raises(UsageError):
        history_of(desk, "P9")
