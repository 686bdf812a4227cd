"""The form of the register of breaches."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .breaches import Written
from .choices import get_choices
from .models import Decision, Told

MAX_WORDS = 4000
CHOOSE = {"required": _("Choose at least one.")}


def _area(**more: Any) -> forms.CharField:
    return forms.CharField(max_length=MAX_WORDS, widget=forms.Textarea({"rows": 3, "autocomplete": "off"}), **more)


def _moment(**more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, **more)


class EntryForm(forms.Form):
    """What is known of a breach now."""

    what = _area(
        label=_("What happened"),
        help_text=_("Write no name and no case of the persons concerned."),
        error_messages={"required": _("Write what happened.")},
    )
    kinds = forms.MultipleChoiceField(
        label=_("What happened to the data"), widget=forms.CheckboxSelectMultiple, error_messages=CHOOSE
    )
    categories = forms.MultipleChoiceField(
        label=_("Which data"), widget=forms.CheckboxSelectMultiple, error_messages=CHOOSE
    )
    people = forms.IntegerField(
        label=_("How many persons, about"),
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text=_("Leave it empty while nobody knows."),
    )
    consequences = _area(label=_("What it can mean for them"), required=False)
    measures = _area(label=_("What was done, and what will be"), required=False)
    decision = forms.ChoiceField(
        label=_("The Commissioner"), choices=Decision.choices, widget=forms.RadioSelect, initial=Decision.OPEN
    )
    notified_at = _moment(label=_("Notified on"), required=False)
    protocol = forms.CharField(label=_("Protocol number of the notice"), max_length=80, required=False)
    told = forms.ChoiceField(
        label=_("The persons concerned"), choices=Told.choices, widget=forms.RadioSelect, initial=Told.OPEN
    )
    reason = _area(label=_("Why late, or why nobody is notified or informed"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kinds", "categories"):
            self.fields[name].choices = get_choices(name)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision, at = cleaned.get("decision"), cleaned.get("notified_at")
        if decision == Decision.NOTIFIED and at is None and "notified_at" not in self.errors:
            self.add_error("notified_at", _("Write when the Commissioner was notified."))
        if at is not None and at > timezone.now():
            self.add_error("notified_at", _("This moment is still to come."))
        no_notice = decision == Decision.NOT_NEEDED or cleaned.get("told") in (Told.NOT_SAFE, Told.NOT_NEEDED)
        if no_notice and not cleaned.get("reason"):
            self.add_error("reason", _("Write why. Whoever checks the register reads it."))
        return cleaned

    def get_written(self) -> Written:
        """Return what was written. Only for a valid form."""
        given = self.cleaned_data
        return Written(**{name: given[name] for name in self.base_fields if name in Written.__dataclass_fields__})


class BreachForm(EntryForm):
    """A new breach: also when it became known."""

    known_at = _moment(
        label=_("When it became known"),
        help_text=_("The 72 hours run from here."),
        error_messages={"required": _("Write when it became known.")},
    )
    field_order = ("known_at",)

    def clean_known_at(self) -> Any:
        at = self.cleaned_data["known_at"]
        if at > timezone.now():
            raise forms.ValidationError(_("This moment is still to come."))
        return at
