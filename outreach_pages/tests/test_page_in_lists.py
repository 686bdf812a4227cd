"""How editors tell the pages of sessions apart, in Wagtail's lists and in ours."""

import datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from case_forms.submissions.seeding.reference import seed_groups
from content.review.models import DeletionRequest
from content.review.seeding import seed_review
from content.tests.editors import Editor

from ..models import SessionPage
from ..pages.actions import make_session_page
from .cards_world import CODE, CardTest


class TestSessionPagesInLists(CardTest):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        seed_groups()
        seed_review()

    def setUp(self):
        super().setUp()
        self.make_page()
        self.ana = Editor("ana")
        self.page = SessionPage.objects.get(locale__language_code="sq")
        self.mark = f"{timezone.localdate():%d.%m.%Y}, Vlorë, {CODE}"

    def make_more(self, number):
        for _i in range(number):
            make_session_page(session=self.make_session(), by=self.worker)

    def test_the_list_the_editor_and_the_choosers_name_day_town_and_card(self):
        parent = self.page.get_parent().pk
        for address in (
            reverse("wagtailadmin_explore", args=[parent]),
            reverse("wagtailadmin_pages:edit", args=[self.page.pk]),
            reverse("wagtailadmin_pages:history", args=[self.page.pk]),
            reverse("wagtailadmin_choose_page_child", args=[parent]),
            f"/cms/api/main/pages/?child_of={parent}&for_explorer=1",
        ):
            shown = self.ana.client.get(address).content.decode().replace("\\u00eb", "ë")
            assert self.mark in shown, address

    def test_they_name_neither_the_unit_nor_the_place(self):
        title = self.page.get_admin_display_title()
        assert self.session.place_name not in title
        assert str(self.unit) not in title

    def test_our_own_lists_name_them_too(self):
        # Before all seeded pages, whose dates come, too.
        SessionPage.objects.update(review_by=datetime.date(2020, 1, 1))
        DeletionRequest.objects.create(page_id=self.page.pk, asked_by=self.ana.user, why="Provë")
        for address in (reverse("review_by_report"), reverse("wagtailadmin_home")):
            assert self.mark in self.ana.client.get(address).content.decode(), address
        assert self.mark in self.ana.client.get(f"{reverse('review_by_report')}?export=csv").getvalue().decode()

    def test_no_list_asks_once_for_each_session(self):
        SessionPage.objects.update(review_by=timezone.localdate())
        parent = self.page.get_parent().pk
        addresses = (
            reverse("wagtailadmin_explore", args=[parent]),
            reverse("wagtailadmin_choose_page_child", args=[parent]),
            reverse("review_by_report"),
        )
        before = [self.count_title_queries(address) for address in addresses]
        self.make_more(3)
        SessionPage.objects.update(review_by=timezone.localdate())
        assert [self.count_title_queries(address) for address in addresses] == before

    def count_title_queries(self, address):
        """Return how many queries read sessions or municipalities."""
        with CaptureQueriesContext(connection) as asked:
            assert self.ana.client.get(address).status_code == 200
        return sum("informativesession" in each["sql"] or "municipality" in each["sql"] for each in asked)

    def test_a_page_of_which_wagtail_has_loaded_little_costs_one_query(self):
        little = Page.objects.get(pk=self.page.pk).specific_deferred
        with self.assertNumQueries(1):
            assert self.mark in little.get_admin_display_title()
