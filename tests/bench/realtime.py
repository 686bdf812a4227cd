"""Two questions: how long from commit to SMTP accept, and how many notices a second beside a bare mail task."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from .service import Sink
from .tables import percentile

P95_GOAL_MS = 1000
P99_GOAL_MS = 2000
REGIONS = ("vlore", "diber", "berat", "durres", "lezhe")


@dataclass(frozen=True)
class Latency:
    load: str
    milliseconds: list[float]
    missing: int

    @property
    def met(self) -> bool:
        return (
            self.missing == 0
            and percentile(self.milliseconds, 0.95) < P95_GOAL_MS
            and percentile(self.milliseconds, 0.99) < P99_GOAL_MS
        )

    def cells(self) -> tuple[object, ...]:
        marks = [f"{percentile(self.milliseconds, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0)]
        told = f"{len(self.milliseconds)}" + (f" ({self.missing} not told)" if self.missing else "")
        return (self.load, told, *marks, "met" if self.met else "MISSED")


@dataclass(frozen=True)
class Throughput:
    what: str
    notices: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.notices / self.seconds

    def cells(self) -> tuple[object, ...]:
        return (self.what, self.notices, f"{self.seconds:.2f}", f"{self.per_second:.1f}")


def measure(sink: Sink, *, scale: float) -> tuple[list[Latency], list[Throughput]]:
    """Runs every load once. `scale` shrinks the counts (1.0 is the issue's load)."""
    calm = _submit_at_rate(sink, "one submission each 0.5 s", count=max(3, round(60 * scale)), per_second=2)
    bulk = max(20, round(2000 * scale))
    _queue_bulk(bulk)
    busy = _submit_at_rate(
        sink, f"10 submissions/s, {bulk} bulk tasks queued", count=max(10, round(300 * scale)), per_second=10
    )
    _empty_queue("bulk")
    ours = _owe_many(sink, count=max(30, round(600 * scale)))
    bare = _bare_tasks(sink, count=max(30, round(600 * scale)))
    return [calm, busy], [ours, bare]


def _submit_at_rate(sink: Sink, load: str, *, count: int, per_second: float) -> Latency:
    """Real submissions through intake at a steady pace; a notice's clock starts when its transaction has committed."""
    submit = submitter()
    committed: dict[str, float] = {}
    start = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, start + number / per_second - time.monotonic()))
        receipt = submit(REGIONS[number % len(REGIONS)])
        now = time.time()
        for notice in receipt["notices"]:
            committed[notice["id"]] = now
    _wait_for_ids(sink, set(committed), seconds=60)
    times = {key.strip("<>").split("@")[0]: at for key, at in sink.first_accepted().items()}
    found = [(times[key] - at) * 1000 for key, at in committed.items() if key in times]
    return Latency(load, [max(0.0, value) for value in found], len(committed) - len(found))


def submitter() -> Any:
    from django.utils import timezone

    from access.models import Region
    from case_forms.form_builder.models import FormVersion
    from case_forms.submissions.actions import receive_submission
    from case_forms.submissions.drill import SCRIPT, drill_answers, get_seat, unit_and_worker

    script = json.loads(SCRIPT.read_text())
    version = FormVersion.objects.newest().get(form__key=script["form"])
    places = {}
    for slug in REGIONS:
        region = Region.objects.get(slug=slug)
        unit, worker = unit_and_worker(region)
        answers = drill_answers(
            version.parsed_form, script, municipality=get_seat(region).slug, occurred_at=timezone.now()
        )
        places[slug] = (unit, worker, answers)

    def submit(slug: str) -> dict[str, Any]:
        unit, worker, answers = places[slug]
        return receive_submission(
            uuid=uuid.uuid4(),
            form_key=script["form"],
            version=version.number,
            occurred_at=timezone.now(),
            answers=answers,
            user=worker,
            unit=unit,
        ).receipt

    return submit


def _queue_bulk(count: int) -> None:
    """Real work for the bulk cluster: each task renders the PDF of a notice again."""
    from django_q.tasks import async_task

    from notifications.outbox.models import Notice

    ids = [str(key) for key in Notice.objects.filter(needs_document=True).values_list("id", flat=True)[:50]]
    for number in range(count):
        async_task("tests.bench.work.render_again", ids[number % len(ids)], cluster="bulk")


def _empty_queue(cluster: str) -> None:
    from django_q.models import OrmQ

    OrmQ.objects.filter(key=cluster).delete()


def _owe_many(sink: Sink, *, count: int) -> Throughput:
    """`count` notices owed as submissions owe them: three in a transaction, sealed briefs, audit entries."""
    from django.db import transaction

    from access.models import Municipality
    from notifications.directory.models import Contact
    from notifications.outbox.actions import create_notice
    from notifications.outbox.requests import NoticeRequest

    contacts = list(Contact.objects.filter(is_active=True)[:3])
    municipality = Municipality.objects.earliest("pk")
    brief = {"sections": [{"title": {"sq": "Stërvitje", "en": "Drill"}, "rows": []}]}
    before, start = sink.count(), time.monotonic()
    for _number in range(count // 3):
        with transaction.atomic():
            event = uuid.uuid4()
            for contact in contacts:
                create_notice(
                    NoticeRequest(
                        event_id=event,
                        case_id=event,
                        case_reference="BENCH0",
                        role=contact.partner.role,
                        contact=contact,
                        municipality=municipality,
                        brief=brief,
                        is_drill=True,
                    )
                )
    total = count // 3 * 3
    sink.wait_for(before + total, seconds=180)
    return Throughput("outbox", min(total, sink.count() - before), time.monotonic() - start)


def _bare_tasks(sink: Sink, *, count: int) -> Throughput:
    """The same number of mails as bare django-q2 tasks on the same cluster."""
    from django_q.tasks import async_task

    total = count // 3 * 3
    before, start = sink.count(), time.monotonic()
    for number in range(total):
        async_task(
            "django.core.mail.send_mail",
            "Vatra",
            "Bench",
            "bench@vatra.example",
            [f"bench{number % 3}@partner.example"],
            cluster="urgent",
        )
    sink.wait_for(before + total, seconds=180)
    return Throughput("bare async_task(send_mail)", min(total, sink.count() - before), time.monotonic() - start)


def _wait_for_ids(sink: Sink, ids: set[str], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if ids <= {key.strip("<>").split("@")[0] for key in sink.first_accepted()}:
            return
        time.sleep(0.05)
