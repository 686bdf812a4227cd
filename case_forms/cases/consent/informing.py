"""Notices that hold nothing of a case: that a link has ended, that something was shared in an emergency.

They are the only ones of purpose `inform`; the gate lets them pass because of what stands here, and nothing else does.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language, same_in_each_language
from case_forms.procedures.chains import chain_for
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Contact, Role
from notifications.directory.resolve import Resolution
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.service_briefs import build_row, build_short_brief, name_with_phone
from notifications.outbox.subjects import Subject

from ..models import Case
from .models import SharingDecision

LINK_ENDED = _("A link has ended")
LINK_ENDED_WORDS = _(
    "The link of this notice has ended. What you have received through it may no longer be used or passed on."
)
LINKS_ENDED = _("Links to this case have ended")
LINKS_ENDED_WORDS = _(
    "Consent no longer holds for everybody. On the case's page you see which links ended, and who had read what."
)
IN_EMERGENCY = _("Shared in an emergency, without consent")
IN_EMERGENCY_WORDS = _(
    "A worker named an emergency, so a notice went out without consent. The reason is on the case's page. Please look"
    " at it, and see that the person is asked as soon as they can decide."
)
DESPITE = _("Shared in an emergency, although the person asked that their data aren't used")
DESPITE_WORDS = _(
    "A worker named an emergency, so a health service was notified although the person had asked that their data aren't"
    " used. The reason, the worker and the office are on the case's page. Please look at it now. Nothing else of the"
    " restriction has ended."
)
# For information: whoever doesn't say that they have read it is called after a day.
LADDER = ({"after_minutes": 1440, "do": "call", "repeat_minutes": 1440},)


def inform_recipient(*, case: Case, ended: Notice, contact: Contact, event_id: UUID, at: datetime) -> Notice:
    """Tell a recipient that their link has ended and the data must no longer be used. It says neither why nor whose."""
    rows = [
        build_row("words", _("What it means"), in_each_language(LINK_ENDED_WORDS)),
        build_row("code", _("Code of the notice"), same_in_each_language(ended.code)),
    ]
    if case.unit is not None:
        rows.append(build_row("unit", _("Questions"), name_with_phone(case.unit.name, case.unit.callback_phone)))
    return replace(Subject.of_notice(ended), id=case.pk, reference=case.reference, unit=ended.unit or case.unit).notify(
        ended.role,
        event_id=uuid5(event_id, f"ended {ended.chase_id}"),
        found=Resolution(ended.role, contact.partner, contact),
        brief=build_short_brief(LINK_ENDED, rows),
        ladder=LADDER,
        purpose=Purpose.INFORM,
        at=at,
    )


def inform_unit(*, case: Case, event_id: UUID, at: datetime) -> Notice:
    """Tell the unit that links to one of its cases have ended; the rest is on the case's page.

    With nobody of the unit on duty, the coordinator: no alarm is raised because nobody could be informed.
    """
    return inform_own_unit(
        case=case, title=LINKS_ENDED, words=LINKS_ENDED_WORDS, event_id=uuid5(event_id, "unit"), at=at
    )


def inform_own_unit(*, case: Case, title: str | Promise, words: str | Promise, event_id: UUID, at: datetime) -> Notice:
    """Tell a case's unit something that holds nothing of the case; with nobody on duty there, the coordinator."""
    chain = chain_for(case.procedure_version.parsed, Role.MOBILE_UNIT)
    own = resolve_chain(role=Role.MOBILE_UNIT, municipality=case.municipality, at=at, unit=case.unit, chain=chain)
    role = Role.COORDINATOR if own.contact is None else Role.MOBILE_UNIT
    return _inform_own(case, role, title, words, event_id, at)


def inform_coordinators_of(
    *, case: Case, title: str | Promise, words: str | Promise, event_id: UUID, at: datetime
) -> Notice:
    """Tell the coordinator of a case something that holds nothing of it."""
    return _inform_own(case, Role.COORDINATOR, title, words, event_id, at)


def inform_coordinator(*, case: Case, decision: SharingDecision, at: datetime) -> Notice:
    """Tell the coordinator that something was shared in an emergency. The reason stays on the case."""
    event_id = uuid5(decision.event_id, f"emergency {decision.role}")
    title, words = (DESPITE, DESPITE_WORDS) if case.restricted_at is not None else (IN_EMERGENCY, IN_EMERGENCY_WORDS)
    return _inform_own(case, Role.COORDINATOR, title, words, event_id, at)


def _inform_own(
    case: Case, role: str, title: str | Promise, words: str | Promise, event_id: UUID, at: datetime
) -> Notice:
    rows = [
        build_row("words", _("What it means"), in_each_language(words)),
        build_row("case", _("Case"), same_in_each_language(case.reference)),
    ]
    return Subject.of(case).notify(
        role,
        event_id=event_id,
        chain=chain_for(case.procedure_version.parsed, role),
        brief=build_short_brief(title, rows),
        ladder=LADDER,
        purpose=Purpose.INFORM,
        at=at,
    )
