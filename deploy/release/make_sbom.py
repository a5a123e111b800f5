"""Writes the parts list of a release, CycloneDX 1.6: python deploy/release/make_sbom.py requirements/run.txt > sbom.cdx.json

Names, versions and digests are those of the pinned requirements; licences are what the installed packages state.
The same requirements and SOURCE_DATE_EPOCH give the same bytes.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def make_sbom(requirements: str, project: dict[str, Any]) -> dict[str, Any]:
    """The parts list of a project with these pinned requirements."""
    pins = list(_PIN.finditer(requirements))
    ends = [pin.start() for pin in pins[1:]] + [len(requirements)]
    components = [
        _component(pin[1], pin[2], _HASH.findall(requirements[pin.start() : end]))
        for pin, end in zip(pins, ends, strict=True)
    ]
    made_at = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    own = {
        "type": "application",
        "bom-ref": "fairlead",
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": made_at.isoformat(), "component": own},
        "components": components,
        "dependencies": [{"ref": "fairlead", "dependsOn": [c["bom-ref"] for c in components]}],
    }
    serial = uuid5(NAMESPACE_URL, json.dumps(told, sort_keys=True))
    return {**told, "serialNumber": f"urn:uuid:{serial}"}


def _component(name: str, version: str, digests: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        # Each is the digest of one of the files of that version; which one is installed depends on the machine.
        "properties": [{"name": "fairlead:accepted-sha256", "value": digest} for digest in sorted(digests)],
    }
    if licence := _licence(name):
        told["licenses"] = [{"license": {"name": licence}}]
    return told


def _licence(name: str) -> str:
    try:
        stated = metadata(name)
    except PackageNotFoundError:
        return ""
    if stated.get("License-Expression"):
        return str(stated["License-Expression"])
    kinds = [
        c.rpartition(" :: ")[2] for c in stated.get_all("Classifier") or () if c.startswith("License ::")
    ]
    return "; ".join(kinds) or str(stated.get("License") or "").partition("\n")[0][:80]


if __name__ == "__main__":
    own = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    json.dump(make_sbom(Path(sys.argv[1]).read_text(), own), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
