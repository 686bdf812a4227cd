"""Several processes on one SQLite file: still one chain."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests import template_database

ROOT = Path(__file__).resolve().parents[3]
WRITERS, EACH = 3, 25
# It asks for no gaps, not for speed: with other tests beside it, starting three programs alone took half a minute.
PATIENCE = 300  # seconds

PROGRAM = f"""
import sys, threading, django
django.setup()
from django.db import connection, transaction
from audit.chain import gathered_entries, log_event
from audit.verification import verify_chain
task = sys.argv[1]
def write(name):
    for number in range({EACH}):
        with transaction.atomic():
            log_event("test.done", target_id=f"{{name}}-{{number}}")
        try:
            with gathered_entries():
                log_event("test.gathered", target_id=f"{{name}}-{{number}}")
                if number % 2:
                    raise ValueError
        except ValueError:
            continue
    connection.close()
if task == "verify":
    report = verify_chain()
    print(report.entries, report.ok)
else:
    threads = [threading.Thread(target=write, args=(f"{{task}}{{n}}",)) for n in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


def run(folder: Path, task: str) -> subprocess.Popen:
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'chain.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)]),
    }
    return subprocess.Popen([sys.executable, "-c", PROGRAM, task], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.django_db  # so that there is a template, also where this test runs by itself
def test_processes_and_threads_write_one_chain_without_gaps(tmp_path):
    with (
        contextlib.closing(sqlite3.connect(template_database.template_file())) as template,
        contextlib.closing(sqlite3.connect(tmp_path / "chain.sqlite3")) as copy,
    ):
        template.backup(copy)
        # As in a file that was migrated: several that turn to WAL at once don't wait for each other.
        copy.execute("PRAGMA journal_mode=WAL")
    writers = [run(tmp_path, f"w{number}") for number in range(WRITERS)]
    assert [writer.wait(PATIENCE) for writer in writers] == [0] * WRITERS
    printed, _ = run(tmp_path, "verify").communicate(timeout=PATIENCE)
    assert printed.split() == [str(WRITERS * 2 * (EACH + (EACH + 1) // 2)), "True"]
