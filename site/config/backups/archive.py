"""An archive: a tar in an age file, whose last member lists all others with their digests, and is signed.

    database.sqlite3 | database.dump   attachments/…   voices/…   media/…   settings.json   manifest.json   signature

The manifest comes last, so what was cut off has none. It is signed with the key of the audit chain (`audit.keys`):
age's recipients are public, and whoever can write where archives are stored could otherwise put one there of their own.
"""

import hashlib
import hmac
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from audit.keys import chain_keys
from vault.keyring import KeyRingError

from .streams import CHUNK, Identity, NotOpened, Recipient, decrypting, encrypting

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "signature"
PURPOSE = "backup"
MAX_MANIFEST = 512 * 1024 * 1024


class Damaged(Exception):
    """Raised when an archive isn't what was written. The text says what, in words for an operator."""


@dataclass
class Manifest:
    """What an archive says of itself.

    `kind`: backup, or case_keys. `made_at`: ISO 8601, when the database was copied. `facts`: see `database.Facts`.
    `members`: {name: [size in bytes, SHA-256]}. `gone`: ids of attached files that were deleted while it was written.
    `lost`: ids of attached files that the database names and the disk hadn't. `media_away` of the facts: why public
    files are missing in it, where they lie in a bucket.
    """

    kind: str
    made_at: str
    facts: dict[str, Any] = field(default_factory=dict)
    members: dict[str, list[Any]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    format: int = FORMAT
    is_signed: bool = field(default=False, compare=False)


class Writer:
    """Adds members to an archive."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self.tar, self.manifest = tar, manifest

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as it is now. Raises FileNotFoundError when it is gone, OSError."""
        with path.open("rb") as file:
            self.add_open(name, file)

    def add_open(self, name: str, file: BinaryIO) -> None:
        """Add what an open file holds, from its beginning."""
        info = tarfile.TarInfo(name)
        info.size = _size(file)
        self._add(info, file)

    def add_bytes(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        self._add(info, io.BytesIO(content))

    def _add(self, info: tarfile.TarInfo, file: BinaryIO) -> None:
        info.mode = 0o600
        reader = _Digesting(file)
        # Exactly so many bytes as were there when it began: one that grows meanwhile is cut there.
        self.tar.addfile(info, reader)
        self.manifest.members[info.name] = [info.size, reader.digest.hexdigest()]


@contextmanager
def writing(file: BinaryIO, recipients: Sequence[Recipient], manifest: Manifest) -> Iterator[Writer]:
    """Write an archive into `file`; at the end of the block the manifest is added. Raises OSError, KeyRingError."""
    with (
        encrypting(file, recipients) as sink,
        tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT, bufsize=CHUNK) as tar,
    ):
        writer = Writer(tar, manifest)
        yield writer
        body = json.dumps({name: value for name, value in asdict(manifest).items() if name != "is_signed"}).encode()
        writer.add_bytes(MANIFEST, body)
        writer.add_bytes(SIGNATURE, _sign(body, chain_keys().primary.id).encode())


# Given a member's name and a file to read it from.
Receiver = Callable[[str, BinaryIO], None]


def read(file: BinaryIO, identities: Sequence[Identity], receive: Receiver) -> Manifest:
    """Read an archive from its beginning to its end, hand each member over, and compare all of them with the manifest.

    `is_signed` of what is returned: it was made with a key of the running settings. Raises NotOpened, Damaged, OSError.
    """
    met: dict[str, list[Any]] = {}
    ends: dict[str, bytes] = {}
    try:
        with decrypting(file, identities) as source, tarfile.open(fileobj=source, mode="r|", bufsize=CHUNK) as tar:
            for info in tar:
                _refuse_odd(info, met)
                content: Any = tar.extractfile(info)
                if info.name in (MANIFEST, SIGNATURE):
                    if info.size > MAX_MANIFEST:
                        raise Damaged("the list at its end is too long")
                    ends[info.name] = content.read()
                    continue
                if ends:
                    raise Damaged("something follows the list at its end")
                reader = _Digesting(content)
                receive(info.name, reader)  # type: ignore[arg-type]
                while reader.read(CHUNK):
                    pass
                met[info.name] = [info.size, reader.digest.hexdigest()]
    except tarfile.TarError as error:
        raise Damaged(f"it is no archive of ours ({type(error).__name__})") from None
    return _compare(met, ends)


def _compare(met: dict[str, list[Any]], ends: dict[str, bytes]) -> Manifest:
    body = ends.get(MANIFEST)
    if body is None:
        raise Damaged("the list at its end is missing: it was never finished")
    try:
        found = json.loads(body)
        if found.get("format") != FORMAT:
            raise Damaged(f"it has format {found.get('format')!r}; this release reads format {FORMAT}")
        manifest = Manifest(**found)
    except (ValueError, TypeError, AttributeError):
        raise Damaged("the list at its end can't be read") from None
    listed = {name: value for name, value in manifest.members.items() if name not in (MANIFEST, SIGNATURE)}
    if listed != met:
        odd = sorted(name for name in listed.keys() | met.keys() if listed.get(name) != met.get(name))
        raise Damaged(f"{len(odd)} members aren't what the list says, the first is {odd[0]}")
    manifest.is_signed = _is_signed(body, ends.get(SIGNATURE, b"").decode(errors="replace"))
    return manifest


def _refuse_odd(info: tarfile.TarInfo, met: dict[str, list[Any]]) -> None:
    """Refuse whatever we never write: links, devices, names that lead out of the place."""
    path = PurePosixPath(info.name)
    if not info.isreg() or path.is_absolute() or ".." in path.parts or "\0" in info.name or info.name in met:
        raise Damaged("it holds a member that no backup writes")


def _sign(body: bytes, key_id: str) -> str:
    return f"{key_id}:{hmac.digest(chain_keys().get(key_id).subkey(PURPOSE), body, 'sha256').hex()}"


def _is_signed(body: bytes, signature: str) -> bool:
    try:
        return hmac.compare_digest(signature.encode(), _sign(body, signature.partition(":")[0]).encode())
    except KeyRingError:
        return False


def _size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


class _Digesting:
    """Passes on what is read, and digests it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data


__all__ = ["Damaged", "Manifest", "NotOpened", "Writer", "read", "writing"]
