"""Edit the directory in the admin: saving shows the consequences, and two people never overwrite each other.

A page carries the version of the row it shows. When the row has moved on, the second saver sees, field by field, what
is stored now and what stands on their page, and chooses; only then something is saved. A PIN is shown on neither side.
"""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BoundField, Field
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.views import generic
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.widgets.button import Button

from access.models import User
from audit.chain import get_actor
from audit.denials import record_denial

from . import coverage
from .changes.actions import ask_for_change, preview_change
from .changes.labels import is_way_untested
from .changes.models import Act
from .changes.needs import lock_offices, takes_two
from .changes.values import ChangeRequest, Row
from .changes.who import get_office
from .forms import ChangeForm
from .keys.words import describe_key
from .keys.words import list_warnings as list_key_warnings
from .models import Agreement, AgreementRule, Contact, ContactWay, DutyShift, Leave, Partner
from .moments import moment_in_words
from .scope import get_entries
from .senders import choose_sender
from .ways.models import WayKind

STORED, MINE = "stored", "mine"
# What a page sends besides the fields themselves.
PAGE_FIELDS = ("csrfmiddlewaretoken", "version", "compared")


class OwnRegionsMixin:
    """Mixin that hides another region's entries; reaching for one is recorded as a denial."""

    def get_object(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().get_object(*args, **kwargs)  # type: ignore[misc]
        if not get_entries(self.request.user, type(found)).filter(pk=found.pk).exists():
            record_denial(
                actor=get_actor(self.request.user), target_kind=found._meta.model_name or "", target_id=found.pk
            )
            raise Http404
        return found


class ConsequenceWarningsMixin:
    """Mixin that warns after saving: hours with nobody, places with no office, overlapping shifts.

    What takes two people isn't saved but asked for.
    """

    @transaction.atomic
    def form_valid(self: Any, form: Any) -> HttpResponse:
        if isinstance(form, ChangeForm):
            lock_offices(form.instance)  # until it is saved: what was decided alone must still be so then
            wanted = form.build_change_request()
            if takes_two(wanted, now=timezone.now()):
                return self._request_change(form, wanted)
        # Read before saving: what held until now is compared with what holds after it.
        before = read_before(form.instance)
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        for words in get_warnings(form.instance, before):
            messages.warning(self.request, words)
        return response

    def _request_change(self: Any, form: Any, wanted: ChangeRequest) -> HttpResponse:
        at_once = bool(form.cleaned_data.get("at_once"))
        try:
            change = ask_for_change(wanted=wanted, by=self.request.user, at_once=at_once)
        except ValidationError as error:
            form.add_error(None, error)
            self.produced_error_message = self.get_error_message()
            refused: HttpResponse = self.form_invalid(form)
            return refused
        show_request_message(self.request, at_once=at_once)
        return redirect("directory_changes:change", change.pk)


def preview_warnings(wanted: ChangeRequest, by: User) -> list[str]:
    """Return the warnings that the change would have, before anybody has agreed to it."""
    before = read_before(wanted.row)
    is_gone = wanted.act == Act.DELETE

    def look(row: Row) -> list[str]:
        if is_gone:
            office = get_office(row)
            return coverage.get_gap_warnings(office) if office is not None else []
        return get_warnings(row, before)

    return preview_change(wanted, by=by, look=look)


def show_request_message(request: HttpRequest, *, at_once: bool) -> None:
    if at_once:
        messages.warning(
            request,
            _("It holds now, and everybody is notified. It ends after 24 hours unless another coordinator agrees."),
        )
    else:
        messages.success(
            request, _("Nothing has changed yet: another coordinator must agree first. They are notified by e-mail.")
        )


@dataclass(frozen=True)
class Before:
    """What was stored of an entry: an office's places and role, the offices (ids) that an agreement covered."""

    places: list[coverage.Place] = field(default_factory=list)
    role: str = ""
    offices: frozenset[int] = frozenset()


def read_before(row: Any) -> Before:
    """Read what is stored of this entry, which may have been changed in memory already."""
    if isinstance(row, Partner) and row.pk:
        stored = Partner.objects.get(pk=row.pk)
        return Before(coverage.get_places(stored), stored.role)
    if isinstance(row, Agreement) and row.pk:
        return Before(offices=coverage.get_offices_of_agreement(Agreement.objects.get(pk=row.pk)))
    return Before()


def get_warnings(row: Any, before: Before) -> list[str]:
    """Return the warnings after this row was saved."""
    if isinstance(row, DutyShift):
        return coverage.get_shift_warnings(row)
    if isinstance(row, Leave):
        return coverage.get_leave_warnings(row)
    if isinstance(row, Contact):
        return coverage.get_contact_warnings(row)
    if isinstance(row, Partner):
        return coverage.get_office_warnings(row, before.places, before.role or row.role)
    if isinstance(row, Agreement):
        return coverage.get_agreement_warnings(before.offices | coverage.get_offices_of_agreement(row))
    if isinstance(row, ContactWay) and row.mail_key:
        return list_key_warnings(row, timezone.now())
    if isinstance(row, AgreementRule) and row.is_on:
        return coverage.get_rule_warnings(row.role)
    return []


class DirectoryAddView(ConsequenceWarningsMixin, generic.CreateView):
    pass


class DirectoryHistoryView(OwnRegionsMixin, HistoryView):
    pass


class DirectoryEditView(ConsequenceWarningsMixin, OwnRegionsMixin, generic.EditView):
    template_name = "directory/edit.html"
    conflict_template_name = "directory/conflict.html"
    stored_fields: tuple[str, ...] = ()  # in which the person chose what is stored over what the page holds

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.get_object()  # outside the transaction: a refusal is recorded and must not be rolled back with it
        with transaction.atomic():
            # FOR NO KEY UPDATE, so that a notice can refer to the row meanwhile (`outbox.locking`).
            list(self.model._default_manager.select_for_update(no_key=True).filter(pk=self.object_pk).values_list("pk"))
            self.object = self.get_object()
            if self._is_unchanged() or self._is_resolved():
                return super().post(request, *args, **kwargs)
            return self._render_conflict()

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        for name in self.stored_fields:
            form.fields[name].disabled = True
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"version": self.object.version}

    def _is_unchanged(self) -> bool:
        """Tell whether the row is still as the page shows it.

        A page from before there were versions shows the first.
        """
        return (self.request.POST.get("version") or "0") == str(self.object.version)

    def _is_resolved(self) -> bool:
        """Tell whether this person has seen what is stored now, and has chosen for every field that differs."""
        differing = self._get_conflicting_fields()
        sent = self.request.POST
        choices = {name: sent.get(f"choice-{name}") for name in differing}
        was_compared = sent.get("compared") == str(self.object.version)
        if (differing or self._has_pin()) and not was_compared:
            return False
        self.stored_fields = tuple(name for name, choice in choices.items() if choice == STORED)
        return all(choice in (STORED, MINE) for choice in choices.values())

    def _get_conflicting_fields(self) -> list[str]:
        """Return the fields in which the page differs from what is stored now.

        A PIN isn't compared: neither side is shown.
        """
        return [name for name in self.get_form().changed_data if not name.startswith(("pin", "at_once"))]

    def _has_pin(self) -> bool:
        return bool(self.request.POST.get("pin") or self.request.POST.get("pin_again"))

    def _render_conflict(self) -> HttpResponse:
        form = self.get_form()
        sent = self.request.POST
        asked_before = sent.get("compared") == str(self.object.version)
        rows = [
            _build_conflict_row(form[name], sent.get(f"choice-{name}", "")) for name in self._get_conflicting_fields()
        ]
        # Everything typed is sent along hidden, but a PIN never comes back in a page.
        not_carried = ("pin", "pin_again", "pasted_key", *PAGE_FIELDS)
        typed = [
            (name, value)
            for name, values in sent.lists()
            if name not in not_carried and not name.startswith("choice-")
            for value in values
        ]
        log = self.get_last_updated_info()
        context = {
            "rows": rows,
            "typed": typed,
            "asks_for_pin": "pin" in form.fields and self._has_pin(),
            "form": form,
            "seen_version": sent.get("version", ""),
            "compared": self.object.version,
            "is_incomplete": asked_before,
            "saved_by": log.user if log else None,
            "saved_at": moment_in_words(log.timestamp) if log else "",
            "object": self.object,
            "action_url": self.get_edit_url(),
            "page_title": _("Somebody has saved this in the meantime"),
            "page_subtitle": str(self.object),
            "header_icon": self.header_icon,
        }
        return self.response_class(
            request=self.request,
            template=[self.conflict_template_name],
            context=context,
            using=self.template_engine,
            status=409,
        )


