"""What the editor's script needs beside the form: types, lists, roles, operators, and its texts (editor_labels.py).

catalogue("en") -> {
    "words": {"add_item": "Add a question", ...},
    "sentences": {language: {...}},                  # how expressions are worded (expressions/data/sentences.json)
    "all_operators": ["!", "!!", ...],
    "operators": {"number": ["is", ...], ...},       # of condition rows, by kind of value
    "types": {"integer": {"label", "hint", "icon", "kind", "properties", "choices"?, "list"?, "parts"?, "refused"?}},
    "type_groups": [{"label", "types": [...]}],
    "lists": {"regions": {"label", "choices": [{"value", "label": {...}, "with"?}], "attributes": [...]}},
    "roles", "kinds", "audiences", "sensitivities": [{"value", "label", "hint"?}],
    "many_public": 12,                               # questions of a public form from which on the editor warns
    "languages": {"sq": "Albanian", ...},
    "appearances": {"select_one": [["list", "Drop-down list"]]},
    "new_sensitivity": "personal",
    "case_forms": [{"value", "label": {...}}],       # forms that a case may hold, for the warnings before sending
    "facts": [{"key", "label": {...}, "type", "kind", "choices", "sensitivity", "lasting"}],  # what a case remembers
}
"""

from typing import Any

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.languages import DEFAULT_LANGUAGE, LANGUAGES, in_each_language
from access.models import localize
from case_forms.expressions.operators import OPERATORS
from case_forms.expressions.wording import SENTENCES
from case_forms.questions import registry
from case_forms.questions.base import text_in
from case_forms.questions.indicators import by_dimension
from notifications.briefs.parts import parts
from notifications.directory.models import Role

from .audience import MANY_PUBLIC
from .definition import Question
from .editor_labels import editor_words
from .fact_types import FactType
from .labels import TYPE_GROUPS, TYPES
from .lists import BUILT_IN, SHARED
from .models import ChoiceList, FormDefinition, get_fact_catalogue
from .properties import NEVER
from .retention_bases import retention_bases
from .sources import Lists, listed

ORDER = ["is", "is_not", "less", "at_most", "more", "at_least", "between", "answered", "unanswered"]
OPERATORS_BY_KIND = {
    "text": ["is", "is_not", "includes", "excludes", "matches", "one_of", "answered", "unanswered"],
    "number": ORDER,
    "date": ORDER,
    "datetime": ORDER,
    "time": ORDER,
    "boolean": ["is", "answered", "unanswered"],
    "choice": ["is", "is_not", "one_of", "none_of", "answered", "unanswered"],
    "choices": ["includes", "excludes", "any_of", "answered", "unanswered"],
    "object": ["answered", "unanswered"],
    "none": ["answered", "unanswered"],
}
KINDS = {
    "identification": gettext_lazy("Identification"),
    "consent": gettext_lazy("Consent"),
    "assessment": gettext_lazy("Assessment"),
    "referral": gettext_lazy("Referral"),
    "outreach": gettext_lazy("Outreach"),
    "tip": gettext_lazy("Tip"),
    "report": gettext_lazy("Report"),
    "session": gettext_lazy("Session report"),
    "session_request": gettext_lazy("Asking for a session"),
}
AUDIENCE_WORDS = {
    "staff": gettext_lazy("Staff, signed in"),
    "public": gettext_lazy("Anybody, from the public pages"),
}
LIST_NAMES = {
    "municipalities": gettext_lazy("Municipalities"),
    "regions": gettext_lazy("Regions"),
    "units": gettext_lazy("Mobile units"),
    "countries": gettext_lazy("Countries"),
    "languages": gettext_lazy("Languages"),
    "partners": gettext_lazy("Protection services"),
    "social_services": gettext_lazy("Social services"),
    "schools": gettext_lazy("Schools"),
    "zones": gettext_lazy("Outreach zones"),
    "sessions": gettext_lazy("Informative sessions"),
    "outreach_visits": gettext_lazy("Outreach visits"),
    "colleagues": gettext_lazy("Colleagues"),
}
# types whose bounds are of another kind than their answers
BOUNDS = {"approximate_date": "date"}
# choices that stand in no definition, but that conditions compare with
WITH_CHOICES = ("yes_no_unknown",)


def catalogue(language: str) -> dict[str, Any]:
    """Build all of it, in the words of this language. Reads the lists from the database."""
    # Without a user: the lists that differ from person to person are empty in the editor.
    sources = Lists()
    with translation.override(language):
        return {
            "words": editor_words(),
            "sentences": SENTENCES,
            "all_operators": sorted(OPERATORS),
            "operators": OPERATORS_BY_KIND,
            "types": {name: _type(name, sources) for name in sorted(registry.names())},
            "type_groups": _groups(),
            "lists": {**{name: _list(name, sources) for name in BUILT_IN}, **_shared()},
            "roles": [{"value": role.value, "label": capfirst(str(role.label))} for role in Role],
            "brief_parts": [{"value": key, "label": localize(words, language)} for key, words in parts().items()],
            "retention_bases": _retention_bases(language),
            "kinds": [{"value": value, "label": str(label)} for value, label in KINDS.items()],
            "audiences": [{"value": value, "label": str(label)} for value, label in AUDIENCE_WORDS.items()],
            "many_public": MANY_PUBLIC,
            "sensitivities": _sensitivities(),
            "languages": {
                entry["code"]: text_in(entry["name"], language).capitalize() for entry in listed("languages")
            },
            "appearances": {"select_one": [["list", _("Drop-down list")]]},
            "new_sensitivity": "personal",
            "case_forms": [
                {"value": form.key, "label": {language: localize(form.definition.get("title", {}), language)}}
                for form in FormDefinition.objects.order_by("key")
            ],
            "facts": facts_for_editor(),
        }


