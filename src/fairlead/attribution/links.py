"""Links: pairs of records with what speaks for and against one person behind both, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from fairlead.attribution.clustering import ROLES_STAY_APART, Clustering, Decided, Edge, Facts
from fairlead.tables import Table
from fairlead.tables.attribution import LINKS, WEBS
from fairlead.tables.rows import LinkRow, WebPair, WebRecord, WebRecordCopy
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import Judgement, Role

WEBS_A_TASK = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksStage:
    """WEBS to LINKS: decides which pairs are joined, refused or noted; judgements of persons are obeyed first.

    What is decided in one web depends on nothing outside it.
    """

    name: str = "links"
    version: str = "3"
    reads: Table = WEBS
    writes: Table = LINKS
    rows_per_task: int = WEBS_A_TASK

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the links of a batch of webs, in the order of the webs."""
        for batch in batches:
            yield LINKS.batch(
                link for web in batch.to_pylist() for link in links_of(web["records"], web["pairs"])
            )


def links_of(records: list[WebRecord], pairs: list[WebPair] | None) -> Iterator[LinkRow]:
    """The links of one web, both given as WEBS has them, in the order of the records' ids."""
    origins = {record["record"]: record["origin"] for record in records}
    for record in records:
        for copy in record["copies"] or ():
            yield _copy_link(record, copy)
    pairs = pairs or []
    scored = [pair for pair in pairs if pair["grade"] is not None]
    edges, decided, wider, triangles = _decide(records, pairs, scored)
    for number, (pair, edge, answer) in enumerate(zip(scored, edges, decided, strict=True)):
        judgement = _judgement(pair)
        decision = "refused" if pair["refusal"] and answer.decision != "joined" else answer.decision
        triangle = number in triangles
        yield {
            "left": pair["left"],
            "right": pair["right"],
            "weight_bits": edge.bits,
            "probability": pair["probability"],
            "pattern": pair["pattern"],
            "families": [*pair["families"], "money"] if triangle else pair["families"],
            "reasons": _reasons(pair) + ([TRIANGLE] if triangle else []),
            "against": _against(pair),
            "rule": pair["refusal"] or answer.rule,
            "grade": edge.grade.value,
            "decision": judgement.value if judgement else decision,
            "wider": wider.get(number),
            "origins": [origins[pair["left"]], origins[pair["right"]]],
        }
    for pair in pairs:
        judgement = _judgement(pair)
        if pair["grade"] is None and judgement:
            yield {
                "left": pair["left"], "right": pair["right"], "weight_bits": 0.0, "probability": None,
                "pattern": None, "families": [], "reasons": [], "against": [], "rule": None,
                "grade": AttributionGrade.UNRESOLVED.value, "decision": judgement.value, "wider": None,
                "origins": [origins[pair["left"]], origins[pair["right"]]],
            }  # fmt: skip


def _decide(
    records: list[WebRecord], pairs: list[WebPair], scored: list[WebPair]
) -> tuple[list[Edge], list[Decided], dict[int, str], set[int]]:
    """Edges of the scored pairs, what became of each, the grade in which it widens a group, and the triangles."""
    numbers = {record["record"]: number for number, record in enumerate(records)}
    facts = [
        Facts(tuple(record["names"] or ()), record["date_of_birth"], record["script"]) for record in records
    ]
    judged = {which: [] for which in Judgement}  # type: dict[Judgement, list[tuple[int, int]]]
    for pair in pairs:
        for judgement in pair["judgements"] or ():
            judged[Judgement(judgement)].append((numbers[pair["left"]], numbers[pair["right"]]))
    clustering = Clustering(facts, apart=judged[Judgement.DIFFERENT])
    for left, right in judged[Judgement.SAME]:
        clustering.join(left, right, AttributionGrade.ATTRIBUTED)
    edges = [_edge(pair, records, numbers) for pair in scored]
    clustering.decide([edge for edge in edges if edge.grade is AttributionGrade.ATTRIBUTED])
    triangles = find_triangles(scored, records, numbers, clustering)
    edges = [
        replace(edge, grade=AttributionGrade.ATTRIBUTED) if number in triangles else edge
        for number, edge in enumerate(edges)
    ]
    decided = clustering.decide(edges)
    wider: dict[int, str] = {}
    for grade in (AttributionGrade.PROBABLE, AttributionGrade.POSSIBLE):
        wider |= dict.fromkeys(clustering.widen(edges, grade), grade.value)
    return edges, decided, wider, triangles


