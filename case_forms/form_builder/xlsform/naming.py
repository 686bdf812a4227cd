"""Names for a form's parts in an XLSForm, each once, and the places that expressions read."""

import re
from typing import Any

from case_forms.questions import registry
from case_forms.questions.indicators import catalogue

from .sheet_lists import SheetLists
from .xpath.places import Form, Place

Item = dict[str, Any]
XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
RESERVED = {"meta", "data", "audit", "instanceid", "instancename", "reserved_name"}
OCCURRED_ON = "_occurred_on"
DECISION, REASON = "decision", "reason"


class Names:
    """places: {id of a section or item: its place}. `form` finds them by key."""

    def __init__(self, definition: Item, lists: SheetLists) -> None:
        self.form = Form()
        self.lists = lists
        self.places: dict[int, Place] = {}
        self.taken = {name.casefold() for name in RESERVED} | set(_keys(definition))
        self.occurred_on: Place | None = None
        if _mentions(definition, OCCURRED_ON):
            place = Place(self.unique("occurred_on"), key=OCCURRED_ON, kind="date")
            self.occurred_on = self.form.add(place, self.form.root)
        for section in definition["sections"]:
            place = Place(self.unique(section["key"]), sort="group")
            self.places[id(section)] = self.form.add(place, self.form.root)
            self._add(section["items"], place)

    def unique(self, wanted: str) -> str:
        """The name, or one like it that nothing else has, however it is written."""
        name, number = wanted, 2
        while name.casefold() in self.taken:
            name, number = f"{wanted}_{number}", number + 1
        self.taken.add(name.casefold())
        return name

    def of(self, part: Item) -> Place:
        return self.places[id(part)]

    def _add(self, items: list[Item], parent: Place) -> None:
        for item in items:
            name = item["key"] if item["key"].casefold() not in RESERVED else self.unique(f"{item['key']}_")
            if item["item"] == "repeat":
                place = Place(name, sort="repeat", key=item["key"], kind="rows")
                self.places[id(item)] = self.form.add(place, parent)
                self._add(item["items"], place)
            elif item["item"] == "question":
                self._question(item, name, parent)
            else:
                self.places[id(item)] = self.form.add(Place(name), parent)

    def _question(self, question: Item, name: str, parent: Place) -> None:
        ours = question["type"]
        kind = registry.get(ours).kind_of(question)
        place = Place(name, key=question["key"], kind="yesno" if ours == "boolean" else kind)
        result = question.get("result", "text")
        place.whole = ours in ("integer", "duration") or (ours == "calculated" and result == "integer")
        place.is_always_asked = "relevant" not in question
        self.places[id(question)] = self.form.add(place, parent)
        if ours in ("matrix", "indicators", "indicator_assessment"):
            place.sort = "group"
            self._parts(question, place)
        else:
            place.choices = self.lists.choices_of(question)

    def _parts(self, question: Item, group: Place) -> None:
        """The rows of a question that is a group there."""
        key = question["key"]
        for value in get_parts(question):
            wanted = value if XML_NAME.fullmatch(value) else f"{key}_{len(group.children) + 1}"
            if question["type"] != "matrix":
                wanted = f"{key}_{value}" if question["type"] == "indicator_assessment" else wanted
            place = Place(self.unique(wanted), key=f"{key}.{value}", kind="text" if value == REASON else "choice")
            place.choices = self.lists.choices_of(question) if question["type"] == "matrix" else ()
            self.form.add(place, group)


def get_parts(question: Item) -> list[str]:
    """What a question is made of when it is a group there: its rows, the indicators, the decision and its reason."""
    if question["type"] == "matrix":
        return [row["value"] for row in question["rows"]]
    if question["type"] == "indicators":
        return [indicator["id"] for indicator in catalogue()["indicators"]]
    return [DECISION, REASON]


def _keys(definition: Item) -> list[str]:
    def within(items: list[Item]) -> list[str]:
        return [key for item in items for key in (item["key"], *within(item.get("items", [])))]

    return [key for section in definition["sections"] for key in within(section["items"])]


def _mentions(part: Any, name: str) -> bool:
    """Whether an expression somewhere reads this variable."""
    if isinstance(part, dict):
        return any(_mentions(value, name) for value in part.values())
    if isinstance(part, list):
        return any(_mentions(value, name) for value in part)
    return part == name
