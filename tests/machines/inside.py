"""The application's side of a run, asked in this process: forms and tokens, what became of them, who leads, and how
long writers wait for the chain's lock."""

import functools
import json
import os
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import psycopg

SAMPLE_SECONDS = 0.02
HEAD = "audit_chainhead"
P = ParamSpec("P")
T = TypeVar("T")


def open_django(environment: dict[str, str]) -> None:
    """Load Django on the database of the machines. Once in a process."""
    os.environ.update(environment)
    import django

    django.setup()


@dataclass(frozen=True)
class Sender:
    """A worker's app: its token, and the body that it sends under a new UUID each time."""

    token: str
    body: dict[str, Any]

    def write(self) -> tuple[str, str]:
        """Return (UUID, body) of another form."""
        key = str(uuid.uuid4())
        return key, json.dumps({**self.body, "uuid": key})


def asked_again(ask: Callable[P, T]) -> Callable[P, T]:
    """Ask again, over another connection, where the database wasn't reached."""

    @functools.wraps(ask)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        from django.db import InterfaceError, OperationalError, connection

        for _try in range(10):
            try:
                return ask(*args, **kwargs)
            except (OperationalError, InterfaceError):
                connection.close()
                time.sleep(1)
        return ask(*args, **kwargs)

    return wrapper


@asked_again
def make_senders(count: int) -> list[Sender]:
    """So many workers, each of a unit of their own, in the regions of the demonstration.

    Forms of one unit wait for each other while it is asked whether a case is about the same person.
    """
    from django.utils import timezone

    from access.models import FieldToken, MobileUnit, Region, StaffRole
    from case_forms.form_builder.models import FormVersion
    from case_forms.submissions.drill import SCRIPT, drill_answers, get_seat
    from tests.world.places import make_user

    script, now = json.loads(SCRIPT.read_text()), timezone.now()
    version = FormVersion.objects.newest().get(form__key=script["form"])
    regions = list(Region.objects.filter(units__assignments__role=StaffRole.WORKER).distinct().order_by("slug"))
    found = []
    for number in range(count):
        region, key = regions[number % len(regions)], uuid.uuid4().hex[:8]
        unit = MobileUnit.objects.create(
            slug=f"bench-{key}", name=f"Njësia {key}", region=region, callback_phone="+355691112233"
        )
        worker = make_user(StaffRole.WORKER, username=f"bench-{key}", unit=unit)
        place = get_seat(region).slug
        answers = drill_answers(version.parsed_form, script, municipality=place, occurred_at=now)
        body = {
            "form": script["form"],
            "version": version.number,
            "occurred_at": now.isoformat(),
            "answers": answers,
        }
        found.append(Sender(FieldToken.issue(worker), body))
    return found


@dataclass(frozen=True)
class Outcome:
    """What became of acknowledged forms. `delays`: seconds from a notice's commit until a mail server had it."""

    present: int
    cases: int
    owed: int
    out: int
    mails_twice: int
    notified_twice: int
    delays: list[float]


@asked_again
def count_unsent(uuids: Iterable[str]) -> int:
    from case_forms.submissions.models import Submission
    from notifications.outbox.models import Notice

    cases = Submission.objects.filter(pk__in=list(uuids)).values("case")
    owed = Notice.objects.filter(case_id__in=cases, purpose="first", contact__isnull=False)
    return owed.filter(sent_at__isnull=True).count()


@asked_again
def read_outcome(uuids: Iterable[str], mails: Iterable[tuple[str, float]]) -> Outcome:
    """`mails`: (Message-ID, when it was accepted) of each that a mail server took."""
    from case_forms.submissions.models import Submission
    from notifications.outbox.models import Notice

    forms = Submission.objects.filter(pk__in=list(uuids))
    owed = Notice.objects.filter(case_id__in=forms.values("case"), purpose="first", contact__isnull=False)
    made = {str(key): at for key, at in owed.values_list("pk", "owed_at")}
    came: dict[str, list[float]] = {}
    for message_id, at in mails:
        came.setdefault(message_id.strip("<>").partition("@")[0], []).append(at)
    recipients = Counter(owed.values_list("case_id", "recipient_key"))
    return Outcome(
        present=forms.count(),
        cases=len(set(forms.values_list("case", flat=True))),
        owed=len(made),
        out=len(made.keys() & came.keys()),
        mails_twice=sum(len(came[key]) - 1 for key in made if key in came),
        notified_twice=sum(count - 1 for count in recipients.values()),
        delays=sorted(min(came[key]) - at.timestamp() for key, at in made.items() if key in came),
    )


@asked_again
def read_leader() -> str:
    """Return the name of the machine whose sweeper leads."""
    from notifications.outbox.models import Heartbeat

    row = Heartbeat.objects.filter(part="sweeper.lead").first()
    return str(row.facts["machine"]) if row else ""


@asked_again
def count_standing_by() -> int:
    from django.utils import timezone

    from notifications.escalation.leading import count_standing_by
    from notifications.outbox.models import Heartbeat

    return count_standing_by({beat.part: beat for beat in Heartbeat.objects.all()}, timezone.now())


@asked_again
def verify_chain() -> bool:
    from audit.verification import verify_chain

    return bool(verify_chain().ok)


@dataclass
class LockWatch:
    """Looks fifty times a second who holds the chain's lock and who waits for it.

    Every transaction that wrote an entry has a lock of the head's table until it ends, and so has one that waits for
    the head's row. `held`: looks at which somebody had it; `waiting`: how many waited, over all looks.
    """

    dsn: str
    looks: int = 0
    held: int = 0
    waited: int = 0
    waiting: int = 0
    others: Counter[str] = field(default_factory=Counter)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "LockWatch":
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> "LockWatch":
        self._stopped.set()
        self._thread.join(10)
        return self

    def _look(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while not self._stopped.wait(SAMPLE_SECONDS):
                self._note(connection)

    def _note(self, connection: Any) -> None:
        holders = connection.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE granted AND relation = %s::regclass AND mode LIKE 'Row%%'",
            [HEAD],
        ).fetchone()[0]
        waits = connection.execute(
            "SELECT query, count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' GROUP BY 1"
        ).fetchall()
        at_head = sum(count for query, count in waits if HEAD in query)
        self.looks += 1
        self.held += holders > 0
        self.waited += at_head > 0
        self.waiting += at_head
        for query, count in waits:
            if HEAD not in query:
                self.others[_name_statement(query)] += count

    @property
    def other_queues(self) -> dict[str, float]:
        """{statement: how many waited there for another lock, on average}, the longest three."""
        return {name: round(count / max(1, self.looks), 2) for name, count in self.others.most_common(3)}

    @property
    def busy(self) -> float:
        """The share of the time in which the lock was held."""
        return self.held / max(1, self.looks)

    @property
    def queue(self) -> float:
        """How many waited on average."""
        return self.waiting / max(1, self.looks)


def _name_statement(query: str) -> str:
    table = re.search(r'(?:FROM|INTO|UPDATE) "?(\w+)', query)
    return f"{query.split(maxsplit=1)[0]} {table[1] if table else ''}"


def wait_until(true: Any, *, seconds: float, pause: float = 0.2) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(pause)
    return bool(true())
