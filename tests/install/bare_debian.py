"""A bare Debian in a folder: the service installed there, upgraded under traffic, destroyed, and restored elsewhere.

`python -m tests.install.bare_debian [sqlite|postgresql] [--first REVISION] [--keep]`, as root. It takes Debian's
packages from where this machine takes them, about two gigabytes, and minutes, which it prints. REVISION is what is
installed first and upgraded from, `landed` the last commit that has landed (tests/upgrade/data/landed.txt); without it
this commit is upgraded to itself. Exit code 0 only if everything held.

systemd doesn't run in such a folder: the units are laid down there and not tried (tests/install/real_systemd.py does),
nor is a certificate asked for.
"""

import argparse
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage

from tests.supervisor.load import Load
from tests.supervisor.running_system import free_port, wait_until

HERE = Path(__file__).resolve().parents[2]
HOST = "raste.vatra-prove.al"
APP, DATA, BACKUPS = "/srv/vatra/app", "/srv/vatra/data", "/srv/vatra/backup"
PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TRIAL = "/etc/vatra.trial"  # the settings made by install.sh, with this trial's port and mail server
AUTHORITIES = Path("/usr/local/share/ca-certificates")  # of whoever stands between this machine and Debian
BEGAN = time.monotonic()


def say(text: str) -> None:
    print(f"[{(time.monotonic() - BEGAN) / 60:5.1f} min] {text}", flush=True)


def debian_mirror() -> tuple[str, str]:
    """Return what this machine is, or DEBIAN_SUITE, and where it takes its packages: the suite, and an address."""
    own = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    suite = os.environ.get("DEBIAN_SUITE") or (own[1] if own else "")
    for source in [*sorted(Path("/etc/apt").glob("sources.list.d/*")), Path("/etc/apt/sources.list")]:
        found = re.search(
            r"^(?:URIs: *|deb +(?:\[[^]]*\] +)?)(https?:\S+)", source.read_text() if source.is_file() else "", re.M
        )
        if suite and found:
            return suite, found[1]
    raise SystemExit("This isn't a Debian with sources of packages.")


