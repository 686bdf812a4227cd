"""The forms of the closing pages: ask to close or void, decide, reopen."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import ClosingAct
from .open_ends import OpenEnds
from .reasons import REOPEN, get_choices, get_reasons

MAX_WORDS = 2000
WITHDRAW, KEEP = "withdraw", "keep"
NOTICES = [
    (WITHDRAW, _("Withdraw them: nobody is asked any more, and their links end")),
    (KEEP, _("Let them go on until they are answered: reminders and calls continue")),
]


class _Words(forms.CharField):
    """Words in an area that the browser doesn't remember."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea({"rows": 3, "class": "input", "autocomplete": "off"})
        super().__init__(max_length=MAX_WORDS, widget=widget, **kwargs)


class _WithReason(forms.Form):
    """A reason from the list of one act; some need a note."""

    act = ""
    reason = forms.ChoiceField(
        label=_("Reason"), widget=forms.RadioSelect, error_messages={"required": _("Choose a reason.")}
    )

    def __init__(self, *args: Any, act: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.act = act
        self.fields["reason"].choices = get_choices(act)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = get_reasons(self.act).get(cleaned.get("reason", ""))
        if chosen and chosen.needs_words and not cleaned.get("note") and "note" not in self.errors:
            self.add_error("note", _("Write the reason in a few words."))
        return cleaned


class ClosingForm(_WithReason):
    """Ask to close a case or to declare it void. `ends`: what is open now."""

    last_contact_on = forms.DateField(
        label=_("Last safe contact"),
        required=False,
        widget=forms.DateInput({"type": "date", "class": "input"}, format="%Y-%m-%d"),
        help_text=_(
            "The day on which somebody last spoke with the person and it was safe to. Leave it empty if unknown."
        ),
    )
    contact = _Words(
        label=_("How that contact was, and how the person can be reached safely"),
        required=False,
    )
    notices = forms.ChoiceField(
        label=_("Notices without an answer"), choices=NOTICES, required=False, widget=forms.RadioSelect
    )
    open = _Words(
        label=_("What stays known of what is open, and why it can end"),
        required=False,
        help_text=_("Who looks after it now, or why it is no longer needed."),
    )
    note = _Words(label=_("Anything else that whoever opens the case again should know"), required=False)

    def __init__(self, *args: Any, act: str, ends: OpenEnds, **kwargs: Any) -> None:
        super().__init__(*args, act=act, **kwargs)
        self.ends = ends
        if act == ClosingAct.VOID:
            for name in ("last_contact_on", "contact", "notices", "open"):
                del self.fields[name]
            self.fields["note"].label = _("What happened")
            return
        if not ends:
            del self.fields["open"]
        if not ends.chases:
            del self.fields["notices"]

    def clean_last_contact_on(self) -> date | None:
        day: date | None = self.cleaned_data["last_contact_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "open" in self.fields and not cleaned.get("open") and "open" not in self.errors:
            self.add_error("open", _("Write why what is still open can end, or who looks after it now."))
        if "notices" in self.fields and not cleaned.get("notices") and "notices" not in self.errors:
            self.add_error("notices", _("Choose what happens to the notices without an answer."))
        return cleaned


class DecisionForm(forms.Form):
    """The second person's answer."""

    answer = _Words(
        label=_("Your answer in words"),
        required=False,
        help_text=_("Needed when you refuse: what is to be done first."),
    )

    def __init__(self, *args: Any, agree: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agree = agree

    def clean_answer(self) -> str:
        answer: str = self.cleaned_data["answer"]
        if not self.agree and not answer:
            raise forms.ValidationError(_("Write why you refuse, so that the unit knows what to do."))
        return answer


class ReopenForm(_WithReason):
    """Open a case again. `duties`: [(id, label)] of what can start again."""

    note = _Words(label=_("In a few words"), required=False)
    duties = forms.MultipleChoiceField(
        label=_("Duties that start again"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, duties: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, act=REOPEN, **kwargs)
        if duties:
            self.fields["duties"].choices = duties  # type: ignore[attr-defined]
            self.fields["duties"].initial = [key for key, _label in duties]
        else:
            del self.fields["duties"]
