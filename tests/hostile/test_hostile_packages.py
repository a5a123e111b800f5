"""Whatever a country signs and seals, opening it changes nothing outside the package's own folder."""

from __future__ import annotations

import base64
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.case.place.keys import LeadKeys
from fairlead.case.place.session import Session
from fairlead.case.receiving.answers import answer_recall, received_package
from fairlead.case.receiving.opening import open_for_recipient
from fairlead.case.upkeep.backup import restore
from fairlead.engine.below import hold_folder, is_one_name, write_tree
from fairlead.leads.bag import close_bag
from fairlead.leads.dsse import Officer, envelope_of, sign_payload
from fairlead.leads.recall import Recall, sign_recall
from fairlead.terms.errors import FairleadError, ItemError, RunError, UsageError
from fairlead.terms.names import BagPath, CountryCode, ExhibitNumber, OfficerName, OperationSlug, PackageName
from tests.hostile.packages import (
    BAD_COUNTRIES,
    BAD_OPERATIONS,
    BAD_PACKAGES,
    BAD_PATHS,
    Made,
    hostile,
    member,
)
from tests.leads.builders import (
    AT,
    LOG_KEY,
    OFFICERS,
    PREPARER,
    SWEDEN,
    closed_by_hand,
    lead,
    payload_of,
    plan,
    sealed,
)
from tests.officers import make_officer

DENMARK = LeadKeys(country=CountryCode("DK"), officers=OFFICERS, ledger=LOG_KEY)
NORWAY = LeadKeys(country=CountryCode("NO"), officers=OFFICERS, ledger=LOG_KEY)


class Watched:
    """A folder that stands for an officer's whole disk, with a workspace somewhere in it."""

    def __init__(self, disk: Path, session: Session) -> None:
        self.disk, self.session = disk, session
        self.keys = disk / "home" / ".ssh" / "authorized_keys"
        self.keys.parent.mkdir(parents=True)
        self.keys.write_text("ssh-ed25519 the officer's own\n")
        self.identity = disk / "sweden.age"
        self.identity.write_text(f"{SWEDEN}\n")
        make_officer(session.workspace, "berg")
        self.before = self.seen()

    def seen(self) -> dict[str, tuple[int, int, bytes]]:
        """Every path outside the folder for received packages, with kind, time and bytes; links are not followed."""
        inside = self.session.workspace.root / "received"
        found = {}
        for path in sorted(self.disk.rglob("*")):
            if path == inside or inside in path.parents or path.name.endswith(".tar.age"):
                continue
            told = path.lstat()
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (told.st_mode, told.st_mtime_ns if path.is_file() else 0, data)
        return found

    def open(self, data: bytes, *, keys: LeadKeys = DENMARK, accept: str | None = "lanternfish") -> Path:
        """Open a package as the officer would; returns its receipt."""
        file = self.disk / "mail" / "came.tar.age"
        file.parent.mkdir(exist_ok=True)
        self.before.setdefault(str(file.parent), (file.parent.lstat().st_mode, 0, b""))
        file.write_bytes(data)
        return open_for_recipient(
            self.session.workspace,
            file,
            self.identity,
            keys,
            officer_name="berg",
            accept_operation=accept,
            user_name=self.session.user_name,
            clock=lambda: AT + timedelta(days=1),
        )[1]

    def kept(self) -> list[str]:
        """The files that lie in the folder for received packages."""
        folder = self.session.workspace.root / "received"
        return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


@pytest.fixture
def watched(make_session: Callable[..., Session], tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path, make_session(lead="SE", partners=()))
    yield made
    assert made.seen() == made.before


def refused_untouched(watched: Watched, made: Made, **how: object) -> str:
    with pytest.raises(FairleadError) as refusal:
        watched.open(hostile(made), **how)  # type: ignore[arg-type]
    assert not isinstance(refusal.value, RunError) or refusal.value.code == "RUN-BELOW"
    assert watched.kept() == []
    return refusal.value.code


