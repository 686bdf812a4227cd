"""Endpoint of drafts, for who holds a token. No other endpoint of the API knows that drafts exist."""

from collections.abc import Sequence
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Page
from wagtail_headless_preview.models import PagePreview

from .. import external_preview
from . import openapi
from .json_schema import Schema, enum, ref, string
from .loader import DraftLoader
from .page_queries import shown_models
from .pages import PagesViewSet
from .parameters import Parameter

TOKEN = string(minLength=1, maxLength=255, pattern=r"^[-A-Za-z0-9_.:;=]+$")


class PagePreviewViewSet(PagesViewSet):
    """The draft that a preview's token stands for, for a day. Stored by nobody.

    404 where no front end is configured, and for every token that is wrong, too old or of another page type.
    """

    plural = "page_preview"
    model = PagePreview
    loader_class = DraftLoader
    is_sensitive = True

    def draft_view(self, request: Request) -> Response:
        answer = self.detail_view(request, pk=None)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    def get_object(self) -> Page:
        if not external_preview.is_configured():
            raise Http404
        draft = get_draft(self.values["token"], self.values["content_type"])
        self.loader.objects = [draft]
        return draft

    @classmethod
    def get_parameters(cls, action: str) -> Sequence[Parameter]:
        return (
            Parameter("content_type", enum(sorted(models_by_label())), "As the frame's address has it.", True),
            Parameter("token", TOKEN, "As the frame's address has it.", True),
            *super().get_parameters("detail_view"),
        )

    @classmethod
    def operations(cls) -> dict[str, dict[str, Any]]:
        schema = {"anyOf": [ref("Page"), ref("PartialPage")]}
        asked = cls.get_parameters("draft_view")
        return {"": openapi.operation(cls, "show", "A draft, by its token.", asked, schema)}

    @classmethod
    def components(cls) -> dict[str, Schema]:
        # Its schemas are those of `PagesViewSet`, which describes them.
        return {}

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [path("", cls.as_view({"get": "draft_view"}), name="listing")]


def models_by_label() -> dict[str, type[Page]]:
    """Return {"content.articlepage": model}: types as wagtail-headless-preview writes them."""
    return {name.lower(): model for name, model in shown_models().items()}


def get_draft(token: str, label: str) -> Page:
    """Return the draft. Raises Http404, whatever is wrong with the token."""
    model = models_by_label()[label]
    try:
        # The signature carries the day on which the token was made; the row alone would outlive it until it is
        # collected.
        signer = TimestampSigner(salt=external_preview.TOKEN_SALT)
        signer.unsign(token, max_age=external_preview.TOKEN_SECONDS)
    except BadSignature:
        raise Http404 from None
    preview = PagePreview.objects.filter(token=token, content_type__model=model._meta.model_name).first()
    page = preview.as_page() if preview else None
    if not isinstance(page, model):
        raise Http404
    return page
