"""Cases, what happened in them, their deadlines and referrals.

Plain models: no revisions, no search index.
"""

import secrets
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import MobileUnit, Municipality, Region, User
from access.reach import (
    get_keys_of_units_of_regions,
    get_region_keys,
    get_unit_keys,
    read_reach,
    read_units_of_regions,
    remember,
)
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import Partner, Role
from vault.fields import SealedJSONField, SealedTextField

# Crockford's alphabet: no I, L, O, U; can be read over a phone. And without 0 and 1, which look like O and I.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


SUBMISSION_RECEIVED = "submission_received"  # `CaseEvent.kind`: a form about the case came in
TAKEN_BACK = "taken_back"  # the kind of what had followed from a form that was moved away: nothing shows it (`moving`)


def new_reference() -> str:
    """Return a random case reference such as 7K2M9Q: no region, date or sequence inside."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _i in range(6))


class CaseStatus(models.TextChoices):
    SUSPECTED = "suspected", _("suspected case")
    AT_RISK = "at_risk", _("person at risk")
    POTENTIAL_VICTIM = "potential_victim", _("potential victim (VMT)")
    VICTIM = "victim", _("victim (VT)")
    NOT_VICTIM = "not_victim", _("no indicators found")


class FormalIdentification(models.TextChoices):
    NOT_OFFERED = "not_offered", _("not offered yet")
    OFFERED = "offered", _("offered")
    DECLINED = "declined", _("declined")
    SCHEDULED = "scheduled", _("scheduled")
    CONFIRMED = "done_confirmed", _("done, confirmed")
    NOT_CONFIRMED = "done_not_confirmed", _("done, not confirmed")


class RiskLevel(models.TextChoices):
    """How great the danger to the person is, the greatest first: the codes of the fact `risk_level`."""

    IMMEDIATE = "immediate", pgettext_lazy("risk", "immediate")
    HIGH = "high", pgettext_lazy("risk", "high")
    MEDIUM = "medium", pgettext_lazy("risk", "medium")
    LOW = "low", pgettext_lazy("risk", "low")


def _is_seen(*, units: Any, regions: Any, units_of_regions: Any, opened: Any) -> Q:
    """Return the condition of cases that somebody of these units and regions sees. Each: a query, or what it gave."""
    return Q(unit__in=units) | Q(region__in=regions) | Q(unit__in=units_of_regions) | Q(pk__in=opened)


# Not merged into another one. As a negation: SQLite would take "is null" for the best index there is, and read nearly
# all cases by it.
_STANDS = ~Q(merged_into__isnull=False)


def read_what_is_seen(user: User) -> Q | None:
    """Return the condition of cases that this person sees (`CaseQuerySet.seen_now_by`), in columns of the case alone.

    None where it is nobody who sees any.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    reach, units_of_regions = read_reach(user), read_units_of_regions(user)
    opened = CaseAccess.objects.current().filter(unit__in={*reach.units, *units_of_regions})
    return _STANDS & _is_seen(
        units=reach.units,
        regions=reach.regions,
        units_of_regions=units_of_regions,
        opened=remember("cases_opened", user, lambda: tuple(opened.values_list("case", flat=True))),
    )


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> "CaseQuerySet":
        """Limit the cases to those that this person may see.

        A worker's units' cases, and for a coordinator those of their regions and of their regions' units, wherever
        these met the person; and what another unit has opened to theirs (`finding`). Nobody else sees any.
        """
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.standing().filter(
            _is_seen(
                units=get_unit_keys(user),
                regions=get_region_keys(user),
                units_of_regions=get_keys_of_units_of_regions(user),
                opened=CaseAccess.objects.of(user).values("case"),
            )
        )

    def seen_now_by(self, user: User) -> "CaseQuerySet":
        """Limit the cases as `visible_to` does, with who sees what read now, in at most three short queries.

        The database then compares columns of the case with a few numbers and can use an index for each, which it can't
        where regions and units are queries of their own: what a list of a million cases needs. Within a page that
        `access.reach` remembers, they are asked once.
        """
        seen = read_what_is_seen(user)
        return self.none() if seen is None else self.filter(seen)

    def standing(self) -> "CaseQuerySet":
        """Leave out what was merged into another case: that one stands for both."""
        return self.filter(_STANDS)

    def counted(self) -> "CaseQuerySet":
        """Limit the cases to what statistics may count.

        No drills, none declared void, one case for a person, and nobody who said no to statistics.
        """
        return self.standing().filter(~said_no_to_statistics(), is_drill=False, voided_at__isnull=True)

    def uncounted(self) -> "CaseQuerySet":
        """Return the cases that `counted` leaves out, for whoever counts rows that may belong to none."""
        why = Q(merged_into__isnull=False) | Q(is_drill=True) | Q(voided_at__isnull=False)
        return self.filter(why | Q(said_no_to_statistics()))

    def readable(self) -> "CaseQuerySet":
        """Limit the cases to those that aren't forgotten."""
        return self.filter(forgotten_at__isnull=True)

    def open(self) -> "CaseQuerySet":
        return self.filter(closed_at__isnull=True)


