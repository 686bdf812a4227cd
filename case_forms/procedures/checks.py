"""The checks that several rules of a procedure share, and what a rule knows about where a part stands."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from django.utils.translation import gettext as _

from access.languages import SPOKEN_LANGUAGES
from case_forms import expressions
from case_forms.form_builder.definition.problems import Problem
from case_forms.form_builder.fact_types import KNOWN
from case_forms.form_builder.references import parts_read
from case_forms.json_nodes import Node
from notifications.directory.models import Role
from outreach_pages.records.labels import Audience, PlaceType

from .case_state import STATUS_ORDER
from .definition import Procedure, Rule
from .events.registry import EVENTS, iter_names, scope_names
from .organisation_settings import get_name

KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
ROLES = frozenset(Role.values)
LONGEST_MINUTES = 5 * 366 * 24 * 60
Problems = Iterator[Problem]


@dataclass(frozen=True)
class Surrounding:
    """The place of a part in its procedure.

    `path`: its JSON pointer; `key`: the name under which it is stored, if it has one; `earlier`: the parts before it in
    the same list; `rule`: the rule that an action stands in. `questions` maps each published form to its questions'
    keys; with None, forms and answers are not checked. `setting_kinds`: what the settings can be; empty while one of
    them has a problem. `known`: the facts that a case can hold, by key; with None, which of them are read isn't
    checked.
    """

    procedure: Procedure
    questions: Mapping[str, Collection[str]] | None
    setting_kinds: Mapping[str, expressions.KindInfo] = field(default_factory=dict)
    known: Mapping[str, expressions.KindInfo] | None = None
    path: str = ""
    key: str = ""
    earlier: tuple[Node, ...] = ()
    is_last: bool = False
    rule: Rule | None = None

    def get_answers(self, forms: Collection[str]) -> set[str] | None:
        """Return the answers that an expression may read: of these forms, or (with none) of any.

        None: not to be checked.
        """
        if self.questions is None:
            return None
        return {key for form in forms or self.questions for key in self.questions.get(form, ())}


def get_answers_at(rule: Rule | None, here: Surrounding) -> set[str] | None:
    """Return the answers that expressions of a rule may read; none where no form comes with its event."""
    event = EVENTS.get(rule.on) if rule else None
    if event is not None and not event.has_form and here.questions is not None:
        return set()
    return here.get_answers(rule.forms if rule else ())


def is_minutes(value: Any) -> TypeGuard[int]:
    # A bool is an int in Python: `true` must not pass for one minute.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LONGEST_MINUTES


def check_key(path: str, key: Any) -> Problems:
    if not isinstance(key, str) or not KEY.match(key):
        yield Problem(path, "bad_key", _("A key has lower-case letters, digits and underscores."))


def check_own_key(path: str, key: Any, earlier: Collection[Any]) -> Problems:
    """Check that no part before it in the list has this key."""
    if isinstance(key, str) and key in earlier:
        yield Problem(path, "doubled_key", _("This key is used twice."))


def check_texts(path: str, texts: Any) -> Problems:
    wanted = SPOKEN_LANGUAGES
    if not isinstance(texts, dict) or not all(isinstance(texts.get(each), str) and texts[each] for each in wanted):
        yield Problem(path, "missing_text", _("Write this in Albanian and in English."))


def check_text(path: str, text: Any, words: str) -> Problems:
    if not isinstance(text, str) or not text:
        yield Problem(path, "missing", words)


def check_minutes(path: str, value: Any) -> Problems:
    if not is_minutes(value):
        yield Problem(path, "not_minutes", _("A whole number of minutes, at least 1."))


def check_flag(path: str, value: Any) -> Problems:
    if not isinstance(value, bool):
        yield Problem(path, "wrong_type", _("This is true or false."))


def check_names(path: str, given: Collection[str], allowed: Collection[str]) -> Problems:
    for name in given:
        if name not in allowed:
            yield Problem(f"{path}/{name}", "unknown_name", _("There is no such part."))


def check_role(path: str, role: Any) -> Problems:
    if not isinstance(role, str) or role not in ROLES:
        yield Problem(path, "unknown_role", _("No recipient has this role."))
    # A consent names one service, so none may be found by its area.
    elif role == Role.PROTECTION_SERVICE:
        yield Problem(path, "needs_refer", _("A protection service is notified by a referral that names it."))


def check_key_among(path: str, key: Any, among: Collection[str], code: str) -> Problems:
    if not isinstance(key, str) or key not in among:
        yield Problem(path, code, _("This procedure has nothing with this name."))


def check_form(path: str, form: Any, here: Surrounding) -> Problems:
    if not isinstance(form, str) or (here.questions is not None and form not in here.questions):
        yield Problem(path, "unknown_form", _("No form with this key is published."))


def check_expression(
    path: str, expression: Any, here: Surrounding, *, facts: Collection[str], answers: Collection[str] | None
) -> Problems:
    """Check an expression.

    It must be in the language, read known names only, and compare settings with the choices that they offer.
    `answers`: None when any name may be one.
    """
    names = scope_names().union(facts, map(get_name, here.procedure.settings))
    found = expressions.problems(expression, known=names if answers is None else names.union(answers))
    for problem in found:
        # Without `answers` any other name may be one; a setting is the procedure's own and always checked.
        is_a_setting = problem.startswith(f"unknown_reference: {expressions.SETTING_PREFIX}")
        if answers is None and problem.startswith("unknown_reference") and not is_a_setting:
            continue
        code = "unknown_setting" if is_a_setting else "bad_expression"
        yield Problem(path, code, _("This procedure has no such setting.") if is_a_setting else problem)
    if not found and here.known is not None:
        for name in parts_read(expression, KNOWN):
            if name.split(".")[0] not in here.known:
                yield Problem(
                    path,
                    "unknown_fact",
                    _("The catalogue of what is known about a person has no “%(key)s”.") % {"key": name},
                )
    if not found:
        offered = get_scope_kinds()
        if here.known is not None:
            offered[KNOWN] = expressions.KindInfo("object", rows=here.known)
        for code, words, name in expressions.kind_problems(expression, {**offered, **here.setting_kinds}):
            # To ask whether what an event offers is there at all is right: other events don't offer it.
            is_offered = name.split(".")[0] in offered
            if name in here.setting_kinds or (is_offered and code != "no_value"):
                yield Problem(path, "bad_expression", words)


def get_scope_kinds() -> dict[str, expressions.KindInfo]:
    """Return the kinds of the names that events offer, with the choices that are known here."""
    kinds = {scope.name: scope.info for scope in iter_names()}
    known = {"_role": ROLES, "_case_status": frozenset(STATUS_ORDER), "_status_before": frozenset(STATUS_ORDER)}
    known |= {"_session_audience": frozenset(Audience.values), "_session_place": frozenset(PlaceType.values)}
    return {**kinds, **{name: replace(kinds[name], choices=choices) for name, choices in known.items()}}
