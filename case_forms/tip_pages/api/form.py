"""The public form as other front ends get it: what is needed to ask it, and nothing of what the service does then."""

from collections.abc import Mapping
from typing import Any

from access.languages import LANGUAGES
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry

# Of a section's and an item's stored properties. Who may read an answer, how long it is kept and which fact it writes
# is the service's own business.
SHOWN = frozenset(
    {
        "appearance",
        "choice_filter",
        "choices",
        "constraint",
        "default",
        "high_label",
        "hint",
        "intro",
        "item",
        "items",
        "key",
        "label",
        "list",
        "low_label",
        "max",
        "max_length",
        "min",
        "relevant",
        "required",
        "rows",
        "step",
        "text",
        "title",
        "type",
    }
)


def build_sections(version: FormVersion) -> list[dict[str, Any]]:
    return [_keep_shown(section) for section in version.definition["sections"]]


def _keep_shown(node: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in node.items() if name in SHOWN}
    if "items" in kept:
        kept["items"] = [_keep_shown(item) for item in kept["items"]]
    return kept


def build_lists(form: Form) -> dict[str, list[dict[str, Any]]]:
    """Return by question what it chooses from where that doesn't stand in the form: [{"value", "label"}]."""
    sources = Lists()
    found = {}
    for located in form.iter_questions():
        question = located.question
        name = question.choices_from or getattr(registry.get(question.type), "list_name", "")
        if not name:
            continue
        labels: dict[str, dict[str, str]] = {}
        for language in LANGUAGES:
            for value, label in sources.choices(name, language):
                labels.setdefault(value, {})[language] = str(label)
        found[question.key] = [{"value": value, "label": label} for value, label in labels.items()]
    return found
