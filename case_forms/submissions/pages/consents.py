"""Forms that ask an office for something: what the person's consent covers stands first, and the rest says why not.

Nothing is taken off the list: in an emergency an office may be asked without consent, and the gate decides when the
form is received (docs/consent.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from access.models import localize
from audit import clock
from case_forms.cases.consent.coverage import asks_for_consent, find_uncovered
from case_forms.cases.consent.gate import Verdict
from case_forms.cases.consent.ledger import State
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from notifications.directory.models import Role

from ..case_reference import named_case
from ..languages import get_draft_language
from ..models import Draft
from ..validation.validate import Answers
from .entries import QuestionView, SectionPage

CONSENT_FORM = "consent"


@dataclass(frozen=True)
class ConsentPanel:
    """What a page says about consents: why choices aren't covered, what can be done, and where to record the answer.

    Those about whom nothing is recorded are one sentence: there may be dozens.
    """

    case: Case
    said: list[str]
    how: str
    has_covered: bool
    form: FormVersion | None


def mark_uncovered(page: SectionPage, draft: Draft, answers: Answers) -> ConsentPanel | None:
    """Sort the choices of the page's questions about recipients; return what to say, None where nothing is to be said.

    Changes the choices of the page's questions in place.
    """
    form = draft.form_version.parsed_form
    if not asks_for_consent(form):
        return None
    case, _unknown = named_case(form, answers, draft.owner)
    views = [view for view in page.questions if _names_recipients(view)]
    if case is None or not views:
        return None
    language = get_draft_language(draft)
    verdicts = find_uncovered(case, {value for view in views for value, _label in view.choices}, clock.now())
    said: dict[str, str] = {}
    has_covered = False
    for view in views:
        covered = [choice for choice in view.choices if choice[0] not in verdicts]
        rest = [choice for choice in view.choices if choice[0] in verdicts]
        for value, _label in rest:
            verdict = verdicts[value]
            is_silent = verdict.code == State.NONE
            why = gettext("No consent is recorded for the others.") if is_silent else localize(verdict.why, language)
            said[verdict.code if is_silent else value] = why
        has_covered = has_covered or any(value != "none" for value, _label in covered)
        without = gettext("no consent on record")
        # "None of them" stays last.
        last = [choice for choice in covered if choice[0] == "none"]
        first = [choice for choice in covered if choice[0] != "none"]
        view.choices[:] = [*first, *((value, f"{label} ({without})") for value, label in rest), *last]
    if not said:
        return None
    consent = FormVersion.objects.newest().for_staff().filter(form__key=CONSENT_FORM).first()
    # The sentence for the others comes last.
    ordered = [words for code, words in sorted(said.items(), key=lambda item: item[0] == State.NONE)]
    return ConsentPanel(case, ordered, _say_how(verdicts.values(), language), has_covered, consent)


def _say_how(verdicts: Iterable[Verdict], language: str) -> str:
    """Return what can be done: the longest of the texts, which names the emergency where one of them may."""
    return max((localize(verdict.how, language) for verdict in verdicts), key=len, default="")


def _names_recipients(view: QuestionView) -> bool:
    """Say whether the choices of a question are offices, or roles that receive something."""
    if view.question.type == "partner":
        return True
    values = {value for value, _label in view.choices} - {"none"}
    return bool(values) and values <= set(Role.values)
