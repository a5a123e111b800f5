"""The page of readers: every format at every door, made from what is registered."""

from __future__ import annotations

from fairlead.engine.doors import GROUP
from fairlead.known.lists import HASH_LISTS
from fairlead.records.log_formats import LOG_FORMS
from fairlead.records.payment_forms import PAYMENT_FORMS
from fairlead.records.preset import PRESETS

_DOORS = (
    ("Hash lists", "`fairlead known import --format NAME`", HASH_LISTS),
    ("Payments", '`format = "NAME"` of a source of kind `payments`', PAYMENT_FORMS),
    ("Presets", '`preset = "NAME"` of a source of the kind that it is for', PRESETS),
    ("Access logs", '`format = "NAME"` of a source of kind `access_log`', LOG_FORMS),
)


def render_readers() -> str:
    """Every registered reader by door, and how another package brings one."""
    lines = [
        "# Readers",
        "",
        "Formats register themselves. Another package brings its own through the entry-point group",
        f"`{GROUP}`; `examples/readers` is such a package, to copy.",
    ]
    for title, asked_with, door in _DOORS:
        lines += [
            "",
            f"## {title}",
            "",
            f"Asked for with {asked_with}.",
            "",
            "| name | reads | published at |",
        ]
        lines.append("|---|---|---|")
        lines += [
            f"| {reader.name} | {reader.about} | {getattr(reader, 'origin', '') or '-'} |"
            for reader in door.all().values()
        ]
    return "\n".join(lines) + "\n"
