"""The pages of the record over HTTP: plan, record, call off, and who may do it."""

import datetime
import re
from html import unescape

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from audit.tests.counting import denials

from ..models import InformativeSession, SessionCount
from ..records.forms.outcome import CELLS, OutcomeForm, cell_name
from ..records.forms.plan import PlanForm
from .places import person, region, session, town, unit

YESTERDAY = datetime.timedelta(days=1)


def confirmation_in(html):
    return unescape(re.search(r'name="confirmed" value="([^"]+)" id', html).group(1))


class RecordsTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.vlore, cls.lezhe = region("vlore", "Vlorë", "AL-12"), region("lezhe", "Lezhë", "AL-08")
        town("vlore", "Vlorë", cls.vlore)
        cls.himare = town("himare", "Himarë", cls.vlore)
        town("kurbin", "Kurbin", cls.lezhe)
        cls.unit, cls.other_unit = unit(cls.vlore), unit(cls.lezhe)
        cls.worker = person("worker", unit=cls.unit)
        cls.other = person("other", unit=cls.other_unit)
        cls.coordinator = person("coordinator", StaffRole.COORDINATOR, region=cls.vlore)
        cls.editor = person("editor", StaffRole.EDITOR)

    def setUp(self):
        self.client.force_login(self.worker)

    def planned(self, **fields):
        return session(self.worker, self.unit, **fields)

    def past(self, **fields):
        return self.planned(date=timezone.localdate() - YESTERDAY, **fields)

    def plan_post(self, **changed):
        values = {
            "unit": "vlore",
            "municipality": "himare",
            "place_type": "high_school",
            "place_name": "Shkolla e mesme “Ismail Qemali”",
            "date": (timezone.localdate() + datetime.timedelta(days=3)).isoformat(),
            "starts_at": "10:00",
            "ends_at": "10:45",
            "audience": "high_school",
            "language": "sq",
            "topics": ["reporting", "recognition"],
            "partners": ["psychologist"],
        }
        return values | changed

    def outcome_post(self, counts, **changed):
        values = {
            "total": sum(counts.values()),
            "topics": ["recognition"],
            "method": "talk",
            "language": "sq",
            "materials_leaflet": "30",
            **{cell_name(*cell): number for cell, number in counts.items()},
        }
        return values | changed

    def entries(self, action):
        return AuditEntry.objects.filter(action=action)


