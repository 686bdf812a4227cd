"""Who must be told? A role and a place, at a moment, become a live contact, or a loud nobody."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from access.models import Municipality, in_language

from . import roster
from .links import MUNICIPALITY
from .models import Contact, Partner, Role

Words = dict[str, str]  # {"sq", "en"}


@dataclass(frozen=True)
class Resolution:
    """The answer for one role. `contact` None means that nobody is there: the caller must say so and fall back.

    `words` explain the answer in order, without naming a person: a list of {"sq", "en"}. The two last are the chain's
    (see `chain`): `link` is where it ended, `coordinators` those who are asked to call, because nobody of the role is
    there; for the role of coordinator they are everybody found, the contact first.
    """

    role: str
    partner: Partner | None = None
    contact: Contact | None = None
    deputy: Contact | None = None
    words: list[Words] = field(default_factory=list)
    link: str = MUNICIPALITY
    coordinators: tuple[Contact, ...] = ()


def resolve(*, role: str, municipality: Municipality, at: datetime, partner: Partner | None = None) -> Resolution:
    """The contact on duty for this role, for this municipality, at this moment, and the deputy after them.

    The first link of the chain only: whoever is to be told is found by `chain.resolve_chain`.
    Police answer by directorate, a Child Protection Unit by municipality, a coordinator and a mobile unit by region;
    the Responsible Authority is one for the country. `partner` names the office itself (a protection service). Inactive
    partners and contacts are never returned. Where several offices fit (a role without one office per area), the oldest
    with somebody on duty answers.
    """
    offices = list(offices_for(role, municipality, partner).order_by("pk"))
    if not offices:
        return Resolution(role, words=[_no_office(role, municipality)])
    office, on_duty = first_on_duty(offices, at)
    words = [_office_words(role, office, municipality), duty_words(on_duty), *roster.cover_in_words(office, at)]
    contact, deputy = first_two(on_duty)
    return Resolution(role, office, contact, deputy, words)


def first_on_duty(offices: Iterable[Partner], at: datetime) -> tuple[Partner, list[Contact]]:
    """The first of these offices with somebody on duty, and who: lowest rank first. Else the first, with nobody."""
    listed = list(offices)
    for office in listed:
        on_duty = _on_duty(office, at)
        if on_duty:
            return office, on_duty
    return listed[0], []


def first_two(on_duty: list[Contact]) -> tuple[Contact | None, Contact | None]:
    """Who is told, and the deputy after them."""
    contact, deputy = [*on_duty, None, None][:2]
    return contact, deputy


def offices_for(role: str, municipality: Municipality, partner: Partner | None) -> "QuerySet[Partner]":
    active = Partner.objects.filter(role=role, is_active=True)
    if partner is not None:
        return active.filter(pk=partner.pk)
    if role == Role.POLICE:
        return active.filter(directorate=municipality.police_directorate_id)
    if role == Role.CPU:
        return active.filter(municipality=municipality)
    if role in (Role.COORDINATOR, Role.MOBILE_UNIT):
        return active.filter(regions=municipality.region_id)
    if role == Role.RESPONSIBLE_AUTHORITY:
        return active
    return active.none()


def _on_duty(office: Partner, at: datetime) -> list[Contact]:
    """Whoever answers for the office at this moment (see `roster` for the rule), the first in charge first."""
    return roster.on_duty(office, at)


NOBODY_ON_DUTY: Words = {
    "sq": "Në këtë orë askush nuk figuron në listën e shërbimit.",
    "en": "Nobody is on the duty roster at this hour.",
}

ROLE_WORDS: dict[str, Words] = {
    Role.POLICE: {"sq": "policinë", "en": "the police"},
    Role.RESPONSIBLE_AUTHORITY: {"sq": "Autoritetin Përgjegjës", "en": "the Responsible Authority"},
    Role.CPU: {"sq": "Njësinë për Mbrojtjen e Fëmijës", "en": "the Child Protection Unit"},
    Role.PROTECTION_SERVICE: {"sq": "shërbimin e mbrojtjes", "en": "the protection service"},
    Role.COORDINATOR: {"sq": "koordinatorin", "en": "the coordinator"},
    Role.MOBILE_UNIT: {"sq": "njësinë lëvizëse", "en": "the mobile unit"},
}

_BY_PLACE: dict[str, Words] = {
    Role.POLICE: {
        "sq": "Sipas zonës së policisë, për bashkinë {place} përgjigjet {office}.",
        "en": "The municipality {place} belongs to {office}, by police area.",
    },
    Role.CPU: {
        "sq": "Për bashkinë {place} përgjigjet {office}.",
        "en": "{office} answers for the municipality {place}.",
    },
    Role.COORDINATOR: {
        "sq": "Për qarkun e bashkisë {place} përgjigjet {office}.",
        "en": "{office} answers for the region of the municipality {place}.",
    },
    Role.MOBILE_UNIT: {
        "sq": "Në qarkun e bashkisë {place} punon {office}.",
        "en": "{office} works in the region of the municipality {place}.",
    },
}
_ANYWHERE: Words = {"sq": "Njoftimi i takon: {office}.", "en": "The notice is for {office}."}


def _no_office(role: str, municipality: Municipality) -> Words:
    who = ROLE_WORDS.get(role, {"sq": role, "en": role})
    return {
        "sq": f"Nuk ka asnjë zyrë aktive për {who['sq']} në bashkinë {municipality.name}.",
        "en": f"There is no active office for {who['en']} in the municipality {municipality.name}.",
    }


def _office_words(role: str, office: Partner, municipality: Municipality) -> Words:
    texts = _BY_PLACE.get(role, _ANYWHERE)
    return {
        language: text.format(place=municipality.name, office=in_language(office.names, language))
        for language, text in texts.items()
    }


def duty_words(on_duty: list[Contact]) -> Words:
    """Who of an office's roster is told, without names."""
    if not on_duty:
        return NOBODY_ON_DUTY
    if len(on_duty) > 1:
        return {
            "sq": "Njoftohet personi i parë në listën e shërbimit; pas tij vjen zëvendësi.",
            "en": "The first person on the duty roster is told; the deputy comes after.",
        }
    return {
        "sq": "Njoftohet personi i parë në listën e shërbimit. Nuk ka zëvendës në listë.",
        "en": "The first person on the duty roster is told. There is no deputy on the roster.",
    }
