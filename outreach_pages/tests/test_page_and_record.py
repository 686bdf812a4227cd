"""A session's page and its record: what parts them, what doesn't, and the way back."""

from django.test import override_settings
from django.urls import reverse
from wagtail.models import PageLogEntry

from ..models import InformativeSession, SessionPage
from ..pages.actions import PageUnpublished, compute_state_mark, get_pages, renew_session_page, restore_from_record
from ..pages.differences import is_edited
from .cards_world import CARD, CardTest


class RecordTest(CardTest):
    def setUp(self):
        super().setUp()
        self.make_page()
        self.client.force_login(self.worker)

    def address(self, name):
        return reverse(f"session_cards:{name}", args=[self.session.pk])

    def english(self):
        return SessionPage.objects.get(locale__language_code="en")

    def save_draft(self, title="An editor's title"):
        page = self.english()
        page.title = title
        return page.save_revision(user=self.coordinator, log_action=True)


class TestWhatPartsThePage(RecordTest):
    def test_a_page_just_made_says_what_its_record_says(self):
        assert not any(is_edited(page) for page in get_pages(self.session))

    def test_a_draft_that_nobody_published_parts_nothing(self):
        self.save_draft()
        html = self.html(self.address("page"))
        assert "Create the page again from the record" in html
        assert "See what differs" not in html
        assert "has an unpublished draft of this page" in html

    def test_writing_anew_beside_a_draft_reaches_readers_and_keeps_the_draft_in_the_history(self):
        draft = self.save_draft()
        InformativeSession.objects.update(topics=["online"])
        assert self.client.post(self.address("renew")).status_code == 302
        assert "Online" in self.html(f"/en{CARD}")
        assert self.english().revisions.filter(pk=draft.pk).exists()
        assert not is_edited(self.english())

    def test_a_published_change_parts_it(self):
        self.save_draft().publish()
        assert is_edited(self.english())
        assert "See what differs" in self.html(self.address("page"))
        assert self.client.post(self.address("renew")).status_code == 409
        assert "An editor&#x27;s title" in self.html(f"/en{CARD}")

    def test_an_editor_who_publishes_the_records_own_text_again_joins_them_again(self):
        first = self.english().live_revision
        self.save_draft().publish()
        first.publish()
        assert not is_edited(self.english())

    def test_pages_made_before_fingerprints_are_judged_by_what_was_published(self):
        SessionPage.objects.update(record_digest="")
        self.save_draft()
        assert not is_edited(self.english())
        draft = self.english().latest_revision
        draft.content = draft.content | {"record_digest": ""}
        draft.save()
        draft.publish()
        assert PageLogEntry.objects.filter(revision=draft, action="wagtail.edit").exists()
        assert is_edited(self.english())


class TestTheWayBack(RecordTest):
    def setUp(self):
        super().setUp()
        self.save_draft().publish()

    def test_it_shows_both_texts_and_changes_nothing_by_being_looked_at(self):
        before = self.english().title
        html = self.html(self.address("difference"))
        assert "An editor&#x27;s title" in html
        assert self.english().title == before
        assert html.count('<dl class="panel change"') == 1

    def test_pressing_puts_the_records_text_back_and_keeps_the_editors_in_the_history(self):
        seen = compute_state_mark(get_pages(self.session))
        edited = self.english().live_revision_id
        assert self.client.post(self.address("difference"), {"seen": seen}).status_code == 302
        assert "An editor" not in self.english().title
        assert not is_edited(self.english())
        assert self.english().revisions.filter(pk=edited).exists()
        assert "Create the page again" in self.html(self.address("page"))

    def test_what_was_published_since_it_was_looked_at_is_not_written_over(self):
        seen = compute_state_mark(get_pages(self.session))
        self.save_draft("Another title").publish()
        response = self.client.post(self.address("difference"), {"seen": seen})
        assert response.status_code == 409
        assert "Check again" in response.content.decode()
        assert self.english().title == "Another title"

    def test_a_change_that_is_no_word_is_said(self):
        restore_from_record(session=self.session, by=self.worker, seen=compute_state_mark(get_pages(self.session)))
        page = self.english()
        raw = [dict(block) for block in page.body.raw_data]
        quiz = next(block for block in raw if block["type"] == "quiz")
        answers = quiz["value"]["questions"][0]["value"]["answers"]
        for answer in answers:
            answer["value"]["is_right"] = not answer["value"]["is_right"]
        page.body = page.body.stream_block.to_python(raw)
        page.save_revision(user=self.coordinator, log_action=True).publish()
        assert is_edited(self.english())
        assert "something else differs" in self.html(self.address("difference"))

    def test_another_units_worker_finds_no_difference_and_puts_nothing_back(self):
        self.client.force_login(self.stranger)
        assert self.client.get(self.address("difference")).status_code == 404
        assert self.client.post(self.address("difference"), {"seen": "x"}).status_code == 404

    def test_a_page_that_editors_took_away_is_not_brought_back(self):
        for page in get_pages(self.session):
            page.unpublish()
        for act in (
            lambda: renew_session_page(session=self.session, by=self.worker),
            lambda: restore_from_record(session=self.session, by=self.worker, seen=""),
        ):
            try:
                act()
            except PageUnpublished:
                continue
            raise AssertionError("it came back")
        assert self.client.post(self.address("renew")).status_code == 409
        assert not SessionPage.objects.filter(live=True).exists()


