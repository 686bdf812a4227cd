"""Demo data: invented people and cases to try the product with. Never in production, never a real address.

Everybody here is marked `is_demo`, every address ends in the reserved `.example`, every case says that it is invented.
"""

import json
import secrets
import uuid
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from access.languages import DEFAULT_LANGUAGE
from access.models import Assignment, MobileUnit, Region, User
from access.staff.groups import follow_roles
from audit.chain import log_event
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.session_requests.actions import answer_request, decline_request, receive_request
from case_forms.session_requests.models import Answer, DeclineReason, SessionRequest
from case_forms.tips import staff_actions
from case_forms.tips.models import Outcome, Tip
from case_forms.tips.public_actions import Origin, receive_tip
from notifications.directory.models import (
    Agreement,
    AgreementRule,
    Contact,
    ContactWay,
    DutyShift,
    Partner,
    Role,
    ServiceProfile,
)
from notifications.directory.ways.models import WayKind
from outreach_pages.models import InformativeSession
from outreach_pages.pages.actions import make_session_page
from outreach_pages.records.demo import seed_demo_sessions

from ..actions import receive_submission
from ..models import Submission
from .reference import Made, read, seed_partners

# one password and one PIN for every demo account and contact; docs/domain/sources.md and the README name them too
DEMO_PASSWORD = "vatra-demo-2026"  # noqa: S105
DEMO_PIN = "482915"

CASES = Path(__file__).parent / "demo_cases.json"
REQUESTS = Path(__file__).parent / "demo_requests.json"
REPORT_OF_A_QUIET_SESSION = {"facilitators": 2, "signals_received": 0, "incident": False}
TIP: dict[str, Any] = {
    "by": "vlore1",
    "answers": {
        "kind": "report",
        "what": "SINJAL DEMO, I SAJUAR. Një e njohur punon pa pagesë dhe nuk i ka dokumentet me vete.",
        "danger_now": "no",
        "child_involved": "no",
    },
    "answer": "PËRGJIGJE DEMO, E SAJUAR. Faleminderit. Njësia do të shohë si mund të ndihmojë.",
}


class DemoRefused(Exception):
    """Demo data can't be seeded here; the text says why."""


def seed_demo(*, with_cases: bool = True) -> Made:
    """Add the demo people, contacts, duty shifts and, when there is no case yet, a few invented cases.

    Returns how many rows of each kind were made; all 0 when there was nothing to do. Raises DemoRefused in production
    and before `seed_reference` has run.
    """
    if settings.PROFILE == "production":
        raise DemoRefused("Demo people and cases are never seeded in production.")
    if not MobileUnit.objects.exists() or not Partner.objects.exists():
        raise DemoRefused("There is nothing to add demo people to yet. Run seed_reference first.")
    with transaction.atomic():
        hashes = _Hashes()
        made = _seed_staff(read("access", "demo_staff.json"), hashes)
        made |= _seed_contacts(read("directory", "demo_contacts.json"), hashes)
        if any(made.values()):
            log_event("seed.demo", target_kind="seed", made=made)
    made["cases"] = seed_demo_cases() if with_cases else 0
    made["sessions"] = _seed_sessions() if with_cases else 0
    made["session requests"] = _seed_session_requests() if with_cases else 0
    return made


def demo_accounts() -> list[dict[str, str]]:
    """Return the demo accounts, for a table: [{"username", "password", "role", "place"}], in the order of the file."""
    return [
        {
            "username": row["username"],
            "password": DEMO_PASSWORD,
            "role": row["role"],
            "place": row.get("unit") or ", ".join(row.get("regions", ())),
        }
        for row in read("access", "demo_staff.json")["staff"]
    ]


class _Hashes:
    """Hashes of the demo password and PIN. Slow by design, so each is computed once, and only when needed."""

    @cached_property
    def password(self) -> str:
        return make_password(DEMO_PASSWORD)

    @cached_property
    def pin(self) -> str:
        contact = Contact()
        contact.set_pin(DEMO_PIN)
        return contact.pin_hash


