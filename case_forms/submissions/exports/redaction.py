"""Redaction of exports: which answers a person gets in clear when answers leave the service as a table.

Reading one submission on the screen is one thing, taking hundreds away in a file another: a file shows less. Whose
submissions are in it is `Submission.objects.visible_to(user)`.

A file without names, the usual one, has no column for what says who somebody is, for what was typed, or for a question
that doesn't say how sensitive its answer is (`is_countable`). A file with names has every column, is asked for with a
reason, and takes two people when it is more than a few submissions (`requests`). What of each is in clear:

| who | of which submissions | without names | with names, beside that |
|---|---|---|---|
| coordinator | the regions they coordinate | all that is counted | public, internal, personal; what is shared |
| worker | the units they work in | public, internal | public, internal |

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
from case_forms.cases.finding.identity import load_identity_questions
from case_forms.form_builder.definition import Question
from case_forms.form_builder.definition.limits import SENSITIVITIES
from case_forms.form_builder.models import CaseFactType
from case_forms.questions import registry
from notifications.directory.models import Role

from ..models import Submission

ROAD = "answers_export"
WORKER_SEES = frozenset({"public", "internal"})
COORDINATOR_SEES = WORKER_SEES | {"personal"}
COORDINATOR_COUNTS = COORDINATOR_SEES | {"special"}


@dataclass(frozen=True)
class Identities:
    """What says who somebody is: facts that the catalogue calls a part of an identity, and keys of older forms."""

    facts: frozenset[str]
    keys: frozenset[str]

    @classmethod
    def load(cls) -> "Identities":
        """Read the marks: one query."""
        declared = load_identity_questions()
        parts = [parts for of in declared.values() for parts in of.values()]
        keys = {key for each in parts for found in each.values() for key in found}
        facts = CaseFactType.objects.exclude(identity_part="").order_by().values_list("key", flat=True)
        return cls(frozenset(facts), frozenset(keys))

    def is_countable(self, question: Question, part: str) -> bool:
        """Return whether this part of an answer may be in a file without names."""
        if question.sensitivity not in SENSITIVITIES or question.key in self.keys:
            return False
        if self.facts & {question.writes_fact, question.filled_from_fact}:
            return False
        return registry.get(question.type).is_countable(question, part)


@dataclass(frozen=True)
class Clearance:
    """Sensitivities shown in clear: of what is `counted`, and of everything else.

    `by_sharing`: also what the form shares with the coordinator.
    """

    sensitivities: frozenset[str]
    counted: frozenset[str] = frozenset()
    by_sharing: bool = False

    def shows(self, question: Question, scope: Mapping[str, Any]) -> bool:
        """Return whether this question's answer is shown in clear. `scope`: what conditions of sharing may read."""
        if question.sensitivity in self.sensitivities:
            return True
        return self.by_sharing and Role.COORDINATOR.value in shared(question, scope)


NOTHING = Clearance(frozenset())


@dataclass
class Reader:
    """A person who exports answers; their units and regions, and what says who somebody is, are read once."""

    user: User

    @cached_property
    def identities(self) -> Identities:
        return Identities.load()

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
            return Clearance(COORDINATOR_SEES, COORDINATOR_COUNTS, by_sharing=True)
        return Clearance(WORKER_SEES, WORKER_SEES) if submission.unit_id in self.units else NOTHING
