"""Links the platform's records into persons with countries, obeying what people decided."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from fairlead.attribution.dossiers import DossiersStage
from fairlead.attribution.evaluate import Evaluation, evaluate
from fairlead.attribution.explain import PersonExplained, explain_person
from fairlead.attribution.humans import Humans, count_humans
from fairlead.attribution.identifiers import IdentifiersStage
from fairlead.attribution.links import LinksStage
from fairlead.attribution.networks import AddressesStage, Networks, check_networks, read_networks
from fairlead.attribution.normal_forms import NormaliseStage, TextsStage
from fairlead.attribution.pairs import Judged
from fairlead.attribution.persons import PersonsStage
from fairlead.attribution.takeovers import TakeoversStage
from fairlead.attribution.webs import WebsStage
from fairlead.case.persons.anchors import anchor_older_decisions
from fairlead.case.persons.history import keep_changes
from fairlead.case.persons.labels import read_labels
from fairlead.case.persons.link_sample import sample_figures
from fairlead.case.place.session import Session
from fairlead.case.running.engines import Cluster, engine_for
from fairlead.case.running.runs import sole_run
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.progress import Progress
from fairlead.engine.stage import Stage
from fairlead.register.actions import Action
from fairlead.tables.attribution import LINKS, PERSONS
from fairlead.tables.rows import LinkRow, PersonRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.platform import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionFigures:
    """How many people, how many persons of which grade, where, and how many links were joined or refused.

    ``defaults`` are values that count for nothing because forms are filled in with them.
    """

    humans: Humans
    persons: int
    grades: dict[str, int]
    countries: dict[str, int]
    without_country: int
    links: dict[str, int]
    defaults: tuple[DefaultValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultValue:
    """A value of which a source holds more than people can have: its kind, and how many records hold it."""

    source: str
    kind: str
    value: str
    records: int


@verb(
    "attribute",
    Action.PROCESS,
    becomes=Operation.COMBINATION,
    command="attribute",
    page="workbench:job",
    also=("attribute.persons-changed",),
)
def attribute(
    session: Session,
    *,
    network_files: tuple[Path, ...] = (),
    mmdb: Path | None = None,
    workers: int | None = None,
    cluster: Cluster | None = None,
    progress: Progress | None = None,
) -> AttributionFigures:
    """Compute identifiers, links and persons. Files about networks are kept and used by later runs, too.

    Finding pairs and following links are statements on this computer; normal forms, decisions and persons are tasks,
    done by ``workers`` processes here or, with ``cluster``, there.
    """
    from fairlead.register.judgements import find_judgements

    judgements = find_judgements(session.user_id, session.operation, at=session.clock())
    anchor_older_decisions(session)  # while the persons they name are still there
    with sole_run(session, "attribute", progress) as followed:
        files, database = _keep_networks(session, network_files, mmdb)
        networks = read_networks(files, mmdb=database)
        with engine_for(
            session, workers=workers, alone_up_to=1, cluster=cluster, progress=followed
        ) as engine:
            for stage in attribution_stages(networks, judgements):
                engine.run(stage)
        changed = keep_changes(session)
    figures = attribution_figures(session)
    session.record(
        Operation.COMBINATION,
        "attribute",
        (networks.digest,),
        "records linked into persons",
        facts={"persons": figures.persons, "judgements": len(judgements), "changed": changed},
    )
    return figures


def attribution_stages(networks: Networks, judgements: tuple[Judged, ...] = ()) -> list[Stage]:
    """The stages in the order in which each finds what it reads."""
    return [
        TextsStage(),
        NormaliseStage(),
        AddressesStage(networks),
        TakeoversStage(),
        IdentifiersStage(),
        WebsStage(judgements),
        LinksStage(),
        DossiersStage(),
        PersonsStage(),
    ]


def _keep_networks(
    session: Session, files: tuple[Path, ...], mmdb: Path | None
) -> tuple[list[Path], Path | None]:
    """Copy new files about networks beside the operation; returns all that are there.

    With them the result can be computed again later, when the user's own files have moved on.
    """
    folder = session.workspace.operation(session.operation) / "networks"
    folder.mkdir(parents=True, exist_ok=True)
    given = (*files, *((mmdb,) if mmdb else ()))
    for file in given:
        if not file.is_file():
            raise UsageError(f"there is no file {file.name}", "Check the path.", code="USAGE-FILE")
    check_networks(files, mmdb)  # what cannot be read is not kept: it would stop every later run
    for file in given:
        shutil.copyfile(file, folder / file.name)
    kept = sorted(folder.iterdir())
    databases = [p for p in kept if p.suffix == ".mmdb"]
    if len(databases) > 1:
        raise UsageError(
            "there are two MMDB files beside this operation",
            "Remove one of them from the operation's folder `networks`.",
            code="USAGE-NETWORKS",
        )
    return [p for p in kept if p.suffix != ".mmdb"], databases[0] if databases else None


def attribution_figures(session: Session) -> AttributionFigures:
    """The figures of the tables as they are now."""
    catalogue = Catalogue(session.store)
    try:
        grades = _counts(catalogue, "SELECT grade AS k, count(*) AS n FROM persons GROUP BY 1 ORDER BY 1")
        countries = _counts(
            catalogue,
            "SELECT country AS k, count(*) AS n FROM persons WHERE country IS NOT NULL GROUP BY 1 ORDER BY 1",
        )
        defaults = tuple(DefaultValue(**row) for row in catalogue.rows(_DEFAULTS))
        humans = count_humans(catalogue)
        links = _counts(catalogue, "SELECT decision AS k, count(*) AS n FROM links GROUP BY 1 ORDER BY 1")
    finally:
        catalogue.close()
    persons = sum(grades.values())
    return AttributionFigures(
        humans=humans,
        persons=persons,
        grades=grades,
        countries=countries,
        without_country=persons - sum(countries.values()),
        links=links,
        defaults=defaults,
    )


_DEFAULTS = """SELECT split_part(owner, ':', 1) AS source, kind, value, count(DISTINCT owner) AS records
    FROM identifiers WHERE scope = 'default' GROUP BY ALL ORDER BY records DESC, source, kind, value"""


def _counts(catalogue: Catalogue, sql: str) -> dict[str, int]:
    return {row["k"]: row["n"] for row in catalogue.rows(sql)}


@verb(
    "attribute.judge",
    Action.JUDGE,
    becomes=Operation.ALTERATION,
    command="attribute judge",
    page="workbench:judgement",
    about=("left", "right"),
    reason=True,
    whole=True,
)
def judge(session: Session, left: str, right: str, judgement: Judgement, reason: str) -> None:
    """Record what the user decided about two records; the next run obeys it."""
    from fairlead.register.judgements import record_judgement

    if not reason.strip():
        raise UsageError("a judgement needs a reason", "Give --reason.", code="USAGE-REASON")
    catalogue = Catalogue(session.store)
    try:
        for record in (left, right):
            known = catalogue.rows(
                "SELECT account AS r FROM accounts WHERE account = $r UNION ALL "
                "SELECT payment FROM payments WHERE payment = $r",
                {"r": record},
            )
            if not known:
                raise UsageError(
                    "there is no account or payment of one of these ids",
                    "`fairlead table persons` lists the members of every person.",
                    code="USAGE-RECORD",
                )
    finally:
        catalogue.close()
    record_judgement(
        session.user_id,
        session.operation,
        left=left,
        right=right,
        judgement=judgement,
        reason=reason,
        at=session.clock(),
    )
    session.record(
        Operation.ALTERATION, "attribute.judge", (left, right), reason, facts={"judgement": judgement.value}
    )


def explain(session: Session, person: str) -> PersonExplained:
    """Why records were joined into a person; a consultation in the ledger."""
    session.require_sight()
    catalogue = Catalogue(session.store)
    try:
        explained = explain_person(catalogue, person)
    finally:
        catalogue.close()
    session.record(Operation.CONSULTATION, "attribute.explain", (person,), "attribution explained")
    return explained


class CountryFigures(TypedDict):
    """Accounts by whether the country of their person is the one that the made-up records support."""

    accounts_right: int
    accounts_wrong: int
    accounts_missing: int
    asserted_without_support: int
    which: list[str]


class TrapFigures(TypedDict):
    """A trap of a made-up operation, and what became of it."""

    trap: str
    accounts: int
    persons: int
    said: str
    mixed: int


class Evaluated(Evaluation):
    """Figures against a truth; country and traps only for a made-up operation."""

    samples: list[dict[str, object]]
    country: NotRequired[CountryFigures]
    traps: NotRequired[list[TrapFigures]]


class _TrueAccount(TypedDict):
    person: str | None
    supported_country: str | None
    status: str
    traps: list[str]


def evaluate_against(session: Session, truth: Path | None = None) -> Evaluated:
    """Compare persons with a truth: pairs and grades, and for a made-up operation also countries and every trap.

    ``truth`` is a labelled file (see ``read_labels``), or the folder ``truth`` that `fairlead training make` wrote; None
    looks for the one that `fairlead demo` puts beside its workspaces.
    """
    session.require_sight()
    truth = truth or session.workspace.root.parent / "operation" / "truth"
    catalogue = Catalogue(session.store, (PERSONS, LINKS))
    try:
        persons = catalogue.rows_as(PersonRow, "SELECT * FROM persons ORDER BY person")
        links = catalogue.rows_as(LinkRow, 'SELECT * FROM links ORDER BY "left", "right"')
    finally:
        catalogue.close()
    members = {record for row in persons for record in row["members"]}
    samples = [asdict(sample) for sample in sample_figures(session)]
    if truth.is_file():
        figures = evaluate(persons, read_labels(truth, members), links)
        return cast(
            "Evaluated", {**figures, "samples": samples}
        )  # countries and traps are a made-up operation's
    if not (truth / "accounts.json").is_file():
        raise UsageError(
            "the folder holds no truth of a made-up operation",
            "Give a labelled file (columns record, person) or the folder `truth` that `fairlead training make` wrote with "
            "--truth. Where there is neither, draw a sample with `fairlead attribute sample`.",
            code="USAGE-TRUTH",
        )
    accounts = json.loads((truth / "accounts.json").read_text())
    payments = json.loads((truth / "payments.json").read_text())
    replies = json.loads((truth / "replies.json").read_text())
    real: dict[str, str] = {}
    for kind, table, field in (
        ("platform", accounts, "person"),
        ("till", payments, "payer"),
        ("replies", replies, "person"),
    ):
        for key, row in table.items():
            record = f"{kind}:{key}"
            if record in members:
                real[record] = record if row[field] is None else f"person {row[field]}"
    return {
        **evaluate(persons, real, links),
        "country": _country_figures(persons, accounts),
        "samples": samples,
        "traps": _trap_figures(persons, accounts, real),
    }


def _country_figures(persons: list[PersonRow], accounts: dict[str, _TrueAccount]) -> CountryFigures:
    right = wrong = missing = asserted_without_support = 0
    wrong_accounts = []
    for row in persons:
        for member in row["members"]:
            source, _, number = member.partition(":")
            if source != "platform" or number not in accounts:
                continue
            supported = accounts[number]["supported_country"]
            if accounts[number]["status"] != "member":
                continue
            if supported == row["country"]:
                right += 1
            elif row["country"] is None:
                missing += 1
            elif supported is None:
                asserted_without_support += 1
                wrong_accounts.append(member)
            else:
                wrong += 1
                wrong_accounts.append(member)
    return {
        "accounts_right": right,
        "accounts_wrong": wrong,
        "accounts_missing": missing,
        "asserted_without_support": asserted_without_support,
        "which": wrong_accounts,
    }


def _trap_figures(
    persons: list[PersonRow], accounts: dict[str, _TrueAccount], real: dict[str, str]
) -> list[TrapFigures]:
    """One row a trap: accounts planted, and persons of theirs that hold a record of somebody else."""
    person_of = {member: row for row in persons for member in row["members"]}
    traps: dict[str, list[str]] = {}
    for number, row in accounts.items():
        for trap in row["traps"]:
            traps.setdefault(trap, []).append(f"platform:{number}")
    table: list[TrapFigures] = []
    for trap, planted in sorted(traps.items()):
        held = {person_of[a]["person"]: person_of[a] for a in planted if a in person_of}
        mixed = sum(len({real[m] for m in row["members"] if m in real}) > 1 for row in held.values())
        grades = sorted(row["grade"] for row in held.values())
        said = ", ".join(f"{grades.count(g)} {g}" for g in dict.fromkeys(grades))
        table.append(
            {"trap": trap, "accounts": len(planted), "persons": len(held), "said": said, "mixed": mixed}
        )
    return table
