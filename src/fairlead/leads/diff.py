"""What changed in a lead between two versions, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.leads.document import LeadDocument, StatementDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDiff:
    """Statements that are new, gone, or say something else than before; and changes of grade or handling."""

    added: tuple[StatementDocument, ...]
    removed: tuple[StatementDocument, ...]
    changed: tuple[tuple[StatementDocument, StatementDocument], ...]
    head: dict[str, tuple[str, str]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of substance changed."""
        return not (self.added or self.removed or self.changed or self.head)


def diff_leads(before: LeadDocument, after: LeadDocument) -> LeadDiff:
    """Compare two versions of one lead."""
    old = {s.id: s for s in before.statements}
    new = {s.id: s for s in after.statements}
    head = {
        name: (str(getattr(before, name)), str(getattr(after, name)))
        for name in ("grade", "names_person", "handling", "restriction", "subject_category")
        if getattr(before, name) != getattr(after, name)
    }
    return LeadDiff(
        added=tuple(s for key, s in new.items() if key not in old),
        removed=tuple(s for key, s in old.items() if key not in new),
        changed=tuple((old[key], s) for key, s in new.items() if key in old and old[key] != s),
        head=head,
    )
