"""A story: what is sent, where and when, and what people do. JSON in and out, checked on the way in.

A story that doesn't parse raises pydantic's ValidationError; `read_story` turns it into problems in words.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from case_forms.form_builder.definition.problems import Problem
from notifications.directory.models import Role
from notifications.directory.services.actions import MAX_PLACES
from outreach_pages.records.labels import Audience, PlaceType

ALBANIA = ZoneInfo("Europe/Tirane")
MAX_ACTS = 60
MAX_MINUTES = 366 * 24 * 60
MAX_MONTHS = 12

Minutes = Annotated[int, Field(ge=0, le=MAX_MINUTES)]


def _is_role(value: str) -> str:
    if value not in Role.values:
        raise PydanticCustomError("unknown_role", "no such role")
    return value


RoleName = Annotated[str, AfterValidator(_is_role)]
# Which notice of a role somebody acts on: that of whoever was notified first, of the deputy, of who is asked to call.
Whose = Literal["any", "first", "deputy", "call"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Opens(_Part):
    """A recipient opens the link with their PIN and reads; nothing else yet."""

    do: Literal["opens"] = "opens"
    at: Minutes
    role: RoleName
    whose: Whose = "any"


class Accepts(_Part):
    """A recipient accepts, or is on the way."""

    do: Literal["accepts", "on_the_way"] = "accepts"
    at: Minutes
    role: RoleName
    whose: Whose = "any"


class Declines(_Part):
    """A recipient declines. `reason`: a code of the list on their page; the first one unless given."""

    do: Literal["declines"] = "declines"
    at: Minutes
    role: RoleName
    whose: Whose = "any"
    reason: str = ""


class WrongArea(_Part):
    """A recipient says that it belongs to another municipality (its key)."""

    do: Literal["wrong_area"] = "wrong_area"
    at: Minutes
    role: RoleName
    whose: Whose = "any"
    municipality: str


class Outcome(_Part):
    """A recipient reports what came of it. `reason`: a code of the list on their page; the first one unless given."""

    do: Literal["outcome"] = "outcome"
    at: Minutes
    role: RoleName
    whose: Whose = "any"
    reason: str = ""


class MailAway(_Part):
    """The mail server isn't reached from then; until then, or until the end."""

    do: Literal["mail_away"] = "mail_away"
    at: Minutes = 0
    until: Minutes | None = None


class OnLeave(_Part):
    """Somebody of the offices of a role for the place is on leave: by rank on the roster, 0 for all of them."""

    do: Literal["on_leave"] = "on_leave"
    at: Minutes = 0
    until: Minutes | None = None
    role: RoleName
    rank: Annotated[int, Field(ge=0, le=9)] = 1


class NoShift(_Part):
    """Nobody of a role is on the roster anywhere from then on."""

    do: Literal["no_shift"] = "no_shift"
    at: Minutes = 0
    role: RoleName


class NoOffice(_Part):
    """No office of a role answers for the place (or, `everywhere`, for any) from then on."""

    do: Literal["no_office"] = "no_office"
    at: Minutes = 0
    role: RoleName
    everywhere: bool = False


class AgreementOver(_Part):
    """From then on offices of a role need an agreement to be notified by routine, and none is in force."""

    do: Literal["agreement_over"] = "agreement_over"
    at: Minutes = 0
    role: RoleName


class FurtherForm(_Part):
    """The unit sends a further form about the case (about a tip: what its sender adds, `answers` {"text": ...})."""

    do: Literal["form"] = "form"
    at: Minutes
    form: str
    answers: dict[str, JsonValue] = {}
    fill: bool = True


class Corrects(_Part):
    """The unit corrects the form with which the story began: these answers take the place of those before."""

    do: Literal["corrects"] = "corrects"
    at: Minutes
    answers: dict[str, JsonValue] = {}


class ReferralStep(_Part):
    """The unit notes a step of the newest referral, by phone where only the service can know it.

    `after`: of "agreed", in how many minutes the person is to arrive. `reason`: a code; the first one unless given.
    """

    do: Literal["referral_step"] = "referral_step"
    at: Minutes
    step: Literal["accepted", "declined", "no_answer", "agreed", "arrived", "finished"]
    after: Minutes = 24 * 60
    reason: str = ""


class ServiceStep(_Part):
    """The service of the newest referral takes a step at its own link, behind its PIN.

    `after` and `reason` as of a step that the unit notes.
    """

    do: Literal["service_step"] = "service_step"
    at: Minutes
    step: Literal["accepted", "declined", "agreed", "arrived", "finished"]
    after: Minutes = 24 * 60
    reason: str = ""


class ServicePlaces(_Part):
    """The service of the newest referral says at its own link how many places are free."""

    do: Literal["service_places"] = "service_places"
    at: Minutes
    free: Annotated[int, Field(ge=0, le=MAX_PLACES)] = 0


class RefersAgain(_Part):
    """The unit refers the person to another service, the first of those that can be asked."""

    do: Literal["refers_again"] = "refers_again"
    at: Minutes


class Asks(_Part):
    """A recipient asks the unit something at the notice."""

    do: Literal["asks"] = "asks"
    at: Minutes
    role: RoleName
    whose: Whose = "any"


class UnitAnswers(_Part):
    """The unit answers what was asked last, and what was asked before it."""

    do: Literal["unit_answers"] = "unit_answers"
    at: Minutes


class DoesTask(_Part):
    """The unit says on the case's page that a task is done."""

    do: Literal["does_task"] = "does_task"
    at: Minutes
    deadline: str


