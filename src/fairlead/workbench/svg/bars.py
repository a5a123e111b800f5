"""One bar split into parts."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH, _HEIGHT = 1000, 26


def split_bar(parts: Sequence[tuple[str, int]], label: str) -> SafeString:
    """A bar whose parts are as long as their counts; named by ``label`` for those who cannot see it."""
    total = sum(count for _, count in parts) or 1
    x, drawn = 0.0, []
    for number, (name, count) in enumerate(parts):
        width = _WIDTH * count / total
        if count:
            drawn.append((f"{x:.1f}", f"{max(0.0, width - 2):.1f}", _HEIGHT, number, f"{name}: {count}"))
        x += width
    rects = format_html_join(
        "",
        '<rect x="{}" y="0" width="{}" height="{}" class="k{}"><title>{}</title></rect>',
        drawn,
    )
    return format_html(
        '<svg class="drawing" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        _WIDTH,
        _HEIGHT,
        label,
        rects,
    )


def legend(parts: Sequence[tuple[str, int]]) -> SafeString:
    """The legend of a bar, with the counts."""
    rows = (
        (n, name, f"{count:,}", f"{100 * count / (sum(c for _, c in parts) or 1):.0f}")
        for n, (name, count) in enumerate(parts)
    )
    return format_html(
        '<ul class="legend">{}</ul>',
        format_html_join(
            "",
            '<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" class="k{}"/></svg> '
            "{} <strong>{}</strong> <span>({} %)</span></li>",
            rows,
        ),
    )
