"""Links: pairs of records with what speaks for and against one person behind both, and what was decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa

from fairlead.attribution.clustering import ROLES_STAY_APART, Clustering, Edge, Facts
from fairlead.attribution.identifiers import arrow
from fairlead.attribution.pairs import build_pairs
from fairlead.attribution.scoring import measure_at, score_pairs, shipped_weights
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.attribution import IDENTIFIERS, LINKS
from fairlead.tables.records import ACCOUNTS, PAYMENTS
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import Judgement, Role

APART_STATUSES = ("test", "investigator")
Judged = tuple[str, str, Judgement]
_PARTITIONS = 16


class LinksStage:
    """Scores pairs and decides which are joined, refused or noted; judgements of persons are obeyed first."""

    name = "links"
    reads: tuple[Table, ...] = (IDENTIFIERS, ACCOUNTS, PAYMENTS)
    writes = LINKS

    def __init__(self, judgements: tuple[Judged, ...] = ()) -> None:
        self.judgements: tuple[Judged, ...] = tuple(
            sorted((min(a, b), max(a, b), j) for a, b, j in judgements)
        )
        data = resources.files("fairlead.attribution") / "data"
        text = (data / "linkage.toml").read_bytes() + (data / "measured.toml").read_bytes()
        text += repr([(a, b, j.value) for a, b, j in self.judgements]).encode()
        self.version = "1-" + hashlib.blake2b(text, digest_size=8).hexdigest()

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield links in sixteen partitions by their left record."""
        rows = self._links(catalogue)
        held: dict[int, list[dict[str, Any]]] = {n: [] for n in range(_PARTITIONS)}
        for row in rows:
            held[hashlib.blake2b(row["left"].encode(), digest_size=1).digest()[0] % _PARTITIONS].append(row)
        for number, part in held.items():
            if part:
                part.sort(key=lambda row: (row["left"], row["right"]))
                yield f"{number:02d}", pa.Table.from_pylist(part, schema=LINKS.schema)

    def _links(self, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
        statuses = ", ".join(f"'{status}'" for status in APART_STATUSES)
        excluded = catalogue.query(f"SELECT account FROM accounts WHERE lower(status) IN ({statuses})")
        connection = build_pairs(catalogue, excluded.column(0).to_pylist())
        score_pairs(connection, shipped_weights())
        records = arrow(
            connection, "SELECT profile, role, accounts, tokens, dob FROM records ORDER BY rid"
        ).to_pylist()
        ids = [record["profile"] for record in records]
        numbers = {profile: n for n, profile in enumerate(ids)}
        for owner, profile in connection.sql(
            "SELECT owner, profile FROM profiles WHERE role = 'payer'"
        ).fetchall():
            numbers.setdefault(owner, numbers[profile])
        facts = [Facts(tuple(record["tokens"] or ()), record["dob"]) for record in records]
        apart = [(numbers[a], numbers[b]) for a, b in self._judged(Judgement.DIFFERENT, numbers)]
        clustering = Clustering(facts, apart=apart)
        for left, right in self._judged(Judgement.SAME, numbers):
            clustering.join(numbers[left], numbers[right], AttributionGrade.ATTRIBUTED)
        pairs = arrow(
            connection,
            """SELECT l - 1 AS l, r - 1 AS r, grade, bits, refusal, pattern, families, names, dobs, postcodes,
            other_phone, other_iban, same_account, reassigned, email, ip, device, mail_bears_name
            FROM scored ORDER BY l, r""",
        ).to_pylist()
        edges = [_edge(pair, records) for pair in pairs]
        clustering.decide([edge for edge in edges if edge.grade is AttributionGrade.ATTRIBUTED])
        triangles = find_triangles(pairs, records, clustering)
        edges = [
            replace(edge, grade=AttributionGrade.ATTRIBUTED) if number in triangles else edge
            for number, edge in enumerate(edges)
        ]
        decided = clustering.decide(edges)
        wider: dict[int, str] = {}
        for grade in (AttributionGrade.PROBABLE, AttributionGrade.POSSIBLE):
            wider |= dict.fromkeys(clustering.widen(edges, grade), grade.value)
        evidence: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
        for left_number, right_number, *found in connection.sql(
            "SELECT l - 1, r - 1, kind, value, class, holders FROM evidence ORDER BY l, r, kind, value"
        ).fetchall():
            evidence.setdefault((left_number, right_number), []).append(tuple(found))
        judged = {(numbers[a], numbers[b]): j for a, b, j in self.judgements if a in numbers and b in numbers}
        judged |= {(b, a): j for (a, b), j in judged.items()}
        origins = dict(
            catalogue_rows(
                catalogue,
                """SELECT account, exhibit || ':' || locator FROM accounts
                UNION ALL SELECT payment, exhibit || ':' || locator FROM payments""",
            )
        )
        measured = {rule.name: measure_at(rule.name, len(records)) for rule in shipped_weights().rules}
        probability = {name: found.probability for name, found in measured.items() if found is not None}
        linked: set[tuple[int, int]] = set()
        for number, (pair, edge, answer) in enumerate(zip(pairs, edges, decided, strict=True)):
            if number in triangles:
                pair["families"] = [*pair["families"], "money"]
            key = (edge.left, edge.right)
            linked.add(key)
            judgement = judged.get(key)
            rule = pair["refusal"] or answer.rule
            decision = "refused" if pair["refusal"] and answer.decision != "joined" else answer.decision
            if judgement is not None and judgement is not Judgement.UNSURE:
                decision = judgement.value
            left, right = sorted((ids[edge.left], ids[edge.right]))
            yield {
                "left": left,
                "right": right,
                "weight_bits": edge.bits,
                "probability": None if pair["refusal"] else probability.get(pair["pattern"]),
                "pattern": pair["pattern"],
                "families": pair["families"],
                "reasons": _reasons(pair, evidence.get(key, []))
                + ([TRIANGLE] if number in triangles else []),
                "against": _against(pair, evidence.get(key, [])),
                "rule": rule,
                "grade": edge.grade.value,
                "decision": decision,
                "wider": wider.get(number),
                "origins": [origins[left], origins[right]],
            }
        yield from _others(connection, judged, linked, ids, origins)
        connection.close()

    def _judged(self, which: Judgement, numbers: dict[str, int]) -> list[tuple[str, str]]:
        return [(a, b) for a, b, j in self.judgements if j is which and a in numbers and b in numbers]


def _others(
    connection: duckdb.DuckDBPyConnection,
    judged: dict[tuple[int, int], Judgement],
    linked: set[tuple[int, int]],
    ids: list[str],
    origins: dict[str, str],
) -> Iterator[dict[str, Any]]:
    """Links that no score made: payments of one profile, and judgements about pairs never compared."""
    for owner, profile in connection.sql(
        "SELECT owner, profile FROM profiles WHERE owner <> profile ORDER BY owner"
    ).fetchall():
        left, right = sorted((owner, profile))
        yield {
            "left": left, "right": right, "weight_bits": 12.0, "probability": None, "pattern": None,
            "families": ["money"], "reasons": ["the same instrument, name, e-mail address and account"],
            "against": [], "rule": None, "grade": AttributionGrade.PROBABLE.value, "decision": "joined",
            "wider": None, "origins": [origins[left], origins[right]],
        }  # fmt: skip
    for (a, b), judgement in sorted(judged.items()):
        if a < b and (a, b) not in linked and judgement is not Judgement.UNSURE:
            left, right = sorted((ids[a], ids[b]))
            yield {
                "left": left, "right": right, "weight_bits": 0.0, "probability": None, "pattern": None,
                "families": [],
                "reasons": [], "against": [], "rule": None, "grade": AttributionGrade.UNRESOLVED.value,
                "decision": judgement.value, "wider": None, "origins": [origins[left], origins[right]],
            }  # fmt: skip


def catalogue_rows(catalogue: Catalogue, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT as tuples."""
    table = catalogue.query(sql)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _edge(pair: dict[str, Any], records: list[dict[str, Any]]) -> Edge:
    """The edge of a scored pair; a payer joins an account user only where identity agrees on both sides."""
    roles = {records[pair["l"]]["role"], records[pair["r"]]["role"]}
    named = pair["names"] in ("full", "swapped", "initial", "near") or pair["dobs"] == "same"
    told_apart = roles == {Role.ACCOUNT_USER.value, Role.PAYER.value} and not named
    grade = AttributionGrade.UNRESOLVED if pair["refusal"] else AttributionGrade(pair["grade"])
    held_back = ROLES_STAY_APART if told_apart else "user-name-alone" if pair["pattern"] == "handle" else None
    return Edge(pair["l"], pair["r"], grade, pair["bits"], held_back)


TRIANGLE = (
    "somebody whom name and a second family establish as this subscriber paid for the account by the platform's own "
    "reference, and the account shares mail and address with the subscriber"
)


def find_triangles(
    pairs: list[dict[str, Any]], records: list[dict[str, Any]], clustering: Clustering
) -> set[int]:
    """Pairs of an account and a subscriber on which platform, payment processor and provider agree.

    The account and the subscriber share an exclusive e-mail address and an exclusive network address or device,
    and a payer who is attributed to be that subscriber paid for the account. A partner's card makes none,
    because the payer's name is not the subscriber's.
    """
    paid_by: dict[str, set[int]] = {}
    for number, record in enumerate(records):
        if record["role"] == Role.PAYER.value:
            for account in record["accounts"] or ():
                paid_by.setdefault(account, set()).add(number)
    found: set[int] = set()
    for number, pair in enumerate(pairs):
        sides = {records[pair[side]]["role"]: pair[side] for side in ("l", "r")}
        user, subscriber = sides.get(Role.ACCOUNT_USER.value), sides.get(Role.SUBSCRIBER.value)
        if user is None or subscriber is None or pair["refusal"] or pair["email"] != "exclusive":
            continue
        if "exclusive" not in (pair["ip"], pair["device"]):
            continue
        payers = paid_by.get(records[user]["profile"], set())
        group = clustering.root(subscriber)
        if payers and all(clustering.root(payer) == group for payer in payers):
            found.add(number)
    return found


_NAMES_SAY = {
    "full": "the names are equal",
    "swapped": "the names are equal in another order",
    "initial": "surname and initial agree",
    "near": "the names differ by a typing error at most",
    "part": "the part of the name that both show agrees",
}
_NAMES_DENY = {
    "unrelated": "the surnames are unrelated",
    "other_first": "the surname is one, the first names are two",
    "other_part": "the names shown are different",
}
_CLASS_SAYS = {
    "exclusive": "held by no one else who contradicts",
    "shared": "held by more records or by people with other telephone numbers or accounts",
    "conflict": "also held by people with other names",
    "mule": "used to pay for three accounts or more, perhaps on behalf of others",
    "reassigned": "used at times that do not meet: an address is given to others",
    "recycled": "used more than half a year apart: numbers are given to others",
}


def _reasons(pair: dict[str, Any], found: list[tuple[Any, ...]]) -> list[str]:
    mailboxes = {value.partition("@")[0] for kind, value, _, _ in found if kind == "email"}
    said = [
        f"both have {kind} {value} ({holders} records; {_CLASS_SAYS[held]})"
        for kind, value, held, holders in found
        if held in ("exclusive", "shared") and not (kind == "handle" and value in mailboxes)
    ]
    if pair["mail_bears_name"]:
        said.append("the name that one of them shows stands in the e-mail address")
    if pair["names"] in _NAMES_SAY:
        said.append(_NAMES_SAY[pair["names"]])
    if pair["dobs"] == "same":
        said.append("the dates of birth are equal")
    if pair["postcodes"] == "same":
        said.append("the postcodes are equal")
    if pair["same_account"]:
        said.append(
            "the platform's own reference joins them: a payment for the account, not a proof of who paid"
        )
    return said


def _against(pair: dict[str, Any], found: list[tuple[Any, ...]]) -> list[str]:
    said = [
        f"{kind} {value} is {_CLASS_SAYS[held]} ({holders} records)"
        for kind, value, held, holders in found
        if held not in ("exclusive", "shared")
    ]
    if pair["names"] in _NAMES_DENY:
        said.append(_NAMES_DENY[pair["names"]])
    if pair["dobs"] == "other":
        said.append("the dates of birth are two")
    if pair["other_phone"]:
        said.append("the telephone numbers are different")
    if pair["other_iban"]:
        said.append("the bank accounts are different")
    if pair["postcodes"] == "other":
        said.append("the postcodes are different")
    return said
