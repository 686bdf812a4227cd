"""What public pages say of storage terms, and of the police: what the service goes by now."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from case_forms.cases.retention.terms import get_months_of
from case_forms.procedures.models import ProcedureVersion
from content.service_facts import PoliceRule, StorageTerm


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


def iter_police_rules() -> Iterator[PoliceRule]:
    """Yield when the police are notified of an adult and of a child, by the procedure in force; nothing without one."""
    try:
        settings_of = ProcedureVersion.objects.in_force().parsed.settings
    except ProcedureVersion.DoesNotExist:
        return
    chosen = {key: setting.chosen for key, setting in settings_of.items()}
    if "adult_refusal" not in chosen:  # another procedure than the shipped one: nothing is known of its rules
        return
    refused = {
        "none": _("The police are not notified."),
        "anonymous_alert": _("The police are notified without the name and without the place where the adult is."),
    }
    waits = _("The police are not notified until a coordinator of ours has decided.")
    yield PoliceRule(_("An adult who says no"), refused.get(chosen["adult_refusal"], waits))
    if chosen.get("adult_not_asked") == "ask_supervisor":
        what = _(
            "While there is no danger, the police are not notified until a coordinator of ours has decided. Where there"
            " is danger, or it can’t be ruled out, they are notified at once, without the name."
        )
    else:
        what = _(
            "The police are notified without the name; and without the place where the adult is, unless there is danger"
            " now."
        )
    yield PoliceRule(_("An adult whom nobody could ask"), what)
    yield PoliceRule(_("Somebody who is or may be under 18"), _("The police are notified, whatever was said."))
