"""The state machine of a referral: which step leads where, who may note it, and why another one is refused.

    pending   -> accepted | declined | no answer | accompaniment agreed | arrived
    accepted  -> declined | accompaniment agreed | arrived | finished
    agreed    -> declined | agreed anew, with another time | arrived | finished
    arrived   -> finished
    declined, no answer -> accepted, when the service says by phone that it takes the person after all

Withdrawing (the consent ended, a correction leaves the service out) and the closing of the case end what is still
running. Nothing follows a referral that is finished, withdrawn or ended: the person is referred again.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Role

from ..models import ReferralState
from .models import StepKind, Way

S, K = ReferralState, StepKind

MOVES: Mapping[str, Mapping[str, str]] = {
    S.PENDING: {
        K.ACCEPTED: S.ACCEPTED,
        K.DECLINED: S.DECLINED,
        K.PASSED_ON: S.PENDING,
        K.NO_ANSWER: S.NO_ANSWER,
        K.AGREED: S.AGREED,
        K.ARRIVED: S.ARRIVED,
        K.WITHDRAWN: S.WITHDRAWN,
        K.CASE_CLOSED: S.ENDED,
    },
    S.ACCEPTED: {
        K.AGREED: S.AGREED,
        K.ARRIVED: S.ARRIVED,
        K.DECLINED: S.DECLINED,
        K.PASSED_ON: S.PENDING,
        K.FINISHED: S.FINISHED,
        K.WITHDRAWN: S.WITHDRAWN,
        K.CASE_CLOSED: S.FINISHED,
    },
    S.AGREED: {
        K.AGREED: S.AGREED,
        K.ARRIVED: S.ARRIVED,
        K.DECLINED: S.DECLINED,
        K.PASSED_ON: S.PENDING,
        K.FINISHED: S.FINISHED,
        K.WITHDRAWN: S.WITHDRAWN,
        K.CASE_CLOSED: S.FINISHED,
    },
    S.ARRIVED: {K.FINISHED: S.FINISHED, K.WITHDRAWN: S.WITHDRAWN, K.CASE_CLOSED: S.FINISHED},
    S.DECLINED: {K.ACCEPTED: S.ACCEPTED},
    S.NO_ANSWER: {K.ACCEPTED: S.ACCEPTED},
    S.WITHDRAWN: {},
    S.FINISHED: {},
    S.ENDED: {},
}
# Still to come to its end. `TAKEN`: the service has said yes, and its link goes on.
RUNNING = (S.PENDING, S.ACCEPTED, S.AGREED, S.ARRIVED)
TAKEN = (S.ACCEPTED, S.AGREED, S.ARRIVED)

# Of which another one can be asked in its place: a school is the pupil's own, and an embassy the person's.
REPLACEABLE = frozenset(
    {
        Role.PROTECTION_SERVICE.value,
        Role.HEALTH.value,
        Role.PSYCHOLOGIST.value,
        Role.LEGAL_AID.value,
        Role.SOCIAL_SERVICE.value,
    }
)

# Services that are asked to help by the role, or by name; police, authorities and our own people have duties instead.
HELPING_ROLES = frozenset(
    {
        Role.HEALTH.value,
        Role.PSYCHOLOGIST.value,
        Role.LEGAL_AID.value,
        Role.SOCIAL_SERVICE.value,
        Role.SCHOOL.value,
        Role.EMBASSY_DESK.value,
    }
)

# How each step can come to be known. A service's answers at its link come through the notice (`following`).
WAYS: Mapping[str, tuple[Way, ...]] = {
    K.ACCEPTED: (Way.LINK, Way.PHONE),
    K.DECLINED: (Way.LINK, Way.PHONE),
    # Nobody notes it: it follows from the answer to the notice, past the gate for sharing.
    K.PASSED_ON: (Way.SYSTEM,),
    K.NO_ANSWER: (Way.UNIT,),
    K.AGREED: (Way.LINK, Way.UNIT, Way.PHONE),
    K.ARRIVED: (Way.LINK, Way.UNIT, Way.PHONE),
    K.FINISHED: (Way.LINK, Way.UNIT, Way.PHONE),
    K.WITHDRAWN: (Way.SYSTEM,),
    K.CASE_CLOSED: (Way.SYSTEM,),
}

REFUSALS: Mapping[str, str | Promise] = {
    "unknown": _("Choose one of the steps on the page."),
    "pending": _("The service has not answered yet. Note its answer first."),
    "accepted": _("The service has accepted already."),
    "agreed": _("The service has accepted, and the accompaniment is agreed."),
    "arrived": _("The person has arrived already. What can follow is the end of the referral."),
    "declined": _("The service has declined. Refer the person to another service, or note that it accepts after all."),
    "no_answer": _("It is noted that nobody answered. Refer the person to another service, or note a late answer."),
    "withdrawn": _("This referral was withdrawn. Nothing more can be noted about it."),
    "finished": _("This referral has ended. Refer the person again if they need the service."),
    "ended": _("This referral ended with its case. Refer the person again if they need the service."),
    "not_this_way": _("This step can't be noted in this way."),
    "closed": _("The case is closed, so nothing can be noted about its referrals."),
    "not_covered": _("The person's consent for this service no longer holds."),
    "reason_missing": _("Choose a reason from the list."),
    "outcome_missing": _("Choose how it ended from the list."),
    "note_missing": _("Write in the note what happened."),
    "note_too_long": _("The note is too long. Write at most 2000 characters."),
    "name_too_long": _("Write at most 120 characters."),
    "who_missing": _("Write who accompanies the person."),
    "said_by_missing": _("Write who said it on the phone."),
    "time_missing": _("Choose the day and the time at which the person is to arrive."),
    "past": _("This time has passed. Choose a later one, or note that the person has arrived."),
    "too_far": _("Choose a time within 60 days."),
    "way_missing": _("Choose how you know."),
}
# Beside which field of the page a refusal stands; the others concern the step itself.
FIELDS: Mapping[str, str] = {
    "reason_missing": "reason",
    "outcome_missing": "reason",
    "note_missing": "note",
    "note_too_long": "note",
    "who_missing": "who",
    "name_too_long": "who",
    "said_by_missing": "said_by",
    "time_missing": "due",
    "past": "due",
    "too_far": "due",
    "way_missing": "way",
}


class StepRefused(Exception):
    """Raised for a step that can't be noted; nothing has changed. `code` is a key of REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return str(REFUSALS[self.code])

    @property
    def field(self) -> str:
        """The field to correct; "" when the step itself can't be taken any more."""
        return FIELDS.get(self.code, "")


def find_next_state(state: str, kind: str, way: str) -> str:
    """Return the state that a step leads to. Raises StepRefused, with the state as its code, for an illegal one."""
    if kind not in WAYS:
        raise StepRefused("unknown")
    if way not in WAYS[kind]:
        raise StepRefused("not_this_way")
    following = MOVES[state].get(kind)
    if following is None or (state in (S.DECLINED, S.NO_ANSWER) and way != Way.PHONE):
        raise StepRefused(state)
    # At its link a service first answers the notice.
    if way == Way.LINK and state == S.PENDING and kind not in (K.ACCEPTED, K.DECLINED):
        raise StepRefused(state)
    return following


def list_steps(state: str, *ways: Way) -> list[str]:
    """List the steps that can be noted in one of these ways, in the order in which a referral goes."""
    return [kind for kind in WAYS if any(_is_possible(state, kind, way) for way in ways)]


def list_ways(state: str, kind: str, *ways: Way) -> list[Way]:
    """List in which of these ways a step can be noted."""
    return [way for way in ways if _is_possible(state, kind, way)]


def _is_possible(state: str, kind: str, way: Way) -> bool:
    try:
        find_next_state(state, kind, way)
    except StepRefused:
        return False
    return True
