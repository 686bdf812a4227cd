"""The rows of the sheet "survey", from a definition."""

import json
from collections.abc import Iterator

from pyxform.utils import default_is_dynamic

from case_forms.questions import registry
from case_forms.questions.base import text_in
from case_forms.questions.indicators import catalogue

from .choosing import SPECIFY
from .computing import UNSAID
from .naming import OCCURRED_ON, get_parts
from .survey_columns import Item, Row, SurveyColumns
from .types_in import GROUPS, get_type
from .words_out import OCCURRED_ON_LABEL
from .xpath.places import Place
from .xpath.printing import Printer, Unprintable, plain_number, printed, quoted

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
    """Writes the rows of a form, one after the other."""

    def write(self) -> None:
        form = self.definition
        if self.names.occurred_on is not None:
            label = {code: OCCURRED_ON_LABEL.get(code, OCCURRED_ON_LABEL["en"]) for code in form["languages"]}
            row = {"type": "date", "name": self.names.occurred_on.name, "default": "today()", "required": "yes"}
            self._put({**row, **self._texts("label", label), "vatra::type": OCCURRED_ON})
        if "intro" in form:
            self._note(self.names.unique("form_intro"), form["intro"], "form_intro")
        for section in form["sections"]:
            self._section(section)

    # ---- groups ----

    def _section(self, section: Item) -> None:
        place = self.names.of(section)
        row = {"type": "begin_group", "name": place.name, **self._texts("label", section["title"])}
        row |= self._texts("vatra::recipient_label", section.get("recipient_title", {}))
        if place.name != section["key"]:
            row["vatra::key"] = section["key"]
        self._conditions(row, section, place)
        self._put(row)
        if "intro" in section:
            self._note(self.names.unique(f"{section['key']}_intro"), section["intro"], "section_intro")
        self._items(section["items"], place.name, has_intro="intro" in section)
        self._put({"type": "end_group", "name": place.name})

    def _items(self, items: list[Item], name: str, *, has_intro: bool = False) -> None:
        """ODK wants something to show in each group."""
        shown = has_intro or any(item.get("type") not in UNSHOWN_TYPES for item in items)
        for item in items:
            if item["item"] == "note":
                row = {"type": "note", "name": self.names.of(item).name, **self._texts("label", item["text"])}
                self._key(row, item)
                self._conditions(row, item, self.names.of(item))
                self._put(row)
            elif item["item"] == "repeat":
                self._repeat(item)
            else:
                self._question(item)
        if not shown:
            self._note(
                self.names.unique(f"{name}_nothing"), dict.fromkeys(self.definition["languages"], "—"), "nothing"
            )

    def _repeat(self, repeat: Item) -> None:
        place = self.names.of(repeat)
        row = {"type": "begin_repeat", "name": place.name, **self._texts("label", repeat["label"])}
        row |= self._texts("hint", repeat.get("hint", {}))
        self._key(row, repeat)
        self._conditions(row, repeat, place)
        for side in ("min", "max"):
            if side in repeat:
                row[f"vatra::{side}"] = str(repeat[side])
        if "min" in repeat and repeat["min"] == repeat.get("max"):
            row["repeat_count"] = str(repeat["min"])
        elif "min" in repeat or "max" in repeat:
            self._lose("repeat_count", "rows", {side: repeat[side] for side in ("min", "max") if side in repeat})
        self._put(row)
        self._items(repeat["items"], place.name)
        self._put({"type": "end_repeat", "name": place.name})

    def _note(self, name: str, texts: dict[str, str], ours: str) -> None:
        self._put({"type": "note", "name": name, **self._texts("label", texts), "vatra::type": ours})

    # ---- questions ----

    def _question(self, question: Item) -> None:
        place, ours = self.names.of(question), question["type"]
        row: Row = {"name": place.name, **self._texts("label", question["label"])}
        row |= self._texts("vatra::recipient_label", question.get("recipient_label", {}))
        row |= self._texts("hint", question.get("hint", {}))
        self._key(row, question)
        self._conditions(row, question, place)
        self._privacy(row, question, place)
        if ours in GROUPS:
            self._group(row, question, place)
            return
        theirs, appearance = registry.get(ours).xlsform(question)
        row["type"] = f"{theirs} {self.lists.name_of(question)}" if theirs in SELECTS else theirs
        if appearance:
            row["appearance"] = appearance
        if "appearance" in question:
            row["vatra::appearance"] = question["appearance"]
        self._required(row, question, place)
        self._ours(row, question, theirs, appearance)
        self._constraint(row, question, place)
        self._computed(row, question, place)
        self._chosen(row, question, place)
        self._put(row)

    def _ours(self, row: Row, question: Item, theirs: str, appearance: str) -> None:
        """What only we have: in columns of ours, and in an XLSForm's own where there is one that comes near."""
        ours = question["type"]
        found = get_type(PYXFORM_NAMES.get(theirs, theirs), appearance, "", "")
        if found is None or found.type != ours:
            row["vatra::type"] = ours
        if ours == "scale":
            self._scale(row, question)
        else:
            for side in ("min", "max"):
                if side in question:
                    value = question[side]
                    row[f"vatra::{side}"] = value if isinstance(value, str) else plain_number(value)
        if "max_length" in question:
            row["vatra::max_length"] = str(question["max_length"])
        if "accept" in question and (ours, question["accept"], theirs) != ("file", ["image"], "image"):
            row["vatra::accept"] = " ".join(question["accept"])
        for name in ("coarsen", "of"):
            if name in question:
                row[f"vatra::{name}"] = question[name]
        if question.get("read_only"):
            row["read_only"] = "yes"
        named = str(question.get("choices_from", ""))
        if named and named not in self.lists.own:
            row["vatra::list"] = named

    def _scale(self, row: Row, question: Item) -> None:
        low, high, step = question["min"], question["max"], question.get("step", 1)
        parameters = [f"start={plain_number(low)}", f"end={plain_number(high)}", f"step={plain_number(step)}"]
        if "step" in question:
            row["vatra::step"] = plain_number(step)
        ends = {plain_number(low): question.get("low_label"), plain_number(high): question.get("high_label")}
        labelled = {value: label for value, label in ends.items() if label}
        if question.get("high_label") and round((high - low) / step, 6) % 1:
            labelled.pop(plain_number(high))
            self._lose("parameters", "scale", {"high_label": question["high_label"]})
        if labelled:
            parameters.append(f"tick_labelset={self.lists.ends_of(question, labelled)}")
        row["parameters"] = " ".join(parameters)

    def _chosen(self, row: Row, question: Item, place: Place) -> None:
        if "choice_filter" not in question:
            return
        from .choice_lists import get_column

        name = self.lists.name_of(question)
        known = {key for choice in self.lists.lists[name] for key in choice.get("with", {})}
        attributes = {"value": "name", **{key: get_column(key) for key in known}}
        text = self._printed("choice_filter", question["choice_filter"], place, attributes=attributes)
        if text is not None:
            row["choice_filter"] = text

    def _computed(self, row: Row, question: Item, place: Place) -> None:
        ours = question["type"]
        if "calculation" in question:
            row["vatra::result"] = question.get("result", UNSAID)
            try:
                row["calculation"] = printed(question["calculation"], self.names.form, place)
            except Unprintable as reason:
                self._lose("calculation", reason.code, question["calculation"])
                row["calculation"] = "''"
        if "default" in question:
            if ours in NEVER_DEFAULT:
                row["vatra::default"] = json.dumps(question["default"], ensure_ascii=False)
                self._lose("default", "default", question["default"])
            else:
                row["default"] = self._default(question, place, row["type"].split()[0])
                if ours == "approximate_date" and len(question["default"]) < len("2012-05-03"):
                    row["vatra::default"] = json.dumps(question["default"])
                    row["default"] = f"{question['default']}-01-01"[:10]
        if "initial" in question:
            self._initial(row, question, place)

    def _initial(self, row: Row, question: Item, place: Place) -> None:
        """What the question begins with: a default that ODK works out, when the type can begin with that there."""
        try:
            piece = Printer(self.names.form, place).value(question["initial"])
        except Unprintable as reason:
            self._lose("default", reason.code, question["initial"])
            return
        if "default" in row or piece.kind not in BEGINS_WITH.get(place.kind, ()) or question["initial"] is None:
            row["vatra::initial"] = piece.text
            self._lose("default", "initial", question["initial"])
            return
        as_expression = "number" if piece.kind == "number" else "string"
        is_dynamic = default_is_dynamic(piece.text, row["type"])
        row["default"] = piece.text if is_dynamic else f"{as_expression}({piece.text})"

    def _default(self, question: Item, place: Place, theirs: str) -> str:
        value = question["default"]
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return plain_number(value)
        if isinstance(value, list):
            text = " ".join(place.written(each) for each in value)
        else:
            text = place.written(str(value)) if place.kind == "choice" else str(value)
        return f"string({quoted(text)})" if default_is_dynamic(text, theirs) else text

    def _group(self, row: Row, question: Item, place: Place) -> None:
        """A question of several parts: a group with one row for each."""
        ours = question["type"]
        appearance = "table-list" if ours == "matrix" else "field-list"
        row |= {"type": "begin_group", "appearance": appearance, "vatra::type": ours}
        if "of" in question:
            row["vatra::of"] = question["of"]
        if "default" in question:
            row["vatra::default"] = json.dumps(question["default"], ensure_ascii=False)
        for name in ("default", "initial", "constraint"):
            if name in question:
                self._lose(name, "parts", question[name])
        if "appearance" in question:
            self._lose("appearance", "parts", question["appearance"])
        self._put(row)
        children = place.children.values()
        parts = zip(get_parts(question), self._labels(question), self._lists(question), children, strict=True)
        for value, label, listed, child in parts:
            line = {"type": f"select_one {listed}" if listed else "text", "name": child.name}
            line |= self._texts("label", label)
            if not listed:
                line["appearance"] = "multiline"
            if child.name != value:
                line["vatra::value"] = value
            self._required(line, question, child)
            if question.get("read_only"):
                line["read_only"] = "yes"
            named = str(question.get("choices_from", ""))
            if named and named not in self.lists.own:
                line["vatra::list"] = named
            self._put(line)
        self._put({"type": "end_group", "name": place.name})

    def _labels(self, question: Item) -> list[dict[str, str]]:
        languages = self.definition["languages"]
        if question["type"] == "matrix":
            return [row["label"] for row in question["rows"]]
        if question["type"] == "indicators":
            words = [indicator["label"] for indicator in catalogue()["indicators"]]
            return [{code: text_in(each, code) for code in languages} for each in words]
        reason = {code: SPECIFY.get(code, SPECIFY["en"]) for code in languages}
        return [question["label"], reason]

    def _lists(self, question: Item) -> Iterator[str]:
        if question["type"] == "matrix":
            name = self.lists.name_of(question)
            return iter([name] * len(question["rows"]))
        name = self.lists.name_of(question)
        if question["type"] == "indicators":
            return iter([name] * len(get_parts(question)))
        return iter([name, ""])
