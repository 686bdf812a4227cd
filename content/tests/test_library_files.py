"""Files that were stored before any was cleaned: all are, once, and one that can't be stops no other."""

import hashlib
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import TestCase
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from audit.models import PutAside
from sanitizer.file_types import FileRefused
from sanitizer.tests import reader_samples, samples
from sanitizer.tests.reader_samples import SECRET

from .. import library_files
from ..checks.context import build_check_context
from ..housekeeping import each_minute
from ..library_files import clean_stored_files, count_unexamined, is_withheld, list_refused
from ..media_storage.files import replace
from ..models import ExaminedFile
from ..pictures import POSTER, get_rendition_specs


class TestStoredFiles(TestCase):
    def put(self, name: str, content: bytes) -> Any:
        is_picture = name.endswith(("jpg", "png"))
        model = get_image_model() if is_picture else get_document_model()
        with self.captureOnCommitCallbacks(execute=True):
            return model.objects.create(title=name, file=ContentFile(content, name=name), file_hash=digest(content))

    def read(self, row: Any) -> bytes:
        with row.file.storage.open(row.file.name) as file:
            return bytes(file.read())

    def test_each_is_cleaned_once_and_its_row_says_what_it_is_now(self):
        photo = self.put("a.jpg", samples.jpeg((600, 400), orientation=6))
        clean = self.put("b.png", samples.written(samples.picture(), "PNG"))
        kept = set(clean.renditions.values_list("pk", flat=True))
        old = set(photo.renditions.values_list("pk", flat=True))
        assert old
        with self.captureOnCommitCallbacks(execute=True):
            done = clean_stored_files()
        assert (done.looked_at, done.cleaned) == (2, 1)
        name = photo.file.name
        photo.refresh_from_db()
        assert photo.file.name == name
        assert SECRET not in self.read(photo)
        assert photo.file_hash == digest(self.read(photo))
        assert (photo.width, photo.height, photo.file_size) == (400, 600, len(self.read(photo)))
        specs = set(photo.renditions.values_list("filter_spec", flat=True))
        assert specs == {*get_rendition_specs(photo), POSTER}
        assert not old & set(photo.renditions.values_list("pk", flat=True))
        assert set(clean.renditions.values_list("pk", flat=True)) == kept
        with mock.patch.object(library_files, "sanitize_for_readers", side_effect=AssertionError):
            assert clean_stored_files().looked_at == 0

    def test_one_that_cannot_be_cleaned_stops_no_other_and_is_named(self):
        broken = self.put("a.pdf", b"%PDF-1.7\nbroken")
        acting = self.put("b.pdf", samples.pdf(script="app.alert(1)"))
        gone = self.put("c.pdf", samples.pdf())
        gone.file.storage.delete(gone.file.name)
        last = self.put("d.docx", reader_samples.docx())
        before = self.read(broken)
        out = StringIO()
        call_command("clean_library", stdout=out)
        assert SECRET not in b"".join(reader_samples.unzipped(self.read(last)).values())
        assert self.read(broken) == before
        assert list_refused() == [(f"document {broken.pk}", "unreadable"), (f"document {acting.pk}", "active")]
        assert "4 files weren't examined yet" in out.getvalue()
        assert "3 files looked at, 1 cleaned, 1 left" in out.getvalue()
        assert f"document {acting.pk}: active" in out.getvalue()
        for each in (broken, acting, last):
            each.refresh_from_db()
        assert [is_withheld(each) for each in (broken, acting, last)] == [True, True, False]
        assert not PutAside.objects.exists()

    def test_readers_are_not_given_what_cannot_be_cleaned_and_the_check_says_so(self):
        row = self.put("b.pdf", samples.pdf(script="app.alert(1)"))
        other = self.put("c.pdf", samples.pdf())
        link = ("document", str(row.pk), "the paper", "body")
        parts = [mock.Mock(links=[link, ("document", str(other.pk), "another", "body")])]
        with mock.patch("content.media_files.views.is_public_asset", return_value=True):
            assert self.client.get(row.url).status_code == 200, "not examined yet"
            clean_stored_files()
            assert self.client.get(row.url).status_code == 404
            assert self.client.get(other.url).status_code == 200
            with mock.patch("django.contrib.auth.models.AnonymousUser.has_perm", return_value=True):  # who writes pages
                assert self.client.get(row.url).status_code == 200
        assert build_check_context("sq", parts).withheld == {str(row.pk)}

    def test_one_that_cannot_be_read_now_is_tried_again(self):
        row = self.put("a.docx", reader_samples.docx())
        other = self.put("b.docx", reader_samples.docx(**{"word/more.xml": b"<a/>"}))
        real = library_files.sanitize_for_readers

        def busy(content: bytes, **more: Any) -> bytes:
            if content == self.read(row) and not ExaminedFile.objects.filter(problem="").count() > 1:
                raise FileRefused("busy")
            return real(content, **more)

        with mock.patch.object(library_files, "sanitize_for_readers", busy):
            assert clean_stored_files().cleaned == 1
        assert count_unexamined() == 1
        assert SECRET not in b"".join(reader_samples.unzipped(self.read(other)).values())
        assert PutAside.objects.get().kind == library_files.PUT_ASIDE_KIND
        PutAside.objects.update(retry_at="2020-01-01T00:00:00Z")
        assert clean_stored_files().cleaned == 1
        assert not PutAside.objects.exists()

    def test_cut_off_between_file_and_row_the_next_round_does_the_rest(self):
        photo = self.put("a.jpg", samples.jpeg())
        old = set(photo.renditions.values_list("pk", flat=True))
        with (
            mock.patch.object(library_files, "_store", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
        ):
            clean_stored_files()
        assert SECRET not in self.read(photo)
        assert count_unexamined() == 1
        clean_stored_files()
        photo.refresh_from_db()
        assert photo.file_hash == digest(self.read(photo))
        assert not photo.renditions.filter(pk__in=old).exists(), "sizes of what the file held before"

    def test_a_round_ends_when_its_time_is_over_and_the_next_goes_on(self):
        for name in ("a.docx", "b.docx", "c.docx"):
            self.put(name, reader_samples.docx(**{f"word/{name}.xml": b"<a/>"}))
        with mock.patch.object(library_files.time, "monotonic", side_effect=[0.0, 1.0, 30.0]):
            assert clean_stored_files(seconds=20).cleaned == 1
        assert count_unexamined() == 2
        each_minute()
        assert count_unexamined() == 0

    def test_a_file_is_replaced_whole_or_not_at_all(self):
        row = self.put("a.docx", b"before")
        with (
            mock.patch("content.media_storage.files.os.replace", side_effect=PermissionError),
            pytest.raises(PermissionError),
        ):
            replace(row.file.name, b"after")
        assert self.read(row) == b"before"
        replace(row.file.name, b"after")
        assert self.read(row) == b"after"
        folder, _name = row.file.name.rsplit("/", 1)
        assert not [each for each in row.file.storage.listdir(folder)[1] if each.startswith("tmp")]


def digest(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
