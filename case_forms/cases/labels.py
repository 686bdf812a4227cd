"""What the codes of cases are called on screens, where no model field has the words."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from access.languages import DEFAULT_LANGUAGE, get_current_language
from access.models import localize
from case_forms.form_builder.models import FormVersion

REFERRAL = "referral"
# Explanations kept before the procedure read these answers back in words: {code: its words}
OLD_CODES = {
    "sq": {"yes": "Po", "no": "Jo", "unknown": "Nuk dihet"},
    "en": {"yes": "Yes", "no": "No", "unknown": "Not known"},
}
QUOTES = {"sq": "«{}»", "en": "“{}”"}


def service_labels(codes: Iterable[str]) -> list[str]:
    """The words for what a referral asks for, as the referral forms have them now."""
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
    """A kept sentence with the answers that were once quoted as codes («yes») in words."""
    quote = QUOTES.get(language, QUOTES[DEFAULT_LANGUAGE])
    for code, words in OLD_CODES.get(language, OLD_CODES[DEFAULT_LANGUAGE]).items():
        sentence = sentence.replace(quote.format(code), quote.format(words))
    return sentence
