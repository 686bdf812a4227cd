"""The choices that an organisation makes in its procedure, where law and SOP leave them open. Pure, no Django.

    "settings": {"adult_refusal": {"label": texts, "choices": [{"value", "label": texts}], "default": "ask_supervisor",
                                   "value"?: "none", "basis": text, "confidence": "proposal", "for_lawyer": true}}

Conditions read what was chosen as `_setting_<key>`: those of the procedure's facts and rules, a question's
`shared_with` and a form's `warnings`. It changes with a new version of the procedure only. A condition on a setting
that the version doesn't have finds nothing there (null): it must be written so that nothing is the careful choice. See
docs/adr/0051.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from case_forms.expressions import SETTING_PREFIX, KindInfo
from case_forms.expressions.explain import DEFAULT_LANGUAGE

from .definition import Procedure


def get_name(key: str) -> str:
    """Return the name by which conditions read the setting of this key."""
    return f"{SETTING_PREFIX}{key}"


def get_values(procedure: Procedure) -> dict[str, str]:
    """Return {`_setting_<key>`: the chosen value}, for the scope of conditions."""
    return {get_name(key): setting.chosen for key, setting in procedure.settings.items()}


def kinds_of_settings(procedure: Procedure) -> dict[str, KindInfo]:
    """Return {`_setting_<key>`: what it can be}.

    Checks reason about every choice, not about the one that holds today.
    """
    return {
        get_name(key): KindInfo("choice", frozenset(choice.value for choice in setting.choices))
        for key, setting in procedure.settings.items()
    }


def labels_of_settings(procedure: Procedure, language: str) -> dict[str, str]:
    """Return {`_setting_<key>`: its label}, for reading conditions back."""
    return {get_name(key): _in(setting.label, language) for key, setting in procedure.settings.items()}


def choices_of_settings(procedure: Procedure, language: str) -> dict[str, dict[str, str]]:
    """Return {`_setting_<key>`: {value: label}}, for reading conditions back."""
    return {
        get_name(key): {choice.value: _in(choice.label, language) for choice in setting.choices}
        for key, setting in procedure.settings.items()
    }


@dataclass(frozen=True)
class Chosen:
    """The settings of a procedure in one language, by `_setting_<key>`: the values, their labels, their choices."""

    values: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def chosen_in_words(procedure: Procedure, language: str) -> Chosen:
    return Chosen(
        get_values(procedure), labels_of_settings(procedure, language), choices_of_settings(procedure, language)
    )


def read_in(names: Iterable[str]) -> list[str]:
    """Return the settings among the names that an expression reads, sorted."""
    return sorted(name for name in names if name.startswith(SETTING_PREFIX))


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get(DEFAULT_LANGUAGE) or next(iter(texts.values()), "")
