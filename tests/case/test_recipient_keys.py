"""Recipient keys: who may set them, what is no key, and that nothing goes to a key its officers were not shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fairlead.case.place.session import Session
from fairlead.case.sending.building import build_for_country
from fairlead.case.sending.recipients import keep_recipients, recipients_of
from fairlead.case.sending.release import country_states, prepare_release, settle, waiting_for
from fairlead.leads.recipients import AgeRecipient, fingerprints_of
from fairlead.register.actions import Role
from fairlead.terms.errors import UsageError
from tests.case.test_sending import RELEASE, publish
from tests.leads.builders import lead
from tests.officers import make_officer
from tests.releases import release_as_read


def new_key() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


def officer(session: Session, name: str, role: Role) -> Session:
    """Another person with a role in the whole operation."""
    from fairlead.register.people import add_user, grant

    user = add_user(f"{name}-of-{session.operation}")
    grant(user, session.operation, role=role)
    return replace(session, user_id=user.pk, user_name=user.username)


@pytest.fixture
def denmark(make_session: Callable[..., Session]) -> Session:
    session = make_session()
    for name in ("holm", "lund"):
        make_officer(session.workspace, name)
    publish(session, lead(operation=session.operation))
    return session


def test_only_who_administers_the_operation_sets_recipient_keys(denmark: Session) -> None:
    for role in (Role.ANALYST, Role.EXAMINER, Role.LEGAL_ADVISER, Role.PRESS):
        with pytest.raises(UsageError, match="USAGE-RIGHT"):
            keep_recipients(officer(denmark, role.value, role), "SE", [new_key()])
    key = new_key()
    assert keep_recipients(denmark, "SE", [key, f" {key}\n"]) == (AgeRecipient(key).fingerprint,)
    assert recipients_of(denmark, "SE") == (key,)


def test_what_is_no_age_recipient_is_refused_and_the_old_key_stays(denmark: Session) -> None:
    key = new_key()
    keep_recipients(denmark, "SE", [key])
    for text in (
        "",
        "age1",
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
        str(pyrage.x25519.Identity.generate()),
        new_key() + "q",
        new_key()[:-1],
        new_key().upper(),
        "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt",
        new_key() + "\x00",
    ):
        with pytest.raises(UsageError, match="PACKAGE-RECIPIENT"):
            keep_recipients(denmark, "SE", [new_key(), text])
    assert recipients_of(denmark, "SE") == (key,)


def test_a_change_of_keys_is_in_the_ledger_with_the_keys(denmark: Session) -> None:
    from fairlead.register.models import LedgerDetail

    key = new_key()
    keep_recipients(denmark, "SE", [key])
    detail = LedgerDetail.objects.using("owner").order_by("-entry_id").first()
    assert detail.entry.what == "key.recipient"
    assert detail.detail["objects"] == ["SE", key]


@pytest.mark.parametrize("change", ["added", "changed", "taken away"])
def test_a_release_goes_to_the_keys_it_was_prepared_with_or_nowhere(denmark: Session, change: str) -> None:
    first, second = new_key(), new_key()
    lund = officer(denmark, "lund", Role.LEAD_OFFICER)
    for session in (denmark, lund):
        make_officer(session.workspace, session.user_name)
    keep_recipients(denmark, "SE", [first, second])
    prepare_release(denmark, "SE", legal_basis="a basis", purpose="a purpose")
    from fairlead.register.releases import find_prepared

    waiting = find_prepared(lund.user_id, lund.operation, at=lund.clock())[0]
    assert sorted(waiting["recipients"]) == sorted((first, second))
    attacker = new_key()
    keep_recipients(
        denmark,
        "SE",
        {"added": [first, second, attacker], "changed": [first, attacker], "taken away": [first]}[change],
    )
    with pytest.raises(UsageError, match="USAGE-RECIPIENT"):
        release_as_read(lund, waiting["id"])
    assert not list((denmark.workspace.operation(denmark.operation) / "packages").glob("*.age"))
    keep_recipients(denmark, "SE", [second, first])
    assert release_as_read(lund, waiting["id"]) == f"{denmark.operation}-SE-0001"


def test_a_key_that_changes_while_the_package_is_built_is_not_used(denmark: Session) -> None:
    shown = keep_recipients(denmark, "SE", [new_key()])
    keep_recipients(denmark, "SE", [new_key()])
    with pytest.raises(UsageError, match="USAGE-RECIPIENT"):
        build_for_country(denmark, "SE", replace(RELEASE, fingerprints=shown))


def test_an_officer_who_was_shown_other_keys_prepares_nothing(denmark: Session) -> None:
    shown = keep_recipients(denmark, "SE", [new_key()])
    state = next(s for s in country_states(denmark) if s.country == "SE")
    assert state.fingerprints == shown
    keep_recipients(denmark, "SE", [new_key()])
    with pytest.raises(UsageError, match="USAGE-RECIPIENT"):
        prepare_release(denmark, "SE", legal_basis="a basis", purpose="a purpose", seen=shown)


def test_the_keys_are_part_of_what_both_officers_sign(denmark: Session, tmp_path: Path) -> None:
    from fairlead.case.place.keys import lead_keys
    from fairlead.case.receiving.opening import check_package

    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "sweden.age").write_text(str(identity))
    keep_recipients(denmark, "SE", [str(identity.to_public())])
    path, built = build_for_country(denmark, "SE", RELEASE)
    opened = check_package(path, tmp_path / "sweden.age", lead_keys(denmark.workspace, "DK"))
    assert opened.statement.predicate["recipients"] == [str(identity.to_public())]
    assert built.fingerprints == fingerprints_of([str(identity.to_public())])


@pytest.mark.parametrize("point", [0, 1, 2**255 - 20], ids=["zero", "one", "minus one"])
def test_a_key_that_agrees_with_everybody_on_zero_is_no_recipient(point: int) -> None:
    with pytest.raises(UsageError, match="PACKAGE-RECIPIENT"):
        AgeRecipient.parse(bech32("age", point.to_bytes(32, "little")))
    honest = X25519PrivateKey.generate().public_key().public_bytes_raw()
    assert AgeRecipient.parse(bech32("age", honest))


def bech32(prefix: str, data: bytes) -> str:
    """A second writer of Bech32, from BIP 173, so that the reader is not tried on its own output."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{byte:08b}" for byte in data)
    words = [int(bits[n : n + 5].ljust(5, "0"), 2) for n in range(0, len(bits), 5)]
    check = 1
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    for value in [*spread, *words, 0, 0, 0, 0, 0, 0]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for n, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= part if top >> n & 1 else 0
    words += [(check ^ 1) >> 5 * (5 - n) & 31 for n in range(6)]
    return f"{prefix}1" + "".join(letters[w] for w in words)


