"""Words of the pages on which notes are written and flags are set."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PROBLEMS: dict[str, Promise] = {
    "no_text": _("Write the note."),
    "too_long": _("Write at most 2,000 characters."),
    "closed": _("The case is closed. A note can still be corrected; to write another, open the case again."),
    "corrected": _("Somebody has corrected this note meanwhile. Read what stands there now, then correct that."),
    "same_text": _("That is what the note says already. Change what is wrong."),
    "no_flag": _("Choose a flag."),
    "no_reason": _("Write in a few words why."),
    "reason_too_long": _("Write at most 500 characters."),
    "flag_closed": _("The case is closed, so its flags stay as they are."),
    "no_change": _("Somebody has done this meanwhile: the flags below are as they are now."),
}
FIELDS = {"no_flag": "flag", "no_change": "flag", "no_reason": "reason", "reason_too_long": "reason"}
