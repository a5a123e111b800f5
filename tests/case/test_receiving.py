"""What comes in is hostile: bound to the package, of its country, in order of its own time, once, within what can be."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.case.place.keys import LeadKeys, create_age_identity
from fairlead.case.place.session import Session
from fairlead.case.receiving.foreign import Incoming, kind_of
from fairlead.case.receiving.incoming import take_in
from fairlead.case.receiving.partners import keep_partner_keys, know_partner
from fairlead.case.sending.building import Release, build_for_country
from fairlead.case.sending.freshness import recalled_leads, recalls_to_consider
from fairlead.case.sending.recalls import lift_recall, recall_package
from fairlead.leads.dsse import Officer, sign_statement
from fairlead.leads.outcome import (
    OUTCOME_TYPE,
    NoActionReason,
    Outcome,
    OutcomeFile,
    OutcomeState,
    sign_outcomes,
)
from fairlead.leads.recall import ACKNOWLEDGEMENT_TYPE, acknowledge_recall
from fairlead.leads.receipt import RECEIPT_TYPE, Receipt, ReceiptState, sign_receipt, verify_receipt
from fairlead.leads.rehearsal import read_partner_text
from fairlead.ledger.notes import NoteKey, NoteKind
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.names import CountryCode
from tests.case.test_sending import publish
from tests.leads.builders import lead
from tests.officers import make_officer

RELEASE = Release(preparer="holm", releaser="lund")
LEAD = "L-SE-0000000001"
BERG = Officer(name="berg", private=Ed25519PrivateKey.from_private_bytes(b"\x21" * 32))


def keys_of(country: str, officer: Officer, *, until: datetime | None = None) -> str:
    log = NoteKey(name="fairlead/x", public=officer.private.public_key(), kind=NoteKind.ED25519)
    return LeadKeys(
        country=CountryCode(country),
        officers={officer.name: officer.private.public_key()},
        ledger=log,
        valid_until={officer.name: until} if until else {},
    ).to_json()


class Denmark:
    """An operation that has sent Sweden one package; answers are signed by hand with Sweden's key."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.package = f"{session.operation}-SE-0001"
        self.at = session.clock()
        (self.sent,) = self.packages()

    def packages(self) -> list[dict[str, Any]]:
        from fairlead.register.leads import find_packages

        return find_packages(self.session.user_id, self.session.operation, at=self.session.clock())

    def receipt(self, state: ReceiptState, at: datetime | None = None, **changes: Any) -> str:
        fields = {
            "package": self.package, "version": 1, "sha256": self.sent["sha256"], "country": "SE", "state": state,
            "reason": "a reason" if state is ReceiptState.REFUSED else "", "at": at or self.at,
        }  # fmt: skip
        return sign_receipt(Receipt(**{**fields, **changes}), BERG)

    def outcomes(self, *outcomes: Outcome, **changes: Any) -> str:
        fields = {"package": self.package, "sha256": self.sent["sha256"], "country": "SE", "at": self.at}
        reported = outcomes or (Outcome(lead=LEAD, states=(OutcomeState.IDENTIFIED,)),)
        return sign_outcomes(OutcomeFile(**{**fields, "outcomes": reported, **changes}), BERG)

    def signed(self, kind: str, **predicate: Any) -> str:
        said = {
            "package": self.package, "version": 1, "country": "SE", "state": "opened", "reason": "", "leads": [],
            "at": self.at.isoformat(), "outcomes": [],
        }  # fmt: skip
        return sign_statement(
            {f"{self.package}.tar.age": self.sent["sha256"]}, kind, said | predicate, [BERG]
        )

    def kept(self) -> str:
        return str(self.packages()[0]["receipt"]["state"])

    def refusal(self, text: str, country: str = "SE") -> str:
        with pytest.raises((ItemError, UsageError)) as refused:
            take_in(self.session, text, country=country)
        return refused.value.code


