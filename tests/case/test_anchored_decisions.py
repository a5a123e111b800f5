"""Holds and categories follow records through re-attribution: on a real PostgreSQL and real tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.attribution.dossiers import person_id
from fairlead.case.persons.history import keep_changes
from fairlead.case.place.keys import create_age_identity
from fairlead.case.place.session import Session
from fairlead.case.sending.building import Release, build_for_country, unchanged_since
from fairlead.case.sending.changes import preview
from fairlead.case.sending.holds import hold, lift
from fairlead.case.sending.leads import categorise, decide_again, holds_on_lead, publish
from fairlead.engine.parts import part_name
from fairlead.leads.build import lead_id
from fairlead.leads.document import SubjectCategory
from fairlead.tables import ALL
from fairlead.tables.attribution import PERSONS
from fairlead.tables.records import ACCOUNTS
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import Role
from tests.acts import within_an_act
from tests.officers import make_officer

RELEASE = Release(preparer="holm", releaser="lund")
FIRST, SECOND, THIRD = "platform:1", "platform:2", "platform:3"


def join(session: Session, *persons: tuple[str, ...]) -> None:
    """What a run of `fairlead attribute` leaves: these persons, all in Sweden, and what changed since the last run."""
    rows = [
        {
            "person": person_id(members),
            "grade": "probable",
            "members": sorted(members),
            "country": "SE",
            "names_person": False,
            **dict.fromkeys(
                ("roles", "countries", "grounds", "against", "payers", "maybe_same", "rules"), ()
            ),
        }
        for members in persons
    ]
    session.store.write(PERSONS, part_name("persons"), [PERSONS.batch(rows)])
    keep_changes(within_an_act(session))


def lead_of(*members: str) -> str:
    return lead_id("SE", person_id(members))


@pytest.fixture
def denmark(make_session: Callable[..., Session], tmp_path: Path) -> Session:
    session = make_session()
    from fairlead.register.people import set_recipients

    for officer in ("holm", "lund"):
        make_officer(session.workspace, officer)
    set_recipients(session.operation, "SE", [create_age_identity(tmp_path / "sweden.age")])
    accounts = [
        {
            "account": record,
            "role": Role.ACCOUNT_USER,
            "status": "member",
            "exhibit": "NSK/1",
            "locator": "path:a",
        }
        for record in (FIRST, SECOND, THIRD)
    ]
    exhibit = {
        "exhibit": "NSK/1",
        "sequence": 1,
        "kind": "file",
        "sha256": "0" * 64,
        "authority": "a",
        "handling": "H0",
        "restriction": "",
        "received_at": session.clock(),
        "description": "d",
        "path": "p",
        "size_bytes": 1,
    }
    session.store.write(ALL["exhibits"], part_name("exhibits"), [ALL["exhibits"].batch([exhibit])])
    session.store.write(ACCOUNTS, part_name("accounts"), [ACCOUNTS.batch(accounts)])
    join(session, (FIRST,), (SECOND,), (THIRD,))
    publish(session)
    return session


def sent(session: Session) -> set[str]:
    """The leads that the next package for Sweden carries."""
    from fairlead.register.leads import find_packages

    build_for_country(session, "SE", RELEASE)
    return set(find_packages(session.user_id, session.operation, at=session.clock())[-1]["leads"])


def test_a_hold_outlives_the_person_it_was_placed_on(denmark: Session) -> None:
    hold(denmark, person_id([FIRST]), reason="mistaken identity suspected")
    assert sent(denmark) == {lead_of(SECOND), lead_of(THIRD)}
    join(denmark, (FIRST, SECOND), (THIRD,))
    assert sent(denmark) == {
        lead_of(THIRD)
    }  # the old lead of the second record is about the held person, too
    publish(denmark)
    assert sent(denmark) == {lead_of(THIRD)}
    assert [row["held"] for row in preview(denmark, "SE") if row["lead"] == lead_of(FIRST, SECOND)] == [True]
    assert len(holds_on_lead(denmark, lead_of(FIRST, SECOND))) == 1
    join(denmark, (FIRST,), (SECOND, THIRD))
    publish(denmark)
    assert sent(denmark) == {lead_of(SECOND, THIRD)}


def test_lifting_a_hold_for_one_part_of_a_person_leaves_the_other_part_held(denmark: Session) -> None:
    join(denmark, (FIRST, SECOND), (THIRD,))
    publish(denmark)
    hold(denmark, person_id([FIRST, SECOND]), reason="in doubt")
    join(denmark, (FIRST,), (SECOND,), (THIRD,))
    publish(denmark)
    assert lift(denmark, person_id([FIRST]), reason="checked") == 1
    assert sent(denmark) == {lead_of(FIRST), lead_of(THIRD)}
    assert lift(denmark, person_id([SECOND]), reason="checked") == 1
    assert sent(denmark) == {lead_of(FIRST), lead_of(SECOND), lead_of(THIRD)}


def test_one_record_can_be_held_and_a_name_of_nothing_cannot(denmark: Session) -> None:
    join(denmark, (FIRST, SECOND), (THIRD,))
    hold(denmark, SECOND, reason="account was taken over")
    join(denmark, (FIRST,), (SECOND,), (THIRD,))
    publish(denmark)
    assert sent(denmark) == {lead_of(FIRST), lead_of(THIRD)}
    with pytest.raises(UsageError, match="USAGE-RECORD"):
        hold(denmark, "P-0", reason="no such person")


def test_a_hold_of_an_older_version_is_tied_to_the_records_its_person_had(denmark: Session) -> None:
    from fairlead.register.models import HoldRow

    def older(person: str) -> None:
        HoldRow.objects.using("owner").create(
            operation_id=denmark.operation, person=person, reason="old", placed_by="holm", at=denmark.clock()
        )

    older(person_id([FIRST]))
    join(denmark, (FIRST, SECOND), (THIRD,))  # the person is gone before anybody looks
    publish(denmark)
    assert sent(denmark) == {lead_of(THIRD)}
    older("P-of-whom-nothing-is-known")
    with pytest.raises(UsageError, match="USAGE-HOLD"):
        build_for_country(denmark, "SE", RELEASE)
    lift(denmark, "P-of-whom-nothing-is-known", reason="nobody can be meant")
    assert sent(denmark) == {lead_of(THIRD)}


def test_a_category_is_asked_for_again_when_its_person_changed(denmark: Session) -> None:
    from fairlead.register.leads import find_leads

    def categories() -> dict[str, str]:
        rows = find_leads(denmark.user_id, denmark.operation, at=denmark.clock())
        return {row["lead"]: row["body"]["subject_category"] for row in rows}

    categorise(denmark, lead_of(FIRST), SubjectCategory.VICTIM, reason="card reported stolen")
    assert publish(denmark)["categories_to_decide_again"] == []
    assert categories()[lead_of(FIRST)] == "victim"
    join(denmark, (FIRST, SECOND), (THIRD,))
    (asked,) = publish(denmark)["categories_to_decide_again"]
    assert asked.startswith(f"{lead_of(FIRST, SECOND)}: ")
    assert "victim" in asked
    assert categories()[lead_of(FIRST, SECOND)] == "not_categorised"
    assert decide_again(denmark, lead_of(FIRST, SECOND))
    join(denmark, (FIRST,), (SECOND,), (THIRD,))
    publish(denmark)
    assert categories()[lead_of(FIRST)] == "victim"
    assert categories()[lead_of(SECOND)] == "not_categorised"


def test_a_category_that_was_decided_after_publishing_is_not_left_out_of_what_is_sent(
    denmark: Session,
) -> None:
    join(denmark, (FIRST, SECOND))
    publish(denmark)
    categorise(denmark, lead_of(FIRST, SECOND), SubjectCategory.VICTIM, reason="read the messages")
    with pytest.raises(UsageError, match="USAGE-STALE"):
        build_for_country(denmark, "SE", RELEASE)
    publish(denmark)
    build_for_country(denmark, "SE", RELEASE)


def test_many_leads_that_would_go_at_once_stop_the_publishing_until_it_is_meant(denmark: Session) -> None:
    many = [(f"platform:{number}",) for number in range(1, 8)]
    accounts = [
        {
            "account": one,
            "role": Role.ACCOUNT_USER,
            "status": "member",
            "exhibit": "DK-17",
            "locator": "file:/a",
        }
        for (one,) in many
    ]
    denmark.store.write(ACCOUNTS, part_name("accounts"), [ACCOUNTS.batch(accounts)])
    join(denmark, *many)
    before = publish(denmark)["leads"]
    assert before == 7
    join(denmark, many[0])
    with pytest.raises(UsageError, match="USAGE-WITHDRAW"):
        publish(denmark)
    assert len(publish(denmark, withdraw=True)["withdrawn"]) == 6


def test_that_nothing_changed_since_the_last_package_is_said(denmark: Session) -> None:
    join(denmark, (FIRST,), (SECOND,))
    publish(denmark)
    build_for_country(denmark, "SE", RELEASE)
    assert unchanged_since(denmark, "SE") == f"{denmark.operation}-SE-0001"
    join(denmark, (FIRST, SECOND))
    publish(denmark)
    assert unchanged_since(denmark, "SE") == ""
