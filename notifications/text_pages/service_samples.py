"""The service's own mails with made-up values, each called by the text that it is about."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

from django.utils import timezone, translation

from access.languages import DEFAULT_LANGUAGE
from notifications.texts.in_force import Wording
from notifications.texts.placeholders import PLACEHOLDERS
from notifications.texts.registry import TEXTS
from notifications.texts.service_mails import (
    ServiceMail,
    word_agreements,
    word_alarm,
    word_bad_drill,
    word_came_back,
    word_change_decided,
    word_change_to_concerned,
    word_change_to_managers,
    word_duty,
    word_duty_changed,
    word_form_returned,
    word_gaps,
    word_keys,
    word_own_page,
    word_phone_added,
    word_phone_alarm,
    word_record_waits,
    word_request,
    word_request_ended,
    word_swap_asked,
    word_texts_waiting,
    word_wrong_pins,
)


def _get(*names: str) -> dict[str, str]:
    return {name: PLACEHOLDERS[name].sample() for name in names}


def _word_duty(*, is_deputy: bool) -> ServiceMail:
    return word_duty(**_get("office", "start_hour", "begins", "ends", "page"), is_deputy=is_deputy)


def _word_end(*, is_swap: bool) -> ServiceMail:
    return word_request_ended(is_swap=is_swap, is_agreed=is_swap, **_get("person", "office", "result", "page"))


def _word_concerned(stage: str) -> ServiceMail:
    office = "" if stage == "agreed" else PLACEHOLDERS["office"].sample()
    return word_change_to_concerned(stage=stage, office=office, **_get("person", "what"))


def _word_change(stage: str) -> ServiceMail:
    return word_change_to_managers(stage=stage, **_get("person", "office", "what", "page"))


SERVICE_SAMPLES: Mapping[str, Callable[[], ServiceMail]] = {
    "service.duty_begins": lambda: _word_duty(is_deputy=False),
    "service.deputy_begins": lambda: _word_duty(is_deputy=True),
    "service.duty_changed": lambda: word_duty_changed(**_get("office", "start_hour", "begins", "page")),
    "service.page_sent": lambda: word_own_page(**_get("office", "page")),
    "service.no_page": lambda: word_own_page(**_get("office"), page=""),
    "service.swap_asked": lambda: word_swap_asked(**_get("person", "office", "page")),
    "service.swap_ended": lambda: _word_end(is_swap=True),
    "service.leave_ended": lambda: _word_end(is_swap=False),
    "service.request_waits": lambda: word_request(is_second=False, **_get("page")),
    "service.request_waits_second": lambda: word_request(is_second=True, **_get("page")),
    "service.gaps_one": lambda: word_gaps(nobody=1, others=1, is_soon=False, **_get("page")),
    "service.gaps_many": lambda: word_gaps(nobody=3, others=5, is_soon=True, **_get("page")),
    "service.concerned_asked": lambda: _word_concerned("asked"),
    "service.concerned_agreed": lambda: _word_concerned("agreed"),
    "service.concerned_emergency": lambda: _word_concerned("emergency"),
    "service.concerned_ended": lambda: _word_concerned("ended"),
    "service.change_waits": lambda: _word_change("asked"),
    "service.emergency_waits": lambda: _word_change("emergency"),
    "service.emergency_ended": lambda: _word_change("ended"),
    "service.change_decided": lambda: word_change_decided(is_emergency=False, **_get("result", "page")),
    "service.phone_added": lambda: word_phone_added(**_get("phone_name")),
    "service.came_back": lambda: word_came_back(**_get("person", "office", "page")),
    "service.agreements_end_one": lambda: word_agreements(over=1, ends=1, review=1, days=60, **_get("page")),
    "service.agreements_end_many": lambda: word_agreements(over=2, ends=3, review=4, days=60, **_get("page")),
    "service.keys_one": lambda: word_keys(amount=1, days=14, **_get("page")),
    "service.keys_many": lambda: word_keys(amount=3, days=60, **_get("page")),
    "service.alarm_one": lambda: word_alarm(cases=1, **_get("page")),
    "service.alarm_many": lambda: word_alarm(cases=3, **_get("page")),
    "service.wrong_pins": word_wrong_pins,
    "service.drill_missed": lambda: word_bad_drill(state="missed", **_get("page")),
    "service.drill_unanswered": lambda: word_bad_drill(state="unanswered", **_get("page")),
    "service.drill_failed": lambda: word_bad_drill(state="failed", **_get("page")),
    "service.text_waits_one": lambda: word_texts_waiting(amount=1, **_get("page")),
    "service.text_waits_many": lambda: word_texts_waiting(amount=3, **_get("page")),
    "service.phone_alarm_urgent": lambda: word_phone_alarm(is_urgent=True, **_get("page")),
    "service.phone_alarm": lambda: word_phone_alarm(is_urgent=False, **_get("page")),
    "service.form_returned": lambda: word_form_returned(**_get("page")),
    "service.record_waits": lambda: word_record_waits(is_last=False, **_get("unit", "page")),
    "service.record_ends": lambda: word_record_waits(is_last=True, **_get("unit", "page")),
}


def compose_sample(name: str, wording: Wording) -> tuple[str, str]:
    """Return the subject and the text of this mail, composed by the code that composes true ones."""
    with translation.override(wording.language):
        return SERVICE_SAMPLES[name]().compose(wording)


@lru_cache(maxsize=len(TEXTS))
def find_sample(key: str) -> str:
    """Return the mail in which this text is said: the one that is called by it, else the first."""
    return key if key in SERVICE_SAMPLES else next(name for name in SERVICE_SAMPLES if key in _find_said(name))


def _find_said(name: str) -> set[str]:
    wording = _Listening(DEFAULT_LANGUAGE, timezone.now())
    compose_sample(name, wording)
    return wording.said


class _Listening(Wording):
    """Remembers which texts were asked for."""

    def __init__(self, language: str, now: datetime) -> None:
        super().__init__(language, now)
        self.said: set[str] = set()

    def say(self, key: str, /, **values: str) -> str:
        self.said.add(key)
        return super().say(key, **values)
