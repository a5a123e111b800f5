"""Persons: the list, and one person's page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairlead.case.lists.for_the_lead import PERSONS
from fairlead.case.persons.person_file import PersonFile, open_person
from fairlead.terms.errors import UsageError
from fairlead.workbench.desk import Desk
from fairlead.workbench.listing import list_tables
from fairlead.workbench.svg.graph import household_graph, link_graph
from fairlead.workbench.svg.timeline import Period, timeline


def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All persons of the operation."""
    return list_tables(
        request,
        desk,
        PERSONS,
        link=lambda row: reverse("person", args=[desk.operation, row["person"]]),
    )


def person(request: HttpRequest, desk: Desk, person: str) -> HttpResponse:
    """One person's page."""
    try:
        file = open_person(desk.session, person)
    except UsageError as problem:
        if problem.code != "PERSON-001":
            raise
        raise Http404 from problem
    links = [*file.explained.inside, *file.explained.alternatives]
    return TemplateResponse(
        request,
        "workbench/person.html",
        {
            "file": file,
            "row": file.row,
            "links": links,
            "graph": link_graph(file.row["members"], links),
            "family": household_graph(file.row["person"], file.household),
            "conduct": _conduct(file),
            "title": person,
        },
    )


def _conduct(file: PersonFile) -> SafeString:
    periods = [
        Period(
            lane=act["kind"].replace("_", " "),
            begins_at=act["from_at"],
            ends_at=act["to_at"] or act["from_at"],
            said=f"{act['kind']}: {act['events']} ({act['from_at']:%Y-%m-%d} – {act['to_at']:%Y-%m-%d})",
        )
        for act in file.acts
        if act["from_at"] and act["to_at"]
    ]
    return timeline(periods, _("Conduct over time; the table below says the same"))
