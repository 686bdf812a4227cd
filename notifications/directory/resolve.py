"""Who must be told? A role and a place, at a moment, become a live contact, or a loud nobody."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from access.models import Municipality, in_language

from . import roster
from .models import Contact, Partner, Role

Words = dict[str, str]  # {"sq", "en"}


@dataclass(frozen=True)
class Resolution:
    """The answer for one role. `contact` None means that nobody is there: the caller must say so and fall back.

    `words` explain the answer in order, without naming a person: a list of {"sq", "en"}.
    """

    role: str
    partner: Partner | None = None
    contact: Contact | None = None
    deputy: Contact | None = None
    words: list[Words] = field(default_factory=list)


def resolve(*, role: str, municipality: Municipality, at: datetime, partner: Partner | None = None) -> Resolution:
    """The contact on duty for this role, for this municipality, at this moment, and the deputy after them.

    Police answer by directorate, a Child Protection Unit by municipality, a coordinator and a mobile unit by region;
    the Responsible Authority is one for the country. `partner` names the office itself (a protection service). Inactive
    partners and contacts are never returned. Where several offices fit, the first with somebody on duty answers.
    """
    offices = list(_offices(role, municipality, partner).order_by("slug"))
    if not offices:
        return Resolution(role, words=[_no_office(role, municipality)])
    for office in offices:
        on_duty = _on_duty(office, at)
        if on_duty:
            deputy = on_duty[1] if len(on_duty) > 1 else None
            words = [_office_words(role, office, municipality), _duty_words(deputy), *roster.cover_in_words(office, at)]
            return Resolution(role, office, on_duty[0], deputy, words)
    away = roster.cover_in_words(offices[0], at)
    return Resolution(role, offices[0], words=[_office_words(role, offices[0], municipality), *away, NOBODY_ON_DUTY])


def _offices(role: str, municipality: Municipality, partner: Partner | None) -> "QuerySet[Partner]":
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

_ROLE_WORDS: dict[str, Words] = {
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
    who = _ROLE_WORDS.get(role, {"sq": role, "en": role})
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


def _duty_words(deputy: Contact | None) -> Words:
    if deputy is not None:
        return {
            "sq": "Njoftohet personi i parë në listën e shërbimit; pas tij vjen zëvendësi.",
            "en": "The first person on the duty roster is told; the deputy comes after.",
        }
    return {
        "sq": "Njoftohet personi i parë në listën e shërbimit. Nuk ka zëvendës në listë.",
        "en": "The first person on the duty roster is told. There is no deputy on the roster.",
    }
