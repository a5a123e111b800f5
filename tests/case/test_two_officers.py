"""Two people are two people: each signs with a key that only they can open, and both sign the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest

from fairlead.case.place.keys import (
    create_officer_key,
    is_locked,
    lead_keys,
    officer,
    open_key,
    own_officers,
    protect_officer_key,
)
from fairlead.case.place.made_up import DEMO_MARK, mark_made_up
from fairlead.case.place.secrets import asking
from fairlead.case.place.session import Session
from fairlead.case.sending.building import Release, build_for_country
from fairlead.case.sending.holds import hold
from fairlead.case.sending.reading import read_package, write_reading
from fairlead.case.sending.recalls import recall_package
from fairlead.case.sending.recipients import keep_recipients
from fairlead.case.sending.release import prepare_release, release, return_release, waiting_for
from fairlead.case.upkeep.checks.secrets import check_secrets
from fairlead.leads.bag import unpack
from fairlead.leads.document import LeadDocument
from fairlead.leads.dsse import sign_statement
from fairlead.leads.opening import decrypt
from fairlead.register.actions import Role
from fairlead.terms.errors import UsageError
from tests.case.test_recipient_keys import officer as member
from tests.case.test_sending import publish
from tests.leads.builders import lead, statement
from tests.releases import digest_of, release_as_read

PASSPHRASES = {"first": "a quiet harbour at night", "second": "nine bicycles in the rain"}


def answering(**secrets: str) -> AbstractContextManager[None]:
    return asking(secrets.get)


@pytest.fixture
def pair(make_session: Callable[..., Session]) -> tuple[Session, Session]:
    """Two officers of one operation that nobody marked as made up, each with a locked key."""
    first = make_session()
    second = member(first, "second", Role.LEAD_OFFICER)
    for session, passphrase in zip((first, second), PASSPHRASES.values(), strict=True):
        create_officer_key(session.workspace, session.user_name, passphrase=passphrase)
    publish(first, lead(operation=first.operation))
    keep_recipients(first, "SE", [str(pyrage.x25519.Identity.generate().to_public())])
    return first, second


def prepare(session: Session) -> None:
    with answering(**{session.user_name: PASSPHRASES["first"]}):
        prepare_release(session, "SE", legal_basis="a basis", purpose="a purpose")


def packages(session: Session) -> list[Path]:
    return sorted((session.workspace.operation(session.operation) / "packages").glob("*.age"))


def test_a_package_takes_the_secrets_of_both_officers_each_at_their_own_act(pair) -> None:
    first, second = pair
    with pytest.raises(UsageError, match="USAGE-PASSPHRASE"):
        prepare_release(first, "SE", legal_basis="a basis", purpose="a purpose")
    prepare(first)
    number = waiting_for(second, "SE")
    with pytest.raises(UsageError, match="USAGE-PASSPHRASE"):
        release_as_read(second, number)
    with (
        answering(**{second.user_name: PASSPHRASES["first"]}),
        pytest.raises(UsageError, match="does not open"),
    ):
        release_as_read(second, number)
    assert packages(first) == []
    with answering(**{second.user_name: PASSPHRASES["second"]}):
        assert release_as_read(second, number) == f"{first.operation}-SE-0001"
    assert len(packages(first)) == 1


def test_one_person_with_a_shell_and_one_secret_signs_for_one_officer_only(pair) -> None:
    first, second = pair
    alone = answering(**{first.user_name: PASSPHRASES["first"], second.user_name: PASSPHRASES["first"]})
    with alone, pytest.raises(UsageError, match="USAGE-PASSPHRASE"):
        build_for_country(first, "SE", Release(preparer=first.user_name, releaser=second.user_name))
    assert packages(first) == []


def test_a_key_that_lies_open_signs_nothing_but_in_a_made_up_operation(pair) -> None:
    first, _ = pair
    name, workspace = first.user_name, first.workspace
    with pytest.raises(UsageError, match="USAGE-OPEN-KEY"):
        create_officer_key(workspace, "open", passphrase=None)
    with answering(**{name: PASSPHRASES["first"]}):
        private = open_key(workspace.keys / f"officer-{name}.key")
    mark = workspace.root.parent / DEMO_MARK
    mark.touch()
    with pytest.raises(UsageError, match="USAGE-OPEN-KEY"):
        create_officer_key(workspace, "open", passphrase=None)  # a mark that does not name it says nothing
    mark_made_up(workspace)
    path = create_officer_key(workspace, "open", passphrase=None)
    assert officer(workspace, "open", at=first.clock())
    mark.unlink()
    with pytest.raises(UsageError, match="USAGE-OPEN-KEY"):
        officer(workspace, "open", at=first.clock())
    assert any("officer-open.key: not encrypted" in found for found in check_secrets(workspace).found)
    protect_officer_key(path, open_key(path), passphrase=PASSPHRASES["second"])
    assert is_locked(path)
    assert not any("officer-open" in found for found in check_secrets(workspace).found)
    with answering(open=PASSPHRASES["second"]):
        assert officer(workspace, "open", at=first.clock()).private.public_key() != private.public_key()


def test_public_keys_are_read_without_a_secret_and_fit_the_locked_ones(pair) -> None:
    first, _ = pair
    assert lead_keys(first.workspace, "DK").officers.keys() == own_officers(first.workspace).keys()
    with answering(**{first.user_name: PASSPHRASES["first"]}):
        signer = officer(first.workspace, first.user_name, at=first.clock())
    assert signer.private.public_key() == own_officers(first.workspace)[first.user_name]
    assert b"PRIVATE KEY" not in (first.workspace.keys / f"officer-{first.user_name}.key").read_bytes()


@pytest.mark.parametrize("weak", ["short", " " * 21, "aaaaaaaaaaaaaaaa", "abababababababab", "  short     "])
def test_a_weak_passphrase_is_refused_and_makes_no_key(pair, weak: str) -> None:
    first, _ = pair
    with pytest.raises(UsageError, match="USAGE-PASSPHRASE"):
        create_officer_key(first.workspace, "hasty", passphrase=weak)
    assert not list(first.workspace.keys.glob("officer-hasty*"))


def test_a_key_whose_time_has_ended_signs_nothing_more(pair) -> None:
    first, _ = pair
    create_officer_key(
        first.workspace,
        "gone",
        passphrase="a long enough secret",
        valid_until=first.clock() - timedelta(days=1),
    )
    with answering(gone="a long enough secret"), pytest.raises(UsageError, match="USAGE-KEY-ENDED"):
        officer(first.workspace, "gone", at=first.clock())


@pytest.mark.parametrize(
    "change", ["a lead", "the terms", "the list of files", "the signature", "its number"]
)
def test_what_differs_from_what_the_first_officer_signed_does_not_leave(pair, change: str) -> None:
    from fairlead.register.models import PackageRow, PreparedRow

    first, second = pair
    prepare(first)
    number = waiting_for(second, "SE")
    row = PreparedRow.objects.using("owner").get(pk=number)
    if change == "a lead":
        publish(first, lead(operation=first.operation, grade="possible"))
    elif change == "the terms":
        row.purpose = "another purpose"
    elif change == "the list of files":
        row.statement = sign_statement({}, "urn:fairlead:package:1", {}, [])
    elif change == "the signature":
        row.statement = row.statement.replace(first.user_name, second.user_name)
    else:
        PackageRow.objects.using("owner").create(
            operation_id=first.operation, country="SE", package=f"{first.operation}-SE-0001", version=1, leads={},
            sha256="0" * 64, prepared_by="x", released_by="y", built_at=first.clock(),
        )  # fmt: skip
    row.save(using="owner")
    with answering(**{second.user_name: PASSPHRASES["second"]}), pytest.raises(UsageError) as refused:
        release_as_read(second, number)
    assert refused.value.code == "USAGE-RELEASE"
    if change == "a lead":
        assert "is in version 2" in refused.value.fact
    assert packages(first) == []
    row.refresh_from_db(using="owner")
    assert row.state == "waiting"


def test_a_release_prepared_by_an_older_version_has_to_be_prepared_again(pair) -> None:
    from fairlead.register.models import PreparedRow

    first, second = pair
    prepare(first)
    PreparedRow.objects.using("owner").filter(country="SE", operation=first.operation).update(statement="")
    with pytest.raises(UsageError, match="without a signature"):
        release_as_read(replace(second), waiting_for(second, "SE"))


def test_the_second_officer_reads_the_very_files_that_leave_and_names_their_digest(pair, tmp_path) -> None:
    first, second = pair
    prepare(first)
    reading = read_package(second, "SE")
    assert (reading.waiting, reading.preparer) == (waiting_for(second, "SE"), first.user_name)
    write_reading(reading, tmp_path / "read")
    listed = (tmp_path / "read" / "manifest-sha256.txt").read_bytes()
    assert hashlib.sha256(listed).hexdigest() == reading.manifest_sha256 == digest_of(reading.waiting)
    for line in listed.decode().splitlines():
        digest, _, path = line.partition("  ")
        assert hashlib.sha256((tmp_path / "read" / path).read_bytes()).hexdigest() == digest
    assert (tmp_path / "read").stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="USAGE-READING"):
        write_reading(reading, tmp_path / "read")
    identity = pyrage.x25519.Identity.generate()
    with answering(**{second.user_name: PASSPHRASES["second"]}):
        with pytest.raises(UsageError, match="USAGE-MANIFEST"):
            release(second, reading.waiting, manifest_sha256="0" * 64)
        keep_recipients(first, "SE", [str(identity.to_public())])
        with pytest.raises(UsageError, match="USAGE-RECIPIENT"):
            release(second, reading.waiting, manifest_sha256=reading.manifest_sha256)
        return_release(second, reading.waiting, reason="another key")
    prepare(first)
    read = read_package(second, "SE")
    with answering(**{second.user_name: PASSPHRASES["second"]}):
        release(second, read.waiting, manifest_sha256=read.manifest_sha256.upper())
    (package,) = packages(first)
    _, files = unpack(decrypt(package.read_bytes(), str(identity)))
    assert {path: files[path] for path in read.files} == read.files


def test_what_changed_since_it_was_prepared_is_not_shown_as_what_leaves(pair) -> None:
    first, second = pair
    prepare(first)
    publish(first, lead(operation=first.operation, grade="possible"))
    with pytest.raises(UsageError, match=r"has changed since it was prepared: .* is in version 2"):
        read_package(second, "SE")


@pytest.mark.parametrize("what", ["held back", "recalled"])
def test_a_lead_that_was_held_or_recalled_since_is_named_as_such(pair, what: str) -> None:
    first, second = pair
    other = lead(
        operation=first.operation, lead="L-SE-0000000002", person="P-2", statements=[statement(about="P-2")]
    )
    publish_both(first, other)
    prepare(first)
    with answering(**{first.user_name: PASSPHRASES["first"], second.user_name: PASSPHRASES["second"]}):
        if what == "recalled":
            sent = release_as_read(second, waiting_for(second, "SE"))
            prepare(first)
            recall_package(first, sent, leads=(other.lead,), reason="wrong", officer_name=first.user_name)
        else:
            hold(first, "P-2", reason="doubtful")
    with pytest.raises(UsageError, match=f"{other.lead} is {what}"):
        read_package(second, "SE")


def publish_both(session: Session, other: LeadDocument) -> None:
    from fairlead.register.leads import PublishedLead, publish_leads

    documents = {"platform:1": lead(operation=session.operation), "platform:9": other}
    published = [
        PublishedLead(
            lead=d.lead, country=d.country, person=d.person, grade=d.grade, digest=d.digest(),
            body=d.model_dump(mode="json"), records={d.person: (record,)},
        )
        for record, d in documents.items()
    ]  # fmt: skip
    publish_leads(session.user_id, session.operation, published, at=session.clock())


def test_before_anything_waits_the_first_officer_reads_what_would_be_prepared(pair) -> None:
    first, _ = pair
    reading = read_package(first, "SE")
    assert (reading.waiting, reading.preparer) == (0, first.user_name)
    assert "data/cover.txt" in reading.files


def test_who_may_neither_prepare_nor_release_reads_nothing(pair) -> None:
    first, _ = pair
    adviser = member(first, "adviser", Role.LEGAL_ADVISER)
    with pytest.raises(UsageError, match="USAGE-RIGHT"):
        read_package(adviser, "SE")


def test_a_list_of_files_that_was_not_signed_is_not_released_whatever_digest_is_given(pair) -> None:
    from fairlead.register.models import PreparedRow

    first, second = pair
    prepare(first)
    number = waiting_for(second, "SE")
    PreparedRow.objects.using("owner").filter(pk=number).update(manifest="")
    with pytest.raises(UsageError, match="not the one that was signed"):
        release_as_read(second, number)


@pytest.mark.parametrize("other", ["HASTY", "Hasty", "hastY"])
def test_an_officer_whose_name_reads_like_another_ones_gets_no_key(pair, other: str) -> None:
    first, _ = pair
    create_officer_key(first.workspace, "hasty", passphrase="a long enough secret")
    with pytest.raises(UsageError, match="USAGE-OFFICER"):
        create_officer_key(first.workspace, other, passphrase="a long enough secret")


@pytest.mark.parametrize("what", ["the role", "the key"])
def test_who_is_no_officer_any_more_does_not_count_as_the_first_one(pair, what: str) -> None:
    from fairlead.register.models import Grant

    first, second = pair
    prepare(first)
    if what == "the role":
        Grant.objects.using("owner").filter(user_id=first.user_id, operation_id=first.operation).delete()
    else:
        key = first.workspace.keys / f"officer-{first.user_name}.until"
        key.write_text((first.clock() - timedelta(seconds=1)).isoformat())
    with answering(**{second.user_name: PASSPHRASES["second"]}), pytest.raises(UsageError) as refused:
        release_as_read(second, waiting_for(second, "SE"))
    assert "who prepared it" in refused.value.fact
    assert packages(first) == []


def test_a_key_is_locked_so_that_each_guess_of_its_passphrase_costs(slow_lock) -> None:
    locked = slow_lock(b"a key", PASSPHRASES["first"])
    stanza = locked.splitlines()[1].split()
    assert stanza[:2] == [b"->", b"scrypt"]
    assert int(stanza[3]) >= 15  # 2 ** 15 blocks of 1 KiB: 32 MiB, RFC 7914 with r = 8
    assert pyrage.passphrase.decrypt(locked, PASSPHRASES["first"]) == b"a key"
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(locked, PASSPHRASES["second"])
