"""Start, save and discard drafts: forms being filled, saved section by section, sealed.

Every change of a draft is made here. Each section has a version, raised by every saving that changes it. A page says
which version it was made from; when the section has changed since, elsewhere, both are merged (`merging`), and nothing
that both changed is overwritten.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language

from access.models import MobileUnit, User
from audit.chain import ANONYMOUS, get_actor, log_event
from case_forms.cases.models import Case
from case_forms.form_builder.definition import Form, Question, Section
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists

from ..attachments.actions import forget_attachments
from ..attachments.named_files import files_of_draft, named_files
from ..known import get_known_for_form, get_named_case
from ..models import Draft
from ..validation.validate import Answers, CheckContext, NothingToAsk, relevant_sections
from . import side_copies
from .filled import Stored, confirm, take_out
from .merging import OCCURRED, Chosen, Difference, Marks, Merge, PageCopy, compute_marks, same_answers, typed_part
from .phone_merge import Met, PhoneMerge, compare, note_handed
from .typed_values import merged, typed_in

MOMENT = "%Y-%m-%dT%H:%M"  # as a page's field for day and time has it
# when it happened is no question of the form; it is merged as if it were one of the first section
OCCURRED_ITEM = Question(key=OCCURRED, type="datetime")


class DraftIsSent(Exception):
    """The draft has been submitted and can't change any more."""


class SectionDiffers(Exception):
    """The section was changed elsewhere since the page was made, where the page changed it too. Nothing was saved."""

    def __init__(self, draft: Draft, differences: list[Difference]) -> None:
        super().__init__(f"{len(differences)} answers differ")
        self.draft = draft
        self.differences = differences


def start_draft(
    *,
    form_version: FormVersion,
    unit: MobileUnit,
    owner: User,
    case_reference: str = "",
    answers: Answers | None = None,
    occurred_at: datetime | None = None,
    filled: Stored | None = None,
) -> Draft:
    """Start a draft on this version, at its first section.

    A case reference goes where the form first asks for one; `answers` and `occurred_at` (default: now) are what is
    known beforehand, `filled` which of the answers are facts of the case (`filled.filled_from_facts`). Raises
    NothingToAsk; nothing is started then.
    """
    answers = dict(answers or {})
    if case_reference:
        items = form_version.parsed_form.outer_items
        asking = (item.key for item in items if isinstance(item, Question) and item.type == "case_reference")
        answers |= dict.fromkeys(list(asking)[:1], case_reference)
    with transaction.atomic():
        draft = Draft(form_version=form_version, unit=unit, owner=owner, answers=answers)
        draft.occurred_at = occurred_at or draft.occurred_at
        draft.filled = filled or None
        draft.case = get_named_case(form_version.parsed_form, answers, owner)
        sections = relevant_sections(form_version.parsed_form, answers, build_context(draft, owner.language))
        if not sections:
            raise NothingToAsk(form_version.form.key, form_version.number)
        draft.section = sections[0].key
        draft.save(force_insert=True)
        log_event("draft.started", actor=get_actor(owner), target_kind="draft", target_id=draft.pk)
    return draft