def test_the_key_of_one_country_is_not_taken_for_another(denmark: Session) -> None:
    mine = new_key()
    keep_recipients(denmark, "SE", [mine])
    with pytest.raises(UsageError, match="given for DE is kept for SE"):
        keep_recipients(denmark, "DE", [new_key(), mine])
    assert keep_recipients(denmark, "SE", [mine, new_key()])


def test_a_release_that_breaks_off_for_whatever_reason_waits_again_at_once(
    denmark: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Panic(BaseException):
        """What a library written in another language may raise: no Exception at all."""

    def panics(*_: object) -> bytes:
        raise Panic

    lund = officer(denmark, "lund", Role.LEAD_OFFICER)
    for session in (denmark, lund):
        make_officer(session.workspace, session.user_name)
    keep_recipients(denmark, "SE", [new_key()])
    with pytest.raises(UsageError, match="no release waits for SE"):
        waiting_for(lund, "SE")
    with pytest.raises(UsageError, match="USAGE-COUNTRY"):
        waiting_for(lund, "ZZ")
    prepare_release(denmark, "SE", legal_basis="a basis", purpose="a purpose")
    monkeypatch.setattr("fairlead.leads.package.encrypt", panics)
    with pytest.raises(Panic):
        release_as_read(lund, waiting_for(lund, "SE"))
    monkeypatch.undo()
    assert release_as_read(lund, waiting_for(lund, "SE")) == f"{denmark.operation}-SE-0001"


def test_the_command_line_brings_a_release_whose_process_died_to_its_end(denmark: Session) -> None:
    from fairlead.register.models import PreparedRow

    lund = officer(denmark, "lund", Role.LEAD_OFFICER)
    for session in (denmark, lund):
        make_officer(session.workspace, session.user_name)
    keep_recipients(denmark, "SE", [new_key()])
    prepare_release(denmark, "SE", legal_basis="a basis", purpose="a purpose")
    number = waiting_for(lund, "SE")
    PreparedRow.objects.using("owner").filter(pk=number).update(
        state="releasing", decided_by_id=lund.user_id, decided_at=lund.clock()
    )
    with pytest.raises(UsageError, match="is releasing the package for SE"):
        waiting_for(lund, "SE")
    later = replace(lund, clock=lambda: lund.clock() + timedelta(minutes=11))
    assert waiting_for(later, "SE") == number


def test_preparing_the_same_again_says_that_nothing_changed(denmark: Session) -> None:
    lund = officer(denmark, "lund", Role.LEAD_OFFICER)
    for session in (denmark, lund):
        make_officer(session.workspace, session.user_name)
    keep_recipients(denmark, "SE", [new_key()])
    assert not prepare_release(denmark, "SE", legal_basis="a", purpose="b").nothing_changed_since
    package = release_as_read(lund, waiting_for(lund, "SE"))
    assert prepare_release(denmark, "SE", legal_basis="a", purpose="b").nothing_changed_since == package


@pytest.mark.parametrize("at", ["record_package", "rename"])
def test_a_name_never_stands_for_two_packages_wherever_the_process_is_killed(
    denmark: Session, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    class Killed(BaseException):
        """The process is gone at this point."""

    def dies(*_: object, **__: object) -> None:
        raise Killed

    lund = officer(denmark, "lund", Role.LEAD_OFFICER)
    for session in (denmark, lund):
        make_officer(session.workspace, session.user_name)
    keep_recipients(denmark, "SE", [new_key()])
    prepare_release(denmark, "SE", legal_basis="a basis", purpose="a purpose")
    folder = denmark.workspace.operation(denmark.operation) / "packages"
    number = waiting_for(lund, "SE")
    with monkeypatch.context() as patched:
        if at == "rename":
            patched.setattr(Path, "rename", dies)
        else:
            patched.setattr("fairlead.register.leads.record_package", dies)
        with pytest.raises(Killed):
            release_as_read(lund, number)
        assert not list(folder.glob("[!.]*.age"))
    later = replace(lund, clock=lambda: lund.clock() + timedelta(minutes=11))
    if at == "rename":
        settle(later)
    else:
        release_as_read(lund, waiting_for(later, "SE"))
    (sent,) = folder.glob("[!.]*.age")
    from fairlead.register.leads import find_packages

    (row,) = find_packages(lund.user_id, lund.operation, at=lund.clock())
    assert hashlib.sha256(sent.read_bytes()).hexdigest() == row["sha256"]
