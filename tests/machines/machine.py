"""A machine: the whole service under its supervisor, in a network, with processes, a name and a disk of its own."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .limits import Group
from .network import Host

ROOT = Path(__file__).resolve().parents[2]
PORT = 8000
SCRAPE_TIMEOUT = 10.0  # seconds, as a Prometheus has it
# Of DATA_DIR, what all machines have in common (docs/operator.md); everything else is each one's own.
SHARED = ("attachments", "voices", "field_parts", "media", "case_keys")
# Its name and these folders exist in its own namespaces only. The first process of a namespace takes all others along.
BEGIN = """
echo 0 > "$1"; shift
exec ip netns exec "$1" unshare --uts --mount --pid --fork --kill-child --mount-proc sh -eu -c '
hostname "$1"; shared=$2; data=$3; shift 3
for each in {shared}; do mount --bind "$shared/$each" "$data/$each"; done
exec "$@"' begin "$2" "$3" "$4" "$5" -m config.supervisor
""".replace("{shared}", " ".join(SHARED))


@dataclass
class Machine:
    """`shared`: the folder that all machines have in common, as a shared file system would be."""

    host: Host
    group: Group
    place: Path
    shared: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def name(self) -> str:
        return self.host.name

    @property
    def data(self) -> Path:
        return self.place / self.name

    @property
    def url(self) -> str:
        return f"http://{self.host.address}:{PORT}"

    def start(self, *, like: "Machine | None" = None) -> None:
        """Start it; `like`: a machine on the same database that has prepared what all need once."""
        for each in SHARED:
            (self.shared / each).mkdir(parents=True, exist_ok=True)
            (self.data / each).mkdir(parents=True, exist_ok=True)
        if like is not None:
            (self.data / "run").mkdir(exist_ok=True)
            shutil.copyfile(like.data / "run" / "prepared.json", self.data / "run" / "prepared.json")
        environment = self.environment | {
            "DATA_DIR": str(self.data),
            "HOST": "0.0.0.0",  # noqa: S104  # of its own network
            "PORT": str(PORT),
            "PUBLIC_URL": self.url,
        }
        words = (self.group.members, self.host.namespace, self.name, self.shared, self.data, sys.executable)
        with (self.place / f"{self.name}.console").open("ab") as output:
            self.process = subprocess.Popen(
                ["sh", "-eu", "-c", BEGIN, "begin", *map(str, words)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def read_console(self) -> str:
        return (self.place / f"{self.name}.console").read_text()

    def kill(self) -> None:
        """All of it at once, as when its power fails; but its kernel still ends its connections."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, 9)
            self.process.wait()
            self.process = None

    def ask(self) -> tuple[int, set[str]]:
        """Return the status of `/readyz` and the parts that aren't well, as it says itself; 0 where nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        try:
            connection.sock = self.host.connect(PORT, seconds=SCRAPE_TIMEOUT)
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, set(json.load(answer).get("degraded", ()))
        except (OSError, http.client.HTTPException, ValueError):
            return 0, set()
        finally:
            connection.close()

    def answers_outside(self) -> bool:
        """Whether it answers over the network."""
        connection = http.client.HTTPConnection(self.host.address, PORT, timeout=3)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
