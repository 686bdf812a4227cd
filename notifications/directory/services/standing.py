"""How things stand with services before somebody chooses one: full, old word, no agreement, nobody on duty. In words.

Nothing is hidden because of it: a service that is full today may have a bed for this person when it is called.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext

from ..agreements.cover import read_agreements
from ..agreements.rules import read_required
from ..agreements.states import is_in_force
from ..models import Partner
from ..roster import get_gaps
from .models import ServiceProfile
from .vocabulary import get_lists

A_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """How things stand with one service now. `is_free`: None where it isn't known.

    `places`: what is known of its places, "" for one without a profile. `warnings`: what to know before asking it.
    """

    places: str
    is_free: bool | None
    is_stale: bool
    warnings: tuple[str, ...]

    @property
    def words(self) -> str:
        """All of it in one line; "" where there is nothing to say."""
        return "; ".join(part for part in (self.places, *self.warnings) if part)


def describe_standings(partners: Iterable[Partner], at: datetime) -> dict[int, Standing]:
    """Return by partner's key how things stand now, in the active language. A bounded number of queries."""
    found = list(partners)
    keys = [partner.pk for partner in found]
    profiles = {profile.partner_id: profile for profile in ServiceProfile.objects.filter(partner__in=keys)}
    today = timezone.localdate(at)
    agreements = read_agreements(keys)
    without_agreement = {key for key, rows in agreements.items() if not any(is_in_force(each, today) for each in rows)}
    needed = read_required({partner.role for partner in found})
    without_agreement |= {each.pk for each in found if each.role in needed and each.pk not in agreements}
    without_duty = {key for key, stretches in get_gaps(found, at, at + A_MOMENT).items() if stretches}
    return {
        partner.pk: _build(profiles.get(partner.pk), partner.pk in without_agreement, partner.pk in without_duty, at)
        for partner in found
    }


def _build(profile: ServiceProfile | None, is_without_agreement: bool, is_without_duty: bool, at: datetime) -> Standing:
    warnings = []
    if is_without_agreement:
        warnings.append(gettext("the agreement is not in force"))
    if is_without_duty:
        warnings.append(gettext("nobody is on duty there now"))
    places, is_free, is_stale = describe_places(profile, at) if profile is not None else ("", None, False)
    return Standing(places, is_free, is_stale, tuple(warnings))


def describe_places(profile: ServiceProfile, at: datetime) -> tuple[str, bool | None, bool]:
    """Return (in words, whether a place is free, whether that is too long ago to count on)."""
    if profile.places_free is None or profile.confirmed_at is None:
        return gettext("free places not known: call first"), None, False
    since = formats.date_format(timezone.localtime(profile.confirmed_at), "j F, H:i")
    is_stale = at - profile.confirmed_at > timedelta(days=get_lists()["places_hold_days"])
    free = profile.places_free
    if free == 0:
        words = gettext("full, said on %(since)s")
    else:
        words = ngettext("%(free)d place free, said on %(since)s", "%(free)d places free, said on %(since)s", free)
    said = words % {"free": free, "since": since}
    if is_stale:
        said = gettext("%(said)s, which is long ago: call first") % {"said": said}
    return said, free > 0, is_stale
