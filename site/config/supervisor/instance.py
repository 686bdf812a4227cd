"""This copy of the service: its port, its folder, its mail server, and locks that keep other copies out."""

import fcntl
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.sandbox.phones import KEY_VARIABLE, describe_gateways

ROOT = Path(__file__).resolve().parents[3]
LOCK_WAIT_SECONDS = 8.0
WEB_SOCKET = "VATRA_WEB_SOCKET"  # of the web server: the number of the socket that it was given
FIRST_HANDED_OVER = 3
BACKLOG = 1024  # connections that wait while no web server runs


class CannotStart(Exception):
    """The reason why the service doesn't start, in one line that a person can act on."""


@dataclass
class Instance:
    """The resources that this copy holds.

    `claim` and `reserved` keep the port ours, also while the web server restarts. `mail_socket` listens already, so
    mail waits in its queue while the sink restarts; None when EMAIL_URL points elsewhere. `phone_socket` is the same
    for the sandbox's gateway for SMS and calls; None where NOTIFICATION_GATEWAYS_FILE names others.
    """

    host: str
    port: int
    data_dir: Path
    settings: str
    public_url: str
    lock: int
    claim: socket.socket
    reserved: socket.socket  # under systemd it listens: it outlasts a restart, and connections wait in it
    mail_socket: socket.socket | None
    phone_socket: socket.socket | None = None
    listens: bool = False

    @property
    def profile(self) -> str:
        return self.settings.rpartition(".")[2]

    @property
    def is_local(self) -> bool:
        return self.profile == "local"

    @property
    def probe_host(self) -> str:
        """The host at which this copy reaches itself."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104

    def close_in_part(self, part: str) -> None:
        """Close, in the new process of this part, what isn't its own. The lock stays: every part holds it."""
        self.claim.close()
        if self.listens and part == "web":
            self.reserved.set_inheritable(True)
            os.environ[WEB_SOCKET] = str(self.reserved.fileno())
        else:
            self.reserved.close()
        os.set_inheritable(self.lock, True)
        for variable, listener in (("SINK_SOCKET", self.mail_socket), ("PHONES_SOCKET", self.phone_socket)):
            if listener is None:
                continue
            if part == "inbox":
                listener.set_inheritable(True)
                os.environ[variable] = str(listener.fileno())
            else:
                listener.close()

    @property
    def host_header(self) -> str:
        return urlsplit(self.public_url).netloc


def claim_instance() -> Instance:
    """Take the port (PORT, HOST) and the folder (DATA_DIR), and complete the environment of all that starts here.

    Raises CannotStart.
    """
    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    host = os.environ.get("HOST", "127.0.0.1")
    port = _port(os.environ.get("PORT") or "8000")
    handed_over = _take_handed_over(port)
    claim, reserved = (_claim(port), handed_over) if handed_over is not None else _reserve(host, port)
    listens = handed_over is not None or "NOTIFY_SOCKET" in os.environ
    if listens and handed_over is None:
        reserved = _listen(reserved)
    data_dir = _folder(Path(os.environ.get("DATA_DIR") or ROOT / "var").resolve())
    lock = lock_folder(data_dir)
    os.environ.update({"PORT": str(port), "HOST": host, "DATA_DIR": str(data_dir)})
    public_url = os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    place = Instance(host, port, data_dir, settings, public_url, lock, claim, reserved, None)
    place.listens = listens
    if place.is_local and not os.environ.get("EMAIL_URL"):
        place.mail_socket = _listen_on_a_free_port()
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{place.mail_socket.getsockname()[1]}"
    # With the mail sink only: it is the process in which this gateway runs.
    if place.mail_socket is not None and not os.environ.get("NOTIFICATION_GATEWAYS_FILE"):
        place.phone_socket = _listen_on_a_free_port()
        _describe_phones(data_dir, place.phone_socket)
    if place.is_local:
        _store_addresses(data_dir)
    return place


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CannotStart(f"PORT is {text!r}; it takes a number from 1 to 65535.")
    return int(text)


