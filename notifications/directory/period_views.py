"""Pages of a shift or a leave: before it begins it can be deleted, while it runs it can be ended."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button

from . import coverage
from .actions import delete_period, end_period, has_begun, is_running, next_minute
from .changes.actions import ask_for_change
from .changes.models import Act
from .changes.needs import lock_offices, takes_two
from .changes.values import ChangeRequest, get_kind, get_values
from .editing import DirectoryEditView, OwnRegionsMixin, show_request_message
from .models import Leave
from .moments import moment_in_words


class PeriodEditView(DirectoryEditView):
    """A shift or a leave: before it begins it can be deleted, while it runs it can be ended."""

    delete_period_url_name = ""
    end_url_name = ""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        now = timezone.now()
        if not has_begun(self.object, now):
            url = reverse(self.delete_period_url_name, args=[self.object.pk])
            buttons.append(Button(_("Delete"), url=url, icon_name="bin", priority=20))
        elif is_running(self.object, now):
            url = reverse(self.end_url_name, args=[self.object.pk])
            buttons.append(Button(_("End it now"), url=url, icon_name="time", priority=20))
        return buttons


class PeriodActionView(OwnRegionsMixin, generic.EditView):
    """One question with a button. GET shows it, POST does it."""

    template_name = "directory/period_action.html"
    question: str | Promise
    button: str | Promise

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.get_object()  # outside the transaction: a refusal is recorded and must not be rolled back with it
        with transaction.atomic():
            return self._act()

    def _act(self) -> HttpResponse:
        lock_offices(self.get_object())
        self.object = self.get_object()  # as it is now that nobody else changes this roster
        wanted = self.build_change_request()
        if (wanted.after or wanted.act == Act.DELETE) and takes_two(wanted, now=timezone.now()):
            return self._request_change(wanted)
        self.do()
        return redirect(self.get_success_url())

    def _request_change(self, wanted: ChangeRequest) -> HttpResponse:
        try:
            change = ask_for_change(wanted=wanted, by=self.request.user)
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
            return redirect(self.get_edit_url())
        show_request_message(self.request, at_once=False)
        return redirect("directory_changes:change", change.pk)

    def build_change_request(self) -> ChangeRequest:
        raise NotImplementedError

    def do(self) -> None:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period = self.object
        return super().get_context_data(**kwargs) | {
            "question": self.question,
            "button": self.button,
            "from_words": moment_in_words(period.starts_at),
            "until_words": moment_in_words(period.ends_at) if period.ends_at else "",
            "action_url": self.request.path,
            "back_url": self.get_edit_url(),
        }

    def show_warnings(self, warnings: list[str]) -> None:
        for words in warnings:
            messages.warning(self.request, words)


class PeriodDeleteView(PeriodActionView):
    question = gettext_lazy("Delete this entry? It has not started, so nobody has been notified because of it.")
    button = gettext_lazy("Yes, delete it")

    def build_change_request(self) -> ChangeRequest:
        if has_begun(self.object, timezone.now()):
            return ChangeRequest(get_kind(self.object), Act.CHANGE, self.object, {}, {})  # `do` says why not
        return ChangeRequest(get_kind(self.object), Act.DELETE, self.object, get_values(self.object), {})

    def do(self) -> None:
        office = self.object.contact.partner
        if not delete_period(period=self.object, by=self.request.user, now=timezone.now()):
            messages.error(self.request, _("This has already started, so it can't be deleted. You can end it now."))
            return
        messages.success(self.request, _("Deleted."))
        self.show_warnings(coverage.get_gap_warnings(office))


class PeriodEndView(PeriodActionView):
    question = gettext_lazy("End this now? What happened until now stays on record.")
    button = gettext_lazy("Yes, end it now")

    def build_change_request(self) -> ChangeRequest:
        now = timezone.now()
        kind = get_kind(self.object)
        if isinstance(self.object, Leave) or not is_running(self.object, now):
            return ChangeRequest(kind, Act.CHANGE, self.object, {}, {})
        before = {"ends_at": self.object.ends_at.isoformat() if self.object.ends_at else None}
        self.object.ends_at = next_minute(now)
        return ChangeRequest(kind, Act.CHANGE, self.object, before, {"ends_at": self.object.ends_at.isoformat()})

    def do(self) -> None:
        end = end_period(period=self.object, by=self.request.user, now=timezone.now())
        if end is None:
            messages.error(self.request, _("This isn't running now, so there is nothing to end."))
            return
        messages.success(self.request, _("It ends at %(moment)s.") % {"moment": moment_in_words(end)})
        self.show_warnings(coverage.get_gap_warnings(self.object.contact.partner))
