"""Monthly counts of a unit, from its submissions and from what came back. Drills don't count, and no person
who said no to statistics.

The counts are answers to the form `monthly_report`, by its keys; the words are the worker's. Small numbers are shown
to the unit and its coordinators only.
"""

import calendar
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone, translation

from access.languages import DEFAULT_LANGUAGE
from access.models import MobileUnit, User
from case_forms.cases.models import Case, Deadline, Referral, ReferralState
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.procedures.decide import DecisionFailed, Event, decide
from case_forms.procedures.models import ProcedureVersion
from case_forms.questions import registry
from case_forms.submissions.correcting import get_newest_version
from case_forms.submissions.models import Submission
from case_forms.zones.models import PlannedVisit
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from outreach_pages.models import InformativeSession
from outreach_pages.records.labels import Audience
from outreach_pages.records.models import SessionCount
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .visits import get_visits

log = structlog.get_logger(__name__)
MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
CAME = ("met_safe", "met", "removed", "taken_to_service")
FOLLOW_UP_FORM = "follow_up"
OLD_FOLLOW_UPS = "follow_up_"  # keys of duties from before a duty named the form that meets it
# Where a referral stands once its service has taken the person.
TAKEN_ON = {ReferralState.ACCEPTED, ReferralState.AGREED, ReferralState.ARRIVED, ReferralState.FINISHED}
SHELTER = {"shelter", "emergency_72h"}
RESULTS = frozenset({"potential_victim", "victim", "at_risk", "no_indicators", "insufficient_information"})
SEXES = frozenset({"female", "male", "other", "unknown"})
FORMS = frozenset({"sexual", "labour", "begging", "criminality", "marriage", "servitude", "organ", "unknown"})
Answers = dict[str, Any]


@dataclass(frozen=True)
class Month:
    """A month by its first and last day, and the aware moments between which something falls into it."""

    first: date
    last: date

    @property
    def key(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def moments(self) -> tuple[datetime, datetime]:
        after = date.fromordinal(self.last.toordinal() + 1)
        start, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (self.first, after))
        return start, end


def get_month(text: str, *, today: date | None = None) -> Month:
    """Return the month that a text such as 2026-10 names; the last complete one for other texts and future months."""
    day = today or timezone.localdate()
    if MONTH.fullmatch(text) and text <= f"{day:%Y-%m}":
        year, number = map(int, text.split("-"))
    else:
        year, number = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return Month(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))


def begin_with(user: User, unit: MobileUnit, sent: Mapping[str, Any]) -> Answers:
    """Return what a new monthly report begins with: the month that was asked for, else the last complete one."""
    month = get_month(str(sent.get("month", "")))
    counts = count_month(unit, month, language=user.language)
    by = user.get_full_name() or user.get_username()
    counted_at = timezone.localtime().replace(second=0, microsecond=0).isoformat()
    return {"unit": unit.slug, "month": month.key, "counted_at": counted_at, "signed_by": by[:120], **counts}


def count_month(unit: MobileUnit, month: Month, *, language: str = DEFAULT_LANGUAGE) -> Answers:
    """Count one unit and month, by the report's keys; a repeat without rows is left out."""
    counted = {
        **_outreach(unit, month),
        **_sessions(unit, month, language),
        **_identifications(unit, month, language),
        **_notices(unit, month),
        **_cases(unit, month),
    }
    return {key: value for key, value in counted.items() if value is not None and value != []}


# ---- outreach and sessions ----


def _outreach(unit: MobileUnit, month: Month) -> Answers:
    visits = get_visits([unit], month.first, month.last)
    people: Counter[tuple[str, str]] = Counter()
    materials: Counter[str] = Counter()
    for visit in visits:
        people.update(visit.people)
        materials.update(visit.materials)
    planned = PlannedVisit.objects.not_cancelled().filter(unit=unit, on__range=(month.first, month.last))
    return {
        "visits": len(visits),
        "visits_planned": planned.count(),
        "zones_visited": len({visit.zone for visit in visits if visit.zone}),
        "minutes_outside": sum(visit.minutes for visit in visits),
        "people_met": [
            {"people_sex": sex, "people_age_group": age, "people_count": number}
            for (sex, age), number in sorted(people.items())
            if number
        ],
        "materials": [
            {"material": kind, "material_count": number} for kind, number in sorted(materials.items()) if number
        ],
    }


