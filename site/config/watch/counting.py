"""Count requests in each web process, and add what was counted to the database every few seconds.

In between it is a number in memory: a request that is refused asks no database (docs/adr/0041). While the database
can't be written to, the numbers stay in memory and are added later; a process that is killed loses its last seconds.
"""

import threading
from collections import Counter

import structlog
from django.db import Error as DatabaseFailure
from django.db import connections, transaction
from django.db.models import F

from .models import RequestCount

SERVED, REFUSED = "served", "refused"  # by lane of `config.admission`
PAGE = "page"  # public pages: "hit" from memory, "built" otherwise
NAMES = (SERVED, REFUSED, PAGE)
FLUSH_SECONDS = 10.0

log = structlog.get_logger(__name__)


class RequestCounter:
    """The numbers of this process that aren't in the database yet. Shared by the server's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, label: str) -> None:
        """Count one. Costs a lock and an addition."""
        with self._lock:
            self._counts[name, label] += 1

    def flush(self) -> int:
        """Add to the database what was counted. Return how many rows were written; raises nothing of a database."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        try:
            with transaction.atomic():
                # In one order, so that two processes don't wait for each other.
                for (name, label), amount in sorted(taken.items()):
                    _add(name, label, amount)
        except DatabaseFailure as error:
            log.error("counts_not_stored", code=type(error).__name__)
            with self._lock:
                self._counts.update(taken)
            return 0
        return len(taken)

    def start(self) -> None:
        """Flush each few seconds, in a thread. Called in the web process itself: threads don't outlive a fork."""
        threading.Thread(target=self._run, name="counts", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(FLUSH_SECONDS):
            try:
                self.flush()
            finally:
                # A connection of this thread, which nobody else would close.
                connections.close_all()


def _add(name: str, label: str, amount: int) -> None:
    row, made = RequestCount.objects.get_or_create(name=name, label=label, defaults={"total": amount})
    if not made:
        RequestCount.objects.filter(pk=row.pk).update(total=F("total") + amount)


counter = RequestCounter()
