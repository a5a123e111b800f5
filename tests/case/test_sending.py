"""Sending, answering, recalling, and a log that was rewritten: through the verbs, on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.case.board.figures import publish_figures
from fairlead.case.exhibits.adding import NewExhibit, add_exhibit
from fairlead.case.log.ledger import erase_entry, export_consistency, make_checkpoint, verify_ledger, witness
from fairlead.case.place.keys import create_age_identity, lead_keys, officer
from fairlead.case.place.session import Session
from fairlead.case.receiving.acknowledgements import take_acknowledgement
from fairlead.case.receiving.answers import answer_package, answer_recall, write_outcomes
from fairlead.case.receiving.opening import open_for_recipient
from fairlead.case.receiving.outcomes import follow_up, take_outcomes
from fairlead.case.receiving.partners import keep_partner_keys
from fairlead.case.receiving.receipts import take_receipt
from fairlead.case.sending.building import Release, build_for_country
from fairlead.case.sending.changes import diff_with_sent, preview
from fairlead.case.sending.holds import hold, lift
from fairlead.case.sending.recalls import recall_package
from fairlead.leads.outcome import Outcome, OutcomeState
from fairlead.leads.recall import sign_recall
from fairlead.leads.receipt import ReceiptState
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, RunError, UsageError
from tests.leads.builders import lead, statement
from tests.officers import make_officer

RELEASE = Release(preparer="holm", releaser="lund")


def publish(session: Session, *documents: object) -> None:
    from fairlead.register.leads import PublishedLead, publish_leads

    published = [
        PublishedLead(
            lead=d.lead,
            country=d.country,
            person=d.person,
            grade=d.grade,
            digest=d.digest(),
            body=d.model_dump(mode="json"),
            records={d.person: ("platform:1", "platform:2")},
        )
        for d in documents
    ]
    publish_leads(session.user_id, session.operation, published, at=session.clock())


@pytest.fixture
def pair(make_session: Callable[..., Session], tmp_path: Path) -> tuple[Session, Session, Path]:
    """Denmark with a lead for Sweden, Sweden's own workspace, and Sweden's key."""
    denmark, sweden = make_session(), make_session(lead="SE", partners=())
    from fairlead.register.people import set_recipients

    for name in ("holm", "lund"):
        make_officer(denmark.workspace, name)
    make_officer(sweden.workspace, "berg")
    keep_partner_keys(denmark, "SE", lead_keys(sweden.workspace, "SE").to_json())
    identity = tmp_path / "sweden.age"
    set_recipients(denmark.operation, "SE", [create_age_identity(identity)])
    publish(denmark, lead(operation=denmark.operation))
    return denmark, sweden, identity


def receive(denmark: Session, sweden: Session, identity: Path, package: Path) -> Path:
    keys = lead_keys(denmark.workspace, "DK")
    return open_for_recipient(
        sweden.workspace,
        package,
        identity,
        keys,
        officer_name="berg",
        accept_operation=denmark.operation,
        user_name=sweden.user_name,
        clock=sweden.clock,
    )[1]


def test_a_package_goes_out_and_receipt_and_outcomes_come_back(pair, tmp_path) -> None:
    denmark, sweden, identity = pair
    package, _ = build_for_country(denmark, "SE", RELEASE)
    receive(denmark, sweden, identity, package)
    name = f"{denmark.operation}-SE-0001"
    accepted = tmp_path / "accepted.json"
    accepted.write_text(
        answer_package(
            sweden.workspace, name, ReceiptState.ACCEPTED, reason="", officer_name="berg", at=sweden.clock()
        )
    )
    assert take_receipt(denmark, "SE", accepted.read_text()).receipt.state is ReceiptState.ACCEPTED
    came = Outcome(
        lead="L-SE-0000000001", states=(OutcomeState.SEARCHED,), devices_seized=4, new_exhibits=("SE-17",)
    )
    folder = sweden.workspace.root / "received" / denmark.operation / "DK" / name
    file = tmp_path / "outcome.json"
    file.write_text(write_outcomes(sweden.workspace, folder, (came,), officer_name="berg", at=sweden.clock()))
    assert take_outcomes(denmark, "SE", file.read_text()).new == 1
    assert take_outcomes(denmark, "SE", file.read_text()).new == 0
    from fairlead.register.followup import find_outcomes

    kept = find_outcomes(denmark.user_id, denmark.operation, at=denmark.clock())
    assert [row["new_exhibits"] for row in kept] == [["SE-17"]]
    waiting = follow_up(denmark)
    assert [(w["exhibit"], w["received"], w["leads"]) for w in waiting] == [("SE-17", False, [])]
    exhibit = tmp_path / "phone"
    exhibit.mkdir()
    (exhibit / "a.txt").write_text("a")
    add_exhibit(denmark, NewExhibit(number="SE-17", path=exhibit, authority="order 1"))
    evidence = [lead().evidence[0].model_copy(update={"exhibit": "SE-17"})]
    publish(denmark, lead(operation=denmark.operation, evidence=evidence))
    assert [(w["received"], w["leads"]) for w in follow_up(denmark)] == [(True, ["L-SE-0000000001"])]


def test_published_figures_are_versions_that_never_change(pair, tmp_path) -> None:
    import json as json_module

    denmark, sweden, identity = pair
    package, _ = build_for_country(denmark, "SE", RELEASE)
    receive(denmark, sweden, identity, package)
    first, changed = publish_figures(denmark)
    assert changed["countries"] == 4
    came = Outcome(lead="L-SE-0000000001", states=(OutcomeState.ARRESTED,), devices_seized=7, released=True)
    folder = sweden.workspace.root / "received" / denmark.operation / "DK" / f"{denmark.operation}-SE-0001"
    file = tmp_path / "outcome.json"
    file.write_text(write_outcomes(sweden.workspace, folder, (came,), officer_name="berg", at=sweden.clock()))
    take_outcomes(denmark, "SE", file.read_text())
    kept = first.read_bytes()
    second, changed = publish_figures(denmark, as_of=denmark.clock().replace(year=2100))
    assert changed == {"devices_seized": 7}, (
        "one arrest in the one country that reported is not told by the total"
    )
    assert first.read_bytes() == kept
    assert json_module.loads(second.read_text())["version"] == 2


def test_a_lead_that_nothing_supports_any_more_is_named_when_it_was_sent(pair) -> None:
    from fairlead.case.sending.leads import publish as publish_tables

    denmark, _, _ = pair
    build_for_country(denmark, "SE", RELEASE)
    answer = publish_tables(denmark)  # the tables of this operation are empty
    assert answer["withdrawn_after_sending"] == [f"L-SE-0000000001 in {denmark.operation}-SE-0001"]


def test_reviews_fall_due_by_category(pair) -> None:
    from datetime import date

    from fairlead.case.sending.leads import find_due

    denmark, _, _ = pair
    assert find_due(denmark, on=date(2026, 6, 30)) == []
    assert find_due(denmark, on=date(2026, 7, 1))[0]["category"] == "not_categorised"


def test_a_person_decides_the_category_and_the_next_publishing_brings_it_into_the_lead(pair) -> None:
    from fairlead.case.sending.leads import categorise
    from fairlead.leads.document import SubjectCategory
    from fairlead.register.followup import find_categories

    denmark, _, _ = pair
    with pytest.raises(UsageError, match="no lead"):
        categorise(denmark, "L-SE-ffffffffff", SubjectCategory.VICTIM, reason="card reported stolen")
    with pytest.raises(UsageError, match="reason"):
        categorise(denmark, "L-SE-0000000001", SubjectCategory.VICTIM, reason=" ")
    for category, reason in (
        (SubjectCategory.SUSPECT, "paid from an own account"),
        (SubjectCategory.VICTIM, "card reported stolen before the payment"),
    ):
        categorise(denmark, "L-SE-0000000001", category, reason=reason)
    decided = find_categories(denmark.user_id, denmark.operation, at=denmark.clock())
    assert [(sorted(d.records), d.category) for d in decided] == [
        (["platform:1", "platform:2"], "suspect"),
        (["platform:1", "platform:2"], "victim"),
    ]


def test_an_older_package_after_a_newer_one_is_a_replay(pair) -> None:
    denmark, sweden, identity = pair
    first, _ = build_for_country(denmark, "SE", RELEASE)
    second, _ = build_for_country(denmark, "SE", RELEASE)
    receive(denmark, sweden, identity, first)
    receive(denmark, sweden, identity, second)
    receive(denmark, sweden, identity, second)
    with pytest.raises(ItemError, match="PACKAGE-REPLAY"):
        receive(denmark, sweden, identity, first)


def test_the_preview_shows_what_changed_since_it_was_sent(pair) -> None:
    denmark, _, _ = pair
    assert preview(denmark, "SE")[0]["last_sent"] is None
    build_for_country(denmark, "SE", RELEASE)
    changed = [statement(), statement(id="S-9999999999", value="other@example.org")]
    publish(denmark, lead(operation=denmark.operation, statements=changed))
    row = preview(denmark, "SE")[0]
    assert (row["last_sent"], row["added"], row["version"]) == (f"{denmark.operation}-SE-0001", 1, 2)
    difference, package = diff_with_sent(denmark, "L-SE-0000000001")
    assert [s.id for s in difference.added] == ["S-9999999999"]
    assert package == f"{denmark.operation}-SE-0001"


def test_nothing_is_sent_about_a_person_on_hold_until_it_is_lifted(pair) -> None:
    denmark, _, _ = pair
    hold(denmark, "P-1", reason="mistaken identity suspected")
    with pytest.raises(UsageError, match="held back"):
        build_for_country(denmark, "SE", RELEASE)
    assert lift(denmark, "P-1", reason="checked") == 1
    build_for_country(denmark, "SE", RELEASE)


def test_a_recall_reaches_the_recipient_and_its_acknowledgement_closes_it(pair, tmp_path) -> None:
    from fairlead.register.followup import find_recalls

    denmark, sweden, identity = pair
    package, _ = build_for_country(denmark, "SE", RELEASE)
    receive(denmark, sweden, identity, package)
    (signed,) = recall_package(
        denmark, f"{denmark.operation}-SE-0001", leads=(), reason="wrong person", officer_name="holm"
    )
    notice, answer = tmp_path / "notice.json", tmp_path / "answer.json"
    notice.write_text(signed.text)
    text = answer_recall(
        sweden.workspace, notice, lead_keys(denmark.workspace, "DK"), officer_name="berg", at=sweden.clock()
    ).acknowledgement
    answer.write_text(text)
    assert take_acknowledgement(denmark, "SE", answer.read_text()).closed == 1
    recalls = find_recalls(denmark.user_id, denmark.operation, at=denmark.clock())
    assert all(r["acknowledged_at"] for r in recalls)


def test_an_erased_entry_leaves_a_certificate_and_a_log_that_verifies(pair) -> None:
    denmark, _, _ = pair
    index = denmark.record(Operation.CONSULTATION, "ledger.open", (denmark.operation,), "log consulted")
    make_checkpoint(denmark.workspace)
    certificate = erase_entry(denmark, index, reason="retention ended", officer_name="holm")
    assert "signatures" in certificate
    assert verify_ledger(denmark.workspace).verified
    with pytest.raises(UsageError, match="erased already"):
        erase_entry(denmark, index, reason="again", officer_name="holm")


def rewrite(index: int, leaf: bytes) -> None:
    """What only an administrator of the database can do: switch the trigger off and change an entry."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE register_ledger DISABLE TRIGGER USER")
        cursor.execute("UPDATE register_ledger SET leaf = %s WHERE index = %s", [leaf, index])
        cursor.execute("ALTER TABLE register_ledger ENABLE TRIGGER USER")


