"""Sealed files: content too large for a column, encrypted under a key of its own that stands sealed in a row.

The key belongs in a SealedBytesField, so that rotation re-seals it and the file itself is never rewritten; a file whose
row is gone can't be opened by anyone. The associated data binds the content to its row. A file reads
`VATRA1` + nonce (12 bytes) + ciphertext + tag (16 bytes), AES-256-GCM.
"""

import os
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .seal import NONCE_BYTES, SealBroken

HEAD = b"VATRA1"
MOST_STRAYS = 20

log = structlog.get_logger(__name__)


def write_sealed(path: Path, plain: bytes, place: bytes) -> bytes:
    """Write the file, all of it or none, and return its new key. Only this user of the machine can read it.

    `place`: see `seal.get_place`. Raises OSError.
    """
    key, nonce = AESGCM.generate_key(bit_length=256), os.urandom(NONCE_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(HEAD + nonce)
            file.write(AESGCM(key).encrypt(nonce, plain, place))
            file.flush()
            # The content is on the disk before the file gets its name.
            os.fsync(file.fileno())
        unfinished.replace(path)
    # On SystemExit and KeyboardInterrupt, too: a process that is stopped leaves no half of a file.
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    reach_the_disk(path.parent)
    return key


def read_sealed(path: Path, key: bytes, place: bytes) -> bytes:
    """Return the plain content.

    Raises SealBroken when the file was changed or isn't this row's, OSError when it is gone.
    """
    sealed = path.read_bytes()
    body = sealed[len(HEAD) :]
    if not sealed.startswith(HEAD):
        raise SealBroken("not a sealed file")
    try:
        return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise SealBroken("a sealed file does not open at this place") from None


def is_older(path: Path, moment: float) -> bool:
    """Whether the file was written before this moment (seconds of the epoch). One that has gone meanwhile is not."""
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:
        return False


def may_remove_strays(kind: str, count: int) -> bool:
    """Whether files without a row may go. A crash leaves one or two behind; many at once mean that the database is
    older than the files (a restore), and then a later database may still open them: none goes, and it is logged.
    """
    if count > MOST_STRAYS:
        log.error("strays_left", kind=kind, files=count)
    return count <= MOST_STRAYS


def reach_the_disk(folder: Path) -> None:
    """Flush the folder: a new name in it survives a power cut only when the folder itself has been written."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
