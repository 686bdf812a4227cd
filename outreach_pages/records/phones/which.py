"""Which session is it: those of the unit that a record or plan which was set aside may be about."""

from datetime import date, timedelta
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from access.models import User

from ..labels import SessionState
from ..models import InformativeSession
from .models import PhoneRecord, PhoneRecordKind

DAYS_BACK = timedelta(days=180)  # longer than a record waits (PHONE_RECORD_DAYS)
MAX_OFFERED = 60


class _SessionField(forms.ModelChoiceField):
    def label_from_instance(self, session: InformativeSession) -> str:
        when = f"{session.date:%d.%m.%Y}, {session.starts_at:%H:%M}–{session.ends_at:%H:%M}"
        about = (capfirst(session.get_audience_display()), session.place_name, session.municipality.name)
        return " · ".join([when, *about, str(session.get_state_display())])


class WhichForm(forms.Form):
    """The sessions that it may be about, the latest first. `has_any`: there is one; `is_cut`: and earlier ones."""

    session = _SessionField(
        InformativeSession.objects.none(), label=_("Which session is it?"), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: object, record: PhoneRecord, user: User, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        offered = list_candidates(record, user)
        self.has_any, self.is_cut = bool(offered), len(offered) > MAX_OFFERED
        found = InformativeSession.objects.filter(pk__in=offered[:MAX_OFFERED]).select_related("municipality")
        self.fields["session"].queryset = found.order_by("-date", "-starts_at", "pk")  # type: ignore[attr-defined]


def list_candidates(record: PhoneRecord, user: User) -> list[UUID]:
    """Return the keys of the unit's sessions: of a plan those of its day, of a record those that have begun lately.

    One more than are offered, where there are more.
    """
    found = InformativeSession.objects.visible_to(user).filter(unit=record.unit_id)
    found = found.exclude(state=SessionState.CANCELLED)
    if record.kind == PhoneRecordKind.PLAN:
        day = _read_day(record)
        found = found.filter(date=day) if day is not None else found.none()
    else:
        today = timezone.localdate()
        found = found.exclude(state=SessionState.REPORTED).filter(date__lte=today, date__gte=today - DAYS_BACK)
    return _first(found)


def _first(found: "QuerySet[InformativeSession]") -> list[UUID]:
    return list(found.order_by("-date", "-starts_at", "pk").values_list("pk", flat=True)[: MAX_OFFERED + 1])


def _read_day(record: PhoneRecord) -> date | None:
    written = next((value for name, value in record.fields if name == "date"), "")
    try:
        return parse_date(written)
    except ValueError:
        return None
