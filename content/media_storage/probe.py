"""Whether the bucket can be reached, listed, written to and read, and gives nothing to whoever has no key."""

from hashlib import sha256
from http import HTTPStatus
from io import BytesIO
from socket import gethostname
from urllib.parse import quote

import urllib3
from django.conf import settings

from .bucket import CONNECT_SECONDS, READ_SECONDS, MediaBucket, NameTaken
from .errors import BucketAway

# Of each machine its own, so that none removes another's while that looks for it.
PROBE = f"probe-{sha256(gethostname().encode()).hexdigest()[:12]}.txt"
BODY = b"Written and removed by the service to see whether it can be.\n"


class NotUsable(Exception):
    """Raised when the bucket can't be used as it is. `code` for logs and alarms; the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def try_bucket(bucket: MediaBucket) -> None:
    """Write, look up, list, read and remove one object, and ask for it without a key. Raises NotUsable."""
    try:
        write_something(bucket)
        try:
            if bucket.look_up(PROBE).size != len(BODY):
                raise NotUsable("changed", "what is written into the bucket isn't what is read from it")
            next(bucket.list_files(), None)
            with bucket.open(PROBE) as file:
                if file.read() != BODY:
                    raise NotUsable("changed", "what is written into the bucket isn't what is read from it")
            _refuse_public(bucket)
        finally:
            bucket.remove(PROBE)
    except BucketAway as error:
        raise NotUsable(error.code, describe(error)) from None
    except FileNotFoundError:
        raise NotUsable("changed", "what is written into the bucket isn't there afterwards") from None


def write_something(bucket: MediaBucket) -> None:
    """Write one small object. Raises BucketAway."""
    bucket.put(PROBE, BytesIO(BODY), replaces=True)


def keeps_names(bucket: MediaBucket) -> bool:
    """Whether the service refuses to replace an object that is there (`If-None-Match`). Raises BucketAway."""
    try:
        write_something(bucket)
        bucket.put(PROBE, BytesIO(BODY))
    except NameTaken:
        return True
    finally:
        bucket.remove(PROBE)
    return False


def describe(error: BucketAway) -> str:
    where = f"{settings.MEDIA_BUCKET_URL} at {settings.MEDIA_S3_ENDPOINT or 'Amazon'}"
    words = {
        "silent": f"{where} doesn't answer in time: MEDIA_S3_ENDPOINT, and whether this machine may reach it",
        "unreachable": f"{where} can't be reached: MEDIA_S3_ENDPOINT, its certificate (MEDIA_S3_CA_FILE), the network",
        "denied": f"{where} doesn't take that key, or the key may not list, read, write and delete there"
        " (MEDIA_S3_KEY_ID, MEDIA_S3_SECRET, MEDIA_S3_REGION)",
        "no_bucket": f"{where}: there is no such bucket; make one, private and without a lifetime for its objects",
    }
    return words.get(error.code, f"{where} refuses what is asked ({error.code})")


def _refuse_public(bucket: MediaBucket) -> None:
    """Ask without a key for the object and for the list. Raises NotUsable when either is given."""
    place = f"{bucket.client.meta.endpoint_url}/{quote(bucket.bucket_name)}"
    limits = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    with urllib3.PoolManager(ca_certs=bucket.verify or None, timeout=limits, retries=False) as anybody:
        try:
            answers = [
                anybody.request("GET", address, redirect=False, preload_content=False).status
                for address in (f"{place}/{quote(bucket.get_key(PROBE))}", f"{place}?list-type=2")
            ]
        except urllib3.exceptions.HTTPError as error:
            raise bucket.fail(error) from None
    if HTTPStatus.OK in answers:
        raise NotUsable(
            "public",
            f"{settings.MEDIA_BUCKET_URL} gives its files to everybody. Originals say where a photograph was taken, and"
            " documents may be private: switch public reading off",
        )
