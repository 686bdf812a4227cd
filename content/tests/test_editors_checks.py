"""The checks stand beside the editor, in a report, and see what has not been saved."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from unittest.mock import patch

from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.models import Page, PageLogEntry

from ..checks.models import CheckedPage
from ..checks.results import check_unchecked_pages, get_unchecked_pages
from ..checks.run import get_findings_by_page
from ..housekeeping import each_minute
from ..models import ArticlePage, Hotline
from ..models.public_page import PublicPageMixin
from .editors import Editor, EditorsTest, get_form
from .test_editors_review import UNVERIFIED


def check_all() -> int:
    """Checks all pages that wait, as the minutes do one after the other."""
    done = 0
    while checked := check_unchecked_pages():
        done += checked
    return done


class TestBesideTheEditor(EditorsTest):
    def test_the_editing_page_knows_where_to_ask(self):
        page = self.ana.text("wagtailadmin_pages:edit", self.article.pk)
        assert reverse("checks_on_edit", args=[self.article.pk]) in page
        assert "js/cms/checks.js" in page
        new = self.ana.text("wagtailadmin_pages:add", "content", "articlepage", self.home.pk)
        assert reverse("checks_on_create", args=["content", "articlepage", self.home.pk]) in new

    def test_what_is_typed_is_looked_at_before_it_is_saved(self):
        address = reverse("checks_on_edit", args=[self.article.pk])
        html = self.ana.client.post(address, get_form(self.article, text=UNVERIFIED)).content.decode()
        assert "069 123 4567" in html
        assert "prevents this page from being published" in html
        assert self.again(self.article).latest_revision == self.article.latest_revision
        assert "The checks found nothing" in self.ana.client.get(address).content.decode()

    def test_a_half_filled_form_is_looked_at_too(self):
        address = reverse("checks_on_edit", args=[self.article.pk])
        html = self.ana.client.post(address, get_form(self.article, title="", slug="")).content.decode()
        assert "The checks found nothing" in html
        html = self.ana.client.post(address, get_form(self.article, review_by="soon")).content.decode()
        assert "Correct them first" in html

    def test_a_form_without_its_parts_is_refused_not_broken(self):
        address = reverse("checks_on_edit", args=[self.article.pk])
        for data in ({}, {"title": "x"}, get_form(self.article) | {"body-count": "many"}):
            assert self.ana.client.post(address, data).status_code in (200, 400), data

    def test_a_page_that_does_not_exist_yet_is_looked_at(self):
        address = reverse("checks_on_create", args=["content", "articlepage", self.home.pk])
        page = ArticlePage(title="E re", slug="e-re-fare", locale=self.home.locale)
        html = self.ana.client.post(address, get_form(page, text=UNVERIFIED)).content.decode()
        assert "069 123 4567" in html
        assert not ArticlePage.objects.filter(slug="e-re-fare").exists()

    def test_others_are_not_answered(self):
        operator = Editor("op", "Operators", role="operator")
        address = reverse("checks_on_edit", args=[self.article.pk])
        assert operator.client.post(address, get_form(self.article)).status_code == 404
        assert self.client.post(address, get_form(self.article)).status_code in (302, 404)

    def test_markup_that_is_typed_comes_back_as_text(self):
        address = reverse("checks_on_edit", args=[self.article.pk])
        html = self.ana.client.post(
            address, get_form(self.article, title="<script>viktima</script>", text="x")
        ).content.decode()
        assert "<script>" not in html

    def test_every_page_type_shows_its_editor_and_its_checks(self):

        seen = set()
        for page in Page.objects.filter(depth__gte=2, locale__language_code="sq").specific():
            if type(page) in seen:
                continue
            seen.add(type(page))
            assert self.ana.get("wagtailadmin_pages:edit", page.pk).status_code == 200
            assert self.ana.client.get(reverse("checks_on_edit", args=[page.pk])).status_code == 200
        assert len(seen) >= 4


class TestReports(EditorsTest):
    def test_all_pages_are_checked_in_one_report(self):
        bad = self.new_article(title="E keqe", slug="e-keqe", body=[("rich_text", f"<p>{UNVERIFIED}</p>")])
        check_all()
        html = self.ana.text("findings_report")
        assert "E keqe" in html
        assert "069 123 4567" in html
        csv = b"".join(self.ana.get("findings_report", export="csv").streaming_content).decode()
        assert "069 123 4567" in csv
        assert self.ana.get("findings_report", export="xlsx").status_code == 200
        bad.delete()
        assert "E keqe" not in self.ana.text("findings_report")

    def test_a_page_that_was_published_since_waits_to_be_checked_and_the_report_says_so(self):
        check_all()
        assert "to be checked" not in self.ana.text("findings_report")
        page = self.new_article(title="E keqe", slug="e-keqe", body=[("rich_text", f"<p>{UNVERIFIED}</p>")])
        assert "1 page is waiting to be checked" in self.ana.text("findings_report")
        each_minute()
        html = self.ana.text("findings_report")
        assert "E keqe" in html
        assert "to be checked" not in html
        page.body = []
        page.save_revision().publish()
        html = self.ana.text("findings_report")
        assert "E keqe" in html
        assert "Corrected since" in html
        each_minute()
        assert "E keqe" not in self.ana.text("findings_report")

    def test_a_line_that_stops_being_shown_makes_every_page_be_looked_at_anew(self):
        check_all()
        Hotline.objects.first().save()
        assert get_unchecked_pages().count() == CheckedPage.objects.count() > 0
        assert check_all() == CheckedPage.objects.count()

    def test_a_page_is_looked_at_each_day(self):
        check_all()
        assert not get_unchecked_pages().exists()
        assert get_unchecked_pages(timezone.now() + timedelta(days=1, minutes=1)).count() == CheckedPage.objects.count()

    def test_the_report_checks_only_the_pages_that_it_shows(self):
        for number in range(60):
            self.new_article(title=f"E {number:02}", slug=f"e{number}", body=[("rich_text", f"<p>{UNVERIFIED}</p>")])
        check_all()
        with patch("content.reports.views.get_findings_by_page", wraps=get_findings_by_page) as checked:
            self.ana.text("findings_report")
        assert sum(len(call.args[0]) for call in checked.call_args_list) == 50

    def test_seeded_pages_have_nothing_that_must_not_be_published(self):
        check_all()
        assert "vatra-finding--stop" not in self.ana.text("findings_report")

    def test_pages_past_their_day_stand_in_the_report_and_on_the_first_page(self):
        today = timezone.localdate()
        # The seeded ones would fill the first page of the report from the day on that they are past theirs.
        for model in apps.get_models():
            if issubclass(model, PublicPageMixin):
                model.objects.update(review_by=None)
        for days, title in ((-1, "E kaluar"), (10, "Së shpejti"), (200, "Më vonë")):
            self.new_article(title=title, slug=f"faqe{days}", review_by=today + timedelta(days=days))
        report = self.ana.text("review_by_report")
        assert "E kaluar" in report
        assert "Së shpejti" in report
        assert "Më vonë" not in report
        later = self.ana.get("review_by_report", due="later", export="csv")
        assert "Më vonë" in b"".join(later.streaming_content).decode()
        past = self.ana.text("review_by_report", due="past")
        assert "E kaluar" in past
        assert "Së shpejti" not in past
        first = self.ana.text("wagtailadmin_home")
        assert "E kaluar" in first
        assert "Më vonë" not in first
        csv = b"".join(self.ana.get("review_by_report", export="csv").streaming_content).decode()
        assert "E kaluar" in csv
        assert self.ana.get("review_by_report", export="xlsx").status_code == 200

    def test_times_in_the_files_are_those_of_the_clock_on_the_wall(self):
        PageLogEntry.objects.log_action(self.article, "content.change_note", user=self.ana.user, data={"words": "Po."})
        noon = datetime(2026, 7, 1, 10, 5, 7, 123456, tzinfo=UTC)
        PageLogEntry.objects.filter(action="content.change_note").update(timestamp=noon)
        csv = b"".join(self.ana.get("changes_report", export="csv").streaming_content).decode()
        assert "2026-07-01 12:05,Provë,Po.," in csv
        book = load_workbook(BytesIO(b"".join(self.ana.get("changes_report", export="xlsx").streaming_content)))
        assert book.active["A2"].value.replace(microsecond=0) == datetime(2026, 7, 1, 12, 5, 7)  # noqa: DTZ001

    def test_every_report_opens_and_refuses_others(self):
        operator = Editor("op", "Operators", role="operator")
        for name in ("review_by_report", "lines_report", "findings_report", "changes_report"):
            assert self.ana.get(name).status_code == 200, name
            assert self.ana.get(f"{name}_results").status_code == 200, name
            assert self.ana.get(name, export="csv").status_code == 200, name
            assert operator.get(name).status_code == 404, name

    def test_the_reports_stand_in_the_menu(self):
        menu = self.ana.text("wagtailadmin_home")
        for name in ("review_by_report", "lines_report", "findings_report", "changes_report"):
            assert reverse(name) in menu


class TestWordsToAvoid(EditorsTest):
    def test_editors_change_the_words(self):
        address = reverse("wagtailsettings:edit", args=["checks", "wordstoavoid"])
        page = self.ana.client.get(address, follow=True)
        kept = page.context["form"].initial
        response = self.ana.client.post(
            page.request["PATH_INFO"],
            {**kept, "avoid_sq": "fjalë* = tekst", "avoid_en": "", "loud_sq": "", "loud_en": ""},
        )
        assert response.status_code == 302
        html = self.ana.client.get(reverse("checks_on_edit", args=[self.article.pk])).content.decode()
        assert "The checks found nothing" in html
        self.new_article(slug="fjale", title="Fjalët tona")
        check_all()
        assert "Fjalët" in self.ana.text("findings_report")

    def test_a_line_without_a_word_is_refused_beside_its_field(self):
        page = self.ana.client.get(reverse("wagtailsettings:edit", args=["checks", "wordstoavoid"]), follow=True)
        response = self.ana.client.post(page.request["PATH_INFO"], {"avoid_sq": "*** = x"})
        assert "This line has no word" in response.content.decode()


class TestPreview(EditorsTest):
    def test_the_twin_is_seen_beside_the_page(self):
        twin = self.home.get_translations().get()
        names = dict(self.home.preview_modes)
        assert names["twin-en"] == "English"
        response = self.ana.client.get(
            reverse("wagtailadmin_pages:view_draft", args=[self.home.pk]), {"mode": "twin-en"}
        )
        html = response.content.decode()
        assert '<html lang="en"' in html
        assert twin.title in html

    def test_a_page_without_a_twin_says_so(self):
        html = self.article.make_preview_request(preview_mode="twin-en").content.decode()
        assert "English" in html

    def test_only_the_preview_beside_the_editor_brings_what_wagtails_own_checks_ask(self):
        preview = reverse("wagtailadmin_pages:preview_on_edit", args=[self.article.pk])
        assert self.ana.client.post(preview, get_form(self.article)).json()["is_valid"]
        beside = self.ana.client.get(preview, {"mode": "", "in_preview_panel": "true"})
        assert "checker-axe-configuration" in beside.content.decode()
        alone, public = self.ana.client.get(preview, {"mode": ""}), self.client.get(self.article.url)
        for other in (alone, public):
            assert "Një fjali." in other.content.decode()
            assert "userbar" not in other.content.decode()

    def test_the_preview_offers_three_widths_the_phone_first(self):
        assert [size["name"] for size in self.article.preview_sizes] == ["mobile", "tablet", "desktop"]
        assert self.article.default_preview_size == "mobile"
