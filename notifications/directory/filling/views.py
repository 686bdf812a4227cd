"""The page *Fill the roster* of one office: choose a way, see what it would make of the roster, enter it."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access.models import User
from audit.chain import get_actor
from audit.denials import record_denial

from ..models import Contact, DutyShift
from ..moments import stretch_in_words
from ..roster import Stretch
from ..scope import get_partners
from .actions import Prospect, fill_roster, preview_plan
from .forms import WAYS, PlanForm
from .plans import AHEAD, PlannedShift

SAVE = "save"
A_MONTH = timedelta(days=62)  # and what is left of the one before it


@method_decorator(never_cache, name="dispatch")
class FillRosterView(WagtailAdminTemplateMixin, View):
    """The four ways, and beside the one that was chosen what it would make of the roster."""

    page_title = gettext_lazy("Fill the roster")
    template_name = "directory/filling.html"
    header_icon = "calendar-check"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = request.user
        if isinstance(user, User):
            self.me = user
            found = get_partners(user).filter(pk=kwargs["pk"], is_active=True).first()
            if found is None:
                record_denial(actor=get_actor(user), target_kind="partner", target_id=kwargs["pk"])
                raise Http404
            self.office = found
            self.people = list(Contact.objects.filter(partner=found, is_active=True).order_by("name", "pk"))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show(self._build_forms())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        way = request.POST.get("way", "")
        if way not in WAYS:
            return self._show(self._build_forms(), status=422)
        form = WAYS[way](request.POST, request.FILES, office=self.office, people=self.people)
        forms = {**self._build_forms(), way: form}
        if not form.is_valid():
            return self._show(forms, status=422, chosen=way)
        now = timezone.now()
        try:
            plan = form.build_plan()
            if request.POST.get("step") == SAVE:
                entered = fill_roster(
                    office=self.office, planned=plan, seen=request.POST.get("seen", ""), by=self.me, now=now
                )
                if entered is not None:
                    return self._thank(entered)
                messages.warning(
                    request, _("The plan or the roster is not as you saw it. Look again; nothing has been entered yet.")
                )
            prospect = preview_plan(self.office, plan, now)
        except ValidationError as error:
            form.add_error(None, error)
            return self._show(forms, status=422, chosen=way)
        return self._show(forms, chosen=way, prospect=prospect)

    def _thank(self, entered: Prospect) -> HttpResponse:
        count = len(entered.new)
        words = ngettext("%(count)d shift was entered.", "%(count)d shifts were entered.", count) % {"count": count}
        messages.success(self.request, words)
        return redirect("on_duty")

    def _build_forms(self) -> dict[str, PlanForm]:
        start = self._propose_start()
        end = _get_last_of_month(start) + timedelta(days=1)
        before = start - timedelta(days=28)
        initial: dict[str, dict[str, Any]] = {
            "turns": {"since": start, "until": end},
            "copy": {"first": before, "last": start - timedelta(days=1), "to": start},
            "paste": {},
            "ical": {},
        }
        return {way: kind(office=self.office, people=self.people, initial=initial[way]) for way, kind in WAYS.items()}

    def _propose_start(self) -> date:
        """Return the day after the last that is entered, or the day after tomorrow: sooner takes two people."""
        # A shift that somebody let end in a far year, for "for ever", is nothing to go on from.
        near = DutyShift.objects.filter(partner=self.office, ends_at__lte=timezone.now() + AHEAD - A_MONTH)
        ends = near.order_by("-ends_at").first()
        soonest = timezone.localdate() + timedelta(days=2)
        return max(soonest, timezone.localdate(ends.ends_at)) if ends is not None and ends.ends_at else soonest

    def _show(
        self, forms: dict[str, PlanForm], *, status: int = 200, chosen: str = "", prospect: Prospect | None = None
    ) -> HttpResponse:
        context = self.get_context_data(
            office=self.office,
            has_people=bool(self.people),
            forms=forms,
            chosen=chosen,
            prospect=self._word(prospect) if prospect else None,
            left_out=getattr(forms.get(chosen), "left_out", 0),
        )
        return self.render_to_response(context, status=status)

    def _word(self, prospect: Prospect) -> dict[str, Any]:
        names = {contact.pk: contact.name for contact in self.people}

        def word(each: PlannedShift) -> dict[str, Any]:
            when = stretch_in_words(Stretch(each.starts_at, each.ends_at))
            return {"when": when, "rank": each.rank, "name": names[each.contact]}

        return {
            "new": [word(each) for each in prospect.new],
            "known": prospect.known,
            "gaps": [stretch_in_words(each) for each in prospect.gaps],
            "away": [word(each) for each in prospect.away],
            "digest": prospect.digest,
        }


def _get_last_of_month(day: date) -> date:
    following = (day.replace(day=1) + timedelta(days=40)).replace(day=1) - timedelta(days=1)
    # Of a month that is nearly over, the next one.
    return following if (following - day).days >= 7 else _get_last_of_month(following + timedelta(days=1))
