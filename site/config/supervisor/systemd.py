"""What systemd is told where it started us (`Type=notify`, sd_notify(3)): that we serve, live, or stop."""

import os
import socket


class Systemd:
    """The socket of NOTIFY_SOCKET. Without one, as in a terminal or a container, nothing is sent.

    The variable leaves the environment: no part speaks for the service.
    """

    def __init__(self) -> None:
        address = os.environ.pop("NOTIFY_SOCKET", "")
        # An abstract socket is written with @ in place of the leading NUL.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._has_said_ready = False

    def say_ready(self) -> None:
        """Say that pages are served, until systemd has taken it; `systemctl start` waits for it."""
        self._has_said_ready = self._has_said_ready or self._send("READY=1")

    def say_alive(self) -> None:
        """Say that the loop turns. Silence of WatchdogSec makes systemd start the service again."""
        self._send("WATCHDOG=1")

    def say_stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, state: str) -> bool:
        if not self._address:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as wire:
                wire.sendto(state.encode(), self._address)
        except OSError:
            return False  # its queue is full, or it is away; our silence says the rest
        return True
