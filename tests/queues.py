"""What waits in the queues of tasks, whichever broker keeps them: the database, or Redis (tests/servers.py)."""

from typing import Any

from django.conf import settings
from django_q.brokers import get_broker
from django_q.brokers.redis_broker import Redis
from django_q.models import OrmQ
from django_q.signing import SignedPackage

CLUSTERS = ("urgent", "bulk")


def waiting_tasks(cluster: str) -> list[dict[str, Any]]:
    """The tasks that wait for this cluster, the oldest first. They are packed and signed where they are kept."""
    broker = get_broker(cluster)
    if isinstance(broker, Redis):
        payloads = broker.connection.lrange(broker.list_key, 0, -1)
    else:
        payloads = OrmQ.objects.filter(key=cluster).order_by("pk").values_list("payload", flat=True)
    return [SignedPackage.loads(payload) for payload in payloads]


def all_waiting_tasks() -> list[dict[str, Any]]:
    return [task for cluster in CLUSTERS for task in waiting_tasks(cluster)]


def empty_queues() -> None:
    for cluster in CLUSTERS:
        get_broker(cluster).purge_queue()


def empty_lasting_queues() -> None:
    """Empty those that outlive a rolled-back test. Does nothing with the broker in the database."""
    if settings.BROKER_URL.startswith("redis"):
        empty_queues()
