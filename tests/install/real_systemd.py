"""The service under a systemd that runs: installed by six typed answers, killed, filled up, upgraded, rebooted.

`python -m tests.install.real_systemd [sqlite|postgresql] [--keep]`, as root. A bare Debian in a folder is booted by
systemd-nspawn, with a network of its own (tests/install/booted.py): this machine's release, or that of DEBIAN_SUITE.
It takes about two gigabytes and a quarter of an hour, and prints what it saw, with times. Exit code 0 only if
everything held. Upgraded is this commit to itself.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.supervisor.running_system import slowness, wait_until

from .bare_debian import APP, BACKUPS, DATA, HERE, HOST, TRIAL, drill, say
from .booted import Booted, get_programs, type_answers

SERVICE = "vatra.service"
TIMERS = ("vatra-backup", "vatra-backup-proof", "certbot", "logrotate")
PARTS = ("the guard", "web", "urgent", "bulk", "sweeper")
PART_IS_BACK = 30  # seconds, on a machine with nothing else to do
SERVICE_IS_BACK = 60
WATCHDOG = 60  # WatchdogSec of deploy/vatra.service
REFUSED = re.compile(r"permission denied|not permitted|seccomp|read-only file system|MemoryError", re.IGNORECASE)
# Debian 12's message bus wants more files than such a container may have open.
NOT_OURS = re.compile(r"DBus\.Error\.AccessDenied: Failed to set fd limit")
SECRETS = ("SECRET_KEY", "VAULT_KEYS", "AUDIT_KEYS", "FIELD_KEYS", "VAPID_PRIVATE_KEY", "DATABASE_URL", "BROKER_URL")
OUR_PASSWORD = "p@ss/w: rd#1"
MAIL = "smtp+tls://prove%40vatra-prove.al@mail.vatra-prove.al:587"


# What opens strangers' files and lays out papers, as the service does it: in processes that have limits of their own.
WORK = """
import io, openpyxl, PIL.Image, weasyprint
from case_forms.form_builder.definition.limits import KINDS
from case_forms.form_builder.xlsform.sandbox import read_safely
from sanitizer.process import sanitize_file
picture, book, sheet = io.BytesIO(), io.BytesIO(), openpyxl.Workbook()
PIL.Image.new("RGB", (800, 600)).save(picture, "JPEG")
for content in picture.getvalue(), weasyprint.HTML(string="<p>1</p>").write_pdf():
    clean = sanitize_file(content, accept=frozenset({"image", "pdf"}), most_bytes=10**7, by=1)
    print("CLEAN", clean.media_type)
sheet.active.title = "survey"
for row in ("type", "name", "label"), ("text", "place", "Ku?"):
    sheet.active.append(row)
