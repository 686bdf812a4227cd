"""The attempts to send a notice, as its page lists them: by which way, what became of each, how it was worded."""

from dataclasses import dataclass
from datetime import datetime

from access.short_lists import ShortList, shorten
from notifications.outbox.labels import channel_label
from notifications.outbox.models import Attempt, AttemptOutcome, Notice

MAX_ATTEMPTS = 50


@dataclass(frozen=True)
class AttemptLine:
    """`code`: why it failed, "" where it didn't. `versions`: numbers of the changed texts that it was worded with.

    `key`: of an e-mail, the end of the fingerprint of the key that it was encrypted to, "" for none. `is_readable`: it
    is known that it wasn't encrypted. `is_composed`: it came so far that it was worded.
    """

    number: int
    at: datetime
    way: str
    outcome: str
    code: str
    versions: tuple[int, ...]
    key: str
    is_readable: bool
    is_composed: bool


def list_attempts(notice: Notice) -> ShortList[AttemptLine]:
    """Return the newest attempts to send a notice, by every way. Two queries at most."""
    found = shorten(Attempt.objects.filter(notice=notice).order_by("-started_at", "-pk"), MAX_ATTEMPTS)
    return ShortList([_describe(attempt) for attempt in found], found.total)


def _describe(attempt: Attempt) -> AttemptLine:
    is_readable = attempt.mail_key == Attempt.READABLE
    return AttemptLine(
        number=attempt.number,
        at=attempt.started_at,
        way=channel_label(attempt.channel),
        outcome=attempt.get_outcome_display(),
        code=attempt.error_code,
        # A number that was cut off at the column's end is no number of a version.
        versions=tuple(int(number) for number in attempt.texts.split() if number.isdigit()),
        key="" if is_readable else attempt.mail_key,
        is_readable=is_readable,
        is_composed=attempt.outcome not in (AttemptOutcome.STARTED, AttemptOutcome.UNSENDABLE),
    )
