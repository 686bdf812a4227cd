"""The view in which one editor asks for a page to be deleted, and another one does it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from ..models.page_permissions import PublicPagePermissions, needs_second_person
from ..page_references import count_references, get_referring_pages
from .deletion import ask_to_delete, delete_page, end_deletion_request
from .models import DeletionRequest


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why should it be deleted?"),
        max_length=255,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why, so that the other editor can decide.")},
    )


def delete(request: HttpRequest, page_id: int) -> HttpResponse:
    """Show what refers to the page and the state of its deletion; on POST do `action`: ask, end or delete."""
    page = get_object_or_404(Page, pk=page_id).specific
    permissions = page.permissions_for_user(request.user)
    if not isinstance(permissions, PublicPagePermissions) or not permissions.can_ask_to_delete():
        raise PermissionDenied
    action = request.POST.get("action", "") if request.method == "POST" else ""
    form = WhyForm(request.POST if action == "ask" else None)
    if action and (action != "ask" or form.is_valid()):
        return _done(request, page, action, form)
    asked = DeletionRequest.objects.filter(page_id=page.pk).select_related("asked_by").first()
    context: dict[str, Any] = {
        "page": page,
        "asked": asked,
        "is_own": asked is not None and asked.asked_by_id == request.user.pk,
        "may_delete": permissions.can_delete(),
        "may_unpublish": permissions.can_unpublish(),
        "needs_another": needs_second_person(page),
        "beneath": page.get_descendant_count(),
        "places": get_referring_pages(page, request.user),
        "count": count_references(page),
        "form": form,
    }
    return render(request, "content_admin/delete.html", context)


def _done(request: HttpRequest, page: Page, action: str, form: WhyForm) -> HttpResponse:
    # Read before the page is deleted.
    above, title = page.get_parent().pk, page.get_admin_display_title()
    user: Any = request.user
    if action == "ask":
        ask_to_delete(page=page, by=user, why=form.cleaned_data["why"])
        messages.success(
            request, _("Another editor has been asked to delete “%(title)s”. Until then it stays.") % {"title": title}
        )
        return redirect("review:delete", page.pk)
    if action == "end":
        if end_deletion_request(page=page, by=user):
            messages.success(request, _("“%(title)s” stays.") % {"title": title})
        return redirect("wagtailadmin_pages:edit", page.pk)
    if action != "delete":
        raise PermissionDenied
    delete_page(page=page, by=user)
    messages.success(request, _("“%(title)s” is deleted.") % {"title": title})
    return redirect("wagtailadmin_explore", above)
