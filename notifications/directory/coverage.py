"""Warnings about a change of the directory, for whoever saves it. Nothing here refuses anything.

Hours with nobody, places with no office, overlapping shifts.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.models import Municipality, Region

from .agreements.cover import covers_place, covers_role, find_end_of_cover, read_agreements
from .agreements.rules import read_required
from .agreements.states import is_in_force
from .areas import Area, get_areas, has_office_for
from .models import Agreement, Contact, DutyShift, Leave, Partner, Role
from .moments import stretch_in_words
from .roster import FOR_EVER, Stretch, gaps, measure_cover, overlapping, utc

LOOK_AHEAD = timedelta(days=31)
MAX_NAMED = 5
Place = Municipality | Region


def get_places(office: Partner) -> list[Place]:
    """Return the places that find this office by its area.

    Empty for one that answers for the country, and for a protection service, which is named by whoever refers.
    """
    areas = get_areas(office.role)
    if Area.DIRECTORATE in areas and office.directorate_id:
        return list(Municipality.objects.filter(police_directorate=office.directorate_id))
    if Area.MUNICIPALITY in areas and office.municipality:
        return [office.municipality]
    if Area.REGION in areas and office.pk:
        return list(office.regions.all())
    return []


def get_places_without_office(role: str, places: Iterable[Place]) -> list[Place]:
    """Return the places for which no active office of this role is left."""
    return [place for place in places if not has_office_for(role, place)]


def get_shift_warnings(shift: DutyShift) -> list[str]:
    """Return warnings about a shift: others of its rank that it overlaps, leave within it, hours with nobody."""
    others = [(other, shared) for other, shared in overlapping(shift) if other.contact_id != shift.contact_id]
    said = [_describe_overlap(shift, other, shared) for other, shared in others[:MAX_NAMED]]
    leaves = Leave.objects.between(shift.starts_at, shift.ends_at or FOR_EVER).filter(contact=shift.contact_id)
    said += [
        _("%(name)s is on leave during this shift and will not be notified: %(when)s.")
        % {"name": shift.contact.name, "when": stretch_in_words(_within(leave, shift.starts_at, shift.ends_at))}
        for leave in leaves.order_by("starts_at")[:MAX_NAMED]
    ]
    return said + get_gap_warnings(shift.partner)


def get_leave_warnings(leave: Leave) -> list[str]:
    """Return a warning about hours of this leave in which nobody answers for the office, and for which places."""
    start = max(utc(leave.starts_at), timezone.now())
    office = leave.contact.partner
    return describe_leave_gaps(office, gaps(office, start, leave.ends_at) if start < utc(leave.ends_at) else [])


def describe_leave_gaps(office: Partner, found: list[Stretch]) -> list[str]:
    """Return in words, with the places, that nobody is on duty at these times of a leave; empty when there are none."""
    if not found:
        return []
    words = {"office": office.name, "hours": _join_limited([stretch_in_words(stretch) for stretch in found])}
    places = [str(place) for place in get_places(office)]
    if not places:
        return [_("During this leave nobody is on duty at %(office)s: %(hours)s.") % words]
    words["places"] = _join_limited(places)
    return [_("During this leave nobody is on duty at %(office)s: %(hours)s. It answers for: %(places)s.") % words]


def get_contact_warnings(contact: Contact) -> list[str]:
    """Return warnings about the next hours with nobody, when the contact was set inactive."""
    return [] if contact.is_active else get_gap_warnings(contact.partner)


def get_office_warnings(office: Partner, before: Iterable[Place], role_before: str) -> list[str]:
    """Return warnings about the places that lost their last office of this role.

    `before`: the places it answered for until now.
    """
    left = get_places_without_office(role_before, before)
    said = []
    if left:
        words = {"role": Role(role_before).label, "places": _join_limited([str(place) for place in left])}
        said.append(_("There is now no active office (%(role)s) for: %(places)s.") % words)
    elif not office.is_active and not Partner.objects.filter(role=office.role, is_active=True).exists():
        said.append(_("There is now no active office (%(role)s) at all.") % {"role": office.get_role_display()})
    return said + (get_gap_warnings(office) if office.is_active else [])


def get_gap_warnings(office: Partner) -> list[str]:
    """Return warnings about the stretches of the next month in which nobody answers for an active office."""
    now = timezone.now()
    found = gaps(office, now, now + LOOK_AHEAD) if office.is_active else []
    if not found:
        return []
    return describe_gaps(office, [Stretch(each.starts_at, _end(each, now + LOOK_AHEAD)) for each in found])


def describe_gaps(office: Partner, found: list[Stretch]) -> list[str]:
    """Return in words that nobody answers for an office at these times; empty when there are none."""
    if not found:
        return []
    words = {"office": office.name, "hours": _join_limited([stretch_in_words(stretch) for stretch in found])}
    return [_("Nobody is on duty at %(office)s: %(hours)s.") % words]


def get_offices_of_agreement(agreement: Agreement) -> frozenset[int]:
    """Return the offices (ids) that this agreement covers, as stored."""
    return frozenset({agreement.partner_id, *agreement.other_offices.values_list("pk", flat=True)})


def get_agreement_warnings(offices: Collection[int]) -> list[str]:
    """Return which places these offices (ids) aren't told about, because their role needs an agreement in force."""
    active = list(Partner.objects.filter(pk__in=offices, is_active=True).order_by("pk"))
    required = read_required({office.role for office in active})
    return _warn_without_agreement([office for office in active if office.role in required])


