"""The informative session that a story begins with: its fields, read from what was posted and built for the template.

Offered where the story's form is the report of a session, and wherever a story has one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from case_forms.form_builder.definition import Form
from case_forms.simulation.story import SessionHeld
from outreach_pages.records.labels import Audience, PlaceType

from .rows import Choices


@dataclass(frozen=True)
class SessionView:
    """The fields of the session. `is_held`: whether the story begins with one; numbers as they were typed.

    `errors`: what is wrong, by field.
    """

    is_held: bool
    audience: str
    place_type: str
    participants: str
    reported_after: str
    audiences: Choices
    place_types: Choices
    errors: Mapping[str, str]


def read_session(post: Mapping[str, str]) -> dict[str, Any] | None:
    """Read the session's fields as the story's JSON; None where the story begins with none."""
    if not post.get("_session"):
        return None
    typed = {name: str(post.get(f"_session_{name}") or "").strip() for name in SessionHeld.model_fields}
    numbers = {name: as_number(typed[name]) for name in ("participants", "reported_after") if typed[name]}
    texts = {name: typed[name][:40] for name in ("audience", "place_type") if typed[name]}
    return {**texts, **numbers}


def build_session(
    session: Mapping[str, Any] | None, form: Form | None, errors: Mapping[str, str]
) -> SessionView | None:
    """Build the fields; None where no session is asked about: the form reports none, and the story has none.

    `errors`: those of the story, by field ("session/participants").
    """
    if session is None and not (form and reports_session(form)):
        return None
    plain = SessionHeld().model_dump()
    given = {**plain, **(session or {})}
    after = given["reported_after"]
    return SessionView(
        is_held=session is not None,
        audience=str(given["audience"]),
        place_type=str(given["place_type"]),
        participants=str(given["participants"]),
        reported_after="" if after is None else str(after),
        audiences=list(Audience.choices),
        place_types=list(PlaceType.choices),
        errors={path.removeprefix("session/"): words for path, words in errors.items()},
    )


def reports_session(form: Form) -> bool:
    """Tell whether the form asks which session it is about."""
    return any(located.question.type == "session" for located in form.questions_by_key.values())


def as_number(typed: str) -> Any:
    """Return a whole number; what is none stays as it was typed, and is refused in words."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 9 else typed
