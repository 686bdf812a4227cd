"""Words explained, for front ends that explain them too."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from ..models import GlossaryTerm
from .blocks import HTML
from .endpoint import Endpoint, endpoint_address
from .fields import Field, plain
from .page_fields import LANGUAGES
from .pages import shown_pages
from .parameters import NO_NUL, PAGING, Parameter, fields_parameter, order_parameter
from .reading import Reading
from .rich_text import to_html
from .schema import address, listing, maybe, number, one_of, record, text


class WordsReading(Reading):
    """Knows besides where each language's page of words is read, and each word's twins."""

    _homes: dict[int, str] | None = None

    def page_of_words(self, locale_id: int) -> str | None:
        if self._homes is None:
            pages = shown_pages(self.request).filter(content_type__model="glossarypage")
            self._homes = {page.locale_id: self.address_of(page) for page in pages}
        return self._homes.get(locale_id)


def _html_url(word: GlossaryTerm, reading: WordsReading) -> str | None:
    page = reading.page_of_words(word.locale_id)
    return f"{page}#{word.slug}" if page else None


def _translations(word: GlossaryTerm, reading: WordsReading) -> list[dict[str, Any]]:
    return [
        {
            "locale": reading.languages[twin.locale_id],
            "id": twin.pk,
            "detail_url": endpoint_address("glossary", twin.pk),
        }
        for twin in reading.twins.get(word.translation_key, ())
        if twin.pk != word.pk
    ]


WORD = (
    plain("id", number(minimum=1), in_list=True),
    Field(
        "detail_url",
        address(),
        lambda word, reading: endpoint_address("glossary", word.pk),
        in_meta=True,
        in_list=True,
    ),
    Field("html_url", maybe(address()), _html_url, in_meta=True, in_list=True),
    Field(
        "locale",
        one_of(LANGUAGES),
        lambda word, reading: reading.languages[word.locale_id],
        in_meta=True,
        in_list=True,
    ),
    Field(
        "translations",
        listing(record({"locale": one_of(LANGUAGES), "id": number(minimum=1), "detail_url": address()})),
        _translations,
        in_meta=True,
    ),
    plain("slug", text(), in_list=True, in_meta=True),
    plain("term", text(), in_list=True),
    Field("definition", HTML, lambda word, reading: to_html(word.shown, reading), in_list=True),
    plain(
        "forms", listing(text(), description="Other forms of the word, as they stand in running text."), in_list=True
    ),
)


class GlossaryEndpoint(Endpoint):
    """Words that readers may not know, each with its explanation."""

    plural = "glossary"
    model = GlossaryTerm
    component = "GlossaryTerm"
    fields = WORD
    parameters = (
        Parameter("locale", one_of(LANGUAGES), "Only words of this language."),
        Parameter("slug", text(pattern="^[-a-zA-Z0-9_]+$", maxLength=80), "Only the word with this slug."),
        Parameter("search", text(minLength=1, maxLength=200, pattern=NO_NUL), "Words that begin or contain this."),
        fields_parameter(field.name for field in WORD),
        order_parameter(["id", "term"]),
        *PAGING,
    )

    def everything(self) -> QuerySet:
        return GlossaryTerm.objects.order_by("term", "id")

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        if "locale" in values:
            found = found.filter(locale__language_code=values["locale"])
        if "slug" in values:
            found = found.filter(slug=values["slug"])
        if "search" in values:
            found = found.filter(term__icontains=values["search"].strip())
        return found.order_by(*values["order"].split(","), "id") if "order" in values else found

    def loaded(self, things: Any, fields: Any, reading: Reading) -> list[Any]:
        words = list(things)
        if any(field.name == "translations" for field in fields):
            for twin in GlossaryTerm.objects.filter(translation_key__in={word.translation_key for word in words}):
                reading.twins.setdefault(twin.translation_key, []).append(twin)
        reading.expect(words)
        return words

    def reading(self, request: Request) -> Reading:
        return WordsReading(request._request)