def facts_for_editor() -> list[dict[str, Any]]:
    """Return the kinds of fact that a case remembers, as the editors of forms and procedures offer them."""
    sources = Lists()
    return [
        {
            "key": fact.key,
            "label": dict(fact.label),
            "type": fact.type,
            "kind": registry.get(fact.type).kind_of(fact.question),
            "choices": _fact_choices(fact, sources),
            "sensitivity": fact.sensitivity,
            "lasting": fact.is_lasting,
        }
        for fact in sorted(get_fact_catalogue().values(), key=lambda fact: fact.key)
    ]


def _fact_choices(fact: FactType, sources: Lists) -> list[dict[str, Any]]:
    if fact.type in WITH_CHOICES:
        return _choices(fact.type, sources)
    kind = registry.get(fact.type)
    named = kind.list_of(fact.question)
    if named:
        return list(_list(named, sources)["choices"])
    return [{"value": choice.value, "label": dict(choice.label)} for choice in fact.choices]


def _type(name: str, sources: Lists) -> dict[str, Any]:
    kind = registry.get(name)
    icon, label, hint = TYPES.get(name, ("help", name, ""))
    described: dict[str, Any] = {
        "label": str(label),
        "hint": str(hint),
        "icon": icon,
        "kind": kind.value_kind,
        "properties": sorted(kind.properties),
    }
    if name in BOUNDS:
        described["bounds"] = BOUNDS[name]
    if kind.list_name:
        described["list"] = kind.list_name
    if NEVER.get(name):
        described["refused"] = list(NEVER[name])
    if name in WITH_CHOICES:
        described["choices"] = _choices(name, sources)
    return described | _parts(name, sources)


def _choices(name: str, sources: Lists) -> list[dict[str, Any]]:
    """Return the choices that a type has of itself."""
    kind, question = registry.get(name), Question(type=name)
    by_language = {language: kind.choices(question, language, sources) for language in LANGUAGES}
    return [
        {"value": value, "label": {language: by_language[language][place][1] for language in LANGUAGES}}
        for place, (value, _label) in enumerate(by_language[LANGUAGES[0]])
    ]


def _parts(name: str, sources: Lists) -> dict[str, Any]:
    """Return what a condition can read of an answer that has parts.

    {"parts": [{"path", "label", "kind", "list"?}]}, and the choices of those that have no list of their own
    ("part_choices").
    """
    if name == "indicator_assessment":
        label = in_each_language(gettext_lazy("The worker's decision"))
        parts = [{"path": "decision", "label": label, "kind": "choice"}]
        return {"parts": parts, "part_choices": _choices(name, sources)}
    if name == "geopoint":
        label = in_each_language(gettext_lazy("Municipality"))
        return {"parts": [{"path": "municipality", "label": label, "kind": "choice", "list": "municipalities"}]}
    if name == "indicators":
        parts = [
            {"path": f"{indicator['id']}.answer", "label": indicator["label"], "kind": "choice"}
            for _dimension, indicators in by_dimension()
            for indicator in indicators
        ]
        return {"parts": parts, "part_choices": _choices(name, sources)}
    return {}


def _list(name: str, sources: Lists) -> dict[str, Any]:
    named = {code: dict(sources.choices(name, code)) for code in LANGUAGES}
    choices = []
    for value, label in sources.choices(name, DEFAULT_LANGUAGE):
        # Most names, of places above all, are the same in every language and are sent once.
        texts = {code: names.get(value, label) for code, names in named.items()}
        texts = {DEFAULT_LANGUAGE: label} if set(texts.values()) == {label} else texts
        attributes = dict(sources.attributes(name, value))
        choices.append({"value": value, "label": texts} | ({"with": attributes} if attributes else {}))
    return {"label": str(LIST_NAMES[name]), "choices": choices, "attributes": _attributes(choices)}


def _attributes(choices: list[dict[str, Any]]) -> list[str]:
    return sorted({name for choice in choices for name in choice.get("with", {})})


def _shared() -> dict[str, Any]:
    """Return the lists that forms share, by the name a question gives them."""
    return {
        f"{SHARED}{shared.key}": {
            "label": localize(shared.title) or shared.key,
            "choices": shared.choices,
            "attributes": _attributes(shared.choices),
        }
        for shared in ChoiceList.objects.all()
    }


def _groups() -> list[dict[str, Any]]:
    known = registry.names()
    groups = [{"label": str(label), "types": [name for name in names if name in known]} for label, names in TYPE_GROUPS]
    # A type that nobody has put into a group must still be on offer.
    rest = sorted(known - {name for _label, names in TYPE_GROUPS for name in names})
    return groups + ([{"label": _("Others"), "types": rest}] if rest else [])


def _retention_bases(language: str) -> list[dict[str, str]]:
    return [
        {
            "value": basis.key,
            "label": localize(basis.label, language),
            "hint": _("%(why)s Proposed: %(count)s months, to be confirmed by the organisation's lawyer.")
            % {"why": localize(basis.why, language), "count": basis.months},
        }
        for basis in retention_bases().values()
    ]


def _sensitivities() -> list[dict[str, str]]:
    return [
        {"value": "public", "label": _("Public"), "hint": _("Anyone may know it. Stored unencrypted.")},
        {"value": "internal", "label": _("Internal"), "hint": _("About the work, not about a person.")},
        {"value": "personal", "label": _("Personal"), "hint": _("Says who somebody is. Stored encrypted.")},
        {
            "value": "special",
            "label": _("Special category"),
            "hint": _("Health, violence, origin, beliefs: what can do harm when it is known. Stored encrypted."),
        },
    ]
