"""The answers of procedures to the form builder: what an edit would end, and what a form sets in motion."""

from collections import ChainMap

from django.urls import reverse
from django.utils.translation import gettext as _

from access.models import localize
from case_forms import expressions
from case_forms.form_builder.definition import Form, Problem
from case_forms.form_builder.dependents import BROKEN, CHANGED, SAME, STARTS, STOPS, Effect, InMotion
from case_forms.form_builder.fact_types import KNOWN
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.form_builder.references import parts_read

from .definition import Procedure
from .descriptions import Words
from .form_guard import Changing, Found, Standing, breaks_in, changing, concerns, standing_versions, what_breaks
from .form_guard_messages import (
    MAX_TOLD,
    break_words,
    in_order,
    iter_problems,
    setting_problems,
    source_words,
)
from .labels import get_labels
from .organisation_settings import choices_of_settings, labels_of_settings
from .rule_needs import FormSide, RuleNeeds, may_match_none

# The pages of the editor of procedures, which stands above this room.
PAGES = "wagtailsnippets_procedures_procedure"
EDIT, READ, FIRST_RULE = f"{PAGES}:edit", f"{PAGES}:read", f"{PAGES}:first_rule"


class Procedures:
    """Every procedure version that decides or will, as a `form_builder.dependents.Dependent`."""

    def problems(self, key: str, form: Form | None, *, deep: bool = True) -> list[Problem]:
        change = changing(key, form)
        standing = standing_versions()
        broken = [
            problem
            for each in standing
            for found in what_breaks(change, each, deep=deep)
            for problem in iter_problems(found, change)
        ]
        # Under a version that only open cases stay under, a missing setting shares nothing, and says so on the case.
        sharing = [
            problem
            for each in standing
            if change.after is not None and not each.is_over
            for problem in setting_problems(change.after, each.version.parsed, source_words(each))
        ]
        return broken + sharing

    def in_motion(self, key: str, before: Form | None, after: Form | None, language: str) -> InMotion:
        change = changing(key, after)
        # `before` is what the caller compares with, which need not be the published version.
        change = Changing(key, FormSide(before) if before else None, change.after, change.others)
        effects, cautions, begins = [], [], []
        for standing in standing_versions():
            # By identity: `standing.needs` is cached, so both walks see the same objects.
            broken = {id(found.needs): found for found in what_breaks(change, standing)}
            heard = [needs for needs in standing.needs if concerns(needs, change, standing)]
            effects += [_effect(standing, needs, broken.get(id(needs)), change, language) for needs in heard]
            if not standing.is_over and change.after is not None:
                cautions += _cautions(standing, change)
                # A rule can only be about a form that is published.
                if not heard and change.before is not None and change.after is not None:
                    begins.append(_first_rule(standing, key))
        return InMotion(tuple(effects), tuple(dict.fromkeys(cautions)), tuple(dict.fromkeys(begins)))


def _effect(standing: Standing, needs: RuleNeeds, found: Found | None, change: Changing, language: str) -> Effect:
    procedure = standing.version.parsed
    words = Words(procedure, language)
    before, after = (_condition(needs, procedure, side, language) for side in (change.before, change.after))
    then = tuple(action.summarize(words) for action in needs.rule.then)
    missed = in_order(found.breaks) if found else []
    return Effect(
        source=source_words(standing),
        title=localize(needs.rule.title, language),
        words=localize(needs.rule.words, language),
        then=tuple(dict.fromkeys(then)) or (_("Notifies nobody, and says so"),),
        before=before,
        after=after,
        state=_state(needs, found, change, same=before == after),
        why=tuple(break_words(each, change) for each in missed[:MAX_TOLD]),
        url=_address(standing, needs),
    )


def _address(standing: Standing, needs: RuleNeeds) -> str:
    """Return where a rule is edited: in the draft, unless the version only decides about cases opened under it."""
    procedure = standing.version.procedure_id
    if standing.is_over:
        number = standing.version.number
        return f"{reverse(READ, args=[procedure])}?version={number}#rule-{needs.rule.key}"
    return f"{reverse(EDIT, args=[procedure])}#rule-{needs.rule.key}"


def _first_rule(standing: Standing, key: str) -> tuple[str, str]:
    words = _("Write the first rule for this form in %(procedure)s") % {"procedure": standing.version.title}
    return reverse(FIRST_RULE, args=[standing.version.procedure_id, key]), words


def _state(needs: RuleNeeds, found: Found | None, change: Changing, *, same: bool) -> str:
    if found is not None:
        return BROKEN if found.was_so else STOPS
    if change.after is None or not needs.listens_to(change.key, change.after):
        return STOPS
    if change.before is None or breaks_in(needs, change.key, change.before) - breaks_in(
        needs, change.key, change.after
    ):
        return STARTS
    return SAME if same else CHANGED


def _condition(needs: RuleNeeds, procedure: Procedure, side: FormSide | None, language: str) -> str:
    """Read back on which answers the rule applies, with the form's own words; "" when on all."""
    condition = needs.rule.when
    if side is None or condition is True:
        return ""
    # few rules read what is known about the person; the catalogue is asked for those only
    known = get_fact_catalogue() if any(parts_read(condition, KNOWN)) else None
    form = get_labels(side.form, language, known)
    facts = {fact.key: localize(fact.label, language) for fact in procedure.facts if fact.label}
    labelled = {**form.questions, **facts, **labels_of_settings(procedure, language)}
    values = ChainMap(choices_of_settings(procedure, language), form.choices)  # type: ignore[arg-type]
    try:
        return expressions.explain(condition, labels=labelled, values=values, language=language)
    except expressions.LogicError:
        return ""


def _cautions(standing: Standing, change: Changing) -> list[str]:
    """Warn of a form about which no rule says anything, or may say nothing for some answers (docs/adr/0035)."""
    side = change.after
    assert side is not None
    if not any(needs.is_about_what_is_sent and needs.listens_to(change.key, side) for needs in standing.needs):
        words = _("No rule of %(source)s covers this form: sending it notifies nobody.")
    elif may_match_none(standing.needs, change.key, side):
        words = _(
            "There may be answers to this form that no rule of %(source)s covers. Then nobody is notified, and "
            "the unit and its coordinators see that in red."
        )
    else:
        return []
    return [words % {"source": source_words(standing)}]
