"""The law of a country as a picture: one bar per wording, from the first recorded day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape

from fairlead.law.load import RecordSet
from fairlead.law.record import PENDING, Gap, Jurisdiction, ProvisionVersion
from fairlead.law.timeline import is_capped
from fairlead.terms.law import ProvisionStatus

_LEFT, _RIGHT, _WIDTH = 250, 20, 900
_TOP, _ROW, _HEAD = 84, 24, 26
_STYLE = """text{font:12px 'DejaVu Sans',Verdana,sans-serif;fill:#1b1b1b}.t{font-size:15px;font-weight:bold}
.g{font-weight:bold}.a{stroke:#c9c9c9}.s{font-size:11px}.held{fill:#1f5f8b}.past{fill:#8fb3cc}
.open{fill:url(#hatch);stroke:#8a4b00}.gap{fill:#fff;stroke:#7a1f1f;stroke-width:2}.memo{
fill:#e3edf3;stroke:#1f5f8b;stroke-dasharray:2 3}
.hole{fill:#fff;stroke:#7a1f1f;stroke-dasharray:2 3}"""
_HATCH = """<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="7" height="7" fill="#fff3e0"/><line x1="0" y1="0" x2="0" y2="7" stroke="#8a4b00" stroke-width="2"/></pattern>"""
_MEMORY = ", from memory, second-hand or with low confidence"
_WORDS = {
    "held": "in force",
    "past": "earlier wording",
    "memo": "in force" + _MEMORY,
    "open": "enacted, commencement not verified",
    "gap": "gap asserted",
    "hole": "gap" + _MEMORY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: whose it is, which days, how it is drawn, and what it says."""

    jurisdictions: str
    record: str
    start: date
    end: date | None
    kind: str

    @property
    def words(self) -> str:
        """What the way it is drawn means."""
        return _WORDS[self.kind]


def find_bars(records: RecordSet, home: Jurisdiction) -> list[Bar]:
    """Bars of a country, grouped by the place they hold for; bills have no day and no bar."""
    bars = []
    listed: tuple[ProvisionVersion | Gap, ...] = (*records.versions, *records.gaps)
    for record in listed:
        if record.jurisdictions[0].split("-")[0] != home.code or record.knowledge.superseded_on is not None:
            continue
        capped = is_capped(record, records.sources)
        bar = (
            _of_gap(record, home, capped=capped)
            if isinstance(record, Gap)
            else _of_version(record, home, capped=capped)
        )
        if bar is not None and record.acts:
            bars.append(bar)
    order = {place: number for number, place in enumerate(dict.fromkeys(b.jurisdictions for b in bars))}
    return sorted(bars, key=lambda b: order[b.jurisdictions])


def _of_gap(gap: Gap, home: Jurisdiction, *, capped: bool) -> Bar:
    return Bar(
        jurisdictions=", ".join(gap.jurisdictions),
        record=gap.id,
        start=max(gap.valid_from or home.history_from, home.history_from),
        end=gap.valid_to,
        kind="hole" if capped else "gap",
    )


def _of_version(version: ProvisionVersion, home: Jurisdiction, *, capped: bool) -> Bar | None:
    start = version.valid_from or version.enacted_on
    if version.status in PENDING or (start is None and not version.from_unknown):
        return None
    match version.status:
        case ProvisionStatus.IN_FORCE:
            kind = "memo" if capped else "held"
        case ProvisionStatus.REPEALED:
            kind = "past"
        case _:
            kind = "open"
    return Bar(
        jurisdictions=", ".join(version.jurisdictions),
        record=version.id,
        start=max(start or home.history_from, home.history_from),
        end=version.valid_to,
        kind=kind,
    )


def render_timeline(records: RecordSet, home: Jurisdiction) -> str:
    """The picture as SVG text with title and description; its table twin is on the page."""
    bars = find_bars(records, home)
    days = [home.history_from, *(b.start for b in bars), *(b.end for b in bars if b.end)]
    last = date(max(max(days).year + 1, home.history_from.year + 3), 1, 1)
    scale = _Scale(home.history_from, last)
    groups = list(dict.fromkeys(bar.jurisdictions for bar in bars))
    height = _TOP + _ROW * len(bars) + _HEAD * len(groups) + 24
    title = f"Law of {home.name} as recorded, from {home.history_from}"
    described = ". ".join(_in_words(bar) for bar in bars) or "No dated record"
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(described)}.</desc>',
        f"<style>{_STYLE}</style><defs>{_HATCH}</defs>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="t" x="10" y="20">{escape(title)}</text>',
        *_legend(),
        *scale.axis(height),
    ]
    y = _TOP
    for group in groups:
        lines.append(f'<text class="g" x="10" y="{y + 17}">{escape(group)}</text>')
        y += _HEAD
        for bar in (b for b in bars if b.jurisdictions == group):
            lines += _drawn(bar, scale, y)
            y += _ROW
    return "\n".join([*lines, "</svg>"]) + "\n"


class _Scale:
    """Days to pixels."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        self._per_day = (_WIDTH - _LEFT - _RIGHT) / (last - first).days

    def x(self, day: date) -> float:
        return round(_LEFT + (min(day, self.last) - self.first).days * self._per_day, 1)

    def axis(self, height: int) -> list[str]:
        lines = []
        for year in range(self.first.year, self.last.year + 1):
            x = self.x(max(date(year, 1, 1), self.first))
            lines.append(f'<line class="a" x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height - 10}"/>')
            if year < self.last.year:
                lines.append(f'<text class="s" x="{x + 3}" y="{_TOP - 2}">{year}</text>')
        return lines


def _legend() -> list[str]:
    lines = []
    for number, (kind, words) in enumerate(_WORDS.items()):
        x, y = 10 + 300 * (number % 3), 32 + 18 * (number // 3)
        lines.append(f'<rect class="{kind}" x="{x}" y="{y}" width="18" height="11"/>')
        lines.append(f'<text class="s" x="{x + 24}" y="{y + 10}">{words}</text>')
    return lines


def _drawn(bar: Bar, scale: _Scale, y: int) -> list[str]:
    x = scale.x(bar.start)
    width = round(max(scale.x(bar.end or scale.last) - x, 2), 1)
    box = f'class="{bar.kind}" x="{x}" y="{y + 4}" width="{width}" height="14"'
    return [
        f'<text class="s" x="22" y="{y + 14}">{escape(bar.record)}</text>',
        f"<rect {box}><title>{escape(_in_words(bar))}</title></rect>",
    ]


def _in_words(bar: Bar) -> str:
    until = f"to {bar.end}" if bar.end else "with no end recorded"
    return f"{bar.record} ({bar.jurisdictions}): {bar.words}, shown from {bar.start} {until}"
