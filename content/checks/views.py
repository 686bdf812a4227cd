"""The checks beside the editor: they look at the form as it stands, saved or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from wagtail.admin.views.pages.preview import PreviewOnCreateView, PreviewOnEditView

from .run import get_findings


class _ChecksOfForm:
    """Mixin for Wagtail's preview views: they read the form, and only the answer differs. Nothing is stored."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            form = self.get_form(request.POST)  # type: ignore[attr-defined]
            is_valid = self.validate_form(form)  # type: ignore[attr-defined]
        except (KeyError, ValueError):
            # Wagtail's widgets assume that all parts of the form were sent; a page that is still loading sends only
            # some.
            return HttpResponseBadRequest()
        if not is_valid:
            return render(request, "content_admin/findings.html", {"is_broken": True})
        return render_findings(request, form.save(commit=False))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the page as it was last saved."""
        return render_findings(request, self.object)  # type: ignore[attr-defined]


class ChecksOnEdit(_ChecksOfForm, PreviewOnEditView):
    http_method_names = ["get", "post"]


class ChecksOnCreate(_ChecksOfForm, PreviewOnCreateView):
    http_method_names = ["post"]


def render_findings(request: HttpRequest, page: Any) -> HttpResponse:
    found = get_findings(page)
    context = {
        "findings": found,
        "stops": [each for each in found if each.stops],
    }
    response = render(request, "content_admin/findings.html", context)
    response["Cache-Control"] = "no-store"
    return response


__all__ = ["ChecksOnCreate", "ChecksOnEdit"]
