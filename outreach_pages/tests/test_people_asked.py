"""What people asked reaches editors without unit, place and day; an editor says which page answers it."""

import datetime

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Locale, Page

from access.models import StaffRole
from access.staff.groups import follow_roles_of_all
from audit.models import AuditEntry
from content.models import HomePage

from ..asked.models import QuestionsReview
from ..records.actions import plan_again, record_session
from .places import person, region, session, town, unit

WORDS = "Çfarë bëjmë kur oferta vjen në telefon?"


class PeopleAskedTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        vlore = region("vlore", "Vlorë", "AL-12")
        town("vlore", "Vlorë", vlore)
        town("himare", "Himarë", vlore)
        cls.unit = unit(vlore)
        cls.worker = person("worker", unit=cls.unit)
        cls.editor = person("editor", StaffRole.EDITOR)
        follow_roles_of_all()

    def setUp(self):
        self.client.force_login(self.editor)

    def held(self, text=WORDS, days=1, **fields):
        made = session(self.worker, self.unit, date=timezone.localdate() - datetime.timedelta(days=days), **fields)
        values = {"questions_raised": text, "topics": fields.get("topics", ["labour"])}
        return record_session(session=made, by=self.worker, values=values, counts={})

    def read(self, query=""):
        return self.client.get(reverse("people_asked") + query).content.decode()

    def one(self, made):
        return reverse("people_asked_one", args=[made.pk])

    def mark(self, made, **given):
        return self.client.post(self.one(made), given)

    def page(self):
        home = HomePage(title="Kreu", slug="kreu", locale=Locale.get_default())
        Page.get_first_root_node().add_child(instance=home)
        return home.page_ptr

    def test_an_editor_reads_what_was_asked_and_nothing_of_where(self):
        made = self.held(place_name="Shkolla “Kanarina”")
        for html in (self.read(), self.client.get(self.one(made)).content.decode()):
            assert WORDS in html
            for hidden in ("Kanarina", self.unit.name, "Himarë", f"{made.date:%d.%m.%Y}"):
                assert hidden not in html

    def test_nothing_of_planned_sessions_and_of_those_without_questions(self):
        self.held(text="")
        session(self.worker, self.unit, questions_raised="Një pyetje e mëparshme?")
        assert "mëparshme" not in self.read()

    def test_the_newest_stand_first_in_pages_of_fifty(self):
        for number in range(52):
            self.held(text=f"Pyetja {number:02}?", days=number + 1)
        first, second = self.read(), self.read("?p=2")
        assert first.index("Pyetja 00?") < first.index("Pyetja 01?")
        assert "Pyetja 50?" not in first
        assert "Pyetja 51?" in second

    def test_filters_by_audience_topic_month_and_state(self):
        made = self.held()
        month = f"{made.date:%Y-%m}"
        for query, shown in (
            (f"?audience={made.audience}", True),
            ("?audience=men", False),
            ("?topic=labour", True),
            ("?topic=online", False),
            (f"?month={month}", True),
            ("?month=2014-01", False),
            ("?state=answered", False),
            ("?state=all", True),
        ):
            with self.subTest(query):
                assert (WORDS in self.read(query)) is shown
        assert "2026-11" in self.read("?month=hax")
        assert self.client.get(reverse("people_asked") + "?month=hax&audience=hax&p=hax").status_code == 200

    def test_marked_as_answered_by_a_page_recorded_and_opened_again(self):
        made, page = self.held(), self.page()
        assert self.mark(made, do="page", page="").status_code == 422
        assert self.mark(made, do="page", page="999999").status_code == 422
        assert self.mark(made, do="hax").status_code == 422
        assert not QuestionsReview.objects.exists()
        done = self.mark(made, do="page", page=page.pk)
        assert done.status_code == 302, done.content.decode()[:2000]
        review = QuestionsReview.objects.get()
        assert (review.page, review.by) == (page, self.editor)
        assert WORDS not in self.read()
        assert WORDS in self.read("?state=answered")
        entry = AuditEntry.objects.get(action="session.questions_marked")
        assert entry.detail["page"] == page.pk
        assert WORDS not in str(entry.detail)
        self.mark(made, do="open")
        assert WORDS in self.read()
        self.mark(made, do="not_for_a_page")
        assert WORDS in self.read("?state=not_for_a_page")

    def test_a_text_that_is_corrected_is_open_again(self):
        made = self.held()
        self.mark(made, do="not_for_a_page")
        record_session(session=made, by=self.worker, values={"method": "talk"}, counts={})
        assert QuestionsReview.objects.exists()
        record_session(session=made, by=self.worker, values={"questions_raised": "Tjetër pyetje?"}, counts={})
        assert "Tjetër pyetje?" in self.read()
        self.mark(made, do="not_for_a_page")
        plan_again(session=made, by=self.worker)
        assert not QuestionsReview.objects.exists()
        assert self.client.get(self.one(made)).status_code == 404

    def test_reading_changes_nothing_and_others_have_no_way_in(self):
        made = self.held()
        self.read()
        assert not QuestionsReview.objects.exists()
        self.client.force_login(self.worker)
        assert self.client.get(reverse("people_asked")).status_code in (302, 403, 404)
        assert self.mark(made, do="not_for_a_page").status_code in (302, 403, 404)
        assert not QuestionsReview.objects.exists()
