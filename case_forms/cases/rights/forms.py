"""The forms of the pages about a person's own data."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from .actions import MAX_WORDS, OUTCOMES, get_last_erase_day
from .choices import get_choices, get_days, get_refusals, is_proof_for
from .models import RightKind, RightOutcome, RightsRequest

CHOOSE = {"required": _("Choose one.")}


def _area(**more: Any) -> forms.CharField:
    widget = forms.Textarea({"rows": 3, "class": "input", "autocomplete": "off"})
    return forms.CharField(max_length=MAX_WORDS, widget=widget, **more)


def _day(**more: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput({"type": "date", "class": "input"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day."), "invalid": _("Give the day as in 27.11.2026.")},
        **more,
    )


class RegisterForm(forms.Form):
    """What a person asks, and how it was established that it is they."""

    kind = forms.ChoiceField(
        label=_("What does the person ask?"), choices=RightKind.choices, widget=forms.RadioSelect, error_messages=CHOOSE
    )
    received_through = forms.ChoiceField(
        label=_("How did the request come?"), widget=forms.RadioSelect, error_messages=CHOOSE
    )
    identity = forms.ChoiceField(
        label=_("How was it established who asks?"), widget=forms.RadioSelect, error_messages=CHOOSE
    )
    identity_words = _area(
        label=_("How exactly"),
        help_text=_("What you saw, who confirmed it, whether the person was alone. Not the number of a document."),
        error_messages={"required": _("Write how it was established who asks.")},
    )
    request_words = _area(label=_("What the person asked for, in their words"), required=False)
    asked_on = _day(label=_("Asked on"))
    language = forms.ChoiceField(label=_("Language of the answer"), widget=forms.RadioSelect, error_messages=CHOOSE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["received_through"].choices = get_choices("received_through")  # type: ignore[attr-defined]
        self.fields["identity"].choices = get_choices("identity")  # type: ignore[attr-defined]
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        self.initial.setdefault("asked_on", timezone.localdate())
        self.fields["language"].initial = settings.LANGUAGE_CODE

    def clean_asked_on(self) -> Any:
        day = self.cleaned_data["asked_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        if (timezone.localdate() - day).days > 366:
            raise forms.ValidationError(_("This day is more than a year ago."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        through, identity = cleaned.get("received_through"), cleaned.get("identity")
        if through and identity and not is_proof_for(identity, through):
            self.add_error("identity", _("This does not show that the one who asks may ask."))
        return cleaned


class ProposalForm(forms.Form):
    """How to answer. The pieces that are left in are read from the request by the view."""

    outcome = forms.ChoiceField(label=_("How do you answer?"), widget=forms.RadioSelect, error_messages=CHOOSE)
    refusal = forms.ChoiceField(label=_("If refused: why"), required=False, widget=forms.RadioSelect)
    erase_on = _day(
        label=_("If granted: to be erased on"),
        help_text=_("Until then it can be cancelled, and the paper handed over."),
        required=False,
    )
    words = _area(label=_("For the second person: what you did, or why"), required=False)

    def __init__(self, *args: Any, found: RightsRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind, self.found = found.kind, found
        labels = dict(RightOutcome.choices)
        outcomes = [(value, labels[RightOutcome(value)]) for value in OUTCOMES[kind]]
        self.fields["outcome"].choices = outcomes  # type: ignore[attr-defined]
        if len(outcomes) == 1:
            self.fields["outcome"].initial = outcomes[0][0]
        if RightOutcome.REFUSED in OUTCOMES[kind]:
            self.fields["refusal"].choices = get_refusals(kind)  # type: ignore[attr-defined]
        else:
            del self.fields["refusal"]
        if kind == RightKind.ERASURE:
            self.fields["erase_on"].initial = timezone.localdate() + timedelta(days=get_days("erase_days"))
        else:
            del self.fields["erase_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if outcome == RightOutcome.REFUSED and not cleaned.get("refusal"):
            self.add_error("refusal", _("Choose why it is refused."))
        if outcome == RightOutcome.WHOLE and "erase_on" in self.fields and "erase_on" not in self.errors:
            self._check_day(cleaned.get("erase_on"))
        if outcome in (RightOutcome.REFUSED, RightOutcome.LIFTED) and not cleaned.get("words"):
            self.add_error("words", _("Write why, so that the second person can judge it."))
        return cleaned

    def _check_day(self, day: Any) -> None:
        today = timezone.localdate()
        last = get_last_erase_day(self.found, today)
        if not day:
            self.add_error("erase_on", _("Give the day."))
        elif day <= today:
            self.add_error("erase_on", _("Give a day that is still to come."))
        elif day > last:
            late = _("The person would wait too long: give a day up to %(day)s.")
            self.add_error("erase_on", late % {"day": date_format(last, "j F Y")})


class CallOffForm(forms.Form):
    """Why an erasure that was agreed to is cancelled."""

    words = _area(
        label=_("Why the erasure is cancelled"),
        error_messages={"required": _("Write why, so that the second person can judge it.")},
    )


class DecisionForm(forms.Form):
    """The second person's words; sending back needs them."""

    words = _area(label=_("Your words"), required=False)

    def __init__(self, *args: Any, agree: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agree = agree

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"]
        if not self.agree and not words.strip():
            raise forms.ValidationError(_("Write what should be different."))
        return words


class HandOverForm(forms.Form):
    """To whom the file went, and when."""

    to = forms.ChoiceField(label=_("Handed over"), widget=forms.RadioSelect, error_messages=CHOOSE)
    on = _day(label=_("On"))
    words = _area(label=_("To whom exactly, and who was there"), required=False)

    def __init__(self, *args: Any, with_words: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_words:
            del self.fields["words"]
        self.fields["to"].choices = get_choices("handed_to")  # type: ignore[attr-defined]
        self.fields["on"].initial = timezone.localdate

    def clean_on(self) -> Any:
        day = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day