def _build_conflict_row(bound: BoundField, chosen: str) -> dict[str, Any]:
    stored, mine = (
        bound.initial,
        bound.field.widget.value_from_datadict(bound.form.data, bound.form.files, bound.html_name),
    )
    return {
        "name": bound.name,
        "label": bound.label,
        "stored": _in_words(bound.field, stored),
        "mine": _in_words(bound.field, mine),
        "chosen": chosen,
    }


def _in_words(field: Field, value: Any) -> str:
    """Return a field's value as a person reads it; what can't be understood stands as it was typed."""
    try:
        cleaned = field.clean(field.prepare_value(value))
    except ValidationError:
        cleaned = value
    if isinstance(cleaned, bool):
        return _("Yes") if cleaned else _("No")
    # A moment has an offset; a day can only be formatted.
    if hasattr(cleaned, "utcoffset"):
        return moment_in_words(cleaned)
    if hasattr(cleaned, "strftime"):
        return cleaned.strftime("%d.%m.%Y")
    if hasattr(cleaned, "all"):
        return ", ".join(str(each) for each in cleaned.all())
    choices = getattr(field, "choices", None)
    if isinstance(choices, list):
        names = dict(choices)
        # Several may be chosen, or none.
        chosen = cleaned if isinstance(cleaned, list | tuple) else [cleaned]
        return ", ".join(str(names.get(each, each)) for each in chosen if each is not None)
    return "" if cleaned is None else str(cleaned)


