"""What follows when a mail comes back: the ladder's next step now, and the coordinators know of the bad address."""

from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from audit.chain import log_event
from notifications.directory.models import Contact
from notifications.directory.scope import get_managers
from notifications.staff_push.waking import wake
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import word_came_back

from ..escalation_chain import get_followed_notices, take_next_step_at
from ..locking import lock_chase
from ..models import Attempt, AttemptOutcome, Notice
from ..states import NoticeState
from ..ways.sending import hasten_ways
from .reports import read_report
from .return_path import find_attempts

MAX_AGE = timedelta(days=10)  # servers give up after five; what is older tells nobody anything
SAID_WITHIN = timedelta(days=1)  # one mail a day about one contact
CAME_BACK = "came_back"
CLAIM_LASTS = timedelta(minutes=1)  # a claim is one transaction: far longer than any takes

log = structlog.get_logger(__name__)


class NotYet(Exception):
    """Raised while the attempt that a report is about isn't recorded: its batch is still being sent. Ask again."""


def take_report(content: bytes, *, at: datetime) -> int:
    """Take a mail that came to a return path. Return how many attempts it has changed. Raises NotYet.

    A forged or repeated one, and one that says that a server is still trying, changes nothing.
    """
    report = read_report(content)
    if not report.has_failed:
        return 0
    keys = dict.fromkeys(each for key in find_attempts(report.addresses) for each in find_in_same_mail(key))
    return sum(record_bounce(key=key, at=at) for key in keys)


def find_in_same_mail(key: int) -> list[int]:
    """Return this attempt and those whose notices stood in the same mail: accepted at one moment, for one address."""
    own = Attempt.objects.filter(pk=key, finished_at__isnull=False).only("address", "started_at", "finished_at").first()
    if own is None or own.finished_at is None:
        return [key]
    # One claim began all of them. By their outcomes and the time of that claim they are found along an index; by "of no
    # other way" SQLite reads all e-mails that ever went out.
    claimed = (own.started_at - CLAIM_LASTS, own.started_at + CLAIM_LASTS)
    beside = (
        Attempt.objects.filter(outcome__in=AttemptOutcome.values, started_at__range=claimed)
        .filter(channel="email", address=own.address, finished_at=own.finished_at)
        .exclude(pk=key)
        .exclude(dispatch__isnull=False)
    )
    return [key, *beside.order_by("pk").values_list("pk", flat=True)]


def record_bounce(*, key: int, at: datetime) -> bool:
    """Record that the mail of this attempt came back. False when nothing changes by it. Raises NotYet."""
    attempt = Attempt.objects.filter(pk=key, channel="email", dispatch=None).select_related("notice").first()
    if attempt is None or attempt.started_at < at - MAX_AGE:
        return False
    with transaction.atomic():
        # The whole chain first, as everybody locks it: the step that is made due may be another notice's.
        members = lock_chase(attempt.notice)
        locked = Attempt.objects.select_for_update(of=("self",)).get(pk=key)
        if locked.outcome == AttemptOutcome.STARTED:
            raise NotYet
        if locked.outcome != AttemptOutcome.ACCEPTED:
            return False
        known = _is_known(locked, at)
        locked.outcome, locked.error_code = AttemptOutcome.BOUNCED, CAME_BACK
        locked.save(update_fields=["outcome", "error_code"])
        notice = next(member for member in members if member.pk == locked.notice_id)
        _go_on(notice, members, locked, at)
        log_event(
            "notice.came_back",
            target_kind="notice",
            target_id=notice.pk,
            attempt=locked.number,
            case=notice.case_id,
        )
        if notice.contact is not None and not known:
            transaction.on_commit(partial(_tell_managers, notice.contact))
    log.warning("notice_came_back", notice=str(notice.pk), attempt=locked.number)
    return True


def _go_on(notice: Notice, members: list[Notice], attempt: Attempt, at: datetime) -> None:
    """Make the next step due where nobody has got the notice: whoever comes next is notified at once.

    Not where it was opened or has arrived by another way, where it goes to somebody else by now, and where its ladder
    has gone past its recipient already.
    """
    is_for_them = notice.contact is not None and notice.contact.email == attempt.address
    if notice.state != NoticeState.SENT or notice.opened_at is not None or not is_for_them:
        return
    take_next_step_at([notice, *get_followed_notices(notice, members)], at)
    hasten_ways([notice.pk], at)


def _is_known(attempt: Attempt, at: datetime) -> bool:
    """Tell whether a mail to this address came back within the last day, and was said."""
    before = Attempt.objects.filter(outcome=AttemptOutcome.BOUNCED, address=attempt.address)
    return before.filter(started_at__gt=at - SAID_WITHIN).exists()


def _tell_managers(contact: Contact) -> None:
    managers = get_managers(contact.partner)
    wake(managers, is_alarm=False)
    page = settings.PUBLIC_URL + reverse("contact:edit", args=[contact.pk])
    for user in managers:
        if not user.email:
            continue
        with translation.override(user.language):
            words = word_came_back(person=contact.name, office=contact.partner.name, page=page)
            subject, body = words.compose(Wording(user.language, timezone.now()))
        try:
            EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email]).send()
        except (SMTPException, OSError) as error:
            log.error("bounce_mail_failed", code=type(error).__name__, contact=contact.pk)
