"""The closed schemas of law files: from TOML tables to records, with every fault as a finding."""

from __future__ import annotations

from fairlead.law.fields import Fields
from fairlead.law.record import (
    Condition,
    Exemption,
    Gap,
    Jurisdiction,
    Knowledge,
    Needs,
    OpenQuestion,
    Penalty,
    PolicePower,
    ProvisionVersion,
    Source,
    StandingAnswer,
    Term,
    Tier,
    Wording,
)
from fairlead.terms.law import (
    AgeBand,
    Basis,
    Confidence,
    ContentKind,
    Cover,
    Fact,
    ImageClass,
    LegalAct,
    Liability,
    ProvisionStatus,
    SourceKind,
    Standing,
    TierKind,
)

PROVISION, GAP, POWER = "law-provision/1", "law-gap/1", "law-power/1"
STANDING = "law-standing/1"
JURISDICTION, CASES = "law-jurisdiction/1", "law-cases/1"


def _knowledge(fields: Fields) -> Knowledge:
    return Knowledge(
        basis=fields.word("basis", Basis),
        confidence=fields.word("confidence", Confidence),
        seed_confidence=fields.maybe_word("seed_confidence", Confidence),
        sources=fields.texts("sources"),
        recorded_on=fields.must_day("recorded_on"),
        superseded_on=fields.day("superseded_on"),
        verified_on=fields.day("verified_on"),
        verified_by=fields.text("verified_by"),
        verified_state=fields.text("verified_state"),
    )


def _questions(fields: Fields) -> tuple[OpenQuestion, ...]:
    found = []
    for row in fields.tables("open_question"):
        found.append(
            OpenQuestion(
                id=row.text("id", required=True),
                text=row.text("text", required=True),
                ask=row.text("ask", required=True),
                opened_on=row.must_day("opened_on"),
            )
        )
        row.end()
    return tuple(found)


def _conditions(fields: Fields) -> tuple[Condition, ...]:
    found = []
    for row in fields.tables("condition"):
        text, acts = row.text("text", required=True), row.words("acts", LegalAct)
        found.append(Condition(text=text, acts=acts, needs=_needs(row)))
        row.end()
    return tuple(found)


def _needs(fields: Fields) -> Needs:
    return Needs(all_of=fields.words("all_of", Fact), any_of=fields.words("any_of", Fact))


def _wording(fields: Fields) -> Wording | None:
    if "wording" not in fields.names():
        return None
    row = fields.table("wording")
    wording = Wording(
        language=row.text("language", required=True),
        words=row.text("words", required=True),
        translation=row.text("translation"),
        read_on=row.must_day("read_on"),
        means=row.text("means", required=True),
        digest=row.text("digest", required=True),
    )
    row.end()
    return wording


def _tiers(fields: Fields) -> tuple[Tier, ...]:
    found = []
    for row in fields.tables("tier"):
        found.append(
            Tier(
                kind=row.word("kind", TierKind),
                citation=row.text("citation"),
                text=row.text("text"),
                min=row.text("min") or None,
                max=row.text("max") or None,
                acts=row.words("acts", LegalAct),
                images=row.words("images", ImageClass),
                age_band=row.word("age_band", AgeBand) if "age_band" in row.names() else None,
                needs=_needs(row),
            )
        )
        row.end()
    return tuple(found)


def _penalty(fields: Fields) -> Penalty:
    penalty = fields.table("penalty")
    read = Penalty(
        max=penalty.text("max") or None,
        aggravated_max=penalty.text("aggravated_max") or None,
        min=penalty.text("min") or None,
        aggravated_min=penalty.text("aggravated_min") or None,
        text=penalty.text("text"),
        known_from=penalty.day("known_from"),
        tiers=_tiers(penalty),
    )
    penalty.end()
    return read


def parse_provision(fields: Fields) -> tuple[ProvisionVersion, ...]:
    """The versions in one provision file."""
    fields.text("schema", required=True)
    provision = fields.text("provision", required=True)
    jurisdictions = fields.texts("jurisdictions", required=True)
    versions = []
    rows = fields.tables("version")
    if not rows:
        fields.report("a provision needs at least one version")
    for row in rows:
        identity = row.text("id", required=True)
        row.named(identity)
        images = row.table("images", required=True)
        covers = {image: images.word(image.value, Cover) for image in ImageClass}
        images.end()
        versions.append(
            ProvisionVersion(
                id=identity,
                provision=provision,
                jurisdictions=row.texts("jurisdictions") or jurisdictions,
                acts=row.words("acts", LegalAct, required=True),
                images=covers,
                age_band=row.word("age_band", AgeBand, AgeBand.UNDER_18),
                contents=row.words("contents", ContentKind),
                citation=row.text("citation", required=True),
                uri=row.text("uri"),
                status=row.word("status", ProvisionStatus),
                liability=row.word("liability", Liability),
                valid_from=row.day("valid_from"),
                valid_to=row.day("valid_to"),
                from_unknown=row.flag("from_unknown"),
                enacted_on=row.day("enacted_on"),
                penalty=_penalty(row),
                defences=row.texts("defences"),
                knowledge=_knowledge(row),
                open_questions=_questions(row),
                conditions=_conditions(row),
                notes=row.texts("notes"),
                wording=_wording(row),
            )
        )
        row.end()
    fields.end()
    return tuple(versions)


