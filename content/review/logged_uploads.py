"""History entries for images and documents that come in several at once, or while a page is written.

Wagtail's screens for one file write what was done into its history, and so into the audit chain (`log_receivers`);
those for several files and its choosers write nothing. Ours stand in front of them.
"""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from wagtail.documents.views import chooser as document_chooser
from wagtail.documents.views import multiple as documents
from wagtail.images.views import chooser as image_chooser
from wagtail.images.views import multiple as images
from wagtail.log_actions import log as log_action


class LogSaveMixin:
    """Mixin that logs what was saved. `done`: the action in the history."""

    done = "wagtail.create"
    request: HttpRequest

    def save_object(self, form: Any) -> Any:
        with transaction.atomic():
            found = super().save_object(form) or form.instance  # type: ignore[misc]
            log_action(found, self.done, user=self.request.user)
        return found


class LogDeleteMixin:
    object: Any

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
            # Django clears the key of a deleted object, and the history needs to say which one it was.
            self.object.pk = kwargs[self.pk_url_kwarg]  # type: ignore[attr-defined]
            log_action(self.object, "wagtail.delete", user=request.user, deleted=True)
        return answer


class LogChooserUploadMixin:
    request: HttpRequest

    def save_form(self, form: Any) -> Any:
        with transaction.atomic():
            found = super().save_form(form)  # type: ignore[misc]
            log_action(found, "wagtail.create", user=self.request.user)
        return found


class AddPictures(LogSaveMixin, images.AddView):
    pass


class AddPicture(LogSaveMixin, images.CreateFromUploadedImageView):
    pass


class ChangePicture(LogSaveMixin, images.EditView):
    done = "wagtail.edit"


class DeletePicture(LogDeleteMixin, images.DeleteView):
    pass


class AddDocuments(LogSaveMixin, documents.AddView):
    pass


class AddDocument(LogSaveMixin, documents.CreateFromUploadedDocumentView):
    pass


class ChangeDocument(LogSaveMixin, documents.EditView):
    done = "wagtail.edit"


class DeleteDocument(LogDeleteMixin, documents.DeleteView):
    pass


class ChoosePicture(LogChooserUploadMixin, image_chooser.ImageUploadView):
    pass


class ChooseDocument(LogChooserUploadMixin, document_chooser.DocumentChooserUploadView):
    pass


def build_urlpatterns() -> list[URLPattern]:
    """Return the URL patterns that stand in front of Wagtail's own."""
    return [
        path("images/multiple/add/", AddPictures.as_view()),
        path("images/multiple/<int:image_id>/", ChangePicture.as_view()),
        path("images/multiple/create_from_uploaded_image/<int:uploaded_file_id>/", AddPicture.as_view()),
        path("images/multiple/<int:image_id>/delete/", DeletePicture.as_view()),
        path("documents/multiple/add/", AddDocuments.as_view()),
        path("documents/multiple/<int:doc_id>/", ChangeDocument.as_view()),
        path("documents/multiple/create_from_uploaded_document/<int:uploaded_file_id>/", AddDocument.as_view()),
        path("documents/multiple/<int:doc_id>/delete/", DeleteDocument.as_view()),
    ]


def register_chooser_views() -> None:
    """Replace the create views of both choosers."""
    image_chooser.viewset.create_view_class = ChoosePicture
    document_chooser.viewset.create_view_class = ChooseDocument
