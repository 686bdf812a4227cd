"""Signing of cached values: they are read only if the signature is ours.

Django stores values as pickles, and reading a pickle runs what it says: whoever can write to the cache's folder or to
Redis could make the service run anything. Libraries store objects there that JSON can't carry (Wagtail's site paths),
so the pickles stay, under an HMAC made from SECRET_KEY. An unsigned or changed value counts as missing; so does what an
older release left behind.
"""

import hmac
import math
import os
import pickle
import struct
import time
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.redis import RedisSerializer
from django.utils.crypto import salted_hmac

MAC_BYTES = 32
EXPIRY = struct.Struct(">d")


@cache
def _key(secret: str) -> bytes:
    return salted_hmac("config.cache_signing", "", secret=secret, algorithm="sha256").digest()


def signed(content: bytes, place: str = "") -> bytes:
    """Prefix the content with its HMAC. `place`: where it is stored, so that a copy elsewhere is worthless."""
    return _mac(content, place) + content


def verified(data: bytes, place: str = "") -> bytes | None:
    """Return the content, or None when the signature isn't ours."""
    mac, content = data[:MAC_BYTES], data[MAC_BYTES:]
    return content if hmac.compare_digest(mac, _mac(content, place)) else None


def _mac(content: bytes, place: str) -> bytes:
    return hmac.digest(_key(settings.SECRET_KEY), place.encode() + b"\0" + content, "sha256")


class SignedSerializer(RedisSerializer):
    """The serializer for Redis. Whole numbers are stored as they are, so that Redis can count."""

    def dumps(self, obj: Any) -> Any:
        # `type`, not isinstance: a bool is an int, and would come back as one.
        return obj if type(obj) is int else signed(super().dumps(obj))

    def loads(self, data: Any) -> Any:
        try:
            return int(data)
        except ValueError:
            content = verified(bytes(data))
        return None if content is None else pickle.loads(content)  # noqa: S301


class SignedFileCache(FileBasedCache):
    """Django's file cache with signed files. A file holds: HMAC (32 bytes), expiry (8), the compressed pickle."""

    _key_to_file: Callable[..., str]
    _delete: Callable[[str], bool]

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        found = self._opened(self._key_to_file(key, version))
        return default if found is None else pickle.loads(zlib.decompress(found))  # noqa: S301

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._opened(self._key_to_file(key, version)) is not None

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        found = self._opened(self._key_to_file(key, version))
        if found is None:
            return False
        # The expiry lies under the signature, so the file is written anew.
        self.set(key, pickle.loads(zlib.decompress(found)), timeout, version)  # noqa: S301
        return True

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        super().set(key, _Placed(value, os.path.basename(self._key_to_file(key, version))), timeout, version)

    def _write_content(self, file: Any, timeout: Any, value: "_Placed") -> None:
        expiry = self.get_backend_timeout(timeout)
        content = zlib.compress(pickle.dumps(value.value, self.pickle_protocol))
        file.write(signed(EXPIRY.pack(math.inf if expiry is None else expiry) + content, value.place))

    def _opened(self, name: str) -> bytes | None:
        """Return the valid content of this file; delete what has expired or isn't ours."""
        try:
            with open(name, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return None
        content = verified(data, os.path.basename(name))
        if content is None or EXPIRY.unpack_from(content)[0] < time.time():
            self._delete(name)
            return None
        return content[EXPIRY.size :]


class _Placed:
    """A value on its way to its file, with the file's name."""

    def __init__(self, value: Any, place: str) -> None:
        self.value, self.place = value, place
