"""The formats of payment exports, those of the program and of other packages; each says where it is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from fairlead.engine.doors import Door
from fairlead.records.bank_statements import read_mt940, read_ofx, read_qif
from fairlead.records.tabular import TabularItem, read_camt, read_csv, read_json, read_xlsx

CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentForm:
    """A named format of payments, and the reader of a whole document of it, which runs in the sandbox."""

    kind: ClassVar[str] = "payment-format"

    name: str
    about: str
    read: Callable[[BinaryIO], Iterator[TabularItem]]
    origin: str = ""


def _read_csv(stream: BinaryIO) -> Iterator[TabularItem]:
    return read_csv(stream, delimiter=",", charset="utf-8")


PAYMENT_FORMS: Door[PaymentForm] = Door(PaymentForm)
"""Named formats of payments."""

for _form in (
    PaymentForm(
        name=CSV,
        about="CSV by its header; delimiter, charset and lines before the header as the source says",
        read=_read_csv,
        origin="https://www.rfc-editor.org/rfc/rfc4180",
    ),
    PaymentForm(
        name="json",
        about="JSON: an array of objects, wherever it stands, or an object a line",
        read=read_json,
        origin="https://www.rfc-editor.org/rfc/rfc8259",
    ),
    PaymentForm(
        name="xlsx",
        about="the first sheet of a workbook",
        read=read_xlsx,
        origin="https://ecma-international.org/publications-and-standards/standards/ecma-376/",
    ),
    PaymentForm(
        name="camt.053",
        about="ISO 20022 statement of an account",
        read=read_camt,
        origin="https://www.iso20022.org/iso-20022-message-definitions?search=camt.053",
    ),
    PaymentForm(
        name="camt.054",
        about="ISO 20022 notification of debits and credits",
        read=read_camt,
        origin="https://www.iso20022.org/iso-20022-message-definitions?search=camt.054",
    ),
    PaymentForm(
        name="mt940",
        about="SWIFT statement, with the fields that German and Dutch banks put into :86:",
        read=read_mt940,
        origin="https://www2.swift.com/knowledgecentre/publications/us9m_20230720",
    ),
    PaymentForm(
        name="ofx",
        about="Open Financial Exchange 1 and 2",
        read=read_ofx,
        origin="https://financialdataexchange.org/FDX/About/OFX-Work-Group.aspx",
    ),
    PaymentForm(
        name="qif",
        about="Quicken Interchange Format",
        read=read_qif,
        origin="https://en.wikipedia.org/wiki/Quicken_Interchange_Format",
    ),
):
    PAYMENT_FORMS.register(_form)
