"""The one question whose answer moves a person's grade most."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.attribution.explain import LinkExplained
from fairlead.terms.grades import AttributionGrade

_ORDER = tuple(AttributionGrade)
_ASK = {
    "date_of_birth": "Ask a provider for the date of birth behind {a} and behind {b}: an equal one makes them {better}, two "
    "different ones keep them apart.",
    "telephone": "Ask for the mobile number behind {a} and behind {b}: an equal one makes them {better}.",
    "name": "Ask a provider who the subscriber behind {a} and behind {b} is: records without a name are not attributed.",
    "judge": "Compare {a} and {b} and judge them: what speaks against one person is listed with the link.",
}


def question_of(
    grade: str, inside: Sequence[LinkExplained], outside: Sequence[LinkExplained], *, named: bool, born: bool
) -> str | None:
    """A sentence for the analyst, or None where nothing more would move the grade.

    The weakest link that holds the person together is asked about; where nothing does, the best one that was noted.
    ``named`` and ``born``: whether any record of the person states a name, or a date of birth.
    """
    holding = [link for link in inside if link.decision == "joined"]
    noted = [
        link for link in outside if link.decision == "noted" and link.grade != AttributionGrade.UNRESOLVED
    ]
    if grade == AttributionGrade.ATTRIBUTED:
        return None
    if holding:
        link = max(holding, key=lambda one: (_ORDER.index(AttributionGrade(one.grade)), -one.weight_bits))
    elif noted:
        link = min(noted, key=lambda one: (_ORDER.index(AttributionGrade(one.grade)), -one.weight_bits))
    else:
        return None
    kind = "name" if not named else "date_of_birth" if not born else "telephone"
    if any("dates of birth are equal" in reason for reason in link.reasons) and "identity" in link.families:
        kind = "judge" if link.rule else "telephone"
    return _ASK[kind].format(a=link.left, b=link.right, better=AttributionGrade.ATTRIBUTED.value)
