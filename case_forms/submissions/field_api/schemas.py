"""Schemas of the field API: what may be sent, and what comes back. docs/api.md describes them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from ..confirmations import CONFIRMATION_KEY, MOST_CONFIRMED

KEY = r"^[a-z][a-z0-9_]{0,63}$"
SLUG = r"^[a-z0-9][a-z0-9-]{0,79}$"


def _text_only(value: Any) -> Any:
    """Refuse all but text for UUIDs and times; pydantic would take a number for a timestamp."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _text_or_nothing(value: Any) -> Any:
    return value if value is None else _text_only(value)


class SubmissionIn(BaseModel):
    """A filled form. `uuid` is chosen by the client, once for each filled form, and makes sending safe to repeat.

    A correction is another filled form, with a `uuid` of its own.
    """

    # hidden inputs: an error that reaches the log must not repeat what was sent
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    uuid: Annotated[UUID, BeforeValidator(_text_only), Field(description="Chosen by the client; RFC 9562.")]
    form: Annotated[str, Field(pattern=KEY, description="The form's key.")]
    version: Annotated[StrictInt, Field(ge=1, le=2_147_483_647, description="The version that was filled.")]
    occurred_at: Annotated[
        AwareDatetime, BeforeValidator(_text_only), Field(description="When it happened, with offset from UTC.")
    ]
    answers: Annotated[
        dict[str, Any],
        Field(
            description="The answers, as /forms/{key}/versions/{number}/schema says. An unanswered question is absent."
        ),
    ]
    unit: Annotated[
        str | None,
        Field(pattern=SLUG, description="The unit's key; needed only by a person who works in several."),
    ] = None
    confirmed: Annotated[
        list[Annotated[str, Field(pattern=CONFIRMATION_KEY)]],
        Field(max_length=MOST_CONFIRMED, description="Keys of `confirm` that the sender says are so."),
    ] = []
    corrects: Annotated[
        UUID | None,
        BeforeValidator(_text_or_nothing),
        Field(description="Of a correction: the submission that this takes the place of; the newest version of it."),
    ] = None
    correction_reason: Annotated[
        str | None,
        Field(max_length=500, description="Of a correction, and needed there: what was wrong. Stored sealed."),
    ] = None


class NoticeReceipt(Schema):
    id: UUID
    code: str
    role: str
    state: str
    recipient: str | None


class NotSharedOut(Schema):
    """Somebody who was not notified, because no consent or other basis covers it. `code`: why (docs/api.md).

    `recipient`: the office, "" where the role alone is known.
    """

    role: str
    recipient: str
    code: str


class Receipt(Schema):
    """The receipt of a submission, as of the moment it was received.

    `unmatched`: the procedure has rules about this form, and none matches these answers; nobody was notified, and a
    person must look at it. `not_shared`: only where there is something.
    """

    submission: UUID
    case: str | None
    unmatched: bool = False
    notices: list[NoticeReceipt]
    not_shared: list[NotSharedOut] = Field(default=[], exclude_if=lambda found: not found)


class AttachmentOut(Schema):
    """A stored file: its id, the media type of the clean copy, and its size in bytes."""

    id: UUID
    media_type: str
    size: int


class ProblemError(Schema):
    """One error of a problem. `path` is a JSON pointer into the body."""

    path: str
    code: str
    message: str


class Problem(Schema):
    """Problem details (RFC 9457). They never repeat what was sent."""

    type: str
    title: str
    status: int


class ToConfirmOut(Schema):
    """What may be a slip: correct it, or send again with `key` in `confirmed`. `path` is "" for the form as a whole."""

    key: str
    path: str
    message: str


class ConflictProblem(Problem):
    """A submission that stands in the way: its UUID is taken, or what it corrects was corrected before.

    `newest`, in a problem of type `urn:vatra:problem:corrected-since`: the version to correct instead.
    """

    newest: UUID | None = None


class RefusedProblem(Problem):
    """A refused submission: `errors` or `confirm`; one of them is empty.

    `errors` is for invalid answers; `confirm`, in a problem of type `urn:vatra:problem:confirm`, for those that may be
    a slip.
    """

    errors: list[ProblemError] = []
    confirm: list[ToConfirmOut] = []


class FormOut(Schema):
    key: str
    version: int
    sha256: str
    title: dict[str, str]


class DefinitionOut(Schema):
    """A form version. `sha256` is over the canonical JSON of `definition`: keys sorted, no spaces, UTF-8."""

    key: str
    version: int
    sha256: str
    published_at: datetime
    definition: dict[str, Any]


class AnswerOut(Schema):
    kind: str
    reason: str
    at: datetime


class ToCallOut(Schema):
    """A person to phone; `office` is empty for a national line."""

    name: str
    office: str
    phone: str
    on_duty: bool


class NoticeOut(Schema):
    """A notice of a case. Times are null until they happen.

    `next_step` says what happens automatically at `next_step_at`. `is_unresolved`: there is nobody to notify; then
    `to_call` says whom to phone.
    """

    id: UUID
    code: str
    role: str
    purpose: str
    chases: UUID | None
    recipient: str | None
    state: str
    reason: str
    owed_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    accepted_at: datetime | None
    declined_at: datetime | None
    escalated_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    answer_by: datetime | None
    answers: list[AnswerOut]
    mark: str
    next_step: str | None
    next_step_at: datetime | None
    is_unresolved: bool
    is_outside_area: bool
    to_call: list[ToCallOut]
    loud: bool
    repeats: int
    wrong_pins: int
    locked_until: datetime | None


class DeadlineOut(Schema):
    key: str
    label: str
    starts_at: datetime
    amber_at: datetime | None
    red_at: datetime | None
    breach_at: datetime | None
    met_at: datetime | None
    notice: UUID | None
    mark: str


class ReferralOut(Schema):
    id: UUID
    partner: str
    services: list[str]
    state: str
    made_at: datetime
    answered_at: datetime | None


class ProcedureOut(Schema):
    key: str
    version: int


class CaseOut(Schema):
    """A case as its unit follows it: codes and times; nothing of what was answered about the person.

    `restricted_at`: since when the person asks that their data aren't used; null otherwise. `not_shared`: who was held
    back and is not notified yet; its code `given`: consent was recorded since, and the request has to be sent again.
    """

    reference: str
    status: str
    formal_identification: str
    child_track: bool
    is_drill: bool
    municipality: str
    unit: str
    procedure: ProcedureOut
    opened_at: datetime
    closed_at: datetime | None
    restricted_at: datetime | None
    notices: list[NoticeOut]
    deadlines: list[DeadlineOut]
    referrals: list[ReferralOut]
    not_shared: list[NotSharedOut]


# what any operation may answer: not signed in; not permitted; not found; method not allowed
COMMON: dict[Any, Any] = {401: Problem, 403: Problem, 404: Problem, 405: Problem}
