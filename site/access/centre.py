"""The unit that answers the public for regions where no unit works: the centre's own (`CENTRE_UNIT`)."""

from django.conf import settings

from .models import MobileUnit, Region


def get_centre_unit() -> MobileUnit | None:
    """Return the centre's unit while it is active, or None: then whoever writes from such a region is given numbers."""
    return MobileUnit.objects.filter(slug=settings.CENTRE_UNIT, is_active=True).select_related("region").first()


def get_answering_unit(region: Region) -> MobileUnit | None:
    """Return the unit that answers the public of a region: its own, else the centre's."""
    return region.units.filter(is_active=True).order_by("pk").first() or get_centre_unit()
