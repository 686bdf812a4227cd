"""The rows of the sheet "survey", written from a definition."""

import json
from collections.abc import Iterable, Iterator

from pyxform.utils import default_is_dynamic

from access.languages import in_each_language
from case_forms.questions import registry
from case_forms.questions.base import text_in
from case_forms.questions.indicators import catalogue

from ..definition import AnyItem, Note, Question, Repeat, Section
from .calculations import UNSAID
from .choices_sheet import get_column
from .export_names import OCCURRED_ON, get_parts
from .messages import OCCURRED_ON_LABEL, SPECIFY_LABEL
from .question_types import GROUPS, find_type
from .survey_columns import Row, SurveyColumns
from .xpath.elements import Element
from .xpath.from_logic import InexpressibleError, build_value, node_to_xpath, value_to_xpath
from .xpath.printer import format_number, quote

SELECTS = {"select_one": "select_one", "select_multiple": "select_multiple", "rank": "rank"}
PYXFORM_NAMES = {"select_one": "select one", "select_multiple": "select all that apply", "image": "photo"}
UNSHOWN_TYPES = ("calculated", "hidden")
BEGINS_WITH = {
    "number": ("number",),
    "date": ("date",),
    "datetime": ("datetime", "date"),
    "choice": ("choice", "text"),
    "choices": ("choices",),
    "text": ("text", "choice", "number", "date"),
}
NEVER_DEFAULT = ("matrix", "indicators", "indicator_assessment", "geopoint", "file", "signature")


