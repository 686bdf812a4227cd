"""The form of quiz and opinion questions: one choice each, none required."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..pages.labels import Question
from .questions import is_asked_key


class FeedbackForm(forms.Form):
    """One field for each question. Each may be left out, but not all of them."""

    def __init__(self, questions: Sequence[Question], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(questions, start=1):
            self.fields[question.key] = forms.ChoiceField(
                label=f"{number}. {question.text}",
                choices=question.choices,
                widget=forms.RadioSelect,
                required=False,
                error_messages={"invalid_choice": _("Choose one of the answers on this page.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            if any(is_asked_key(key) and key not in self.fields for key in self.data):
                words = _(
                    "These questions were corrected meanwhile, so your answers were not counted. Please answer again."
                )
                raise forms.ValidationError(words)
            raise forms.ValidationError(_("Choose at least one answer before you send."))
        return cleaned

    @property
    def given(self) -> dict[str, str]:
        return {question: answer for question, answer in self.cleaned_data.items() if answer}
