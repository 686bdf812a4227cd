"""The views in which one editor asks for a page to be deleted and another one does it, and in which it is restored."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.models import Page

from access.models import StaffRole

from ..models.page_permissions import PublicPagePermissions, is_deleted, needs_second_person
from ..page_references import count_references, get_referring_pages
from .deleted_pages import (
    FormerPlaces,
    NowhereToStand,
    ask_to_erase,
    erase_by_two,
    refuse_to_erase,
    restore,
)
from .deletion import ask_to_delete, delete_page, end_deletion_request
from .models import DeletedPage, DeletionRequest

ON_A_PAGE = 50
MAX_RESTORED = 100


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why should it be deleted?"),
        max_length=255,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why, so that the other editor can decide.")},
    )
    for_good = forms.BooleanField(
        label=gettext_lazy("It endangers somebody: delete it at once and for good"),
        help_text=gettext_lazy("Nobody can restore it then. Unpublish it first: that needs nobody else."),
        required=False,
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
        "days": settings.DELETED_PAGE_DAYS,
    }
    return render(request, "content_admin/delete.html", context)


def _done(request: HttpRequest, page: Page, action: str, form: WhyForm) -> HttpResponse:
    # Read before the page is deleted.
    above, title = page.get_parent().pk, page.get_admin_display_title()
    user: Any = request.user
    if action == "ask":
        ask_to_delete(page=page, by=user, why=form.cleaned_data["why"], for_good=form.cleaned_data["for_good"])
        messages.success(
            request, _("Another editor has been asked to delete “%(title)s”. Until then it stays.") % {"title": title}
        )
        return redirect("review:delete", page.pk)
    if action == "end":
        if end_deletion_request(page=page, by=user):
            messages.success(request, _("“%(title)s” stays.") % {"title": title})
        return redirect("wagtailadmin_pages:edit", page.pk)
    if action not in ("delete", "delete_for_good"):
        raise PermissionDenied
    deleted = delete_page(page=page, by=user, for_good=action == "delete_for_good")
    say_deleted(request, title, deleted)
    return redirect("wagtailadmin_explore", above)


def say_deleted(request: HttpRequest, title: str, deleted: DeletedPage | None) -> None:
    """Say what was deleted, and where it can be restored."""
    if deleted is None:
        messages.success(request, _("“%(title)s” is deleted for good.") % {"title": title})
        return
    words = _("“%(title)s” is deleted. It can be restored until %(day)s, under Reports, Deleted pages.")
    day = date_format(deleted.gone_on, "SHORT_DATE_FORMAT")
    messages.success(request, words % {"title": title, "day": day})


def list_deleted(request: HttpRequest) -> HttpResponse:
    """List what can be restored, by whom it was deleted; on POST restore what was ticked, or decide on erasing one."""
    user: Any = request.user
    if not user.has_role(StaffRole.EDITOR):
        raise PermissionDenied
    if request.method == "POST":
        _decided_on_deleted(request)
        return redirect("review:deleted")
    found = DeletedPage.objects.select_related("page__locale", "deleted_by", "asked_by", "erasure_asked_by")
    people = {each.deleted_by_id: each.deleted_by for each in found}
    if (by := request.GET.get("by", "")).isdecimal() and len(by) < 10:
        found = found.filter(deleted_by_id=int(by))
    places = FormerPlaces(found)
    own = [each for each in found if places.may_restore(each, user)]
    shown = Paginator(own, ON_A_PAGE).get_page(request.GET.get("page"))
    specific = Page.objects.defer_streamfields().specific().in_bulk([each.page_id for each in shown.object_list])
    context = {
        "page": shown,
        "rows": [
            {
                "deleted": each,
                "title": specific[each.page_id].get_admin_display_title(),
                "parent": places.get_new_parent(each),
                "counterparts": count_counterparts(each.page),
                "may_erase": places.may_erase(each, user),
                "is_own": each.erasure_asked_by_id == user.pk,
            }
            for each in shown.object_list
        ],
        "people": people.values(),
        "by": by,
        "days": settings.DELETED_PAGE_DAYS,
    }
    return render(request, "content_admin/deleted.html", context)


def count_counterparts(page: Page) -> int:
    """Return how many counterparts in other languages weren't deleted with it."""
    return sum(not is_deleted(each) for each in page.get_translations())


def _decided_on_deleted(request: HttpRequest) -> None:
    action, _colon, key = request.POST.get("action", "").partition(":")
    user: Any = request.user
    if action == "restore":
        # From the one that was deleted last: what stood beneath another finds it back.
        keys = sorted({int(each) for each in request.POST.getlist("pk")[:MAX_RESTORED] if _is_key(each)}, reverse=True)
        if not keys:
            messages.error(request, _("Tick the pages to restore."))
        for pk in keys:
            _restored(request, pk)
        return
    steps = {"ask": ask_to_erase, "keep": refuse_to_erase, "erase": erase_by_two}
    if action not in steps or not _is_key(key):
        raise PermissionDenied
    said = {
        "ask": _("Another editor has been asked to delete it for good. Until then it can be restored."),
        "keep": _("It isn't deleted for good, and can be restored."),
        "erase": _("It is deleted for good."),
    }
    if steps[action](pk=int(key), by=user):
        messages.success(request, said[action])
    else:
        messages.info(request, _("Somebody has decided on it in the meantime."))


def _restored(request: HttpRequest, pk: int) -> None:
    """Restore one page and say what became of it; one that can't be restored stops no other."""
    user: Any = request.user
    try:
        done = restore(pk=pk, by=user)
    except NowhereToStand:
        messages.error(
            request,
            _("It was not restored: no page is left under which it may stand. Restore the page above it first."),
        )
        return
    if done is None:
        messages.info(request, _("Somebody has decided on it in the meantime."))
        return
    said = [_("“%(title)s” is restored as a draft. Submit it for approval to show it to readers.")]
    if done.is_elsewhere:
        said.append(_("The page above it is gone: it stands under the next one that is left."))
    if done.new_slug:
        said.append(_("Its address was taken meanwhile: it is “%(slug)s” now."))
    words = " ".join(said) % {"title": done.page.get_admin_display_title(), "slug": done.new_slug}
    address = reverse("wagtailadmin_pages:edit", args=[done.page.pk])
    messages.success(request, words, buttons=[messages.button(address, _("Edit"))])


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def delete_in_wagtails_view(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Put the page aside where Wagtail's own screen would delete it for good (a hook)."""
    if request.method != "POST" or not page.permissions_for_user(request.user).can_delete():
        return None
    above, title = page.get_parent().pk, page.specific.get_admin_display_title()
    user: Any = request.user
    say_deleted(request, title, delete_page(page=page, by=user))
    return redirect("wagtailadmin_explore", above)


def delete_in_bulk(request: HttpRequest, action_type: str, objects: Any, action: Any) -> HttpResponse | None:
    """Put each of the chosen pages aside where Wagtail's own action would delete them for good (a hook)."""
    if action_type != "delete" or not all(isinstance(each, Page) for each in objects):
        return None
    user: Any = request.user
    with transaction.atomic():
        # The deepest first: what stands beneath another chosen page has a row of its own.
        for page in sorted(objects, key=lambda each: each.path, reverse=True):
            title = page.specific.get_admin_display_title()
            say_deleted(request, title, delete_page(page=page, by=user))
    return redirect(action.next_url)