def _take_handed_over(port: int) -> socket.socket | None:
    """Return the socket that systemd has stored for us since the last start (sd_listen_fds(3)), None without one."""
    pid, amount = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or amount != "1":
        return None
    listener = socket.socket(fileno=FIRST_HANDED_OVER)
    listener.set_inheritable(False)
    if listener.family not in (socket.AF_INET, socket.AF_INET6) or listener.getsockname()[1] != port:
        listener.close()  # PORT was changed meanwhile
        return None
    return listener


def _listen(reserved: socket.socket) -> socket.socket:
    """Listen where the reserved socket is bound. Raises CannotStart."""
    family, address = reserved.family, reserved.getsockname()[:2]
    reserved.close()
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotStart(f"Port {address[1]} on {address[0]} can't be used ({error.strerror}).") from None


def _claim(port: int) -> socket.socket:
    """Claim the port's name, so that no other copy takes it. Raises CannotStart."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0vatra-outreach-port-{port}")
    except OSError:
        claim.close()
        raise CannotStart(f"Another copy of the service has port {port}. Stop it first.") from None
    return claim


def _reserve(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Reserve the port: (claim, reserved).

    The web server listens with SO_REUSEPORT, which would let two copies share one port unnoticed. So a listening socket
    without it is tried first, a claim of a name keeps out another copy that starts in the same moment, and a socket
    that is bound but never listens keeps out other programs while our web server isn't there.
    """
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe, reserved = (socket.socket(family, socket.SOCK_STREAM) for _step in range(2))
    try:
        # An abstract socket (the leading NUL): the kernel frees the name with the process, no file is left behind.
        claim.bind(f"\0vatra-outreach-port-{port}")
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)
        probe.close()
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            reserved.setsockopt(socket.SOL_SOCKET, option, 1)
        reserved.bind((host, port))
    except OSError as error:
        for taken in (claim, probe, reserved):
            taken.close()
        raise CannotStart(
            f"Port {port} on {host} can't be used ({error.strerror}). Stop what holds it, or choose another: "
            f"PORT={port + 1}"
        ) from None
    return claim, reserved


def _folder(path: Path) -> Path:
    try:
        for folder in (path, path / "run", path / "log"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotStart(f"The folder {path} can't be made ({error.strerror}). Set DATA_DIR.") from None
    return path


def lock_folder(data_dir: Path) -> int:
    """Lock the folder. Raises CannotStart while a copy of the service runs on it.

    Every part inherits the lock, so it is free only when the last of them is gone.
    """
    lock = os.open(data_dir / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # The parts of a copy that was just stopped may need a moment.
            if time.monotonic() > deadline:
                raise CannotStart(f"Another copy is running on {data_dir}. Stop it, or set another DATA_DIR.") from None
            time.sleep(0.2)
        else:
            return lock


def _listen_on_a_free_port() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def _store_addresses(data_dir: Path) -> None:
    """Store the addresses for a `manage.py` in another terminal with the same DATA_DIR (settings/local.py)."""
    names = ("PORT", "PUBLIC_URL", "EMAIL_URL", "NOTIFICATION_GATEWAYS_FILE", KEY_VARIABLE)
    addresses = {name: os.environ[name] for name in names if name in os.environ}
    (data_dir / "run" / "local.json").write_text(json.dumps(addresses))


def _describe_phones(data_dir: Path, listener: socket.socket) -> None:
    """Write the description of the sandbox's gateway, and make the secret that it shares with the service."""
    file = data_dir / "run" / "gateways.json"
    file.write_text(json.dumps(describe_gateways(f"http://127.0.0.1:{listener.getsockname()[1]}"), indent=1))
    os.environ["NOTIFICATION_GATEWAYS_FILE"] = str(file)
    os.environ[KEY_VARIABLE] = secrets.token_urlsafe(32)
