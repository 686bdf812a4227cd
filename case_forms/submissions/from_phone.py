"""What is said of forms that a phone delivered (case_forms.devices): why one is a draft, and what its clock was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .drafts.merging import OCCURRED
from .drafts.unmapped_answers import name_answer
from .languages import get_draft_language
from .models import Draft, Submission

WHY: dict[str, Promise] = {
    "refused": gettext_lazy("Some answers couldn't be received as they are; they are named where you check them."),
    "confirm": gettext_lazy("Something in it may be a mistake: correct it, or confirm it where you check the answers."),
    "corrected": gettext_lazy("What it corrects was corrected by somebody else meanwhile."),
    "not_a_worker": gettext_lazy("It was filled for a unit in which its writer doesn't work."),
    "device_ended": gettext_lazy("The phone had ended before it arrived. Check that it is yours, then send it."),
    "uuid_taken": gettext_lazy("Another text of this form came in before. Compare the two, and send what is right."),
    "both": gettext_lazy("It was worked on here and on the phone. Where the two differ, choose; then send it."),
    "files": gettext_lazy("Not all of its files arrived."),
    "rescued": gettext_lazy("The phone handed it over; this is the draft as it was there."),
}


@dataclass(frozen=True)
class Returned:
    """Why a phone's form is a draft, in words. `clock`: what was done about its times; "" for nothing.

    Where it was worked on here too, `taken` names the answers that were taken from the phone, and `left` those that
    were changed here alone.
    """

    why: str
    missing_files: int
    clock: str
    taken: list[str]
    left: list[str]


def describe_draft(draft: Draft) -> Returned | None:
    """Return what stands on top of a draft that a phone delivered; None for every other one."""
    stored: dict[str, Any] | None = draft.from_phone
    if not stored:
        return None
    return Returned(
        why=str(WHY.get(stored.get("why", ""), "")),
        missing_files=stored.get("missing_files") or 0,
        clock=_describe_clock(stored),
        taken=_name_answers(draft, stored.get("taken")),
        left=_name_answers(draft, stored.get("left")),
    )


def describe_submission(submission: Submission) -> str:
    """Return when a form was finished on its phone, and what was done about its times; "" for every other form."""
    stored: dict[str, Any] | None = submission.from_phone
    if not stored:
        return ""
    finished = parse_datetime(stored.get("finished_at") or "")
    words = _("finished there %(at)s") % {"at": _format(finished)} if finished else _("yes")
    clock = _describe_clock(stored)
    return f"{words}. {clock}" if clock else words


def _name_answers(draft: Draft, paths: Sequence[Sequence[str | int]] | None) -> list[str]:
    form, language = draft.form_version.parsed_form, get_draft_language(draft)
    named = (
        _("When did it happen?") if list(path) == [OCCURRED] else name_answer(tuple(path), form, language)
        for path in paths or ()
    )
    return [name for name in named if name]


def _format(moment: Any) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def _describe_clock(stored: dict[str, Any]) -> str:
    seconds = stored.get("clock_seconds") or 0
    minutes = round(abs(seconds) / 60)
    if not minutes:
        return ""
    if seconds > 0:
        words = ngettext(
            "Its clock was %(number)s minute behind; times that it took by itself were put right.",
            "Its clock was %(number)s minutes behind; times that it took by itself were put right.",
            minutes,
        )
    else:
        words = ngettext(
            "Its clock was %(number)s minute ahead; times that it took by itself were put right.",
            "Its clock was %(number)s minutes ahead; times that it took by itself were put right.",
            minutes,
        )
    return words % {"number": minutes}
