"""What SQLite refuses in tests, as PostgreSQL does (tests/as_postgresql.py)."""

from collections.abc import Callable

import pytest
from django.db import DataError, NotSupportedError, transaction
from django.db.models import Count, QuerySet

from access.models import Region
from case_forms.submissions.models import Draft

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Draft.objects.select_related("corrects").select_for_update(),
        lambda: Draft.objects.select_related("corrects").select_for_update(of=("self", "corrects")),
        lambda: Draft.objects.filter(corrects__isnull=True).select_related("corrects").select_for_update(),
        lambda: Draft.objects.select_for_update().distinct(),
        lambda: Draft.objects.annotate(count=Count("attachments")).select_for_update(),
    ],
)
def test_a_lock_that_postgresql_refuses_is_refused(rows: Callable[[], QuerySet[Draft]]) -> None:
    with pytest.raises(NotSupportedError), transaction.atomic():
        list(rows())


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Draft.objects.select_for_update(),
        lambda: Draft.objects.select_related("corrects").select_for_update(of=("self",)),
        lambda: Draft.objects.select_related("form_version").select_for_update(),
        lambda: Draft.objects.select_related("corrects"),
    ],
)
def test_any_other_is_taken(rows: Callable[[], QuerySet[Draft]]) -> None:
    with transaction.atomic():
        assert list(rows()) == []


@pytest.mark.parametrize("act", [lambda: list(Region.objects.filter(slug="a\0")), lambda: Region(name="\0").save()])
def test_a_text_with_a_nul_is_refused(act: Callable[[], object]) -> None:
    with pytest.raises((DataError, ValueError)), transaction.atomic():
        act()


def test_a_text_that_is_longer_than_its_column_is_refused_and_not_quoted() -> None:
    region = Region(slug="vlora", name="x" * 1000)
    with pytest.raises(DataError, match=r"too long for type character varying.*name") as found, transaction.atomic():
        region.save()
    assert "xxx" not in str(found.value)
    with pytest.raises(DataError), transaction.atomic():
        Region.objects.update(name=region.name)
    assert not Region.objects.filter(name=region.name).exists(), "comparing is no storing"
