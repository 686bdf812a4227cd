"""Forms that choose a service: beside each one how it stands now, as full, old word, no agreement, nobody on duty."""

from audit import clock
from notifications.directory.models import Partner
from notifications.directory.services.standing import describe_standings
from notifications.directory.services.vocabulary import SERVICE_ROLES

from .entries import SectionPage


def mark_standings(page: SectionPage) -> None:
    """Add to the choices of the page's questions about offices how each service stands. Nothing is taken off the list.

    Changes the choices of the page's questions in place.
    """
    views = [view for view in page.questions if view.question.type == "partner"]
    if not views:
        return
    values = {value for view in views for value, _label in view.choices}
    partners = Partner.objects.filter(slug__in=values, is_active=True, role__in=SERVICE_ROLES)
    keys = {partner.slug: partner.pk for partner in partners}
    standings = describe_standings(partners, clock.now())
    for view in views:
        view.choices[:] = [
            (value, f"{label}: {words}" if value in keys and (words := standings[keys[value]].words) else label)
            for value, label in view.choices
        ]
