"""The steps of a referral at the service's link: what its page shows, and what it sends (`notifications.briefs.steps`).

The link of a referral that was accepted goes on until the referral ends, also when the notice's own time is over, as
long as an agreement with the service is in force. What consent no longer covers is not opened: that is asked of every
link (`consent.gate`). A day after the end nothing opens any more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from audit import clock
from notifications.briefs.steps import Follower, SaidStep, StepPanel, StepProblem, StepsPage, register_follower
from notifications.directory.models import Role
from notifications.directory.services.actions import MAX_PLACES, CannotSay, read_number, say_places
from notifications.directory.services.models import ServiceProfile
from notifications.directory.services.standing import describe_places
from notifications.outbox.escalation_chain import CALLS
from notifications.outbox.models import Notice, Purpose, ReplyKind

from ..consent.gate import has_agreement
from ..models import Referral, ReferralState
from ..moments import read_moment
from .actions import Step, note_step
from .models import StepKind, Way
from .moves import REFUSALS, TAKEN, StepRefused, list_steps
from .outcomes import get_choices
from .shown import describe_steps_to_service

PLACES = "places"  # what the page sends for a number of free places; no step of the referral
AFTER_THE_END = timedelta(days=1)
ENDED = (ReferralState.FINISHED, ReferralState.ENDED)
OVER = _("This referral has ended. What the unit wrote to you can no longer be read here.")
READERS = (Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.REROUTE, Purpose.INSTEAD)


def find_referral(notice: Notice) -> Referral | None:
    """Return the referral that a notice carries, whoever of the service it went on to; None for any other notice."""
    if notice.chase_id is None or notice.purpose in CALLS or notice.purpose not in READERS:
        return None
    return Referral.objects.filter(notice_id=notice.chase_id).select_related("partner").order_by("made_at").first()


def describe(notice: Notice) -> StepsPage | None:
    """Return what the page of a referral's notice shows, once the service has taken it; None before, and otherwise."""
    referral = find_referral(notice)
    if referral is None:
        return None
    lines = [line for line in describe_steps_to_service(referral) if line.kind != StepKind.ACCEPTED]
    said = tuple(SaidStep(line.words, line.at, line.more) for line in lines)
    if referral.state not in TAKEN:
        return StepsPage(said, (), str(OVER)) if referral.state in ENDED else None
    panels = tuple(
        _build_panel(kind, referral.state) for kind in list_steps(referral.state, Way.LINK) if kind in PANELS
    )
    hidden = {ReplyKind.ON_THE_WAY.value}
    # A doctor or a lawyer has outcomes of their own beside the steps; those of a shelter are the steps.
    if referral.asked_role == Role.PROTECTION_SERVICE:
        hidden.add(ReplyKind.OUTCOME.value)
    if referral.state == ReferralState.ARRIVED:
        hidden.add(ReplyKind.DECLINED.value)
    places, offered = _offer_places(referral)
    return StepsPage(said, panels, hidden=frozenset(hidden), places=places, places_offered=offered)


def _offer_places(referral: Referral) -> tuple[str, str]:
    """Return what the service has said of its free places, and one fewer: offered, never done by itself."""
    profile = ServiceProfile.objects.filter(partner=referral.partner).first()
    if profile is None:
        return "", ""
    words, _is_free, _is_stale = describe_places(profile, clock.now())
    return words, "" if profile.places_free is None else str(max(profile.places_free - 1, 0))


PANELS: dict[str, StepPanel] = {
    StepKind.AGREED: StepPanel(
        StepKind.AGREED,
        title=_("Accompaniment agreed"),
        send=_("Note the accompaniment"),
        hint=_("Who brings the person, and when they are to arrive. The unit is reminded if nobody notes the arrival."),
        asks_accompaniment=True,
    ),
    StepKind.ARRIVED: StepPanel(
        StepKind.ARRIVED,
        title=_("The person has arrived"),
        send=_("Note the arrival"),
        hint=_("The unit sees it at once."),
    ),
    StepKind.FINISHED: StepPanel(
        StepKind.FINISHED,
        title=_("The referral has ended"),
        send=_("End the referral"),
        hint=_("This page closes with it: what the unit wrote can no longer be read here."),
        question=_("How did it end?"),
    ),
}
NEXT = {
    ReferralState.ACCEPTED: StepKind.AGREED,
    ReferralState.AGREED: StepKind.ARRIVED,
    ReferralState.ARRIVED: StepKind.FINISHED,
}


def _build_panel(kind: str, state: str) -> StepPanel:
    panel = PANELS[kind]
    choices = tuple(get_choices()) if kind == StepKind.FINISHED else ()
    return StepPanel(
        panel.kind,
        _("Another time was agreed") if kind == StepKind.AGREED == state else panel.title,
        panel.send,
        panel.hint,
        panel.question,
        choices,
        panel.asks_accompaniment,
        is_next=NEXT.get(ReferralState(state)) == kind,
    )


def take(notice: Notice, sent: Mapping[str, str]) -> None:
    """Note a step, or the number of free places, as the service's page sent it. Raises StepProblem."""
    referral = find_referral(notice)
    assert referral is not None
    if sent.get("kind") == PLACES:
        _say_places(notice, referral, sent.get("free", ""))
        return
    step = Step(
        kind=sent.get("kind", ""),
        way=Way.LINK,
        reason=sent.get("reason", ""),
        due_at=read_moment(sent.get("due", "")),
        note=sent.get("note", ""),
        who=sent.get("who", ""),
    )
    try:
        if step.kind not in PANELS:
            raise StepRefused("unknown")
        note_step(referral=referral, step=step, contact=notice.contact)
    except StepRefused as refused:
        raise StepProblem(refused.words, refused.field) from None


def _say_places(notice: Notice, referral: Referral, text: str) -> None:
    if not ServiceProfile.objects.filter(partner=referral.partner).exists():
        raise StepProblem(str(REFUSALS["unknown"]), "")
    try:
        say_places(partner=referral.partner, free=read_number(text), contact=notice.contact)
    except CannotSay:
        words = _("Write a whole number from 0 to %(most)d.") % {"most": MAX_PLACES}
        raise StepProblem(words, "free") from None


def keeps_open(notice: Notice, at: datetime) -> bool:
    """Say whether the link goes on after the notice's own time: taken, not ended, and an agreement in force."""
    referral = find_referral(notice)
    if referral is None or not is_taken_by(notice):
        return False
    if referral.state == ReferralState.FINISHED:
        last = referral.steps.values_list("at", flat=True).last()
        return last is not None and at < last + AFTER_THE_END
    return referral.state in TAKEN and has_agreement(referral.partner, at)


def may_read(notice: Notice) -> bool | None:
    """Say whether the brief is read: not after the referral's end; also when the service said yes on the phone."""
    referral = find_referral(notice)
    if referral is None:
        return None
    if referral.state in ENDED:
        return False
    return True if referral.state in TAKEN and is_taken_by(notice) else None


def is_taken_by(notice: Notice) -> bool:
    """Say whether it is this notice by which the service took the person: accepted, or the newest one."""
    if notice.accepted_at is not None:
        return notice.declined_at is None
    chain = Notice.objects.filter(chase_id=notice.chase_id, purpose__in=READERS)
    if chain.filter(accepted_at__isnull=False, declined_at__isnull=True).exists():
        return False
    return chain.order_by("-owed_at", "-pk").values_list("pk", flat=True).first() == notice.pk


def register() -> None:
    """Let the pages behind a notice's link show and take the steps of its referral."""
    register_follower(Follower(describe, take, keeps_open, may_read))
