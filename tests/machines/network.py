"""Machines of a network: a namespace each, joined by a bridge of this host. Cables can be pulled, ports be blocked."""

import contextlib
import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = 24
CLONE_NEWNET = 0x40000000
RULES = """
table inet cut {{
  chain outgoing {{
    type filter hook output priority 0;
    ip daddr {address} tcp dport {port} drop
  }}
  chain incoming {{
    type filter hook input priority 0;
    ip saddr {address} tcp sport {port} drop
  }}
}}
"""


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def _entered(namespace: Path) -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as own, namespace.open() as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)


@dataclass
class Host:
    """A namespace with one cable to the bridge. `cable`: the bridge's end of it."""

    name: str
    address: str
    namespace: str
    cable: str

    @property
    def within(self) -> tuple[str, ...]:
        return "ip", "netns", "exec", self.namespace

    def connect(self, port: int, *, seconds: float) -> socket.socket:
        """Connect to a port of its loopback, as a program on it would. Raises OSError."""
        # A thread enters a namespace by itself, and a socket stays in the one that it was made in.
        with _entered(Path("/run/netns") / self.namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(seconds)
        made.connect(("127.0.0.1", port))
        return made

    def unplug(self) -> None:
        """Pull the cable: what is sent vanishes, connections stay open, nobody is told."""
        run("ip", "link", "set", self.cable, "down")

    def plug(self) -> None:
        run("ip", "link", "set", self.cable, "up")

    def block(self, address: str, port: int) -> None:
        """Let nothing through to and from this address and port, without an answer."""
        self.unblock()
        rules = RULES.format(address=address, port=port)
        subprocess.run([*self.within, "nft", "-f", "-"], input=rules, text=True, check=True, capture_output=True)

    def unblock(self) -> None:
        subprocess.run([*self.within, "nft", "delete", "table", "inet", "cut"], check=False, capture_output=True)


@dataclass
class Network:
    """`address`: this host's own in it."""

    tag: str
    subnet: str
    hosts: list[Host] = field(default_factory=list)

    @property
    def bridge(self) -> str:
        return f"{self.tag}b"

    @property
    def address(self) -> str:
        return f"{self.subnet}.1"

    def add(self, name: str) -> Host:
        number = len(self.hosts) + 2
        cable, inner = f"{self.tag}c{number}", f"{self.tag}i{number}"
        host = Host(name, f"{self.subnet}.{number}", f"{self.tag}-{name}", cable)
        run("ip", "netns", "add", host.namespace)
        self.hosts.append(host)
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", inner)
        run("ip", "link", "set", inner, "netns", host.namespace)
        run("ip", "link", "set", cable, "master", self.bridge, "up")
        run(*host.within, "ip", "addr", "add", f"{host.address}/{PREFIX}", "dev", inner)
        run(*host.within, "ip", "link", "set", inner, "up")
        run(*host.within, "ip", "link", "set", "lo", "up")
        return host

    def close(self) -> None:
        for host in self.hosts:
            subprocess.run(["ip", "netns", "del", host.namespace], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self.bridge], check=False, capture_output=True)


@contextlib.contextmanager
def made_network() -> Iterator[Network]:
    """A bridge with this host's address; its hosts are added. Raises CalledProcessError where this isn't allowed."""
    network = Network(f"vm{os.getpid() % 10000}", f"10.91.{os.getpid() % 250}")
    try:
        run("ip", "link", "add", network.bridge, "type", "bridge")
        run("ip", "addr", "add", f"{network.address}/{PREFIX}", "dev", network.bridge)
        run("ip", "link", "set", network.bridge, "up")
        yield network
    finally:
        network.close()