@pytest.fixture
def denmark(make_session: Callable[..., Session], tmp_path: Path) -> Denmark:
    session = make_session()
    from fairlead.register.people import set_recipients

    for name in ("holm", "lund"):
        make_officer(session.workspace, name)
    set_recipients(session.operation, "SE", [create_age_identity(tmp_path / "sweden.age")])
    keep_partner_keys(session, "SE", keys_of("SE", BERG))
    publish(session, lead(operation=session.operation))
    build_for_country(session, "SE", RELEASE)
    return Denmark(session)


def test_an_older_receipt_never_takes_the_place_of_a_newer_refusal(denmark: Denmark) -> None:
    take_in(denmark.session, denmark.receipt(ReceiptState.REFUSED))
    taken = take_in(denmark.session, denmark.receipt(ReceiptState.ACCEPTED, denmark.at - timedelta(hours=1)))
    assert taken.older
    assert denmark.kept() == "refused"
    assert not take_in(
        denmark.session, denmark.receipt(ReceiptState.ACCEPTED, denmark.at + timedelta(minutes=5))
    ).older
    assert denmark.kept() == "accepted"


def test_a_second_import_of_the_same_file_says_so(denmark: Denmark) -> None:
    for text in (
        denmark.receipt(ReceiptState.OPENED),
        denmark.outcomes(Outcome(lead=LEAD, states=(OutcomeState.IDENTIFIED,))),
    ):
        assert [take_in(denmark.session, text).again for _ in range(2)] == [False, True]


def test_a_file_about_other_bytes_is_refused(denmark: Denmark) -> None:
    assert denmark.refusal(denmark.receipt(ReceiptState.OPENED, sha256="0" * 64)) == "PACKAGE-RECEIPT"
    assert denmark.refusal(denmark.outcomes(sha256="0" * 64)) == "PACKAGE-OUTCOME"


def test_another_country_cannot_answer_for_this_one(denmark: Denmark) -> None:
    keep_partner_keys(denmark.session, "GB", keys_of("GB", BERG))
    assert denmark.refusal(denmark.receipt(ReceiptState.OPENED), country="GB") == "USAGE-UPLOAD"
    assert denmark.refusal(denmark.receipt(ReceiptState.OPENED, country="GB")) == "PACKAGE-RECEIPT"


def test_what_is_signed_after_the_end_of_a_key_is_refused_for_every_kind(denmark: Denmark) -> None:
    (signed,) = recall_package(
        denmark.session, denmark.package, leads=(), reason="wrong", officer_name="holm"
    )
    keep_partner_keys(denmark.session, "SE", keys_of("SE", BERG, until=denmark.at - timedelta(minutes=1)))
    for text in (
        denmark.receipt(ReceiptState.OPENED),
        denmark.outcomes(Outcome(lead=LEAD, states=(OutcomeState.IDENTIFIED,))),
        acknowledge_recall(signed.recall, BERG, notice="", at=denmark.at),
    ):
        assert denmark.refusal(text) == "PACKAGE-EXPIRED"


@pytest.mark.parametrize(
    "at",
    [
        datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2099, 1, 1, tzinfo=UTC),
        datetime(1999, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 12, 0),  # noqa: DTZ001 - a time without an offset is what is tested
    ],
)
def test_a_time_outside_the_operation_or_without_an_offset_is_refused(denmark: Denmark, at: datetime) -> None:
    assert denmark.refusal(denmark.receipt(ReceiptState.OPENED, at)) == "PACKAGE-RECEIPT"
    assert denmark.refusal(denmark.outcomes(at=at)) == "PACKAGE-OUTCOME"


def test_two_outcomes_of_one_lead_in_one_file_are_both_kept(denmark: Denmark) -> None:
    text = denmark.outcomes(
        Outcome(lead=LEAD, states=(OutcomeState.SEARCHED,), devices_seized=1),
        Outcome(lead=LEAD, states=(OutcomeState.ARRESTED,), devices_seized=2),
    )
    assert take_in(denmark.session, text).said == "2 of 2 new"


