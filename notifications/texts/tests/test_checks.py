"""What may stand in a text, and what a colleague who means ill can't put into one."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from access.languages import LANGUAGES

from ..checks import MAX_LINES, find_problems, find_problems_in, measure, normalize
from ..definitions import MAX_SMS, Mark, Medium, Text
from ..filling import find_names
from ..placeholders import PLACEHOLDERS
from ..registry import TEXTS

pytestmark = pytest.mark.usefixtures("in_english")
GREETING, OPEN, PHONE = TEXTS["mail.greeting"], TEXTS["mail.open"], TEXTS["mail.genuine_phone"]
SUBJECT, SMS, DRILL = TEXTS["mail.subject_notice"], TEXTS["sms.notice"], TEXTS["mail.drill"]


def say(text: Text, value: str, language: str = "en") -> str:
    return " ".join(find_problems_in(text, value, language))


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shipped_passes_every_check(key: str, language: str) -> None:
    with translation.override(language):
        shipped = str(TEXTS[key].shipped)
    assert find_problems_in(TEXTS[key], shipped, language) == []


@pytest.mark.parametrize("key", TEXTS)
def test_every_placeholder_of_a_text_is_of_the_closed_list(key: str) -> None:
    assert set(TEXTS[key].placeholders) <= set(PLACEHOLDERS)


def test_the_closed_list_holds_nothing_of_a_case() -> None:
    assert set(PLACEHOLDERS) == {
        *("code", "first_code", "codes", "link", "link_start", "hour", "until", "within", "minutes", "number", "count"),
        *("unit", "phone", "of_organisation", "sender", "subject", "yes", "no", "on_the_way", "key"),
        # of the service's own mails: about the roster, the directory, agreements and keys
        *("page", "amount", "days", "start_hour", "begins", "ends", "result", "what", "office", "person", "phone_name"),
    }


@pytest.mark.parametrize(
    "value",
    [
        *("Read it at https://vatra.example/n/x", "See www.vatra-al.example", "Open vatra.al now", "Go to t.me/vatra"),
        *("Here: //evil.example", "javascript:alert", "mailto:x", "Look at xn--vatr-5qa.al", "VATRA.AL", "vatra.al."),
    ],
)
def test_a_link_that_is_no_placeholder_is_refused(value: str) -> None:
    assert "No link may stand in a text" in say(GREETING, value)


def test_an_abbreviation_is_no_link() -> None:
    assert say(GREETING, "Dikush, p.sh. një koleg,", "sq") == ""


@pytest.mark.parametrize("value", ["Write to me@vatra.example", "me @ vatra"])
def test_an_address_is_refused(value: str) -> None:
    assert "No e-mail address" in say(GREETING, value)


@pytest.mark.parametrize(
    "value",
    ["Call 129 at once", "Call +355 69 12 34 567", "Call 1 2 9", "Call 06/9-12", "Call (06) 91", "1.2.9", "12, 93"],
)
def test_a_telephone_number_is_refused_however_it_is_grouped(value: str) -> None:
    assert "No telephone number" in say(GREETING, value)


def test_two_digits_are_no_telephone_number() -> None:
    assert say(GREETING, "Within 24 hours,") == ""


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u200b", "\u00ad", "\ufeff", "\x07", "\u2066", "\u2028", "\u00a0", "\x00"]
)
def test_signs_that_nobody_sees_are_refused_and_named(letter: str) -> None:
    assert f"U+{ord(letter):04X}" in say(GREETING, f"Dear{letter}colleague")


@pytest.mark.parametrize(
    "value", ["Vаtra waits", "Vatrа", "Ｖatra waits", "𝐕atra waits", "Vatra ٣ waits", "Va\u0336tra"]
)
def test_letters_that_only_look_like_ours_are_refused(value: str) -> None:
    assert "can’t stand in a text" in say(GREETING, value)


@pytest.mark.parametrize("value", ["<b>Dear</b> colleague", "Dear colleague <", "&gt; > more"])
def test_html_is_refused(value: str) -> None:
    assert "plain text" in say(GREETING, value)


@pytest.mark.parametrize("value", ["⚠ Ignore it", "*bold* words", "Dear_colleague", "[x](y) words", "a|b|c", "€ words"])
def test_decoration_is_refused(value: str) -> None:
    assert "can’t stand" in say(GREETING, value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Open it {name}\n{link}", "no such placeholder: {name}"),
        ("Open it here, please", "must hold {link}"),
        ("Open { it\n{link}", "curly bracket"),
        ("Open {{link}}", "curly bracket"),
        ("Open {link.token} {link}", "curly bracket"),
        ("Open {0} {link}", "curly bracket"),
        ("Open {link}?to=x", "Leave a space or a new line"),
        ("Open //{link}", "Leave a space or a new line"),
        ("Open\n{link}\n{link}", "once"),
        ("Open {link}.", "Leave a space or a new line"),
    ],
)
def test_placeholders_are_whole_known_there_and_free(value: str, words: str) -> None:
    assert words in say(OPEN, value)


def test_nothing_makes_another_number_of_the_number_to_call() -> None:
    assert "Leave a space between" in say(PHONE, "{unit}, call {phone}9")
    assert "No other digits" in say(PHONE, "{unit}, call {phone} 9")
    assert "No other digits" in say(PHONE, "{unit}, call 9 {phone}")


def test_a_subject_is_one_line_and_a_paragraph_a_few() -> None:
    assert "one line" in say(SUBJECT, "notice {code}\nBcc: x")
    assert say(GREETING, "Dear colleague,\ngood day") == ""
    assert "too many lines" in say(GREETING, "\n".join(["word"] * (MAX_LINES + 1)))


@pytest.mark.parametrize(
    "word", ["DRILL", "Drill:", "exercise", "USHTRIM", "stërvitje", "Stervitja", "simulim", "only a test"]
)
def test_nothing_makes_a_true_notice_look_like_a_drill_or_a_test(word: str) -> None:
    assert "would be put aside" in say(SUBJECT, f"{word} notice {{code}}")


def test_a_drill_says_that_it_is_one() -> None:
    assert "must see that it is a drill" in say(DRILL, "Dear colleague, good day.")
    assert say(DRILL, "This is an exercise only.") == ""


def test_a_test_may_say_that_it_is_one() -> None:
    assert TEXTS["mail.test"].mark == Mark.TEST
    assert say(TEXTS["mail.test"], "This is a test of your address.") == ""


@pytest.mark.parametrize("value", ["...", "{code}", "!"])
def test_a_text_has_words(value: str) -> None:
    assert "no words" in say(TEXTS["mail.code"], f"{{code}} {value}" if value != "{code}" else value)


def test_an_sms_is_measured_in_its_own_letters_with_the_longest_values() -> None:
    room = MAX_SMS - measure(SMS, "{code} {link} ")
    assert say(SMS, "{code} {link} " + "ë" * room, "sq") == ""
    assert "too long" in say(SMS, "{code} {link} " + "ë" * (room + 1), "sq")
    assert "An SMS knows no ł" in say(SMS, "{code} {link} zażółć ł".replace("ż", "").replace("ó", "").replace("ć", ""))


def test_both_languages_of_the_service_are_asked_for() -> None:
    assert find_problems(GREETING, {"sq": "Përshëndetje,"}) == {"en": ["Write the text in this language, too."]}
    assert find_problems(GREETING, {"sq": "Përshëndetje,", "en": "Hello,", "xx": "?"}).keys() == {"xx"}


def test_a_huge_text_costs_nothing() -> None:
    assert say(GREETING, "1 " * 500_000) == "This text is much too long."


@given(st.sampled_from(sorted(TEXTS)), st.text(max_size=200))
def test_nothing_that_is_typed_breaks_a_check(key: str, value: str) -> None:
    for problem in find_problems_in(TEXTS[key], normalize(value), "sq"):
        assert problem


@given(
    st.sampled_from(sorted(TEXTS)),
    st.lists(st.sampled_from(["fjalë", "të", "reja", ",", ".", "{link}", "{code}", "\n"])),
)
def test_what_passes_holds_its_placeholders_and_fits(key: str, parts: list[str]) -> None:
    text, value = TEXTS[key], normalize(" ".join(parts))
    if value and not find_problems_in(text, value, "sq"):
        assert set(text.required) <= set(find_names(value)) <= set(text.placeholders)
        assert measure(text, value) <= text.max_length
        assert text.has_lines or "\n" not in value
        assert text.medium != Medium.SMS or len(value) <= MAX_SMS
