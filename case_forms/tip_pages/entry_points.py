"""The places somebody writes from: a session's card, or a region's page. It decides which unit reads it."""

from dataclasses import dataclass

from django.urls import reverse

from access.models import Region
from case_forms.form_builder.models import FormVersion
from case_forms.tips.public_actions import Origin, unit_of_region
from outreach_pages.cards import find_open_card

FORM = "public_tip"  # the public form when there are several


@dataclass(frozen=True)
class EntryPoint:
    """One such place.

    `key` is what a form state is bound to, and what is counted by; `name` and `args` the page's address.
    """

    key: str
    origin: Origin
    name: str
    args: tuple[str, ...]

    @property
    def address(self) -> str:
        return reverse(self.name, args=self.args)


def place_of_card(code: str) -> EntryPoint | None:
    """Return the place of an open card, or None, whatever is wrong with it."""
    session = find_open_card(code)
    if session is None:
        return None
    origin = Origin(
        region=session.unit.region, unit=session.unit, session_id=session.pk, municipality=session.municipality
    )
    return EntryPoint(f"card:{session.card_code}", origin, "asking:card", (session.card_code,))


def place_of_region(slug: str) -> EntryPoint | None:
    """Return the place of a region that has a unit, or None."""
    region = Region.objects.filter(slug=slug).first()
    unit = unit_of_region(region) if region else None
    if region is None or unit is None:
        return None
    return EntryPoint(f"region:{region.slug}", Origin(region=region, unit=unit), "asking:region", (region.slug,))


def regions_with_a_unit() -> list[Region]:
    return list(Region.objects.filter(units__is_active=True).distinct().order_by("name"))


def public_form() -> FormVersion | None:
    """Return the newest version of the form that the public fills; None while none is published."""
    versions = {version.form.key: version for version in FormVersion.objects.newest().for_public()}
    return versions.get(FORM) or next((versions[key] for key in sorted(versions)), None)
