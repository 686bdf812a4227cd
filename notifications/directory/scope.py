"""Which part of the directory somebody keeps: operators all of it, coordinators what lies in their regions."""

from django.db.models import Q, QuerySet

from access.models import StaffRole, User

from .models import Agreement, Contact, DutyShift, Leave, Partner

PARTNER_OF = {
    Partner: "pk",
    Contact: "partner",
    Agreement: "partner",
    DutyShift: "partner",
    Leave: "contact__partner",
}
Entry = Partner | Contact | Agreement | DutyShift | Leave


def partners_of(user: User) -> "QuerySet[Partner]":
    """The partners this person may change: an office belongs to a region by its municipality, its directorate's area
    or by name. National offices belong to no region, so only operators change them."""
    if user.has_role(StaffRole.OPERATOR):
        return Partner.objects.all()
    regions = user.coordinated_regions()
    in_region = Q(municipality__region__in=regions) | Q(regions__in=regions)
    in_region |= Q(directorate__municipalities__region__in=regions)
    return Partner.objects.filter(pk__in=Partner.objects.filter(in_region).values("pk"))


def entries_of(user: User, model: type[Entry]) -> "QuerySet[Entry]":
    """The rows of one directory model that this person may change."""
    return model._default_manager.filter(**{f"{PARTNER_OF[model]}__in": partners_of(user).values("pk")})
