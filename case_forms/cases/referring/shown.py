"""The referrals of a case as its page shows them: one card each, with its steps and what can be noted next."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import get_current_language
from access.models import User, localize
from audit import clock
from notifications.briefs.choices import get_reason_label
from notifications.directory.models import Role
from notifications.outbox.models import Notice, ReplyKind
from notifications.outbox.states import OPEN
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..closing.actions import may_ask
from ..labels import service_labels
from ..models import Case, Referral, ReferralState
from .models import ReferralStep, StepKind, Way
from .moves import REPLACEABLE, RUNNING, list_steps
from .outcomes import get_outcomes, label_outcome

log = structlog.get_logger(__name__)

# What a press notes, as its button says it.
BUTTONS: dict[str, str | Promise] = {
    StepKind.ACCEPTED: _("Accepted by phone"),
    StepKind.DECLINED: _("Declined by phone"),
    StepKind.NO_ANSWER: _("Nobody answered"),
    StepKind.AGREED: _("Accompaniment agreed"),
    StepKind.ARRIVED: _("The person has arrived"),
    StepKind.FINISHED: _("The referral has ended"),
}
NEXT: dict[str, tuple[str, ...]] = {
    ReferralState.PENDING: (StepKind.ACCEPTED,),
    ReferralState.ACCEPTED: (StepKind.AGREED,),
    ReferralState.AGREED: (StepKind.ARRIVED,),
    ReferralState.ARRIVED: (StepKind.FINISHED,),
}
ICONS: dict[str, str] = {
    StepKind.ACCEPTED: "accepted",
    StepKind.DECLINED: "declined",
    StepKind.PASSED_ON: "forward",
    StepKind.NO_ANSWER: "failed",
    StepKind.AGREED: "calendar",
    StepKind.ARRIVED: "place",
    StepKind.FINISHED: "closed",
    StepKind.CASE_CLOSED: "closed",
    StepKind.WITHDRAWN: "cancelled",
}


@dataclass(frozen=True)
class StepLine:
    """One step in words. `by`: who noted it, and in which way. `more`: (label, value) of what was written."""

    kind: str
    words: str
    by: str
    at: datetime
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def icon(self) -> str:
        return ICONS.get(self.kind, "delivered")


@dataclass(frozen=True)
class ReferralCard:
    """One referral. `is_untold`: nobody at the service could be told of it yet.

    `due_at`: when the person is to arrive, while that is awaited; `is_late`: that time has passed.

    `next` and `others`: (kind, button) of the steps that this reader can note. `can_go_on`: another service can be
    asked, `must_go_on`: the person is without one; `continues` and `continued_by`: the services before and after this
    one, by name.
    """

    id: UUID
    partner: str
    role: str
    services: list[str]
    state: str
    state_label: str
    made_at: datetime
    is_unanswered: bool
    is_untold: bool
    steps: list[StepLine]
    due_at: datetime | None
    is_late: bool
    next: list[tuple[str, str]]
    others: list[tuple[str, str]]
    can_go_on: bool
    must_go_on: bool
    continues: str
    continued_by: str

    @property
    def badge(self) -> str:
        """The state that the badge shows: that nobody could be told, or that the answer or the person is late."""
        if self.is_untold:
            return "no_contact"
        if self.is_unanswered or (self.is_late and self.state == ReferralState.AGREED):
            return "late" if self.is_unanswered else "not_arrived"
        return f"referral_{self.state}"


def build_cards(case: Case, user: User) -> list[ReferralCard]:
    """Build the cards of a case's referrals, the newest first and those that are running before the others."""
    now = clock.now()
    rows = Referral.objects.filter(case=case).select_related("partner", "after__partner").order_by("-made_at", "pk")
    found = list(rows)
    steps: dict[UUID, list[ReferralStep]] = defaultdict(list)
    for row in (
        ReferralStep.objects.filter(referral__in=found).select_related("by", "contact", "office").order_by("at", "pk")
    ):
        steps[row.referral_id].append(row)
    late = set(
        Notice.objects.filter(chase_id__in=[row.notice_id for row in found], state__in=OPEN, answer_by__lte=now)
        .order_by()
        .values_list("chase_id", flat=True)
    )
    untold = set(
        Notice.objects.without_recipient()
        .filter(pk__in=[row.notice_id for row in found])
        .order_by()
        .values_list("pk", flat=True)
    )
    may_note = case.closed_at is None and may_ask(case, user)
    following = {row.after_id: row for row in found if row.after_id is not None}
    cards = [_build_card(row, steps[row.pk], late, untold, may_note, following.get(row.pk), now) for row in found]
    return sorted(cards, key=lambda card: card.state not in RUNNING)


