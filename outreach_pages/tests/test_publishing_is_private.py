"""Session pages, materials and kits publish without anybody elsewhere being told, not even that something was."""

from django.test import override_settings
from wagtail.models import Page

from content.public_changes import public_content_changed

from ..models import KitPage, MaterialPage, SessionPage
from .cards_world import CardTest


@override_settings(PUBLISH_WEBHOOKS=[{"name": "front"}])
class PrivatePublishing(CardTest):
    def setUp(self) -> None:
        super().setUp()
        self.told: list[str] = []
        public_content_changed.connect(self.listen)
        self.addCleanup(public_content_changed.disconnect, self.listen)

    def listen(self, kind: str, **more) -> None:
        self.told.append(kind)

    def test_a_sessions_own_page(self):
        page = self.make_page()[0]
        page.save_revision().publish()
        page.refresh_from_db()
        assert page.live
        page.unpublish()
        Page.objects.get(pk=page.pk).delete()
        assert not SessionPage.objects.filter(pk=page.pk).exists()
        assert self.told == []

    def test_materials_and_kits(self):
        for model in (MaterialPage, KitPage):
            page = model.objects.live().first()
            assert page is not None, model
            page.save_revision().publish()
            page.refresh_from_db()
            page.unpublish()
        assert self.told == []
