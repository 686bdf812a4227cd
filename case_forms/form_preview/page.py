"""Makes the page and the report of a trial. Pure but for the lists and the procedure, which are only read."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.lists import resolved, shared_lists
from case_forms.form_builder.problem_locations import placed
from case_forms.form_builder.sources import Lists
from case_forms.procedures.decide import LANGUAGES
from case_forms.procedures.labels import get_labels
from case_forms.submissions.drafts.typed_values import merged, typed_in, without_row
from case_forms.submissions.languages import language_among, languages_to_pick
from case_forms.submissions.pages.entries import SectionPage
from case_forms.submissions.pages.section import NoSuchSection, section_page
from case_forms.submissions.readable_answers import SectionReading, read_sections
from case_forms.submissions.validation.validate import Answers, CheckContext, form_states

from .rehearsal import Rehearsal, rehearse, settings_in_force
from .renderable import readable, showable
from .rules import SectionRules, get_rules
from .trial import REVIEW, Trial


@dataclass
class Shown:
    """What is answered to a trial. `page` is the section to show, None at the review and when nothing can be shown.

    `faults` counts the answers that would have to be mended before sending.
    """

    problems: list[dict[str, str]]
    definition: dict[str, Any] | None = None
    language: str = ""
    languages: list[tuple[str, str]] = field(default_factory=list)
    page: SectionPage | None = None
    new_row_in: str = ""
    readings: list[SectionReading] = field(default_factory=list, repr=False)
    rules: list[SectionRules] = field(default_factory=list)
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    faults: int = 0

    @property
    def section(self) -> str:
        return self.page.key if self.page else REVIEW


def shown_for(trial: Trial, language: str) -> Shown:
    """The form as tried. `language` is the reader's own."""
    shared = shared_lists()
    found = check_definition(trial.definition, shared=shared)
    shown = Shown(problems=placed(found, trial.definition, language))
    definition = showable(trial.definition, shared) if found else resolved(trial.definition, shared)
    if definition is None or not definition["sections"]:
        return shown
    shown.definition = definition
    shown.language = language_among(definition["languages"], trial.language, language)
    shown.languages = languages_to_pick(definition)
    context = CheckContext(
        sources=Lists(),
        today=timezone.localdate(),
        occurred_on=trial.occurred_on,
        language=shown.language,
        house_language=language,
    )
    answers = _answers(definition, trial)
    shown.page, shown.new_row_in = _page(readable(definition), answers, context, trial)
    checked = form_states(definition, answers, context)
    shown.faults = len(checked.errors)
    if shown.page is None:
        shown.readings = read_sections(checked, context)
    labels = {each: get_labels(definition, each) for each in (*LANGUAGES, language)}
    shown.rules = get_rules(definition, checked, context, labels[language], language, settings_in_force(language))
    shown.rehearsal = rehearse(definition, checked.answers, context, labels, language)
    return shown


def _answers(definition: dict[str, Any], trial: Trial) -> Answers:
    """What was typed in all sections, without the row whose removal was asked for."""
    answers: Answers = {}
    for section in definition["sections"]:
        fields = trial.fields.get(section["key"])
        if fields is None:
            continue
        removes = trial.press[0] == "remove" and section["key"] == trial.section
        typed = without_row(fields, section, trial.press[1]) if removes else typed_in(section, fields)
        answers = merged(answers, section, typed)
    return answers


def _page(
    definition: dict[str, Any], answers: Answers, context: CheckContext, trial: Trial
) -> tuple[SectionPage | None, str]:
    """The section to show after the button that was pressed, and the group that got a row. None: the review."""
    name, value = trial.press
    if trial.section == REVIEW and name != "go":
        return None, ""
    new_row_in = value if name == "add" else ""
    here = _section(definition, trial.section, answers, context, new_row_in=new_row_in)
    if here is None or name != "go":
        return here, new_row_in
    if value == "next":
        fields = trial.fields.get(here.key)
        asked = section_page(
            definition, here.key, answers, context, user=None, shown=fields.getlist("shown") if fields else ()
        )
        if asked.problems:
            return asked, ""
        return (_section(definition, here.next, answers, context) if here.next else None), ""
    wanted = (here.previous or here.key) if value == "back" else value.removeprefix("to:")
    return _section(definition, wanted, answers, context), ""


def _section(
    definition: dict[str, Any], wanted: str, answers: Answers, context: CheckContext, **options: Any
) -> SectionPage | None:
    """This section when the form has it and it applies, else the first that applies; None when none does."""
    for key in (wanted, *(section["key"] for section in definition["sections"])):
        try:
            return section_page(definition, key, answers, context, user=None, **options)
        except NoSuchSection:
            options = {}
    return None
