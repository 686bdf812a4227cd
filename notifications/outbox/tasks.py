"""What the workers run. Arguments are UUIDs and names of parts, nothing else."""

from .models import Heartbeat


def deliver(notice_ids: list[str]) -> int:
    """Sends these notices and whatever else is due. Returns how many a channel accepted."""
    from .delivery import drain

    return drain(notice_ids)


def canary(part: str) -> None:
    """Proves that a worker of this cluster executes tasks."""
    Heartbeat.beat(f"canary.{part}")
