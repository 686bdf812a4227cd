"""The form of a region's plan of drills."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import DrillPlan


class DrillPlanForm(forms.ModelForm):
    class Meta:
        model = DrillPlan
        fields = ("is_on", "day", "hours_from", "hours_until", "minutes", "climbs")
        labels = {"is_on": _("Hold a drill each month")}
        help_texts = {
            "day": _("On this day, or on the next working day. One that is late is held on a later day of the month."),
            "minutes": _("After so many minutes what is still open is withdrawn, and the result is saved."),
            "climbs": _("Whoever doesn't answer is reminded, and then the deputy is notified, as with a real notice."),
        }
        widgets = {
            "hours_from": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "hours_until": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        }
