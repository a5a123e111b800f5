"""Whether a picture from outside goes into what a graph of nodes makes: by how nodes are joined, whatever they are called.

ComfyUI writes two graphs into its files: the one that ran (numbers with ``class_type`` and ``inputs``; an input that comes
from another node is ``[number, output]``) and the one that was drawn (``nodes`` and ``links`` with the types of what they
carry). Anybody may add nodes, so that names of loaders say little; what a node gives, and to what, says more. Source:
comfyanonymous/ComfyUI, server.py, execution.py and web/scripts/app.js.

A node that no other one feeds with a picture, and that gives one, has it from outside: from a file, a folder, an address,
base 64 in the graph itself. It counts when the picture comes to a sampler (through an encoder, a control network, an
adapter, an inpaint) or into what is saved (an exchange of faces). What a graph that cannot be read holds nobody knows:
that counts too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Inputs that take a picture or what was made of one, by their names: nodes of all packages call them so.
_PICTURE = re.compile(
    r"image|pixel|picture|photo|video|frame|mask|face|latent|samples|conditioning|positive|negative|reference|pose"
    r"|depth|canny|clip_vision|ipadapter|embeds?$|control_?net|model|guid|source|target|background|noise"
)
_NUMBERS = re.compile(
    r"width|height|size|seed|steps|cfg|length|batch|fps|frame_rate|count|index|number|scale|ratio|text|string|prompt"
    r"|caption|tags|name|clip$|vae$|sampler$|sigmas|scheduler"
)
# Nodes that are fed by none and make their picture, latent, mask or noise of nothing, or load what is no picture.
_MAKES_ALONE = re.compile(
    r"empty|solid|checkpoint|unet|clip(?!board)|vae|lora|model.?loader|loader.*model|diffusion|sampler.?select|scheduler"
    r"|sigmas|random.?noise|noise.?(?:maker|generator)|gradient|primitive|^int|^float|^string|^text|constant|seed"
    r"|^prompt|prompt$|^note"
    r"|upscalemodel|controlnetloader|controlnet.?loader|ipadapter.?(?:unified)?.?loader|style.?model|ultralytics|sam.?loader"
    r"|insightface|bbox|segm|detector|gguf|dual|triple|photomaker|instantid.?model|hypernetwork|preset|resolution|aspect",
    re.IGNORECASE,
)
_TAKES_PICTURES_IN = re.compile(
    r"load.*(?:image|video|mask|picture|photo)|(?:image|video)s?.?loader", re.IGNORECASE
)
_SEES_ONLY = re.compile(
    r"preview|compar|display|show|getimagesize|imagesize|caption|tagger|interrogat", re.IGNORECASE
)
_CARRIED_TYPES = frozenset({"IMAGE", "MASK", "VIDEO"})
_FEEDING_TYPES = _CARRIED_TYPES | {"LATENT", "MODEL", "CONDITIONING", "GUIDER", "SAMPLER"}
_MOST_NODES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    kind: str
    links: tuple[tuple[str, str], ...]
    """Name of the input, and the node that feeds it."""


def takes_a_picture_in(untrusted_graph: str) -> bool:
    """Whether a picture from outside goes into what the graph makes, or the graph cannot be read whole."""
    start = untrusted_graph.find("{")
    if start < 0:
        return False
    try:
        graph = json.JSONDecoder().raw_decode(untrusted_graph, start)[0]
    except (ValueError, RecursionError):
        return True
    ran = _ran(graph)
    return _enters(ran) if ran else any(_enters_drawn(nodes) for nodes in _drawn(graph))


def _ran(graph: object) -> dict[str, _Node]:
    """The graph that ran, by number; empty when the text holds none."""
    if not isinstance(graph, dict):
        return {}
    inner = graph.get("prompt")
    listed = inner if isinstance(inner, dict) else graph
    return {
        str(number): _node(node)
        for number, node in list(listed.items())[:_MOST_NODES]
        if isinstance(node, dict) and isinstance(node.get("class_type"), str)
    }


def _node(told: dict[str, object]) -> _Node:
    inputs = told.get("inputs")
    given = inputs.items() if isinstance(inputs, dict) else ()
    links = tuple(
        (str(name).lower(), str(value[0]))
        for name, value in given
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)
    )
    return _Node(kind=str(told["class_type"]), links=links)


def _enters(nodes: dict[str, _Node]) -> bool:
    """Whether the picture of a node that none is fed to is carried to a sampler, or into what is saved."""
    fed: dict[str, list[tuple[str, str]]] = {}
    for number, node in nodes.items():
        for name, origin in node.links:
            fed.setdefault(origin, []).append((name, number))
    return _runs_in_a_circle(nodes) or any(
        _is_carried_on(number, nodes, fed)
        for number, node in nodes.items()
        if not any(_carries(name) for name, _ in node.links)
        and (_TAKES_PICTURES_IN.search(node.kind) or not _MAKES_ALONE.search(node.kind))
    )


def _carries(name: str) -> bool:
    """Whether an input of this name takes a picture or what was made of one."""
    return _PICTURE.search(name) is not None and _NUMBERS.search(name) is None


def _runs_in_a_circle(nodes: dict[str, _Node]) -> bool:
    """Whether a node feeds itself by way of others: no program ran such a graph, and what made the picture is not known."""
    waits = {
        number: {origin for _, origin in node.links if origin in nodes} for number, node in nodes.items()
    }
    while ready := [number for number, origins in waits.items() if not origins]:
        for number in ready:
            del waits[number]
        for origins in waits.values():
            origins.difference_update(ready)
    return bool(waits)


def _is_carried_on(source: str, nodes: dict[str, _Node], fed: dict[str, list[tuple[str, str]]]) -> bool:
    waiting, seen = [source], {source}
    while waiting:
        for name, number in fed.get(waiting.pop(), ()):
            node = nodes[number]
            if not _carries(name) or _SEES_ONLY.search(node.kind):
                continue
            if number not in fed or {"latent_image", "seed", "noise_seed"} & {name for name, _ in node.links}:
                return True  # what is fed by it is saved, or it is a sampler
            if number not in seen:
                seen.add(number)
                waiting.append(number)
    return False


def _drawn(graph: object) -> Iterator[list[dict[str, object]]]:
    """The nodes that were drawn, and those of graphs within."""
    if not isinstance(graph, dict):
        return
    nodes = graph.get("nodes")
    if isinstance(nodes, list):
        yield [node for node in nodes[:_MOST_NODES] if isinstance(node, dict)]
    definitions = graph.get("definitions")
    within = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for inner in within if isinstance(within, list) else ():
        yield from _drawn(inner)


def _enters_drawn(nodes: list[dict[str, object]]) -> bool:
    """Whether a node that no picture is fed to gives one to another node; a node that is switched off gives none."""
    return any(
        node.get("mode") not in (2, 4)
        and not any(
            _is_linked(given, "link") and given.get("type") in _FEEDING_TYPES
            for given in _objects(node.get("inputs"))
        )
        and any(
            given.get("type") in _CARRIED_TYPES and _is_linked(given, "links")
            for given in _objects(node.get("outputs"))
        )
        and (
            _TAKES_PICTURES_IN.search(str(node.get("type", "")))
            or not _MAKES_ALONE.search(str(node.get("type", "")))
        )
        for node in nodes
    )


def _is_linked(given: dict[str, object], name: str) -> bool:
    linked = given.get(name)
    return bool(linked) if isinstance(linked, list) else linked is not None


def _objects(untrusted: object) -> list[dict[str, object]]:
    return [one for one in untrusted if isinstance(one, dict)] if isinstance(untrusted, list) else []
