"""Asks the law for the acts of every person of an operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.case.place.session import Session
from fairlead.case.running.engines import engine_for
from fairlead.case.running.runs import sole_run
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.progress import Progress
from fairlead.law.load import layered_records
from fairlead.law.stage import AssessmentsStage
from fairlead.register.actions import Action
from fairlead.tables.law import ASSESSMENTS
from fairlead.terms.custody import Operation
from fairlead.terms.law import AgeBand, ImageClass


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsAssessed:
    """How many assessments of which verdict, by jurisdiction, and over how many persons."""

    persons: int
    assessments: int
    jurisdictions: list[dict[str, Any]]


@verb(
    "law.assess",
    Action.PROCESS,
    becomes=Operation.COMBINATION,
    command="law assess-persons",
    page="none: it is part of the work after attribution",
)
def assess_persons(
    session: Session,
    *,
    images: tuple[ImageClass, ...] = (ImageClass.SYNTH,),
    age_band: AgeBand = AgeBand.UNDER_18,
    progress: Progress | None = None,
) -> PersonsAssessed:
    """Assess every act of every person with a country, on the act's own days; answers are kept as a table.

    The agency's own law files in the workspace are laid over those that come with Fairlead.
    """
    records = layered_records(session.workspace.law)
    with sole_run(session, "law assess-persons", progress) as followed:
        stage = AssessmentsStage(images, age_band, records)
        with engine_for(session, progress=followed) as engine:
            engine.run(stage)
    figures = _figures(session)
    session.record(
        Operation.COMBINATION,
        "law.assess",
        (records.digest,),
        "law asked for the acts of persons",
        facts={"persons": figures.persons, "assessments": figures.assessments},
    )
    return figures


def _figures(session: Session) -> PersonsAssessed:
    catalogue = Catalogue(session.store, (ASSESSMENTS,))
    try:
        rows = catalogue.rows(
            "SELECT jurisdiction, verdict, count(*) AS assessments, count(DISTINCT person) AS persons "
            "FROM assessments GROUP BY 1, 2 ORDER BY 1, 2"
        )
        total = catalogue.rows("SELECT count(*) AS n, count(DISTINCT person) AS p FROM assessments")[0]
    finally:
        catalogue.close()
    return PersonsAssessed(persons=total["p"], assessments=total["n"], jurisdictions=rows)
