"""The actions of a decision that are about duties: deadlines, tasks, flags."""

from typing import Any

import structlog
from django.db.models import QuerySet

from audit.chain import log_event
from case_forms.procedures.decide import Action
from notifications.outbox.models import Notice

from ..deadlines import build_deadline, meet_deadlines, restart_deadlines, start_together
from ..documents.actions import order_document
from ..documents.content import CannotMake
from ..models import (
    Case,
    CaseEvent,
    Deadline,
)
from ..tasks import read_order, start_task
from .state import DecisionState

log = structlog.get_logger(__name__)


class DutiesOfDecision(DecisionState):
    """Begins and meets deadlines and tasks, sets and clears flags."""

    def start_deadline(self, action: Action) -> None:
        """Start a deadline; one that runs once in a case (a right that was offered) is not started a second time.

        With `restart` none is started that isn't running: what was met, or is no longer awaited, stays so.
        """
        case, event = self._here(action)
        key = action.params["key"]
        if action.params.get("restart"):
            self._begin_clocks()
            restart_deadlines(
                case=case,
                event=event,
                procedure=self.submission.procedure_version.parsed,
                key=key,
                at=self.submission.received_at,
            )
            return
        if self.correction is not None and self.correction.has_started(key):
            return
        if action.params.get("once") and self._has_begun(case, key):
            return
        self._clock(case, event, key, None)

    def meet_deadline(self, action: Action) -> None:
        """Stop every running clock of this key in the case, whichever event started it."""
        case, _event = self._here(action)
        if self.is_nothing_referred:
            self.held_back.append(action)
            return
        self._meet(Deadline.objects.filter(case=case, key=action.params["key"]))

    def _meet(self, deadlines: "QuerySet[Deadline]") -> None:
        self._begin_clocks()
        at = self.submission.received_at
        self.met += meet_deadlines(deadlines, at, actor=self.actor, is_later=self.is_later)

    # ---- tasks and flags ----

    def create_task(self, action: Action) -> None:
        self._start_task(action)

    def ask_for_form(self, action: Action) -> None:
        self._start_task(action)

    def require_second_worker(self, action: Action) -> None:
        self._start_task(action)

    def _start_task(self, action: Action) -> None:
        case, event = self._here(action)
        order = read_order(action, self.submission.by)
        assert order is not None
        if self.correction is not None and self.correction.has_started(order.key):
            return
        procedure = self.submission.procedure_version.parsed
        start_task(case=case, event=event, procedure=procedure, order=order, at=self.submission.received_at)

    def set_flag(self, action: Action) -> None:
        case, _event = self._here(action)
        flag = action.params["flag"]
        label = dict(self.submission.procedure_version.parsed.flags[flag].label)
        self._change_flags(case, action, {**case.flags, flag: label}, set=flag)

    def clear_flag(self, action: Action) -> None:
        case, _event = self._here(action)
        flag = action.params["flag"]
        self._change_flags(case, action, {key: case.flags[key] for key in case.flags if key != flag}, cleared=flag)

    def produce_document(self, action: Action) -> None:
        """Ask for a document: the queue makes it after the commit, and nothing here waits for it."""
        case, event = self._here(action)
        try:
            order_document(
                case=case,
                kind=action.params["document"],
                language=self.submission.by.language,
                event=event,
                at=self.submission.received_at,
            )
        except CannotMake as problem:
            log.error("document_not_ordered", case=str(case.pk), rule=action.rule, code=problem.code)

    def _change_flags(self, case: Case, action: Action, flags: dict[str, Any], **detail: Any) -> None:
        if flags.keys() == case.flags.keys():
            return
        case.flags = flags
        case.save(update_fields=["flags"])
        log_event("case.flagged", actor=self.actor, target_kind="case", target_id=case.pk, rule=action.rule, **detail)

    def _clock(self, case: Case, event: CaseEvent, key: str, notice: Notice | None) -> None:
        """Start the clock of a duty when its submission came in; its row is written with those of the others."""
        procedure = self.submission.procedure_version.parsed
        at = self.submission.received_at
        self.beginning.append(
            build_deadline(case=case, event=event, procedure=procedure, key=key, at=at, notice=notice)
        )

    def _begin_clocks(self) -> None:
        """Write the rows of the clocks that this decision has started: before anything reads them, and at its end."""
        if self.beginning:
            started, self.beginning = self.beginning, []
            start_together(started)

    def _has_begun(self, case: Case, key: str) -> bool:
        """Tell whether a deadline of this key was ever started in the case, by this decision or before."""
        return any(each.key == key for each in self.beginning) or Deadline.objects.filter(case=case, key=key).exists()
