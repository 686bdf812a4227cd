"""The mails about the roster: to a contact about their own duty and requests, to coordinators about what waits.

A mail is a row first (`DutyMail`, one for each key), and goes out afterwards: a mail server that is away delays it.
Each try is claimed by a conditional update, so of two sweepers one sends; what fails is tried again at pauses that
double.
No mail names a case, and none says when nobody is on duty.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from access.models import localize
from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.texts.service_mails import (
    ServiceMail,
    word_duty,
    word_duty_changed,
    word_own_page,
    word_request,
    word_request_ended,
    word_swap_asked,
)
from notifications.texts.values import word_hour
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Contact
from ..moments import moment_in_words
from ..scope import get_managers
from ..ways.mailing import send_to_contact
from .beginnings import find_beginnings, holds
from .links import get_address
from .models import DutyMail, DutyRequest, MailKind, RequestKind, Stage

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)  # after a try that failed
RETRY_FOR = timedelta(days=2)
KEEP_FOR = timedelta(days=90)  # then nobody asks any more whether it went out
SENDING = "duty_mail.send"  # kind of `audit.put_aside`: a mail that can't be written
MAX_MAILS_PER_RUN = 50
MAX_FAILURES_PER_RUN = 3  # then the mail server is away, and each try costs its timeout

log = structlog.get_logger(__name__)


def each_minute(argument: str = "", *, now: datetime | None = None) -> None:
    """Look at whose duty begins soon, and send what is due (settings.EACH_MINUTE)."""
    moment = now or timezone.now()
    note_beginnings(moment)
    note_changed_beginnings(moment)
    send_due(moment)
    DutyMail.objects.filter(made_at__lt=moment - KEEP_FOR).delete()


def note_beginnings(now: datetime) -> None:
    """Have each contact mailed whose duty begins within DUTY_MAIL_HOURS, once for each duty. 0 hours: nobody."""
    ahead = timedelta(hours=settings.DUTY_MAIL_HOURS)
    for each in find_beginnings(now, now + ahead) if ahead else ():
        DutyMail.objects.get_or_create(
            key=each.key,
            defaults={
                "kind": MailKind.BEGINS,
                "contact": each.contact,
                "begins_at": each.begins_at,
                "ends_at": each.ends_at,
                "is_deputy": each.is_deputy,
                "made_at": now,
            },
        )


def note_changed_beginnings(now: datetime) -> None:
    """Take back what is no longer so: an unsent mail is dropped, one that was sent is followed by another."""
    coming = DutyMail.objects.filter(kind=MailKind.BEGINS, begins_at__gt=now).exclude(key__startswith="past ")
    for mail in coming.select_related("contact__partner"):
        contact, begins_at = mail.contact, mail.begins_at
        assert contact is not None
        assert begins_at is not None
        if contact.is_active and holds(contact, is_deputy=mail.is_deputy, at=begins_at):
            continue
        if mail.sent_at is None:
            # Only what nobody is sending in this moment: a claimed one is looked at again.
            DutyMail.objects.filter(pk=mail.pk, sent_at=None, tries=mail.tries).delete()
            continue
        with transaction.atomic():
            # Under another key, so that the same duty, entered again, is said again.
            if DutyMail.objects.filter(pk=mail.pk, key=mail.key).update(key=f"past {mail.pk}") and contact.is_active:
                _create(MailKind.CHANGED, f"changed {mail.pk}", now, contact=contact, begins_at=begins_at)


def mail_page(contact: Contact, *, now: datetime) -> DutyMail:
    """Have a contact mailed the link to their own page."""
    return _create(MailKind.PAGE, f"page {contact.pk} {now:%Y%m%dT%H%M%S%f}", now, contact=contact)


def mail_colleague(request: DutyRequest, *, now: datetime) -> None:
    """Have the colleague mailed that a swap waits for them."""
    assert request.colleague is not None  # a swap has one
    _create(MailKind.CONFIRM, f"confirm {request.pk}", now, contact=request.colleague, request=request)


def mail_coordinators(request: DutyRequest, *, now: datetime, without: Iterable[int] = ()) -> None:
    """Have those mailed who could decide about a request."""
    for user in get_managers(request.contact.partner):
        if user.email and user.pk not in set(without):
            _create(MailKind.DECIDE, f"decide {request.pk} {request.stage} {user.pk}", now, user=user, request=request)


def mail_end(request: DutyRequest, *, now: datetime, without: Iterable[int] = ()) -> None:
    """Have both contacts mailed how it ended; not whoever ended it themselves (`without`: their keys)."""
    for contact in (request.contact, request.colleague):
        if contact is not None and contact.pk not in set(without):
            _create(MailKind.ENDED, f"ended {request.pk} {contact.pk}", now, contact=contact, request=request)


def _create(kind: MailKind, key: str, now: datetime, **fields: Any) -> DutyMail:
    made, _is_new = DutyMail.objects.get_or_create(key=key, defaults={"kind": kind, "made_at": now, **fields})
    return made


def send_due(now: datetime) -> int:
    """Send what is due; return how many the mail server took."""
    waiting = DutyMail.objects.filter(sent_at=None, made_at__gt=now - RETRY_FOR)
    waiting = waiting.filter(~Q(kind=MailKind.BEGINS) | Q(begins_at__gt=now))
    waiting = waiting.exclude(contact__is_active=False).exclude(user__is_active=False)
    waiting = waiting.select_related("contact__partner", "user", "request__contact")
    waiting = waiting.exclude(pk__in=get_put_aside_keys(SENDING, now))
    mails = {mail.pk: mail for mail in waiting.order_by("begins_at", "made_at", "pk")[: 4 * MAX_MAILS_PER_RUN]}
    tried = {True: 0, False: 0}

    def send(key: int) -> bool:
        mail = mails[key]
        is_enough = sum(tried.values()) >= MAX_MAILS_PER_RUN or tried[False] >= MAX_FAILURES_PER_RUN
        if is_enough or not _is_due(mail, now) or not _claim(mail, now):
            return False
        taken = _send(mail)
        tried[taken] += 1
        if taken:
            DutyMail.objects.filter(pk=key).update(sent_at=now)
        return taken

    return for_each_row(SENDING, mails, send, at=now)


def _is_due(mail: DutyMail, now: datetime) -> bool:
    if mail.tried_at is None:
        return True
    pause = min(FIRST_PAUSE * 2 ** min(mail.tries, 10), LONGEST_PAUSE)
    # A time ahead of now is left from a clock that was set back.
    return not timedelta(0) <= now - mail.tried_at < pause


def _claim(mail: DutyMail, now: datetime) -> bool:
    """Claim this try: of two sweepers at once one sends it."""
    mine = DutyMail.objects.filter(pk=mail.pk, sent_at=None, tries=mail.tries)
    return mine.update(tries=F("tries") + 1, tried_at=now) == 1


def _send(mail: DutyMail) -> bool:
    reader = mail.contact or mail.user
    assert reader is not None  # the database holds that
    language = reader.language if reader.language in LANGUAGES else DEFAULT_LANGUAGE
    try:
        return send_to_contact(mail.contact_id, reader.email, language, partial(_word, mail))
    except (SMTPException, OSError, SealBroken, KeyRingError) as error:
        log.error("duty_mail_failed", code=type(error).__name__, mail=mail.pk)
        return False


def _word(mail: DutyMail) -> ServiceMail:
    """Word a mail in the active language."""
    request = mail.request
    if mail.kind == MailKind.DECIDE:
        is_second = request is not None and request.stage == Stage.SECOND
        return word_request(is_second=is_second, page=_build_screen_address(request))
    contact = mail.contact
    assert contact is not None  # every other kind goes to a contact
    office, page = localize(contact.partner.names), get_address(contact)
    if mail.kind == MailKind.PAGE:
        return word_own_page(office=office, page=page)
    if mail.kind in (MailKind.BEGINS, MailKind.CHANGED):
        return _word_beginning(mail, office, page)
    assert request is not None
    if mail.kind == MailKind.CONFIRM:
        return word_swap_asked(person=request.contact.name, office=office, page=page)
    return word_request_ended(
        is_swap=request.kind == RequestKind.SWAP,
        is_agreed=request.stage == Stage.AGREED,
        person=request.contact.name,
        office=office,
        result=request.get_stage_display(),
        page=page,
    )


def _word_beginning(mail: DutyMail, office: str, page: str) -> ServiceMail:
    assert mail.begins_at is not None  # the database holds that, for both kinds
    begins, hour = moment_in_words(mail.begins_at), word_hour(mail.begins_at)
    if mail.kind == MailKind.CHANGED:
        return word_duty_changed(office=office, start_hour=hour, begins=begins, page=page)
    ends = moment_in_words(mail.ends_at) if mail.ends_at else ""
    return word_duty(office=office, start_hour=hour, begins=begins, ends=ends, page=page, is_deputy=mail.is_deputy)


def _build_screen_address(request: DutyRequest | None) -> str:
    return settings.PUBLIC_URL + (reverse("duty_request", args=[request.pk]) if request else reverse("on_duty"))
