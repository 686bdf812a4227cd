"""The panel on the admin's first page: what waits for this person, or that nothing does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.ui.components import Component

from access.approvals import MANAGERS
from access.models import StaffRole, User
from approvals.kinds import list_queues
from case_forms.cases.models import Case
from case_forms.cases.registers import CaseRegister
from notifications.directory.models import Partner
from notifications.directory.moments import stretch_in_words
from notifications.directory.roster import FOR_EVER, Stretch, get_gaps
from notifications.directory.scope import get_partners
from notifications.drills.views import get_regions as get_regions_with_drills
from notifications.drills.watch import get_newest_bad
from notifications.outbox.models import Notice

WEEK = timedelta(days=7)
MAX_OFFICES = 6


@dataclass(frozen=True)
class WaitingItem:
    """One line: its text, its link, and whether somebody may remain without a notice meanwhile."""

    words: str
    url: str
    needs_attention: bool = False


class WaitingPanel(Component):
    """The panel: approvals, notices without a recipient, overdue cases and gaps in the roster."""

    name = "waiting"
    template_name = "ui/waiting.html"
    order = 50

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        user: Any = self.request.user
        lines = [
            *_get_case_items(user),
            *_get_roster_items(user),
            *_get_drill_items(user),
            *_get_decisions(user),
        ]
        return {"lines": lines}


def _get_drill_items(user: User) -> list[WaitingItem]:
    """List each region of this person whose last drill went wrong, or that not everybody opened."""
    if not user.has_role(StaffRole.COORDINATOR, StaffRole.OPERATOR):
        return []
    return [
        WaitingItem(
            _("The last drill in %(region)s: %(how)s") % {"region": run.region.name, "how": run.get_state_display()},
            reverse("drills_of_region", args=[run.region.slug]),
            needs_attention=True,
        )
        for run in get_newest_bad(get_regions_with_drills(user))
    ]


def _get_decisions(user: User) -> list[WaitingItem]:
    """List how much of each kind waits for this person as the second one, whatever room it is of."""
    items = []
    for queue in list_queues(user):
        if queue.is_unread:
            words = _("%(what)s: some could not be read") % {"what": queue.kind.label}
            url = reverse("by_two:list" if user.has_role(*MANAGERS) else "wagtailadmin_home")
            items.append(WaitingItem(words, url, needs_attention=True))
        if not queue.waiting:
            continue
        words = _("%(what)s: %(count)d to decide") % {"what": queue.kind.label, "count": len(queue.waiting)}
        is_one = len(queue.waiting) == 1 or not user.has_role(*MANAGERS)
        url = queue.waiting[0].url if is_one else reverse("by_two:list")
        items.append(WaitingItem(words, url, needs_attention=queue.kind.is_urgent))
    return items


def _get_case_items(user: User) -> list[WaitingItem]:
    """List a coordinator's notices without a recipient and overdue cases; for operators only the count."""
    if user.has_role(StaffRole.OPERATOR) and not user.has_role(StaffRole.COORDINATOR):
        return _count_for_operators()
    if not user.has_role(StaffRole.COORDINATOR):
        return []
    cases = Case.objects.visible_to(user)
    nobody = Notice.objects.without_recipient().filter(case_id__in=cases.values("pk")).count()
    late = cases.filter(CaseRegister().overdue(timezone.now())).count()
    lines = []
    if nobody:
        words = ngettext("%(count)d notice has no recipient", "%(count)d notices have no recipient", nobody)
        url = reverse("outbox_notice_modeladmin_index") + "?state__exact=failed"
        lines.append(WaitingItem(words % {"count": nobody}, url, needs_attention=True))
    if late:
        words = ngettext("%(count)d case is overdue", "%(count)d cases are overdue", late)
        lines.append(
            WaitingItem(
                words % {"count": late}, reverse("cases_case_modeladmin_index") + "?overdue=1", needs_attention=True
            )
        )
    return lines


def _count_for_operators() -> list[WaitingItem]:
    """Count the notices without a recipient, without their cases.

    The operator sees none of the cases, and calls the coordinators, who manage the directory.
    """
    nobody = Notice.objects.without_recipient().counted().count()
    if not nobody:
        return []
    words = ngettext("%(count)d notice has no recipient", "%(count)d notices have no recipient", nobody)
    return [WaitingItem(words % {"count": nobody}, reverse("guides"), needs_attention=True)]


def _get_roster_items(user: User) -> list[WaitingItem]:
    """List this person's offices with hours in the coming week in which nobody is on duty."""
    now = timezone.now()
    offices = {office.pk: office for office in get_partners(user).filter(is_active=True).order_by("role", "slug")}
    if not offices:
        return []
    empty = [(offices[key], found) for key, found in get_gaps(offices.values(), now, now + WEEK).items() if found]
    lines = [
        WaitingItem(
            _describe_gap(office, found, now + WEEK),
            f"{reverse('dutyshift:index')}?partner={office.pk}",
            needs_attention=True,
        )
        # A long list would push everything else off the first page; the last line counts the rest.
        for office, found in empty[:MAX_OFFICES]
    ]
    more = len(empty) - MAX_OFFICES
    if more > 0:
        words = ngettext(
            "%(count)d more office has hours with nobody on duty",
            "%(count)d more offices have hours with nobody on duty",
            more,
        )
        lines.append(WaitingItem(words % {"count": more}, reverse("dutyshift:index"), needs_attention=True))
    return lines


def _describe_gap(office: Partner, found: list[Stretch], horizon: Any) -> str:
    first = found[0]
    # A gap up to the horizon may well go on after it: shown without an end.
    when = stretch_in_words(Stretch(first.starts_at, FOR_EVER if first.ends_at >= horizon else first.ends_at))
    words = {"office": office.name, "when": when, "more": len(found) - 1}
    if len(found) == 1:
        return _("Nobody on duty at %(office)s: %(when)s") % words
    return _("Nobody on duty at %(office)s: %(when)s, and %(more)d more times this week") % words
