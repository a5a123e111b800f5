"""Tables in object storage, on a real server: the same parts, damage found, refusals that say what to do."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from fairlead.attribution.networks import read_networks
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine import object_cache
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.local import LocalEngine
from fairlead.engine.object_cache import cache_folder, open_object, spool
from fairlead.engine.objects import meaning_of
from fairlead.engine.parts import PartStore
from fairlead.engine.places import ObjectPlace, parse_place
from fairlead.engine.storage import storage_at
from fairlead.tables.records import ACCOUNTS, PAYMENTS
from fairlead.terms.errors import RunError, UsageError
from tests.attribution.test_webs import attribute, store_of
from tests.engine.object_server import BUCKET, ObjectServer, needs_s3, object_server
from tests.engine.spark_cluster import LOOPBACK
from tests.engine.test_local import NUMBERS, SQUARES, Squaring, store_with


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with object_server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def server(running: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ObjectServer:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
    return running


def bytes_of(store: PartStore) -> dict[str, bytes]:
    return {part.name: store.storage.read(f"{SQUARES.name}/{part.name}") for part in store.parts(SQUARES)}


def copy_of(store: PartStore, prefix: str) -> PartStore:
    there = PartStore(ObjectPlace(BUCKET, prefix))
    for part in store.parts(NUMBERS):
        there.write(NUMBERS, part.name, part.read().to_batches())
    return there


@needs_s3
def test_parts_in_object_storage_are_those_of_a_folder_and_what_is_altered_or_lost_is_made_again(
    server: ObjectServer, tmp_path: Path
) -> None:
    here = store_with(tmp_path / "local", 100)
    there = copy_of(here, "same/tables")
    with LocalEngine(here, workers=1) as engine:
        engine.run(Squaring())
    with LocalEngine(there, workers=1) as engine:
        assert engine.run(Squaring()).done == 15
        assert engine.run(Squaring()).done == 0
        assert bytes_of(there) == bytes_of(here)
        first, second, third, *_ = (
            f"same/tables/{SQUARES.name}/{part.name}" for part in there.parts(SQUARES)
        )
        server.put(first, server.get(first)[:-1] + b"\0")
        server.filesystem.delete_file(f"{BUCKET}/{second}")
        server.put(third.replace("part-", "part-0"), server.get(third))
        assert len(there.find_altered(SQUARES)) == 2, "a whole part without a digest gets one"
        again = engine.run(Squaring())
        assert (again.done, again.removed) == (2, 1)
    assert bytes_of(there) == bytes_of(here)


@needs_s3
def test_persons_attributed_with_tables_in_object_storage_are_those_of_a_folder(
    server: ObjectServer, tmp_path: Path
) -> None:
    here = store_of(tmp_path / "local", 400, 2)
    there = PartStore(ObjectPlace(BUCKET, "persons/tables"))
    for table in (ACCOUNTS, PAYMENTS):
        there.write(table, "part-1.parquet", here.read(table).to_batches())
    for store in (here, there):
        attribute(store)
    for stage in attribution_stages(read_networks()):
        assert here.read(stage.writes).equals(there.read(stage.writes)), stage.name


@needs_s3
def test_a_part_whose_writing_broke_off_does_not_exist(server: ObjectServer, tmp_path: Path) -> None:
    there = copy_of(store_with(tmp_path / "local", 10), "broken/tables")

    def batches():
        yield SQUARES.batch([{"n": 1, "square": 1, "by": "1"}])
        raise InterruptedError

    with pytest.raises(InterruptedError):
        there.write(SQUARES, "part-a.parquet", batches())
    assert server.keys(f"broken/tables/{SQUARES.name}") == []
    assert list((cache_folder() / "spool").iterdir()) == []


@needs_s3
def test_a_users_statement_sees_the_tables_and_nothing_else(server: ObjectServer, tmp_path: Path) -> None:
    there = copy_of(store_with(tmp_path / "local", 100), "sql/tables")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    catalogue = Catalogue(there, (NUMBERS, SQUARES), open_sql=True)
    assert catalogue.scalar("SELECT count(*) FROM numbers WHERE n >= 40 AND n < 60") == 20
    assert catalogue.scalar("SELECT count(*) FROM squares") == 0
    for statement in (
        f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
        f"SELECT * FROM 's3://{BUCKET}/sql/tables/numbers/part-a.parquet'",
        "SELECT * FROM there",
        "INSTALL httpfs",
        "SELECT getenv('AWS_SECRET_ACCESS_KEY')",
    ):
        with pytest.raises(UsageError, match="USAGE-SQL"):
            catalogue.query(statement)
    catalogue.close()


@needs_s3
def test_what_the_object_storage_refuses_says_what_to_do(
    server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        RunError, match="RUN-OBJECTS-BUCKET: the object storage knows nothing of the bucket no-such"
    ):
        PartStore(ObjectPlace("no-such", "tables")).write(NUMBERS, "part-a.parquet", [])
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{LOOPBACK}:9")
    with pytest.raises(
        RunError, match="RUN-OBJECTS: the object storage of the bucket lanternfish does not answer"
    ) as down:
        PartStore(ObjectPlace(BUCKET, "tables")).parts(NUMBERS)
    assert "testing" not in str(down.value)


class _Refusing(http.server.BaseHTTPRequestHandler):
    """Answers everything as Amazon does when a key has no rights, or a bucket lies elsewhere."""

    status, code = 403, "AccessDenied"

    def do_GET(self) -> None:
        body = f"<Error><Code>{self.code}</Code><Message>refused</Message></Error>".encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/xml")
        if self.status == 301:
            self.send_header("x-amz-bucket-region", "eu-west-1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, "AccessDenied", "RUN-OBJECTS-RIGHTS"),
        (403, "InvalidAccessKeyId", "RUN-OBJECTS-RIGHTS"),
        (403, "SignatureDoesNotMatch", "RUN-OBJECTS-RIGHTS"),
        (403, "QuotaExceeded", "RUN-OBJECTS-FULL"),
        (400, "MissingContentLength", "RUN-OBJECTS-ANSWER"),
        (301, "PermanentRedirect", "RUN-OBJECTS-REGION"),
    ],
)
def test_missing_rights_full_storage_wrong_regions_and_other_errors_are_told_apart(
    status: int, code: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = type("Handler", (_Refusing,), {"status": status, "code": code})
    with http.server.ThreadingHTTPServer((LOOPBACK, 0), handler) as refusing:
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{LOOPBACK}:{refusing.server_address[1]}")
        monkeypatch.setenv("AWS_REGION", "eu-north-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with pytest.raises(RunError, match=told + ":"):
            PartStore(ObjectPlace(BUCKET, "tables")).parts(NUMBERS)
        refusing.shutdown()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            (
                "When listing objects under key 'tables/files/' in bucket 'lanternfish': AWS Error NETWORK_CONNECTION during "
                "ListObjectsV2 operation: curlCode: 60, SSL peer certificate or SSH remote key was not OK; Details: SSL "
                "certificate OpenSSL verify result: self-signed certificate (18)"
            ),
            "RUN-OBJECTS-TLS: the object storage of the bucket lanternfish does not prove who it is",
        ),
        (
            (
                "When uploading object with key 'tables/x' in bucket 'lanternfish': AWS Error NETWORK_CONNECTION during "
                "PutObject operation: curlCode: 7, Could not connect to server; Details: Failed to connect to 127.0.0.1:7480"
            ),
            "RUN-OBJECTS: the object storage of the bucket lanternfish does not answer",
        ),
        (
            (
                "When uploading part for key 'tables/x' in bucket 'lanternfish': AWS Error UNKNOWN (HTTP status 411) during "
                "UploadPart operation: Unable to parse ExceptionName: MissingContentLength Message:  (Request ID: tx0000)"
            ),
            "RUN-OBJECTS-ANSWER: the object storage of the bucket lanternfish answers with an error (MissingContentLength)",
        ),
        (
            (
                "When getting information for key 'tables/x' in bucket 'lanternfish': AWS Error UNKNOWN (HTTP status 502) "
                "during HeadObject operation: No response body."
            ),
            "RUN-OBJECTS-ANSWER: the object storage of the bucket lanternfish answers with an error (HTTP 502)",
        ),
    ],
)
def test_errors_of_an_object_storage_are_told_apart_without_names_of_objects(said: str, told: str) -> None:
    meaning = meaning_of(said, BUCKET)
    assert str(meaning).startswith(told)
    assert "tables" not in str(meaning)


class _Strict(_Refusing):
    """Keeps what is uploaded, and refuses an upload that does not state its length, as Ceph 16 does."""

    protocol_version = "HTTP/1.1"
    kept: ClassVar[dict[str, bytes]] = {}

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length")
        if length is None:
            self.status, self.code, self.close_connection = 411, "MissingContentLength", True
            super().do_GET()
            return
        self.kept[self.path] = self.rfile.read(int(length))
        self.answer(b"")

    def do_GET(self) -> None:
        self.answer(self.kept[self.path])

    do_HEAD = do_GET

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def test_an_object_storage_that_wants_to_know_lengths_beforehand_takes_uploads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with http.server.ThreadingHTTPServer((LOOPBACK, 0), _Strict) as strict:
        threading.Thread(target=strict.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{LOOPBACK}:{strict.server_address[1]}")
        monkeypatch.setenv("AWS_REGION", "eu-north-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("FAIRLEAD_CACHE", str(tmp_path / "cache"))
        monkeypatch.delenv("AWS_REQUEST_CHECKSUM_CALCULATION", raising=False)
        storage = storage_at(ObjectPlace(BUCKET, "tables"))
        storage.write("a", b"abc")
        assert storage.read("a") == b"abc"
        strict.shutdown()


@needs_s3
def test_an_object_is_fetched_once_and_again_when_it_or_its_copy_changed(
    server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ObjectPlace(BUCKET, "cache/a.bin")
    server.put(place.key, b"first")
    assert read(place) == b"first"
    (kept,) = (cache_folder() / "objects").glob("*/*")
    assert kept.stat().st_mode & 0o777 == 0o400
    kept.chmod(0o600)
    kept.write_bytes(b"FIRST")
    monkeypatch.setattr(object_cache, "_SEEN", set())
    assert read(place) == b"first", "another process would see that the copy is not what came"
    server.put(place.key, b"other")
    assert read(place) == b"other"
    with pytest.raises(FileNotFoundError):
        open_object(ObjectPlace(BUCKET, "cache/none"))


@needs_s3
def test_the_cache_stays_below_its_bound_and_removes_what_killed_processes_left(
    server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_CACHE_GIB", str(100_000 / 2**30))
    with spool() as held:
        left = held.with_name("left-by-a-killed-process")
        left.write_bytes(b"x")
        for number in range(8):
            server.put(f"bound/{number}", bytes([number]) * 30_000)
            assert read(ObjectPlace(BUCKET, f"bound/{number}")) == bytes([number]) * 30_000
        kept = [path.stat().st_size for path in (cache_folder() / "objects").glob("*/*")]
        assert 0 < sum(kept) <= 100_000
        assert held.exists()
        assert not left.exists()
    server.put("bound/large", bytes(200_000))
    with pytest.raises(RunError, match="RUN-CACHE"):
        open_object(ObjectPlace(BUCKET, "bound/large"))


def read(place: ObjectPlace) -> bytes:
    descriptor = open_object(place)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
        return file.read()


@pytest.mark.parametrize(
    "text", ["s3://key:secret@bucket/x", "s3://B/x", "s3://", "s3://bucket/a//b", "s3://bucket/../x"]
)
def test_places_that_cannot_be_used_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(UsageError, match="USAGE-PLACE") as refused:
        parse_place(text)
    assert "secret" not in str(refused.value)
    assert parse_place("s3://bucket/a/b/") == ObjectPlace("bucket", "a/b")
    assert parse_place("/some/folder") == Path("/some/folder")