def _build_card(
    row: Referral,
    steps: list[ReferralStep],
    late: set[UUID | None],
    untold: set[UUID],
    may_note: bool,
    following: Referral | None,
    now: datetime,
) -> ReferralCard:
    due_at = None
    if row.state == ReferralState.AGREED:
        due_at = next((step.due_at for step in reversed(steps) if step.kind == StepKind.AGREED), None)
    kinds = list_steps(row.state, Way.UNIT, Way.PHONE) if may_note else []
    # Once another service is asked, this one's late yes would be a second place for one person.
    if following is not None and row.state not in RUNNING:
        kinds = []
    first = NEXT.get(row.state, ())
    return ReferralCard(
        id=row.pk,
        partner=localize(row.partner.names, get_current_language()),
        role=str(Role(row.asked_role).label),
        services=service_labels(row.services),
        state=row.state,
        state_label=str(row.get_state_display()),
        made_at=row.made_at,
        is_untold=row.state == ReferralState.PENDING and row.notice_id in untold,
        is_unanswered=row.state == ReferralState.PENDING and row.notice_id in late,
        steps=[_build_line(step) for step in steps] or _build_earlier_line(row),
        due_at=due_at,
        is_late=due_at is not None and due_at < now,
        next=[(kind, _label_button(kind, row.state)) for kind in kinds if kind in first],
        others=[(kind, _label_button(kind, row.state)) for kind in kinds if kind not in first],
        can_go_on=may_note and row.state not in RUNNING and following is None and row.asked_role in REPLACEABLE,
        must_go_on=_is_left(row, steps),
        continues=localize(row.after.partner.names, get_current_language()) if row.after else "",
        continued_by=localize(following.partner.names, get_current_language()) if following else "",
    )


def _is_left(row: Referral, steps: list[ReferralStep]) -> bool:
    """Say whether the referral left the person without a service."""
    if row.state in (ReferralState.DECLINED, ReferralState.NO_ANSWER):
        return True
    outcome = get_outcomes().get(steps[-1].reason) if steps and row.state == ReferralState.FINISHED else None
    return outcome is not None and outcome.needs_next


def _build_earlier_line(row: Referral) -> list[StepLine]:
    """Return the answer of a referral from before there were steps."""
    if row.answered_at is None:
        return []
    return [StepLine(row.state, str(row.get_state_display()), "", row.answered_at)]


def _label_button(kind: str, state: str) -> str:
    return gettext("Another time was agreed") if kind == StepKind.AGREED == state else str(BUTTONS[kind])


def describe_steps_to_service(referral: Referral) -> list[StepLine]:
    """Return the steps of one referral as its service reads them, the oldest first: without what the unit wrote."""
    found = list(referral.steps.select_related("by", "contact", "office"))
    # What an office noted before it passed the referral on isn't this one's.
    passed_on = [index for index, step in enumerate(found) if step.kind == StepKind.PASSED_ON]
    own = found[passed_on[-1] + 1 :] if passed_on else found
    return [_build_line(step, is_own=step.way == Way.LINK) for step in own]


def _build_line(step: ReferralStep, *, is_own: bool = True) -> StepLine:
    more: list[tuple[str, str]] = []
    written = _open_words(step)
    if step.office is not None:
        more.append((gettext("Passed on to"), localize(step.office.names, get_current_language())))
    if step.kind == StepKind.DECLINED and step.reason:
        more.append((gettext("Reason"), get_reason_label(ReplyKind.DECLINED, step.reason)))
    if step.kind in (StepKind.FINISHED, StepKind.CASE_CLOSED) and step.reason:
        more.append((gettext("Outcome"), label_outcome(step.reason)))
    if step.due_at is not None:
        due = formats.date_format(timezone.localtime(step.due_at), "j F Y, H:i")
        more.append((gettext("Arrival due"), due))
    labels = {"who": gettext("Accompanied by")}
    if is_own:
        labels |= {"said_by": gettext("Said by"), "note": gettext("Note")}
    more += [(label, str(written[key])) for key, label in labels.items() if written.get(key)]
    return StepLine(step.kind, str(StepKind(step.kind).label), _name_source(step), step.at, tuple(more))


def _name_source(step: ReferralStep) -> str:
    if step.way == Way.LINK or step.kind == StepKind.PASSED_ON:
        return step.contact.name if step.contact else str(Way.LINK.label)
    if step.by is None:
        return ""
    name = step.by.get_full_name() or step.by.get_username()
    return gettext("%(name)s, said on the phone") % {"name": name} if step.way == Way.PHONE else name


def _open_words(step: ReferralStep) -> dict[str, Any]:
    """Return what was written to a step; {} where it can't be opened, which the page survives."""
    try:
        return step.words or {}
    except (SealBroken, KeyRingError) as error:
        log.error("step_not_opened", step=str(step.pk), code=type(error).__name__)
        return {}