sheet.save(book)
book.seek(0)
print("READ", read_safely(book, name="form.xlsx", kind=sorted(KINDS)[0]).definition is not None)
"""
WALLS = re.compile(
    r"^((?:Protect|Private|Restrict|System|Lock|NoNew|Memory|Cap|UMask|Limit|ReadWrite)\w+=.*)$", re.MULTILINE
)


class Trial:
    """A booted machine and what is done with it."""

    def __init__(self, machine: Booted, folder: Path) -> None:
        self.machine, self.folder = machine, folder

    def install(self) -> None:
        """Unpack this commit and run its install.sh at a terminal; six answers the first time, none at an upgrade."""
        release = self.machine.inside("/opt/release")
        shutil.rmtree(release, ignore_errors=True)
        release.mkdir(parents=True)
        archive = subprocess.run(["git", "-C", str(HERE), "archive", "HEAD"], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(release)], input=archive, check=True)
        answers = {
            "1/6": HOST, "2/6": MAIL, "its password": OUR_PASSWORD,
            "3/6": "", "4/6": self.machine.database, "5/6": "none", "6/6": str(self.machine.identity.to_public()),
        }  # fmt: skip
        if self.machine.inside("/etc/vatra.env").exists():
            answers = {}
        command = self.machine.command("bash", "/opt/release/deploy/install.sh")
        said = type_answers(command, answers, seconds=900 * slowness())
        if OUR_PASSWORD in said:
            raise SystemExit("the password of the mail server was shown")

    def use_trial_mail(self) -> None:
        """Mails go to the trial's server; the same settings for invented people (seed_demo) in a file of their own."""
        path = self.machine.inside("/etc/vatra.env")
        local = f"EMAIL_URL=smtp://127.0.0.1:{self.machine.mail_port}\nEMAIL_ALLOW_PLAIN=1"
        path.write_text(re.sub(r"^EMAIL_URL=.*$", local, path.read_text(), flags=re.MULTILINE))
        lines = dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE))
        lines |= {"DATA_DIR": DATA, "PYTHONPATH": f"{APP}/site:{APP}"}
        trial = self.machine.inside(TRIAL)
        trial.write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()))
        trial.chmod(0o640)
        os.chown(trial, 0, int(self.machine.run("id", "-g", "vatra")))

    def show(self, unit: str, name: str) -> str:
        return self.machine.run("systemctl", "show", unit, "--value", "-p", name).strip()

    def is_well(self) -> bool:
        """Notices go out; a certificate that nobody has signed leaves it degraded here."""
        return self.machine.try_to("vatra", "status")[0] in (0, 1)

    def wait_well(self, began: float, what: str, *, seconds: float) -> None:
        wait_until(self.is_well, seconds=seconds, what=what)
        say(f"{what}: well again after {time.monotonic() - began:.1f} s")

    def parts(self) -> list[int]:
        """The supervisor's own processes there, the oldest first."""
        main = self.show(SERVICE, "MainPID")
        listed = self.machine.run("ps", "-o", "pid=", "--sort=start_time", "--ppid", main)
        return [int(word) for word in listed.split()]

    def is_steady(self, number: int) -> bool:
        """Whether there are so many, and the same ones a second later: what a dead part has left is theirs, too."""
        parts = self.parts()
        time.sleep(1)
        return len(parts) == number and parts == self.parts()

    @contextmanager
    def readers(self, what: str, *, a_second: int = 4) -> Iterator[None]:
        """People read meanwhile. Raises SystemExit where somebody was refused or shown that the service is down."""
        command = self.machine.within_network(sys.executable, "-m", "tests.install.readers", HOST, str(a_second))
        process = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(2)
            yield
            time.sleep(2)
        finally:
            result = json.loads(process.communicate()[0])
        say(f"{what}, {a_second} readers a second: {json.dumps(result)}")
        # Who waited is served in turn (ADR 227): "come again" (503) isn't an answer either.
        if set(result["answers"]) != {"200"}:
            raise SystemExit("somebody was refused, or shown that the service is down")


@contextmanager
def mail_server(trial: Trial) -> Iterator[None]:
    machine = trial.machine
    settings = {"DATA_DIR": str(trial.folder / "mail"), "SINK_PORT": str(machine.mail_port)}
    sink = subprocess.Popen(
        machine.within_network(sys.executable, "-m", "config.sandbox.sink"), cwd=HERE,
        env=os.environ | settings | {"PYTHONPATH": f"{HERE}/site:{HERE}"},
    )  # fmt: skip
    try:
        yield
    finally:
        sink.terminate()
        sink.wait(20)


def look_at_units(trial: Trial) -> None:
    machine = trial.machine
    for unit in (SERVICE, "nginx.service", *(f"vatra-{name}.timer" for name in ("backup", "backup-proof"))):
        for asked, wanted in (("is-active", "active"), ("is-enabled", "enabled")):
            said = machine.try_to("systemctl", asked, unit)[1].strip()
            if said != wanted:
                raise SystemExit(f"{unit}: {said}, not {wanted}")
    units = [f"/etc/systemd/system/{path.name}" for path in machine.inside("/etc/systemd/system").glob("vatra*.*")]
    said = machine.try_to("systemd-analyze", "verify", "--man=no", *units)[1]
    if "vatra" in said:
        raise SystemExit(f"systemd-analyze verify: {said}")
    failed = machine.run("systemctl", "--failed", "--plain", "--no-legend").strip()
    if failed:
        raise SystemExit(f"failed: {failed}")
    exposed = machine.try_to("systemd-analyze", "security", "--no-pager", SERVICE)[1].strip().splitlines()[-1]
    stored = trial.show(SERVICE, "NFileDescriptorStore")
    say(f"all units are active; {exposed.strip()}; {stored} socket stored")