def save_section(
    *,
    draft_id: uuid.UUID,
    section: Section,
    typed: Answers,
    occurred_at: datetime | None,
    by: User | None,
    copy: PageCopy | None = None,
    chosen: Mapping[str, Chosen] | None = None,
    sent: side_copies.Fields = (),
    beside: str | None = None,
    known_holds: bool | None = None,
) -> Draft:
    """Save what was typed in one section, valid or not; the other sections stay as they are.

    `copy` is what the page says of itself, None for a program, whose values replace what is saved. `chosen`: what was
    decided about differences, by field. A file that an answer named before and none names now is deleted.
    `by` None: saved with the draft's key after the session had ended; that adds and replaces nothing, and what would
    have been replaced is stored beside the draft as `sent`, the page's fields. Audited. `beside`: the page whose side
    copy was chosen about. `known_holds`: whether the page's tick says that what it was filled with from the case still
    holds; None when it has none.
    Raises DraftIsSent, SectionDiffers, Draft.DoesNotExist; nothing is saved then.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=draft_id)
        if draft.submitted_at is not None:
            raise DraftIsSent
        state = _state(draft, section.key)
        is_last_page = copy is not None and copy.page != "" and copy.page == state["page"]
        if copy is not None and is_last_page and 0 < copy.turn <= state["turn"]:
            # requests of one page may overtake each other; what it sent later is saved already
            return draft
        if by is None:
            _append(draft, section, typed, occurred_at, copy, sent)
            return draft
        result, moment = typed, occurred_at
        # the page that saved last holds exactly what is saved, so only another page needs comparing
        if copy is not None and not is_last_page and (copy.version != state["version"] or beside):
            merge = _begin_merge(draft, section.key, copy.marks, chosen or {}, beside or "")
            result, moment = _put_together(draft, section, typed, occurred_at, merge)
        before, draft.answers = draft.answers, merged(draft.answers, section, result)
        has_changed = not same_answers(before, draft.answers) or _moment(moment, draft) != _moment(None, draft)
        draft.section = section.key
        draft.occurred_at = moment or draft.occurred_at
        draft.saved_at = timezone.now()
        if known_holds is not None:
            confirm(draft, section, holds=known_holds)
        _name_case(draft, get_named_case(draft.form_version.parsed_form, draft.answers, by))
        # after a merge the section holds answers that the page doesn't show, so the page is no copy of it
        is_the_pages = same_answers(result, typed) and _moment(moment, draft) == _moment(occurred_at, draft)
        _count_version(draft, section.key, copy if is_the_pages else None, has_changed=has_changed)
        # what the owner saves from a page supersedes what the same page left beside the draft without a session
        side_copies.drop(draft, copy.page if copy is not None and beside is None else beside or "")
        changed = ["answers", "section", "occurred_at", "saved_at", "section_versions", "besides", "filled", "case"]
        draft.save(update_fields=changed)
        _forget_files(draft, section, before, by)
    return draft


def add_from_phone(
    *, draft_id: uuid.UUID, posts: Mapping[str, QueryDict], page: str, by: User, base: str = ""
) -> tuple[Draft, Met]:
    """Add what a phone typed of a draft that was worked on here meanwhile; return also what was taken along.

    `posts`: the fields of each section, as its page sends them; a time stands among the first one's when a person typed
    it. `base`: the record that the phone's text was changed from, if the draft has its marks (`Draft.handed`). With it
    what only the phone changed is taken, and what only was changed here stays; without it nothing saved here is
    replaced, and what isn't answered here is added. Of what else differs both texts stay, and the owner chooses.
    Audited. Raises DraftIsSent, SectionDiffers where no more copies are taken beside the draft, Draft.DoesNotExist;
    nothing is saved.
    """
    met = Met([], [])
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=draft_id)
        if draft.submitted_at is not None:
            raise DraftIsSent
        worked_on = draft.section
        start = (draft.handed or {}).get(base)
        for number, section in enumerate(draft.form_version.parsed_form.sections):
            post = posts[section.key]
            typed = typed_in(section, post)
            moment = str(post.get(OCCURRED) or "")
            is_other_time = moment not in ("", _moment(None, draft))
            if not is_other_time and (not typed or same_answers(typed, typed_part(section.items, draft.answers))):
                continue
            # A copy for each section: it is chosen about on the section's page.
            marks = start.get(section.key, {}) if start is not None else None
            copy = PageCopy(page=f"{page}.{number}", marks=marks)
            at = _read_moment(moment) if is_other_time else None
            part = _append(draft, section, typed, at, copy, side_copies.get_fields(post), phone=by)
            met.taken.extend(part.taken)
            met.left.extend(part.left if marks is not None else [])
        draft.section = worked_on
        _name_case(draft, get_named_case(draft.form_version.parsed_form, draft.answers, draft.owner))
        draft.save(update_fields=["section", "case"])
    return draft, met


def _read_moment(written: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(written))


def _name_case(draft: Draft, case: Case | None) -> None:
    """Note which case the draft is about now. What it was filled with from another case is taken out of it.

    A correction stays with the case of what it corrects, whatever its answers name.
    """
    case = draft.corrects.case if draft.corrects is not None else case
    if draft.filled and draft.case_id is not None and draft.case_id != (case.pk if case else None):
        take_out(draft)
    draft.case = case


def _append(
    draft: Draft,
    section: Section,
    typed: Answers,
    occurred_at: datetime | None,
    copy: PageCopy | None,
    sent: side_copies.Fields,
    phone: User | None = None,
) -> Met:
    """Add what isn't answered yet; a page may continue what it added itself. The rest is stored beside the draft.

    `phone`: whose phone typed it; None for a page without a session. With marks of it, what it alone changed is taken.

    Raises SectionDiffers where no more copies are taken beside the draft.
    """
    key, page = section.key, copy.page if copy is not None else ""
    state = _state(draft, key)
    own = set(state.get("added", ())) if page and state.get("added_by") == page else set()
    theirs = typed_part(section.items, draft.answers)
    salt = get_salt(draft, key)
    # two passes: the first finds where the page differs, the second lets it win where the saved answer is its own
    marks = copy.marks if copy is not None and phone is not None else None
    first = Merge(salt, None, {})
    first.made(section.items, theirs, typed)
    again = side_copies.own_again(first, own)
    merge = Merge(salt, None, again) if marks is None else PhoneMerge(salt, marks, {})
    result = merge.made(section.items, theirs, typed)
    met = compare(section.items, theirs, result, typed, merge)
    if occurred_at is not None:
        here, there = _moment(None, draft), _moment(occurred_at, draft)
        if merge.one(OCCURRED_ITEM, OCCURRED, here, there, (OCCURRED,)) == there != here:
            draft.occurred_at = occurred_at
            met.taken.append((OCCURRED,))
    added = own | (set(compute_marks(salt, section.items, result)) - set(compute_marks(salt, section.items, theirs)))
    before, draft.answers = draft.answers, merged(draft.answers, section, result)
    draft.section, draft.saved_at = key, timezone.now()
    _count_version(draft, key, None, has_changed=not same_answers(before, draft.answers))
    draft.section_versions[key] |= {"added_by": page, "added": sorted(added)}
    if merge.differences:
        if isinstance(merge, PhoneMerge) and copy is not None:
            moment = {name: written for name, written in sent if name == OCCURRED}
            copy = replace(copy, marks=merge.get_marks_beside([*section.items, OCCURRED_ITEM], typed | moment))
        try:
            side_copies.add_side_copy(draft, key, copy, sent, by=side_copies.PHONE if phone else "")
        except side_copies.TooMany:
            raise SectionDiffers(draft, merge.differences) from None
    else:
        side_copies.drop(draft, page)
    draft.save(update_fields=["answers", "section", "saved_at", "section_versions", "besides", "occurred_at"])
    detail: dict[str, Any] = {"beside": True} if merge.differences else {}
    action, actor = ("draft.saved_from_phone", get_actor(phone)) if phone else ("draft.saved_with_key", ANONYMOUS)
    log_event(action, actor=actor, target_kind="draft", target_id=draft.pk, **detail)
    return met


@dataclass(frozen=True)
class ToChoose:
    """A copy beside a draft that differs from what is saved. `page`: the one that sent it."""

    page: str
    section: str
    post: QueryDict = field(repr=False)
    differences: list[Difference] = field(repr=False)


def to_choose(draft: Draft, section_key: str = "") -> ToChoose | None:
    """Return the first side copy, of this section or any, about which the owner has to choose.

    One that by now equals what is saved is skipped.
    """
    sections = {section.key: section for section in draft.form_version.parsed_form.sections}
    for page, key, post in side_copies.copies(draft):
        section = sections.get(key)
        if section is None or section_key not in ("", key):
            continue
        merge = _begin_merge(draft, key, None, {}, page)
        merge.made(section.items, typed_part(section.items, draft.answers), typed_in(section, post))
        if moment := str(post.get(OCCURRED) or "").strip():
            merge.one(OCCURRED_ITEM, OCCURRED, _moment(None, draft), moment, (OCCURRED,))
        if merge.differences:
            return ToChoose(page, key, post, merge.differences)
    return None


def _begin_merge(
    draft: Draft, section_key: str, marks: Marks | None, chosen: Mapping[str, Chosen], beside: str
) -> Merge:
    """Return a merge with these marks, or with those of the phone's copy beside the draft that is chosen about."""
    salt, of_phone = get_salt(draft, section_key), side_copies.get_marks(draft, beside)
    return Merge(salt, marks, chosen) if of_phone is None else PhoneMerge(salt, of_phone, chosen)


