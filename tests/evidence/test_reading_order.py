"""What lies in archives is read from the front to the back: once, however many members there are, and to the end."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import py7zr
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engine.catalogue import READING_ORDER, Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.engine.sandbox import Outcome, SandboxReply
from fairlead.evidence.limits import EvidenceLimits
from fairlead.evidence.readers import handler, seven_zip
from fairlead.evidence.readers.entry import Given
from fairlead.evidence.readers.seven_zip import SevenZipReader
from fairlead.evidence.readers.tar import TarReader
from fairlead.evidence.reading_first import is_read_first
from fairlead.evidence.session import EvidenceSession
from fairlead.evidence.stages import DigestStage, source_of
from fairlead.evidence.streams import Streams
from fairlead.media.stages import WorklistStage
from fairlead.tables.evidence import EXHIBITS, FILES
from fairlead.terms.origin import parse_locator, reading_order
from fairlead.terms.verdicts import FileVerdict
from tests.evidence.build import exhibit_row, note, process, tar_gz_of, zip_of

LOCATOR = st.lists(
    st.one_of(
        st.builds("member:{}:{}".format, st.integers(0, 10**6), st.sampled_from(["a", "b 7", "c10"])),
        st.builds("part:{}:{}:x".format, st.integers(0, 200), st.integers(0, 20)),
        st.builds("path:d{}/f{}".format, st.integers(0, 30), st.integers(0, 300)),
    ),
    min_size=1, max_size=3,
).map("!".join)  # fmt: skip


class Unpacking(io.RawIOBase):
    """Bytes that must be unpacked to be seen, from the first on, and how many were."""

    unpacked = 0

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        count = self._file.readinto(target)
        Unpacking.unpacked += count
        return count

    def seek(self, place: int, whence: int = 0) -> int:
        assert whence != 2
        to = place if whence == 0 else self._file.tell() + place
        Unpacking.unpacked += to - self._file.tell() if to >= self._file.tell() else to
        return self._file.seek(to)


def packed(data: bytes) -> TarReader:
    return TarReader(lambda: io.BufferedReader(Unpacking(data), 1 << 18), packed=True)


def archive(members: int, size: int = 20_000) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for number in range(members):
            info = tarfile.TarInfo(f"{number}.bin")
            info.size = size
            tar.addfile(info, io.BytesIO(os.urandom(size)))
    return target.getvalue()


def test_a_packed_archive_whose_members_are_opened_while_it_is_listed_is_unpacked_twice_not_as_often_as_it_has_members() -> (
    None
):
    data = archive(400)
    reader = packed(data)
    Unpacking.unpacked = 0
    listed = []
    for entry in reader.entries():
        if entry is not None:
            listed.append(entry.index)
            if len(listed) % 20 == 0:  # a page further on, all of it is opened
                for index in listed[-20:]:
                    reader.copy({"kind": "member", "index": index or 0}, lambda chunk: None)
    assert len(listed) == 400
    assert Unpacking.unpacked < 2.5 * len(data)


def test_a_solid_7z_whose_members_are_opened_while_it_is_listed_is_unpacked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.7z"
    size, members = 5000, 100
    with py7zr.SevenZipFile(path, "w") as made:
        for number in range(members):
            made.writestr(note(number, size), f"{number}.txt")
    unpacked = 0
    read = seven_zip._Stream.read

    def counted(stream: Any, most: int) -> bytes:
        nonlocal unpacked
        data = read(stream, most)
        unpacked += len(data)
        return data

    monkeypatch.setattr(seven_zip._Stream, "read", counted)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        reader = SevenZipReader([descriptor], Given())
        listed = []
        for entry in reader.entries():
            if entry is not None:
                listed.append(entry.index)
                if len(listed) % 20 == 0:
                    for index in listed[-20:]:
                        reader.copy({"kind": "member", "index": index or 0}, lambda chunk: None)
    finally:
        os.close(descriptor)
    assert len(listed) == members
    assert unpacked < 2.5 * size * members


def test_archives_in_a_packed_archive_are_copied_out_once_for_themselves_and_for_what_they_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(tar_gz_of({f"{n}.zip": zip_of({f"{n}.txt": note(n)}) for n in range(20)}))
    asked: list[Any] = []
    ask = EvidenceSession._ask_to_copy

    def noted(self: Any, container: Any, place: Mapping[str, Any], *rest: Any) -> Any:
        asked.append((container.token, place["index"]))
        return ask(self, container, place, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(EvidenceSession, "_ask_to_copy", noted)
    rows = process(path)
    assert len(rows) == 40
    outer = [index for token, index in asked if token.endswith(":")]
    assert len(outer) == 40  # each once while it is listed, and once while it is digested
    assert outer[20:] == sorted(outer[20:])


def test_on_the_way_to_a_member_there_is_a_sign_of_life_after_every_piece() -> None:
    data = archive(4, 2_000_000)
    reader = packed(data)
    Unpacking.unpacked, most = 0, 0
    for _ in reader.reach({"kind": "member", "index": 3}):
        most, Unpacking.unpacked = max(most, Unpacking.unpacked), 0
    assert 0 < most < 1_000_000
    chunks: list[bytes] = []
    Unpacking.unpacked = 0
    reader.copy({"kind": "member", "index": 3}, chunks.append)
    assert b"".join(chunks) in data
    assert Unpacking.unpacked < 2_600_000  # nothing but the member itself


def test_a_reader_that_is_on_its_way_says_so_and_goes_on_when_it_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = archive(4, 2_000_000)
    monkeypatch.setattr(handler, "_PAGE_S", -1.0)
    held = handler._Open(packed(data), [])
    output = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    try:
        answers = []
        while not answers or answers[-1].get("on_the_way"):
            answers.append(
                handler._copy(
                    held, {"op": "copy", "place": {"kind": "member", "index": 3}, "most": 1 << 30}, output
                )
            )
            assert len(answers) < 1000
        assert len(answers) > 10
        assert answers[-1] == {"bytes": 2_000_000}
    finally:
        os.close(output)


class Answers:
    """A reader that says what it was told to."""

    def __init__(self, *untrusted: dict[str, Any]) -> None:
        self._bodies = iter(untrusted)
        self.last: dict[str, Any] = {}

    def call(self, request: Mapping[str, Any], descriptors: list[int]) -> SandboxReply:
        if request["op"] != "copy":
            return SandboxReply(outcome=Outcome.OK, body={})
        self.last = next(self._bodies, self.last)
        return SandboxReply(outcome=Outcome.OK, body=self.last)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("bodies", "verdict"), [
    ([{"on_the_way": True}] * 5 + [{"bytes": 0}], FileVerdict.READ),
    ([{"on_the_way": True}], FileVerdict.TIMEOUT),
])  # fmt: skip
def test_a_member_far_behind_is_waited_for_but_a_reader_that_only_says_so_is_not_believed(
    tmp_path: Path, bodies: list[dict[str, Any]], verdict: FileVerdict
) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(tar_gz_of({"1.txt": note(1)}))
    session = EvidenceSession(EvidenceLimits())
    session._pool.close()
    session._pool = Answers(*bodies)  # type: ignore[assignment]
    fetched = session.fetch(source_of(exhibit_row(path, EvidenceLimits())), parse_locator("member:0:1.txt"))  # type: ignore[arg-type]
    os.close(fetched.descriptor)
    session.close()
    assert fetched.verdict is verdict


def file_row(locator: str, number: int) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(FILES.schema.names)
    return empty | {
        "exhibit": "AB/1", "locator": locator, "path": f"{number}.jpg", "path_bytes": b"x", "verdict": "read",
        "sha256": f"{number:064x}", "sha1": "", "md5": "", "read_bytes": 1, "size_bytes": 1, "allocation": "live",
    }  # fmt: skip


def test_contents_are_worked_through_in_the_order_in_which_an_archive_holds_them(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    forward = [
        "member:2:b.jpg", "member:3:c.zip", "member:3:c.zip!member:9:a.jpg", "member:3:c.zip!member:10:a.jpg",
        "member:10:d.jpg", "member:100:a.jpg",
    ]  # fmt: skip
    exhibit = {"exhibit": "AB/1", "sequence": 1, "kind": "archive", "path": "x", "carve": False}
    store.write(EXHIBITS, part_name("e"), [EXHIBITS.batch([exhibit])])
    rows = [file_row(locator, 50 - place) for place, locator in enumerate(forward)]
    store.write(FILES, part_name("f"), [FILES.batch(rows[::2] + rows[1::2])])
    catalogue = Catalogue(store, (FILES, EXHIBITS))
    try:
        [(_, listed)] = list(WorklistStage().gather(catalogue))
    finally:
        catalogue.close()
    assert listed.column("locator").to_pylist() == forward


@given(st.lists(LOCATOR, min_size=2, max_size=12, unique=True))
def test_tables_and_the_program_agree_on_the_order_of_reading(locators: list[str]) -> None:
    import duckdb

    listed = ", ".join(f"('{locator}')" for locator in locators)
    rows = duckdb.sql(
        f"SELECT locator FROM (VALUES {listed}) AS t(locator) ORDER BY {READING_ORDER}, locator"
    ).fetchall()
    by_table = [row[0] for row in rows]
    assert [reading_order(a) for a in by_table] == sorted(map(reading_order, locators))


@given(st.lists(LOCATOR, min_size=2, max_size=12, unique=True))
def test_what_lies_in_a_container_stands_together_behind_it(locators: list[str]) -> None:
    every = sorted(
        {*locators, *(locator.rpartition("!")[0] for locator in locators)} - {""}, key=reading_order
    )
    for place, locator in enumerate(every):
        inside = [n for n, other in enumerate(every) if other.startswith(locator + "!")]
        assert not inside or min(inside) > place


def test_only_what_must_be_unpacked_from_its_beginning_is_a_stream(tmp_path: Path) -> None:
    archive, plain, folder = tmp_path / "a.tar.gz", tmp_path / "b.zip", tmp_path / "f"
    archive.write_bytes(tar_gz_of({"1.txt": note(1)}))
    plain.write_bytes(zip_of({"1.txt": note(1)}))
    folder.mkdir()
    (folder / "c.bin").write_bytes(archive.read_bytes())
    (folder / "d.zip").write_bytes(plain.read_bytes())

    def stream(path: Path, locator: str) -> str:
        return Streams([source_of(exhibit_row(path, EvidenceLimits()))]).of("AB/1", locator)  # type: ignore[arg-type]

    assert stream(archive, "member:0:1.txt")
    assert not stream(plain, "member:0:1.txt")
    assert stream(folder, "path:c.bin!member:0:1.txt")
    assert not stream(folder, "path:d.zip!member:0:1.txt")
    assert not stream(folder, "path:c.bin")
    assert not stream(folder, "path:gone!member:0:1.txt")


@pytest.mark.parametrize(("path", "first"), [
    ("D/harbour.JPG", True), ("Users/x/notes.txt", True), ("a.zip!DCIM/1", True), ("srv/dump.sql", True),
    ("home/x/Windows/System32/a.jpg", False), ("usr/share/icons/a.png", False), ("etc/hosts", False),
    ("Program Files (x86)/p/a.db", False), ("homework.txt", False), ("jpg", False),
])  # fmt: skip
def test_pictures_databases_and_what_people_keep_are_read_before_what_programs_brought(
    path: str, first: bool
) -> None:
    assert is_read_first(path) is first


def test_a_folder_of_pictures_is_digested_before_a_folder_of_programs(tmp_path: Path) -> None:
    rows = [
        {
            "exhibit": "AB/1",
            "locator": f"path:{path}",
            "path": path,
            "size_bytes": 300_000_000,
            "verdict": None,
        }
        for path in ("Windows/a.dll", "Windows/b.dll", "Users/x/a.jpg", "Windows/c.dll")
    ]
    stage = DigestStage(sources=())
    pieces = list(stage.cut(pa.Table.from_pylist(rows)))
    assert [(piece.stop, piece.urgent) for piece in pieces] == [(1, 0.0), (2, 0.0), (3, 1.0), (4, 0.0)]