def parse_gap(fields: Fields) -> Gap:
    """A gap file."""
    fields.text("schema", required=True)
    identity = fields.text("id", required=True)
    fields.named(identity)
    gap = Gap(
        id=identity,
        jurisdictions=fields.texts("jurisdictions", required=True),
        acts=fields.words("acts", LegalAct, required=True),
        images=fields.words("images", ImageClass, required=True),
        age_band=fields.word("age_band", AgeBand, AgeBand.UNDER_18),
        contents=fields.words("contents", ContentKind),
        valid_from=fields.day("valid_from"),
        valid_to=fields.day("valid_to"),
        text=fields.text("text", required=True),
        knowledge=_knowledge(fields),
        open_questions=_questions(fields),
        notes=fields.texts("notes"),
        wording=_wording(fields),
    )
    fields.end()
    return gap


def parse_power(fields: Fields) -> PolicePower:
    """A police power file."""
    fields.text("schema", required=True)
    identity = fields.text("id", required=True)
    fields.named(identity)
    power = PolicePower(
        id=identity,
        jurisdictions=fields.texts("jurisdictions", required=True),
        citation=fields.text("citation", required=True),
        text=fields.text("text"),
        valid_from=fields.day("valid_from"),
        status=fields.text("status"),
        knowledge=_knowledge(fields),
        wording=_wording(fields),
    )
    if power.status not in ("", "regulations_unverified"):
        fields.report("status of a police power may only be regulations_unverified, or be left out")
    fields.end()
    return power


def parse_standing(fields: Fields) -> tuple[StandingAnswer, ...]:
    """The answers of one country to the questions that are asked in every case."""
    fields.text("schema", required=True)
    jurisdictions = fields.texts("jurisdictions", required=True)
    found = []
    for row in fields.tables("answer"):
        identity = row.text("id", required=True)
        row.named(identity)
        found.append(
            StandingAnswer(
                id=identity,
                question=row.word("question", Standing),
                jurisdictions=row.texts("jurisdictions") or jurisdictions,
                citation=row.text("citation", required=True),
                uri=row.text("uri"),
                says=row.text("says", required=True),
                valid_from=row.day("valid_from"),
                valid_to=row.day("valid_to"),
                knowledge=_knowledge(row),
                wording=_wording(row),
            )
        )
        row.end()
    fields.end()
    return tuple(found)


def parse_jurisdiction(fields: Fields) -> Jurisdiction:
    """The file that names a jurisdiction, its parts, its members and its statutory terms."""
    fields.text("schema", required=True)
    code = fields.text("code", required=True)
    fields.named(code)
    parts = fields.table("parts")
    terms = []
    for row in fields.tables("term"):
        terms.append(Term(local=row.text("local", required=True), english=row.text("english", required=True)))
        row.end()
    exemptions = []
    for row in fields.tables("exemption"):
        exemptions.append(
            Exemption(
                record=row.text("record", required=True),
                country=row.text("country", required=True),
                reason=row.text("reason", required=True),
            )
        )
        row.end()
    jurisdiction = Jurisdiction(
        code=code,
        name=fields.text("name", required=True),
        history_from=fields.must_day("history_from"),
        note=fields.text("note"),
        parts={name: parts.text(name) for name in parts.names()},
        members=fields.texts("members"),
        exemptions=tuple(exemptions),
        terms=tuple(terms),
        ask=fields.text("ask"),
        texts_free=fields.text("texts_free"),
    )
    fields.end()
    return jurisdiction


def parse_sources(fields: Fields) -> dict[str, Source]:
    """The list of sources, by key."""
    found = {}
    for key in fields.names():
        row = fields.table(key)
        found[key] = Source(
            key=key,
            title=row.text("title", required=True),
            kind=row.word("kind", SourceKind),
            accessed_on=row.must_day("accessed_on"),
            addresses=row.texts("addresses", required=True),
            remark=row.text("remark"),
        )
        row.end()
    return found
