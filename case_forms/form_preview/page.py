"""Builder of a trial's page and report. Pure except for reading the lists and the procedure in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from access.languages import LANGUAGES
from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import Form, parse_form
from case_forms.form_builder.lists import resolved
from case_forms.form_builder.models import get_fact_catalogue, shared_lists
from case_forms.form_builder.problem_locations import placed
from case_forms.form_builder.sources import Lists
from case_forms.procedures.labels import get_labels
from case_forms.submissions.drafts.filled import FilledAnswer
from case_forms.submissions.drafts.typed_values import merged, typed_in, without_row
from case_forms.submissions.languages import language_among, languages_to_pick
from case_forms.submissions.pages.entries import SectionPage
from case_forms.submissions.pages.section import NoSuchSection, section_page
from case_forms.submissions.readable_answers import SectionReading, read_sections
from case_forms.submissions.validation.validate import Answers, CheckContext, form_states

from .invented import Invented, invent
from .rehearsal import Rehearsal, rehearse, settings_in_force
from .renderable import readable, showable
from .rules import SectionRules, get_rules
from .trial import REVIEW, Trial


@dataclass
class Shown:
    """The result of a trial. `page`: the section to show, None at the review and when nothing can be shown.

    `faults` counts the answers that would have to be corrected before submitting.
    """

    problems: list[dict[str, str]]
    definition: Form | None = None
    language: str = ""
    languages: list[tuple[str, str]] = field(default_factory=list)
    page: SectionPage | None = None
    new_row_in: str = ""
    readings: list[SectionReading] = field(default_factory=list, repr=False)
    rules: list[SectionRules] = field(default_factory=list)
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    faults: int = 0
    invented: Invented = field(default_factory=Invented)

    @property
    def section(self) -> str:
        return self.page.key if self.page else REVIEW


def shown_for(trial: Trial, language: str) -> Shown:
    """Run a trial of a form. `language` is the reader's own."""
    shared = shared_lists()
    facts = get_fact_catalogue()
    found = check_definition(trial.definition, shared=shared, facts=facts)
    shown = Shown(problems=placed(found, trial.definition, language))
    definition = showable(trial.definition, shared) if found else resolved(trial.definition, shared)
    form = parse_form(definition)
    if definition is None or not form.sections:
        return shown
    shown.definition = form
    shown.language = language_among(form.languages, trial.language, language)
    shown.languages = languages_to_pick(form)
    context = CheckContext(
        sources=Lists(),
        today=timezone.localdate(),
        occurred_on=trial.occurred_on,
        language=shown.language,
        service_language=language,
    )
    shown.invented = invent(form, facts, context)
    context = replace(context, known=shown.invented.known)
    answers = _answers(form, trial, shown.invented)
    # the page's script can't follow conditions that don't parse; the report still names them
    shown.page, shown.new_row_in = _page(parse_form(readable(form)), answers, context, trial, shown.invented)
    checked = form_states(form, answers, context)
    shown.faults = len(checked.errors)
    if shown.page is None:
        shown.readings = read_sections(checked, context)
    labels = {each: get_labels(form, each) for each in (*LANGUAGES, language)}
    shown.rules = get_rules(form, checked, context, labels[language], language, settings_in_force(language))
    shown.rehearsal = rehearse(form, checked.answers, context, labels, language)
    return shown


def _answers(form: Form, trial: Trial, invented: Invented) -> Answers:
    """Read what was typed in all sections, without the row whose removal was asked for.

    A section that wasn't shown yet begins with what is known.
    """
    answers: Answers = {}
    for section in form.sections:
        fields = trial.fields.get(section.key)
        if fields is None:
            answers |= invented.begin(section)
            continue
        removes = trial.press[0] == "remove" and section.key == trial.section
        typed = without_row(fields, section, trial.press[1]) if removes else typed_in(section, fields)
        answers = merged(answers, section, typed)
    return answers


def _page(
    form: Form, answers: Answers, context: CheckContext, trial: Trial, invented: Invented
) -> tuple[SectionPage | None, str]:
    """Return the section to show after the button that was pressed (None: the review), and the group that got a row."""
    name, value = trial.press
    if trial.section == REVIEW and name != "go":
        return None, ""
    new_row_in = value if name == "add" else ""
    filled = invented.unchanged(form, answers, context)
    here = _section(form, trial.section, answers, context, filled, new_row_in=new_row_in)
    if here is None or name != "go":
        return here, new_row_in
    if value == "next":
        fields = trial.fields.get(here.key)
        asked = section_page(
            form,
            here.key,
            answers,
            context,
            user=None,
            shown=fields.getlist("shown") if fields else (),
            filled=filled,
        )
        # as in the real form: "Continue" shows what is wrong in this section before it goes on
        if asked.problems:
            return asked, ""
        return (_section(form, here.next, answers, context, filled) if here.next else None), ""
    wanted = (here.previous or here.key) if value == "back" else value.removeprefix("to:")
    return _section(form, wanted, answers, context, filled), ""


def _section(
    form: Form,
    wanted: str,
    answers: Answers,
    context: CheckContext,
    filled: Mapping[str, FilledAnswer],
    **options: Any,
) -> SectionPage | None:
    """Return this section if the form has it and it applies, else the first that applies; None when none does."""
    for key in (wanted, *(section.key for section in form.sections)):
        try:
            return section_page(form, key, answers, context, user=None, filled=filled, **options)
        except NoSuchSection:
            options = {}
    return None
