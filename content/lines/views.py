"""Writing down a test call, and hiding a line."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from wagtail.admin.utils import get_valid_next_url_from_request

from ..models import Hotline
from .actions import CallRefused, hide, record_call
from .rule import days_left
from .states import Standing, get_state


def called(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: "I have just called it, and it answered". GET: the same, asked on a page of its own."""
    if not request.user.has_perm("content.change_hotline"):
        raise PermissionDenied
    line = get_object_or_404(Hotline, pk=pk)
    if request.method != "POST":
        return render(
            request,
            "content_admin/line_called.html",
            {
                "each": Standing(line, get_state(line), days_left(line)),
                "is_own": line.needs_call and line.changed_by_id == request.user.pk,
            },
        )
    user: Any = request.user
    try:
        line = record_call(line=line, by=user, number=request.POST.get("number") or request.GET.get("number", ""))
    except CallRefused as refused:
        messages.error(request, str(refused))
        return redirect("line_called", line.pk)
    if line.is_shown():
        words = _("Saved: %(line)s was called today and answered. Readers see it.")
    else:
        words = _("Saved: %(line)s was called today. Readers don't see it: set “show to readers” to yes.")
    messages.success(request, words % {"line": line})
    return redirect(get_valid_next_url_from_request(request) or "lines_report")


def hide_line(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: readers see the line no longer, from now on. GET: the same, asked on a page of its own."""
    if not request.user.has_perm("content.change_hotline"):
        raise PermissionDenied
    line = get_object_or_404(Hotline, pk=pk)
    if request.method != "POST":
        return render(request, "content_admin/line_hide.html", {"line": line})
    user: Any = request.user
    if hide(line=line, by=user):
        messages.success(request, _("%(line)s is hidden from readers. Every editor is mailed.") % {"line": line})
    else:
        messages.info(request, _("%(line)s was not shown to readers.") % {"line": line})
    return redirect(get_valid_next_url_from_request(request) or "lines_report")
