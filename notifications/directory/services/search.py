"""Search the directory of services: by need, region, age, sex, language, whether a place is free."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext

from access.models import Region, localize

from ..models import Contact, Partner, Role
from .models import Known, ServiceProfile, Sex
from .standing import Standing, describe_standings
from .vocabulary import SERVICE_ROLES, get_needs, label_all


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; "" and None: anything. What isn't recorded of a service never excludes it."""

    need: str = ""
    region: str = ""
    age: int | None = None
    sex: str = ""
    language: str = ""
    children: bool = False
    step_free: bool = False
    only_free: bool = False


@dataclass(frozen=True)
class ServiceLine:
    """One service as the list shows it. `unknown`: what was asked for and isn't recorded of it."""

    partner: Partner
    name: str
    role: str
    phone: str
    needs: list[str]
    for_whom: str
    details: list[str]
    area: str
    standing: Standing
    unknown: list[str] = field(default_factory=list)


def search_services(wanted: Wanted, at: datetime) -> list[ServiceLine]:
    """Return the services that fit: with a free place first, then where that isn't known, then the full."""
    partners = Partner.objects.filter(role__in=SERVICE_ROLES, is_active=True)
    found = list(partners.select_related("profile", "municipality__region").prefetch_related("regions"))
    fitting = [partner for partner in found if _fits(partner, wanted)]
    standings = describe_standings(fitting, at)
    phones = _get_phones(fitting)
    lines = [_build(partner, standings[partner.pk], phones.get(partner.pk, ""), wanted) for partner in fitting]
    if wanted.only_free:
        lines = [line for line in lines if line.standing.is_free]
    return sorted(lines, key=_order)


def get_profile(partner: Partner) -> ServiceProfile | None:
    return getattr(partner, "profile", None)


def _fits(partner: Partner, wanted: Wanted) -> bool:
    profile = get_profile(partner)
    if wanted.need and wanted.need not in get_needs(partner):
        return False
    regions = _get_regions(partner)
    # An office without an area is there for the whole country.
    if wanted.region and regions and wanted.region not in {region.slug for region in regions}:
        return False
    if profile is None:
        return True
    if wanted.age is not None and not _is_of_age(profile, wanted.age):
        return False
    if wanted.sex and profile.sexes and wanted.sex not in profile.sexes:
        return False
    if wanted.language and profile.languages and wanted.language not in profile.languages:
        return False
    if wanted.children and profile.takes_children == Known.NO:
        return False
    return not (wanted.step_free and profile.step_free == Known.NO)


def _is_of_age(profile: ServiceProfile, age: int) -> bool:
    return (profile.age_from is None or profile.age_from <= age) and (profile.age_to is None or age <= profile.age_to)


def _get_regions(partner: Partner) -> list[Region]:
    own = list(partner.regions.all())
    return own or ([partner.municipality.region] if partner.municipality is not None else [])


def _get_phones(partners: list[Partner]) -> dict[int, str]:
    """Return by office the number of its first active contact that has one."""
    rows = Contact.objects.filter(partner__in=partners, is_active=True).exclude(phone="").order_by("-pk")
    return dict(rows.values_list("partner_id", "phone"))


def _build(partner: Partner, standing: Standing, phone: str, wanted: Wanted) -> ServiceLine:
    profile = get_profile(partner)
    return ServiceLine(
        partner=partner,
        name=localize(partner.names),
        role=str(Role(partner.role).label),
        phone=(profile.phone if profile else "") or phone,
        needs=label_all("needs", get_needs(partner)),
        for_whom=describe_whom(profile) if profile else "",
        details=describe_details(profile) if profile else [],
        area=", ".join(region.name for region in _get_regions(partner)),
        standing=standing,
        unknown=_list_unknown(profile, wanted),
    )


def describe_whom(profile: ServiceProfile) -> str:
    """Say for whom a service is: sex and ages; "" where nothing is recorded."""
    parts = [str(Sex(code).label) for code in profile.sexes if code in Sex.values]
    if profile.age_from is not None and profile.age_to is not None:
        parts.append(gettext("aged %(low)d to %(high)d") % {"low": profile.age_from, "high": profile.age_to})
    elif profile.age_from is not None:
        parts.append(gettext("aged %(low)d and over") % {"low": profile.age_from})
    elif profile.age_to is not None:
        parts.append(gettext("up to age %(high)d") % {"high": profile.age_to})
    return ", ".join(parts)


def describe_details(profile: ServiceProfile) -> list[str]:
    """List in words what else is recorded: children along, access, languages, hours, where."""
    found = []
    if profile.takes_children != Known.UNKNOWN:
        found.append(gettext("Children along: %(answer)s") % {"answer": Known(profile.takes_children).label})
    if profile.step_free != Known.UNKNOWN:
        found.append(gettext("Accessible with a disability: %(answer)s") % {"answer": Known(profile.step_free).label})
    if profile.languages:
        spoken = ", ".join(label_all("languages", profile.languages))
        found.append(gettext("Languages: %(spoken)s") % {"spoken": spoken})
    if profile.hours:
        found.append(gettext("Hours: %(hours)s") % {"hours": profile.hours})
    if profile.where:
        found.append(gettext("Where: %(where)s") % {"where": profile.where})
    return found


def _list_unknown(profile: ServiceProfile | None, wanted: Wanted) -> list[str]:
    asked = {
        gettext("age"): wanted.age is not None
        and (profile is None or (profile.age_from is None and profile.age_to is None)),
        gettext("sex"): bool(wanted.sex) and (profile is None or not profile.sexes),
        gettext("language"): bool(wanted.language) and (profile is None or not profile.languages),
        gettext("children along"): wanted.children and (profile is None or profile.takes_children == Known.UNKNOWN),
        gettext("accessibility"): wanted.step_free and (profile is None or profile.step_free == Known.UNKNOWN),
    }
    return [words for words, is_missing in asked.items() if is_missing]


def _order(line: ServiceLine) -> tuple[int, bool, str]:
    free = {True: 0, None: 1, False: 2}[line.standing.is_free]
    return (1 if free == 0 and line.standing.is_stale else free, bool(line.standing.warnings), line.name)
