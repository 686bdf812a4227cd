"""The audit log in the admin, for its auditors: searched by person, action, target and time, newest first.

Entries hold ids, codes and counts; nothing here decrypts anything. Paging goes on from an entry's number, not from a
count of pages, so the millionth entry is reached as fast as the first. Each reading is itself an entry, with the
search.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, Max, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from access.models import Assignment, StaffRole, User
from audit.chain import get_actor, log_event
from audit.models import AuditEntry
from notifications.outbox.models import Heartbeat, Notice

from . import audit_labels
from .chain_watch import CHAIN

PAGE = 50
FEW_DAYS = 31
MAX_ACTORS = 10  # of one name, whose entries are read one after another
# Days with a midnight in every zone, and a day after them.
DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
KINDS = {
    "user": _("member of staff"),
    "contact": _("contact"),
    "system": _("the service itself"),
    "anonymous": _("somebody not signed in"),
}


class CodeChoiceField(forms.ChoiceField):
    """A choice among kinds by their labels.

    A link with another beginning of a code, as an older mail may hold, works too.
    """

    def valid_value(self, value: str) -> bool:
        return len(value) <= 64


class Filter(forms.Form):
    """The search form. `before`: entries with a smaller number only."""

    who = forms.CharField(label=_("Who"), required=False, max_length=60)
    kind = forms.ChoiceField(
        label=_("Kind of person"),
        required=False,
        choices=[("", _("All")), *((key, word) for key, word in KINDS.items())],
    )
    what = CodeChoiceField(label=_("What"), required=False, choices=lambda: [("", _("All")), *audit_labels.choices()])
    target = CodeChoiceField(
        label=_("To what"), required=False, choices=lambda: [("", _("All")), *audit_labels.target_choices()]
    )
    target_id = forms.CharField(label=_("Its id or notice code"), required=False, max_length=64)
    since = forms.DateField(label=_("From"), required=False, widget=AdminDateInput, validators=DAYS)
    until = forms.DateField(label=_("Until"), required=False, widget=AdminDateInput, validators=DAYS)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    def _entries(self) -> "QuerySet[AuditEntry]":
        """Return what is asked for, whoever did it."""
        asked = self.cleaned_data
        found: QuerySet[AuditEntry] = AuditEntry.objects.order_by("-number")
        if asked.get("kind"):
            found = found.filter(actor_kind=asked["kind"])
        if what := asked.get("what"):
            # A kind by its whole name, as it is chosen, is found along its index; by a beginning, SQLite reads all.
            found = found.filter(action=what) if audit_labels.is_kind(what) else found.filter(action__startswith=what)
        if asked.get("target"):
            # One label may stand for several kinds: a page of any type is a page.
            found = found.filter(target_kind__in=audit_labels.same_targets(asked["target"]))
        if asked.get("target_id"):
            found = found.filter(target_id__in=_get_target_ids(asked["target_id"]))
        if asked.get("since") or asked.get("until"):
            found = _of_days(found, asked.get("since"), asked.get("until"))
        if asked.get("before"):
            found = found.filter(number__lt=asked["before"])
        return found

    def newest(self, count: int) -> list[AuditEntry]:
        """Return the newest of the entries, so many."""
        actors = _get_actors(self.cleaned_data["who"]) if self.cleaned_data.get("who") else []
        if not actors:
            return list(self._entries()[:count])
        if len(actors) > MAX_ACTORS:
            return list(self._entries().filter(_name_actors(actors))[:count])
        # Each one's by themselves, along an index that has them in order: of several at once, SQLite sorts all.
        numbers: set[int] = set()
        for actor in actors:
            numbers.update(self._entries().filter(_name_actors([actor])).values_list("number", flat=True)[:count])
        return list(AuditEntry.objects.filter(pk__in=sorted(numbers)[-count:]).order_by("-number"))

    def searched(self) -> dict[str, str]:
        """Return what was searched for, for the entry that this reading leaves."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def _of_days(found: "QuerySet[AuditEntry]", since: date | None, until: date | None) -> "QuerySet[AuditEntry]":
    """Narrow the entries to these days.

    Numbers follow the days nearly, not always: an entry may tell of an earlier moment. Of few days the first and the
    last number are looked up, or a kind's entries of long ago would be looked for among all since.
    """
    of_days = Q()
    if since:
        of_days &= Q(at__gte=_midnight(since))
    if until:
        of_days &= Q(at__lt=_midnight(until + timedelta(days=1)))
    if since and until and (until - since).days < FEW_DAYS:
        # Of the plain number PostgreSQL would look for the first one from the beginning of the record on.
        number = F("number") + 0
        ends = AuditEntry.objects.filter(of_days).aggregate(first=Min(number), last=Max(number))
        # Of no entry nothing is smaller or greater: none then.
        found = found.filter(number__gte=ends["first"] or 1, number__lte=ends["last"] or 0)
    return found.filter(of_days)


