"""Resolve a role and a place, at a moment, to a contact on duty, or explicitly to nobody."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from access.languages import LANGUAGES
from access.models import Municipality, localize

from . import roster
from .areas import REACH, nearest_first, offices_for
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
    offices = nearest_first(role, offices_for(role, municipality, partner).exclude(pk__in=without))
    if not offices:
        return Resolution(role, words=[_no_office(role, municipality)])
    if is_ambiguous(role, offices):
        return Resolution(role, words=[_several(municipality, len(offices))])
    office, on_duty = first_on_duty(offices, at)
    words = [
        *_why_not_nearer(role, offices[0], office),
        _office_words(role, office, municipality),
        duty_words(on_duty),
        *roster.cover_in_words(office, at),
    ]
    contact, deputy = first_two(on_duty)
    return Resolution(role, office, contact, deputy, words)


def first_on_duty(offices: Iterable[Partner], at: datetime) -> tuple[Partner, list[Contact]]:
    """Return the first of these offices with somebody on duty, and who: lowest rank first.

    Else the first, with nobody.
    """
    listed = list(offices)
    for office in listed:
        on_duty = _on_duty(office, at)
        if on_duty:
            return office, on_duty
    return listed[0], []


def first_two(on_duty: list[Contact]) -> tuple[Contact | None, Contact | None]:
    """Return who is notified, and the deputy after them."""
    contact, deputy = [*on_duty, None, None][:2]
    return contact, deputy


def _on_duty(office: Partner, at: datetime) -> list[Contact]:
    """Return whoever answers for the office at this moment (see `roster` for the rule), the first in charge first."""
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
    Role.SOCIAL_SERVICE: {"sq": "shërbimin social", "en": "the social service"},
    Role.SCHOOL: {"sq": "shkollën", "en": "the school"},
    Role.PSYCHOLOGIST: {"sq": "psikologun", "en": "the psychologist"},
    Role.HEALTH: {"sq": "shërbimin shëndetësor", "en": "the health service"},
    Role.LEGAL_AID: {"sq": "ndihmën juridike", "en": "legal aid"},
    Role.EMBASSY_DESK: {"sq": "ambasadën", "en": "the embassy"},
}

_FOR_THE_MUNICIPALITY: Words = {
    "sq": "Për bashkinë {place} përgjigjet {office}.",
    "en": "{office} answers for the municipality {place}.",
}
_FOR_THE_REGION: Words = {
    "sq": "Për qarkun e bashkisë {place} përgjigjet {office}.",
    "en": "{office} answers for the region of the municipality {place}.",
}
_BY_PLACE: dict[str, Words] = {
    Role.POLICE: {
        "sq": "Sipas zonës së policisë, për bashkinë {place} përgjigjet {office}.",
        "en": "The municipality {place} belongs to {office}, by police area.",
    },
    Role.CPU: _FOR_THE_MUNICIPALITY,
    Role.SOCIAL_SERVICE: _FOR_THE_MUNICIPALITY,
    Role.SCHOOL: _FOR_THE_MUNICIPALITY,
    Role.HEALTH: _FOR_THE_MUNICIPALITY,
    Role.LEGAL_AID: _FOR_THE_MUNICIPALITY,
    Role.COORDINATOR: _FOR_THE_REGION,
    Role.PSYCHOLOGIST: _FOR_THE_REGION,
    Role.MOBILE_UNIT: {
        "sq": "Në qarkun e bashkisë {place} punon {office}.",
        "en": "{office} works in the region of the municipality {place}.",
    },
}
_ANYWHERE: Words = {"sq": "Njoftimi i takon: {office}.", "en": "The notice is for {office}."}
_THROUGH: Words = {
    "sq": "Njoftimi kalon përmes: {office}. Atij i kërkohet ta përcjellë.",
    "en": "The notice goes through {office}, which is asked to pass it on.",
}
_NOBODY_NEARER: Words = {
    "sq": "Te {office} askush nuk figuron në shërbim në këtë orë, prandaj kërkohet zyra tjetër që përgjigjet.",
    "en": "Nobody is on duty at {office} at this hour, so the next office that answers is asked.",
}
# Offices of one kind of area: which of them answers is a matter of the roster, not of how near it is.
_OF_ONE_KIND = (Role.POLICE, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT, Role.RESPONSIBLE_AUTHORITY)


def _no_office(role: str, municipality: Municipality) -> Words:
    who = ROLE_WORDS.get(role, dict.fromkeys(LANGUAGES, role))
    return {
        "sq": f"Nuk ka asnjë zyrë aktive për {who['sq']} në bashkinë {municipality.name}.",
        "en": f"There is no active office for {who['en']} in the municipality {municipality.name}.",
    }


def is_ambiguous(role: str, offices: Sequence[Partner]) -> bool:
    """Tell whether several offices fit the place and the right one of this role must not be guessed."""
    reach = REACH.get(role)
    return reach is not None and reach.one_only and len(offices) > 1


def _several(municipality: Municipality, count: int) -> Words:
    return {
        "sq": f"Në bashkinë {municipality.name} figurojnë {count} shkolla. Sistemi nuk zgjedh vetë: një shkollë tjetër"
        " nuk duhet të marrë vesh për nxënësin.",
        "en": f"The directory has {count} schools in the municipality {municipality.name}. The system doesn't choose"
        " one by itself: another school must not learn about the pupil.",
    }


def _why_not_nearer(role: str, nearest: Partner, office: Partner) -> list[Words]:
    """Explain that nobody is on duty at the nearest office and one further away answers instead."""
    if office == nearest or role in _OF_ONE_KIND:
        return []
    return [
        {language: text.format(office=localize(nearest.names, language)) for language, text in _NOBODY_NEARER.items()}
    ]


def _office_words(role: str, office: Partner, municipality: Municipality) -> Words:
    texts = _THROUGH if office.role != role else _BY_PLACE.get(role, _ANYWHERE)
    return {
        language: text.format(place=municipality.name, office=localize(office.names, language))
        for language, text in texts.items()
    }


def duty_words(on_duty: list[Contact]) -> Words:
    """Explain who of an office's roster is notified, without names."""
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
