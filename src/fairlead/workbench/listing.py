"""Lists: filters, a search field, pages, and the same rows as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from fairlead.case.browse import PAGE_ROWS, Answer, Question, browse, browse_all
from fairlead.terms.custody import Operation
from fairlead.workbench.desk import Desk

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in the row, its heading, how it looks, and whether it links to the row's page."""

    name: str
    label: str
    kind: str = "text"
    link: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list page: what it is called, its columns and filters, and what to say when it is empty."""

    name: str
    title: str
    columns: tuple[Column, ...]
    facets: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    lead_in: str = ""
    empty: str = ""
    template: str = "workbench/list.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for: filters, words, page, format. Names that the list does not have are dropped."""

    filters: dict[str, str]
    search: str
    page: int
    format: str

    @classmethod
    def of(cls, request: HttpRequest, listing: Listing) -> Asked:
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
    listing: Listing,
    *,
    select: str,
    order: str,
    link: Callable[[dict[str, Any]], str] | None = None,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """A list over the operation's tables."""
    asked = Asked.of(request, listing)
    question = Question(
        select=select, order=order, filters=asked.filters, search=asked.search, searched=listing.searched
    )
    if asked.format in ("csv", "json"):
        return _export(desk, listing, asked, browse_all(desk.session, question))
    answer = browse(desk.session, question, page=asked.page, facets=listing.facets)
    return _page(request, listing, asked, answer, link, extra)


def list_rows(
    request: HttpRequest,
    desk: Desk,
    listing: Listing,
    rows: Rows,
    *,
    link: Callable[[dict[str, Any]], str] | None = None,
    extra: dict[str, Any] | None = None,
    complete: Callable[[Rows], Rows] = list,
) -> HttpResponse:
    """A list over rows of the register that the gate has let through.

    ``complete`` adds to the rows that are shown what would be too much to fetch for all of them.
    """
    asked = Asked.of(request, listing)
    kept = [row for row in rows if _fits(row, asked, listing)]
    if asked.format in ("csv", "json"):
        return _export(desk, listing, asked, complete(kept))
    facets = {name: _count(rows, name) for name in listing.facets}
    start = (max(1, asked.page) - 1) * PAGE_ROWS
    answer = Answer(
        rows=complete(kept[start : start + PAGE_ROWS]),
        total=len(kept),
        page=max(1, asked.page),
        facets=facets,
    )
    return _page(request, listing, asked, answer, link, extra)


def _fits(row: dict[str, Any], asked: Asked, listing: Listing) -> bool:
    if any(str(row.get(name)) != value for name, value in asked.filters.items()):
        return False
    wanted = asked.search.lower()
    return not wanted or any(wanted in str(row.get(name, "")).lower() for name in listing.searched)


def _count(rows: Rows, name: str) -> list[tuple[str, int]]:
    values = [str(row[name]) for row in rows if row.get(name) not in (None, "")]
    return sorted(((v, values.count(v)) for v in dict.fromkeys(values)), key=lambda pair: (-pair[1], pair[0]))


def _page(
    request: HttpRequest,
    listing: Listing,
    asked: Asked,
    answer: Answer,
    link: Callable[[dict[str, Any]], str] | None,
    extra: dict[str, Any] | None,
) -> HttpResponse:
    rows = [{**row, "url": link(row)} for row in answer.rows] if link else answer.rows
    query = request.GET.copy()
    for name in ("page", "format"):
        query.pop(name, None)
    context = {
        "listing": listing,
        "rows": rows,
        "answer": answer,
        "asked": asked,
        "facets": [
            (name, listing.labels.get(name, name.replace("_", " ")), asked.filters.get(name, ""), values)
            for name, values in answer.facets.items()
        ],
        "query": query.urlencode(),
        "first": (answer.page - 1) * PAGE_ROWS + 1,
        "last": min(answer.total, answer.page * PAGE_ROWS),
        "title": listing.title,
        **(extra or {}),
    }
    return TemplateResponse(request, listing.template, context)


def _export(desk: Desk, listing: Listing, asked: Asked, rows: Rows) -> HttpResponse:
    """The rows as a file, noted in the ledger: what leaves the screen leaves a trace."""
    names = [column.name for column in listing.columns]
    desk.session.record(
        Operation.CONSULTATION,
        "list.export",
        (listing.name, asked.format),
        _("list taken from the workbench"),
        facts={"rows": len(rows)},
    )
    if asked.format == "json":
        kept = [{name: row.get(name) for name in names} for row in rows]
        body = json.dumps({"list": listing.name, "rows": kept}, default=_plain, ensure_ascii=False)
        return HttpResponse(body, content_type="application/json")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_safe(row.get(name)) for name in names] for row in rows)
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{listing.name}.csv"'
    return answer


def _safe(value: Any) -> str:
    """A value for CSV. A spreadsheet must not run it as a formula: those beginnings get an apostrophe."""
    text = "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