def work_within_the_walls(trial: Trial) -> None:
    walls = WALLS.findall((HERE / "deploy/vatra.service").read_text())
    settings = ["User=vatra", f"WorkingDirectory={APP}", "EnvironmentFile=/etc/vatra.env"]
    settings += [f"Environment=PYTHONPATH={APP}/site:{APP}", *walls]
    command = ["systemd-run", "--quiet", "--wait", "--pipe", *(f"--property={each}" for each in settings)]
    code, said = trial.machine.try_to(*command, f"{APP}/.venv/bin/python", "manage.py", "shell", "-v0", "-c", WORK)
    if code or re.findall(r"^(?:CLEAN|READ) (\S+)$", said, re.MULTILINE) != ["image/jpeg", "application/pdf", "True"]:
        raise SystemExit(f"within {len(walls)} walls: {code} {said[-2000:]}")
    say(f"within {len(walls)} walls a picture, a paper and a workbook were opened")


def run_each_timer(trial: Trial) -> None:
    for name in TIMERS:
        began = time.monotonic()
        code, said = trial.machine.try_to("systemctl", "start", f"{name}.service")
        if code:
            log = trial.machine.try_to("journalctl", "-u", name, "-n", "20", "-o", "cat", "--no-pager")[1]
            raise SystemExit(f"{name}: {said}\n{log}")
        say(f"{name}: done in {time.monotonic() - began:.0f} s")


def store_each_moment(trial: Trial) -> None:
    machine = trial.machine
    with machine.inside("/etc/vatra.env").open("a") as file:
        file.write("POINT_IN_TIME_SECONDS=10\n")
    if machine.database == "postgresql":
        machine.run("runuser", "-u", "postgres", "--", "psql", "-qc", "ALTER ROLE vatra REPLICATION")
        machine.run("runuser", "-u", "postgres", "--", "psql", "-qc", "GRANT pg_read_all_stats TO vatra")
    machine.run("systemctl", "enable", "--quiet", "--now", "vatra-point-in-time")
    wait_until(
        lambda: list(machine.inside(f"{BACKUPS}/point-in-time").glob("*.age")), seconds=120, what="a moment is stored"
    )
    say("what changes is stored each ten seconds")


def kill_each_part(trial: Trial) -> None:
    number = len(trial.parts())
    if number != len(PARTS):
        raise SystemExit(f"{number} processes, not {', '.join(PARTS)}")
    for _part in PARTS:
        gone, began = trial.parts()[0], time.monotonic()
        trial.machine.run("kill", "-KILL", str(gone))
        wait_until(
            lambda gone=gone: gone not in trial.parts() and trial.is_steady(number),
            seconds=PART_IS_BACK, what="the part is started again",
        )  # fmt: skip
        trial.wait_well(began, "one process was killed", seconds=PART_IS_BACK)


def kill_each_unit(trial: Trial, units: list[str]) -> None:
    for unit in units:
        before, began = trial.show(unit, "MainPID"), time.monotonic()
        trial.machine.run("systemctl", "kill", "-s", "KILL", "--kill-whom=main", unit)
        wait_until(
            lambda unit=unit, before=before: (
                trial.show(unit, "ActiveState") == "active" and trial.show(unit, "MainPID") not in ("0", before)
            ),
            seconds=SERVICE_IS_BACK, what=f"{unit} is started again",
        )  # fmt: skip
        trial.wait_well(began, f"{unit} was killed", seconds=SERVICE_IS_BACK)


def stop_the_supervisor(trial: Trial) -> None:
    """SIGSTOP: it lives and does nothing, and only systemd can see that."""
    before, began = trial.show(SERVICE, "MainPID"), time.monotonic()
    trial.machine.run("kill", "-STOP", before)
    wait_until(
        lambda: trial.show(SERVICE, "MainPID") not in ("0", before), seconds=WATCHDOG + 30, what="the watchdog bites"
    )
    trial.wait_well(began, "the supervisor stood still", seconds=SERVICE_IS_BACK)
    cores = trial.machine.run(
        "find", "/srv", "/var/lib/systemd", "/tmp", "-name", "core*", "-size", "+1M", "-type", "f"
    )
    if cores:
        raise SystemExit(f"its memory was written to {cores}")


