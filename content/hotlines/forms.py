"""The form of a hotline: what one editor may change alone, and what waits for another one's call (docs/adr/0076)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from audit.chain import get_actor, log_event

from ..models.hotline_audiences import Served
from ..models.hotline_languages import SPOKEN
from ..models.hotline_rules import get_caller_name
from ..models.hotline_ways import MAX_ADDRESS, WayKind, check_address, merge_ways, read_ways
from ..models.hotlines import STORED_LANGUAGES
from ..phone_numbers import find_numbers, is_reserved, strip_country_code
from ..review.models import EditorNews
from ..review.news import queue_news

TEXTS = tuple(
    f"{name}_{language}"
    for name in ("name", "short", "for_whom", "use", "hours", "cost")
    for language in STORED_LANGUAGES
)


WAY_HELP = {
    WayKind.CHAT: _("Address of the page with the chat."),
    WayKind.CALLBACK: _("Address of the page where one asks to be called."),
    WayKind.WHATSAPP: _("With its country: +355 …"),
    WayKind.SIGNAL: _("With its country: +355 …"),
}


class WayFields(WagtailAdminModelForm):
    """The ways besides calling, a field for each kind."""

    way_chat = forms.CharField(label=capfirst(WayKind.CHAT.label), required=False, max_length=MAX_ADDRESS)
    way_whatsapp = forms.CharField(label=WayKind.WHATSAPP.label, required=False, max_length=MAX_ADDRESS)
    way_signal = forms.CharField(label=WayKind.SIGNAL.label, required=False, max_length=MAX_ADDRESS)
    way_sms = forms.CharField(label=WayKind.SMS.label, required=False, max_length=MAX_ADDRESS)
    way_email = forms.CharField(label=capfirst(WayKind.EMAIL.label), required=False, max_length=MAX_ADDRESS)
    way_callback = forms.CharField(label=capfirst(WayKind.CALLBACK.label), required=False, max_length=MAX_ADDRESS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = {way.kind: way.address for way in read_ways(self.instance.ways)}
        for kind in WayKind:
            if (name := f"way_{kind.value}") in self.fields:
                self.initial[name] = stored.get(kind, "")
                self.fields[name].help_text = WAY_HELP.get(kind, "")

    def get_ways(self) -> list[dict[str, str]]:
        """Return the entered ways as they are stored. A field that this screen doesn't have keeps what was stored."""
        entered = {way.kind: way.address for way in read_ways(self.instance.ways)}
        entered |= {
            kind: self.cleaned_data[f"way_{kind.value}"] for kind in WayKind if f"way_{kind.value}" in self.fields
        }
        return [{"kind": kind.value, "address": entered[kind]} for kind in WayKind if entered.get(kind)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        for kind in WayKind:
            address = cleaned.get(f"way_{kind.value}")
            if address:
                try:
                    check_address(kind, address)
                except ValidationError as wrong:
                    self.add_error(f"way_{kind.value}", wrong)
        return cleaned


class HotlineForm(WayFields):
    """Form with a checkbox for each language; a code stored earlier that isn't offered any more can be unticked."""

    serves = forms.MultipleChoiceField(
        label=capfirst(_("whom it listens to")),
        required=False,
        choices=Served.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick only what you were told during the test call. Editors see for whom there is no helpline."),
    )
    languages = forms.MultipleChoiceField(
        label=capfirst(_("languages spoken")),
        required=False,
        choices=list(SPOKEN.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick only what you were told during the test call."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [code for code in self.instance.languages if code not in SPOKEN]
        self.fields["languages"].choices = [*SPOKEN.items(), *((code, code) for code in others)]
        # Before the form writes into the instance: `save` compares with it to see what was changed.
        self.before = {name: getattr(self.instance, name) for name in ("number", "publish", "key")}
        if is_reserved(self.before["number"]) and "number" in self.fields:
            # Readonly only helps whoever edits; a forged request is refused in `clean_number`.
            self.fields["number"].widget.attrs["readonly"] = True
            self.fields["number"].help_text = _("This number comes with the service; nobody changes it by hand.")

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if strip_country_code(number) == strip_country_code(self.before["number"]):
            return number
        if is_reserved(self.before["number"]):
            raise ValidationError(_("This number comes with the service; nobody changes it by hand."))
        # Reserved numbers come from reference data alone; a second 116 111 would stand beside the real one.
        if is_reserved(number):
            raise ValidationError(
                _("112, 127, 128, 129 and numbers that begin with 116 come with the service; they can't be entered.")
            )
        return number

    def clean_key(self) -> str:
        if is_reserved(self.before["number"]) and self.cleaned_data["key"] != self.before["key"]:
            raise ValidationError(_("The key of a number that comes with the service stays as it is."))
        key: str = self.cleaned_data["key"]
        return key

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        number = cleaned.get("number", self.before["number"])
        if cleaned.get("never_stale") and not is_reserved(number):
            self.add_error("never_stale", _("Only emergency numbers that come with the service are shown untested."))
        # Texts reach readers without a second editor's call, so a number must not get out through them.
        for name in TEXTS:
            for other in find_numbers(cleaned.get(name) or ""):
                if not is_reserved(other) and strip_country_code(other) != strip_country_code(number):
                    words = _("%(number)s is another telephone number. Enter it as a helpline of its own.")
                    self.add_error(name, ValidationError(words, params={"number": other}))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Save, hold back what needs another editor's call, and mail all editors.

        A number that somebody entered, or a hotline that somebody brings before readers untested, waits for that call.
        The audit entry names the changed fields, never the number.
        """
        line, user = self.instance, self.for_user
        is_new = line._state.adding
        is_other = strip_country_code(line.number) != strip_country_code(self.before["number"]) or is_new
        is_brought = line.is_published and (is_new or self.before["publish"] != "yes")
        # An earlier test call was to another number, so it counts no longer.
        if is_other and line.number:
            line.needs_call, line.changed_by, line.verified_on, line.verified_by = True, user, None, ""
        elif is_brought and not line.needs_call and not (_may_come_back(line) or _another_called(line, user)):
            line.needs_call, line.changed_by = True, user
        if (ways := merge_ways(line.ways, self.get_ways(), user.pk)) != line.ways:
            # Taking one away hides none of those that stay.
            is_entered = any(each not in line.ways for each in ways)
            line.ways_need_try = bool(ways) and (line.ways_need_try or is_entered)
            line.ways, line.ways_changed_by = ways, user if ways else None
        with transaction.atomic():
            saved = super().save(commit=commit)
            if commit and (self.changed_data or is_new):
                self._queue_news_and_log(is_new=is_new, is_other=is_other and bool(line.number), is_brought=is_brought)
        return saved

    def _queue_news_and_log(self, *, is_new: bool, is_other: bool, is_brought: bool) -> None:
        line, what = self.instance, EditorNews.What
        if is_other:
            kind = what.LINE_NUMBER
        elif self.before["publish"] == "yes" and not line.is_published:
            kind = what.LINE_HIDDEN
        else:
            kind = what.LINE_SHOWN if is_brought else what.LINE
        # In the transaction of the change: no change without its news, and no news without its change.
        queue_news(kind, title=str(line), by=self.for_user)
        log_event(
            "line.made" if is_new else "line.changed",
            actor=get_actor(self.for_user),
            target_kind="hotline",
            target_id=line.pk,
            fields=sorted(self.changed_data),
            needs_call=line.needs_call,
        )


def _another_called(line: Any, user: Any) -> bool:
    """Return whether somebody else's test call still counts.

    Whoever shows a hotline must not be the only one who has called it.
    """
    return bool(line.is_tested()) and line.verified_by != get_caller_name(user)


def _may_come_back(line: Any) -> bool:
    """Return whether the hotline was shown before with a number that nobody could have changed.

    Hiding it was perhaps a slip, which one person may undo at night.
    """
    return is_reserved(line.number) and line.first_shown_on is not None
