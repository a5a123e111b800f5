"""Prints PDF with Typst in a locked-down worker: what is printed comes from outside, and may be made to overwhelm."""

from __future__ import annotations

from fairlead.engine.printing.printer import PDF_A, PDF_A_UA, count_pages, print_pdf

__all__ = ["PDF_A", "PDF_A_UA", "count_pages", "print_pdf"]
