"""wagtail-localize without its ways around the second editor, with audit entries, and without files that are gone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from wagtail import blocks
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock
from wagtail.log_actions import log as log_action
from wagtail_localize.models import OverridableSegment, SegmentOverride, Translation, TranslationLog
from wagtail_localize.views import edit_translation as views
from wagtail_localize.views.report import TranslationsReportView
from wagtail_localize.views.submit_translations import SubmitSnippetTranslationView
from wagtail_localize.views.update_translations import UpdateTranslationsForm, UpdateTranslationsView

from audit.chain import get_actor, log_event

from ..blocks import BodyBlock, DownloadsBlock
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


class TranslationsReport(TranslationsReportView):
    def get_queryset(self) -> QuerySet[Translation]:
        """Put the newest first: without an order a row may stand on two pages of the list, or on none."""
        found: QuerySet[Translation] = super().get_queryset()
        return found.order_by("-created_at", "-pk")


def log_translation(what: str, view: View) -> View:
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


def begin_term_translation(request: HttpRequest, app_label: str, model_name: str, pk: str) -> HttpResponse:
    """Begin a term's translation and record it. Pages need no entry: Wagtail's history has the copying."""
    with transaction.atomic():
        answer: HttpResponse = SubmitSnippetTranslationView.as_view()(
            request, app_label=app_label, model_name=model_name, pk=pk
        )
        if request.method == "POST" and answer.status_code == 302:
            log_event("translation.begun", actor=get_actor(request.user), target_kind=model_name[:32], target_id=pk)
    return answer


def publish_term_translation(request: HttpRequest, word: Any) -> HttpResponse | None:
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


def build_urlpatterns() -> list[URLPattern]:
    """Return the URL patterns that stand in front of wagtail-localize's own."""
    one = "localize/translate/<int:translation_id>"
    sentence = log_translation("translation.sentence_saved", views.edit_string_translation)
    override = log_translation("translation.sentence_saved", views.edit_override)
    return [
        path("localize/submit/snippet/<slug:app_label>/<slug:model_name>/<str:pk>/", begin_term_translation),
        path("localize/update/<int:translation_source_id>/", UpdateTranslations.as_view()),
        path("localize/reports/translations/", TranslationsReport.as_view()),
        path("localize/reports/translations/results/", TranslationsReport.as_view(results_only=True)),
        path(f"{one}/strings/<int:string_segment_id>/edit/", sentence),
        path(f"{one}/overrides/<int:overridable_segment_id>/edit/", override),
        path(f"{one}/pofile/upload/", log_translation("translation.file_uploaded", views.upload_pofile)),
        path(f"{one}/disable/", log_translation("translation.stopped", views.stop_translation)),
    ]


# ---- files that are gone


def connect_signals() -> None:
    """Connect the signals. Called once, when the app is ready."""
    for model in (get_image_model(), get_document_model()):
        post_delete.connect(
            _remove_from_translations, sender=model, dispatch_uid=f"review.missing_files.{model.__name__}"
        )


def get_block_names_with(chooser: type[blocks.Block]) -> set[str]:
    """Return the names of block parts where such a file is chosen, as the paths of segments end."""
    structs = [each for stream in (BodyBlock(), DownloadsBlock()) for each in stream.child_blocks.values()]
    return {
        name
        for struct in structs
        if isinstance(struct, blocks.StructBlock)
        for name, child in struct.child_blocks.items()
        if isinstance(child, chooser)
    }


def _remove_from_translations(sender: type, instance: Any, **_given: Any) -> None:
    """Remove a deleted image or document from the translations in which it stood.

    wagtail-localize offers each chosen file to be replaced in the other language, and asks for it by its number. For
    one that is gone its sentence editor stays empty: nothing of that page could be translated any more.
    """
    chooser = ImageChooserBlock if issubclass(sender, get_image_model()) else DocumentChooserBlock
    there = Q(*(Q(context__path__endswith=f".{name}") for name in get_block_names_with(chooser)), _connector=Q.OR)
    for model in (OverridableSegment, SegmentOverride):
        model.objects.filter(there, data_json=str(instance.pk)).delete()