def test_the_maker_of_hostile_packages_makes_good_ones_too(watched: Watched) -> None:
    receipt = watched.open(hostile())
    assert receipt.relative_to(watched.session.workspace.root).as_posix() == (
        "received/lanternfish/DK/lanternfish-SE-0001.receipt.json"
    )
    assert "lanternfish/DK/lanternfish-SE-0001/data/package.json" in watched.kept()


def test_a_package_cannot_overwrite_the_keys_that_let_people_in(watched: Watched) -> None:
    path = str(watched.keys)
    for name in (f"lanternfish-SE-0001/{path}", f"lanternfish-SE-0001/data/../../../../../..{path}", path):
        made = Made(members=((member(name), b"ssh-ed25519 the attacker's\n"),))
        assert refused_untouched(watched, made) == "PACKAGE-BAG"
    assert watched.keys.read_text() == "ssh-ed25519 the officer's own\n"


def test_a_path_in_a_bag_that_is_no_plain_name_is_refused_even_when_the_manifest_names_it(
    watched: Watched,
) -> None:
    for path in BAD_PATHS:
        payload = {path.removeprefix("data/"): b"x\n"} if path.startswith("data/") else {}
        members = () if payload else ((member(f"lanternfish-SE-0001/{path}"), b"x\n"),)
        code = refused_untouched(watched, Made(payload=payload, members=members))
        assert (path, code) == (path, "PACKAGE-BAG")


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (tarfile.SYMTYPE, "/"),
        (tarfile.SYMTYPE, "../../../.."),
        (tarfile.LNKTYPE, "lanternfish-SE-0001/data/package.json"),
        (tarfile.LNKTYPE, "/etc/passwd"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.DIRTYPE, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_links_devices_and_folders_in_a_bag_are_refused(watched: Watched, kind: bytes, to: str) -> None:
    made = Made(members=((member("lanternfish-SE-0001/data/out", kind, to), b""),))
    assert refused_untouched(watched, made) == "PACKAGE-BAG"


@pytest.mark.parametrize("paths", [("A.txt", "a.txt"), ("a", "a/b.txt"), ("leads.txt", "LEADS.TXT")])
def test_two_files_that_would_be_one_on_a_disk_are_refused(watched: Watched, paths: tuple[str, str]) -> None:
    assert refused_untouched(watched, Made(payload=dict.fromkeys(paths, b"x\n"))) == "PACKAGE-BAG"


def test_an_operation_that_is_no_name_is_refused_with_good_signatures(watched: Watched) -> None:
    for operation in BAD_OPERATIONS:
        code = refused_untouched(watched, Made(said={"operation": operation}))
        assert code in {"ITEM-NAME", "PACKAGE-COVER", "PACKAGE-ENVELOPE"}, operation


def test_a_sender_is_the_country_whose_keys_have_signed(watched: Watched) -> None:
    for country in BAD_COUNTRIES:
        code = refused_untouched(watched, Made(said={"from": country}))
        assert code in {"ITEM-NAME", "PACKAGE-SENDER", "PACKAGE-ENVELOPE"}, country


def test_a_package_whose_name_leads_elsewhere_or_is_anothers_is_refused(watched: Watched) -> None:
    codes = {"ITEM-NAME", "PACKAGE-BAG", "PACKAGE-COVER"}
    for name in BAD_PACKAGES:
        assert refused_untouched(watched, Made(said={"package": name})) in codes, name
        assert refused_untouched(watched, Made(root=name)) in codes | {"PACKAGE-SIGNATURE"}, name


def test_one_country_cannot_send_in_the_name_of_another(watched: Watched) -> None:
    assert refused_untouched(watched, Made(), keys=NORWAY) == "PACKAGE-SENDER"


def test_packages_of_an_operation_nobody_here_heard_of_need_a_word_once(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The database of the tests is shared, and other tests have an operation of that name.
    monkeypatch.setattr("fairlead.register.people.lead_of", lambda _slug: "")
    assert refused_untouched(watched, Made(), accept=None) == "USAGE-ACCEPT"
    assert refused_untouched(watched, Made(), accept="otherfish") == "USAGE-ACCEPT"
    honest = hostile()
    watched.open(honest)
    watched.open(honest, accept=None)


def test_an_operation_of_this_workspace_is_expected_from_its_lead_country_only(
    watched: Watched, make_session: Callable[..., Session]
) -> None:
    own = watched.session.operation
    honest = plan(lead(operation=own), operation=own, package=f"{own}-SE-0001")
    assert refused_untouched(watched, Made(honest=honest), accept=None) == "USAGE-ACCEPT"


def test_what_is_signed_and_what_people_read_are_the_same(watched: Watched) -> None:
    other = json.dumps({"package": "lanternfish-SE-0001", "to": "SE", "leads": []}).encode()
    assert refused_untouched(watched, Made(payload={"package.json": other})) == "PACKAGE-COVER"


@pytest.mark.parametrize("at", ["received", "received/lanternfish", "received/lanternfish/DK"])
def test_a_link_in_the_way_of_a_package_is_not_followed(watched: Watched, at: str) -> None:
    link = watched.session.workspace.root / at
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(watched.keys.parent)
    with pytest.raises(RunError, match="RUN-BELOW"):
        watched.open(hostile())
    link.unlink()


def test_one_key_under_two_names_is_one_officer(watched: Watched) -> None:
    both = LeadKeys(
        country=CountryCode("DK"), officers={**OFFICERS, "lund": OFFICERS["holm"]}, ledger=LOG_KEY
    )
    made = plan()
    files = closed_by_hand(made, payload_of(made))
    twice = Officer(name="lund", private=PREPARER.private)
    envelope = json.loads(files["statement.dsse.json"])
    payload = base64.b64decode(envelope["payload"])
    files["statement.dsse.json"] = envelope_of(
        payload, [sign_payload(payload, one) for one in (PREPARER, twice)]
    ).encode()
    del files["tagmanifest-sha256.txt"]
    with pytest.raises(ItemError, match="PACKAGE-SIGNATURE"):
        watched.open(sealed(made, close_bag(files)), keys=both)


@pytest.mark.parametrize(
    "proof",
    [
        b"[" * 100_000,
        b'{"leaf": "' + b"[" * 100_000 + b'"}',
        b'{"leaf": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_a_proof_that_is_nested_without_end_is_refused(watched: Watched, proof: bytes) -> None:
    made = plan()
    with pytest.raises(ItemError, match="PACKAGE-LEDGER"):
        watched.open(sealed(made, closed_by_hand(made, payload_of(made), ledger__json=proof)))


@pytest.mark.parametrize("odd", ["\\ud800", "\\u0000"])
def test_a_lead_with_what_is_no_text_is_refused(watched: Watched, odd: str) -> None:
    made = plan()
    payload = payload_of(made)
    path = next(name for name in payload if name.endswith("lead.json"))
    payload[path] = (
        payload[path]
        .replace(b"H0+H1", f"H0+H1{odd}".encode(), 1)
        .replace(b'"restriction": ""', f'"restriction": "{odd}"'.encode(), 1)
    )
    with pytest.raises(ItemError, match="PACKAGE-EGRESS"):
        watched.open(sealed(made, closed_by_hand(made, payload)))


@pytest.mark.parametrize("packing", ["once", "twice", "escaped"])
def test_a_printed_lead_that_unfolds_is_refused_before_it_is_opened(watched: Watched, packing: str) -> None:
    made = plan()
    payload = payload_of(made)
    path = next(name for name in payload if name.endswith("lead.pdf"))
    packed = zlib.compress(bytes(200 << 20), 9)
    names = {"once": b"/FlateDecode", "twice": b"[/FlateDecode /FlateDecode]", "escaped": b"/Flate#44ecode"}
    body = zlib.compress(packed, 9) if packing == "twice" else packed
    one = b"99 0 obj\n<</Length %d /Filter %s>>\nstream\n%s\nendstream\nendobj\n" % (
        len(body), names[packing], body,
    )  # fmt: skip
    payload[path] = payload[path].replace(b"xref", one + b"xref", 1)
    with pytest.raises(ItemError, match=r"PACKAGE-EGRESS.*(unpack|packed)"):
        watched.open(sealed(made, closed_by_hand(made, payload)))


def test_a_recall_of_everything_is_no_recall_of_a_package(watched: Watched, tmp_path: Path) -> None:
    watched.open(hostile())
    held = watched.kept()
    notice = tmp_path / "mail" / "notice.tar.age"
    for name in (
        "*",
        "lanternfish-SE-*",
        "../DK/lanternfish-SE-0001",
        "lanternfish-SE-0001/data",
        "",
        "..",
    ):
        recall = Recall(package=name, sha256="0" * 64, country="SE", leads=(), reason="x", at=AT)
        notice.write_text(sign_recall(recall, PREPARER))
        with pytest.raises(ItemError, match="ITEM-NAME"):
            answer_recall(watched.session.workspace, notice, DENMARK, officer_name="berg", at=AT)
        with pytest.raises(UsageError, match="USAGE-NAME"):
            received_package(watched.session.workspace, name)
    assert watched.kept() == held


def test_where_two_countries_sent_one_name_the_officer_says_whose_is_meant(watched: Watched) -> None:
    watched.open(hostile())
    watched.open(hostile(Made(honest=plan(lead(from_country="NO"), from_country="NO"))), keys=NORWAY)
    place = watched.session.workspace
    with pytest.raises(UsageError, match="--from"):
        received_package(place, "lanternfish-SE-0001")
    assert received_package(place, "lanternfish-SE-0001", sender="NO").parent.name == "NO"


def test_a_backup_restores_nothing_outside_its_folder(tmp_path: Path) -> None:
    keys = tmp_path / "home" / "authorized_keys"
    keys.parent.mkdir()
    keys.write_text("the officer's own\n")
    manifest = json.dumps({"format": "fairlead-backup/1", "files": {str(keys): "0" * 64}}).encode()
    hostile_members = {
        "absolute": (member(str(keys)), b"x"),
        "up": (member("a/../../home/authorized_keys"), b"x"),
        "link": (member("a", tarfile.SYMTYPE, str(keys.parent)), b""),
        "hard": (member("a", tarfile.LNKTYPE, str(keys)), b""),
        "pipe": (member("a", tarfile.FIFOTYPE), b""),
        "named only": (member("fairlead.json"), b"{}"),
    }
    for name, (extra, data) in hostile_members.items():
        packed = tmp_path / f"{name}.backup"
        with tarfile.open(packed, "w") as archive:
            for entry, held in ((member("manifest.json"), manifest), (extra, data)):
                entry.size = len(held)
                archive.addfile(entry, io.BytesIO(held))
        with pytest.raises(UsageError, match="USAGE-RESTORE"):
            restore(packed, tmp_path / "restored" / name)
        assert keys.read_text() == "the officer's own\n"
        assert sorted(p.name for p in keys.parent.iterdir()) == ["authorized_keys"]


NAMES = (BagPath, CountryCode, ExhibitNumber, OfficerName, OperationSlug, PackageName)
texts = st.text(
    st.sampled_from("aZ0./\\-_ :*?[]~$`'\"\n\0\r\t\u202e\uff0e\u2024e\u0301") | st.characters(), max_size=40
)


@given(texts)
def test_no_text_that_is_taken_for_a_name_can_leave_a_folder(text: str) -> None:
    for kind in NAMES:
        if kind.fits(text):
            path = os.path.normpath(f"/folder/{text}")
            assert path.startswith("/folder/")
            assert path == f"/folder/{text}"
            assert text.isprintable()
            assert not set(text) & set("\\:*?[]~$`'\"")
            if kind not in (BagPath, ExhibitNumber):
                assert is_one_name(text)


@given(st.lists(texts, min_size=1, max_size=4))
@example(["\ud800"])
@example(["\udc80"])
def test_writing_below_a_folder_makes_nothing_beside_it(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    disk = tmp_path_factory.mktemp("disk")
    with hold_folder(disk / "folder") as folder:
        try:
            write_tree(folder, tuple(names), io.BytesIO(b"x"))
        except (RunError, OSError):
            assert not [path for path in (disk / "folder").rglob("*") if path.is_file()]
        else:
            assert disk.joinpath("folder", *names).read_bytes() == b"x"
    assert [p.name for p in disk.iterdir()] == ["folder"]
