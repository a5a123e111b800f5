"""How many people the records show: the figure that stands before the number of persons and records."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.engine.catalogue import Catalogue
from fairlead.terms.platform import INTERNAL_STATUSES, Role

_INTERNAL = ", ".join(f"'{status}'" for status in sorted(INTERNAL_STATUSES))

HUMANS_SQL = f"""
WITH counted AS (
    SELECT account FROM accounts
    WHERE role = '{Role.ACCOUNT_USER.value}' AND lower(coalesce(status, '')) NOT IN ({_INTERNAL})),
placed AS (
    SELECT p.person, p.grade, p.probable_group, p.possible_group, member, c.account
    FROM (SELECT *, unnest(members) AS member FROM persons) p LEFT JOIN counted c ON c.account = member)
SELECT 'accounts' AS name, count(account) AS n FROM placed
UNION ALL SELECT 'payments', count(*) FROM payments
UNION ALL SELECT 'low', count(DISTINCT possible_group) FROM placed WHERE account IS NOT NULL
UNION ALL SELECT 'about', count(DISTINCT probable_group) FROM placed WHERE account IS NOT NULL
UNION ALL SELECT 'high', count(DISTINCT CASE WHEN grade IN ('attributed', 'probable') THEN person ELSE account END)
    FROM placed WHERE account IS NOT NULL
UNION ALL SELECT 'alone', count(*) FROM (
    SELECT person FROM placed GROUP BY person HAVING count(*) = 1 AND count(account) = 0)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Humans:
    """People behind the accounts of the platform, test and investigators' accounts left out.

    ``about`` counts what is probably one human being as one; ``low`` also what is possibly one; ``high`` joins nothing
    but what is attributed or probable in one role. ``alone`` are payments and replies that nothing links to another
    record: records, not people. It is no statistical interval: it says what holds if weaker links do, or do not.
    """

    about: int
    low: int
    high: int
    accounts: int
    payments: int
    alone: int

    @property
    def sentence(self) -> str:
        """The figure in one sentence."""
        return (
            f"About {self.about} people ({self.low} to {self.high}) behind {self.accounts} accounts and "
            f"{self.payments} payments; {self.alone} payments and replies stand alone and are counted as records"
        )


def count_humans(catalogue: Catalogue) -> Humans:
    """Count them from the tables as they are now."""
    return Humans(**{row["name"]: int(row["n"]) for row in catalogue.rows(HUMANS_SQL)})
