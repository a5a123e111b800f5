"""The published form of a lead: `lead.json`, a closed schema that partners can validate against."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from fairlead.leads.body import LeadBody

FORMAT: Literal["fairlead-lead/1"] = "fairlead-lead/1"


Grade = Literal["attributed", "probable", "possible", "unresolved"]
"""``AttributionGrade`` as the schema has it; what is none of them is refused when the document is built."""


class SubjectCategory(StrEnum):
    """Categories of data subject (Directive (EU) 2016/680, art. 6); only a person moves a lead out of the last."""

    SUSPECT = "suspect"
    CONVICTED = "convicted"
    VICTIM = "victim"
    OTHER_PARTY = "other_party"
    NOT_CATEGORISED = "not_categorised"


class Closed(BaseModel):
    """Part of a lead; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StatementDocument(Closed):
    """One statement."""

    id: str = Field(description="Stable id of the statement within the lead.")
    about: str = Field(description="Id of the person the statement concerns: the lead's, or a related one.")
    section: Literal[
        "summary", "subject", "selectors", "related", "conduct", "material", "legal", "risk", "against"
    ]
    kind: Literal["fact", "assessment"] = Field(description="Directive (EU) 2016/680, art. 7(1).")
    of: str = Field(description="Topic, or kind of identifier.")
    value: str = Field(description="Value for a machine; may be empty.")
    text: str = Field(description="The sentence for a reader.")
    source_grade: Literal["A", "B", "C", "X"] = Field(description="Regulation (EU) 2016/794, art. 29.")
    information_grade: Literal[1, 2, 3, 4] = Field(description="Regulation (EU) 2016/794, art. 29.")
    handling: str = Field(pattern=r"^H0(\+H1)?(\+H2)?(\+H3)?$", description="Europol handling codes.")
    restriction: str = Field(default="", description="Text that goes with H3.")
    origins: list[str] = Field(description="exhibit:locator of every row the statement rests on.")
    first_at: datetime | None = None
    last_at: datetime | None = None
    related: list[str] = Field(
        default_factory=list, description="Ids of table rows: acts, payments, contents."
    )


class EvidenceItem(Closed):
    """One exhibit the lead rests on."""

    exhibit: str
    kind: str
    sha256: str
    authority: str
    handling: str
    received_at: datetime
    description: str


class RelatedPerson(Closed):
    """A person of the same country whose records are kept apart: a payer, or somebody who may be the same."""

    person: str
    grade: Grade
    names_person: bool
    relation: str


class LeadDocument(Closed):
    """One person in one country, as far as the records allow. A grade is not guilt; a person decides."""

    format: Literal["fairlead-lead/1"] = FORMAT
    lead: str
    version: int = Field(ge=1)
    operation: str
    from_country: str
    country: str = Field(pattern=r"^[A-Z]{2}$")
    person: str
    grade: Grade
    names_person: bool = Field(description="Whether the evidence allows naming a person.")
    related: list[RelatedPerson] = Field(default_factory=list)
    subject_category: SubjectCategory = Field(
        description="Category of data subject, Directive (EU) 2016/680, art. 6; decided by a person."
    )
    handling: str = Field(pattern=r"^H0(\+H1)?(\+H2)?(\+H3)?$")
    restriction: str = ""
    verified_on: datetime = Field(description="When the statements were last computed from the exhibits.")
    statements: list[StatementDocument]
    evidence: list[EvidenceItem]
    requests: list[str]
    not_said: str = (
        "This lead says what records show and how sure the link is. It does not say that anyone committed an "
        "offence, and a verdict on law is not legal advice: a person decides."
    )

    def digest(self) -> str:
        """SHA-256 over everything but version and date, so that a change of substance shows."""
        value = self.model_dump(mode="json", exclude={"version", "verified_on"})
        return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def body(self) -> LeadBody:
        """The lead as JSON."""
        return cast("LeadBody", self.model_dump(mode="json"))

    def to_json(self) -> str:
        """The file `lead.json`."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def lead_schema() -> str:
    """The JSON Schema of `lead.json`, as published in docs/reference/lead.schema.json."""
    return json.dumps(LeadDocument.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
