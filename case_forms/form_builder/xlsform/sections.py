"""Conversion of the tree to sections with items, with the row in the workbook that each part came from."""

from dataclasses import dataclass, field
from typing import Any

from access.languages import in_each_language
from case_forms.questions import registry

from ..definition.limits import MAX_ITEMS, MAX_ROWS
from .calculations import default_in_json
from .cells import get_key
from .import_context import Condition, ImportContext, combine_conditions, count_parts
from .messages import COUNT_DIFFERS
from .planning import OCCURRED_ON
from .question_basics import begin_question, privacy
from .question_choices import chosen_from
from .question_types import GROUPS, LEFT_OUT, NOTES, UNSUPPORTED
from .questions import get_question
from .sheet import Row
from .survey_tree import SurveyNode, build_rows, get_labels
from .xpath.nodes import Number, Text
from .xpath.parser import read_number

Item = dict[str, Any]
MAX_CONDITION_SIZE = 500  # parts of a condition that goes down to each question of a group
SILENT_NOTES = ("section_intro", "nothing")


@dataclass
class Sections:
    """The sections made so far. `rows`: {JSON pointer: its row in the workbook}."""

    context: ImportContext
    sections: list[Item] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    intro: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def read(self, root: SurveyNode, title: dict[str, str]) -> None:
        """Convert groups to sections; what stands outside of groups goes into sections with the form's title."""
        loose: list[SurveyNode] = []
        for child in root.children:
            if child.sort == "group" and not _is_question(child):
                self._loose(loose, title)
                loose = []
                self._group(child, None)
            else:
                loose.append(child)
        self._loose(loose, title)

    def _loose(self, nodes: list[SurveyNode], title: dict[str, str]) -> None:
        made = self._items(nodes, None)
        if made:
            key = get_key(f"part_{len(self.sections) + 1}", self.keys)
            self._add({"key": key, "title": title}, made, None)

    def _group(self, node: SurveyNode, outer: Condition) -> None:
        """Convert a group to a section; a group of nothing but groups to one section for each of those."""
        row, report = node.here, self.context.report
        relevant = combine_conditions(outer, self.context.relevant(node))
        asked = [child for child in node.children if child.type not in LEFT_OUT or child.sort != "question"]
        if asked and all(child.sort == "group" and not _is_question(child) for child in asked):
            report.note("group_dissolved", *self.context.where(row))
            # Sections don't nest: the outer group's condition goes to each of the inner ones, and its label is lost.
            for child in asked:
                self._group(child, relevant)
            return
        wanted = row.get("vatra", "key") or node.name
        section: Item = {"key": get_key(wanted, self.keys, "part"), "title": self._title(node)}
        recipient_title = self.context.texts(row, "vatra", "recipient_label")
        if recipient_title:
            section["recipient_title"] = recipient_title
        if relevant is not None:
            section["relevant"] = relevant
        intro = next((child for child in node.children if child.here.get("vatra", "type") == "section_intro"), None)
        if intro is not None:
            section["intro"] = self.context.texts(intro.here, "label")
        self._add(section, self._items(node.children, None), row)

    def _title(self, node: SurveyNode) -> dict[str, str]:
        return self.context.texts(node.here, "label") or self.context.languages.everywhere(node.name or "—")

    def _add(self, section: Item, made: list[tuple[Item, Row, list[Any]]], row: Row | None) -> None:
        """Add a section; one that is too long goes on in the next, under the same title and condition."""
        made, rest = made[:MAX_ITEMS], made[MAX_ITEMS:]
        self.keys.add(section["key"])
        path = f"/sections/{len(self.sections)}"
        if row is not None:
            self.rows[path] = row
        self.sections.append({**section, "items": self._placed(made, path)})
        if rest:
            self.context.report.note("section_cut", *self.context.where(rest[0][1]), most=MAX_ITEMS)
            following = {name: value for name, value in section.items() if name != "intro"}
            self._add(following | {"key": get_key(section["key"], self.keys)}, rest, row)

    def _placed(self, made: list[tuple[Item, Row, list[Any]]], path: str) -> list[Item]:
        for position, (_item, row, inner) in enumerate(made):
            self.rows[f"{path}/items/{position}"] = row
            self._placed(inner, f"{path}/items/{position}")
        return [item for item, _row, _inner in made]

    # ---- items ----

    def _items(self, nodes: list[SurveyNode], outer: Condition) -> list[tuple[Item, Row, list[Any]]]:
        """Return (item, its row, what is made in it) of these nodes. `outer`: the condition for all of them."""
        made: list[tuple[Item, Row, list[Any]]] = []
        for node in nodes:
            if node.sort == "repeat":
                made += self._repeat(node, outer)
            elif node.sort == "group" and not _is_question(node):
                made += self._flattened(node, outer)
            elif node.sort == "group":
                made += [(item, node.here, []) for item in self._parts(node, outer)]
            elif node.sort == "loop":
                made.append((begin_question(node, node.type, outer, self.context), node.here, []))
            elif node.sort == "question":
                made += [(item, node.here, []) for item in self._question(node, outer)]
        return made

    def _flattened(self, node: SurveyNode, outer: Condition) -> list[tuple[Item, Row, list[Any]]]:
        """Convert a group inside of a section: its label is a note, and its condition goes to each of its questions."""
        self.context.report.note("group_flattened", *self.context.where(node.here))
        relevant = combine_conditions(outer, self.context.relevant(node))
        # The condition is repeated at each question: a large one in a large group would multiply the form's size.
        if count_parts(relevant) > MAX_CONDITION_SIZE:
            self.context.report.error("expression_too_large", *self.context.where(node.here), most=MAX_CONDITION_SIZE)
            relevant = self.context.left_over(node.here, "bind", "relevant")
        made: list[tuple[Item, Row, list[Any]]] = []
        label = self.context.texts(node.here, "label")
        if label:
            key = get_key(node.name or "group", self.context.taken)
            self.context.taken.add(key)
            note: Item = {"item": "note", "key": key, "text": label}
            made.append((note if relevant is None else {**note, "relevant": relevant}, node.here, []))
        return made + self._items(node.children, relevant)

    def _repeat(self, node: SurveyNode, outer: Condition) -> list[tuple[Item, Row, list[Any]]]:
        row, context = node.here, self.context
        label = context.texts(row, "label")
        if not label:
            context.report.warning("no_label", *context.where(row, "label"))
            label = context.languages.everywhere(node.name)
        repeat: Item = {"item": "repeat", "key": node.key, "label": label}
        hint = context.texts(row, "hint")
        if hint:
            repeat["hint"] = hint
        relevant = combine_conditions(outer, context.relevant(node))
        if relevant is not None:
            repeat["relevant"] = relevant
        after = self._count(repeat, node, relevant)
        # Not `outer`: the repeat itself has the condition, and its rows aren't asked without it.
        inner = self._items(node.children, None)
        repeat["items"] = [item for item, _row, _inner in inner]
        return [(repeat, row, inner), *((note, row, []) for note in after)]

    def _count(self, repeat: Item, node: SurveyNode, relevant: Condition) -> list[Item]:
        """Read the number of rows, which may be a number or an expression.

        A number becomes `min` and `max`. For an expression, a note appears when the rows are not so many.
        """
        row, context = node.here, self.context
        for name in ("min", "max"):
            bound = read_number(row.get("vatra", name))
            if isinstance(bound, int):
                repeat[name] = bound
        part = context.parsed(row, "control", "jr:count")
        if part is None or "min" in repeat or "max" in repeat:
            return []
        where = context.where(row, "control", "jr:count")
        if isinstance(part, Number | Text):
            count = read_number(str(part.value))
            if not isinstance(count, int) or not 1 <= count <= MAX_ROWS:
                context.report.error("bad_count", *where, most=MAX_ROWS)
                return []
            repeat |= {"min": count, "max": count}
            return []
        wanted = context.value(part, row, node, "control", "jr:count")
        context.report.warning("repeat_count", *where, name=row.get("control", "jr:count")[:80])
        repeat["max"] = MAX_ROWS
        key = get_key(f"{node.key}_count_note", context.taken)
        context.taken.add(key)
        differs = {"!=": [{"count": [{"var": node.key}]}, {"coalesce": [wanted.logic, 0]}]}
        note = {
            "item": "note",
            "key": key,
            "text": in_each_language(COUNT_DIFFERS, context.languages.codes),
            "relevant": combine_conditions(relevant, differs),
        }
        return [note]

    def _question(self, node: SurveyNode, outer: Condition) -> list[Item]:
        row, context = node.here, self.context
        where = context.where(row, "type")
        if row.get("vatra", "type") == OCCURRED_ON and node.type == "date":
            return []
        if node.type in LEFT_OUT:
            if node.type not in ("start", "end", "today", "deviceid", "audit"):
                context.report.note("left_out", *where, name=node.type)
            return []
        if node.type in NOTES and not row.get("bind", "calculate"):
            return self._note(node, outer)
        if node.type in UNSUPPORTED:
            code = "choices_from_a_file" if node.type.startswith("select") else "unsupported_type"
            context.report.error(code, *where, name=node.type)
            return [begin_question(node, node.type, outer, context)]
        made = get_question(node, outer, context)
        if made:
            return made
        if not context.report.has_error_at(row.sheet.name, row.number):
            context.report.error("unknown_type", *where, name=node.type[:60])
        # It keeps its type, which we don't have: the editor asks for another, and so does publishing.
        return [begin_question(node, node.type[:60], outer, context)]

    def _note(self, node: SurveyNode, outer: Condition) -> list[Item]:
        row, context = node.here, self.context
        texts = context.texts(row, "label")
        if row.get("vatra", "type") == "form_intro":
            self.intro = texts
            return []
        if row.get("vatra", "type") in SILENT_NOTES:
            return []
        if any(tokens[0] == "media" for tokens in row.cells):
            context.report.note("media_left_out", *context.where(row, "media"))
        hint = context.texts(row, "hint")
        texts = {code: "\n".join(filter(None, (texts.get(code), hint.get(code)))) for code in {**texts, **hint}}
        note: Item = {"item": "note", "key": node.key, "text": texts or context.languages.everywhere("—")}
        relevant = combine_conditions(outer, context.relevant(node))
        return [note if relevant is None else {**note, "relevant": relevant}]

    def _parts(self, node: SurveyNode, outer: Condition) -> list[Item]:
        """Convert a group that is one question: a table of questions, or what our own export wrote so."""
        row, context = node.here, self.context
        ours = row.get("vatra", "type") if row.get("vatra", "type") in GROUPS else "matrix"
        rows = build_rows(node)
        head = get_labels(node)
        label = context.texts(row, "label") or (context.texts(head.here, "label") if head else {})
        question: Item = {"item": "question", "key": node.key, "type": ours}
        question["label"] = label or context.languages.everywhere(node.name)
        recipient_label = context.texts(row, "vatra", "recipient_label")
        if recipient_label:
            question["recipient_label"] = recipient_label
        hint = context.texts(row, "hint")
        if hint:
            question["hint"] = hint
        relevant = combine_conditions(outer, context.relevant(node))
        if relevant is not None:
            question["relevant"] = relevant
        # A matrix is required as a whole. `is_table` admits only rows that agree on it.
        asked = next((child for child in rows if child.here.get("bind", "required")), None)
        required = context.truth(asked, "required") if asked is not None else None
        if required is not None:
            question["required"] = required
        question |= privacy(node if row.get("vatra", "sensitivity") or not rows else rows[0], context)
        if rows and rows[0].here.truth("bind", "readonly"):
            question["read_only"] = True
        default = default_in_json(node)
        if default is not None:
            question["default"] = default
        if row.get("vatra", "of") and "of" in registry.get(ours).properties:
            question["of"] = row.get("vatra", "of")
        if ours == "matrix":
            question |= self._table(node, rows)
        return [question]

    def _table(self, node: SurveyNode, rows: list[SurveyNode]) -> Item:
        context = self.context
        if node.here.get("vatra", "type") != "matrix":
            context.report.note("matrix_made", *context.where(node.here))
        lines = [
            {
                "value": child.key,
                "label": context.texts(child.here, "label") or context.languages.everywhere(child.name),
            }
            for child in rows
        ]
        listed = context.lists.get(rows[0].list_name) if rows else None
        return {"rows": lines, **(chosen_from(listed, rows[0], context) if listed else {})}


def _is_question(node: SurveyNode) -> bool:
    """Return whether a group is one question here. Then it has a key of its own."""
    return node.sort == "group" and bool(node.key)
