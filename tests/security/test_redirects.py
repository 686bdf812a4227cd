"""Attack: one editor adds a redirect from the help page to another site and unpublishes the page."""

from django.core import mail
from wagtail.contrib.redirects.models import Redirect

from audit.models import AuditEntry
from content import housekeeping
from content.models import HelpPage
from content.tests.editors import EditorsTest

EVIL = "https://evil.example/"


class TestRedirects(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        self.help = HelpPage.objects.get(locale__language_code="sq")

    def add(self, **given: object) -> object:
        return self.ana.post("wagtailredirects:add", old_path=self.help.url, **given)

    def test_a_redirect_to_another_site_is_refused_and_the_reader_gets_404(self):
        response = self.add(redirect_link=EVIL, is_permanent="on")
        assert response.status_code == 200
        assert not Redirect.objects.filter(old_path="/ndihme").exists()
        self.ana.post("wagtailadmin_pages:unpublish", self.help.pk)
        assert self.client.get(self.help.url).status_code == 404

    def test_one_that_hides_behind_a_page_of_ours_is_refused_too(self):
        self.add(redirect_link=EVIL, redirect_page=self.article.pk)
        assert not Redirect.objects.filter(old_path="/ndihme").exists()

    def test_one_that_an_earlier_release_let_in_is_not_followed(self):
        Redirect.add_redirect("/e-vjeter/", EVIL)
        assert self.client.get("/e-vjeter/").status_code == 404

    def test_none_is_permanent_whatever_the_table_says(self):
        Redirect.add_redirect("/e-vjeter/", self.article, is_permanent=True)
        for address in ("/e-vjeter/", "/e-vjeter/?utm_source=x"):
            response = self.client.get(address)
            assert (response.status_code, response["Location"]) == (302, self.article.url)

    def test_one_to_a_page_that_is_gone_ends_and_runs_in_no_circle(self):
        self.add(redirect_page=self.help.pk)
        self.ana.post("wagtailadmin_pages:unpublish", self.help.pk)
        assert self.client.get(self.help.url).status_code == 404

    def test_a_file_of_redirects_is_not_taken(self):
        for method in (self.ana.client.get, self.ana.client.post):
            for path in ("/cms/redirects/import/", "/cms/redirects/import/process/"):
                assert method(path).status_code == 404, path
        assert "import" not in self.ana.text("wagtailredirects:index").lower().split("<main")[-1]

    def test_an_editor_still_leads_an_old_address_to_a_page_and_everybody_hears_of_it(self):
        response = self.ana.post("wagtailredirects:add", old_path="/libri-i-vjeter/", redirect_page=self.article.pk)
        assert response.status_code == 302
        assert self.client.get("/libri-i-vjeter/")["Location"] == self.article.url
        redirect = Redirect.objects.get(old_path="/libri-i-vjeter")
        assert not redirect.is_permanent
        entry = AuditEntry.objects.get(action="cms.create", target_kind="redirect")
        assert (entry.actor_id, entry.target_id) == (str(self.ana.user.pk), str(redirect.pk))
        housekeeping.each_minute()
        assert sorted(each.to[0] for each in mail.outbox) == ["ana@vatra.example", "besa@vatra.example"]
        assert "/libri-i-vjeter" in mail.outbox[0].body
