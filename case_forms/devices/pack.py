"""What a phone takes along: forms to fill, numbers to call, what is due, sessions, kits, and the cases for the road.

Names of those who are on duty and words for everybody; of cases only codes, but for those that their worker marked
(`road`). Reading it is recorded.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.cases.days.scope import DayFilter, get_cases
from case_forms.cases.days.sources import due_duties
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.dashboard import forms_to_begin
from notifications.channels.gateways.description import HttpGateway
from notifications.channels.gateways.loading import GatewayInvalid, get_gateways
from outreach_pages.kits.contents import get_standing
from outreach_pages.kits.models import KitVersion
from outreach_pages.records.labels import SessionState
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.models import PhoneRecord, PhoneRecordKind

from .models import CONTACT_HOURS, Device
from .numbers import list_national, list_numbers
from .road import build_cases, list_marks
from .taking import list_offered

URGENT_KIND = "identification"  # of forms: what a phone sends before anything else
MAX_DAY, MAX_SESSIONS, MAX_KITS = 60, 30, 30
DAYS_BACK, DAYS_AHEAD = 7, 21  # of sessions: those not yet reported, and those that are planned


def build_pack(device: Device, language: str) -> dict[str, Any]:
    """Return the pack in the active language, which is `language`; written down that this phone read it."""
    user, now = device.user, timezone.now()
    units = list(user.units().select_related("region").order_by("name"))
    cases = build_cases(user, language, now)
    day, more_day = _list_day(user, now)
    sessions, more_sessions = _list_sessions(user, language)
    kits, more_kits = _list_kits(sessions, language)
    pack = {
        "made_at": now,
        "expires_at": now + timedelta(hours=CONTACT_HOURS),
        "units": [{"slug": unit.slug, "name": unit.name} for unit in units],
        "forms": _list_forms(language),
        "numbers": [*list_national(), *list_numbers({unit.region for unit in units}, _find_places(user, now), now)],
        "call_card": _write_call_card(),
        "day": day,
        "sessions": sessions,
        "session_plan": f"/api/field/v1/device-session-plan?language={language}",
        "cases": cases,
        "offered": list_offered(device, language),
        "kits": kits,
        # How many of each didn't fit: they are online.
        "more": {"day": more_day, "sessions": more_sessions, "kits": more_kits},
        "alarm": get_alarm(device),
    }
    with transaction.atomic():
        log_event(
            "device.pack_read",
            actor=get_actor(user),
            target_kind="device",
            target_id=device.pk,
            cases=len(cases),
        )
    return pack


def get_alarm(device: Device) -> dict[str, str] | None:
    """Return where this phone's alarm goes by SMS and its two codes; None where no gateway takes SMS in."""
    if not settings.FIELD_ALARM_NUMBER or not _takes_sms_in():
        return None
    return {
        "number": settings.FIELD_ALARM_NUMBER,
        "code_normal": device.code_normal,
        "code_urgent": device.code_urgent,
    }


def _takes_sms_in() -> bool:
    try:
        gateways = [loaded.description for loaded in get_gateways("sms")]
    except GatewayInvalid:
        return False
    return any(not isinstance(each, HttpGateway) or each.replies is not None for each in gateways)


def _list_forms(language: str) -> list[dict[str, Any]]:
    first, groups = forms_to_begin()
    named = [(version, "") for version in first]
    named += [(version, str(group.label)) for group in groups for version in group.versions]
    return [_describe_form(version, group, language) for version, group in named]


def _describe_form(version: FormVersion, group: str, language: str) -> dict[str, Any]:
    key = version.form.key
    return {
        "key": key,
        "version": version.number,
        "sha256": version.sha256,
        "title": str(localize(version.definition["title"], language)),
        "group": group,
        "urgent": version.parsed_form.kind == URGENT_KIND,
        "package": f"/api/field/v1/device-forms/{key}/{version.number}?language={language}",
    }


def _write_call_card() -> dict[str, str]:
    """Return what to say when there is no network and somebody must be called."""
    return {
        "title": _("When you call"),
        "danger": _("If somebody is in danger now, call 112 or 129 first."),
        "who": _("Say who you are: your unit, and the number to call you back."),
        "what": _("Say what you need and how soon. Say a name or a place only to those who must come."),
        "code": _("For a case that exists, say its code, never the name."),
        "after": _("Fill in the form as soon as you can: with the network everybody is notified by it."),
    }


def _list_day(user: User, now: datetime) -> tuple[list[dict[str, Any]], int]:
    """Return what is due in the person's cases within a week, codes and times alone, and how many there are beside."""
    duties = _find_duties(user, now).select_related("case")
    lines = [
        {"case": duty.case.reference, "due": duty.due, "late": duty.due <= now, "form": duty.form}
        for duty in duties.order_by("due", "pk")[:MAX_DAY]
    ]
    return lines, _count_beside(duties, MAX_DAY)


