"""What the owner of a duty reads: which duty of which case is due, when, and what is to be done.

No answer of the case is in it: whoever is on duty for the role needn't be allowed to read the case.
"""

from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language, same_in_each_language
from notifications.outbox.service_briefs import build_row, build_short_brief

from .brief_content import both
from .models import Case, Deadline

TITLE = _("A duty is due")
UNREADABLE = _(
    "The system can't read one of this case's deadlines, so it reminds nobody of it. Please look at the case."
)


def build_duty_brief(deadline: Deadline, case: Case) -> dict[str, Any]:
    """Build the brief of a notice to the owner of this duty."""
    due_at = deadline.marks[-1] if deadline.marks else deadline.starts_at
    rows = [
        build_row("duty", _("Duty"), deadline.label),
        build_row("case", _("Case"), same_in_each_language(case.reference)),
        build_row("due", _("Due by"), both(lambda: date_format(localtime(due_at), "j F Y, H:i"))),
    ]
    if deadline.next_step:
        rows.append(build_row("next_step", _("What to do"), deadline.next_step))
    return build_short_brief(TITLE, rows)


def build_unreadable_brief(case: Case) -> dict[str, Any]:
    """Build the brief by which a coordinator is asked to look at a case with a duty that can't be read."""
    rows = [
        build_row("why_1", _("Reason"), in_each_language(UNREADABLE)),
        build_row("case", _("Case"), same_in_each_language(case.reference)),
    ]
    return build_short_brief(TITLE, rows)
