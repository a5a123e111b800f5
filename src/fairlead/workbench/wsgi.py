"""The workbench for a WSGI server. FAIRLEAD_WORKSPACE names the workspace.

Lists and their statements are held against each other first: what does not fit stops here, in front of nobody.
"""

from __future__ import annotations

from django.core.handlers.wsgi import WSGIHandler

from fairlead.case.lists.views import check_views
from fairlead.case.place.workspace import find_workspace
from fairlead.register.database import open_register

SETTINGS = "fairlead.workbench.settings"

check_views()
open_register(find_workspace(None).register, settings=SETTINGS)
application = WSGIHandler()
