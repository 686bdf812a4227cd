"""Which part of the directory somebody manages: coordinators their regions', national ones all of it.

An office is a coordinator's when it has a place in one of their regions, and none in another region where a unit works:
whoever answers for Vlorë isn't changed from Berat. Places where no unit works don't count. National offices (and those
that answer only where no unit works) are managed by coordinators of every region that has a unit. Operators manage
accounts and the machine, never the directory.
"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.models import Municipality, Region, User

from .models import Agreement, Contact, ContactWay, DutyShift, Leave, Partner, ServiceProfile

PARTNER_OF = {
    Partner: "pk",
    Contact: "partner",
    Agreement: "partner",
    DutyShift: "partner",
    Leave: "contact__partner",
    ContactWay: "contact__partner",
    ServiceProfile: "partner",
}
Entry = Partner | Contact | Agreement | DutyShift | Leave | ContactWay | ServiceProfile


def is_national_manager(user: User) -> bool:
    """Tell whether this person coordinates every region where a unit works."""
    regions = Region.objects.filter(is_outreach=True)
    return regions.exists() and not regions.exclude(pk__in=user.coordinated_regions()).exists()


def get_partners(user: User) -> "QuerySet[Partner]":
    """Return the partners that this person may change."""
    if is_national_manager(user):
        return Partner.objects.all()
    mine = user.coordinated_regions()
    others = Region.objects.filter(is_outreach=True).exclude(pk__in=mine)
    return Partner.objects.filter(_has_place_in(mine)).exclude(_has_place_in(others))


def manages_area(user: User, regions: Iterable[int]) -> bool:
    """Tell whether an office with these places (regions' keys; none: the whole country) would be this person's."""
    if is_national_manager(user):
        return True
    # As `get_partners` decides for a stored office; here for one that isn't saved yet.
    places, mine = set(regions), set(user.coordinated_regions().values_list("pk", flat=True))
    outreach = set(Region.objects.filter(is_outreach=True).values_list("pk", flat=True))
    return bool(places & mine) and not (places & outreach) - mine


def get_managers(office: Partner) -> list[User]:
    """Return everybody active who may change this office."""
    people = User.objects.filter(is_active=True, assignments__role="coordinator").distinct().order_by("pk")
    return [user for user in people if get_partners(user).filter(pk=office.pk).exists()]


def _has_place_in(regions: "QuerySet[Region]") -> Q:
    by_directorate = Municipality.objects.filter(police_directorate=OuterRef("directorate"), region__in=regions)
    by_name = Partner.regions.through.objects.filter(partner=OuterRef("pk"), region__in=regions)
    return Q(municipality__region__in=regions) | Q(Exists(by_directorate)) | Q(Exists(by_name))


def get_entries(user: User, model: type[Entry]) -> "QuerySet[Entry]":
    """Return the rows of one directory model that this person may change."""
    mine = get_partners(user).values("pk")
    found = model._default_manager.filter(**{f"{PARTNER_OF[model]}__in": mine})
    if model is Agreement:
        # One that covers another region's office, too, is its coordinators' as much as anybody's.
        beside = Agreement.other_offices.through.objects.exclude(partner__in=mine)
        found = found.exclude(pk__in=beside.values("agreement"))
    return found
