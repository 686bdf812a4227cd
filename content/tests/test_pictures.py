"""Sizes of pictures: made when a picture comes in, never when a page is read."""

import re
from io import BytesIO

from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image
from wagtail.images import get_image_model
from wagtail.images.forms import get_image_form

from ..housekeeping import each_hour
from ..models import ArticlePage
from ..pictures import POSTER, get_rendition_specs, make_missing_sizes, make_sizes
from .public_site import PublicSiteTest, main, stream

WRITES = re.compile(r"^(INSERT|UPDATE|DELETE|REPLACE)", re.IGNORECASE)
ALT = "Një dritare e hapur"


def drawn(width: int = 1300, colour: tuple[int, int, int] = (11, 85, 99)) -> ContentFile:
    data = BytesIO()
    Image.new("RGB", (width, width // 2), colour).save(data, "PNG")
    return ContentFile(data.getvalue(), "x.png")


class TestPictures(PublicSiteTest):
    def upload(self, **more):
        """As an upload ends: its transaction is committed."""
        with self.captureOnCommitCallbacks(execute=True):
            return get_image_model().objects.create(title="x", **{"file": drawn(), **more})

    def specs(self, image) -> set[str]:
        return set(image.renditions.values_list("filter_spec", flat=True))

    def page_with(self, image) -> ArticlePage:
        body = stream(("figure", {"image": image.pk, "alt": ALT, "caption": ""}))
        return self.put(ArticlePage(title="A", slug="a", body=body), self.section)

    def test_a_picture_that_came_in_has_every_size_up_to_its_own(self):
        assert self.specs(self.upload()) == {*get_rendition_specs(self.upload()), POSTER}
        small = self.upload(file=drawn(500))
        assert {spec.rpartition("-")[2] for spec in get_rendition_specs(small)} == {"400", "800"}
        assert {each.width for each in small.renditions.exclude(filter_spec=POSTER)} == {400, 500}

    def test_reading_a_page_writes_nothing_and_its_picture_is_there_at_once(self):
        page = self.page_with(self.upload())
        with CaptureQueriesContext(connection) as asked:
            html = main(self.html(page))
        assert [each["sql"] for each in asked if WRITES.match(each["sql"])] == []
        assert html.count("<source") == 2
        assert "width-1200" in html

    def test_without_any_size_a_page_says_what_the_picture_shows_and_makes_none(self):
        image = self.upload()
        image.renditions.all().delete()
        html = main(self.html(self.page_with(image)))
        assert f"<p>{ALT}</p>" in html
        assert "<img" not in html
        assert self.specs(image) == set()

    def test_the_public_api_makes_none_either(self):
        image = self.upload()
        page = self.page_with(image)
        told = self.client.get(f"/api/v2/pages/{page.pk}/").json()["body"][0]["value"]["image"]["renditions"]
        assert {each["type"] for each in told} == {"image/avif", "image/webp", "image/jpeg"}
        image.renditions.all().delete()
        assert self.client.get(f"/api/v2/images/{image.pk}/").json()["renditions"] == []
        assert self.specs(image) == set()

    def test_another_file_in_its_place_has_sizes_of_its_own(self):
        image = self.upload()
        old = set(image.renditions.values_list("file", flat=True))
        form = get_image_form(get_image_model())
        given = {"title": "y", "collection": image.collection_id}
        with self.captureOnCommitCallbacks(execute=True):
            form(given, {"file": drawn(1300, (166, 60, 23))}, instance=image).save()
        new = set(image.renditions.values_list("file", flat=True))
        assert len(new) == len(old) == 10
        assert not new & old

    def test_the_hourly_round_makes_what_is_missing_and_nothing_twice(self):
        image = self.upload()
        image.renditions.filter(filter_spec__startswith="format-avif").delete()
        assert make_missing_sizes() == 3
        assert make_missing_sizes() == 0
        image.renditions.all().delete()
        each_hour()
        assert self.specs(image) == {*get_rendition_specs(image), POSTER}

    def test_a_file_that_cannot_be_read_keeps_nobody_from_work(self):
        image = self.upload()
        image.renditions.all().delete()
        image.file.storage.delete(image.file.name)
        assert make_sizes(image) == 0

    def test_a_deleted_picture_takes_its_sizes_along(self):
        image = self.upload()
        renditions = image.get_rendition_model().objects
        with self.captureOnCommitCallbacks(execute=True):
            image.delete()
        assert not renditions.exists()