def install_debootstrap() -> None:
    """Where it is missing. Of two that need it at once (tests/legs.py), the second waits and finds it."""
    with (Path(tempfile.gettempdir()) / "vatra-debootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if shutil.which("debootstrap") is None:
            command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"]
            subprocess.run(command, check=True, capture_output=True)


def find_processes(root: Path) -> list[int]:
    """Whatever runs with this folder as its root, by when it started: numbers begin anew at the largest (proc(5))."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if (each / "root").readlink() == root:
                started = int((each / "stat").read_text().rpartition(")")[2].split()[19])
                found.append((started, int(each.name)))
        except OSError:
            continue  # it has ended
    return [pid for _started, pid in sorted(found)]


class Machine:
    """A root of its own in a folder. It shares this machine's network and its processes."""

    def __init__(self, root: Path, database: str) -> None:
        self.root, self.database = root, database
        self.port, self.mail_port = free_port(), free_port()
        self.identity = pyrage.x25519.Identity.generate()
        self.data = DATA
        self.service: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        self.lay_down("ca-certificates")
        for kind, place in (("proc", "/proc"), ("devpts", "/dev/pts"), ("tmpfs", "/dev/shm")):
            self.inside(place).mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "-t", kind, kind, str(self.inside(place))], check=True)
        self.run("update-ca-certificates")

    def lay_down(self, packages: str) -> None:
        """A bare Debian with these packages (with commas), that reaches what this machine reaches."""
        suite, mirror = debian_mirror()
        install_debootstrap()
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", suite, str(self.root), mirror]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"debootstrap: {done.stdout[-500:]}")
        for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf"):
            if Path(name).is_file():
                shutil.copyfile(name, self.inside(name))
        shutil.copytree("/etc/apt/apt.conf.d", self.inside("/etc/apt/apt.conf.d"), dirs_exist_ok=True)
        if AUTHORITIES.is_dir():
            shutil.copytree(AUTHORITIES, self.inside(str(AUTHORITIES)), dirs_exist_ok=True)

    def inside(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def command(self, *words: str) -> list[str]:
        settings = {"PATH": PATHS, "HOME": "/root", "LC_ALL": "C.UTF-8"}
        if AUTHORITIES.is_dir():
            settings["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
        return [
            "chroot",
            str(self.root),
            "/usr/bin/env",
            "-i",
            *(f"{name}={value}" for name, value in settings.items()),
            *words,
        ]

    def run(self, *words: str, ok: tuple[int, ...] = (0,), typed: str = "") -> str:
        """Run it there as root, and return what it printed. Anything but these exit codes ends the trial."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, input=typed, check=False)
        if done.returncode not in ok:
            raise SystemExit(
                f"{' '.join(words)[:120]}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            )
        return done.stdout

    def as_vatra(self, *words: str, more: str = "") -> list[str]:
        """The service's Python with these words, as its user and with its settings."""
        script = f'set -a; . {TRIAL}; {more} exec .venv/bin/python "$@"'
        return ["runuser", "-u", "vatra", "--", "env", "-C", APP, "bash", "-c", script, "python", *words]

    def manage(self, *words: str) -> str:
        return self.run(*self.as_vatra("manage.py", *words))

    def manage_demo(self, *words: str) -> str:
        """A command under the profile of the demo: invented people have no second factor."""
        more = "DJANGO_SETTINGS_MODULE=config.settings.local;"
        return self.run(*self.as_vatra("manage.py", *words, more=more))

    def install(self, revision: str) -> None:
        """Unpack a revision and run its install.sh, answered without being asked."""
        folder = self.inside("/opt/release")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        archive = subprocess.run(["git", "-C", str(HERE), "archive", revision], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
        answers = {
            "VATRA_HOST": HOST,
            "VATRA_MAIL": "smtp+tls://prove%40vatra-prove.al@mail.vatra-prove.al:587",
            "VATRA_MAIL_PASSWORD": "p@ss/w: rd#1",
            "VATRA_SENDER": "njoftime@vatra-prove.al",
            "VATRA_DATABASE": self.database,
            "VATRA_CERTIFICATE": "none",
            "VATRA_BACKUP_KEY": str(self.identity.to_public()),
        }
        self.run(
            "env", *(f"{name}={value}" for name, value in answers.items()), "bash", "/opt/release/deploy/install.sh"
        )

    def write_trial_settings(self) -> None:
        changed = {
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "EMAIL_ALLOW_PLAIN": "1",
            "PORT": str(self.port),
            "DATA_DIR": self.data,
            "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
            "SECURE_SSL_REDIRECT": "no",
            "PYTHONPATH": f"{APP}/site:{APP}",
        }
        if self.database == "sqlite":
            changed["DATABASE_URL"] = f"sqlite:///{self.data}/vatra.sqlite3"
        lines = dict(re.findall(r"^(\w+)=(.*)$", self.inside("/etc/vatra.env").read_text(), re.MULTILINE)) | changed
        path = self.inside(TRIAL)
        path.write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()))
        path.chmod(0o640)
        group = int(self.run("id", "-g", "vatra"))
        os.chown(path, 0, group)

    def start(self) -> None:
        with (self.root.parent / "service.log").open("a") as log:
            command = self.command(*self.as_vatra("-m", "config.supervisor"))
            self.service = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        wait_until(self._serves, seconds=300, what="pages are served")

    def _serves(self) -> bool:
        assert self.service is not None
        if self.service.poll() is not None:
            raise SystemExit(f"it ended: {(self.root.parent / 'service.log').read_text()[-3000:]}")
        return self.ask("/healthz") == 200

    def ask(self, path: str) -> int:
        """The status, or 0 without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def stop(self) -> None:
        """As systemd does: one signal to the supervisor, which chroot, env and runuser have become or wait for."""
        assert self.service is not None
        for pid in self.processes():
            if b"config.supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)
                break
        self.service.wait(60)

    def processes(self) -> list[int]:
        """Whatever runs with its root in this folder, the oldest first."""
        return find_processes(self.root)

    def end(self) -> None:
        for _try in range(3):
            for pid in self.processes():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.5)
        for place in ("/dev/shm", "/dev/pts", "/proc"):
            subprocess.run(["umount", "-l", str(self.inside(place))], check=False, capture_output=True)


class Demo:
    """The machine as tests.supervisor.load sees a system."""

    def __init__(self, machine: Machine) -> None:
        self.port, self.manage = machine.port, machine.manage_demo


@contextmanager
def mail_server(machine: Machine, folder: Path) -> Iterator[Path]:
    """A real mail server that stores what it gets."""
    settings = dict(
        os.environ, DATA_DIR=str(folder), SINK_PORT=str(machine.mail_port), PYTHONPATH=f"{HERE}/site:{HERE}"
    )
    sink = subprocess.Popen([sys.executable, "-m", "config.sandbox.sink"], cwd=HERE, env=settings)
    try:
        yield folder / "inbox"
    finally:
        sink.terminate()
        sink.wait(20)


def drill(machine: Machine) -> None:
    result = json.loads(machine.manage("drill", "--region", "vlore", "--json"))
    if not result["ok"]:
        raise SystemExit(f"The drill failed: {result}")
    say(f"a drill went through: {json.dumps(result)[:200]}")


def count_received(machine: Machine, uuids: set[str]) -> int:
    ask = (
        "import sys, json; from case_forms.submissions.models import Submission;"
        " print('RECEIVED', Submission.objects.filter(pk__in=json.load(open('/tmp/uuids'))).count())"
    )
    machine.inside("/tmp/uuids").write_text(json.dumps(sorted(uuids)))
    said = machine.manage("shell", "-v0", "-c", ask)
    return int(said.rpartition("RECEIVED")[2])


def must_hold(machine: Machine, uuids: set[str], when: str) -> None:
    received = count_received(machine, uuids)
    if not uuids or received != len(uuids):
        raise SystemExit(f"{when}: {received} of {len(uuids)} acknowledged forms are there")
    say(f"{when}: all {received} acknowledged forms are there; {machine.manage('verify_audit').strip()[:160]}")


def upgrade_under_traffic(machine: Machine, revision: str) -> set[str]:
    """Install a revision over the running one while units send. Returns the forms that were acknowledged."""
    load = Load(Demo(machine))  # type: ignore[arg-type]  # it asks a system for these two alone
    began = time.monotonic()
    before = machine.run("readlink", "-f", APP)
    site = machine.inside("/etc/nginx/sites-available/vatra.conf")
    site.write_text("# Changed by somebody.\n" + site.read_text())
    kept = [machine.inside(path).read_text() for path in ("/etc/vatra.env", "/etc/vatra/tls/privkey.pem")]
    with sending(load):
        machine.install(revision)
        if machine.run("ls", "-d", before.strip()) != before or machine.run("readlink", "-f", APP) == before:
            raise SystemExit("the release before is gone, or still the one that runs")
        if not site.read_text().startswith("# Changed by somebody."):
            raise SystemExit("what somebody changed in nginx's configuration is gone")
        if kept != [machine.inside(path).read_text() for path in ("/etc/vatra.env", "/etc/vatra/tls/privkey.pem")]:
            raise SystemExit("settings or the certificate's key were changed")
        say(f"the new release lies beside the old one after {time.monotonic() - began:.0f} s, and the old one serves")
        stopped = time.monotonic()
        machine.stop()
        machine.start()
        say(f"the new release serves {time.monotonic() - stopped:.1f} s after the old one was stopped")
    load.wait(seconds=180)
    say(f"answers to the units meanwhile, by status: {dict(load.statuses)}")
    if set(load.statuses) - {0, 201, 200, 503, 429}:
        raise SystemExit("a unit got an answer that docs/api.md doesn't name for this")
    return load.acknowledged


@contextmanager
def sending(load: Load) -> Iterator[None]:
    """Units send one form each two seconds, and each again until it is received."""
    is_over = threading.Event()

    def send() -> None:
        while not is_over.is_set():
            load.run(per_second=0.5, seconds=2, readers_per_second=1)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
        time.sleep(4)
    finally:
        is_over.set()
        thread.join()


def destroy_and_restore(machine: Machine) -> None:
    """Throw the data away; restore the newest archive into another folder, and begin there."""
    newest = sorted(machine.inside(BACKUPS).glob("vatra-2*.age"))[-1]
    machine.stop()
    shutil.rmtree(machine.inside(DATA))
    machine.data = "/srv/vatra/elsewhere"
    machine.write_trial_settings()
    identity = machine.inside("/opt/identity")
    identity.write_text(str(machine.identity))
    shutil.copyfile(identity, machine.inside("/srv/vatra/identity"))
    machine.run("chown", "vatra:", "/srv/vatra/identity")
    machine.run("install", "-d", "-m", "700", "-o", "vatra", "-g", "vatra", machine.data)
    words = ["restore", f"{BACKUPS}/{newest.name}", "--into", machine.data, "--identity", "/srv/vatra/identity"]
    if machine.database == "postgresql":
        machine.run("runuser", "-u", "postgres", "--", "dropdb", "--force", "vatra")
        # As install.sh prepares it: the extension is the administrator's.
        machine.run("runuser", "-u", "postgres", "--", "createdb", "-O", "vatra", "vatra")
        machine.run("runuser", "-u", "postgres", "--", "psql", "-qd", "vatra", "-c", "CREATE EXTENSION unaccent")
        url = re.search(r"^DATABASE_URL='(.*)'$", machine.inside(TRIAL).read_text(), re.MULTILINE)
        assert url is not None
        words += ["--database", url[1]]
    said = machine.manage(*words)
    say(f"restored elsewhere: {said.strip().splitlines()[-1]}")
    machine.start()


def get_last_landed() -> str:
    """Return the last landed commit; HEAD where this clone doesn't have it."""
    last = (HERE / "tests/upgrade/data/landed.txt").read_text().split()[-1]
    known = subprocess.run(
        ["git", "-C", str(HERE), "cat-file", "-e", f"{last}^{{commit}}"], check=False, capture_output=True
    )
    return "HEAD" if known.returncode else last


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("database", nargs="?", default="sqlite", choices=["sqlite", "postgresql"])
    reader.add_argument("--first", default="HEAD")
    reader.add_argument("--keep", action="store_true", help="leave the folder, to look at it")
    options = reader.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("root is needed: it makes another root")
    folder = Path(tempfile.mkdtemp(prefix="bare-debian."))
    machine = Machine(folder / "root", options.database)
    if options.first == "landed":
        options.first = get_last_landed()
    try:
        say(f"debootstrap, in {folder}")
        machine.make()
        say(f"install {options.first} with {options.database}")
        machine.install(options.first)
        machine.write_trial_settings()
        with mail_server(machine, folder / "mail") as inbox:
            machine.run(*machine.as_vatra("-m", "config.prepare"))
            machine.start()
            say("it serves")
            machine.run(
                *machine.as_vatra("manage.py", "seed_demo", more="DJANGO_SETTINGS_MODULE=config.settings.local;")
            )
            drill(machine)
            machine.manage("backup", "--prove")
            say("a backup was made and restored to try it")
            acknowledged = upgrade_under_traffic(machine, "HEAD")
            must_hold(machine, acknowledged, "after the upgrade")
            machine.manage("backup")
            destroy_and_restore(machine)
            must_hold(machine, acknowledged, "after the restore")
            drill(machine)
            say(f"{len(list(inbox.glob('*')))} mails were handed over")
        machine.stop()
    finally:
        machine.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    say("everything held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
