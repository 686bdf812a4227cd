"""The values that stand in a text's placeholders, as every message words them."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext

KEY_TO_ACCEPT = "1"  # during a call (`inbound`)


def get_link_start() -> str:
    """Return the beginning that every true link of a notice has."""
    return f"{settings.PUBLIC_URL}/n/"


def build_link(token: str) -> str:
    """Return the absolute address behind which a notice is read, with the PIN only."""
    return f"{get_link_start()}{token}/"


def word_minutes(count: int) -> str:
    """Return, for instance, "30 minutes", in the grammatical case that stands after "within"."""
    return npgettext("after “within”", "%(n)s minute", "%(n)s minutes", count) % {"n": count}


def word_hour(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M")


def word_until(moment: datetime, now: datetime) -> str:
    """Return the hour in Albania, with the date where that is another day's."""
    if _is_today(moment, now):
        return word_hour(moment)
    day = timezone.localtime(moment).strftime("%d.%m.%Y")
    return _("{hour} on {day}").format(hour=word_hour(moment), day=day)


def word_until_briefly(moment: datetime, now: datetime) -> str:
    """Return the same for an SMS. Without a full stop at its end: the text has its own."""
    local = timezone.localtime(moment)
    return local.strftime("%H:%M" if _is_today(moment, now) else "%H:%M %d.%m")


def _is_today(moment: datetime, now: datetime) -> bool:
    return timezone.localdate(moment) == timezone.localdate(now)


def get_reply_words() -> dict[str, str]:
    """Return the words by which an SMS answers, in the active language; `inbound.words` understands each."""
    return {
        "yes": pgettext("answer by SMS", "YES"),
        "no": pgettext("answer by SMS", "NO"),
        "on_the_way": pgettext("answer by SMS", "WAY"),
    }
