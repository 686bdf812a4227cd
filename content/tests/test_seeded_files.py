"""Pictures and films of the first content: laid down with the pages that show them, and never again."""

import json
import re

from django.conf import settings
from django.core.files.storage import default_storage
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from ..models import ArticlePage, SeededText, StepsPage
from ..seeding.actions import seed_content
from ..seeding.files import FOLDER, PLACES
from .seeded import SeededTest

ABOUT = json.loads((FOLDER / "media.json").read_text())
SCENES = json.loads((FOLDER / "what_happens.json").read_text())["scenes"]
A_FILM_AT_MOST = 400_000


class TestSeededFiles(SeededTest):
    def figures(self, slug: str) -> list:
        page = ArticlePage.objects.get(slug=slug)
        return [block.value for block in page.body if block.block_type == "figure"]

    def again(self, slug: str) -> None:
        """Deletes a page and lays it down anew, as a new version's page is."""
        page = ArticlePage.objects.get(slug=slug)
        language = page.locale.language_code
        page.delete()
        SeededText.objects.filter(key=f"page:checking_an_offer:{language}").delete()
        seed_content()

    def test_every_picture_and_file_is_in_the_library_and_has_words(self):
        assert get_image_model().objects.count() == len(ABOUT["pictures"])
        assert get_document_model().objects.count() == len(ABOUT["files"])
        assert all(image.description for image in get_image_model().objects.all())

    def test_a_picture_stands_in_both_languages_with_words_of_its_own(self):
        [albanian], [english] = self.figures("kontrolloni-oferten"), self.figures("checking-an-offer")
        assert albanian["image"] == english["image"]
        assert albanian["alt"]
        assert albanian["alt"] != english["alt"]

    def test_a_film_stands_with_its_captions_in_the_language_of_its_page(self):
        for slug, language in (("cfare-ndodh", "sq"), ("what-happens", "en")):
            [value] = [block.value for block in StepsPage.objects.get(slug=slug).body if block.block_type == "video"]
            for name in ("file", "captions", "poster"):
                stored = value[name].file.name
                assert f"-{language}-" in stored, stored
            assert value["file"].file_size < A_FILM_AT_MOST
            said = re.sub(r"<[^>]+>", " ", value["transcript"].source)
            for scene in SCENES:
                assert scene["title"][language] in said
                assert scene["caption"][language] in said
            assert value["seconds"] == sum(scene["seconds"] for scene in SCENES)

    def test_the_captions_are_those_of_the_film_scene_by_scene(self):
        for language, _name in settings.LANGUAGES:
            cues = (FOLDER / f"what-happens-{language}.vtt").read_text().strip().split("\n\n")[1:]
            assert [cue.split("\n", 1)[1] for cue in cues] == [scene["caption"][language] for scene in SCENES]

    def test_a_picture_that_an_editor_deleted_stays_deleted_and_leaves_no_hole(self):
        get_image_model().objects.get(title=ABOUT["pictures"]["offer"]["title"]).delete()
        self.again("checking-an-offer")
        assert self.figures("checking-an-offer") == []
        assert get_image_model().objects.count() == len(ABOUT["pictures"]) - 1

    def test_a_page_made_later_shows_the_picture_that_is_there(self):
        before = self.figures("checking-an-offer")[0]["image"]
        self.again("checking-an-offer")
        assert self.figures("checking-an-offer")[0]["image"] == before

    def test_an_installation_that_has_the_pages_gets_no_files(self):
        get_image_model().objects.all().delete()
        SeededText.objects.filter(key__regex="^(picture|file):").delete()
        assert set(seed_content().values()) == {0}
        assert not get_image_model().objects.exists()

    def test_a_seeding_that_was_rolled_back_leaves_its_files_to_the_next(self):
        kept = {name for _list, place in PLACES.values() for name in default_storage.listdir(place)[1]}
        SeededText.objects.filter(key__startswith="picture:").delete()
        self.again("checking-an-offer")
        now = {name for _list, place in PLACES.values() for name in default_storage.listdir(place)[1]}
        assert now == kept