def _judgement(pair: WebPair) -> Judgement | None:
    """What people decided about a pair last; to be unsure decides nothing."""
    last = Judgement((pair["judgements"] or [Judgement.UNSURE])[-1])
    return None if last is Judgement.UNSURE else last


def _copy_link(record: WebRecord, copy: WebRecordCopy) -> LinkRow:
    """The link of a payment to the first one that says the same."""
    ends = sorted((copy, record), key=lambda end: str(end["record"]))
    return {
        "left": ends[0]["record"], "right": ends[1]["record"], "weight_bits": 12.0, "probability": None,
        "pattern": None, "families": ["money"],
        "reasons": ["the same instrument, name, e-mail address and account"],
        "against": [], "rule": None, "grade": AttributionGrade.PROBABLE.value, "decision": "joined",
        "wider": None, "origins": [ends[0]["origin"], ends[1]["origin"]],
    }  # fmt: skip


def _edge(pair: WebPair, records: list[WebRecord], numbers: dict[str, int]) -> Edge:
    """The edge of a scored pair; a payer joins an account user only where identity agrees on both sides."""
    left, right = numbers[pair["left"]], numbers[pair["right"]]
    roles = {records[left]["role"], records[right]["role"]}
    named = pair["names"] in NAMES_THAT_AGREE or pair["dobs"] == "same"
    told_apart = roles == {Role.ACCOUNT_USER.value, Role.PAYER.value} and not named
    stated = None if pair["refusal"] else pair["grade"]
    grade = AttributionGrade.UNRESOLVED if stated is None else AttributionGrade(stated)
    held_back = ROLES_STAY_APART if told_apart else "user-name-alone" if pair["pattern"] == "handle" else None
    return Edge(left, right, grade, pair["bits"], held_back, pair["email"] == "exclusive")


TRIANGLE = (
    "somebody whom name and a second family establish as this subscriber paid for the account by the platform's own "
    "reference, and the account shares mail and address with the subscriber"
)


def find_triangles(
    pairs: list[WebPair],
    records: list[WebRecord],
    numbers: dict[str, int],
    clustering: Clustering,
) -> set[int]:
    """Pairs of an account and a subscriber on which platform, payment processor and provider agree.

    The account and the subscriber share an exclusive e-mail address and an exclusive network address or device,
    and a payer who is attributed to be that subscriber paid for the account. A partner's card makes none,
    because the payer's name is not the subscriber's. A payer outside the web is nobody in it.
    """
    found: set[int] = set()
    for number, pair in enumerate(pairs):
        ends = (numbers[pair["left"]], numbers[pair["right"]])
        sides = {records[end]["role"]: end for end in ends}
        user, subscriber = sides.get(Role.ACCOUNT_USER.value), sides.get(Role.SUBSCRIBER.value)
        if user is None or subscriber is None or not may_be_triangle(pair):
            continue
        payers = records[user]["payers"] or ()
        group = clustering.root(subscriber)
        if payers and all(payer in numbers and clustering.root(numbers[payer]) == group for payer in payers):
            found.add(number)
    return found


def may_be_triangle(pair: WebPair) -> bool:
    """Whether the pair shares what a triangle needs; ``webs`` asks the same in SQL."""
    return (
        not pair["refusal"] and pair["email"] == "exclusive" and "exclusive" in (pair["ip"], pair["device"])
    )


