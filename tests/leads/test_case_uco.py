"""The CASE/UCO export conforms to the community's ontology, as their own validator says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fairlead.leads.case_uco import render_case
from tests.leads.builders import lead, statement

KINDS = [
    ("email", "a@example.org"),
    ("phone", "+999123"),
    ("user_name", "kelp"),
    ("iban", "SE00"),
    ("ip", "2001:db8::1"),
    ("ip", "198.51.100.2"),
    ("card", "card_1"),
]


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "case_validate"
    return subprocess.run([program, path], capture_output=True, text=True, check=False)


def test_every_kind_of_identifier_conforms(tmp_path: Path) -> None:
    statements = [
        statement(
            id=f"S-{number:010d}",
            of=kind,
            value=value,
            first_at="2025-01-01T00:00:00Z",
            last_at="2025-01-02T00:00:00Z",
        )
        for number, (kind, value) in enumerate(KINDS)
    ]
    path = tmp_path / "lead.jsonld"
    path.write_text(render_case(lead(statements=statements)))
    done = validate(path)
    assert "Conforms: True" in done.stdout, done.stdout[-2000:]


def test_the_validator_would_find_a_wrong_type(tmp_path: Path) -> None:
    path = tmp_path / "lead.jsonld"
    path.write_text(render_case(lead()).replace('"@value": "2026', '"@value": "not-a-time 2026'))
    assert "Conforms: True" not in validate(path).stdout


def test_the_same_lead_gives_the_same_bytes() -> None:
    assert render_case(lead()) == render_case(lead())
