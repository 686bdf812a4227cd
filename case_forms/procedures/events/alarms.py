"""The event of an alarm that a phone without data sends by SMS. It has no case, and says nothing of a person."""

from case_forms.expressions import KindInfo

from ..messages import gettext_noop
from .base import OCCURRED_ON, TODAY, EventKind, ScopeName
from .later import read_subject

REGION = ScopeName(
    "_alarm_region", KindInfo("choice"), gettext_noop("the region of the unit, by its key"), read_subject("region")
)
UNIT = ScopeName("_alarm_unit", KindInfo("choice"), gettext_noop("the unit, by its key"), read_subject("unit"))
URGENT = ScopeName(
    "_alarm_urgent",
    KindInfo("boolean"),
    gettext_noop("whether the alarm was sent as urgent"),
    read_subject("urgent"),
)


class PhoneAlarmReceived(EventKind):
    """An SMS with the code of a phone came in: somebody of its unit will call."""

    code = "phone_alarm"
    words = gettext_noop(
        "A worker without a network sends the alarm of their phone by SMS: they will call. No form is sent then, and"
        " nobody knows yet what it is about. The region's coordinators are notified without a rule."
    )
    has_case = False
    has_form = False
    impossible = gettext_noop("An alarm has no case. Only a notice can be created here.")
    told_roles = frozenset({"police", "coordinator", "mobile_unit"})
    told_words = gettext_noop("Only the police, the unit and its coordinators are notified of an alarm.")
    names = (TODAY, OCCURRED_ON, REGION, UNIT, URGENT)
