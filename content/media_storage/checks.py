"""Start-up check of the bucket's settings: a service that can't read them right doesn't start."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from .location import has_bucket, read_location


@register()
def bucket_is_described(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """MEDIA_BUCKET_URL and MEDIA_S3_… name a bucket. It isn't asked here: it may be away, and the service starts."""
    if not has_bucket():
        return []
    try:
        read_location()
    except ImproperlyConfigured as error:
        return [Error(f"{error}.", id="media.E001")]
    if settings.MEDIA_S3_CA_FILE and not Path(settings.MEDIA_S3_CA_FILE).is_file():
        return [Error("MEDIA_S3_CA_FILE isn't there, or not the service's to read.", id="media.E002")]
    return []
