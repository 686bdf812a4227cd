"""Migration of a draft to a newer version of its form. It stays on its version until its owner moves it.

`plan_move` looks at two definitions and the answers and touches nothing:

1. Questions and groups are matched by key, level by level: the form, a group's rows, the rows of a group inside it.
2. An answer stays, as it was typed, when the new question accepts it; also when it was invalid before and the question
   is of the same type, since the page says so beside the question.
3. Everything else is left over, with the reason. It stays sealed in the draft, readable, until the form is sent or
   discarded.
4. What an earlier move left over comes back when the form asks for it again and nothing else was answered there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import User
from audit.chain import get_actor, log_event
from case_forms.form_builder.definition import AnyItem, AskedItem, Form, Question, Repeat
from case_forms.form_builder.models import FormVersion
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext

from ..languages import get_draft_language
from ..models import Draft
from ..validation.validate import Answers, CheckContext, NothingToAsk, is_unanswered, relevant_sections, scope_at
from .actions import DraftIsSent, build_context
from .unmapped_answers import DOES_NOT_FIT, ELSEWHERE, GONE, TOO_MANY, LeftOver, Path, get_left_over

Asked = Question | Repeat
Items = Sequence[AnyItem]


class NotANewerVersion(Exception):
    """The draft can't move to this version: another form's, or one before its own."""


@dataclass(frozen=True)
class MovePlan:
    """The result of a move. `answers` stay, `left_over` don't fit, `returning` fit again; `staying`: how many stay."""

    answers: Answers = field(repr=False)
    left_over: list[LeftOver] = field(default_factory=list)
    returning: list[LeftOver] = field(default_factory=list)
    staying: int = 0


def newer_version(draft: Draft) -> FormVersion | None:
    """Return the version that this draft could move to: the newest, if later than its own, of a form not archived."""
    form = draft.form_version.form_id
    newest = FormVersion.objects.newest().for_staff().filter(form=form, number__gt=draft.form_version.number)
    return newest.first() if draft.submitted_at is None else None


def plan_for(draft: Draft, to: FormVersion) -> MovePlan:
    """Plan what moving this draft would do now."""
    return plan_move(
        draft.form_version.parsed_form,
        to.parsed_form,
        draft.answers,
        build_context(draft, get_draft_language(draft)),
        version=draft.form_version_id,
        earlier=get_left_over(draft),
    )


def move_draft(*, draft: Draft, to: FormVersion, by: User) -> Draft:
    """Move a draft to a newer version of its form; on that version already, do nothing.

    Raises DraftIsSent, NotANewerVersion, NothingToAsk, and Draft.DoesNotExist for anybody who may not
    continue it; the draft stays as it was then.
    """
    with transaction.atomic():
        locked = Draft.objects.select_for_update(of=("self",)).select_related("form_version").get(pk=draft.pk)
        if not Draft.objects.visible_to(by).filter(pk=locked.pk).exists():
            raise Draft.DoesNotExist
        if locked.submitted_at is not None:
            raise DraftIsSent
        before = locked.form_version
        if before.pk == to.pk:
            return locked
        if before.form_id != to.form_id or to.number < before.number:
            raise NotANewerVersion
        # planned anew under the lock: the draft may have been saved since the page with the plan was shown
        plan = plan_for(locked, to)
        remaining = [left for left in get_left_over(locked) if left not in plan.returning]
        locked.form_version = to
        locked.answers = plan.answers
        locked.left_over = [left.stored() for left in [*remaining, *plan.left_over]] or None
        locked.section = _section_in(locked)
        locked.saved_at = timezone.now()
        locked.save(update_fields=["form_version", "answers", "left_over", "section", "saved_at"])
        log_event(
            "draft.moved",
            actor=get_actor(by),
            target_kind="draft",
            target_id=locked.pk,
            before=before.number,
            after=to.number,
            left_over=len(plan.left_over),
        )
    return locked


def _section_in(draft: Draft) -> str:
    """Return the section last worked on if the new version has it and it applies; else the first that applies.

    Raises NothingToAsk.
    """
    applying = relevant_sections(
        draft.form_version.parsed_form, draft.answers, build_context(draft, get_draft_language(draft))
    )
    keys = [section.key for section in applying]
    if not keys:
        raise NothingToAsk(draft.form_version.form.key, draft.form_version.number)
    return draft.section if draft.section in keys else keys[0]


# ---- the plan ----


def plan_move(
    old: Form,
    new: Form,
    answers: Answers,
    context: CheckContext,
    *,
    version: int = 0,
    earlier: list[LeftOver] | None = None,
) -> MovePlan:
    """Plan what becomes of `answers` to `old` under `new`. `earlier`: left over by earlier moves. Changes nothing."""
    return _Plan(old, new, context, version).made(answers, earlier or [])


