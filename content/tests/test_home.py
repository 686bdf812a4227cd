"""The home page's doors, the foot of every page, and the pages about who answers for the service."""

import json
import re
from unittest.mock import patch

from case_forms.submissions.seeding.reference import seed_groups

from ..models import ArticlePage, HomePage, SeededText
from ..review.seeding import seed_review
from ..seeding.actions import seed_content
from ..seeding.pages import load_page_specs
from ..seeding.wording import fingerprint, get_stored_page_words
from .seeded import SeededTest

DOOR = re.compile(r'<article class="door">.*?</article>', re.DOTALL)
FOOT = re.compile(r'<footer class="site-footer">.*?</footer>', re.DOTALL)


def get_home(language="sq"):
    return HomePage.objects.get(locale__language_code=language)


class TestDoors(SeededTest):
    def get_doors(self, url="/"):
        return DOOR.findall(self.html(url))

    def test_there_are_three_each_with_one_next_step_and_the_first_one_is_the_next_step_of_the_page(self):
        for url in ("/", "/en/"):
            doors = self.get_doors(url)
            assert len(doors) == 3
            assert [door.count("<a ") for door in doors] == [1, 1, 1]
            assert ["btn-next" in door for door in doors] == [True, False, False]
        assert 'href="/ndihme/"' in self.get_doors()[0]
        assert 'href="/en/help/"' in self.get_doors("/en/")[0]

    def test_a_door_to_a_page_that_is_gone_keeps_its_words_and_leads_nowhere(self):
        ArticlePage.objects.get(slug="nese-shihni-dicka").unpublish()
        doors = self.get_doors()
        assert "Jam në merak për dikë" in doors[1]
        assert "<a " not in doors[1]

    def test_the_english_page_chosen_on_the_albanian_home_is_read_in_albanian(self):
        home = get_home()
        raw = list(home.doors.raw_data)
        english = ArticlePage.objects.get(
            locale__language_code="en", translation_key=self.get_bystanders().translation_key
        )
        raw[1]["value"]["page"] = english.pk
        HomePage.objects.filter(pk=home.pk).update(doors=json.dumps(raw))
        assert f'href="{self.get_bystanders().url}"' in self.get_doors()[1]

    def get_bystanders(self):
        return ArticlePage.objects.get(slug="nese-shihni-dicka")

    def test_without_doors_the_way_to_the_help_page_stands_there(self):
        HomePage.objects.update(doors="[]")
        html = self.html("/")
        assert not DOOR.search(html)
        assert re.search(r'btn-next" href="/ndihme/"', html)

    def test_other_front_ends_read_the_doors_with_the_addresses_of_their_pages(self):
        home = get_home("en")
        doors = self.client.get(f"/api/v2/pages/{home.pk}/").json()["doors"]
        assert doors[0]["value"]["title"] == "I need help"
        assert doors[0]["value"]["page"]["html_url"].endswith("/en/help/")
        ArticlePage.objects.get(locale=home.locale, translation_key=self.get_bystanders().translation_key).unpublish()
        assert self.client.get(f"/api/v2/pages/{home.pk}/").json()["doors"][1]["value"]["page"] is None


class TestFoot(SeededTest):
    def test_every_page_leads_to_what_editors_chose_and_to_nothing_that_is_not_public(self):
        [foot] = FOOT.findall(self.html("/te-drejtat/"))
        for slug in ("kush-jemi", "kontakt", "privatesia", "aksesueshmeria"):
            assert f'href="/{slug}/"' in foot
        ArticlePage.objects.get(slug="kontakt").unpublish()
        assert "/kontakt/" not in FOOT.findall(self.html("/te-drejtat/"))[0]

    def test_it_is_short_the_pages_of_the_menu_stand_in_the_menu(self):
        html = self.html("/te-drejtat/")
        assert "/drejtesia/" not in FOOT.findall(html)[0]
        assert "/drejtesia/" in html

    def test_a_home_page_without_any_has_a_foot_all_the_same(self):
        HomePage.objects.update(foot="[]")
        assert 'href="/ndihme/"' in FOOT.findall(self.html("/te-drejtat/"))[0]


class TestWhoAnswers(SeededTest):
    def test_addresses_come_from_the_settings_and_only_those_that_are_set(self):
        assert "nuk është vendosur ende" in self.html("/kontakt/")
        with self.settings(
            ORGANISATION_NAME="Qendra", ORGANISATION_ADDRESS="Rruga 1", PRIVACY_EMAIL="te@vatra.example"
        ):
            html = self.html("/privatesia/")
            assert "Rruga 1" in html
            assert 'href="mailto:te@vatra.example"' in html
            assert "te@vatra.example" not in self.html("/kontakt/")

    def test_terms_are_those_that_the_service_goes_by(self):
        with self.settings(SIGNAL_CLOSED_DAYS=77, DRAFT_DAYS=0):
            html = self.html("/en/privacy/")
        assert "77 days after we are done" in html
        assert "A form that a unit has begun" not in html

    def test_without_a_term_for_closed_cases_the_page_says_that_none_is_decided(self):
        with patch("case_forms.accountability.public_terms.get_months_of", return_value=None):
            assert "no term is decided yet" in self.html("/en/privacy/")


class TestAnEarlierHome(SeededTest):
    def setUp(self):
        super().setUp()
        seed_groups()
        seed_review()
        HomePage.objects.update(doors="[]", foot="[]", intro="Si ishte.")
        for language in ("sq", "en"):
            home = get_home(language)
            spec = next(spec for spec in load_page_specs() if spec["key"] == "home")
            SeededText.objects.filter(key=f"page:home:{language}").update(
                fingerprint=fingerprint(get_stored_page_words(home, spec))
            )

    def test_the_doors_are_proposed_and_wait_for_two_people(self):
        assert seed_content()["pages proposed for approval"] == 2
        assert not get_home().doors
        assert len(get_home().latest_revision.as_object().doors) == 3
        assert seed_content()["pages proposed for approval"] == 0

    def test_a_home_that_somebody_changed_stays_as_it_is(self):
        HomePage.objects.update(intro="Tonat.")
        assert seed_content()["pages proposed for approval"] == 0
