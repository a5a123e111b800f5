"""Public keys of other countries' officers: they decide which answers are believed."""

from __future__ import annotations

from pathlib import Path

from fairlead.case.place.keys import LeadKeys, parse_lead_keys
from fairlead.case.place.session import Session
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode


def _keys_file(session: Session, country: str) -> Path:
    return session.workspace.keys / f"partner-{session.operation}-{CountryCode.given(country)}.json"


def partner_keys(session: Session, country: str) -> LeadKeys:
    """The public keys of a country's officers, as an administrator has kept them; UsageError when there are none."""
    path = _keys_file(session, country)
    if not path.is_file():
        raise UsageError(
            f"the keys of {country}'s officers are not known here",
            "An administrator takes in the file that the country's `fairlead key export` wrote.",
            code="USAGE-KEY",
        )
    return parse_lead_keys(path.read_text())


def partner_officers(session: Session, country: str) -> tuple[str, ...]:
    """Names of a country's officers whose keys are known here."""
    if not _keys_file(session, country).is_file():
        return ()
    return tuple(sorted(partner_keys(session, country).officers))


@verb(
    "partner.keys",
    Action.ADMINISTER,
    becomes=Operation.ALTERATION,
    command="key partner",
    page="workbench:administration",
    about=("country",),
    of=in_country("country"),
)
def keep_partner_keys(session: Session, country: str, untrusted_text: str) -> None:
    """Keep the public keys of a country's officers. Compare them by another channel first: they decide what is believed."""
    keys = parse_lead_keys(untrusted_text)
    if keys.country != country:
        raise UsageError(
            f"the file holds keys of {keys.country}, not of {country}",
            "Choose the country the file came from.",
            code="USAGE-KEY",
        )
    path = _keys_file(session, country)
    fresh = path.with_suffix(".new")
    fresh.write_text(keys.to_json())
    fresh.replace(path)
    session.record(
        Operation.ALTERATION, "partner.keys", (country, *sorted(keys.officers)), "keys of a country kept"
    )


def know_partner(session: Session, country: str, untrusted_text: str) -> None:
    """Make sure that a file of keys is what is kept of a country: kept now where none are, refused when it differs.

    The way of commands that are given keys with a file: it takes the same right as keeping them, and replaces nothing.
    """
    if not _keys_file(session, country).is_file():
        keep_partner_keys(session, country, untrusted_text)
        return
    if parse_lead_keys(untrusted_text) != partner_keys(session, country):
        raise UsageError(
            f"these are other keys than those that are kept of {country}",
            "Compare them with the country by another channel; `fairlead key partner` replaces what is kept.",
            code="USAGE-KEY",
        )
