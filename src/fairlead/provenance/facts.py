"""Facts that generators state about how a picture was made: what joins it to tools and to other pictures."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.provenance.generators import GeneratorRule, generator_rules
from fairlead.provenance.signal import Item, printable

_MOST_FACTS = 100
_MOST_VALUE = 200
_LORA_HASHES = re.compile(r"([^\s:,\"][^:,\"]{0,120}):\s*([0-9a-fA-F]{8,64})")
_NAMES = {"model", "lora"}
_ENDINGS = (".safetensors", ".ckpt", ".gguf", ".pt", ".sft", ".pth", ".bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact with the rule that found it and the item it stands in."""

    fact: str
    value: str
    rule: str
    offset: int | None
    length: int | None


def find_facts(items: Sequence[Item]) -> list[Fact]:
    """The facts of one content without repeats, at most a hundred. Names lose folder and ending, and case."""
    found: dict[tuple[str, str], Fact] = {}
    for item in items:
        for rule in generator_rules():
            if (rule.facts or rule.layout) and rule.matches(item, items):
                for name, value in _facts_of(rule, item):
                    fact = Fact(fact=name, value=value, rule=rule.id, offset=item.offset, length=item.length)
                    if value and len(found) < _MOST_FACTS:
                        found.setdefault((name, value), fact)
    return list(found.values())


def _facts_of(rule: GeneratorRule, item: Item) -> Iterator[tuple[str, str]]:
    for name, pattern in rule.facts:
        for match in pattern.finditer(item.value):
            if not pattern.groups:  # a list of names and hashes in one text, as `Lora hashes` is
                for lora, digest in _LORA_HASHES.findall(match.group(0).partition(": ")[2]):
                    yield "lora", name_of(lora)
                    yield name, digest.lower()
            else:
                yield name, _clean(name, match.group(1))
    if rule.layout:
        layout = layout_of(item.value)
        if layout:
            yield "layout", layout


def _clean(name: str, value: str) -> str:
    if name in _NAMES:
        return name_of(value)
    if name == "source_file":
        return printable(value.replace("\\\\", "/").rpartition("/")[2], _MOST_VALUE).lower()
    shown = printable(value, _MOST_VALUE).strip()
    return shown.lower() if name.endswith("hash") else shown


def name_of(untrusted_name: str) -> str:
    """The name of a model without folder, ending and case, as different programs write it."""
    name = (
        printable(untrusted_name.replace("\\\\", "/").replace("\\", "/"), _MOST_VALUE)
        .rpartition("/")[2]
        .lower()
    )
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name.strip()


def layout_of(untrusted_graph: str) -> str:
    """A digest of the nodes of a graph, by number and class: the same for every picture of one workflow.

    Settings and texts do not enter. Empty when the text holds no graph of at least three nodes.
    """
    start = untrusted_graph.find("{")
    if start < 0:
        return ""
    try:
        graph = json.JSONDecoder().raw_decode(untrusted_graph, start)[0]
    except (ValueError, RecursionError):
        return ""
    nodes = sorted(_nodes(graph))
    if len(nodes) < 3:
        return ""
    return hashlib.sha256("\n".join(nodes).encode("utf-8", "replace")).hexdigest()[:24]


def _nodes(graph: Any) -> Iterator[str]:
    """``number class`` of every node, of the graph for running and of the graph for drawing alike."""
    if not isinstance(graph, dict):
        return
    inner = graph.get("prompt")
    if isinstance(inner, dict):
        graph = inner
    drawn = graph.get("nodes")
    if isinstance(drawn, list):
        for node in drawn:
            if isinstance(node, dict) and "type" in node:
                yield f"{node.get('id')} {node['type']}"
        return
    for number, node in graph.items():
        if isinstance(node, dict) and "class_type" in node:
            yield f"{number} {node['class_type']}"
