"""Redaction of exports: which answers a person gets in clear when answers leave the service as a table.

Reading one submission on the screen is one thing, taking hundreds away in a file another: a file shows less. Whose
submissions are in it is `Submission.objects.visible_to(user)`; what of each is in clear stands in this table:

| who | of which submissions | in clear |
|---|---|---|
| coordinator | the regions they coordinate | public, internal, personal; what the form shares with the coordinator |
| worker | the units they work in | public, internal |

Everything else stands as "not shown", whether it was answered or not; so does every answer of a case whose person asked
that their data aren't used (`cases.consent.gate.may_leave`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from access.models import User
from case_forms.cases.brief_content import shared
from case_forms.cases.consent.gate import may_leave
from case_forms.form_builder.definition import Question
from notifications.directory.models import Role

from ..models import Submission

ROAD = "answers_export"
WORKER_SEES = frozenset({"public", "internal"})
COORDINATOR_SEES = WORKER_SEES | {"personal"}


@dataclass(frozen=True)
class Clearance:
    """Sensitivities shown in clear; `by_sharing`: also what the form shares with the coordinator."""

    sensitivities: frozenset[str]
    by_sharing: bool = False

    def shows(self, question: Question, scope: Mapping[str, Any]) -> bool:
        """Return whether this question's answer is shown in clear. `scope`: what conditions of sharing may read."""
        if question.sensitivity in self.sensitivities:
            return True
        return self.by_sharing and Role.COORDINATOR.value in shared(question, scope)


NOTHING = Clearance(frozenset())


@dataclass
class Reader:
    """A person who exports answers; their units and regions are read once."""

    user: User

    @cached_property
    def regions(self) -> frozenset[int]:
        return frozenset(self.user.coordinated_regions().values_list("pk", flat=True))

    @cached_property
    def units(self) -> frozenset[int]:
        return frozenset(self.user.units().values_list("pk", flat=True))

    def clearance_for(self, submission: Submission) -> Clearance:
        """Return the clearance for a submission: the wider one where somebody both coordinates and works.

        Nothing of it while the gate doesn't let the case's answers go: the person asked that they aren't used.
        """
        if not may_leave(submission.case, ROAD).is_allowed:
            return NOTHING
        if submission.unit.region_id in self.regions:
            return Clearance(COORDINATOR_SEES, by_sharing=True)
        return Clearance(WORKER_SEES) if submission.unit_id in self.units else NOTHING
