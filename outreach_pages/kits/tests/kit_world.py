"""A library with one kit of one material, written by nobody in particular."""

import json
from typing import Any

from wagtail.models import Locale, Page

from content.tests.editors import EditorsTest

from ..models import KitPage, KitVersion, MaterialLibraryPage, MaterialPage


def build_stream(*blocks: tuple[str, Any]) -> str:
    return json.dumps([{"type": kind, "value": value} for kind, value in blocks])


def build_slide(title: str = "Rregullat", **more: Any) -> tuple[str, Any]:
    return "slide", {"title": title, "text": "<p>Mund të dilni kur të doni.</p>", "notes": "", **more}


class KitTest(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        locale = Locale.objects.get(language_code="sq")
        self.library = Page.get_first_root_node().add_child(
            instance=MaterialLibraryPage(title="Biblioteka e provës", slug="biblioteka-e-proves", locale=locale)
        )
        self.slides = self.put_material("Diapozitivat", "slides", build_slide())
        self.kit = self.put_kit(self.slides)

    def put_material(self, title: str, kind: str, *blocks: tuple[str, Any], **more: Any) -> MaterialPage:
        body = build_stream(*blocks)
        page = MaterialPage(title=title, kind=kind, audiences=["grade_9"], body=body, live=False, **more)
        self.library.add_child(instance=page)
        page.save_revision().publish()
        return MaterialPage.objects.get(pk=page.pk)

    def put_kit(self, *materials: MaterialPage, **more: Any) -> KitPage:
        parts = build_stream(*(("material", each.pk) for each in materials))
        page = KitPage(title="Klasa e nëntë", audience="grade_9", minutes=45, parts=parts, live=False, **more)
        self.library.add_child(instance=page)
        page.save_revision().publish()
        return KitPage.objects.get(pk=page.pk)

    def get_versions(self) -> list[KitVersion]:
        return list(KitVersion.objects.filter(kit_id=self.kit.pk).order_by("number"))

    def publish_slide(self, title: str) -> None:
        self.slides.body = build_stream(build_slide(title))
        self.slides.save_revision().publish()
