"""A bare Debian in a folder that is booted: systemd is its first process, with a network and control groups of its own.

systemd-nspawn starts it. This machine need not run systemd itself: where its control groups are of the older kind, the
trial sees a hierarchy of the newer one alone, in a mount namespace of its own.
"""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.supervisor.running_system import wait_until

from .bare_debian import AUTHORITIES, PATHS, Machine

PROGRAMS = {
    "debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "pasta": "passt", "ip": "iproute2",
}  # fmt: skip
# What Debian's installer puts on each machine, and a bare root lacks.
ON_EVERY_MACHINE = "ca-certificates,dbus,logrotate,procps,systemd-sysv"
# $1: the control group, then the command. nspawn starts the root in a group below.
IN_A_GROUP = """
group="$1"
shift
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$group"
echo $$ >"/sys/fs/cgroup/$group/cgroup.procs"
exec "$@"
"""


def get_programs() -> None:
    """Install what is missing of the programs that boot a root. Raises SystemExit where root is missing."""
    if os.geteuid() != 0:
        raise SystemExit("root is needed: it boots another root")
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if missing:
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", *words], check=True, capture_output=True)


class Booted(Machine):
    """`namespace`: its network's name; nothing leads in, and out only by pasta."""

    def __init__(self, root: Path, database: str) -> None:
        super().__init__(root, database)
        self.namespace = f"vatra-systemd-{os.getpid()}"
        self.nspawn: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        self.lay_down(ON_EVERY_MACHINE)
        self.inside("/etc/machine-id").write_text("")
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        network = ["pasta", "--quiet", "--config-net", "--netns-only", "--runas", "0"]
        closed = [word for kind in ("-t", "-u", "-T", "-U") for word in (kind, "none")]
        subprocess.run([*network, *closed, "--netns", f"/run/netns/{self.namespace}"], check=True)

    def boot(self) -> None:
        log = (self.root.parent / "console.log").open("a")
        nspawn = [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe",
            "--resolv-conf=off", "--timezone=off", "--link-journal=no", f"--machine={self.namespace}",
            f"--network-namespace-path=/run/netns/{self.namespace}", f"--directory={self.root}",
        ]  # fmt: skip
        self.nspawn = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", IN_A_GROUP, "sh", self.namespace, *nspawn],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        wait_until(self.leader, seconds=60, what="systemd is started")
        wait_until(self._is_up, seconds=240, what="systemd has started everything")

    def _is_up(self) -> bool:
        state = self.try_to("systemctl", "is-system-running")[1].strip()
        return state in ("running", "degraded")

    def leader(self) -> int:
        """The first process of the root, as this machine numbers it; 0 while there is none."""
        parents: dict[int, int] = {}
        first: list[int] = []
        for each in Path("/proc").glob("[0-9]*/status"):
            try:
                facts = dict(re.findall(r"^(PPid|NSpid):\s+(.*)$", each.read_text(), re.MULTILINE))
            except OSError:
                continue  # it has ended
            pid = int(each.parent.name)
            parents[pid] = int(facts["PPid"])
            numbers = facts["NSpid"].split()
            if len(numbers) > 1 and numbers[-1] == "1":
                first.append(pid)
        return next((pid for pid in first if self._is_below_nspawn(pid, parents)), 0)

    def _is_below_nspawn(self, pid: int, parents: dict[int, int]) -> bool:
        while pid > 1:
            if self.nspawn is not None and pid == self.nspawn.pid:
                return True
            pid = parents.get(pid, 0)
        return False

    def command(self, *words: str) -> list[str]:
        settings = {"PATH": PATHS, "HOME": "/root", "LC_ALL": "C.UTF-8"}
        if AUTHORITIES.is_dir():
            settings["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        environment = [f"{name}={value}" for name, value in settings.items()]
        return ["nsenter", "--target", str(self.leader()), *spaces, "/usr/bin/env", "-i", *environment, *words]

    def try_to(self, *words: str) -> tuple[int, str]:
        """Run it there as root; its exit code and all that it printed."""
        done = subprocess.run(
            self.command(*words), text=True, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout

    def within_network(self, *words: str) -> list[str]:
        """A program of this machine's, in the trial's network."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *words]

    def end(self) -> None:
        if self.nspawn is not None and self.nspawn.poll() is None:
            leader = self.leader()
            if leader:
                os.kill(leader, signal.SIGRTMIN + 4)  # systemd: power off
            try:
                self.nspawn.wait(60)
            except subprocess.TimeoutExpired:
                os.kill(leader or self.nspawn.pid, signal.SIGKILL)
                self.nspawn.wait(20)
        time.sleep(0.5)
        subprocess.run(["ip", "netns", "del", self.namespace], check=False, capture_output=True)  # pasta ends with it
        for hierarchy in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            group = Path(hierarchy) / self.namespace
            for each in (*sorted(group.rglob("*/"), reverse=True), group):
                with contextlib.suppress(OSError):
                    each.rmdir()


def type_answers(command: list[str], answers: dict[str, str], *, seconds: float) -> str:
    """Run a command at a terminal and type an answer at each of these questions, in their order. Returns what it said.

    Raises SystemExit where it fails, asks something else or asks for longer than this.
    """
    ours, theirs = os.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    said, begun, left = "", 0, list(answers.items())
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if not select.select([ours], [], [], 1)[0]:
                continue
            said += os.read(ours, 65536).decode(errors="replace")
        except OSError:
            break  # it has ended
        if left and left[0][0] in said[begun:]:
            begun = len(said)
            os.write(ours, f"{left.pop(0)[1]}\n".encode())
    os.close(ours)
    code = process.wait(60)
    if code or left:
        raise SystemExit(f"{command[-1]}: {code}, {len(left)} answers left\n{said[-3000:]}")
    return said
