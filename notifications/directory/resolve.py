"""Resolve a role and a place, at a moment, to a contact on duty, or explicitly to nobody."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.languages import Texts, format_in_each_language, in_each_language
from access.models import Municipality

from . import roster
from .agreements.cover import explain_without, split_by_agreement
from .areas import AREA_RULES, find_offices, nearest_first
from .links import MUNICIPALITY
from .models import Contact, Partner, Role


@dataclass(frozen=True)
class Resolution:
    """The answer for one role. `contact` None means that nobody is there: the caller must say so and fall back.

    `words` explain the answer in order, without naming a person: each in every language. The two last are the chain's
    (see `chain`): `link` is where it ended, `coordinators` those who are asked to call, because nobody of the role is
    there; for the role of coordinator they are everybody found, the contact first. `without_agreement`: the offices
    passed over because their role needs an agreement and none is in force.
    """

    role: str
    partner: Partner | None = None
    contact: Contact | None = None
    deputy: Contact | None = None
    words: list[Texts] = field(default_factory=list)
    link: str = MUNICIPALITY
    coordinators: tuple[Contact, ...] = ()
    without_agreement: tuple[Partner, ...] = ()


def resolve(
    *,
    role: str,
    municipality: Municipality,
    at: datetime,
    partner: Partner | None = None,
    without: Collection[int] = (),
) -> Resolution:
    """Find the contact on duty for this role, for this municipality, at this moment, and the deputy after them.

    The first link of the chain only: whoever is to be notified is found by `chain.resolve_chain`.
    By what area each role answers, and through which other one it is reached, stands in `areas`. `partner` names the
    office itself (a protection service). Inactive partners and contacts are never returned. Where several offices fit,
    the nearest with somebody on duty answers; of a role that is `one_only` nobody does, since a guess could be wrong.
    `without`: offices (ids) that aren't asked.
    """
    found = find_offices(role, municipality, partner)
    offices = nearest_first(role, [office for office in found if office.pk not in without])
    if not offices:
        return Resolution(role, words=[_explain_no_office(role, municipality)])
    if is_ambiguous(role, offices):
        return Resolution(role, words=[_explain_several(municipality, len(offices))])
    told, passed_over = split_by_agreement(offices, role=role, municipality=municipality, at=at)
    if not told:
        return Resolution(
            role, offices[0], words=explain_without(passed_over, municipality), without_agreement=tuple(passed_over)
        )
    office, duty = first_on_duty(told, at)
    words = [
        *explain_without(passed_over, municipality),
        *_explain_why_not_nearer(role, told[0], office),
        _explain_office(role, office, municipality),
        explain_duty(duty.contacts),
        *roster.explain_cover(duty),
    ]
    contact, deputy = first_two(duty.contacts)
    return Resolution(role, office, contact, deputy, words, without_agreement=tuple(passed_over))


def first_on_duty(offices: Iterable[Partner], at: datetime) -> tuple[Partner, roster.Duty]:
    """Return the first of these offices with somebody on duty, and its duty; else the first, with nobody."""
    first: tuple[Partner, roster.Duty] | None = None
    for office in offices:
        duty = roster.get_duty(office, at)
        if duty.contacts:
            return office, duty
        first = first or (office, duty)
    assert first is not None  # callers ask about at least one
    return first


def first_two(on_duty: list[Contact]) -> tuple[Contact | None, Contact | None]:
    """Return who is notified, and the deputy after them."""
    contact, deputy = [*on_duty, None, None][:2]
    return contact, deputy


NOBODY_ON_DUTY = _("Nobody is on the duty roster at this hour.")

# As the object of "for", which Albanian declines.
ROLE_NAMES: dict[str, Promise | str] = {
    Role.POLICE: pgettext_lazy("for whom", "the police"),
    Role.RESPONSIBLE_AUTHORITY: pgettext_lazy("for whom", "the Responsible Authority"),
    Role.CPU: pgettext_lazy("for whom", "the Child Protection Unit"),
    Role.PROTECTION_SERVICE: pgettext_lazy("for whom", "the protection service"),
    Role.COORDINATOR: pgettext_lazy("for whom", "the coordinator"),
    Role.MOBILE_UNIT: pgettext_lazy("for whom", "the mobile unit"),
    Role.SOCIAL_SERVICE: pgettext_lazy("for whom", "the social service"),
    Role.SCHOOL: pgettext_lazy("for whom", "the school"),
    Role.PSYCHOLOGIST: pgettext_lazy("for whom", "the psychologist"),
    Role.HEALTH: pgettext_lazy("for whom", "the health service"),
    Role.LEGAL_AID: pgettext_lazy("for whom", "legal aid"),
    Role.EMBASSY_DESK: pgettext_lazy("for whom", "the embassy"),
}

_FOR_THE_MUNICIPALITY = _("{office} answers for the municipality {place}.")
_FOR_THE_REGION = _("{office} answers for the region of the municipality {place}.")
_BY_PLACE: dict[str, Promise | str] = {
    Role.POLICE: _("The municipality {place} belongs to {office}, by police area."),
    Role.CPU: _FOR_THE_MUNICIPALITY,
    Role.SOCIAL_SERVICE: _FOR_THE_MUNICIPALITY,
    Role.SCHOOL: _FOR_THE_MUNICIPALITY,
    Role.HEALTH: _FOR_THE_MUNICIPALITY,
    Role.LEGAL_AID: _FOR_THE_MUNICIPALITY,
    Role.COORDINATOR: _FOR_THE_REGION,
    Role.PSYCHOLOGIST: _FOR_THE_REGION,
    Role.MOBILE_UNIT: _("{office} works in the region of the municipality {place}."),
}
_ANYWHERE = _("The notice is for {office}.")
_THROUGH = _("The notice goes through {office}, which is asked to pass it on.")
_NOBODY_NEARER = _("Nobody is on duty at {office} at this hour, so the next office that answers is asked.")
_NO_OFFICE = _("There is no active office for {who} in the municipality {place}.")
_SEVERAL_SCHOOLS = _(
    "The directory has {count} schools in the municipality {place}. The system doesn't choose one by itself: another"
    " school must not learn about the pupil."
)
_FIRST_THEN_DEPUTY = _("The first person on the duty roster is notified; the deputy comes after.")
_FIRST_WITHOUT_DEPUTY = _("The first person on the duty roster is notified. There is no deputy on the roster.")
# Offices of one kind of area: which of them answers is a matter of the roster, not of how near it is.
_OF_ONE_KIND = (Role.POLICE, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT, Role.RESPONSIBLE_AUTHORITY)


def get_role_name(role: str) -> Texts:
    """Return the role as the object of "for", in each language; an unknown one as it is stored."""
    return in_each_language(ROLE_NAMES.get(role, role))


def _explain_no_office(role: str, municipality: Municipality) -> Texts:
    return format_in_each_language(_NO_OFFICE, who=get_role_name(role), place=municipality.name)


def is_ambiguous(role: str, offices: Sequence[Partner]) -> bool:
    """Tell whether several offices fit the place and the right one of this role must not be guessed."""
    reach = AREA_RULES.get(role)
    return reach is not None and reach.one_only and len(offices) > 1


def _explain_several(municipality: Municipality, count: int) -> Texts:
    return format_in_each_language(_SEVERAL_SCHOOLS, count=count, place=municipality.name)


def _explain_why_not_nearer(role: str, nearest: Partner, office: Partner) -> list[Texts]:
    """Explain that nobody is on duty at the nearest office and one further away answers instead."""
    if office == nearest or role in _OF_ONE_KIND:
        return []
    return [format_in_each_language(_NOBODY_NEARER, office=nearest.names)]


def _explain_office(role: str, office: Partner, municipality: Municipality) -> Texts:
    words = _THROUGH if office.role != role else _BY_PLACE.get(role, _ANYWHERE)
    return format_in_each_language(words, place=municipality.name, office=office.names)


def explain_duty(on_duty: Sequence[Contact]) -> Texts:
    """Explain who of an office's roster is notified, without names."""
    if not on_duty:
        return in_each_language(NOBODY_ON_DUTY)
    return in_each_language(_FIRST_THEN_DEPUTY if len(on_duty) > 1 else _FIRST_WITHOUT_DEPUTY)
