"""The steps of the public form: which page comes next, built of the same parts as a worker's section pages."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language

from case_forms.form_builder.audience import is_tip
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.procedures.decide import DecisionFailed, Event, decide
from case_forms.submissions.drafts.typed_values import merged, typed_in
from case_forms.submissions.languages import language_among
from case_forms.submissions.pages.entries import SectionPage
from case_forms.submissions.pages.section import NoSuchSection, checked_for, get_section, section_page
from case_forms.submissions.readable_answers import SectionReading, read_sections
from case_forms.submissions.recipients_preview import get_words
from case_forms.submissions.validation.validate import Answers, CheckContext, Checked, NothingToAsk
from case_forms.tips.deciding import RECEIVED, procedure_in_force
from notifications.directory.models import Role

from .form_state import FormState

REVIEW, DANGER = "_review", "_danger"  # no section can be called so
DANGER_QUESTION = "danger_now"


@dataclass(frozen=True)
class Move:
    """The page that a pressed button leads to: `step` is a section's key, REVIEW or DANGER.

    `shown`: fields whose errors are shown; `grown`: the answers added questions to the same page; `show_all`: show
    everything that is wrong.
    """

    sheet: FormState
    step: str
    shown: frozenset[str] = frozenset()
    grown: bool = False
    show_all: bool = False
    has_problems: bool = False


@dataclass(frozen=True)
class Review:
    """The last page: what was answered, and whether something still has to be corrected."""

    sections: list[SectionReading] = field(repr=False)
    answers: Answers = field(repr=False)
    is_complete: bool


def context_for(form: Form) -> CheckContext:
    language = get_language() or settings.LANGUAGE_CODE
    today = timezone.localdate()
    return CheckContext(
        sources=Lists(),
        today=today,
        occurred_on=today,
        language=language_among(form.languages, language),
        service_language=language,
    )


def first_step(version: FormVersion, answers: Answers) -> str:
    """Return the first section that applies. Raises NothingToAsk."""
    return _get_keys(version, answers)[0]


def _get_keys(version: FormVersion, answers: Answers) -> list[str]:
    keys = _keys(_check(version, answers))
    if not keys:
        raise NothingToAsk(version.form.key, version.number)
    return keys


def with_typed(sheet: FormState, version: FormVersion, step: str, post: QueryDict) -> FormState:
    """Return the form state with what the page's fields hold; as it was for a page that has none."""
    try:
        section = get_section(version.parsed_form, step)
    except NoSuchSection:
        return sheet
    return replace(sheet, answers=merged(sheet.answers, section, typed_in(section, post)))


def move(sheet: FormState, version: FormVersion, step: str, going: str, shown: frozenset[str]) -> Move:
    """Decide what comes after a button: "next", "back", "to:<section>", or anything else: the same page.

    Raises NothingToAsk.
    """
    # Worked out anew for each press: an answer may open or close a section.
    keys = _get_keys(version, sheet.answers)
    if going.startswith("to:") and going[3:] in keys:
        return Move(sheet, going[3:], show_all=True)
    if step == DANGER:
        return _after_danger(sheet, version, keys) if going == "next" else Move(sheet, keys[0])
    if step == REVIEW:
        return Move(sheet, keys[-1] if going == "back" else REVIEW)
    if step not in keys:
        return Move(sheet, keys[0])
    if going == "back":
        return Move(sheet, keys[max(keys.index(step) - 1, 0)])
    if going != "next":
        return Move(sheet, step)
    page = build_page(sheet, version, step, shown=shown)
    if page.problems:
        return Move(sheet, step, shown=shown, has_problems=True)
    # The answers opened questions that the person hasn't seen yet; they are asked before the next page.
    if page.names() - shown:
        return Move(sheet, step, grown=True)
    following = keys[keys.index(step) + 1] if step != keys[-1] else REVIEW
    # Once: whoever goes back and on again isn't stopped by the same numbers each time.
    if _says_danger(sheet, version) and not sheet.danger_seen:
        return Move(replace(sheet, danger_seen=True), DANGER)
    return Move(sheet, following)


def _says_danger(sheet: FormState, version: FormVersion) -> bool:
    # The page with the numbers says who is notified, which is true of a tip alone.
    return is_tip(version.parsed_form) and sheet.answers.get(DANGER_QUESTION) == "yes"


def _after_danger(sheet: FormState, version: FormVersion, keys: list[str]) -> Move:
    """Go on from the numbers to what follows the section that asked whether there is danger."""
    asking = (
        section.key
        for section in version.parsed_form.sections
        if any(item.key == DANGER_QUESTION for item in section.items)
    )
    position = next((keys.index(key) for key in asking if key in keys), 0)
    return Move(sheet, keys[position + 1] if position + 1 < len(keys) else REVIEW)


def build_page(sheet: FormState, version: FormVersion, step: str, **options: Any) -> SectionPage:
    """Build the page of one section. Raises NoSuchSection."""
    form = version.parsed_form
    return section_page(form, step, sheet.answers, context_for(form), user=None, **options)


def validate_form_state(sheet: FormState, version: FormVersion) -> Checked:
    return _check(version, sheet.answers)


def build_review(sheet: FormState, version: FormVersion) -> Review:
    context = context_for(version.parsed_form)
    checked = checked_for(version.parsed_form, sheet.answers, context, None)
    return Review(read_sections(checked, context), checked.answers, checked.ok)


def first_broken(checked: Checked) -> str | None:
    """Return the first section in which something has to be corrected."""
    return next((state.key for state in checked.sections if state.relevant and state.errors), None)


def list_recipients_besides_unit(answers: Answers, version: FormVersion) -> list[str]:
    """List whom the procedure would notify at once beside the unit, in words; nobody when it can't be said."""
    now = timezone.localtime()
    procedure = procedure_in_force(now)
    if procedure is None:
        return []
    event = Event(kind=RECEIVED, form=version.form.key, answers=answers, occurred_at=now, received_at=now)
    try:
        decision = decide(event, procedure.parsed)
    # Sending doesn't fail for it: the unit is always notified (ADR 28).
    except DecisionFailed:
        return []
    recipients = [
        get_words(action.do, action.params)
        for action in decision.actions
        if action.do == "notify" and action.params.get("role") != Role.MOBILE_UNIT
    ]
    return list(dict.fromkeys(words for words in recipients if words))


def _check(version: FormVersion, answers: Answers) -> Checked:
    return checked_for(version.parsed_form, answers, context_for(version.parsed_form), None)


def _keys(checked: Checked) -> list[str]:
    return [state.key for state in checked.sections if state.relevant]
