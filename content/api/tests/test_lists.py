"""Lists: what Wagtail's filters are given, and what they leave in which order."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from content.models import ArticlePage, HomePage, SectionPage
from content.tests.seeded import SeededTest

PAGES = "/api/v2/pages/"


class Lists(SeededTest):
    def items(self, query: str) -> list[dict]:
        answer = self.client.get(f"{PAGES}?{query}")
        assert answer.status_code == 200, (query, answer.content)
        return answer.json()["items"]

    def asked(self, query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(f"{PAGES}{query}")
        return len(queries)

    def test_a_wrong_parameter_is_refused_before_the_database_is_asked(self):
        for query in ("?limit=x", "?nonsense=1", "?title=x", "?fields=password", "find/?id=x"):
            assert self.asked(query) == 0, query

    def test_root_is_the_home_page_of_the_first_language_in_every_filter_that_names_a_page(self):
        home = HomePage.objects.get(locale__language_code="sq")
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            by_name = self.items(f"{name}=root&limit=100&fields=_,id")
            assert by_name == self.items(f"{name}={home.pk}&limit=100&fields=_,id"), name
            assert bool(by_name) is (name != "ancestor_of"), name

    def test_filters_that_name_two_pages_hold_both(self):
        section = SectionPage.objects.live().filter(numchild__gt=0, locale__language_code="sq").first()
        beneath = self.items(f"child_of={section.pk}&limit=100")
        assert beneath
        assert self.items(f"child_of={section.pk}&descendant_of=root&limit=100") == beneath
        assert self.items(f"child_of=root&descendant_of={section.pk}") == []

    def test_pages_that_are_alike_stand_in_one_order_on_every_part_of_a_list(self):
        home = HomePage.objects.get(locale__language_code="sq")
        for number in range(5):
            home.add_child(instance=ArticlePage(title="E njëjta", slug=f"njejta-{number}", locale=home.locale))
        whole = self.items(f"child_of={home.pk}&order=-title&limit=100&fields=_,id")
        parts = [
            self.items(f"child_of={home.pk}&order=-title&limit=1&offset={place}&fields=_,id")[0]
            for place in range(len(whole))
        ]
        assert parts == whole

    def test_relatives_of_many_pages_cost_as_many_queries_as_those_of_few(self):
        fields = "type=content.ArticlePage&fields=translations,parent,children,section"
        self.asked(f"?{fields}")
        assert self.asked(f"?{fields}&limit=2") == self.asked(f"?{fields}&limit=100")