def restart_under_readers(trial: Trial) -> None:
    with trial.readers("a restart", a_second=10):
        began = time.monotonic()
        trial.machine.run("systemctl", "restart", SERVICE)
        say(f"systemctl restart came back after {time.monotonic() - began:.1f} s")


def upgrade_under_readers(trial: Trial) -> None:
    before = trial.machine.run("readlink", "-f", APP)
    with trial.readers("an upgrade", a_second=10):
        trial.install()
    if trial.machine.run("readlink", "-f", APP) == before:
        raise SystemExit("the release before still runs")
    trial.wait_well(time.monotonic(), "the upgrade", seconds=SERVICE_IS_BACK)


def fill_the_disk(trial: Trial) -> None:
    """The data on a disk of their own that is full: it serves, also after a restart, and goes on once there is room."""
    machine = trial.machine
    machine.run("systemctl", "stop", "vatra-point-in-time", SERVICE)
    machine.run("mv", DATA, f"{DATA}.real")
    machine.run("install", "-d", "-m", "700", "-o", "vatra", "-g", "vatra", DATA)
    machine.run("mount", "-t", "tmpfs", "-o", "size=160m,mode=700", "tmpfs", DATA)
    machine.run("cp", "-a", f"{DATA}.real/.", DATA)
    machine.run("systemctl", "start", SERVICE)
    machine.try_to("dd", "if=/dev/zero", f"of={DATA}/full", "bs=64k")
    for what in ("the disk is full", "started again on a full disk"):
        wait_until(lambda: "ILL  disk" in machine.try_to("vatra", "status")[1], seconds=60, what="it says so")
        with trial.readers(what):
            time.sleep(2)
        machine.run("systemctl", "restart", SERVICE)
    machine.run("rm", f"{DATA}/full")
    trial.wait_well(time.monotonic(), "there is room again", seconds=SERVICE_IS_BACK)
    machine.run("systemctl", "stop", SERVICE)
    machine.run("umount", DATA)
    lose_the_disk(trial)
    machine.run("rmdir", DATA)
    machine.run("mv", f"{DATA}.real", DATA)
    machine.run("systemctl", "start", SERVICE, "vatra-point-in-time")
    trial.wait_well(time.monotonic(), "the data are back", seconds=SERVICE_IS_BACK)


def lose_the_disk(trial: Trial) -> None:
    """The disk of the data isn't there at a start: nothing begins anew in the empty folder in its place."""
    machine = trial.machine
    unit = machine.inside("/etc/systemd/system/srv-vatra-data.mount")
    unit.write_text(f"[Mount]\nWhat=/dev/nothing\nWhere={DATA}\nType=ext4\n")
    machine.run("systemctl", "daemon-reload")
    for service in (SERVICE, "vatra-backup.service"):
        if machine.try_to("systemctl", "start", service)[0] == 0:
            raise SystemExit(f"{service} started without the disk of the data")
    if list(machine.inside(DATA).iterdir()):
        raise SystemExit("something was begun in the empty folder")
    unit.unlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed")
    say("without the disk of the data nothing starts, and nothing is begun anew")


def reboot(trial: Trial, what: str) -> None:
    machine = trial.machine
    machine.try_to("systemctl", "reboot")
    assert machine.nspawn is not None
    machine.nspawn.wait(120)  # started outside a unit, it ends where the root wants a reboot
    began = time.monotonic()
    machine.boot()
    trial.wait_well(began, what, seconds=SERVICE_IS_BACK)
    failed = machine.run("systemctl", "--failed", "--plain", "--no-legend").strip()
    if failed or trial.show(SERVICE, "NRestarts") != "0":
        raise SystemExit(f"after the boot failed: {failed or SERVICE}")


def get_cluster(trial: Trial) -> str:
    """The unit of PostgreSQL's only cluster."""
    version, name, *_rest = trial.machine.run("pg_lsclusters", "-h").split()
    return f"postgresql@{version}-{name}.service"