@pytest.mark.parametrize(
    "predicate",
    [
        {"outcomes": [{"lead": LEAD, "states": ["searched"], "reason": "", "devices_seized": 2_000_000_000,
                       "victims_safeguarded": 0, "new_exhibits": [], "released": True}]},
        {"outcomes": [{"lead": LEAD, "states": ["searched"], "reason": "", "devices_seized": True,
                       "victims_safeguarded": 0, "new_exhibits": [], "released": True}]},
        {"outcomes": 7},
        {"outcomes": {"a": 1}},
        {"at": 5},
        {"at": None},
        {"country": ["SE"]},
    ],
)  # fmt: skip
def test_outcomes_that_cannot_be_are_a_verdict(denmark: Denmark, predicate: dict[str, Any]) -> None:
    assert denmark.refusal(denmark.signed(OUTCOME_TYPE, **predicate)) in ("PACKAGE-OUTCOME", "ITEM-NAME")


@pytest.mark.parametrize("reason", ["\x00", "a" * 5000, "\x1b[2J", "turned \u202e round"])
def test_a_text_that_cannot_be_kept_is_a_verdict_also_in_an_older_answer(
    denmark: Denmark, reason: str
) -> None:
    take_in(denmark.session, denmark.receipt(ReceiptState.ACCEPTED))
    text = denmark.receipt(ReceiptState.REFUSED, denmark.at - timedelta(minutes=1), reason=reason)
    assert denmark.refusal(text) in ("PACKAGE-RECEIPT", "PACKAGE-ENVELOPE")


@pytest.mark.parametrize(
    "predicate",
    [
        {"state": "refused"},
        {"state": "refused", "reason": "  "},
        {"version": 2},
        {"version": True},
        {"reason": 1},
    ],
)
def test_a_receipt_that_cannot_be_is_a_verdict(denmark: Denmark, predicate: dict[str, Any]) -> None:
    assert denmark.refusal(denmark.signed(RECEIPT_TYPE, **predicate)) == "PACKAGE-RECEIPT"


def test_an_answer_about_a_file_of_another_name_is_a_verdict(denmark: Denmark) -> None:
    said = {"package": denmark.package, "country": "SE", "leads": [], "reason": "", "at": denmark.at.isoformat(),
            "version": 1, "state": "accepted"}  # fmt: skip
    for kind in (RECEIPT_TYPE, ACKNOWLEDGEMENT_TYPE):
        text = sign_statement({"x": denmark.sent["sha256"]}, kind, said, [BERG])
        assert denmark.refusal(text) in ("PACKAGE-RECEIPT", "PACKAGE-RECALL")


def test_the_same_answer_in_another_envelope_is_the_same_answer(denmark: Denmark) -> None:
    text = denmark.receipt(ReceiptState.ACCEPTED)
    envelope = json.loads(text)
    stranger = {"keyid": "nobody", "sig": base64.b64encode(bytes(64)).decode()}
    others = (
        text + "\n",
        text.replace("\n", "\r\n"),
        json.dumps(dict(reversed(envelope.items()))),
        json.dumps({**envelope, "signatures": [stranger, *envelope["signatures"]]}),
    )
    assert [take_in(denmark.session, given).again for given in (text, *others)] == [False] + [True] * len(
        others
    )
    twice = text.replace('{\n "payloadType"', '{\n "payloadType": "x",\n "payloadType"', 1)
    assert twice != text
    assert denmark.refusal(twice) == "PACKAGE-ENVELOPE"


def test_an_answer_from_a_clock_that_is_hours_ahead_is_refused_and_silences_nobody(denmark: Denmark) -> None:
    assert (
        denmark.refusal(denmark.receipt(ReceiptState.ACCEPTED, denmark.at + timedelta(hours=1)))
        == "PACKAGE-RECEIPT"
    )
    take_in(denmark.session, denmark.receipt(ReceiptState.REFUSED, denmark.at + timedelta(minutes=5)))
    assert denmark.kept() == "refused"


