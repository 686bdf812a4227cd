"""The types whose answer is a text: text, long text, what "other" is, case reference; and the hidden one."""

import re
import unicodedata
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from .base import AnswerError, ChoiceSource, CleanContext, Posted, QuestionType, checked_text, word_computed, wrong_type
from .question import Question

MAX_SHORT, MAX_LONG = 300, 20_000
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # the one case references are made of
REFERENCE = re.compile(f"[{REFERENCE_ALPHABET}]{{6}}")
# What `checked_text` refuses, as far as a JSON Schema can say it: controls other than tab and ends of lines.
_NO_CONTROLS = r"^(?![\s\S]*[\x00-\x08\x0b\x0c\x0e-\x1f])"
ONE_LINE = _NO_CONTROLS + r"\s*\S(?:[^\n\r]*\S)?\s*$"
SEVERAL_LINES = _NO_CONTROLS + r"[\s\S]*\S"


class Text(QuestionType):
    """One line, 300 characters at most (fewer with `max_length`)."""

    name = "text"
    icon = "text"
    properties = frozenset({"max_length"})
    longest: ClassVar[int] = MAX_SHORT
    one_line: ClassVar[bool] = True

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        return self.clean_text(raw, self._max_length(question))

    def clean_text(self, raw: Any, longest: int | None = None) -> str:
        """Check a text that may be so many characters long, as many as the type allows unless told otherwise.

        Raises AnswerError.
        """
        text = checked_text(raw, self.longest if longest is None else longest)
        # One writing for ë and ç, whether typed as one character or as two: texts are compared by conditions.
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if not text:
            raise AnswerError("empty", _("Write something, or leave this out."))
        if self.one_line and "\n" in text:
            raise AnswerError("bad_characters", _("Write this on one line."))
        return text

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        pattern = ONE_LINE if self.one_line else SEVERAL_LINES
        return {"type": "string", "minLength": 1, "maxLength": self._max_length(question), "pattern": pattern}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        return str(value)

    def _max_length(self, question: Question) -> int:
        return self.longest if question.max_length is None else min(question.max_length, self.longest)


class LongText(Text):
    """Several lines, 20,000 characters at most (fewer with `max_length`)."""

    name = "long_text"
    icon = "long-text"
    longest = MAX_LONG
    one_line = False

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "text", "multiline"


class OtherSpecify(Text):
    """The text for "other", when that was chosen in the question that `of` names."""

    name = "other_specify"
    icon = "other"
    properties = frozenset({"of", "max_length"})


class Hidden(LongText):
    """A text that nobody is asked for: it comes from `default` or `initial`, or from a program."""

    name = "hidden"
    icon = "hidden"
    is_shown = False

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        return None

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        words = word_computed(value, question, language, sources)
        return words or super().formatted(value, question, language, sources)

    def is_countable(self, question: Question, part: str) -> bool:
        return True  # as far as `is_counted` goes

    def is_counted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> bool:
        return bool(word_computed(value, question, language, sources))

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "hidden", ""


class CaseReference(QuestionType):
    """The six characters of a case, in capitals. Whether there is such a case, and whose, is not asked here."""

    name = "case_reference"
    icon = "folder"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Write this as text."))
        reference = raw[:32].strip(" ").upper()
        # Not cut silently: what is longer is no reference, whatever its first six characters are.
        if len(raw) > 32 or not REFERENCE.fullmatch(reference):
            raise AnswerError("not_a_reference", _("Write the six letters and digits of the case, such as 7K2M9Q."))
        return reference

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        letters = f"{REFERENCE_ALPHABET}abcdefghjkmnpqrstvwxyz"
        return {"type": "string", "maxLength": 32, "pattern": f"^ *[{letters}]{{6}} *$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        return str(value)
