"""Prepared querysets and updates find and change what those that Django writes anew do."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import signals
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import MobileUnit, Municipality, Region
from vault.models import LastingKey

from ..models import PutAside
from ..prepared_values import Prepared, PreparedUpdate

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=123)

PLACES = Prepared(
    Municipality,
    lambda regions, slug: (
        Municipality.objects.filter(region__in=regions)
        .exclude(slug=slug)
        .select_related("region")
        .only("name", "region")
        .order_by("slug")
    ),
    regions="region",
    slug="slug",
)
DUE = Prepared(
    PutAside,
    lambda kind, at: (
        PutAside.objects.filter(kind=kind, first_at__lte=at, retry_at__gt=at)
        .order_by("pk")
        .values_list("row", "last_at")
    ),
    kind="kind",
    at="retry_at",
)
ROWS = Prepared(
    PutAside,
    lambda kind: PutAside.objects.filter(kind=kind).order_by("-row").values_list("row", flat=True)[:1],
    kind="kind",
)
MOVED = PreparedUpdate(
    PutAside,
    lambda keys, at, code: PutAside.objects.filter(pk__in=keys, retry_at__lte=at),
    lambda keys, at, code: {"retry_at": at, "code": code},
    keys="id",
    at="retry_at",
    code="code",
)


def put_aside(row: str, *, kind: str = "a", retry_at: datetime = NOW) -> PutAside:
    return PutAside.objects.create(
        kind=kind, row=row, code="x", first_at=NOW - timedelta(days=1), last_at=NOW, retry_at=retry_at
    )


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("slug", ["r0-1", "nowhere", "r1-0"])
def test_a_prepared_queryset_finds_what_it_finds_anew(regions: list[Region], count: int, slug: str) -> None:
    keys = [region.pk for region in reversed(regions[:count])]
    anew = Municipality.objects.filter(region__in=keys).exclude(slug=slug).order_by("slug")
    assert PLACES.fetch(regions=keys, slug=slug) == list(anew)


def test_its_rows_hold_what_was_selected_with_them_and_read_what_was_left_out(regions: list[Region]) -> None:
    with CaptureQueriesContext(connection) as asked:
        first = PLACES.first(regions=[regions[0].pk], slug="r0-1")
        assert first is not None
        assert first.region.name == "Region 0"
    assert len(asked) == 1
    assert first.slug == "r0-0"
    assert first.get_deferred_fields() >= {"police_directorate_id"}


def test_a_value_that_stands_in_several_places_is_put_in_all_of_them() -> None:
    put_aside("early", retry_at=NOW)
    late = put_aside("late", retry_at=NOW + timedelta(hours=2))
    put_aside("other", kind="b", retry_at=NOW + timedelta(hours=2))
    assert DUE.fetch(kind="a", at=NOW + timedelta(hours=1)) == [("late", late.last_at)]
    assert {row for row, _at in DUE.fetch(kind="a", at=NOW - timedelta(seconds=1))} == {"early", "late"}
    assert DUE.fetch(kind="a", at=NOW - timedelta(days=2)) == []


def test_the_first_row_is_the_first_in_order_or_none() -> None:
    put_aside("one")
    put_aside("two")
    assert ROWS.first(kind="a") == "two"
    assert ROWS.first(kind="z") is None


def test_a_prepared_update_changes_what_it_is_given_and_nothing_else() -> None:
    rows = [put_aside(str(number), retry_at=NOW + timedelta(minutes=number)) for number in range(4)]
    at = NOW + timedelta(minutes=2)
    assert MOVED.run(keys=[row.pk for row in rows[1:]], at=at, code="done") == 2
    assert MOVED.run(keys=[rows[0].pk], at=NOW - timedelta(days=1), code="never") == 0
    assert list(PutAside.objects.order_by("pk").values_list("code", "retry_at")) == [
        ("x", NOW),
        ("done", at),
        ("done", at),
        ("x", NOW + timedelta(minutes=3)),
    ]


def test_a_value_that_stands_nowhere_in_the_statement_is_refused() -> None:
    lost = Prepared(MobileUnit, lambda region: MobileUnit.objects.filter(is_active=True), region="region")
    with pytest.raises(ValueError, match="region"):
        lost.fetch(region=1)


def test_a_kind_of_value_that_is_no_different_from_others_is_refused() -> None:
    active = Prepared(MobileUnit, lambda active: MobileUnit.objects.filter(is_active=active), active="is_active")
    with pytest.raises(TypeError):
        active.fetch(active=True)


def test_what_can_find_nothing_finds_nothing_and_asks_nothing(regions: list[Region]) -> None:
    nowhere = Prepared(Region, lambda slug: Region.objects.filter(slug=slug, pk__in=()), slug="slug")
    with CaptureQueriesContext(connection) as asked:
        assert nowhere.fetch(slug="r0") == []
        assert nowhere.first(slug="r1") is None
    assert not asked.captured_queries


def test_no_values_at_all_are_a_query_like_any_other(regions: list[Region]) -> None:
    everywhere = Prepared(Region, lambda: Region.objects.order_by("-slug"))
    assert everywhere.fetch() == list(reversed(regions))


def test_what_is_found_stands_as_djangos_own_instances_do(regions: list[Region]) -> None:
    prepared = Prepared(
        Municipality,
        lambda slug: Municipality.objects.select_related("region", "police_directorate").filter(slug=slug),
        slug="slug",
    )
    ours, theirs = prepared.first(slug="r0-0"), Municipality.objects.select_related("region").get(slug="r0-0")
    assert ours is not None

    def look(one: Any) -> dict[str, Any]:
        return {name: value for name, value in vars(one).items() if name != "_state"}

    assert list(look(ours).items()) == list(look(theirs).items())
    assert list(look(ours.region).items()) == list(look(theirs.region).items())
    assert (ours._state.adding, ours._state.db) == (theirs._state.adding, theirs._state.db)
    ours.region_id = regions[1].pk
    assert ours.region == regions[1]


def test_a_sealed_value_opens_in_its_row() -> None:
    key = LastingKey.objects.create(name="a/b", purpose="a", key_id="b", secret=b"secret")
    by_name = Prepared(LastingKey, lambda name: LastingKey.objects.filter(name=name), name="name")
    found = by_name.first(name="a/b")
    assert found is not None
    assert found.secret == key.secret == b"secret"


def test_whoever_looks_at_new_instances_of_a_model_sees_these_too(regions: list[Region]) -> None:
    seen: list[str] = []

    def look(sender: Any, instance: Any, **kwargs: Any) -> None:
        seen.append(instance.slug)

    signals.post_init.connect(look, sender=Region)
    try:
        watched = Prepared(Region, lambda slug: Region.objects.filter(slug=slug), slug="slug")
        watched.fetch(slug="r0")
    finally:
        signals.post_init.disconnect(look, sender=Region)
    assert seen == ["r0"]
