"""Ending the links of recipients for whom consent no longer holds, in the transaction of what ended it.

1. every notice about the case to a role that depends on consent is asked about at the gate;
2. where it may no longer be read: what isn't sent is cancelled, its link and its sessions end, whatever chases it ends
   too, the clock that waits for an answer is taken away, and a referral stands as withdrawn;
3. whoever had been sent something gets a notice without content; the case says who had opened what, and when.

Whoever is sending one of these at that moment loses it: the fencing token rises (`outbox.delivery`). The e-mail that is
on its way holds a link that opens nothing.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import formats, timezone
from django.utils.translation import gettext

from access.languages import Texts
from access.models import localize
from audit.chain import SYSTEM, Actor, log_event
from notifications.briefs.models import BriefSession
from notifications.directory.models import Role
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN, NoticeState

from ..brief_content import both
from ..models import Case, CaseEvent, Deadline, Referral
from ..referring.following import withdraw_referrals
from ..referring.moves import RUNNING
from .gate import WITHOUT_CONTENT, check_notice
from .informing import inform_recipient, inform_unit
from .rules import roles_by_consent

CONSENT_ENDED = "consent_ended"  # the kind of the case event, and the reason of the notices that end
CALLS = (Purpose.CALL, Purpose.FALLBACK)


def find_shared(case: Case) -> Iterable[Notice]:
    """Return the notices by which something of the case is, or may be, read by roles that depend on consent."""
    found = Notice.objects.filter(case_id=case.pk, role__in=roles_by_consent(), link_revoked_at__isnull=True)
    found = found.exclude(purpose__in=(*WITHOUT_CONTENT, *CALLS)).exclude(state=NoticeState.CANCELLED)
    return found.defer("brief", "ladder", "link_token").select_related("contact__partner", "partner", "chases")


def lock_shared(case: Case) -> None:
    """Lock these before anything is written to the audit chain (`outbox.locking`)."""
    lock_chases(find_shared(case).values_list("chase_id", flat=True))  # type: ignore[attr-defined]


def end_uncovered_links(
    case: Case,
    at: datetime,
    *,
    source: CaseEvent | None = None,
    actor: Actor = SYSTEM,
    besides: Collection[UUID] = (),
) -> list[Notice]:
    """End what consent no longer covers, and tell whom it concerns. Return the notices whose links ended.

    `source`: the event of the form that said so. `besides`: notices that end with these, because the consent that they
    rest on was never this person's. The caller is in a transaction. Doing it again finds nothing left.
    """
    lock_shared(case)
    _withdraw_taken_by_phone(case, at, actor)
    ended = [notice for notice in find_shared(case) if notice.pk in besides or check_notice(notice, at)]
    if not ended:
        return []
    event = CaseEvent.objects.create(
        case=case,
        kind=CONSENT_ENDED,
        at=at,
        submission_id=source.submission_id if source else None,
        detail={"ended": [str(notice.pk) for notice in ended]},
        explanation=[{"rule": CONSENT_ENDED, "words": words} for words in map(_say_what_was_read, ended)],
    )
    chases = {notice.chase_id for notice in ended}
    _end_notices([notice.pk for notice in ended], at)
    _end_calls(chases, at)
    _end_what_waits(case, chases, at, actor)
    log_event("consent.links_ended", actor=actor, target_kind="case", target_id=case.pk, notices=len(ended))
    for notice in _iter_told(ended):
        if notice.contact is not None:
            inform_recipient(case=case, ended=notice, contact=notice.contact, event_id=event.pk, at=at)
    inform_unit(case=case, event_id=event.pk, at=at)
    return ended


def _withdraw_taken_by_phone(case: Case, at: datetime, actor: Actor) -> None:
    """Withdraw the referrals that a service took on the phone before its notice was sent: no link of theirs ends."""
    running = Referral.objects.filter(case=case, state__in=RUNNING).values("notice_id")
    stopped = Notice.objects.filter(pk__in=running, state=NoticeState.CANCELLED, role__in=roles_by_consent())
    found = stopped.defer("brief", "ladder", "link_token").select_related("contact__partner", "partner", "chases")
    uncovered = [notice.pk for notice in found if check_notice(notice, at)]
    if uncovered:
        withdraw_referrals(case, uncovered, at, actor=actor)


def _end_notices(keys: list[UUID], at: datetime) -> None:
    Notice.objects.filter(pk__in=keys, state__in=OPEN).update(
        state=NoticeState.CANCELLED,
        reason=CONSENT_ENDED,
        cancelled_at=at,
        token=F("token") + 1,
        lease_until=None,
        next_attempt_at=None,
        next_step_at=None,
        link_revoked_at=at,
    )
    # What was accepted stays so: it happened. Only nobody reads it any more.
    Notice.objects.filter(pk__in=keys, link_revoked_at__isnull=True).update(link_revoked_at=at)
    BriefSession.objects.filter(notice__in=keys, closed_at__isnull=True).update(closed_at=at)


def _end_calls(chases: set[UUID | None], at: datetime) -> None:
    """Withdraw the calls by which a coordinator would be asked to get an answer."""
    calls = Notice.objects.filter(chase_id__in=chases - {None}, purpose__in=CALLS, state__in=OPEN)
    calls.update(
        state=NoticeState.CANCELLED,
        reason=CONSENT_ENDED,
        cancelled_at=at,
        token=F("token") + 1,
        lease_until=None,
        next_attempt_at=None,
        next_step_at=None,
        link_revoked_at=at,
    )


def _end_what_waits(case: Case, chases: set[UUID | None], at: datetime, actor: Actor) -> None:
    """Take away the clocks that wait for an answer which can't come, and let referrals stand as withdrawn."""
    members = list(Notice.objects.filter(chase_id__in=chases - {None}).values_list("pk", flat=True))
    for deadline in Deadline.objects.filter(case=case, notice_id__in=members, met_at__isnull=True):
        log_event(
            "deadline.withdrawn",
            actor=actor,
            target_kind="deadline",
            target_id=deadline.pk,
            case=case.pk,
            key=deadline.key,
        )
        deadline.delete()
    withdraw_referrals(case, members, at, actor=actor)


def _may_have_left(notice: Notice) -> bool:
    """Say whether the recipient has the e-mail, or may have: one that is being sent now can't be called back."""
    return notice.sent_at is not None or notice.state == NoticeState.SENDING


def _iter_told(ended: list[Notice]) -> list[Notice]:
    """Return of each recipient the newest notice that was sent: each is told once."""
    sent = [notice for notice in ended if _may_have_left(notice) and notice.contact_id is not None]
    return list({notice.contact_id: notice for notice in sorted(sent, key=lambda each: each.owed_at)}.values())


def _say_what_was_read(notice: Notice) -> Texts:
    """Say what became of a notice until its link ended."""

    def write() -> str:
        office = notice.partner or (notice.contact.partner if notice.contact else None)
        words: dict[str, Any] = {
            "office": localize(office.names) if office else Role(notice.role).label,
            "code": notice.code,
            "name": notice.contact.name if notice.contact else "",
        }
        if notice.opened_at is not None:
            words["at"] = formats.date_format(timezone.localtime(notice.opened_at), "j F Y, H:i")
            return (
                gettext("%(office)s: the link of notice %(code)s has ended. %(name)s had opened it on %(at)s.") % words
            )
        if _may_have_left(notice):
            return (
                gettext("%(office)s: the link of notice %(code)s has ended. It was sent to %(name)s and not opened.")
                % words
            )
        return gettext("%(office)s: notice %(code)s was stopped before it was sent.") % words

    return both(write)
