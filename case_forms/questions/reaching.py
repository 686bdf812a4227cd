"""The types for how somebody can be reached: telephone and e-mail."""

import re
from typing import Any

import phonenumbers
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberFormat

from .base import AnswerError, ChoiceSource, CleanContext, QuestionType, checked_text
from .question import Question

HOME = "AL"
PHONE = re.compile(r"\+?(?:[ ()/.\-]{0,3}[0-9]){3,17}[ ()/.\-]{0,3}", re.ASCII)
SHORT_NUMBER = re.compile(r"[0-9]{3,6}", re.ASCII)  # 129, 116111: dialled as they are, and of one country
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~\-]{{1,64}}@{LABEL}(?:\.{LABEL})+", re.ASCII)
MAX_PHONE_LENGTH, MAX_EMAIL_LENGTH = 64, 254


class Phone(QuestionType):
    """A telephone number, stored as E.164 (+355691234567); without a country it is Albanian.

    Short national numbers of 3 to 6 digits, such as 129, are stored as they are.
    """

    name = "phone"
    icon = "phone"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        text = checked_text(raw, MAX_PHONE_LENGTH).strip(" ")
        if not PHONE.fullmatch(text):
            raise _not_a_phone()
        digits = re.sub(r"[^0-9]", "", text)
        # Before `phonenumbers` is asked, which calls 129 impossible.
        if SHORT_NUMBER.fullmatch(digits) and not text.startswith("+"):
            return digits
        written = _international(text)
        if written is None or _international(written) != written:  # noughts in front that mean nothing
            raise _not_a_phone()
        return written

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        """Build the schema. Which numbers there can be in which country is more than it can say."""
        return {"type": "string", "maxLength": MAX_PHONE_LENGTH, "pattern": f"^ *{PHONE.pattern} *$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """Write the number as one dials it in Albania: 069 123 4567, a foreign one with its country."""
        if not str(value).startswith("+"):
            return str(value)
        try:
            number = phonenumbers.parse(value)
        except NumberParseException:
            return str(value)
        way = PhoneNumberFormat.NATIONAL if _is_at_home(number) else PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, way)


class Email(QuestionType):
    """An e-mail address, its domain in small letters."""

    name = "email"
    icon = "email"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        text = checked_text(raw, MAX_EMAIL_LENGTH).strip(" ")
        if not EMAIL.fullmatch(text):
            raise AnswerError("not_an_email", _("Write an e-mail address, such as ana@example.org."))
        person, _at, domain = text.rpartition("@")
        # The part before the @ is the provider's to interpret, capitals included.
        return f"{person}@{domain.lower()}"

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "maxLength": MAX_EMAIL_LENGTH, "pattern": f"^ *{EMAIL.pattern} *$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        return str(value)


def _international(text: str) -> str | None:
    """Return the number as E.164, None when its length is none that there can be in its country."""
    try:
        number = phonenumbers.parse(text, HOME)
    except NumberParseException:
        return None
    only_noughts_lead = number.italian_leading_zero and _is_at_home(number)  # 0 is how one dials, not the number
    possible = phonenumbers.is_possible_number(number) and not only_noughts_lead
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if possible else None


def _is_at_home(number: phonenumbers.PhoneNumber) -> bool:
    return bool(number.country_code == phonenumbers.country_code_for_region(HOME))


def _not_a_phone() -> AnswerError:
    words = _("Write a telephone number, such as 069 123 4567. A foreign one begins with + and the country code.")
    return AnswerError("not_a_phone", words)
