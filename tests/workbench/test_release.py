"""Two officers, one package; and what is left when a process dies in between."""

from __future__ import annotations

import pytest

from fairlead.case.sending.recalls import recall_package
from fairlead.case.sending.release import country_states, prepare_release, return_release, settle
from fairlead.register.actions import Role
from fairlead.terms.errors import UsageError
from tests.releases import digest_of, release_as_read


def waiting_of(session, country):
    from fairlead.register.releases import find_prepared

    rows = find_prepared(session.user_id, session.operation, at=session.clock(), country=country)
    return rows[0]


def prepare(world, country, by="holm"):
    prepare_release(world.session(by), country, legal_basis="a basis", purpose="a purpose")
    return waiting_of(world.session(by), country)["id"]


def country_with_leads(world, number):
    return sorted(name.removeprefix("lead_") for name in world.ids if name.startswith("lead_"))[number]


def test_who_prepared_a_release_cannot_release_it(world):
    country = country_with_leads(world, 0)
    number = prepare(world, country)
    with pytest.raises(UsageError, match="prepared this release yourself"):
        release_as_read(world.session("holm"), number)
    package = release_as_read(world.session("lund"), number)
    assert (world.workspace.operation("lanternfish") / "packages" / f"{package}.tar.age").is_file()
    row = waiting_of(world.session("lund"), country)
    assert (row["state"], row["package"], row["preparer"], row["decider"]) == (
        "released",
        package,
        "holm",
        "lund",
    )
    with pytest.raises(UsageError, match="no such release"):
        release_as_read(world.session("lund"), number)


def test_the_database_refuses_one_officer_as_both_whatever_the_program_does(world):
    from django.db import IntegrityError, transaction

    from fairlead.register.models import PreparedRow

    number = prepare(world, country_with_leads(world, 1))
    rows = PreparedRow.objects.using("owner").filter(pk=number)
    with pytest.raises(IntegrityError), transaction.atomic(using="owner"):
        rows.update(state="released", decided_by_id=world.users["holm"].pk)


def test_a_returned_release_says_why_and_another_may_be_prepared(world):
    country = country_with_leads(world, 2)
    number = prepare(world, country)
    with pytest.raises(UsageError, match="waits already"):
        prepare(world, country)
    return_release(world.session("lund"), number, reason="the purpose is too wide")
    assert waiting_of(world.session("holm"), country)["reason"] == "the purpose is too wide"
    assert prepare(world, country) != number


def test_a_release_whose_process_died_waits_again_and_nothing_counts_as_sent(world):
    from datetime import timedelta

    from fairlead.register.models import PreparedRow

    country = country_with_leads(world, 3)
    number = prepare(world, country)
    long_ago = world.session("holm").clock() - timedelta(hours=1)
    PreparedRow.objects.using("owner").filter(pk=number).update(
        state="releasing", decided_by_id=world.users["lund"].pk, decided_at=long_ago
    )
    session = world.session("lund")
    assert settle(session) == 1
    assert waiting_of(session, country)["state"] == "waiting"
    assert next(s for s in country_states(session) if s.country == country).package == ""
    assert release_as_read(session, number).startswith(f"lanternfish-{country}-")


def test_a_release_that_died_after_its_package_was_recorded_is_closed_not_repeated(world):
    from datetime import timedelta

    from fairlead.register.models import PackageRow, PreparedRow

    country = country_with_leads(world, 4)
    number = prepare(world, country)
    package = release_as_read(world.session("lund"), number)
    long_ago = world.session("lund").clock() - timedelta(hours=1)
    PreparedRow.objects.using("owner").filter(pk=number).update(
        state="releasing", package="", decided_at=long_ago
    )
    settle(world.session("holm"))
    row = waiting_of(world.session("holm"), country)
    assert (row["state"], row["package"]) == ("released", package)
    assert PackageRow.objects.using("owner").filter(country=country, operation="lanternfish").count() == 1


def test_an_outcome_that_came_back_shows_on_the_country_and_on_the_board(world, as_):
    from fairlead.register.followup import record_outcomes

    country = country_with_leads(world, 0)
    session = world.session("holm")
    before = next(s for s in country_states(session) if s.country == country)
    row = {
        "lead": world.ids[f"lead_{country}"],
        "states": ["searched"],
        "reason": "",
        "devices_seized": 2,
        "victims_safeguarded": 0,
        "new_exhibits": ["HOUSE-7"],
        "released": False,
        "at": session.clock(),
        "sha256": "5" * 64,
    }
    for _ in range(2):
        record_outcomes(session.user_id, "lanternfish", country, [row], package=before.package, signer="berg")
    state = next(s for s in country_states(session) if s.country == country)
    assert (before.answered, state.answered) == (0, 1)
    client = as_("holm")
    assert b"HOUSE-7" in client.get(f"/operations/lanternfish/countries/{country}/").content
    board = client.get("/operations/lanternfish/action-day/").content.decode()
    assert f"1 / {state.leads}" in board


def test_the_ledger_holds_after_all_of_it(world):
    from fairlead.case.log.ledger import verify_ledger

    assert verify_ledger(world.workspace).verified


