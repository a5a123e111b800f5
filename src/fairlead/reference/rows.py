"""The types of rows, made from the declared tables; ``python -m fairlead.reference.rows`` writes them down."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from fairlead import tables
from fairlead.tables import ALL, Table

PLACE = Path(tables.__file__).with_name("rows.py")

_HEAD = '''"""Rows of the tables as types. Made by ``python -m fairlead.reference.rows``. Do not edit.

A key that need not be there stands for a column that may be null: a row without it is written with a null, and a row
that was read has it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict
'''
_PLAIN: tuple[tuple[object, str], ...] = (
    (pa.types.is_string, "str"),
    (pa.types.is_boolean, "bool"),
    (pa.types.is_integer, "int"),
    (pa.types.is_floating, "float"),
    (pa.types.is_decimal, "Decimal"),
    (pa.types.is_timestamp, "datetime"),
    (pa.types.is_date, "date"),
    (pa.types.is_binary, "bytes"),
    (pa.types.is_fixed_size_binary, "bytes"),
)
_ODD = {
    "copies": "copy",
    "accesses": "access",
    "addresses": "address",
    "matches": "match",
    "countries": "country",
}


def render_rows() -> str:
    """The module ``fairlead.tables.rows``."""
    return _HEAD + "".join(f"\n\n{text}" for table in ALL.values() for text in _Types(table).render())


class _Types:
    """The types of one table: its row, and what stands in a row as a struct."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._name = _camel(_single(table.name))
        self._made: dict[str, tuple[pa.DataType, str]] = {}

    def render(self) -> list[str]:
        fields = [(f.name, f.type, not f.nullable) for f in self._table.schema]
        own = self._class(f"{self._name}Row", "", fields, f"One row is {self._table.row}.")
        return [*(text for _, text in self._made.values()), own]

    def _class(self, name: str, within: str, fields: list[tuple[str, pa.DataType, bool]], about: str) -> str:
        lines = [
            f"class {name}(TypedDict):",
            f'    """{about}"""' if len(about) <= 115 else _broken(about),
            "",
        ]
        for field, kind, sure in fields:
            path = f"{within}{field}"
            told = self._type(kind, path)
            there = sure or path in self._table.always
            lines.append(f"    {field}: {told if there else f'NotRequired[{told} | None]'}")
        return "\n".join(lines) + "\n"

    def _type(self, kind: pa.DataType, path: str) -> str:
        if pa.types.is_list(kind):
            return f"list[{self._type(kind.value_type, path)}]"
        if pa.types.is_struct(kind):
            return self._struct(kind, path)
        return next(word for fits, word in _PLAIN if callable(fits) and fits(kind))

    def _struct(self, kind: pa.DataType, path: str) -> str:
        """The name of a struct's type; the same struct in another place of the table is the same type."""
        for name, (made, _) in self._made.items():
            if made == kind:
                return name
        name = self._name + "".join(_camel(_single(part)) for part in path.split("."))
        fields = [(kind.field(n).name, kind.field(n).type, False) for n in range(kind.num_fields)]
        text = self._class(
            name, f"{path}.", fields, f"What stands in ``{path}`` of a row of {self._table.name}."
        )
        self._made[name] = (kind, text)
        return name


def _single(word: str) -> str:
    return _ODD.get(word) or (word if word.endswith("ss") else word.removesuffix("s"))


def _camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("_"))


def _broken(about: str) -> str:
    """A docstring over two lines."""
    at = about.rindex(" ", 0, 108)
    return f'    """{about[:at]}\n    {about[at + 1 :]}\n    """'


if __name__ == "__main__":
    PLACE.write_text(render_rows())
