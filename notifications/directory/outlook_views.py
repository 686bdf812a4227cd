"""The page *Who is on duty*: now, in the next 24 hours, and what the roster lacks in the next 14 days."""

from collections import Counter
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access.models import User

from .agreements.attention import describe_attention, list_attention
from .agreements.rules import list_proposed_off
from .models import Agreement, DutyRequest
from .outlook import HORIZON, Lack, build_outlook
from .outlook_words import describe_desk, name_role
from .scope import get_entries, get_partners

SOON = timedelta(hours=24)


@method_decorator(never_cache, name="dispatch")
class OnDutyView(WagtailAdminTemplateMixin, View):
    """Who is on duty for the places of this coordinator's regions."""

    page_title = _("Who is on duty")
    template_name = "directory/on_duty.html"
    header_icon = "calendar-check"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        assert isinstance(user, User)  # the policy table let nobody else in
        now = timezone.now()
        outlooks = build_outlook(user.coordinated_regions(), now, now + HORIZON)
        mine = frozenset(get_partners(user).values_list("pk", flat=True))
        counted = Counter(each.lack for outlook in outlooks for each in outlook.shortfalls)
        roles = [
            {"name": name_role(role), "desks": [describe_desk(each, now, now + SOON, mine) for each in desks]}
            for role, desks in groupby(outlooks, key=lambda each: each.desk.role)
        ]
        context = self.get_context_data(
            roles=roles,
            gaps=counted[Lack.NOBODY] + counted[Lack.NO_OFFICE],
            others=counted.total() - counted[Lack.NOBODY] - counted[Lack.NO_OFFICE],
            now=now,
            asked=DutyRequest.objects.to_decide().filter(contact__partner__in=mine).count(),
            agreements=self._list_agreements(user),
            proposed_off=[name_role(role) for role in list_proposed_off()],
        )
        return self.render_to_response(context)

    def _list_agreements(self, user: User) -> list[tuple[str, int]]:
        """Return what this person's agreements need, in words, each with the agreement's key."""
        mine = set(get_entries(user, Agreement).values_list("pk", flat=True))
        found = [each for each in list_attention(timezone.localdate()) if each.agreement.pk in mine]
        return [(describe_attention(each), each.agreement.pk) for each in found]
