"""A draft, for who holds its token. No other endpoint of the API knows that drafts exist."""

from collections.abc import Sequence
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Page
from wagtail_headless_preview.models import PagePreview

from . import page_fields
from .describing import operation
from .draft_files import DraftReading
from .elsewhere import SALT, TOKEN_SECONDS, is_configured
from .fields import chosen, represent
from .pages import PagesEndpoint
from .parameters import Parameter, fields_parameter, read
from .schema import Schema, one_of, ref, text


class PagePreviewEndpoint(PagesEndpoint):
    """The draft that a preview's token stands for, for a day. Kept by nobody. 404 where no front end is configured,
    and for every token that is wrong, too old or of another page type."""

    plural = "page_preview"
    model = PagePreview
    is_sensitive = True

    def listing_view(self, request: Request) -> Response:
        values = read(request.GET, self.list_parameters())
        if not is_configured():
            raise Http404
        page = get_draft(values["token"], values["content_type"])
        reading = DraftReading(request._request)
        fields = chosen(self.fields_of(page), values.get("fields"), in_list=False)
        reading.prepare([page], {field.name for field in fields})
        answer = Response(represent(page, fields, reading))
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    @classmethod
    def list_parameters(cls) -> Sequence[Parameter]:
        return (
            Parameter("content_type", one_of(sorted(models_by_label())), "As the frame's address has it.", True),
            Parameter(
                "token",
                text(minLength=1, maxLength=255, pattern=r"^[-A-Za-z0-9_.:;=]+$"),
                "As the frame's address has it.",
                True,
            ),
            fields_parameter(field.name for field in cls.shown_fields()),
        )

    @classmethod
    def operations(cls) -> list[tuple[str, dict[str, Any]]]:
        schema = {"anyOf": [ref("Page"), ref("PartialPage")]}
        return [("", operation(cls, "show", "A draft, by its token.", cls.list_parameters(), schema))]

    @classmethod
    def components(cls) -> dict[str, Schema]:
        return {}

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [path("", cls.as_view({"get": "listing_view"}), name="listing")]


def models_by_label() -> dict[str, type[Page]]:
    """{"content.articlepage": model}: types as wagtail-headless-preview writes them."""
    return {name.lower(): model for name, model in page_fields.shown_models().items()}


def get_draft(token: str, label: str) -> Page:
    """The draft, or Http404 whatever is wrong with the token."""
    model = models_by_label()[label]
    try:
        TimestampSigner(salt=SALT).unsign(token, max_age=TOKEN_SECONDS)
    except BadSignature:
        raise Http404 from None
    preview = PagePreview.objects.filter(token=token, content_type__model=model._meta.model_name).first()
    page = preview.as_page() if preview else None
    if not isinstance(page, model):
        raise Http404
    return page
