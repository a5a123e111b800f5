"""Authorised for one operation, changed in another: every verb that names something, with what is another's."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from fairlead.case.jobs import JobKind
from fairlead.case.place.session import Session
from fairlead.case.sending.building import Release
from fairlead.case.verbs.registry import all_verbs
from fairlead.leads.document import SubjectCategory
from fairlead.register.actions import Role
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.platform import Judgement
from tests.case.test_sending import publish
from tests.leads.builders import lead
from tests.officers import make_officer

ALPHA = "platform:1"
SHA256 = "ab" * 32

Names = Callable[["Both"], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Both:
    """An operation with something in it, and the ids of that; an operation of somebody else."""

    own: Session
    foreign: Session
    ids: dict[str, Any]


# What each verb is told by the stranger: ids of the other operation, or a country that takes no part.
SWAPPED: dict[str, Names] = {
    "board.incident": lambda b: {"country": "NO", "text": "a report"},
    "board.report": lambda b: {"country": "NO", "untrusted_values": {"teams": "3"}},
    "deconflict.answer": lambda b: {"country": "NO", "request": "{}"},
    "deconflict.ask": lambda b: {"country": "NO"},
    "deconflict.result": lambda b: {"country": "NO", "text": "{}"},
    "exhibit.change": lambda b: {"number": "DK-17", "carve": True},
    "exhibit.handling": lambda b: {"number": "DK-17", "handling": "H0", "reason": "why"},
    "exhibit.holder": lambda b: {"exhibit": "DK-17", "account": ALPHA, "reason": "why"},
    "exhibit.holder.withdraw": lambda b: {"exhibit": "DK-17", "account": ALPHA, "reason": "why"},
    "exhibit.verify": lambda b: {"number": "DK-17"},
    "grant.end": lambda b: {"grant_id": b.ids["grant"]},
    "grant.give": lambda b: {"name": b.own.user_name, "role": "liaison", "country": "NO"},
    "intent.leave": lambda b: {"number": b.ids["intent"], "reason": "why"},
    "job.stop": lambda b: {"job": b.ids["job"]},
    "key.recipient": lambda b: {"country": "NO", "recipients": ("age1",)},
    "known.let-through": lambda b: {"name": "list-a", "entry": SHA256, "reason": "why"},
    "known.remove": lambda b: {"name": "list-a", "reason": "why"},
    "lead.categorise": lambda b: {"lead": b.ids["lead"], "category": SubjectCategory.SUSPECT, "reason": "why"},
    "lead.lift": lambda b: {"person": b.ids["person"], "reason": "why"},
    "ledger.erase": lambda b: {"index": b.ids["entry"], "reason": "why", "officer_name": "holm"},
    "package.build": lambda b: {"country": "NO", "release": Release(preparer="holm", releaser="lund")},
    "package.fetch": lambda b: {"country": "SE", "package": b.ids["package"]},
    "package.recall": lambda b: {
        "package": b.ids["package"], "leads": (), "reason": "why", "officer_name": "holm",
    },
    "partner.keys": lambda b: {"country": "NO", "untrusted_text": "{}"},
    "recall.lift": lambda b: {"package": b.ids["package"], "lead": b.ids["lead"], "reason": "why"},
    "release.decide": lambda b: {"waiting": b.ids["waiting"], "manifest_sha256": "0" * 64},
    "release.prepare": lambda b: {"country": "NO", "legal_basis": "a", "purpose": "b"},
    "release.return": lambda b: {"waiting": b.ids["waiting"], "reason": "why"},
    "witness.key": lambda b: {"country": "NO", "untrusted_key": "x"},
    "review.decide": lambda b: {
        "sha256": SHA256, "decision": "confirm", "category": "none", "note": "", "sample": False,
    },
    "review.reveal": lambda b: {"sha256": SHA256, "level": 1, "purpose": "why"},
    "attribute.judge": lambda b: {
        "left": ALPHA, "right": "platform:2", "judgement": Judgement.SAME, "reason": "why",
    },
}  # fmt: skip

# Verbs that take no id of anything that lies in an operation, or whose object is a file that is signed or named by path.
NOT_DRIVEN = {
    "attribute": "works on the session's operation as a whole",
    "attribute.sample": "takes a grade, a number and a seed",
    "backup.make": "takes nothing",
    "board.plan": "takes two times",
    "exhibit.add": "makes something new; the path is checked by its own tests",
    "exhibit.handover": "a hand-over of an exhibit, driven by tests of custody",
    "figures.release": "takes nothing",
    "job.ask": "takes a kind",
    "known.export": "takes a list of this operation's and a path",
    "known.import": "makes something new from a file",
    "known.update": "takes a file; a foreign list is refused as for known.remove",
    "law.adopt": "takes a folder of law files, checked by its own tests",
    "law.review": "takes a filled-in form, checked by its own tests",
    "law.assess": "works on the session's operation as a whole",
    "lead.hold": "holds back a person by a name that may not be known yet, in its own operation only",
    "lead.publish": "takes nothing",
    "ledger.cosigned": "takes a signed note",
    "outcome.import": "takes a signed file",
    "package.recall-acknowledged": "takes a signed file",
    "package.receipt": "takes a signed file",
    "process": "works on the session's operation as a whole",
    "provenance.compare": "works on the session's operation as a whole",
    "provenance.detector": "takes a folder",
    "provenance.detector-run": "takes the digests of pictures, read from its own operation's tables",
    "provenance.noise-groups": "works on the session's operation as a whole",
    "provenance.reference": "takes a path or an exhibit, read from its own operation's tables",
    "provenance.search": "takes the digests of pictures, read from its own operation's tables",
    "provenance.trust": "takes a file",
    "provenance.weights": "takes a text",
    "records.load": "takes a file",
    "records.restore": "takes a reason",
    "statistics.publish": "takes a time",
}


@pytest.fixture
def both(make_session: Callable[..., Session]) -> Both:
    """Denmark's operation with something of each kind, and a stranger who leads an operation of his own.

    The stranger is a legal adviser in Denmark's too: he may see everything there and change nothing, so that no
    row-level security stands between him and the ids.
    """
    own, foreign = make_session(), make_session(lead="DE", partners=("SE",))
    from fairlead.register.intents import open_intent
    from fairlead.register.jobs import record_job
    from fairlead.register.leads import record_package
    from fairlead.register.models import Grant
    from fairlead.register.people import get_user_by_id, grant
    from fairlead.register.releases import find_prepared, record_prepared

    at = own.clock()
    for session in (own, foreign):
        make_officer(session.workspace, "holm")
    made = lead(operation=own.operation)
    publish(own, made)
    package = f"{own.operation}-SE-0001"
    record_package(
        own.user_id, own.operation, country="SE", package=package, version=1, leads={made.lead: 1}, sha256=SHA256,
        prepared_by="holm", released_by="lund", at=at,
    )  # fmt: skip
    record_prepared(
        own.user_id,
        own.operation,
        "SE",
        leads={made.lead: 1},
        recipients=(),
        legal_basis="a",
        purpose="b",
        h3_release="",
        statement="",
        manifest="",
        at=at,
    )
    intent = open_intent(
        own.user_id,
        own.operation,
        "*",
        verb="lead.publish",
        about="x",
        arguments="x",
        process="gone/1/0.00",
        at=at,
    )
    grant(get_user_by_id(foreign.user_id), own.operation, role=Role.LEGAL_ADVISER)
    ids = {
        "entry": own.record(Operation.CONSULTATION, "ledger.open", (own.operation,), "log consulted"),
        "grant": Grant.objects.using("owner").get(user_id=own.user_id, operation_id=own.operation).pk,
        "intent": intent,
        "job": record_job(own.user_id, own.operation, JobKind.PROCESS, at=at),
        "lead": made.lead,
        "package": package,
        "person": made.person,
        "waiting": find_prepared(own.user_id, own.operation, at=at)[0]["id"],
    }
    return Both(own=own, foreign=foreign, ids=ids)


def state_of(operation: str) -> str:
    """A digest of every row of the register that belongs to an operation, seen by the owner of the database."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'operation_id' "
            "AND table_schema = 'public' ORDER BY 1"
        )
        digests = []
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t "
                "WHERE operation_id = %s",
                [operation],
            )
            digests.append(f"{table} {cursor.fetchone()[0]}")
        cursor.execute(
            "SELECT md5(coalesce(string_agg(l::text || d::text, '|' ORDER BY index), '')) FROM register_ledger l "
            'JOIN register_ledgerdetail d ON d.entry_id = l.index WHERE l."case" = %s',
            [operation],
        )
        digests.append(f"ledger {cursor.fetchone()[0]}")
    connections["owner"].close()
    return "\n".join(digests)


