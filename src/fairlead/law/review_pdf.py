"""The review form as PDF, to be filled in by hand; nothing is fetched, fonts come with the wheel."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files

from fairlead.engine.printing import PDF_A, print_pdf
from fairlead.law.coverage import newest_day
from fairlead.law.load import LawFolder
from fairlead.law.review import NOTICE, find_form_records


def render_form_pdf(folder: LawFolder, home: str) -> bytes:
    """The form of a country as a tagged PDF (PDF/A-2a); the same records give the same bytes."""
    form = {
        "name": folder.records.jurisdictions[home].name,
        "code": home,
        "notice": NOTICE,
        "made_on": newest_day(folder.records).isoformat(),
        "records": [asdict(record) for record in find_form_records(folder, home)],
    }
    template = (files("fairlead.law") / "templates" / "review.typ").read_bytes()
    return print_pdf(template, {"form": json.dumps(form, ensure_ascii=False)}, standards=PDF_A)
