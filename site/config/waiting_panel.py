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
from wagtail.models import TaskState

from access.models import StaffRole, User
from access.place_changes.people import get_waiting_changes as places_waiting_for
from access.staff.dual_control import get_waiting_requests as roles_waiting_for
from case_forms.cases.models import Case
from case_forms.cases.registers import CaseRegister
from case_forms.form_builder.models import CaseFactType
from case_forms.submissions.exports.models import AnswerExport
from notifications.directory.changes.models import Decision
from notifications.directory.changes.who import may_decide
from notifications.directory.models import DirectoryChange, Partner, WebhookKeyRequest
from notifications.directory.moments import stretch_in_words
from notifications.directory.roster import FOR_EVER, Stretch, get_gaps
from notifications.directory.scope import get_partners
from notifications.drills.views import get_regions as get_regions_with_drills
from notifications.drills.watch import get_newest_bad
from notifications.outbox.models import Notice
from notifications.texts.models import TextVersion

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
            *_get_directory_items(user),
            *_get_text_items(user),
            *_get_webhook_items(user),
            *_get_dual_control_items(user),
            *_get_fact_items(user),
            *_get_export_items(user),
            *_get_approval_items(user),
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


def _get_approval_items(user: User) -> list[WaitingItem]:
    """List how many pages and forms wait for this person's review."""
    count = TaskState.objects.reviewable_by(user).count()
    if not count:
        return []
    words = ngettext("%(count)d waits for your approval", "%(count)d wait for your approval", count)
    return [WaitingItem(words % {"count": count}, "#awaiting-review-section")]


def _get_fact_items(user: User) -> list[WaitingItem]:
    """List the changes of the catalogue of what cases remember that this person can decide."""
    if not user.has_role(StaffRole.COORDINATOR):
        return []
    count = CaseFactType.objects.filter(pending__isnull=False).exclude(pending_by=user).count()
    if not count:
        return []
    words = ngettext(
        "%(count)d change of the details about a person waits for you",
        "%(count)d changes of the details about a person wait for you",
        count,
    )
    return [WaitingItem(words % {"count": count}, reverse("wagtailsnippets_builder_casefacttype:list"))]


def _get_export_items(user: User) -> list[WaitingItem]:
    """List how many exports with names wait for this coordinator."""
    count = AnswerExport.objects.to_decide(user, timezone.now()).count()
    if not count:
        return []
    words = ngettext("%(count)d export with names waits for you", "%(count)d exports with names wait for you", count)
    return [WaitingItem(words % {"count": count}, reverse("intake:answers_out"))]


def _get_directory_items(user: User) -> list[WaitingItem]:
    """List the changes of the directory that this person can decide."""
    if not user.has_role(StaffRole.COORDINATOR):
        return []
    count = sum(may_decide(change, user) for change in DirectoryChange.objects.waiting().select_related("office"))
    if not count:
        return []
    words = ngettext(
        "%(count)d change of the directory waits for you", "%(count)d changes of the directory wait for you", count
    )
    return [WaitingItem(words % {"count": count}, reverse("directory_changes:list"), needs_attention=True)]


def _get_text_items(user: User) -> list[WaitingItem]:
    """List the texts of messages that somebody else proposed."""
    if not user.has_role(StaffRole.COORDINATOR):
        return []
    count = TextVersion.objects.waiting().exclude(proposed_by=user).count()
    if not count:
        return []
    words = ngettext("%(count)d text of messages waits for you", "%(count)d texts of messages wait for you", count)
    return [WaitingItem(words % {"count": count}, reverse("texts"))]


def _get_webhook_items(user: User) -> list[WaitingItem]:
    """List each webhook for which this person can decide about a key."""
    if not user.has_role(StaffRole.COORDINATOR):
        return []
    waiting = WebhookKeyRequest.objects.filter(decision=Decision.WAITING).exclude(asked_by=user)
    own = waiting.filter(way__contact__partner__in=get_partners(user).values("pk")).select_related("way")
    words = _("A webhook’s key waits for you")
    return [WaitingItem(words, reverse("webhook_keys", args=[each.way_id]), needs_attention=True) for each in own]


def _get_dual_control_items(user: User) -> list[WaitingItem]:
    """List the roles, units and places that wait for this person's agreement."""
    if not user.has_role(StaffRole.COORDINATOR, StaffRole.OPERATOR):
        return []
    count = sum(each.asked_by_id != user.pk for each in roles_waiting_for(user))
    count += sum(each.asked_by_id != user.pk for each in places_waiting_for(user))
    if not count:
        return []
    words = ngettext(
        "%(count)d request waits for a second person", "%(count)d requests wait for a second person", count
    )
    return [WaitingItem(words % {"count": count}, reverse("by_two:list"), needs_attention=True)]


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
