"""Prepared queries and inserts do what querysets do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.signals import post_save, pre_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import MobileUnit, Municipality, Region
from vault.prepared_cursor import prepared_cursor

from ..chain import AuditEvent, log_event, log_events
from ..models import AuditEntry
from ..prepared_sql import MAX_ROWS, insert_rows
from ..prepared_values import Prepared, PreparedQuery
from ..verification import verify_chain

pytestmark = pytest.mark.django_db

PLACES = PreparedQuery(
    Region._meta.pk,
    lambda regions: Municipality.objects.filter(region__in=regions).select_related("region").only("name", "region"),
)


@pytest.mark.parametrize("count", range(6))
def test_a_prepared_query_finds_what_its_queryset_finds(regions: list[Region], count: int) -> None:
    keys = [region.pk for region in regions[:count]]
    found = PLACES.fetch(keys)
    assert {each.pk for each in found} == set(Municipality.objects.filter(region__in=keys).values_list("pk", flat=True))
    assert len(found) == 2 * count  # none twice, though a key may stand there twice


def test_what_it_was_asked_before_doesnt_come_again(regions: list[Region]) -> None:
    for region in (*regions, *reversed(regions)):
        assert {each.region_id for each in PLACES.fetch([region.pk])} == {region.pk}


def test_it_is_one_statement_and_its_rows_hold_what_was_selected_with_them(regions: list[Region]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        (first, _second) = PLACES.fetch([regions[0].pk])
        assert first.region.pk == regions[0].pk
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        assert first.slug.startswith("r0-")  # left out, and read when it is asked for
    assert len(asked) == 1


def test_an_unknown_key_finds_nothing(regions: list[Region]) -> None:
    assert PLACES.fetch([regions[-1].pk + 1000]) == []


def test_keys_may_stand_in_two_places_of_a_query_and_mustnt_stand_nowhere(regions: list[Region]) -> None:
    def build(keys: Sequence[Any]) -> "QuerySet[MobileUnit]":
        return MobileUnit.objects.filter(region__in=keys, region__municipalities__region__in=keys).distinct()

    twice = PreparedQuery(Region._meta.pk, build)
    for keys in ([regions[0].pk], [regions[1].pk], [region.pk for region in regions]):
        assert sorted(unit.pk for unit in twice.fetch(keys)) == sorted(build(keys).values_list("pk", flat=True))
    never = PreparedQuery(Region._meta.pk, lambda _keys: MobileUnit.objects.filter(is_active=True))
    with pytest.raises(ValueError, match="don't stand"):
        never.fetch([regions[0].pk])


ENTRIES = Prepared(
    AuditEntry,
    lambda since, kind: (
        AuditEntry.objects.filter(Q(at__gte=since) | Q(action="test.always"), target_kind=kind)
        .annotate(is_late=Exists(Region.objects.filter(slug=OuterRef("target_id"))))
        .order_by("number")
    ),
    since=AuditEntry._meta.get_field("at"),
    kind=AuditEntry._meta.get_field("target_kind"),
)


def test_a_prepared_lookup_finds_what_its_queryset_finds_and_what_was_annotated(regions: list[Region]) -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    log_events([AuditEvent("test.done", kind, kind, at=at + timedelta(days=day)) for day in range(3) for kind in "ab"])
    log_event("test.always", target_kind="a", target_id="r0", at=at)
    for day, kind in ((1, "a"), (2, "b"), (0, "a"), (9, "a"), (0, "c")):
        since = at + timedelta(days=day)
        found = ENTRIES.fetch(since=since, kind=kind)
        wanted = AuditEntry.objects.filter(Q(at__gte=since) | Q(action="test.always"), target_kind=kind)
        assert found == list(wanted.order_by("number"))
        assert [each.is_late for each in found] == [each.action == "test.always" for each in found]  # type: ignore[attr-defined]


def test_a_prepared_lookup_of_values_returns_them_as_the_queryset_does(regions: list[Region]) -> None:
    rows = Prepared(
        Municipality,
        lambda region: Municipality.objects.filter(region=region).order_by("slug").values_list("slug", "region__name"),
        region=Municipality._meta.get_field("region"),
    )
    flat = Prepared(Region, lambda: Region.objects.order_by("slug").values_list("slug", flat=True)[:2])
    assert rows.fetch(region=regions[1].pk) == [("r1-0", "Region 1"), ("r1-1", "Region 1")]
    assert flat.fetch() == ["r0", "r1"]


def test_a_lookup_that_doesnt_ask_by_a_value_is_refused() -> None:
    never = Prepared(Region, lambda slug: Region.objects.filter(name="x"), slug=Region._meta.get_field("slug"))
    with pytest.raises(ValueError, match="don't stand"):
        never.fetch(slug="r0")


if connection.vendor == "postgresql":  # SQLite's own module keeps what it has parsed
    import psycopg
    from django.db.backends.postgresql.base import ServerBindingCursor

    def test_postgresql_plans_once_what_is_prepared() -> None:
        for _again in range(8):
            log_event("test.done")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%audit_chainhead%'")
            assert cursor.fetchone()[0] == 2
        with prepared_cursor(connection) as cursor:
            assert isinstance(cursor.cursor, ServerBindingCursor)
        with connection.cursor() as cursor:
            assert type(cursor.cursor).__name__ == "Cursor"  # all other queries as ever

    def test_the_cursor_stays_open_also_after_a_statement_that_failed() -> None:
        with prepared_cursor(connection) as first, pytest.raises(DatabaseError), transaction.atomic():
            first.execute("SELECT 1 / %s", [0])
        with prepared_cursor(connection) as second:
            second.execute("SELECT %s::integer", [7])
            assert second.fetchall() == [(7,)]
        assert second is first
        with CaptureQueriesContext(connection) as noted, prepared_cursor(connection) as third:
            third.execute("SELECT 1")
        assert len(noted) == 1

    @pytest.mark.django_db(transaction=True)
    def test_a_connection_that_was_begun_anew_has_a_cursor_of_its_own() -> None:
        with prepared_cursor(connection) as first:
            first.execute("SELECT 1")
        connection.close()
        with prepared_cursor(connection) as second:
            second.execute("SELECT 2")
            assert second.fetchall() == [(2,)]
        assert second is not first

    def test_a_statement_of_many_values_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
        parsed, split = [], psycopg._queries._split_query
        monkeypatch.setattr("psycopg._queries._split_query", lambda *given: parsed.append(given) or split(*given))
        sql = f"SELECT ARRAY[{', '.join(['%s'] * 80)}]::integer[]"  # numbers alone
        for begin in (0, 100, 200):
            with prepared_cursor(connection) as cursor:
                cursor.execute(sql, range(begin, begin + 80))
                assert cursor.fetchone()[0] == list(range(begin, begin + 80))
        assert len(parsed) == 1


def test_inserted_rows_have_their_keys_and_are_read_as_they_were_written() -> None:
    made = [Region(slug=f"n{number}", name="Çorovodë", iso_code=f"Y{number}") for number in range(3)]
    assert insert_rows(made, told_apart_by="slug") == made
    for region in made:
        assert Region.objects.get(slug=region.slug).pk == region.pk
        region.name = "Berat"
        region.save()  # an UPDATE: it knows that it is there
    assert Region.objects.filter(name="Berat").count() == 3


def test_a_row_that_is_there_already_is_left_out_and_the_transaction_goes_on() -> None:
    Region.objects.create(slug="there", name="a")
    made = [Region(slug=slug, name="b", iso_code=slug) for slug in ("there", "new")]
    with transaction.atomic():
        assert insert_rows(made, told_apart_by="slug", unless=["slug"]) == [made[1]]
        assert Region.objects.get(slug="there").name == "a"
    assert made[0].pk is None


def test_an_update_that_follows_is_made_with_all_of_them_or_not_at_all() -> None:
    head = ("UPDATE access_mobileunit SET name = %s WHERE slug = %s", ["after", "u"])
    region = Region.objects.create(slug="of-the-unit", name="a", iso_code="U")
    MobileUnit.objects.create(slug="u", name="before", region=region)
    entries = [
        AuditEntry(number=5000 + at, at=timezone.now(), action="test.done", hash=f"{at:064}", previous_hash="0" * 64)
        for at in range(MAX_ROWS + 2)
    ]
    assert insert_rows(entries, told_apart_by="number", then=head) == entries
    assert AuditEntry.objects.filter(number__gte=5000).count() == MAX_ROWS + 2
    assert MobileUnit.objects.get(slug="u").name == "after"
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(entries[:1], told_apart_by="number", then=(head[0], ["never", "u"]))
    assert MobileUnit.objects.get(slug="u").name == "after"
    # A key that isn't known, and a row that may be left out, would be passed by.
    for row, unless in ((Region(slug="x", iso_code="X"), ()), (Region(pk=990, slug="x", iso_code="X"), ["slug"])):
        with pytest.raises(ValueError, match="keys are known"):
            insert_rows([row], told_apart_by="slug", unless=unless, then=head)
    assert not Region.objects.filter(slug="x").exists()


def test_without_that_it_fails_as_every_insert_does() -> None:
    Region.objects.create(slug="there", name="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([Region(slug="there", name="b", iso_code="Z")], told_apart_by="slug")


# They listen to every model's signals, and pass over all but pages, what pages show and what can be translated.
OF_PAGES = {"wagtail.models.i18n", "content.page_cache.invalidation", "content.public_changes"}


@pytest.mark.parametrize(
    "label",
    [
        *("outbox.Notice", "outbox.Attempt", "audit.AuditEntry"),
        *("cases.Deadline", "cases.CaseFact", "briefs.ProtocolNumber"),
    ],
)
def test_nobody_waits_for_signals_of_what_is_inserted_without_any(label: str) -> None:
    model = apps.get_model(label)
    for signal in (pre_save, post_save):
        listening, _async = signal._live_receivers(model)
        assert {receiver.__module__ for receiver in listening} <= OF_PAGES


def test_no_rows_are_no_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert insert_rows([], told_apart_by="slug") == []
    assert not asked.captured_queries


def test_an_entry_is_read_from_the_database_as_it_was_hashed() -> None:
    key = uuid4()
    log_event("test.done", target_kind="case", target_id=key, words=["ç", 1, None], of=key)
    assert AuditEntry.objects.latest("number").detail == {"words": ["ç", 1, None], "of": str(key)}
    assert verify_chain().ok


def test_many_entries_are_one_chain_in_statements_of_a_bounded_length() -> None:
    count = 2 * MAX_ROWS + 1
    with CaptureQueriesContext(connection) as queries:
        log_events([AuditEvent("test.done", "test", number) for number in range(count)])
    assert sum('INSERT INTO "audit_auditentry"' in query["sql"] for query in queries) == 3
    entries = AuditEntry.objects.order_by("number")
    assert [entry.target_id for entry in entries] == [str(number) for number in range(count)]
    assert verify_chain().ok


def test_a_key_is_asked_back_only_where_it_isnt_known() -> None:
    def insert(*slugs: str, keys: bool, unless: Sequence[str] = ()) -> tuple[str, list[Region]]:
        made = [Region(slug=slug, name="a", iso_code=slug) for slug in slugs]
        for number, region in enumerate(made):
            region.pk = 900 + number + Region.objects.count() if keys else None
        with CaptureQueriesContext(connection) as asked:
            inserted = insert_rows(made, told_apart_by="slug", unless=unless)
        return asked.captured_queries[0]["sql"], inserted

    for number, (slugs, keys, unless, answers) in enumerate(
        [
            (["a"], True, [], False),
            (["b", "c"], True, [], False),
            (["d"], True, ["slug"], False),
            (["e", "f"], True, ["slug"], True),
            (["g"], False, [], True),
        ]
    ):
        sql, inserted = insert(*slugs, keys=keys, unless=unless)
        assert ("RETURNING" in sql) is answers, number
        assert [region.slug for region in inserted] == slugs
        assert set(slugs) <= set(
            Region.objects.filter(pk__in=[each.pk for each in inserted]).values_list("slug", flat=True)
        )
    assert insert("d", keys=True, unless=["slug"])[1] == []  # it is there already: one row, and nothing is asked back
