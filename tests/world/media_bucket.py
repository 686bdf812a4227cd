"""The media in a bucket: a stand-in over HTTP, and settings that lead there."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import override_settings

from config.backups.elsewhere.tests.bucket import BUCKET, KEY_ID, REGION, SECRET, Shelf, running_shelf

PREFIX = "site"


def list_settings(shelf: Shelf, **more: object) -> dict[str, object]:
    """Return the settings of a service whose media lie on this shelf."""
    return {
        "MEDIA_BUCKET_URL": f"s3://{BUCKET}/{PREFIX}",
        "MEDIA_S3_ENDPOINT": shelf.url,
        "MEDIA_S3_REGION": REGION,
        "MEDIA_S3_KEY_ID": KEY_ID,
        "MEDIA_S3_SECRET": SECRET,
        "STORAGES": {**settings.STORAGES, "default": {"BACKEND": settings.MEDIA_BUCKET}},
        **more,
    }


@contextmanager
def media_in_bucket(**more: object) -> Iterator[Shelf]:
    with running_shelf() as shelf, override_settings(**list_settings(shelf, **more)):
        yield shelf


def names(shelf: Shelf) -> set[str]:
    """Return the names on the shelf, as the service calls them."""
    return {name.removeprefix(f"{PREFIX}/") for name in shelf.objects}