def _put_together(
    draft: Draft, section: Section, typed: Answers, occurred_at: datetime | None, merge: Merge
) -> tuple[Answers, datetime | None]:
    """Merge what was typed with what is saved. Raises SectionDiffers."""
    result = merge.made(section.items, typed_part(section.items, draft.answers), typed)
    moment = occurred_at
    if occurred_at is not None:
        theirs, mine = _moment(None, draft), _moment(occurred_at, draft)
        if merge.one(OCCURRED_ITEM, OCCURRED, theirs, mine, (OCCURRED,)) == theirs:
            moment = None
    if merge.differences:
        raise SectionDiffers(draft, merge.differences)
    return result, moment


def _moment(moment: datetime | None, draft: Draft) -> str:
    return timezone.localtime(moment or draft.occurred_at).strftime(MOMENT)


def _state(draft: Draft, section_key: str) -> dict[str, Any]:
    return {"version": 0, "page": "", "turn": 0, "at": "", **draft.section_versions.get(section_key, {})}


def _count_version(draft: Draft, section_key: str, copy: PageCopy | None, *, has_changed: bool) -> None:
    """Raise a section's version. `copy`: the page that holds exactly what is saved now, if one does."""
    state = _state(draft, section_key)
    # `_append` sets them anew; once the owner has saved, no page may go on replacing what it added itself
    state.pop("added", None)
    state.pop("added_by", None)
    page, turn = (copy.page, copy.turn) if copy else ("", 0)
    if has_changed:
        state |= {"version": state["version"] + 1, "page": page, "turn": turn, "at": draft.saved_at.isoformat()}
    elif page and page == state["page"]:
        state["turn"] = max(turn, state["turn"])
    draft.section_versions = {**draft.section_versions, section_key: state}


