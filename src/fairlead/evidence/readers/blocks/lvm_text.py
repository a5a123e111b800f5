"""The text in which LVM2 keeps its metadata: sections, values, lists. Bounded in size and depth."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_MOST_DEPTH = 16
_TOKEN = re.compile(r'\s+|#[^\n]*|"((?:\\.|[^"\\])*)"|([\w.+/@-]+)|([={}\[\],])', re.ASCII)

Value = str | int | list["Value"]


@dataclass(slots=True)
class Section:
    """Values and sections below by name."""

    values: dict[str, Value] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number that is not negative. Raises ValueError where there is none."""
        found = self.values.get(name, default)
        if not isinstance(found, int) or found < 0:
            raise ValueError(f"no number {name}")
        return found

    def text(self, name: str) -> str:
        """A text. Raises ValueError where there is none."""
        found = self.values.get(name)
        if isinstance(found, str):
            return found
        raise ValueError(f"no text {name}")

    def listed(self, name: str) -> list[Value]:
        """A list. Raises ValueError where there is none."""
        found = self.values.get(name)
        if isinstance(found, list):
            return found
        raise ValueError(f"no list {name}")


def parse_text(text: str) -> Section:
    """The outermost section. Raises ValueError for what is no such text."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError("no text of LVM2")
        at = match.end()
        if match[1] is not None:
            tokens.append(("text", re.sub(r"\\(.)", r"\1", match[1])))
        elif match[2]:
            tokens.append(("word", match[2]))
        elif match[3]:
            tokens.append((match[3], ""))
    tokens.append(("end", ""))
    return _Parser(tokens).section(0, "end")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ValueError("the text breaks off")
        self._at += 1
        return self._tokens[self._at - 1]

    def section(self, depth: int, end: str) -> Section:
        if depth > _MOST_DEPTH:
            raise ValueError("sections too deep")
        section = Section()
        while (token := self._next())[0] != end:
            kind, name = token
            if kind not in {"word", "text"}:
                raise ValueError("a name is missing")
            sign = self._next()[0]
            if sign == "=":
                section.values[name] = self._value(depth)
            elif sign == "{":
                section.sections[name] = self.section(depth + 1, "}")
            else:
                raise ValueError("neither a value nor a section")
        return section

    def _value(self, depth: int) -> Value:
        kind, text = self._next()
        if kind == "[":
            if depth > _MOST_DEPTH:
                raise ValueError("lists too deep")
            listed: list[Value] = []
            while self._tokens[self._at][0] != "]":
                if self._tokens[self._at][0] == ",":
                    self._at += 1
                    continue
                listed.append(self._value(depth + 1))
            self._at += 1
            return listed
        if kind == "word":
            return int(text) if re.fullmatch(r"-?\d{1,20}", text, re.ASCII) else text
        if kind == "text":
            return text
        raise ValueError("a value is missing")
