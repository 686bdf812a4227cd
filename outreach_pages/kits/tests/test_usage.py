"""What editors see of the use of a kit and its materials, and what a session's record names."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from outreach_pages.feedback.models import FeedbackCount
from outreach_pages.models import InformativeSession, KitVersion, UsedMaterial
from outreach_pages.pages.labels import get_opinion_questions, get_quiz
from outreach_pages.records import actions
from outreach_pages.records.forms.outcome import CELLS, cell_name
from outreach_pages.tests.places import person, region, session, town, unit

from ..usage import build_kit_usage, build_material_usage, get_versions_with
from .kit_world import KitTest, build_slide


class UsedKitTest(KitTest):
    def setUp(self) -> None:
        super().setUp()
        self.sheet = self.put_material("Fleta e punës", "worksheet", ("task", {"title": "Po", "text": "", "lines": 2}))
        self.kit = self.put_kit(self.slides, self.sheet, slug="kompleti")
        self.version = self.newest()
        here = region("vlore", "Vlorë", "AL-12")
        town("vlore", "Vlorë", here)
        self.unit = unit(here)
        self.worker = person("punonjes", unit=self.unit, language="en")

    def newest(self) -> KitVersion:
        found = KitVersion.objects.newest(self.kit.pk)
        assert found is not None
        return found

    def publish_slides(self, title: str) -> KitVersion:
        self.slides.body = [("slide", dict(build_slide(title)[1]))]
        self.slides.save_revision().publish()
        return self.newest()

    def planned(self, **fields) -> InformativeSession:
        fields = {"date": timezone.localdate() - datetime.timedelta(days=1), "audience": "grade_9"} | fields
        return session(self.worker, self.unit, **({"kit_version": self.version} | fields))

    def held(self, people: int = 12, used=None, **fields) -> InformativeSession:
        counts = {("female", "15_17"): people}
        pages = [self.slides.pk] if used is None else used
        made = self.planned(**fields)
        return actions.record_session(session=made, by=self.worker, values={}, counts=counts, used=pages)

    def post(self, found: InformativeSession, **changed):
        cells = {cell_name(*cell): "" for cell in CELLS} | {cell_name(*CELLS[0]): 12}
        values = {"total": 12, "topics": ["reporting"], "method": "talk", "language": "sq", **cells, **changed}
        return self.client.post(reverse("sessions:outcome", args=[found.pk]), values)


class TestRecord(UsedKitTest):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.worker)

    def test_the_plan_offers_the_newest_versions_and_those_for_the_audience_first(self):
        other = self.put_kit(self.slides, slug="grate")
        other.audience, other.title = "women", "Gra dhe vajza"
        other.save_revision().publish()
        html = self.client.get(reverse("sessions:change", args=[self.planned(audience="women").pk])).content.decode()
        assert html.index("Gra dhe vajza · version 2") < html.index("Klasa e nëntë · version 1")
        assert "Gra dhe vajza · version 1 " not in html

    def test_the_version_that_a_plan_names_stays_choosable_when_a_newer_one_comes(self):
        found = self.planned()
        newer = self.publish_slides("Si mashtrojnë")
        html = self.client.get(reverse("sessions:change", args=[found.pk])).content.decode()
        assert f'<option value="{self.version.pk}" selected>' in html
        assert f'<option value="{newer.pk}">' in html

    def test_a_session_page_leads_to_its_version(self):
        html = self.client.get(reverse("sessions:session", args=[self.planned().pk])).content.decode()
        assert reverse("session_kits:kit", args=[self.version.pk]) in html
        assert "Klasa e nëntë · version 1" in html

    def test_what_was_really_used_is_stored_with_its_words_fingerprint(self):
        found = self.planned()
        answer = self.post(found, kit_version=self.version.pk, materials_of=self.version.pk, used=[self.slides.pk])
        assert answer.status_code == 302
        [row] = UsedMaterial.objects.filter(session=found)
        assert (row.page_id, row.digest) == (self.slides.pk, self.version.content["materials"][0]["digest"])
        html = self.client.get(reverse("sessions:session", args=[found.pk])).content.decode()
        assert "Used of the kit" in html

    def test_another_kit_asks_which_of_its_materials_were_used_and_loses_nothing(self):
        newer = self.publish_slides("Si mashtrojnë")
        found = self.planned()
        answer = self.post(
            found, kit_version=newer.pk, materials_of=self.version.pk, used=[self.slides.pk], questions_raised="Kur?"
        )
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "These are the materials of the kit that you chose." in html
        assert "Kur?" in html
        assert f'name="materials_of" value="{newer.pk}"' in html
        assert not UsedMaterial.objects.exists()
        answer = self.post(found, kit_version=newer.pk, materials_of=newer.pk, used=[self.sheet.pk])
        assert answer.status_code == 302
        found.refresh_from_db()
        assert found.kit_version == newer

    def test_a_kit_of_which_nothing_is_ticked_is_asked_about(self):
        found = self.planned()
        given = {"kit_version": self.version.pk, "materials_of": self.version.pk}
        answer = self.post(found, **given)
        assert answer.status_code == 422
        assert "You named a kit, and no material of it is ticked." in answer.content.decode()
        confirmed = "used:You named a kit, and no material of it is ticked."
        assert self.post(found, **given, confirmed=confirmed).status_code == 302

    def test_what_is_no_kit_is_told_beside_the_field(self):
        for wrong in ("x", "999999", str(10**30)):
            answer = self.post(self.planned(), kit_version=wrong, used=["x"])
            assert answer.status_code == 422, wrong
            assert 'aria-invalid="true"' in answer.content.decode()

    def test_a_reported_record_keeps_its_version_whatever_is_published_since(self):
        found = self.held()
        found = actions.report_session(session_id=found.pk, submission_id=found.pk, by=self.worker, at=timezone.now())
        newer = self.publish_slides("Si mashtrojnë")
        html = self.client.get(reverse("sessions:outcome", args=[found.pk])).content.decode()
        assert 'name="kit_version"' not in html
        answer = self.post(found, kit_version=newer.pk, materials_of=self.version.pk, used=[self.sheet.pk])
        assert answer.status_code == 302
        found.refresh_from_db()
        assert found.kit_version == self.version
        assert [row.page_id for row in found.used_materials.all()] == [self.sheet.pk]
        values, counts = {"kit_version": newer}, {("female", "15_17"): 12}
        with pytest.raises(actions.NotNow):
            actions.record_session(session=found, by=self.worker, values=values, counts=counts)

    def test_another_kit_in_the_plan_forgets_what_was_ticked_of_the_one_before(self):
        found = self.held()
        newer = self.publish_slides("Si mashtrojnë")
        actions.change_plan(session=found, by=self.worker, values={"kit_version": newer})
        assert not UsedMaterial.objects.exists()

    def test_held_by_mistake_takes_back_what_was_used(self):
        found = self.held()
        actions.plan_again(session=found, by=self.worker)
        assert not UsedMaterial.objects.exists()


class TestUsage(UsedKitTest):
    def give_feedback(self, found: InformativeSession, phase: str, question: str, **shown: int) -> None:
        """Count what the program's own questions were answered with."""
        rights = {each.key: each.right for each in get_quiz("grade_9")}
        for answer, number in shown.items():
            is_right = answer == rights[question] if question in rights else None
            FeedbackCount.objects.create(
                session=found, phase=phase, question=question, answer=answer, shown=number, is_right=is_right
            )

    def test_a_kit_counts_the_sessions_of_each_version(self):
        self.held()
        self.held(people=15)
        self.planned()
        newer = self.publish_slides("Si mashtrojnë")
        self.held(people=20, kit_version=newer)
        usage = build_kit_usage(self.kit)
        assert [(row.version.number, row.sessions, row.participants) for row in usage.versions] == [
            (2, 1, 20),
            (1, 2, 27),
        ]
        assert usage.sessions == 3

    def test_a_material_counts_only_the_sessions_that_used_it(self):
        self.held()
        self.held(used=[self.sheet.pk])
        assert build_material_usage(self.slides).sessions == 1
        usage = build_material_usage(self.sheet)
        assert usage.sessions == 1
        assert [kit.pk for kit in usage.kits] == [self.kit.pk]

    def test_sessions_with_fewer_than_ten_participants_are_in_no_sum(self):
        self.held(people=9)
        [row] = build_kit_usage(self.kit).versions
        assert (row.sessions, row.participants) == (1, 0)
        self.held(people=10)
        [row] = build_kit_usage(self.kit).versions
        assert (row.sessions, row.participants) == (2, 10)

    def test_the_programs_own_quiz_is_added_up_apart_from_every_version(self):
        question = get_quiz("grade_9")[0]
        wrong = next(key for key, _texts in question.answers if key != question.right)
        for _each in range(2):
            found = self.held()
            self.give_feedback(found, "before", question.key, **{question.right: 5, wrong: 5})
            self.give_feedback(found, "after", question.key, **{question.right: 10})
        usage = build_kit_usage(self.kit)
        assert (usage.before.percent, usage.before.answers) == (50, 20)
        assert (usage.after.percent, usage.after.answers) == (100, 20)
        assert [each.before.answers for each in usage.versions] == [0]
        self.client.force_login(self.ana.user)
        html = self.client.get(reverse("kit_usage", args=[self.kit.pk])).content.decode()
        assert "before 50 % right, of 20 answers; after 100 % right, of 20 answers." in html

    def test_opinions_add_up_only_what_each_session_shows(self):
        question = get_opinion_questions()[0]
        first, second, *_rest = [key for key, _texts in question.answers]
        for numbers in ({first: 12, second: 10}, {first: 3, second: 11}):
            self.give_feedback(self.held(), "after", question.key, **numbers)
        [summed] = build_kit_usage(self.kit).opinions
        # The three of the second session are suppressed there, and so they are here.
        assert summed.cells[0][1] == 12

    def test_versions_are_found_by_the_material_and_not_by_words_that_look_like_it(self):
        lookalike = self.put_material("Tekst", "handout", ("rich_text", f'<p>"page": {self.sheet.pk},</p>'))
        self.put_kit(lookalike, slug="ngjan")
        assert {each.pk for each in get_versions_with(self.sheet.pk)} == {self.version.pk}

    def test_editors_read_counts_and_months_and_neither_place_nor_day_nor_unit(self):
        found = self.held(place_name="Shkolla Kanarina", date=datetime.date(2026, 3, 17))
        self.client.force_login(self.ana.user)
        for page in (self.kit, self.slides):
            html = self.client.get(reverse("kit_usage", args=[page.pk])).content.decode()
            assert "03.2026" in html
            assert "12" in html
            for word in ("Kanarina", "17.3.2026", "17.03.2026", str(self.unit), found.card_code, "Vlorë"):
                assert word not in html

    def test_only_editors_read_it_and_only_of_kits_and_materials(self):
        self.client.force_login(self.worker)
        assert self.client.get(reverse("kit_usage", args=[self.kit.pk])).status_code == 404
        self.client.force_login(self.ana.user)
        assert self.client.get(reverse("kit_usage", args=[self.library.pk])).status_code == 404

    def test_the_editors_page_asks_the_database_as_often_for_many_sessions(self):
        self.client.force_login(self.ana.user)
        address = reverse("kit_usage", args=[self.kit.pk])
        self.held()
        self.client.get(address)
        with CaptureQueriesContext(connection) as few:
            self.client.get(address)
        for _each in range(4):
            self.held()
        with CaptureQueriesContext(connection) as many:
            self.client.get(address)
        assert len(many) <= len(few)

    def test_the_pages_of_kits_and_materials_lead_to_it(self):
        self.client.force_login(self.ana.user)
        for page in (self.kit, self.slides):
            html = self.client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
            assert reverse("kit_usage", args=[page.pk]) in html
