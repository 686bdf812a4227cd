"""The labels of documents: why one can't be made, and what stands in the list."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PROBLEMS: dict[str, str | Promise] = {
    "unknown": _("Choose a document from the list."),
    "no_notice": _("There is no such notice in this case yet, so there is nothing to print."),
    "no_form": _("The form that this document is made of has not been sent in this case."),
    "no_numbers": _("The safety plan names nobody with a telephone number, so the card would be empty."),
    "not_covered": _("The person's consent does not cover this service, so nothing is printed for it."),
    "restricted": _("The person asked that their data aren't used for now, so they go into no file."),
    "too_many": _("This case has too many documents. Use one that is there."),
    "forgotten": _("This case has been forgotten. Nothing can be made of it any more."),
}
FAILED = _("It could not be made. Make it again, or tell the operator.")
WAITS = _("It is being made.")


def get_problem(code: str) -> str:
    """Return the words for why a document isn't there."""
    return str(PROBLEMS.get(code, FAILED))