def _sessions(unit: MobileUnit, month: Month, language: str) -> Answers:
    held = InformativeSession.objects.took_place().filter(unit=unit, date__range=(month.first, month.last))
    people: Counter[str] = Counter()
    for audience, number in SessionCount.objects.filter(session__in=held).values_list("session__audience", "number"):
        people[audience] += number
    sessions = Counter(held.values_list("audience", flat=True))
    words = _audience_words(language)
    return {
        "sessions_held": sum(sessions.values()),
        "participants": sum(people.values()),
        "by_audience": [
            {
                "audience": words.get(audience, audience),
                "audience_sessions": number,
                "audience_participants": people[audience],
            }
            for audience, number in sorted(sessions.items())
        ],
    }


def _audience_words(language: str) -> dict[str, str]:
    with translation.override(language):
        return {value: str(label) for value, label in Audience.choices}


# ---- identifications ----


def _identifications(unit: MobileUnit, month: Month, language: str) -> Answers:
    sources: Counter[str] = Counter()
    found: Counter[tuple[str, str, str, str]] = Counter()
    lists = Lists()
    from_visits = 0
    for sent in _by_case(_sent(unit, month, "identification")):
        said = (_in_words(submission, answers, "signal_source", language, lists) for submission, answers in sent)
        source = next(filter(None, said), "")
        if source:
            sources[source] += 1
        # an urgent notice has no final decision: the latest form with one counts, else the latest at all
        decided = (each for each in sent if each[1].get("worker_decision"))
        found[_described(*next(decided, sent[0]))] += 1
        from_visits += any(answers.get("source_visit") for _submission, answers in sent)
    return {
        "tips_by_source": [{"source": words[:80], "source_count": number} for words, number in sorted(sources.items())],
        "identifications_from_visits": from_visits,
        "identifications": [
            {"result": result, "result_sex": sex, "result_age": age, "result_form": form, "result_count": number}
            for (result, sex, age, form), number in sorted(found.items())
            if result
        ],
    }


def _by_case(sent: Iterable[tuple[Submission, Answers]]) -> list[list[tuple[Submission, Answers]]]:
    """Group submissions by case, the last first; what belongs to no case stands alone.

    So a person is counted once, also when the urgent notice came first and the rest later (docs/adr/0052).
    """
    cases: dict[UUID, list[tuple[Submission, Answers]]] = {}
    for submission, answers in sent:
        cases.setdefault(submission.case_id or submission.pk, []).insert(0, (submission, answers))
    return list(cases.values())


def _sent(unit: MobileUnit, month: Month, kind: str) -> Iterator[tuple[Submission, Answers]]:
    """Yield the unit's submissions of this kind received in the month, with their answers, the oldest first.

    A corrected one counts in the month of its first version, as it was corrected. One that doesn't open is left out.
    """
    forms = {version.form_id for version in FormVersion.objects.newest() if version.parsed_form.kind == kind}
    start, end = month.moments
    sent = Submission.objects.counted().filter(
        corrects=None, unit=unit, form_version__form__in=forms, received_at__gte=start, received_at__lt=end
    )
    for first in sent.select_related("form_version__form", "case", "corrected_by").order_by("received_at"):
        submission = get_newest_version(first) if hasattr(first, "corrected_by") else first
        try:
            yield submission, submission.answers or {}
        except (SealBroken, KeyRingError) as error:
            log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)


def _described(submission: Submission, answers: Answers) -> tuple[str, str, str, str]:
    """Return (result, sex, age group, form of exploitation) of an identification, in the report's choices."""
    result, sex = answers.get("worker_decision") or answers.get("urgent_notice"), answers.get("gender")
    named = answers.get("exploitation")
    forms = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    if len(forms) > 1:
        form = "several"
    elif forms:
        form = forms[0] if forms[0] in FORMS else "other"
    else:
        form = "unknown"
    return (
        result if result in RESULTS else "",
        sex if sex in SEXES else "unknown",
        "child" if _is_child(submission, answers) else "adult",
        form,
    )


def _is_child(submission: Submission, answers: Answers) -> bool:
    """Return what the procedure says; whose age can't be judged counts as a child, as everywhere."""
    if submission.case is not None:
        return submission.case.child_track
    try:
        # the version that held then: later ones may define a child's case otherwise
        procedure = ProcedureVersion.objects.in_force(submission.received_at)
        event = Event(
            "submission_received",
            submission.form_version.form.key,
            answers,
            timezone.localtime(submission.occurred_at),
            timezone.localtime(submission.received_at),
        )
        return bool(decide(event, procedure.parsed).facts.get("child", True))
    except (ProcedureVersion.DoesNotExist, DecisionFailed):
        return True


