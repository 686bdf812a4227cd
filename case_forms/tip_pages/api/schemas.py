"""Schemas of tips and session requests in the public API: what may be sent, and what comes back."""

from datetime import date, datetime
from typing import Annotated, Any

from django.conf import settings
from ninja import Schema
from pydantic import Field

from case_forms.tips.codes import MAX_TYPED_LENGTH
from content.api.writing import Body

from ..form_state import MAX_TOKEN_LENGTH
from ..proof_of_work import MAX_TOKEN_LENGTH as MAX_PROOF_LENGTH
from ..receipt_session import MAX_TOKEN_LENGTH as MAX_VISIT_LENGTH

VOICE_MAX_LENGTH = 4 * (settings.VOICE_MAX_BYTES // 3 + 1)  # characters of base64

State = Annotated[str, Field(max_length=MAX_TOKEN_LENGTH, description="The `state` that came with the challenge.")]
Proof = Annotated[
    str,
    Field(
        max_length=MAX_PROOF_LENGTH,
        description="The solved challenge: base64 of altcha's JSON {algorithm, challenge, number, salt, signature}.",
    ),
]
Visit = Annotated[str, Field(max_length=MAX_VISIT_LENGTH, description="From opening a receipt; good for half an hour.")]
Language = Annotated[str, Field(max_length=8, description="A language of the site; else its first one is used.")]


class TipIn(Body):
    """A filled form, for the place that its `state` was made for."""

    region: Annotated[str | None, Field(max_length=50, description="The region's key, as the form was asked for.")] = (
        None
    )
    card: Annotated[str | None, Field(max_length=40, description="The card's code, as the form was asked for.")] = None
    state: State
    proof: Proof = ""
    language: Language = ""
    answers: Annotated[dict[str, Any], Field(description="As `schema` says. An unanswered question is absent.")]
    voice: Annotated[
        str,
        Field(
            max_length=VOICE_MAX_LENGTH,
            description=(
                "A voice message: base64 of a WAV file, PCM of 16 bits, one channel, 8000 to 48000 samples a second. At"
                f" most {settings.VOICE_MAX_SECONDS} seconds and {settings.VOICE_MAX_BYTES} bytes. Everything but the"
                " samples is dropped. Whoever changes the voice does it before sending."
            ),
        ),
    ] = ""


class SessionRequestIn(Body):
    """A filled form that asks for a session."""

    state: State
    proof: Proof = ""
    language: Language = ""
    answers: Annotated[dict[str, Any], Field(description="As `schema` says. An unanswered question is absent.")]


class CodeIn(Body):
    """The receipt words, as the person typed them."""

    state: State
    proof: Proof = ""
    language: Language = ""
    code: Annotated[str, Field(max_length=MAX_TYPED_LENGTH)]


class VisitIn(Body):
    """What is asked for after a receipt was opened."""

    visit: Visit
    language: Language = ""


class MessageIn(VisitIn):
    """Something to add."""

    text: Annotated[str, Field(max_length=40_000)]


class WorkOut(Schema):
    """A challenge (altcha): find the `number` up to `max` whose SHA-256 with `salt` is `challenge`."""

    algorithm: str
    challenge: str
    salt: str
    signature: str
    max: int


class ChallengeOut(Schema):
    """`state` goes back unchanged with what is sent. Without a proof, `wait_seconds` must pass before that."""

    state: str
    work: WorkOut
    wait_seconds: float


class PublicFormOut(ChallengeOut):
    """A form that the public fills.

    `sections` are as in the form's definition, with conditions in JsonLogic; `lists` are what questions choose from
    that don't stand in them. `schema`: JSON Schema of `answers`. `is_flooded`: so much comes from there now that it
    takes longer.
    """

    form: str
    version: int
    title: dict[str, str]
    intro: dict[str, str]
    sections: list[dict[str, Any]]
    lists: dict[str, list[dict[str, Any]]]
    answers_schema: Annotated[dict[str, Any], Field(serialization_alias="schema")]
    is_flooded: bool


class FormOut(PublicFormOut):
    """The form for tips, for one place. `recipient`: the unit that reads it.

    `is_flooded`: so much comes from there now that the unit looks at each before others are notified.
    """

    recipient: str


class SessionRequestFormOut(PublicFormOut):
    """The form that asks for a session."""


class SessionRequestOut(Schema):
    """What the sender keeps. `code`: the receipt words, shown for a quarter of an hour; "" after that.

    `answered_by`: the unit that answers, or the centre.
    """

    code: str
    answered_by: str


class FollowingOut(Schema):
    """How far a request for a session is. `visit` opens it again for half an hour after the code was typed.

    `state`: received, planned, held, cannot or withdrawn. `day`: of the session, or the day that is offered. `answer`:
    the unit's, in the language that was asked for; `text`: its own words, in `text_language`. `may_withdraw`: there is
    something to withdraw. What was asked isn't here: whoever finds a device shall not read it.
    """

    visit: str
    answered_by: str
    state: str
    day: date | None
    answer: str
    text: str
    text_language: str
    may_withdraw: bool


class RecipientsOut(Schema):
    """Who was notified, in words. `instead`: who in place of somebody who couldn't be found.

    `held_back`: too much came at once, and the unit looks at it before others are notified.
    """

    reached: list[str]
    unreached: list[str]
    instead: list[str]
    held_back: bool


class ReceiptOut(Schema):
    """What the sender keeps. `code`: the receipt words, shown for a quarter of an hour; "" after that.

    `is_in_danger`: the numbers to call must be shown first (`/api/v2/hotlines/`).
    """

    code: str
    is_in_danger: bool
    recipients: RecipientsOut


class MessageOut(Schema):
    """One message of the conversation. `sender`: person or unit."""

    sender: str
    text: str
    at: datetime


class ConversationOut(Schema):
    """What stands under a receipt. `visit` opens it again for half an hour after the code was typed.

    What the person wrote first isn't here: whoever finds a device shall not read it.
    """

    visit: str
    may_add: bool
    messages: list[MessageOut]
    recipients: RecipientsOut


class EndedOut(Schema):
    """The code opens nothing any more. `is_taken_back`: what was written is gone, too."""

    is_taken_back: bool
