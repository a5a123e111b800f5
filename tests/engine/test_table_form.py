"""Tables that an older version wrote are brought to the form that this one reads."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.table_form import bring_up_to_date, is_current
from fairlead.tables import ALL

TABLE = ALL["exhibits"]
NAME = part_name("old")


def older_part(root: Path, *, without: tuple[str, ...] = ("carve",)) -> PartStore:
    """A store with one exhibit, written before some columns came."""
    store = PartStore(root)
    row = TABLE.batch([{"exhibit": "AB/1", "sequence": 1, "kind": "file", "path": "p", "sha256": "0" * 64}])
    store.write(TABLE, NAME, [row])
    path = root / TABLE.name / NAME
    pq.write_table(pq.read_table(path).drop_columns(list(without)), path)
    store.digests.forget(TABLE, [NAME])
    return store


def test_a_part_of_an_older_version_keeps_its_name_and_its_rows_and_gets_the_columns_it_lacks(
    tmp_path: Path,
) -> None:
    store = older_part(tmp_path)
    assert not is_current(store)
    assert bring_up_to_date(store) == 1
    assert is_current(store)
    assert [part.name for part in store.parts(TABLE)] == [NAME]
    assert store.is_whole(TABLE, NAME)
    catalogue = Catalogue(store, (TABLE,))
    assert catalogue.rows("SELECT exhibit, carve FROM exhibits") == [{"exhibit": "AB/1", "carve": None}]
    catalogue.close()
    assert bring_up_to_date(store) == 0


def test_a_part_that_was_altered_is_left_for_the_doctor(tmp_path: Path) -> None:
    store = older_part(tmp_path)
    store.digests.keep(TABLE, NAME, "0" * 64)
    assert bring_up_to_date(store) == 0
    assert store.find_altered(TABLE) == [NAME]


def test_a_part_with_a_column_that_no_table_has_is_not_guessed_at(tmp_path: Path) -> None:
    store = older_part(tmp_path)
    path = tmp_path / TABLE.name / NAME
    rows = pq.read_table(path)
    pq.write_table(rows.append_column("other", pa.array(["x"])), path)
    assert bring_up_to_date(store) == 0


def test_killed_in_the_middle_it_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = older_part(tmp_path)
    monkeypatch.setattr(PartStore, "write", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        bring_up_to_date(store)
    monkeypatch.undo()
    assert not is_current(store)
    assert bring_up_to_date(store) == 1