class PartnerEditView(DirectoryEditView):
    """The page of an office, from which a message is one press away as the office reads it today."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        sender = choose_sender(self.object, timezone.now())
        address = f"{reverse('text_preview')}?{urlencode({'role': self.object.role, 'sender': sender.set.value})}"
        label = _("Sender: {sender}").format(sender=sender.set.label)
        return [*super().header_more_buttons, Button(label, url=address, icon_name="view", priority=20)]


class ContactAddView(DirectoryAddView):
    """The page for a new contact. Once a PIN was agreed, the card to hand over is one press away."""

    def get_success_buttons(self) -> list[Any]:
        return [*super().get_success_buttons(), *_card_button(self.object)]


class ContactEditView(DirectoryEditView):
    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if self.object.is_active:
            buttons.append(Button(_("Card for the PIN"), url=card_url(self.object), icon_name="print", priority=20))
        return buttons

    def get_success_buttons(self) -> list[Any]:
        return [*super().get_success_buttons(), *_card_button(self.object)]


class WayEditView(DirectoryEditView):
    template_name = "directory/way_edit.html"

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if self.object.channel == WayKind.WEBHOOK:
            address = reverse("webhook_keys", args=[self.object.pk])
            buttons.append(Button(_("Keys of a webhook"), url=address, icon_name="key", priority=20))
        return buttons

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        way = self.object
        page = {
            "way": way if is_way_untested(way) else None,
            "key": describe_key(way.mail_key) if way.mail_key else "",
            "key_warnings": list_key_warnings(way, timezone.now()) if way.mail_key and way.is_active else [],
        }
        return super().get_context_data(**kwargs) | page


def card_url(contact: Contact) -> str:
    """Return the address where the card for a contact's PIN is printed: a page of the room above."""
    return reverse("pin_card", args=[contact.pk])


def _card_button(contact: Contact) -> list[Any]:
    has_card = contact.is_active and contact.pin_hash
    return [messages.button(card_url(contact), _("Card for the PIN"))] if has_card else []
