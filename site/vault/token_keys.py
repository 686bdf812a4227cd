"""A private key of P-256 that stays in a PKCS#11 token: an HSM, a smart card, SoftHSM.

The token does the one step that needs the key, ECDH (CKM_ECDH1_DERIVE, without a KDF); the key itself never leaves it.
It is named by an address of RFC 7512, as `pkcs11:token=vatra;object=field?module-path=/usr/lib/softhsm/libsofthsm2.so`.
The PIN stands in FIELD_KEYS_PIN or in the file that FIELD_KEYS_PIN_FILE names.

A session is opened for each use: a token that was away is asked anew, and nothing is open while nobody needs it. The
package `pkcs11` is imported inside the functions: who has no token needn't have it in memory.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from .keyring import KeyRingError

SCHEME = "pkcs11:"
POINT_BYTES = 65  # an uncompressed point of P-256
_OCTET_STRING = b"\x04\x41"  # how DER begins one of so many bytes
_lock = threading.Lock()  # a process logs in to a token once at a time
_modules: dict[str, tuple[int, Any]] = {}  # by path: the process that initialised it, and the module


class TokenKey:
    """One key of a token. `name`: how errors call it. The token is first asked when the key is used."""

    def __init__(self, name: str, address: str) -> None:
        path, _mark, query = address.removeprefix(SCHEME).partition("?")
        parts = dict(part.partition("=")[::2] for part in path.split(";"))
        self.name = name
        self.token = unquote(parts.get("token", ""))
        self.object = unquote(parts.get("object", ""))
        self.module = parse_qs(query).get("module-path", [""])[0]
        if not (address.startswith(SCHEME) and self.token and self.object and self.module):
            raise KeyRingError(f"{name} needs token, object and module-path")
        self._public = b""

    @property
    def public(self) -> bytes:
        """The public key, an uncompressed point; read once in a process. Raises KeyRingError."""
        if not self._public:
            from pkcs11 import Attribute, KeyType, ObjectClass

            with self._open() as session:
                found = session.get_key(ObjectClass.PUBLIC_KEY, KeyType.EC, label=self.object)
                self._public = self._read_point(bytes(found[Attribute.EC_POINT]))
        return self._public

    def exchange(self, point: bytes) -> bytes:
        """Return the shared x coordinate with this point of the curve, 32 bytes. Raises KeyRingError."""
        from pkcs11 import KDF, Attribute, KeyType, ObjectClass

        with self._open() as session:
            private = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, label=self.object)
            shared = private.derive_key(
                KeyType.GENERIC_SECRET,
                256,
                mechanism_param=(KDF.NULL, None, point),
                template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
            )
            return bytes(shared[Attribute.VALUE])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Open a session. Whatever the token or its module raises becomes KeyRingError, by its class alone."""
        try:
            from pkcs11.exceptions import PKCS11Error
        except ImportError:
            raise KeyRingError(f"{self.name}: the package python-pkcs11 is missing") from None
        pin = _read_pin()
        with _lock:
            try:
                token = _load_module(self.module).get_token(token_label=self.token)
                with token.open(user_pin=pin or None) as session:
                    yield session
            except (PKCS11Error, RuntimeError, OSError) as error:
                # Without its cause: a module's message may hold what it was asked with.
                raise KeyRingError(f"{self.name}: the token isn't reached ({type(error).__name__})") from None

    def _read_point(self, raw: bytes) -> bytes:
        point = raw.removeprefix(_OCTET_STRING) if len(raw) == POINT_BYTES + 2 else raw
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError:
            raise KeyRingError(f"{self.name} is no key of P-256") from None
        return point

    def __repr__(self) -> str:
        return f"<TokenKey {self.name}>"


def _free_lock() -> None:
    """Make the lock anew in a child: a thread of its parent that held it isn't there."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_free_lock)


def _load_module(path: str) -> Any:
    """Load a module, and initialise it anew in a process that was forked since."""
    import pkcs11

    owner, module = _modules.get(path, (0, None))
    if module is None:
        module = pkcs11.lib(path)
    elif owner != os.getpid():
        module.reinitialize()
    _modules[path] = (os.getpid(), module)
    return module


def _read_pin() -> str:
    if not settings.FIELD_KEYS_PIN_FILE:
        return settings.FIELD_KEYS_PIN
    try:
        return Path(settings.FIELD_KEYS_PIN_FILE).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRingError(f"FIELD_KEYS_PIN_FILE can't be read: {type(error).__name__}") from None
