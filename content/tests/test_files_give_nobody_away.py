"""Every way by which the service gives out a picture or a document, walked with files that say who made them where."""

import base64
import io
import re
import zipfile
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from case_forms.devices.kit_package import build_kit_package
from outreach_pages.kits.models import KitVersion
from outreach_pages.kits.tests.test_kit_pages import FieldKitsTest
from sanitizer.tests import reader_samples, samples
from sanitizer.tests.reader_samples import SECRET

from ..library_files import clean_stored_files
from ..models import ArticlePage, HomePage
from .public_site import stream

PICTURES = {
    "gps.jpg": lambda: samples.jpeg((900, 600), orientation=6),
    "poster.png": reader_samples.png_with_words,
}
DOCUMENTS = {
    "paper.pdf": samples.pdf,
    "paper.docx": reader_samples.docx,
    "film.mp4": reader_samples.film,
    "words.vtt": reader_samples.subtitles,
    "voice.mp3": reader_samples.mp3,
}
LINKED = b"https://x.example/" + SECRET  # a link of the PDF, which is the document's own
ADDRESSES = re.compile(r"(?:https?://[\w.:-]+)?(/(?:media|documents)/[^\s\"',]+)")


def is_clean(body: bytes) -> bool:
    """Whether nothing in this file, or in a file within it, gives a person away."""
    plain = re.sub(rb"\\([0-3][0-7]{2})", lambda found: bytes([int(found[1], 8)]), body)
    if SECRET in plain.replace(LINKED, b""):
        return False
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return not archive.comment and all(is_clean(archive.read(name)) for name in archive.namelist())
    if reader_samples.SECRET and body[:4] in (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\x89PNG", b"RIFF"):
        with Image.open(io.BytesIO(body)) as image:
            return not image.getexif() and not {"exif", "xmp", "comment"} & set(image.info)
    return True


class TestFilesGiveNobodyAway(FieldKitsTest):
    def upload(self) -> dict[str, Any]:
        """As editors do. Return the rows by their files' names."""
        for name, make in PICTURES.items():
            sent = {"title": name, "file": SimpleUploadedFile(name, make()), "collection": "1"}
            with self.captureOnCommitCallbacks(execute=True):
                assert self.ana.post("wagtailimages:add", **sent).status_code == 302, name
        for name, make in DOCUMENTS.items():
            sent = {"title": name, "file": SimpleUploadedFile(name, make()), "collection": "1"}
            assert self.ana.post("wagtaildocs:add", **sent).status_code == 302, name
        return self.rows()

    def put_as_an_earlier_release_did(self) -> dict[str, Any]:
        with self.captureOnCommitCallbacks(execute=True):
            for name, make in PICTURES.items():
                get_image_model().objects.create(title=name, file=ContentFile(make(), name=name))
            for name, make in DOCUMENTS.items():
                get_document_model().objects.create(title=name, file=ContentFile(make(), name=name))
        return self.rows()

    def rows(self) -> dict[str, Any]:
        rows = [*get_image_model().objects.filter(title__in=PICTURES)]
        rows += get_document_model().objects.filter(title__in=DOCUMENTS)
        assert {each.title for each in rows} == {*PICTURES, *DOCUMENTS}
        return {each.title: each for each in rows}

    def show(self, rows: dict[str, Any]) -> tuple[ArticlePage, KitVersion]:
        """Put all of them on a public page, and into a kit."""
        film = {"file": rows["film.mp4"].pk, "captions": rows["words.vtt"].pk, "poster": rows["poster.png"].pk}
        blocks = [
            ("figure", {"image": rows["gps.jpg"].pk, "alt": "Pamje", "caption": ""}),
            ("video", {"title": "Film", "transcript": "<p>Fjalë.</p>", "seconds": 4, "sign_language": False, **film}),
            ("audio", {"title": "Zë", "file": rows["voice.mp3"].pk, "transcript": "<p>Fjalë.</p>", "seconds": 4}),
            ("download", {"document": rows["paper.pdf"].pk, "title": "Fletë", "what": ""}),
            ("download", {"document": rows["paper.docx"].pk, "title": "Fletë", "what": ""}),
        ]
        home = HomePage.objects.get(locale__language_code="sq")
        page = home.add_child(
            instance=ArticlePage(title="Fletë", slug="flete", locale=home.locale, body=stream(*blocks))
        )
        part = {"from_minute": 0, "to_minute": 5, "title": "Hyrje", "text": "<p>Fjalë.</p>"}
        kit = self.put_kit(self.put_material("Fletë", "script", ("script_part", part), *blocks), slug="me-flete")
        return page, KitVersion.objects.newest(kit.pk)

    def walk(self, page: ArticlePage, version: KitVersion) -> dict[str, bytes]:
        """Return what is given out, by where: the page's files, the API's, the kit's zip and package."""
        texts = [self.client.get(page.url).content.decode()]
        for path in (f"pages/{page.pk}/", "images/?limit=100", "documents/?limit=100"):
            texts.append(self.client.get(f"/api/v2/{path}").content.decode())
        for model in ("images", "documents"):
            for found in self.client.get(f"/api/v2/{model}/?limit=100").json()["items"]:
                texts.append(self.client.get(f"/api/v2/{model}/{found['id']}/").content.decode())
        addresses = {found for text in texts for found in ADDRESSES.findall(text)}
        given = {address: self.client.get(address).getvalue() for address in addresses}
        zipped = self.client.get(reverse("session_kits:zip", args=[version.pk]))
        given["kit.zip"] = b"".join(zipped.streaming_content)
        drawn = re.findall(r"data:image/jpeg;base64,([\w+/=]+)", str(build_kit_package(version)["materials"]))
        given |= {f"package {number}": base64.b64decode(each) for number, each in enumerate(drawn)}
        return given

    def are_all_there(self, given: dict[str, bytes]) -> bool:
        ends = {name.rpartition(".")[2] for name in given}
        with zipfile.ZipFile(io.BytesIO(given["kit.zip"])) as archive:
            inside = {name.rpartition(".")[2] for name in archive.namelist()}
        files = {"mp4", "vtt", "mp3", "pdf", "docx"}
        return {"avif", "webp", "jpg", *files} <= ends and {"jpeg", *files} <= inside and "package 0" in given

    def test_what_is_uploaded_is_given_out_without_it(self) -> None:
        given = self.walk(*self.show(self.upload()))
        assert self.are_all_there(given), sorted(given)
        assert [name for name, body in given.items() if not is_clean(body)] == []

    def test_what_was_stored_before_is_cleaned_and_made_anew_under_its_name(self) -> None:
        rows = self.put_as_an_earlier_release_did()
        page, version = self.show(rows)
        before = self.walk(page, version)
        told = {name for name, body in before.items() if not is_clean(body)}
        assert {"kit.zip", "package 0"} < told, told
        assert any(name.endswith("width-800.jpg") for name in told), told
        with self.captureOnCommitCallbacks(execute=True):
            done = clean_stored_files()
        assert (done.cleaned, done.refused) == (len(rows), [])
        given = self.walk(page, version)
        assert self.are_all_there(given), sorted(given)
        assert [name for name, body in given.items() if not is_clean(body)] == []
        for row in self.rows().values():
            assert row.file.name == rows[row.title].file.name
            with row.file.open() as file:
                assert is_clean(file.read()), row.title
        # What lay under an address that isn't offered any more is gone, too.
        for address in told - {"kit.zip"}:
            if address.startswith("/media/"):
                assert is_clean(self.client.get(address).getvalue())
