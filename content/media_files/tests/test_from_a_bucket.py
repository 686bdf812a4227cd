"""Pictures and documents come from a bucket as they do from the folder; while it is away, they alone are missing."""

import threading
from typing import Any
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from content.media_storage import bucket as bucket_module
from content.media_storage.probe import PROBE
from content.pictures import make_sizes
from content.tests.editors import EditorsTest
from content.tests.test_uploads import picture
from tests.world.media_bucket import media_in_bucket, names

from . import test_media_files as in_folder


class TestFromABucket(in_folder.TestFiles):
    """All that holds for the folder."""

    def setUp(self) -> None:
        self.shelf = self.enterContext(media_in_bucket())
        super().setUp()
        for path in self.media.rglob("*"):
            if path.is_file():
                self.shelf.objects[f"site/{path.relative_to(self.media)}"] = path.read_bytes()
                path.unlink()

    def tearDown(self) -> None:
        if self.shelf.hangs is not None:
            self.shelf.hangs.set()

    def test_a_part_of_a_picture_is_all_that_is_asked_of_the_bucket(self) -> None:
        self.shelf.asked.clear()
        response = self.client.get("/media/images/fusha.width-400.avif", headers={"Range": "bytes=5-9"})
        assert response.getvalue() == in_folder.FILM[5:10]
        assert response["Content-Range"] == f"bytes 5-9/{len(in_folder.FILM)}"
        assert [method for method, _path in self.shelf.asked] == ["HEAD", "GET"]

    def test_a_reader_who_has_the_picture_costs_no_reading(self) -> None:
        tag = self.client.get("/media/images/fusha.width-400.avif")["ETag"]
        self.shelf.asked.clear()
        assert self.client.get("/media/images/fusha.width-400.avif", headers={"If-None-Match": tag}).status_code == 304
        assert [method for method, _path in self.shelf.asked] == ["HEAD"]
        assert self.client.head("/media/images/fusha.width-400.avif").status_code == 200
        assert [method for method, _path in self.shelf.asked] == ["HEAD", "HEAD"]

    def test_a_proxy_of_ours_keeps_a_picture_for_a_minute_and_no_failure(self) -> None:
        assert self.client.get("/media/images/fusha.width-400.avif")["X-Accel-Expires"] == "60"
        self.fail("refuses")
        assert "X-Accel-Expires" not in self.client.get("/media/images/fusha.width-400.avif")

    def test_what_is_gone_is_not_found(self) -> None:
        self.shelf.objects.clear()
        assert self.client.get(self.document.url).status_code == 404
        assert self.client.get("/media/images/fusha.width-400.avif").status_code == 404

    def test_no_address_of_the_bucket_is_shown(self) -> None:
        for path in (self.document.url, "/media/images/fusha.width-400.avif"):
            response = self.client.get(path)
            seen = f"{response.getvalue()!r}{dict(response.items())}".lower()
            assert self.shelf.url not in seen, path
            assert "amz" not in seen, path

    # ---- away ----

    def fail(self, how: str) -> None:
        if how == "hangs":
            self.shelf.hangs = threading.Event()
        else:
            self.shelf.status = 503

    def test_while_it_is_away_its_files_are_answered_with_503(self) -> None:
        self.client.raise_request_exception = False
        for how in ("hangs", "refuses"):
            self.fail(how)
            picture = self.client.get("/media/images/fusha.width-400.avif")
            assert (picture.status_code, picture["Cache-Control"]) == (503, "no-store")
            for headers in ({}, {"Range": "bytes=0-1"}):
                document = self.client.get(self.document.url, headers=headers)
                assert document.status_code == 503, how
                assert document["Retry-After"]
                assert "129" in document.content.decode(), "the page of trouble, with the numbers"

    def test_a_document_of_which_only_the_reading_fails_is_503_too(self) -> None:
        self.client.raise_request_exception = False
        with mock.patch.object(bucket_module.MediaBucket, "get", side_effect=bucket_module.BucketAway("silent")):
            assert self.client.get(self.document.url).status_code == 503
            assert self.client.get("/media/images/fusha.width-400.avif").status_code == 503


