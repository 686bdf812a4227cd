from typing import Any

from django.apps import AppConfig

from .dying import maybe_die


def die_before_claim(task: dict[str, Any], **kwargs: Any) -> None:
    if str(task["func"]).endswith("tasks.deliver"):
        maybe_die("before_claim")


class FaultsConfig(AppConfig):
    name = "tests.chaos"
    label = "faults"

    def ready(self) -> None:
        from django_q.signals import pre_execute

        pre_execute.connect(die_before_claim, dispatch_uid="faults")
