"""The checks beside the editor: they look at the form as it stands, saved or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from wagtail.admin.views.pages.preview import PreviewOnCreateView, PreviewOnEditView

from .pieces import iter_pieces
from .rules.reading import LIMITS, readability
from .run import findings_for


class _ChecksOfForm:
    """Wagtail's preview views read the form; what differs is the answer. Nothing is kept."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            form = self.get_form(request.POST)  # type: ignore[attr-defined]
            is_valid = self.validate_form(form)  # type: ignore[attr-defined]
        except (KeyError, ValueError):
            # Wagtail's widgets take a form for granted that has all its parts; a page still loading has not.
            return HttpResponseBadRequest()
        if not is_valid:
            return render(request, "content_admin/findings.html", {"is_broken": True})
        return answer(request, form.save(commit=False))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page as it was last saved."""
        return answer(request, self.object)  # type: ignore[attr-defined]


class ChecksOnEdit(_ChecksOfForm, PreviewOnEditView):
    http_method_names = ["get", "post"]


class ChecksOnCreate(_ChecksOfForm, PreviewOnCreateView):
    http_method_names = ["post"]


def answer(request: HttpRequest, page: Any) -> HttpResponse:
    language = page.locale.language_code if page.locale_id else "sq"
    found = findings_for(page)
    context = {
        "findings": found,
        "stops": [each for each in found if each.stops],
        "readability": readability(iter_pieces(page)),
        "limit": LIMITS.get(language),
    }
    response = render(request, "content_admin/findings.html", context)
    response["Cache-Control"] = "no-store"
    return response


__all__ = ["ChecksOnCreate", "ChecksOnEdit"]
