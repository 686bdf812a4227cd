"""The check of a procedure before it is published.

Every problem has a path (`/rules/0/then/1/ladder`), a code and a sentence. The procedure is parsed once, then the rules
(`rules.RULES`) are applied to each part in document order.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from case_forms.expressions import KindInfo
from case_forms.form_builder.definition.problems import Problem
from case_forms.json_nodes import Node

from .checks import Surrounding, check_key
from .definition import Calendar, Fact, Flag, LadderStep, Rule, Setting, SettingChoice, parse_procedure
from .definition.nodes import Deadline, ListNode
from .organisation_settings import kinds_of_settings
from .rule_actions.base import RuleAction
from .rules import RULES

Parts = Iterator[tuple[Node, Surrounding]]


def check_procedure(
    definition: Any,
    *,
    questions: Mapping[str, Collection[str]] | None = None,
    known: Mapping[str, KindInfo] | None = None,
) -> list[Problem]:
    """List all problems of a procedure definition, in document order; empty when it may be published.

    `questions` maps each published form to its questions' keys; with it, forms and names are checked too. `known`: the
    facts that a case can hold; with it, what rules read of them.
    """
    procedure = parse_procedure(definition)
    if not isinstance(procedure.stored, dict):
        return [Problem("", "not_an_object", _("A procedure is an object."))]
    here = Surrounding(procedure, questions, known=known)
    found = list(_check(procedure, here))
    in_settings = [problem for node, place in _settings(here) for problem in _check(node, place)]
    # Of sound settings only is it known what they can be.
    if not in_settings:
        here = replace(here, setting_kinds=kinds_of_settings(procedure))
    others = [problem for node, place in _parts(here) for problem in _check(node, place)]
    return [*found, *in_settings, *others]


def _check(node: Node, here: Surrounding) -> Iterator[Problem]:
    told = _not_an_object(node)
    if told:
        if here.key:
            yield from check_key(here.path, here.key)
        yield Problem(here.path, "wrong_type", told)
        return
    for rule in RULES:
        if isinstance(node, rule.part):
            yield from rule.find(node, here)


def _settings(here: Surrounding) -> Parts:
    for key, setting in here.procedure.settings.items():
        place = replace(here, path=f"/settings/{key}", key=key)
        yield setting, place
        yield from _each(setting.choices, place, "choices")


def _parts(here: Surrounding) -> Parts:
    """Iterate over the parts of a procedure in document order, without its settings."""
    procedure = here.procedure
    yield from _each(procedure.facts, here, "facts")
    for key, calendar in procedure.calendars.items():
        yield calendar, replace(here, path=f"/calendars/{key}", key=key)
    for key, deadline in procedure.deadlines.items():
        yield deadline, replace(here, path=f"/deadlines/{key}", key=key)
    for key, ladder in procedure.ladders.items():
        place = replace(here, path=f"/ladders/{key}", key=key)
        yield ladder, place
        yield from _each(ladder.steps, place)
    for key, chain in procedure.chains.items():
        yield chain, replace(here, path=f"/chains/{key}", key=key)
    for key, flag in procedure.flags.items():
        yield flag, replace(here, path=f"/flags/{key}", key=key)
    for rule, place in _each(procedure.rules, here, "rules"):
        yield rule, place
        if isinstance(rule, Rule):
            yield from _each(rule.then, replace(place, rule=rule), "then")


def _each(nodes: Sequence[Node], holder: Surrounding, name: str = "") -> Parts:
    path = f"{holder.path}/{name}" if name else holder.path
    for position, node in enumerate(nodes):
        earlier, is_last = tuple(nodes[:position]), position == len(nodes) - 1
        yield node, replace(holder, path=f"{path}/{position}", key="", earlier=earlier, is_last=is_last)


def _not_an_object(node: Node) -> str:
    """Return words for a part that is something else, as the list that a ladder and a chain are; else ""."""
    # Of an action that is no object, and of a list that is none, a rule of their own says so.
    if isinstance(node.stored, dict) or isinstance(node, ListNode | RuleAction):
        return ""
    told = {
        Setting: _("A setting is an object."),
        SettingChoice: _("A choice is an object."),
        Fact: _("A fact is an object."),
        Calendar: _("A calendar is an object."),
        Deadline: _("A deadline is an object."),
        LadderStep: _("A step is an object."),
        Flag: _("A flag is an object."),
        Rule: _("A rule is an object."),
    }
    return told[type(node)]
