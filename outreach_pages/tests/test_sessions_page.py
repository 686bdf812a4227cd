from content.tests.seeded import SeededTest

from ..models import OutreachIndexPage


class TestSessionsPage(SeededTest):
    def test_the_sessions_page_says_for_whom_who_comes_and_what_happens_afterwards(self):
        html = self.html("/en/sessions/")
        for words in ("Grade nine", "High school", "The community", "Who comes", "If you want to talk afterwards"):
            assert words in html
        assert "We keep no lists of pupils&#x27; names" in html

    def test_the_outline_of_a_lesson_adds_up_to_its_length(self):
        page = OutreachIndexPage.objects.get(locale__language_code="sq")
        lesson = next(block.value for block in page.body if block.block_type == "outline")
        assert lesson["length"] == "45 minuta"
        assert sum(part["minutes"] for part in lesson["parts"]) == 45

    def test_parts_without_minutes_show_none(self):
        html = self.html("/en/sessions/")
        assert html.count('class="outline-minutes"') == 7
        assert "None" not in html

    def test_there_is_one_sessions_page_per_language(self):
        assert OutreachIndexPage.objects.count() == 2
        home = OutreachIndexPage.objects.first().get_parent().specific
        assert not OutreachIndexPage.can_create_at(home)