class TestEditing(EditorsTest):
    """What editors do while the bucket is there, and while it is away."""

    def setUp(self) -> None:
        super().setUp()
        self.shelf = self.enterContext(media_in_bucket())

    def upload(self, title: str = "Pamje") -> Any:
        return self.ana.post("wagtailimages:add", title=title, file=picture(size=(900, 700)), collection="1")

    def get_image(self) -> Any:
        return get_image_model().objects.get(title="Pamje")

    def test_a_picture_is_uploaded_with_its_sizes_and_deleted_with_them(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            assert self.upload().status_code == 302
        image = self.get_image()
        assert image.file.name in names(self.shelf)
        assert {row.file.name for row in image.renditions.all()} <= names(self.shelf)
        assert image.renditions.count() > 4
        assert image.renditions.first().url.startswith("/media/images/")
        with self.captureOnCommitCallbacks(execute=True):
            image.delete()
        assert names(self.shelf) <= {PROBE}

    def test_an_upload_while_it_is_away_says_so_beside_the_file_and_nothing_is_saved(self) -> None:
        self.shelf.status = 503
        response = self.upload("Fjalë që shkrova")
        assert response.status_code == 200
        assert "Nothing was saved. Try again in a few minutes." in response.content.decode()
        assert "Fjalë që shkrova" in response.content.decode()
        document = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
        response = self.ana.post("wagtaildocs:add", title="Fjalë që shkrova", file=document, collection="1")
        assert "Nothing was saved. Try again in a few minutes." in response.content.decode()
        for model in (get_image_model(), get_document_model()):
            assert not model.objects.filter(title="Fjalë që shkrova").exists()

    def test_several_at_once_are_each_told_so(self) -> None:
        self.shelf.status = 503
        sent = {"files[]": picture(), "title": "Pamje", "collection": "1"}
        address = reverse("wagtailimages:add_multiple")
        response = self.ana.client.post(address, sent, headers={"X-Requested-With": "XMLHttpRequest"})
        assert response.status_code == 200
        assert response.json()["success"] is False
        assert "Nothing was saved" in response.json()["error_message"]

    def test_one_that_fails_between_the_look_and_the_storing_is_503_and_leaves_no_row(self) -> None:
        self.ana.client.raise_request_exception = False
        with mock.patch("content.media_storage.probe.write_something"):
            self.shelf.writes_nothing = True
            assert self.upload().status_code == 503
        assert not get_image_model().objects.filter(title="Pamje").exists()

    def test_pages_and_lists_are_shown_while_it_is_away(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.upload()
        document = get_document_model().objects.create(title="D", file=ContentFile(b"%PDF-", name="a.pdf"))
        image = self.get_image()
        image.renditions.all().delete()
        for fault in ({"status": 503}, {"writes_nothing": True}):
            for name, value in fault.items():
                setattr(self.shelf, name, value)
            for address in (
                reverse("wagtailimages:index"),
                reverse("wagtailimages:edit", args=[image.pk]),
                reverse("wagtailimages_chooser:choose"),
                reverse("wagtaildocs:index"),
                reverse("wagtaildocs:edit", args=[document.pk]),
                "/",
            ):
                assert self.ana.client.get(address).status_code == 200, (fault, address)
            self.shelf.status, self.shelf.writes_nothing = 0, False

    def test_sizes_that_could_not_be_made_are_made_by_the_hourly_job(self) -> None:
        with self.captureOnCommitCallbacks() as callbacks:
            self.upload()
        self.shelf.status = 503
        for each in callbacks:
            each()
        image = self.get_image()
        assert image.renditions.count() == 0
        self.shelf.status = 0
        make_sizes(image)
        assert image.renditions.count() > 4
