"""How much was written about each notice of a case, for its cards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from notifications.briefs.talk.models import OF_RECIPIENT, OF_UNIT, TalkMessage


@dataclass(frozen=True)
class TalkCount:
    """Of the conversation about one notice: all messages, questions that wait, those that a side hasn't opened."""

    all: int = 0
    waiting: int = 0
    unread_by_unit: int = 0
    unread_by_recipient: int = 0


NO_TALK = TalkCount()


def count_talk(firsts: Iterable[UUID]) -> Mapping[UUID, TalkCount]:
    """Count the messages by the first notice of their chain. One query."""
    is_waiting = Q(kind="question", answered_at__isnull=True, erased_at__isnull=True)
    rows = (
        TalkMessage.objects.filter(notice__in=list(firsts))
        .order_by()
        .values("notice")
        .annotate(
            all=Count("pk"),
            waiting=Count("pk", filter=is_waiting),
            by_unit=Count("pk", filter=Q(kind__in=OF_RECIPIENT, read_at__isnull=True)),
            by_recipient=Count("pk", filter=Q(kind__in=OF_UNIT, read_at__isnull=True)),
        )
    )
    return {row["notice"]: TalkCount(row["all"], row["waiting"], row["by_unit"], row["by_recipient"]) for row in rows}
