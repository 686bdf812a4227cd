"""Rehearsal of the procedure in force on the test answers: whom it would notify, and exactly what each would read.

It is decided as for a real submission and composed by the same code as a real brief, on a case that is never saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import MobileUnit, Municipality, localize
from case_forms.cases.brief_content import AnswerFacts, BriefFacts, brief_for
from case_forms.cases.consent.ledger import OFFICES
from case_forms.cases.facts.for_rules import get_known_for_rules
from case_forms.cases.models import SUBMISSION_RECEIVED, Case, CaseStatus
from case_forms.form_builder.audience import is_public, is_session_request
from case_forms.form_builder.definition import Form, Question
from case_forms.procedures.decide import Action, Decision, DecisionFailed, Event, Labels, decide
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.organisation_settings import Chosen, chosen_in_words
from case_forms.submissions.validation.validate import Answers, CheckContext
from case_forms.tips.briefs import tip_brief
from case_forms.tips.deciding import RECEIVED as TIP_RECEIVED
from notifications.directory.models import Partner, Role

REFERENCE = "••••••"  # no case's
Line = tuple[str, str]


@dataclass(frozen=True)
class RehearsedNotice:
    """A notice that would be created. `sections`: (title, [(label, value)]), what this role's brief would hold."""

    recipient: str
    urgent: bool
    answer_minutes: int | None
    with_document: bool
    sections: list[tuple[str, list[Line]]] = field(repr=False)


@dataclass
class Rehearsal:
    """A rehearsal's result. `problem`: why nothing more was decided; `rules`: those that matched, (words, because)."""

    procedure: str = ""
    problem: str = ""
    rules: list[Line] = field(default_factory=list, repr=False)
    notices: list[RehearsedNotice] = field(default_factory=list)


def settings_in_force(language: str) -> Chosen:
    """Return what the organisation has chosen in the procedure in force; nothing without one."""
    try:
        return chosen_in_words(ProcedureVersion.objects.in_force().parsed, language)
    except ProcedureVersion.DoesNotExist:
        return Chosen()


def rehearse(
    form: Form, answers: Answers, context: CheckContext, labels: Mapping[str, Labels], language: str
) -> Rehearsal:
    """Decide and compose, and store nothing. `answers` are the validated ones."""
    if is_session_request(form):
        words = _("No procedure responds to a request for a session. The unit of the municipality's region answers it.")
        return Rehearsal(problem=words)
    try:
        procedure = ProcedureVersion.objects.in_force()
    except ProcedureVersion.DoesNotExist:
        return Rehearsal(problem=_("No procedure is in force, so nobody would be notified."))
    rehearsal = Rehearsal(procedure=str(procedure.title))
    occurred_at = timezone.make_aware(datetime.combine(context.occurred_on, timezone.localtime().time()))
    names_a_case = _names_a_case(form, answers)
    event = Event(
        kind=TIP_RECEIVED if is_public(form) else SUBMISSION_RECEIVED,
        form=form.key,
        answers=answers,
        occurred_at=timezone.localtime(occurred_at),
        received_at=timezone.localtime(),
        # a form about a case is rehearsed on an invented one, an adult's (docs/adr/0014)
        case_status=CaseStatus.POTENTIAL_VICTIM.value if names_a_case else None,
        case_child=False if names_a_case else None,
        case_consent=_as_ticked(answers) if names_a_case else None,
        # of the invented case nothing is known but what this form says
        known=get_known_for_rules(None, procedure.parsed, form, answers, occurred_at=occurred_at),
    )
    try:
        decision = decide(event, procedure.parsed, labels=labels)
    except DecisionFailed as failure:
        rehearsal.problem = _("The procedure can't decide on these answers; it stops at %(where)s.") % {
            "where": failure.where
        }
        return rehearsal
    rehearsal.rules = [
        (localize(entry["words"], language), localize(entry["because"], language)) for entry in decision.explanation
    ]
    titles = {rule.key: localize(rule.title, language) for rule in procedure.parsed.rules}
    _Telling(decision, form, answers, context, event.occurred_at, language, titles, rehearsal).run(names_a_case)
    return rehearsal


