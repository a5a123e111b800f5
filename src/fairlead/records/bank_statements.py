"""Bank statements as text: MT940, OFX, QIF. Whole documents, read in the sandbox; a row's place is its number, from 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from fairlead.records.dump import Broken
from fairlead.records.tabular import LARGEST_DOCUMENT_BYTES, Header, NamedRow, TabularItem

MT940_COLUMNS = ("id", "direction", "amount", "currency", "booked_on", "reference", "text", "name", "iban")
OFX_COLUMNS = ("id", "direction", "amount", "currency", "posted", "name", "text")
QIF_COLUMNS = ("id", "amount", "booked_on", "name", "text")
_TAG = re.compile(r"^:(\d\d[A-Z]?):", re.MULTILINE)
_LINE = re.compile(
    r"(?P<date>\d{6})(?:\d{4})?(?P<mark>R?[CD])[A-Z]?(?P<amount>\d+,\d*)[A-Z][A-Z0-9]{3}"
    r"(?P<reference>(?:(?!//)[^\n])*)(?://(?P<bank>[^\n]*))?"
)
_POSTED = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)(?:\.\d+)?)?(?:\[([+-]?\d+)(?:\.\d+)?(?::\w+)?\])?"
)


def read_mt940(stream: BinaryIO) -> Iterator[TabularItem]:
    """Lines ``:61:`` of statements with what ``:86:`` says of each, in the columns MT940_COLUMNS.

    ``direction`` is C, D, RC (a credit taken back) or RD. The value date is given as ISO. Of ``:86:``, subfields ``?20`` to
    ``?33`` and words between slashes (``/NAME/``, ``/IBAN/``, ``/REMI/``) are read; ``text`` is what it is for.
    """
    text = _text(stream)
    if text is None or ":61:" not in text:
        yield Broken(start=0, end=len(text or ""), reason="not an MT940 statement that can be read")
        return
    yield Header(MT940_COLUMNS, 0)
    pieces = _TAG.split(text)[1:]
    fields = list(zip(pieces[::2], pieces[1::2], strict=True))
    number, currency = 0, None
    for place, (tag, value) in enumerate(fields):
        if tag in ("60F", "60M"):
            found = re.match(r"[CD]\d{6}([A-Z]{3})", value)
            currency = found.group(1) if found else None
        if tag != "61":
            continue
        number += 1
        line = _LINE.match(value)
        if line is None:
            reason = "a line of the statement that cannot be read"
            yield Broken(start=number, end=number + 1, reason=reason, rows=1)
            continue
        said = fields[place + 1][1] if place + 1 < len(fields) and fields[place + 1][0] == "86" else ""
        date, reference = line["date"], line["reference"].strip()
        yield _row(
            MT940_COLUMNS, number,
            f"{(line['bank'] or reference or 'line').strip()}/{number}", line["mark"], line["amount"].replace(",", "."),
            currency, f"20{date[:2]}-{date[2:4]}-{date[4:]}", None if reference in ("", "NONREF") else reference,
            *_party(said),
        )  # fmt: skip


def _party(said: str) -> tuple[str | None, str | None, str | None]:
    """What a payment is for, name and account, as a field 86 gives them."""
    one_line = said.partition("\n-")[0].replace("\n", "")
    marked = dict(re.findall(r"\?(\d\d)([^?]*)", one_line))
    if marked:
        purpose = "".join(marked.get(f"{n}", "") for n in (*range(20, 30), *range(60, 64)))
        name = (marked.get("32", "") + marked.get("33", "")).strip()
        return purpose or None, name or None, marked.get("31") or None
    named = dict(re.findall(r"/(NAME|IBAN|REMI|EREF)/([^/]*)", one_line))
    text = named.get("REMI") or " ".join(one_line.split())
    return text or None, named.get("NAME", "").strip() or None, named.get("IBAN", "").strip() or None


def read_ofx(stream: BinaryIO) -> Iterator[TabularItem]:
    """Transactions of OFX, as SGML or XML, in the columns OFX_COLUMNS; a time with its offset as ISO."""
    text = _text(stream)
    if text is None or "<STMTTRN>" not in text:
        yield Broken(start=0, end=len(text or ""), reason="not an OFX statement that can be read")
        return
    yield Header(OFX_COLUMNS, 0)
    currency = _element(text, "CURDEF")
    for number, block in enumerate(text.split("<STMTTRN>")[1:], 1):
        one = block.partition("</STMTTRN>")[0]
        yield _row(
            OFX_COLUMNS, number,
            _element(one, "FITID"), _element(one, "TRNTYPE"), _element(one, "TRNAMT"),
            _element(one, "CURSYM") or currency, _posted(_element(one, "DTPOSTED") or ""), _element(one, "NAME"),
            _element(one, "MEMO"),
        )  # fmt: skip


def _element(text: str, name: str) -> str | None:
    found = re.search(rf"<{name}>([^<\r\n]*)", text)
    return (found.group(1).strip() or None) if found else None


def _posted(said: str) -> str | None:
    found = _POSTED.match(said)
    if found is None:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    zone = f"{int(offset):+03d}:00" if offset else ""
    return f"{year}-{month}-{day} {hour or '00'}:{minute or '00'}:{second or '00'}{zone}"


def read_qif(stream: BinaryIO) -> Iterator[TabularItem]:
    """Records of QIF, each ended by a caret, in the columns QIF_COLUMNS; dates with slashes, in the order of the file."""
    text = _text(stream)
    if text is None or not re.search(r"^\^", text, re.MULTILINE):
        yield Broken(start=0, end=len(text or ""), reason="not a QIF file that can be read")
        return
    yield Header(QIF_COLUMNS, 0)
    records = re.split(r"^\^[^\n]*\n?", text, flags=re.MULTILINE)
    for number, record in enumerate((one for one in records if one.strip()), 1):
        said: dict[str, str] = {}
        for line in record.splitlines():
            if line and line[0] != "!":
                said.setdefault(line[0], line[1:].strip())
        day = re.sub(r"[.\-']", "/", said.get("D", "").replace(" ", ""))
        yield _row(
            QIF_COLUMNS, number,
            f"{said.get('N') or 'record'}/{number}", said.get("T") or said.get("U"), day or None, said.get("P"),
            said.get("M"),
        )  # fmt: skip


def _text(stream: BinaryIO) -> str | None:
    data = stream.read(LARGEST_DOCUMENT_BYTES + 1)
    if len(data) > LARGEST_DOCUMENT_BYTES:
        return None
    text = data.decode("utf-8", errors="backslashreplace")
    return text.replace("\r\n", "\n")


def _row(columns: tuple[str, ...], number: int, *values: str | None) -> NamedRow:
    encoded = [None if value is None else value.encode(errors="backslashreplace") for value in values]
    return NamedRow(dict(zip(columns, encoded, strict=True)), number, number + 1)
