"""Names for a form's parts in an XLSForm, each unique, and the elements that expressions read."""

import re
from collections.abc import Iterable

from case_forms.questions import registry
from case_forms.questions.indicators import catalogue

from ..definition import AnyItem, Form, Question, Repeat, Section, iter_expressions
from .export_lists import ExportLists
from .xpath.elements import Element, FormElements

XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
RESERVED = {"meta", "data", "audit", "instanceid", "instancename", "reserved_name"}
OCCURRED_ON = "_occurred_on"
DECISION, REASON = "decision", "reason"


class ExportNames:
    """The names of one export. `elements`: {id of a section or item: its element}; `form` finds them by key."""

    def __init__(self, form: Form, lists: ExportLists) -> None:
        self.form = FormElements()
        self.lists = lists
        self.elements: dict[int, Element] = {}
        # Compared without case: pyxform warns of names that differ in nothing else.
        self.taken = {name.casefold() for name in RESERVED} | {located.item.key for located in form.iter_items()}
        self.occurred_on: Element | None = None
        # XLSForms have no such variable: a question takes its place, only where some expression reads it.
        if any(OCCURRED_ON in written.reads for written in iter_expressions(form)):
            element = Element(self.unique("occurred_on"), key=OCCURRED_ON, kind="date")
            self.occurred_on = self.form.add(element, self.form.root)
        for section in form.sections:
            element = Element(self.unique(section.key), sort="group")
            self.elements[id(section)] = self.form.add(element, self.form.root)
            self._add(section.items, element)

    def unique(self, wanted: str) -> str:
        """Return the name, or one like it that nothing else has, whatever its case."""
        name, number = wanted, 2
        while name.casefold() in self.taken:
            name, number = f"{wanted}_{number}", number + 1
        self.taken.add(name.casefold())
        return name

    def of(self, part: Section | AnyItem) -> Element:
        return self.elements[id(part)]

    def _add(self, items: Iterable[AnyItem], parent: Element) -> None:
        for item in items:
            name = item.key if item.key.casefold() not in RESERVED else self.unique(f"{item.key}_")
            if isinstance(item, Repeat):
                element = Element(name, sort="repeat", key=item.key, kind="rows")
                self.elements[id(item)] = self.form.add(element, parent)
                self._add(item.items, element)
            elif isinstance(item, Question):
                self._question(item, name, parent)
            else:
                self.elements[id(item)] = self.form.add(Element(name), parent)

    def _question(self, question: Question, name: str, parent: Element) -> None:
        ours = question.type
        kind = registry.get(ours).kind_of(question)
        element = Element(name, key=question.key, kind="yesno" if ours == "boolean" else kind)
        element.whole = ours in ("integer", "duration") or (ours == "calculated" and question.result == "integer")
        element.is_always_asked = not question.has("relevant")
        self.elements[id(question)] = self.form.add(element, parent)
        if ours in ("matrix", "indicators", "indicator_assessment"):
            element.sort = "group"
            self._parts(question, element)
        else:
            element.choices = self.lists.choices_of(question)

    def _parts(self, question: Question, group: Element) -> None:
        """Add the rows of a question that is a group in the XLSForm."""
        key = question.key
        for value in get_parts(question):
            wanted = value if XML_NAME.fullmatch(value) else f"{key}_{len(group.children) + 1}"
            if question.type != "matrix":
                wanted = f"{key}_{value}" if question.type == "indicator_assessment" else wanted
            element = Element(self.unique(wanted), key=f"{key}.{value}", kind="text" if value == REASON else "choice")
            element.choices = self.lists.choices_of(question) if question.type == "matrix" else ()
            self.form.add(element, group)


def get_parts(question: Question) -> list[str]:
    """Return what a question consists of when it is a group there.

    The rows of a matrix, the indicators, or the decision and its reason.
    """
    if question.type == "matrix":
        return [row.value for row in question.rows]
    if question.type == "indicators":
        return [indicator["id"] for indicator in catalogue()["indicators"]]
    return [DECISION, REASON]
