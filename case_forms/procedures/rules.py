"""The rules that a procedure must meet to be published, each one function. `checker` applies them, part by part.

A rule is applied to one type of part and yields what is wrong with it. `RULES` has the order in which the problems of
one part are reported; parts are taken in document order. A part that is no object is reported as that, and no rule is
asked about it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from access.models import localize
from case_forms.form_builder.definition.problems import Problem
from case_forms.json_nodes import Node

from .action_rules import (
    action_is_known,
    action_suits_the_event,
    one_of_the_parameters_is_given,
    parameters_are_the_actions_own,
    parameters_are_valid,
)
from .calendar_rules import (
    calendar_is_open_at_times,
    closed_days_are_dates,
    deadline_is_counted_in_a_calendar,
    public_holidays_is_a_flag,
)
from .checks import (
    Problems,
    Surrounding,
    check_expression,
    check_flag,
    check_form,
    check_key,
    check_key_among,
    check_minutes,
    check_names,
    check_own_key,
    check_role,
    check_text,
    check_texts,
    get_answers_at,
    is_minutes,
)
from .definition import (
    MARKS,
    Calendar,
    Chain,
    Deadline,
    Fact,
    Flag,
    Ladder,
    LadderStep,
    Procedure,
    Rule,
    Setting,
    SettingChoice,
)
from .escalation_rules import (
    chain_ends_with_somebody_who_can_act,
    chain_has_a_link,
    chain_is_for_a_role,
    ladder_does_not_run_out,
    ladder_has_a_step,
    links_widen,
    step_comes_after_the_one_before,
    step_is_known,
)
from .event_order import find_circles
from .events.dates import DateReached
from .events.registry import EVENTS
from .rule_actions.base import RuleAction

MAX_DAYS = 10 * 366  # before or after a date
CONFIDENCES = frozenset({"source", "background", "proposal"})
# The parts of a procedure that hold others, and what holds them.
HOLDERS = {
    "settings": dict,
    "facts": list,
    "calendars": dict,
    "deadlines": dict,
    "ladders": dict,
    "chains": dict,
    "flags": dict,
    "rules": list,
}


@dataclass(frozen=True)
class PartRule:
    """One rule: the type of part that it is about, and the function that finds what is wrong with such a part."""

    part: type[Node]
    find: Callable[[Any, Surrounding], Problems]


# ---- any part ----


def names_are_the_formats_own(node: Node, here: Surrounding) -> Problems:
    yield from check_names(here.path, node.stored, type(node).model_fields)


def own_key_is_well_written(node: Node, here: Surrounding) -> Problems:
    yield from check_key(f"{here.path}/key", node.stored.get("key"))


def stored_name_is_well_written(node: Node, here: Surrounding) -> Problems:
    yield from check_key(here.path, here.key)


def label_is_in_every_language(node: Node, here: Surrounding) -> Problems:
    yield from check_texts(f"{here.path}/label", node.stored.get("label"))


def confidence_is_said(node: Node, here: Surrounding) -> Problems:
    """Nobody takes a proposal for the law."""
    confidence = node.stored.get("confidence")
    if not isinstance(confidence, str) or confidence not in CONFIDENCES:
        yield Problem(f"{here.path}/confidence", "not_a_choice", _("Choose source, background or proposal."))


# ---- the procedure ----


def format_is_known(procedure: Procedure, here: Surrounding) -> Problems:
    if procedure.stored.get("format") != 1:
        yield Problem("/format", "unknown_format", _("The format is 1."))


def title_and_basis_are_in_every_language(procedure: Procedure, here: Surrounding) -> Problems:
    for name in ("title", "basis"):
        yield from check_texts(f"/{name}", procedure.stored.get(name))


def parts_have_their_structure(procedure: Procedure, here: Surrounding) -> Problems:
    for name, kind in HOLDERS.items():
        if not isinstance(procedure.stored.get(name, kind()), kind):
            yield Problem(f"/{name}", "wrong_type", _("This part has the wrong structure."))


def there_is_a_rule(procedure: Procedure, here: Surrounding) -> Problems:
    if not procedure.rules:
        yield Problem("/rules", "no_rules", _("A procedure has at least one rule."))


def rules_do_not_go_round(procedure: Procedure, here: Surrounding) -> Problems:
    """No rule sets off, directly or through others, itself: what they do would go on without end."""
    for circle in find_circles(procedure.rules):
        titles = ", ".join(f"“{localize(procedure.rules[each].title) or each}”" for each in circle)
        words = _("These rules set each other off without end: %(rules)s.") % {"rules": titles}
        yield Problem(f"/rules/{circle[0]}/on", "goes_round", words)


# ---- settings ----


def setting_offers_a_choice(setting: Setting, here: Surrounding) -> Problems:
    """At least two choices, and what is proposed or chosen among them."""
    values = [str(choice.stored.get("value")) for choice in setting.choices if isinstance(choice.stored, dict)]
    if len(values) < 2:
        yield Problem(f"{here.path}/choices", "no_choices", _("A setting has at least two choices."))
    for name in ("default", "value"):
        if (name == "default" or name in setting.stored) and setting.stored.get(name) not in values:
            yield Problem(f"{here.path}/{name}", "not_a_choice", _("Choose one of this setting's choices."))


def setting_says_what_it_rests_on(setting: Setting, here: Surrounding) -> Problems:
    yield from check_text(f"{here.path}/basis", setting.stored.get("basis"), _("Say what this setting rests on."))


def for_lawyer_is_a_flag(setting: Setting, here: Surrounding) -> Problems:
    yield from check_flag(f"{here.path}/for_lawyer", setting.stored.get("for_lawyer", False))


def choice_value_is_its_own(choice: SettingChoice, here: Surrounding) -> Problems:
    value = choice.stored.get("value")
    yield from check_key(f"{here.path}/value", value)
    before = [str(each.stored.get("value")) for each in here.earlier if isinstance(each.stored, dict)]
    yield from check_own_key(f"{here.path}/value", value, before)


# ---- facts ----


def fact_label_is_in_every_language(fact: Fact, here: Surrounding) -> Problems:
    if "label" in fact.stored:
        yield from check_texts(f"{here.path}/label", fact.stored["label"])


def fact_can_be_worked_out(fact: Fact, here: Surrounding) -> Problems:
    """A fact may read the facts before it, and no later one; and the answers of any form, because it is worked out
    for all of them."""
    before = [each.key for each in here.earlier if isinstance(each, Fact)]
    answers = here.get_answers(())
    yield from check_expression(f"{here.path}/value", fact.stored.get("value"), here, facts=before, answers=answers)


def fact_key_is_its_own(fact: Fact, here: Surrounding) -> Problems:
    before = [each.key for each in here.earlier if isinstance(each, Fact)]
    yield from check_own_key(f"{here.path}/key", fact.stored.get("key"), before)


# ---- deadlines ----


def deadline_says_what_it_is_based_on(deadline: Deadline, here: Surrounding) -> Problems:
    yield from check_text(f"{here.path}/basis", deadline.stored.get("basis"), _("Say what this deadline is based on."))


def marks_increase(deadline: Deadline, here: Surrounding) -> Problems:
    last = 0
    for name in MARKS:
        if name not in deadline.stored:
            continue
        minutes = deadline.stored[name]
        yield from check_minutes(f"{here.path}/{name}", minutes)
        if not is_minutes(minutes):
            continue
        if minutes <= last:
            yield Problem(f"{here.path}/{name}", "not_increasing", _("Each mark comes later than the one before it."))
        last = max(last, minutes)


def deadline_has_an_owner(deadline: Deadline, here: Surrounding) -> Problems:
    """Owner and ladder belong together: steps need somebody to be told, and an owner without steps is never told."""
    path, stored = here.path, deadline.stored
    if "owner" in stored:
        yield from check_role(f"{path}/owner", stored["owner"])
    if "ladder" in stored:
        yield from check_key_among(f"{path}/ladder", stored["ladder"], here.procedure.ladders, "unknown_ladder")
    if "owner" in stored and "ladder" not in stored:
        yield Problem(f"{path}/ladder", "missing", _("Say what happens while the owner doesn't act."))
    if "ladder" in stored and "owner" not in stored:
        yield Problem(f"{path}/owner", "missing", _("Say whose duty this is."))


def deadline_says_what_meets_it(deadline: Deadline, here: Surrounding) -> Problems:
    if "form" in deadline.stored:
        yield from check_form(f"{here.path}/form", deadline.stored["form"], here)
    if "next_step" in deadline.stored:
        yield from check_texts(f"{here.path}/next_step", deadline.stored["next_step"])


# ---- rules ----


def rule_is_in_words(rule: Rule, here: Surrounding) -> Problems:
    for name in ("title", "words"):
        yield from check_texts(f"{here.path}/{name}", rule.stored.get(name))


def rule_responds_to_an_event(rule: Rule, here: Surrounding) -> Problems:
    if rule.on not in EVENTS:
        words = _("A rule responds to %(kinds)s.") % {"kinds": ", ".join(sorted(EVENTS))}
        yield Problem(f"{here.path}/on", "unknown_kind", words)


def forms_are_published(rule: Rule, here: Surrounding) -> Problems:
    if "forms" in rule.stored and not rule.has("forms"):
        yield Problem(f"{here.path}/forms", "wrong_type", _("Forms are a list of keys."))
    for position, form in enumerate(rule.forms):
        yield from check_form(f"{here.path}/forms/{position}", form, here)


def event_has_a_form(rule: Rule, here: Surrounding) -> Problems:
    """A rule about something with which no form comes names none."""
    if rule.on in EVENTS and not EVENTS[rule.on].has_form and rule.forms:
        yield Problem(f"{here.path}/forms", "no_form", _("No form is sent then. Leave the forms out."))


def date_is_of_a_form(rule: Rule, here: Surrounding) -> Problems:
    """A rule about a date names the question, and the forms that ask it; no other rule does."""
    if rule.on != DateReached.code:
        yield from check_names(here.path, {"date", "days"} & rule.stored.keys(), ())
        return
    answers = here.get_answers(rule.forms)
    if not rule.date or (answers is not None and rule.date not in answers):
        yield Problem(f"{here.path}/date", "unknown_question", _("Name the question that gives the date."))
    if not rule.forms:
        yield Problem(f"{here.path}/forms", "missing", _("Name the forms that ask for the date."))
    if "days" in rule.stored and (not rule.has("days") or abs(rule.days) > MAX_DAYS):
        words = _("A whole number of days, negative for days before the date, at most ten years.")
        yield Problem(f"{here.path}/days", "not_days", words)


def condition_can_be_read(rule: Rule, here: Surrounding) -> Problems:
    if "when" in rule.stored:
        facts = [fact.key for fact in here.procedure.facts]
        answers = get_answers_at(rule, here)
        yield from check_expression(f"{here.path}/when", rule.stored["when"], here, facts=facts, answers=answers)


def rule_says_what_is_done(rule: Rule, here: Surrounding) -> Problems:
    # An empty list is a rule that only says why nothing is done.
    if not isinstance(rule.stored.get("then"), list):
        yield Problem(f"{here.path}/then", "wrong_type", _("Say what is done, or give an empty list."))


def rule_key_is_its_own(rule: Rule, here: Surrounding) -> Problems:
    before = [each.key for each in here.earlier if isinstance(each, Rule)]
    yield from check_own_key(f"{here.path}/key", rule.stored.get("key"), before)


RULES: tuple[PartRule, ...] = (
    PartRule(Procedure, names_are_the_formats_own),
    PartRule(Procedure, format_is_known),
    PartRule(Procedure, own_key_is_well_written),
    PartRule(Procedure, title_and_basis_are_in_every_language),
    PartRule(Procedure, parts_have_their_structure),
    PartRule(Procedure, there_is_a_rule),
    PartRule(Procedure, rules_do_not_go_round),
    PartRule(Setting, stored_name_is_well_written),
    PartRule(Setting, names_are_the_formats_own),
    PartRule(Setting, label_is_in_every_language),
    PartRule(Setting, setting_offers_a_choice),
    PartRule(Setting, setting_says_what_it_rests_on),
    PartRule(Setting, confidence_is_said),
    PartRule(Setting, for_lawyer_is_a_flag),
    PartRule(SettingChoice, names_are_the_formats_own),
    PartRule(SettingChoice, choice_value_is_its_own),
    PartRule(SettingChoice, label_is_in_every_language),
    PartRule(Fact, names_are_the_formats_own),
    PartRule(Fact, own_key_is_well_written),
    PartRule(Fact, fact_label_is_in_every_language),
    PartRule(Fact, fact_can_be_worked_out),
    PartRule(Fact, fact_key_is_its_own),
    PartRule(Calendar, stored_name_is_well_written),
    PartRule(Calendar, names_are_the_formats_own),
    PartRule(Calendar, label_is_in_every_language),
    PartRule(Calendar, calendar_is_open_at_times),
    PartRule(Calendar, closed_days_are_dates),
    PartRule(Calendar, public_holidays_is_a_flag),
    PartRule(Deadline, stored_name_is_well_written),
    PartRule(Deadline, names_are_the_formats_own),
    PartRule(Deadline, label_is_in_every_language),
    PartRule(Deadline, deadline_says_what_it_is_based_on),
    PartRule(Deadline, confidence_is_said),
    PartRule(Deadline, marks_increase),
    PartRule(Deadline, deadline_is_counted_in_a_calendar),
    PartRule(Deadline, deadline_has_an_owner),
    PartRule(Deadline, deadline_says_what_meets_it),
    PartRule(Ladder, stored_name_is_well_written),
    PartRule(Ladder, ladder_has_a_step),
    PartRule(LadderStep, names_are_the_formats_own),
    PartRule(LadderStep, step_is_known),
    PartRule(LadderStep, step_comes_after_the_one_before),
    PartRule(LadderStep, ladder_does_not_run_out),
    PartRule(Chain, chain_is_for_a_role),
    PartRule(Chain, chain_has_a_link),
    PartRule(Chain, links_widen),
    PartRule(Chain, chain_ends_with_somebody_who_can_act),
    PartRule(Flag, stored_name_is_well_written),
    PartRule(Flag, names_are_the_formats_own),
    PartRule(Flag, label_is_in_every_language),
    PartRule(Rule, names_are_the_formats_own),
    PartRule(Rule, own_key_is_well_written),
    PartRule(Rule, rule_is_in_words),
    PartRule(Rule, rule_responds_to_an_event),
    PartRule(Rule, forms_are_published),
    PartRule(Rule, event_has_a_form),
    PartRule(Rule, date_is_of_a_form),
    PartRule(Rule, condition_can_be_read),
    PartRule(Rule, rule_says_what_is_done),
    PartRule(Rule, rule_key_is_its_own),
    PartRule(RuleAction, action_is_known),
    PartRule(RuleAction, parameters_are_the_actions_own),
    PartRule(RuleAction, one_of_the_parameters_is_given),
    PartRule(RuleAction, parameters_are_valid),
    PartRule(RuleAction, action_suits_the_event),
)
