"""wagtail-localize without its ways around the second editor, and with audit entries of translations."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from wagtail.log_actions import log as log_action
from wagtail_localize.models import Translation, TranslationLog
from wagtail_localize.views import edit_translation as views
from wagtail_localize.views.submit_translations import SubmitSnippetTranslationView
from wagtail_localize.views.update_translations import UpdateTranslationsForm, UpdateTranslationsView

from audit.chain import get_actor, log_event

from ..models import GlossaryTerm

View = Callable[..., HttpResponse]


class UpdateForm(UpdateTranslationsForm):
    """Form that fetches what is new in the original.

    "Publish immediately" isn't offered, and is refused when posted.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The field that would publish past the approval.
        del self.fields["publish_translations"]

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or self.cleaned_data), "publish_translations": False}


class UpdateTranslations(UpdateTranslationsView):
    def get_form(self) -> UpdateForm:
        return UpdateForm(self.request.POST) if self.request.method == "POST" else UpdateForm()

    def form_valid(self, form: UpdateForm) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            source = self.kwargs["translation_source_id"]
            by = get_actor(self.request.user)
            log_event("translation.updated", actor=by, target_kind="translation_source", target_id=source)
        return answer


def recorded(what: str, view: View) -> View:
    """Wrap a view so that it writes an audit entry: with the ids in its address, never the words."""

    @wraps(view)
    def recording(request: HttpRequest, translation_id: int, **ids: Any) -> HttpResponse:
        with transaction.atomic():
            answer = view(request, translation_id, **ids)
            # A refused request has changed nothing.
            if answer.status_code < 400:
                action = "translation.sentence_removed" if request.method == "DELETE" else what
                log_event(
                    action, actor=get_actor(request.user), target_kind="translation", target_id=translation_id, **ids
                )
        return answer

    return recording


def begin_snippet(request: HttpRequest, app_label: str, model_name: str, pk: str) -> HttpResponse:
    """Begin a term's translation and record it. Pages need no entry: Wagtail's history has the copying."""
    with transaction.atomic():
        answer: HttpResponse = SubmitSnippetTranslationView.as_view()(
            request, app_label=app_label, model_name=model_name, pk=pk
        )
        if request.method == "POST" and answer.status_code == 302:
            log_event("translation.begun", actor=get_actor(request.user), target_kind=model_name[:32], target_id=pk)
    return answer


def publish_word(request: HttpRequest, word: Any) -> HttpResponse | None:
    """Publish a term's translation: checked as in its form, and entered in its history, so that editors are mailed.

    wagtail-localize's own view asks no form and writes no history. Returns None for every other request.
    """
    if not isinstance(word, GlossaryTerm) or request.method != "POST" or request.POST.get("action") != "publish":
        return None
    found = Translation.objects.filter(
        source__object_id=word.translation_key, target_locale=word.locale_id, enabled=True
    ).first()
    if found is None:
        return None
    try:
        found.source.get_ephemeral_translated_instance(found.target_locale, fallback=True).clean()
    except ValidationError as wrong:
        for words in wrong.messages:
            messages.error(request, words)
        return redirect(request.path)
    # Its view answers alike whether it published or not; a new log row tells that it did.
    made = TranslationLog.objects.filter(source=found.source, locale=found.target_locale)
    with transaction.atomic():
        before = made.count()
        answer: HttpResponse = views.edit_translation(request, found, word)
        if made.count() > before:
            word.refresh_from_db()
            log_action(word, "wagtail.edit", user=request.user)
    return answer


def addresses() -> list[URLPattern]:
    """Return the URL patterns that stand in front of wagtail-localize's own."""
    one = "localize/translate/<int:translation_id>"
    sentence = recorded("translation.sentence_saved", views.edit_string_translation)
    override = recorded("translation.sentence_saved", views.edit_override)
    return [
        path("localize/submit/snippet/<slug:app_label>/<slug:model_name>/<str:pk>/", begin_snippet),
        path("localize/update/<int:translation_source_id>/", UpdateTranslations.as_view()),
        path(f"{one}/strings/<int:string_segment_id>/edit/", sentence),
        path(f"{one}/overrides/<int:overridable_segment_id>/edit/", override),
        path(f"{one}/pofile/upload/", recorded("translation.file_uploaded", views.upload_pofile)),
        path(f"{one}/disable/", recorded("translation.stopped", views.stop_translation)),
    ]
