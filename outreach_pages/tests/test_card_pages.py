"""What a card leads to, by HTTP."""

import re

from django.urls import reverse
from wagtail.models import Page

from content.models import Hotline, public_pages

from ..models import InformativeSession, SessionPage
from .cards_world import CARD, CODE, CardTest


class TestCard(CardTest):
    def test_the_page_is_read_at_its_short_address_in_both_languages(self):
        self.make_page()
        for address, language, words in ((CARD, "sq", "Për çfarë folëm"), (f"/en{CARD}", "en", "What we talked about")):
            html = self.html(address)
            assert f'<html lang="{language}">' in html
            assert words in html
        assert f'href="/en{CARD}"' in self.html(CARD)
        assert f'href="{CARD}"' in self.html(f"/en{CARD}")

    def test_it_says_what_was_covered_who_was_there_and_how_to_tell_and_nothing_that_was_typed(self):
        self.make_page()
        html = self.html(f"/en{CARD}")
        for words in ("How to spot a trick", "Your rights", "State Police", "When you want to report something"):
            assert words in html
        assert "Safety first" not in html
        assert "Keep your papers and your phone yourself" not in html  # not among the session's topics
        assert "Çelësi" not in html
        assert "victim" not in html.lower()

    def test_it_names_the_place_only_where_the_record_allows_it(self):
        InformativeSession.objects.update(show_place=True)
        self.session.refresh_from_db()
        self.make_page()
        assert "Çelësi" in self.html(f"/en{CARD}")

    def test_every_way_to_spell_a_code_leads_to_the_usual_one(self):
        for typed in ("7k2m9qxb", "7k2m-9qxb", "7K2M%209QXB"):
            response = self.client.get(f"/en/k/{typed}/")
            assert (response.status_code, response["Location"]) == (303, f"/en{CARD}")

    def test_unknown_ended_and_cancelled_cards_answer_with_the_same_bytes(self):
        self.make_page()
        self.end_card()
        ended = self.client.get(f"/en{CARD}")
        unknown = self.client.get("/en/k/ZZZZZZZZ/")
        malformed = self.client.get("/en/k/x/")
        assert [each.status_code for each in (ended, unknown, malformed)] == [404, 404, 404]
        assert ended.content == unknown.content == malformed.content
        assert 'href="tel:129"' in ended.content.decode()
        assert dict(ended.headers) == dict(unknown.headers)

    def test_a_card_without_a_page_still_leads_to_the_unit_and_the_numbers(self):
        html = self.html(f"/en{CARD}")
        assert self.unit.name in html
        assert 'href="tel:129"' in html
        self.make_page()
        for page in SessionPage.objects.all():
            page.unpublish()
        assert self.unit.name in self.html(f"/en{CARD}")

    def test_a_page_without_its_twin_is_read_in_the_language_it_has(self):
        self.make_page()
        SessionPage.objects.get(locale__language_code="en").unpublish()
        response = self.client.get(f"/en{CARD}")
        assert (response.status_code, response["Location"]) == (302, CARD)

    def test_pages_of_a_card_set_no_cookie_are_kept_nowhere_and_found_by_nobody(self):
        self.make_page()
        addresses = [CARD, f"/en{CARD}", "/k/", "/k/ZZZZZZZZ/", f"{CARD}mendimi/", f"{CARD}mendimi/para/"]
        for address in [*addresses, f"{CARD}mendimi/pas/faleminderit/"]:
            response = self.client.get(address)
            assert not response.cookies, address
            assert "Cookie" not in response.headers.get("Vary", ""), address
            assert "no-store" in response["Cache-Control"], address
            assert "noindex" in response["X-Robots-Tag"], address
            if response.status_code != 303:
                assert 'content="noindex' in response.content.decode(), address

    def test_titles_say_nothing_to_someone_who_looks_at_the_phone(self):
        self.make_page()
        for address in (CARD, f"/en{CARD}", "/k/", f"{CARD}mendimi/"):
            head = self.client.get(address).content.decode().split("</head>")[0]
            assert not re.search("trafik|traffick|victim|viktim|mashtr", head, re.IGNORECASE)

    def test_a_line_switched_off_is_gone_from_the_page_at_once(self):
        self.make_page()
        assert "tel:116111" in self.html(CARD)
        Hotline.objects.filter(key="alo_116111").update(publish="no")
        assert "tel:116111" not in self.html(CARD)

    def test_it_is_a_page_among_wagtails_whose_address_there_only_leads_on(self):
        page = self.make_page()[0]
        tree = page.get_parent().url + page.slug + "/"
        response = self.client.get(tree)
        assert (response.status_code, response["Location"]) == (302, CARD)
        assert response["Cache-Control"] == "no-store"
        assert CODE.lower() not in tree.lower()
        assert page.url == CARD

    def test_it_is_unlisted_everywhere(self):
        pages = self.make_page()
        assert not public_pages().filter(pk__in=[page.pk for page in pages]).exists()
        places = ["/", "/en/", "/takime/", "/en/sessions/", "/sitemap.xml", "/feed.xml", "/en/feed.xml"]
        places += ["/api/v2/pages/", "/api/v2/pages/?limit=20&search=session"]
        seen = 0
        for address in places:
            response = self.client.get(address)
            if response.status_code == 200:
                seen += 1
                body = response.content.decode()
                assert CODE not in body, address
                assert pages[0].slug not in body, address
                assert "Our session at school" not in body, address
        assert seen >= 4
        assert self.client.get(f"/api/v2/pages/{pages[0].pk}/").status_code == 404

    def test_an_editor_cannot_list_it_by_ticking_a_box(self):
        page = self.make_page()[0]
        page.is_listed, page.is_sensitive, page.show_in_menus = True, False, True
        page.save_revision().publish()
        page.refresh_from_db()
        assert (page.is_listed, page.is_sensitive, page.show_in_menus) == (False, True, False)

    def test_a_page_behind_a_restriction_is_not_read_by_card(self):
        for page in self.make_page():
            page.view_restrictions.create(restriction_type="login")
        assert "Për çfarë folëm" not in self.html(CARD)


