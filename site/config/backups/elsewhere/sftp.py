"""A folder on a server, over SSH: the server's key must be known, and a key of ours signs in."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import asyncssh
from django.conf import settings

from .store import UNFINISHED, NotTaken

SECONDS = 20
CHUNK = 4 * 2**20


# At INFO it names hosts and users with each step.
asyncssh.set_log_level("WARNING")


@contextmanager
def connect(host: str, port: int, user: str, folder: str) -> Iterator["Folder"]:
    """Sign in. Raises NotTaken."""
    with asyncio.Runner() as runner:
        try:
            connection = runner.run(_connect(host, port, user))
        except asyncssh.HostKeyNotVerifiable:
            raise NotTaken(
                "host_key",
                f"The key of {host} isn't the one in {_known_hosts()}: put the right one there (`ssh-keyscan"
                f" {host}`, compared with what its operator says). Nothing was sent.",
            ) from None
        except asyncssh.PermissionDenied:
            raise NotTaken("denied", f"{host} doesn't let {user} in with that key (BACKUP_SFTP_KEY_FILE).") from None
        except (OSError, asyncssh.Error, ValueError, TimeoutError) as error:
            raise NotTaken("unreachable", f"{host} can't be signed in to ({type(error).__name__}).") from None
        try:
            yield Folder(runner, connection, host, folder.rstrip("/"))
        finally:
            connection.close()
            with suppress(Exception):
                runner.run(connection.wait_closed())


async def _connect(host: str, port: int, user: str) -> asyncssh.SSHClientConnection:
    key = settings.BACKUP_SFTP_KEY_FILE
    return await asyncssh.connect(
        host,
        port,
        username=user,
        known_hosts=str(_known_hosts()),
        client_keys=[key] if key else (),
        agent_path=None,
        config=None,
        preferred_auth="publickey",
        login_timeout=SECONDS,
        connect_timeout=SECONDS,
        keepalive_interval=SECONDS,
    )


async def _wait(step: Awaitable[Any]) -> Any:
    return await step


def _known_hosts() -> Path:
    return Path(settings.BACKUP_SFTP_KNOWN_HOSTS or "~/.ssh/known_hosts").expanduser()


class Folder:
    """A folder that is there. What is being sent has another name until it has been read back."""

    def __init__(
        self, runner: asyncio.Runner, connection: asyncssh.SSHClientConnection, host: str, folder: str
    ) -> None:
        self.runner, self.host, self.folder = runner, host, folder
        self.sftp: asyncssh.SFTPClient = self._run(connection.start_sftp_client())

    def list(self) -> dict[str, int]:
        return {
            str(each.filename): int(each.attrs.size or 0)
            for each in self._run(self.sftp.readdir(self.folder))
            if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
        }

    def put(self, path: Path, name: str, digest: str) -> None:
        self._run(self._put(path, name, digest, destroys=False))

    def put_and_destroy(self, path: Path, name: str, digest: str) -> None:
        self._run(self._put(path, name, digest, destroys=True))

    def get(self, name: str, path: Path) -> str:
        return str(self._run(self._get(name, path)))

    def remove(self, name: str) -> None:
        self._run(self.sftp.remove(self._at(name)))

    async def _put(self, path: Path, name: str, digest: str, *, destroys: bool) -> None:
        unfinished = self._at(f"{name}{UNFINISHED}")
        try:
            await self.sftp.put(str(path), unfinished)
            if await self._get(f"{name}{UNFINISHED}", None) != digest:
                raise NotTaken("changed", f"What arrived at {self.host} isn't what was sent: {name}.")
            earlier = await self._open_earlier(name) if destroys else None
            await self._rename(unfinished, self._at(name))
        except BaseException:
            with suppress(asyncssh.Error, OSError):
                await self.sftp.remove(unfinished)
            raise
        if earlier is not None:
            await self._overwrite(earlier)

    async def _rename(self, old: str, new: str) -> None:
        try:
            await self.sftp.posix_rename(old, new)
        except asyncssh.SFTPOpUnsupported:
            with suppress(asyncssh.SFTPNoSuchFile):
                await self.sftp.remove(new)
            await self.sftp.rename(old, new)

    async def _open_earlier(self, name: str) -> Any:
        try:
            return await self.sftp.open(self._at(name), "r+b")
        except asyncssh.SFTPNoSuchFile:
            return None

    @staticmethod
    async def _overwrite(earlier: Any) -> None:
        """Overwrite a file that has no name any more. Servers that can't leave it to their disks."""
        with suppress(asyncssh.Error, OSError):
            left = int((await earlier.stat()).size or 0)
            await earlier.seek(0)
            while left > 0:
                left -= await earlier.write(os.urandom(min(left, CHUNK)))
            await earlier.fsync()
        with suppress(asyncssh.Error, OSError):
            await earlier.close()

    async def _get(self, name: str, path: Path | None) -> str:
        digest = hashlib.sha256()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600) if path is not None else None
        try:
            async with self.sftp.open(self._at(name), "rb") as file:
                while data := cast(bytes, await file.read(CHUNK)):
                    digest.update(data)
                    if handle is not None:
                        with open(handle, "wb", closefd=False) as out:
                            out.write(data)
        finally:
            if handle is not None:
                os.close(handle)
        return digest.hexdigest()

    def _at(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _run(self, step: Awaitable[Any]) -> Any:
        try:
            return self.runner.run(_wait(step))
        except asyncssh.SFTPNoSuchFile:
            raise NotTaken("not_there", f"{self.host} has no {self.folder}, or the file isn't in it.") from None
        except asyncssh.SFTPPermissionDenied:
            raise NotTaken("denied", f"{self.host}: {self.folder} isn't that user's to write to.") from None
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise NotTaken("broken_off", f"{self.host} broke off ({type(error).__name__}).") from None
