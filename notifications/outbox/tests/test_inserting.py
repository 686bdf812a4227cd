"""A notice is inserted by SQL of our own, and stands in its table as Django would have written it."""

import secrets
from itertools import islice
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.db.models import DateTimeField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import MobileUnit
from audit.prepared_sql import FEW_VALUES, MAX_WAYS, insert_rows
from tests.world.notices import StaffedCountry, notify_officer

from ..models import Notice

pytestmark = pytest.mark.django_db

FIELDS = Notice._meta.concrete_fields
# A notice that is owed has a next attempt and no lease, one that was sent a contact.
FIXED = {"next_attempt_at", "lease_until", "contact_id"}
MAY_BE_EMPTY = sorted(field.attname for field in FIELDS if field.null and field.attname not in FIXED)


@pytest.fixture
def full(staffed: StaffedCountry) -> Notice:
    """A notice, unsaved, with as little empty as there can be."""
    notice = notify_officer(staffed)
    for field in FIELDS:
        if isinstance(field, DateTimeField) and field.null and field.attname not in FIXED:
            setattr(notice, field.attname, timezone.now())
    notice.attempts, notice.chases, notice.home = 1, notify_officer(staffed), notice.municipality
    notice.unit = MobileUnit.objects.create(slug="vlore", name="Vlorë", region=notice.municipality.region)
    return notice


def build(template: Notice, empty: set[str]) -> Notice:
    values = {field.attname: getattr(template, field.attname) for field in FIELDS}
    own = {"id": uuid4(), "event_id": uuid4(), "link_hash": secrets.token_hex(32), "code": secrets.token_hex(4).upper()}
    return Notice(**values | own | dict.fromkeys(empty & set(MAY_BE_EMPTY)))


def read(notice: Notice) -> dict[str, Any]:
    """Return the row as the database has it, without what is sealed anew each time and what must differ."""
    with connection.cursor() as cursor:
        columns = ", ".join(connection.ops.quote_name(field.column) for field in FIELDS)
        key = Notice._meta.pk.get_db_prep_value(notice.pk, connection)
        cursor.execute(f"SELECT {columns} FROM outbox_notice WHERE id = %s", [key])  # noqa: S608
        row = dict(zip((field.attname for field in FIELDS), cursor.fetchone(), strict=True))
    differs = {"id", "event_id", "link_hash", "code", "brief", "link_token"}
    if row["chase_id"] == row["id"]:  # a chase of its own
        differs.add("chase_id")
    return {name: value for name, value in row.items() if name not in differs}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(empty=st.sets(st.sampled_from(MAY_BE_EMPTY)))
def test_it_is_stored_as_django_stores_it_whatever_is_empty(full: Notice, empty: set[str]) -> None:
    by_django, by_us = build(full, empty), build(full, empty)
    by_django.save(force_insert=True)  # which names its chase
    by_us.name_chase()
    assert insert_rows([by_us], told_apart_by="id", unless=("event_id", "recipient_key")) == [by_us]
    assert read(by_us) == read(by_django)
    for name in ("brief", "link_token"):
        assert getattr(Notice.objects.get(pk=by_us.pk), name) == getattr(full, name)


def test_few_statements_are_written_however_many_ways_there_are_to_be_empty(full: Notice) -> None:
    assert len(FIELDS) > FEW_VALUES
    sets = [set(MAY_BE_EMPTY[:at]) | set(MAY_BE_EMPTY[at + 2 :]) for at in range(len(MAY_BE_EMPTY))]
    with CaptureQueriesContext(connection) as asked:
        for empty in islice(sets * 2, MAX_WAYS + 8):
            insert_rows([build(full, empty)], told_apart_by="id")
    statements = {len(query["sql"].partition(" VALUES ")[0]) for query in asked.captured_queries}
    assert len(statements) == 1
    assert Notice.objects.count() >= MAX_WAYS + 8
    kept = connections["default"].__dict__["vatra_inserts"][Notice, True, "id", (), 1]
    assert len(kept._with_nulls) <= MAX_WAYS