class TestTypingACode(CardTest):
    def test_a_typed_code_leads_on_without_asking_whether_there_is_such_a_card(self):
        for typed, code in (("7k2m 9qxb", CODE), ("zzzz zzzz", "ZZZZZZZZ")):
            with self.assertNumQueries(0):
                response = self.client.post("/en/k/", {"code": typed})
            assert (response.status_code, response["Location"]) == (303, f"/en/k/{code}/")
            assert not response.cookies

    def test_what_cannot_be_a_code_is_told_beside_the_field_and_kept_in_it(self):
        html = self.client.post("/en/k/", {"code": "7K2<"}).content.decode()
        assert "A code has eight letters and digits" in html
        assert 'value="7K2&lt;"' in html
        assert 'aria-invalid="true"' in html
        assert "Write the code that is on the card" in self.client.post("/en/k/", {}).content.decode()

    def test_a_form_of_another_site_is_refused(self):
        sent = self.client.post("/k/", {"code": CODE}, headers={"Sec-Fetch-Site": "cross-site"})
        assert sent.status_code == 403


class TestMakingThePage(CardTest):
    def setUp(self):
        super().setUp()
        self.address = reverse("session_cards:page", args=[self.session.pk])

    def test_one_press_makes_the_page_in_both_languages_and_a_second_makes_no_other(self):
        self.client.force_login(self.worker)
        for _press in range(2):
            response = self.client.post(self.address)
            assert response["Location"] == f"{self.address}?done=made"
        assert sorted(SessionPage.objects.values_list("locale__language_code", flat=True)) == ["en", "sq"]
        assert SessionPage.objects.values("translation_key").distinct().count() == 1
        assert "The page has been created" in self.html(response["Location"])

    def test_the_coordinator_of_the_region_makes_it_too(self):
        self.client.force_login(self.coordinator)
        assert self.client.post(self.address).status_code == 302
        assert SessionPage.objects.count() == 2

    def test_looking_makes_nothing(self):
        self.client.force_login(self.worker)
        html = self.html(self.address)
        assert "Create the page" in html
        assert not SessionPage.objects.exists()

    def test_another_units_worker_finds_nothing_there(self):
        self.client.force_login(self.stranger)
        for name in ("page", "handouts"):
            assert self.client.get(reverse(f"session_cards:{name}", args=[self.session.pk])).status_code == 404
        for name in ("page", "renew", "keep"):
            assert self.client.post(reverse(f"session_cards:{name}", args=[self.session.pk])).status_code == 404
        assert not SessionPage.objects.exists()

    def test_every_audience_has_a_page_and_a_quiz(self):
        for audience, _label in InformativeSession._meta.get_field("audience").choices:
            self.session = self.make_session(audience=audience)
            for page in self.make_page():
                assert "quiz" in [block.block_type for block in page.body], audience

    def test_it_is_written_anew_from_the_record_until_an_editor_has_changed_it(self):
        self.make_page()
        InformativeSession.objects.update(topics=["online"])
        self.client.force_login(self.worker)
        renew = reverse("session_cards:renew", args=[self.session.pk])
        assert self.client.post(renew).status_code == 302
        assert "Online" in self.html(f"/en{CARD}")
        page = SessionPage.objects.get(locale__language_code="en")
        page.title = "An editor's title"
        page.save_revision(user=self.coordinator, log_action=True).publish()
        assert self.client.post(renew).status_code == 409
        assert "An editor&#x27;s title" in self.html(f"/en{CARD}")

    def test_without_a_sessions_page_it_says_whom_to_ask(self):
        Page.objects.filter(content_type__model="outreachindexpage").update(live=False)
        self.client.force_login(self.worker)
        response = self.client.post(self.address)
        assert response.status_code == 409
        assert "Ask an editor" in response.content.decode()


