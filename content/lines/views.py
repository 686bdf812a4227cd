"""Writing down a test call."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from wagtail.admin.utils import get_valid_next_url_from_request

from content.models import Hotline

from .actions import record_call
from .rule import days_left
from .states import Standing, state_of


def called(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: "I have just called it, and it answered". GET: the same, asked on a page of its own."""
    if not request.user.has_perm("content.change_hotline"):
        raise PermissionDenied
    line = get_object_or_404(Hotline, pk=pk)
    if request.method != "POST":
        return render(
            request, "content_admin/line_called.html", {"each": Standing(line, state_of(line), days_left(line))}
        )
    line = record_call(line=line, by=request.user)  # type: ignore[arg-type]
    if line.is_shown():
        words = _("Saved: %(line)s was called today and answered. Readers see it.")
    else:
        words = _("Saved: %(line)s was called today. Readers don't see it: set “show to readers” to yes.")
    messages.success(request, words % {"line": line})
    return redirect(get_valid_next_url_from_request(request) or "lines_report")
