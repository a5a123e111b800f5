"""Compiles inner loops with numba. Import modules of such loops where needed: numba takes its time to load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile for the types of the first call, without the interpreter lock; kept on disk where a cache is writable."""
    return compiled_for()(function)


def compiled_for(*signatures: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile for these signatures when the module is imported.

    For loops of a sandboxed worker, which can compile nothing once it is locked.
    """
    wanted = list(signatures) or None

    def compile_one(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(wanted, nogil=True, cache=True)(function)
        except RuntimeError:  # numba found no folder that it may write
            return numba.njit(wanted, nogil=True)(function)

    return compile_one
