"""Words of closed lists as people read them, in their language. The msgids are the values with spaces."""

from __future__ import annotations

from enum import Enum

from django.utils.translation import gettext

from fairlead.case.receiving.foreign import Incoming
from fairlead.leads.document import SubjectCategory
from fairlead.leads.outcome import NoActionReason, OutcomeState
from fairlead.leads.receipt import ReceiptState
from fairlead.leads.statistics import DEFINITIONS
from fairlead.register.actions import Role
from fairlead.terms.board import CELLS, Cell
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.law import ImageClass, LawVerdict, LegalAct, Liability, ProvisionStatus

_LISTS: tuple[type[Enum], ...] = (
    Cell, ImageClass, Incoming, LawVerdict, LegalAct, Liability, NoActionReason, OutcomeState, ProvisionStatus,
    ReceiptState, Role, SubjectCategory,
)  # fmt: skip
_OTHERS = (
    # grades; sections and kinds of statements
    "attributed", "probable", "possible", "unresolved",
    "summary", "subject", "selectors", "related", "conduct", "material", "legal", "risk", "against",
    "fact", "assessment",
    # where a country stands
    "waiting", "no leads", "never sent", "changed since", "sent",
)  # fmt: skip


def _words(value: object) -> str:
    return str(value).replace("_", " ")


WORDS: frozenset[str] = frozenset(
    [
        *(_words(member.value) for closed in _LISTS for member in closed),
        *(_words(state) for cell in CELLS.values() for state in cell.states),
        *(_words(name) for name in DEFINITIONS),
        *PARTICIPANTS.values(),
        *_OTHERS,
    ]
)
"""Every value that a page for partners shows by its word. Others stay as they are stored."""

SENTENCES: frozenset[str] = frozenset(DEFINITIONS.values())
"""What each figure for the press counts."""


def word(value: object) -> str:
    """A value of a closed list as words, in the reader's language when it is one of ``WORDS``."""
    text = _words(value)
    return str(gettext(text)) if text in WORDS else text


def sentence(text: str) -> str:
    """A definition in the reader's language."""
    return str(gettext(text)) if text in SENTENCES else text
