"""Who has read a case, out of the audit chain: its pages, its forms, and the notices that left for others.

It tells who, what kind and when last; never what stood there. Attempts that were denied are for the keepers of the
record alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Value
from django.db.models.functions import Concat
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User, localize
from audit.models import AuditEntry
from notifications.directory.models import Contact
from notifications.outbox.models import Notice

from ..models import Case

MAX_TARGETS = 900  # forms and notices of one case that are looked up, the newest first
MAX_READERS = 300

# What the actions of the chain mean here. A new action that shows something of a case belongs among them.
ACTIONS: dict[str, Promise] = {
    "case.read": _("the case"),
    "case.fact_read": _("what is known about the person"),
    "case.facts_read": _("what is known about the person"),
    "case.duties_compared": _("the case"),
    "submission.read": _("a form"),
    "attachment.read": _("an attached file"),
    "notice.read": _("a notice"),
    "brief.opened": _("a notice"),
    "brief.viewed": _("a notice"),
    "brief.report_viewed": _("a notice"),
    "brief.document_read": _("the PDF of a notice"),
}


@dataclass(frozen=True)
class Reader:
    """One person, and one kind of thing that they read."""

    who: str
    office: str
    is_outside: bool
    what: str
    last_at: datetime
    times: int


def list_readers(case: Case) -> tuple[list[Reader], bool]:
    """Return who has read the case, whoever read last first, and whether there are more than are listed."""
    targets, is_cut = _list_targets(case)
    # Of the action nothing but its value is compared: by its index SQLite would read who has read any case, ever.
    entries = AuditEntry.objects.annotate(did=Concat("action", Value(""))).filter(
        target_id__in=targets, did__in=list(ACTIONS), actor_kind__in=("user", "contact")
    )
    found = entries.order_by().values("actor_kind", "actor_id", "action").annotate(last=Max("at"), times=Count("pk"))
    rows: list[Any] = list(found.order_by("-last")[: MAX_READERS + 1])
    people = _name_people(rows[:MAX_READERS])
    merged: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows[:MAX_READERS]:
        # Two actions of one meaning are one line.
        key = (row["actor_kind"], row["actor_id"], str(ACTIONS[row["action"]]))
        into = merged.setdefault(key, {"last": row["last"], "times": 0})
        into["times"] += row["times"]
    readers = [
        Reader(*people[kind, pk], kind == "contact", what, counted["last"], counted["times"])
        for (kind, pk, what), counted in merged.items()
    ]
    return readers, is_cut or len(rows) > MAX_READERS


def _list_targets(case: Case) -> tuple[list[str], bool]:
    """Return the ids under which the chain knows this case: its own, its forms', their files' and its notices'."""
    family = [case.pk, *case.merged.values_list("pk", flat=True)]
    forms = list(case.submissions.order_by("-received_at").values_list("pk", flat=True)[:MAX_TARGETS])
    # By its reverse name: files stand on a floor above.
    files = list(
        case.submissions.order_by()
        .filter(attachments__isnull=False)
        .values_list("attachments", flat=True)[:MAX_TARGETS]
    )
    notices = list(
        Notice.objects.filter(case_id=case.pk).order_by("-owed_at").values_list("pk", flat=True)[:MAX_TARGETS]
    )
    targets = [*family, *forms, *notices, *files]
    return [str(key) for key in targets[:MAX_TARGETS]], len(targets) > MAX_TARGETS


def _name_people(rows: list[Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return {(kind, id): (name, office)}; of an account that is gone, that it is."""
    ids: dict[str, set[int]] = {"user": set(), "contact": set()}
    for row in rows:
        if row["actor_id"].isdigit():
            ids[row["actor_kind"]].add(int(row["actor_id"]))
    users = User.objects.in_bulk(ids["user"])
    contacts = Contact.objects.select_related("partner").in_bulk(ids["contact"])
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for row in rows:
        kind, pk = row["actor_kind"], row["actor_id"]
        number = int(pk) if pk.isdigit() else 0
        if kind == "user" and (user := users.get(number)) is not None:
            found[kind, pk] = (user.get_full_name() or user.get_username(), "")
        elif kind == "contact" and (contact := contacts.get(number)) is not None:
            found[kind, pk] = (contact.name, localize(contact.partner.names))
        else:
            found[kind, pk] = (gettext("an account that is gone"), "")
    return found
