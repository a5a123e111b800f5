"""The participating countries as tiles, roughly where they lie; the table beside them says the same."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

_SIDE = 58
_PLACES = {
    "IS": (0, 0), "NO": (3, 0), "SE": (4, 0), "FI": (5, 0),
    "GB": (1, 1), "NL": (2, 1), "DK": (3, 1), "PL": (5, 1),
    "BE": (2, 2), "DE": (3, 2), "CZ": (4, 2), "HU": (5, 2),
    "FR": (2, 3), "CH": (3, 3), "AT": (4, 3), "BA": (5, 3),
    "ES": (1, 4), "AU": (7, 3), "NZ": (8, 4),
}  # fmt: skip


def country_tiles(progress: Sequence[tuple[str, int]]) -> SafeString:
    """Tiles with a country's code and a shade from 0 (nothing reported) to 3 (something was done)."""
    words = (_("nothing reported"), _("preparing"), _("teams ready"), _("under way or done"))
    drawn = []
    spare = 0
    for code, level in progress:
        column, row = _PLACES.get(code, (spare, 5))
        spare += code not in _PLACES
        x, y = column * (_SIDE + 4), row * (_SIDE + 4)
        drawn.append(
            (level, x, y, _SIDE, f"{code}: {words[level]}", x + _SIDE // 2, y + 27, code, y + 44, "●" * level)
        )
    return format_html(
        '<svg class="drawing" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        9 * (_SIDE + 4),
        (5 if not spare else 6) * (_SIDE + 4),
        _("Countries by progress; the table below says the same"),
        format_html_join(
            "",
            '<g><rect class="tile tile-{0}" x="{1}" y="{2}" width="{3}" height="{3}" rx="6"><title>{4}</title></rect>'
            '<text x="{5}" y="{6}" text-anchor="middle" font-size="17" font-weight="700">{7}</text>'
            '<text x="{5}" y="{8}" text-anchor="middle" font-size="11" class="soft-text">{9}</text></g>',
            drawn,
        ),
    )
