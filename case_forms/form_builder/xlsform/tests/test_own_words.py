"""What the service itself writes into a form, in each of the form's languages."""

from access.languages import in_each_language

from ..messages import COUNT_DIFFERS, GENERAL_CONSTRAINT, OCCURRED_ON_LABEL, OTHER_LABEL, SPECIFY_LABEL


def test_they_are_in_the_services_languages_and_in_english_in_any_other() -> None:
    assert in_each_language(SPECIFY_LABEL, ["rom", "sq", "en"]) == {
        "rom": "Please specify",
        "sq": "Specifikoni",
        "en": "Please specify",
    }
    assert in_each_language(OTHER_LABEL, ["sq", "fr"]) == {"sq": "Tjetër", "fr": "Other"}
    for words in (COUNT_DIFFERS, GENERAL_CONSTRAINT, OCCURRED_ON_LABEL):
        written = in_each_language(words, ["sq", "en", "mk"])
        assert written["sq"] != written["en"] == written["mk"]
