"""Edit the directory in the admin: saving shows the consequences, and two people never overwrite each other.

A page carries the version of the row it shows. When the row has moved on, the second saver sees, field by field, what
is stored now and what stands on their page, and chooses; only then something is saved. A PIN is shown on neither side.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BoundField, Field
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.views import generic
from wagtail.admin.views.generic.history import HistoryView
from wagtail.admin.widgets.button import Button

from access.models import User
from audit.chain import get_actor
from audit.denials import record_denial

from . import coverage
from .actions import delete_period, end_period, has_begun, is_running, next_minute
from .changes.actions import ask_for_change, rehearse
from .changes.models import Act
from .changes.needs import takes_two
from .changes.values import Asked, Row, get_kind, get_values
from .changes.who import get_office
from .forms import ChangeForm
from .models import Contact, DutyShift, Leave, Partner
from .moments import moment_in_words
from .scope import get_entries

STORED, MINE = "stored", "mine"
# What a page sends besides the fields themselves.
ABOUT_THE_PAGE = ("csrfmiddlewaretoken", "version", "compared")


class MineOnly:
    """Mixin that hides another region's entries; reaching for one is recorded as a denial."""

    def get_object(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().get_object(*args, **kwargs)  # type: ignore[misc]
        if not get_entries(self.request.user, type(found)).filter(pk=found.pk).exists():
            record_denial(
                actor=get_actor(self.request.user), target_kind=found._meta.model_name or "", target_id=found.pk
            )
            raise Http404
        return found


class SaysWhatFollows:
    """Mixin that warns after saving: hours with nobody, places with no office, overlapping shifts.

    What takes two people isn't saved but asked for.
    """

    def form_valid(self: Any, form: Any) -> HttpResponse:
        if isinstance(form, ChangeForm):
            asked = form.asked()
            if takes_two(asked, now=timezone.now()):
                return self._ask_another(form, asked)
        places: list[coverage.Place] = []
        role = ""
        if isinstance(form.instance, Partner) and form.instance.pk:
            # Read before saving: the places until now are compared with those after it.
            stored = Partner.objects.get(pk=form.instance.pk)
            places, role = coverage.get_places(stored), stored.role
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        for words in what_follows(form.instance, places, role):
            messages.warning(self.request, words)
        return response

    def _ask_another(self: Any, form: Any, asked: Asked) -> HttpResponse:
        at_once = form.cleaned_data["at_once"]
        try:
            change = ask_for_change(asked=asked, by=self.request.user, at_once=at_once)
        except ValidationError as error:
            form.add_error(None, error)
            self.produced_error_message = self.get_error_message()
            refused: HttpResponse = self.form_invalid(form)
            return refused
        say_asked(self.request, at_once=at_once)
        return redirect("directory_changes:change", change.pk)


def what_would_follow(asked: Asked, by: User) -> list[str]:
    """Return the warnings that the change would have, before anybody has agreed to it."""
    places: list[coverage.Place] = []
    role = ""
    if isinstance(asked.row, Partner) and asked.row.pk:
        stored = Partner.objects.get(pk=asked.row.pk)
        places, role = coverage.get_places(stored), stored.role
    is_gone = asked.act == Act.DELETE

    def look(row: Row) -> list[str]:
        if is_gone:
            office = get_office(row)
            return coverage.said_of_hours(office) if office is not None else []
        return what_follows(row, places, role)

    return rehearse(asked, by=by, look=look)


def say_asked(request: HttpRequest, *, at_once: bool) -> None:
    if at_once:
        messages.warning(
            request, _("It holds now, and everybody is notified. Another coordinator must still look at it.")
        )
    else:
        messages.success(
            request, _("Nothing has changed yet: another coordinator must agree first. They are notified by e-mail.")
        )


def what_follows(row: Any, places: list[coverage.Place], role: str) -> list[str]:
    """Return the warnings after this row was saved."""
    if isinstance(row, DutyShift):
        return coverage.said_of_shift(row)
    if isinstance(row, Leave):
        return coverage.said_of_leave(row)
    if isinstance(row, Contact):
        return coverage.said_of_contact(row)
    if isinstance(row, Partner):
        return coverage.said_of_partner(row, places, role or row.role)
    return []


class DirectoryAdd(SaysWhatFollows, generic.CreateView):
    pass


class DirectoryHistory(MineOnly, HistoryView):
    pass


class DirectoryEdit(SaysWhatFollows, MineOnly, generic.EditView):
    template_name = "directory/edit.html"
    conflict_template_name = "directory/conflict.html"
    kept: tuple[str, ...] = ()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.get_object()  # outside the transaction: a refusal is recorded and must not be rolled back with it
        with transaction.atomic():
            # FOR NO KEY UPDATE, so that a notice can refer to the row meanwhile (`outbox.locking`).
            list(self.model._default_manager.select_for_update(no_key=True).filter(pk=self.object_pk).values_list("pk"))
            self.object = self.get_object()
            if self._is_as_shown() or self._is_chosen():
                return super().post(request, *args, **kwargs)
            return self._ask()

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        for name in self.kept:
            form.fields[name].disabled = True
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"version": self.object.version}

    def _is_as_shown(self) -> bool:
        """Tell whether the row is still as the page shows it.

        A page from before there were versions shows the first.
        """
        return (self.request.POST.get("version") or "0") == str(self.object.version)

    def _is_chosen(self) -> bool:
        """Tell whether this person has seen what is stored now, and has chosen for every field that differs."""
        differing = self._differing()
        sent = self.request.POST
        choices = {name: sent.get(f"choice-{name}") for name in differing}
        was_compared = sent.get("compared") == str(self.object.version)
        if (differing or self._has_pin()) and not was_compared:
            return False
        self.kept = tuple(name for name, choice in choices.items() if choice == STORED)
        return all(choice in (STORED, MINE) for choice in choices.values())

    def _differing(self) -> list[str]:
        """Return the fields in which the page differs from what is stored now.

        A PIN isn't compared: neither side is shown.
        """
        return [name for name in self.get_form().changed_data if not name.startswith(("pin", "at_once"))]

    def _has_pin(self) -> bool:
        return bool(self.request.POST.get("pin") or self.request.POST.get("pin_again"))

    def _ask(self) -> HttpResponse:
        form = self.get_form()
        sent = self.request.POST
        asked_before = sent.get("compared") == str(self.object.version)
        rows = [_both_values(form[name], sent.get(f"choice-{name}", "")) for name in self._differing()]
        # Everything typed is sent along hidden, but a PIN never comes back in a page.
        told = ("pin", "pin_again", *ABOUT_THE_PAGE)
        typed = [
            (name, value)
            for name, values in sent.lists()
            if name not in told and not name.startswith("choice-")
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


def _both_values(bound: BoundField, chosen: str) -> dict[str, Any]:
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
        return str(dict(choices).get(cleaned, cleaned))
    return "" if cleaned is None else str(cleaned)


class ContactAdd(DirectoryAdd):
    """The page for a new contact. Once a PIN was agreed, the card to hand over is one press away."""

    def get_success_buttons(self) -> list[Any]:
        return [*super().get_success_buttons(), *_card_button(self.object)]


class ContactEdit(DirectoryEdit):
    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if self.object.is_active:
            buttons.append(Button(_("Card for the PIN"), url=card_url(self.object), icon_name="print", priority=20))
        return buttons

    def get_success_buttons(self) -> list[Any]:
        return [*super().get_success_buttons(), *_card_button(self.object)]


def card_url(contact: Contact) -> str:
    """Return the address where the card for a contact's PIN is printed: a page of the room above."""
    return reverse("pin_card", args=[contact.pk])


def _card_button(contact: Contact) -> list[Any]:
    has_card = contact.is_active and contact.pin_hash
    return [messages.button(card_url(contact), _("Card for the PIN"))] if has_card else []


class PeriodEdit(DirectoryEdit):
    """A shift or a leave: before it begins it can be deleted, while it runs it can be ended."""

    delete_period_url_name = ""
    end_url_name = ""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        now = timezone.now()
        if not has_begun(self.object, now):
            url = reverse(self.delete_period_url_name, args=[self.object.pk])
            buttons.append(Button(_("Delete"), url=url, icon_name="bin", priority=20))
        elif is_running(self.object, now):
            url = reverse(self.end_url_name, args=[self.object.pk])
            buttons.append(Button(_("End it now"), url=url, icon_name="time", priority=20))
        return buttons


class PeriodDeed(MineOnly, generic.EditView):
    """One question with a button. GET shows it, POST does it."""

    template_name = "directory/deed.html"
    question = gettext_lazy("")
    button = gettext_lazy("")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        asked = self.asked()
        if (asked.after or asked.act == Act.DELETE) and takes_two(asked, now=timezone.now()):
            return self._ask_another(asked)
        self.do()
        return redirect(self.get_success_url())

    def _ask_another(self, asked: Asked) -> HttpResponse:
        at_once = self.request.POST.get("at_once") == "on"
        try:
            change = ask_for_change(asked=asked, by=self.request.user, at_once=at_once)
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
            return redirect(self.get_edit_url())
        say_asked(self.request, at_once=at_once)
        return redirect("directory_changes:change", change.pk)

    def asked(self) -> Asked:
        raise NotImplementedError

    def do(self) -> None:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        period = self.object
        return super().get_context_data(**kwargs) | {
            "question": self.question,
            "button": self.button,
            "from_words": moment_in_words(period.starts_at),
            "until_words": moment_in_words(period.ends_at) if period.ends_at else "",
            "action_url": self.request.path,
            "back_url": self.get_edit_url(),
            "asks_for_emergency": isinstance(period, DutyShift),
        }

    def say(self, warnings: list[str]) -> None:
        for words in warnings:
            messages.warning(self.request, words)


class PeriodDelete(PeriodDeed):
    question = gettext_lazy("Delete this entry? It has not started, so nobody has been notified because of it.")
    button = gettext_lazy("Yes, delete it")

    def asked(self) -> Asked:
        if has_begun(self.object, timezone.now()):
            return Asked(get_kind(self.object), Act.CHANGE, self.object, {}, {})  # `do` says why not
        return Asked(get_kind(self.object), Act.DELETE, self.object, get_values(self.object), {})

    def do(self) -> None:
        office = self.object.contact.partner
        if not delete_period(period=self.object, by=self.request.user, now=timezone.now()):
            messages.error(self.request, _("This has already started, so it can't be deleted. You can end it now."))
            return
        messages.success(self.request, _("Deleted."))
        self.say(coverage.said_of_hours(office))


class PeriodEnd(PeriodDeed):
    question = gettext_lazy("End this now? What happened until now stays on record.")
    button = gettext_lazy("Yes, end it now")

    def asked(self) -> Asked:
        now = timezone.now()
        kind = get_kind(self.object)
        if isinstance(self.object, Leave) or not is_running(self.object, now):
            return Asked(kind, Act.CHANGE, self.object, {}, {})
        before = {"ends_at": self.object.ends_at.isoformat() if self.object.ends_at else None}
        self.object.ends_at = next_minute(now)
        return Asked(kind, Act.CHANGE, self.object, before, {"ends_at": self.object.ends_at.isoformat()})

    def do(self) -> None:
        end = end_period(period=self.object, by=self.request.user, now=timezone.now())
        if end is None:
            messages.error(self.request, _("This isn't running now, so there is nothing to end."))
            return
        messages.success(self.request, _("It ends at %(moment)s.") % {"moment": moment_in_words(end)})
        self.say(coverage.said_of_hours(self.object.contact.partner))