class SurveyRows(SurveyColumns):
    """The rows of a form, written one after the other."""

    def write(self) -> None:
        form = self.form
        if self.names.occurred_on is not None:
            label = in_each_language(OCCURRED_ON_LABEL, form.languages)
            row = {"type": "date", "name": self.names.occurred_on.name, "default": "today()", "required": "yes"}
            self._put({**row, **self._texts("label", label), "vatra::type": OCCURRED_ON})
        if form.has("intro"):
            self._note(self.names.unique("form_intro"), form.intro, "form_intro")
        for section in form.sections:
            self._section(section)

    # ---- groups ----

    def _section(self, section: Section) -> None:
        element = self.names.of(section)
        row = {"type": "begin_group", "name": element.name, **self._texts("label", section.title)}
        row |= self._texts("vatra::recipient_label", section.recipient_title)
        if element.name != section.key:
            row["vatra::key"] = section.key
        self._conditions(row, section, element)
        self._put(row)
        if section.has("intro"):
            self._note(self.names.unique(f"{section.key}_intro"), section.intro, "section_intro")
        self._items(section.items, element.name, has_intro=section.has("intro"))
        self._put({"type": "end_group", "name": element.name})

    def _items(self, items: Iterable[AnyItem], name: str, *, has_intro: bool = False) -> None:
        """Write the items of a group, and a note where nothing in it would show: ODK wants something in each group."""
        shown = has_intro or any(not isinstance(item, Question) or item.type not in UNSHOWN_TYPES for item in items)
        for item in items:
            if isinstance(item, Note):
                row = {"type": "note", "name": self.names.of(item).name, **self._texts("label", item.text)}
                self._key(row, item)
                self._conditions(row, item, self.names.of(item))
                self._put(row)
            elif isinstance(item, Repeat):
                self._repeat(item)
            elif isinstance(item, Question):
                self._question(item)
        if not shown:
            self._note(self.names.unique(f"{name}_nothing"), dict.fromkeys(self.form.languages, "—"), "nothing")

    def _repeat(self, repeat: Repeat) -> None:
        element = self.names.of(repeat)
        row = {"type": "begin_repeat", "name": element.name, **self._texts("label", repeat.label)}
        row |= self._texts("hint", repeat.hint)
        self._key(row, repeat)
        self._conditions(row, repeat, element)
        bounds = {side: repeat.value_of(side) for side in ("min", "max") if repeat.has(side)}
        row |= {f"vatra::{side}": str(value) for side, value in bounds.items()}
        if len(bounds) == 2 and repeat.min == repeat.max:
            row["repeat_count"] = str(repeat.min)
        elif bounds:
            # ODK fixes the number of rows or leaves it open; it has no bounds for it.
            self._lose("repeat_count", "rows", bounds)
        self._put(row)
        self._items(repeat.items, element.name)
        self._put({"type": "end_repeat", "name": element.name})

    def _note(self, name: str, texts: dict[str, str], ours: str) -> None:
        self._put({"type": "note", "name": name, **self._texts("label", texts), "vatra::type": ours})

    # ---- questions ----

    def _question(self, question: Question) -> None:
        element, ours = self.names.of(question), question.type
        row: Row = {"name": element.name, **self._texts("label", question.label)}
        row |= self._texts("vatra::recipient_label", question.recipient_label)
        row |= self._texts("hint", question.hint)
        self._key(row, question)
        self._conditions(row, question, element)
        self._privacy(row, question, element)
        if ours in GROUPS:
            self._group(row, question, element)
            return
        theirs, appearance = registry.get(ours).xlsform(question)
        row["type"] = f"{theirs} {self.lists.name_of(question)}" if theirs in SELECTS else theirs
        if appearance:
            row["appearance"] = appearance
        if question.has("appearance"):
            row["vatra::appearance"] = question.appearance
        self._required(row, question, element)
        self._ours(row, question, theirs, appearance)
        self._constraint(row, question, element)
        self._computed(row, question, element)
        self._chosen(row, question, element)
        self._put(row)

    def _ours(self, row: Row, question: Question, theirs: str, appearance: str) -> None:
        """Write what only we have: in columns of ours, and in an XLSForm's own where there is a near one."""
        ours = question.type
        found = find_type(PYXFORM_NAMES.get(theirs, theirs), appearance, "", "")
        if found is None or found.type != ours:
            row["vatra::type"] = ours
        if ours == "scale":
            self._scale(row, question)
        else:
            for side in ("min", "max"):
                if question.has(side):
                    value = question.value_of(side)
                    row[f"vatra::{side}"] = value if isinstance(value, str) else format_number(value)
        if question.has("max_length"):
            row["vatra::max_length"] = str(question.max_length)
        if question.has("accept") and (ours, question.accept, theirs) != ("file", ("image",), "image"):
            row["vatra::accept"] = " ".join(question.accept)
        for name in ("coarsen", "of"):
            if question.has(name):
                row[f"vatra::{name}"] = question.value_of(name)
        if question.read_only:
            row["read_only"] = "yes"
        named = question.choices_from
        if named and named not in self.lists.own:
            row["vatra::list"] = named

    def _scale(self, row: Row, question: Question) -> None:
        low, high = question.min, question.max
        step = question.step if question.has("step") else 1
        parameters = [f"start={format_number(low)}", f"end={format_number(high)}", f"step={format_number(step)}"]
        if question.has("step"):
            row["vatra::step"] = format_number(step)
        ends = {format_number(low): question.low_label, format_number(high): question.high_label}
        labelled = {value: label for value, label in ends.items() if label}
        # pyxform refuses a label at a value that no step reaches. Rounded, since steps may be decimal fractions.
        if question.high_label and round((high - low) / step, 6) % 1:
            labelled.pop(format_number(high))
            self._lose("parameters", "scale", {"high_label": question.high_label})
        if labelled:
            parameters.append(f"tick_labelset={self.lists.ends_of(question, labelled)}")
        row["parameters"] = " ".join(parameters)

    def _chosen(self, row: Row, question: Question, element: Element) -> None:
        if not question.is_filtered:
            return
        name = self.lists.name_of(question)
        known = {key for choice in self.lists.lists[name] for key in choice.attributes}
        attributes = {"value": "name", **{key: get_column(key) for key in known}}
        text = self._printed("choice_filter", question.choice_filter, element, attributes=attributes)
        if text is not None:
            row["choice_filter"] = text

    def _computed(self, row: Row, question: Question, element: Element) -> None:
        ours = question.type
        if question.has("calculation"):
            row["vatra::result"] = question.result if question.has("result") else UNSAID
            try:
                row["calculation"] = value_to_xpath(question.calculation, self.names.form, element)
            except InexpressibleError as reason:
                self._lose("calculation", reason.code, question.calculation)
                # pyxform refuses a calculate row without a calculation.
                row["calculation"] = "''"
        if question.has("default"):
            if ours in NEVER_DEFAULT:
                row["vatra::default"] = json.dumps(question.default, ensure_ascii=False)
                self._lose("default", "default", question.default)
            else:
                row["default"] = self._default(question, element, row["type"].split()[0])
                if ours == "approximate_date" and len(question.default) < len("2012-05-03"):
                    row["vatra::default"] = json.dumps(question.default)
                    # ODK's date needs a day; the year or month that was meant stands in our own column.
                    row["default"] = f"{question.default}-01-01"[:10]
        if question.has("initial"):
            self._initial(row, question, element)

    def _initial(self, row: Row, question: Question, element: Element) -> None:
        """Write what the question begins with: a default that ODK computes, when the type can begin with that there."""
        try:
            found = build_value(question.initial, self.names.form, element)
            text = node_to_xpath(found.node)
        except InexpressibleError as reason:
            self._lose("default", reason.code, question.initial)
            return
        if "default" in row or found.kind not in BEGINS_WITH.get(element.kind, ()) or question.initial is None:
            row["vatra::initial"] = text
            self._lose("default", "initial", question.initial)
            return
        as_expression = "number" if found.kind == "number" else "string"
        is_dynamic = default_is_dynamic(text, row["type"])
        # pyxform takes a default for an expression only if it looks like one; a function around it makes that certain.
        row["default"] = text if is_dynamic else f"{as_expression}({text})"

    def _default(self, question: Question, element: Element, theirs: str) -> str:
        value = question.default
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return format_number(value)
        if isinstance(value, list):
            text = " ".join(element.get_written_value(each) for each in value)
        else:
            text = element.get_written_value(str(value)) if element.kind == "choice" else str(value)
        # The other way round: a plain text that pyxform would take for an expression is quoted.
        return f"string({quote(text)})" if default_is_dynamic(text, theirs) else text

    def _group(self, row: Row, question: Question, element: Element) -> None:
        """Write a question of several parts: a group with one row for each."""
        ours = question.type
        appearance = "table-list" if ours == "matrix" else "field-list"
        row |= {"type": "begin_group", "appearance": appearance, "vatra::type": ours}
        if question.has("of"):
            row["vatra::of"] = question.of
        if question.has("default"):
            row["vatra::default"] = json.dumps(question.default, ensure_ascii=False)
        for name in ("default", "initial", "constraint"):
            if question.has(name):
                self._lose(name, "parts", question.stored[name])
        if question.has("appearance"):
            self._lose("appearance", "parts", question.appearance)
        self._put(row)
        children = element.children.values()
        parts = zip(get_parts(question), self._labels(question), self._lists(question), children, strict=True)
        for value, label, listed, child in parts:
            line = {"type": f"select_one {listed}" if listed else "text", "name": child.name}
            line |= self._texts("label", label)
            if not listed:
                line["appearance"] = "multiline"
            if child.name != value:
                line["vatra::value"] = value
            self._required(line, question, child)
            if question.read_only:
                line["read_only"] = "yes"
            named = question.choices_from
            if named and named not in self.lists.own:
                line["vatra::list"] = named
            self._put(line)
        self._put({"type": "end_group", "name": element.name})

    def _labels(self, question: Question) -> list[dict[str, str]]:
        languages = self.form.languages
        if question.type == "matrix":
            return [row.label for row in question.rows]
        if question.type == "indicators":
            words = [indicator["label"] for indicator in catalogue()["indicators"]]
            return [{code: text_in(each, code) for code in languages} for each in words]
        return [question.label, in_each_language(SPECIFY_LABEL, languages)]

    def _lists(self, question: Question) -> Iterator[str]:
        if question.type == "matrix":
            name = self.lists.name_of(question)
            return iter([name] * len(question.rows))
        name = self.lists.name_of(question)
        if question.type == "indicators":
            return iter([name] * len(get_parts(question)))
        return iter([name, ""])
