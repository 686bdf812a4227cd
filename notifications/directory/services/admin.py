"""Services in the admin: coordinators keep what stands in the directory, and give out the links for places."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import Button

from access.models import User
from audit.chain import get_actor, log_event
from audit.denials import record_denial

from ..editing import DirectoryEditView
from ..forms import DirectoryForm
from ..models import Contact, Partner
from ..scope import get_partners
from .actions import MAX_PLACES, say_places
from .links import build_address, make_link
from .models import PlacesLink, ServiceProfile, Sex
from .standing import describe_places
from .vocabulary import SERVICE_ROLES, get_choices


class ServiceProfileForm(DirectoryForm):
    """What a service offers. A number of places is stored with who noted it, and when."""

    sexes = forms.MultipleChoiceField(
        label=_("For whom"),
        required=False,
        choices=Sex.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: not recorded."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: not recorded."),
    )

    class Meta(WagtailAdminModelForm.Meta):
        model = ServiceProfile
        fields = (
            "partner", "sexes", "age_from", "age_to", "takes_children", "step_free", "where", "languages", "hours",
            "phone", "places_free",
        )  # fmt: skip
        help_texts = {
            "where": _("The town or area only. The address of a shelter is written nowhere."),
            "phone": _("The number that workers call first. Left out, the number of a contact is shown."),
            "hours": _("As people say it, such as: day and night, or Mon–Fri 8–16."),
            "places_free": _("Only what the service has said. Left empty: not known."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["languages"].choices = get_choices("languages")
        offices = self.fields["partner"].queryset.filter(role__in=SERVICE_ROLES)
        own = self.instance.partner_id
        self.fields["partner"].queryset = offices.filter(profile=None) | offices.filter(pk=own)
        self.fields["places_free"].max_value = MAX_PLACES

    def clean_places_free(self) -> int | None:
        free: int | None = self.cleaned_data["places_free"]
        if free is not None and free > MAX_PLACES:
            raise forms.ValidationError(_("Write a whole number from 0 to %(most)d.") % {"most": MAX_PLACES})
        return free

    def save(self, commit: bool = True) -> Any:
        self.instance.checked_on = timezone.localdate()
        if self.instance.places_free is None:
            self.instance.confirmed_at = self.instance.confirmed_contact = self.instance.confirmed_by = None
        saved = super().save(commit=commit)
        if commit and "places_free" in self.changed_data and saved.places_free is not None:
            user = self.for_user
            saved = say_places(
                partner=saved.partner, free=saved.places_free, by=user if isinstance(user, User) else None
            )
        return saved


def get_places(profile: ServiceProfile) -> str:
    return describe_places(profile, timezone.now())[0]


class ServiceEditView(DirectoryEditView):
    """The page of one service, from which the links of its contacts are one press away."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        address = reverse("places_links", args=[self.object.partner_id])
        buttons = list(super().header_more_buttons)
        return [*buttons, Button(gettext("Links for free places"), url=address, icon_name="link", priority=20)]


PLACES_COLUMN = Column("places", label=_("places free"), accessor=get_places)


@require_http_methods(["GET", "HEAD", "POST"])
def places_links(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the standing links of a service's contacts (GET); make a new one for a contact (POST). Both are recorded."""
    assert isinstance(request.user, User)
    user = request.user
    partner = get_partners(user).filter(pk=pk, profile__isnull=False).first()
    if partner is None:
        if Partner.objects.filter(pk=pk).exists():
            record_denial(actor=get_actor(user), target_kind="partner", target_id=pk)
        raise Http404
    contacts = Contact.objects.filter(partner=partner, is_active=True).exclude(pin_hash="").order_by("name", "pk")
    if request.method == "POST":
        chosen = request.POST.get("contact", "")
        is_number = chosen.isascii() and chosen.isdigit() and len(chosen) < 19
        contact = contacts.filter(pk=int(chosen)).first() if is_number else None
        if contact is None:
            raise Http404
        make_link(contact, actor=get_actor(user))
        return redirect("places_links", pk)
    links = {link.contact_id: link for link in PlacesLink.objects.filter(contact__in=contacts, ended_at=None)}
    log_event("places.links_shown", actor=get_actor(user), target_kind="partner", target_id=partner.pk)
    rows = [(contact, build_address(links[contact.pk]) if contact.pk in links else "") for contact in contacts]
    context = {"partner": partner, "rows": rows, "profile": partner.profile}
    return render(request, "services/links.html", context)
