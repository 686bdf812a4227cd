"""Who would be told if this draft were sent now, in words. The procedure decides again, for good, when it is sent."""

from typing import Any

from django.utils import timezone

from access.models import User
from case_forms.cases.actions import SUBMISSION_RECEIVED
from case_forms.procedures.decide import DecisionFailed, Event, decide
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import Partner, Role

from .checking import Answers
from .models import Draft
from .naming import named_case


def told_at_once(draft: Draft, answers: Answers, user: User) -> list[str]:
    """The recipients' roles in the order of the procedure, each once; empty when nobody is told or it can't be said.

    `answers` are the checked ones: what would be sent.
    """
    case, _unknown = named_case(draft.form_version.definition, answers, user)
    try:
        version = case.procedure_version if case else ProcedureVersion.objects.in_force()
        decision = decide(
            Event(
                kind=SUBMISSION_RECEIVED,
                form=draft.form_version.form.key,
                answers=answers,
                occurred_at=timezone.localtime(draft.occurred_at),
                received_at=timezone.localtime(),
                case_status=case.status if case else None,
            ),
            version.definition,
        )
    except (ProcedureVersion.DoesNotExist, DecisionFailed):
        return []
    told = [words_of(action.do, action.params) for action in decision.actions if action.do in ("notify", "refer")]
    return list(dict.fromkeys(words for words in told if words))


def words_of(do: str, params: dict[str, Any]) -> str:
    """How the page names the recipient of a `notify` or `refer`; "" for a role that doesn't exist."""
    if do == "notify":
        return str(Role(params["role"]).label) if params.get("role") in Role.values else ""
    partner = Partner.objects.filter(slug=params.get("partner") or "", is_active=True).first()
    return partner.name if partner else str(Role.PROTECTION_SERVICE.label)
