"""Lists: filters, a search field, pages, and the same rows as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.lists.browse import PAGE_ROWS, Answer, Question, browse, browse_all
from fairlead.case.lists.listed import Listed
from fairlead.register import browse as register_rows
from fairlead.terms.custody import Operation
from fairlead.terms.spreadsheet import inert
from fairlead.workbench.desk import Desk

Rows = Sequence[Mapping[str, object]]
"""Rows of any list: a face of it shows those of its columns that the list names."""

R = TypeVar("R", bound=Mapping[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for: filters, words, page, format. Names that the list does not have are dropped."""

    filters: dict[str, str]
    search: str
    page: int
    format: str

    @classmethod
    def of(cls, request: HttpRequest, listing: Listed) -> Asked:
        """Read an address."""
        page = request.GET.get("page", "1")
        return cls(
            filters={name: value for name in listing.facets if (value := request.GET.get(name, ""))},
            search=request.GET.get("q", "").strip()[:200],
            page=int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
            format=request.GET.get("format", "html"),
        )


def list_tables(
    request: HttpRequest,
    desk: Desk,
    listing: Listed,
    *,
    link: Callable[[Mapping[str, object]], str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> HttpResponseBase:
    """A list over the operation's tables; what it can be filtered by is the view's to say."""
    if listing.view is None:
        raise TypeError(f"rows of the list {listing.name} come from no view")
    asked = Asked.of(request, listing)
    question = Question(view=listing.view, filters=asked.filters, search=asked.search, digest=listing.digest)
    if asked.format in ("csv", "json"):
        total, rows = browse_all(desk.session, question)
        return export(desk, listing, asked.format, rows, total)
    answer = browse(desk.session, question, page=asked.page)
    return _page(request, listing, asked, answer, _urls(answer.rows, link), extra)


def list_register(
    request: HttpRequest,
    desk: Desk,
    listing: Listed,
    find: Callable[[register_rows.Asked], register_rows.Found],
    *,
    link: Callable[[Mapping[str, object]], str] | None = None,
) -> HttpResponseBase:
    """A list over rows of the register, filtered and paged by the database."""
    asked = Asked.of(request, listing)
    if asked.format in ("csv", "json"):
        found = find(register_rows.Asked(filters=asked.filters, search=asked.search))
        return export(desk, listing, asked.format, found.rows, found.total)
    page = max(1, asked.page)
    found = find(
        register_rows.Asked(
            filters=asked.filters, search=asked.search, start=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS
        )
    )
    answer = Answer(rows=found.rows, total=found.total, page=page, facets=found.facets)
    return _page(request, listing, asked, answer, _urls(found.rows, link), None)


def list_rows(
    request: HttpRequest,
    desk: Desk,
    listing: Listed,
    rows: Sequence[R],
    *,
    link: Callable[[R], str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> HttpResponseBase:
    """A list of rows that are few: one a country or an exhibit."""
    asked = Asked.of(request, listing)
    kept = [row for row in rows if _fits(row, asked, listing)]
    if asked.format in ("csv", "json"):
        return export(desk, listing, asked.format, kept, len(kept))
    facets = {name: _count(rows, name) for name in listing.facets}
    start = (max(1, asked.page) - 1) * PAGE_ROWS
    shown = kept[start : start + PAGE_ROWS]
    answer = Answer(rows=shown, total=len(kept), page=max(1, asked.page), facets=facets)
    return _page(request, listing, asked, answer, _urls(shown, link), extra)


def _urls(rows: Sequence[R], link: Callable[[R], str] | None) -> list[str] | None:
    return None if link is None else [link(row) for row in rows]


def _fits(row: Mapping[str, object], asked: Asked, listing: Listed) -> bool:
    if any(str(row.get(name)) != value for name, value in asked.filters.items()):
        return False
    wanted = asked.search.lower()
    return not wanted or any(wanted in str(row.get(name, "")).lower() for name in listing.searched)


def _count(rows: Rows, name: str) -> list[tuple[str, int]]:
    values = [str(row[name]) for row in rows if row.get(name) not in (None, "")]
    return sorted(((v, values.count(v)) for v in dict.fromkeys(values)), key=lambda pair: (-pair[1], pair[0]))


def _page(
    request: HttpRequest,
    listing: Listed,
    asked: Asked,
    answer: Answer,
    urls: Sequence[str] | None,
    extra: Mapping[str, object] | None,
) -> HttpResponse:
    """The page; ``urls`` are those of the rows' own pages."""
    rows = [{**row, "url": url} for row, url in zip(answer.rows, urls or repeat(None), strict=False)]
    query = request.GET.copy()
    for name in ("page", "format"):
        query.pop(name, None)
    context = {
        "listing": listing,
        "columns": [(column, _(column.label)) for column in listing.on_page],
        "lead_in": _(listing.lead_in) if listing.lead_in else "",
        "empty": _(listing.empty) if listing.empty else "",
        "rows": rows,
        "answer": answer,
        "asked": asked,
        "facets": [
            (name, _facet_label(listing, name), asked.filters.get(name, ""), values)
            for name, values in answer.facets.items()
        ],
        "query": query.urlencode(),
        "first": (answer.page - 1) * PAGE_ROWS + 1,
        "last": min(answer.total, answer.page * PAGE_ROWS),
        "title": _(listing.title),
        **(extra or {}),
    }
    return TemplateResponse(request, "workbench/list.html", context)


def _facet_label(listing: Listed, name: str) -> str:
    return _(listing.labels[name]) if name in listing.labels else name.replace("_", " ")


def twin(
    request: HttpRequest, desk: Desk, name: str, columns: tuple[str, ...], rows: Rows
) -> HttpResponseBase | None:
    """The rows of a page that is no plain list, as CSV or JSON when the address asks for it; None when it does not."""
    form = request.GET.get("format", "html")
    return _export(desk, name, columns, form, rows, len(rows)) if form in ("csv", "json") else None


def listed_twin(request: HttpRequest, desk: Desk, listing: Listed, rows: Rows) -> HttpResponseBase | None:
    """The same for a page that shows a declared list in its own way."""
    return twin(request, desk, listing.name, tuple(c.name for c in listing.on_page), rows)


def export(
    desk: Desk, listing: Listed, form: str, rows: Iterable[Mapping[str, object]], total: int
) -> HttpResponseBase:
    """The rows as a file, noted in the ledger: what leaves the screen leaves a trace. ``form`` is csv or json."""
    return _export(desk, listing.name, tuple(c.name for c in listing.on_page), form, rows, total)


def _export(
    desk: Desk,
    name: str,
    columns: tuple[str, ...],
    form: str,
    rows: Iterable[Mapping[str, object]],
    total: int,
) -> HttpResponseBase:
    names = list(columns)
    desk.session.record(
        Operation.CONSULTATION,
        "list.export",
        (name, form),
        "list taken from the workbench",
        facts={"rows": total},
    )
    if form == "json":
        return StreamingHttpResponse(_json(name, names, rows), content_type="application/json")
    answer = StreamingHttpResponse(_csv(names, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _json(name: str, names: list[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield f'{{"list": {json.dumps(name)}, "rows": ['
    before = ""
    for row in rows:
        kept = {column: row.get(column) for column in names}
        yield before + json.dumps(kept, default=_plain, ensure_ascii=False)
        before = ",\n"
    yield "]}"


def _csv(names: list[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_safe(row.get(name)) for name in names])
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _safe(value: Any) -> object:
    """A value for CSV that no spreadsheet runs as a formula; a list is one cell."""
    return inert("; ".join(map(str, value)) if isinstance(value, list) else value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
