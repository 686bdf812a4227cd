"""The forms by which a unit answers a request. Their words are from a fixed set; what is added takes no details."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach_pages.records.forms.fields import DayInput
from outreach_pages.records.forms.plan import MAX_AHEAD
from outreach_pages.records.no_names import without_details

from .models import MAX_TEXT_LENGTH, Answer, DeclineReason


def _build_text_field() -> forms.CharField:
    return forms.CharField(
        label=_("In your own words"),
        help_text=_("Whoever asked reads it with the code. No names, numbers or addresses."),
        required=False,
        max_length=MAX_TEXT_LENGTH,
        validators=[without_details],
        widget=forms.Textarea({"rows": 3}),
    )


class AnswerForm(forms.Form):
    """Its fields have ids of their own: it stands on one page with DeclineForm."""

    answer = forms.ChoiceField(label=_("What do you answer?"), choices=Answer.choices, widget=forms.RadioSelect)
    offered_on = forms.DateField(label=_("Which day?"), required=False, widget=DayInput())
    text = _build_text_field()

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("auto_id", "answer_%s")
        super().__init__(*args, **options)
        self.fields["text"].widget.attrs.pop("maxlength", None)  # browsers cut pasted text silently

    def clean_offered_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["offered_on"]
        today = timezone.localdate()
        if day is not None and not today <= day <= today + MAX_AHEAD:
            raise forms.ValidationError(_("Choose a day from today on, within the next two years."), code="range")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == Answer.DAY and not cleaned.get("offered_on") and not self.has_error("offered_on"):
            self.add_error("offered_on", _("Choose the day that you offer."))
        return cleaned


class DeclineForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why can't it be held?"), choices=DeclineReason.choices, widget=forms.RadioSelect
    )
    text = _build_text_field()

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("auto_id", "decline_%s")
        super().__init__(*args, **options)
        self.fields["text"].widget.attrs.pop("maxlength", None)
