"""What a text must be before anybody may propose it, in words that stand beside its field.

Checked when it is written, when a second person agrees, and each time the texts are loaded: a release that takes a
placeholder away doesn't send what no longer fits.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from django.utils import translation
from django.utils.translation import gettext as _

from access.languages import DEFAULT_LANGUAGE, LANGUAGES, SPOKEN_LANGUAGES

from .definitions import Mark, Medium, Text
from .filling import PLACEHOLDER, find_names, get_longest
from .gsm import count_sms, find_foreign, fold
from .suspicious import has_address, has_link, has_number

MAX_WRITTEN = 1000  # letters of one field, whatever it fills up to
MAX_LINES = 8
MIN_LETTERS = 3
SIGNS = frozenset(" .,;:!?'\"’‘“”„«»()-–—/%&+…\n")
# What marks an exercise or a test, by how the words begin once their marks are taken off. "Test" and "prova" as whole
# words only: "provë" is evidence, too, in other forms of the word.
DRILL_WORDS = re.compile(r"\b(?:drill|exercis|stervit|ushtrim|simul)\w*")
TEST_WORDS = re.compile(r"\b(?:test|tests|testing|prove|prova|proven|proves|provojme)\b")
# A link in which anything touches the true one is another link.
_GLUED = re.compile(r"\S\{(link(?:_start)?|page)\}|\{(link(?:_start)?|page)\}\S")
# So does a letter, a digit or another placeholder to every value: "{phone}9" is another number.
_TOUCHED = re.compile(r"[\w+}]\{[a-z_]+\}|\{[a-z_]+\}[\w{]")

Check = Callable[[Text, str, str], str]


def find_problems(text: Text, written: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what is wrong with a text, by language, in words of the active one. `written`: {language: text}.

    Empty where nothing is. A language of the settings without a catalogue may be left out: what is shipped stands
    there.
    """
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        value = written.get(language, "")
        if value.strip():
            problems = find_problems_in(text, value, language)
        elif language in SPOKEN_LANGUAGES:
            problems = [_("Write the text in this language, too.")]
        else:
            problems = []
        if problems:
            found[language] = problems
    unknown = [language for language in written if language not in LANGUAGES]
    return found | {language: [_("This language isn’t one of the service’s.")] for language in unknown}


def does_fit(text: Text, written: object) -> bool:
    """Tell whether stored texts are {language: text} and pass the checks of today."""
    if not isinstance(written, Mapping) or not all(isinstance(value, str) for value in written.values()):
        return False
    with translation.override(DEFAULT_LANGUAGE):
        return not find_problems(text, written)


def normalize(value: str) -> str:
    """Return a text as it is stored: composed letters, plain line ends, nothing around it."""
    lines = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.strip() for line in lines).strip()


def find_problems_in(text: Text, value: str, language: str) -> list[str]:
    """Return what is wrong with the text in one language."""
    if len(value) > MAX_WRITTEN:
        return [_("This text is much too long.")]
    problems = [problem for check in _CHECKS if (problem := check(text, value, language))]
    return problems or _find_too_long(text, value)


def _check_signs(_text: Text, value: str, language: str) -> str:
    hidden = [letter for letter in value if letter not in " \n" and unicodedata.category(letter)[0] in "CZ"]
    if hidden:
        codes = ", ".join(f"U+{ord(letter):04X}" for letter in dict.fromkeys(hidden))
        return _("It holds signs that nobody sees ({codes}). Delete them, or type the text again.").format(codes=codes)
    plain = PLACEHOLDER.sub("", value)
    if "<" in plain or ">" in plain:
        return _("Messages are plain text: no “<” and no “>”.")
    strange = [letter for letter in plain if not _is_known(letter, language) and letter not in "{}@<>\\"]
    if strange:
        return _("These signs can’t stand in a text: {signs}").format(signs=" ".join(dict.fromkeys(strange)))
    return ""


def _is_known(letter: str, language: str) -> bool:
    if letter in SIGNS or (letter.isascii() and letter.isdigit()):
        return True
    if unicodedata.category(letter) not in ("Lu", "Ll", "Lo", "Lm"):
        return False
    # A letter of another alphabet that looks like one of ours makes another word of it.
    is_latin = unicodedata.name(letter, "").startswith("LATIN ") and unicodedata.normalize("NFKC", letter) == letter
    return is_latin or language not in SPOKEN_LANGUAGES


