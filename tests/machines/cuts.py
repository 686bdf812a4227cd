"""Sixty seconds without a network between machines that all live, and what they need. Nothing may be lost."""

import os
from argparse import Namespace
from collections.abc import Callable
from urllib.parse import urlsplit

from . import inside
from .dying import print_table
from .living import live_through
from .machine import Machine
from .testbed import Testbed

Deed = Callable[[], None]


def run(testbed: Testbed, options: Namespace) -> bool:
    before, lasts, after = (5.0, 12.0, 10.0) if options.quick else (8.0, 60.0, 20.0)
    found = []
    for name, choose in CUTS.items():
        if options.only not in name:
            continue
        machines = testbed.grow_to(2)
        begin, end = choose(testbed, machines)
        found.append(live_through(testbed, machines, name, begin, end, before=before, lasts=lasts, after=after))
    print(f"\nLoad of this host {os.getloadavg()[0]:.1f}\n")
    print_table(found)
    return all(each.lost == 0 and each.outcome.notified_twice == 0 and each.chain_ok for each in found)


def _find_leading(machines: list[Machine]) -> Machine:
    return next(each for each in machines if each.name == inside.read_leader())


def _cut_off(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    leading = _find_leading(machines)
    return leading.host.unplug, leading.host.plug


def _block(machines: list[Machine], address: str, port: int) -> tuple[Deed, Deed]:
    def begin() -> None:
        for each in machines:
            each.host.block(address, port)

    def end() -> None:
        for each in machines:
            each.host.unblock()

    return begin, end


def _get_port(testbed: Testbed, variable: str) -> int:
    return urlsplit(testbed.servers.environment[variable]).port or 0


def _postgres_of_one(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    leading = [_find_leading(machines)]
    return _block(leading, testbed.servers_host.address, _get_port(testbed, "DATABASE_URL"))


def _postgres_of_all(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    return _block(machines, testbed.servers_host.address, _get_port(testbed, "DATABASE_URL"))


def _redis_of_one(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    leading = [_find_leading(machines)]
    return _block(leading, testbed.servers_host.address, _get_port(testbed, "BROKER_URL"))


def _redis_of_all(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    return _block(machines, testbed.servers_host.address, _get_port(testbed, "BROKER_URL"))


def _mail_of_one(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    return _block([_find_leading(machines)], testbed.sink.host, testbed.sink.port)


def _mail_of_all(testbed: Testbed, machines: list[Machine]) -> tuple[Deed, Deed]:
    return _block(machines, testbed.sink.host, testbed.sink.port)


CUTS: dict[str, Callable[[Testbed, list[Machine]], tuple[Deed, Deed]]] = {
    "the leading machine from everything": _cut_off,
    "the leading machine from PostgreSQL": _postgres_of_one,
    "both from PostgreSQL": _postgres_of_all,
    "the leading machine from Redis": _redis_of_one,
    "both from Redis": _redis_of_all,
    "the leading machine from the mail server": _mail_of_one,
    "both from the mail server": _mail_of_all,
}
