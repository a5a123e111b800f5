"""The review form as a workbook: written with every field of every record, and read back in the sandbox."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from fairlead.law.corrections import COLUMNS, FormLine
from fairlead.records.documents import read_document
from fairlead.records.tabular import NamedRow
from fairlead.terms.errors import UsageError

_WIDTHS = (22, 26, 60, 10, 60, 40, 20)
_LONGEST_CELL = 32_000  # a cell of a workbook holds 32,767 characters


def write_workbook(lines: Iterable[FormLine], file: Path) -> None:
    """One line for each field; the three columns for the reviewer are tinted. A cell is text, never a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill

    fill = PatternFill("solid", start_color="FFF7E0")
    book = Workbook()
    sheet = book.active
    sheet.title = "Review"
    sheet.append(list(COLUMNS))
    for line in lines:
        values = [getattr(line, column)[:_LONGEST_CELL] for column in COLUMNS]
        sheet.append(values)
        for number, cell in enumerate(sheet[sheet.max_row]):
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if 3 <= number <= 5:
                cell.fill = fill
    for cell, width in zip(sheet[1], _WIDTHS, strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = "D2"
    held = io.BytesIO()
    book.save(held)
    file.write_bytes(held.getvalue())


def read_workbook(file: Path) -> list[FormLine]:
    """The lines of a filled-in workbook; UsageError for a file that is not one."""
    lines = []
    with file.open("rb") as stream:
        for item in read_document(stream, "xlsx"):
            if isinstance(item, NamedRow):
                told = {name: (item.values.get(name) or b"").decode("utf-8", "replace") for name in COLUMNS}
                lines.append(FormLine(**told))
    if not any(line.state for line in lines):
        raise UsageError(
            f"{file.name} is no review form",
            "Give the workbook that `fairlead law review form … --to FILE.xlsx` wrote, filled in.",
            code="LAW-FORM",
        )
    return lines
