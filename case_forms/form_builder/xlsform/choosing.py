"""The choices of a question: where they come from, what filters them, and "other"."""

import re
from typing import Any

from case_forms.questions import registry

from ..lists import BUILT_IN, SHARED
from ..shape_checks import KEY
from .carrying import Carrying
from .choice_lists import INLINE, ChoiceList
from .names import get_key
from .planning import OTHER
from .tree import Node
from .types_in import ACKNOWLEDGED, Found
from .xpath.values import number_in

Question = dict[str, Any]
READ = {"sq": "E lexova", "en": "OK"}
OTHER_LABEL = {"sq": "Tjetër", "en": "Other"}
SPECIFY = {"sq": "Specifikoni", "en": "Please specify"}


def choices(question: Question, node: Node, found: Found, carrying: Carrying) -> list[Question]:
    """Adds the choices to a question. The question that asks what "other" is, if there is one."""
    known = registry.get(question["type"]).properties
    if node.type in ACKNOWLEDGED:
        question["choices"] = [{"value": "OK", "label": _in(READ, carrying)}]
        return []
    if "choices" not in known:
        _filter(question, node, carrying.lists.get(node.list_name), carrying)
        return []
    listed = _listed(node, carrying)
    if listed is None:
        return []
    if node.has_other:
        return [_other(question, node, listed, carrying)]
    question |= chosen_from(listed, node, carrying)
    _filter(question, node, listed, carrying)
    return []


def _listed(node: Node, carrying: Carrying) -> ChoiceList | None:
    where = carrying.where(node.here, "type")
    listed = carrying.lists.get(node.list_name)
    if listed is not None:
        return listed
    if "${" in node.list_name:
        carrying.report.error("from_a_list_of_answers", *where)
    elif re.search(r"\.(csv|xml|geojson)$", node.list_name):
        carrying.report.error("choices_from_a_file", *where)
    else:
        carrying.report.error("no_list", *where, name=node.list_name[:60])
    return None


def chosen_from(listed: ChoiceList, node: Node, carrying: Carrying) -> dict[str, Any]:
    """`choices`, when the list is this question's alone, or `choices_from`."""
    named = node.here.get("vatra", "list")
    if named in BUILT_IN or (named.startswith(SHARED) and KEY.fullmatch(named.removeprefix(SHARED))):
        return {"choices_from": named}
    if named:
        carrying.report.warning("vatra_ignored", *carrying.where(node.here, "vatra", "list"))
    if listed.name.endswith(INLINE):
        return {"choices": listed.choices}
    return {"choices_from": own_list(listed, carrying.lists)}


def own_list(listed: ChoiceList, lists: dict[str, ChoiceList]) -> str:
    """The key of the form's own list."""
    if not listed.key:
        taken = {other.key for other in lists.values()} | set(BUILT_IN)
        listed.key = get_key(listed.name, taken, "list")
    return listed.key


def _filter(question: Question, node: Node, listed: ChoiceList | None, carrying: Carrying) -> None:
    row = node.here
    part = carrying.parsed(row, "choice_filter")
    if part is None:
        return
    if "choice_filter" not in registry.get(question["type"]).properties:
        carrying.report.error("position_of_a_filter", *carrying.where(row, "choice_filter"))
        return
    attributes = {"name": "value", **(listed.columns if listed else {})}
    expression = carrying.condition(part, row, node, "choice_filter", attributes=attributes)
    if expression is not None:
        question["choice_filter"] = expression


def _other(question: Question, node: Node, listed: ChoiceList, carrying: Carrying) -> Question:
    """or_other: the choice "other", and a text for what it is."""
    own = list(listed.choices)
    if not any(choice["value"] == "other" for choice in own):
        own.append({"value": "other", "label": _in(OTHER_LABEL, carrying)})
    question["choices"] = own
    if node.here.get("choice_filter"):
        carrying.report.error("position_of_a_filter", *carrying.where(node.here, "choice_filter"))
    name = {"var": question["key"]}
    is_other = {"in": ["other", name]} if question["type"] != "select_one" else {"==": [name, "other"]}
    assert node.place is not None
    assert node.place.parent is not None
    place = node.place.parent.children[node.place.name + OTHER]
    kept = {
        key: question[key]
        for key in ("sensitivity", "shared_with", "paper", "brief_part", "keep_for")
        if key in question
    }
    asked = {
        "item": "question",
        "key": place.key,
        "type": "other_specify",
        "label": _in(SPECIFY, carrying),
        "of": question["key"],
        "relevant": {"and": [question["relevant"], is_other]} if "relevant" in question else is_other,
    }
    return asked | kept


def _in(texts: dict[str, str], carrying: Carrying) -> dict[str, str]:
    """Words of ours in each of the form's languages: in English where we have none."""
    return {code: texts.get(code, texts["en"]) for code in carrying.languages.codes}


def scale(question: Question, node: Node, parameters: dict[str, str], carrying: Carrying) -> None:
    """A range: its ends, its step, and the labels of the ends."""
    row = node.here
    given = {name: number_in(parameters.get(name, otherwise)) for name, otherwise in _RANGE.items()}
    start, end, step = (given[name] for name in _RANGE)
    if start is None or end is None or step is None or not start < end or not 0 < step <= end - start:
        carrying.report.error("bad_range", *carrying.where(row, "parameters"))
        return
    question |= {"min": start, "max": end}
    if step != 1 or row.get("vatra", "step"):
        question["step"] = step
    labels = carrying.lists.get(parameters.get("tick_labelset", ""))
    if labels is None:
        return
    labels.is_used = True
    for choice, written in zip(labels.choices, labels.written, strict=True):
        value = number_in(written)
        if value == start:
            question["low_label"] = choice["label"]
        elif value == end:
            question["high_label"] = choice["label"]
        else:
            carrying.report.note("tick_labels", *carrying.where(row, "parameters"))


_RANGE = {"start": "1", "end": "10", "step": "1"}