@pytest.mark.parametrize("name", SWAPPED)
def test_a_verb_of_one_operation_changes_nothing_of_another(both, name) -> None:
    verb = all_verbs()[name]
    function = getattr(importlib.import_module(verb.module), verb.function)
    before = state_of(both.own.operation)
    with pytest.raises((UsageError, ItemError, LookupError)):
        function(both.foreign, **SWAPPED[name](both))
    assert state_of(both.own.operation) == before


@pytest.mark.parametrize("malformed", [-1, 2**63 - 1])
@pytest.mark.parametrize("name", ["grant.end", "intent.leave", "job.stop", "ledger.erase", "release.decide"])
def test_a_number_of_nothing_is_answered_as_such(both, name, malformed) -> None:
    verb = all_verbs()[name]
    function = getattr(importlib.import_module(verb.module), verb.function)
    given = dict.fromkeys(SWAPPED[name](both), "why")
    if "officer_name" in given:
        given["officer_name"] = "holm"
    with pytest.raises(UsageError):
        function(both.foreign, **{**given, next(iter(given)): malformed})


def test_every_verb_is_driven_here_or_is_said_to_take_no_id() -> None:
    assert set(SWAPPED) | set(NOT_DRIVEN) == set(all_verbs())
    assert not set(SWAPPED) & set(NOT_DRIVEN)