@pytest.mark.parametrize(
    ("states", "reason", "devices"),
    [
        (["not_resident", "arrested"], "", 0),
        (["no_action", "charged"], "other", 0),
        (["no_action"], "other", 1),
        (["no_action", "identified"], "not_identified", 0),
        (["no_action"], "", 0),
        (["identified"], "other", 0),
    ],
)
def test_outcomes_that_contradict_themselves_are_refused_at_both_ends(
    denmark: Denmark, states: list[str], reason: str, devices: int
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which sentence it is depends on what contradicts
        Outcome(
            lead=LEAD,
            states=tuple(map(OutcomeState, states)),
            reason=NoActionReason(reason) if reason else None,
            devices_seized=devices,
        )
    said = {"lead": LEAD, "states": states, "reason": reason, "devices_seized": devices, "victims_safeguarded": 0,
            "new_exhibits": [], "released": True}  # fmt: skip
    text = sign_statement(
        {"outcomes": "0" * 64, f"{denmark.package}.tar.age": denmark.sent["sha256"]},
        OUTCOME_TYPE,
        {"package": denmark.package, "country": "SE", "at": denmark.at.isoformat(), "outcomes": [said]},
        [BERG],
    )
    assert denmark.refusal(text) == "PACKAGE-OUTCOME"


def test_one_lead_has_no_more_devices_in_many_rows_than_in_one(denmark: Denmark) -> None:
    many = [Outcome(lead=LEAD, states=(OutcomeState.SEARCHED,), devices_seized=5_000)] * 3
    with pytest.raises(ValueError, match="counts of one lead"):
        denmark.outcomes(*many)


def test_a_report_that_says_less_than_the_one_before_says_what_is_no_longer_counted(denmark: Denmark) -> None:
    first = Outcome(lead=LEAD, states=(OutcomeState.ARRESTED, OutcomeState.SEARCHED), devices_seized=2)
    take_in(denmark.session, denmark.outcomes(first, at=denmark.at - timedelta(hours=2)))
    less = Outcome(lead=LEAD, states=(OutcomeState.CHARGED, OutcomeState.SEARCHED))
    taken = take_in(denmark.session, denmark.outcomes(less, at=denmark.at - timedelta(hours=1)))
    assert taken.replaced == (f"{LEAD}: arrested, devices_seized 2 → 0",)
    assert not taken.older
    late = take_in(denmark.session, denmark.outcomes(first, at=denmark.at - timedelta(hours=3)))
    assert (late.older, late.replaced) == (True, ())


def enveloped(payload: bytes) -> str:
    return json.dumps({"payload": base64.b64encode(payload).decode(), "payloadType": "x", "signatures": []})


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "\x00", "9" * 5000, "[" * 100_000, enveloped(b"9" * 5000), enveloped(b"[" * 100_000),
        enveloped(b"[]"), enveloped(b"\xff"), '{"payload": 3}', '{"payload": "\u00e9"}',
        enveloped(json.dumps({"predicateType": RECEIPT_TYPE, "predicate": {"package": "../../etc"}}).encode()),
        enveloped(json.dumps({"predicateType": RECEIPT_TYPE, "predicate": []}).encode()),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_a_verdict(denmark: Denmark, text: str) -> None:
    assert denmark.refusal(text) in ("USAGE-UPLOAD", "ITEM-NAME")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    json_values | st.fixed_dictionaries({"predicateType": st.just(RECEIPT_TYPE), "predicate": json_values})
)
def test_whatever_is_in_an_envelope_the_answer_is_a_kind_or_a_verdict(value: Any) -> None:
    try:
        kind, _ = kind_of(enveloped(json.dumps(value).encode()))
    except (ItemError, UsageError):
        return
    assert kind in Incoming


def test_a_file_of_bytes_is_a_verdict(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="no text"):
        read_partner_text(file)


def test_keys_given_with_a_file_never_take_the_place_of_those_that_are_kept(denmark: Denmark) -> None:
    stranger = Officer(name="berg", private=Ed25519PrivateKey.from_private_bytes(b"\x22" * 32))
    with pytest.raises(UsageError, match="other keys"):
        know_partner(denmark.session, "SE", keys_of("SE", stranger))
    know_partner(denmark.session, "SE", keys_of("SE", BERG))


