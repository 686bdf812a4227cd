"""The application side of the fault tests, in a process of its own: `python -m tests.chaos.driver`.

Reads one JSON object a line from standard input, does it on the real database, and answers with one line of JSON.
"""

import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.chaos.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_q.brokers import get_broker  # noqa: E402

from access.models import FieldToken, Municipality, User  # noqa: E402
from case_forms.form_builder.models import FormVersion  # noqa: E402
from case_forms.submissions.models import Submission  # noqa: E402
from notifications.channels.base import Message  # noqa: E402
from notifications.channels.push import build_topic  # noqa: E402
from notifications.channels.webhook import build_id  # noqa: E402
from notifications.directory.models import Contact, ContactWay, Role  # noqa: E402
from notifications.outbox.actions import create_notice  # noqa: E402
from notifications.outbox.models import Attempt, Dispatch, Heartbeat, Notice  # noqa: E402
from notifications.outbox.requests import NoticeRequest  # noqa: E402
from tests.world.forms import small_form  # noqa: E402
from tests.world.offices import make_contact  # noqa: E402
from tests.world.scene import make_scene  # noqa: E402

DATABASE_SECONDS = 60.0


def prepare() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    make_scene()


def owe_two() -> list[str]:
    """The notices of one event: to the police and to the coordinator."""
    event, place = uuid.uuid4(), Municipality.objects.get()
    return [str(_owe(_get_first_contact(role), event, place).pk) for role in (Role.POLICE, Role.COORDINATOR)]


def _get_first_contact(role: str) -> Contact:
    contacts = Contact.objects.select_related("partner").filter(partner__role=role)
    return contacts.order_by("pk")[:1].get()


def _owe(contact: Contact, event: uuid.UUID, place: Municipality) -> Notice:
    return create_notice(
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
    )


def give_ways(count: int, addresses: dict[str, Any]) -> None:
    """As many officers, each with a number for SMS, a webhook and a phone that is woken (`parts.Receiver`)."""
    office = _get_first_contact(Role.POLICE).partner
    now = timezone.now()
    keys = {"keys": [{"key": addresses["key"], "since": now.isoformat(), "until": None}]}
    for n in range(count):
        contact = make_contact(office)
        webhook, push = addresses["webhook"].format(n=n), addresses["push"]
        _give(contact, "sms", f"+35569{2000000 + n}", None)
        _give(contact, "webhook", webhook, keys)
        _give(contact, "push", "phone", {**push, "endpoint": push["endpoint"].format(n=n)})


def _give(contact: Contact, channel: str, address: str, secret: dict[str, Any] | None) -> None:
    way = ContactWay.objects.create(contact=contact, channel=channel, address=address, confirmed_at=timezone.now())
    way.secret = secret  # a sealed value is bound to its row, which has its key by now
    way.save()


def owe_to_phones(events: list[str]) -> list[str]:
    """A notice for each of these events, in a transaction of its own, to the officers with ways in turn.

    Asked again after the database was lost it owes none twice: whoever reports the same event again gets the same.
    """
    place = Municipality.objects.get()
    officers = list(Contact.objects.select_related("partner").filter(ways__channel="sms").order_by("pk"))
    return [
        str(_owe(officers[event.int % len(officers)], event, place).pk)
        for event in (uuid.UUID(each) for each in events)
    ]


def ways(ids: list[str]) -> dict[str, dict[str, Any]]:
    """{channel: what became of these notices}: the states, and of each message by its reference or topic where it went
    and how often it was tried."""
    found: dict[str, dict[str, Any]] = {}
    rows = Dispatch.objects.filter(notice__in=ids).select_related("way")
    tried = Counter(Attempt.objects.filter(dispatch__in=rows.values("pk")).values_list("dispatch", flat=True))
    accepted = Attempt.objects.filter(dispatch__in=rows.values("pk"), outcome="accepted")
    accepted_once = set(accepted.values_list("dispatch", flat=True))
    for row in rows:
        each = found.setdefault(row.channel, {"states": Counter(), "messages": {}, "accepted": 0})
        each["states"][row.state] += 1
        each["accepted"] += row.pk in accepted_once
        where = row.way.secret["endpoint"] if row.channel == "push" else row.way.address
        each["messages"][_name(row)] = (where, tried[row.pk])
    return found


