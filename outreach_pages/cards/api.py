"""Cards of sessions for other front ends: what a card says, its quiz and opinion questions, and the answers to them."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from content.api.writing import COMMON, SENT, Body, FieldProblem, Refused, describe_body, get_language, read_body

from ..feedback.counting import get_open_phases, record_feedback
from ..feedback.models import Phase
from ..feedback.questions import get_questions
from ..pages.labels import Question
from ..records.models import InformativeSession
from .codes import find_open_card, format_code

PHASES = {"before": Phase.BEFORE, "after": Phase.AFTER}
When = Literal["before", "after"]
Language = Annotated[str, Field(max_length=8)]

router = Router(tags=["cards"])


class PlaceOut(Schema):
    key: str
    name: str


class CardOut(Schema):
    """A card: of which session, and which unit answers to it. `feedback`: the phases that are open now.

    The address of the form for this card is `/api/v2/tips/form?card=`. `place` is "" where the unit doesn't show it.
    """

    code: str
    unit: str
    region: PlaceOut
    municipality: PlaceOut
    date: str
    place: str
    feedback: list[When]


class AnswerOut(Schema):
    key: str
    text: dict[str, str]


class QuestionOut(Schema):
    """A question of the quiz or of opinion; none must be answered.

    `key`: of these very words: what editors change has another one. `text`: in the language that was asked for, and in
    others where the question isn't of a kit.
    """

    key: str
    text: dict[str, str]
    answers: list[AnswerOut]


class ExplainedOut(Schema):
    """The right answer to a question, and why."""

    key: str
    right: str
    why: dict[str, str]


class FeedbackIn(Body):
    """The chosen answers: {question: answer}. At least one. `language`: the one in which the questions were asked."""

    answers: Annotated[dict[str, str], Field(max_length=100)]
    language: Annotated[str, Field(max_length=8)] = ""


class CountedOut(Schema):
    """It was counted. After the session `explained` holds the right answers; before it nothing gives them away."""

    explained: list[ExplainedOut]


@router.get("/cards/{code}", url_name="card", response={200: CardOut, **COMMON})
def card(request: HttpRequest, code: str) -> Any:
    """Return what a card says. 404 for one that is unknown, ended or of a cancelled session alike."""
    session = _get_session(code)
    region = session.unit.region
    return {
        "code": format_code(session.card_code),
        "unit": session.unit.name,
        "region": {"key": region.slug, "name": region.name},
        "municipality": {"key": session.municipality.slug, "name": session.municipality.name},
        "date": session.date.isoformat(),
        "place": session.place_name if session.show_place else "",
        "feedback": [name for name, phase in PHASES.items() if phase in get_open_phases(session)],
    }


@router.get("/cards/{code}/feedback/{when}", url_name="card_feedback", response={200: list[QuestionOut], **COMMON})
def questions(request: HttpRequest, code: str, when: When, language: Language = "") -> Any:
    """Return the questions of a phase that is open now, in this language; 404 when it isn't.

    Those of the kit that the session is held with: each language has its own. They may change; ask for them each time.
    """
    with translation.override(get_language(language)):
        return [_describe(question) for question in get_questions(_get_open(code, when), PHASES[when])]


@router.post(
    "/cards/{code}/feedback/{when}",
    url_name="card_feedback",
    response={201: CountedOut, **SENT},
    openapi_extra=describe_body(FeedbackIn),
)
def answer(request: HttpRequest, code: str, when: When) -> Any:
    """Count the answers; nothing says who sent them.

    429 `day-full`: as many came today as people can have been there.
    """
    body = read_body(request, FeedbackIn)
    with translation.override(get_language(body.language)):
        session, phase = _get_open(code, when), PHASES[when]
        asked = {question.key: question for question in get_questions(session, phase, body.answers)}
        unknown = [
            key
            for key, chosen in body.answers.items()
            if key not in asked or chosen not in {value for value, _texts in asked[key].answers}
        ]
        if unknown or not body.answers:
            # The names are the sender's own text where they are no question's.
            path = f"/answers/{unknown[0]}" if unknown and unknown[0] in asked else "/answers"
            words = _("Choose one of the answers to each question, and at least one.")
            error = FieldProblem(path=path, code="invalid_choice", message=words)
            raise Refused(422, "refused", _("This can't be received as it is."), [error])
        if not record_feedback(session, phase, body.answers):
            raise Refused(429, "day-full", _("As many answers came today as people can have been there."))
    explained = [_explain(each) for each in asked.values() if each.right and phase == Phase.AFTER]
    return Status(201, {"explained": explained})


def _get_session(code: str) -> InformativeSession:
    session = find_open_card(code)
    if session is None:
        raise _not_found()
    return session


def _get_open(code: str, when: When) -> InformativeSession:
    session = _get_session(code)
    if PHASES[when] not in get_open_phases(session):
        raise _not_found()
    return session


def _not_found() -> Refused:
    # Said here, in the language that was asked for: a handler of Http404 no longer knows it.
    return Refused(404, "not-found", _("There is nothing here."))


def _describe(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "text": dict(question.texts),
        "answers": [{"key": key, "text": dict(texts)} for key, texts in question.answers],
    }


def _explain(question: Question) -> dict[str, Any]:
    return {"key": question.key, "right": question.right, "why": dict(question.explanations or {})}
