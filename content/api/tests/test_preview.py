"""A draft in a front end elsewhere: only where one is configured, only by token, only for a day."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.signing import TimestampSigner
from django.test import override_settings
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail_headless_preview.models import PagePreview

from content.external_preview import EXTERNAL
from content.housekeeping import each_hour
from content.models import ArticlePage, HomePage, public_page_models
from content.tests.seeded import SeededTest

from ..page_queries import shown_models

FRONT = override_settings(WAGTAIL_HEADLESS_PREVIEW={"CLIENT_URLS": {"default": "https://front.example/preview"}})
DRAFT = "Drafti i ri"
FILE = b"%PDF-1.4 drafti"


class Preview(SeededTest):
    def page(self) -> ArticlePage:
        home = HomePage.objects.get(locale__language_code="sq")
        page = ArticlePage(title="E vjetra", slug="e-vjetra", locale=home.locale)
        home.add_child(instance=page)
        page.title = DRAFT
        return page

    def opened(self, page: ArticlePage):
        """What the editor's frame gets, and the query that the front end is given."""
        answer = page.make_preview_request(preview_mode=EXTERNAL)
        answer.render() if hasattr(answer, "render") and not answer.is_rendered else None
        address = answer.context_data["address"]
        return answer, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    def test_without_a_front_end_there_is_one_way_to_preview_and_no_draft_to_read(self):
        page = self.page()
        assert EXTERNAL not in dict(page.preview_modes)
        token = TimestampSigner(salt="headlesspreview.token").sign(f"id={page.pk}")
        page.update_page_preview(token)
        answer = self.client.get(f"/api/v2/page_preview/?content_type=content.articlepage&token={token}")
        assert answer.status_code == 404

    @FRONT
    def test_the_frame_may_show_the_front_end_and_nothing_else(self):
        page = self.page()
        assert EXTERNAL in dict(page.preview_modes)
        answer, query = self.opened(page)
        assert query["content_type"] == "content.articlepage"
        policy = answer["Content-Security-Policy"]
        assert "frame-src https://front.example" in policy
        assert "frame-ancestors 'self'" in policy
        assert "script-src 'self'" in policy

    @FRONT
    def test_the_sites_own_preview_stays_as_it_was(self):
        answer = self.page().make_preview_request(preview_mode="")
        assert DRAFT in answer.content.decode()
        assert "frame-src" not in answer["Content-Security-Policy"]

    @FRONT
    def test_who_holds_the_token_reads_the_draft_and_nobody_keeps_it(self):
        page = self.page()
        _answer, query = self.opened(page)
        answer = self.client.get("/api/v2/page_preview/", query)
        assert answer.status_code == 200, answer.content
        assert answer.json()["title"] == DRAFT
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"].startswith("noindex")
        assert DRAFT not in self.client.get(f"/api/v2/pages/{page.pk}/").content.decode()

    @FRONT
    def test_a_page_never_saved_can_be_previewed(self):
        home = HomePage.objects.get(locale__language_code="sq")
        page = ArticlePage(title=DRAFT, slug="e-re", locale=home.locale)
        page.path, page.depth = home.path + "000Z", home.depth + 1
        page.set_url_path(home)
        _answer, query = self.opened(page)
        answer = self.client.get("/api/v2/page_preview/", query)
        assert (answer.status_code, answer.json()["id"]) == (200, 0), answer.content

    @FRONT
    def test_a_wrong_old_or_foreign_token_opens_nothing(self):
        page = self.page()
        _answer, query = self.opened(page)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("content.external_preview.TOKEN_SECONDS", timedelta(seconds=-1).total_seconds())
            assert self.client.get("/api/v2/page_preview/", query).status_code == 404
        for wrong in ({"token": query["token"][:-1] + "x"}, {"token": "x"}, {"content_type": "content.helppage"}):
            assert self.client.get("/api/v2/page_preview/", query | wrong).status_code == 404, wrong
        PagePreview.objects.all().delete()
        assert self.client.get("/api/v2/page_preview/", query).status_code == 404

    @FRONT
    def test_each_type_that_the_api_tells_of_is_previewed_there_and_no_other(self):
        locale = self.page().locale
        for model in public_page_models():
            page = model.objects.live().first() or model(locale=locale)
            is_told = model in shown_models().values()
            assert (EXTERNAL in dict(page.preview_modes)) == is_told, model
            if is_told and page.pk:
                _answer, query = self.opened(page)
                answer = self.client.get("/api/v2/page_preview/", query)
                assert (answer.status_code, answer.json()["id"]) == (200, page.pk), model

    @FRONT
    def test_files_that_only_the_draft_shows_open_by_its_answer_for_a_day_and_each_for_itself(self):
        library = get_document_model()
        shown, other = (
            library.objects.create(title=name, file=ContentFile(FILE, name=name)) for name in ("a.pdf", "b.pdf")
        )
        page = self.page()
        page.body = [
            {"type": "download", "value": {"document": shown.pk, "title": "Fletë", "what": ""}},
            {"type": "rich_text", "value": f'<p><a linktype="document" id="{shown.pk}">fleta</a></p>'},
        ]
        _answer, query = self.opened(page)
        body = self.client.get("/api/v2/page_preview/", query).json()["body"]
        address = body[0]["value"]["document"]["url"].removeprefix("http://127.0.0.1:8000")
        assert address.partition("?")[0] == shown.url
        (in_the_words,) = re.findall(r'href="http://127.0.0.1:8000([^"]+)"', body[1]["value"])
        assert in_the_words.partition("?")[0] == shown.url  # signed apart, perhaps a second later
        self.client.logout()
        for told in (self.client.get(address), self.client.get(in_the_words)):
            assert told.getvalue() == FILE
            assert (told["Cache-Control"], told["Access-Control-Allow-Origin"]) == ("no-store", "*")
        signed = address.partition("?")[2]
        assert self.client.get(shown.url).status_code == 404
        assert self.client.get(f"{other.url}?{signed}").status_code == 404
        assert self.client.get(f"{shown.url}?draft={query['token']}").status_code == 404
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("content.external_preview.TOKEN_SECONDS", -1)
            assert self.client.get(address).status_code == 404
        with override_settings(WAGTAIL_HEADLESS_PREVIEW={"CLIENT_URLS": {}}):
            assert self.client.get(address).status_code == 404

    @FRONT
    def test_a_file_that_readers_have_keeps_its_plain_address_in_a_draft(self):
        file = get_document_model().objects.create(title="a", file=ContentFile(FILE, name="a.pdf"))
        page = self.page()
        page.body = [{"type": "download", "value": {"document": file.pk, "title": "Fletë", "what": ""}}]
        page.save_revision().publish()
        _answer, query = self.opened(page)
        told = self.client.get("/api/v2/page_preview/", query).json()["body"][0]["value"]["document"]["url"]
        assert told == f"http://127.0.0.1:8000{file.url}"

    @FRONT
    def test_a_draft_is_forgotten_within_hours_of_its_tokens_end_though_nobody_previews_again(self):
        self.opened(self.page())
        each_hour()
        assert PagePreview.objects.count() == 1
        PagePreview.objects.update(created_at=timezone.localdate() - timedelta(days=2))
        each_hour()
        assert not PagePreview.objects.exists()

    @FRONT
    def test_a_query_without_a_token_is_refused_with_words(self):
        answer = self.client.get("/api/v2/page_preview/?content_type=content.articlepage")
        assert answer.status_code == 400
        assert {"parameter": "token", "message": "Needed."} in answer.json()["errors"]