def get_rule_warnings(role: str) -> list[str]:
    """Return which offices of a role would not be told, once it needs an agreement."""
    offices = list(Partner.objects.filter(role=role, is_active=True).order_by("pk"))
    said = _warn_without_agreement(offices)
    more = len(said) - MAX_NAMED
    if more <= 0:
        return said
    rest = ngettext("The same holds for %(count)d more office.", "The same holds for %(count)d more offices.", more)
    return [*said[:MAX_NAMED], rest % {"count": more}]


def _warn_without_agreement(offices: Iterable[Partner]) -> list[str]:
    """Return, by office, from when on and for which places no agreement covers it."""
    today, said = timezone.localdate(), []
    found = list(offices)
    agreements = read_agreements(found)
    for office in found:
        own = [each for each in agreements.get(office.pk, []) if covers_role(each, office.role)]
        places = [place for place in get_places(office) if isinstance(place, Municipality)]
        left = [place for place in places if not any(covers_place(e, place) for e in own if is_in_force(e, today))]
        ends = find_end_of_cover(own, today)
        if left or ends is None:
            words = {"office": office.name, "places": _join_limited([str(place) for place in left])}
            if left:
                said.append(
                    _("No agreement in force covers %(office)s for: %(places)s. It is not notified by routine there.")
                    % words
                )
            else:
                said.append(_("No agreement with %(office)s is in force. It is not notified by routine.") % words)
        elif (ends - today).days < settings.AGREEMENT_WARN_DAYS:
            day = date_format(ends, "SHORT_DATE_FORMAT")
            said.append(
                _("After %(day)s no agreement covers %(office)s, and it is not notified by routine.")
                % {"office": office.name, "day": day}
            )
    return said


def _end(stretch: Stretch, horizon: datetime) -> datetime:
    """Return the end of a gap; one that reaches the horizon has no known end."""
    return FOR_EVER if stretch.ends_at >= horizon else stretch.ends_at


def _describe_overlap(shift: DutyShift, other: DutyShift, shared: Stretch) -> str:
    # The same order as in `roster.ranked`.
    mine, theirs = (measure_cover(shift), -(shift.pk or 0)), (measure_cover(other), -other.pk)
    counts = shift if mine < theirs else other
    return _("Rank %(rank)s has two shifts, %(when)s: %(name)s and %(other)s. %(counts)s is notified first.") % {
        "rank": shift.rank,
        "when": stretch_in_words(shared),
        "name": shift.contact.name,
        "other": other.contact.name,
        "counts": counts.contact.name,
    }


def _within(leave: Leave, start: datetime, end: datetime | None) -> Stretch:
    last = utc(leave.ends_at) if end is None else min(utc(leave.ends_at), utc(end))
    return Stretch(max(utc(leave.starts_at), utc(start)), last)


def _join_limited(words: list[str]) -> str:
    """Join the first few, and say how many more there are."""
    more = len(words) - MAX_NAMED
    if more <= 0:
        return "; ".join(words)
    rest = ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
    return "; ".join([*words[:MAX_NAMED], rest])