def test_a_log_rewritten_by_its_own_administrator_is_caught_by_a_witness_and_by_every_recipient(
    pair, tmp_path
) -> None:
    from fairlead.case.place.keys import ledger_note_key
    from fairlead.register.ledger_store import get_entry

    denmark, sweden, identity = pair
    package, _ = build_for_country(denmark, "SE", RELEASE)
    receive(denmark, sweden, identity, package)
    key = make_officer(sweden.workspace, "witness")
    seen = tmp_path / "seen.txt"
    offered = tmp_path / "offered.json"
    offered.write_text(export_consistency(denmark.workspace, since=0))
    log_key = ledger_note_key(denmark.workspace)
    witness(offered, log_key=log_key, name="SE", key_file=key, seen_file=seen, clock=sweden.clock)
    size = verify_ledger(denmark.workspace).size
    original, _, _ = get_entry(size - 2)
    try:
        rewrite(size - 2, original.replace(b'"what":"', b'"what":"x'))
        assert f"entry {size - 2} is not what was seen before" in verify_ledger(denmark.workspace).findings
        shutil.rmtree(denmark.workspace.root / "ledger-tree")
        make_checkpoint(
            denmark.workspace
        )  # the lead country signs the rewritten log as if nothing had happened
        offered.write_text(export_consistency(denmark.workspace, since=int(seen.read_text().split("\n")[1])))
        with pytest.raises(ItemError, match="LEDGER-FORK"):
            witness(offered, log_key=log_key, name="SE", key_file=key, seen_file=seen, clock=sweden.clock)
        report = verify_ledger(denmark.workspace, against=seen)
        assert any("the checkpoint given" in finding for finding in report.findings)
        second, _ = build_for_country(denmark, "SE", RELEASE)
        with pytest.raises(ItemError, match="LEDGER-FORK"):
            receive(denmark, sweden, identity, second)
    finally:
        rewrite(size - 2, original)
        shutil.rmtree(denmark.workspace.root / "ledger-tree")
        make_checkpoint(denmark.workspace)
    assert verify_ledger(denmark.workspace, against=seen).verified