def test_both_officers_see_the_keys_by_fingerprint_and_that_they_changed(world, as_):
    import pyrage

    from fairlead.case.sending.recipients import keep_recipients

    country = country_with_leads(world, 5)
    page = f"/operations/lanternfish/countries/{country}/"
    (shown,) = keep_recipients(
        world.session("holm"), country, [str(pyrage.x25519.Identity.generate().to_public())]
    )
    assert shown in as_("holm").get(page).content.decode()
    number = prepare(world, country)
    assert shown in as_("lund").get(page).content.decode()
    keep_recipients(world.session("holm"), country, [str(pyrage.x25519.Identity.generate().to_public())])
    changed = as_("lund").get(page).content.decode()
    assert shown in changed
    assert "The keys of the country have changed" in changed
    with pytest.raises(UsageError, match="USAGE-RECIPIENT"):
        release_as_read(world.session("lund"), number)
    return_release(world.session("lund"), number, reason="keys changed")


def test_the_second_officer_reads_every_finished_file_before_the_button_that_releases(world, as_):
    country = country_with_leads(world, 4)
    page = f"/operations/lanternfish/countries/{country}/"
    assert as_("lund").get(f"{page}reading/").status_code == 404
    number = prepare(world, country)
    assert f"{page}reading/" in as_("lund").get(page).content.decode()
    shown = as_("lund").get(f"{page}reading/").content.decode()
    assert digest_of(number) in shown
    assert 'value="release"' in shown
    assert 'value="release"' not in as_("holm").get(f"{page}reading/").content.decode()
    lead = world.ids[f"lead_{country}"]
    pdf = as_("lund").get(f"{page}reading/data/leads/{lead}/lead.pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    selectors = as_("lund").get(f"{page}reading/data/selectors.csv")
    assert selectors["Content-Type"] == "text/plain; charset=utf-8"
    for missing in ("data/leads/../package.json", "data/none.csv", "statement.dsse.json"):
        assert as_("lund").get(f"{page}reading/{missing}").status_code == 404
    refused = as_("lund").post(f"{page}releases/{number}/", {"decision": "release", "manifest": "0" * 64})
    assert refused.status_code == 422
    done = as_("lund").post(
        f"{page}releases/{number}/", {"decision": "release", "manifest": digest_of(number)}, follow=True
    )
    assert "Released" in done.content.decode()


@pytest.fixture
def budapest(world):
    """A liaison officer of a country whose package no other test releases."""
    from django.test import Client

    from fairlead.register.people import add_user, grant

    user = add_user("nagy")
    grant(user, "lanternfish", role=Role.LIAISON, country="HU")
    client = Client()
    client.force_login(user, backend="fairlead.workbench.signin.LinkBackend")
    return user, client


def test_a_liaison_officer_sees_of_leads_what_two_officers_released_and_nothing_before(world, budapest):
    from django.db import connection

    from fairlead.register.gate import acting_as

    user, client = budapest
    lead = world.ids["lead_HU"]

    def told(where):
        answer = b"".join(client.get(where)).decode()
        return f"leads/{lead}/" in answer or ("format=" in where and lead in answer)

    def rows():
        found = {}
        with acting_as(user), connection.cursor() as cursor:
            for table in (
                "leadrow",
                "leadversionrow",
                "preparedrow",
                "holdrow",
                "categoryrow",
                "judgementrow",
            ):
                cursor.execute(f"SELECT count(*) FROM register_{table}")
                found[table] = cursor.fetchone()[0]
        return found

    page = f"/operations/lanternfish/leads/{lead}/"
    everywhere = (
        "/operations/lanternfish/leads/",
        "/operations/lanternfish/leads/?format=csv",
        "/operations/lanternfish/leads/?format=json",
        f"/operations/lanternfish/find/?q={lead}",
        "/operations/lanternfish/countries/HU/",
    )
    number = prepare(world, "HU")
    assert client.get(page).status_code == 404
    assert not [where for where in everywhere if told(where)]
    assert "waits for a second officer" not in client.get(everywhere[-1]).content.decode()
    assert set(rows().values()) == {0}, "the database itself keeps it"
    package = release_as_read(world.session("lund"), number)
    assert client.get(page).status_code == 200
    assert [where for where in everywhere if told(where)] == list(everywhere)
    assert rows() | {"leadversionrow": 0, "leadrow": 0} == dict.fromkeys(rows(), 0)
    recall_package(world.session("lund"), package, leads=(), reason="wrong", officer_name="lund")
    assert client.get(page).status_code == 404


def test_a_lead_is_computed_again_once_the_digests_behind_it_or_their_lists_say_otherwise(world):
    from fairlead.case.sending.freshness import stale_leads
    from fairlead.register.leads import find_leads

    session = world.session("holm")
    published = find_leads(session.user_id, session.operation, at=session.clock())
    stale = stale_leads(session, published)
    row = next(row for row in published if row["material"] and row["lead"] not in stale)
    withdrawn = [{**one, "releases": ["originator-consent"]} for one in row["material"]]
    for material in (
        withdrawn,
        row["material"][1:],
        [*row["material"], {**withdrawn[0], "sha256": "f" * 64}],
    ):
        assert stale_leads(session, [{**row, "material": material}]) == {row["lead"]}
    assert stale_leads(session, [row]) == set()
