"""The month, calendar files and the personal address; the numbers."""

import csv
import datetime
import io

import icalendar
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, StaffRole

from ..models import CalendarAddress, SessionCount
from .places import person, session, town
from .test_records_pages import RecordsTest


def events(answer):
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


class TestTheMonth(RecordsTest):
    def test_the_months_sessions_stand_on_their_days(self):
        planned = self.planned(date=datetime.date(2026, 11, 12))
        html = self.client.get(reverse("sessions:month"), {"month": "2026-11"}).content.decode()
        assert reverse("sessions:session", args=[planned.pk]) in html
        assert "Thursday, 12 November" in html
        assert (
            "No session in this month"
            in self.client.get(reverse("sessions:month"), {"month": "2026-12"}).content.decode()
        )

    def test_a_month_that_is_none_shows_this_one(self):
        for month in ("2026-13", "0000-00", "x", "2026-1", "99999-01", "2100-12", "2013-01"):
            assert self.client.get(reverse("sessions:month"), {"month": month}).status_code == 200

    def test_a_coordinator_of_two_regions_looks_at_one(self):
        both = person("both", StaffRole.COORDINATOR, region=self.vlore)
        Assignment.objects.create(user=both, role=StaffRole.COORDINATOR, region=self.lezhe)
        day = datetime.date(2026, 11, 12)
        self.planned(date=day, place_name="Shkolla V")
        session(self.other, self.other_unit, date=day, place_name="Shkolla L")
        self.client.force_login(both)
        html = self.client.get(reverse("sessions:month"), {"month": "2026-11", "region": "lezhe"}).content.decode()
        assert "Shkolla L" in html
        assert "Shkolla V" not in html

    def test_the_file_of_the_month_says_when_where_and_for_whom_and_no_more(self):
        self.planned(
            date=datetime.date(2026, 7, 1),
            partner_names="Organizata X",
            questions_raised="Pyetje",
            project="Projekti P",
        )
        answer = self.client.get(reverse("sessions:month_file"), {"month": "2026-07"})
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert "vatra-2026-07.ics" in answer["Content-Disposition"]
        (event,) = events(answer)
        assert event["dtstart"].dt == datetime.datetime(2026, 7, 1, 8, 0, tzinfo=datetime.UTC)
        assert "high-school pupils" in event["summary"]
        assert event["location"] == "Shkolla “Demo”, " + str(self.vlore.municipalities.first())
        text = answer.content.decode()
        for hidden in ("Organizata", "Pyetje", "Projekti", self.unit.name, self.worker.username):
            assert hidden not in text
        assert {name.upper() for name in event} == {
            "UID", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "CLASS",
        }  # fmt: skip


class TestThePersonalAddress(RecordsTest):
    def make(self):
        html = self.client.post(reverse("sessions:make_subscription")).content.decode()
        start = html.index("/field/sessions/calendar/of/")
        return html[start : html.index(".ics", start) + 4]

    def test_a_telephone_reads_it_without_a_session_and_only_what_its_person_may_see(self):
        self.planned()
        session(self.other, self.other_unit)
        address = self.make()
        self.client.logout()
        answer = self.client.get(address)
        assert answer.status_code == 200
        assert len(events(answer)) == 1
        assert "Set-Cookie" not in answer.headers
        assert "private" in answer["Cache-Control"]
        assert CalendarAddress.objects.get().read_on == timezone.localdate()

    def test_an_unchanged_calendar_is_not_sent_again(self):
        self.planned()
        address = self.make()
        first = self.client.get(address)
        assert self.client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304

    def test_the_secret_is_shown_once_and_kept_as_a_hash(self):
        address = self.make()
        secret = address.rsplit("/", 1)[1].removesuffix(".ics")
        assert secret not in self.client.get(reverse("sessions:subscription")).content.decode()
        kept = CalendarAddress.objects.get()
        assert secret not in str(kept.__dict__)
        assert len(secret) >= 40

    def test_a_stopped_address_an_older_one_and_a_wrong_one_are_gone_alike(self):
        old = self.make()
        new = self.make()
        assert self.client.get(old).status_code == 404
        assert self.client.get(new).status_code == 200
        self.client.post(reverse("sessions:revoke_subscription"))
        assert self.client.get(new).status_code == 404
        assert self.client.get(reverse("sessions:feed", args=["x" * 43])).status_code == 404
        assert self.entries("calendar_address.made").count() == 2
        assert self.entries("calendar_address.revoked").count() == 2

    def test_who_has_left_the_unit_reads_nothing_and_who_has_left_us_finds_no_calendar(self):
        self.planned()
        address = self.make()
        self.worker.assignments.update(
            starts_on=timezone.localdate() - datetime.timedelta(days=9),
            ends_on=timezone.localdate() - datetime.timedelta(days=1),
        )
        assert events(self.client.get(address)) == []
        type(self.worker).objects.filter(pk=self.worker.pk).update(is_active=False)
        assert self.client.get(address).status_code == 404

    def test_a_cancelled_session_is_struck_out(self):
        planned = self.planned()
        address = self.make()
        self.client.post(reverse("sessions:cancel", args=[planned.pk]), {"reason": "host"})
        assert [event["status"] for event in events(self.client.get(address))] == ["CANCELLED"]