class Closes(_Part):
    """The unit asks to close the case, and a coordinator agrees where two are needed. `reason`: a code."""

    do: Literal["closes"] = "closes"
    at: Minutes
    reason: str = "finished"


class Reopens(_Part):
    """The unit opens the closed case again, with what was still to be done. `reason`: a code."""

    do: Literal["reopens"] = "reopens"
    at: Minutes
    reason: str = "contact_again"


# What the unit, a service or a recipient does about the case itself.
CaseAct = ReferralStep | ServiceStep | ServicePlaces | RefersAgain | Asks | UnitAnswers | DoesTask | Closes | Reopens

Act = Annotated[
    Opens
    | Accepts
    | Declines
    | WrongArea
    | Outcome
    | MailAway
    | OnLeave
    | NoShift
    | NoOffice
    | AgreementOver
    | FurtherForm
    | Corrects
    | CaseAct,
    Field(discriminator="do"),
]


class SessionHeld(_Part):
    """An informative session that a story begins with, as a unit records it when it has been held.

    `reported_after`: when its report, which is the story's form, comes in; None: it never does.
    """

    audience: Annotated[str, Field(max_length=20)] = Audience.HIGH_SCHOOL.value
    place_type: Annotated[str, Field(max_length=20)] = PlaceType.HIGH_SCHOOL.value
    participants: Annotated[int, Field(ge=0, le=2000)] = 20
    reported_after: Minutes | None = None

    @field_validator("audience")
    @classmethod
    def _is_audience(cls, value: str) -> str:
        return _is_one_of(value, Audience.values)

    @field_validator("place_type")
    @classmethod
    def _is_place_type(cls, value: str) -> str:
        return _is_one_of(value, PlaceType.values)


def _is_one_of(value: str, choices: list[str]) -> str:
    if value not in choices:
        raise PydanticCustomError("unknown_choice", "no such choice")
    return value


class Story(_Part):
    """What is to be simulated.

    `answers`: those given; with `fill` what the form requires besides is filled in with the plainest allowed answer.
    `at`: when it is sent (ISO, local time in Albania when it has no offset). `municipality`: its key; every question
    for a municipality that isn't answered gets it. `unit`: the sending unit's key, else that of the region.
    `directory`: "real", the offices, people and roster of now, or "invented", every office there could be with two
    people on duty.
    `session`: where it begins with a session that was held; the form is then its report's.
    `alarm`: where it begins with the SMS of a phone without data, and no form is sent.
    `minutes_before`: how long before it is sent it happened. `months`: how far the simulation looks.
    """

    alarm: Literal["", "normal", "urgent"] = ""
    form: str = Field(default="", validate_default=True)
    answers: dict[str, JsonValue] = Field(default={}, repr=False)
    fill: bool = True
    municipality: str
    unit: str = ""
    at: datetime
    minutes_before: Annotated[int, Field(ge=0, le=60 * 24 * 30)] = 0
    directory: Literal["real", "invented"] = "real"
    session: SessionHeld | None = None
    acts: Annotated[tuple[Act, ...], Field(max_length=MAX_ACTS)] = ()
    months: Annotated[int, Field(ge=1, le=MAX_MONTHS)] = MAX_MONTHS

    @field_validator("form")
    @classmethod
    def _is_sent(cls, form: str, info: ValidationInfo) -> str:
        if not form and not info.data.get("alarm"):
            raise PydanticCustomError("missing", "no form")
        return form

    @field_validator("at")
    @classmethod
    def _with_zone(cls, at: datetime) -> datetime:
        at = at.replace(tzinfo=ALBANIA) if at.tzinfo is None else at
        if not 2013 <= at.year <= 2100:
            raise ValueError("out of range")
        return at.astimezone(ALBANIA)

    @property
    def begins_at(self) -> datetime:
        """The beginning in UTC: in local time an hour is not always an hour."""
        return self.at.astimezone(UTC)

    def to_json(self) -> dict[str, Any]:
        """Return the story as JSON, without what has its default."""
        return self.model_dump(mode="json", exclude_defaults=True) | {
            "acts": [act.model_dump(mode="json", exclude_defaults=True) | {"do": act.do} for act in self.acts]
        }


class StoryRefused(Exception):
    """A story that can't be read. `problems` says what, each with a JSON pointer."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path} {problem.code}" for problem in problems[:20]))
        self.problems = problems


WORDS = {
    "missing": _("Fill this in."),
    "extra_forbidden": _("A story has no such part."),
    "union_tag_invalid": _("People can't do this in a story."),
    "union_tag_not_found": _("Say what is done."),
    "unknown_role": _("Procedures know no such role."),
    "literal_error": _("Choose one of the values that there are."),
    "unknown_choice": _("Choose one of the values that there are."),
    "too_long": _("A story has at most 60 acts."),
    "int_parsing": _("Write a whole number."),
    "greater_than_equal": _("This number is too small."),
    "less_than_equal": _("This number is too large."),
    "datetime_from_date_parsing": _("Give the day and the time."),
}


def read_story(came: Any) -> Story:
    """Read a story from JSON. Raises StoryRefused with every problem; none quotes an answer."""
    try:
        return Story.model_validate(came)
    except ValidationError as error:
        raise StoryRefused(
            [_as_problem(each) for each in error.errors(include_input=False, include_url=False)]
        ) from None


def _as_problem(error: Mapping[str, Any]) -> Problem:
    path = "".join(f"/{part}" for part in error["loc"])
    return Problem(path, error["type"], str(WORDS.get(error["type"], _("This can't be read."))))
