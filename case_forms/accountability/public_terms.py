"""What the public privacy notice says of storage terms: those that the service goes by now."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from case_forms.cases.retention.terms import get_months_of
from case_forms.procedures.models import ProcedureVersion
from content.service_facts import StorageTerm


def iter_terms() -> Iterator[StorageTerm]:
    """Yield the terms of messages from the public, unfinished forms and closed cases."""
    closed = _after_closing(settings.SIGNAL_CLOSED_DAYS)
    yield StorageTerm(_("What you write to us without a name"), closed)
    yield StorageTerm(_("What nobody meant, such as advertising"), _after_closing(settings.SIGNAL_SPAM_DAYS))
    yield StorageTerm(_("A request for a session"), _after_closing(settings.SESSION_REQUEST_CLOSED_DAYS))
    if settings.DRAFT_DAYS:
        days = ngettext("%(count)d day", "%(count)d days", settings.DRAFT_DAYS) % {"count": settings.DRAFT_DAYS}
        yield StorageTerm(_("A form that a unit has begun and not sent"), days)
    yield StorageTerm(_("A case, after it was closed"), _of_closed_cases())


def _after_closing(days: int) -> str:
    return ngettext("%(count)d day after we are done", "%(count)d days after we are done", days) % {"count": days}


def _of_closed_cases() -> str:
    try:
        months = get_months_of(ProcedureVersion.objects.in_force().parsed)
    except ProcedureVersion.DoesNotExist:
        months = None
    if months is None:
        return _("no term is decided yet")
    if months % 12 == 0:
        return ngettext("%(count)d year", "%(count)d years", months // 12) % {"count": months // 12}
    return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