def _find_duties(user: User, now: datetime) -> "QuerySet[Any]":
    return due_duties(get_cases(user, DayFilter())).filter(due__lte=now + timedelta(days=7))


def _find_places(user: User, now: datetime) -> set[int]:
    """Return the municipalities (ids) of the sessions, of the cases with something due and of those for the road."""
    sessions = _find_sessions(user).values_list("municipality", flat=True)
    due = _find_duties(user, now).values_list("case__municipality", flat=True)
    return {*sessions, *due, *(mark.case.municipality_id for mark in list_marks(user, now))}


def _count_beside(rows: "QuerySet[Any]", most: int) -> int:
    return max(rows.count() - most, 0)


def _find_sessions(user: User) -> "QuerySet[InformativeSession]":
    today = timezone.localdate()
    return InformativeSession.objects.visible_to(user).filter(
        date__gte=today - timedelta(days=DAYS_BACK),
        date__lte=today + timedelta(days=DAYS_AHEAD),
        state__in=(SessionState.PLANNED, SessionState.HELD),
    )


def _list_sessions(user: User, language: str) -> tuple[list[dict[str, Any]], int]:
    units = set(user.units().values_list("pk", flat=True))
    waiting = _find_sessions(user)
    found = waiting.select_related("municipality", "kit_version").defer("kit_version__content")
    shown = list(found.order_by("date", "starts_at", "pk")[:MAX_SESSIONS])
    plans = _find_plans(shown)
    lines = [
        {
            "id": session.pk,
            # Plans of phones that are this session: a phone that made one goes on with it under this key.
            "plans": plans.get(session.pk, []),
            "date": session.date,
            "starts_at": session.starts_at,
            "ends_at": session.ends_at,
            "place": session.place_name,
            "municipality": session.municipality.name,
            "audience": str(session.get_audience_display()),
            "state": session.state,
            "card": session.card_code,
            "kit": session.kit_version_id,
            "grades": session.grades,
            "changed": session.changed_at,
            # Where its record is a form that this person fills: None for another unit's, which a coordinator reads.
            "package": f"/api/field/v1/device-sessions/{session.pk}?language={language}"
            if session.unit_id in units
            else None,
            "url": reverse("sessions:session", args=[session.pk]),
        }
        for session in shown
    ]
    return lines, _count_beside(waiting, MAX_SESSIONS)


def _find_plans(sessions: list[InformativeSession]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    rows = PhoneRecord.objects.filter(kind=PhoneRecordKind.PLAN, session__in=sessions).values_list("session", "pk")
    for session, plan in rows:
        found.setdefault(session, []).append(plan)
    return found


def _list_kits(sessions: list[dict[str, Any]], language: str) -> tuple[list[dict[str, Any]], int]:
    """Return the kits that can be taken along, and how many there are beside.

    Those of the sessions that are still to be held come first and along by themselves (`planned`), in the very version
    that the session names; `note` says where that one is not to be used any more.
    """
    named = {line["kit"] for line in sessions if line["kit"] and line["state"] == SessionState.PLANNED}
    planned = list(KitVersion.objects.filter(pk__in=named).without_content().order_by("title", "pk"))
    found = KitVersion.objects.newest_of_live_kits().exclude(pk__in=named).without_content()
    # Before the cut: of more kits than fit, those in the person's language stay.
    in_another = Case(When(language=language, then=0), default=1)
    others = found.order_by(in_another, "title", "pk")[:MAX_KITS]
    lines = [_describe_kit(version, planned=True) for version in planned]
    lines += [_describe_kit(version, planned=False) for version in others]
    return lines, _count_beside(found, MAX_KITS)


def _describe_kit(version: KitVersion, *, planned: bool) -> dict[str, Any]:
    return {
        "id": version.pk,
        "kit": version.kit_id,
        "number": version.number,
        "title": version.title,
        "language": version.language,
        "audience": str(version.get_audience_display()),
        "minutes": version.minutes,
        "planned": planned,
        "note": _get_note(version) if planned else "",
        "url": reverse("session_kits:kit", args=[version.pk]),
        "package": f"/api/field/v1/device-kits/{version.pk}",
    }


def _get_note(version: KitVersion) -> str:
    standing = get_standing(version)
    if standing.is_withdrawn:
        return _("This kit is no longer published. Don't hold a session with it before you have asked.")
    if standing.newest is not None:
        text = _("Version %(newest)s has replaced it; change the session's plan to take that one.")
        return text % {"newest": standing.newest.number}
    return ""
