"""Countries and jurisdictions by code. The 19 countries of Operation Cumberland are the default partners."""

from __future__ import annotations

PARTICIPANTS: dict[str, str] = {
    "AU": "Australia",
    "AT": "Austria",
    "BE": "Belgium",
    "BA": "Bosnia and Herzegovina",
    "CZ": "Czechia",
    "DK": "Denmark",
    "FI": "Finland",
    "FR": "France",
    "DE": "Germany",
    "HU": "Hungary",
    "IS": "Iceland",
    "NL": "Netherlands",
    "NZ": "New Zealand",
    "NO": "Norway",
    "PL": "Poland",
    "ES": "Spain",
    "SE": "Sweden",
    "CH": "Switzerland",
    "GB": "United Kingdom",
}

SUBDIVISIONS: dict[str, tuple[str, ...]] = {
    "GB": ("GB-EAW", "GB-SCT", "GB-NIR"),
    "BA": ("BA-BIH", "BA-SRP", "BA-BRC"),
}


def jurisdictions_of(country: str) -> tuple[str, ...]:
    """The jurisdictions whose law must be asked for a person in a country, most common first."""
    return SUBDIVISIONS.get(country, (country,))
