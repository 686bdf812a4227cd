"""What pages share: helplines, words, what readers search for, redirects, pictures and files."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Locale, UploadedFile

from content.models import GlossaryTerm, Hotline, SearchAnswer, SearchSynonyms
from content.tests.editors import rich
from sanitizer.tests import samples

from .acts import act, each_of
from .cms import page
from .day import Day
from .staff import Staff

SNIPPETS = "wagtailsnippets_content_"


# ---- what pages share ----


@act("line.made", "editor", f"{SNIPPETS}hotline:add")
def add_a_line(day: Day, me: Staff) -> Any:
    me.fill(
        f"{SNIPPETS}hotline:add", key=f"linja_{day.number()}", number="+355 69 777 0001", name_sq="Kanarina",
        name_en="Kanarina", short_sq="Kanarina", short_en="Kanarina", source="Kanarina", languages=["sq"],
    )  # fmt: skip
    return Hotline.objects.latest("pk")


def line(day: Day) -> Hotline:
    return add_a_line(day, day.editor)


@act("line.changed", "editor", f"{SNIPPETS}hotline:edit")
def change_a_line(day: Day, me: Staff) -> Any:
    made = line(day)
    me.fill(f"{SNIPPETS}hotline:edit", made.pk, number="+355 69 777 0002")
    return made


@act("line.called", "editor2", "line_called")
def write_a_call_down(day: Day, me: Staff) -> Any:
    made = line(day)
    me.post("line_called", made.pk, number=made.number)
    return made


@act("line.way_failed", "editor", "line_called")
def find_a_way_dead(day: Day, me: Staff) -> Any:
    made = line(day)
    Hotline.objects.filter(pk=made.pk).update(ways=[{"kind": "chat", "address": "https://kanarina.example"}])
    me.post("line_called", made.pk, dead="chat:https://kanarina.example")
    return made


@act("line.hidden", "editor", "line_hide")
def hide_a_line(day: Day, me: Staff) -> Any:
    made = line(day)
    Hotline.objects.filter(pk=made.pk).update(publish="yes")
    me.post("line_hide", made.pk)
    return made


@act("cms.delete", "editor", f"{SNIPPETS}hotline:delete")
def delete_a_line(day: Day, me: Staff) -> Any:
    made = line(day)
    me.post(f"{SNIPPETS}hotline:delete", made.pk)
    return "hotline", made.pk


def snippet(day: Day, name: str) -> dict[str, Any]:
    if name == "glossaryterm":
        return {"term": f"Kanarina {day.number()}", "slug": f"fjala-{day.number()}", "definition": rich("Kanarina")}
    if name == "searchsynonyms":
        return {
            "locale": Locale.objects.get(language_code="sq").pk,
            "words": f"kanarina{day.number()}\nzog{day.number()}",
        }
    return {"words": f"kanarina{day.number()}", "page": page(day).pk}


@each_of((("glossaryterm", GlossaryTerm), ("searchsynonyms", SearchSynonyms), ("searchanswer", SearchAnswer)))
def _snippets(given: tuple[str, Any]) -> None:
    name, model = given

    @act("cms.create", "editor", f"{SNIPPETS}{name}:add")
    def add_a_word(day: Day, me: Staff) -> Any:
        me.fill(f"{SNIPPETS}{name}:add", **snippet(day, name))
        return model.objects.latest("pk")

    @act("cms.edit", "editor", f"{SNIPPETS}{name}:edit")
    def change_a_word(day: Day, me: Staff) -> Any:
        made = add_a_word(day, me)
        me.fill(f"{SNIPPETS}{name}:edit", made.pk, **snippet(day, name))
        return made

    @act("cms.delete", "editor", f"{SNIPPETS}{name}:delete")
    def delete_a_word(day: Day, me: Staff) -> Any:
        made = add_a_word(day, me)
        me.post(f"{SNIPPETS}{name}:delete", made.pk)
        return name, made.pk


# ---- redirects, pictures, files ----


@act("cms.create", "editor", "wagtailredirects:add")
def add_a_redirect(day: Day, me: Staff) -> Any:
    me.post("wagtailredirects:add", old_path=f"/e-vjeter-{day.number()}/", redirect_page=page(day).pk)
    return Redirect.objects.latest("pk")


@act("cms.edit", "editor", "wagtailredirects:edit")
def change_a_redirect(day: Day, me: Staff) -> Any:
    made = add_a_redirect(day, me)
    me.post("wagtailredirects:edit", made.pk, old_path=made.old_path, redirect_page=page(day).pk)
    return made


@act("cms.delete", "editor", "wagtailredirects:delete")
def delete_a_redirect(day: Day, me: Staff) -> Any:
    made = add_a_redirect(day, me)
    me.post("wagtailredirects:delete", made.pk)
    return "redirect", made.pk


def picture() -> SimpleUploadedFile:
    return SimpleUploadedFile("kanarina.png", get_test_image_file().file.getvalue(), "image/png")


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("kanarina.pdf", samples.pdf(), "application/pdf")


@each_of((("images", get_image_model(), picture), ("docs", get_document_model(), paper)))
def _files(given: tuple[str, Any, Any]) -> None:
    app, model, upload = given
    kind, from_upload = model._meta.model_name, "image" if app == "images" else "document"

    def made(day: Day) -> Any:
        if app == "images":
            return model.objects.create(title="Kanarina", file=get_test_image_file())
        found = model(title="Kanarina", file_size=9)
        found.file.save(f"kanarina-{day.number()}.pdf", ContentFile(b"%PDF-1.7"))
        return found

    @act("cms.create", "editor", f"wagtail{app}:add")
    def add_a_file(day: Day, me: Staff) -> Any:
        me.post(f"wagtail{app}:add", title="Kanarina", collection="1", file=upload())
        return model.objects.latest("pk")

    @act("cms.edit", "editor", f"wagtail{app}:edit")
    def rename_a_file(day: Day, me: Staff) -> Any:
        found = made(day)
        me.post(f"wagtail{app}:edit", found.pk, title="Kanarina 2", collection="1")
        return found

    @act("cms.delete", "editor", f"wagtail{app}:delete")
    def delete_a_file(day: Day, me: Staff) -> Any:
        found = made(day)
        me.post(f"wagtail{app}:delete", found.pk)
        return kind, found.pk

    @act("cms.create", "editor", f"wagtail{app}:add_multiple")
    def add_several_files(day: Day, me: Staff) -> Any:
        headers = {"x-requested-with": "XMLHttpRequest"}
        address = reverse(f"wagtail{app}:add_multiple")
        answer = me.client.post(address, {"files[]": upload(), "title": "Kanarina", "collection": "1"}, headers=headers)
        assert answer.status_code == 200, answer.content
        me.note(answer)
        return model.objects.latest("pk")

    @act("cms.edit", "editor", f"wagtail{app}:edit_multiple")
    def rename_one_of_several_files(day: Day, me: Staff) -> Any:
        found = made(day)
        name = "image" if app == "images" else "doc"
        answer = me.client.post(
            reverse(f"wagtail{app}:edit_multiple", args=[found.pk]),
            {f"{name}-{found.pk}-title": "Kanarina 3", f"{name}-{found.pk}-collection": "1"},
            headers={"x-requested-with": "XMLHttpRequest"},
        )
        assert answer.json().get("success"), answer.content
        me.note(answer)
        return found

    @act("cms.delete", "editor", f"wagtail{app}:delete_multiple")
    def delete_one_of_several_files(day: Day, me: Staff) -> Any:
        found = made(day)
        answer = me.client.post(
            reverse(f"wagtail{app}:delete_multiple", args=[found.pk]), headers={"x-requested-with": "XMLHttpRequest"}
        )
        assert answer.json().get("success"), answer.content
        me.note(answer)
        return kind, found.pk

    @act("cms.create", "editor", f"wagtail{app}:create_multiple_from_uploaded_{from_upload}")
    def add_a_file_that_was_sent_before(day: Day, me: Staff) -> Any:
        waits = UploadedFile.objects.create(
            for_content_type=ContentType.objects.get_for_model(model), file=upload(), uploaded_by_user=me.user
        )
        prefix = f"uploaded-{from_upload}-{waits.pk}"
        answer = me.client.post(
            reverse(f"wagtail{app}:create_multiple_from_uploaded_{from_upload}", args=[waits.pk]),
            {f"{prefix}-title": "Kanarina", f"{prefix}-collection": "1"},
            headers={"x-requested-with": "XMLHttpRequest"},
        )
        assert answer.json().get("success"), answer.content
        me.note(answer)
        return model.objects.latest("pk")

    @act("cms.create", "editor", f"wagtail{app}_chooser:create")
    def add_a_file_while_choosing(day: Day, me: Staff) -> Any:
        prefix = "image" if app == "images" else "document"
        chooser = {
            f"{prefix}-chooser-upload-{name}": value for name, value in (("title", "Kanarina"), ("collection", "1"))
        }
        me.send(reverse(f"wagtail{app}_chooser:create"), **chooser, **{f"{prefix}-chooser-upload-file": upload()})
        return model.objects.latest("pk")
