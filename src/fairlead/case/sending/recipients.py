"""To which keys the packages of a country are encrypted: who may say so, and what is said about it."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.leads.recipients import AgeRecipient, fingerprints_of
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode


@verb(
    "key.recipient",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="key recipient",
    page="none: keys are compared and kept at the shell",
    about=("country",),
    whole=True,
)
def keep_recipients(session: Session, country: str, recipients: Sequence[str]) -> tuple[str, ...]:
    """Keep the keys to which a country's packages are encrypted, in place of the earlier ones; returns fingerprints.

    Whoever administers the operation may. The ledger has every key, and how many there were before. A release that was
    prepared with other keys cannot be released any more.
    """
    code = CountryCode.given(country)
    keys = sorted({AgeRecipient.parse(text) for text in recipients})
    if not keys:
        raise UsageError("no recipient key was given", "Give at least one.", code="PACKAGE-RECIPIENT")
    before = recipients_of(session, code)
    _require_own(session, code, keys)
    from fairlead.register.people import set_recipients

    set_recipients(session.operation, code, keys)
    session.record(
        Operation.ALTERATION,
        "key.recipient",
        (code, *keys),
        "recipient keys set",
        facts={"keys": len(keys), "before": len(before), "new": len(set(keys) - set(before))},
    )
    return fingerprints_of(keys)


def _require_own(session: Session, country: CountryCode, keys: Sequence[str]) -> None:
    """UsageError for a key that is kept for another country: it would read this one's packages."""
    from fairlead.register.people import countries_of, get_user

    participants = countries_of(get_user(session.user_name), session.operation, at=session.clock())
    for code, participant in participants.items():
        if code != country and set(keys) & set(participant.age_recipients):
            raise UsageError(
                f"a recipient key given for {country} is kept for {code}",
                f"Ask {country} for a key of its own: a package is read by one country only.",
                code="PACKAGE-RECIPIENT",
            )


def recipients_of(session: Session, country: str) -> tuple[str, ...]:
    """The keys to which a country's packages are encrypted; UsageError when it takes no part."""
    from fairlead.register.people import countries_of, get_user

    participants = countries_of(get_user(session.user_name), session.operation, at=session.clock())
    if country not in participants:
        raise UsageError(
            f"{country} takes no part in this operation",
            "`fairlead operation show` lists the countries.",
            code="USAGE-COUNTRY",
        )
    return tuple(sorted(participants[country].age_recipients))


def require_same(now: Sequence[str], seen: Sequence[str]) -> None:
    """Stop with USAGE-RECIPIENT when the keys are not the ones, by fingerprint, that an officer was shown."""
    changed = sorted(set(fingerprints_of(now)) ^ set(seen))
    if changed:
        raise UsageError(
            f"the country's recipient keys are not those that were shown: {'; '.join(changed)} came or went",
            "Find out who changed them, compare the fingerprints with the country, and prepare the release again.",
            code="USAGE-RECIPIENT",
        )
