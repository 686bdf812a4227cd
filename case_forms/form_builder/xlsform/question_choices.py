"""The choices of a question: where they come from, what filters them, and "other"."""

import re
from typing import Any

from access.languages import in_each_language
from case_forms.questions import registry

from ..definition.value_checks import KEY
from ..lists import BUILT_IN, SHARED
from .cells import get_key
from .choices_sheet import INLINE, ChoiceList
from .import_context import UNREAD, ImportContext
from .messages import ACKNOWLEDGED_LABEL, OTHER_LABEL, SPECIFY_LABEL
from .planning import OTHER
from .question_types import ACKNOWLEDGED, MatchedType
from .survey_tree import SurveyNode
from .xpath.parser import read_number

Question = dict[str, Any]


def choices(question: Question, node: SurveyNode, found: MatchedType, context: ImportContext) -> list[Question]:
    """Add the choices to a question. Return the question that asks what "other" is, if there is one."""
    known = registry.get(question["type"]).properties
    if node.type in ACKNOWLEDGED:
        question["choices"] = [{"value": "OK", "label": in_each_language(ACKNOWLEDGED_LABEL, context.languages.codes)}]
        return []
    if "choices" not in known:
        _filter(question, node, context.lists.get(node.list_name), context)
        return []
    listed = _listed(node, context)
    if listed is None:
        return []
    if node.has_other:
        return [_other(question, node, listed, context)]
    question |= chosen_from(listed, node, context)
    _filter(question, node, listed, context)
    return []


def _listed(node: SurveyNode, context: ImportContext) -> ChoiceList | None:
    where = context.where(node.here, "type")
    listed = context.lists.get(node.list_name)
    if listed is not None:
        return listed
    if not node.list_name:
        context.report.error("no_list_named", *where)
    elif "${" in node.list_name:
        context.report.error("from_a_list_of_answers", *where)
    elif re.search(r"\.(csv|xml|geojson)$", node.list_name):
        context.report.error("choices_from_a_file", *where)
    else:
        context.report.error("no_list", *where, name=node.list_name[:60])
    return None


def chosen_from(listed: ChoiceList, node: SurveyNode, context: ImportContext) -> dict[str, Any]:
    """Return `choices`, when the list is this question's alone, or `choices_from`."""
    named = node.here.get("vatra", "list")
    if named in BUILT_IN or (named.startswith(SHARED) and KEY.fullmatch(named.removeprefix(SHARED))):
        return {"choices_from": named}
    if named:
        context.report.warning("vatra_ignored", *context.where(node.here, "vatra", "list"))
    if listed.name.endswith(INLINE):
        return {"choices": listed.choices}
    return {"choices_from": own_list(listed, context.lists)}


def own_list(listed: ChoiceList, lists: dict[str, ChoiceList]) -> str:
    """Return the key of the form's own list, and give it one the first time."""
    if not listed.key:
        taken = {other.key for other in lists.values()} | set(BUILT_IN)
        listed.key = get_key(listed.name, taken, "list")
    return listed.key


def _filter(question: Question, node: SurveyNode, listed: ChoiceList | None, context: ImportContext) -> None:
    row = node.here
    part = context.parsed(row, "choice_filter")
    if part is None:
        return
    if "choice_filter" not in registry.get(question["type"]).properties:
        context.report.error("position_of_a_filter", *context.where(row, "choice_filter"))
        part = UNREAD
    attributes = {"name": "value", **(listed.columns if listed else {})}
    question["choice_filter"] = context.condition(part, row, node, "choice_filter", attributes=attributes)


def _other(question: Question, node: SurveyNode, listed: ChoiceList, context: ImportContext) -> Question:
    """Add the choice "other" for or_other, and return the text question for what it is."""
    own = list(listed.choices)
    if not any(choice["value"] == "other" for choice in own):
        own.append({"value": "other", "label": in_each_language(OTHER_LABEL, context.languages.codes)})
    question["choices"] = own
    if node.here.get("choice_filter"):
        context.report.error("position_of_a_filter", *context.where(node.here, "choice_filter"))
        question["choice_filter"] = context.left_over(node.here, "choice_filter")
    name = {"var": question["key"]}
    is_other = {"in": ["other", name]} if question["type"] != "select_one" else {"==": [name, "other"]}
    assert node.element is not None
    assert node.element.parent is not None
    element = node.element.parent.children[node.element.name + OTHER]
    # What was typed under "other" is as sensitive as the question it belongs to, and stored as long.
    inherited = {
        key: question[key]
        for key in ("sensitivity", "shared_with", "paper", "brief_part", "keep_for", "keep_basis")
        if key in question
    }
    asked = {
        "item": "question",
        "key": element.key,
        "type": "other_specify",
        "label": in_each_language(SPECIFY_LABEL, context.languages.codes),
        "of": question["key"],
        "relevant": {"and": [question["relevant"], is_other]} if "relevant" in question else is_other,
    }
    return asked | inherited


def scale(question: Question, node: SurveyNode, parameters: dict[str, str], context: ImportContext) -> None:
    """Add a range: its ends, its step, and the labels of the ends."""
    row = node.here
    given = {name: read_number(parameters.get(name, otherwise)) for name, otherwise in _RANGE.items()}
    start, end, step = (given[name] for name in _RANGE)
    if start is None or end is None or step is None or not start < end or not 0 < step <= end - start:
        context.report.error("bad_range", *context.where(row, "parameters"))
        return
    question |= {"min": start, "max": end}
    if step != 1 or row.get("vatra", "step"):
        question["step"] = step
    labels = context.lists.get(parameters.get("tick_labelset", ""))
    if labels is None:
        return
    labels.is_used = True
    for choice, written in zip(labels.choices, labels.written, strict=True):
        value = read_number(written)
        if value == start:
            question["low_label"] = choice["label"]
        elif value == end:
            question["high_label"] = choice["label"]
        else:
            context.report.note("tick_labels", *context.where(row, "parameters"))


_RANGE = {"start": "1", "end": "10", "step": "1"}
