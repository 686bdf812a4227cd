"""How offices answered, computed from the record: the one place that says what a stored row must be.

What happened and when is read from the audit chain (`notice.sent`, `notice.opened` ...), which nobody changes without
that being seen; the notices' own rows only say which institution each one went to and until when it was to answer. A
notice of which the chain has no sending is counted apart, and in nothing else.

What counts as one is what an institution was notified of at one time: the first notice, its reminders and its deputies'
belong together, and the first of them that was answered is the answer. Drills, tests and what was only for information
count in nothing; our own people are left out where it is counted (`counting`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from access.key_lists import name_keys
from audit.models import AuditEntry
from notifications.outbox.escalation_policy import FIRST_DAY
from notifications.outbox.models import Notice, NoticeQuerySet, Purpose, ReplyKind

from .models import OfficeAsked, UnrecordedNotice

T = TypeVar("T")
AT_ONCE = 500  # notices in one statement
ASKS_FOR_ANSWER = (Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD)
# What the chain calls each step, and which of ours it is.
STEPS = {
    "notice.sent": "sent",
    "notice.opened": "opened",
    f"notice.{ReplyKind.ACCEPTED}": "accepted",
    f"notice.{ReplyKind.ON_THE_WAY}": "accepted",
    f"notice.{ReplyKind.DECLINED}": "declined",
    f"notice.{ReplyKind.WRONG_AREA}": "wrong_area",
    f"notice.{ReplyKind.OUTCOME}": "outcome",
}
AFTER_SENDING = ("opened", "accepted", "declined", "wrong_area", "outcome")
MICROSECOND = timedelta(microseconds=1)


@dataclass
class Found:
    """What the record says, as rows that aren't saved."""

    asked: list[OfficeAsked] = field(default_factory=list)
    unrecorded: list[UnrecordedNotice] = field(default_factory=list)


@dataclass
class _Asked:
    """What one institution was notified of at one time: the first moment of each step, and until when to answer."""

    at: dict[str, datetime] = field(default_factory=dict)
    answer_by: datetime | None = None

    def note(self, step: str, moment: datetime) -> None:
        self.at[step] = min(self.at.get(step, moment), moment)


def get_asking_notices() -> NoticeQuerySet:
    """Return the notices that ask an institution for an answer."""
    return Notice.objects.counted().filter(
        partner__isnull=False, contact__isnull=False, purpose__in=ASKS_FOR_ANSWER, chase_id__isnull=False
    )


def read_asked(chains: Iterable[UUID]) -> Found:
    """Compute the rows of these escalation chains."""
    found = Found()
    for part in in_parts(chains, AT_ONCE):
        _read_part(part, found)
    return found


def _read_part(chains: Collection[UUID], found: Found) -> None:
    fields = ("pk", "chase_id", "partner_id", "municipality_id", "answer_by", "owed_at", "sent_at")
    rows = list(get_asking_notices().filter(chase_id__in=name_keys(chains)).order_by().values_list(*fields))
    steps: dict[UUID, dict[str, datetime]] = {}
    for part in in_parts((row[0] for row in rows), AT_ONCE):
        steps |= _read_steps(part)
    asked: dict[tuple[UUID, int], dict[int, _Asked]] = defaultdict(dict)
    for key, chain, office, place, answer_by, owed_at, sent_at in rows:
        assert chain is not None  # as the filter says
        assert office is not None
        taken = steps.get(key, {})
        if "sent" not in taken:
            if sent_at is not None:
                found.unrecorded.append(
                    UnrecordedNotice(notice=key, chain=chain, office_id=office, place_id=place, owed_at=owed_at)
                )
            continue
        one = asked[chain, office].setdefault(place, _Asked())
        for step, moment in taken.items():
            one.note(step, moment)
        if answer_by is not None:
            one.answer_by = min(one.answer_by or answer_by, answer_by)
    for (chain, office), by_place in asked.items():
        for place, one in by_place.items():
            found.asked.append(_build_row(chain, office, place, one, is_split=len(by_place) > 1))


def _build_row(chain: UUID, office: int, place: int, one: _Asked, *, is_split: bool) -> OfficeAsked:
    sent_at = one.at["sent"]
    after = {
        f"{step}_after": (one.at[step] - sent_at) // MICROSECOND if step in one.at else None for step in AFTER_SENDING
    }
    return OfficeAsked(
        chain=chain,
        office_id=office,
        place_id=place,
        sent_at=sent_at,
        answer_by=one.answer_by or sent_at + FIRST_DAY,
        is_split=is_split,
        **after,
    )


def _read_steps(keys: Iterable[UUID]) -> Mapping[UUID, dict[str, datetime]]:
    """Return the first moment of each step of these notices, as the chain has it."""
    by_target = {str(key): key for key in keys}
    found: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    # The kinds are told apart here: with a condition on them, SQLite reads every step that was ever taken of any notice
    # before it looks at the targets.
    entries = AuditEntry.objects.filter(target_kind="notice", target_id__in=by_target).order_by()
    for target, action, at in entries.values_list("target_id", "action", "at").iterator():
        step = STEPS.get(action)
        if step is not None:
            steps = found[by_target[target]]
            steps[step] = min(steps.get(step, at), at)
    return found


def in_parts(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the things, so many at a time, each once."""
    left = iter(dict.fromkeys(things))
    while part := list(islice(left, size)):
        yield part
