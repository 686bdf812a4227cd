"""The registry of question types, by their names."""

from .assessment import IndicatorAssessment
from .base import AnswerError, QuestionType, is_unanswered
from .choices import (
    Boolean,
    ColleagueChoice,
    MunicipalityChoice,
    PartnerChoice,
    SelectMany,
    SelectOne,
    SessionChoice,
    VisitChoice,
    YesNoUnknown,
)
from .computed import Calculated
from .files import File, Signature
from .grids import Matrix, Ranking
from .indicators import Indicators
from .numbers import Decimal, Integer, Scale
from .partial_dates import ApproximateDate
from .places import Geopoint
from .reaching import Email, Phone
from .texts import CaseReference, Hidden, LongText, OtherSpecify, Text
from .times import Date, Duration, Moment, Time
from .zones import ZoneChoice

__all__ = ["AnswerError", "UnknownType", "get", "is_unanswered", "names", "ordered_names"]


class UnknownType(Exception):
    """No question type has this name."""


_TYPES: dict[str, QuestionType] = {
    kind.name: kind
    for kind in (
        Text(),
        LongText(),
        Integer(),
        Decimal(),
        Scale(),
        Date(),
        ApproximateDate(),
        Time(),
        Moment(),
        Duration(),
        Boolean(),
        YesNoUnknown(),
        SelectOne(),
        SelectMany(),
        OtherSpecify(),
        Ranking(),
        Matrix(),
        MunicipalityChoice(),
        ZoneChoice(),
        PartnerChoice(),
        SessionChoice(),
        VisitChoice(),
        ColleagueChoice(),
        CaseReference(),
        Phone(),
        Email(),
        Geopoint(),
        File(),
        Signature(),
        Indicators(),
        IndicatorAssessment(),
        Calculated(),
        Hidden(),
    )
}


def get(name: str) -> QuestionType:
    """Return the one instance of a type. Raises UnknownType."""
    try:
        return _TYPES[name]
    except KeyError:
        raise UnknownType("unknown question type") from None


def names() -> frozenset[str]:
    return frozenset(_TYPES)


def ordered_names() -> list[str]:
    """List all types, the usual ones first, related ones together."""
    return list(_TYPES)