def _name(row: Dispatch) -> str:
    """What the other side knows this message by."""
    message = Message(id="", address="", subject="", text="", reference=row.reference.hex)
    return {"push": build_topic, "webhook": build_id}.get(row.channel, lambda one: one.reference)(message)


def mails(ids: list[str]) -> dict[str, int]:
    """{notice: how often its mail was tried}."""
    tried = Attempt.objects.filter(notice__in=ids, dispatch=None).values_list("notice", flat=True)
    return dict(Counter(str(each) for each in tried))


def write_forms(count: int) -> dict[str, Any]:
    """The bodies of as many identifications, and the token with which a worker's app sends them."""
    worker, place = User.objects.get(assignments__role="worker"), Municipality.objects.get()
    version = FormVersion.objects.get(form__key=small_form()["key"])
    bodies = [
        {
            "uuid": str(uuid.uuid4()),
            "form": version.form.key,
            "version": version.number,
            "occurred_at": timezone.now().isoformat(),
            "answers": {
                "municipality": place.slug,
                "danger": "no",
                "age_stated": 30,
                "result": "potential_victim",
                "story": "Something was told.",
            },
        }
        for _number in range(count)
    ]
    return {"token": FieldToken.issue(worker), "bodies": bodies}


def received(uuids: list[str]) -> dict[str, Any]:
    """What became of these forms: submissions, cases, and the notices that they set in motion."""
    found = Submission.objects.filter(pk__in=uuids)
    notices = Notice.objects.filter(case_id__in=found.values("case"))
    recipients = list(notices.filter(purpose="first").values_list("case_id", "recipient_key"))
    return {
        "submissions": found.count(),
        "cases": len(set(found.values_list("case", flat=True))),
        "doubled": len(recipients) - len(set(recipients)),
        "notified_cases": len({case for case, _recipient in recipients}),
        "unsent": notices.exclude(state="sent").count(),
    }


def owed_for(uuids: list[str]) -> list[str]:
    """The first notices of these forms' cases."""
    cases = Submission.objects.filter(pk__in=uuids).values("case")
    return [str(key) for key in Notice.objects.filter(case_id__in=cases, purpose="first").values_list("pk", flat=True)]


def leader() -> str:
    """The machine whose sweeper leads, by the last that took the lease."""
    row = Heartbeat.objects.filter(part="sweeper.lead").first()
    return str(row.facts["machine"]) if row else ""


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
    from audit.verification import verify_chain
    from notifications.escalation.findings import get_stranded_notices

    mails = Attempt.objects.filter(notice__in=ids, dispatch=None)
    attempts = list(mails.values_list("notice", "token", "outcome"))
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


DEEDS = {
    deed.__name__: deed
    for deed in (
        *(prepare, give_ways, owe_to_phones, owe_many, roll_back, write_forms),
        *(ways, mails, received, owed_for, leader, states, facts, canary_at, lose_tasks),
    )
}


def main() -> None:
    for line in sys.stdin:
        words = json.loads(line)
        print(json.dumps(_do(DEEDS[words["do"]], words.get("with", {}))), flush=True)


def _do(deed: Callable[..., Any], words: dict[str, Any]) -> Any:
    """Do it; again for as long as the database is away. Only what may be done twice is asked for then."""
    until = time.monotonic() + DATABASE_SECONDS
    while True:
        try:
            return deed(**words)
        except (OperationalError, InterfaceError):
            if time.monotonic() > until:
                raise
            close_old_connections()
            connection.close()
            time.sleep(0.2)


if __name__ == "__main__":
    main()
