import os
import socket
from pathlib import Path
from typing import Any

from django.apps import AppConfig

from .clock import move_by
from .dying import maybe_die


def die_before_claim(task: dict[str, Any], **kwargs: Any) -> None:
    if str(task["func"]).endswith("tasks.deliver"):
        maybe_die("before_claim")


class FaultsConfig(AppConfig):
    name = "tests.chaos"
    label = "faults"

    def ready(self) -> None:
        from django.conf import settings
        from django_q.signals import pre_execute

        from notifications.channels import outgoing_http
        from notifications.channels.gateways import client

        # As short as the mail's time: another side that hangs must not outlast the short leases.
        outgoing_http.post.__kwdefaults__["seconds"] = settings.EMAIL_TIMEOUT
        client.TOTAL_SECONDS = settings.EMAIL_TIMEOUT

        if clock_file := os.environ.get("FAULT_CLOCK"):
            move_by(Path(clock_file))
        if machine := os.environ.get("FAULT_MACHINE"):
            socket.gethostname = lambda: machine

        pre_execute.connect(die_before_claim, dispatch_uid="faults")
