"""`manage.py run_cluster urgent|bulk`: one of the two clusters of workers, in a process group of its own."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from notifications.outbox.kinship import bind_descendants, die_with_parent
from notifications.outbox.waking import BULK, URGENT

BULK_NICENESS = 10  # rendering never takes the processor from a notice


class Command(BaseCommand):
    help = "Runs the workers that send notices (urgent) or render documents and exports (bulk), until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=[URGENT, BULK])

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        start_again_configured(name)
        from notifications.outbox.cluster import FailFastCluster

        parent = os.getppid()
        if os.getpgid(0) != os.getpid():
            os.setsid()
        die_with_parent(signal.SIGTERM)
        if os.getppid() != parent:
            return  # it died while this was starting
        if name == BULK:
            os.nice(BULK_NICENESS)
        connections.close_all()
        bind_descendants()
        FailFastCluster().run()


def start_again_configured(name: str) -> None:
    """django-q2 reads its cluster's settings once, when it is first imported, from Q_CLUSTER_NAME.

    Where it was imported for another cluster, this process replaces itself by one that is told in time.
    """
    from django_q.conf import Conf

    if name == Conf.CLUSTER_NAME:
        return
    manage = Path(settings.ROOT) / "manage.py"
    environment = {
        **os.environ,
        "Q_CLUSTER_NAME": name,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE),
    }
    os.execve(sys.executable, [sys.executable, str(manage), "run_cluster", name], environment)  # noqa: S606
