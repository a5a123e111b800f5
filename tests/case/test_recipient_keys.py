"""Recipient keys: who may set them, what is no key, and that nothing goes to a key its officers were not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from fairlead.case.place.session import Session
from fairlead.case.sending.building import build_for_country
from fairlead.case.sending.recipients import keep_recipients, recipients_of
from fairlead.case.sending.release import country_states, prepare_release, release
from fairlead.leads.recipients import AgeRecipient, fingerprints_of
from fairlead.register.actions import Role
from fairlead.terms.errors import UsageError
from tests.case.test_sending import RELEASE, publish
from tests.leads.builders import lead
from tests.officers import make_officer


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
        release(lund, waiting["id"])
    assert not list((denmark.workspace.operation(denmark.operation) / "packages").glob("*.age"))
    keep_recipients(denmark, "SE", [second, first])
    assert release(lund, waiting["id"]) == f"{denmark.operation}-SE-0001"


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
