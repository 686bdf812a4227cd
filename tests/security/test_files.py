"""Attack: an editor puts another picture or file under one that stands on an approved page, or deletes it."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import ReferenceIndex

from audit.models import AuditEntry
from content.tests.editors import Editor, EditorsTest


class TestFiles(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        self.picture = self._used(get_image_model())
        self.document = self._used(get_document_model())

    def _used(self, model: type) -> object:
        found = next((each for each in model.objects.all() if ReferenceIndex.get_references_to(each).exists()), None)
        assert found is not None, "the seeded site shows one"
        return found

    def test_a_picture_is_not_replaced(self):
        before = self.picture.get_file_hash()
        new = SimpleUploadedFile("e-re.png", get_test_image_file().file.getvalue(), "image/png")
        response = self.ana.post("wagtailimages:edit", self.picture.pk, title="E", file=new, collection="1")
        assert "never replaced" in response.content.decode()
        again = type(self.picture).objects.get(pk=self.picture.pk)
        again.file_hash = ""
        assert again.get_file_hash() == before

    def test_a_file_is_not_replaced(self):
        name = self.document.file.name
        new = SimpleUploadedFile("e-re.pdf", b"%PDF-1.7 other", "application/pdf")
        response = self.ana.post("wagtaildocs:edit", self.document.pk, title="E", file=new, collection="1")
        assert "never replaced" in response.content.decode()
        assert type(self.document).objects.get(pk=self.document.pk).file.name == name

    def test_what_stands_on_a_page_is_deleted_by_nobody(self):
        root = Editor("root", is_superuser=True)
        for person in (self.ana, root):
            for name, each in (("wagtailimages", self.picture), ("wagtaildocs", self.document)):
                person.post(f"{name}:delete", each.pk)
                bulk = reverse("wagtail_bulk_action", args=[each._meta.app_label, each._meta.model_name, "delete"])
                person.client.post(f"{bulk}?id={each.pk}")
                assert type(each).objects.filter(pk=each.pk).exists(), name

    def test_a_title_may_change_and_what_nothing_shows_may_be_deleted(self):
        unused = get_image_model().objects.create(title="Pa përdorim", file=get_test_image_file())
        self.ana.post("wagtailimages:edit", unused.pk, title="Tjetër", collection="1")
        unused.refresh_from_db()
        assert unused.title == "Tjetër"
        self.ana.post("wagtailimages:delete", unused.pk)
        assert not get_image_model().objects.filter(pk=unused.pk).exists()
        seen = AuditEntry.objects.filter(target_kind="image", target_id=str(unused.pk))
        assert {"cms.edit", "cms.delete"} <= set(seen.values_list("action", flat=True))
