"""What systemd is told where it started us (`Type=notify`, sd_notify(3)): that we serve, live, or stop."""

import os
import socket
from array import array


class Systemd:
    """The socket of NOTIFY_SOCKET. Without one, as in a terminal or a container, nothing is sent.

    The variable leaves the environment: no part speaks for the service.
    """

    def __init__(self) -> None:
        address = os.environ.pop("NOTIFY_SOCKET", "")
        # An abstract socket is written with @ in place of the leading NUL.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.has_said_ready = False

    def say_ready(self) -> None:
        """Say that pages are served, until systemd has taken it; `systemctl start` waits for it."""
        self.has_said_ready = self.has_said_ready or self._send("READY=1")

    def store(self, listener: socket.socket) -> None:
        """Have it stored over a restart (FDSTORE): whoever connects meanwhile waits. A stop closes it."""
        self._send("FDSTOREREMOVE=1\nFDNAME=web")
        self._send("FDSTORE=1\nFDNAME=web", listener.fileno())

    def say_alive(self) -> None:
        """Say that the loop turns. Silence of WatchdogSec makes systemd start the service again."""
        self._send("WATCHDOG=1")

    def say_stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, state: str, *files: int) -> bool:
        if not self._address:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as wire:
                # Not socket.send_fds: before Python 3.13 it forgets the address.
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", files))] if files else []
                wire.sendmsg([state.encode()], rights, 0, self._address)
        except OSError:
            return False  # its queue is full, or it is away; our silence says the rest
        return True
