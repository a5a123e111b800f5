"""Finds every error the program can give, in its own source, for the reference page of errors."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

_CODE = re.compile(r"[A-Z]+(-[A-Z0-9]+)+")


def find_errors() -> dict[str, tuple[str, str]]:
    """Error code → (what happened, what to do), as written where the error is made."""
    found: dict[str, tuple[str, str]] = {}
    for module in _modules(files("fairlead")):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call):
                _note(node, found)
    return dict(sorted(found.items()))


def _modules(folder: Traversable) -> list[Traversable]:
    listed: list[Traversable] = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            listed += _modules(entry)
        elif entry.name.endswith(".py"):
            listed.append(entry)
    return listed


def _note(call: ast.Call, found: dict[str, tuple[str, str]]) -> None:
    texts = [_text(argument) for argument in call.args]
    codes = [t for t in texts if _CODE.fullmatch(t)]
    codes += [t for k in call.keywords if k.arg == "code" and _CODE.fullmatch(t := _text(k.value))]
    said = [t for t in texts if t and not _CODE.fullmatch(t)]
    if codes and said:
        remedy = said[1] if len(said) > 1 else ""
        known = found.get(codes[0], ("", ""))
        found[codes[0]] = (known[0] or said[0], known[1] or remedy)


def _text(node: ast.expr) -> str:
    """A string literal, with … where a value is put in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(v) if isinstance(v, ast.Constant) else "…" for v in values)
    return ""
