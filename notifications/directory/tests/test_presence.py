import pytest
from django.utils.timezone import now

from tests.world.offices import make_contact, make_country

from ..models import Agreement, ContactWay
from ..presence import has_rows

pytestmark = pytest.mark.django_db


def test_it_says_whether_there_is_any_row_of_these(django_assert_num_queries):
    office = make_country().police
    first, second = make_contact(office), make_contact(office)
    ContactWay.objects.create(contact=first, channel="sms", address="+355691234567", confirmed_at=now())
    with django_assert_num_queries(3):
        assert has_rows(ContactWay, "contact", [first.pk, second.pk])
        assert not has_rows(ContactWay, "contact", [second.pk])
        assert not has_rows(ContactWay, "contact", [])
        assert not has_rows(Agreement.other_offices.through, "partner", {office.pk})