class TestTheNumbers(RecordsTest):
    def held(self, day, counts, **fields):
        made = self.planned(date=day, state="held", held_at=timezone.now(), held_by=self.worker, **fields)
        SessionCount.objects.bulk_create(
            [SessionCount(session=made, sex=sex, age_group=age, number=number) for (sex, age), number in counts.items()]
        )
        return made

    def setUp(self):
        super().setUp()
        self.held(datetime.date(2026, 10, 5), {("female", "15_17"): 12, ("male", "15_17"): 10})
        self.held(datetime.date(2026, 10, 6), {("female", "15_17"): 20})
        self.held(datetime.date(2026, 11, 2), {("unknown", "unknown"): 30}, audience="community")
        self.planned(date=datetime.date(2026, 10, 7))
        self.range = {"since": "2026-10", "until": "2026-11"}

    def test_only_what_was_held_counts_by_month_region_audience_sex_and_age(self):
        rows = self.rows()
        assert [row[:5] for row in rows[1:3]] == [
            ["2026-10", "Vlorë", "high-school pupils", "2", "42"],
            ["2026-11", "Vlorë", "community members", "1", "30"],
        ]
        column = rows[0].index("women and girls, 15–17")
        assert rows[1][column] == "32"
        assert len(rows[0]) == 5 + 18 + 4

    def rows(self, **more):
        answer = self.client.get(reverse("sessions:numbers_file"), self.range | more)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def test_the_page_shows_the_same(self):
        html = self.client.get(reverse("sessions:numbers"), self.range).content.decode()
        assert "3 sessions" in html
        assert "72 participants" in html
        assert "can identify people" not in html

    def test_small_numbers_are_hidden_and_so_is_what_they_would_follow_from(self):
        self.held(datetime.date(2026, 11, 3), {("female", "60_plus"): 3}, audience="community")
        html = self.client.get(reverse("sessions:numbers"), self.range).content.decode()
        assert "Numbers below 10 can identify people" in html
        assert "can identify people" in self.rows()[-1][0]
        heads, *lines = self.rows()
        november = dict(zip(heads, lines[1], strict=True))
        # 33 came, and 30 of them are of unknown sex and age: the three would follow from these.
        assert november["participants"] == "33"
        assert [number for number in lines[1][5:23] if number != "0"] == ["not shown", "not shown"]
        assert "<td>3</td>" not in html
        assert "<td>30</td>" not in html

    def test_who_came_to_the_only_small_session_is_not_the_rest_of_all(self):
        self.held(datetime.date(2026, 10, 20), {("male", "18_24"): 4}, audience="men")
        heads, *lines = self.rows()
        shown = [dict(zip(heads, line, strict=True)) for line in lines[:3]]
        assert [line["participants"] for line in shown].count("not shown") >= 2
        html = self.client.get(reverse("sessions:numbers"), self.range).content.decode()
        assert "76 participants" in html

    def test_another_region_is_not_counted(self):
        self.client.force_login(self.other)
        assert len(self.rows()) == 1

    def test_taking_numbers_out_is_recorded(self):
        self.rows(audience="community")
        assert self.entries("sessions.numbers_exported").get().detail == {"lines": 1}

    def test_months_that_are_none_are_told(self):
        for wrong in ({"since": "x"}, {"since": "2026-12", "until": "2026-01"}, {"audience": "nobody"}):
            assert self.client.get(reverse("sessions:numbers"), wrong).status_code == 422
            assert self.client.get(reverse("sessions:numbers_file"), wrong).status_code == 422

    def test_a_session_without_numbers_counts_as_a_session(self):
        self.held(datetime.date(2026, 11, 9), {}, municipality=town("himare", "Himarë", self.vlore), audience="men")
        assert ["2026-11", "Vlorë", "men and boys", "1", "0"] in [row[:5] for row in self.rows()]
