"""A bucket on any service that speaks S3.

An object appears whole or not at all; it is read back and compared, and removed again where it differs. A bucket that
keeps versions would collect older files of the cases' keys, so the keys aren't put there.
"""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from obstore.exceptions import (
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from .store import UNFINISHED, NotTaken

PART = 8 * 2**20
MAX_PARTS = 9000  # S3 takes 10,000
CHUNK = 4 * 2**20
FAILURES = (BaseError, OSError, ValueError)
RETRY = timedelta(seconds=60)


class Bucket:
    """The objects of a bucket whose names begin with `prefix`."""

    def __init__(self, bucket: str, prefix: str) -> None:
        endpoint = settings.BACKUP_S3_ENDPOINT
        if not (settings.BACKUP_S3_KEY_ID and settings.BACKUP_S3_SECRET):
            raise NotTaken("no_key", "For s3://… set BACKUP_S3_KEY_ID and BACKUP_S3_SECRET.")
        if endpoint and not endpoint.startswith("https://") and not settings.LOOPBACK_ENDPOINTS:
            raise NotTaken("bad_url", "BACKUP_S3_ENDPOINT takes https://….")
        self.bucket = bucket
        options: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
        try:
            self.store = S3Store(
                bucket,
                prefix=prefix or None,
                region=settings.BACKUP_S3_REGION,
                access_key_id=settings.BACKUP_S3_KEY_ID,
                secret_access_key=settings.BACKUP_S3_SECRET,
                virtual_hosted_style_request=False,
                # The service compares each part with its digest, too.
                checksum_algorithm="sha256",
                client_options={
                    "allow_http": endpoint.startswith("http://"),
                    "timeout": "60s",
                    "connect_timeout": "15s",
                },
                retry_config={"max_retries": 3, "retry_timeout": RETRY},
                **options,
            )
        except FAILURES as error:
            raise self._explain(error) from None

    def list(self) -> dict[str, int]:
        try:
            found = self.store.list_with_delimiter()["objects"]
        except FAILURES as error:
            raise self._explain(error) from None
        return {str(each["path"]).rpartition("/")[2]: int(each["size"]) for each in found}

    def put(self, path: Path, name: str, digest: str) -> None:
        self._put(path, name)
        try:
            is_same = self._digest(name) == digest
        except NotTaken:
            self._remove_quietly(name)
            raise
        if not is_same:
            self._remove_quietly(name)
            raise NotTaken("changed", f"What arrived in {self.bucket} isn't what was sent: {name}.")

    def put_and_destroy(self, path: Path, name: str, digest: str) -> None:
        trial = f"{name}{UNFINISHED}"
        version = self._put(path, trial)
        try:
            if version not in (None, "null"):
                raise NotTaken(
                    "keeps_versions",
                    f"{self.bucket} keeps versions of what is replaced: cases that were forgotten could be read again."
                    " The cases' keys weren't put there. Switch versioning off, or take a bucket without.",
                )
            if self._digest(trial) != digest:
                raise NotTaken("changed", f"What arrived in {self.bucket} isn't what was sent: {name}.")
            self._put(path, name)
        finally:
            self._remove_quietly(trial)

    def get(self, name: str, path: Path) -> str:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as out:
            return self._digest(name, out)

    def remove(self, name: str) -> None:
        try:
            self.store.delete(name)
        except FAILURES as error:
            raise self._explain(error) from None

    def _put(self, path: Path, name: str) -> str | None:
        part = max(PART, path.stat().st_size // MAX_PARTS + 1)
        try:
            return self.store.put(name, path, chunk_size=part, max_concurrency=4)["version"]
        except FAILURES as error:
            raise self._explain(error) from None

    def _digest(self, name: str, out: Any = None) -> str:
        digest = hashlib.sha256()
        try:
            for piece in self.store.get(name).stream(min_chunk_size=CHUNK):
                data = bytes(piece)
                digest.update(data)
                if out is not None:
                    out.write(data)
        except FAILURES as error:
            raise self._explain(error) from None
        return digest.hexdigest()

    def _remove_quietly(self, name: str) -> None:
        try:
            self.store.delete(name)
        except FAILURES:
            return

    def _explain(self, error: Exception) -> NotTaken:
        """Word a failure without its text, which names keys and addresses."""
        # Of a listing that is refused the library says only the status, and only in its text.
        if isinstance(error, PermissionDeniedError | UnauthenticatedError) or "status code: 403" in str(error):
            return NotTaken("denied", f"{self.bucket} doesn't take that key (BACKUP_S3_KEY_ID, BACKUP_S3_SECRET).")
        if isinstance(error, NotFoundError):
            return NotTaken("not_there", f"There is no bucket {self.bucket}, or the file isn't in it.")
        return NotTaken("broken_off", f"{self.bucket} can't be reached, or broke off ({type(error).__name__}).")
