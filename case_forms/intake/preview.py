"""Who would be told if this draft were sent now, in words. The procedure decides again, for good, when it is sent."""

from typing import Any

from django.utils import timezone

from access.models import User
from case_forms.cases.actions import SUBMISSION_RECEIVED
from case_forms.procedures.decide import Decision, DecisionFailed, Event, decide
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import Partner, Role

from .checking import Answers
from .models import Draft
from .naming import named_case
from .outcome import is_unmatched


def told_at_once(draft: Draft, answers: Answers, user: User) -> list[str]:
    """The recipients' roles in the order of the procedure, each once; empty when nobody is told or it can't be said.

    `answers` are the checked ones: what would be sent.
    """
    decided = _decided(draft, answers, user)
    actions = decided[0].actions if decided else ()
    told = [words_of(action.do, action.params) for action in actions if action.do in ("notify", "refer")]
    return list(dict.fromkeys(words for words in told if words))


def would_match_no_rule(draft: Draft, answers: Answers, user: User) -> bool:
    """Whether the procedure has rules about this form, and none is about these answers."""
    decided = _decided(draft, answers, user)
    return decided is not None and is_unmatched(*decided)


def _decided(draft: Draft, answers: Answers, user: User) -> tuple[Decision, Event, dict[str, Any]] | None:
    """The decision as it would be now, on what, and under which procedure; None when it can't be made."""
    case, _unknown = named_case(draft.form_version.definition, answers, user)
    try:
        version = case.procedure_version if case else ProcedureVersion.objects.in_force()
        event = Event(
            kind=SUBMISSION_RECEIVED,
            form=draft.form_version.form.key,
            answers=answers,
            occurred_at=timezone.localtime(draft.occurred_at),
            received_at=timezone.localtime(),
            case_status=case.status if case else None,
        )
        return decide(event, version.definition), event, version.definition
    except (ProcedureVersion.DoesNotExist, DecisionFailed):
        return None


def words_of(do: str, params: dict[str, Any]) -> str:
    """How the page names the recipient of a `notify` or `refer`; "" for a role that doesn't exist."""
    if do == "notify":
        return str(Role(params["role"]).label) if params.get("role") in Role.values else ""
    partner = Partner.objects.filter(slug=params.get("partner") or "", is_active=True).first()
    return partner.name if partner else str(Role.PROTECTION_SERVICE.label)
