"""Rules for the page's script, which shows, hides, filters and calculates as one types (static/js/form.js)."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext

from case_forms.form_builder.definition import AnyItem, Question, Repeat
from case_forms.questions import registry

from ..validation.validate import Answers, CheckContext, SectionState, is_unanswered

# In this order, whatever `definition.nodes.CONDITIONS` has: phones hold packages that were written in it.
CARRIED = (
    *("key", "item", "type", "default", "result", "read_only"),
    *("relevant", "required", "choice_filter", "calculation", "initial"),
)


def live_rules(state: SectionState, answers: Answers, scope: Answers, context: CheckContext) -> dict[str, Any]:
    """Return {"items", "scope", "kept", "words"} for the script.

    This section's rules; of the answers given elsewhere those that they read; values that nobody types and only a
    program gave; and the words for calculated values.
    """
    items = state.section.items
    own = {item.key for item in _all(items)}
    read = read_by(items)
    return {
        "items": item_rules(items, read, context),
        # no other answers of other sections: the page holds no more of a person's story than its rules need
        "scope": {key: scope[key] for key in sorted(read - own) if key in scope},
        "kept": dict(_kept(items, read, answers, "")),
        "words": {"nothing": gettext("nothing yet"), "yes": gettext("Yes"), "no": gettext("No")},
    }


def read_by(items: Iterable[AnyItem]) -> set[str]:
    """Return the keys of everything that these items' expressions read, those in groups included."""
    return set().union(*(item.reads for item in _all(items)))


def item_rules(items: Iterable[AnyItem], read: set[str], context: CheckContext) -> list[dict[str, Any]]:
    """Return the items' rules, without hidden questions that no rule reads: their values don't belong on a page."""
    return [
        _rule(item, read, context)
        for item in items
        if not (isinstance(item, Question) and item.type == "hidden") or item.key in read
    ]


def _rule(item: AnyItem, read: set[str], context: CheckContext) -> dict[str, Any]:
    """Return an item's rules without its texts; a group's with the rules of its rows."""
    stored = item.properties
    rule: dict[str, Any] = {name: stored[name] for name in CARRIED if name in stored}
    if isinstance(item, Repeat):
        rule["items"] = item_rules(item.items, read, context)
    elif isinstance(item, Question):
        kind = registry.get(item.type)
        rule |= kind.live(item, context.today)
        if item.is_filtered:
            rule["choices"] = kind.filterable(item, context.language, context.sources)
        if item.constraint is not None:
            rule["constraint"] = item.constraint.expr
    return rule


def _kept(items: Iterable[AnyItem], read: set[str], answers: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for item in items:
        value = answers.get(item.key) if isinstance(answers, dict) else None
        if isinstance(item, Repeat) and isinstance(value, list):
            for index, row in enumerate(value):
                yield from _kept(item.items, read, row, f"{prefix}{item.key}-{index}-")
        elif isinstance(item, Question) and item.key in read and _is_a_programs(item) and not is_unanswered(value):
            yield f"{prefix}{item.key}", value


def _is_a_programs(question: Question) -> bool:
    """Return whether only a program can have given the answer: nobody types it, and the form doesn't compute it."""
    return not (question.has_own_value or question.type == "calculated" or question.is_typed)


def _all(items: Iterable[AnyItem]) -> Iterator[AnyItem]:
    for item in items:
        yield item
        if isinstance(item, Repeat):
            yield from _all(item.items)
