"""A bucket on any service that speaks S3, as Django's storage (django-storages).

No object has an access list or a signed address: readers are given files by the service alone. A request that isn't
answered within seconds fails, and for some seconds after it all others do at once, so that no thread waits for a bucket
that is away; then one tries again. A name that another machine has taken at the same moment is never replaced.
"""

import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urljoin

import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from storages.utils import ReadBytesWrapper, clean_name
from urllib3.exceptions import HTTPError

from access.limits import Bounded, Busy

from .errors import BucketAway
from .files import StoredFile
from .location import read_location
from .names import is_plain
from .reading import BucketFile

CONNECT_SECONDS = 2
READ_SECONDS = 4
PAUSE_SECONDS = 5.0
WAITING, WAIT_SECONDS = 32, 1.0
DEBIANS_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
PROBE = re.compile(r"probe-[0-9a-f]{12}\.txt")  # comes and goes each minute (`probe`)
TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
UNKNOWN = "status_501"  # of a service that knows no conditions
Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


class NameTaken(Exception):
    """Raised when an object of this name came into the bucket a moment ago."""


class Pause:
    """Lets nobody ask for some seconds after a failure; then one, while the others go on failing at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._code = ""

    def look(self) -> None:
        """Raise BucketAway during a pause."""
        with self._lock:
            if time.monotonic() < self._until:
                raise BucketAway(self._code)

    def enter(self) -> None:
        """Raise BucketAway during a pause. After one the caller tries, and whoever comes meanwhile is refused."""
        with self._lock:
            now = time.monotonic()
            if now < self._until:
                raise BucketAway(self._code)
            if self._until:
                self._until = now + PAUSE_SECONDS

    def begin(self, code: str) -> None:
        with self._lock:
            self._until, self._code = time.monotonic() + PAUSE_SECONDS, code

    def end(self) -> None:
        with self._lock:
            self._until = 0.0


class MediaBucket(S3Storage):
    """Django's default storage where MEDIA_BUCKET_URL is set."""

    def __init__(self) -> None:
        where = read_location()
        super().__init__(
            access_key=settings.MEDIA_S3_KEY_ID,
            secret_key=settings.MEDIA_S3_SECRET,
            # Not what the environment may say of an account of somebody's own.
            security_token=None,
            session_profile=None,
            bucket_name=where.bucket,
            location=where.prefix,
            endpoint_url=where.endpoint or None,
            region_name=settings.MEDIA_S3_REGION,
            verify=_find_authorities(),
            default_acl=None,
            querystring_auth=False,
            custom_domain=None,
            file_overwrite=False,
            gzip=False,
            client_config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": 1},
                signature_version="s3v4",
                s3={"addressing_style": "path" if where.endpoint else "auto", "payload_signing_enabled": True},
                # The signature holds the digest of what is sent; the newer sums aren't known to every service.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=settings.WEB_THREADS + 4,
            ),
        )
        self.pause = Pause()
        # Half of a web server's threads are left to everything else, also in the seconds in which it begins to hang.
        self.turns = Bounded(at_once=max(1, settings.WEB_THREADS // 2), waiting=WAITING, seconds=WAIT_SECONDS)
        self.knows_conditions = True
        self._made = threading.Lock()
        self._resource: tuple[int, Any] = (0, None)

    @property
    def connection(self) -> Any:
        """The process's one connection: each costs a fifth of a second and megabytes, and its client takes threads."""
        with self._made:
            if self._resource[0] != os.getpid():  # a fork shares no sockets
                made: Any = self._create_session().resource(
                    "s3",
                    region_name=self.region_name,
                    endpoint_url=self.endpoint_url,
                    config=self.client_config,
                    verify=self.verify,
                )
                self._resource = (os.getpid(), made)
            return self._resource[1]

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def ask(self, name: str, question: Callable[[], Answer]) -> Answer:
        """Ask the bucket. Raises FileNotFoundError for an object that isn't there, NameTaken, BucketAway."""
        self.pause.look()
        try:
            with self.turns.turn():
                return self._ask(name, question)
        except Busy:
            raise BucketAway("busy") from None

    def _ask(self, name: str, question: Callable[[], Answer]) -> Answer:
        self.pause.enter()  # it may have begun while this one waited
        try:
            try:
                answer = question()
            except ConnectionClosedError:  # of one that had been open for long
                answer = question()
        except ClientError as error:
            self.pause.end()
            raise _explain(error, name) from None
        except (BotoCoreError, HTTPError, OSError) as error:
            raise self.fail(error) from None
        self.pause.end()
        return answer

    def fail(self, error: Exception) -> BucketAway:
        """Begin a pause, and return what to raise. An error's own text names keys and addresses."""
        code = "silent" if "Timeout" in type(error).__name__ else "unreachable"
        log.warning("media_bucket_away", code=code, error=type(error).__name__)
        self.pause.begin(code)
        return BucketAway(code)

    def get_key(self, name: str) -> str:
        """Return the name of the object. Raises SuspiciousOperation for one that leads out of the prefix."""
        key: str = self._normalize_name(clean_name(name))
        return key

    # ---- what Django asks of a storage ----

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("A file of the bucket is read, or saved as a whole.")
        return BucketFile(self, self.look_up(name))

    def _save(self, name: str, content: Any) -> str:
        while True:
            try:
                self.put(name, content)
            except NameTaken:
                name = self.get_available_name(name)
            else:
                return str(clean_name(name))

    def delete(self, name: str) -> None:
        """Delete it, or leave it to be found: whoever has deleted a row can't be asked to do that again."""
        try:
            self.remove(name)
        except BucketAway as error:
            log.error("media_not_deleted", code=error.code)

    def exists(self, name: str) -> bool:
        try:
            self.look_up(name)
        except FileNotFoundError:
            return False
        return True

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        found: tuple[list[str], list[str]] = self.ask(name, lambda: super(MediaBucket, self).listdir(name))
        return found

    def size(self, name: str) -> int:
        return self.look_up(name).size

    def get_modified_time(self, name: str) -> Any:
        return self.look_up(name).modified

    def url(self, name: str, *_args: Any, **_more: Any) -> str:
        return urljoin(settings.MEDIA_URL, (filepath_to_uri(name) or "").lstrip("/"))

    # ---- what the service asks besides ----

    def look_up(self, name: str) -> StoredFile:
        """Return size and time of a file. Raises FileNotFoundError, BucketAway."""
        key = self.get_key(name)
        head = self.ask(name, lambda: self.client.head_object(Bucket=self.bucket_name, Key=key))
        return StoredFile(name, int(head["ContentLength"]), head["LastModified"], tag=head["ETag"])

    def list_files(self, folder: str = "") -> Iterator[StoredFile]:
        """List the files below a folder, those of folders in it too. Raises BucketAway.

        Objects whose names no file of ours has are passed by.
        """
        below = self.get_key(f"{folder}/" if folder else "").rstrip("/")
        start = f"{below}/" if below else ""
        own = len(self.location.strip("/")) + 1 if self.location.strip("/") else 0
        asked: dict[str, Any] = {"Bucket": self.bucket_name, "Prefix": start}
        while True:
            page = self.ask(folder, lambda: self.client.list_objects_v2(**asked))
            for each in page.get("Contents", ()):
                name = each["Key"][own:]
                if is_plain(name) and not PROBE.fullmatch(name):
                    yield StoredFile(name, int(each["Size"]), each["LastModified"], tag=each.get("ETag", ""))
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def put(self, name: str, content: Any, *, replaces: bool = False) -> None:
        """Store a file under exactly this name. Raises NameTaken unless it `replaces`, BucketAway."""
        key, wrapped = self.get_key(name), ReadBytesWrapper(content)
        more = self._get_write_parameters(clean_name(name), content)

        def send(**condition: str) -> None:
            content.seek(0)
            self.client.put_object(Bucket=self.bucket_name, Key=key, Body=wrapped, **more, **condition)

        if not replaces and self.knows_conditions:
            try:
                self.ask(name, lambda: send(IfNoneMatch="*"))
            except BucketAway as error:
                if error.code != UNKNOWN:
                    raise
                self.knows_conditions = False
            else:
                return
        self.ask(name, send)

    def get(self, name: str, first: int, last: int, tag: str = "") -> Any:
        """Return the stream of these bytes, of the version with this tag. Raises FileNotFoundError, BucketAway."""
        key = self.get_key(name)
        asked = {"Bucket": self.bucket_name, "Key": key, "Range": f"bytes={first}-{last}"}
        if tag:
            asked["IfMatch"] = tag
        try:
            return self.ask(name, lambda: self.client.get_object(**asked))["Body"]
        except NameTaken:
            raise BucketAway("changed") from None

    def remove(self, name: str) -> None:
        """Delete a file, also one that isn't there. Raises BucketAway."""
        key = self.get_key(name)
        self.ask(name, lambda: self.client.delete_object(Bucket=self.bucket_name, Key=key))


def _find_authorities() -> str | None:
    """Return the file of certificates to trust: the setting's, or this system's, not those that botocore brings."""
    found = (settings.MEDIA_S3_CA_FILE, ssl.get_default_verify_paths().cafile, DEBIANS_AUTHORITIES)
    return next((each for each in found if each and os.path.exists(each)), None)


def _explain(error: ClientError, name: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in TAKEN or status == 412:
        return NameTaken(name)
    if code == "NoSuchBucket":
        return BucketAway("no_bucket")
    if status == 404:
        return FileNotFoundError(name)
    return BucketAway("denied" if status in (401, 403) else f"status_{status}")
