"""What a decision is carried out with, and what is known of it meanwhile."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from access.models import Municipality
from audit.chain import SYSTEM, get_actor
from case_forms.form_builder.sources import Lists
from case_forms.procedures.decide import Action, Decision
from case_forms.procedures.rule_actions.base import World
from notifications.outbox.models import Notice

from ..brief_content import BriefFacts
from ..consent.deciding import Asked, read_basis
from ..consent.rules import read_state
from ..correcting import Correction
from ..models import SUBMISSION_RECEIVED, Case, CaseEvent, Deadline
from .submission_facts import SubmissionFacts


class CannotApply(Exception):
    """A rule's action that can't be carried out.

    `rule` and `code` name it; neither holds an answer, so both may be logged.
    """

    def __init__(self, rule: str, code: str) -> None:
        super().__init__(f"{rule}: {code}")
        self.rule = rule
        self.code = code


@dataclass(frozen=True)
class Applied:
    """The result of a decision. A submission that opens and joins no case has neither case nor event."""

    case: Case | None
    event: CaseEvent | None
    notices: list[Notice]


class DecisionState(World):
    """What is known while a decision is carried out. The case event is created with the first action that needs it."""

    def __init__(
        self, decision: Decision, submission: SubmissionFacts, case: Case | None, event: CaseEvent | None
    ) -> None:
        self.decision = decision
        self.submission = submission
        self.named_case = case
        self.case: Case | None = case if event is not None else None
        self.event = event
        self.is_later = event is not None
        self.met: list[Deadline] = []
        self.beginning: list[Deadline] = []  # clocks that were started and aren't written yet
        self.notices: dict[UUID, Notice] = {}
        self.numbered: list[Notice] = []  # which get their protocol numbers at the end
        self.rules_by_notice: dict[str, str] = {}
        self.explanation: list[dict[str, Any]] = [dict(entry) for entry in decision.explanation]
        self.unresolved: list[str] = []
        self.sources = Lists(submission.by)
        self.content: BriefFacts | None = None
        self.place: Municipality | None = None
        self.correction: Correction | None = None
        self.not_shared: list[dict[str, str]] = []
        self.held_back: list[Action] = []  # what the gate for sharing let nothing come of
        self.is_nothing_referred = False
        # What follows later isn't done by whoever sent the form once.
        self.actor = get_actor(submission.moved_by or submission.by) if event is None else SYSTEM
        self.asked = self._read_basis()

    def _read_basis(self) -> Asked:
        submission = self.submission
        # What is repeated later rests on what was so when the form was received, not on the moment of the repetition.
        said_at = submission.said_at or submission.received_at
        if self.event is not None:
            received = CaseEvent.objects.filter(submission_id=submission.id, kind=SUBMISSION_RECEIVED).order_by("at")
            said_at = received.values_list("at", flat=True).first() or said_at
        claimed, emergency = read_basis(
            submission.form,
            submission.answers,
            said_at=said_at,
            language=submission.by.language,
        )
        by, state = None if self.is_later else submission.by, read_state(submission.answers)
        return Asked(claimed, emergency, submission.id, by, self.actor, state)

    def _here(self, action: Action) -> tuple[Case, CaseEvent]:
        """Return the case and event that an action works on.

        Raises CannotApply when no action before opened or joined a case.
        """
        if self.case is None or self.event is None:
            raise CannotApply(action.rule, "no_case")
        return self.case, self.event
