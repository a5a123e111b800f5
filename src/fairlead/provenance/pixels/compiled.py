"""How the loops of this folder are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile without the interpreter lock, sums in any order; kept on disk where a cache folder is writable."""
    try:
        return numba.njit(nogil=True, fastmath=True, cache=True)(function)
    except RuntimeError:  # numba found no folder that it may write
        return numba.njit(nogil=True, fastmath=True)(function)


def compiled_exactly(function: Callable[..., Any]) -> Any:
    """The same with sums of fractions in the order in which they are written: equal to the last bit on every processor."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder that it may write
        return numba.njit(nogil=True)(function)
