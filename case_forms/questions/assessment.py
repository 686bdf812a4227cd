"""The worker's own decision about an indicator checklist, with its reason. The suggestion beside it decides nothing."""

from typing import Any

from django.utils import translation
from django.utils.text import normalize_newlines
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE

from .base import (
    AnswerError,
    Cell,
    Choice,
    ChoiceSource,
    CleanContext,
    Posted,
    QuestionType,
    checked_object,
    in_our_words,
)
from .choices import not_a_choice
from .question import Question
from .texts import MAX_LONG, SEVERAL_LINES, LongText

DECISIONS = ("no_indication", "potential_victim", "insufficient", "refer_formal")
PARTS = ("decision", "reason")
_REASON = LongText()


class IndicatorAssessment(QuestionType):
    """{"decision", "reason"}: both, or none. `of` names the `indicators` question it is about."""

    name = "indicator_assessment"
    icon = "assessment"
    value_kind = "object"
    properties = frozenset({"of"})

    def group_role(self, question: Question) -> str:
        return "group"

    def listed(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        return in_our_words(
            language,
            ("no_indication", _("No signs of trafficking")),
            ("potential_victim", _("A potential victim")),
            ("insufficient", _("Not enough information")),
            ("refer_formal", _("Refer for formal identification")),
        )

    def clean(self, raw: Any, question: Question, context: CleanContext) -> dict[str, str]:
        given = checked_object(raw, PARTS, _("Say what you decide, and why."))
        decision, reason = (given.get(part) for part in PARTS)
        if decision is None:
            raise AnswerError("missing", _("Say what you decide."), path="/decision")
        if decision not in DECISIONS:
            raise not_a_choice(path="/decision")
        if reason is None or (isinstance(reason, str) and not reason.strip()):
            raise AnswerError("missing", _("Say why. The reasons are yours, whatever is suggested."), path="/reason")
        try:
            # Judged as a long text is, and its problem moved to where the reason stands.
            return {"decision": decision, "reason": _REASON.clean_text(reason)}
        except AnswerError as error:
            raise AnswerError(error.code, error.message, path="/reason") from None

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name.decision` and `name.reason`."""
        entered = {part: normalize_newlines(str(post.get(f"{name}.{part}") or "")).strip() for part in PARTS}
        return {part: text for part, text in entered.items() if text} or None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        reason = {"type": "string", "minLength": 1, "maxLength": MAX_LONG, "pattern": SEVERAL_LINES}
        return {
            "type": "object",
            "properties": {"decision": {"enum": list(DECISIONS)}, "reason": reason},
            "required": list(PARTS),
            "additionalProperties": False,
        }

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        words = dict(self.listed(question, language, sources))
        return f"{words.get(value['decision'], value['decision'])}: {value['reason']}"

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        with translation.override(language):
            return [("decision", gettext("decision")), ("reason", gettext("reason"))]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        if value is None:
            return [None, None]
        words = dict(self.listed(question, language, sources)) if labels else {}
        return [words.get(value["decision"], value["decision"]), value["reason"]]

    def is_countable(self, question: Question, part: str) -> bool:
        return part == "decision"  # the reason is typed

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "select_one", ""
