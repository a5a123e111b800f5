"""One's own settings: the language of the pages, and what is kept away in review."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import override

from fairlead.register.own import keep_away, own_settings
from fairlead.terms.review import KeptAway
from fairlead.workbench.desk import Desk
from fairlead.workbench.languages import choose


def own(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The person's own page. POST keeps the language, or the kinds of material to keep away."""
    if request.method == "POST":
        language = request.POST.get("language")
        if language is not None:
            chosen = choose(request, language)
            with override(chosen or settings.LANGUAGE_CODE):
                messages.success(request, _("Your settings are kept."))
        else:
            wanted = set(request.POST.getlist("kept_away"))
            keep_away(desk.user.pk, [kind.value for kind in KeptAway if kind.value in wanted])
            messages.success(request, _("Your settings are kept."))
        return redirect("own")
    mine = own_settings(desk.user.pk)
    context = {
        "mine": mine,
        "languages": settings.LANGUAGES,
        "kinds": [(kind.value, kind.value in mine.kept_away) for kind in KeptAway],
    }
    return TemplateResponse(request, "workbench/own.html", context)
