"""The forms of the closing pages: ask to close or void, decide, reopen."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import ClosingAct, PersonsWish
from .open_ends import DESPITE, HIGH_RISK, OpenEnds
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

    wish = forms.ChoiceField(
        label=_("What the person wants"),
        choices=PersonsWish.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the person wants, or that they could not be asked.")},
    )
    wish_words = _Words(
        label=_("What the person said, or why they could not be asked"),
        required=False,
        help_text=_("In their own words, if you can. For a child: the child’s own view."),
    )
    despite = forms.MultipleChoiceField(
        label=_("This speaks against closing it now. Tick each to close it all the same"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    risk = _Words(
        label=_("Who protects the person from now on, and who has looked at the risk last"),
        required=False,
        help_text=_("If the risk is lower now, send the risk assessment first: the case then shows it."),
    )
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
            for name in ("wish", "wish_words", "despite", "risk", "last_contact_on", "contact", "notices", "open"):
                del self.fields[name]
            self.fields["note"].label = _("What happened")
            return
        if not ends:
            del self.fields["open"]
        if not ends.chases:
            del self.fields["notices"]
        if ends.despite:
            choices = [(code, DESPITE[code]) for code in ends.despite]
            self.fields["despite"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["despite"]
        if HIGH_RISK not in ends.despite:
            del self.fields["risk"]

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
        if cleaned.get("wish", PersonsWish.AGREES) != PersonsWish.AGREES:
            self._need_words("wish_words", gettext("Write what the person said, or why they could not be asked."))
        if "despite" in self.fields and set(self.ends.despite) - set(cleaned.get("despite", ())):
            self.add_error("despite", _("Do what is left to do, or tick each one to close the case all the same."))
        self._need_words("risk", gettext("Write who protects the person from now on."))
        return cleaned

    def _need_words(self, name: str, missing: str) -> None:
        if name in self.fields and not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, missing)


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