class Case(models.Model):
    """One person's case. What was reported about them stays sealed in the submissions; here is only what routes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Said on the phone and read by recipients, so nothing can be learnt from it.
    reference = models.CharField(_("reference"), max_length=8, unique=True, default=new_reference, editable=False)
    # Unit, region and lead worker: an index by time (`Meta`) begins with each, so it has none of its own.
    region = models.ForeignKey(Region, models.PROTECT, db_index=False, related_name="cases", verbose_name=_("region"))
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="cases", verbose_name=_("municipality"))
    unit = models.ForeignKey(
        MobileUnit, models.PROTECT, db_index=False, related_name="cases", verbose_name=_("mobile unit")
    )
    status = models.CharField(_("status"), max_length=20, choices=CaseStatus.choices)
    formal_identification = models.CharField(
        _("formal identification"),
        max_length=20,
        choices=FormalIdentification.choices,
        default=FormalIdentification.NOT_OFFERED,
    )
    child_track = models.BooleanField(_("child, or may be a child"), default=False)
    # What the sealed fact says (`facts.risk`): "" where it isn't known, null where nobody has looked yet.
    risk = models.CharField(
        _("level of risk"), max_length=12, choices=RiskLevel.choices, blank=True, null=True, default=""
    )
    is_drill = models.BooleanField(_("drill"), default=False)
    # {key: {language: label}} of the procedure's flags that rules have set, as they were worded then
    flags = models.JSONField(_("flags"), default=dict, blank=True)
    # Fixed when the case is opened: its deadlines and recipients stay what they were (ADR 54), until a coordinator
    # takes the case over (ADR 81).
    procedure_version = models.ForeignKey(
        ProcedureVersion, models.PROTECT, related_name="cases", verbose_name=_("procedure version")
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # A case that should never have been opened: closed, and left out of what is counted.
    voided_at = models.DateTimeField(_("declared void at"), null=True, blank=True)
    # When a closed case is forgotten as a whole, and when that was done (`submissions.case_purge`).
    forget_after = models.DateField(null=True, blank=True, db_index=True)
    forgotten_at = models.DateTimeField(_("forgotten at"), null=True, blank=True)
    # A form came in about a closed case, and nobody has decided yet whether it is opened again.
    form_after_closing_at = models.DateTimeField(_("form after closing"), null=True, blank=True)
    # Since when nothing of the case goes to anybody but by a legal duty or in an emergency: the person asked for that
    # (`rights`). Lifted by two.
    restricted_at = models.DateTimeField(_("use restricted since"), null=True, blank=True)
    # Who of the unit follows the person; null in cases from before there was one: whoever opened it (`lead_worker`).
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("lead worker"),
    )
    lead_since = models.DateTimeField(_("lead worker since"), null=True, blank=True)
    # The case that stands for this one, after two were found to be about one person (`finding.merging`).
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-opened_at"]
        indexes = [
            models.Index(fields=["unit", "-opened_at"]),
            models.Index(fields=["region", "-opened_at"]),
            models.Index(fields=["-opened_at"]),
            # The registers' filters: rows of one value along their time.
            models.Index(fields=["status", "-opened_at"]),
            models.Index(fields=["lead", "-opened_at"]),
            models.Index(
                fields=["unit"],
                condition=Q(form_after_closing_at__isnull=False),
                name="case_with_a_form_after_closing",
            ),
            # What is due today is looked for among the open cases of a unit or region, and most cases are closed.
            models.Index(fields=["unit"], condition=Q(closed_at__isnull=True), name="case_open_of_unit"),
            models.Index(fields=["region"], condition=Q(closed_at__isnull=True), name="case_open_of_region"),
            # Of many open cases the start page reads the newest in each state (`urgency.list_most_urgent`).
            models.Index(fields=["-opened_at", "id"], condition=Q(closed_at__isnull=True), name="case_open_by_time"),
            # Who looks after open cases (`finding.assigning`) is asked of each person, not of each case.
            models.Index(
                Coalesce("lead_id", "opened_by_id"),
                condition=Q(closed_at__isnull=True),
                name="case_open_by_responsible",
            ),
            models.Index(fields=["id"], condition=Q(risk__isnull=True), name="case_risk_not_looked_up"),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="case_by_what_stands_for_it"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="case_known_risk", condition=Q(risk__isnull=True) | Q(risk__in=["", *RiskLevel.values])
            ),
            models.CheckConstraint(
                name="case_void_is_closed", condition=Q(voided_at__isnull=True) | Q(closed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="case_to_forget_is_closed",
                condition=Q(forget_after__isnull=True, forgotten_at__isnull=True) | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_open_has_no_form_after_closing",
                condition=Q(form_after_closing_at__isnull=True) | Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def lead_worker(self) -> User:
        """The worker who follows the person: whoever took the case on last, else whoever opened it."""
        return self.lead or self.opened_by


class CaseEvent(models.Model):
    """An event of a case, after which the procedure or a person decided something. Notices carry its id.

    `explanation` (sealed, because it may quote an answer): a list of {"rule": key, "words": {language: text}}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="events", verbose_name=_("case"))
    kind = models.CharField(_("kind"), max_length=40)  # submission_received, notice_answered, rerouted, ...
    at = models.DateTimeField(_("at"), default=timezone.now)
    # An id without a foreign key: submissions stand on a floor above.
    submission_id = models.UUIDField(null=True, blank=True)
    notice_id = models.UUIDField(null=True, blank=True)
    detail = models.JSONField(default=dict)  # ids and codes only
    explanation = SealedJSONField(null=True, blank=True, owner="case_id")

    class Meta:
        verbose_name = _("case event")
        verbose_name_plural = _("case events")
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.case} {self.kind}"


