import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from access.models import StaffRole

from ..models import InformativeSession, SessionCount
from ..records.models import CARD_ALPHABET, new_card_code
from ..records.no_names import find_details, without_details
from .places import person, region, session, town, unit


class TestTheRecord(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.vlore, cls.lezhe = region("vlore", "Vlorë", "AL-12"), region("lezhe", "Lezhë", "AL-08")
        town("vlore", "Vlorë", cls.vlore)
        cls.kurbin = town("kurbin", "Kurbin", cls.lezhe)
        cls.unit, cls.other_unit = unit(cls.vlore), unit(cls.lezhe)
        cls.worker = person("worker", unit=cls.unit)
        cls.other = person("other", unit=cls.other_unit)
        cls.coordinator = person("coordinator", StaffRole.COORDINATOR, region=cls.lezhe)
        cls.editor = person("editor", StaffRole.EDITOR)
        cls.session = session(cls.worker, cls.unit)

    def refused(self, **fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            InformativeSession.objects.filter(pk=self.session.pk).update(**fields)

    def test_a_card_code_says_nothing_and_forms_no_word(self):
        codes = {new_card_code() for _i in range(500)}
        assert len(codes) == 500
        assert all(len(code) == 8 and set(code) <= set(CARD_ALPHABET) for code in codes)
        assert not set("AEIOUY01L") & set(CARD_ALPHABET)

    def test_a_unit_sees_its_own_sessions_and_a_coordinator_those_of_the_region(self):
        seen = InformativeSession.objects.visible_to
        assert list(seen(self.worker)) == [self.session]
        assert not seen(self.other).exists()
        assert not seen(self.coordinator).exists()
        assert not seen(self.editor).exists()

    def test_a_session_held_in_another_region_is_seen_by_that_regions_coordinator_too(self):
        there = session(self.worker, self.unit, municipality=self.kurbin)
        assert list(InformativeSession.objects.visible_to(self.coordinator)) == [there]
        assert there.region == self.lezhe

    def test_nothing_is_public_unless_somebody_said_so(self):
        assert not InformativeSession.objects.public().exists()
        shown = session(self.worker, self.unit, is_public=True)
        assert list(InformativeSession.objects.public()) == [shown]

    def test_a_cancelled_session_is_neither_public_nor_behind_a_card(self):
        called_off = session(
            self.worker,
            self.unit,
            is_public=True,
            state="cancelled",
            cancelled_at=timezone.now(),
            cancelled_by=self.worker,
            cancel_reason="weather",
        )
        assert called_off not in InformativeSession.objects.public()
        assert called_off not in InformativeSession.objects.with_open_card()
        assert not called_off.card_is_open()

    def test_a_card_closes_the_day_after_its_last_one(self):
        last = datetime.date(2026, 6, 30)
        brief = session(self.worker, self.unit, card_expires_on=last)
        on = InformativeSession.objects.with_open_card
        assert brief in on(last)
        assert brief not in on(last + datetime.timedelta(days=1))
        assert self.session in on(last + datetime.timedelta(days=4000))

    def test_a_state_without_its_time_and_its_person_cannot_be_stored(self):
        self.refused(state="held")
        self.refused(state="held", held_at=timezone.now())
        self.refused(state="reported", reported_at=timezone.now())
        self.refused(held_at=timezone.now(), held_by=self.worker)
        self.refused(state="cancelled", cancelled_at=timezone.now(), cancelled_by=self.worker)

    def test_a_session_cannot_end_before_it_begins(self):
        self.refused(ends_at=datetime.time(9, 0))

    def test_a_count_is_a_number_of_a_known_sex_and_age_once(self):
        SessionCount.objects.create(session=self.session, sex="female", age_group="15_17", number=12)
        for row in (
            {"sex": "female", "age_group": "15_17", "number": 3},
            {"sex": "male", "age_group": "15_17", "number": 0},
            {"sex": "male", "age_group": "teens", "number": 3},
            {"sex": "?", "age_group": "15_17", "number": 3},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                SessionCount.objects.create(session=self.session, **row)


class TestWhatLeadsToAPerson:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("Më shkruani te arta.demo@posta.example", "email"),
            ("arta.demo＠posta.example", "email"),
            ("ajo është @arta_demo", "profile"),
            ("instagram.com/artademo", "profile"),
            ("numri i saj J12345678N", "paper"),
            ("pasaporta BA1234567", "paper"),
            ("067 12 34 567", "phone"),
            ("+355 67 123 4567", "phone"),
            ("00355671234567", "phone"),
            ("67 123 4567", "phone"),
            ("06​7123​4567", "phone"),
            ("033 222 333", "phone"),
        ],
    )
    def test_telephones_addresses_profiles_and_papers_are_refused(self, text, kind):
        assert kind in find_details(text)
        with pytest.raises(ValidationError) as refused:
            without_details(text)
        assert text not in str(refused.value)

    @pytest.mark.parametrize(
        "text",
        [
            "Çfarë ndodh kur telefonoj 129 ose 116 006?",
            "A vlen 116111 natën?",
            "Takimi i 24.11.2026 vazhdon më 01/12/2026, viti shkollor 2026-2027",
            "Klasat X-XII: 24, 27, 30 dhe 28 nxënës",
            "Dënimi 8-15 vjet; ligji 10347 i vitit 2010",
            "",
        ],
    )
    def test_short_lines_dates_and_counts_may_stand(self, text):
        assert find_details(text) == []
        without_details(text)