def _in_words(submission: Submission, answers: Answers, key: str, language: str, lists: Lists) -> str:
    value = answers.get(key)
    if value is None:
        return ""
    question = submission.form_version.parsed_form.get_question(key)
    if question is None:
        return ""
    return str(registry.get(question.type).formatted(value, question, language, lists))


# ---- notices, referrals, clocks ----


def _notices(unit: MobileUnit, month: Month) -> Answers:
    first = Notice.objects.filter(unit=unit, is_drill=False, purpose=Purpose.FIRST, **_within("owed_at", month))
    # not "of those that count": what a notice is about may be a tip
    first = first.exclude(Exists(Case.objects.uncounted().filter(pk=OuterRef("case_id"))))
    police = list(first.filter(role=Role.POLICE).values_list("pk", "chase_id", "owed_at"))
    # by chase and not by notice: whoever accepted may be a deputy, who got a notice of their own
    chases = {chase or pk for pk, chase, _owed in police}
    taken_on = Notice.objects.filter(accepted_at__isnull=False, declined_at__isnull=True, role=Role.POLICE)
    answered = dict(
        taken_on.filter(Q(chase_id__in=chases) | Q(pk__in=chases))
        .order_by()  # the model's ordering would become part of GROUP BY
        .values("chase_id")
        .annotate(at=Min("accepted_at"))
        .values_list("chase_id", "at")
    )
    taken = [(answered[chase or pk], owed) for pk, chase, owed in police if answered.get(chase or pk)]
    waits = [(at - owed).total_seconds() / 60 for at, owed in taken]
    return {
        "police_notices": len(police),
        "police_answered": len(waits),
        # the median: with a handful of notices one late answer would decide a mean
        "police_minutes": round(statistics.median(waits)) if waits else None,
        "police_came": len(_came(chases)),
        "ra_notices": first.filter(role=Role.RESPONSIBLE_AUTHORITY).count(),
        "cpu_notices": first.filter(role=Role.CPU).count(),
    }


def _came(chases: set[UUID]) -> set[UUID]:
    said = Reply.objects.filter(notice__chase_id__in=chases, notice__role=Role.POLICE)
    came = Q(kind=ReplyKind.ON_THE_WAY) | Q(kind=ReplyKind.OUTCOME, reason__in=CAME)
    return {chase for chase in said.filter(came).values_list("notice__chase_id", flat=True) if chase is not None}


def _cases(unit: MobileUnit, month: Month) -> Answers:
    cases = Case.objects.counted().filter(unit=unit)
    children = set(cases.filter(child_track=True, **_within("opened_at", month)).values_list("pk", flat=True))
    told = set(
        Notice.objects.filter(case_id__in=children, role=Role.CPU, sent_at__isnull=False).values_list(
            "case_id", flat=True
        )
    )
    referrals = list(
        # Those to protection services; whom a request form asks is counted as a notice.
        Referral.objects.filter(case__in=cases, role__in=("", Role.PROTECTION_SERVICE), **_within("made_at", month))
        .order_by()
        .values_list("state", "services")
    )
    # A follow-up is what the procedure says is met by that form, whatever the duty's key.
    declared = Q(form=FOLLOW_UP_FORM) | Q(form="", key__startswith=OLD_FOLLOW_UPS)
    follow_ups = Deadline.objects.filter(declared, case__in=cases)
    return {
        "children_cases": len(children),
        "children_cpu": len(told),
        "referrals_made": len(referrals),
        "referrals_accepted": sum(state in TAKEN_ON for state, _services in referrals),
        "referrals_shelter": sum(bool(SHELTER & {*services}) for _state, services in referrals),
        # One that ended with its case before it was due was never due.
        "follow_ups_due": follow_ups.filter(**_within("red_at", month)).exclude(ended_at__lt=F("red_at")).count(),
        "follow_ups_done": follow_ups.filter(**_within("met_at", month)).count(),
    }


def _within(name: str, month: Month) -> dict[str, datetime]:
    start, end = month.moments
    return {f"{name}__gte": start, f"{name}__lt": end}
