"""Carry a decision out on a corrected form: what followed from its earlier versions is corrected, not done again.

A corrected form is decided like any other. Where a rule notifies a role that the earlier versions have notified, that
notice is corrected (`briefs.correcting`) instead of a second one being created; a notice that was missing is created as
always. Who was notified before and would not be now is told of the correction, too, because they have read what was
wrong; an office that the worker had chosen by mistake is told that the notice no longer counts, and reads no more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from access.languages import Texts
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decided_action import Action
from case_forms.procedures.definition import Procedure
from notifications.briefs.correcting import correct_briefs, withdraw_as_corrected
from notifications.directory.areas import NAMED_ROLES
from notifications.directory.models import Contact, Partner, Role
from notifications.directory.resolve import Resolution
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.subjects import Subject

from .as_recipient import AsRecipient, describe_telling
from .brief_content import both
from .consent.informing import inform_recipient
from .models import SUBMISSION_RECEIVED, AwaitedDate, Case, CaseEvent, CorrectedForm, Deadline, Referral
from .referring.following import withdraw_referrals

# Roles reached only because somebody named their office, or the person agreed to them: nothing obliges the unit to
# notify them, so after a correction that leaves them out they have no reason to read on.
BY_CHOICE = NAMED_ROLES | {Role.HEALTH.value, Role.PSYCHOLOGIST.value, Role.LEGAL_AID.value, Role.EMBASSY_DESK.value}

# What stands behind the PIN, said before a correction is sent; each role reads its own answers.
PREVIEW = (
    (
        _("What was corrected"),
        _("the corrected answers that are shared with their role"),
    ),
    (_("Who has not answered yet"), _("gets the same notice again, and beside it what it said before")),
)

Group = tuple[str, int | None]  # a role, and the office where the rule or the worker named it

# Who was told of a correction: (a notice was sent again, somebody who had settled theirs got one of their own).
_CORRECTED_WORDS = {
    (True, True): _("%(role)s: notice %(codes)s was corrected and sent again; whoever had answered is notified, too."),
    (True, False): _("%(role)s: notice %(codes)s was corrected and sent again."),
    (False, True): _("%(role)s: whoever had read the earlier version is notified of the correction."),
    (False, False): _("%(role)s: nobody who was notified before has it now."),
}
_WITHDRAWN_WORDS = {
    True: _(
        "%(role)s: the corrected form does not name this office. Its notice was withdrawn, and whoever had read it is"
        " notified."
    ),
    False: _(
        "%(role)s: the corrected form does not name this office. Its notice was withdrawn before anybody read it."
    ),
}


@dataclass(frozen=True)
class Telling:
    """What telling of a correction needs of the decision that is being carried out.

    `build_brief(role, urgent)` builds the corrected brief. `note(rule, notices, words)` lists what was created with the
    event and adds the words to its explanation.
    """

    case: Case
    event: CaseEvent
    procedure: Procedure
    at: datetime
    build_brief: Callable[[str, bool], dict[str, Any]]
    note: Callable[[str, list[Notice], Texts], None]


def preview_correction(*, is_drill: bool) -> AsRecipient:
    """Describe what everybody gets who has answered the notice of a form that is corrected."""
    return describe_telling(Purpose.CORRECTION, PREVIEW, is_drill=is_drill)


class Correction:
    """What followed from the earlier versions of a form that is corrected, and what of it holds."""

    def __init__(self, case: Case, submissions: Sequence[UUID]) -> None:
        """Read what followed and lock the notices' chains, before anything is written to the audit chain.

        `submissions`: the earlier versions, the newest first.
        """
        self.case = case
        self.newest = submissions[0]
        found = CaseEvent.objects.filter(case=case, submission_id__in=list(submissions), kind=SUBMISSION_RECEIVED)
        self.events = list(found.values_list("pk", flat=True))
        firsts = Notice.objects.filter(event_id__in=self.events, chases=None).select_related("partner")
        lock_chases(firsts.values_list("pk", flat=True))
        # Read after the locks: what was answered meanwhile counts.
        self.groups: dict[Group, list[Notice]] = {}
        for notice in firsts.order_by("owed_at", "pk"):
            self.groups.setdefault(_group(notice.role, notice.partner), []).append(notice)
        self.taken: set[Group] = set()

    def put_in_place_of(self, submission: UUID, *, at: datetime) -> None:
        """Note that from now on this submission says what the newest of the earlier versions said."""
        CorrectedForm.objects.create(submission_id=self.newest, case=self.case, corrected_by=submission, at=at)

    @property
    def has_opened_case(self) -> bool:
        """Whether it was an earlier version of this form that opened the case."""
        first = CaseEvent.objects.filter(case=self.case).order_by("at", "pk").values_list("pk", flat=True).first()
        return first in self.events

    def has_started(self, key: str) -> bool:
        """Tell whether an earlier version has started this deadline or task."""
        return Deadline.objects.filter(case=self.case, event__in=self.events, key=key).exists()

    def forget_dates(self) -> None:
        """Drop the dates that earlier versions named and that aren't reached yet: the corrected one names its own."""
        AwaitedDate.objects.filter(case=self.case, event__in=self.events, done_at=None).delete()

    def tell_again(
        self,
        telling: Telling,
        action: Action,
        role: str,
        named: Partner | None = None,
        *,
        services: list[Any] | None = None,
    ) -> bool:
        """Correct what earlier versions told this role. False when nobody there has it: it is to be notified anew.

        `action`: the rule's, with its ladder and times. `services`: what a referral asks for now.
        """
        group = _group(role, named)
        self.taken.add(group)
        firsts = self.groups.get(group)
        if not firsts:
            return False
        brief = telling.build_brief(role, bool(action.params.get("urgent")))
        ladder = telling.procedure.ladders[action.params["ladder"]].stored_steps
        minutes = action.params.get("answer_minutes")
        is_held = _correct(telling, action.rule, firsts, brief, answer_minutes=minutes, ladder=ladder)
        if services is not None and is_held:
            made = Referral.objects.filter(case=self.case, notice_id__in=[first.pk for first in firsts])
            made.update(services=services)
        return is_held

    def tell_others(self, telling: Telling) -> None:
        """Tell those whom earlier versions notified and this one doesn't; offices named by mistake read no more."""
        for group, firsts in self.groups.items():
            if group in self.taken:
                continue
            role, _office = group
            if role in BY_CHOICE:
                _withdraw(telling, firsts)
            else:
                _correct(telling, "", firsts, telling.build_brief(role, False))