class TestPlanning(RecordsTest):
    def test_a_worker_plans_a_session_and_it_is_recorded(self):
        answer = self.client.post(reverse("sessions:plan"), self.plan_post())
        made = InformativeSession.objects.get()
        self.assertRedirects(answer, reverse("sessions:session", args=[made.pk]))
        assert made.state == "planned"
        assert made.planned_by == self.worker
        assert made.topics == ["recognition", "reporting"]
        assert made.region == self.vlore
        assert self.entries("session.planned").get().target_id == str(made.pk)

    def test_a_school_named_after_a_person_is_no_doubt(self):
        answer = self.client.post(reverse("sessions:plan"), self.plan_post())
        assert answer.status_code == 302

    def test_a_card_can_not_be_open_longer_here_than_on_its_own_page(self):
        for day, is_taken in (("2150-01-01", False), (f"{timezone.localdate().year + 4}-01-01", True)):
            answer = self.client.post(reverse("sessions:plan"), self.plan_post(card_expires_on=day))
            assert (answer.status_code == 302) is is_taken, day

    def test_an_end_before_the_beginning_is_told_beside_it_and_nothing_is_lost(self):
        answer = self.client.post(reverse("sessions:plan"), self.plan_post(ends_at="09:00", grades="IX A"))
        assert answer.status_code == 422
        html = answer.content.decode()
        assert 'id="id_ends_at_error"' in html
        assert re.search(r'class="error-summary"[^>]* autofocus', html)
        assert "It ends before it starts" in html
        assert 'value="IX A"' in html
        assert not InformativeSession.objects.exists()

    def test_what_is_too_long_is_told_beside_it_and_not_cut_by_the_browser(self):
        long = "Shkolla " * 20
        answer = self.client.post(reverse("sessions:plan"), self.plan_post(place_name=long))
        assert answer.status_code == 422
        html = answer.content.decode()
        assert 'id="id_place_name_error"' in html
        assert long.strip() in html
        held = self.past()
        html += self.client.get(reverse("sessions:outcome", args=[held.pk])).content.decode()
        assert "maxlength" not in html

    def test_a_telephone_number_in_a_text_is_refused_and_not_repeated_in_the_error(self):
        answer = self.client.post(reverse("sessions:plan"), self.plan_post(partner_names="Klubi, 069 123 4567"))
        assert answer.status_code == 422
        assert "Remove the telephone number." in answer.content.decode()
        assert not InformativeSession.objects.exists()

    def test_what_reads_like_a_name_is_asked_about_once(self):
        wanted = self.plan_post(partner_names="Policia, Arta Hoxha")
        answer = self.client.post(reverse("sessions:plan"), wanted)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "looks like a person" in html
        assert "Arta Hoxha" in html
        key = confirmation_in(html)
        assert self.client.post(reverse("sessions:plan"), wanted | {"confirmed": key}).status_code == 302

    def test_a_confirmation_is_for_that_name_alone(self):
        html = self.client.post(reverse("sessions:plan"), self.plan_post(partner_names="Arta Hoxha")).content.decode()
        key = confirmation_in(html)
        other = self.plan_post(partner_names="Agim Demo", confirmed=key)
        assert self.client.post(reverse("sessions:plan"), other).status_code == 422

    def test_a_worker_cannot_plan_for_another_unit(self):
        answer = self.client.post(reverse("sessions:plan"), self.plan_post(unit="lezhe"))
        assert answer.status_code == 422
        assert not InformativeSession.objects.exists()

    def test_a_coordinator_plans_for_the_units_of_the_region(self):
        self.client.force_login(self.coordinator)
        assert self.client.post(reverse("sessions:plan"), self.plan_post()).status_code == 302
        assert InformativeSession.objects.get().planned_by == self.coordinator

    def test_changing_a_plan_is_recorded_with_the_fields_and_not_their_content(self):
        planned = self.planned()
        answer = self.client.post(reverse("sessions:change", args=[planned.pk]), self.plan_post(grades="X B"))
        assert answer.status_code == 302
        planned.refresh_from_db()
        assert planned.grades == "X B"
        entry = self.entries("session.changed").get()
        assert "grades" in entry.detail["fields"]
        assert "X B" not in str(entry.detail)

    def test_saving_an_unchanged_plan_writes_nothing(self):
        self.client.post(reverse("sessions:plan"), self.plan_post())
        made = InformativeSession.objects.get()
        self.client.post(reverse("sessions:change", args=[made.pk]), self.plan_post())
        assert not self.entries("session.changed").exists()

    def test_calling_off_asks_why_and_can_be_taken_back(self):
        planned = self.planned()
        url = reverse("sessions:cancel", args=[planned.pk])
        refused = self.client.post(url, {})
        assert refused.status_code == 422
        assert "<title>Error: " in refused.content.decode()
        self.client.post(url, {"reason": "weather"})
        planned.refresh_from_db()
        assert (planned.state, planned.cancel_reason, planned.cancelled_by) == ("cancelled", "weather", self.worker)
        self.client.post(reverse("sessions:again", args=[planned.pk]))
        planned.refresh_from_db()
        assert (planned.state, planned.cancel_reason, planned.cancelled_at) == ("planned", "", None)
        assert self.entries("session.cancelled").count() == self.entries("session.planned_again").count() == 1

    def test_a_day_that_is_no_day_shows_the_form_all_the_same(self):
        for day in ("2026-02-31", "x", "9999-99-99"):
            assert self.client.get(reverse("sessions:plan"), {"date": day}).status_code == 200


