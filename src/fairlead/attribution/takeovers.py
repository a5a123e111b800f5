"""Accounts that somebody else may have used from a moment on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from fairlead.attribution.networks import MASS_SQL
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import ADDRESSES, NORMAL_FORMS, TAKEOVERS
from fairlead.tables.records import ACCESSES

TAKEOVER_DAYS = 3
SAME_DAYS = 2

_VISITS = f"""
WITH placed AS (
    SELECT n.original AS ip, a.country FROM normal_forms n JOIN addresses a ON a.address = n.value
    WHERE n.kind = 'ip' AND a.country IS NOT NULL AND coalesce(a.network, '') NOT IN ({MASS_SQL})),
days AS (
    SELECT v.account, v."at"::DATE AS day, p.country, v.agent, v.ip, min(v."at") AS moment
    FROM accesses v JOIN placed p USING (ip)
    WHERE v.account IS NOT NULL AND v.status < 400 GROUP BY ALL),
abroad AS (SELECT account FROM days GROUP BY account HAVING count(DISTINCT country) > 1)
SELECT account, day, country, agent, moment FROM days WHERE account IN (SELECT account FROM abroad)
ORDER BY account, moment, ip, agent"""


class TakeoversStage:
    """ACCESSES to TAKEOVERS, see ``find_break``. Only addresses of known country outside mass networks count."""

    name = "takeovers"
    version = "1"
    reads: tuple[Table, ...] = (ACCESSES, NORMAL_FORMS, ADDRESSES)
    writes = TAKEOVERS

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """One partition; an account that was used in one country only is not looked at further."""
        found = []
        for account, days in catalogue.runs(_VISITS, "account"):
            columns = (days.column(name).to_pylist() for name in ("day", "country", "agent", "moment"))
            broken = find_break(list(zip(*columns, strict=True)))
            if broken is not None:
                found.append({"account": account, "broken_at": broken})
        if found:
            yield "all", pa.Table.from_batches([TAKEOVERS.batch(found)])


def find_break(visits: list[tuple[Any, str, str | None, Any]]) -> Any:
    """The moment from which somebody else may have used the account; None when there is none.

    Visits are (day, country, agent, moment) in time order. Either country and agent are others than ever
    before, for good; or a second country appears, with agents of its own, on days on which the first is in use.
    A journey is neither: one comes back, and is in one country at a time.
    """
    return _break_for_good(visits) or _second_user(visits)


def _break_for_good(visits: list[tuple[Any, str, str | None, Any]]) -> Any:
    countries = [country for _, country, _, _ in visits]
    for index in range(1, len(visits)):
        if countries[index] == countries[index - 1]:
            continue
        before, after = visits[:index], visits[index:]
        if {v[1] for v in before} & {v[1] for v in after} or {v[2] for v in before} & {v[2] for v in after}:
            continue
        if min(len({v[0] for v in before}), len({v[0] for v in after})) >= TAKEOVER_DAYS:
            return after[0][3]
    return None


def _second_user(visits: list[tuple[Any, str, str | None, Any]]) -> Any:
    days: dict[str, set[Any]] = defaultdict(set)
    agents: dict[str, set[str | None]] = defaultdict(set)
    for day, country, agent, _ in visits:
        days[country].add(day)
        agents[country].add(agent)
    first = visits[0][1]
    for country in sorted(days):
        if country == first or agents[country] & agents[first]:
            continue
        if len(days[country]) >= TAKEOVER_DAYS and len(days[country] & days[first]) >= SAME_DAYS:
            return next(moment for _, place, _, moment in visits if place == country)
    return None
