"""Reference pages that are made from the program itself, so that they cannot differ from it."""

from __future__ import annotations

from fairlead.law.index_pages import render_law_pages
from fairlead.law.load import load_records
from fairlead.leads.document import lead_schema
from fairlead.reference.error_pages import find_errors
from fairlead.reference.mapping import render_mapping
from fairlead.reference.readers import render_readers
from fairlead.reference.verbs import render_verbs
from fairlead.register.actions import MAY, Role
from fairlead.tables import ALL
from fairlead.terms.glossary import GLOSSARY

_MADE = "<!-- Made by `fairlead docs build`. Do not edit. -->\n\n"


def render_documents() -> dict[str, str]:
    """Path below docs/ → text, of every page that is made."""
    return {
        "reference/glossary.md": render_glossary(),
        "reference/errors.md": render_errors(),
        "reference/roles.md": render_roles(),
        "reference/verbs.md": _MADE + render_verbs(),
        "reference/readers.md": _MADE + render_readers(),
        "reference/mapping.md": _MADE + render_mapping(),
        "reference/tables.md": render_tables(),
        "reference/lead.schema.json": lead_schema(),
        **render_law_pages(load_records()),
    }


def render_glossary() -> str:
    """The glossary page."""
    lines = [f"**{word}**\n: {meaning}\n" for word, meaning in sorted(GLOSSARY.items())]
    return _MADE + "# Glossary\n\nThe words of the field as Fairlead uses them.\n\n" + "\n".join(lines)


def render_errors() -> str:
    """The page of all errors."""
    text = (
        _MADE
        + "# Errors\n\nEvery error has a code, says what happened and what to do. Exit codes: 1 findings, "
    )
    text += "2 stopped, 64 wrong usage.\n\n| code | for example | what to do |\n|---|---|---|\n"
    for code, (fact, remedy) in find_errors().items():
        text += f"| {code} | {_cell(fact)} | {_cell(remedy) or 'As the message says.'} |\n"
    return text


def render_roles() -> str:
    """The page of roles and what each may do."""
    text = (
        _MADE
        + "# Roles\n\nA person sees and does what a grant allows: for one operation, one country or the whole.\n\n"
    )
    text += "| role | may |\n|---|---|\n"
    for role in Role:
        may = (
            ", ".join(sorted(action.value.replace("_", " ") for action in MAY[role]))
            or "see released figures only"
        )
        text += f"| {role.value.replace('_', ' ')} | {may} |\n"
    return text


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def render_tables() -> str:
    """The page of all tables."""
    text = (
        _MADE
        + "# Tables\n\nEvery table of an operation: Parquet parts in `operations/<slug>/tables/<table>/`.\n"
    )
    for table in ALL.values():
        text += f"\n## {table.name}\n\nOne row is {table.row}. Key: {', '.join(table.key)}. "
        text += f"Written by `{table.written_by}`.\n\n"
        text += "| column | type | meaning |\n|---|---|---|\n"
        for column in table.columns:
            text += f"| {column.name} | {_short(str(column.type))} | {column.meaning} |\n"
    return text


def _short(kind: str) -> str:
    return kind.replace("|", "\\|") if len(kind) < 40 else "list of structs"