def test_an_acknowledgement_closes_the_recall_that_it_answers_and_no_other(denmark: Denmark) -> None:
    import hashlib

    from fairlead.register.followup import find_recalls

    (first,) = recall_package(denmark.session, denmark.package, leads=(), reason="first", officer_name="holm")
    recall_package(denmark.session, denmark.package, leads=(), reason="second", officer_name="holm")
    notice = hashlib.sha256(first.text.encode()).hexdigest()
    text = acknowledge_recall(first.recall, BERG, notice=notice, at=denmark.session.clock())
    assert take_in(denmark.session, text).said == "1 closed"
    assert take_in(denmark.session, text).again
    rows = find_recalls(denmark.session.user_id, denmark.session.operation, at=denmark.session.clock())
    assert {row["reason"]: row["acknowledged_at"] is not None for row in rows} == {
        "first": True,
        "second": False,
    }


def test_an_acknowledgement_that_names_no_notice_closes_one_recall_and_none_that_came_later(
    denmark: Denmark,
) -> None:
    before = denmark.session.clock()
    (first,) = recall_package(denmark.session, denmark.package, leads=(), reason="first", officer_name="holm")
    recall_package(denmark.session, denmark.package, leads=(), reason="second", officer_name="holm")
    early = acknowledge_recall(first.recall, BERG, notice="", at=before)
    assert denmark.refusal(early) == "PACKAGE-RECALL"
    late = acknowledge_recall(first.recall, BERG, notice="", at=denmark.session.clock())
    assert take_in(denmark.session, late).said == "1 closed"


def test_all_outcomes_of_one_lead_in_one_file_count_and_a_later_file_replaces_them(denmark: Denmark) -> None:
    from fairlead.case.board.figures import figures

    take_in(
        denmark.session,
        denmark.outcomes(
            Outcome(lead=LEAD, states=(OutcomeState.ARRESTED,), devices_seized=6),
            Outcome(lead=LEAD, states=(OutcomeState.IDENTIFIED,), devices_seized=7),
        ),
    )
    totals = figures(denmark.session, internal=True).totals
    assert (totals["suspects_identified"], totals["arrests"], totals["devices_seized"]) == (1, 1, 13)


@pytest.mark.parametrize(
    "said", [{"version": 10**300}, {"version": True}, {"version": 0}, {"reason": ["x"]}, {"reason": {"a": 1}}]
)
def test_a_receipt_says_a_version_that_counts_and_a_reason_in_words(said: dict[str, object]) -> None:
    predicate = {
        "package": "lanternfish-SE-0001", "version": 1, "country": "SE", "state": "opened", "reason": "",
        "at": datetime(2026, 3, 4, tzinfo=UTC).isoformat(), **said,
    }  # fmt: skip
    text = sign_statement({"lanternfish-SE-0001.tar.age": "0" * 64}, RECEIPT_TYPE, predicate, [BERG])
    with pytest.raises(ItemError, match="PACKAGE-RECEIPT"):
        verify_receipt(text, {BERG.name: BERG.private.public_key()})


def test_a_recall_names_every_package_that_carried_the_lead(denmark: Denmark) -> None:
    build_for_country(denmark.session, "SE", RELEASE)
    signed = recall_package(
        denmark.session, denmark.package, leads=(LEAD,), reason="wrong", officer_name="holm"
    )
    assert [one.recall.package for one in signed] == [
        denmark.package,
        denmark.package.replace("0001", "0002"),
    ]