class _Telling:
    """Application of a decision as in `cases.actions`, on a case that stays in memory."""

    def __init__(
        self,
        decision: Decision,
        form: Form,
        answers: Answers,
        context: CheckContext,
        occurred_at: datetime,
        language: str,
        titles: Mapping[str, str],
        rehearsal: Rehearsal,
    ) -> None:
        self.decision = decision
        self.form = form
        self.answers = answers
        self.context = context
        self.occurred_at = occurred_at
        self.language = language
        self.titles = titles
        self.rehearsal = rehearsal
        named = _("where it happens") if is_public(form) else _("the case's municipality")
        self.municipality = Municipality(name=named)
        self.case: Case | None = None
        self.is_tip = is_public(form)

    def run(self, names_a_case: bool) -> None:
        for action in self.decision.actions:
            if action.do in ("open_case", "attach_case"):
                self._open(action, joins=names_a_case)
            elif action.do == "update_case":
                self._update(action)
            elif action.do in ("notify", "refer"):
                self._tell(action)
            if self.rehearsal.problem:
                return

    def _open(self, action: Action, *, joins: bool) -> None:
        if self.case is None:
            self.case = Case(reference=REFERENCE, status=CaseStatus.POTENTIAL_VICTIM)
        # an identification that names a case joins it instead of opening a second one (docs/adr/0052)
        if action.do == "open_case" and not joins:
            found = Municipality.objects.filter(slug=str(action.params["municipality"])).first()
            if found is None:
                self._stop(action, _("a case needs a municipality, and none has been given"))
                return
            self.municipality = found
        self._update(action)

    def _update(self, action: Action) -> None:
        if self.case is None:
            self._stop(action, _("no rule before it has opened a case"))
            return
        status = action.params.get("status", self.case.status)
        if not isinstance(status, str) or status not in CaseStatus.values:
            self._stop(action, _("it gives the case a status that there isn't"))
            return
        self.case.status = status
        self.case.child_track = bool(self.case.child_track or action.params.get("child_track", False))

    def _tell(self, action: Action) -> None:
        role, recipient = self._recipient(action)
        if self.case is None and not self.is_tip:
            self._stop(action, _("no rule before it has opened a case"))
        elif not role:
            self._stop(action, _("it notifies someone who doesn't exist, or no service has been chosen"))
        else:
            brief = self._brief(role, urgent=action.params.get("urgent", False))
            self.rehearsal.notices.append(
                RehearsedNotice(
                    recipient=recipient,
                    urgent=action.params.get("urgent", False),
                    answer_minutes=action.params.get("answer_minutes"),
                    with_document=action.params.get("document", False),
                    sections=[
                        (self._in(section["title"]), self._lines(section["rows"])) for section in brief["sections"]
                    ],
                )
            )

    def _recipient(self, action: Action) -> tuple[str, str]:
        """Return (role, its words); ("", "") for a service that doesn't exist."""
        role = action.params.get("role", Role.PROTECTION_SERVICE.value)
        if role not in Role.values:
            return "", ""
        if "partner" not in action.params:
            return role, str(Role(role).label)
        partner = Partner.objects.filter(slug=str(action.params["partner"]), role=role, is_active=True).first()
        return (role, f"{Role(role).label}: {partner.name}") if partner else ("", "")

    def _brief(self, role: str, *, urgent: bool) -> dict[str, Any]:
        """Compose the brief as `cases` and `tips` do; what the public sends has no case."""
        unit = _("the unit that reads it") if self.is_tip else _("the unit that sends it")
        content: dict[str, Any] = {
            "municipality": self.municipality,
            "unit": MobileUnit(name=unit, callback_phone=_("the unit's number")),
            "occurred_at": self.occurred_at,
            "form": self.form,
            "answers": self.answers,
            "sources": self.context.sources,
            "facts": self.decision.facts,
            "settings": self.decision.settings,
            "today": self.context.today.isoformat(),
        }
        if self.is_tip:
            return tip_brief(role, AnswerFacts(**content), reference=REFERENCE, from_session=True, urgent=urgent)
        assert self.case is not None
        return brief_for(role, BriefFacts(case=self.case, **content), urgent=urgent)

    def _lines(self, rows: list[dict[str, Any]]) -> list[Line]:
        return [(self._in(row["label"]), self._in(row["value"])) for row in rows]

    def _in(self, texts: dict[str, str]) -> str:
        return localize(texts, self.language)

    def _stop(self, action: Action, why: str) -> None:
        self.rehearsal.problem = _("The rule “%(rule)s” couldn't be carried out: %(why)s.") % {
            "rule": self.titles[action.rule],
            "why": why,
        }


def _as_ticked(answers: Answers) -> dict[str, list[str]]:
    """Return the consent that the test answers tick, as if the case held it, so that the brief can be read."""
    return {office: [str(answers.get("consent_basis"))] for office in OFFICES}


def _names_a_case(form: Form, answers: Answers) -> bool:
    asked = (item for item in form.outer_items if isinstance(item, Question) and item.type == "case_reference")
    return any(answers.get(question.key) for question in asked)
