"""The media bucket is looked at each minute, said by `/readyz` and `vatra check`, and tidied as the folder is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents import get_document_model

from config.backups.elsewhere.tests.bucket import NIGHT, Shelf
from config.health import describe_parts
from config.operator_check import run_checks
from config.watch import measuring, media, stored
from config.watch.matters import MATTERS
from content import picture_files
from content.media_storage import bucket as bucket_module
from notifications.outbox.models import Heartbeat
from tests.world.media_bucket import media_in_bucket, names
from vault.files import MOST_STRAYS

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(monkeypatch: Any) -> Iterator[Shelf]:
    monkeypatch.setattr(bucket_module, "PAUSE_SECONDS", 0.0)
    with media_in_bucket() as found:
        yield found


def read(kind: str) -> dict[str, Any]:
    facts: dict[str, Any] = Heartbeat.objects.get(part=stored.PREFIX + kind).facts
    return facts


def test_without_a_bucket_nobody_looks_and_no_part_says_anything() -> None:
    assert not media.each_minute()
    assert "media" not in describe_parts(timezone.now())


def test_it_is_well_then_ill_since_then_and_well_again(shelf: Shelf) -> None:
    now = timezone.now()
    assert media.each_minute(now=now)
    assert describe_parts(now)["media"] == {"ok": True, "age_s": 0.0, "failing_s": 0.0, "error": ""}
    shelf.status = 503
    for minutes in (1, 2, 7):
        media.each_minute(now=now + timedelta(minutes=minutes))
    later = now + timedelta(minutes=7)
    parts = describe_parts(later)
    assert parts["media"] == {"ok": False, "age_s": 0.0, "failing_s": 360.0, "error": "status_503"}
    assert MATTERS["media"].is_ill(parts, later)
    shelf.status = 0
    media.each_minute(now=later)
    parts = describe_parts(later)
    assert parts["media"]["ok"]
    assert not MATTERS["media"].is_ill(parts, later)
    assert not describe_parts(later + timedelta(minutes=16))["media"]["ok"], "nobody has looked"
    assert shelf.objects == {}


def test_a_bucket_that_everybody_reads_is_said_at_once(shelf: Shelf) -> None:
    shelf.is_public = True
    media.each_minute()
    now = timezone.now()
    parts = describe_parts(now)
    assert parts["media"]["error"] == "public"
    assert MATTERS["media"].is_ill(parts, now)


def check() -> dict[str, str]:
    return {result.level: result.words for name, result in run_checks() if name == "media"}


def test_the_operators_check_says_what_is_missing(shelf: Shelf) -> None:
    found = get_document_model().objects.create(title="D", file=ContentFile(b"%PDF-", name="a.pdf"))
    assert set(check()) == {"ok"}
    shelf.knows_conditions = False
    assert "If-None-Match" in check()["hint"]
    shelf.knows_conditions = True
    del shelf.objects[f"site/{found.file.name}"]
    assert "1 of 1 files that the database names aren't in the bucket" in check()["missing"]
    shelf.is_public = True
    assert "gives its files to everybody" in check()["missing"]
    shelf.is_public, shelf.status = False, 503
    assert "status_503" in check()["missing"]


def test_sizes_without_a_row_go_after_a_day_and_other_files_never(shelf: Shelf) -> None:
    for name, hours in {"images/old.webp": 30, "images/young.webp": 2, "documents/old.pdf": 30}.items():
        shelf.objects[f"site/{name}"] = b"x"
        shelf.times[f"site/{name}"] = timezone.now() - timedelta(hours=hours)
    assert picture_files.tidy_sizes() == 1
    assert names(shelf) == {"images/young.webp", "documents/old.pdf"}
    measuring.each_hour()
    assert read("uploads")["strays"] == 1
    assert read("uploads")["bytes"] == 1
    assert read("pictures")["strays"] == 1


def test_while_it_is_away_no_row_and_no_figure_changes(shelf: Shelf, django_capture_on_commit_callbacks: Any) -> None:
    from wagtail.images import get_image_model
    from wagtail.images.tests.utils import get_test_image_file

    with django_capture_on_commit_callbacks(execute=True):
        image = get_image_model().objects.create(title="x", file=get_test_image_file(size=(500, 400)))
    measuring.each_hour()
    before = read("pictures")["rows"], image.renditions.count()
    shelf.status = 503
    with pytest.raises(OSError, match="away"):
        picture_files.tidy_sizes()
    measuring.each_hour()
    assert set(Heartbeat.objects.get(part=stored.PART).facts["failed"]) == {"pictures", "uploads"}
    assert (read("pictures")["rows"], image.renditions.count()) == before


def test_another_bucket_by_mistake_takes_no_rows_along(shelf: Shelf) -> None:
    from wagtail.images import get_image_model
    from wagtail.images.tests.utils import get_test_image_file

    image = get_image_model().objects.create(title="x", file=get_test_image_file(size=(500, 400)))
    rendition = get_image_model().get_rendition_model()
    rows = [
        rendition(image=image, file=f"images/{number}.webp", filter_spec=f"width-{number}", width=1, height=1)
        for number in range(MOST_STRAYS + 1)
    ]
    rendition.objects.bulk_create(rows)
    shelf.objects.clear()
    shelf.times["x"] = NIGHT
    picture_files.tidy_sizes()
    assert image.renditions.count() == len(rows)
