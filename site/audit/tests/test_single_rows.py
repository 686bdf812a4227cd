"""One row is inserted, and updated, as saving it does."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from access.models import Municipality, Region

from ..models import AuditEntry
from ..single_rows import insert_row, update_row

pytestmark = pytest.mark.django_db


def test_a_row_is_inserted_under_its_own_key_and_never_over_another(regions: list[Region]) -> None:
    entry = AuditEntry(pk=4_000_000, number=4_000_000, action="test.done", at=datetime(2026, 11, 29, tzinfo=UTC))
    insert_row(entry)
    assert not entry._state.adding
    assert AuditEntry.objects.get(pk=entry.pk).action == "test.done"
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_row(AuditEntry(pk=entry.pk, number=5_000_000, action="test.other"))


def test_a_row_is_updated_as_saving_these_fields_does(regions: list[Region]) -> None:
    towns = list(Municipality.objects.filter(region=regions[0]).order_by("slug"))
    first, second = towns
    first.name, first.slug, first.region = "Tjetër", "other", regions[1]
    for again in ("Tjetër", "Prapë"):  # the second time by what was written the first
        first.name = again
        with CaptureQueriesContext(connection) as asked:
            update_row(first, ["name", "region"])
        assert len(asked) == 1
        stored = Municipality.objects.get(pk=first.pk)
        assert (stored.name, stored.region, stored.slug) == (again, regions[1], "r0-0")
    second.refresh_from_db()
    assert (second.region, second.slug) == (regions[0], "r0-1")


def test_an_update_of_a_row_that_is_gone_is_an_error(regions: list[Region]) -> None:
    town = Municipality.objects.filter(region=regions[0])[0]
    town.pk += 10_000
    with pytest.raises(DatabaseError, match="isn't there"):
        update_row(town, ["name"])
