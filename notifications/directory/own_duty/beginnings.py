"""When somebody's duty begins in the next hours, by the roster's own rule: leave and shorter covers are counted in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db.models import Q

from ..models import Contact, DutyShift, Leave, Partner
from ..roster import find_changes, measure_cover, ranked, read_rosters, runs, utc

FIRST, DEPUTY = 0, 1


@dataclass(frozen=True)
class Beginning:
    """From when a contact is notified first, or as the deputy. `ends_at`: of the shift by which; None: no end."""

    contact: Contact
    is_deputy: bool
    begins_at: datetime
    ends_at: datetime | None

    @property
    def key(self) -> str:
        """The same for the same duty, however often it is looked at."""
        return f"begins {self.contact.pk} {int(self.is_deputy)} {self.begins_at:%Y%m%dT%H%M%S}"


def find_beginnings(since: datetime, until: datetime) -> list[Beginning]:
    """Return whose duty begins after `since` and before `until`, at any active office, in five queries at most.

    Not of somebody who was notified in the same place until then: a shift that goes on isn't said. A deputy who becomes
    the first is; the first who becomes the deputy isn't.
    """
    found: list[Beginning] = []
    offices = Partner.objects.filter(is_active=True, pk__in=_get_offices_with_changes(since, until))
    for shifts, leaves in read_rosters(offices, since, until).values():
        found += _iter_beginnings(shifts, leaves, since, until)
    return sorted(found, key=lambda each: (each.begins_at, each.is_deputy, each.contact.pk))


def holds(contact: Contact, *, is_deputy: bool, at: datetime) -> bool:
    """Tell whether this contact is notified first, or at least as the deputy, from this moment on."""
    shifts = list(DutyShift.objects.at(at).filter(partner=contact.partner_id).select_related("contact__partner"))
    leaves = Leave.objects.at(at).filter(contact__partner=contact.partner_id)
    place = _get_place(ranked(shifts, leaves, at), contact.pk)
    return place is not None and place <= int(is_deputy)


def _get_offices_with_changes(since: datetime, until: datetime) -> set[int]:
    """Return the offices at which a shift or a leave begins or ends within this time."""
    within = Q(starts_at__gt=since, starts_at__lte=until) | Q(ends_at__gt=since, ends_at__lte=until)
    found = set(DutyShift.objects.filter(within).values_list("partner_id", flat=True))
    return found | set(Leave.objects.filter(within).values_list("contact__partner_id", flat=True))


def _iter_beginnings(
    shifts: Sequence[DutyShift], leaves: Sequence[Leave], since: datetime, until: datetime
) -> Iterator[Beginning]:
    before: list[Contact] | None = None
    for moment, _next in pairwise(find_changes(shifts, leaves, since, until)):
        now = ranked(shifts, leaves, moment)
        for place, contact in enumerate(now[:2]):
            earlier = _get_place(before, contact.pk) if before is not None else FIRST
            if earlier is None or place < earlier:
                yield Beginning(contact, place == DEPUTY, moment, _get_end(shifts, contact, moment))
        before = now


def _get_place(contacts: Sequence[Contact] | None, key: int) -> int | None:
    """Return the place of a contact among the first two; None for any other."""
    return next((place for place, each in enumerate((contacts or [])[:2]) if each.pk == key), None)


def _get_end(shifts: Iterable[DutyShift], contact: Contact, at: datetime) -> datetime | None:
    own = [shift for shift in shifts if shift.contact_id == contact.pk and runs(shift, at)]
    # The same order as in `roster.ranked`.
    shift = min(own, key=lambda each: (each.rank, measure_cover(each), -each.pk))
    return utc(shift.ends_at) if shift.ends_at else None
