"""Need-to-know: the gate in Python and the policies in PostgreSQL say the same, on a real server."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

AT = datetime(2026, 1, 1, tzinfo=UTC)
COUNTRIES = ("DK", "SE", "GB")


@pytest.fixture(scope="module")
def world(database, tmp_path_factory):
    """Two operations with a lead row for every country; those of the first operation were released to their countries."""
    from fairlead.register.database import open_register

    open_register(tmp_path_factory.mktemp("register"))
    from fairlead.register.models import LeadRow, OperationRow, PackageRow, Participant

    slugs = []
    for _ in range(2):
        slug = f"op-{uuid4().hex[:8]}"
        slugs.append(slug)
        OperationRow.objects.using("owner").create(slug=slug, lead="DK", created_at=AT)
        for country in COUNTRIES:
            Participant.objects.using("owner").create(operation_id=slug, country=country)
        for country in (*COUNTRIES, "*"):
            LeadRow.objects.using("owner").create(
                operation_id=slug,
                country=country,
                lead=f"{slug}-{country}",
                person="p",
                grade="possible",
                digest="d",
                body={},
                published_at=AT,
            )
    for country in COUNTRIES:
        PackageRow.objects.using("owner").create(
            operation_id=slugs[0], country=country, package=f"{slugs[0]}-{country}-0001", version=1,
            leads={f"{slugs[0]}-{country}": 1}, sha256="0" * 64, prepared_by="x", released_by="y", built_at=AT,
        )  # fmt: skip
    return slugs


def user_with(grants):
    from fairlead.register.models import Grant
    from fairlead.register.people import add_user

    user = add_user(f"u-{secrets.token_hex(6)}")
    for operation, country, role, expires in set(grants):
        Grant.objects.using("owner").get_or_create(
            user=user, operation_id=operation, country=country, role=role, defaults={"expires_at": expires}
        )
    return user


def seen_by_gate_and_by_database(user):
    from django.db import connection

    from fairlead.register.gate import acting_as, visible
    from fairlead.register.models import LeadRow

    with acting_as(user):
        by_gate = set(visible(user, LeadRow, at=datetime.now(UTC)).values_list("lead", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT lead FROM register_leadrow")
            by_database = {row[0] for row in cursor.fetchall()}
    return by_gate, by_database


def test_somebody_without_a_grant_sees_nothing(world):
    assert seen_by_gate_and_by_database(user_with([])) == (set(), set())


def test_a_liaison_officer_sees_the_own_country_only(world):
    user = user_with([(world[0], "SE", "liaison", None)])
    assert seen_by_gate_and_by_database(user)[0] == {f"{world[0]}-SE"}


def test_a_liaison_officer_sees_nothing_that_was_not_released_or_was_recalled(world):
    from fairlead.register.models import LeadRow, RecallRow

    user = user_with([(world[1], "SE", "liaison", None), (world[0], "SE", "liaison", None)])
    assert seen_by_gate_and_by_database(user) == ({f"{world[0]}-SE"}, {f"{world[0]}-SE"})
    row = LeadRow.objects.using("owner").filter(lead=f"{world[0]}-SE")
    row.update(version=2)
    assert seen_by_gate_and_by_database(user) == (set(), set()), "the newer version was not released"
    row.update(version=1)
    for leads in ([], [f"{world[0]}-SE"]):
        recall = RecallRow.objects.using("owner").create(
            operation_id=world[0], country="SE", package=f"{world[0]}-SE-0001", leads=leads, reason="x", at=AT
        )
        assert seen_by_gate_and_by_database(user) == (set(), set())
        recall.delete(using="owner")
    both = user_with([(world[1], "SE", "liaison", None), (world[1], "SE", "analyst", None)])
    assert seen_by_gate_and_by_database(both) == ({f"{world[1]}-SE"}, {f"{world[1]}-SE"})


def test_a_lead_officer_sees_every_country_of_the_own_operation_only(world):
    user = user_with([(world[0], "*", "lead_officer", None)])
    gate, database = seen_by_gate_and_by_database(user)
    assert gate == database == {f"{world[0]}-{c}" for c in (*COUNTRIES, "*")}


def test_a_grant_that_has_ended_shows_nothing(world):
    user = user_with([(world[0], "*", "lead_officer", AT - timedelta(days=400))])
    assert seen_by_gate_and_by_database(user) == (set(), set())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_gate_and_the_database_always_agree(world, data):
    grants = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(world),
                st.sampled_from((*COUNTRIES, "*")),
                st.sampled_from(("lead_officer", "liaison", "analyst", "press")),
                st.sampled_from((None, AT - timedelta(days=1), datetime(2099, 1, 1, tzinfo=UTC))),
            ),
            max_size=4,
        )
    )
    gate, database = seen_by_gate_and_by_database(user_with(grants))
    assert gate == database


def test_a_hole_planted_in_a_policy_is_found_by_comparing_gate_and_database(world):
    """The test above would fail: here a policy lets everything through, and the two no longer agree."""
    from django.db import connections

    user = user_with([(world[0], "SE", "liaison", None)])
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE POLICY hole ON register_leadrow TO fairlead_app USING (true)")
        try:
            gate, database = seen_by_gate_and_by_database(user)
        finally:
            cursor.execute("DROP POLICY hole ON register_leadrow")
    assert gate == {f"{world[0]}-SE"}
    assert database > gate
    gate, database = seen_by_gate_and_by_database(user)
    assert gate == database


def test_every_table_of_the_register_is_behind_a_policy_or_named_here(database):
    """Named: what belongs to no operation and no person, or is only ever read through a function or an own check."""
    from django.apps import apps
    from django.db import connection

    open_to_the_program = {
        "register_user", "register_user_groups", "register_user_user_permissions", "register_signinlink",
        "register_ledger",
    }  # fmt: skip
    tables = {m._meta.db_table for m in apps.get_app_config("register").get_models(include_auto_created=True)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"
        )
        behind = {row[0] for row in cursor.fetchall()}
    assert tables - behind == open_to_the_program & tables


def test_every_scoped_table_has_the_policy_of_its_kind_and_an_index_that_it_can_use(database):
    from django.db import connection

    from fairlead.register.models import SCOPED_MODELS, Scoped

    assert {m.__name__ for m in SCOPED_MODELS} == {m.__name__ for m in Scoped.__subclasses__()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'need_to_know'"
        )
        policies = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename, indexdef FROM pg_indexes WHERE indexname LIKE '%\\_scope'")
        indexes = dict(cursor.fetchall())
    released = {"LeadRow", "LeadVersionRow"}
    before = {"PreparedRow", "HoldRow", "CategoryRow", "JudgementRow"}
    for model in SCOPED_MODELS:
        seen, written = policies[model._meta.db_table]
        if model.__name__ in before:
            assert seen == written == rules_of_scopes("fairlead_own_scopes")
        elif model.__name__ in released:
            assert written == rules_of_scopes("fairlead_own_scopes")
            for part in (rules_of_scopes(), written, "fairlead_released("):
                assert part in seen
        else:
            assert written == rules_of_scopes()
            assert seen == written or (model.__name__ == "IncidentRow" and written in seen)
    for model in SCOPED_MODELS:
        assert "(scope, country, operation_id)" in indexes[model._meta.db_table]


def rules_of_scopes(function="fairlead_scopes"):
    return f"(scope = ANY (( SELECT {function}() AS {function})::text[]))"


def test_acting_as_somebody_else_in_between_changes_nothing_afterwards(world):
    from fairlead.register.gate import acting_as
    from fairlead.register.models import LeadRow

    whole, sweden = (
        user_with([(world[0], "*", "lead_officer", None)]), user_with([(world[0], "SE", "liaison", None)]),
    )  # fmt: skip
    with acting_as(sweden):
        assert LeadRow.objects.filter(operation_id=world[0]).count() == 1
        with acting_as(whole):
            assert LeadRow.objects.filter(operation_id=world[0]).count() == 4
        assert LeadRow.objects.filter(operation_id=world[0]).count() == 1
        with acting_as(sweden):
            assert LeadRow.objects.filter(operation_id=world[0]).count() == 1


def test_a_right_that_was_taken_away_is_gone_at_the_next_request(world):
    from fairlead.register.models import Grant

    user = user_with([(world[0], "SE", "liaison", None)])
    assert len(seen_by_gate_and_by_database(user)[0]) == 1
    Grant.objects.using("owner").filter(user=user).delete()
    assert seen_by_gate_and_by_database(user) == (set(), set())


def test_nobody_reads_anothers_own_settings(world):
    from fairlead.register.gate import acting_as
    from fairlead.register.models import OwnSettings
    from fairlead.register.own import keep_away, own_settings

    one, other = user_with([(world[0], "*", "lead_officer", None)]), user_with([])
    keep_away(one.pk, ["video"])
    assert own_settings(one.pk).kept_away == ["video"]
    with acting_as(other):
        assert OwnSettings.objects.count() == 0


def test_a_row_cannot_be_written_for_another_country(world):
    from django.db import DatabaseError

    from fairlead.register.gate import acting_as
    from fairlead.register.models import LeadRow

    user = user_with([(world[0], "SE", "liaison", None)])
    with pytest.raises(DatabaseError, match="row-level security"), acting_as(user):
        LeadRow.objects.create(
            operation_id=world[0],
            country="DK",
            lead="x",
            person="p",
            grade="g",
            digest="d",
            body={},
            published_at=AT,
        )


def test_outside_a_transaction_of_somebody_nothing_is_visible(world):
    from fairlead.register.models import LeadRow, OperationRow

    assert LeadRow.objects.count() == 0
    assert OperationRow.objects.count() == 0


def test_nobody_can_grant_themselves_anything(world):
    from django.db import DatabaseError

    from fairlead.register.gate import acting_as
    from fairlead.register.models import Grant

    user = user_with([])
    with pytest.raises(DatabaseError), acting_as(user):
        Grant.objects.create(user=user, operation_id=world[0], country="*", role="lead_officer")


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("lead_officer", "release", True),
        ("analyst", "release", False),
        ("liaison", "answer", True),
        ("liaison", "prepare", False),
        ("press", "view", False),
    ],
)
def test_a_role_allows_what_it_is_for_and_nothing_else(world, role, action, allowed):
    from fairlead.register.gate import Action, acting_as, can

    user = user_with([(world[0], "SE", role, None)])
    with acting_as(user):
        assert can(user, Action(action), operation=world[0], country="SE", at=AT) is allowed
        assert not can(user, Action(action), operation=world[0], country="DK", at=AT)
        assert not can(user, Action(action), operation=world[1], country="SE", at=AT)
