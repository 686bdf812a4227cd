"""What phones send and get. docs/devices.md describes it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from case_forms.submissions.field_api.schemas import Problem, ProblemError, Receipt, ToConfirmOut, _text_only

KEY_ID = r"^[A-Za-z0-9_-]{1,24}$"
MAX_SEALED = 4_200_000  # characters of base64url: three megabytes, what they are longer by, and what surrounds them
MAX_DRAFT = 1_400_000

Uuid = Annotated[UUID, BeforeValidator(_text_only)]
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only)]


class Body(BaseModel):
    # hidden inputs: an error that reaches the log must not repeat what was sent
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SetUpIn(Body):
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
    replace: StrictBool = False


class RenewalIn(Body):
    device: Uuid


class ContactIn(Body):
    device: Uuid
    app: Annotated[str, Field(max_length=24, pattern=r"^[A-Za-z0-9._+-]*$")] = ""
    drafts: Annotated[StrictInt, Field(ge=0, le=9_999)] = 0
    queued: Annotated[StrictInt, Field(ge=0, le=9_999)] = 0
    now: Moment | None = None
    locked: StrictBool = False


class SealedIn(Body):
    uuid: Uuid
    device: Uuid
    key: Annotated[str, Field(pattern=KEY_ID)]
    sealed: Annotated[str, Field(max_length=MAX_SEALED)]
    made_at: Moment | None = None
    sent_at: Moment | None = None
    urgent: StrictBool = False


class SealedDraftIn(Body):
    id: Annotated[str, Field(max_length=64)]
    iv: Annotated[str, Field(max_length=24)]
    sealed: Annotated[str, Field(max_length=MAX_DRAFT)]


class RescueIn(Body):
    device: Uuid
    key: Annotated[str, Field(pattern=KEY_ID)]
    slot: Annotated[str, Field(max_length=400)]
    drafts: Annotated[list[SealedDraftIn], Field(max_length=100)]


class FieldKeyOut(Schema):
    """A key to which a phone seals: an uncompressed point of P-256, base64url without padding."""

    id: str
    public: str


class PersonOut(Schema):
    name: str


class UnitOut(Schema):
    slug: str
    name: str


class SetUpOut(Schema):
    """A phone that was set up or renewed. The tokens are in this answer and nowhere else."""

    device: UUID
    queue_token: str
    read_token: str
    share: str
    now: datetime
    ends_at: datetime
    contact_hours: int
    keys: list[FieldKeyOut]
    person: PersonOut
    units: list[UnitOut]


class FormVersionOut(Schema):
    key: str
    version: int
    sha256: str


class ContactOut(Schema):
    """`share`: another one each time. `ends_at`: when its owner has to sign in and renew it, at the latest."""

    now: datetime
    share: str
    keys: list[FieldKeyOut]
    contact_hours: int
    ends_at: datetime
    forms: list[FormVersionOut]
    app: str


class ReturnedProblem(Problem):
    """A form that couldn't be received as it came and is a draft now: at `url`, for whoever is signed in there.

    `reason`: a code. `gone`: the draft was discarded since.
    """

    draft: UUID
    url: str
    reason: str
    gone: bool = False
    errors: list[ProblemError] = []
    confirm: list[ToConfirmOut] = []


class StatusOut(Schema):
    """What became of a form: `server`, `told` (at least one notice has left) or `returned`."""

    state: str
    receipt: Receipt | None = None
    draft: UUID | None = None
    url: str = ""
    reason: str = ""
    gone: bool = False


class FileOut(Schema):
    id: UUID


class RescuedOut(Schema):
    saved: list[str]
    refused: list[str]


class PackOut(Schema):
    """What a phone takes along until `expires_at`; each part is described in docs/devices.md."""

    made_at: datetime
    expires_at: datetime
    units: list[UnitOut]
    forms: list[dict[str, Any]]
    numbers: list[dict[str, Any]]
    call_card: dict[str, str]
    day: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    session_plan: str
    cases: list[dict[str, Any]]
    offered: list[dict[str, str]] = []
    kits: list[dict[str, Any]]
    more: dict[str, int]
    alarm: dict[str, str] | None
