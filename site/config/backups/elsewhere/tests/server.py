"""A real SFTP server on the loopback, with a folder of its own and one key that may sign in."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

USER = "backup"


@dataclass
class Server:
    """Where it listens, its folder, and the files with the client's key and the server's known key."""

    port: int
    folder: Path
    key_file: Path
    known_hosts: Path

    @property
    def url(self) -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}/shelf"

    @property
    def shelf(self) -> Path:
        return self.folder / "shelf"


@contextmanager
def running_server(root: Path) -> Iterator[Server]:
    ours, theirs = (asyncssh.generate_private_key("ssh-ed25519") for _step in range(2))
    folder, key_file = root / "server", root / "key"
    (folder / "shelf").mkdir(parents=True)
    ours.write_private_key(key_file)
    ours.write_public_key(root / "authorized")
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), {}

    class Rooted(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(folder).encode())

    async def listen() -> None:
        found["server"] = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[theirs],
            authorized_client_keys=str(root / "authorized"),
            sftp_factory=Rooted,
        )
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(listen())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    port = found["server"].get_port()
    known = root / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {theirs.export_public_key().decode()}")
    try:
        yield Server(port, folder, key_file, known)
    finally:
        asyncio.run_coroutine_threadsafe(_stop(found["server"]), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: Any) -> None:
    server.close()
    await server.wait_closed()