class CorrectedForm(models.Model):
    """A form of a case that a correction has taken the place of: what it said of the person holds no more.

    Ids without foreign keys: submissions stand on a floor above.
    """

    submission_id = models.UUIDField(primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="corrected_forms", verbose_name=_("case"))
    corrected_by = models.UUIDField(unique=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("corrected form")
        verbose_name_plural = _("corrected forms")
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.case} {self.submission_id}"


def said_of(case: Case) -> Q:
    """Return the condition of rows that may not be moved: said of a case, or of one that was merged into it."""
    return Q(case=case) | Q(case__merged_into=case)


def from_corrected_form() -> Exists:
    """Return the condition of rows (facts, consents) that a form said which was corrected since (`submission_id`)."""
    return Exists(CorrectedForm.objects.filter(submission_id=OuterRef("submission_id")))


class MovedForm(models.Model):
    """A form that was moved to another case (`moving`): what it had said to a ledger before `at` counts nowhere.

    The ledgers only grow, so their rows stay where they were written; the case that the form belongs to now has rows of
    its own. An id without a foreign key: submissions stand on a floor above.
    """

    submission_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("moved form")
        verbose_name_plural = _("moved forms")
        ordering = ["at"]

    def __str__(self) -> str:
        return str(self.submission_id)


