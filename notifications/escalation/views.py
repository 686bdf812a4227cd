"""The operator's page of rows that a loop had to put aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.chain import get_actor, log_event
from audit.due import get_labels
from audit.models import PutAside
from audit.put_aside import retry_all
from notifications.outbox.models import Notice

from .audit_reader import get_chain_state

SHOWN = 200
KINDS: dict[str, str | Promise] = {
    "notice.clock": gettext_lazy("Next step of a notice: its coordinator was asked to call"),
    "notice.digest": gettext_lazy("A notice on the coordinator's daily list"),
    "contact.digest": gettext_lazy("A coordinator's daily list"),
    "notice.resolve": gettext_lazy("Finding a recipient for a notice"),
    "submission.forget": gettext_lazy("Deleting the answers of a submitted form"),
    "case.prove_erasure": gettext_lazy(
        "Looking whether anything is left of a case that was erased as the person asked"
    ),
    "submission.export": gettext_lazy("A submitted form in an export"),
    "signal.forget_answers": gettext_lazy("Deleting the answers of a message from the public"),
    "signal.forget": gettext_lazy("Deleting a message from the public"),
    "session_request.forget_answers": gettext_lazy("Deleting the answers of a request for a session"),
    "session_request.forget": gettext_lazy("Deleting a request for a session"),
    "attachment.stray": gettext_lazy("Deleting a file that is no longer used"),
    "picture.sizes": gettext_lazy("Resizing a picture"),
    "page.check": gettext_lazy("Checking a public page"),
    "device.alarm": gettext_lazy("Telling the coordinators that somebody without a network will call"),
    "device.silent": gettext_lazy("Telling of a phone that isn't seen any more while forms wait on it"),
    "device.returned": gettext_lazy("Telling of an urgent form that came back from a phone"),
    "housekeeping": gettext_lazy("Hourly or minute-by-minute task"),
}


def describe_kind(kind: str) -> str:
    """Say in words what is done with the rows of a kind."""
    return str(get_labels().get(kind) or KINDS.get(kind, _("Another task")))


@dataclass(frozen=True)
class PutAsideLine:
    """One row that was put aside. `name`: a notice's code, else its id."""

    what: str
    name: str
    error: str
    times: int
    since: datetime
    retry_at: datetime


def put_aside(request: HttpRequest) -> HttpResponse:
    """GET: list them, the oldest first. POST: make all of them due in the next round."""
    if request.method == "POST":
        with transaction.atomic():
            count = retry_all()
            log_event("put_aside.retried", actor=get_actor(request.user), target_kind="putaside", rows=count)
        words = ngettext("%(count)d is being tried again now.", "%(count)d are being tried again now.", count)
        messages.success(request, words % {"count": count})
        return redirect("put_aside")
    count = PutAside.objects.count()
    page: dict[str, Any] = {
        "chain": get_chain_state(),
        "lines": build_lines(PutAside.objects.all()[:SHOWN]),
        "count": count,
        "more": max(count - SHOWN, 0),
    }
    return render(request, "escalation/put_aside.html", page)


def build_lines(rows: Iterable[PutAside]) -> list[PutAsideLine]:
    """Describe the rows in words: what was to be done, and with which row."""
    found = list(rows)
    notices = [row.row for row in found if row.kind.startswith("notice.")]
    codes = {str(pk): code for pk, code in Notice.objects.filter(pk__in=notices).values_list("pk", "code")}
    return [
        PutAsideLine(
            what=describe_kind(row.kind),
            name=codes.get(row.row, row.row),
            error=row.code,
            times=row.times,
            since=row.first_at,
            retry_at=row.retry_at,
        )
        for row in found
    ]