class _Plan:
    def __init__(self, old: Form, new: Form, context: CheckContext, version: int) -> None:
        self.old_items, self.new_items = old.outer_items, new.outer_items
        self.new_keys = new.by_key.keys()
        self.context = context
        self.version = version
        self.left_over: list[LeftOver] = []
        self.staying = 0

    def made(self, answers: Answers, earlier: list[LeftOver]) -> MovePlan:
        scope = scope_at(self.context)
        moved = self._level(self.old_items, self.new_items, answers, (), scope, scope_at(self.context))
        returning = []
        asked = _by_key(self.new_items)
        for left in earlier:
            key, item = left.path[0], asked.get(str(left.path[0]))
            # only answers outside groups return: the rows around the others may be different people by now
            if len(left.path) > 1 or not isinstance(item, Question) or key in moved:
                continue
            if self._refusal(item, left.value, scope) is None:
                moved[str(key)] = left.value
                returning.append(left)
        return MovePlan(moved, self.left_over, returning, self.staying)

    def _level(
        self, old_items: Items, new_items: Items, given: Answers, path: Path, scope: Answers, was: Answers
    ) -> Answers:
        """Return the answers of one level that stay.

        `scope` collects what expressions of later questions may read, `was` the same of the version before.
        """
        old, new = _by_key(old_items), _by_key(new_items)
        was_wrong = self._wrong(old, given, was)
        moved: Answers = {}
        # in the new version's order, since later conditions read earlier answers; what it doesn't ask comes last
        for key in (*new, *(key for key in given if key not in new)):
            value = given.get(key)
            if is_unanswered(value):
                continue
            item, before, here = new.get(key), old.get(key), (*path, key)
            if item is None or before is None or item.item != before.item:
                why = GONE if key not in self.new_keys else ELSEWHERE if item is None else DOES_NOT_FIT
                self.left_over += self._all_of(before, value, here, why)
            elif isinstance(item, Repeat) and isinstance(before, Repeat):
                if rows := self._rows(before, item, value, here, scope, was):
                    moved[key] = scope[key] = rows
            elif isinstance(item, Question) and isinstance(before, Question):
                was_so = before.type == item.type and key in was_wrong
                if self._stays(item, value, here, scope, was_wrong=was_so):
                    # a place that the new version stores only coarsely becomes coarse at once
                    moved[key] = scope.get(key, value) if item.coarsen else value
                    self.staying += 1
        return moved

    def _rows(
        self, before: Repeat, repeat: Repeat, rows: Any, path: Path, scope: Answers, was: Answers
    ) -> list[Answers]:
        moved: list[Answers] = []
        for index, row in enumerate(rows if isinstance(rows, list) else []):
            if not isinstance(row, dict):
                continue
            here = (*path, index)
            if len(moved) >= repeat.max:
                self.left_over += self._all_in(before.items, row, here, TOO_MANY)
                continue
            position = {"_position": len(moved) + 1}
            if staying := self._level(before.items, repeat.items, row, here, scope | position, was | position):
                moved.append(staying)
        return moved

    def _wrong(self, items: Mapping[str, Asked], given: Answers, scope: Answers) -> set[str]:
        """Return the questions of a level whose answers are invalid; valid ones are added to `scope`."""
        wrong = set()
        for key, item in items.items():
            value = given.get(key)
            if is_unanswered(value):
                continue
            if isinstance(item, Repeat):
                scope[key] = value
            elif self._refusal(item, value, scope) is not None:
                wrong.add(key)
        return wrong

    def _stays(self, question: Question, value: Any, path: Path, scope: Answers, *, was_wrong: bool) -> bool:
        if self._refusal(question, value, scope) is None or was_wrong:
            return True
        self.left_over.append(LeftOver(path, value, DOES_NOT_FIT, self.version))
        return False

    def _refusal(self, question: Question, value: Any, scope: Answers) -> AnswerError | None:
        """Return why the question refuses this value; if it doesn't, add the cleaned value to `scope`."""
        asked = CleanContext(
            self.context.sources,
            language=self.context.language,
            today=self.context.today,
            scope=scope,
            attachments=self.context.attachments,
        )
        try:
            scope[question.key] = registry.get(question.type).clean(value, question, asked)
        except AnswerError as refusal:
            return refusal
        return None

    def _all_of(self, item: Asked | None, value: Any, path: Path, why: str) -> Iterator[LeftOver]:
        """Yield everything answered in a question or in all rows of a group as left over."""
        if not isinstance(item, Repeat):
            yield LeftOver(path, value, why, self.version)
            return
        for index, row in enumerate(value if isinstance(value, list) else []):
            if isinstance(row, dict):
                yield from self._all_in(item.items, row, (*path, index), why)

    def _all_in(self, items: Items, row: Answers, path: Path, why: str) -> Iterator[LeftOver]:
        asked = _by_key(items)
        for key, value in row.items():
            if not is_unanswered(value):
                yield from self._all_of(asked.get(key), value, (*path, key), why)


def _by_key(items: Items) -> dict[str, Asked]:
    """Return questions and groups of one level by key, in document order."""
    return {item.key: item for item in items if isinstance(item, AskedItem)}
