"""The form of an agreement. Whatever decides who is told waits for a second person (`changes.needs`)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm

from access.models import localize

from ..areas import OWN_ROLES
from ..forms import DAY_HINT, ChangeForm
from ..models import Agreement, Role
from ..scope import get_partners
from .rules import get_always_shared, get_terms
from .shareable import get_kinds, name_kinds


class AgreementForm(ChangeForm):
    """Parties, areas, term, roles, and what may be shared. The signed document has a page of its own."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For which roles it is an agreement. None ticked: for every role of its offices."),
    )
    facts = forms.MultipleChoiceField(
        label=_("What may be shared"), required=False, widget=forms.CheckboxSelectMultiple
    )
    understood = forms.BooleanField(label=_("I have read what follows from this, and ask for it"), required=False)

    class Meta(WagtailAdminModelForm.Meta):
        model = Agreement
        fields = (
            "partner", "other_offices", "reference", "signed_on", "signed_by_us", "signed_by_them", "valid_from",
            "valid_until", "review_on", "withdrawn_on", "roles", "regions", "municipalities", "directorates",
            "limits_facts", "facts",
        )  # fmt: skip
        widgets = {"regions": forms.CheckboxSelectMultiple, "directorates": forms.CheckboxSelectMultiple}
        help_texts = {
            "partner": _("The office that it was signed with."),
            "other_offices": _("Other offices for which the same agreement holds."),
            "signed_on": DAY_HINT,
            "valid_from": _("Leave empty if it holds from the day it was signed."),
            "valid_until": _("Its last day. Leave empty if it has no end."),
            "review_on": _("Coordinators are reminded on this day."),
            "withdrawn_on": _("From this day on it is not in force."),
            "regions": _("Only if it holds for some places only. Nothing ticked in these three: everywhere."),
            "limits_facts": _("Ticked: only what is ticked below goes into a notice, besides what it always says."),
        }

    field_order = (*Meta.fields, "understood")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked only where something follows from the change (`ask_to_confirm`).
        self._understood = self.fields.pop("understood")
        if self.for_user is not None:
            # With our own people there is nothing to agree.
            offices = get_partners(self.for_user).exclude(role__in=OWN_ROLES)
            self.fields["partner"].queryset = self.fields["other_offices"].queryset = offices
        self.fields["roles"].choices = [
            (role, Role(role).label) for role, terms in get_terms().items() if terms.can_be_required
        ]
        for name in ("valid_from", "valid_until", "review_on", "withdrawn_on"):
            self.fields[name].help_text = f"{self.fields[name].help_text} {DAY_HINT}"
        always = get_always_shared()
        self.fields["facts"].choices = [
            (key, localize(label)) for key, label in get_kinds().items() if key not in always
        ]
        self.fields["facts"].help_text = gettext("Always said: %(kinds)s.") % {"kinds": name_kinds(always)}

    @property
    def has_understood(self) -> bool:
        return bool(self.data.get("understood"))

    def ask_to_confirm(self, words: Sequence[str]) -> None:
        """Show what would follow, and ask for a tick; nothing has been asked for yet."""
        self.fields["understood"] = self._understood
        for said in words:
            self.add_error(None, said)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        signed, until = cleaned.get("signed_on"), cleaned.get("valid_until")
        begins = cleaned.get("valid_from") or signed
        if begins and until and until < begins:
            self.add_error("valid_until", _("An agreement can't end before it begins or was signed."))
        if cleaned.get("facts") and not cleaned.get("limits_facts"):
            self.add_error("limits_facts", _("Tick this, or nothing below: without it everything may be shared."))
        partner, others = cleaned.get("partner"), cleaned.get("other_offices")
        if partner is not None and others is not None:
            cleaned["other_offices"] = others.exclude(pk=partner.pk)
        return cleaned
