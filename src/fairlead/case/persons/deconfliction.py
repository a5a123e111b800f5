"""Compares identifiers with another country without either showing its list."""

from __future__ import annotations

import json
import os
from pathlib import Path

from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.leads.deconfliction import answer, ask, find_common
from fairlead.register.actions import Action
from fairlead.tables.attribution import IDENTIFIERS
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_COMPARED = ("email", "phone", "iban", "card", "wallet")


def _identifiers(session: Session) -> list[str]:
    """Personal, valid identifiers of the operation as `kind:value`, sorted."""
    catalogue = Catalogue(session.store, (IDENTIFIERS,))
    try:
        rows = catalogue.rows(
            "SELECT DISTINCT kind || ':' || value AS text FROM identifiers "
            f"WHERE kind IN {_COMPARED} AND scope = 'personal' ORDER BY 1"
        )
    finally:
        catalogue.close()
    return [row["text"] for row in rows]


def _state_file(session: Session, country: str) -> Path:
    return session.workspace.keys / f"deconfliction-{session.operation}-{country}.json"


@verb(
    "deconflict.ask",
    Action.PREPARE,
    becomes=Operation.DISCLOSURE,
    command="deconflict ask",
    page="none: questions and answers are files",
    about=("country",),
)
def ask_country(session: Session, country: str) -> tuple[str, int]:
    """The question for another country, and how many identifiers it holds; keeps what the answer needs."""
    listed = _identifiers(session)
    question = ask(listed)
    path = _state_file(session, country)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump({"key": question.private_key.hex(), "identifiers": listed}, handle)
    session.record(
        Operation.DISCLOSURE,
        "deconflict.ask",
        (country,),
        "private set intersection asked",
        recipient=country,
        facts={"identifiers": len(listed)},
    )
    return question.request, len(listed)


@verb(
    "deconflict.answer",
    Action.PREPARE,
    becomes=Operation.DISCLOSURE,
    command="deconflict answer",
    page="none: questions and answers are files",
    about=("country",),
)
def answer_country(session: Session, country: str, request: str) -> tuple[str, int]:
    """The answer to another country's question; it learns what both hold, we learn how many it asked."""
    text, asked = answer(_identifiers(session), request)
    session.record(
        Operation.DISCLOSURE,
        "deconflict.answer",
        (country,),
        "private set intersection answered",
        recipient=country,
        facts={"asked": asked},
    )
    return text, asked


@verb(
    "deconflict.result",
    Action.PREPARE,
    becomes=Operation.COLLECTION,
    command="deconflict result",
    page="none: questions and answers are files",
    about=("country",),
)
def read_answer(session: Session, country: str, text: str) -> list[str]:
    """The identifiers that both countries hold."""
    path = _state_file(session, country)
    if not path.is_file():
        raise UsageError(
            f"no question to {country} is open",
            "Ask first with `fairlead deconflict ask`.",
            code="DECONFLICT-STATE",
        )
    state = json.loads(path.read_text())
    common = find_common(state["identifiers"], bytes.fromhex(state["key"]), text)
    path.unlink()
    session.record(
        Operation.COLLECTION,
        "deconflict.result",
        (country,),
        "private set intersection read",
        facts={"common": len(common)},
    )
    return common
