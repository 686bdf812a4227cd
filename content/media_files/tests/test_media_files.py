import io
import tempfile
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core import signals
from django.core.files.base import ContentFile
from django.test import TestCase, override_settings
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction

from access.models import User
from content.models import ArticlePage

from ..ranges import RangeNotSatisfiable, parse_range, respond_with_range

FILM = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-1", (0, 1)),
        ("bytes=0-", (0, 99)),
        ("bytes=90-400", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-400", (0, 99)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("pieces=0-1", None),
        (f"bytes={'9' * 5000}-", None),
        ("bytes=a-b", None),
    ],
)
def test_a_part_is_read_from_its_header(header, part):
    assert parse_range(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_part_outside_the_file_is_refused(header):
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 100)
    refused = respond_with_range(io.BytesIO(b"x" * 100), 100, asked=header, content_type="video/mp4")
    assert (refused.status_code, refused["Content-Range"]) == (416, "bytes */100")


class TestFiles(TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.media = Path(folder)
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        (self.media / "images").mkdir()
        (self.media / "original_images").mkdir()
        (self.media / "images" / "fusha.width-400.avif").write_bytes(FILM)
        (self.media / "original_images" / "fusha.jpg").write_bytes(b"with the place it was taken")
        self.document = Document.objects.create(title="Film", file=ContentFile(FILM, name="film.mp4"))
        shown = [{"type": "download", "value": {"document": self.document.pk, "title": "Film", "what": ""}}]
        self.page = ArticlePage(title="Me film", slug="me-film", body=shown, is_listed=False)
        Page.objects.get(depth=1).add_child(instance=self.page)

    def test_a_rendition_is_served_for_long_with_its_type_and_nothing_of_cookies(self):
        response = self.client.get("/media/images/fusha.width-400.avif")
        assert response.getvalue() == FILM
        assert response["Content-Type"] == "image/avif"
        assert response["Cache-Control"] == "public, max-age=2592000, immutable"
        assert not response.cookies
        again = self.client.get("/media/images/fusha.width-400.avif", headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304

    def test_originals_documents_and_what_lies_outside_are_not_served(self):
        stored = self.document.file.name
        for path in (
            "original_images/fusha.jpg",
            stored,
            "images/../original_images/fusha.jpg",
            "images/",
            "images/no",
        ):
            assert self.client.get(f"/media/{path}").status_code == 404, path
        for path in (
            "../original_images/fusha.jpg",
            "/etc/passwd",
            "%2e%2e/original_images/fusha.jpg",
            "a\x00b",
            "x" * 9000,
        ):
            assert self.client.get(f"/media/images/{path}").status_code == 404, path

    def test_a_film_is_sent_in_the_parts_a_phone_asks_for(self):
        response = self.client.get(self.document.url, headers={"Range": "bytes=256-511"})
        assert response.status_code == 206
        assert response.getvalue() == FILM[256:512]
        assert response["Content-Range"] == f"bytes 256-511/{len(FILM)}"
        assert response["Content-Length"] == "256"
        assert response["Content-Type"] == "video/mp4"
        assert response["Content-Security-Policy"] == "default-src 'none'"
        assert response["Content-Disposition"].startswith("inline")

    def test_a_whole_film_says_that_parts_can_be_had(self):
        response = self.client.get(self.document.url)
        assert response.getvalue() == FILM
        assert response["Accept-Ranges"] == "bytes"

    def test_a_film_that_everyone_may_have_plays_in_pages_of_other_origins_and_is_in_no_index(self):
        """Captions are only shown beside a film from elsewhere when both may be read there."""
        for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": self.client.get(self.document.url)["ETag"]}):
            response = self.client.get(self.document.url, headers=headers)
            assert response["Access-Control-Allow-Origin"] == "*", headers
            assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert response["Cache-Control"] == "no-cache"
            assert response["X-Robots-Tag"] == "noindex, nofollow"
            assert "Content-Encoding" not in response.headers
        picture = self.client.get("/media/images/fusha.width-400.avif")
        assert picture["Access-Control-Allow-Origin"] == "*"

    def test_a_part_is_sent_before_the_request_counts_as_ended(self):
        ended = []
        signals.request_finished.connect(hear := lambda **_said: ended.append("ended"))
        try:
            response = self.client.get(self.document.url, headers={"Range": "bytes=0-9"})
            assert ended == []
            assert response.getvalue() == FILM[:10]
            assert ended == ["ended"]
        finally:
            signals.request_finished.disconnect(hear)

    def test_a_part_of_another_version_is_the_whole_film(self):
        response = self.client.get(self.document.url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
        assert response.status_code == 200
        assert response.getvalue() == FILM

    def test_a_file_that_no_live_page_shows_is_for_those_who_write_it(self):
        self.page.unpublish()
        assert self.client.get(self.document.url).status_code == 404
        person = User.objects.create_user("redaktor", password="x")
        self.client.force_login(person)
        assert self.client.get(self.document.url).status_code == 404
        person.user_permissions.add(Permission.objects.get(codename="access_admin"))
        response = self.client.get(self.document.url)
        assert response.getvalue() == FILM
        assert response["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in response.headers

    def test_a_file_of_a_page_behind_a_password_is_not_given_to_strangers(self):
        PageViewRestriction.objects.create(page=self.page, restriction_type="password", password="x")
        assert self.client.get(self.document.url).status_code == 404

    def test_a_file_that_is_not_there_is_not_found_whatever_its_number(self):
        for number in ("0", "999999", "9" * 40, "9" * 5000):
            assert self.client.get(f"/documents/{number}/film.mp4").status_code == 404

    def test_a_film_of_a_private_collection_is_kept_back_in_parts_too(self):
        closed = Collection.get_first_root_node().add_child(name="Mbyllur")
        CollectionViewRestriction.objects.create(collection=closed, restriction_type="login")
        self.document.collection = closed
        self.document.save()
        for headers in ({}, {"Range": "bytes=0-10"}):
            response = self.client.get(self.document.url, headers=headers)
            assert response.status_code == 302
