"""Template tags: the navigation, and how a value looks in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from fairlead.terms.countries import PARTICIPANTS
from fairlead.workbench.navigation import Group, groups_for
from fairlead.workbench.wording import word

register = template.Library()

_TONES = {
    "attributed": "good", "probable": "calm", "possible": "warn", "unresolved": "",
    "joined": "good", "refused": "bad", "noted": "calm",
    "exact": "calm", "near": "calm", "known_benign": "good", "machine_made": "calm", "for_people": "warn",
    "accepted": "good", "opened": "good", "waiting": "warn", "sent": "calm", "released": "good",
    "current": "good", "changed since": "warn", "never sent": "warn", "held": "bad", "withdrawn": "",
    "may_apply": "calm", "gap_asserted": "warn", "unclear": "warn", "not_assessed": "",
    "live": "", "deleted": "warn", "read": "good", "done": "good", "failed": "bad", "running": "calm",
    "same": "good", "different": "bad", "unsure": "warn",
}  # fmt: skip


@register.simple_tag(takes_context=True)
def navigation(context: Mapping[str, Any]) -> list[Group]:
    """The navigation for the one who asks, on the page they are at."""
    return groups_for(context["desk"], context["request"].path)


@register.filter
def words(value: object) -> str:
    """An enumerated value as words, in the reader's language."""
    return word(value)


@register.filter
def tag(value: object) -> SafeString | str:
    """A state as a coloured label; the word is always there."""
    if value in (None, ""):
        return ""
    return format_html('<span class="tag {}">{}</span>', _TONES.get(str(value), ""), words(value))


@register.filter
def when(value: object) -> str:
    """A time in UTC, to the minute."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else ""


@register.filter
def country_name(code: str | None) -> str:
    """A country's name in the reader's language."""
    return word(PARTICIPANTS.get(code or "", code or ""))


@register.filter
def short(value: object) -> str:
    """The first twelve characters of a long id."""
    text = str(value or "")
    return text if len(text) <= 13 else text[:12] + "…"


@register.filter
def get(row: Mapping[str, object], name: str) -> Any:
    """A value of a row by name."""
    return row.get(name)


@register.filter
def listed(values: list[Any] | None) -> SafeString | str:
    """A short list as labels."""
    return format_html_join(" ", '<span class="tag">{}</span>', ((words(v),) for v in values or ()))


@register.simple_tag
def cell(row: Mapping[str, object], column: Any) -> SafeString | str:
    """A table cell's content as its column wants it."""
    value = row.get(column.name)
    shown: SafeString | str
    match column.kind:
        case "tag":
            shown = tag(value)
        case "time":
            shown = when(value)
        case "id":
            shown = format_html("<code>{}</code>", short(value)) if value else ""
        case "list":
            shown = listed(value)
        case "country":
            shown = (
                format_html("{} <span class='soft'>{}</span>", value, country_name(value)) if value else "—"
            )
        case "number":
            shown = f"{value:,}" if value is not None else ""
        case _:
            shown = words(value) if value is not None else ""
    if column.link and row.get("url"):
        return format_html('<a href="{}">{}</a>', row["url"], shown or value)
    return shown


@register.filter
def clock(seconds: int) -> str:
    """Seconds as hours, minutes, seconds."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@register.filter
def there(value: datetime | None, form: str) -> str:
    """A time by the clock of its own place; Django's own filter would turn it into UTC."""
    return date_format(value.replace(tzinfo=None), form) if value is not None else ""