def from_moved_form(written_at: str) -> Exists:
    """Return the condition of ledger rows that a form wrote in a case which it was moved away from since.

    `written_at`: the name of the row's column that says when it was written.
    """
    moved = MovedForm.objects.filter(submission_id=OuterRef("submission_id"), at__gt=OuterRef(written_at))
    return Exists(moved)


def said_no_to_statistics() -> Exists:
    """Return the condition of cases whose newest act about statistics in the ledger of consents is no yes now.

    It is what `consent.ledger.find_standing` says, in columns. Whoever was never asked hasn't said no; of a form that
    doesn't open nobody knows.
    """
    entries = ConsentEntry.objects.filter(purpose__in=(ConsentPurpose.STATISTICS, ""))
    entries = entries.exclude(from_corrected_form()).exclude(from_moved_form("recorded_at"))
    newest = entries.filter(case__in=_of_person(2)).order_by("-occurred_at", "-recorded_at", "-act")
    # each with the case, by which the ledger has an index
    readable = entries.filter(case=OuterRef("case"), act=OuterRef("act")).exclude(answer=ConsentAnswer.UNREADABLE)
    is_yes = Q(answer=ConsentAnswer.GIVEN) & (Q(until__isnull=True) | Q(until__gt=timezone.now()))
    is_opened_since = Q(answer=ConsentAnswer.UNREADABLE) & Exists(readable)
    decide = entries.filter(case__in=_of_person(1), act=newest.values("act")[:1])
    return Exists(decide.exclude(is_yes).exclude(is_opened_since))


def _of_person(depth: int) -> Any:
    """Return the keys of the case that a query so many levels out is about, and of those merged into it."""
    case: Any = "pk"
    for _level in range(depth + 1):
        case = OuterRef(case)
    return Case.objects.filter(Q(pk=case) | Q(merged_into=case)).values("pk")


class DeadlineKind(models.TextChoices):
    DEADLINE = "deadline", _("deadline")
    TASK = "task", _("task")


# The key of the duty to answer another unit that may know the person (`finding.requests`): closing a case doesn't end
# what is asked about it afterwards.
IDENTITY_REQUEST = "identity_request"
MERGE_PROPOSED, CASE_TRANSFER, FORM_MOVE = "merge_proposed", "case_transfer", "form_move"
# Of what a coordinator decides as the second person: a closing, another status.
CLOSING_ASKED, STATUS_ASKED = "closing_asked", "status_asked"
# The keys of tasks that ask somebody to answer: over with what they asked for and nothing else. Nobody marks them as
# done, and they don't start again with a case that is opened again.
ASKING = frozenset({IDENTITY_REQUEST, MERGE_PROPOSED, CASE_TRANSFER, FORM_MOVE, CLOSING_ASKED, STATUS_ASKED})
# The keys of duties towards the person about their data. The right is the person's, whatever the state of the case:
# closing the case doesn't end them, and they begin in a closed case, too.
DATA_DUTIES = frozenset({"data_subject_request", "data_breach"})
RUNS_IN_CLOSED_CASES = DATA_DUTIES | {IDENTITY_REQUEST}


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def unmet(self) -> "DeadlineQuerySet":
        """Return what is still to be done: neither met, nor ended with its case."""
        return self.filter(met_at__isnull=True, ended_at__isnull=True)

    def running(self) -> "DeadlineQuerySet":
        """Return what is still to be done in open cases, and what goes on in closed ones."""
        goes_on = Q(case__closed_at__isnull=True) | Q(key__in=sorted(RUNS_IN_CLOSED_CASES))
        # Not as "is null": by that index SQLite begins with all cases there are, each second.
        return self.unmet().filter(goes_on).exclude(case__merged_into__isnull=False)