def section_version(draft: Draft, section_key: str) -> int:
    return int(_state(draft, section_key)["version"])


def version_held(draft: Draft, section_key: str, copy: PageCopy) -> int:
    """Return the version that a page is a copy of once it has saved.

    An older one than the section's while this holds answers of another page, so that the next saving is merged again.
    """
    state = _state(draft, section_key)
    return int(state["version"]) if copy.page and copy.page == state["page"] else copy.version


def section_saved_at(draft: Draft, section_key: str) -> datetime:
    """Return when a section was last changed; when the draft was, for one from before sections had versions."""
    written = _state(draft, section_key)["at"]
    return datetime.fromisoformat(written) if written else draft.saved_at


def get_salt(draft: Draft, section_key: str) -> str:
    """Return the salt that binds the marks of a page's answers to its draft and section."""
    return f"{draft.pk}/{section_key}"


def remember_handed(draft: Draft, record: str, answers: Answers, *, moment: datetime | None) -> None:
    """Note what a phone has handed over, which it may go on from. Unsaved. `moment`: None where by its clock."""
    form = draft.form_version.parsed_form
    salts = {section.key: get_salt(draft, section.key) for section in form.sections}
    typed = _moment(moment, draft) if moment is not None else ""
    draft.handed = note_handed(draft.handed, record, form, answers, salts, typed)


def page_marks(draft: Draft, section: Section, held: Answers, occurred: str | None) -> dict[str, str]:
    """Return the marks of what a page of this section holds; `occurred`: as its field has it, None without one."""
    salt = get_salt(draft, section.key)
    marks = compute_marks(salt, section.items, held)
    return marks | (compute_marks(salt, [OCCURRED_ITEM], {OCCURRED: occurred.strip()}) if occurred else {})


def get_versions(draft: Draft) -> str:
    """Return a text that changes whenever a section does, to tell whether a form is still as it was reviewed."""
    versions = sorted((key, state["version"]) for key, state in draft.section_versions.items())
    return f"{draft.form_version_id}." + ".".join(f"{key}-{version}" for key, version in versions)


def _forget_files(draft: Draft, section: Section, before: Answers, by: User | None) -> None:
    part = Form(sections=(section,))
    gone = named_files(part, before) - named_files(part, draft.answers)
    if gone:
        forget_attachments(draft.attachments.filter(pk__in=gone), actor=get_actor(by) if by else ANONYMOUS)


def choose_language(*, draft: Draft, language: str) -> None:
    """Set the language that this form is read in. One that the form doesn't have changes nothing."""
    if language in draft.form_version.parsed_form.languages:
        Draft.objects.filter(pk=draft.pk).update(language=language)


def discard_draft(*, draft: Draft, by: User) -> None:
    """Delete a draft, what was typed in it and its files. Raises DraftIsSent."""
    with transaction.atomic():
        # under the lock: a draft that is submitted at this moment must not be deleted from under its receipt
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        if locked.submitted_at is not None:
            raise DraftIsSent
        log_event("draft.discarded", actor=get_actor(by), target_kind="draft", target_id=draft.pk)
        locked.delete()


def forget_draft(draft: Draft) -> bool:
    """Delete a draft whose time is over, or whose case is forgotten, with its files. False when it was sent."""
    with transaction.atomic():
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        if locked.submitted_at is not None:
            return False
        log_event("draft.ended", target_kind="draft", target_id=draft.pk)
        locked.delete()
    return True


def build_context(draft: Draft, language: str, *, by: User | None = None) -> CheckContext:
    """Return what this draft's answers are validated against. `language`: the form's; messages use the active one.

    `by`: whoever fills it now, where that isn't its owner.
    """
    person = by or draft.owner
    return CheckContext(
        sources=Lists(person),
        today=timezone.localdate(),
        occurred_on=timezone.localdate(draft.occurred_at),
        language=language,
        service_language=get_language() or language,
        attachments=files_of_draft(draft),
        known=get_known_for_form(draft.form_version, draft.answers, person),
    )
