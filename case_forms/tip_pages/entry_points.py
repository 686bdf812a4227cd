"""The places somebody writes from: a session's card, a region's page, or the page on which a session is asked for.

Card and region decide which unit reads it. Of a session that is asked for, the answered municipality decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from access.centre import get_answering_unit, get_centre_unit
from access.models import Region
from case_forms.form_builder.audience import is_session_request
from case_forms.form_builder.models import FormVersion
from case_forms.tips.public_actions import Origin
from outreach_pages.cards import find_open_card

# The public form of each purpose when there are several.
FORM = "public_tip"
SESSION_REQUEST_FORM = "session_request"


@dataclass(frozen=True)
class FormPlace:
    """One such place.

    `key` is what a form state is bound to, and what is counted by; `name` and `args` the page's address.
    """

    key: str
    name: str
    args: tuple[str, ...]

    @property
    def address(self) -> str:
        return reverse(self.name, args=self.args)


@dataclass(frozen=True)
class EntryPoint(FormPlace):
    """The place a tip is written from. `origin`: the region and the unit that it belongs to."""

    origin: Origin


SESSION_REQUESTS = FormPlace("session_request", "asking:session", ())


def place_of_card(code: str) -> EntryPoint | None:
    """Return the place of an open card, or None, whatever is wrong with it."""
    session = find_open_card(code)
    if session is None:
        return None
    origin = Origin(
        region=session.unit.region, unit=session.unit, session_id=session.pk, municipality=session.municipality
    )
    return EntryPoint(f"card:{session.card_code}", "asking:card", (session.card_code,), origin)


def place_of_region(slug: str) -> EntryPoint | None:
    """Return the place of a region, answered by its own unit or the centre's; None where neither is there."""
    region = Region.objects.filter(slug=slug).first()
    unit = get_answering_unit(region) if region else None
    if region is None or unit is None:
        return None
    return EntryPoint(f"region:{region.slug}", "asking:region", (region.slug,), Origin(region=region, unit=unit))


def describe_regions() -> dict[str, Any]:
    """Return what a page offers to choose from: `regions` with a unit of their own, `others` that `centre` answers.

    Each by name. Without a centre there are no others.
    """
    own = list(Region.objects.filter(units__is_active=True).distinct().order_by("name"))
    centre = get_centre_unit()
    others = Region.objects.exclude(pk__in=[region.pk for region in own]).order_by("name") if centre else ()
    return {"regions": own, "others": list(others), "centre": centre}


def public_form() -> FormVersion | None:
    """Return the newest version of the form that tips are written in; None while none is published."""
    return _choose(FORM, lambda version: not is_session_request(version.parsed_form))


def session_request_form() -> FormVersion | None:
    """Return the newest version of the form that asks for a session; None while none is published."""
    return _choose(SESSION_REQUEST_FORM, lambda version: is_session_request(version.parsed_form))


def _choose(first: str, serves: Callable[[FormVersion], bool]) -> FormVersion | None:
    """Return the version with the key `first`, else the first by key, of the public forms that serve."""
    public = FormVersion.objects.newest().for_public()
    versions = {version.form.key: version for version in public if serves(version)}
    return versions.get(first) or next((versions[key] for key in sorted(versions)), None)
