"""What people do in a story, done by the system's own functions: replies, and changes of the roster."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language
from access.models import Municipality
from audit import clock
from notifications.briefs.choices import get_decline_reasons, get_outcomes
from notifications.briefs.replies import AnswerRefused, answer, get_refusal
from notifications.briefs.steps import StepProblem
from notifications.directory import roster
from notifications.directory.agreements.rules import get_terms
from notifications.directory.areas import offices_for
from notifications.directory.models import Agreement, AgreementRule, Contact, DutyShift, Leave, Partner
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, Purpose, ReplyKind

from .story import Accepts, AgreementOver, Declines, NoOffice, NoShift, OnLeave, Opens, Outcome, Story, WrongArea

FOR_EVER = timedelta(days=730)  # beyond every story
PURPOSES: dict[str, tuple[str, ...]] = {
    "first": (Purpose.FIRST, Purpose.REMINDER, Purpose.REROUTE, Purpose.INSTEAD, Purpose.EXPECT),
    "deputy": (Purpose.DEPUTY,),
    "call": (Purpose.CALL, Purpose.FALLBACK),
}
KINDS: dict[str, str] = {
    "accepts": ReplyKind.ACCEPTED,
    "on_the_way": ReplyKind.ON_THE_WAY,
    "declines": ReplyKind.DECLINED,
    "wrong_area": ReplyKind.WRONG_AREA,
    "outcome": ReplyKind.OUTCOME,
}


class ActImpossible(Exception):
    """Somebody can't do at this moment what the story says."""

    def __init__(self, words: Promise | Texts) -> None:
        super().__init__("act_impossible")
        self.words = words if isinstance(words, dict) else in_each_language(words)


def do_act(act: Any, story: Story, place: Municipality) -> None:
    """Do this act now. Raises ActImpossible."""
    now = clock.now()
    if isinstance(act, OnLeave):
        _send_on_leave(act, story, place)
    elif isinstance(act, NoShift):
        _empty_roster(act, now)
    elif isinstance(act, NoOffice):
        offices = Partner.objects.filter(role=act.role) if act.everywhere else offices_for(act.role, place, None)
        # Through the keys: a query with a subquery on its own table can't be an UPDATE everywhere.
        Partner.objects.filter(pk__in=list(offices.values_list("pk", flat=True))).update(is_active=False)
    elif isinstance(act, AgreementOver):
        _end_agreements(act)
    elif isinstance(act, Opens):
        find_notice(act, lambda notice: notice.is_open and notice.opened_at is None, now)
    else:
        _reply(act, now)


def _reply(act: Accepts | Declines | WrongArea | Outcome, now: datetime) -> None:
    kind = KINDS[act.do]
    notice = find_notice(act, lambda each: not get_refusal(each, kind), now)
    given: dict[str, Any] = {}
    if isinstance(act, Declines):
        given["reason"] = act.reason or next(iter(get_decline_reasons(notice)))
    elif isinstance(act, Outcome):
        given["reason"] = act.reason or next(iter(get_outcomes(notice)))
    elif isinstance(act, WrongArea):
        given["to_municipality"] = Municipality.objects.filter(slug=act.municipality).first()
    try:
        answer(notice=notice, kind=kind, at=now, **given)
    except AnswerRefused as refused:
        raise ActImpossible(in_each_language(RefusedInWords(refused))) from None


class RefusedInWords:
    """A refusal's words, said in the language that is active when they are asked for."""

    def __init__(self, refused: AnswerRefused | StepProblem) -> None:
        self.refused = refused

    def __str__(self) -> str:
        return self.refused.words


def find_notice(act: Any, fits: Any, now: datetime) -> Notice:
    """Return the newest notice of this role that was sent and that fits; it is opened first, as a link is.

    Raises ActImpossible.
    """
    sent = list(_find_sent(role=act.role))
    if act.whose != "any":
        sent = [notice for notice in sent if notice.purpose in PURPOSES[act.whose]]
    found = next((notice for notice in _sort_newest_first(sent) if fits(notice)), None)
    if found is None:
        raise ActImpossible(_("Nobody of this role has a notice then that can be answered like this."))
    mark_opened(notice=found, at=now)
    return found


def _sort_newest_first(notices: Iterable[Notice]) -> list[Notice]:
    """Sort notices, and tell those of one moment apart by what they follow up on, up to the first of their chains.

    Keys are random: by them a story told twice, or lived by the real system, could go another way. One coordinator may
    be called at the same moment about two chains, when another has declined both.
    """
    found = list(notices)
    chains = list({notice.chase_id for notice in found})
    about: dict[UUID, tuple[UUID | None, str, str, int | None]] = {
        key: (above, role, purpose, contact)
        for key, above, role, purpose, contact in (list(_find_chains(chains=chains)) if chains else ())
    }

    def trace(notice: Notice) -> list[tuple[str, str, int]]:
        path: list[tuple[str, str, int]] = []
        key: UUID | None = notice.pk
        while key is not None:
            above, _role, purpose, contact = about[key]
            key = above if above in about else None
            path.append((about[key][1] if key else "", purpose, contact or 0))
        return path

    found.sort(key=trace)
    found.sort(key=lambda notice: notice.owed_at, reverse=True)
    return found


def _find_sent(role: str) -> QuerySet[Notice]:
    return (
        Notice.objects.filter(role=role, sent_at__isnull=False)
        .exclude(purpose__in=(Purpose.DIGEST, Purpose.TEST))
        .select_related("contact__partner", "municipality")
    )


def _find_chains(chains: Collection[UUID | None]) -> QuerySet[Notice, Any]:
    return Notice.objects.filter(chase_id__in=chains).values_list("pk", "chases_id", "role", "purpose", "contact_id")


def _send_on_leave(act: OnLeave, story: Story, place: Municipality) -> None:
    now = clock.now()
    until = story.begins_at + timedelta(minutes=act.until) if act.until is not None else now + FOR_EVER
    people: list[Contact] = []
    for office in offices_for(act.role, place, None):
        on_duty = roster.on_duty(office, now)
        people += on_duty if act.rank == 0 else on_duty[act.rank - 1 : act.rank]
    if not people:
        raise ActImpossible(_("Nobody of this rank is on duty then."))
    if until > now:
        Leave.objects.bulk_create(Leave(contact=each, starts_at=now, ends_at=until) for each in people)


def _end_agreements(act: AgreementOver) -> None:
    terms = get_terms().get(act.role)
    if terms is None or not terms.can_be_required:
        raise ActImpossible(_("Offices of this role are notified without any agreement."))
    AgreementRule.objects.update_or_create(role=act.role, defaults={"is_on": True})
    offices = Partner.objects.filter(role=act.role).values("pk")
    beside = Agreement.other_offices.through.objects.filter(partner__in=offices).values("agreement")
    # Through the keys: a query with a subquery on its own table can't be an UPDATE everywhere.
    keys = list(Agreement.objects.filter(Q(partner__in=offices) | Q(pk__in=beside)).values_list("pk", flat=True))
    Agreement.objects.filter(pk__in=keys).update(withdrawn_on=clock.localdate())


def _empty_roster(act: NoShift, now: datetime) -> None:
    shifts = DutyShift.objects.filter(partner__role=act.role)
    shifts.filter(starts_at__gte=now).delete()
    shifts.filter(ends_at__isnull=True).update(ends_at=now)
    shifts.filter(ends_at__gt=now).update(ends_at=now)
