"""Why records were joined into a person, and what else it could have been."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.engine.catalogue import Catalogue
from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkExplained:
    """One link of a person: inside it, or to a record outside that was considered."""

    left: str
    right: str
    inside: bool
    decision: str
    grade: str
    rule: str | None
    weight_bits: float
    families: tuple[str, ...]
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    origins: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The link in one sentence."""
        said = "; ".join(self.reasons) or "nothing"
        denied = "; ".join(self.against) or "nothing"
        why = f" by the rule {self.rule}" if self.rule else ""
        return (
            f"{self.left} and {self.right} were {self.decision}{why} ({self.grade}, {self.weight_bits:.1f} bits, "
            f"families: {', '.join(self.families) or 'none'}). For: {said}. Against: {denied}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonExplained:
    """A person's grade and countries, its links, and the links outwards that were considered."""

    person: str
    grade: str
    members: tuple[str, ...]
    country: str | None
    countries: tuple[str, ...]
    against: tuple[str, ...]
    inside: tuple[LinkExplained, ...]
    alternatives: tuple[LinkExplained, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole explanation, line by line."""
        alone = "" if self.inside else " Nothing joins it to another record."
        return (
            f"{self.person}: {len(self.members)} records, grade {self.grade}.{alone}",
            *self.countries,
            *(f"Against: {sentence}." for sentence in self.against),
            *(link.sentence for link in self.inside),
            *(f"Considered: {link.sentence}" for link in self.alternatives),
        )


def explain_person(catalogue: Catalogue, person: str) -> PersonExplained:
    """Everything that speaks for and against a person; an unknown id is a UsageError."""
    found = catalogue.rows("SELECT * FROM persons WHERE person = ?", [person])
    if not found:
        raise UsageError("no person has this id", "`fairlead table persons` lists them.", code="PERSON-001")
    row = found[0]
    members = set(row["members"])
    links = catalogue.rows(
        """SELECT l.* FROM links l WHERE list_contains(?, l."left") OR list_contains(?, l."right")
        ORDER BY l.weight_bits DESC, l."left", l."right" """,
        [row["members"], row["members"]],
    )
    explained = [
        LinkExplained(
            left=link["left"],
            right=link["right"],
            inside=link["left"] in members and link["right"] in members,
            decision=link["decision"],
            grade=link["grade"],
            rule=link["rule"],
            weight_bits=link["weight_bits"],
            families=tuple(link["families"]),
            reasons=tuple(link["reasons"]),
            against=tuple(link["against"]),
            origins=tuple(link["origins"]),
        )
        for link in links
    ]
    return PersonExplained(
        person=person,
        grade=row["grade"],
        members=tuple(row["members"]),
        country=row["country"],
        countries=tuple(
            f"Country {c['country']} ({c['grade']}): {'; '.join(c['grounds'])}."
            + (f" Against: {'; '.join(c['contradictions'])}." if c["contradictions"] else "")
            for c in row["countries"]
        ),
        against=tuple(row["against"]),
        inside=tuple(link for link in explained if link.inside),
        alternatives=tuple(link for link in explained if not link.inside),
    )
