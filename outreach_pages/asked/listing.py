"""The list of what people asked: filters, and of each session what an editor may read."""

import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models import Page
from wagtail.permissions import policy_registry

from access.models import User
from content.page_listing import public_page_models

from ..pages.models import SessionPage
from ..records.calendar import get_last_day, parse_month
from ..records.labels import Audience, Topic
from ..records.models import InformativeSession, SessionQuerySet
from .models import Outcome

OPEN = "open"
ALL = "all"


class MonthField(forms.CharField):
    """A month as browsers send it: 2026-11."""

    widget = forms.TextInput({"type": "month", "placeholder": "2026-11"})

    def clean(self, value: Any) -> datetime.date | None:
        written = super().clean(value)
        if not written:
            return None
        first = parse_month(written)
        # What can't be read becomes this month there.
        if f"{first:%Y-%m}" != written:
            raise forms.ValidationError(_("Write the month as 2026-11."), code="not_a_month")
        return first


class FilterForm(forms.Form):
    """The filters, all optional. A value that can't be read gets an error beside its field and filters nothing."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", pgettext_lazy("questions", "open")), *Outcome.choices, (ALL, _("all"))],
    )
    audience = forms.ChoiceField(label=_("For whom"), required=False, choices=[("", _("all")), *Audience.choices])
    topic = forms.ChoiceField(label=_("Topic"), required=False, choices=[("", _("all")), *Topic.choices])
    month = MonthField(label=_("Month"), required=False)

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        """Apply the filters that are valid; open ones unless another state is chosen."""
        self.is_valid()
        chosen = getattr(self, "cleaned_data", {})
        state = chosen.get("state") or OPEN
        if state == OPEN:
            sessions = sessions.filter(questions_review__isnull=True)
        elif state != ALL:
            sessions = sessions.filter(questions_review__outcome=state)
        if audience := chosen.get("audience"):
            sessions = sessions.filter(audience=audience)
        if topic := chosen.get("topic"):
            # A JSON list of keys: with its quotes a key can't match a part of another one.
            sessions = sessions.filter(topics__icontains=f'"{topic}"')
        if month := chosen.get("month"):
            sessions = sessions.filter(date__gte=month, date__lte=get_last_day(month))
        return sessions


def get_asked() -> SessionQuerySet:
    """Return the sessions that were held and at which something was asked, the newest first."""
    held = InformativeSession.objects.took_place().exclude(questions_raised="")
    return held.select_related("questions_review__page", "questions_review__by").order_by("-date", "-held_at", "pk")


class PageForm(forms.Form):
    """Which page answers. Of the pages that this person may change, those that readers see."""

    page = forms.ModelChoiceField(Page.objects.none(), label=_("Page"))

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["page"].queryset = get_pages(user)  # type: ignore[attr-defined]


def get_pages(user: User) -> "QuerySet[Page]":
    """Return the pages that readers see and this person may change, by language and title.

    Kits and materials have no address: nobody finds an answer there. A session's own page is for who was there.
    """
    pages: QuerySet[Page] = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change")
    types = [model._meta.model_name for model in public_page_models() if model is not SessionPage]
    found = pages.filter(live=True, content_type__model__in=types)
    return found.order_by("locale__language_code", "title", "pk")
