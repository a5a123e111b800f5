"""The commands of provenance on a small operation, as an examiner types them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from fairlead.case.place.operations import init_workspace, new_operation
from fairlead.cli.main import run
from fairlead.engine.catalogue import Catalogue
from fairlead.training.camera import photograph
from fairlead.training.pictures import as_jpeg, as_png, draw_scene
from tests.conftest import SteppingClock
from tests.media.pictures import encode
from tests.provenance.embedder import stamp
from tests.provenance.samples import A1111, make_authority
from tests.provenance.test_detectors import plugin_folder
from tests.provenance.test_pixels import MESSAGES, carrier

PRODUCTS = [
    {"recordId": "r", "applicant": "Example", "status": "conformant",
     "product": {"productType": "generatorProduct", "DN": {"CN": "Known signer", "O": "Example", "C": "DK"},
                 "assurance": {"maxAssuranceLevel": 1}, "disallowedSignals": {"inception": []}}},
]  # fmt: skip


class Operation:
    """A processed workspace, and what was put into it; commands run in this process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.user = f"user-{uuid4().hex[:8]}"
        clock = SteppingClock()
        workspace = init_workspace(root / "ws", user_name=self.user, clock=clock)
        name = f"op-{uuid4().hex[:8]}"
        self.session = new_operation(
            workspace, name, lead="DK", partners=(), user_name=self.user, clock=clock
        )
        self.authority = make_authority("Known")
        self.paths: dict[str, bytes] = {
            **{f"own/{k}.jpg": photograph(draw_scene(5, k), device=1, shot=k) for k in range(10)},
            **{f"other/{k}.jpg": photograph(draw_scene(5, 50 + k), device=2, shot=k) for k in range(3)},
            "forged.jpg": photograph(draw_scene(5, 90), device=1, shot=90, comment=A1111),
            "generated.png": as_png(draw_scene(5, 91), texts={"parameters": A1111}),
            "plain.jpg": as_jpeg(draw_scene(5, 92)),
            "signed.jpg": self.authority.sign(as_jpeg(draw_scene(5, 93)), "digitalCapture"),
            "cropped.png": encode(stamp(carrier(3, 768), MESSAGES["FLUX"])[101:613, 53:565].copy(), "PNG"),
        }
        folder = root / "exhibit"
        for path, data in self.paths.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        self.run("exhibit", "add", folder, "--exhibit", "AB/1", "--authority", "x")
        self.run("process", "--workers", "1")

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """Run one command as this user; returns what it said on both channels."""
        said = io.StringIO()
        line = [*map(str, arguments), "--workspace", str(self.root / "ws"), "--user", self.user]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            ended = run(line)
        assert ended == code, said.getvalue()
        return said.getvalue()

    def ask(self, *arguments: str | Path) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.run("provenance", *arguments, "--json").splitlines()[-1])
        return answer

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The answer of the tables themselves, without a process for every question."""
        catalogue = Catalogue(self.session.store)
        try:
            return catalogue.rows(statement)
        finally:
            catalogue.close()

    def sha256(self, name: str) -> str:
        return str(self.rows(f"SELECT sha256 FROM files WHERE path = '{name}'")[0]["sha256"])

    def conclusion(self, name: str) -> str:
        rows = self.rows(f"SELECT conclusion FROM origins_of WHERE sha256 = '{self.sha256(name)}'")
        return str(rows[0]["conclusion"])

    def searched(self, name: str) -> set[str]:
        rows = self.rows(f"SELECT kind FROM searched WHERE sha256 = '{self.sha256(name)}'")
        return {str(row["kind"]) for row in rows}

    def explain(self, name: str) -> dict[str, Any]:
        return self.ask("explain", self.sha256(name))


@pytest.fixture(scope="module")
def operation(database: str, tmp_path_factory: pytest.TempPathFactory) -> Operation:
    return Operation(tmp_path_factory.mktemp("provenance"))


def test_the_queue_has_every_picture_and_a_reason_for_every_place(operation: Operation) -> None:
    rows = operation.ask("queue")["queue"]
    assert len(rows) == len(operation.paths)
    places = {row["sha256"]: row["queue_rank"] for row in rows}
    assert [
        places[operation.sha256(n)] for n in ("forged.jpg", "own/1.jpg", "plain.jpg", "generated.png")
    ] == [1, 2, 3, 4]
    assert all(row["reason"] for row in rows)


def test_an_explanation_is_text_json_and_one_page(operation: Operation) -> None:
    sha256 = operation.sha256("forged.jpg")
    pdf = operation.root / "forged.pdf"
    text = operation.run("provenance", "explain", sha256[:16], "--pdf", pdf)
    for said in ("conflict", "does not show", "forged by", "source:", "A person decides", "AB/1: forged.jpg"):
        assert said in text
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    page = document[0].get_textpage().get_text_range()
    for said in (sha256, "conflict", "Does not show", "Forged by", "no signer is trusted"):
        assert said in page
    answer = operation.explain("forged.jpg")
    assert answer["conclusion"] == "conflict"
    assert {s["kind"] for s in answer["declares"]} == {"generator_metadata", "camera_metadata"}
    assert "lighthouse" not in json.dumps(answer) + text + page


def test_an_unknown_digest_is_refused_with_what_to_do(operation: Operation) -> None:
    assert "USAGE-CONTENT" in operation.run("provenance", "explain", "0" * 64, code=64)


def test_trust_lists_are_imported_with_version_and_digest_and_named_in_every_report(
    operation: Operation,
) -> None:
    anchors, products = operation.root / "anchors.pem", operation.root / "products.json"
    anchors.write_text(operation.authority.certificate)
    products.write_text(json.dumps(PRODUCTS))
    operation.ask("trust", "import", anchors, "--kind", "anchors", "--version", "2026-08")
    operation.run("process", "--workers", "1")
    assert "(level: trusted)" in operation.explain("signed.jpg")["declares"][0]["detail"]
    operation.ask("trust", "import", products, "--kind", "products", "--version", "2026-08-21")
    operation.run("process", "--workers", "1")
    answer = operation.explain("signed.jpg")
    assert answer["vouched"]
    assert "(level: allowed)" in answer["declares"][0]["detail"]
    assert {(t["kind"], t["version"], len(t["sha256"])) for t in answer["trust"]} == {
        ("anchors", "2026-08", 64), ("products", "2026-08-21", 64),
    }  # fmt: skip
    wrong = ("provenance", "trust", "import", products, "--kind", "anchors", "--version", "1")
    assert "TRUST-001" in operation.run(*wrong, code=64)


def test_a_devices_own_pictures_make_a_reference_and_others_do_not_disturb_it(operation: Operation) -> None:
    made = operation.ask("reference", "add", "seized camera", "--exhibit", "AB/1", "--like", "o%/%")[
        "references"
    ]
    noise = next(row for row in made if row["kind"] == "noise")
    assert noise["pictures"] == 10  # the three of the other camera are left out
    operation.ask("compare")
    assert operation.searched("forged.jpg") == {"device_noise", "device_structure"}
    assert operation.searched("plain.jpg") == set()
    assert operation.searched("own/1.jpg") == set()  # it is part of the reference
    plain = operation.root / "exhibit" / "plain.jpg"
    assert "DEVICE-002" in operation.run("provenance", "reference", "add", "none", plain, code=64)


def test_pictures_of_one_camera_fall_into_one_group_without_any_device(operation: Operation) -> None:
    groups = operation.ask("groups")["groups"]
    own = {operation.sha256(f"own/{k}.jpg") for k in range(10)} | {operation.sha256("forged.jpg")}
    sizes = {row["size"] for row in groups if row["sha256"] in own}
    assert {row["sha256"] for row in groups if row["noise_group"] == groups[0]["noise_group"]} in (
        own, {operation.sha256(f"other/{k}.jpg") for k in range(3)},
    )  # fmt: skip
    assert sizes == {11}


def test_a_search_finds_a_cropped_watermark_and_loses_nothing_when_repeated(operation: Operation) -> None:
    assert operation.conclusion("cropped.png") == "nothing_found"
    names = [operation.sha256("cropped.png"), operation.sha256("plain.jpg")]
    assert operation.ask("search", *names) == {"searched": 2, "found": 1}
    assert operation.conclusion("cropped.png") == "generated"
    assert operation.ask("search", *names) == {"searched": 2, "found": 1}
    assert operation.searched("cropped.png") == {"watermark"}


def test_a_plug_in_is_asked_about_open_pictures_and_never_decides_alone(operation: Operation) -> None:
    added = operation.ask("detector", "add", plugin_folder(operation.root / "plugin"))
    assert added["name"] == "brightness"
    before = operation.conclusion("plain.jpg")
    operation.ask("detector", "run", "brightness", operation.sha256("plain.jpg"))
    assert operation.conclusion("plain.jpg") == before
    assert operation.searched("plain.jpg") == {"detector"}


def test_an_edited_table_of_weights_changes_conclusions_and_its_digest_is_in_the_report(
    operation: Operation,
) -> None:
    table = operation.root / "weights.toml"
    operation.ask("weights", "--export", table)
    first = operation.explain("generated.png")
    table.write_text(
        table.read_text().replace(
            'state = "declared"\nfinding = "machine_made"', 'state = "declared"\nfinding = "other"'
        )
    )
    operation.ask("weights", "--use", table, "--reason", "a test")
    second = operation.explain("generated.png")
    assert (first["conclusion"], second["conclusion"]) == ("generated", "nothing_found")
    assert first["weights"] != second["weights"]
