"""What the editor's script needs beside the procedure: events, actions with their typed parameters, lists, texts.

Everything comes from the registries, so that a new event or action is in the editor without a change here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.languages import LANGUAGES, in_each_language
from access.models import localize
from case_forms.cases.models import CaseStatus
from case_forms.form_builder.audience import PUBLIC, get_audience
from case_forms.form_builder.catalogue import catalogue, facts_for_editor
from case_forms.form_builder.definition import Form
from case_forms.form_builder.fact_types import KNOWN
from case_forms.procedures.definition import Deadline
from case_forms.procedures.events.base import EventKind
from case_forms.procedures.events.dates import DateReached
from case_forms.procedures.events.registry import EVENTS, iter_names
from case_forms.procedures.rule_actions.base import RuleAction
from case_forms.procedures.rule_actions.registry import ACTIONS
from notifications.directory.models import Role

from .labels import CONFIDENCES, LINKS, STEPS, WEEKDAY_NAMES, procedure_words
from .sentences import STATUS_NAMES

# How the editor asks for what a deadline may have beside its name and its marks; only what the format knows is asked.
DEADLINE_FIELDS = {"calendar": "calendar", "owner": "role", "ladder": "ladder", "form": "form", "next_step": "texts"}
# Of the form builder's catalogue, what only the editor of forms asks for.
OF_FORMS_ONLY = (
    "type_groups",
    "lists",
    "brief_parts",
    "retention_bases",
    "kinds",
    "audiences",
    "sensitivities",
    "appearances",
    "facts",
)


def build_catalogue(forms: Mapping[str, Form], language: str) -> dict[str, Any]:
    """Build what the script works with, in the words of this language, which must be the active one.

    The form builder's own catalogue (conditions, operators, types of questions) without its lists, and `procedure`:
    events, actions, roles, links, steps, forms, names. The lists come with the forms' questions (`build_scopes`).
    """
    shared = {name: value for name, value in catalogue(language).items() if name not in OF_FORMS_ONLY}
    return {
        **shared,
        "lists": {},
        "words": {**shared["words"], **procedure_words()},
        "procedure": {
            "languages": list(LANGUAGES),
            "events": [_event(kind) for kind in EVENTS.values()],
            "actions": [_action(kind) for kind in ACTIONS.values()],
            "names": [*_names(), *_facts()],
            "roles": [{"value": role.value, "label": capfirst(str(role.label))} for role in Role],
            "links": _options(LINKS),
            "steps": _options(STEPS),
            "weekdays": _options(WEEKDAY_NAMES),
            "confidences": _options(CONFIDENCES),
            "deadline_fields": [
                {"name": name, "kind": kind} for name, kind in DEADLINE_FIELDS.items() if name in Deadline.model_fields
            ],
            "forms": [
                {
                    "key": key,
                    "title": localize(form.title, language) or key,
                    "is_public": get_audience(form) == PUBLIC,
                    "kind": form.kind,
                }
                for key, form in sorted(forms.items())
            ],
        },
    }


def build_scopes(forms: Mapping[str, Form], language: str) -> dict[str, Any]:
    """Return what conditions may read: the forms' definitions, as published, and the lists they choose from."""
    return {"forms": {key: form.stored for key, form in forms.items()}, "lists": catalogue(language)["lists"]}


def _event(kind: type[EventKind]) -> dict[str, Any]:
    return {
        "value": kind.code,
        "label": _(kind.words),
        "has_case": kind.has_case,
        "is_public": kind.is_public,
        "has_form": kind.has_form,
        "form_kind": kind.form_kind,
        "actions": [code for code, each in ACTIONS.items() if kind.allows(code, needs_case=each.needs_case)],
        "has_date": kind is DateReached,
        "names": [name for scope in kind.names for name in _paths(scope.name)],
    }


def _action(kind: type[RuleAction]) -> dict[str, Any]:
    return {
        "value": kind.code,
        "label": _(kind.words),
        "needs_case": kind.needs_case,
        "parameters": [
            {
                "name": name,
                "kind": parameter.kind,
                "label": capfirst(_(parameter.words)),
                "is_needed": parameter.is_needed,
                "choices": [{"value": value, "label": _(words)} for value, words in parameter.choices],
            }
            for name, parameter in kind.parameters().items()
        ],
    }


def _names() -> Iterator[dict[str, Any]]:
    return (_name(scope.name, scope.info.kind, scope.words) for scope in iter_names() if scope.name != KNOWN)


def _facts() -> Iterator[dict[str, Any]]:
    """Yield what a condition may read of what is known about the person, fact by fact."""
    known = in_each_language(gettext_lazy("Known about the person"))
    for entry in facts_for_editor():
        texts = {language: f"{known[language]}: {label}" for language, label in entry["label"].items()}
        choices = {"choices": entry["choices"]} if entry["choices"] else {}
        yield {"path": f"{KNOWN}.{entry['key']}", "kind": entry["kind"], "texts": texts, **choices}


def _paths(name: str) -> list[str]:
    return [f"{KNOWN}.{entry['key']}" for entry in facts_for_editor()] if name == KNOWN else [name]


def _name(name: str, kind: str, words: str) -> dict[str, Any]:
    described: dict[str, Any] = {"path": name, "kind": kind, "texts": _in_each(words)}
    if name in STATUS_NAMES:
        described["choices"] = [{"value": each.value, "label": in_each_language(each.label)} for each in CaseStatus]
    return described


def _in_each(words: str) -> dict[str, str]:
    return in_each_language(gettext_lazy(words))


def _options(named: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"value": value, "label": str(label)} for value, label in named.items()]
