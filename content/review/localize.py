"""wagtail-localize, without its way around the second pair of eyes, and with who translated what in the audit chain."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from wagtail_localize.views import edit_translation as views
from wagtail_localize.views.submit_translations import SubmitSnippetTranslationView
from wagtail_localize.views.update_translations import UpdateTranslationsForm, UpdateTranslationsView

from audit.chain import actor_of, record

View = Callable[..., HttpResponse]


class UpdateForm(UpdateTranslationsForm):
    """Fetches what is new in the original. "Publish immediately" isn't offered, and is refused when posted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
            by = actor_of(self.request.user)
            record("translation.updated", actor=by, target_kind="translation_source", target_id=source)
        return answer


def recorded(what: str, view: View) -> View:
    """The view, and an entry of what it did: by the ids in its address, never by the words."""

    @wraps(view)
    def recording(request: HttpRequest, translation_id: int, **ids: Any) -> HttpResponse:
        with transaction.atomic():
            answer = view(request, translation_id, **ids)
            if answer.status_code < 400:
                action = "translation.sentence_removed" if request.method == "DELETE" else what
                record(action, actor=actor_of(request.user), target_kind="translation", target_id=translation_id, **ids)
        return answer

    return recording


def begin_snippet(request: HttpRequest, app_label: str, model_name: str, pk: str) -> HttpResponse:
    """A word begins its other language. Pages need no entry of ours: copying one for translation is in its history."""
    with transaction.atomic():
        answer: HttpResponse = SubmitSnippetTranslationView.as_view()(
            request, app_label=app_label, model_name=model_name, pk=pk
        )
        if request.method == "POST" and answer.status_code == 302:
            record("translation.begun", actor=actor_of(request.user), target_kind=model_name[:32], target_id=pk)
    return answer


def addresses() -> list[URLPattern]:
    """In front of wagtail-localize's, which have the same."""
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
