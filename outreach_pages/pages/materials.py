"""Materials on a session's page: papers and films that anyone can open, and the quiz on the page.

Worked out when the page is read, so that it also works for old pages and names nothing that is gone. What was used and
can't be opened here (a worksheet on paper, a presentation) is only named.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from django.utils import translation
from wagtail.documents import get_document_model
from wagtail.models import Page, ReferenceIndex

from content.page_listing import public_pages
from content.printable_catalog import PRINTABLES, Printable

from ..records.labels import Material
from ..records.models import InformativeSession
from .labels import load_texts

ALWAYS_OFFERED = ("leaflet", "pocket-card")  # our own papers, for whoever was there
OFFERED_IF_USED = {Material.POSTER.value: "poster-a4"}
OPENABLE = {Material.LEAFLET.value, Material.POCKET_CARD.value, Material.POSTER.value}
FILM_PATH = ".video.file"  # path of a film's file in a page, as Wagtail's reference index has it
MAX_REFERENCES = 100


@dataclass(frozen=True)
class Link:
    """A page with a film."""

    title: str
    url: str


@dataclass(frozen=True)
class Materials:
    """The materials of a session's page.

    `papers` and `films` can be opened; `has_quiz`: on the page itself; `others`: what else was used, in words.
    """

    papers: list[Printable]
    films: list[Link]
    has_quiz: bool
    others: list[str]


def get_materials(session: InformativeSession, body: Any, language: str, request: HttpRequest | None) -> Materials:
    """Return what can be opened in this language. `body`: the page's own blocks."""
    used = {each.get("kind") for each in session.materials if isinstance(each, dict)}
    keys = [*ALWAYS_OFFERED, *(key for kind, key in OFFERED_IF_USED.items() if kind in used)]
    films = get_films(language, request) if Material.VIDEO in used else []
    opened = OPENABLE | ({Material.VIDEO.value} if films else set())
    with translation.override(language):
        return Materials(
            papers=[PRINTABLES[key] for key in keys if key in PRINTABLES],
            films=films,
            has_quiz=any(block.block_type == "quiz" for block in body or ()),
            others=[text[language] for kind, text in load_texts("materials").items() if kind in used - opened],
        )


def get_films(language: str, request: HttpRequest | None) -> list[Link]:
    """Return the public pages of this language with a film, in the order of the tree."""
    shown_on = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        to_content_type=ContentType.objects.get_for_model(get_document_model()),
        model_path__endswith=FILM_PATH,
    ).values_list("object_id", flat=True)
    # The index stores primary keys as text.
    ids = [int(key) for key in shown_on.distinct()[:MAX_REFERENCES] if key.isdecimal()]
    pages = public_pages(request).filter(pk__in=ids, locale__language_code=language)
    return [Link(page.title, page.get_url(request) or "") for page in pages.order_by("path").select_related("locale")]
