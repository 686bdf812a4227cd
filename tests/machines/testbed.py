"""The servers in a namespace of their own, and machines that are added and taken away."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Place, Servers, running_servers

from . import inside
from .limits import Groups, made_groups
from .load import Sink
from .machine import ROOT, Machine
from .network import Host, Network, made_network

START_SECONDS = 900.0


@dataclass
class Testbed:
    """`servers_host`: the machine of PostgreSQL and Redis, which has as much of the processor as there is."""

    __test__ = False  # its name begins as a test's

    network: Network
    groups: Groups
    servers: Servers
    servers_host: Host
    sink: Sink
    place: Path
    share: float
    environment: dict[str, str]
    machines: list[Machine] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return self.servers.environment["DATABASE_URL"].replace("postgres://", "postgresql://")

    def grow_to(self, count: int) -> list[Machine]:
        """Let so many machines run, and give each its share from now on."""
        while len(self.machines) < count:
            name = f"machine{len(self.machines) + 1}"
            host, group = self.network.add(name), self.groups.add(name)
            shared = self.place / "shared"
            self.machines.append(Machine(host, group, self.place, shared, self.environment))
        for number, machine in enumerate(self.machines[:count]):
            if machine.process is None:
                machine.group.limit(None)
                machine.start(like=self.machines[0] if number else None)
                self._wait_ready(machine)
                if number == 0 and "DJANGO_SETTINGS_MODULE" not in os.environ:
                    inside.open_django(self.environment | {"DATA_DIR": str(self.place / "driver")})
        for machine in self.machines[count:]:
            machine.kill()
        for machine in self.machines[:count]:
            machine.group.limit(self.share)
        return self.machines[:count]

    def _wait_ready(self, machine: Machine) -> None:
        until = time.monotonic() + START_SECONDS
        while "ready" not in machine.read_console().splitlines() or machine.ask()[0] != 200:
            if machine.process is None or machine.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{machine.name} doesn't start:\n{machine.read_console()}")
            time.sleep(0.5)

    def stop(self) -> None:
        for machine in self.machines:
            machine.host.plug()
            machine.kill()


@contextlib.contextmanager
def made_testbed(share: float) -> Iterator[Testbed]:
    """Raises SystemExit where this account may make no namespaces or groups."""
    if os.geteuid() != 0:
        raise SystemExit("Only root may make network namespaces and groups: run this as root.")
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vatra-machines-")))
        network = stack.enter_context(made_network())
        groups = stack.enter_context(made_groups())
        # This process, whose children the servers are, is in the hurried group too.
        own = groups.add("beside")
        own.members.write_text("0")
        stack.callback(lambda: (groups.path.parent / "cgroup.procs").write_text("0"))
        host = network.add("servers")
        servers = stack.enter_context(running_servers(is_safe=True, place=Place(host.address, host.within)))
        sink = Sink(network.address)
        stack.callback(sink.stop)
        environment = build_environment(servers, sink, place)
        testbed = Testbed(network, groups, servers, host, sink, place, share, environment)
        stack.callback(testbed.stop)
        yield testbed


def build_environment(servers: Servers, sink: Sink, place: Path) -> dict[str, str]:
    """Of every machine: what docs/operator.md says that several have in common."""
    names = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
    broker = servers.environment["BROKER_URL"]
    return {
        **{name: os.environ[name] for name in names if name in os.environ},
        **servers.environment,
        "CACHE_URL": broker.replace("redis://", "rediscache://").removesuffix("/0") + "/1",
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "ALLOWED_HOSTS": "*",
        "EMAIL_URL": f"smtp://{sink.host}:{sink.port}",
        "STATIC_ROOT": str(place / "static"),
        # The few workers of the demonstration send more than anybody would; what is measured isn't that limit.
        "NOTICE_WAY_BURST": "1000000",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOG_LEVEL": "WARNING",
    }