class TestRecording(RecordsTest):
    def test_recording_who_came_makes_a_session_held(self):
        past = self.past()
        counts = {("female", "15_17"): 14, ("male", "15_17"): 11, ("unknown", "unknown"): 2}
        answer = self.client.post(reverse("sessions:outcome", args=[past.pk]), self.outcome_post(counts))
        assert answer.status_code == 302
        past.refresh_from_db()
        assert (past.state, past.held_by) == ("held", self.worker)
        assert past.materials == [{"kind": "leaflet", "number": 30}]
        assert {(row.sex, row.age_group): row.number for row in past.counts.all()} == counts
        assert self.entries("session.held").get().detail["participants"] == 27
        html = self.client.get(reverse("sessions:session", args=[past.pk])).content.decode()
        assert "27 people took part" in html

    def test_a_wrong_number_of_one_material_is_told_at_that_one(self):
        past = self.past()
        wrong = {"materials_poster": "-1", "materials_video": "many"}
        answer = self.client.post(
            reverse("sessions:outcome", args=[past.pk]), self.outcome_post({("female", "15_17"): 20}, **wrong)
        )
        html = answer.content.decode()
        assert answer.status_code == 422
        boxes = dict(re.findall(r'name="materials_(\w+)" id="[^"]+" value="[^"]*"([^>]*)>', html))
        marked = {name for name, rest in boxes.items() if 'aria-describedby="id_materials_error"' in rest}
        assert marked == {"poster", "video"}
        assert "Posters: write how many there were" in html
        assert 'id="id_materials_error"' in html
        assert 'value="many"' in html

    def test_a_table_that_does_not_add_up_is_refused_with_the_difference(self):
        past = self.past()
        post = self.outcome_post({("female", "15_17"): 14}, total=16)
        answer = self.client.post(reverse("sessions:outcome", args=[past.pk]), post)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "adds up to 14: 2 are missing" in html
        assert 'value="14"' in html
        assert not SessionCount.objects.exists()
        past.refresh_from_db()
        assert past.state == "planned"

    def test_a_number_that_is_none_is_told_and_the_page_still_stands(self):
        past = self.past()
        for wrong in ("abc", "-3", "1e9", "99999", "１２x"):
            post = self.outcome_post({}, total=5) | {"count-female-15_17": wrong}
            assert self.client.post(reverse("sessions:outcome", args=[past.pk]), post).status_code == 422
        assert not SessionCount.objects.exists()

    def test_nobody_came_is_answered_with_what_to_do(self):
        post = self.outcome_post({}, total=0)
        html = self.client.post(reverse("sessions:outcome", args=[self.past().pk]), post).content.decode()
        assert "If nobody came, cancel it." in html

    def test_more_than_a_class_is_asked_about(self):
        past = self.past(audience="grade_9")
        url, post = reverse("sessions:outcome", args=[past.pk]), self.outcome_post({("female", "under_15"): 61})
        html = self.client.post(url, post).content.decode()
        assert "61 is more than a class" in html
        key = confirmation_in(html)
        assert self.client.post(url, post | {"confirmed": key}).status_code == 302

    def test_a_large_meeting_of_the_community_is_no_doubt(self):
        past = self.past(audience="community")
        post = self.outcome_post({("unknown", "unknown"): 300})
        assert self.client.post(reverse("sessions:outcome", args=[past.pk]), post).status_code == 302

    def test_what_has_not_begun_cannot_be_recorded_as_held(self):
        planned = self.planned()
        url = reverse("sessions:outcome", args=[planned.pk])
        assert self.client.get(url).status_code == 302
        self.client.post(url, self.outcome_post({("female", "15_17"): 3}))
        planned.refresh_from_db()
        assert planned.state == "planned"

    def test_putting_numbers_right_is_recorded_with_the_sum_before(self):
        past = self.past()
        url = reverse("sessions:outcome", args=[past.pk])
        self.client.post(url, self.outcome_post({("female", "15_17"): 14}))
        self.client.post(url, self.outcome_post({("female", "15_17"): 12, ("male", "15_17"): 1}))
        detail = self.entries("session.corrected").get().detail
        assert (detail["participants_before"], detail["participants"]) == (14, 13)

    def test_held_by_mistake_goes_back_to_planned_without_its_numbers(self):
        past = self.past()
        self.client.post(reverse("sessions:outcome", args=[past.pk]), self.outcome_post({("male", "60_plus"): 4}))
        self.client.post(reverse("sessions:again", args=[past.pk]))
        past.refresh_from_db()
        assert past.state == "planned"
        assert not past.counts.exists()

    def test_a_held_session_cannot_be_moved_into_the_future(self):
        past = self.past()
        self.client.post(reverse("sessions:outcome", args=[past.pk]), self.outcome_post({("male", "60_plus"): 4}))
        answer = self.client.post(reverse("sessions:change", args=[past.pk]), self.plan_post())
        assert answer.status_code == 422
        past.refresh_from_db()
        assert past.date < timezone.localdate()

    def test_there_is_no_field_for_a_participants_name(self):
        fields = {field.name for field in (*InformativeSession._meta.fields, *SessionCount._meta.fields)}
        assert not {name for name in fields if "participant" in name or "attend" in name or "pupil" in name}
        assert {name for name in fields if "name" in name} == {"place_name", "partner_names"}
        shown = {*PlanForm.base_fields, *OutcomeForm.base_fields}
        assert {name for name in shown if "name" in name} == {"place_name", "partner_names"}
        assert {field.name for field in SessionCount._meta.fields} == {"id", "session", "sex", "age_group", "number"}
        assert len(CELLS) == 18