def _seed_staff(facts: dict[str, Any], hashes: _Hashes) -> Made:
    since = date.fromisoformat(facts["since"])
    known = set(User.objects.values_list("username", flat=True))
    units = {unit.slug: unit for unit in MobileUnit.objects.all()}
    regions = {region.slug: region for region in Region.objects.all()}
    made = {"accounts": 0, "assignments": 0, "call-back numbers": 0}
    for row in facts["staff"]:
        if row["username"] in known:
            continue  # also when it is a real person's: never touched
        user = User.objects.create(
            username=row["username"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            email=f"{row['username']}@vatra.example",
            password=hashes.password,
            is_demo=True,
        )
        places: list[dict[str, Any]] = [{"region": regions[slug]} for slug in row.get("regions", ())]
        if "unit" in row:
            places = [{"unit": units[row["unit"]]}]
        for place in places or [{}]:
            Assignment.objects.create(user=user, role=row["role"], starts_on=since, **place)
            made["assignments"] += 1
        follow_roles(user)
        made["accounts"] += 1
    for row in facts["units"]:
        made["call-back numbers"] += MobileUnit.objects.filter(slug=row["unit"], callback_phone="").update(
            callback_phone=row["callback_phone"]
        )
    return made


def _seed_services(rows: list[dict[str, Any]], partners: dict[str, Partner]) -> int:
    """Seed what invented services offer, as said today; of a real one nothing is made up."""
    known = set(ServiceProfile.objects.values_list("partner__slug", flat=True))
    missing = [row for row in rows if row["partner"] in partners and row["partner"] not in known]
    for row in missing:
        given = {name: value for name, value in row.items() if name != "partner"}
        said_at = timezone.now() if "places_free" in row else None
        ServiceProfile.objects.create(partner=partners[row["partner"]], is_demo=True, confirmed_at=said_at, **given)
    return len(missing)


def _seed_contacts(facts: dict[str, Any], hashes: _Hashes) -> Made:
    since = timezone.make_aware(datetime.combine(date.fromisoformat(facts["duty_since"]), time.min))
    offices = seed_partners(facts["partners"], is_demo=True)
    partners = {partner.slug: partner for partner in Partner.objects.all()}
    known = set(Contact.objects.filter(is_demo=True).values_list("partner__slug", "email"))
    made = {
        "offices": offices,
        "services": _seed_services(facts["profiles"], partners),
        "agreements": _seed_agreements(facts["agreements"]),
        "contacts": 0,
        "duty shifts": 0,
    }
    for row in facts["contacts"]:
        if (row["partner"], row["email"]) in known or row["partner"] not in partners:
            continue
        contact = Contact.objects.create(
            partner=partners[row["partner"]],
            name=row["name"],
            duty=row["duty"],
            email=row["email"],
            phone=row["phone"],
            pin_hash=hashes.pin,
            pin_set_at=timezone.now(),
            is_demo=True,
        )
        DutyShift.objects.create(
            partner=contact.partner, contact=contact, rank=row["rank"], starts_at=since, is_demo=True
        )
        made["contacts"] += 1
        made["duty shifts"] += 1
    made["phones"] = _seed_phones()
    return made


def _seed_agreements(facts: dict[str, Any]) -> int:
    """Seed an agreement with each office of a role that has none, and let the role need one. Returns how many."""
    offices = Partner.objects.filter(role=facts["role"], is_active=True)
    missing = offices.exclude(agreements__isnull=False).exclude(agreements_beside__isnull=False)
    rows = [
        Agreement(partner=office, reference=facts["reference"], signed_on=facts["signed_on"], is_demo=True)
        for office in missing
    ]
    Agreement.objects.bulk_create(rows)
    # Only once: whoever tries what it is like without the rule isn't overruled by the next start.
    AgreementRule.objects.get_or_create(role=facts["role"], defaults={"is_on": True})
    return len(rows)


def _seed_phones() -> int:
    """Give the demo's police officers a phone for SMS and calls; their numbers are nobody's. Return how many."""
    officers = Contact.objects.filter(is_demo=True, partner__role=Role.POLICE, ways__isnull=True).exclude(phone="")
    ways = [
        ContactWay(
            contact=officer,
            channel=channel,
            address="".join(officer.phone.split()),
            confirmed_at=timezone.now(),
            is_demo=True,
        )
        for officer in officers
        for channel in (WayKind.SMS, WayKind.VOICE)
    ]
    return len(ContactWay.objects.bulk_create(ways)) // 2


def _seed_sessions() -> int:
    """Seed invented informative sessions; two with their report, received like a real one, and with their card's page.

    Returns how many were made.
    """
    before = InformativeSession.objects.count()
    for session, answers in seed_demo_sessions():
        version = FormVersion.objects.newest().get(form__key="session_report")
        receive_submission(
            uuid=uuid.uuid4(),
            form_key="session_report",
            version=version.number,
            occurred_at=session.begins_at(),
            answers={"session": str(session.pk), **REPORT_OF_A_QUIET_SESSION, **answers},
            user=session.planned_by,
        )
        make_session_page(session=session, by=session.planned_by)
    made = InformativeSession.objects.count() - before
    if made:
        _seed_tip()
    return made


@transaction.atomic
def _seed_tip() -> None:
    """Seed a tip by the card of an invented session, from which the identification of an invented case was begun.

    So the conversions have a chain from session to case to show.
    """
    identification = Submission.objects.filter(case__isnull=False, submitted_by__username=TIP["by"]).first()
    sessions = InformativeSession.objects.took_place().filter(is_demo=True, planned_by__username=TIP["by"])
    form = FormVersion.objects.newest().for_public().filter(form__key="public_tip").first()
    session = sessions.select_related("unit__region", "municipality").first()
    if identification is None or session is None or form is None:
        return
    worker, unit, now = identification.submitted_by, session.unit, timezone.now()  # no procedure held before today
    tip: Tip = receive_tip(
        secret=secrets.token_bytes(32),
        form_version=form,
        answers=TIP["answers"],
        origin=Origin(region=unit.region, unit=unit, session_id=session.pk, municipality=session.municipality),
        language=DEFAULT_LANGUAGE,
        at=now,
    ).tip
    staff_actions.answer_tip(tip=tip, by=worker, text=TIP["answer"], key="demo", at=now)
    staff_actions.note_identification_begun(tip=tip, draft_id=identification.pk, by=worker, at=now)
    staff_actions.close_tip(tip=tip, by=worker, outcome=Outcome.IDENTIFICATION, at=now)


@transaction.atomic
def _seed_session_requests() -> int:
    """Seed invented requests for a session, when there is none yet: one waits, one is answered, one is declined."""
    form = FormVersion.objects.newest().for_public().filter(form__key="session_request").first()
    if form is None or SessionRequest.objects.exists():
        return 0
    rows = json.loads(REQUESTS.read_text(encoding="utf-8"))["requests"]
    for row in rows:
        request = receive_request(
            secret=secrets.token_bytes(32),
            form_version=form,
            answers=row["answers"],
            language=row["language"],
            at=timezone.now() - timedelta(hours=row["hours_ago"]),
        ).request
        if "by" not in row:
            continue
        by = User.objects.get(username=row["by"])
        if "answer" in row:
            answer_request(request=request, by=by, answer=Answer(row["answer"]), text=row["text"])
        else:
            decline_request(request=request, by=by, reason=DeclineReason(row["decline"]), text=row["text"])
    return len(rows)


def seed_demo_cases() -> int:
    """Receive the invented submissions like real ones, when no case exists yet. Return how many cases were opened.

    A later submission belongs to the case an earlier one opened: `of_case` is that one's name.
    """
    if Case.objects.filter(is_drill=False).exists():
        return 0
    opened: dict[str, str] = {}
    for row in json.loads(CASES.read_text(encoding="utf-8"))["submissions"]:
        version = FormVersion.objects.newest().get(form__key=row["form"])
        answers = dict(row["answers"])
        if "of_case" in row:
            answers["case_ref"] = opened[row["of_case"]]
        received = receive_submission(
            uuid=uuid.uuid4(),
            form_key=row["form"],
            version=version.number,
            occurred_at=timezone.now() - timedelta(minutes=row["minutes_ago"]),
            answers=answers,
            user=User.objects.get(username=row["by"]),
        )
        if "of_case" not in row and received.receipt["case"]:
            opened[row["name"]] = received.receipt["case"]
    return len(opened)
