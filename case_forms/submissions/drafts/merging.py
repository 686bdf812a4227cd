"""Three-way merge of two copies of one section; a person decides about what both sides changed.

A page says which version of the section it was made from, and carries a mark (a keyed hash) of each answer that it
showed then. With these the second saving is merged field by field; no older answer is stored:

1. the same on both sides: nothing to do;
2. unchanged on the page: what is saved stays; unchanged where it is saved: the page's is taken;
3. changed on both sides: a difference, which a person decides. Until then nothing is written.

A group is compared as a whole, then row by row while it has as many rows on both sides as it had at first.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.crypto import salted_hmac

from case_forms.form_builder.definition import AnyItem, Question, Repeat

from ..pages.entries import Entry, QuestionView, RepeatView
from ..validation.validate import Answers, is_unanswered
from .typed_values import is_filled_in

Marks = Mapping[str, str]
Path = tuple[str | int, ...]

MARK_SALT = "vatra.section-mark"
MARK_LENGTH = 12  # of base64: 72 bits
MINE, THEIRS, BOTH = "mine", "theirs", "both"
OCCURRED = "_occurred_at"  # when it happened stands on the first section's page, beside its questions
IN_PARTS = ("indicators", "matrix")  # types whose answer is many small ones, each merged by itself


@dataclass(frozen=True)
class PageCopy:
    """A page's description of itself when it saves.

    `page` is its random id and `turn` counts what it has sent (0: it doesn't count). `version`: of the section, when
    the page was made; `marks`: of the answers that it showed then, None when it doesn't say.
    """

    page: str = ""
    version: int = 0
    turn: int = 0
    marks: Marks | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Chosen:
    """A person's decision about one difference; `seen` is the mark of the saved answer that they were shown."""

    side: str
    seen: str


@dataclass(frozen=True)
class Difference:
    """Two answers to one question, or two lists of rows. `path` leads to it; `seen` is the mark of `theirs`."""

    name: str
    path: Path
    item: Question | Repeat = field(repr=False)
    theirs: Any = field(repr=False)
    mine: Any = field(repr=False)
    seen: str = ""

    @property
    def is_group(self) -> bool:
        return isinstance(self.item, Repeat)

    @property
    def can_keep_both(self) -> bool:
        if not isinstance(self.item, Repeat) or is_unanswered(self.mine) or is_unanswered(self.theirs):
            return False
        return len(_both(self.theirs, self.mine)) <= self.item.max


class Merge:
    """One merge of two copies. `salt` binds marks to one draft's section; `chosen`: decisions by the field's name."""

    def __init__(self, salt: str, marks: Marks | None, chosen: Mapping[str, Chosen]) -> None:
        self.salt = salt
        self.marks = marks
        self.chosen = chosen
        self.differences: list[Difference] = []

    def made(
        self, items: Iterable[AnyItem], theirs: Answers, mine: Answers, prefix: str = "", path: Path = ()
    ) -> Answers:
        """Merge the answers; what differs keeps `theirs` and is added to `differences`."""
        made: Answers = {}
        for item in items:
            if not is_filled_in(item):
                continue
            key = item.key
            value = self.one(item, f"{prefix}{key}", theirs.get(key), mine.get(key), (*path, key))
            if not is_unanswered(value):
                made[key] = value
        return made

    def one(self, item: Question | Repeat, name: str, theirs: Any, mine: Any, path: Path) -> Any:
        """Merge the answer to one question, or the rows of one group."""
        their_mark, my_mark = mark(self.salt, name, theirs), mark(self.salt, name, mine)
        before = None if self.marks is None else self.marks.get(name, "")
        # the same on both sides, or unchanged on the page
        if my_mark in (their_mark, before):
            return theirs
        # a page without marks (`before` None) can't say what it changed: an answer wins over none
        if their_mark == before or (before is None and not their_mark):
            return mine
        if before is None and not my_mark:
            return theirs
        # rows have no ids: only while their number never changed is row 2 on both sides the same person
        if isinstance(item, Repeat) and self._has_the_same_rows(name, theirs, mine):
            rows = enumerate(zip(theirs, mine, strict=True))
            return [
                self.made(item.items, row, other, f"{name}-{index}-", (*path, index)) for index, (row, other) in rows
            ]
        if _is_in_parts(item) and isinstance(theirs, dict) and isinstance(mine, dict):
            parts = self._parts(name, theirs, mine)
            if parts is not None:
                return parts
        return self.decide(item, name, theirs, mine, path)

    def decide(self, item: Question | Repeat, name: str, theirs: Any, mine: Any, path: Path) -> Any:
        """Return what a person has chosen of two answers; until they have, `theirs`, and the two are a difference."""
        chosen, their_mark = self.chosen.get(name), mark(self.salt, name, theirs)
        # the decision holds only for the text that was seen; saved a third time since, it is asked again
        if chosen is not None and chosen.seen == their_mark:
            if chosen.side == BOTH and isinstance(item, Repeat):
                return _both(theirs or [], mine or [])
            return mine if chosen.side == MINE else theirs
        self.differences.append(Difference(name, path, item, theirs, mine, their_mark))
        return theirs

    def _parts(self, name: str, theirs: Answers, mine: Answers) -> Answers | None:
        """Merge an answer of many parts; return None when both sides changed one of them."""
        made: Answers = {}
        for part in dict.fromkeys((*theirs, *mine)):
            their_mark, my_mark = (mark(self.salt, f"{name}.{part}", side.get(part)) for side in (theirs, mine))
            before = (self.marks or {}).get(f"{name}.{part}", "")
            # one part that both changed makes the whole answer a difference: it is shown as one text
            if their_mark not in (my_mark, before) and my_mark != before:
                return None
            value = theirs.get(part) if my_mark in (their_mark, before) else mine.get(part)
            if not is_unanswered(value):
                made[part] = value
        return made

    def _has_the_same_rows(self, name: str, theirs: Any, mine: Any) -> bool:
        if self.marks is None or is_unanswered(theirs) or is_unanswered(mine):
            return False
        return self.marks.get(_count(name)) == str(len(theirs)) == str(len(mine))


def compute_marks(salt: str, items: Iterable[AnyItem], answers: Answers, prefix: str = "") -> dict[str, str]:
    """Return {field: mark} of each answer that a page holds; of a group also its row count, and its rows' marks."""
    marks: dict[str, str] = {}
    for item in items:
        value: Any = answers.get(item.key)
        name = f"{prefix}{item.key}"
        if not is_filled_in(item) or is_unanswered(value):
            continue
        marks[name] = mark(salt, name, value)
        if _is_in_parts(item) and isinstance(value, dict):
            marks |= {f"{name}.{part}": mark(salt, f"{name}.{part}", inner) for part, inner in value.items()}
        if isinstance(item, Repeat):
            marks[_count(name)] = str(len(value))
            for index, row in enumerate(value):
                marks |= compute_marks(salt, item.items, row, f"{name}-{index}-")
    return marks


def mark(salt: str, name: str, value: Any) -> str:
    """Return a keyed hash of one answer; "" of none."""
    if is_unanswered(value):
        return ""
    # keyed and bound to the field: a mark stands in the page, and must not let anybody try out short answers
    content = json.dumps([salt, name, _plain(value)], sort_keys=True, separators=(",", ":"))
    digest = salted_hmac(MARK_SALT, content, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode()[:MARK_LENGTH]


def marks_written(text: str) -> dict[str, str] | None:
    """Parse the marks that a page carries as JSON; return None for what no page of ours wrote."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
        return None
    return read


def same_answers(one: Answers, other: Answers) -> bool:
    return bool(_plain(one) == _plain(other))


def typed_part(items: Iterable[AnyItem], answers: Mapping[str, Any]) -> Answers:
    """Return what people type in these items of the answers; rows in which nothing is typed are left out."""
    part: Answers = {}
    for item in items:
        if not is_filled_in(item):
            continue
        value = answers.get(item.key)
        if isinstance(item, Repeat):
            rows = value if isinstance(value, list) else []
            parts = (typed_part(item.items, row) for row in rows if isinstance(row, dict))
            value = [row for row in parts if row]
        if not is_unanswered(value):
            part[item.key] = value
    return part


def held_by(entries: list[Entry]) -> Answers:
    """Return what a page holds in its fields as it is shown, initial values included."""
    held: Answers = {}
    for entry in entries:
        if isinstance(entry, RepeatView):
            rows = [row for row in (held_by(row.entries) for row in entry.rows) if row]
            if rows:
                held[entry.name.rpartition("-")[2]] = rows
        elif isinstance(entry, QuestionView) and entry.question.is_typed and not is_unanswered(entry.value):
            held[entry.question.key] = entry.value
    return held


def leaves(items: Iterable[AnyItem], answers: Answers, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield (path, answer) of each answered question, those in rows included, in the order of the form."""
    for item in items:
        value: Any = answers.get(item.key)
        if is_unanswered(value):
            continue
        if isinstance(item, Repeat):
            for index, row in enumerate(value):
                yield from leaves(item.items, row, (*path, item.key, index))
        else:
            yield (*path, item.key), value


def _is_in_parts(item: Question | Repeat) -> bool:
    return isinstance(item, Question) and item.type in IN_PARTS


def _both(theirs: list[Answers], mine: list[Answers]) -> list[Answers]:
    """Return all rows of both lists; one that both have, once."""
    known = [_plain(row) for row in theirs]
    return [*theirs, *(row for row in mine if _plain(row) not in known)]


def _count(name: str) -> str:
    return f"{name}-count"


def _plain(value: Any) -> Any:
    """Normalise a value as a form's field returns it: 30 and "30" are one answer, and so are both kinds of newlines."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items() if not is_unanswered(inner)}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
