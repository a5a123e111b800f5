"""The page of a country, made from its records, for a reader who is a lawyer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

from fairlead.law.assessment import Answer
from fairlead.law.coverage import coverage_on, figures_on, newest_day
from fairlead.law.duration import in_words
from fairlead.law.load import RecordSet
from fairlead.law.record import (
    PENDING,
    Gap,
    Jurisdiction,
    Knowledge,
    PolicePower,
    ProvisionVersion,
    Source,
    Tier,
    Wording,
)
from fairlead.law.resolve import ask, timeline_of
from fairlead.law.standing import standing_of
from fairlead.law.timeline_svg import find_bars
from fairlead.law.words import ACT_WORDS, IMAGE_WORDS, REST_WORDS, STANDING_WORDS, STATUS_WORDS, TIER_WORDS
from fairlead.terms.law import AgeBand, ImageClass, LegalAct

MADE = "<!-- Made by `fairlead docs build` from the law records. Do not edit. -->\n\n"
NOTICE = (
    "> **Not legal advice; verify at the source.** This page is what Fairlead has recorded about the law, with its\n"
    "> sources. It is not the law, not a judgment about any person, and not complete. *No record is never a gap.* It\n"
    "> does not say which state has jurisdiction, and it computes no penalties.\n\n"
)


def render_page(records: RecordSet, home: Jurisdiction) -> str:
    """The page of one country: answers by day, wordings, gaps, powers, terms, sources."""
    versions = [v for v in records.versions if _of(v, home)]
    gaps = [g for g in records.gaps if _of(g, home)]
    powers = [p for p in records.powers if _of(p, home)]
    name = home.code.lower()
    text = MADE + f"# {home.name} ({home.code})\n\n" + NOTICE
    text += _standing((*versions, *gaps, *powers))
    text += figures_on(records, newest_day(records), home).said + "\n\n"
    if home.note:
        text += f"Note: {home.note}\n\n"
    if home.parts:
        parts = ", ".join(f"{code} ({part})" for code, part in home.parts.items())
        text += f"The law differs inside the country; it is recorded for: {parts}.\n\n"
    text += f"Law before {home.history_from} is not recorded.\n\n"
    text += "".join(_today(records, code) for code in home.codes)
    text += f"## When\n\n![Timeline of the recorded law of {home.name}; the table below says the same.]({name}.svg)\n\n"
    text += _bars(records, home)
    text += "".join(_answers(records, home, code) for code in home.codes)
    text += "## Provisions\n\n" + "".join(_provision(v, records) for v in versions)
    text += "## Gaps\n\nA gap is stated by somebody; it is never the absence of a record.\n\n"
    text += "".join(_gap(g, records) for g in gaps) or "None recorded.\n\n"
    text += "## What officers may do\n\n"
    text += (
        "".join(_power(p, records) for p in powers)
        or "Nothing recorded. That does not mean that nothing is allowed.\n\n"
    )
    text += "".join(_asked_always(records, code) for code in home.codes)
    if home.terms:
        text += "## Terms of the law\n\nAs spelt in the record. The English is no official translation.\n\n"
        text += "| term | English |\n|---|---|\n"
        text += "".join(f"| {cell(t.local)} | {cell(t.english)} |\n" for t in home.terms) + "\n"
    text += _unions(records, home)
    return text.rstrip() + "\n"


# The acts of those who bought first: what most of the persons of a seized platform did.
_BUYERS_FIRST = (
    LegalAct.PAY, LegalAct.ACCESS, LegalAct.ACQUIRE, LegalAct.POSSESS, LegalAct.WATCH_LIVE, LegalAct.SOLICIT,
)  # fmt: skip


def _today(records: RecordSet, code: str) -> str:
    """Every act and class of picture on the newest recorded day, the acts of buyers first."""
    day = newest_day(records)
    text = f"## On {day}: {code}\n\nAge not known more closely than under 18, no further facts known.\n\n"
    text += (
        "| act | " + " | ".join(IMAGE_WORDS[image] for image in ImageClass) + " |\n|---|---|---|---|---|\n"
    )
    for act in (*_BUYERS_FIRST, *(a for a in LegalAct if a not in _BUYERS_FIRST)):
        cells = []
        for image in ImageClass:
            (covered,) = coverage_on(records, day, image=image, acts=(act,), codes=(code,))
            cells.append(covered.answer.verdict.replace("_", " "))
        text += f"| {ACT_WORDS[act]} | {' | '.join(cells)} |\n"
    return text + "\n"


def _asked_always(records: RecordSet, code: str) -> str:
    """The questions of every case, with what a text that was read says, or open."""
    text = f"## Asked in every case: {code}\n\n| question | answer | rests on |\n|---|---|---|\n"
    for point in standing_of(records, code):
        said = " ".join(f"{a.says}." for a in point.answers) or f"**open**: {point.text} (For {point.ask}.)"
        rests = "; ".join(f"[{a.citation}]({a.uri})" if a.uri else a.citation for a in point.answers)
        text += f"| {STANDING_WORDS[point.question]} | {cell(said)} | {cell(rests) or 'no record'} |\n"
    return text + "\n"


def _of(record: ProvisionVersion | Gap | PolicePower, home: Jurisdiction) -> bool:
    return record.jurisdictions[0].split("-")[0] == home.code and record.knowledge.superseded_on is None


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _standing(listed: Iterable[ProvisionVersion | Gap | PolicePower]) -> str:
    records = list(listed)
    verified = [r for r in records if r.knowledge.verified_by]
    newest = max((r.knowledge.recorded_on for r in records), default=None)
    text = f"As recorded on {newest}. " if newest else ""
    if not verified:
        return text + f"**None of the {len(records)} records has been verified by a named reviewer.**\n\n"
    return text + f"{len(verified)} of {len(records)} records have been verified by a named reviewer.\n\n"


def _bars(records: RecordSet, home: Jurisdiction) -> str:
    text = "| record | where | shown from | to | standing |\n|---|---|---|---|---|\n"
    for bar in find_bars(records, home):
        end = bar.end or "no end recorded"
        text += f"| [{bar.record}](#{bar.record.lower()}) | {bar.jurisdictions} | {bar.start} | {end} | {bar.words} |\n"
    return text + "\n"


def _answers(records: RecordSet, home: Jurisdiction, code: str) -> str:
    """Every act for fully synthetic pictures, run of days by run of days; the other classes are in the matrix."""
    text = f"## Answers for fully synthetic, realistic pictures: {code}\n\n"
    text += "Age not known more closely than under 18. The resolver's answer for every run of days; bills are left out.\n\n"
    text += "| act | from | to | answer | rests on |\n|---|---|---|---|---|\n"
    for act in LegalAct:
        segments, _ = timeline_of(records, ask(code, act, ImageClass.SYNTH, AgeBand.UNDER_18))
        recorded = [s for s in segments if s.end >= home.history_from]
        for (said, links), run in groupby(recorded, key=lambda s: _in_cells(s.answer)):
            days = list(run)
            until = "no end recorded" if days[-1].end == date.max else str(days[-1].end)
            text += f"| {ACT_WORDS[act]} | {days[0].start} | {until} | {said} | {links} |\n"
    return text + "\n"


def _in_cells(answer: Answer) -> tuple[str, str]:
    """An answer in two cells: the verdict, and links to what it rests on."""
    said = answer.verdict.replace("_", " ")
    if len({verdict for _, verdict in answer.by_age}) > 1:
        bands = "; ".join(f"{band.said}: {v.replace('_', ' ')}" for band, v in answer.by_age)
        said += f" ({bands})"
    rests = [v.id for v in (*answer.provisions, *answer.unconfirmed)] + [g.id for g in answer.gaps]
    reach = "the recorded wording does not reach it" if answer.not_reaching else "no record"
    return said, ", ".join(f"[{r}](#{r.lower()})" for r in rests) or f"{reach}; not a gap"


def _provision(version: ProvisionVersion, records: RecordSet) -> str:
    linked = f"[{version.citation}]({version.uri})" if version.uri else version.citation
    text = f'### <a id="{version.id.lower()}"></a>{version.id}\n\n**{linked}**\n\n'
    held = _held(version)
    reach = "; ".join(f"{IMAGE_WORDS[i]}: {c.value}" for i, c in version.images.items())
    facts = [
        ("where", ", ".join(version.jurisdictions)),
        ("status", f"{STATUS_WORDS[version.status]}{held}"),
        ("liability", version.liability.value.replace("_", " ")),
        ("acts", ", ".join(ACT_WORDS[a] for a in version.acts) or "none; terminology only"),
        ("reaches", reach),
        ("age band", version.age_band.said),
    ]
    if version.contents:
        facts.append(
            ("only where the picture shows", ", ".join(c.replace("_", " ") for c in version.contents))
        )
    for condition in version.conditions:
        acts = f" ({', '.join(ACT_WORDS[a] for a in condition.acts)})" if condition.acts else ""
        facts.append(("only where", condition.text + acts))
    facts.append(("custody", _penalty(version)))
    facts += [(f"tier, {TIER_WORDS[tier.kind]}", _tier(tier)) for tier in version.penalty.tiers]
    facts.append(("words of the law", _words_read(version.wording)))
    if version.defences:
        facts.append(("defences", "; ".join(version.defences)))
    return text + _facts(facts, version.knowledge) + _sources(version.knowledge, records) + _open(version)


def _tier(tier: Tier) -> str:
    said = [f"{word} {in_words(d)}" for word, d in (("minimum", tier.min), ("maximum", tier.max)) if d]
    said += [text for text in (tier.citation, tier.text) if text]
    if tier.acts:
        said.append("for: " + ", ".join(ACT_WORDS[act] for act in tier.acts))
    if tier.images:
        said.append("for pictures: " + ", ".join(IMAGE_WORDS[image] for image in tier.images))
    if tier.age_band is not None:
        said.append(f"for a person {tier.age_band.said}")
    return "; ".join(said)


def _words_read(wording: Wording | None) -> str:
    if wording is None:
        return "**not read**: no better than unclear"
    return f"read on {wording.read_on} ({wording.language}), {wording.means}; SHA-256 {wording.digest[:16]}…"


def _held(version: ProvisionVersion) -> str:
    if version.status in PENDING:
        return ""
    start = f"from {version.valid_from}" if version.valid_from else "first day not recorded"
    if version.enacted_on:
        start += f", enacted {version.enacted_on}"
    return f"; {start}" + (f", to {version.valid_to}" if version.valid_to else "")


def _penalty(version: ProvisionVersion) -> str:
    penalty = version.penalty
    said = [
        f"{word} {in_words(duration)} ({duration})"
        for word, duration in (
            ("maximum", penalty.max),
            ("aggravated maximum", penalty.aggravated_max),
            ("minimum", penalty.min),
            ("aggravated minimum", penalty.aggravated_min),
        )
        if duration
    ]
    said += [penalty.text] if penalty.text else []
    if said and (known := version.penalty_known_from):
        said.append(f"**not known before {known}**")
    return "; ".join(said) or "not recorded"


def _gap(gap: Gap, records: RecordSet) -> str:
    text = f'### <a id="{gap.id.lower()}"></a>{gap.id}\n\n{gap.text}\n\n'
    facts = [
        ("where", ", ".join(gap.jurisdictions)),
        ("days", f"{gap.valid_from or 'start of the record'} to {gap.valid_to or 'no end recorded'}"),
        ("acts", ", ".join(ACT_WORDS[a] for a in gap.acts)),
        ("pictures", "; ".join(IMAGE_WORDS[i] for i in gap.images)),
        ("age band", gap.age_band.said),
    ]
    if gap.contents:
        facts.append(("only where the picture shows", ", ".join(c.replace("_", " ") for c in gap.contents)))
    return text + _facts(facts, gap.knowledge) + _sources(gap.knowledge, records) + _open(gap)


def _power(power: PolicePower, records: RecordSet) -> str:
    text = f'### <a id="{power.id.lower()}"></a>{power.id}\n\n**{power.citation}**\n\n'
    text += (power.text or "Content of the power not recorded.") + "\n\n"
    facts = [("from", str(power.valid_from) if power.valid_from else "first day not recorded")]
    if power.status:
        facts.append(("status", "regulations **not verified**"))
    return text + _facts(facts, power.knowledge) + _sources(power.knowledge, records)


def _facts(facts: list[tuple[str, str]], knowledge: Knowledge) -> str:
    verified = (
        f"{knowledge.verified_on} by {knowledge.verified_by}" if knowledge.verified_by else "**not verified**"
    )
    told = [
        *facts,
        ("rests on", f"{REST_WORDS[knowledge.basis]}; confidence {knowledge.confidence}"),
        ("recorded, verified", f"{knowledge.recorded_on}; {verified}"),
    ]
    return "".join(f"- {name}: {value}\n" for name, value in told)


def _sources(knowledge: Knowledge, records: RecordSet) -> str:
    if not knowledge.sources:
        return "- sources: **none**\n\n"
    return (
        "- sources:\n" + "".join(f"  - {say_source(records.sources[k])}\n" for k in knowledge.sources) + "\n"
    )


def say_source(source: Source) -> str:
    """A source in one line: key, title, kind, day of access, addresses."""
    links = "; ".join(f"<{a}>" if a.startswith("https://") else a for a in source.addresses)
    remark = f"; {source.remark}" if source.remark else ""
    return f"{source.key}, {source.title} ({source.kind.replace('_', ' ')}{remark}), seen {source.accessed_on}: {links}"


def _open(record: ProvisionVersion | Gap) -> str:
    text = ""
    if record.notes:
        text += "Notes:\n\n" + "".join(f"- {note}\n" for note in record.notes) + "\n"
    if record.open_questions:
        asked = "".join(f"- {q.text} (For {q.ask}.)\n" for q in record.open_questions)
        text += f"Open questions:\n\n{asked}\n"
    return text


def _unions(records: RecordSet, home: Jurisdiction) -> str:
    text = ""
    if lines := "".join(_union_lines(records, home, proposed=False)):
        text += f"## Beside it\n\nLaw of a union of states; it never changes an answer above.\n\n{lines}\n"
    if lines := "".join(_union_lines(records, home, proposed=True)):
        text += (
            f"## Proposed, not law\n\nBills and policies of a union of states; they bind nobody.\n\n{lines}\n"
        )
    return text


def _union_lines(records: RecordSet, home: Jurisdiction, *, proposed: bool) -> Iterator[str]:
    for union in records.jurisdictions.values():
        if home.code not in union.members:
            continue
        free = {e.record: e.reason for e in union.exemptions if e.country == home.code}
        for version in records.versions:
            if union.code not in version.jurisdictions or (version.status in PENDING) is not proposed:
                continue
            standing = (
                f"{STATUS_WORDS[version.status]}{_held(version)}; {version.liability.value.replace('_', ' ')}"
            )
            said = f"does not apply here: {free[version.id]}" if version.id in free else standing
            yield f"- [{version.id}]({union.code.lower()}.md#{version.id.lower()}), {version.citation}: {said}\n"