class TestWhoSeesWhat(RecordsTest):
    def test_another_units_session_is_not_there_and_reaching_for_it_is_recorded(self):
        planned = self.planned()
        self.client.force_login(self.other)
        for name in ("session", "change", "outcome", "cancel"):
            assert self.client.get(reverse(f"sessions:{name}", args=[planned.pk])).status_code == 404
        assert self.client.post(reverse("sessions:again", args=[planned.pk])).status_code == 404
        assert denials(target_id=str(planned.pk)) == 5

    def test_a_coordinator_reads_and_plans_and_does_not_record(self):
        past = self.past()
        self.client.force_login(self.coordinator)
        assert self.client.get(reverse("sessions:session", args=[past.pk])).status_code == 200
        assert self.client.get(reverse("sessions:change", args=[past.pk])).status_code == 200
        assert self.client.get(reverse("sessions:outcome", args=[past.pk])).status_code == 404
        post = self.outcome_post({("female", "15_17"): 3})
        assert self.client.post(reverse("sessions:outcome", args=[past.pk]), post).status_code == 404
        past.refresh_from_db()
        assert past.state == "planned"

    def test_editors_and_visitors_find_nothing(self):
        planned = self.planned()
        for url in (reverse("sessions:list"), reverse("sessions:session", args=[planned.pk])):
            self.client.force_login(self.editor)
            assert self.client.get(url).status_code == 404
            self.client.logout()
            assert self.client.get(url).status_code == 302

    def test_reading_changes_nothing(self):
        past, before = self.past(), InformativeSession.objects.values_list("changed_at", "state").first()
        for name in ("session", "change", "outcome", "cancel"):
            self.client.get(reverse(f"sessions:{name}", args=[past.pk]))
        assert self.client.get(reverse("sessions:again", args=[past.pk])).status_code == 405
        assert InformativeSession.objects.values_list("changed_at", "state").first() == before


class TestTheList(RecordsTest):
    def test_it_says_what_to_do_when_there_is_nothing(self):
        assert "Plan the first one" in self.client.get(reverse("sessions:list")).content.decode()

    def test_a_past_one_asks_whether_it_was_held_and_a_held_one_for_its_report(self):
        past = self.past()
        html = self.client.get(reverse("sessions:list")).content.decode()
        assert "Was it held?" in html
        self.client.post(reverse("sessions:outcome", args=[past.pk]), self.outcome_post({("male", "60_plus"): 4}))
        html = self.client.get(reverse("sessions:list")).content.decode()
        assert "Was it held?" not in html
        assert "Waiting for its report" in html
        assert "4 people" in html

    def test_filters_narrow_and_bad_ones_are_told(self):
        self.planned(audience="parents", place_name="Qendra A")
        self.planned(audience="women", place_name="Qendra B")
        html = self.client.get(reverse("sessions:list"), {"audience": "parents"}).content.decode()
        assert "Qendra A" in html
        assert "Qendra B" not in html
        for wrong in (
            {"audience": "x"},
            {"since": "31.31.2026"},
            {"page": "zz"},
            {"since": "2026-05-01", "until": "2026-01-01"},
        ):
            assert self.client.get(reverse("sessions:list"), wrong).status_code == 200

    def test_the_list_asks_the_database_as_often_for_thirty_as_for_three(self):
        def queries():
            with self.assertNumQueries(FuzzyInt(1, 30)) as counted:
                self.client.get(reverse("sessions:list"))
            return len(counted)

        for _i in range(3):
            self.planned()
        few = queries()
        for _i in range(27):
            self.planned()
        assert queries() <= few


class FuzzyInt(int):
    """A number of queries up to a bound."""

    def __new__(cls, lowest, highest):
        made = super().__new__(cls, highest)
        made.lowest, made.highest = lowest, highest
        return made

    def __eq__(self, other):
        return self.lowest <= other <= self.highest

    __hash__ = int.__hash__