def _group(role: str, office: Partner | None) -> Group:
    # An office found by the place is whoever is responsible there; only one that was named tells two notices apart.
    return (role, office.pk if office is not None and role in BY_CHOICE else None)


def _correct(telling: Telling, rule: str, firsts: list[Notice], brief: Mapping[str, Any], **clock: Any) -> bool:
    """Correct these notices of one role; those who had settled theirs get one that says so. Return whether it is held.

    `clock`: `answer_minutes` and `ladder` of the notices that are created.
    """
    corrected = correct_briefs(firsts, brief=brief, event_id=telling.event.pk, at=telling.at)
    created = [_notify_reader(telling, firsts[-1], contact, brief, **clock) for contact in corrected.to_tell]
    codes = ", ".join(notice.code for notice in corrected.again)
    words = _CORRECTED_WORDS[bool(corrected.again), bool(created)]
    role = Role(firsts[0].role).label
    telling.note(rule, created, both(lambda: words % {"role": role, "codes": codes}))
    return corrected.is_held


def _withdraw(telling: Telling, firsts: list[Notice]) -> None:
    readers = withdraw_as_corrected(firsts, at=telling.at)
    withdraw_referrals(telling.case, [first.pk for first in firsts], telling.at)
    event, at = telling.event.pk, telling.at
    created = [
        inform_recipient(case=telling.case, ended=firsts[-1], contact=contact, event_id=event, at=at)
        for contact in readers
    ]
    role = Role(firsts[0].role).label
    telling.note("", created, both(lambda: _WITHDRAWN_WORDS[bool(created)] % {"role": role}))


def _notify_reader(
    telling: Telling,
    first: Notice,
    contact: Contact,
    brief: Mapping[str, Any],
    *,
    answer_minutes: float | None = None,
    ladder: Iterable[Mapping[str, Any]] = (),
) -> Notice:
    """Create a notice for somebody who has read what was corrected."""
    case = telling.case
    subject = Subject.of(case, municipality=first.municipality, home=first.home, unit=first.unit)
    return subject.notify(
        first.role,
        event_id=telling.event.pk,
        found=Resolution(first.role, contact=contact),
        chain=chain_for(telling.procedure, first.role),
        brief=brief,
        answer_minutes=answer_minutes,
        ladder=ladder,
        purpose=Purpose.CORRECTION,
        at=telling.at,
    )
