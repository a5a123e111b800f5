"""The workbench for a WSGI server. FAIRLEAD_WORKSPACE names the workspace."""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIHandler

from fairlead.case.place.workspace import find_workspace
from fairlead.register.database import open_register

SETTINGS = "fairlead.workbench.settings"

open_register(find_workspace(None).register, settings=SETTINGS)
application = WSGIHandler()
