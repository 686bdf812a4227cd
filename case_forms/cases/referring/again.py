"""Refer the person to another service, after one that declined, didn't answer, or where the stay has ended.

What the new service reads is what the form of the first referral shares with its role, as it stands now. Whether it may
read it is asked anew (`consent.gate`): a consent that named the first service covers no other.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from access.languages import get_current_language
from access.models import User, localize
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.procedures.chains import chain_for
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Partner
from notifications.directory.resolve import Resolution
from notifications.directory.services.standing import Standing, describe_standings
from notifications.outbox.models import Notice
from notifications.outbox.subjects import Subject
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..consent.deciding import Asked, decide_sharing
from ..consent.gate import Verdict, may_share
from ..consent.ledger import Recipient
from ..deadlines import start_deadline
from ..models import Case, CaseEvent, Deadline, Referral
from .actions import lock_referral
from .arrival import meet_next_service
from .moves import REPLACEABLE, RUNNING
from .notices import end_waiting, get_notices, withdraw_open
from .untold import UNTOLD, ask_to_find

REFERRED_AGAIN = "referred_again"  # the kind of the case event, and why calls about the earlier one are withdrawn

log = structlog.get_logger(__name__)


class CannotRefer(Exception):
    """A referral that can't be made; nothing has changed.

    `code`: closed, running (the earlier one goes on), unknown (no such service), asked (it has a referral of this case
    that is running), unreadable (what it would read can't be opened), not_covered, with the gate's `words`.
    """

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@dataclass(frozen=True)
class ServiceChoice:
    """A service that could be asked. `why`: why it can't be now, in words; "" when it can.

    `standing`: whether a place is free, and what to know before asking it.
    """

    partner: Partner
    name: str
    why: str
    standing: Standing

    @property
    def is_possible(self) -> bool:
        return not self.why


def list_services(case: Case, referral: Referral) -> list[ServiceChoice]:
    """List the other services of this role, those that can be asked first; the others with the reason why not."""
    now, language = clock.now(), get_current_language()
    partners = Partner.objects.filter(role=referral.partner.role, is_active=True).exclude(pk=referral.partner_id)
    found = list(partners.exclude(pk__in=_get_asked(case)))
    standings = describe_standings(found, now)
    choices = [
        ServiceChoice(
            partner,
            localize(partner.names, language),
            _explain(_judge(case, partner, now), language),
            standings[partner.pk],
        )
        for partner in found
    ]
    return sorted(choices, key=_order)


def _order(choice: ServiceChoice) -> tuple[bool, bool, str]:
    """Those that can be asked first, of these the full ones last."""
    return not choice.is_possible, choice.standing.is_free is False, choice.name


def _get_asked(case: Case) -> "list[int]":
    return list(Referral.objects.filter(case=case, state__in=RUNNING).values_list("partner_id", flat=True))


def _judge(case: Case, partner: Partner, at: datetime) -> Verdict:
    return may_share(case, Recipient(partner.role, partner), at=at)


def _explain(verdict: Verdict, language: str) -> str:
    return "" if verdict.is_allowed else localize(verdict.words, language)


@transaction.atomic
def refer_again(*, referral: Referral, partner_id: int | None, by: User) -> Referral:
    """Refer the person to another service. The same press again returns the referral it made. Raises CannotRefer."""
    case, earlier = lock_referral(referral)
    if partner_id is None:
        raise CannotRefer("unknown")
    made = Referral.objects.filter(after=earlier, partner_id=partner_id, state__in=RUNNING).first()
    if made is not None:
        return made
    if case.closed_at is not None:
        raise CannotRefer("closed")
    if earlier.state in RUNNING:
        raise CannotRefer("running")
    if earlier.asked_role not in REPLACEABLE:
        raise CannotRefer("unknown")
    partner = Partner.objects.filter(pk=partner_id, role=earlier.partner.role, is_active=True).first()
    if partner is None or partner.pk == earlier.partner_id:
        raise CannotRefer("unknown")
    if partner.pk in _get_asked(case):
        raise CannotRefer("asked")
    at = clock.now()
    verdict = _judge(case, partner, at)
    if not verdict.is_allowed:
        raise CannotRefer("not_covered", _explain(verdict, get_current_language()))
    return _create(case, earlier, partner, by, at)


def _create(case: Case, earlier: Referral, partner: Partner, by: User, at: datetime) -> Referral:
    first = read_first(earlier)
    submission_id = CaseEvent.objects.values_list("submission_id", flat=True).get(pk=earlier.event_id)
    event = CaseEvent.objects.create(
        case=case,
        kind=REFERRED_AGAIN,
        at=at,
        submission_id=submission_id,
        notice_id=first.pk,
        detail={"after": str(earlier.pk), "by": by.pk},
    )
    _record_basis(case, event, partner, submission_id, by, at)
    keys = _get_clocks(earlier)
    withdraw_open(earlier, REFERRED_AGAIN)
    end_waiting(earlier, at)
    notice = _notify(case, event, first, partner, at)
    made = Referral.objects.create(
        case=case,
        event=event,
        partner=partner,
        services=earlier.services,
        notice_id=notice.pk,
        made_at=at,
        role=earlier.asked_role,
        after=earlier,
    )
    procedure = case.procedure_version.parsed
    for key in keys:
        if key in procedure.deadlines:
            start_deadline(case=case, event=event, procedure=procedure, key=key, at=at, notice=notice)
    ask_to_find(notice, case, at)
    meet_next_service(case, at, actor=get_actor(by), is_later=True)
    log_event(
        "referral.made",
        actor=get_actor(by),
        target_kind="referral",
        target_id=made.pk,
        case=case.pk,
        after=earlier.pk,
    )
    return made


def read_first(referral: Referral) -> Notice:
    """Return the first notice of a referral, whose brief opens. Raises CannotRefer."""
    if referral.notice_id is None:
        raise CannotRefer("unreadable")
    chain = Notice.objects.select_related("municipality", "unit", "home").filter(chase_id=referral.notice_id)
    found = chain.order_by("owed_at", "pk").first()
    try:
        if found is None or not found.brief.get("sections"):
            raise CannotRefer("unreadable")
    except (SealBroken, KeyRingError) as error:
        log.error("referral_unreadable", referral=str(referral.pk), code=type(error).__name__)
        raise CannotRefer("unreadable") from None
    return found


def _record_basis(
    case: Case, event: CaseEvent, partner: Partner, submission_id: UUID | None, by: User, at: datetime
) -> None:
    asked = Asked("", None, submission_id, by, get_actor(by))
    decide_sharing(case=case, event=event, to=Recipient(partner.role, partner), asked=asked, at=at)


def _get_clocks(referral: Referral) -> list[str]:
    """Return the keys of the duties that wait for the answer to a referral: the next one's answer is awaited alike."""
    notices = [notice.pk for notice in get_notices(referral)]
    found = Deadline.objects.filter(case=referral.case_id, notice_id__in=notices).exclude(key=UNTOLD).order_by("pk")
    return list(dict.fromkeys(found.values_list("key", flat=True)))


def _notify(case: Case, event: CaseEvent, first: Notice, partner: Partner, at: datetime) -> Notice:
    subject = Subject.of(case, municipality=first.municipality, home=first.home)
    chain = chain_for(case.procedure_version.parsed, partner.role)
    found = resolve_chain(
        role=first.role, municipality=first.municipality, at=at, unit=case.unit, partner=partner, chain=chain
    )
    marks = {
        f"{mark}_minutes": (moment - first.owed_at).total_seconds() / 60
        for mark in ("amber", "red", "breach")
        if (moment := getattr(first, f"{mark}_at")) is not None
    }
    return subject.notify(
        first.role,
        event_id=event.pk,
        found=Resolution(first.role, partner, found.contact),
        chain=chain,
        brief=first.brief,
        answer_minutes=(first.answer_by - first.owed_at).total_seconds() / 60 if first.answer_by else None,
        ladder=first.ladder,
        marks=marks,
        needs_document=first.needs_document,
        at=at,
    )
