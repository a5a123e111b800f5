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
    pattern: str | None
    probability: float | None
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
            f"families: {', '.join(self.families) or 'none'}). For: {said}. Against: {denied}.{self._measured}"
        )

    @property
    def percent(self) -> str:
        """The measured share, percent with two decimals; empty when it was not measured."""
        return "" if self.probability is None else f"{100 * self.probability:.2f}"

    @property
    def _measured(self) -> str:
        if self.probability is None:
            return ""
        return f" Measured on made-up records: {self.percent} % of pairs of the pattern {self.pattern} were one person."


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonExplained:
    """A person's grade and countries, its links, and the links outwards that were considered."""

    person: str
    grade: str
    members: tuple[str, ...]
    country: str | None
    countries: tuple[str, ...]
    against: tuple[str, ...]
    probably: tuple[str, ...]
    possibly: tuple[str, ...]
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
            *_wider("Probably", self.probably),
            *_wider("Possibly", self.possibly),
            *(link.sentence for link in self.inside),
            *(f"Considered: {link.sentence}" for link in self.alternatives),
        )


def _wider(word: str, others: tuple[str, ...]) -> list[str]:
    if not others:
        return []
    return [
        f"{word} one human being with {', '.join(others)}; roles stay apart, and nobody is named because of it."
    ]


def explain_person(catalogue: Catalogue, person: str) -> PersonExplained:
    """Everything that speaks for and against a person; an unknown id is a UsageError."""
    found = catalogue.rows("SELECT * FROM persons WHERE person = ?", [person])
    if not found:
        raise UsageError("no person has this id", "`fairlead table persons` lists them.", code="PERSON-001")
    row = found[0]
    members = set(row["members"])
    probably, possibly = (
        tuple(
            other["person"]
            for other in catalogue.rows(
                f"SELECT person FROM persons WHERE {column} = $g AND person <> $p ORDER BY person",
                {"g": row[column], "p": person},
            )
        )
        for column in ("probable_group", "possible_group")
    )
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
            pattern=link["pattern"],
            probability=link["probability"],
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
        probably=probably,
        possibly=tuple(other for other in possibly if other not in probably),
        inside=tuple(link for link in explained if link.inside),
        alternatives=tuple(link for link in explained if not link.inside),
    )
