"""The words of messages and papers: proposed, agreed to, refused, withdrawn."""

from typing import Any

from notifications.texts.models import TextVersion

from .acts import act
from .day import Day
from .staff import Staff

KEYS = ("mail.greeting", "mail.keep", "mail.talk", "mail.duty")  # one change of each waits at a time


def propose(day: Day, me: Staff) -> TextVersion:
    key = next(each for each in KEYS if not TextVersion.objects.waiting().filter(key=each).exists())
    words = {"text_sq": f"Kanarina {'a' * day.number()},", "text_en": f"Kanarina {'b' * day.number()},"}
    me.post("text", key, do="propose", reason="Kanarina", **words)
    return TextVersion.objects.latest("pk")


@act("text.proposed", "coordinator", "text")
def propose_a_text(day: Day, me: Staff) -> Any:
    return propose(day, me)


@act("text.agreed", "coordinator2", "text_version")
def agree_to_a_text(day: Day, me: Staff) -> Any:
    version = propose(day, day.coordinator)
    me.post("text_version", version.pk, decision="agree")
    return version


@act("text.refused", "coordinator2", "text_version")
def refuse_a_text(day: Day, me: Staff) -> Any:
    version = propose(day, day.coordinator)
    me.post("text_version", version.pk, decision="refuse")
    return version


@act("text.withdrawn", "coordinator", "text_version")
def withdraw_a_text(day: Day, me: Staff) -> Any:
    version = propose(day, me)
    me.post("text_version", version.pk, decision="withdraw")
    return version
