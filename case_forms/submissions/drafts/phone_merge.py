"""Three-way merge of a draft that is worked on here with what its phone typed meanwhile (docs/adr/0200).

Their common start is what the phone handed over: of it the draft has marks, as a page has of what it showed. What only
one side changed since is taken without a question, with one exception: an answer that the phone took out is never taken
out here by itself. What was taken along is named on the draft's pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from case_forms.form_builder.definition import AnyItem, Form, Question, Repeat

from ..validation.validate import Answers, is_unanswered
from .merging import OCCURRED, Merge, Path, compute_marks, leaves, mark, same_answers, typed_part

MAX_HANDED = 20  # records whose marks a draft has, the newest


@dataclass(frozen=True)
class Met:
    """What came of one section: `taken` from the phone, and `left` as it was changed here, by paths of answers."""

    taken: list[Path]
    left: list[Path]


class PhoneMerge(Merge):
    """A merge with marks in which the phone's side takes no answer out: that is a difference, too."""

    def one(self, item: Question | Repeat, name: str, theirs: Any, mine: Any, path: Path) -> Any:
        their_mark, before = mark(self.salt, name, theirs), (self.marks or {}).get(name, "")
        is_only_mine = their_mark == before != mark(self.salt, name, mine)
        if is_only_mine and _loses(item, theirs, mine):
            return self.decide(item, name, theirs, mine, path)
        return super().one(item, name, theirs, mine, path)

    def _parts(self, name: str, theirs: Answers, mine: Answers) -> Answers | None:
        return None if _loses_parts(theirs, mine) else super()._parts(name, theirs, mine)

    def get_marks_beside(self, items: Iterable[AnyItem], typed: Answers) -> dict[str, str]:
        """Return the marks with which the phone's text stands beside the draft: what doesn't differ isn't asked again.

        Of what does, those of the common start; of everything else the phone's own, as if it had changed nothing.
        """
        differing = {str(each.path[0]) for each in self.differences}
        settled = compute_marks(self.salt, items, typed)
        start = self.marks or {}
        return {
            **{name: each for name, each in settled.items() if _get_key(name) not in differing},
            **{name: each for name, each in start.items() if _get_key(name) in differing},
        }


def compare(items: Iterable[AnyItem], before: Answers, after: Answers, typed: Answers, merge: Merge) -> Met:
    """Return what a merge of `before` (here) and `typed` (the phone) took along, and what it left."""
    questions = list(items)
    here, now, there = (dict(leaves(questions, answers)) for answers in (before, after, typed))
    asked = [each.path for each in merge.differences]
    settled = [path for path in {**now, **there} if not any(path[: len(each)] == each for each in asked)]
    taken = [path for path in settled if path in now and not _is_same(here.get(path), now[path])]
    left = [path for path in settled if not _is_same(there.get(path), now.get(path))]
    return Met(taken, left)


def note_handed(
    handed: Mapping[str, Any] | None, record: str, form: Form, answers: Answers, salts: Mapping[str, str], moment: str
) -> dict[str, Any]:
    """Return `Draft.handed` with the marks of one more record; `moment`: when it happened, "" where by the clock."""
    marks = {
        section.key: compute_marks(salts[section.key], section.items, typed_part(section.items, answers))
        for section in form.sections
    }
    first = form.sections[0].key
    if moment:
        marks[first][OCCURRED] = mark(salts[first], OCCURRED, moment)
    newest = {**{key: each for key, each in (handed or {}).items() if key != record}, record: marks}
    return dict(list(newest.items())[-MAX_HANDED:])


def _is_same(one: Any, other: Any) -> bool:
    return same_answers({"": one}, {"": other})


def _get_key(name: str) -> str:
    """Return the key of the outermost question or group of a mark's name."""
    return name.partition("-")[0].partition(".")[0]


def _loses(item: Question | Repeat, theirs: Any, mine: Any) -> bool:
    """Tell whether something is answered in `theirs` that isn't in `mine`. Rows have no ids: their places count."""
    there = dict(leaves([item], {item.key: mine}))
    return any(
        path not in there or (isinstance(value, dict) and _loses_parts(value, there[path]))
        for path, value in leaves([item], {item.key: theirs})
    )


def _loses_parts(theirs: Any, mine: Any) -> bool:
    """Tell whether an answer of parts has one that the other hasn't."""
    if not isinstance(mine, dict):
        return False
    return any(is_unanswered(mine.get(part)) for part, value in theirs.items() if not is_unanswered(value))
