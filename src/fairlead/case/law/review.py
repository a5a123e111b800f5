"""Review forms of the recorded law: written for a lawyer, and read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fairlead.case.law.workbook import read_workbook, write_workbook
from fairlead.law.cases import CaseChanged, changed_cases
from fairlead.law.corrections import Corrected, correct_records, form_lines
from fairlead.law.load import LawFolder, read_folder
from fairlead.law.review import ReviewImported, import_review, render_form
from fairlead.law.review_pdf import render_form_pdf
from fairlead.terms.errors import UsageError


def _sound(folder: Path, over: Path | None = None) -> LawFolder:
    read = read_folder(folder, over)
    if read.findings:
        raise UsageError(
            f"the law file {read.findings[0].file} has a fault: {read.findings[0].message}",
            "Run `fairlead law check` and correct what it names first.",
            code="LAW-FOLDER",
        )
    return read


def write_form(folder: Path, code: str, file: Path | None, over: Path | None = None) -> str | None:
    """The form of a country as Markdown, returned, or written to ``file``; .pdf gives a PDF, .xlsx a workbook.

    ``over`` is an agency's own folder, laid over the other.
    """
    read = _sound(folder, over)
    home = read.records.home_of(code)
    if home is None:
        raise UsageError(
            f"no law is recorded for {code}",
            "Copy the folder zz to begin a country; docs/how-to/review-a-countrys-law.md says how.",
            code="USAGE-JURISDICTION",
        )
    if file is not None and file.suffix.lower() == ".xlsx":
        write_workbook(form_lines(read, home.code), file)
        return None
    if file is not None and file.suffix.lower() == ".pdf":
        file.write_bytes(render_form_pdf(read, home.code))
        return None
    form = render_form(read, home.code)
    if file is None:
        return form
    file.write_text(form, "utf-8")
    return None


def import_review_file(folder: Path, file: Path, *, today: date) -> ReviewImported:
    """Mark the records ticked in a filled-in form as verified, and nothing else."""
    try:
        form = file.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise UsageError(
            f"{file.name} is not text",
            "Give the Markdown form; a PDF form has to be carried over by hand.",
            code="LAW-FORM",
        ) from problem
    return import_review(folder, _sound(folder), form, today=today)


def import_workbook(folder: Path, file: Path, *, today: date) -> Corrected:
    """Take a filled-in workbook over into a folder of law files: corrections, reviews and worked examples."""
    done = correct_records(folder, None, read_workbook(file), today=today, vouched="")
    for name, text in done.files.items():
        (folder / name).write_text(text, "utf-8")
    return done


def accept_cases(folder: Path, *, write: bool) -> list[CaseChanged]:
    """Worked examples whose answer changed with the records; a person who has read the list may write them."""
    changes, texts = changed_cases(_sound(folder))
    if write:
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
    return changes
