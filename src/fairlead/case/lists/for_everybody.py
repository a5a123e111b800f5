"""Lists that officers of every country see, each as far as the gate lets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.case.lists.listed import Column, Face, Listed
from fairlead.case.lists.listed import gettext_noop as _
from fairlead.register.rows import LeadHead


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryState:
    """Where a country stands.

    ``state`` is: waiting (for a second officer), no leads, never sent, changed since, what the receipt says
    (opened, accepted, refused), or sent. ``answered`` counts leads that an outcome was reported for.
    """

    country: str
    role: str
    recipients: int
    fingerprints: tuple[str, ...]
    leads: int
    changed: int
    package: str
    sent_at: datetime | None
    receipt: str
    answered: int
    recalls: int
    state: str


LEADS = Listed(
    name="leads",
    title=_("Leads"),
    lead_in=_("A lead is one person in one country, with statements that each name where they come from."),
    row=LeadHead,
    columns=(
        Column(name="lead", label=_("Lead"), link=True),
        Column(name="country", label=_("Country"), kind="country"),
        Column(name="grade", label=_("Grade"), kind="tag"),
        Column(name="names_person", label="", face=Face.SHELL),
        Column(name="version", label=_("Version"), kind="number"),
        Column(name="handling", label=_("Handling")),
        Column(name="statements", label=_("Statements"), kind="number"),
    ),
    facets=("country", "grade"),
    searched=("lead", "person"),
    order=("country", "lead"),
    empty=_("Compute leads with `fairlead lead publish`."),
)

COUNTRIES = Listed(
    name="countries",
    title=_("Countries and packages"),
    lead_in=_("A package goes to one country, signed by two officers and encrypted for it alone."),
    row=CountryState,
    columns=(
        Column(name="country", label=_("Country"), kind="country", link=True),
        Column(name="state", label=_("State"), kind="tag"),
        Column(name="leads", label=_("Leads"), kind="number"),
        Column(name="changed", label=_("New or changed"), kind="number"),
        Column(name="package", label=_("Last package")),
        Column(name="sent_at", label=_("Sent"), kind="time"),
        Column(name="receipt", label=_("Receipt"), kind="tag"),
        Column(name="answered", label=_("Leads answered"), kind="number"),
        Column(name="recalls", label=_("Open recalls"), kind="number"),
    ),
    facets=("state", "receipt"),
    empty=_("No country takes part yet."),
)
