"""The labels for codes of cases on screens, where no model field has the words."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from access.languages import get_current_language
from access.models import localize
from case_forms.expressions.wording import SENTENCES, get_words
from case_forms.form_builder.models import FormVersion
from case_forms.questions.base import in_our_words
from case_forms.questions.choices import YES_NO_UNKNOWN

from .models import Case

REFERRAL = "referral"


def service_labels(codes: Iterable[str]) -> list[str]:
    """Return the labels for what a referral asks for, as the referral forms have them now."""
    language = get_current_language()
    known: dict[str, Any] = {}
    for version in FormVersion.objects.newest():
        if version.parsed_form.kind != REFERRAL:
            continue
        for located in version.parsed_form.iter_questions():
            for choice in located.question.choices:
                known.setdefault(choice.value, choice.label)
    return [localize(known[code], language) if code in known else gettext("another service") for code in codes]


def without_codes(sentence: str, language: str) -> str:
    """Replace the answers that a stored sentence once quoted as codes («yes») by words.

    Explanations stored before the procedure read these answers back in words have them. An explanation is never written
    again, so old ones are put into words when they are read.
    """
    quote = get_words(SENTENCES, language)["quote"]
    for code, words in in_our_words(language, *YES_NO_UNKNOWN):
        sentence = sentence.replace(quote.format(code), quote.format(words))
    return sentence


def flags_in_words(case: Case, language: str) -> list[str]:
    """Return the labels of the flags that rules have set on a case, in their order."""
    return [localize(label, language) for label in case.flags.values()]