def test_a_recalled_lead_is_sent_again_only_when_two_people_have_lifted_it(denmark: Denmark) -> None:
    from fairlead.register.actions import Role
    from fairlead.register.people import add_user, grant

    recall_package(denmark.session, denmark.package, leads=(LEAD,), reason="wrong", officer_name="holm")
    with pytest.raises(UsageError, match="recalled"):
        build_for_country(denmark.session, "SE", RELEASE)
    with pytest.raises(UsageError, match="USAGE-KEY"):  # whoever has no key of their own is nobody here
        lift_recall(denmark.session, denmark.package, LEAD, reason="checked")
    make_officer(denmark.session.workspace, denmark.session.user_name)
    assert not lift_recall(denmark.session, denmark.package, LEAD, reason="checked")
    with pytest.raises(UsageError, match="yourself"):
        lift_recall(denmark.session, denmark.package, LEAD, reason="checked")
    with pytest.raises(UsageError, match="recalled"):
        build_for_country(denmark.session, "SE", RELEASE)
    user = add_user("second-officer")
    grant(user, denmark.session.operation, role=Role.LEAD_OFFICER)
    second = replace(denmark.session, user_id=user.pk, user_name=user.username)
    make_officer(second.workspace, second.user_name)
    assert lift_recall(second, denmark.package, LEAD, reason="read it too")
    build_for_country(denmark.session, "SE", RELEASE)


def test_lifting_a_recall_for_one_lead_lifts_it_for_no_other(denmark: Denmark) -> None:
    from fairlead.register.actions import Role
    from fairlead.register.leads import record_package
    from fairlead.register.people import add_user, grant

    other, session = "L-SE-0000000002", denmark.session
    name = denmark.package.replace("0001", "0007")
    record_package(
        session.user_id, session.operation, country="SE", package=name, version=7, leads={LEAD: 1, other: 1},
        sha256="7" * 64, prepared_by="holm", released_by="lund", at=denmark.at,
    )  # fmt: skip
    recall_package(session, name, leads=(), reason="wrong", officer_name="holm")
    user = add_user(f"agrees-{session.operation}")
    grant(user, session.operation, role=Role.LEAD_OFFICER)
    second = replace(session, user_id=user.pk, user_name=user.username)
    for one in (session, second):
        make_officer(one.workspace, one.user_name)
    assert not lift_recall(session, name, LEAD, reason="checked")
    assert not lift_recall(second, name, other, reason="checked"), "another lead is another question"
    assert lift_recall(second, name, LEAD, reason="read it too")
    assert list(recalled_leads(session)) == [other]


def test_an_acknowledgement_of_other_leads_or_from_before_the_notice_closes_nothing(denmark: Denmark) -> None:
    (signed,) = recall_package(
        denmark.session, denmark.package, leads=(LEAD,), reason="wrong", officer_name="holm"
    )
    notice = hashlib.sha256(signed.text.encode()).hexdigest()
    for recall, at in (
        (replace(signed.recall, leads=()), denmark.at),
        (replace(signed.recall, leads=("L-SE-0000000009",)), denmark.at),
        (signed.recall, signed.recall.at - timedelta(hours=10)),
    ):
        assert denmark.refusal(acknowledge_recall(recall, BERG, notice=notice, at=at)) == "PACKAGE-RECALL"
    taken = take_in(
        denmark.session, acknowledge_recall(signed.recall, BERG, notice=notice, at=signed.recall.at)
    )
    assert taken.said == "1 closed"


def test_the_end_of_a_key_needs_an_offset(denmark: Denmark) -> None:
    text = keys_of("SE", BERG, until=datetime(2030, 1, 1))  # noqa: DTZ001 - a time without an offset is what is tested
    with pytest.raises(UsageError, match="USAGE-KEY"):
        keep_partner_keys(denmark.session, "SE", text)


def test_a_lead_that_was_sent_and_is_gone_is_a_task_until_it_is_recalled(denmark: Denmark) -> None:
    assert recalls_to_consider(denmark.session) == []
    publish(denmark.session)
    assert [(one.lead, one.package) for one in recalls_to_consider(denmark.session)] == [
        (LEAD, denmark.package)
    ]
    recall_package(denmark.session, denmark.package, leads=(LEAD,), reason="gone", officer_name="holm")
    assert recalls_to_consider(denmark.session) == []