def _check_mixed(_text: Text, value: str, language: str) -> str:
    if language in SPOKEN_LANGUAGES:
        return ""  # letters of other alphabets were refused
    for word in re.findall(r"[^\W\d_]+", PLACEHOLDER.sub(" ", value)):
        if len({unicodedata.name(letter, "?").partition(" ")[0] for letter in word}) > 1:
            return _("A word mixes letters of two alphabets: {word}").format(word=word)
    return ""


def _check_lines(text: Text, value: str, _language: str) -> str:
    lines = value.strip().splitlines()
    if len(lines) > 1 and not text.has_lines:
        return _("This text is one line.")
    return _("This text has too many lines.") if len(lines) > MAX_LINES else ""


def _check_placeholders(text: Text, value: str, _language: str) -> str:
    rest = PLACEHOLDER.sub("", value)
    if "{" in rest or "}" in rest:
        return _("A curly bracket stands by itself. A placeholder is written so: {example}").format(example="{code}")
    names = find_names(value)
    unknown = [f"{{{name}}}" for name in names if name not in text.placeholders]
    if unknown:
        return _("This text has no such placeholder: {names}").format(names=", ".join(unknown))
    missing = [f"{{{name}}}" for name in text.required if name not in names]
    if missing:
        return _("It must hold {names}.").format(names=", ".join(missing))
    twice = [f"{{{name}}}" for name in names if value.count(f"{{{name}}}") > 1]
    if twice:
        return _("Use this placeholder once: {names}").format(names=", ".join(twice))
    if glued := _GLUED.search(value):
        words = _("Leave a space or a new line before and after {link}, so that nothing becomes part of the link.")
        return words.format(link=f"{{{glued[1] or glued[2]}}}")
    if _TOUCHED.search(value):
        return _("Leave a space between a placeholder and what stands beside it.")
    if "phone" in names and any(letter.isdigit() for letter in rest):
        return _("No other digits may stand beside {phone}.").format(phone="{phone}")
    return ""


def _check_redirecting(text: Text, value: str, _language: str) -> str:
    plain = PLACEHOLDER.sub(" \0 ", value)  # what stands on both sides of one doesn't touch
    if has_address(plain):
        return _("No e-mail address may stand in a text.")
    if has_link(plain):
        own = "{page}" if text.medium == Medium.SERVICE else "{link}"
        return _("No link may stand in a text, but {link}. After a full stop comes a space.").format(link=own)
    if has_number(plain):
        return _("No telephone number may stand in a text: the service puts the right one there.")
    return ""


def _check_mark(text: Text, value: str, language: str) -> str:
    plain = _take_off_marks(PLACEHOLDER.sub(" ", value))
    if text.mark == Mark.DRILL and language in SPOKEN_LANGUAGES and not DRILL_WORDS.search(plain):
        return _("Whoever reads it must see that it is a drill. Use a word for that.")
    if text.mark != Mark.DRILL and DRILL_WORDS.search(plain):
        return _("Only a drill may say that it is one: a true notice would be put aside.")
    if text.mark == Mark.NONE and TEST_WORDS.search(plain):
        return _("Only a test may say that it is one: a true notice would be put aside.")
    return ""


def _check_words(_text: Text, value: str, _language: str) -> str:
    letters = sum(letter.isalpha() for letter in PLACEHOLDER.sub("", value))
    return _("There are no words in it.") if letters < MIN_LETTERS else ""


def _take_off_marks(value: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", value.lower()) if not unicodedata.combining(letter)
    )


def _check_letters_of_an_sms(text: Text, value: str, _language: str) -> str:
    if text.medium != Medium.SMS:
        return ""
    foreign = find_foreign(fold(PLACEHOLDER.sub("", value)))
    return _("An SMS knows no {signs}. Write it in other letters.").format(signs=" ".join(foreign)) if foreign else ""


_CHECKS: tuple[Check, ...] = (
    _check_signs,
    _check_mixed,
    _check_lines,
    _check_placeholders,
    _check_redirecting,
    _check_mark,
    _check_words,
    _check_letters_of_an_sms,
)


def _find_too_long(text: Text, value: str) -> list[str]:
    length = measure(text, value)
    if length <= text.max_length:
        return []
    return [
        _("It is too long: {length} letters with the longest values, and {limit} fit.").format(
            length=length, limit=text.max_length
        )
    ]


def measure(text: Text, value: str) -> int:
    """Return how long the text is with the longest values; of an SMS, in letters of GSM 03.38. Raises NotFilled."""
    longest = get_longest(value)
    return count_sms(fold(longest)).letters if text.medium == Medium.SMS else len(longest)
