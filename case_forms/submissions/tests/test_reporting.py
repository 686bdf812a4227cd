"""The report of an informative session, begun from its record and sent: the session is reported, once."""

import datetime
import json
import uuid
from pathlib import Path

import pytest
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.sources import Lists
from outreach_pages.models import InformativeSession
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user
from tests.world.scene import make_scene

from .. import session_reports
from ..actions import AnswersRefused, receive_submission
from ..models import Draft, Submission

FORM = Path(__file__).parents[2] / "form_builder" / "data" / "forms" / "session_report.json"
ANSWERS = {
    "facilitators": 2,
    "satisfaction_asked": False,
    "signals_received": 0,
    "incident": False,
    "follow_up": ["none"],
}


class ReportTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        scene = make_scene()
        cls.version = publish_form(
            form=save_definition(key="session_report", definition=json.loads(FORM.read_text(encoding="utf-8")))
        )
        cls.place, cls.unit, cls.worker = scene.place, scene.unit, scene.worker
        cls.colleague = make_user("worker", unit=cls.unit, language="en")
        cls.other_unit, cls.other = make_unit_with_worker(make_place())
        cls.coordinator = make_coordinator(cls.place)
        cls.session = cls.held()

    @classmethod
    def held(cls, **fields):
        values = {
            "unit": cls.unit,
            "municipality": cls.place.municipality,
            "place_type": "high_school",
            "place_name": "Shkolla “Demo”",
            "date": timezone.localdate() - datetime.timedelta(days=1),
            "starts_at": datetime.time(10, 0),
            "ends_at": datetime.time(10, 45),
            "audience": "high_school",
            "planned_by": cls.worker,
            "state": "held",
            "held_at": timezone.now(),
            "held_by": cls.worker,
        }
        return InformativeSession.objects.create(**(values | fields))

    def setUp(self):
        self.client.force_login(self.worker)


class TestTheReport(ReportTest):
    def begin(self, session=None):
        return self.client.post(
            reverse("intake:start", args=["session_report"]), {"session": str((session or self.session).pk)}
        )

    def receive(self, session=None, user=None, **more):
        named = {"session": str((session or self.session).pk)}
        return receive_submission(
            uuid=uuid.uuid4(),
            form_key="session_report",
            version=self.version.number,
            occurred_at=timezone.now(),
            answers=ANSWERS | named | more,
            user=user or self.worker,
        )

    def refused(self, code, **more):
        with pytest.raises(AnswersRefused) as refused:
            self.receive(**more)
        assert code in {error.code for error in refused.value.errors}, refused.value.errors
        return refused.value.errors

    def test_it_begins_from_the_record_with_the_session_and_its_time(self):
        self.begin()
        draft = Draft.objects.get()
        assert draft.answers == {"session": str(self.session.pk)}
        assert draft.occurred_at == self.session.begins_at()
        assert draft.unit == self.unit
        html = self.client.get(reverse("intake:section", args=[draft.pk, "the_session"])).content.decode()
        assert f'value="{self.session.pk}" selected' in html

    def test_pressing_twice_leads_to_the_same_draft(self):
        assert self.begin()["Location"] == self.begin()["Location"]
        assert Draft.objects.count() == 1

    def test_another_units_session_begins_nothing(self):
        self.client.force_login(self.other)
        assert self.begin().status_code == 404
        assert not Draft.objects.exists()
        for wrong in ("x", "", str(uuid.uuid4()), "'"):
            answer = self.client.post(reverse("intake:start", args=["session_report"]), {"session": wrong or "?"})
            assert answer.status_code == 404

    def test_sending_it_reports_the_session_in_the_same_deed(self):
        self.begin()
        draft = Draft.objects.get()
        draft.answers |= ANSWERS
        draft.save()
        answer = self.client.post(reverse("intake:review", args=[draft.pk]))
        self.assertRedirects(answer, reverse("intake:submission", args=[draft.pk]))
        self.session.refresh_from_db()
        assert self.session.state == "reported"
        assert self.session.reported_by == self.worker
        assert self.session.report_submission == draft.pk
        assert AuditEntry.objects.get(action="session.reported").target_id == str(self.session.pk)
        page = self.client.get(reverse("sessions:session", args=[self.session.pk])).content.decode()
        assert reverse("intake:sent", args=[draft.pk]) in page

    def test_a_session_is_reported_once(self):
        self.receive()
        self.refused("not_a_choice", user=self.colleague)
        assert Submission.objects.count() == 1

    def test_two_reports_at_once_leave_one(self):
        """The second has been checked before the first was stored."""
        first = self.receive()
        second = Submission(
            id=uuid.uuid4(),
            form_version=self.version,
            unit=self.unit,
            submitted_by=self.colleague,
            occurred_at=timezone.now(),
            answers={},
            fingerprint="x",
        )
        with pytest.raises(AnswersRefused) as refused:
            session_reports.report_by(second, ANSWERS | {"session": str(self.session.pk)})
        assert [error.code for error in refused.value.errors] == ["session_reported"]
        self.session.refresh_from_db()
        assert self.session.report_submission == first.submission.pk

    def test_what_is_only_planned_is_not_reported(self):
        planned = self.held(state="planned", held_at=None, held_by=None)
        self.refused("not_a_choice", session=planned)

    def test_another_units_session_is_as_unknown_as_none(self):
        self.refused("not_a_choice", user=self.other)

    def test_a_drill_reports_nothing(self):
        receive_submission(
            uuid=uuid.uuid4(),
            form_key="session_report",
            version=self.version.number,
            occurred_at=timezone.now(),
            answers=ANSWERS | {"session": str(self.session.pk)},
            user=self.worker,
            is_drill=True,
        )
        self.session.refresh_from_db()
        assert self.session.state == "held"

    def test_a_text_that_leads_to_a_person_is_refused_and_nothing_is_stored(self):
        errors = self.refused("leads_to_a_person", not_answered="Më telefononi në 069 123 4567")
        assert "069" not in str(errors)
        assert not Submission.objects.exists()
        self.session.refresh_from_db()
        assert self.session.state == "held"

    def test_the_review_page_tells_of_it_before_sending(self):
        self.begin()
        draft = Draft.objects.get()
        draft.answers |= ANSWERS | {"follow_up_note": "shkruani te a@b.example"}
        draft.save()
        assert self.client.post(reverse("intake:review", args=[draft.pk])).status_code == 422
        assert not Submission.objects.exists()


class TestTheListOfSessions(ReportTest):
    def test_a_worker_chooses_from_the_sessions_of_the_unit(self):
        (value, label) = Lists(self.worker).choices("sessions", "en")[0]
        assert value == str(self.session.pk)
        assert "high-school pupils" in label
        assert Lists(self.coordinator).has("sessions", value)
        assert Lists(self.other).choices("sessions", "en") == []
        assert Lists().choices("sessions", "en") == []

    def test_filters_read_how_far_a_session_is(self):
        found = Lists(self.worker).attributes("sessions", str(self.session.pk))
        assert found == {
            "audience": "high_school",
            "municipality": self.place.municipality.slug,
            "region": self.place.region.slug,
            "state": "held",
        }

    def test_cancelled_ones_cannot_be_named_and_the_last_stands_first(self):
        self.held(
            state="cancelled",
            held_at=None,
            held_by=None,
            cancelled_at=timezone.now(),
            cancelled_by=self.worker,
            cancel_reason="host",
        )
        older = self.held(date=timezone.localdate() - datetime.timedelta(days=40))
        assert [value for value, _label in Lists(self.worker).choices("sessions", "en")] == [
            str(self.session.pk),
            str(older.pk),
        ]
