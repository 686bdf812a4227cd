"""The rules about the actions of a procedure, from the schemas that the actions themselves declare."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from case_forms.form_builder.definition.problems import Problem

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
    check_role,
    check_text,
    check_texts,
    get_answers_at,
)
from .events.base import EventKind
from .events.registry import EVENTS
from .rule_actions import parameters
from .rule_actions.base import RuleAction, UnknownAction
from .rule_actions.parameters import Parameter

ParameterCheck = Callable[[str, Any, Parameter, Surrounding], Problems]


def action_is_known(action: RuleAction, here: Surrounding) -> Problems:
    if isinstance(action, UnknownAction):
        yield Problem(f"{here.path}/do", "unknown_action", _("There is no such action."))


def parameters_are_the_actions_own(action: RuleAction, here: Surrounding) -> Problems:
    if isinstance(action, UnknownAction):
        return
    written = action.parameters()
    yield from check_names(here.path, action.stored, {*written, "do"})
    for name in sorted(name for name, parameter in written.items() if parameter.is_needed):
        if name not in action.stored:
            yield Problem(f"{here.path}/{name}", "missing", _("This is needed here."))


def one_of_the_parameters_is_given(action: RuleAction, here: Surrounding) -> Problems:
    if action.one_of and len([name for name in action.one_of if name in action.stored]) != 1:
        words = _("Give exactly one of: %(names)s.") % {"names": ", ".join(action.one_of)}
        yield Problem(f"{here.path}/{action.one_of[0]}", "one_of", words)


def parameters_are_valid(action: RuleAction, here: Surrounding) -> Problems:
    for name, parameter in action.parameters().items():
        if name in action.stored:
            yield from PARAMETER_CHECKS[parameter.kind](f"{here.path}/{name}", action.stored[name], parameter, here)


def action_suits_the_event(action: RuleAction, here: Surrounding) -> Problems:
    """About a tip only notices are created: a worker begins an identification from it, which opens the case.

    About a session only our own people are told, and the unit can be asked for its report; about the alarm of a phone
    the police, too.
    """
    event = EVENTS.get(here.rule.on) if here.rule else None
    if event is None or isinstance(action, UnknownAction):
        return
    if not event.allows(action.code, needs_case=action.needs_case):
        yield Problem(f"{here.path}/do", "needs_a_case", _(event.impossible))
    elif event.told_roles:
        yield from _only_those_told(action, event, here)


def _only_those_told(action: RuleAction, event: type[EventKind], here: Surrounding) -> Problems:
    for name, parameter in action.parameters().items():
        value = action.stored.get(name)
        is_another_role = parameter.kind == parameters.ROLE and isinstance(value, str) and value not in event.told_roles
        if is_another_role or (parameter.kind == parameters.OFFICE and value is not None):
            yield Problem(f"{here.path}/{name}", "role_not_told", _(event.told_words))
        elif name == "document" and value:
            yield Problem(f"{here.path}/{name}", "no_document", _("There is no document without a case."))


# ---- one check for each kind of parameter ----


def _expression(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    facts = [fact.key for fact in here.procedure.facts]
    answers = get_answers_at(here.rule, here)
    yield from check_expression(path, value, here, facts=facts, answers=answers)


def _role(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_role(path, value)


def _deadline(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from _named(path, value, here.procedure.deadlines, "unknown_deadline")


def _ladder(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from _named(path, value, here.procedure.ladders, "unknown_ladder")


def _named(path: str, name: Any, among: Mapping[str, Any], code: str) -> Problems:
    if name is not None:
        yield from check_key_among(path, name, among, code)


def _minutes(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_minutes(path, value)


def _flag(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_flag(path, value)


def _choice(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    if value not in [choice for choice, _words in parameter.choices]:
        yield Problem(path, "not_a_choice", _("Choose one of the choices that there are."))


def _text(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_text(path, value, _("Write a text."))


def _texts(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_texts(path, value)


def _key(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_key(path, value)
    # What waits is met by its key: a task that bears a deadline's would be met with it.
    if isinstance(value, str) and value in here.procedure.deadlines:
        yield Problem(path, "doubled_key", _("A deadline of this procedure has this key."))


def _form(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    # None: one that may be left out, and is.
    if value is not None or parameter.is_needed:
        yield from check_form(path, value, here)


def _marker(path: str, value: Any, parameter: Parameter, here: Surrounding) -> Problems:
    yield from check_key_among(path, value, here.procedure.flags, "unknown_flag")


PARAMETER_CHECKS: Mapping[str, ParameterCheck] = {
    parameters.EXPRESSION: _expression,
    parameters.CONDITION: _expression,
    parameters.OFFICE: _expression,
    parameters.ROLE: _role,
    parameters.DEADLINE: _deadline,
    parameters.LADDER: _ladder,
    parameters.MINUTES: _minutes,
    parameters.FLAG: _flag,
    parameters.CHOICE: _choice,
    parameters.TEXT: _text,
    parameters.TEXTS: _texts,
    parameters.KEY: _key,
    parameters.FORM: _form,
    parameters.MARKER: _marker,
}
