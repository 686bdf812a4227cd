"""Agreements in the admin: saving asks first where offices would no longer be told."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, ModelChoiceFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.widgets.button import Button

from access.models import Region

from ..changes.needs import takes_two
from ..editing import DirectoryAddView, DirectoryEditView, preview_warnings
from ..models import Agreement, Partner, Role
from .states import STATE_NAMES, State, describe_state, get_state


class ConfirmMixin:
    """Mixin that shows what follows from an agreement's change before it is asked for."""

    def form_valid(self: Any, form: Any) -> HttpResponse:
        wanted = form.build_change_request()
        if takes_two(wanted, now=timezone.now()) and not form.has_understood:
            warnings = preview_warnings(wanted, self.request.user)
            if warnings:
                form.ask_to_confirm(warnings)
                self.produced_error_message = gettext("Nothing has been asked for yet: read what would follow.")
                refused: HttpResponse = self.form_invalid(form)
                return refused
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return response


class AgreementAddView(ConfirmMixin, DirectoryAddView):
    pass


class AgreementEditView(ConfirmMixin, DirectoryEditView):
    """The page of one agreement, from which its document and what was told under it are one press away."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        key = self.object.pk
        return [
            *super().header_more_buttons,
            Button(
                gettext("Signed document"), url=reverse("agreement:documents", args=[key]), icon_name="doc-full",
                priority=20,
            ),
            # A page of the room above, as the card for a contact's PIN is.
            Button(
                gettext("What was notified under it"),
                url=reverse("agreement_account", args=[key]),
                icon_name="list-ul",
                priority=30,
            ),
        ]  # fmt: skip


def show_state(agreement: Agreement) -> str:
    return describe_state(agreement, timezone.localdate())


def name_offices(agreement: Agreement) -> str:
    """Return the signing office, and how many others it covers."""
    others = len(agreement.other_offices.all())
    name = agreement.partner.name
    return gettext("%(office)s and %(count)d more") % {"office": name, "count": others} if others else name


def filter_by_state(rows: "QuerySet[Agreement]", state: str, today: date) -> "QuerySet[Agreement]":
    """Return the agreements in this state: `states.get_state`, asked of each. There are never many."""
    keys = [each.pk for each in rows if get_state(each, today) == state]
    return rows.filter(pk__in=keys)


class AgreementFilter(WagtailFilterSet):
    """By state, by the role of its offices, by the region in which they or the agreement's areas lie."""

    state = ChoiceFilter(choices=[(key.value, STATE_NAMES[key]) for key in State], label=_("state"), method="by_state")
    role = ChoiceFilter(choices=Role.choices, label=_("role"), method="by_role")
    region = ModelChoiceFilter(queryset=Region.objects.all(), label=_("region"), method="by_region")

    class Meta:
        model = Agreement
        fields: list[str] = []

    def by_state(self, rows: "QuerySet[Agreement]", _name: str, value: str) -> "QuerySet[Agreement]":
        return filter_by_state(rows, value, timezone.localdate())

    def by_role(self, rows: "QuerySet[Agreement]", _name: str, value: str) -> "QuerySet[Agreement]":
        offices = Partner.objects.filter(role=value).values("pk")
        return rows.filter(_covers_one_of(offices))

    def by_region(self, rows: "QuerySet[Agreement]", _name: str, value: Region) -> "QuerySet[Agreement]":
        within = Partner.objects.filter(
            Q(regions=value) | Q(municipality__region=value) | Q(directorate__municipalities__region=value)
        ).values("pk")
        named = Agreement.objects.filter(
            Q(regions=value) | Q(municipalities__region=value) | Q(directorates__municipalities__region=value)
        ).values("pk")
        return rows.filter(_covers_one_of(within) | Q(pk__in=named))


def _covers_one_of(offices: Any) -> Q:
    beside = Agreement.other_offices.through.objects.filter(partner__in=offices).values("agreement")
    return Q(partner__in=offices) | Q(pk__in=beside)
