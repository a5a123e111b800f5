"""The sandbox handler of this room: reads C2PA manifests without a network."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from typing import Any, TypedDict

import c2pa
from PIL import Image

from fairlead.provenance.wire import UNKNOWN, ManifestJob, ManifestTold

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
_METADATA = {"c2pa.metadata", "stds.iptc"}
_GENERATED = "c2pa.ai_generated_content"
_IDENTITY = "cawg.identity"
_INPUTS = frozenset({"parentOf", "inputTo"})
_DEEPEST = 20
_CONTEXTS: dict[str, c2pa.Context] = {}


class _Action(TypedDict, total=False):
    action: str
    digitalSourceType: str


class _Data(TypedDict, total=False):
    actions: list[_Action]
    alg: str


class _Assertion(TypedDict, total=False):
    label: str
    data: _Data


class _Generator(TypedDict, total=False):
    name: str


class _Ingredient(TypedDict, total=False):
    relationship: str
    active_manifest: str


class _Manifest(TypedDict, total=False):
    """A manifest as the library tells it, as far as it is read here; one that differs is refused as unreadable."""

    ingredients: list[_Ingredient]
    claim_generator_info: list[_Generator]
    claim_generator: str
    assertions: list[_Assertion]


def warm() -> None:
    """Read one file, so that the library has loaded and mapped what it needs."""
    encoded = io.BytesIO()
    Image.new("RGB", (8, 8)).save(encoded, "JPEG")
    c2pa.Reader.try_create("image/jpeg", io.BytesIO(encoded.getvalue()), context=_context(""))


def handle(header: ManifestJob, descriptors: list[int]) -> ManifestTold:
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
        "origins": _first(_origins(active, manifests, _trusted(report) - _broken(report))),
        "opened": any(
            ingredient.get("relationship") in _INPUTS
            for ingredient in active.get("ingredients", ())
        ),
        "ingredients": len(active.get("ingredients", ())),
        "ingredient_failures": _first(
            code for ingredient in active.get("ingredients", ()) for code in _failures(ingredient)
        ),
        "failures": _first(_failures(report)),
        "held": _first(_codes(report, "success")),
        "active_failures": _first(_codes(report, "failure")),
        "identities": sum(_label(assertion) == _IDENTITY for assertion in active.get("assertions", ())),
        "soft_bindings": _first(_soft_bindings(active)),
    }  # fmt: skip


def _context(anchors: str) -> c2pa.Context:
    """Reader settings: nothing is fetched, whatever the file asks for."""
    if anchors not in _CONTEXTS:
        trust = {"trust_config": "\n".join(_KEY_USAGES) + "\n"}
        if anchors:
            trust["trust_anchors"] = anchors
        _CONTEXTS[anchors] = c2pa.Context.from_dict(
            {
                "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
                # An identity assertion is checked against documents on the network, and one that cannot be fetched
                # would make a manifest invalid whose signature and content hold.
                "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
                "trust": trust,
            }
        )
    return _CONTEXTS[anchors]


def _generator(manifest: _Manifest) -> str:
    listed = manifest.get("claim_generator_info") or [{}]
    name = listed[0].get("name") or manifest.get("claim_generator") or ""
    return str(name)[:_MOST_TEXT]


def _actions(manifest: _Manifest) -> Iterator[str]:
    for assertion in manifest.get("assertions", ()):
        if _label(assertion) == "c2pa.actions":
            for action in assertion.get("data", {}).get("actions", ()):
                yield str(action.get("action", ""))[:_MOST_TEXT]


def _source_types(manifest: _Manifest) -> Iterator[str]:
    """Codes of digital source types, wherever an assertion may state one: in actions, in metadata, by its label."""
    for assertion in manifest.get("assertions", ()):
        label, data = _label(assertion), assertion.get("data")
        if label == _GENERATED:
            yield "trainedAlgorithmicMedia"
        elif label == "c2pa.actions" and isinstance(data, dict):
            yield from (_code(action.get("digitalSourceType")) for action in data.get("actions", ()))
        elif label in _METADATA and isinstance(data, dict):
            yield _code(dict(data).get("Iptc4xmpExt:DigitalSourceType"))


def _origins(
    manifest: _Manifest, manifests: dict[str, _Manifest], trusted: frozenset[str], deep: int = 0
) -> Iterator[str]:
    """Source types of the pictures that went in, and of those that went into them.

    ``UNKNOWN`` beside them where nothing says, or somebody whose signature is not trusted.
    """
    for ingredient in manifest.get("ingredients", ()):
        if ingredient.get("relationship") not in _INPUTS:
            continue
        label = str(ingredient.get("active_manifest") or "")
        own = manifests.get(label)
        told = list(_source_types(own)) if own is not None else []
        yield from told
        if own is None or not told or label not in trusted or deep >= _DEEPEST:
            yield UNKNOWN
        if own is not None and deep < _DEEPEST:
            yield from _origins(own, manifests, trusted, deep + 1)


def _trusted(report: Any) -> frozenset[str]:
    """Labels of the manifests whose signers are on the trust list, wherever they stand in the graph."""
    return _labels(report, re.compile(r"signingCredential\.trusted"))


def _broken(report: Any) -> frozenset[str]:
    """Labels of the manifests of which a part does not hold."""
    return _labels(report, re.compile(r".*\.(?:mismatch|missing|malformed|invalid|inaccessible|incorrect)"))


def _labels(report: Any, code: re.Pattern[str]) -> frozenset[str]:
    if isinstance(report, list):
        return frozenset().union(*(_labels(each, code) for each in report))
    if not isinstance(report, dict):
        return frozenset()
    found = frozenset().union(*(_labels(each, code) for each in report.values()))
    if code.fullmatch(str(report.get("code", ""))):
        label = re.search(r"/c2pa/([^/]+)/", str(report.get("url", "")))
        return found | {label[1]} if label else found
    return found


def _codes(report: Any, kind: str) -> Iterator[str]:
    """Codes of checks of the active manifest alone that came out as ``kind``: success or failure."""
    results = report.get("validation_results") or {}
    active = results.get("activeManifest") or {}
    yield from (str(entry.get("code", "")) for entry in active.get(kind, ()) if isinstance(entry, dict))


def _soft_bindings(manifest: _Manifest) -> Iterator[str]:
    """Algorithms of marks or fingerprints by which the manifest can be found again, e.g. com.adobe.trustmark.P."""
    for assertion in manifest.get("assertions", ()):
        data = assertion.get("data")
        if _label(assertion) == "c2pa.soft-binding" and isinstance(data, dict) and data.get("alg"):
            yield str(data["alg"])[:_MOST_TEXT]


def _label(assertion: _Assertion) -> str:
    """An assertion's label without version and instance: ``c2pa.actions.v2__1`` is ``c2pa.actions``."""
    label = str(assertion.get("label", "")).partition("__")[0]
    name, _, version = label.rpartition(".")
    return name if version[:1] == "v" and version[1:].isdigit() else label


def _code(uri: object) -> str:
    """The last word of a term's address; empty where there is none."""
    return str(uri or "").rstrip("/").rpartition("/")[2][:_MOST_TEXT]


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
    return sorted(set(values) - {""})[:_MOST_LISTED]
