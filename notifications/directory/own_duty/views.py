"""A contact's own page behind their link and PIN, and their calendar behind its secret. A GET changes nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from access.models import localize

from ..models import LeaveKind
from ..pin_visits import PinVisit, choose_language
from . import actions, calendar, page
from .links import DUTY, find_link
from .models import DutyRequest

# The browser's own picker: a phone shows its calendar, and people read the day as they write it.
MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "input"})


class AskLeaveForm(forms.Form):
    """From when to when somebody asks to be away, and why: a choice and no text."""

    starts_at = forms.DateTimeField(label=gettext_lazy("from"), widget=MOMENT)
    ends_at = forms.DateTimeField(label=gettext_lazy("until"), widget=MOMENT)
    kind = forms.ChoiceField(label=gettext_lazy("reason"), choices=LeaveKind.choices)


@sensitive_post_parameters("pin")
def own_duty(request: HttpRequest, token: str) -> HttpResponse:
    """Show a field for the PIN, then the contact's shifts; a POST enters the PIN, or asks, answers, withdraws."""
    link = find_link(token)
    language = choose_language(request, link.contact if link else None)
    with translation.override(language):
        if link is None:
            return render(request, "directory/own_duty/gone.html", status=404)
        return _Visit(request, link, link.contact, reverse("own_duty:page", args=[token]), language).answer()


class _Visit(PinVisit):
    kind = DUTY
    cookie = "own_duty"
    salt = "notifications.directory.own_duty"
    pin_template = "directory/own_duty/pin.html"

    def act(self) -> HttpResponse:
        do, now = self.request.POST.get("do", ""), timezone.now()
        try:
            if do == "leave":
                return self._ask_leave(now)
            if do == "swap":
                self._ask_swap(now)
            elif do in ("confirm", "decline"):
                actions.answer_swap(request=self._find(), colleague=self.contact, agree=do == "confirm", now=now)
            elif do == "withdraw":
                actions.withdraw_request(request=self._find(), contact=self.contact, now=now)
            elif do == "calendar":
                return self.show(calendar_address=calendar.make_address(self.contact))
            elif do == "calendar_stop":
                calendar.end_address(self.contact)
                return self.keep_open(self.redirect("#calendar"))
            else:
                raise ValidationError(_("Choose one of the buttons."))
        except ValidationError as error:
            return self.show(problems=error.messages, status=409)
        return self.keep_open(self.redirect("#asked"))

    def _ask_leave(self, now: datetime) -> HttpResponse:
        form = AskLeaveForm(self.request.POST)
        if form.is_valid():
            try:
                given = form.cleaned_data
                actions.ask_leave(
                    contact=self.contact,
                    starts_at=given["starts_at"],
                    ends_at=given["ends_at"],
                    kind=given["kind"],
                    now=now,
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self.keep_open(self.redirect("#asked"))
        problems = [f"{form[name].label}: {words}" for name in form.fields for words in form.errors.get(name, ())]
        return self.show(form=form, problems=[*problems, *form.non_field_errors()], status=422)

    def _ask_swap(self, now: datetime) -> None:
        actions.ask_swap(
            contact=self.contact,
            shift=read_key(self.request.POST.get("shift", "")),
            with_whom=self.request.POST.get("with", ""),
            now=now,
        )

    def _find(self) -> DutyRequest:
        """Return the request that the POST names, if it is this contact's to answer or withdraw."""
        try:
            key = UUID(self.request.POST.get("request", ""))
        except ValueError:
            key = UUID(int=0)
        asked = DutyRequest.objects.filter(pk=key)
        found = (asked.filter(contact=self.contact) | asked.filter(colleague=self.contact)).first()
        if found is None:
            raise ValidationError(_("This has been answered or withdrawn meanwhile."))
        return found

    def show(
        self,
        *,
        form: AskLeaveForm | None = None,
        problems: list[Any] | None = None,
        calendar_address: str = "",
        status: int = 200,
    ) -> HttpResponse:
        now = timezone.now()
        shifts = page.list_shifts(self.contact, now)
        context = {
            **self.get_common(),
            "shifts": shifts,
            "to_swap": [each for each in shifts if each.can_be_swapped],
            "partners": page.list_partners(self.contact, now),
            "to_answer": page.list_to_answer(self.contact),
            "asked": page.list_asked(self.contact, now),
            "form": form or AskLeaveForm(),
            "sent": self.request.POST if problems else {},
            "problems": problems or [],
            "calendar": calendar.get_valid(self.contact),
            "calendar_address": calendar_address,
        }
        return self.keep_open(render(self.request, "directory/own_duty/page.html", context, status=status))

    def get_common(self) -> dict[str, object]:
        return {
            **super().get_common(),
            "contact": self.contact,
            "office": localize(self.contact.partner.names, self.language),
        }


def own_calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """Give a calendar program the shifts of the contact whose secret this is; 404 for any other, or too often."""
    found = calendar.find_holder(secret)
    if found is None or not calendar.note_fetch(found):
        return HttpResponse(status=404 if found is None else 429, content_type="text/plain; charset=utf-8")
    with translation.override(found.contact.language):
        content = calendar.build_feed(found.contact, timezone.now())
    response = HttpResponse(content, content_type=calendar.MEDIA_TYPE)
    response["Content-Disposition"] = 'inline; filename="duty.ics"'
    patch_cache_control(response, private=True, no_store=True)
    return response


def read_key(text: str) -> int:
    """Read a row's key; 0, which no row has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