class Deadline(models.Model):
    """A duty with its clock: a deadline of the procedure ("police notified") or a task that a rule created.

    Times come from the procedure version; null: no such mark. Everything that the clock needs is a snapshot of the
    procedure as it was when the duty began: another version changes nothing about a duty that runs.

    `owner`: the role whose duty it is; "" for one that nobody is notified about, as those from before there were
    owners. `ladder`: the steps taken while the owner doesn't answer (as on a notice). `next_mark_at`: when the clock
    looks at it next; null when it is met, or has no owner. `chase_id`: the first of the notices by which its owner is
    told, or was told last; `chases`: how often that was begun. `form`: the key of the form that meets it ("": rules
    do); `not_by`: whose submission doesn't. `notice_id`: the notice whose acceptance meets it. `ended_at`: when it
    ended with its case (`closing`) without being met.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="deadlines", verbose_name=_("case"))
    # What is unique per event and key (`Meta`) finds those of an event.
    event = models.ForeignKey(CaseEvent, models.PROTECT, db_index=False, related_name="deadlines")
    kind = models.CharField(_("kind"), max_length=10, choices=DeadlineKind.choices, default=DeadlineKind.DEADLINE)
    # As long as the longest key of a procedure (`procedures.checks.KEY`).
    key = models.CharField(_("key"), max_length=64)
    label = models.JSONField(_("label"))  # {language: text}
    starts_at = models.DateTimeField(_("starts at"))
    amber_at = models.DateTimeField(null=True, blank=True)
    red_at = models.DateTimeField(null=True, blank=True)
    breach_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(_("met at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    notice_id = models.UUIDField(null=True, blank=True)
    owner = models.CharField(_("whose duty"), max_length=24, choices=Role.choices, blank=True)
    ladder = models.JSONField(default=list, blank=True)
    form = models.CharField(max_length=64, blank=True)
    next_step = models.JSONField(default=dict, blank=True)  # {language: text}
    next_mark_at = models.DateTimeField(null=True, blank=True, db_index=True)
    chase_id = models.UUIDField(null=True, blank=True)
    chases = models.PositiveIntegerField(default=0)
    not_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("not by"),
    )

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ["starts_at"]
        indexes = [
            models.Index(
                fields=["case"], condition=Q(met_at__isnull=True, ended_at__isnull=True), name="deadline_unmet_of_case"
            ),
            models.Index(fields=["chase_id"], condition=Q(chase_id__isnull=False), name="deadline_by_chase"),
            models.Index(fields=["notice_id"], condition=Q(notice_id__isnull=False), name="deadline_by_notice"),
            models.Index(fields=["not_by"], condition=Q(not_by__isnull=False), name="deadline_by_whom_not"),
            models.Index(fields=["-met_at"], condition=Q(met_at__isnull=False), name="deadline_met_lately"),
            models.Index(fields=["-starts_at"]),
            # Of a million duties few are still to be done: what they are late by is asked of these.
            *(
                models.Index(
                    fields=[f"{mark}_at"],
                    condition=Q(met_at__isnull=True, ended_at__isnull=True),
                    name=f"deadline_unmet_by_{mark}",
                )
                for mark in ("amber", "red", "breach")
            ),
            # By the moment from which it is late (`days.sources`): a day of many cases reads its first lines along it.
            models.Index(
                Coalesce("red_at", "breach_at", "amber_at"),
                "id",
                condition=Q(met_at__isnull=True, ended_at__isnull=True),
                name="deadline_unmet_by_due",
            ),
        ]
        # A rule's deadline that is asked for twice in one event is one clock.
        constraints = [
            models.UniqueConstraint(fields=["event", "key"], name="one_deadline_per_event_and_key"),
            models.CheckConstraint(
                name="deadline_ended_is_not_met_and_has_no_clock",
                condition=Q(ended_at__isnull=True) | Q(met_at__isnull=True, next_mark_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.key}"

    @property
    def is_to_finish(self) -> bool:
        """Whether it is a task that somebody says is done: neither a form nor an answer ends it."""
        return self.kind == DeadlineKind.TASK and not self.form and self.key not in ASKING

    @property
    def marks(self) -> list[datetime]:
        """The moments of its marks, in order."""
        return sorted(at for at in (self.amber_at, self.red_at, self.breach_at) if at is not None)


class AwaitedDateQuerySet(models.QuerySet["AwaitedDate"]):
    def running(self) -> "AwaitedDateQuerySet":
        """Return the dates still to come, or just reached, in cases that are open."""
        return self.filter(done_at__isnull=True, ended_at__isnull=True, case__closed_at__isnull=True)


class AwaitedDate(models.Model):
    """A moment at which a rule responds to a date that a form of the case gave (`date_clock`).

    `rule`: its key. `ended_at`: when it ended with its case, before it was reached.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="awaited_dates", verbose_name=_("case"))
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="awaited_dates")
    rule = models.CharField(max_length=64)
    at = models.DateTimeField(_("at"), db_index=True)
    done_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AwaitedDateQuerySet.as_manager()

    class Meta:
        verbose_name = _("awaited date")
        verbose_name_plural = _("awaited dates")
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["event", "rule"], name="one_date_per_event_and_rule")]

    def __str__(self) -> str:
        return f"{self.case} {self.rule}"


