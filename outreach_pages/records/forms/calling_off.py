"""The form that asks why a session is cancelled."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ..labels import CancelReason


class CancelForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why is it cancelled?"), choices=CancelReason.choices, widget=forms.RadioSelect)
