"""Asks for mails, in a process of its own: `python -m tests.bench.beside.producer SIDE` (SIDES, below).

Reads one JSON object a line, {"count": N, "per_second": R} (0: as fast as it can), and answers with one line:
{"at": {name of the mail: time.time() of its commit}, "seconds": how long asking took}. {"bulk": N} queues as many PDFs
for the bulk cluster, which is the outbox's alone.
"""

import json
import sys
import time
import uuid
from collections.abc import Callable
from itertools import islice
from typing import Any

Ask = Callable[[int], list[str]]  # asks for so many mails in one transaction, and returns their names
TOGETHER = 3  # notices of one submission, where it is as fast as it can


def main() -> None:
    ask = SIDES[sys.argv[1]]()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        words = json.loads(line)
        answer = queue_bulk(words["bulk"]) if "bulk" in words else produce(ask, **words)
        print(json.dumps(answer), flush=True)


def produce(ask: Ask, *, count: int, per_second: float) -> dict[str, Any]:
    began, at = time.monotonic(), {}
    portion = 1 if per_second else TOGETHER
    for number in range(0, count, portion):
        if per_second:
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        names = ask(min(portion, count - number))
        now = time.time()
        at.update(dict.fromkeys(names, now))
    return {"at": at, "seconds": time.monotonic() - began}


def queue_bulk(count: int) -> int:
    """Queue so many tasks for the bulk cluster; each renders the PDF of one of the last notices. Return how many."""
    from django_q.tasks import async_task

    from notifications.outbox.models import Notice

    keys = [str(key) for key in Notice.objects.values_list("pk", flat=True)[:50]]
    for number in range(count):
        async_task("tests.bench.work.render_again", keys[number % len(keys)], cluster="bulk")
    return count


def by_outbox() -> Ask:
    """Notices as submissions owe them: sealed briefs, links, audit entries; the contacts take turns."""
    import django

    django.setup()
    from access.models import MobileUnit, Municipality
    from audit.chain import gathered_entries
    from notifications.directory.models import Contact
    from notifications.directory.read_ahead import About, expect, reading_ahead
    from notifications.outbox.actions import create_notice
    from notifications.outbox.requests import NoticeRequest

    contacts = list(Contact.objects.select_related("partner").filter(is_active=True).order_by("pk")[:TOGETHER])
    unit = MobileUnit.objects.exclude(callback_phone="").earliest("pk")
    place = Municipality.objects.filter(region=unit.region).earliest("pk")
    brief = {"sections": [{"title": {"sq": "Stërvitje", "en": "Drill"}, "rows": []}]}

    def ask(count: int) -> list[str]:
        event = uuid.uuid4()
        # As a decision does it: the directory is asked once about all who are notified.
        with gathered_entries(), reading_ahead([contact.partner.role for contact in contacts]):
            expect(About.CONTACT, (contact.pk for contact in contacts))
            return [
                str(
                    create_notice(
                        NoticeRequest(
                            event_id=event,
                            case_id=event,
                            case_reference="BENCH0",
                            role=contact.partner.role,
                            contact=contact,
                            municipality=place,
                            unit=unit,
                            brief=brief,
                            is_drill=True,
                        )
                    ).pk
                )
                for contact in islice(contacts, count)
            ]

    return ask


def by_submission() -> Ask:
    """Identifications as the forms send them; a name is that of a notice they owe."""
    import django

    django.setup()
    from ..realtime import REGIONS, submitter

    submit, places = submitter(), [*REGIONS]

    def ask(_count: int) -> list[str]:
        places.append(places.pop(0))
        return [notice["id"] for notice in submit(places[0])["notices"]]

    return ask


def by_django_q2() -> Ask:
    import django

    django.setup()
    from django_q.tasks import async_task

    return _name_each(lambda name: async_task("tests.bench.beside.mails.send_one", name))


def by_celery() -> Ask:
    from .celery_app import send_one

    return _name_each(send_one.delay)


def by_procrastinate() -> Ask:
    from .procrastinate_app import app, send_one

    app.open()
    return _name_each(lambda name: send_one.defer(name=name))


def _name_each(defer: Callable[[str], Any]) -> Ask:
    def ask(count: int) -> list[str]:
        names = [str(uuid.uuid4()) for _each in range(count)]
        for name in names:
            defer(name)
        return names

    return ask


SIDES: dict[str, Callable[[], Ask]] = {
    "outbox": by_outbox,
    "submission": by_submission,
    "django-q2": by_django_q2,
    "celery": by_celery,
    "procrastinate": by_procrastinate,
}

if __name__ == "__main__":
    main()
