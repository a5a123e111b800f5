"""Graphs of a person: its links to records, and the household beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fairlead.attribution.explain import LinkExplained
from fairlead.case.persons.person_file import HouseholdTie

_WIDTH, _HEIGHT = 900, 430
_RINGS = (105, 185)
_SHOWN_OUTSIDE = 24


def link_graph(members: Sequence[str], links: Sequence[LinkExplained]) -> SafeString:
    """Members on an inner ring, other records on an outer one; a link's line says what was decided."""
    outside = sorted({end for link in links for end in (link.left, link.right)} - set(members))
    outside = outside[:_SHOWN_OUTSIDE]
    places = _ring(sorted(members), _RINGS[0] if len(members) > 1 else 0, 1.35) | _ring(
        outside, _RINGS[1], 1.9
    )
    lines = []
    for link in links:
        if link.left in places and link.right in places:
            (x1, y1), (x2, y2) = places[link.left], places[link.right]
            width = max(1.2, min(6.0, abs(link.weight_bits) / 5))
            said = f"{link.left} – {link.right}: {link.decision}, {link.weight_bits:.1f} bits"
            lines.append(
                (
                    link.decision,
                    f"{x1:.0f}",
                    f"{y1:.0f}",
                    f"{x2:.0f}",
                    f"{y2:.0f}",
                    f"{width:.1f}",
                    said,
                )
            )
    nodes = [_node(record, x, y, name=record, inside=record in members) for record, (x, y) in places.items()]
    return _drawing(_("Links between records; the table below says the same"), lines, nodes)


def household_graph(person: str, ties: Sequence[HouseholdTie]) -> SafeString:
    """The person in the middle, those who share something with it around; a dotted line is a refused link."""
    places = {person: (_WIDTH / 2, _HEIGHT / 2 - 8)} | _ring([tie.person for tie in ties], _RINGS[0], 1.9)
    lines = []
    nodes = [_node(person, *places[person], name=person, inside=True)]
    for tie in ties:
        (x1, y1), (x2, y2) = places[person], places[tie.person]
        decided = "refused" if tie.rules else "noted"
        line = (decided, f"{x1:.0f}", f"{y1:.0f}", f"{x2:.0f}", f"{y2:.0f}", f"{1 + len(tie.shares):.1f}")
        lines.append((*line, f"{tie.person}: {', '.join(tie.shares)}"))
        nodes.append(_node(tie.person, x2, y2, name=tie.name or tie.person, inside=False))
    return _drawing(_("Household; the table below says the same"), lines, nodes)


_Node = tuple[str, str, int, int, str, str, str, str]
_Line = tuple[str, str, str, str, str, str, str]


def _node(key: str, x: float, y: float, *, name: str, inside: bool) -> _Node:
    below = f"{y + (30 if inside else 24):.0f}"
    return f"{x:.0f}", f"{y:.0f}", 13 if inside else 9, 0 if inside else 5, key, f"{x:.0f}", below, name


def _drawing(label: str, lines: Sequence[_Line], nodes: Sequence[_Node]) -> SafeString:
    return format_html(
        '<svg class="drawing" viewBox="0 0 {} {}" role="img" aria-label="{}" data-pan>{}{}</svg>',
        _WIDTH,
        _HEIGHT,
        label,
        format_html_join(
            "",
            '<line class="edge {}" x1="{}" y1="{}" x2="{}" y2="{}" stroke-width="{}"><title>{}</title></line>',
            lines,
        ),
        format_html_join(
            "",
            '<circle class="node k{3}" cx="{0}" cy="{1}" r="{2}"><title>{4}</title></circle>'
            '<text x="{5}" y="{6}" font-size="13" text-anchor="middle">{7}</text>',
            nodes,
        ),
    )


def _ring(records: Sequence[str], radius: float, stretch: float) -> dict[str, tuple[float, float]]:
    """Places on an ellipse around the middle, the first one on top."""
    placed = {}
    for number, record in enumerate(records):
        angle = 2 * math.pi * number / max(1, len(records)) - math.pi / 2
        placed[record] = (
            _WIDTH / 2 + stretch * radius * math.cos(angle),
            _HEIGHT / 2 - 8 + radius * math.sin(angle),
        )
    return placed