class ReferralState(models.TextChoices):
    PENDING = "pending", _("pending")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    NO_ANSWER = "no_answer", _("nobody answered")
    AGREED = "agreed", _("accompaniment agreed")
    ARRIVED = "arrived", _("arrived")
    FINISHED = "finished", _("ended with an outcome")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENDED = "ended", _("ended without an answer")


class Referral(models.Model):
    """A referral to a service, and where it stands. What happened in it are its steps (`referring`).

    `role`: as what the office was asked, where that isn't its own role: for an embassy the Responsible Authority is
    asked; "" in referrals from before it was stored. `after`: the referral to another service that this one continues.
    `accompaniment_duty`: the clock that runs from the service's yes until it is agreed who brings the person, and when.
    `arrival_duty`: the one that runs until the person has arrived.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="referrals", verbose_name=_("case"))
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="referrals")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name=_("partner"))
    role = models.CharField(_("role"), max_length=24, choices=Role.choices, blank=True)
    services = models.JSONField(_("services"), default=list)
    state = models.CharField(_("state"), max_length=12, choices=ReferralState.choices, default=ReferralState.PENDING)
    notice_id = models.UUIDField(null=True, blank=True, db_index=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answer_note = SealedTextField(_("answer"), null=True, blank=True, owner="case_id")
    after = models.ForeignKey("self", models.PROTECT, related_name="continued_by", null=True, blank=True)
    accompaniment_duty = models.ForeignKey(
        Deadline, models.SET_NULL, related_name="accompaniments", null=True, blank=True
    )
    arrival_duty = models.ForeignKey(Deadline, models.SET_NULL, related_name="arrivals", null=True, blank=True)

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["-made_at"]), models.Index(fields=["state", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.case} → {self.partner}"

    @property
    def asked_role(self) -> str:
        """The role as which the service was asked."""
        return self.role or self.partner.role


# Django finds models in this module only.
from .closing.models import CaseClosing  # noqa: E402
from .consent.models import ConsentAnswer, ConsentEntry, ConsentPurpose, SharingDecision  # noqa: E402
from .documents.models import CaseDocument  # noqa: E402
from .facts.models import CaseFact  # noqa: E402
from .finding.models import (  # noqa: E402
    CaseAccess,
    CaseAssignment,
    CaseLink,
    CaseMerge,
    CaseTransfer,
    IdentityQuestion,
    IdentityRequest,
    IdentityToken,
    LeadChange,
    ProbableMatch,
)
from .moving.models import FormMove  # noqa: E402
from .notes.models import CaseNote, FlagChange  # noqa: E402
from .referring.models import ReferralStep  # noqa: E402
from .retention.models import CaseHold  # noqa: E402
from .rights.models import RightsRequest  # noqa: E402
from .statuses.models import StatusChange  # noqa: E402

__all__ = [
    "CaseAccess",
    "CaseAssignment",
    "CaseClosing",
    "CaseDocument",
    "CaseFact",
    "CaseHold",
    "CaseLink",
    "CaseMerge",
    "CaseNote",
    "CaseTransfer",
    "ConsentEntry",
    "FlagChange",
    "FormMove",
    "IdentityQuestion",
    "IdentityRequest",
    "IdentityToken",
    "LeadChange",
    "ProbableMatch",
    "ReferralStep",
    "RightsRequest",
    "SharingDecision",
    "StatusChange",
]
