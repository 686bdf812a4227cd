"""What carrying out a decision needs to know of the submission that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from access.models import MobileUnit, User
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.models import ProcedureVersion


@dataclass(frozen=True)
class SubmissionFacts:
    """The facts of a submission that carrying out needs; the cases room doesn't import the room above it."""

    id: UUID
    form: Form = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    unit: MobileUnit
    by: User
    occurred_at: datetime
    received_at: datetime
    procedure_version: ProcedureVersion
    today: str  # ISO date of the decision
    is_drill: bool = False
    corrects: tuple[UUID, ...] = ()  # the submissions that are its earlier versions
    form_version: FormVersion | None = field(default=None, repr=False)
    # by question, when an answer had been said that was taken over from what is known and that nobody confirmed
    carried_over: Mapping[str, datetime] = field(default_factory=dict)
    # of a form that is moved here from another case: when it had come in there, and who moves it
    said_at: datetime | None = None
    moved_by: User | None = None
