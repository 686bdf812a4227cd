"""The records of the controller: breaches of personal data, written down, added to, taken out."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from case_forms.accountability.models import Breach

from .acts import act
from .day import Day
from .staff import Staff

GIVEN = {"what": "Kanarina", "kinds": ["loss"], "categories": ["identity"], "decision": "open", "told": "open"}


@act("breach.opened", "operator", "accountability:breaches")
def write_a_breach_down(day: Day, me: Staff) -> Any:
    known_at = timezone.localtime() - timedelta(hours=1)
    me.post("accountability:breaches", known_at=f"{known_at:%Y-%m-%dT%H:%M}", **GIVEN)
    return Breach.objects.latest("number")


@act("breach.entry_added", "coordinator", "accountability:breach")
def add_to_a_breach(day: Day, me: Staff) -> Any:
    found = write_a_breach_down(day, day.operator)
    me.post("accountability:breach", found.pk, **GIVEN, measures="Kanarina")
    return found


@act("breach.exported", "coordinator", "accountability:breaches_file")
def take_the_register_out(day: Day, me: Staff) -> Any:
    me.send(reverse("accountability:breaches_file"), "get")
    return ("breach", "all")
