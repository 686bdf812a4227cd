"""What a service does in a story at its own link: it answers a referral, takes its steps, says its free places.

By the functions that the page behind the link calls, after asking as that page does whether the link still opens.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from audit import clock
from case_forms.cases.models import Case, Referral
from case_forms.cases.referring.actions import get_decline_codes
from case_forms.cases.referring.at_link import PLACES, READERS, is_taken_by
from case_forms.cases.referring.models import StepKind
from case_forms.cases.referring.outcomes import get_outcomes
from notifications.briefs.links import is_link_open
from notifications.briefs.replies import AnswerRefused, answer, get_refusal
from notifications.briefs.steps import StepProblem, take_step
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, ReplyKind

from .acts import ActImpossible, RefusedInWords
from .story import ServicePlaces, ServiceStep

TEXT = "Shembull / Example"
ANSWERS = {StepKind.ACCEPTED: ReplyKind.ACCEPTED, StepKind.DECLINED: ReplyKind.DECLINED}


def find_newest_referral(case: Case) -> Referral:
    """Return the case's newest referral. Raises ActImpossible."""
    referral = Referral.objects.filter(case=case).select_related("partner").order_by("-made_at", "-pk").first()
    if referral is None:
        raise ActImpossible(_("No referral has been made then."))
    return referral


def act_at_link(act: ServiceStep | ServicePlaces, referral: Referral) -> None:
    """Do at the service's link what the story says. Raises ActImpossible."""
    kind = ANSWERS.get(StepKind(act.step)) if isinstance(act, ServiceStep) else None
    sent = Notice.objects.filter(chase_id=referral.notice_id, sent_at__isnull=False, purpose__in=READERS)
    rows = sent.select_related("contact__partner", "municipality__region").order_by("-owed_at", "-pk")
    opening = [each for each in rows if is_link_open(each, clock.now())] if referral.notice_id else []
    fits = (each for each in opening if (not get_refusal(each, kind) if kind else is_taken_by(each)))
    notice = next(fits, None)
    if notice is None:
        raise ActImpossible(_("The service has no link then at which it could do this."))
    mark_opened(notice=notice, at=clock.now())
    try:
        if isinstance(act, ServiceStep) and kind is not None:
            reason = (act.reason or get_decline_codes(referral)[0]) if kind == ReplyKind.DECLINED else ""
            answer(notice=notice, kind=kind, at=clock.now(), reason=reason)
        elif not take_step(notice, _as_sent(act)):
            raise ActImpossible(_("The service has no link then at which it could do this."))
    except (AnswerRefused, StepProblem) as refused:
        raise ActImpossible(in_each_language(RefusedInWords(refused))) from None


def _as_sent(act: ServiceStep | ServicePlaces) -> dict[str, Any]:
    """Return what the fields of the service's page would send."""
    if isinstance(act, ServicePlaces):
        return {"kind": PLACES, "free": str(act.free)}
    due = timezone.localtime(clock.now() + timedelta(minutes=act.after))
    reason = act.reason or next(iter(get_outcomes())) if act.step == StepKind.FINISHED else ""
    is_agreed = act.step == StepKind.AGREED
    return {
        "kind": act.step,
        "reason": reason,
        "due": due.isoformat() if is_agreed else "",
        "who": TEXT if is_agreed else "",
        "note": TEXT,
    }
