"""The page about disk images works as written, on a server of 2 GB; every file of it is found with its bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import pypdfium2
import pytest

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore
from tests.documents.console import run_page
from tests.evidence.server_image import PARTS, PASSWORD, Server, make_server

pytestmark = pytest.mark.long


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The image, and the page followed beside it."""
    folder = tmp_path_factory.mktemp("server")
    made = make_server(folder)
    (folder / "words.txt").write_text(f"dunlin\n{PASSWORD}\n")
    done = run_page("how-to/process-a-disk-image.md", folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return made


def rows(server: Server, statement: str) -> list[dict[str, Any]]:
    catalogue = Catalogue(PartStore(server.image.parent / "work" / "operations" / "lanternfish" / "tables"))
    try:
        return catalogue.rows(statement)
    finally:
        catalogue.close()


def test_every_live_file_of_three_file_systems_has_its_digest(server: Server) -> None:
    found = {
        (row["locator"].split(":")[1], row["path"].rpartition("/")[2]): row["sha256"]
        for row in rows(server, "SELECT * FROM files WHERE allocation = 'live' AND verdict = 'read'")
        if row["locator"].startswith("inode:")
    }
    for place, (name, *_) in enumerate(PARTS):
        expected = {(str(place + 2), file): sha256(data) for file, data in server.live[name].items()}
        assert expected.items() <= found.items()


def test_every_deleted_file_that_a_file_system_still_knows_is_there(server: Server) -> None:
    found = {
        (row["locator"].split(":")[1], row["sha256"])
        for row in rows(server, "SELECT * FROM files WHERE allocation = 'deleted' AND verdict = 'read'")
    }
    for place, (name, *_) in enumerate(PARTS):
        assert {(str(place + 2), sha256(data)) for data in server.deleted[name].values()} <= found


def test_pictures_in_containers_and_outside_of_partitions_are_there(server: Server) -> None:
    found = {row["sha256"]: row for row in rows(server, "SELECT * FROM files WHERE verdict = 'read'")}
    in_mail = found[sha256(server.special["pier.jpg"])]
    assert in_mail["path"] == "/mail.eml!views.zip!pier.jpg"
    in_archive = found[sha256(server.special["quay.jpg"])]
    assert "opened with password 2" in in_archive["detail"]
    in_gap = found[sha256(server.in_gap)]
    assert (in_gap["allocation"], in_gap["path"].split("/")[0]) == ("carved", "$Gap")
    contents = {
        row["sha256"] for row in rows(server, "SELECT sha256 FROM contents WHERE verdict = 'decoded'")
    }
    assert {in_mail["sha256"], in_archive["sha256"], in_gap["sha256"]} <= contents


def test_deleted_pictures_are_found_again_in_free_space(server: Server) -> None:
    carved = {row["sha256"] for row in rows(server, "SELECT sha256 FROM files WHERE allocation = 'carved'")}
    for name in ("ext4", "fat32"):  # what was only marked in the NTFS table still counts as taken
        pictures = {sha256(data) for file, data in server.deleted[name].items() if file.endswith("jpg")}
        assert pictures <= carved


def test_free_space_and_gaps_are_accounted_for(server: Server) -> None:
    unexamined = rows(
        server, "SELECT path, size_bytes, detail FROM files WHERE verdict = 'not_examined' ORDER BY ALL"
    )
    names = [row["path"] for row in unexamined if row["path"].startswith("$")]
    assert names == ["$FreeSpace"] * 3 + ["$Gap"] * 2
    assert all("searched for" in row["detail"] for row in unexamined if row["path"].startswith("$"))


def test_the_image_is_what_it_states_and_the_report_says_so(server: Server) -> None:
    (acquired,) = rows(server, "SELECT * FROM acquisitions")
    assert acquired["result"] == "equal"
    assert acquired["stored_sha1"] == acquired["found_sha1"]
    pdf = pypdfium2.PdfDocument(server.image.parent / "NSK-1.pdf")
    text = " ".join(page.get_textpage().get_text_range() for page in pdf)
    assert "The digests of the sectors are those that the image states." in text
    assert "officer 17" in text
