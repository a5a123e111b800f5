"""Documents of rows that are made to overwhelm their reader: each gets a verdict, and the main process stays small."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fairlead.records.documents import read_document
from fairlead.records.dump import Broken
from fairlead.records.tabular import DOCUMENTS, Header, NamedRow

_ROOM = 400 << 20  # bytes the main process may grow by
READ = """
import resource, sys
from fairlead.records.documents import read_document
from fairlead.records.dump import Broken
from fairlead.records.tabular import NamedRow
with open(sys.argv[1], "rb") as stream:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = [(type(item).__name__, getattr(item, "reason", "")) for item in read_document(stream, sys.argv[2])
             if isinstance(item, Broken)]
    print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def workbook(cells: int) -> bytes:
    """A small file whose one sheet is one row of very many cells."""
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active.append(["a", "b"])
    book.save(file)
    bomb = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = data.replace(
                    b"</row>", b"<c t='inlineStr'><is><t>x</t></is></c>" * cells + b"</row>", 1
                )
            target.writestr(name, data)
    return bomb.getvalue()


@pytest.mark.parametrize("form", ["xlsx", "json"])
def test_a_document_that_unfolds_gets_a_verdict_and_the_main_process_stays_small(
    tmp_path: Path, form: str
) -> None:
    file = tmp_path / "bomb"
    data = workbook(12_000_000) if form == "xlsx" else b"[" + b'{"a":{},"b":[]},' * 5_000_000 + b"{}]"
    file.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(file), form],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    found, _, grown = done.stdout.strip().rpartition(" ")
    assert int(grown) * 1024 < _ROOM + len(data)
    if form == "xlsx":
        assert "took too" in found or "crashed" in found, found


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("json", b'{"rows": [{"a": ' + b"9" * 6000 + b"}]}"),
        ("json", b'[{"a": "unfinished'),
        ("json", b"[" * 200_000),
        ("camt.053", b"<a>" + b"<Ntry>" * 5000),
        ("camt.053", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("xlsx", b"PK\x03\x04 and no more"),
        ("xlsx", b""),
    ],
)
def test_a_document_that_is_none_gets_a_verdict(form: str, data: bytes) -> None:
    items = list(read_document(io.BytesIO(data), form))
    assert any(isinstance(item, Broken) for item in items)
    assert not any(isinstance(item, NamedRow) for item in items)


def test_the_sandbox_gives_what_the_reader_reads_over_more_than_one_page() -> None:
    rows = [
        {"id": n, "nested": {"name": f"n-{n}"}} | ({"extra": None} if n % 2 else {}) for n in range(12_345)
    ]
    data = json.dumps(rows).encode()
    assert list(read_document(io.BytesIO(data), "json")) == list(DOCUMENTS["json"](io.BytesIO(data)))


def test_a_workbook_is_read_in_the_sandbox_as_before() -> None:
    data = workbook(0)
    items = list(read_document(io.BytesIO(data), "xlsx"))
    assert items == [Header(("a", "b"), 1)]


def test_nothing_of_a_document_is_parsed_by_the_main_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> None:
        raise AssertionError("parsed in the open")

    monkeypatch.setitem(DOCUMENTS, "json", refused)
    items = list(read_document(io.BytesIO(b'[{"a": 1}]'), "json"))
    assert items[1:] == [NamedRow({"a": b"1"}, 1, 2)]
