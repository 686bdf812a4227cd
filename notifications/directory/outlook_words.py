"""What a desk lacks, and who is on duty there, in words for whoever manages the roster."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.models import Municipality, localize

from .models import Contact, Role
from .moments import moment_in_words, stretch_in_words
from .outlook import Desk, DeskOutlook, Lack, Shortfall, Staffed


@dataclass(frozen=True)
class Line:
    """A sentence, and the page on which it can be put right; "" where this person can't."""

    words: str
    address: str = ""


def describe_shortfall(shortfall: Shortfall, mine: frozenset[int]) -> Line:
    """Say what is missing. `mine`: the offices (ids) that the reader manages."""
    desk, office, contact = shortfall.desk, shortfall.office, shortfall.contact
    name = contact.name if contact else ""
    if shortfall.lack == Lack.NO_OFFICE:
        return Line(_("No active office is entered for: %(places)s.") % {"places": name_places(desk.places)})
    if shortfall.stretch is not None:
        words = _("Nobody: %(when)s.") if shortfall.lack == Lack.NOBODY else _("No deputy: %(when)s.")
        own = next((each for each in desk.offices if each.pk in mine), None)
        address = reverse("fill_roster", args=[own.pk]) if own else ""
        return Line(words % {"when": stretch_in_words(shortfall.stretch)}, address)
    if contact is not None:
        address = reverse("contact:edit", args=[contact.pk]) if contact.partner_id in mine else ""
        return Line(_OF_A_PERSON[shortfall.lack]() % {"name": name}, address)
    assert office is not None
    day = date_format(shortfall.day, "SHORT_DATE_FORMAT") if shortfall.day else ""
    words = _OF_AN_AGREEMENT[shortfall.lack]() % {"office": office.name, "day": day}
    return Line(words, reverse("agreement:index") if office.pk in mine else "")


_OF_A_PERSON = {
    Lack.UNTESTED: lambda: _("%(name)s has not opened the test notice yet, and gets no other until then."),
    Lack.NO_PIN: lambda: _("%(name)s has no PIN, so can't open a notice."),
    Lack.NO_PHONE: lambda: _("%(name)s has no phone number, so can't be called when there is no answer."),
}
_OF_AN_AGREEMENT = {
    Lack.NO_AGREEMENT: lambda: _("No agreement in force with %(office)s is entered."),
    Lack.AGREEMENT_OVER: lambda: _(
        "Agreement over: none in force covers %(office)s here, so it is not notified by routine."
    ),
    Lack.REVIEW_DUE: lambda: _("The agreement with %(office)s is to be reviewed: %(day)s."),
    Lack.AGREEMENT_ENDS: lambda: _("The last day of the agreement with %(office)s is %(day)s."),
}


def describe_staffed(staffed: Staffed) -> str:
    """Say who is notified in this time, and who after them: "08:00 – 20:00: Ana (+355 ...), then Beni (...)"."""
    return f"{stretch_in_words(staffed.stretch)}: {name_contacts(staffed.contacts)}"


def name_contacts(contacts: Iterable[Contact]) -> str:
    said = [f"{each.name} ({each.phone})" if each.phone else each.name for each in contacts]
    if not said:
        return _("nobody")
    return said[0] if len(said) == 1 else _("%(first)s, then %(deputy)s") % {"first": said[0], "deputy": said[1]}


def name_places(places: Iterable[Municipality]) -> str:
    return ", ".join(place.name for place in places)


def name_offices(desk: Desk) -> str:
    return ", ".join(localize(office.names) for office in desk.offices) or _("no office")


def describe_desk(outlook: DeskOutlook, now: datetime, until: datetime, mine: frozenset[int]) -> dict[str, object]:
    """Describe a desk for its page: who is on duty now, who comes until `until`, and what is missing."""
    here = outlook.at(now)
    coming = [each for each in outlook.staffed if now < each.stretch.starts_at < until]
    return {
        "offices": name_offices(outlook.desk),
        "places": name_places(outlook.desk.places),
        "now": name_contacts(here.contacts) if here else "",
        "is_empty": here is None or not here.contacts,
        "until_words": moment_in_words(here.stretch.ends_at) if here and here.stretch.ends_at < until else "",
        "coming": [describe_staffed(each) for each in coming],
        "missing": [describe_shortfall(each, mine) for each in outlook.shortfalls],
        "own": [office for office in outlook.desk.offices if office.pk in mine],
    }


def name_role(role: str) -> str:
    return str(Role(role).label)