@dataclass(frozen=True)
class _Actor:
    id: str
    kinds: tuple[str, ...]


def _get_actors(who: str) -> list[_Actor]:
    """Return who is meant by a user name, a name or an id; a contact by id."""
    people = User.objects.filter(Q(username__iexact=who) | Q(last_name__iexact=who) | Q(first_name__iexact=who))
    found = [_Actor(str(pk), ("user",)) for pk in people.values_list("pk", flat=True)[:200]]
    return [*found, _Actor(who, ("user", "contact"))]


def _name_actors(actors: Iterable[_Actor]) -> Q:
    asked = list(actors)
    ids = {kinds: [actor.id for actor in asked if actor.kinds == kinds] for kinds in {actor.kinds for actor in asked}}
    return Q(*(Q(actor_kind__in=kinds, actor_id__in=of_them) for kinds, of_them in ids.items()), _connector=Q.OR)


def _get_target_ids(text: str) -> list[str]:
    # Codes are stored in capitals: "whatever its case" would read every notice there is.
    notices = Notice.objects.filter(code=text.upper()).values_list("pk", flat=True)[:5]
    people = User.objects.filter(username__iexact=text).values_list("pk", flat=True)[:5]
    return [text, *map(str, notices), *map(str, people)]


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


@dataclass(frozen=True)
class EntryLine:
    """One entry in words. `who` and `whom`: a name where there is one, else the id."""

    entry: AuditEntry
    who: str
    what: Promise | str
    to_what: Promise | str
    whom: str
    detail: list[tuple[str, Any]]


def build_lines(entries: Iterable[AuditEntry]) -> list[EntryLine]:
    found = list(entries)
    people = [entry.actor_id for entry in found if entry.actor_kind == "user"]
    people += [entry.target_id for entry in found if entry.target_kind == "user"]
    names = {
        str(user.pk): user.get_full_name() or user.username
        for user in User.objects.filter(pk__in={int(pk) for pk in people if pk.isdigit()})
    }
    notices = [entry.target_id for entry in found if entry.target_kind == "notice"]
    codes = {str(pk): code for pk, code in Notice.objects.filter(pk__in=set(notices)).values_list("pk", "code")}
    return [
        EntryLine(
            entry,
            names.get(entry.actor_id, "") if entry.actor_kind == "user" else "",
            audit_labels.get_words(entry.action),
            audit_labels.target_words(entry.target_kind),
            {"user": names, "notice": codes}.get(entry.target_kind, {}).get(entry.target_id, ""),
            [(name, _join_list(value)) for name, value in sorted(entry.detail.items())],
        )
        for entry in found
    ]


def _join_list(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def read_audit_log(request: HttpRequest) -> HttpResponse:
    """GET: show a page of entries, and the state of the chain."""
    asked = Filter(request.GET or None)
    page: dict[str, Any] = {"form": asked, "kinds": KINDS, "chain": get_chain_state()}
    if not asked.is_bound or asked.is_valid():
        # One entry more than is shown: whether there is a further page, without a count of the whole table.
        many = PAGE + 1
        found = asked.newest(many) if asked.is_bound else list(AuditEntry.objects.order_by("-number")[:many])
        page["lines"] = build_lines(found[:PAGE])
        if len(found) > PAGE:
            page["older"] = _address(request, before=str(found[PAGE - 1].number))
        page["newest"] = _address(request, before="") if request.GET.get("before") else ""
        searched: dict[str, Any] = asked.searched() if asked.is_bound else {}
        log_event(
            "audit.read", actor=get_actor(request.user), target_kind="audit", shown=len(page["lines"]), **searched
        )
    return render(request, "escalation/audit.html", page)


def get_chain_state() -> dict[str, Any]:
    """Return what the watch found last, and how many auditors there are today."""
    beat = Heartbeat.objects.filter(part=CHAIN).first()
    facts = beat.facts if beat else {}
    verified_at = facts.get("verified_at")
    today = Assignment.objects.current().filter(role=StaffRole.AUDITOR).values("pk")
    return {
        **facts,
        "verified_at": datetime.fromisoformat(verified_at) if verified_at else None,
        "auditors": User.objects.filter(is_active=True, assignments__in=today).distinct().count(),
    }


def _address(request: HttpRequest, **changed: str) -> str:
    query = request.GET.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"
