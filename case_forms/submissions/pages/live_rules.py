"""What the page's script needs to show and hide, filter and work out as one types (static/js/form.js)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext

from case_forms import expressions
from case_forms.questions import registry

from ..validation.validate import Answers, CheckContext, SectionState, is_typed, is_unanswered

Item = Mapping[str, Any]
EXPRESSIONS = ("relevant", "required", "choice_filter", "calculation", "initial")
CARRIED = ("key", "item", "type", "default", "result", "read_only", *EXPRESSIONS)


def live_rules(state: SectionState, answers: Answers, scope: Answers, context: CheckContext) -> dict[str, Any]:
    """{"items", "scope", "kept", "words"}: this section's rules; of the answers given elsewhere those that they read;
    values that nobody types and only a program gave; and the words for what is worked out."""
    items = state.section["items"]
    own = {item["key"] for item in _all(items)}
    read = {
        key for item in _all(items) for expression in _expressions(item) for key in expressions.references(expression)
    }
    return {
        "items": _rules(items, read, context),
        "scope": {key: scope[key] for key in sorted(read - own) if key in scope},
        "kept": dict(_kept(items, read, answers, "")),
        "words": {"nothing": gettext("nothing yet"), "yes": gettext("Yes"), "no": gettext("No")},
    }


def _rules(items: list[Item], read: set[str], context: CheckContext) -> list[dict[str, Any]]:
    """Without hidden questions that no rule reads: their values have no business on the page."""
    return [_rule(item, read, context) for item in items if item.get("type") != "hidden" or item["key"] in read]


def _rule(item: Item, read: set[str], context: CheckContext) -> dict[str, Any]:
    """The item without its words; a group with the rules of its rows."""
    rule: dict[str, Any] = {name: item[name] for name in CARRIED if name in item}
    if item["item"] == "repeat":
        rule["items"] = _rules(item["items"], read, context)
    elif item["item"] == "question":
        kind, question = registry.get(item["type"]), dict(item)
        rule |= kind.live(question, context.today)
        if "choice_filter" in item:
            rule["choices"] = kind.filterable(question, context.language, context.sources)
        if "constraint" in item:
            rule["constraint"] = item["constraint"]["expr"]
    return rule


def _kept(items: list[Item], read: set[str], answers: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for item in items:
        value = answers.get(item.get("key")) if isinstance(answers, dict) else None
        if item["item"] == "repeat" and isinstance(value, list):
            for index, row in enumerate(value):
                yield from _kept(item["items"], read, row, f"{prefix}{item['key']}-{index}-")
        elif item["item"] == "question" and item["key"] in read and _is_a_programs(item) and not is_unanswered(value):
            yield f"{prefix}{item['key']}", value


def _is_a_programs(question: Item) -> bool:
    """Whether only a program can have given the answer: nobody types it, and the form has none of its own."""
    has_own = "default" in question or "initial" in question or question["type"] == "calculated"
    return not has_own and not is_typed(question)


def _all(items: list[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _all(item.get("items", []))


def _expressions(item: Item) -> Iterator[Any]:
    found = [item.get(name) for name in EXPRESSIONS]
    if "constraint" in item:
        found.append(item["constraint"]["expr"])
    yield from (expression for expression in found if expression is not None and not isinstance(expression, bool))