_NAMES_SAY = {
    "full": "the names are equal",
    "swapped": "the names are equal in another order",
    "spelling": "the names are two spellings of one (rule: spellings that sound alike)",
    "script": "the names are one in two scripts (rule: their consonants agree once they are transliterated)",
    "double": "first name and one of two surnames agree (rule: double surnames)",
    "nickname": "the surnames agree, and the first names stand for one another (rule: nicknames)",
    "initial": "surname and initial agree",
    "near": "the first names agree, the surnames differ by a typing error at most",
    "near_first": "the surnames agree; the first names are similar, which is no agreement",
    "part": "the part of the name that both show agrees",
}
NAMES_THAT_AGREE = ("full", "swapped", "spelling", "script", "double", "nickname", "initial", "near")
_NAMES_DENY = {
    "unrelated": "the surnames are unrelated",
    "other_first": "the surname is one, the first names are two",
    "other_part": "the names shown are different",
    "near_first": "the first names are not equal: relatives may bear similar ones",
    "initial": "an initial fits other members of a family, too",
}
_CLASS_SAYS = {
    "exclusive": "held by no one else who contradicts",
    "household": "a household's by its form: a landline, or a family's e-mail address",
    "shared": "held by more records or by people with other telephone numbers or accounts",
    "conflict": "also held by people with other names",
    "mule": "used to pay for three accounts or more, perhaps on behalf of others",
    "reassigned": "used at times that do not meet: an address is given to others",
    "recycled": "used more than half a year apart: numbers are given to others",
}
_FOR = ("exclusive", "household", "shared")
UNLISTED = (
    "no list of networks says whether {value} is an anonymiser's or one of many customers: that it is one home is "
    "not known"
)


def _reasons(pair: WebPair) -> list[str]:
    found = pair["shared"] or ()
    mailboxes = {one["value"].partition("@")[0] for one in found if one["kind"] == "email"}
    said = [
        f"both have {one['kind']} {one['value']} ({one['holders']} records; {_CLASS_SAYS[one['held']]})"
        for one in found
        if one["held"] in _FOR and not (one["kind"] == "handle" and one["value"] in mailboxes)
    ]
    if pair["mail_bears_name"]:
        said.append("the name that one of them shows stands in the e-mail address")
    if pair["names"] in _NAMES_SAY:
        said.append(_NAMES_SAY[pair["names"]])
    if pair["dobs"] == "same":
        said.append("the dates of birth are equal")
    if pair["dobs"] == "usual":
        said.append("the dates of birth are equal, a day that many forms are filled in with")
    if pair["postcodes"] == "same":
        said.append("the postcodes are equal")
    if pair["addresses"] in ("same", "near"):
        said.append("the postal addresses are equal but for the way they are written")
    if pair["same_account"]:
        said.append(
            "the platform's own reference joins them: a payment for the account, not a proof of who paid"
        )
    return said


def _against(pair: WebPair) -> list[str]:
    said = [
        f"{one['kind']} {one['value']} is {_CLASS_SAYS[one['held']]} ({one['holders']} records)"
        for one in pair["shared"] or ()
        if one["held"] not in _FOR
    ]
    said += [
        UNLISTED.format(value=one["value"])
        for one in pair["shared"] or ()
        if one["kind"] == "ip" and one["held"] in _FOR and one["network"] is None
    ]
    if pair["marks"] == "other":
        said.append("the generation marks are two")
    if pair["marks"] == "one":
        said.append("one of the names bears a generation mark, the other none: a father's or a son's")
    if pair["names"] in _NAMES_DENY:
        said.append(_NAMES_DENY[pair["names"]])
    if pair["dobs"] == "other":
        said.append("the dates of birth are two")
    if pair["other_phone"]:
        said.append("the telephone numbers are different")
    if pair["other_iban"]:
        said.append("the bank accounts are different")
    if pair["postcodes"] in ("other", "near"):
        said.append("the postcodes are different")
    return said
