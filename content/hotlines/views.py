"""Admin views: record a test call, hide a hotline."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from wagtail.admin.utils import get_valid_next_url_from_request

from ..models import Hotline
from ..models.hotline_rules import days_left
from ..models.hotline_ways import was_entered_by
from .actions import CallRefused, hide_hotline, record_call, record_dead_way
from .states import HotlineStatus, get_state


def record_test_call(request: HttpRequest, pk: int) -> HttpResponse:
    """Record "I have just called it, and it answered" on POST, or that a way didn't work; ask on GET."""
    if not request.user.has_perm("content.change_hotline"):
        raise PermissionDenied
    line = get_object_or_404(Hotline, pk=pk)
    if request.method != "POST":
        return render(
            request,
            "content_admin/line_called.html",
            {
                "each": HotlineStatus(line, get_state(line), days_left(line)),
                "is_own": line.needs_call and line.changed_by_id == request.user.pk,
                "is_own_way": was_entered_by(line.ways, request.user.pk),
            },
        )
    user: Any = request.user
    if request.POST.get("dead"):
        kind, _colon, address = request.POST["dead"].partition(":")
        if record_dead_way(hotline=line, kind=kind, address=address, by=user):
            messages.success(request, _("Readers don't see it any more. Every editor is mailed."))
        else:
            messages.info(request, _("Somebody has changed it in the meantime. Look again."))
        return redirect("line_called", line.pk)
    try:
        # From the form, or from the list's button, whose address carries the number that stood there.
        number = request.POST.get("number") or request.GET.get("number", "")
        line = record_call(hotline=line, by=user, number=number, ways=request.POST.get("ways", ""))
    except CallRefused as refused:
        messages.error(request, str(refused))
        return redirect("line_called", line.pk)
    if line.is_shown():
        words = _("Saved: %(line)s was called today and answered. Readers see it.")
    else:
        words = _("Saved: %(line)s was called today. Readers don't see it: set “show to readers” to yes.")
    messages.success(request, words % {"line": line})
    return redirect(get_valid_next_url_from_request(request) or "lines_report")


def hide_from_readers(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide the hotline from readers on POST; ask for confirmation on GET."""
    if not request.user.has_perm("content.change_hotline"):
        raise PermissionDenied
    line = get_object_or_404(Hotline, pk=pk)
    if request.method != "POST":
        return render(request, "content_admin/line_hide.html", {"line": line})
    user: Any = request.user
    if hide_hotline(hotline=line, by=user):
        messages.success(request, _("%(line)s is hidden from readers. Every editor is mailed.") % {"line": line})
    else:
        messages.info(request, _("%(line)s was not shown to readers.") % {"line": line})
    return redirect(get_valid_next_url_from_request(request) or "lines_report")
