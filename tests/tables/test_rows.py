"""Types of rows are equal to the declared tables, and say what stands in the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from fairlead.leads import body
from fairlead.leads.document import EvidenceItem, LeadDocument, RelatedPerson, StatementDocument
from fairlead.reference.rows import PLACE, render_rows
from fairlead.tables import ALL, Table
from tests.tables.absent import absent_in


def test_types_of_rows_are_those_of_the_declared_tables() -> None:
    assert PLACE.read_text() == render_rows(), "run `python -m fairlead.reference.rows`"


def fields(kind: pa.DataType, path: str) -> Iterator[str]:
    if pa.types.is_list(kind):
        yield from fields(kind.value_type, path)
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            inner = kind.field(number)
            yield f"{path}.{inner.name}"
            yield from fields(inner.type, f"{path}.{inner.name}")


@pytest.mark.parametrize("table", ALL.values(), ids=list(ALL))
def test_what_a_table_says_is_always_there_is_one_of_its_columns(table: Table) -> None:
    columns = {column.name for column in table.columns}
    columns |= {path for column in table.columns for path in fields(column.type, column.name)}
    assert set(table.always) <= columns - set(table.key)


def test_a_null_inside_a_list_of_structs_is_seen() -> None:
    rows = pa.table(
        {"person": ["p"], "countries": [[{"country": None, "grade": "probable"}]]},
        schema=pa.schema(
            [("person", pa.string()), ("countries", ALL["persons"].schema.field("countries").type)]
        ),
    )
    assert "countries.country" in absent_in(ALL["persons"], rows)


@pytest.mark.parametrize(
    ("kept", "published"),
    [
        (body.LeadBody, LeadDocument),
        (body.StatementBody, StatementDocument),
        (body.EvidenceBody, EvidenceItem),
        (body.RelatedBody, RelatedPerson),
    ],
)
def test_a_lead_as_it_is_kept_has_the_fields_of_the_published_one(kept: type, published: type) -> None:
    assert set(kept.__annotations__) == set(published.model_fields)
