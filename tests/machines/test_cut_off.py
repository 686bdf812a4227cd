"""What a machine that loses its network leaves behind in PostgreSQL. As root, with namespaces of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.chaos.parts import ROOT
from tests.servers import Place, Servers, running_servers

from .network import Host, made_network

pytestmark = [pytest.mark.faults, pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")]
GOAL_SECONDS = 10.0
READ_OPTIONS = (
    "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"
)
HOLD = """
import json, sys, time, psycopg
connection = psycopg.connect(sys.argv[1], **json.loads(sys.argv[2]))
connection.execute("SELECT * FROM held WHERE id = 1 FOR UPDATE")
print("held", flush=True)
try:
    connection.execute("SELECT pg_sleep(120)")
except psycopg.OperationalError:
    print("lost", flush=True)
"""


@pytest.fixture
def machines() -> Iterator[tuple[Host, Servers]]:
    """A machine, and the servers on another one."""
    try:
        with made_network() as network:
            host, servers_host = network.add("one"), network.add("servers")
            with running_servers(place=Place(servers_host.address, servers_host.within)) as servers:
                yield host, servers
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no namespaces here: {error.stderr}")


def test_a_machine_that_is_cut_off_gives_its_locks_back_within_ten_seconds(machines: tuple[Host, Servers]) -> None:
    host, servers = machines
    url = servers.environment["DATABASE_URL"]
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    options = subprocess.check_output([sys.executable, "-c", READ_OPTIONS], env=environment, cwd=ROOT, text=True)
    dsn = url.replace("postgres://", "postgresql://")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE held (id int PRIMARY KEY)")
        connection.execute("INSERT INTO held VALUES (1)")
        holder = subprocess.Popen(
            [*host.within, sys.executable, "-c", HOLD, dsn, options], stdout=subprocess.PIPE, text=True
        )
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            host.unplug()
            began = time.monotonic()
            connection.execute("SET lock_timeout = '60s'")
            connection.execute("SELECT * FROM held WHERE id = 1 FOR UPDATE")
            assert time.monotonic() - began < GOAL_SECONDS
            # And whoever waits for an answer there is told, and answers "later".
            assert holder.stdout.readline() == "lost\n"
            assert time.monotonic() - began < 2 * GOAL_SECONDS
        finally:
            holder.kill()
            holder.wait()


def test_the_options_are_what_django_takes() -> None:
    environment = {**os.environ, "DATABASE_URL": "postgres://a:b@h/d?connect_timeout=2", "PYTHONWARNINGS": "ignore"}
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    said = subprocess.check_output([sys.executable, "-c", READ_OPTIONS], env=environment, cwd=ROOT, text=True)
    assert json.loads(said)["connect_timeout"] == 2
