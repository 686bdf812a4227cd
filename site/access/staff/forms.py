"""Forms of the staff screens."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from ..models import Assignment, MobileUnit, Region, StaffRole, User


class RoleForm(forms.Form):
    """A role for a period, and where: a unit for a worker, regions for a coordinator."""

    role = forms.ChoiceField(label=_("Role"), choices=StaffRole.choices, widget=forms.RadioSelect)
    unit = forms.ModelChoiceField(
        MobileUnit.objects.filter(is_active=True),
        label=_("Mobile unit"),
        required=False,
        help_text=_("For a worker. An earlier unit ends the day before."),
    )
    regions = forms.ModelMultipleChoiceField(
        Region.objects.all(),
        label=_("Regions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For a coordinator: one or more."),
    )
    starts_on = forms.DateField(label=_("From"), widget=AdminDateInput)
    ends_on = forms.DateField(
        label=_("Until"), required=False, widget=AdminDateInput, help_text=_("The last day. Empty: no end.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = timezone.localdate
        self.fields["role"].error_messages["required"] = _("Choose a role.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        role, starts_on, ends_on = (cleaned.get(name) for name in ("role", "starts_on", "ends_on"))
        if role == StaffRole.WORKER and not cleaned.get("unit") and "unit" not in self.errors:
            self.add_error("unit", _("Choose the unit this person works in."))
        if role == StaffRole.COORDINATOR and not cleaned.get("regions") and "regions" not in self.errors:
            self.add_error("regions", _("Choose the regions this person coordinates."))
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned

    def given(self) -> dict[str, Any]:
        """Return the arguments of `roles.give_role`."""
        names = ("role", "unit", "regions", "starts_on", "ends_on")
        return {name: self.cleaned_data[name] for name in names}


class PersonForm(forms.ModelForm):
    """The form of a person's name, address and language."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "username", "email", "language"]
        labels = {"email": _("E-mail address")}
        help_texts = {
            "username": _("What the person signs in with. Letters, digits and @ . + - _"),
            "email": _("The invitation goes there."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "email"):
            self.fields[name].required = True
        self.fields["username"].widget.attrs.update(autocapitalize="none", autocomplete="off", spellcheck="false")

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        # Django's own check tells "Arta" and "arta" apart; sign-in doesn't.
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else already signs in with this name."))
        return name

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another account already has this address."))
        return email


class LastDayForm(forms.Form):
    """The form that ends a role."""

    last_day = forms.DateField(label=_("Last day"), widget=AdminDateInput, initial=timezone.localdate)

    def __init__(self, *args: Any, assignment: Assignment, **kwargs: Any) -> None:
        self.assignment = assignment
        super().__init__(*args, **kwargs)

    def clean_last_day(self) -> Any:
        """Refuse a day in the past. The action checks it again, under a lock (`roles.end_role`)."""
        day, today = self.cleaned_data["last_day"], timezone.localdate()
        if day < today and self.assignment.starts_on <= today:
            raise ValidationError(_("A role can't end in the past. Today is the earliest."))
        return day
