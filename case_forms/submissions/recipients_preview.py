"""Preview of who would be notified if this draft were submitted now, by name. Submitting it decides anew."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from access.models import MobileUnit, Municipality, User, localize
from audit import clock
from case_forms.cases.calling import ToCall, to_call
from case_forms.cases.consent.deciding import read_basis
from case_forms.cases.consent.gate import may_share
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.consent.rules import is_of_a_state, read_state
from case_forms.cases.facts.for_rules import get_known_for_rules
from case_forms.cases.models import SUBMISSION_RECEIVED, Case
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import Action, Decision, DecisionFailed, Event, decide
from case_forms.procedures.definition import Procedure
from notifications.directory.areas import OWN_ROLES
from notifications.directory.chain import is_outside_area, resolve_chain
from notifications.directory.models import Partner, Role

from .case_reference import named_case
from .consents import consents_for
from .deciding import procedure_for
from .models import Draft
from .outcome import is_unmatched
from .refusals import NotDecided
from .validation.validate import Answers


@dataclass(frozen=True)
class PreviewedRecipient:
    """A recipient, as the directory stands now: `words` say for which role, `name` and `office` who is on duty.

    `not_shared`: why they will not be notified, where the gate for sharing doesn't let it pass; "" for everybody else.
    Without a name nobody is on duty: `callers` are the coordinators who would be asked to call, `callees` whom to
    phone.
    """

    words: str
    name: str = ""
    office: str = ""
    place: str = ""
    is_outside_area: bool = False
    callers: tuple[str, ...] = ()
    callees: tuple[ToCall, ...] = ()
    not_shared: str = ""


def preview_recipients(draft: Draft, answers: Answers, user: User) -> list[PreviewedRecipient]:
    """Return the recipients in the order of the procedure, each once; empty when there are none or it can't be said.

    `answers` are the validated ones: what would be submitted.
    """
    case, _unknown = named_case(draft.form_version.parsed_form, answers, user)
    decided = _decided(draft, answers, case)
    if decided is None:
        return []
    decision, _event, procedure = decided
    place, unit = _place(decision, case), case.unit if case else draft.unit
    recipients = [
        _preview(
            action,
            # coordinators and units are those of the case; everybody else is found where the person is (docs/adr/0054)
            case.municipality if case and action.params.get("role") in OWN_ROLES else place,
            unit,
            procedure,
        )
        if not (why := _why_not_shared(action, case, draft, answers))
        else PreviewedRecipient(get_words(action.do, action.params), not_shared=why)
        for action in decision.actions
        if action.do in ("notify", "refer")
    ]
    # several rules may notify the same role; on the page it stands once
    return list({each.words: each for each in recipients if each is not None}.values())


def would_match_no_rule(draft: Draft, answers: Answers, user: User) -> bool:
    """Return whether the procedure has rules about this form, and none matches these answers."""
    case, _unknown = named_case(draft.form_version.parsed_form, answers, user)
    decided = _decided(draft, answers, case)
    return decided is not None and is_unmatched(*decided)


def _decided(draft: Draft, answers: Answers, case: Case | None) -> tuple[Decision, Event, Procedure] | None:
    """Return the decision as it would be now, on what, and under which procedure; None when it can't be made."""
    try:
        form = draft.form_version.form.key
        version = procedure_for(form, case, timezone.now())
        event = Event(
            kind=SUBMISSION_RECEIVED,
            form=form,
            answers=answers,
            occurred_at=timezone.localtime(draft.occurred_at),
            received_at=timezone.localtime(),
            case_status=case.status if case else None,
            case_child=case.child_track if case else None,
            case_consent=consents_for(case, version.parsed, form),
            known=get_known_for_rules(
                case, version.parsed, draft.form_version.parsed_form, answers, occurred_at=draft.occurred_at
            ),
        )
        return decide(event, version.parsed), event, version.parsed
    except (NotDecided, DecisionFailed):
        return None


def _place(decision: Decision, case: Case | None) -> Municipality | None:
    """Return where the person is by these answers; else the case's municipality."""
    named = next((action.params["municipality"] for action in decision.actions if action.do == "open_case"), None)
    if named is None and case is not None:
        return case.municipality
    return Municipality.objects.select_related("region").filter(slug=str(named)).first()


def _why_not_shared(action: Action, case: Case | None, draft: Draft, answers: Answers) -> str:
    """Return why this recipient wouldn't be notified, by the gate for sharing; "" if they would be."""
    role = action.params.get("role", Role.PROTECTION_SERVICE.value)
    if case is None or not get_words(action.do, action.params):
        return ""
    now, form = clock.now(), draft.form_version.parsed_form
    language = draft.owner.language
    _claimed, emergency = read_basis(form, answers, said_at=now, language=language)
    state = read_state(answers) if is_of_a_state(role) else ""
    verdict = may_share(case, Recipient(role, _partner(action.params), state), at=now, emergency=emergency)
    return "" if verdict.is_allowed else localize(verdict.words, language)


def _preview(
    action: Action, place: Municipality | None, unit: MobileUnit, procedure: Procedure
) -> PreviewedRecipient | None:
    """Resolve a recipient; None for one that doesn't exist."""
    words = get_words(action.do, action.params)
    if not words or place is None:
        return PreviewedRecipient(words) if words else None
    partner = _partner(action.params)
    role = action.params.get("role", Role.PROTECTION_SERVICE.value)
    now = timezone.now()
    found = resolve_chain(
        role=role, municipality=place, at=now, unit=unit, partner=partner, chain=chain_for(procedure, role)
    )
    if found.contact is None:
        return PreviewedRecipient(
            words,
            place=place.name,
            callers=tuple(f"{each.name} ({localize(each.partner.names)})" for each in found.coordinators),
            callees=to_call(role, place, now=now, unit=unit, partner=partner),
        )
    office = found.contact.partner
    return PreviewedRecipient(
        words,
        name=found.contact.name,
        office=localize(office.names),
        place=place.name,
        is_outside_area=is_outside_area(role, office, place),
    )


def get_words(do: str, params: dict[str, Any]) -> str:
    """Return the page's name for the recipient of a `notify` or `refer`; "" for a role that doesn't exist."""
    role = params.get("role", Role.PROTECTION_SERVICE.value)
    if role not in Role.values:
        return ""
    partner = _partner(params)
    return partner.name if partner else str(Role(role).label)


def _partner(params: dict[str, Any]) -> Partner | None:
    """Return the office that the action names, if it names one that can be notified."""
    if "partner" not in params:
        return None
    role = params.get("role", Role.PROTECTION_SERVICE.value)
    return Partner.objects.filter(slug=str(params["partner"]), role=role, is_active=True).first()