class TestMaterials(RecordTest):
    def use(self, *kinds):
        InformativeSession.objects.update(materials=[{"kind": kind, "number": 1} for kind in kinds])

    def opened(self, html):
        return html.split('class="materials"')[1].split("</section>")[0]

    def test_everything_it_names_as_openable_opens(self):
        self.use("leaflet", "pocket_card", "poster", "video", "worksheet", "presentation")
        for card in (CARD, f"/en{CARD}"):
            part = self.opened(self.html(card))
            links = [address.split('"')[0] for address in part.split('href="')[1:]]
            assert len(links) == 4
            for link in links:
                assert self.client.get(link).status_code == 200, link

    def test_what_was_used_and_opens_nothing_is_named_as_that(self):
        self.use("worksheet", "presentation")
        part = self.opened(self.html(f"/en{CARD}"))
        assert "not available here: Worksheets, Presentation." in part

    def test_a_film_that_no_page_shows_any_more_is_not_promised(self):
        self.use("video")
        for page in self.pages_with_the_film():
            page.unpublish()
        part = self.opened(self.html(f"/en{CARD}"))
        assert "with the film" not in part
        assert "not available here: Video." in part

    def test_a_session_without_any_material_still_opens_the_papers_that_the_printed_sentence_promises(self):
        self.use()
        part = self.opened(self.html(CARD))
        assert part.count("/fleta/") == 2
        assert "kuiz" in part.lower()

    def pages_with_the_film(self):
        from content.models import StepsPage

        return [page for page in StepsPage.objects.live() if any(block.block_type == "video" for block in page.body)]


class TestListed(CardTest):
    def test_only_what_may_be_listed_is_and_only_its_public_fields(self):
        InformativeSession.objects.update(is_public=True, place_name="Shkolla e fshehtë")
        html = self.html("/en/sessions/")
        listed = html.split('id="coming"')[1].split("</section>")[0]
        assert "Vlorë" in listed
        assert "high-school pupils" in listed
        assert "Recognising trafficking, legal rights" in listed
        for secret in ("Shkolla", self.session.card_code, self.unit.name):
            assert secret not in listed
        InformativeSession.objects.update(is_public=False)
        assert "No session is announced" in self.html("/en/sessions/")

    def test_a_cancelled_session_is_not_listed(self):
        InformativeSession.objects.update(is_public=True)
        InformativeSession.objects.update(
            state="cancelled", cancelled_at=self.session.planned_at, cancelled_by=self.worker, cancel_reason="host"
        )
        assert "Vlorë" not in self.html("/takime/").split('id="coming"')[1].split("</section>")[0]

    def test_sixty_one_past_sessions_stand_on_two_pages(self):
        day = self.session.date.replace(year=2020)
        for _number in range(61):
            self.make_session(is_public=True, date=day)
        first, second = self.html("/takime/"), self.html("/takime/?p=2")
        assert [html.count('class="listed-day"') for html in (first, second)] == [40, 21]
        assert "?p=2" in first

    @override_settings(LANGUAGE_CODE="sq")
    def test_days_are_albanian_on_the_albanian_page(self):
        InformativeSession.objects.update(is_public=True, date=self.session.date.replace(year=2099, month=11, day=26))
        assert "26 nëntor 2099" in self.html("/takime/").lower()
