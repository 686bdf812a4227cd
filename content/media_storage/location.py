"""Where the bucket is, as MEDIA_BUCKET_URL and MEDIA_S3_… say. Imports no boto3."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


@dataclass(frozen=True)
class Location:
    """`prefix`: what the names of all objects begin with, without slashes around it; `endpoint`: "" for Amazon's."""

    bucket: str
    prefix: str
    endpoint: str


def has_bucket() -> bool:
    return bool(settings.MEDIA_BUCKET_URL)


def read_location() -> Location:
    """Return where the bucket is. Raises ImproperlyConfigured, whose text holds no secret."""
    parts = urlsplit(settings.MEDIA_BUCKET_URL)
    prefix = parts.path.strip("/")
    is_whole = parts.scheme == "s3" and not (parts.query or parts.fragment) and BUCKET.fullmatch(parts.netloc)
    if not is_whole or (prefix and not PREFIX.fullmatch(prefix)):
        raise ImproperlyConfigured(
            "MEDIA_BUCKET_URL takes s3://bucket or s3://bucket/prefix, without key or server: those are"
            " MEDIA_S3_KEY_ID, MEDIA_S3_SECRET and MEDIA_S3_ENDPOINT"
        )
    if not (settings.MEDIA_S3_KEY_ID and settings.MEDIA_S3_SECRET):
        raise ImproperlyConfigured("for MEDIA_BUCKET_URL set MEDIA_S3_KEY_ID and MEDIA_S3_SECRET")
    return Location(parts.netloc, prefix, _read_endpoint())


def _read_endpoint() -> str:
    endpoint: str = settings.MEDIA_S3_ENDPOINT.rstrip("/")
    if not endpoint:
        return ""
    try:
        parts = urlsplit(endpoint)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    is_open = endpoint.startswith("http://") and settings.LOOPBACK_ENDPOINTS
    if not is_address or not (endpoint.startswith("https://") or is_open) or parts.username or parts.query:
        raise ImproperlyConfigured("MEDIA_S3_ENDPOINT takes https://server or https://server:port, without key")
    return endpoint
