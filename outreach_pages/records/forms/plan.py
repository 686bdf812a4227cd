"""Forms of a session's plan (which unit goes where, when, for whom), and of cancelling it."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User
from outreach_pages.cards.forms import MAX_VALIDITY as MAX_CARD_VALIDITY

from ..actions import PLAN
from ..labels import CancelReason, PartnerKind, SessionState, Topic
from ..models import InformativeSession
from ..permissions import get_plannable_units
from .confirmable import ConfirmableForm
from .fields import DayInput, HourInput, KeysField, MunicipalityField
from .kits import KitVersionField

MIN_DATE = datetime.date(2013, 1, 1)  # the first mobile unit began then
MAX_AHEAD = datetime.timedelta(days=2 * 366)
MAX_LENGTH = datetime.timedelta(hours=10)


class PlanForm(ConfirmableForm):
    unit = forms.ModelChoiceField(
        MobileUnit.objects.none(), label=_("Mobile unit"), to_field_name="slug", empty_label=None
    )
    municipality = MunicipalityField()
    topics = KeysField(Topic, label=_("Topics"), required=False)
    partners = KeysField(PartnerKind, label=_("Who comes with you"), required=False)
    kit_version = KitVersionField(help_text=_("Its slides, sheets and scripts then open from the session."))

    fields_without_names = ("partner_names",)

    class Meta:
        model = InformativeSession
        fields = list(PLAN)
        labels = {
            "grades": _("Grades"),
            "is_public": _("May be listed for the public"),
            "show_place": _("The session's page may name the school or place"),
            "krat_activity": _("Activity of the regional anti-trafficking committee (KRAT)"),
            "partner_names": _("Which organisations"),
        }
        help_texts = {
            "place_name": _("Only staff see it, unless you allow more below."),
            "grades": _("For example: IX A, IX B."),
            "partner_names": _("Names of organisations, never of people."),
            "is_public": _("Anyone can then see its day, region, municipality, audience and topics. Nothing else."),
            "show_place": _("Leave it empty if somebody might try to find out who was there."),
            "card_expires_on": _("Empty: the card and the session's page stay active."),
        }
        widgets = {
            "date": DayInput(),
            "starts_at": HourInput(),
            "ends_at": HourInput(),
            "card_expires_on": DayInput(),
        }

    def __init__(self, *args: Any, user: User, named_kit: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        units = get_plannable_units(user)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["municipality"].group({unit.region_id for unit in units})  # type: ignore[attr-defined]
        if self.instance.state == SessionState.HELD:
            del self.fields["kit_version"]  # what it was held with is part of what happened
        else:
            audience = self["audience"].value() or ""
            self.fields["kit_version"].offer(self.instance, audience, named_kit)  # type: ignore[attr-defined]
        self.has_one_unit = len(units) == 1
        if self.has_one_unit:
            self.fields["unit"].widget = forms.HiddenInput()
            self.initial.setdefault("unit", units[0].slug)
        if self.instance._state.adding is False:
            self.initial["unit"] = self.instance.unit.slug
            self.initial["municipality"] = self.instance.municipality.slug

    def clean_date(self) -> datetime.date:
        day = self.cleaned_data["date"]
        if day < MIN_DATE:
            raise forms.ValidationError(_("This is too long ago."), code="too_early")
        if day > timezone.localdate() + MAX_AHEAD:
            raise forms.ValidationError(_("Choose a day within the next two years."), code="too_late")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends, day = cleaned.get("starts_at"), cleaned.get("ends_at"), cleaned.get("date")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it starts. Write when it ends."))
        elif starts and ends and _get_length(starts, ends) > MAX_LENGTH:
            self.add_error("ends_at", _("This is longer than ten hours. Split it into two sessions."))
        last = cleaned.get("card_expires_on")
        if last and day and last < day:
            self.add_error("card_expires_on", _("The card would end before the session. Choose a later day."))
        elif last and last > timezone.localdate() + MAX_CARD_VALIDITY:
            self.add_error(
                "card_expires_on", _("That is more than five years from now. Leave it empty: the card stays active.")
            )
        return cleaned


def _get_length(starts: datetime.time, ends: datetime.time) -> datetime.timedelta:
    day = datetime.date(2000, 1, 1)
    return datetime.datetime.combine(day, ends) - datetime.datetime.combine(day, starts)


class CancelForm(forms.Form):
    """The form that asks why a session is cancelled."""

    reason = forms.ChoiceField(label=_("Why is it cancelled?"), choices=CancelReason.choices, widget=forms.RadioSelect)
