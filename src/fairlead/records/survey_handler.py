"""Inside the sandbox: one record file, looked at for what it is and for its first rows."""

from __future__ import annotations

import base64
import importlib
import io
import os
from typing import TypedDict

from fairlead.records.log_formats import LOG_FORMS
from fairlead.records.survey import Surveyed, survey

_SAMPLES = (
    b"CREATE TABLE `t` (`a` int);\nINSERT INTO `t` VALUES (1);\n",
    b'192.0.2.1 - - [22/Nov/2026:12:17:17 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n',
    b"a,b,c\n1,2,3\n4,5,6\n",
    b'[{"a": 1}]',
)


class SurveyJob(TypedDict):
    """Nothing but the file, which is the first descriptor."""


class TableTold(TypedDict):
    """A table; cells in base 64."""

    name: str
    columns: list[str]
    rows: list[list[str | None]]
    total: int


class SurveyTold(TypedDict):
    """What the file is, as in ``survey.Surveyed``."""

    kind: str
    form: str
    said: str
    delimiter: str
    charset: str
    header_column: str
    tables: list[TableTold]


def warm() -> None:
    """Load before the lock what Python would load when it is first asked for."""
    from fairlead.engine.sandbox.warming import load_character_sets
    from fairlead.records.tabular_handler import warm as warm_documents

    load_character_sets()
    warm_documents()
    importlib.import_module("_strptime")  # which datetime loads with the first pattern
    for sample in (*_SAMPLES, *(form.sample for form in LOG_FORMS.all().values())):
        survey(io.BytesIO(sample))


def handle(_: SurveyJob, descriptors: list[int]) -> SurveyTold:
    """What the file is, and its first rows."""
    with os.fdopen(os.dup(descriptors[0]), "rb") as stream:
        stream.seek(0)
        found: Surveyed = survey(stream)
    return {
        "kind": found.kind, "form": found.form, "said": found.said, "delimiter": found.delimiter,
        "charset": found.charset, "header_column": found.header_column,
        "tables": [
            {
                "name": table.name,
                "columns": list(table.columns),
                "rows": [[None if c is None else base64.b64encode(c).decode() for c in row] for row in table.rows],
                "total": table.total,
            }
            for table in found.tables
        ],
    }  # fmt: skip
