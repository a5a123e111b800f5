"""Lists that those see who see the whole operation."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fairlead.case.lists.listed import Column, Face, Listed
from fairlead.case.lists.listed import gettext_noop as _
from fairlead.case.lists.views import CONTENTS_VIEW, PERSONS_VIEW, ContentListed, PersonListed, Waiting
from fairlead.register.rows import LedgerShown
from fairlead.tables.rows import ExhibitRow

EXHIBITS = Listed(
    name="exhibits",
    title=_("Exhibits and custody"),
    lead_in=_("What was received, under which authority, and where it has been since."),
    row=ExhibitRow,
    columns=(
        Column(name="exhibit", label=_("Exhibit"), link=True),
        Column(name="kind", label=_("Kind")),
        Column(name="description", label=_("Description"), face=Face.PAGE),
        Column(name="size_bytes", label=_("Size, bytes"), kind="number"),
        Column(name="received_at", label=_("Received"), kind="time"),
        Column(name="authority", label=_("Authority")),
        Column(name="handling", label=_("Handling")),
        Column(name="sha256", label="SHA-256", kind="id", face=Face.PAGE),
    ),
    facets=("kind", "handling"),
    searched=("exhibit", "description", "authority", "sha256"),
    empty=_("Add the first one with `fairlead exhibit add`."),
)

CONTENTS = Listed(
    name="triage",
    title=_("Triage"),
    lead_in=_("Every content has one state and says why. No picture is shown on this page."),
    row=ContentListed,
    view=CONTENTS_VIEW,
    columns=(
        Column(name="sha256", label=_("Content"), kind="id", link=True),
        Column(name="state", label=_("State"), kind="tag"),
        Column(name="reason", label=_("Reason")),
        Column(name="media_type", label=_("Type")),
        Column(name="conclusion", label=_("Origin")),
        Column(name="distance", label=_("Distance"), kind="number"),
        Column(name="cluster_size", label=_("In cluster"), kind="number"),
        Column(name="files", label=_("Files"), kind="number"),
        Column(name="exhibit", label=_("First exhibit")),
    ),
    labels={"conclusion": _("origin"), "list": _("hash set")},
    searched=("sha256", "reason"),
    digest="sha256",
    empty=_("Have the exhibits processed with `fairlead process`."),
)

PERSONS = Listed(
    name="persons",
    title=_("Persons"),
    lead_in=_(
        "One row is one person as far as the records allow. A grade is about the link, not about guilt."
    ),
    row=PersonListed,
    view=PERSONS_VIEW,
    columns=(
        Column(name="person", label=_("Person"), kind="text", link=True),
        Column(name="grade", label=_("Grade"), kind="tag"),
        Column(name="country", label=_("Country"), kind="country"),
        Column(name="records", label=_("Records"), kind="number"),
        Column(name="roles", label=_("Roles"), kind="list"),
        Column(name="maybe_same", label=_("May be the same as"), kind="number"),
        Column(name="rules", label=_("Guard rails"), kind="number"),
        Column(name="first_at", label=_("First seen"), kind="time"),
        Column(name="last_at", label=_("Last seen"), kind="time"),
    ),
    searched=("person", "members"),
    empty=_("Link the records with `fairlead attribute`."),
)


def _plain(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, label=name) for name in names)


LEDGER = Listed(
    name="ledger",
    title="Ledger",
    row=LedgerShown,
    columns=_plain(
        "index", "at", "operation_name", "what", "actor", "objects", "recipient", "justification", "differs"
    ),
)


class Due(TypedDict):
    """A lead whose review is due, and by which rule."""

    lead: str
    country: str
    category: str
    due_on: date
    rule: str


REVIEWS_DUE = Listed(
    name="reviews-due",
    title="reviews-due",
    row=Due,
    columns=_plain("lead", "country", "category", "due_on", "rule"),
)

WAITING = Listed(
    name="review",
    title="review",
    row=Waiting,
    columns=_plain("sha256", "media_type", "reason", "files", "cluster_size", "heavy"),
)
