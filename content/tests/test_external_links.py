"""Links to other sites say where they lead, on every page that shows an editor's text."""

from django.test import SimpleTestCase, override_settings

from ..external_links import show_hosts
from ..models import ArticlePage
from .public_site import PublicSiteTest, main, stream

REL = 'rel="noreferrer noopener"'


@override_settings(PUBLIC_URL="https://vatra.example")
class TestExternalLinks(SimpleTestCase):
    def test_the_host_stands_behind_the_words(self):
        shown = show_hosts('<p><a href="https://www.femijet.gov.al/x">Njësitë</a>.</p>')
        assert shown == (
            f'<p><a href="https://www.femijet.gov.al/x" {REL}>Njësitë</a>'
            ' <span class="link-host">(femijet.gov.al)</span>.</p>'
        )

    def test_words_that_name_the_host_say_it_once(self):
        assert "link-host" not in show_hosts('<a href="https://femijet.gov.al/x">Femijet.gov.al</a>')

    def test_an_address_that_pretends_shows_where_it_leads(self):
        shown = show_hosts('<a href="https://femijet.gov.al@else.example/?a=1&amp;b=2">Njësitë</a>')
        assert "(else.example)" in shown

    def test_our_own_pages_anchors_telephones_and_mail_stay_as_they_are(self):
        for address in ("https://vatra.example/en/", "/en/", "#here", "tel:116111", "mailto:a@b.al", "https://[x"):
            link = f'<a href="{address}">x</a>'
            assert show_hosts(link) == link

    def test_several_links_each_have_their_own(self):
        shown = show_hosts('<a href="https://a.al">x</a> <a rel="author" href="http://b.al/">y</a>')
        assert shown.count(REL) == 2
        assert "author" not in shown
        assert shown.index("(a.al)") < shown.index("(b.al)")


class TestOnAPage(PublicSiteTest):
    def test_in_the_text_and_in_the_sources(self):
        text = '<p><a href="https://nukjevetem.al/">Udhëzues</a></p>'
        sources = '<ul><li><a href="https://nisma-arsis.org/x">Shërbimet</a></li></ul>'
        page = self.put(ArticlePage(title="A", slug="a", body=stream(("rich_text", text)), sources=sources))
        html = main(self.html(page))
        assert (
            f'<a href="https://nukjevetem.al/" {REL}>Udhëzues</a> <span class="link-host">(nukjevetem.al)</span>'
            in html
        )
        assert "(nisma-arsis.org)" in html
