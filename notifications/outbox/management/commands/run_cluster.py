"""`manage.py run_cluster urgent|bulk`: one of the two clusters of workers, in a process group of its own."""

import importlib
import os
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from notifications.outbox.linux_processes import bind_descendants, die_with_parent
from notifications.outbox.queueing import BULK, URGENT

BULK_NICENESS = 10  # rendering mustn't take the processor from a notice (docs/adr/0004)


class Command(BaseCommand):
    help = "Runs the workers that send notices (urgent) or render documents and exports (bulk), until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=[URGENT, BULK])

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        configure_for(name)
        # After `configure_for`: both read django-q2's settings.
        from notifications.outbox.cluster import build_cluster
        from notifications.outbox.worker import work_for

        parent = os.getppid()
        if os.getpgid(0) != os.getpid():
            # A group of its own, so that whoever ends this cluster can end all of it.
            os.setsid()
        die_with_parent(signal.SIGTERM)
        if os.getppid() != parent:
            return  # the parent died while this was starting
        if name == BULK:
            os.nice(BULK_NICENESS)
        # A database connection must not be shared over a fork.
        connections.close_all()
        bind_descendants()
        build_cluster(work_for(name)).run()


def configure_for(name: str) -> None:
    """Configure django-q2 for this cluster. It reads its settings once, on import, from Q_CLUSTER_NAME.

    The supervisor imports it before it forks, so here it may have been read for the other cluster. Its module is
    reloaded, and the result is put into the class that django-q2's other modules hold already: a process started anew
    instead would share no memory with the rest of the service.
    """
    from django_q import conf  # reads the settings

    held = conf.Conf
    if name == held.CLUSTER_NAME:
        return
    os.environ["Q_CLUSTER_NAME"] = name
    importlib.reload(conf)
    for attribute, value in vars(conf.Conf).items():
        if not attribute.startswith("__"):
            setattr(held, attribute, value)
    conf.Conf = held
