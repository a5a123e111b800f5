"""The pages over all countries: index, matrix, changelog of the law; and everything that is made."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.law.assessment import Answer
from fairlead.law.changes import find_changes, find_undated
from fairlead.law.coverage import coverage_on, figures_on, newest_day
from fairlead.law.instruments import Instrument, read_instruments
from fairlead.law.load import RecordSet, shipped_folder
from fairlead.law.pages import MADE, NOTICE, cell, render_page, say_source
from fairlead.law.platform_acts import platform_acts
from fairlead.law.timeline_svg import render_timeline
from fairlead.law.words import ACT_WORDS, IMAGE_WORDS, REST_WORDS
from fairlead.terms.law import ImageClass, LawVerdict, LegalAct

_SHORT = {
    LawVerdict.MAY_APPLY: "may apply",
    LawVerdict.GAP_ASSERTED: "gap asserted",
    LawVerdict.UNCLEAR: "unclear",
    LawVerdict.NOT_ASSESSED: "–",
}
_VERDICTS = (
    ("`may_apply`", "a recorded provision, in force on the day and whose words were read, covers the act"),
    ("`gap_asserted`", "somebody is recorded as saying that no provision reaches the act"),
    (
        "`unclear`",
        "covered in part, doubtful, from memory, of low confidence, of unverified commencement, or differing by age",
    ),
    ("`not_assessed`", "nobody has recorded anything that answers it; **not a gap**"),
)


def render_law_pages(records: RecordSet) -> dict[str, str]:
    """Path below docs/ → text, of every page and picture about the law."""
    made = {
        "reference/law/index.md": render_index(records),
        "reference/law/matrix.md": render_matrix(records),
        "reference/law/changelog.md": render_changelog(records),
        "reference/law/international.md": render_instruments(read_instruments(shipped_folder(), []), records),
    }
    for code, home in sorted(records.jurisdictions.items()):
        made[f"reference/law/{code.lower()}.md"] = render_page(records, home)
        made[f"reference/law/{code.lower()}.svg"] = render_timeline(records, home)
    return made


def render_index(records: RecordSet) -> str:
    """What is recorded, what the verdicts mean, and under which acts conduct on a platform is asked."""
    text = MADE + "# Law\n\n" + NOTICE
    text += "The four answers:\n\n| answer | means |\n|---|---|\n"
    text += "".join(f"| {name} | {meaning} |\n" for name, meaning in _VERDICTS)
    text += (
        "\nA period gets one answer for each run of days with the same law. When they differ, the answer over the whole\n"
        "period is `unclear`: it depends on the day. A gap that is stated from memory only gives `unclear`, too.\n"
        "\nSee also: [all countries side by side](matrix.md), [changelog of the law](changelog.md),\n"
        "[international instruments](international.md),\n"
        "[how to review a country's law](../../how-to/review-a-countrys-law.md).\n"
    )
    day = newest_day(records)
    text += f"\nOn {day}: {figures_on(records, day).said}\n"
    text += "\n| country | cells answered | wordings | words read | records | reviewed |\n|---|---|---|---|---|---|\n"
    for code, home in sorted(records.jurisdictions.items()):
        f = figures_on(records, day, home)
        counts = f"{f.answered} of {f.cells} | {f.wordings} | {f.read} | {f.records} | {f.reviewed}"
        text += f"| [{home.name}]({code.lower()}.md) ({code}) | {counts} |\n"
    text += "\n## Conduct on a platform\n\nAsking is not finding.\n\n"
    text += "| act on the platform | asked as | why |\n|---|---|---|\n"
    for act, asked in platform_acts().items():
        acts = ", ".join(ACT_WORDS[a] for a in asked.legal_acts) or "not asked"
        text += f"| {act.replace('_', ' ')} | {acts} | {cell(asked.reason)} |\n"
    return text


def render_matrix(records: RecordSet) -> str:
    """All jurisdictions and acts on the newest recorded day, one table per image class."""
    day = newest_day(records)
    text = MADE + f"# All countries side by side, {day}\n\n" + NOTICE
    text += (
        "For a depicted person under 18 whose age is not known more closely. “–” is `not_assessed`: nobody has recorded\n"
        "an answer, which is **not a gap**. “*” rests on law whose commencement is not verified; “(a)” marks\n"
        "administrative law. For another day: `fairlead law compare`.\n"
    )
    for image in ImageClass:
        text += f"\n## {IMAGE_WORDS[image].capitalize()}\n\n| | " + " | ".join(ACT_WORDS[a] for a in LegalAct)
        text += " |\n|---|" + "---|" * len(LegalAct) + "\n"
        row: list[str] = []
        for covered in coverage_on(records, day, image=image):
            row.append(_cell(covered.answer))
            if len(row) == len(LegalAct):
                home = covered.jurisdiction.split("-")[0].lower()
                text += f"| [{covered.jurisdiction}]({home}.md) | " + " | ".join(row) + " |\n"
                row = []
    return text


def _cell(answer: Answer) -> str:
    star = "*" if answer.unconfirmed else ""
    other = (*answer.provisions, *answer.unconfirmed)
    administrative = " (a)" if other and all(v.liability.value != "criminal" for v in other) else ""
    return _SHORT[answer.verdict] + star + administrative


def render_changelog(records: RecordSet) -> str:
    """Days on which recorded law changes, newest first, and what has no day yet."""
    text = MADE + "# Changelog of the law\n\n" + NOTICE
    text += "Days on which the law changes, as recorded; newest first.\n\n"
    text += "| day | where | record | what |\n|---|---|---|---|\n"
    for change in reversed(find_changes(records)):
        home = change.jurisdictions[0].split("-")[0].lower()
        link = f"[{change.record}]({home}.md#{change.record.lower()})"
        text += f"| {change.on} | {', '.join(change.jurisdictions)} | {link} | {cell(change.what)} |\n"
    text += "\n## Without a day\n\nBills, and law whose first day is not known.\n\n"
    text += "| where | record | what | standing |\n|---|---|---|---|\n"
    for version in find_undated(records):
        home = version.jurisdictions[0].split("-")[0].lower()
        link = f"[{version.id}]({home}.md#{version.id.lower()})"
        standing = version.status.replace("_", " ")
        text += f"| {', '.join(version.jurisdictions)} | {link} | {cell(version.citation)} | {standing} |\n"
    text += "\n## Our record\n\n| day | records added |\n|---|---|\n"
    days = [r.recorded_on for r in (v.knowledge for v in records.versions)]
    days += [gap.knowledge.recorded_on for gap in records.gaps]
    for day in sorted(set(days), reverse=True):
        text += f"| {day} | {days.count(day)} |\n"
    return text


def render_instruments(instruments: Iterable[Instrument], records: RecordSet) -> str:
    """International instruments with what they rest on; they answer no question about an act."""
    text = MADE + "# International instruments\n\n" + NOTICE
    text += (
        "They stand behind national law; none of them answers a question about an act here. Reservations of\n"
    )
    text += "states are not recorded.\n"
    for instrument in instruments:
        text += f"\n## {instrument.instrument}, {instrument.provision}\n\n{instrument.content}\n\n"
        text += f"- note: {instrument.note}\n" if instrument.note else ""
        text += f"- rests on: {REST_WORDS[instrument.basis]}; confidence {instrument.confidence}\n"
        text += f"- recorded: {instrument.recorded_on}; **not verified**\n"
        text += "".join(f"- source: {say_source(records.sources[key])}\n" for key in instrument.sources)
    return text
