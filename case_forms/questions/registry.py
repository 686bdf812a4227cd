"""Every type of question, by its name."""

from .base import AnswerError, QuestionType, is_unanswered
from .choices import Boolean, MunicipalityChoice, PartnerChoice, SelectMany, SelectOne, YesNoUnknown
from .indicators import Indicators
from .numbers import Decimal, Integer
from .texts import CaseReference, LongText, Phone, Text
from .times import Date, Moment

__all__ = ["AnswerError", "UnknownType", "get", "is_unanswered", "names"]


class UnknownType(Exception):
    """There is no question type of this name."""


_TYPES: dict[str, QuestionType] = {
    kind.name: kind
    for kind in (
        Text(),
        LongText(),
        Integer(),
        Decimal(),
        Date(),
        Moment(),
        Boolean(),
        YesNoUnknown(),
        SelectOne(),
        SelectMany(),
        MunicipalityChoice(),
        PartnerChoice(),
        CaseReference(),
        Phone(),
        Indicators(),
    )
}


def get(name: str) -> QuestionType:
    """The one instance of a type. Raises UnknownType."""
    try:
        return _TYPES[name]
    except KeyError:
        raise UnknownType("unknown question type") from None


def names() -> frozenset[str]:
    return frozenset(_TYPES)