def test_a_log_with_entries_cut_off_is_not_signed_again(pair) -> None:
    from fairlead.ledger.kept_tree import open_kept_tree

    denmark, _, _ = pair
    make_checkpoint(denmark.workspace)
    with open_kept_tree(denmark.workspace.root / "ledger-tree") as tree:
        tree.append(bytes(32))  # one entry more was seen here than the database has now
        tree.keep()
    with pytest.raises(RunError, match="LEDGER-SHORT"):
        make_checkpoint(denmark.workspace)


def test_a_liaison_officer_cannot_build_a_package(pair) -> None:
    from dataclasses import replace

    from fairlead.register.actions import Role
    from fairlead.register.people import add_user, grant

    denmark, _, _ = pair
    user = add_user("liaison-of-sweden")
    grant(user, denmark.operation, role=Role.LIAISON, country="SE")
    with pytest.raises(UsageError, match="USAGE-RIGHT"):
        build_for_country(replace(denmark, user_id=user.pk, user_name=user.username), "SE", RELEASE)


def test_a_recall_is_acknowledged_by_who_never_opened_the_package_and_it_is_not_opened_then(
    pair, tmp_path
) -> None:
    denmark, sweden, identity = pair
    package, built = build_for_country(denmark, "SE", RELEASE)
    name = built.name.removesuffix(".tar.age")
    (signed,) = recall_package(denmark, name, leads=(), reason="wrong", officer_name="holm")
    notice = tmp_path / "notice.json"
    notice.write_text(signed.text)
    keys = lead_keys(denmark.workspace, "DK")
    answers = [
        answer_recall(sweden.workspace, notice, keys, officer_name="berg", at=sweden.clock())
        for _ in range(2)
    ]
    assert [(one.recall.package, one.opened, one.again) for one in answers] == [
        (name, False, False), (name, False, True),
    ]  # fmt: skip
    assert take_acknowledgement(denmark, "SE", answers[0].acknowledgement).closed == 1
    with pytest.raises(ItemError, match="PACKAGE-RECALLED"):
        receive(denmark, sweden, identity, package)


