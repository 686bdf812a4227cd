"""The application side of the fault tests, in a process of its own: `python -m tests.chaos.driver`.

Reads one JSON object a line from standard input, does it on the real database, and answers with one line of JSON.
"""

import json
import os
import sys
import uuid
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.chaos.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django_q.brokers import get_broker  # noqa: E402

from access.models import Municipality  # noqa: E402
from notifications.directory.models import Contact, Role  # noqa: E402
from notifications.outbox.actions import create_notice  # noqa: E402
from notifications.outbox.models import Attempt, Heartbeat, Notice  # noqa: E402
from notifications.outbox.requests import NoticeRequest  # noqa: E402
from tests.world.offices import make_country, put_on_duty  # noqa: E402


def prepare() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    country = make_country()
    put_on_duty(country.police)
    put_on_duty(country.coordinator)


def owe_two() -> list[str]:
    """The notices of one event: to the police and to the coordinator."""
    event, place = uuid.uuid4(), Municipality.objects.get(slug="vlore")
    recipients = Contact.objects.select_related("partner").filter(partner__role__in=[Role.POLICE, Role.COORDINATOR])
    return [
        str(
            create_notice(
                NoticeRequest(
                    event_id=event,
                    case_id=event,
                    case_reference="FAULT7",
                    role=contact.partner.role,
                    contact=contact,
                    municipality=place,
                    brief={"sections": []},
                    answer_minutes=30,
                )
            ).pk
        )
        for contact in recipients
    ]


def owe_many(count: int) -> list[str]:
    """`count` notices, two in each committed transaction."""
    found: list[str] = []
    while len(found) < count:
        with transaction.atomic():
            found += owe_two()
    return found


class RolledBack(Exception):
    pass


def roll_back(count: int) -> list[str]:
    """Owes as many, each transaction rolled back; returns the ids that never were."""
    found: list[str] = []
    while len(found) < count:
        try:
            with transaction.atomic():
                found += owe_two()
                raise RolledBack
        except RolledBack:
            continue
    return found


def states(ids: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in Notice.objects.filter(pk__in=ids).values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts


def facts(ids: list[str]) -> dict[str, Any]:
    """Whether the promises held: each sent notice has an accepted attempt, tokens are unique, nothing is stranded."""
    from django.utils import timezone

    from audit.verification import verify_chain
    from notifications.escalation.findings import get_stranded_notices

    attempts = list(Attempt.objects.filter(notice__in=ids).values_list("notice", "token", "outcome"))
    return {
        "rows": Notice.objects.filter(pk__in=ids).count(),
        "accepted": len({str(notice) for notice, _token, outcome in attempts if outcome == "accepted"}),
        "died": sum(outcome == "started" for _notice, _token, outcome in attempts),
        "doubled_tokens": len(attempts) - len({(notice, token) for notice, token, _outcome in attempts}),
        "codes": sorted(set(Attempt.objects.filter(notice__in=ids).values_list("error_code", flat=True))),
        "stranded": len(get_stranded_notices(timezone.now())),
        "chain": verify_chain().ok,
    }


def canary_at() -> str | None:
    beat = Heartbeat.objects.filter(part="canary.urgent").first()
    return beat.at.isoformat() if beat else None


def lose_tasks() -> int:
    """As a broker without a disk would, or a rotated SECRET_KEY. Returns how many."""
    lost = 0
    for cluster in ("urgent", "bulk"):
        broker = get_broker(cluster)
        lost += broker.queue_size()
        broker.purge_queue()
    return lost


DEEDS = {deed.__name__: deed for deed in (prepare, owe_many, roll_back, states, facts, canary_at, lose_tasks)}


def main() -> None:
    for line in sys.stdin:
        words = json.loads(line)
        answer = DEEDS[words["do"]](**words.get("with", {}))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
