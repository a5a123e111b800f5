"""A timeline: one lane a kind, one bar or dot a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH, _LEFT, _LANE, _TOP = 900, 130, 30, 34
_SMALLEST = 5
_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Something that lasted: its lane, from when to when, and what it was."""

    lane: str
    begins_at: datetime
    ends_at: datetime
    said: str


def timeline(periods: Sequence[Period], label: str) -> SafeString:
    """The periods in their lanes over one axis of dates."""
    if not periods:
        return SafeString("")
    lanes = list(dict.fromkeys(p.lane for p in periods))
    first, last = min(p.begins_at for p in periods), max(p.ends_at for p in periods)
    span = max(last - first, timedelta(days=1))
    height = _TOP + _LANE * len(lanes) + 8

    def x_of(at: datetime) -> float:
        return _LEFT + (_WIDTH - _LEFT - 20) * ((at - first) / span)

    ticks = [first + span * n / _TICKS for n in range(_TICKS + 1)]
    axis = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text class="soft-text" x="{0}" y="18" '
        'font-size="12" text-anchor="{4}">{3}</text>',
        (
            (f"{x_of(t):.0f}", _TOP - 8, height, _day(t, span), "end" if n == _TICKS else "middle")
            for n, t in enumerate(ticks)
        ),
    )
    names = format_html_join(
        "",
        '<text x="0" y="{}" font-size="13">{}</text>',
        ((_TOP + _LANE * n + 16, lane) for n, lane in enumerate(lanes)),
    )
    bars = format_html_join(
        "",
        '<rect class="k{}" x="{}" y="{}" width="{}" height="14" rx="4"><title>{}</title></rect>',
        (
            (
                lanes.index(p.lane) % 7,
                f"{x_of(p.begins_at):.1f}",
                _TOP + _LANE * lanes.index(p.lane) + 4,
                f"{max(_SMALLEST, x_of(p.ends_at) - x_of(p.begins_at)):.1f}",
                p.said,
            )
            for p in periods
        ),
    )
    return format_html(
        '<svg class="drawing timeline" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        _WIDTH,
        height,
        label,
        axis,
        names,
        bars,
    )


def _day(at: datetime, span: timedelta) -> str:
    at = at.astimezone(UTC)
    return at.strftime("%d %b %Y" if span > timedelta(days=3) else "%d %b %H:%M")
