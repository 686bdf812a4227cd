"""The admin pages of the catalogue: what cases remember about a person, and who may ever be given it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.snippets.views import snippets

from access.language_fields import add_text_fields, get_texts, name_text_fields
from access.models import User
from notifications.directory.models import Role

from .catalogue import LIST_NAMES
from .choice_lists import WithoutAutosave
from .choice_table import TableRefused, get_headings, read_table, write_table
from .definition.value_checks import KEY
from .fact_changes import decide_change, may_decide, raise_if_still_shared, save_fact
from .fact_types import FACT_TYPES, IDENTITY_PARTS
from .labels import SENSITIVITIES, TYPES
from .lists import SHARED
from .models import CaseFactType, ChoiceList, FormVersion
from .pages import BuilderPage

SELECTS = ("select_one", "select_many")
PARTS = {
    "name": gettext_lazy("a name"),
    "birth_date": gettext_lazy("the date of birth"),
    "age": gettext_lazy("the age"),
    "phone": gettext_lazy("a telephone number"),
}


class FactForm(WagtailAdminModelForm):
    """The form of one kind of fact. Key, type and list are permanent once it is saved."""

    type = forms.ChoiceField(
        label=gettext_lazy("Type"), choices=[(name, TYPES[name][1]) for name in FACT_TYPES], help_text=""
    )
    choices_from = forms.ChoiceField(label=gettext_lazy("Choices come from"), required=False)
    table = forms.CharField(
        label=gettext_lazy("Its own choices"),
        strip=False,
        required=False,
        widget=forms.Textarea(
            attrs={
                "rows": 10,
                "data-choice-table": " ".join(get_headings()),
                "spellcheck": "false",
                "wrap": "off",
            }
        ),
        help_text=gettext_lazy("Only for one choice or several choices that come from no list."),
    )
    sensitivity = forms.ChoiceField(
        label=gettext_lazy("Sensitivity"),
        choices=[(value, capfirst(str(label))) for value, label in SENSITIVITIES.items() if value != "public"],
        help_text=gettext_lazy("No question that is filled in from it may be less sensitive."),
    )
    receivers = forms.MultipleChoiceField(
        label=gettext_lazy("Who may ever receive it"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "A change waits until another coordinator agrees. Each form still says who receives its answers."
        ),
    )
    identity_part = forms.ChoiceField(
        label=gettext_lazy("Part of the identity"),
        required=False,
        choices=[("", gettext_lazy("No")), *((part, PARTS[part]) for part in IDENTITY_PARTS)],
        help_text=gettext_lazy("By it a person who is known already can be found again."),
    )

    class Meta:
        model = CaseFactType
        fields = ["key", "head_order", "is_lasting"]
        labels = {
            "head_order": gettext_lazy("Place at the head of the case"),
            "is_lasting": gettext_lazy("It lasts"),
        }
        help_texts = {
            "head_order": gettext_lazy("A number; the smallest comes first. Empty: it isn't shown there."),
            "is_lasting": gettext_lazy("Without the tick it is of one moment, and no form is filled in from it."),
        }

    field_order = [
        *name_text_fields("label"),
        *("key", "type", "choices_from", "table", "sensitivity", "receivers"),
        *("identity_part", "head_order", "is_lasting"),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entry, stands = self.instance, self.instance.pk is not None
        key = self.fields["key"]
        key.widget = forms.TextInput()
        key.validators = []  # `clean_key` says it in our words
        key.help_text = _("Forms refer to it by this key. It is permanent.")
        for name in ("key", "type", "choices_from"):
            self.fields[name].disabled = stands
        if stands and not entry.choices:  # its choices come from a list, or it has none
            del self.fields["table"]
        shared = [(f"{SHARED}{each.key}", str(each)) for each in ChoiceList.objects.all()]
        built_in = [(name, str(label)) for name, label in LIST_NAMES.items()]
        self.fields["choices_from"].choices = [("", _("No list")), *built_in, *shared]
        pending = entry.pending or {}
        self.initial |= {
            "type": entry.type,
            "choices_from": entry.choices_from,
            "table": write_table(entry.choices),
            # what was asked for, so that saving something else doesn't take it back
            "sensitivity": pending.get("sensitivity", entry.sensitivity),
            "receivers": pending.get("receivers", entry.receivers),
            "identity_part": entry.identity_part,
        }
        add_text_fields(self, "label", _("Name"), entry.label)
        self.order_fields(self.field_order)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if not KEY.fullmatch(key):
            raise ValidationError(_("A key has small letters, digits and _, and begins with a letter."))
        return key

    def clean_table(self) -> list[dict[str, Any]]:
        written = self.cleaned_data["table"]
        if len(written.strip().splitlines()) < 2:  # nothing, or nothing but the names of the columns
            return []
        try:
            choices = read_table(written)
        except TableRefused as refused:
            raise ValidationError([str(problem) for problem in refused.problems[:20]]) from None
        gone = values_in_use(self.instance.key) - {choice["value"] for choice in choices}
        if self.instance.pk is not None and gone:
            words = _("Published forms write these values: %(values)s.") % {"values": ", ".join(sorted(gone))}
            raise ValidationError(words)
        return choices

    def clean_receivers(self) -> list[str]:
        receivers = sorted(self.cleaned_data["receivers"])
        if self.instance.pk is not None:
            raise_if_still_shared(self.instance.key, receivers)
        return receivers

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "table" not in self.fields:
            return cleaned
        takes_choices = cleaned.get("type") in SELECTS
        has_choices = bool(cleaned.get("table")) != bool(cleaned.get("choices_from"))
        if takes_choices and "table" in cleaned and not has_choices:
            self.add_error("table", _("Give its own choices, or choose one list."))
        if not takes_choices and (cleaned.get("table") or cleaned.get("choices_from")):
            self.add_error("type", _("Only one choice and several choices have choices."))
        return cleaned

    def save(self, commit: bool = True) -> CaseFactType:
        entry, cleaned = self.instance, self.cleaned_data
        entry.label = get_texts(cleaned, "label", entry.label)
        entry.type, entry.choices_from = cleaned["type"], cleaned["choices_from"]
        entry.choices, entry.identity_part = cleaned.get("table", entry.choices), cleaned["identity_part"]
        wanted = {"receivers": cleaned["receivers"], "sensitivity": cleaned["sensitivity"]}
        return save_fact(entry=entry, wanted=wanted, by=self.for_user)


def values_in_use(key: str) -> set[str]:
    """Return the values that published forms write to this fact; taking one out would make answers unreadable."""
    return {
        choice.value
        for version in FormVersion.objects.newest()
        for located in version.parsed_form.iter_questions()
        if located.question.writes_fact == key
        for choice in located.question.choices
    }


def uses_of(key: str) -> list[tuple[str, str, str]]:
    """Return (form, question, how) of every published question that writes this fact or is filled in from it."""
    found = []
    for version in FormVersion.objects.newest():
        for located in version.parsed_form.iter_questions():
            question = located.question
            ways = [_("writes it")] * (question.writes_fact == key) + [_("filled in")] * (
                question.filled_from_fact == key
            )
            if ways:
                found.append((version.title, question.key, ", ".join(ways)))
    return found


class FactPage(WithoutAutosave):
    """What the page of one fact shows besides its fields."""

    def get_context_data(self: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        entry = context["form"].instance
        if entry.pk is None:
            return context
        user: User = self.request.user
        labels = {**dict(Role.choices), **SENSITIVITIES}
        pending = entry.pending or {}
        return context | {
            "uses": uses_of(entry.key),
            "entry": entry,
            "asked_for": {
                "receivers": [labels.get(role, role) for role in pending.get("receivers", ())],
                "receivers_now": [labels.get(role, role) for role in entry.receivers],
                "sensitivity": labels.get(pending.get("sensitivity", "")),
            },
            "may_decide": may_decide(entry, user),
            "decide_url": reverse("wagtailsnippets_builder_casefacttype:decide", args=[entry.pk]),
        }


class AddFactView(FactPage, snippets.CreateView):
    pass


class EditFactView(FactPage, snippets.EditView):
    def get_success_url(self) -> str:
        return str(self.get_edit_url())  # where what waits now stands

    def get_success_message(self, instance: Any = None) -> str:
        if self.object.pending:
            return _("Saved. Who may receive it, or its sensitivity, waits for another coordinator.")
        return _("Saved.")


class FactIndex(snippets.IndexView):
    """The catalogue: what is remembered, of which type, and whether something waits."""

    default_ordering = "key"

    @cached_property
    def columns(self) -> list[Any]:
        titled = self._get_title_column_class(TitleColumn)
        return [
            titled("label", label=_("What is remembered"), accessor=str, get_url=self.get_edit_url),
            Column("key", label=_("Key"), sort_key="key"),
            Column("type", label=_("Type"), accessor=lambda entry: TYPES[entry.type][1]),
            Column("sensitivity", label=_("Sensitivity"), accessor=lambda entry: SENSITIVITIES[entry.sensitivity]),
            Column("in_head", label=_("At the head"), accessor=lambda entry: entry.head_order),
            Column("waits", label=_("Waits for approval"), accessor=lambda entry: _("yes") if entry.pending else ""),
        ]


class DecideFactView(BuilderPage):
    """The decision of another coordinator about what waits. Takes a POST only."""

    model = CaseFactType
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = get_object_or_404(CaseFactType, pk=kwargs["pk"])
        agree = request.POST.get("decision") == "agree"
        assert isinstance(request.user, User)
        try:
            decide_change(entry=entry, agree=agree, by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            messages.success(
                request, _("Agreed. It holds from now on.") if agree else _("Refused. It stays as it was.")
            )
        return redirect("wagtailsnippets_builder_casefacttype:edit", entry.pk)
