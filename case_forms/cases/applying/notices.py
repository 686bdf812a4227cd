"""The actions of a decision by which somebody is notified, past the gate for sharing; and of corrections."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import structlog
from django.utils.translation import gettext

from access.languages import Texts
from access.models import Municipality
from audit.chain import do_at_end, log_event
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import Action
from notifications.briefs.protocol import assign_protocol_numbers
from notifications.directory.areas import OWN_ROLES, roles_answering
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Partner, Role
from notifications.directory.read_ahead import reading_ahead
from notifications.directory.resolve import Resolution
from notifications.outbox.agreement_limit import explain_limit
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.subjects import Subject

from ..brief_content import BriefFacts, both, brief_for, settings_missing
from ..consent.deciding import NOT_SHARED, decide_sharing, hold_back
from ..consent.gate import may_share
from ..consent.ledger import Recipient
from ..correcting import Telling
from ..deadlines import compute_mark_minutes
from ..models import (
    Case,
    CaseEvent,
    Referral,
)
from ..referring.arrival import meet_next_service
from ..referring.moves import HELPING_ROLES
from ..referring.untold import ask_to_find
from .duties import DutiesOfDecision
from .state import CannotApply

log = structlog.get_logger(__name__)


class NoticesOfDecision(DutiesOfDecision):
    """Notifies and refers: who is found, whether it may be shared, what they read."""

    def reading_ahead(self) -> AbstractContextManager[None]:
        """Within it the directory is asked once for all whom the decision notifies and finds by a place."""
        notified = (action.params for action in self.decision.actions if action.do == "notify")
        by_place = (params["role"] for params in notified if "partner" not in params)
        return reading_ahead([answering for role in by_place for answering in roles_answering(role)])

    def notify(self, action: Action) -> None:
        case, event = self._here(action)
        role = action.params["role"]
        named = self._named_office(action, role)
        found = self._resolve(role, named)
        # Asked of a correction, too: what isn't covered any more is taken back from whoever has it.
        if not self._is_shared(action, found.role, found.partner):
            return
        if self.correction and self.correction.tell_again(self._telling(case, event), action, role, named):
            return
        notice = self._create_notice(action, found, urgent=action.params.get("urgent", False))
        office = found.partner or (found.contact.partner if found.contact else None)
        if found.role in HELPING_ROLES and office is not None:
            # Asked to help: it answers, accompanies and ends as a service that was named in a referral does.
            self._create_referral(case, event, office, notice, role=found.role)
        if action.params.get("deadline"):
            self._clock(case, event, action.params["deadline"], notice)

    def _create_referral(
        self,
        case: Case,
        event: CaseEvent,
        partner: Partner,
        notice: Notice,
        *,
        role: str,
        services: Sequence[Any] = (),
    ) -> None:
        # The same rule twice in one event is one notice, and one referral.
        referral, is_new = Referral.objects.get_or_create(
            notice_id=notice.pk,
            defaults={
                "case": case,
                "event": event,
                "partner": partner,
                "role": role,
                "services": list(services),
                "made_at": self.submission.received_at,
            },
        )
        if is_new:
            log_event("referral.made", actor=self.actor, target_kind="referral", target_id=referral.pk, case=case.pk)

    def _named_office(self, action: Action, role: str) -> Partner | None:
        """Return the office that the rule names (a school, a social service); None when it is found by the place."""
        if "partner" not in action.params:
            return None
        named = Partner.objects.filter(slug=str(action.params["partner"]), role=role, is_active=True).first()
        if named is None:
            raise CannotApply(action.rule, "unknown_partner")
        return named

    def hold_back(self, action: Action) -> None:
        """Record that a role isn't notified by this form. The rule's own words say why."""
        case, event = self._here(action)
        to = self.asked.build_recipient(action.params["role"])
        code = hold_back(case=case, event=event, to=to, asked=self.asked, at=self.submission.received_at)
        self.not_shared.append({"role": to.role, "recipient": "", "code": code})

    def refer(self, action: Action) -> None:
        case, event = self._here(action)
        partner = self._named_office(action, Role.PROTECTION_SERVICE)
        # The checker of procedures refuses a `refer` without a partner.
        assert partner is not None
        received_at = self.submission.received_at
        if not self._is_shared(action, partner.role, partner):
            return
        services = action.params.get("services") or []
        services = services if isinstance(services, list) else [services]
        if self.correction and self.correction.tell_again(
            self._telling(case, event), action, partner.role, partner, services=services
        ):
            return
        found = self._resolve(partner.role, partner)
        notice = self._create_notice(action, found)
        self._create_referral(case, event, partner, notice, role=partner.role, services=services)
        self.met += meet_next_service(case, received_at, actor=self.actor, is_later=self.is_later)
        if action.params.get("deadline"):
            self._clock(case, event, action.params["deadline"], notice)

    # ---- corrections ----

    def _telling(self, case: Case, event: CaseEvent) -> Telling:
        """Return what `correcting` needs of this decision."""
        return Telling(
            case=case,
            event=event,
            procedure=self.submission.procedure_version.parsed,
            at=self.submission.received_at,
            build_brief=lambda role, urgent: brief_for(role, self._content(case), urgent=urgent),
            note=self._note_correction,
        )

    def _note_correction(self, rule: str, notices: list[Notice], words: Texts) -> None:
        for notice in notices:
            self.notices[notice.pk] = notice
            self.rules_by_notice.setdefault(str(notice.pk), rule)
        self.explanation.append({"rule": rule, "words": words})

    def _is_nothing_referred(self, case: Case) -> bool:
        """Say whether this form would refer, and the gate for sharing lets none of it pass."""
        refers = [action for action in self.decision.actions if action.do == "refer"]
        at = self.submission.received_at
        return bool(refers) and not any(
            may_share(
                case,
                Recipient(Role.PROTECTION_SERVICE, self._named_office(action, Role.PROTECTION_SERVICE)),
                at=at,
                emergency=self.asked.emergency,
            ).is_allowed
            for action in refers
        )

    def _is_shared(self, action: Action, role: str, partner: Partner | None) -> bool:
        """Ask the gate for sharing. Where it says no, the case says what wasn't shared and what can be done."""
        case, event = self._here(action)
        to = self.asked.build_recipient(role, partner)
        verdict = decide_sharing(case=case, event=event, to=to, asked=self.asked, at=self.submission.received_at)
        if not verdict.is_allowed:
            self.held_back.append(action)
            self.explanation.append({"rule": NOT_SHARED, "words": verdict.words})
            self.not_shared.append({"role": role, "recipient": partner.slug if partner else "", "code": verdict.code})
        return verdict.is_allowed

    def _resolve(self, role: str, partner: Partner | None = None) -> Resolution:
        """Find somebody for this role where the person is, along the procedure's chain."""
        assert self.case is not None
        return resolve_chain(
            role=role,
            municipality=self._where(self.case, role),
            at=self.submission.received_at,
            unit=self.case.unit,
            partner=partner,
            chain=chain_for(self.submission.procedure_version.parsed, role),
        )

    def _where(self, case: Case, role: str) -> Municipality:
        """Return the municipality in which this role is looked for.

        Our own people stay those who may open the case; others are those where the person is.
        """
        return case.municipality if role in OWN_ROLES or self.place is None else self.place

    def _create_notice(self, action: Action, found: Resolution, *, urgent: bool = False) -> Notice:
        """Create the notice for whoever was found; with nobody found its chain's coordinators are notified too."""
        case, event = self._here(action)
        params, procedure = action.params, self.submission.procedure_version.parsed
        place = self._where(case, found.role)
        subject = Subject.of(
            case,
            municipality=place,
            # Coordinators are looked for where the case is: those of the other place may not open it.
            home=case.municipality if place != case.municipality else None,
        )
        notice = subject.notify(
            found.role,
            event_id=event.pk,
            found=found,
            chain=chain_for(procedure, found.role),
            brief=brief_for(found.role, self._content(case), urgent=urgent),
            answer_minutes=params.get("answer_minutes"),
            ladder=procedure.ladders[params["ladder"]].stored_steps,
            marks=compute_mark_minutes(procedure, params.get("deadline"), self.submission.received_at),
            needs_document=params.get("document", False),
            at=self.submission.received_at,
        )
        if not self.numbered:
            do_at_end(partial(assign_protocol_numbers, self.numbered))
        self.numbered.append(notice)
        self.notices[notice.pk] = notice
        self.rules_by_notice.setdefault(str(notice.pk), action.rule)
        if found.contact is None:
            self.unresolved.append(found.role)
            # `create_notice` asked the chain's coordinators to call; the event lists their notices, too.
            for fallback in notice.chasers.filter(purpose=Purpose.FALLBACK):
                self.notices[fallback.pk] = fallback
            ask_to_find(notice, case, self.submission.received_at)
        self.explanation += [{"rule": action.rule, "words": words} for words in (*found.words, *explain_limit(notice))]
        return notice

    def _content(self, case: Case) -> BriefFacts:
        """Build the facts of a brief.

        Once for a decision: the answers' rows are the same for every recipient until they are filtered.
        """
        if self.content is None:
            submission = self.submission
            self.content = BriefFacts(
                case=case,
                sender=submission.by.get_full_name(),
                municipality=self.place or case.municipality,
                unit=submission.unit,
                occurred_at=submission.occurred_at,
                form=submission.form,
                answers=submission.answers,
                sources=self.sources,
                facts=self.decision.facts,
                settings=self.decision.settings,
                today=submission.today,
                carried_over=submission.carried_over,
            )
            self._notify_of_missing_settings(self.content)
        return self.content

    def _notify_of_missing_settings(self, content: BriefFacts) -> None:
        """Log and explain settings that the form's sharing reads and the procedure lacks: nothing was shared by them.

        It happens in a case under an older version of the procedure.
        """
        missing = settings_missing(content)
        if not missing:
            return
        log.error("procedure_setting_missing", submission=str(self.submission.id), settings=missing)
        words = both(
            lambda: gettext(
                "This case is under a procedure that does not say what recipients may read here, so those answers were"
                " given to nobody. Phone the recipients, or the coordinator."
            )
        )
        self.explanation.append({"rule": "settings", "words": words})