class TestEndingACard(CardTest):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.worker)
        self.address = reverse("session_cards:keep", args=[self.session.pk])

    def test_a_card_is_ended_and_opened_again(self):
        self.client.post(self.address, {"how_long": "ends"})
        assert self.client.get(CARD).status_code == 404
        self.client.post(self.address, {"how_long": "stays"})
        assert self.client.get(CARD).status_code == 200
        self.client.post(self.address, {"how_long": "until", "last_day": "2028-05-31"})
        self.session.refresh_from_db()
        assert str(self.session.card_expires_on) == "2028-05-31"

    def test_a_day_that_is_over_missing_or_nonsense_is_told_beside_the_field(self):
        for day, words in (
            ("2020-01-01", "That day has passed"),
            ("", "Choose the last day"),
            ("x", "Write the day as"),
        ):
            response = self.client.post(self.address, {"how_long": "until", "last_day": day})
            assert response.status_code == 422
            assert words in response.content.decode()
        assert "Choose how long" in self.client.post(self.address, {}).content.decode()
        self.session.refresh_from_db()
        assert self.session.card_expires_on is None

    def test_a_day_beside_it_stays_open_is_asked_about_and_not_dropped(self):
        response = self.client.post(self.address, {"how_long": "stays", "last_day": "2028-05-31"})
        html = response.content.decode()
        assert response.status_code == 422
        assert "You wrote a last day" in html
        assert 'value="2028-05-31"' in html
        assert "<title>Error: " in html
        assert re.search(r'class="error-summary"[^>]* autofocus', html)

    def test_the_day_it_had_does_not_stand_in_the_way_of_staying_open(self):
        self.client.post(self.address, {"how_long": "until", "last_day": "2028-05-31"})
        self.client.post(self.address, {"how_long": "stays", "last_day": "2028-05-31"})
        self.session.refresh_from_db()
        assert self.session.card_expires_on is None

    def test_no_paper_is_printed_for_an_ended_card(self):
        self.end_card()
        response = self.client.get(reverse("session_cards:handout", args=[self.session.pk, "leaflet", "sq"]))
        assert response["Location"] == reverse("session_cards:handouts", args=[self.session.pk])
        assert "nothing to hand out" in self.html(response["Location"])
