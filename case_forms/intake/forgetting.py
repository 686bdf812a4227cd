"""Forgetting answers whose time is over: a question may say for how many months its answer is kept (`keep_for`).

The months count from the day the submission was received. While its case is open nothing of it is forgotten. What is
forgotten is taken out of the sealed answers for good; the audit chain keeps which questions, never what they held.
Notices that were sent before keep what they told their recipients: they have a life of their own.
"""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.chain import record
from case_forms.questions.base import is_unanswered

from .models import Attachment, Submission

AT_MOST = 500  # submissions in one pass


def first_due(definition: Mapping[str, Any], received_on: date, *, after: date | None = None) -> date | None:
    """The next day, later than `after`, on which an answer of this form is forgotten; None when none ever is."""
    days = {months_later(received_on, months) for months in _terms(_items(definition))}
    return min((day for day in days if after is None or day > after), default=None)


def forget_due(today: date) -> int:
    """Forgets what is due today or was before. Returns how many submissions lost an answer."""
    due = Submission.objects.filter(Q(case__isnull=True) | Q(case__closed_at__isnull=False), forget_after__lte=today)
    keys = list(due.order_by("forget_after").values_list("pk", flat=True)[:AT_MOST])
    return sum(_forget(key, today) for key in keys)


def _forget(key: Any, today: date) -> bool:
    with transaction.atomic():
        submission = Submission.objects.select_for_update().select_related("form_version").get(pk=key)
        received_on = timezone.localdate(submission.received_at)
        definition = submission.form_version.definition
        answers, forgotten = _without(_items(definition), submission.answers, received_on, today)
        submission.forget_after = first_due(definition, received_on, after=today)
        if forgotten:
            submission.answers = answers
            Attachment.objects.filter(submission=submission, pk__in=_files(forgotten)).delete()
        submission.save(update_fields=["answers", "forget_after"])
        if forgotten:
            record("answers.forgotten", target_kind="submission", target_id=submission.pk, questions=sorted(forgotten))
    return bool(forgotten)


def _without(
    items: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], received_on: date, today: date
) -> tuple[dict[str, Any], dict[str, list[tuple[str, Any]]]]:
    """(the answers that stay, {question key: [(its type, an answer that goes)]}); rows of groups keep their places."""
    kept: dict[str, Any] = dict(answers)
    forgotten: dict[str, list[tuple[str, Any]]] = {}
    for item in items:
        value = answers.get(item["key"])
        if is_unanswered(value):
            continue
        if item["item"] == "repeat":
            rows = []
            for row in value or ():
                row_kept, row_forgotten = _without(item["items"], row, received_on, today)
                rows.append(row_kept)
                for key, gone in row_forgotten.items():
                    forgotten.setdefault(key, []).extend(gone)
            kept[item["key"]] = rows
        elif "keep_for" in item and months_later(received_on, item["keep_for"]) <= today:
            forgotten.setdefault(item["key"], []).append((item["type"], kept.pop(item["key"])))
    return kept, forgotten


def _files(forgotten: Mapping[str, list[tuple[str, Any]]]) -> list[str]:
    """The ids of the attached files among the answers that go."""
    return [value["id"] for gone in forgotten.values() for kind, value in gone if kind == "file" and "id" in value]


def _items(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for section in definition["sections"] for item in section["items"]]


def _terms(items: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    for item in items:
        if "keep_for" in item:
            yield item["keep_for"]
        yield from _terms(item.get("items", ()))


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