def make_postgresql_slow(trial: Trial) -> None:
    machine, cluster = trial.machine, get_cluster(trial)
    slow = machine.inside("/etc/systemd/system/postgresql@.service.d/slow.conf")
    slow.write_text("[Service]\nExecStartPre=/bin/sleep 20\n")
    reboot(trial, "a boot with a PostgreSQL that takes 20 s longer")
    slow.unlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "stop", cluster)
    machine.run("systemctl", "restart", "--no-block", SERVICE)
    time.sleep(30)
    began = time.monotonic()
    machine.run("systemctl", "start", cluster)
    trial.wait_well(began, "PostgreSQL came half a minute after the service", seconds=SERVICE_IS_BACK * 2)


def go_back(trial: Trial) -> None:
    """As docs/operator.md, Upgrade, has it: the release before, and the backup with it."""
    machine = trial.machine
    releases = sorted(path.name for path in machine.inside("/srv/vatra/releases").iterdir())
    newest = sorted(machine.inside(BACKUPS).glob("vatra-2*.age"))[-1].name
    machine.run("systemctl", "stop", "vatra-point-in-time", SERVICE)
    machine.run("mv", DATA, f"{DATA}.aside")
    machine.run("install", "-d", "-m", "700", "-o", "vatra", "-g", "vatra", DATA)
    machine.run("ln", "-sfn", f"/srv/vatra/releases/{releases[0]}", APP)
    words = ["vatra", "restore", f"{BACKUPS}/{newest}", "--into", DATA, "--identity", "-"]
    machine.run(*words, typed=f"{machine.identity}\n")
    machine.run("systemctl", "start", SERVICE)
    trial.wait_well(time.monotonic(), "back to the release before, with its backup", seconds=SERVICE_IS_BACK)


def read_the_journal(trial: Trial) -> None:
    journal = trial.machine.run("journalctl", "--no-pager", "-o", "cat")
    refused = [line for line in journal.splitlines() if REFUSED.search(line) and not NOT_OURS.search(line)]
    settings = dict(re.findall(r"^(\w+)=(.*)$", trial.machine.inside("/etc/vatra.env").read_text(), re.MULTILINE))
    secrets = {OUR_PASSWORD, "p%40ss%2Fw%3A%20rd%231"}
    secrets |= {word for name in SECRETS for word in re.split(r"[:,@]", settings.get(name, "")) if len(word) > 20}
    if refused or any(secret in journal for secret in secrets):
        raise SystemExit(f"the journal holds a secret, or something was refused: {refused[:5]}")
    say(f"{len(journal.splitlines())} lines of the journal: nothing was refused, and no secret is in them")


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("database", nargs="?", default="sqlite", choices=["sqlite", "postgresql"])
    reader.add_argument("--keep", action="store_true", help="leave the folder, to look at it")
    options = reader.parse_args()
    get_programs()
    folder = Path(tempfile.mkdtemp(prefix="real-systemd."))
    machine = Booted(folder / "root", options.database)
    trial = Trial(machine, folder)
    units = [SERVICE, "nginx.service"]
    try:
        say(f"debootstrap, in {folder}")
        machine.make()
        machine.boot()
        say(f"booted: {machine.run('systemctl', '--version').splitlines()[0]}; install with {options.database}")
        machine.run("update-ca-certificates")
        trial.install()
        trial.use_trial_mail()
        with mail_server(trial):
            machine.run("systemctl", "restart", SERVICE)
            machine.manage_demo("seed_demo")
            trial.wait_well(time.monotonic(), "the first start", seconds=SERVICE_IS_BACK)
            look_at_units(trial)
            drill(machine)
            work_within_the_walls(trial)
            run_each_timer(trial)
            store_each_moment(trial)
            kill_each_part(trial)
            if options.database == "postgresql":
                units += ["redis-server.service", get_cluster(trial)]
            kill_each_unit(trial, units)
            stop_the_supervisor(trial)
            restart_under_readers(trial)
            upgrade_under_readers(trial)
            reboot(trial, "a boot")
            if options.database == "postgresql":
                make_postgresql_slow(trial)
            else:
                fill_the_disk(trial)
                go_back(trial)
            drill(machine)
            read_the_journal(trial)
    finally:
        machine.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    say("everything held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