@pytest.mark.parametrize(
    "changed",
    [
        {"sha256": "0" * 64},
        {"country": "NO"},
        {"leads": ("L-NO-0000000009",)},
        {"at": datetime(1999, 1, 1, tzinfo=UTC)},
        {"reason": "turned \u202e round"},
        {"reason": "x" * 5_000},
    ],
    ids=["other bytes", "another country", "other leads", "older than the package", "turned", "endless"],
)
def test_a_notice_that_is_not_about_what_was_opened_is_not_acknowledged(pair, tmp_path, changed) -> None:
    denmark, sweden, identity = pair
    package, _ = build_for_country(denmark, "SE", RELEASE)
    receive(denmark, sweden, identity, package)
    (signed,) = recall_package(
        denmark, f"{denmark.operation}-SE-0001", leads=(), reason="wrong", officer_name="holm"
    )
    notice = tmp_path / "notice.json"
    signer = officer(denmark.workspace, "holm", at=denmark.clock())
    notice.write_text(sign_recall(replace(signed.recall, **changed), signer))
    keys = lead_keys(denmark.workspace, "DK")
    with pytest.raises(ItemError, match="PACKAGE-RECALL"):
        answer_recall(sweden.workspace, notice, keys, officer_name="berg", at=sweden.clock())
    assert not list((sweden.workspace.root / "received").rglob("*.recalled.json"))
