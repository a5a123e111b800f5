"""The sandbox handler of this room: reads C2PA manifests without a network."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from typing import Any

import c2pa
from PIL import Image

_MOST_BYTES = 512 << 20
_MOST_LISTED = 50
_MOST_TEXT = 120
_MOST_URL = 500
# Extended key usages a claim signer may have: the C2PA specification's own, and those of its test suite.
_KEY_USAGES = (
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.4.1.311.76.59.1.9",
    "1.3.6.1.4.1.62558.2.1",
)
_CONTEXTS: dict[str, Any] = {}


def warm() -> None:
    """Read one file, so that the library has loaded and mapped what it needs."""
    encoded = io.BytesIO()
    Image.new("RGB", (8, 8)).save(encoded, "JPEG")
    c2pa.Reader.try_create("image/jpeg", io.BytesIO(encoded.getvalue()), context=_context(""))


def handle(header: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    """Validation state, signer, digital source types and ingredients of the manifests of one content."""
    data = os.pread(descriptors[0], _MOST_BYTES, 0)
    try:
        reader = c2pa.Reader.try_create(
            header["media_type"], io.BytesIO(data), context=_context(header.get("anchors", ""))
        )
    except c2pa.C2paError as problem:
        said = str(problem)
        if said.startswith("Remote"):
            return {"state": "remote", "url": said[said.find("http") :][:_MOST_URL] if "http" in said else ""}
        return {"state": "unreadable"}
    if reader is None:
        return {"state": "none"}
    report = json.loads(reader.json())
    manifests = report.get("manifests", {})
    active = manifests.get(report.get("active_manifest"), {})
    signature = active.get("signature_info", {})
    return {
        "state": str(reader.get_validation_state()).lower(),
        "url": str(reader.get_remote_url() or "")[:_MOST_URL],
        "generator": _generator(active),
        "issuer": str(signature.get("issuer", ""))[:_MOST_TEXT],
        "name": str(signature.get("common_name", ""))[:_MOST_TEXT],
        "signed_at": str(signature.get("time") or "")[:40],
        "source_types": _first(_source_types(active)),
        "actions": _first(_actions(active)),
        "ingredient_source_types": _first(
            code for label, manifest in manifests.items() if manifest is not active and label
            for code in _source_types(manifest)
        ),
        "opened": any(
            ingredient.get("relationship") in {"parentOf", "inputTo"}
            for ingredient in active.get("ingredients", ())
        ),
        "ingredients": len(active.get("ingredients", ())),
        "ingredient_failures": _first(
            code for ingredient in active.get("ingredients", ()) for code in _failures(ingredient)
        ),
        "failures": _first(_failures(report)),
    }  # fmt: skip


def _context(anchors: str) -> Any:
    """Reader settings: nothing is fetched, whatever the file asks for."""
    if anchors not in _CONTEXTS:
        trust = {"trust_config": "\n".join(_KEY_USAGES) + "\n"}
        if anchors:
            trust["trust_anchors"] = anchors
        _CONTEXTS[anchors] = c2pa.Context.from_dict(
            {
                "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
                "core": {"allowed_network_hosts": []},
                "trust": trust,
            }
        )
    return _CONTEXTS[anchors]


def _generator(manifest: dict[str, Any]) -> str:
    listed = manifest.get("claim_generator_info") or [{}]
    name = listed[0].get("name") or manifest.get("claim_generator") or ""
    return str(name)[:_MOST_TEXT]


def _actions(manifest: dict[str, Any]) -> Iterator[str]:
    for assertion in manifest.get("assertions", ()):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            for action in assertion.get("data", {}).get("actions", ()):
                yield str(action.get("action", ""))[:_MOST_TEXT]


def _source_types(manifest: dict[str, Any]) -> Iterator[str]:
    for assertion in manifest.get("assertions", ()):
        if not str(assertion.get("label", "")).startswith("c2pa.actions"):
            continue
        for action in assertion.get("data", {}).get("actions", ()):
            kind = action.get("digitalSourceType")
            if kind:
                yield str(kind).rstrip("/").rpartition("/")[2][:_MOST_TEXT]


def _failures(node: Any) -> Iterator[str]:
    """Codes of everything that failed anywhere in the graph, also in ingredients of ingredients."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"failure", "validation_status"} and isinstance(value, list):
                yield from (str(entry.get("code", "")) for entry in value if isinstance(entry, dict))
            else:
                yield from _failures(value)
    elif isinstance(node, list):
        for value in node:
            yield from _failures(value)


def _first(values: Iterator[str]) -> list[str]:
    return sorted(set(values))[:_MOST_LISTED]
