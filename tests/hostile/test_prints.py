"""Documents that attack what prints them: it works in the sandbox, and ends in bounded time and memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace

import pypdfium2
import pytest

from fairlead.engine.printing import PDF_A, print_pdf, printer
from fairlead.terms.errors import RunError

TEMPLATE = b'#set document(title: "Page")\n#json(bytes(sys.inputs.text)).say #sys.inputs.spelled'


def say(text: str) -> dict[str, str]:
    return {"text": json.dumps({"say": text}, ensure_ascii=False)}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A printer with little memory and a short deadline, and none of it afterwards."""
    limits = replace(printer._LIMITS, memory_bytes=1 << 30, deadline_s=3.0)
    monkeypatch.setattr(printer, "_LIMITS", limits)
    printer._pool.cache_clear()
    yield
    printer._pool().close()
    printer._pool.cache_clear()


def words_of(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def test_what_is_printed_is_set_in_a_worker_and_never_by_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    assert "Hello" in words_of(print_pdf(TEMPLATE, say("Hello"), standards=PDF_A))


@pytest.mark.parametrize(
    "template",
    [b"#while true {}", b"#let f(n) = f(n + 1)\n#f(0)", b'#("x" * 2000000000)', b'#read("/etc/hostname")'],
    ids=["a loop without end", "a call without end", "a text of 2 GB", "a file of the computer"],
)
@pytest.mark.usefixtures("narrow")
def test_a_document_made_to_overwhelm_is_an_error_and_the_next_one_is_printed(template: bytes) -> None:
    with pytest.raises(RunError) as told:
        print_pdf(template, say(""), standards=PDF_A)
    assert told.value.code == "PRINT-FAILED"
    assert "Hello" in words_of(print_pdf(TEMPLATE, say("Hello"), standards=PDF_A))


def test_a_character_without_a_shape_stands_as_its_number_in_any_document_and_the_print_is_told_so() -> None:
    plain, spelled = (words_of(print_pdf(TEMPLATE, say(text), standards=PDF_A)) for text in ("Zoë", "Zoë 王"))
    assert "Zoë" in plain
    assert "yes" not in plain
    assert "[U+738B]" in spelled
    assert "yes" in spelled
