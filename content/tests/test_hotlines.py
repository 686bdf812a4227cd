from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from ..models import Hotline

pytestmark = pytest.mark.django_db


def line(**values: object) -> Hotline:
    texts = {"name_sq": "Linja", "name_en": "Line", "short_sq": "Linja", "short_en": "Line", "source": "test"}
    return Hotline(**{"key": "line", "number": "116 111", **texts, **values})


def test_a_line_without_a_number_can_not_be_shown():
    with pytest.raises(ValidationError):
        line(number="", publish="yes").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        line(number="", publish="yes").save()


def test_a_number_holds_digits_and_spaces_only():
    with pytest.raises(ValidationError):
        line(number="call me").full_clean()
    line(number="+355 69 000").full_clean()


def test_a_new_line_is_not_shown_until_someone_says_so():
    line().save()
    assert not Hotline.objects.published().exists()


def test_a_link_to_call_has_no_spaces():
    assert line().tel == "116111"


def test_a_line_speaks_the_readers_language():
    with translation.override("en"):
        assert line().name == "Line"
    with translation.override("sq"):
        assert str(line()) == "116 111 · Linja"


def test_a_missing_english_text_falls_back_to_albanian():
    with translation.override("en"):
        assert line(use_sq="Për të folur").use == "Për të folur"


def test_a_line_counts_as_tested_for_thirty_days_after_the_call():
    assert not line().is_tested()
    assert line(verified_on=date(2026, 3, 1)).is_tested(on=date(2026, 3, 31))
    assert not line(verified_on=date(2026, 3, 1)).is_tested(on=date(2026, 4, 1))
