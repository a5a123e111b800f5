"""The workbench as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """Pages; it has no tables of its own."""

    name = "fairlead.workbench"
    label = "workbench"
