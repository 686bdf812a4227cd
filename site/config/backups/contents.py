"""What an archive holds beside the database, and what never: no key, no password, no token.

Files are taken from named folders only, and settings by name: what a later release adds is left out until it is named.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ATTACHMENTS, VOICES, MEDIA, SETTINGS = "attachments", "voices", "media", "settings.json"
SEALED_FOLDERS = (ATTACHMENTS, VOICES)
UNFINISHED = ".unfinished"
# Variables whose values are no secret. DATABASE_URL, EMAIL_URL, BROKER_URL and CACHE_URL carry passwords.
PLAIN_SETTINGS = (
    *("DJANGO_SETTINGS_MODULE", "PUBLIC_URL", "ALLOWED_HOSTS", "DEFAULT_FROM_EMAIL", "MESSAGE_ID_DOMAIN"),
    *("ORGANISATION_NAME", "ORGANISATION_ADDRESS", "ORGANISATION_EMAIL", "PRESS_EMAIL", "PRIVACY_EMAIL"),
    *("SECURITY_CONTACTS", "SECURITY_TXT_EXPIRES", "CENTRE_UNIT", "TRUSTED_PROXIES", "HOST", "PORT"),
    *("WEB_THREADS", "WEB_WORKERS", "URGENT_WORKERS", "BULK_WORKERS", "VAPID_SUBJECT", "EMAIL_BOUNCE_ADDRESS"),
    *("PUBLIC_API_ORIGINS", "FIELD_API_ORIGINS", "NOTIFICATION_GATEWAYS_FILE", "PUBLISH_WEBHOOKS_FILE"),
    *("BACKUP_DIR", "BACKUP_RECIPIENTS", "BACKUP_MAX_HOURS", "DATA_DIR", "STATIC_ROOT", "DISK_MIN_MB"),
    *("POINT_IN_TIME_SECONDS", "POINT_IN_TIME_DAYS", "POINT_IN_TIME_MAX_SECONDS"),
    *("IDLE_MINUTES", "INVITATION_HOURS", "FACTOR_RESET_HOURS", "ROLE_REQUEST_HOURS", "DRAFT_DAYS", "EXIT_URL"),
    "PHONE_RECORD_DAYS",
)


def iter_files() -> Iterator[tuple[str, Path]]:
    """Iterate over (name in the archive, path) of sealed files and public files. What is half written stays out."""
    folders = ((ATTACHMENTS, settings.ATTACHMENT_DIR), (VOICES, settings.VOICE_DIR), (MEDIA, settings.MEDIA_ROOT))
    for name, folder in folders:
        root = Path(folder)
        for path in _walk(root):
            if path.suffix != UNFINISHED:
                yield f"{name}/{path.relative_to(root).as_posix()}", path


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders.sort()
        yield from (path for path in (Path(folder) / name for name in sorted(files)) if not path.is_symlink())


def count_bytes() -> int:
    total = 0
    for _name, path in iter_files():
        try:
            total += path.stat().st_size + 1024
        except FileNotFoundError:
            continue
    return total


def write_settings() -> bytes:
    """Return the plain settings of the environment, as JSON."""
    return json.dumps({name: os.environ[name] for name in PLAIN_SETTINGS if name in os.environ}, indent=1).encode()
