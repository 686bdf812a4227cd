"""The tree as sections with items, and where each part stood in the workbook."""

from dataclasses import dataclass, field
from typing import Any

from case_forms.questions import registry

from ..shapes import MAX_ROWS
from .carrying import Carrying, Condition, both, get_size
from .choosing import chosen_from
from .computing import default_in_json
from .names import get_key
from .planning import OCCURRED_ON
from .privacy import privacy
from .questions import get_question
from .rows import Row
from .tables import build_rows, get_labels
from .tree import Node
from .types_in import GROUPS, LEFT_OUT, NOTES, UNSUPPORTED
from .xpath.nodes import Number, Text
from .xpath.values import number_in

Item = dict[str, Any]
LARGEST_CARRIED = 500  # parts of a condition that goes down to each question of a group
SILENT_NOTES = ("section_intro", "nothing")
DIFFERS = {
    "sq": "Numri i rreshtave këtu ndryshon nga ai i dhënë më sipër.",
    "en": "The number of rows here differs from the one given above.",
}


@dataclass
class Sections:
    """What has been made so far. rows: {JSON pointer: its row in the workbook}."""

    carrying: Carrying
    sections: list[Item] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    intro: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def read(self, root: Node, title: dict[str, str]) -> None:
        """Groups become sections; what stands outside of groups stands in sections with the form's title."""
        loose: list[Node] = []
        for child in root.children:
            if child.sort == "group" and not _is_question(child):
                self._loose(loose, title)
                loose = []
                self._group(child, None)
            else:
                loose.append(child)
        self._loose(loose, title)

    def _loose(self, nodes: list[Node], title: dict[str, str]) -> None:
        made = self._items(nodes, None)
        if made:
            key = get_key(f"part_{len(self.sections) + 1}", self.keys)
            self._add({"key": key, "title": title}, made, None)

    def _group(self, node: Node, outer: Condition) -> None:
        """A group as a section; a group of nothing but groups as one section for each of those."""
        row, report = node.here, self.carrying.report
        relevant = both(outer, self.carrying.relevant(node))
        asked = [child for child in node.children if child.type not in LEFT_OUT or child.sort != "question"]
        if asked and all(child.sort == "group" and not _is_question(child) for child in asked):
            report.note("group_dissolved", *self.carrying.where(row))
            for child in asked:
                self._group(child, relevant)
            return
        wanted = row.get("vatra", "key") or node.name
        section: Item = {"key": get_key(wanted, self.keys, "part"), "title": self._title(node)}
        recipient_title = self.carrying.texts(row, "vatra", "recipient_label")
        if recipient_title:
            section["recipient_title"] = recipient_title
        if relevant is not None:
            section["relevant"] = relevant
        intro = next((child for child in node.children if child.here.get("vatra", "type") == "section_intro"), None)
        if intro is not None:
            section["intro"] = self.carrying.texts(intro.here, "label")
        self._add(section, self._items(node.children, None), row)

    def _title(self, node: Node) -> dict[str, str]:
        return self.carrying.texts(node.here, "label") or self.carrying.languages.everywhere(node.name or "—")

    def _add(self, section: Item, made: list[tuple[Item, Row, list[Any]]], row: Row | None) -> None:
        self.keys.add(section["key"])
        path = f"/sections/{len(self.sections)}"
        if row is not None:
            self.rows[path] = row
        section["items"] = self._placed(made, path)
        self.sections.append(section)

    def _placed(self, made: list[tuple[Item, Row, list[Any]]], path: str) -> list[Item]:
        for position, (_item, row, inner) in enumerate(made):
            self.rows[f"{path}/items/{position}"] = row
            self._placed(inner, f"{path}/items/{position}")
        return [item for item, _row, _inner in made]

    # ---- items ----

    def _items(self, nodes: list[Node], outer: Condition) -> list[tuple[Item, Row, list[Any]]]:
        """(item, its row, what is made in it) of these nodes. `outer`: what has to hold for all of them."""
        made: list[tuple[Item, Row, list[Any]]] = []
        for node in nodes:
            if node.sort == "repeat":
                made += self._repeat(node, outer)
            elif node.sort == "group" and not _is_question(node):
                made += self._flattened(node, outer)
            elif node.sort == "group":
                made += [(item, node.here, []) for item in self._parts(node, outer)]
            elif node.sort == "question":
                made += [(item, node.here, []) for item in self._question(node, outer)]
        return made

    def _flattened(self, node: Node, outer: Condition) -> list[tuple[Item, Row, list[Any]]]:
        """A group inside of a section: its label is a note, and its condition goes to each of its questions."""
        self.carrying.report.note("group_flattened", *self.carrying.where(node.here))
        relevant = both(outer, self.carrying.relevant(node))
        if get_size(relevant) > LARGEST_CARRIED:
            self.carrying.report.error("expression_too_large", *self.carrying.where(node.here), most=LARGEST_CARRIED)
            relevant = None
        made: list[tuple[Item, Row, list[Any]]] = []
        label = self.carrying.texts(node.here, "label")
        if label:
            key = get_key(node.name or "group", self.carrying.taken)
            self.carrying.taken.add(key)
            note: Item = {"item": "note", "key": key, "text": label}
            made.append((note if relevant is None else {**note, "relevant": relevant}, node.here, []))
        return made + self._items(node.children, relevant)

    def _repeat(self, node: Node, outer: Condition) -> list[tuple[Item, Row, list[Any]]]:
        row, carrying = node.here, self.carrying
        label = carrying.texts(row, "label")
        if not label:
            carrying.report.warning("no_label", *carrying.where(row, "label"))
            label = carrying.languages.everywhere(node.name)
        repeat: Item = {"item": "repeat", "key": node.key, "label": label}
        hint = carrying.texts(row, "hint")
        if hint:
            repeat["hint"] = hint
        relevant = both(outer, carrying.relevant(node))
        if relevant is not None:
            repeat["relevant"] = relevant
        after = self._count(repeat, node, relevant)
        inner = self._items(node.children, None)
        repeat["items"] = [item for item, _row, _inner in inner]
        return [(repeat, row, inner), *((note, row, []) for note in after)]

    def _count(self, repeat: Item, node: Node, relevant: Condition) -> list[Item]:
        """The number of rows: a number is kept; where it is an answer, a note tells when the rows are not so many."""
        row, carrying = node.here, self.carrying
        for name in ("min", "max"):
            bound = number_in(row.get("vatra", name))
            if isinstance(bound, int):
                repeat[name] = bound
        part = carrying.parsed(row, "control", "jr:count")
        if part is None or "min" in repeat or "max" in repeat:
            return []
        where = carrying.where(row, "control", "jr:count")
        if isinstance(part, Number | Text):
            count = number_in(str(part.value))
            if not isinstance(count, int) or not 1 <= count <= MAX_ROWS:
                carrying.report.error("bad_count", *where, most=MAX_ROWS)
                return []
            repeat |= {"min": count, "max": count}
            return []
        wanted = carrying.value(part, row, node, "control", "jr:count")
        if wanted is None:
            return []
        carrying.report.warning("repeat_count", *where, name=row.get("control", "jr:count")[:80])
        repeat["max"] = MAX_ROWS
        key = get_key(f"{node.key}_count_note", carrying.taken)
        carrying.taken.add(key)
        differs = {"!=": [{"count": [{"var": node.key}]}, {"coalesce": [wanted.logic, 0]}]}
        note = {"item": "note", "key": key, "text": _words(DIFFERS, carrying), "relevant": both(relevant, differs)}
        return [note]

    def _question(self, node: Node, outer: Condition) -> list[Item]:
        row, carrying = node.here, self.carrying
        where = carrying.where(row, "type")
        if row.get("vatra", "type") == OCCURRED_ON and node.type == "date":
            return []
        if node.type in LEFT_OUT:
            if node.type not in ("start", "end", "today", "deviceid", "audit"):
                carrying.report.note("left_out", *where, name=node.type)
            return []
        if node.type in NOTES and not row.get("bind", "calculate"):
            return self._note(node, outer)
        if node.type in UNSUPPORTED:
            code = "choices_from_a_file" if node.type.startswith("select") else "unsupported_type"
            carrying.report.error(code, *where, name=node.type)
            return []
        made = get_question(node, outer, carrying)
        if not made and not carrying.report.has_error_at(row.sheet.name, row.number):
            carrying.report.error("unknown_type", *where, name=node.type[:60])
        return made

    def _note(self, node: Node, outer: Condition) -> list[Item]:
        row, carrying = node.here, self.carrying
        texts = carrying.texts(row, "label")
        if row.get("vatra", "type") == "form_intro":
            self.intro = texts
            return []
        if row.get("vatra", "type") in SILENT_NOTES:
            return []
        if any(tokens[0] == "media" for tokens in row.cells):
            carrying.report.note("media_left_out", *carrying.where(row, "media"))
        hint = carrying.texts(row, "hint")
        texts = {code: "\n".join(filter(None, (texts.get(code), hint.get(code)))) for code in {**texts, **hint}}
        note: Item = {"item": "note", "key": node.key, "text": texts or carrying.languages.everywhere("—")}
        relevant = both(outer, carrying.relevant(node))
        return [note if relevant is None else {**note, "relevant": relevant}]

    def _parts(self, node: Node, outer: Condition) -> list[Item]:
        """A group that is one question: a table of questions, or what our own export wrote so."""
        row, carrying = node.here, self.carrying
        ours = row.get("vatra", "type") if row.get("vatra", "type") in GROUPS else "matrix"
        rows = build_rows(node)
        head = get_labels(node)
        label = carrying.texts(row, "label") or (carrying.texts(head.here, "label") if head else {})
        question: Item = {"item": "question", "key": node.key, "type": ours}
        question["label"] = label or carrying.languages.everywhere(node.name)
        recipient_label = carrying.texts(row, "vatra", "recipient_label")
        if recipient_label:
            question["recipient_label"] = recipient_label
        hint = carrying.texts(row, "hint")
        if hint:
            question["hint"] = hint
        relevant = both(outer, carrying.relevant(node))
        if relevant is not None:
            question["relevant"] = relevant
        asked = next((child for child in rows if child.here.get("bind", "required")), None)
        required = carrying.truth(asked, "required") if asked is not None else None
        if required is not None:
            question["required"] = required
        question |= privacy(node if row.get("vatra", "sensitivity") or not rows else rows[0], carrying)
        if rows and rows[0].here.truth("bind", "readonly"):
            question["read_only"] = True
        kept = default_in_json(node)
        if kept is not None:
            question["default"] = kept
        if row.get("vatra", "of") and "of" in registry.get(ours).properties:
            question["of"] = row.get("vatra", "of")
        if ours == "matrix":
            question |= self._table(node, rows)
        return [question]

    def _table(self, node: Node, rows: list[Node]) -> Item:
        carrying = self.carrying
        if node.here.get("vatra", "type") != "matrix":
            carrying.report.note("matrix_made", *carrying.where(node.here))
        lines = [
            {
                "value": child.key,
                "label": carrying.texts(child.here, "label") or carrying.languages.everywhere(child.name),
            }
            for child in rows
        ]
        listed = carrying.lists.get(rows[0].list_name) if rows else None
        return {"rows": lines, **(chosen_from(listed, rows[0], carrying) if listed else {})}


def _is_question(node: Node) -> bool:
    """Whether a group is one question here. Then it has a key of its own."""
    return node.sort == "group" and bool(node.key)


def _words(texts: dict[str, str], carrying: Carrying) -> dict[str, str]:
    return {code: texts.get(code, texts["en"]) for code in carrying.languages.codes}
