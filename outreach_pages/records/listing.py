"""The list of sessions: filters, order and pages."""

from typing import Any

from django import forms
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, Region, User

from .forms.fields import DayInput
from .labels import Audience, SessionState
from .models import InformativeSession, SessionQuerySet

PAGE_SIZE = 25
DUE = "due"  # its time has passed, and it isn't recorded yet


class FilterForm(forms.Form):
    """The filters, all optional. A value that can't be read gets an error beside its field and filters nothing."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), (DUE, _("past, not recorded yet")), *SessionState.choices],
    )
    region = forms.ModelChoiceField(
        Region.objects.none(), label=_("Region"), required=False, to_field_name="slug", empty_label=_("all")
    )
    unit = forms.ModelChoiceField(
        MobileUnit.objects.none(), label=_("Mobile unit"), required=False, to_field_name="slug", empty_label=_("all")
    )
    audience = forms.ChoiceField(label=_("For whom"), required=False, choices=[("", _("all")), *Audience.choices])
    since = forms.DateField(label=_("From"), required=False, widget=DayInput())
    until = forms.DateField(label=_("Until"), required=False, widget=DayInput())

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        seen = InformativeSession.objects.visible_to(user).order_by()
        regions = Region.objects.filter(pk__in=seen.values("municipality__region"))
        units = MobileUnit.objects.filter(pk__in=seen.values("unit"))
        self.fields["region"].queryset = regions  # type: ignore[attr-defined]
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        for name, rows in (("region", regions), ("unit", units)):
            # A filter with one choice filters nothing.
            if len(rows) < 2:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    def is_used(self) -> bool:
        return self.is_valid() and any(self.cleaned_data.values())

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        """Apply the filters that are valid."""
        self.is_valid()
        chosen = getattr(self, "cleaned_data", {})
        if state := chosen.get("state"):
            sessions = filter_due(sessions) if state == DUE else sessions.filter(state=state)
        if region := chosen.get("region"):
            sessions = sessions.in_region(region)
        if unit := chosen.get("unit"):
            sessions = sessions.filter(unit=unit)
        if audience := chosen.get("audience"):
            sessions = sessions.filter(audience=audience)
        if since := chosen.get("since"):
            sessions = sessions.filter(date__gte=since)
        if until := chosen.get("until"):
            sessions = sessions.filter(date__lte=until)
        return sessions


def get_listed_sessions(user: User) -> SessionQuerySet:
    """Return the sessions that this person may see, with their place and the number of people who came."""
    sessions = InformativeSession.objects.visible_to(user).select_related("unit", "municipality__region")
    return sessions.annotate(people=Sum("counts__number")).order_by("date", "starts_at", "id")


def filter_due(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return planned sessions whose end has passed: somebody must say whether they were held."""
    now = timezone.localtime()
    passed = Q(date__lt=now.date()) | Q(date=now.date(), ends_at__lte=now.time())
    return sessions.filter(passed, state=SessionState.PLANNED)


def filter_coming(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return planned sessions that are still to come or under way."""
    now = timezone.localtime()
    ahead = Q(date__gt=now.date()) | Q(date=now.date(), ends_at__gt=now.time())
    return sessions.filter(ahead, state=SessionState.PLANNED)


def filter_to_report(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return held sessions that wait for their report."""
    return sessions.filter(state=SessionState.HELD)


def filter_held(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return the sessions that were held, the latest first."""
    return sessions.took_place().order_by("-date", "-starts_at", "id")
